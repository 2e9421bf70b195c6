"""The score axis, cut so that every threshold and every confidence band is a range of bins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ladder_widgets.scores import GRID, to_grid

__all__ = ["Axis", "Range", "make_axis"]

#: Equal steps of the axis with two classes; the edges 0, 0.005, … 1 are always there.
STEPS = 200
QUANTILES = 40
#: Groups × bins with more than two classes stay near this.
BUDGET = 2000

Range = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Axis:
    """Bins of a score (two classes) or of a confidence (more).

    Attributes
    ----------
    edges : ndarray of shape (n_bins + 1,)
        Bin b holds ``edges[b] <= x < edges[b + 1]``; the last bin is closed.
    """

    edges: np.ndarray

    @property
    def n_bins(self) -> int:
        """Number of bins."""
        return len(self.edges) - 1

    @cached_property
    def atoms(self) -> np.ndarray:
        """Bins one grid step wide: they hold exactly the rows that tie with their edge."""
        return np.flatnonzero(np.diff(self.edges) < 1.5 * GRID)

    def codes(self, x: np.ndarray) -> np.ndarray:
        """Bin of each value, shape (n_rows,)."""
        return np.clip(np.searchsorted(self.edges, x, side="right") - 1, 0, self.n_bins - 1)

    def has(self, value: float) -> bool:
        """Whether a value is an edge."""
        return bool(self.edges[self.at(value)] == to_grid(value))

    def at(self, value: float) -> int:
        """Index of the first edge that is not below ``value``."""
        return int(np.searchsorted(self.edges, to_grid(value), side="left").clip(0, self.n_bins))

    def after(self, value: float) -> int:
        """Index of the first edge above the rows that tie with ``value``."""
        index = self.at(value)
        return index + 1 if index in self.atoms else index

    def predicted_positive(self, threshold: float, band: tuple[float, float]) -> Range:
        """Bins of the rows at or above the threshold whose score is in the band."""
        low, high = band
        stop = self.n_bins if high >= 1 else self.at(high)
        return _range(max(self.at(threshold), self.at(low)), stop)

    def predicted_negative(self, threshold: float, band: tuple[float, float]) -> Range:
        """Bins of the rows below the threshold for which 1 − score is in the band."""
        low, high = band
        start = 0 if high >= 1 else self.after(1 - high)
        return _range(start, min(self.at(threshold), self.after(1 - low)))

    def inside(self, band: tuple[float, float]) -> Range:
        """Bins of the band itself."""
        low, high = band
        return _range(self.at(low), self.n_bins if high >= 1 else self.at(high))


def _range(start: int, stop: int) -> Range:
    return (start, max(start, stop))


def make_axis(x: np.ndarray, n_groups: int, binary: bool, extra: Iterable[float] = ()) -> Axis:
    """Cut the axis: equal steps, score quantiles, the values asked for, and ties.

    Parameters
    ----------
    x : ndarray of shape (n_rows,)
        Scores or confidences on the grid.
    n_groups : int
        Groups that share the axis; many groups get fewer bins.
    binary : bool
        With two classes the edges are closed under v → 1 − v, so that a band of confidence is a
        range of scores on both sides of the threshold.
    extra : iterable of float
        Thresholds and band ends that must be edges.
    """
    steps = STEPS if binary else int(np.clip(BUDGET // max(1, n_groups), 4, STEPS))
    grid = np.arange(steps + 1) / steps
    parts = [grid, np.asarray(list(extra), dtype=float)]
    if binary and len(x):
        parts.append(np.quantile(x, np.linspace(0, 1, QUANTILES + 1), method="nearest"))
    edges = np.unique(to_grid(np.concatenate(parts)))
    if binary:
        edges = np.union1d(edges, 1 - edges)
    edges = edges[(edges >= 0) & (edges <= 1)]
    ties = edges[np.isin(edges, x)] if binary else edges[:0]
    return Axis(np.union1d(edges, ties + GRID))
