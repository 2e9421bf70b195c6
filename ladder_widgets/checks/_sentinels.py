"""Stand-ins for missing values: -999 among measurements, "?" among words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ladder_widgets.table import Feature

__all__ = ["Sentinel", "numeric_sentinels", "text_sentinels"]

#: Text that nobody means as a category. Words such as "none", "no" and "unknown" may well be meant.
PLACEHOLDERS = frozenset(
    {"", "?", "??", "na", "n/a", "#n/a", "#na", "nan", "<na>", "nat", "null", "-", "--", ".", "(null)"}
)
MIN_ROWS = 3
MIN_SHARE = 0.001
#: Distance from the rest of the column, in widths of that rest.
APART = 0.5
#: A spike at the end of a column: share of the rows, and times the rows of the most frequent of as many
#: neighbouring values as make a column one of measurements.
SPIKE_SHARE, SPIKE = 0.005, 5
MANY_VALUES = 20
#: Up to this distance, in widths of the rest, a spike may be a value at which the column is cut off.
TOP_CODED = 0.2
#: Share of a text column's levels that must read as numbers for it to be a column of numbers.
NUMERIC_LEVELS = 0.9
_NINES = [float(int("9" * digits)) for digits in range(2, 10)]
_BROKEN = [
    2.0**31 - 1,
    -(2.0**31),
    2.0**63,
    -(2.0**63),
    -32768.0,
    1e10,
    1e20,
    1e30,
    -1e10,
    -1e20,
    -1e30,
    -8888.0,
    -888.0,
]
_TYPICAL = np.array(
    [*_NINES, *(-value for value in _NINES), 9.0, -9.0, -1.0, *(v + 0.9 for v in _NINES), *_BROKEN]
)


@dataclass(frozen=True, slots=True)
class Sentinel:
    """A value that stands for "missing" in a column.

    Attributes
    ----------
    column : str
    value : float or str
        The stand-in, as it is in the data.
    count, total : int
        Rows that hold it, and rows.
    nearest : str
        What the rest of the column looks like.
    """

    column: str
    value: Any
    count: int
    total: int
    nearest: str

    @property
    def share(self) -> float:
        """Share of the rows."""
        return self.count / self.total


def numeric_sentinels(name: str, values: np.ndarray) -> list[Sentinel]:
    """Find typical stand-ins at either end of a column and far outside the rest of it.

    Parameters
    ----------
    name : str
    values : ndarray of float of shape (n_rows,)
        All rows at hand; NaN and infinity are passed over.
    """
    finite = values[np.isfinite(values)]
    found: list[Sentinel] = []
    if finite.size < 20:
        return found
    low, high = float(finite.min()), float(finite.max())
    if not (_is_typical(low) or _is_typical(high)):
        return found
    distinct, counts = np.unique(finite, return_counts=True)
    first, last = 0, len(distinct) - 1
    for _ in range(4):  # at most four stand-ins, taken off from the outside
        if last - first < 2:
            break
        if _stands_apart(distinct[first : last + 1], counts[first : last + 1]):
            found.append(_sentinel(name, distinct, counts, first, len(values), (first + 1, last)))
            first += 1
        elif _stands_apart(-distinct[first : last + 1][::-1], counts[first : last + 1][::-1]):
            found.append(_sentinel(name, distinct, counts, last, len(values), (first, last - 1)))
            last -= 1
        else:
            break
    return found


def _is_typical(value: float) -> bool:
    return bool(np.isclose(_TYPICAL, value, rtol=1e-9, atol=0).any())


def _stands_apart(distinct: np.ndarray, counts: np.ndarray) -> bool:
    """Whether the lowest value is a stand-in; the highest is judged with the signs turned."""
    value, rest = float(distinct[0]), distinct[1:]
    total = int(counts.sum())
    if counts[0] < max(MIN_ROWS, MIN_SHARE * total) or counts[0] > 0.98 * total:
        return False
    if not (_is_typical(value) or _is_typical(-value)) or len(rest) < 5:
        return False
    gap, spread = float(rest[0]) - value, float(rest[-1] - rest[0])
    step = float(np.median(np.diff(rest[:20])))
    if value < 0 <= rest[0] and _is_typical(value):  # the only negative value there is
        enough = 10 if gap > 5 * step else MANY_VALUES
        if value <= -99 or (len(rest) >= enough and counts[0] >= SPIKE_SHARE * total):
            return True
    spike = counts[0] >= max(SPIKE_SHARE * total, SPIKE * counts[1 : 1 + MANY_VALUES].max())
    if spike and len(rest) >= MANY_VALUES and abs(value) >= 50 and gap > max(5 * step, TOP_CODED * spread):
        return True
    return abs(value) >= 50 and gap > APART * spread  # 9 and -9 are values as often as not


def _sentinel(
    name: str, distinct: np.ndarray, counts: np.ndarray, which: int, total: int, rest: tuple[int, int]
) -> Sentinel:
    nearest = f"{distinct[rest[0]]:g} to {distinct[rest[1]]:g}"
    return Sentinel(name, float(distinct[which]), int(counts[which]), total, nearest)


def text_sentinels(features: list[Feature]) -> list[Sentinel]:
    """Find placeholder texts in one column, given as its parts from every split."""
    counts: dict[str, int] = {}
    for feature in features:
        codes, levels = feature.codes()
        found = np.bincount(codes[codes >= 0], minlength=len(levels))
        for level, count in zip(levels, found, strict=True):
            if count:
                counts[level] = counts.get(level, 0) + int(count)
    total = sum(len(feature.series) for feature in features)
    others = [level for level in counts if level.strip().lower() not in PLACEHOLDERS]
    rest = f"{len(others)} other levels"
    if len(others) > 5 and np.mean([_reads_as_number(level) for level in others]) >= NUMERIC_LEVELS:
        rest = f"numbers kept as text ({len(others)} values)"
    return [
        Sentinel(features[0].name, level, count, total, rest)
        for level, count in counts.items()
        if level.strip().lower() in PLACEHOLDERS and count >= min(MIN_ROWS, max(1, len(others)))
    ]


def _reads_as_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
