"""From the best boxes of a search to subgroups that each tell something new."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import hypergeom

from ladder_widgets.errors._slice_codes import Coded
from ladder_widgets.errors._slice_search import Problem, joint, search

__all__ = ["Spans", "distinct_spans"]

#: First and last code on each feature.
Spans = dict[int, tuple[int, int]]
#: A condition must do more than chance would at this risk, for all that were tried.
RISK = 0.05
#: Share of its excess errors that a subgroup must have outside of better ones.
OWN = 0.5
#: Boxes to look at for each subgroup wanted.
POOL = 30
#: Rounds in which the ends of each range are moved.
ROUNDS = 2


@dataclass(frozen=True, eq=False)
class _Box:
    """The rows and errors per combination of codes of a few features."""

    features: tuple[int, ...]
    rows: np.ndarray
    errors: np.ndarray

    def along(self, axis: int, spans: Spans) -> tuple[np.ndarray, np.ndarray]:
        """Rows and errors by code of one feature, where the others are in their spans."""
        window = tuple(
            slice(None) if place == axis or feature not in spans else _slice(spans[feature])
            for place, feature in enumerate(self.features)
        )
        others = tuple(place for place in range(len(self.features)) if place != axis)
        return self.rows[window].sum(axis=others), self.errors[window].sum(axis=others)

    def of(self, spans: Spans) -> tuple[int, int]:
        """Rows and errors in the spans."""
        window = tuple(_slice(spans[f]) if f in spans else slice(None) for f in self.features)
        return int(self.rows[window].sum()), int(self.errors[window].sum())


def _slice(span: tuple[int, int]) -> slice:
    return slice(span[0], span[1] + 1)


def distinct_spans(
    problem: Problem, coded: list[Coded], k: int, level: int, deepest: int
) -> tuple[list[Spans], int]:
    """Return up to ``k`` subgroups, best first, and how many were dropped as telling nothing new.

    The ends of ranges are moved to where errors stand out most. A condition stays only if the rows
    that it excludes fail less often than chance explains: among hundreds, some noise always looks good.
    Then each subgroup must have at least half of its excess errors outside of those in which errors stand
    out more: copies of a better one, parts of it and what merely contains it go.
    """
    found = search(problem, POOL * k, level, apart=True, deepest=deepest)
    boxes: dict[tuple[int, ...], _Box] = {}
    values: dict[tuple[tuple[int, tuple[int, int]], ...], float] = {}
    for each in found:
        features = tuple(feature for feature, _ in each.conditions)
        if features not in boxes:
            boxes[features] = _box(problem, features)
        spans = _refined(
            boxes[features], {f: _span(problem.spans[f][c]) for f, c in each.conditions}, problem, coded
        )
        if spans:
            values[tuple(sorted(spans.items()))] = float(problem.measure.of(*boxes[features].of(spans)))
    novel, dropped = _novel([dict(key) for key in sorted(values) if values[key] > 0], problem)
    novel.sort(key=lambda spans: -values[tuple(sorted(spans.items()))])
    return novel[:k], dropped


def _box(problem: Problem, features: tuple[int, ...]) -> _Box:
    rows = joint(problem.codes, problem.sizes, features)
    return _Box(features, rows, joint(problem.codes_of_errors, problem.sizes, features))


def _span(span: np.ndarray) -> tuple[int, int]:
    return int(span[0]), int(span[1])


def _refined(box: _Box, spans: Spans, problem: Problem, coded: list[Coded]) -> Spans:
    """Move ends and leave conditions out, in turns, until every condition earns its place."""
    while True:
        moved = _moved(box, spans, problem, coded)
        idle = [f for f in moved if coded[f].between(*moved[f]) is None]
        if not idle and len(moved) > 1:
            chance = {f: _chance(box, moved, f) for f in moved}
            worst = max(chance, key=lambda f: chance[f])
            # One of so many conditions was picked because it looked best.
            if chance[worst] * sum(map(len, problem.spans)) > RISK:
                idle = [worst]
        if not idle:
            return moved
        spans = {f: span for f, span in moved.items() if f not in idle}


def _chance(box: _Box, spans: Spans, feature: int) -> float:
    """p-value of a condition: that the rows it excludes fail less often by chance (Fisher's exact test)."""
    rows, errors = box.of(spans)
    all_rows, all_errors = box.of({f: span for f, span in spans.items() if f != feature})
    return float(hypergeom.sf(errors - 1, all_rows, all_errors, rows))


def _moved(box: _Box, spans: Spans, problem: Problem, coded: list[Coded]) -> Spans:
    """Move the ends of ranges to where errors stand out most, one feature after the other."""
    spans = dict(spans)
    for _ in range(ROUNDS):
        for axis, feature in enumerate(box.features):
            if feature in spans and 0 < spans[feature][0] <= coded[feature].ranges:
                rows, errors = box.along(axis, spans)
                spans[feature] = _best_range(rows, errors, coded[feature].ranges, spans[feature], problem)
    return spans


def _best_range(
    rows: np.ndarray, errors: np.ndarray, ranges: int, now: tuple[int, int], problem: Problem
) -> tuple[int, int]:
    """Return the neighbouring ranges in which errors stand out most; as it is where none do more."""
    inside, failed = (np.concatenate([[0], np.cumsum(each[1 : ranges + 1])]) for each in (rows, errors))
    count = inside[None, 1:] - inside[:-1, None]  # first range by last range
    errors = failed[None, 1:] - failed[:-1, None]
    # In standard deviations of chance, as scan statistics do: the score itself is flat about its peak.
    outstanding = (errors - problem.wrong.mean() * count) / np.sqrt(np.maximum(count, 1))
    outstanding[problem.values(count, errors) <= 0] = -np.inf
    best = np.unravel_index(int(np.argmax(outstanding)), outstanding.shape)
    if not outstanding[best] > outstanding[now[0] - 1, now[1] - 1]:
        return now
    return int(best[0]) + 1, int(best[1]) + 1


def _novel(found: list[Spans], problem: Problem) -> tuple[list[Spans], int]:
    """Of subgroups that fail because of the same rows keep the one in which errors stand out most."""
    rate, wrong = problem.wrong.mean(), problem.wrong
    masks = [problem.inside(spans) for spans in found]
    excess = [_excess(inside, wrong, rate) for inside in masks]
    outstanding = [own / np.sqrt(inside.sum()) for own, inside in zip(excess, masks, strict=True)]
    kept: list[Spans] = []
    known = np.zeros(len(wrong), dtype=bool)
    for place in np.argsort(-np.array(outstanding), kind="stable"):
        if kept and _excess(masks[place] & ~known, wrong, rate) < OWN * excess[place]:
            continue
        kept.append(found[place])
        known |= masks[place]
    return kept, len(found) - len(kept)


def _excess(rows: np.ndarray, wrong: np.ndarray, rate: float) -> float:
    return float((rows & wrong).sum() - rate * rows.sum())
