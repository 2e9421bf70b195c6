"""The error cube: sums per group of rows × score bin × feature, kept as prefix sums.

A confusion cell at any threshold inside any confidence band is a range of bins of a few groups.
Its count, mean confidence, and the mean and deviation of every feature are then two look-ups and
a subtraction, whatever the number of rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from ladder_widgets.errors.axis import Axis, Range, make_axis
from ladder_widgets.table import Feature

__all__ = ["Categories", "Cube", "Numbers", "build_cube", "prefix"]

#: Levels of a category told apart; the rest are "other levels".
TOP_LEVELS = 8
MISSING_LEVEL = "missing"
OTHER_LEVELS = "other levels"


@dataclass(frozen=True, eq=False)
class Numbers:
    """Moments of one numeric or datetime feature, standardised by ``center`` and ``scale``.

    Attributes
    ----------
    n, total, square : ndarray of shape (n_groups, n_bins)
        Rows with a value, sum and sum of squares of (value − center) / scale.
    """

    name: str
    kind: str
    center: float
    scale: float
    n: np.ndarray
    total: np.ndarray
    square: np.ndarray
    missing: bool


@dataclass(frozen=True, eq=False)
class Categories:
    """Counts of the levels of one feature: ``counts`` has shape (n_levels, n_groups, n_bins)."""

    name: str
    levels: list[str]
    counts: np.ndarray


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
        Rows and the sum of their position on the axis.
    features : list of Numbers or Categories
    codes : ndarray of shape (n_rows,)
        Bin of each row.
    group_of : ndarray of shape (n_rows,)
        Group of each row.
    """

    axis: Axis
    groups: list[tuple[int, int]]
    count: np.ndarray
    score: np.ndarray
    features: list[Numbers | Categories]
    codes: np.ndarray = field(repr=False)
    group_of: np.ndarray = field(repr=False)

    def ranges(
        self, actual: int, predicted: int, positive: int, threshold: float | None, band: tuple[float, float]
    ) -> tuple[int, Range] | None:
        """Return ``(group, bins)`` of a confusion cell in a band; None if it holds no rows at all."""
        if threshold is None:
            if (actual, predicted) not in self.groups:
                return None
            return self.groups.index((actual, predicted)), self.axis.inside(band)
        if (actual, -1) not in self.groups:
            return None
        side = self.axis.predicted_positive if predicted == positive else self.axis.predicted_negative
        return self.groups.index((actual, -1)), side(threshold, band)


def prefix(bins: np.ndarray) -> np.ndarray:
    """Prefix sums along the last axis, starting with zero: shape (…, n_bins + 1)."""
    out = np.zeros((*bins.shape[:-1], bins.shape[-1] + 1))
    np.cumsum(bins, axis=-1, out=out[..., 1:])
    return out


def build_cube(
    x: np.ndarray,
    actual: np.ndarray,
    predicted: np.ndarray | None,
    features: Iterable[Feature],
    extra_edges: Iterable[float] = (),
) -> Cube:
    """Aggregate scored rows.

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
    """
    pair = np.column_stack([actual, np.full_like(actual, -1) if predicted is None else predicted])
    groups, group_of = np.unique(pair, axis=0, return_inverse=True)
    group_of = group_of.reshape(-1)
    axis = make_axis(x, len(groups), predicted is None, extra_edges)
    codes = axis.codes(x)
    shape = (len(groups), axis.n_bins)
    flat = group_of * axis.n_bins + codes
    return Cube(
        axis=axis,
        groups=[(int(a), int(p)) for a, p in groups],
        count=_sums(flat, shape),
        score=_sums(flat, shape, x),
        features=[_aggregate(feature, flat, shape) for feature in features],
        codes=codes,
        group_of=group_of,
    )


def _sums(flat: np.ndarray, shape: tuple[int, int], weights: np.ndarray | None = None) -> np.ndarray:
    return np.bincount(flat, weights, minlength=shape[0] * shape[1]).reshape(shape)


def _aggregate(feature: Feature, flat: np.ndarray, shape: tuple[int, int]) -> Numbers | Categories:
    if feature.kind in ("category", "boolean"):
        return _levels(feature, flat, shape)
    values = feature.numbers()
    present = np.isfinite(values)
    complete = bool(present.all())
    if not complete:
        values, flat = values[present], flat[present]
    center = float(values.mean()) if len(values) else 0.0
    scale = (float(values.std()) if len(values) else 0.0) or 1.0
    z = (values - center) / scale
    n, total, square = _sums(flat, shape), _sums(flat, shape, z), _sums(flat, shape, z * z)
    return Numbers(feature.name, feature.kind, center, scale, n, total, square, not complete)


def _levels(feature: Feature, flat: np.ndarray, shape: tuple[int, int]) -> Categories:
    codes, levels = feature.codes()
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    order = np.argsort(-counts, kind="stable")
    top = order[: TOP_LEVELS if len(levels) > TOP_LEVELS + 1 else len(levels)]
    names = [levels[level] for level in top]
    place = np.full(len(levels) + 1, len(names), dtype=np.int64)
    place[top] = np.arange(len(top))
    if len(top) < len(levels):
        names.append(OTHER_LEVELS)
    place[-1] = len(names)  # code −1 reads the last place
    if (codes < 0).any():
        names.append(MISSING_LEVEL)
    size = shape[0] * shape[1]
    sums = np.bincount(place[codes] * size + flat, minlength=len(names) * size)
    return Categories(feature.name, names, sums.reshape(len(names), *shape))
