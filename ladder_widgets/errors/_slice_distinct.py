"""From the best boxes of a search to subgroups that each tell something new."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ladder_widgets.errors._slice_codes import Coded
from ladder_widgets.errors._slice_search import Problem, joint, search

__all__ = ["Spans", "distinct_spans"]

#: First and last code on each feature.
Spans = dict[int, tuple[int, int]]
#: A condition met by more than this share of the rows that meet the others says nothing.
IDLE = 0.9
#: Share of its excess errors that a subgroup must have outside those that rank above it.
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

    The ends of ranges are moved to where the subgroup ranks highest, and conditions that exclude next to
    nothing are left out. Then each must have at least half of its excess errors outside of those that
    rank above it: copies of a better subgroup, parts of it and what merely contains it go.
    """
    found = search(problem, POOL * k, level, apart=True, deepest=deepest)
    boxes: dict[tuple[int, ...], _Box] = {}
    values: dict[tuple[tuple[int, tuple[int, int]], ...], float] = {}
    for each in found:
        features = tuple(feature for feature, _ in each.conditions)
        if features not in boxes:
            boxes[features] = _box(problem, features)
        spans = {f: _span(problem.spans[f][c]) for f, c in each.conditions}
        spans = _without_idle(boxes[features], _moved(boxes[features], spans, problem, coded), coded)
        if spans:
            values[tuple(sorted(spans.items()))] = float(problem.measure.of(*boxes[features].of(spans)))
    ranked = sorted(values, key=lambda key: (-values[key], len(key), key))
    return _novel([dict(key) for key in ranked], problem, k)


def _box(problem: Problem, features: tuple[int, ...]) -> _Box:
    rows = joint(problem.codes, problem.sizes, features)
    return _Box(features, rows, joint(problem.codes_of_errors, problem.sizes, features))


def _span(span: np.ndarray) -> tuple[int, int]:
    return int(span[0]), int(span[1])


def _moved(box: _Box, spans: Spans, problem: Problem, coded: list[Coded]) -> Spans:
    """Move the ends of ranges, one feature after the other."""
    spans = dict(spans)
    for _ in range(ROUNDS):
        for axis, feature in enumerate(box.features):
            if 0 < spans[feature][0] <= coded[feature].ranges:
                rows, errors = box.along(axis, spans)
                spans[feature] = _best_range(rows, errors, coded[feature].ranges, spans[feature], problem)
    return spans


def _best_range(
    rows: np.ndarray, errors: np.ndarray, ranges: int, now: tuple[int, int], problem: Problem
) -> tuple[int, int]:
    """Return the neighbouring ranges that rank highest; as it is where none ranks higher."""
    inside, failed = (np.concatenate([[0], np.cumsum(each[1 : ranges + 1])]) for each in (rows, errors))
    count = inside[None, 1:] - inside[:-1, None]  # first range by last range
    values = problem.measure.of(np.maximum(count, 1), failed[None, 1:] - failed[:-1, None])
    values[count < problem.min_rows] = -np.inf
    best = np.unravel_index(int(np.argmax(values)), values.shape)
    if not values[best] > values[now[0] - 1, now[1] - 1]:
        return now
    return int(best[0]) + 1, int(best[1]) + 1


def _without_idle(box: _Box, spans: Spans, coded: list[Coded]) -> Spans:
    """Leave out ranges that hold every value, and conditions that exclude next to nothing."""
    for feature in list(spans):
        rest = {f: span for f, span in spans.items() if f != feature}
        if coded[feature].between(*spans[feature]) is None or (
            rest and box.of(spans)[0] > IDLE * box.of(rest)[0]
        ):
            spans = rest
    return spans


def _novel(ranked: list[Spans], problem: Problem, k: int) -> tuple[list[Spans], int]:
    kept: list[Spans] = []
    rate = problem.wrong.mean()
    known = np.zeros(len(problem.wrong), dtype=bool)
    dropped = 0
    for spans in ranked:
        inside = problem.inside(spans)
        excess = _excess(inside, problem.wrong, rate)
        if kept and _excess(inside & ~known, problem.wrong, rate) < OWN * excess:
            dropped += 1
            continue
        kept.append(spans)
        known |= inside
        if len(kept) == k:
            break
    return kept, dropped


def _excess(rows: np.ndarray, wrong: np.ndarray, rate: float) -> float:
    return float((rows & wrong).sum() - rate * rows.sum())
