"""Features cut into conditions: quantile bins of numbers, levels of categories, and missing."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, log10

import numpy as np

from ladder_widgets.errors.conditions import Condition
from ladder_widgets.table import Feature

__all__ = ["Coded", "code_feature", "round_cut"]


@dataclass(frozen=True, eq=False)
class Coded:
    """One feature as codes.

    Attributes
    ----------
    codes : ndarray of shape (n_rows,)
        0 for rows that no condition selects, else 1 + the place in ``conditions``.
    conditions : list of Condition
    ranges : int
        The first so many conditions are neighbouring ranges of a number, in order; 0 for a category.
    """

    codes: np.ndarray
    conditions: list[Condition]
    ranges: int

    def between(self, first: int, last: int) -> Condition | None:
        """Join the ranges with codes ``first`` to ``last``; None if that is every value."""
        low, high = self.conditions[first - 1].low, self.conditions[last - 1].high
        if low is None and high is None:
            return None
        return Condition(self.conditions[0].feature, self.conditions[0].kind, low, high)


def code_feature(feature: Feature, rows: np.ndarray, bins: int, min_rows: int) -> Coded:
    """Code the rows of a feature; what selects fewer than ``min_rows`` of them is no condition.

    Parameters
    ----------
    feature : Feature
    rows : ndarray of int
        Positions to code.
    bins : int
        Ranges of a number, about equally full; a number with so few distinct values keeps them.
    min_rows : int
    """
    if feature.kind in ("number", "datetime"):
        values = feature.numbers()[rows]
        missing = np.isnan(values)
        cuts = _cuts(values[~missing & np.isfinite(values)], bins)
        ends = [None, *cuts, None]
        ranges = (
            [Condition(feature.name, feature.kind, low, high) for low, high in pairwise(ends)] if cuts else []
        )
        raw = np.searchsorted(np.array(cuts), values, side="right") if cuts else np.full(len(values), -1)
        raw = np.where(missing, len(ranges), raw)
    else:
        codes, levels = feature.codes()
        raw = codes[rows]
        ranges = [Condition(feature.name, "level", level=level) for level in levels]
        raw = np.where(raw < 0, len(ranges), raw)
    return _full_enough(raw, [*ranges, Condition(feature.name, "missing")], feature, min_rows)


def _full_enough(raw: np.ndarray, conditions: list[Condition], feature: Feature, min_rows: int) -> Coded:
    counts = np.bincount(raw[raw >= 0], minlength=len(conditions))
    numeric = feature.kind in ("number", "datetime")
    # A range that is too small stays: it may be joined to its neighbours.
    keep = np.flatnonzero((counts >= min_rows) | (numeric & (np.arange(len(counts)) < len(counts) - 1)))
    place = np.zeros(len(conditions) + 1, dtype=np.int32)
    place[keep] = np.arange(1, len(keep) + 1)
    dtype = np.uint8 if len(keep) < 255 else np.uint16 if len(keep) < 65_535 else np.int32
    kept = [conditions[index] for index in keep]
    ranges = sum(condition.kind in ("number", "datetime") for condition in kept)
    return Coded(place[raw].astype(dtype), kept, ranges)


def _cuts(values: np.ndarray, bins: int) -> list[float]:
    """Values that begin a bin, as round as the data allow: no value changes its side."""
    if not values.size:
        return []
    distinct = np.unique(values)
    if len(distinct) <= bins:
        starts = distinct[1:]
    else:
        quantiles = np.quantile(values, np.linspace(0, 1, bins + 1)[1:-1], method="higher")
        starts = np.unique(quantiles[quantiles > distinct[0]])
    below = distinct[np.searchsorted(distinct, starts) - 1]
    return [round_cut(float(low), float(start)) for low, start in zip(below, starts, strict=True)]


def round_cut(below: float, start: float) -> float:
    """Return the number with the fewest digits that is above ``below`` and at most ``start``.

    Examples
    --------
    >>> round_cut(29.7, 30.2), round_cut(0.1234, 0.1279), round_cut(1999.0, 2007.0), round_cut(4.0, 5.0)
    (30.0, 0.125, 2000.0, 5.0)
    """
    size = max(abs(below), abs(start), 1e-300)
    digits = -floor(log10(size))
    for place in range(digits, digits + 17):
        step = 10.0**-place
        for part in (step, step / 2):
            # The largest multiple that is not above: few digits, and no value between is cut off.
            candidate = round(floor(start / part) * part, place + 1) if place + 1 < 300 else start
            if below < candidate <= start:
                return candidate
            candidate = round(ceil(below / part) * part, place + 1)
            if below < candidate <= start:
                return candidate
    return start
