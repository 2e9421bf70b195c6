"""Exact search for the subgroups that rank highest, by counting pairs and triples of features.

For each pair of features the rows are counted once per combination of codes. The counts of a pair bound
those of any triple on it, and most triples are never counted. Errors are far fewer than rows, so they are
counted first: with them alone most of the rest is ruled out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from ladder_widgets.errors._slice_score import Measure

__all__ = ["Found", "Problem", "joint", "search"]

#: Subgroups on one set of features, none meeting another, that are kept where copies are not wanted.
PEAKS = 3
#: A figure must be positive to count.
LEAST = float(np.nextafter(0, 1))


@dataclass(frozen=True, eq=False)
class Problem:
    """Coded rows to search.

    Attributes
    ----------
    codes : list of ndarray of shape (n_rows,)
        One per feature, from 0 to ``sizes[f] − 1``.
    sizes : list of int
    spans : list of ndarray of int of shape (n_conditions, 2)
        The conditions on each feature: from a first to a last code.
    wrong : ndarray of bool of shape (n_rows,)
    min_rows : int
        Fewest rows of a subgroup.
    measure : Measure
        Of these rows.
    """

    codes: list[np.ndarray]
    sizes: list[int]
    spans: list[np.ndarray]
    wrong: np.ndarray
    min_rows: int
    measure: Measure

    def inside(self, spans: dict[int, tuple[int, int]]) -> np.ndarray:
        """Rows whose codes are in all spans: bool array of shape (n_rows,)."""
        inside = np.ones(len(self.wrong), dtype=bool)
        for feature, (first, last) in spans.items():
            codes = self.codes[feature]
            inside &= codes == first if first == last else (codes >= first) & (codes <= last)
        return inside


@dataclass(frozen=True)
class Found:
    """A subgroup: pairs (feature, condition), what it holds and how it ranks."""

    conditions: tuple[tuple[int, int], ...]
    rows: int
    errors: int
    value: float


@dataclass
class _Best:
    """The k best so far."""

    k: int
    found: list[Found] = field(default_factory=list)

    @property
    def least(self) -> float:
        """What a subgroup must reach to get in."""
        return self.found[-1].value if len(self.found) == self.k else LEAST

    def offer(self, found: list[Found]) -> None:
        # Equals are put in order by what they are, never by when the search came by them.
        order = [*self.found, *found]
        order.sort(key=lambda each: (-each.value, len(each.conditions), each.conditions))
        self.found = order[: self.k]


def search(problem: Problem, k: int, level: int, apart: bool = False) -> list[Found]:
    """Return the ``k`` subgroups of at most ``level`` conditions that rank highest, best first.

    Parameters
    ----------
    problem : Problem
    k, level : int
    apart : bool
        Keep of each set of features only the best subgroup, and the best of those that share no row with
        it: conditions that overlap otherwise fill the list with variants of one.
    """
    if not problem.wrong.any() or problem.wrong.all():
        return []
    counts, best = _Counts(problem), _Best(k)
    for feature in range(len(problem.codes)):
        counts.look((feature,), best, apart)
    for depth in range(2, level + 1):
        for features, bound in counts.promising(depth, best.least):
            if bound < best.least:
                break
            counts.look(features, best, apart, keep=depth < level)
    return best.found


class _Counts:
    """Rows, errors and bounds of the combinations of conditions on sets of features."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.rows: dict[tuple[int, ...], np.ndarray] = {}
        self.errors: dict[tuple[int, ...], np.ndarray] = {}
        self.bounds: dict[tuple[int, ...], np.ndarray] = {}
        self._highest: dict[tuple[int, ...], float] = {}
        wrong = np.flatnonzero(problem.wrong)
        self._wrong_codes = [codes[wrong] for codes in problem.codes]

    def promising(self, depth: int, least: float) -> list[tuple[tuple[int, ...], float]]:
        """Sets of ``depth`` features with the least bound of the sets in them, the highest first."""
        bounds = []
        for features in combinations(range(len(self.problem.codes)), depth):
            bound = min(self._highest.get(part, -np.inf) for part in combinations(features, depth - 1))
            if bound >= least:
                bounds.append((features, bound))
        return sorted(bounds, key=lambda pair: (-pair[1], pair[0]))

    def look(self, features: tuple[int, ...], best: _Best, apart: bool, keep: bool = True) -> None:
        """Count these features unless bounds rule them out, and offer what ranks high enough."""
        chosen = self._chosen(features, best.least, keep)
        if not all(map(len, chosen)):
            return
        measure, min_rows = self.problem.measure, self.problem.min_rows
        spans = [self.problem.spans[f][c] for f, c in zip(features, chosen, strict=True)]
        most_rows = self._least(features, chosen, self.rows)
        if most_rows is not None:
            most_errors = self._least(features, chosen, self.errors)
            assert most_errors is not None
            if measure.bound(most_rows, most_errors, min_rows).max() < best.least:
                return
        errors = self._count(self._wrong_codes, features, spans)
        if most_rows is not None and measure.bound(most_rows, errors, min_rows).max() < best.least:
            return
        rows = self._count(self.problem.codes, features, spans)
        if keep:
            self.rows[features], self.errors[features] = rows, errors
            self.bounds[features] = measure.bound(rows, errors, min_rows)
            self._highest[features] = float(self.bounds[features].max())
        values = np.where(rows >= min_rows, measure.of(np.maximum(rows, 1), errors), -np.inf)
        places = self._peaks(values, spans, best.least) if apart else _top(values, best.least, best.k)
        best.offer(
            [
                Found(
                    tuple((f, int(c[i])) for f, c, i in zip(features, chosen, place, strict=True)),
                    int(rows[place]),
                    int(errors[place]),
                    float(values[place]),
                )
                for place in places
            ]
        )

    def _chosen(self, features: tuple[int, ...], least: float, every: bool) -> list[np.ndarray]:
        """Conditions on each feature that go on with some condition on each other one."""
        alive = [np.ones(len(self.problem.spans[f]), dtype=bool) for f in features]
        if not every:  # the deepest level: counts may be partial, nothing builds on them
            for part in combinations(range(len(features)), len(features) - 1):
                hopeful = self.bounds[tuple(features[i] for i in part)] >= least
                for axis, place in enumerate(part):
                    others = tuple(other for other in range(len(part)) if other != axis)
                    alive[place] &= hopeful.any(axis=others)
        return [np.flatnonzero(each) for each in alive]

    def _count(
        self, codes: list[np.ndarray], features: tuple[int, ...], spans: list[np.ndarray]
    ) -> np.ndarray:
        """Rows per combination of conditions."""
        counts = joint(codes, self.problem.sizes, features)
        for axis, span in enumerate(spans):
            counts = _over(counts, axis, span)
        return counts

    def _least(
        self, features: tuple[int, ...], chosen: list[np.ndarray], counts: dict[tuple[int, ...], np.ndarray]
    ) -> np.ndarray | None:
        """The least count among the parents of each combination; None for single features."""
        least: np.ndarray | None = None
        for axis in range(len(features) if len(features) > 1 else 0):
            parent = counts[features[:axis] + features[axis + 1 :]]
            part = np.expand_dims(parent[np.ix_(*chosen[:axis], *chosen[axis + 1 :])], axis)
            least = part if least is None else np.minimum(least, part)
        return least

    def _peaks(
        self, values: np.ndarray, spans: list[np.ndarray], least: float
    ) -> Iterator[tuple[int, ...]]:
        """Places of the best values of which no two share a row."""
        values = values.copy()
        for _ in range(PEAKS):
            place = np.unravel_index(int(np.argmax(values)), values.shape)
            if not values[place] >= least:
                return
            yield tuple(map(int, place))
            meets = [
                (span[:, 0] <= span[i, 1]) & (span[:, 1] >= span[i, 0])
                for span, i in zip(spans, place, strict=True)
            ]
            values[np.ix_(*meets)] = -np.inf


