"""The score axis, cut so that every threshold and every confidence band is a range of bins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ladder_widgets.scores import GRID, to_grid

__all__ = ["CELLS", "CHUNK", "QUANTILES", "Axis", "Range", "chunks", "cut", "make_axis", "split_ties"]

#: Equal steps of the axis with two classes; the edges 0, 0.005, … 1 are always there.
STEPS = 200
QUANTILES = 40
#: Groups × bins with more than two classes stay near this, but no axis has fewer steps than that.
BUDGET, LEAST_STEPS = 4000, 20
#: Rows worked on at once: half a megabyte of float64 stays in a core's own cache.
CHUNK = 1 << 16
#: Equal cells of the look-up table that says where to start looking for the bin of a value.
CELLS = 1 << 14

Range = tuple[int, int]


def chunks(n_rows: int) -> Iterator[slice]:
    """Cut rows into slices small enough for the cache.

    Examples
    --------
    >>> list(chunks(3))
    [slice(0, 3, None)]
    """
    for start in range(0, n_rows, CHUNK):
        yield slice(start, min(start + CHUNK, n_rows))


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
        """Bin of each value between 0 and 1: unsigned integers of shape (n_rows,), as small as will do."""
        out = np.empty(len(x), dtype=np.min_scalar_type(self.n_bins))
        for rows in chunks(len(x)):
            out[rows] = self.find(x[rows])
        return out

    @cached_property
    def _table(self) -> tuple[np.ndarray, np.ndarray, int]:
        """Bin in which each cell begins; edges, and infinity beyond; edges in the fullest cell, in bits."""
        start = np.searchsorted(self.edges, np.arange(CELLS + 1) / CELLS, side="right") - 1
        bits = int(np.diff(start).max()).bit_length()
        return start, np.append(self.edges, np.full(1 << bits, np.inf)), bits

    def find(self, x: np.ndarray) -> np.ndarray:
        """Bin of each value, int64: ``np.searchsorted``, made faster by a table and no branches."""
        start, edges, bits = self._table
        code = start[np.clip((x * CELLS).astype(np.int32), 0, CELLS)]
        for step in (1 << bit for bit in reversed(range(bits))):
            code += (x >= edges[code + step]) * step
        return np.minimum(code, self.n_bins - 1)

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
    edges = cut(_quantiles(x) if binary and len(x) else np.empty(0), n_groups, binary, extra)
    return split_ties(edges, _tied(Axis(edges), x)) if binary else Axis(edges)


def cut(quantiles: np.ndarray, n_groups: int, binary: bool, extra: Iterable[float]) -> np.ndarray:
    """Return the edges: equal steps, these quantiles and the values asked for, and their mirrors."""
    steps = STEPS if binary else _steps(n_groups)
    parts = [np.arange(steps + 1) / steps, np.asarray(list(extra), dtype=float), quantiles]
    edges = np.unique(to_grid(np.concatenate(parts)))
    if binary:
        edges = np.union1d(edges, 1 - edges)
    return edges[(edges >= 0) & (edges <= 1)]


def _steps(n_groups: int) -> int:
    """Equal steps that many groups share: a divisor of 200, so that edges are round."""
    wanted = max(LEAST_STEPS, BUDGET // max(1, n_groups))
    return max(steps for steps in (20, 40, 50, 100, STEPS) if steps <= wanted)


def split_ties(edges: np.ndarray, tied: np.ndarray) -> Axis:
    """Give the rows that tie with an edge a bin of their own; ``tied`` says which edges have any."""
    return Axis(np.union1d(edges, edges[tied] + GRID))


def _quantiles(x: np.ndarray) -> np.ndarray:
    """Exact quantiles; of a long column only the rows near one are copied and sorted."""
    low, high = float(x.min()), float(x.max())
    per_cell = CELLS / (high - low) if high > low else 0.0

    def cells(rows: slice) -> np.ndarray:
        return ((x[rows] - low) * per_cell).astype(np.int32)

    counts = np.zeros(CELLS + 1, dtype=np.int64)
    for rows in chunks(len(x)):
        counts += np.bincount(cells(rows), minlength=CELLS + 1)
    ranks = np.round(np.linspace(0, len(x) - 1, QUANTILES + 1)).astype(np.int64)
    cell_of = np.searchsorted(np.cumsum(counts), ranks, side="right")
    near = np.zeros(CELLS + 1, dtype=bool)
    near[cell_of] = True
    kept = np.sort(np.concatenate([x[rows][near[cells(rows)]] for rows in chunks(len(x))]))
    left_out = np.cumsum(np.where(near, 0, counts))[cell_of]
    return kept[ranks - left_out]


def _tied(axis: Axis, x: np.ndarray) -> np.ndarray:
    """Whether rows lie exactly on each edge, shape (n_bins + 1,)."""
    tied = np.zeros(len(axis.edges), dtype=bool)
    tied[-1] = bool((x == axis.edges[-1]).any())
    for rows in chunks(len(x)):
        code = axis.find(x[rows])
        tied[code[axis.edges[code] == x[rows]]] = True
    return tied
