"""Exact search for the subgroups that rank highest, by counting pairs and triples of features.

Rows are counted once per pair of features and combination of codes. The counts of the pairs bound those
of the triples on them, and with luck most triples are never counted. Errors are far fewer than rows, so of
a triple they are counted first: often they alone rule it out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations

import numpy as np

from ladder_widgets.errors._slice_score import Measure

__all__ = ["Found", "Problem", "joint", "search"]

#: Subgroups on one set of features, none meeting another, that are kept where variants are not wanted.
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

    @cached_property
    def codes_of_errors(self) -> list[np.ndarray]:
        """The codes of the errors alone."""
        errors = np.flatnonzero(self.wrong)
        return [codes[errors] for codes in self.codes]

    def values(self, rows: np.ndarray, errors: np.ndarray) -> np.ndarray:
        """Return how subgroups rank; minus infinity with fewer rows than allowed."""
        return np.where(rows >= self.min_rows, self.measure.of(np.maximum(rows, 1), errors), -np.inf)

    def bounds(self, rows: np.ndarray, errors: np.ndarray) -> np.ndarray:
        """Return the highest rank of any part of a subgroup with at most so many rows and errors."""
        return self.measure.bound(rows, errors, self.min_rows)


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
    apart: bool
    found: list[Found] = field(default_factory=list)

    @property
    def least(self) -> float:
        """What a subgroup must reach to get in."""
        return self.found[-1].value if len(self.found) == self.k else LEAST

    def offer(self, features: tuple[int, ...], counts: _Counts, problem: Problem) -> None:
        """Take in the combinations of conditions on some features that rank high enough."""
        values = problem.values(counts.rows, counts.errors)
        if values.max(initial=-np.inf) < self.least:
            return
        spans = [problem.spans[f][chosen] for f, chosen in zip(features, counts.chosen, strict=True)]
        places = _peaks(values, spans, self.least) if self.apart else _top(values, self.least, self.k)
        for place in places:
            conditions = tuple(
                (f, int(chosen[i])) for f, chosen, i in zip(features, counts.chosen, place, strict=True)
            )
            held = int(counts.rows[place]), int(counts.errors[place])
            self.found.append(Found(conditions, *held, float(values[place])))
        # Equals are put in order by what they are, never by when the search came by them.
        self.found.sort(key=lambda each: (-each.value, len(each.conditions), each.conditions))
        del self.found[self.k :]


@dataclass(frozen=True, eq=False)
class _Counts:
    """Rows and errors per combination of the chosen conditions of some features, one axis for each."""

    chosen: tuple[np.ndarray, ...]
    rows: np.ndarray
    errors: np.ndarray


def search(
    problem: Problem, k: int, level: int, apart: bool = False, deepest: int | None = None
) -> list[Found]:
    """Return the ``k`` subgroups of at most ``level`` conditions that rank highest, best first.

    Parameters
    ----------
    problem : Problem
    k, level : int
    apart : bool
        Keep of each set of features only the best subgroup, and the best of those that share no row with
        it: conditions that overlap otherwise fill the list with variants of one.
    deepest : int, optional
        Features that three conditions may be on, at most: those whose pairs rank highest.
    """
    if not problem.wrong.any() or problem.wrong.all():
        return []
    best = _Best(k, apart)
    single = {feature: _single(problem, feature) for feature in range(len(problem.codes))}
    single = {feature: counts for feature, counts in single.items() if len(counts.rows)}
    for feature, counts in single.items():
        best.offer((feature,), counts, problem)
    if level >= 2:
        pairs = _pairs(problem, single, best)
        if level >= 3:
            _triples(problem, pairs, best, _leading(problem, pairs, deepest))
    return best.found


def _single(problem: Problem, feature: int) -> _Counts:
    everything = np.arange(len(problem.spans[feature]))
    return _Counts(
        (everything,),
        _count(problem, problem.codes, (feature,), (everything,)),
        _count(problem, problem.codes_of_errors, (feature,), (everything,)),
    )


_Pairs = dict[tuple[int, int], tuple[_Counts, np.ndarray]]


def _pairs(problem: Problem, single: dict[int, _Counts], best: _Best) -> _Pairs:
    """Counts of pairs of features and the bounds they put on triples, most promising features first."""
    highest = {f: problem.bounds(counts.rows, counts.errors).max() for f, counts in single.items()}
    order = sorted(highest, key=lambda f: (-highest[f], f))
    pairs: _Pairs = {}
    for first, second in combinations(order, 2):
        if min(highest[first], highest[second]) < best.least:
            continue
        features = (min(first, second), max(first, second))
        chosen = (single[features[0]].chosen[0], single[features[1]].chosen[0])
        rows = _count(problem, problem.codes, features, chosen)
        errors = _count(problem, problem.codes_of_errors, features, chosen)
        counts = _Counts(chosen, rows, errors)
        best.offer(features, counts, problem)
        pairs[features] = counts, problem.bounds(rows, errors)
    return pairs


def _leading(problem: Problem, pairs: _Pairs, limit: int | None) -> list[int]:
    """Features of the pairs that rank highest, at most ``limit``."""
    highest: dict[int, float] = {}
    for features, (counts, _) in pairs.items():
        value = float(problem.values(counts.rows, counts.errors).max())
        for feature in features:
            highest[feature] = max(value, highest.get(feature, -np.inf))
    return sorted(sorted(highest, key=lambda f: (-highest[f], f))[:limit])


def _triples(problem: Problem, pairs: _Pairs, best: _Best, features: list[int]) -> None:
    highest = {pair: float(bounds.max()) for pair, (_, bounds) in pairs.items()}
    promising = []
    for f, g, h in combinations(features, 3):
        bound = min(highest.get(parent, -np.inf) for parent in ((f, g), (f, h), (g, h)))
        if bound >= best.least:
            promising.append((bound, (f, g, h)))
    for bound, triple in sorted(promising, key=lambda each: (-each[0], each[1])):
        if bound < best.least:
            break
        counts = _triple(problem, pairs, triple, best.least)
        if counts is not None:
            best.offer(triple, counts, problem)


def _triple(problem: Problem, pairs: _Pairs, features: tuple[int, int, int], least: float) -> _Counts | None:
    """Counts of the conditions on three features that may reach ``least``; None as soon as none may."""
    f, g, h = features
    (fg, fg_bound), (fh, fh_bound), (gh, gh_bound) = pairs[f, g], pairs[f, h], pairs[g, h]
    hope_fg, hope_fh, hope_gh = fg_bound >= least, fh_bound >= least, gh_bound >= least
    a = np.flatnonzero(hope_fg.any(1) & hope_fh.any(1))
    b = np.flatnonzero(hope_fg.any(0) & hope_gh.any(1))
    c = np.flatnonzero(hope_fh.any(0) & hope_gh.any(0))
    if not (len(a) and len(b) and len(c)):
        return None
    ab, ac, bc = (a[:, None], b), (a[:, None], c), (b[:, None], c)
    most_rows = _least(fg.rows[ab], fh.rows[ac], gh.rows[bc])
    bounds = problem.bounds(most_rows, _least(fg.errors[ab], fh.errors[ac], gh.errors[bc]))
    if bounds.max() < least:
        return None
    errors = _count(problem, problem.codes_of_errors, features, (a, b, c))
    if problem.bounds(most_rows, errors).max() < least:
        return None
    return _Counts((a, b, c), _count(problem, problem.codes, features, (a, b, c)), errors)


def _least(ab: np.ndarray, ac: np.ndarray, bc: np.ndarray) -> np.ndarray:
    return np.minimum(np.minimum(ab[:, :, None], ac[:, None, :]), bc)


def _count(
    problem: Problem, codes: list[np.ndarray], features: tuple[int, ...], chosen: tuple[np.ndarray, ...]
) -> np.ndarray:
    """Rows per combination of the chosen conditions."""
    counts = joint(codes, problem.sizes, features)
    for axis, (feature, places) in enumerate(zip(features, chosen, strict=True)):
        counts = _over(counts, axis, problem.spans[feature][places])
    return counts


def joint(codes: list[np.ndarray], sizes: list[int], features: tuple[int, ...]) -> np.ndarray:
    """Rows per combination of codes of some features: shape ``sizes`` of these."""
    shape = tuple(sizes[feature] for feature in features)
    key = codes[features[0]].astype(np.int64)
    for feature, size in zip(features[1:], shape[1:], strict=True):
        key *= size
        key += codes[feature]
    return np.bincount(key, minlength=int(np.prod(shape))).reshape(shape)


def _over(counts: np.ndarray, axis: int, spans: np.ndarray) -> np.ndarray:
    """Sums over spans of codes along an axis."""
    first, last = spans[:, 0], spans[:, 1]
    before = np.zeros((*counts.shape[:axis], counts.shape[axis] + 1, *counts.shape[axis + 1 :]), np.int64)
    counts.cumsum(axis=axis, out=before[(slice(None),) * axis + (slice(1, None),)])
    return before.take(last + 1, axis) - before.take(first, axis)


def _top(values: np.ndarray, least: float, k: int) -> Iterator[tuple[int, ...]]:
    """Places of the k highest values that reach ``least``, with all that equal the last of them."""
    good = values[values >= least]
    if len(good) > k:
        least = float(np.partition(good, -k)[-k])
    for place in zip(*np.nonzero(values >= least), strict=True):
        yield tuple(map(int, place))


def _peaks(values: np.ndarray, spans: list[np.ndarray], least: float) -> Iterator[tuple[int, ...]]:
    """Places of the best values of which no two share a row."""
    values = values.copy()
    for _ in range(PEAKS):
        place = tuple(map(int, np.unravel_index(int(np.argmax(values)), values.shape)))
        if not values[place] >= least:
            return
        yield place
        meets = [
            (span[:, 0] <= span[i, 1]) & (span[:, 1] >= span[i, 0])
            for span, i in zip(spans, place, strict=True)
        ]
        values[np.ix_(*meets)] = -np.inf