def joint(codes: list[np.ndarray], sizes: list[int], features: tuple[int, ...]) -> np.ndarray:
    """Rows per combination of codes of some features: shape ``sizes`` of these."""
    shape = tuple(sizes[feature] for feature in features)
    key = codes[features[0]].astype(np.int64)
    for feature, size in zip(features[1:], shape[1:], strict=True):
        key *= size
        key += codes[feature]
    return np.bincount(key, minlength=int(np.prod(shape))).reshape(shape)


def _over(counts: np.ndarray, axis: int, span: np.ndarray) -> np.ndarray:
    """Sums over spans of codes along an axis."""
    first, last = span[:, 0], span[:, 1]
    if np.array_equal(first, last):
        return counts.take(first, axis)
    before = np.zeros((*counts.shape[:axis], counts.shape[axis] + 1, *counts.shape[axis + 1 :]), np.int64)
    np.cumsum(counts, axis=axis, out=before[(slice(None),) * axis + (slice(1, None),)])
    return before.take(last + 1, axis) - before.take(first, axis)


def _top(values: np.ndarray, least: float, k: int) -> Iterator[tuple[int, ...]]:
    """Places of the k highest values that reach ``least``, with all that equal the last of them."""
    good = values[values >= least]
    if len(good) > k:
        least = float(np.partition(good, -k)[-k])
    for place in zip(*np.nonzero(values >= least), strict=True):
        yield tuple(map(int, place))
