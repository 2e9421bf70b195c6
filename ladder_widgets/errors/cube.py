"""The error cube: sums per group of rows × score bin × feature.

A confusion cell at any threshold inside any confidence band is a range of bins of a few groups.
Its count, mean confidence, and the mean and deviation of every feature are then sums over a few
hundred bins, whatever the number of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ladder_widgets.errors._sums import LevelSums, NumberSums
from ladder_widgets.errors.axis import Axis, Range, chunks, make_axis
from ladder_widgets.table import Feature

__all__ = ["Categories", "Cube", "Numbers", "build_cube", "without"]


@dataclass(frozen=True, eq=False)
class Numbers:
    """Moments of one numeric or datetime feature, of (value − ``center``) / ``scale``.

    Sums are of weights where rows have weights.

    Attributes
    ----------
    n, total, square : ndarray of shape (n_groups, n_bins)
        Rows with a finite value (the cube's own ``count`` where every row has one), sum and sum
        of squares.
    missing : bool
        Whether some rows have no value.
    infinite : ndarray of shape (n_groups, n_bins) or None
        Rows with an infinite value; None where there are none.
    n2 : ndarray of shape (n_groups, n_bins) or None
        Sums of squared weights of the rows with a value; None without weights.
    """

    name: str
    kind: str
    center: float
    scale: float
    n: np.ndarray
    total: np.ndarray
    square: np.ndarray
    missing: bool
    n2: np.ndarray | None = None
    infinite: np.ndarray | None = None

    def gaps(self, count: np.ndarray) -> np.ndarray:
        """Rows without a value, of all rows ``count``."""
        have = self.n if self.infinite is None else self.n + self.infinite
        return without(count, have)


@dataclass(frozen=True, eq=False)
class Categories:
    """Counts of the levels of one feature: ``counts`` has shape (n_levels, n_groups, n_bins).

    Frequent levels come first, then "other levels" and "missing" where there are any. No level of fewer than
    five rows is named (see ``FEWEST``).
    """

    name: str
    levels: list[str]
    counts: np.ndarray

    @property
    def shown(self) -> list[int]:
        """Levels that are signals: all of them; of two, which say the same twice, the rarer."""
        if len(self.levels) != 2:
            return list(range(len(self.levels)))
        return [int(np.argmin(self.counts.sum(axis=(1, 2))))]


@dataclass(frozen=True, eq=False)
class Cube:
    """Sums of a set of scored rows.

    Attributes
    ----------
    axis : Axis
        Bins of the score (two classes) or of the confidence (more).
    groups : list of (actual, predicted)
        Codes; ``predicted`` is −1 with two classes, where the threshold decides it.
    count, score : ndarray of shape (n_groups, n_bins)
        Rows (or their weights), and the sum of their position on the axis.
    features : list of Numbers or Categories
    codes, group_of : ndarray of shape (n_rows,)
        Bin and group of each row, as small unsigned integers (see :meth:`cells`); empty where the
        rows are elsewhere.
    count2 : ndarray of shape (n_groups, n_bins) or None
        Sums of squared weights; None without weights.
    claimed : ndarray of shape (n_groups, n_bins) or None
        Probability of the group's actual class, summed over all rows of the bin with the group's
        prediction, whatever they are; None with two classes, where ``score`` tells it.
    """

    axis: Axis
    groups: list[tuple[int, int]]
    count: np.ndarray
    score: np.ndarray
    features: list[Numbers | Categories]
    codes: np.ndarray = field(repr=False)
    group_of: np.ndarray = field(repr=False)
    count2: np.ndarray | None = None
    claimed: np.ndarray | None = None

    @property
    def n_signals(self) -> int:
        """Signals of all features: the family of tests that a false-discovery rate is about."""
        return sum(
            len(feature.shown)
            if isinstance(feature, Categories)
            else 1 + feature.missing + (feature.infinite is not None)
            for feature in self.features
        )

    def cells(self, rows: slice | np.ndarray = slice(None)) -> np.ndarray:
        """Flat index (group × n_bins + bin) of rows, int64."""
        return self.group_of[rows].astype(np.int64) * self.axis.n_bins + self.codes[rows]

    def ranges(
        self, actual: int, predicted: int, positive: int, threshold: float | None, band: tuple[float, float]
    ) -> tuple[int, Range] | None:
        """Return ``(group, bins)`` of a confusion cell in a band; None if it holds no rows at all."""
        if threshold is None:
            group = self._place.get((actual, predicted))
            return None if group is None else (group, self.axis.inside(band))
        group = self._place.get((actual, -1))
        if group is None:
            return None
        side = self.axis.predicted_positive if predicted == positive else self.axis.predicted_negative
        return group, side(threshold, band)

    @cached_property
    def _place(self) -> dict[tuple[int, int], int]:
        return {pair: place for place, pair in enumerate(self.groups)}


def build_cube(
    x: np.ndarray,
    actual: np.ndarray,
    predicted: np.ndarray | None,
    features: Iterable[Feature],
    extra_edges: Iterable[float] = (),
    weights: np.ndarray | None = None,
    proba: np.ndarray | None = None,
) -> Cube:
    """Aggregate scored rows, in pieces that stay in the cache and without a copy of any column.

    Parameters
    ----------
    x : ndarray of shape (n_rows,)
        P(positive) with two classes, confidence with more; on the grid.
    actual : ndarray of shape (n_rows,)
        True codes.
    predicted : ndarray of shape (n_rows,) or None
        Predicted codes; None with two classes.
    features : iterable of Feature
        Columns of the same rows.
    extra_edges : iterable of float
        Thresholds and band ends that must be edges.
    weights : ndarray of shape (n_rows,), optional
        Not negative; one for every row by default.
    proba : ndarray of shape (n_rows, n_classes), optional
        With more than two classes: what :attr:`Cube.claimed` adds up.
    """
    groups, group_of = _groups(actual, predicted)
    axis = make_axis(x, len(groups), predicted is None, extra_edges)
    shape = (len(groups), axis.n_bins)
    cube = Cube(
        axis=axis,
        groups=groups,
        count=np.zeros(shape, dtype=np.int64 if weights is None else float),
        score=np.zeros(shape),
        features=[],
        codes=axis.codes(x),
        group_of=group_of,
        count2=None if weights is None else np.zeros(shape),
        claimed=None if predicted is None or proba is None else np.zeros(shape),
    )
    sums = [_sums(feature, cube.count.size) for feature in features]
    for rows in chunks(len(x)):
        cells, weight = cube.cells(rows), None if weights is None else weights[rows]
        _add(cube.count, cells, weight)
        _add(cube.score, cells, x[rows] if weight is None else x[rows] * weight)
        if cube.count2 is not None and weight is not None:
            _add(cube.count2, cells, weight * weight)
        if cube.claimed is not None and predicted is not None and proba is not None:
            _add_claims(cube, rows, predicted[rows], proba[rows], weight)
        for feature in sums:
            feature.add(rows, cells, weight)
    _repair(cube, sums, weights)
    cube.features.extend(_finished(feature, cube) for feature in sums)
    return cube


def _groups(actual: np.ndarray, predicted: np.ndarray | None) -> tuple[list[tuple[int, int]], np.ndarray]:
    """Pairs of codes that occur, in order, and the place of each row's pair among them."""
    width = 1 if predicted is None else int(predicted.max(initial=0)) + 1

    def pairs(rows: slice) -> np.ndarray:
        return actual[rows] if predicted is None else actual[rows] * width + predicted[rows]

    counts = np.zeros((int(actual.max(initial=0)) + 1) * width, dtype=np.int64)
    for rows in chunks(len(actual)):
        counts += np.bincount(pairs(rows), minlength=len(counts))
    found = np.flatnonzero(counts)
    place = np.zeros(len(counts), dtype=np.min_scalar_type(len(found)))
    place[found] = np.arange(len(found))
    group_of = np.empty(len(actual), dtype=place.dtype)
    for rows in chunks(len(actual)):
        group_of[rows] = place[pairs(rows)]
    groups = [(int(pair), -1) if predicted is None else divmod(int(pair), width) for pair in found]
    return groups, group_of


def _add(sums: np.ndarray, cells: np.ndarray, weights: np.ndarray | None) -> None:
    sums += np.bincount(cells, weights, minlength=sums.size).reshape(sums.shape)


def _add_claims(
    cube: Cube, rows: slice, predicted: np.ndarray, proba: np.ndarray, weight: np.ndarray | None
) -> None:
    """Add what the model says of each class to the groups with the same prediction."""
    assert cube.claimed is not None
    k, n_bins = proba.shape[1], cube.axis.n_bins
    place = predicted.astype(np.int64) * n_bins + cube.codes[rows]
    by_class = {}
    for actual in {pair[0] for pair in cube.groups}:
        stated = proba[:, actual] if weight is None else proba[:, actual] * weight
        by_class[actual] = np.bincount(place, stated, minlength=k * n_bins).reshape(k, n_bins)
    for group, (actual, told) in enumerate(cube.groups):
        cube.claimed[group] += by_class[actual][told]


def _sums(feature: Feature, size: int) -> NumberSums | LevelSums:
    kind = LevelSums if feature.kind in ("category", "boolean") else NumberSums
    return kind(feature, size)


def _repair(cube: Cube, sums: Sequence[NumberSums | LevelSums], weights: np.ndarray | None) -> None:
    """Sum once more the few numbers whose guessed center would cost digits."""
    again = [
        feature for feature in sums if isinstance(feature, NumberSums) and feature.off_center(cube.count)
    ]
    for rows in chunks(len(cube.codes) if again else 0):
        cells, weight = cube.cells(rows), None if weights is None else weights[rows]
        for feature in again:
            feature.add(rows, cells, weight)


def _finished(sums: NumberSums | LevelSums, cube: Cube) -> Numbers | Categories:
    shape, feature = cube.count.shape, sums.feature
    if isinstance(sums, LevelSums):
        return Categories(feature.name, sums.levels, sums.counts.reshape(len(sums.levels), *shape))
    n, n2 = cube.count, cube.count2
    left_out = [part for part in (sums.gaps, sums.infinite) if part is not None]
    for part in left_out:
        n = without(n, part[0].reshape(shape))
        n2 = None if n2 is None else without(n2, part[1].reshape(shape))
    center, scale, total, square = sums.standardised(n)
    return Numbers(
        name=feature.name,
        kind=feature.kind,
        center=center,
        scale=scale,
        n=n,
        total=total.reshape(shape),
        square=square.reshape(shape),
        missing=sums.gaps is not None,
        n2=n2,
        infinite=None if sums.infinite is None else sums.infinite[0].reshape(shape).astype(n.dtype),
    )


def without(all_rows: np.ndarray, some: np.ndarray) -> np.ndarray:
    """Rows less some of them; what subtracting weights leaves of nothing is nothing."""
    left = all_rows - some.astype(all_rows.dtype)
    return np.where(left > 1e-12 * all_rows, left, 0)
