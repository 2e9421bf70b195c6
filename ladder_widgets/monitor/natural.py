"""How far windows of training lie from the whole of it: what weather and weekends do by themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ladder_widgets.monitor.drift import index, p_value

__all__ = ["Natural", "Rows", "Windows", "surely", "windows_of"]

_HOUR = 3_600_000
#: Lengths of windows that training is cut into, in ms, besides a tenth of all of it.
LENGTHS = (_HOUR // 6, _HOUR, 6 * _HOUR, 24 * _HOUR, 7 * 24 * _HOUR, 28 * 24 * _HOUR)
TENTHS = 10
#: Cycles of most of what people do, in ms, and how much denser rows lie in the busy half of one.
CYCLES, BUSY = (24 * _HOUR, 7 * 24 * _HOUR), 2.0
#: Rows that a window of training must have, windows that are needed, and windows that are looked at.
ROWS, FEWEST, MOST = 200, 5, 200
#: Chance that sampling alone makes a window count as one that moved.
ALPHA = 0.01
#: What a window of production may do: twice what nine of ten windows of training do, or a quarter more than
#: all but one of fifty do, whichever is more. A single broken day in training must not hide the next.
TWICE, QUARTER = (0.9, 2.0), (0.98, 1.25)


Windows = list[tuple[int, np.ndarray]]


@dataclass(frozen=True, eq=False)
class Rows:
    """Training rows of a feature or a score.

    Attributes
    ----------
    bins : ndarray of int64 of shape (n_rows,)
    n_bins : int
    pooled : callable
        From counts of shape (n_bins,) to those of the pools that a PSI is computed on.
    """

    bins: np.ndarray
    n_bins: int
    pooled: Callable[[np.ndarray], np.ndarray]

    def shifts(self, windows: np.ndarray) -> list[float]:
        """Return the PSI of each window against all rows, noise taken off; 0 where noise explains it."""
        inside, n_windows = windows >= 0, int(windows.max(initial=-1)) + 1
        flat = windows[inside] * self.n_bins + self.bins[inside]
        counts = np.bincount(flat, minlength=n_windows * self.n_bins).reshape(n_windows, self.n_bins)
        whole = self.pooled(np.bincount(self.bins, minlength=self.n_bins))
        return _surely([index(whole, self.pooled(window)) for window in counts]).tolist()


def surely(reference: np.ndarray, window: np.ndarray) -> float:
    """Return the PSI of two rows of counts, noise taken off; 0 where noise explains it."""
    return float(_surely([index(reference, window)])[0])


def _surely(found: list[tuple[float, int, float]]) -> np.ndarray:
    """Noise taken off from many at once: most of what one p-value costs is the call."""
    raw, used, unit = np.array(found).reshape(-1, 3).T
    told = p_value(raw, used, unit) < ALPHA
    return np.where(told, np.maximum(0.0, raw - (used - 1) * unit), 0.0)


@dataclass(frozen=True, eq=False)
class Natural:
    """PSI that windows of training reach by themselves, by their length.

    Attributes
    ----------
    lengths : tuple of int
        In ms, ascending; empty where training has no times, or too few rows.
    reach : dict of str to tuple of float
        For each feature, and for ``"score"`` or ``"score of …"``, the PSI that is nothing to speak of at
        each length.
    """

    lengths: tuple[int, ...] = ()
    reach: dict[str, tuple[float, ...]] = field(default_factory=dict)

    def at(self, name: str, lengths: np.ndarray) -> np.ndarray:
        """Return what is natural for a feature in windows of some lengths, of the same shape.

        Between lengths that were looked at it is the larger of the two beside; beyond them it is that of
        the nearest. A window of a day and a quarter has one morning more than it has evenings: a part of
        a cycle that is left over counts by its share of the window, squared as a PSI goes.

        Examples
        --------
        >>> natural = Natural((1000, 100_000), {"x": (0.4, 0.2)})
        >>> weeks, days = 2 * 7 * 24 * 3_600_000, 10**9  # 14 days, and 11.6 of which 4.6 are left over
        >>> natural.at("x", np.array([10, 10_000, 100_000, weeks, days])).round(2).tolist()
        [0.4, 0.4, 0.2, 0.2, 0.25]
        """
        known = np.array(self.reach.get(name, ()))
        if not len(known):
            return np.zeros(len(lengths))
        last = len(known) - 1
        above = np.searchsorted(self.lengths, lengths).clip(0, last)
        below = (np.searchsorted(self.lengths, lengths, side="right") - 1).clip(0, last)
        found = np.maximum(known[below], known[above])
        for cycle in CYCLES:
            within = known[np.array(self.lengths) < cycle]
            left = BUSY * np.where(lengths > cycle, lengths % cycle, 0) / np.maximum(lengths, 1)
            found = np.maximum(found, np.minimum(left, 1.0) ** 2 * within.max(initial=0.0))
        return found

    def joined(self, other: Natural) -> Natural:
        """Return both; they were learned at the same lengths."""
        return Natural(self.lengths or other.lengths, self.reach | other.reach)

    def further(self, by: float) -> Natural:
        """Return it for windows compared with rows that lie a PSI from training themselves.

        The square root of a PSI is much like a distance: distances add up, at most.
        """
        reach = {
            name: tuple(float((np.sqrt(value) + np.sqrt(by)) ** 2) for value in values)
            for name, values in self.reach.items()
        }
        return Natural(self.lengths, reach)

    @classmethod
    def learn(cls, windows: Windows, columns: Mapping[str, Rows]) -> Natural:
        """Learn it from training rows in bins, and windows of :func:`windows_of`."""
        if not windows:
            return cls()
        reach = {
            name: tuple(_reach(rows.shifts(window)) for _, window in windows)
            for name, rows in columns.items()
        }
        return cls(tuple(length for length, _ in windows), reach)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "lengths": list(self.lengths),
            "reach": {name: list(values) for name, values in self.reach.items()},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Natural:
        """Build it from plain data; what does not know of lengths knows nothing."""
        reach = {str(name): tuple(map(float, values)) for name, values in data.get("reach", {}).items()}
        return cls(tuple(map(int, data.get("lengths", ()))), reach)


def windows_of(times: np.ndarray | None) -> Windows:
    """Cut rows into windows, in several ways from short ones to tenths of all time.

    Parameters
    ----------
    times : ndarray of shape (n_rows,), or None
        In ms; NaN where unknown.

    Returns
    -------
    list of (int, ndarray of shape (n_rows,))
        Typical length of a window in ms, ascending, and the number of the window of each row: −1 for rows
        of windows that are not looked at.
    """
    if times is None or not np.isfinite(times).any():
        return []
    span = float(np.nanmax(times) - np.nanmin(times))
    found: dict[int, np.ndarray] = {}
    for length in sorted({*LENGTHS, max(1, round(span / TENTHS))}):
        cut = _cut(times, length) if length <= span / FEWEST else None
        if cut is not None:
            found.setdefault(*cut)
    return sorted(found.items(), key=lambda one: one[0])


def _cut(times: np.ndarray, length: int) -> tuple[int, np.ndarray] | None:
    """Windows of a length, neighbours pooled until they have rows enough; None if they are too few."""
    known = np.flatnonzero(np.isfinite(times))
    periods, place = np.unique(np.floor(times[known] / length), return_inverse=True)
    of_period, starts = _pooled(np.bincount(place))
    n_windows = len(starts)
    if n_windows < FEWEST:
        return None
    typical = float(np.median(np.diff(np.append(periods[starts], periods[-1] + 1)))) * length
    # Drawn, not every so many-th: those would all be of the same hour or weekday.
    looked_at = np.random.default_rng(0).permutation(n_windows)[:MOST]
    number = np.full(n_windows, -1)
    number[looked_at] = np.arange(len(looked_at))
    windows = np.full(len(times), -1)
    windows[known] = number[of_period[place]]
    return int(typical), windows


def _pooled(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Window of each period, and the first period of each window; a rest joins the one before it."""
    window, starts, held = np.zeros(len(rows), np.int64), [0], 0
    for period, more in enumerate(rows.tolist()):
        if held >= ROWS:
            starts.append(period)
            held = 0
        window[period] = len(starts) - 1
        held += more
    if held < ROWS and len(starts) > 1:
        window[window == len(starts) - 1] -= 1
        starts.pop()
    return window, np.array(starts)


def _reach(shifts: list[float]) -> float:
    return max(float(factor * np.quantile(shifts, share)) for share, factor in (TWICE, QUARTER))
