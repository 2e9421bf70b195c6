"""Exact search for the subgroups with the highest SliceLine score, by counting pairs and triples.

The score and its bounds are those of Sagadeeva & Boehm, "SliceLine: Fast, Linear-Algebra-based
Slice Finding for ML Model Debugging", SIGMOD 2021, for errors that are 0 or 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

__all__ = ["Found", "Problem", "score_of", "search"]

#: Code of the rows whose level is too rare to be a condition.
REST = 0


@dataclass(frozen=True, eq=False)
class Problem:
    """Coded rows to search.

    Attributes
    ----------
    codes : list of ndarray of shape (n_rows,)
        One per feature: 0 for rows that no condition on it selects, 1 … ``sizes[f] − 1`` for its
        conditions, each of which holds at least ``min_rows`` rows.
    sizes : list of int
    wrong : ndarray of bool of shape (n_rows,)
    min_rows : int
        Fewest rows of a subgroup.
    alpha : float
        Weight of the error rate against size, between 0 and 1.
    """

    codes: list[np.ndarray]
    sizes: list[int]
    wrong: np.ndarray
    min_rows: int
    alpha: float

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.wrong)


@dataclass(frozen=True)
class Found:
    """A subgroup: pairs (feature, code), and what it holds."""

    conditions: tuple[tuple[int, int], ...]
    rows: int
    errors: int
    score: float


def score_of(problem: Problem, rows: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Score of subgroups: α (e_S/|S| / (e/n) − 1) − (1 − α) (n/|S| − 1)."""
    n, rate = problem.n_rows, problem.wrong.mean()
    rows = np.maximum(rows, 1)
    gain = errors / rows / rate - 1
    return problem.alpha * gain - (1 - problem.alpha) * (n / rows - 1)


def bound_of(problem: Problem, rows: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Highest score of any subgroup of one with so many rows and errors.

    With at most ``errors`` errors the score rises with the size as long as every row is wrong, and
    is monotone beyond: it peaks where just the errors are left (or the fewest rows allowed), or
    where all rows are kept.
    """
    smallest = np.minimum(np.maximum(errors, problem.min_rows), np.maximum(rows, 1))
    at_ends = [score_of(problem, size, np.minimum(errors, size)) for size in (np.maximum(rows, 1), smallest)]
    possible = (rows >= problem.min_rows) & (errors > 0)
    return np.where(possible, np.maximum(*at_ends), -np.inf)


@dataclass
class _Best:
    """The k best so far."""

    k: int
    found: list[Found] = field(default_factory=list)

    @property
    def least(self) -> float:
        """What a subgroup must exceed to get in."""
        return self.found[-1].score if len(self.found) == self.k else 0.0

    def offer(self, found: Iterator[Found]) -> None:
        # The order of equals is settled by size and conditions, never by the order of the search.
        merged = sorted([*self.found, *found], key=lambda f: (-f.score, -f.rows, f.conditions))
        self.found = merged[: self.k]


def search(problem: Problem, k: int, level: int) -> list[Found]:
    """Return the ``k`` subgroups with the highest positive score, of at most ``level`` conditions."""
    best = _Best(k)
    if not problem.wrong.any() or problem.wrong.all():
        return []
    ones = _Level(problem)
    for feature in range(len(problem.codes)):
        ones.count((feature,))
        best.offer(ones.above((feature,), best.least))
    if level >= 2:
        pairs = ones.deeper(2, best)
        if level >= 3:
            pairs.deeper(3, best)
    return best.found


class _Level:
    """Counts of every combination of some features, and the bounds they put on deeper ones."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.rows: dict[tuple[int, ...], np.ndarray] = {}
        self.errors: dict[tuple[int, ...], np.ndarray] = {}
        self._wrong = np.flatnonzero(problem.wrong)
        self._wrong_codes = [codes[self._wrong] for codes in problem.codes]

    def count(self, features: tuple[int, ...]) -> None:
        self.errors[features] = self._joint(self._wrong_codes, features)
        self.rows[features] = self._joint(self.problem.codes, features)

    def _joint(self, codes: list[np.ndarray], features: tuple[int, ...]) -> np.ndarray:
        shape = tuple(self.problem.sizes[feature] for feature in features)
        key = codes[features[0]].astype(np.int64)
        for feature, size in zip(features[1:], shape[1:], strict=True):
            key *= size
            key += codes[feature]
        return np.bincount(key, minlength=int(np.prod(shape))).reshape(shape)

    def above(self, features: tuple[int, ...], least: float) -> Iterator[Found]:
        """Yield the combinations of these features that score more than ``least``."""
        rows, errors = self.rows[features], self.errors[features]
        scores = score_of(self.problem, rows, errors)
        good = (scores > 0) & (scores >= least) & (rows >= self.problem.min_rows) & _no_rest(rows.shape)
        for place in zip(*np.nonzero(good), strict=True):
            conditions = tuple((f, int(code)) for f, code in zip(features, place, strict=True))
            yield Found(conditions, int(rows[place]), int(errors[place]), float(scores[place]))

    def deeper(self, depth: int, best: _Best) -> _Level:
        """Count the combinations of ``depth`` features that may still beat the best, best bounds first."""
        below = _Level(self.problem)
        bounds = {}
        for features in combinations(range(len(self.problem.codes)), depth):
            bound = self._bound(features)
            if bound is not None and bound.max(initial=-np.inf) > 0:
                bounds[features] = float(bound.max())
        for features in sorted(bounds, key=lambda f: (-bounds[f], f)):
            if bounds[features] < best.least:
                break
            below.errors[features] = below._joint(below._wrong_codes, features)
            if self._hopeless(features, below.errors[features], best.least):
                del below.errors[features]
                continue
            below.rows[features] = below._joint(self.problem.codes, features)
            best.offer(below.above(features, best.least))
        return below

    def _bound(self, features: tuple[int, ...]) -> np.ndarray | None:
        """Bounds of all combinations from their parents; None when a parent was ruled out altogether."""
        parents = list(combinations(features, len(features) - 1))
        if any(parent not in self.rows for parent in parents):
            return None
        rows, errors = self._least(features, self.rows), self._least(features, self.errors)
        return np.where(_no_rest(rows.shape), bound_of(self.problem, rows, errors), -np.inf)

    def _hopeless(self, features: tuple[int, ...], errors: np.ndarray, least: float) -> bool:
        """Whether knowing the errors alone already rules every combination out."""
        rows = self._least(features, self.rows)
        bound = np.where(_no_rest(rows.shape), bound_of(self.problem, rows, errors), -np.inf)
        return bool(bound.max() < max(least, 0))

    def _least(self, features: tuple[int, ...], counts: dict[tuple[int, ...], np.ndarray]) -> np.ndarray:
        """The least count among the parents of each combination."""
        parts = []
        for missing in range(len(features)):
            parent = features[:missing] + features[missing + 1 :]
            parts.append(np.expand_dims(counts[parent], missing))
        least = parts[0]
        for part in parts[1:]:
            least = np.minimum(least, part)
        return least


def _no_rest(shape: tuple[int, ...]) -> np.ndarray:
    """Where every feature has a condition."""
    inside = np.ones(shape, dtype=bool)
    for axis in range(len(shape)):
        np.moveaxis(inside, axis, 0)[REST] = False
    return inside
