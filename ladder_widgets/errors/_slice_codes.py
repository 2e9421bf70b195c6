"""Features cut into conditions: ranges of numbers, levels of categories, and missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil, floor, log10

import numpy as np
import pandas as pd

from ladder_widgets.errors.conditions import Condition, Kind
from ladder_widgets.table import Feature

__all__ = ["Coded", "code_feature", "round_cut", "round_time"]

#: Levels of one feature that may become conditions, the most frequent.
MAX_LEVELS = 100
#: Neighbouring ranges are also searched joined: about these shares of the values, from either end, and
#: what is left in the middle by the smaller share.
JOINED = (0.3, 0.5)
#: Share of the rows that a cut may be moved by to be a rounder number.
SLACK = 0.01

Rounding = Callable[[float, float], float]


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
    spans : ndarray of int of shape (n, 2)
        What to search: first and last code of conditions, alone or joined.
    """

    codes: np.ndarray
    conditions: list[Condition]
    ranges: int
    spans: np.ndarray

    @property
    def size(self) -> int:
        """Number of codes."""
        return len(self.conditions) + 1

    def between(self, first: int, last: int) -> Condition | None:
        """Return the condition on the codes ``first`` to ``last``; None if that is any value."""
        start, end = self.conditions[first - 1], self.conditions[last - 1]
        if first == last:
            return start
        if start.low is None and end.high is None:
            return None
        return replace(start, high=end.high)


def code_feature(feature: Feature, rows: np.ndarray, bins: int, min_rows: int, joined: bool) -> Coded:
    """Code the rows of a feature; what selects fewer than ``min_rows`` of them is not searched.

    Parameters
    ----------
    feature : Feature
    rows : ndarray of int
        Positions to code.
    bins : int
        Ranges of a number, about equally full; a number with so few distinct values keeps them.
    min_rows : int
    joined : bool
        Search neighbouring ranges joined, too.
    """
    missing = feature.missing[rows]
    if feature.kind in ("number", "datetime"):
        codes, conditions = _ranges(feature, feature.numbers()[rows], bins)
    else:
        codes, conditions = _levels(feature, rows, min_rows)
    ranges = len(conditions) if feature.kind in ("number", "datetime") else 0
    conditions = [*conditions, Condition(feature.name, "missing")]
    codes = np.where(missing, len(conditions), codes)
    counts = np.bincount(codes, minlength=len(conditions) + 1)
    single = [(code, code) for code in range(1, len(counts)) if counts[code] >= min_rows]
    spans = [*single, *(_joined(ranges) if joined else [])]
    return Coded(
        codes.astype(np.min_scalar_type(len(counts))),
        conditions,
        ranges,
        np.array(spans, dtype=np.int64).reshape(-1, 2),
    )


def _joined(ranges: int) -> list[tuple[int, int]]:
    """Return spans of several neighbouring ranges."""
    widths = [round(ranges * share) for share in JOINED]
    found = [span for width in widths for span in ((1, width), (ranges - width + 1, ranges))]
    found.append((widths[0] + 1, ranges - widths[0]))
    return [(first, last) for first, last in dict.fromkeys(found) if first < last]


def _ranges(feature: Feature, values: np.ndarray, bins: int) -> tuple[np.ndarray, list[Condition]]:
    cuts = _cuts(values[np.isfinite(values)], bins, round_time if feature.kind == "datetime" else round_cut)
    if not cuts:
        return np.zeros(len(values), dtype=np.int64), []
    codes = np.searchsorted(np.array(cuts), values, side="right") + 1
    codes[np.isnan(values)] = 0
    kind: Kind = "datetime" if feature.kind == "datetime" else "number"
    ends = [None, *cuts, None]
    whole = kind == "number" and _whole(feature.numbers())
    return codes, [Condition(feature.name, kind, low, high, whole=whole) for low, high in pairwise(ends)]


def _whole(values: np.ndarray) -> bool:
    """Whether all values are whole numbers, or missing or infinite."""
    finite = values[np.isfinite(values)]
    return bool((finite == np.floor(finite)).all())


def _levels(feature: Feature, rows: np.ndarray, min_rows: int) -> tuple[np.ndarray, list[Condition]]:
    codes, levels = feature.codes()
    # Levels that read alike (1 and "1") cannot be told apart in words: they are one.
    text_of, texts = pd.factorize(np.array([*levels, None], dtype=object))
    merged = text_of[codes[rows]]
    counts = np.bincount(merged[merged >= 0], minlength=len(texts))
    kept = np.argsort(-counts, kind="stable")[:MAX_LEVELS]
    kept = np.sort(kept[counts[kept] >= min_rows])
    place = np.zeros(len(texts) + 1, dtype=np.int64)  # the last for rows without a level
    place[kept] = np.arange(1, len(kept) + 1)
    return place[merged], [Condition(feature.name, "level", level=str(texts[index])) for index in kept]


def _cuts(values: np.ndarray, bins: int, rounded: Rounding) -> list[float]:
    """Values that begin a bin, as round as they can be: bins need to be only about equally full."""
    if not values.size:
        return []
    ordered = np.sort(values)
    distinct = ordered[np.concatenate([[True], ordered[1:] > ordered[:-1]])]
    if len(distinct) <= bins:
        return [rounded(float(low), float(high)) for low, high in pairwise(distinct)]
    shares = np.linspace(0, 1, bins + 1)[1:-1]
    cuts = set()
    for low, high in zip(*(_at(ordered, shares + shift) for shift in (-SLACK, SLACK)), strict=True):
        if low == high:  # many rows share the value: it begins a bin, or as the lowest of all ends one
            place = int(np.searchsorted(distinct, low))
            low, high = distinct[max(place - 1, 0)], distinct[max(place, 1)]
        cuts.add(rounded(float(low), float(high)))
    return sorted(cuts)


def _at(ordered: np.ndarray, shares: np.ndarray) -> np.ndarray:
    return ordered[(np.clip(shares, 0, 1) * (len(ordered) - 1)).round().astype(np.int64)]


def round_cut(below: float, start: float) -> float:
    """Return the number with the fewest digits that is above ``below`` and at most ``start``.

    Examples
    --------
    >>> round_cut(29.7, 30.2), round_cut(0.1234, 0.1279), round_cut(1999.0, 2007.0), round_cut(4.0, 5.0)
    (30.0, 0.125, 2000.0, 5.0)
    >>> round_cut(-0.3, 0.2)
    0.0
    """
    if below < 0 <= start:
        return 0.0
    size = max(abs(below), abs(start), 1e-300)
    digits = -floor(log10(size))
    for place in range(digits, digits + 17):
        step = 10.0**-place
        for part in (step, step / 2):
            # A multiple of the step between the two: few digits, and no value changes its side.
            for multiple in (floor(start / part), ceil(below / part)):
                candidate = round(multiple * part, place + 1)
                if below < candidate <= start:
                    return candidate
    return start


def round_time(below: float, start: float) -> float:
    """Return the roundest moment above ``below`` and at most ``start``, in ms since 1970 (UTC).

    Examples
    --------
    >>> moments = np.array(["2024-01-30T09:12", "2024-02-03T10:40"], dtype="datetime64[ms]").astype(float)
    >>> str(np.datetime64(int(round_time(*moments)), "ms"))
    '2024-02-01T00:00:00.000'
    """
    moment = np.datetime64(floor(start), "ms")
    for unit in ("Y", "M", "D", "h", "m", "s"):
        candidate = float(moment.astype(f"datetime64[{unit}]").astype("datetime64[ms]").astype(np.int64))
        if below < candidate <= start:
            return candidate
    return start
