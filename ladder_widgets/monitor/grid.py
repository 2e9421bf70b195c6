"""A bounded grid for numbers of any size, and the bins that training makes of it.

The same arithmetic in numpy and in every engine that Ibis speaks to, so that a row falls into the same bin
wherever it is counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

__all__ = ["FINE", "HALF", "HALF_ROOT", "Grid", "rooted"]

#: Cells on each side of the center: of a feature, and of a score.
COARSE, FINE = 256, 2048
#: Values that a grid is laid out for, evenly among those it is given.
LOOKED_AT = 100_000
#: Distinct values that get a bin each, if they are so few.
FEW_VALUES = 40
#: Where :func:`rooted` turns, and the root of it.
HALF, HALF_ROOT = 0.5, float(np.sqrt(np.sqrt(np.sqrt(0.5))))


@dataclass(frozen=True)
class Grid:
    """Cells ``floor(K (x − center) / (scale + |x − center|))``, and bins of neighbouring cells.

    The map rises everywhere, is finest around the center, and ends at ±K whatever the number: a column
    multiplied by a thousand costs no more than the one it was.

    Attributes
    ----------
    center, scale : float
        Finite; ``scale`` is positive.
    size : int
        K, cells on each side of the center.
    cuts : tuple of int
        Last cell of every bin but the last, ascending. The first bin is below all that training holds, the
        last above it: empty in training, so that what never was is seen to come.
    rooted : bool
        Whether cells are laid out for :func:`rooted` values: probabilities that crowd at 0 and 1.
    """

    center: float
    scale: float
    size: int
    cuts: tuple[int, ...]
    rooted: bool = False

    @classmethod
    def fit(cls, values: np.ndarray, n_bins: int, size: int = COARSE) -> Grid:
        """Lay a grid out for values and cut it into bins of about equal shares of them.

        Parameters
        ----------
        values : ndarray of shape (n,)
            Missing and infinite ones are left out.
        n_bins : int
            Bins at most, without the two outside.
        size : int
            Cells on each side.

        Examples
        --------
        >>> grid = Grid.fit(np.arange(100.0), n_bins=4)
        >>> np.bincount(grid.bins(np.arange(-10.0, 100)), minlength=grid.n_bins + 1).tolist()
        [10, 25, 25, 25, 25, 0, 0]
        """
        present = values[np.isfinite(values)]
        some = np.sort(present[:: max(1, len(present) // LOOKED_AT)])
        if not len(some):
            return cls(0.0, 1.0, size, ())
        center = _between(some)
        distinct = np.unique(some[:: max(1, len(some) // 5_000)])
        grids = [cls(center, scale, size, ()) for scale in _scales(some, center)]
        if len(distinct) <= FEW_VALUES:
            grids.sort(key=lambda grid: -len(np.unique(grid.cells(distinct))))
        grid = grids[0]
        if size == FINE and some[0] >= 0 and some[-1] <= 1:
            # Rows of one cell are ties to whoever ranks by cells: the fewer, the truer an AUC.
            grid = min(grid, cls(0.0, 1.0, size, (), rooted=True), key=lambda one: _tied(one, some))
        return replace(grid, cuts=_cut(grid.cells(present), n_bins))

    @property
    def n_bins(self) -> int:
        """Bins of numbers, the two outside among them; that of missing values comes on top."""
        return len(self.cuts) + 1

    def cells(self, values: np.ndarray) -> np.ndarray:
        """Return the cell of each value as float64 of shape (n,), NaN where missing or infinite.

        So are numbers whose K-fold no float64 holds.
        """
        given = np.asarray(values)
        with np.errstate(invalid="ignore", over="ignore"):
            places = self.places(given, np.empty(given.shape), np.empty(given.shape))
        missing = (places < 1) | (places > 2 * self.size + 1)
        return np.where(missing, np.nan, places - (self.size + 1))

    def places(self, values: np.ndarray, out: np.ndarray, spare: np.ndarray) -> np.ndarray:
        """Return the place of each value among the cells, as whole numbers in ``out``.

        Parameters
        ----------
        values : ndarray of shape (n,)
            Numbers of any type.
        out, spare : ndarray of float64 of shape (n,)
            Written to: at this size of a scan, taking new memory for each column is what costs.

        Returns
        -------
        ndarray of float64 of shape (n,)
            1 for cell −K to 2 K + 1 for cell K; 0 or 2 K + 2 where there is none. See :attr:`bin_of_place`.
        """
        size = float(self.size)
        values = rooted(values) if self.rooted else values
        np.subtract(values, self.center, out=out, dtype=np.float64)
        np.abs(out, out=spare)
        np.add(spare, self.scale, out=spare)
        np.multiply(out, size, out=out)
        np.divide(out, spare, out=out)
        np.floor(out, out=out)
        if not np.isfinite(out.sum()):  # a look at all is cheaper than putting limits to each
            np.fmin(out, size + 1, out=out)  # NaN becomes the number
            np.fmax(out, -size - 1, out=out)
        return np.add(out, size + 1, out=out)

    @property
    def bin_of_place(self) -> np.ndarray:
        """Bin of each place, int64 of shape (2 K + 3,)."""
        bins = self.bins_of(np.arange(-self.size - 1.0, self.size + 2.0))
        bins[[0, -1]] = self.n_bins
        return bins

    def bins(self, values: np.ndarray) -> np.ndarray:
        """Return the bin of each value, int64 of shape (n,); missing and infinite ones come last."""
        return self.bins_of(self.cells(values))

    def bins_of(self, cells: np.ndarray) -> np.ndarray:
        """Return the bin of each cell, int64 of shape (n,); NaN comes last."""
        places = np.searchsorted(np.asarray(self.cuts, dtype=float), cells, side="left")
        return np.where(np.isnan(cells), self.n_bins, places).astype(np.int64)

    def edge(self, cell: int) -> float:
        """Return the number at which a cell ends."""
        reach = (cell + 1) / self.size
        if abs(reach) >= 1:
            return np.inf * reach
        value = self.center + self.scale * reach / (1 - abs(reach))
        return _unrooted(value) if self.rooted else value

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        told = {"center": self.center, "scale": self.scale, "size": self.size, "cuts": list(self.cuts)}
        return {**told, "rooted": True} if self.rooted else told

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Grid:
        """Build a grid from plain data."""
        cuts = tuple(int(cut) for cut in data["cuts"])
        rooted = bool(data.get("rooted", False))
        return cls(float(data["center"]), float(data["scale"]), int(data["size"]), cuts, rooted)


def rooted(values: np.ndarray) -> np.ndarray:
    """Return probabilities with their ends drawn apart.

    ``sign(p − ½) (½^⅛ − m^⅛)``, m the distance to the nearer end. Rises everywhere, also below 0 and above
    1, where the distance is negative. Of roots alone, which every engine rounds alike; logarithms are not.

    Examples
    --------
    >>> rooted(np.array([0.0, 1e-9, 0.5, 1.0])).round(3).tolist()
    [-0.917, -0.842, 0.0, 0.917]
    """
    given = np.asarray(values, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        distance = np.where(given < HALF, given, 1.0 - given)
        root = np.sqrt(np.sqrt(np.sqrt(np.abs(distance))))
        apart = HALF_ROOT - np.where(distance < 0, -root, root)
    return np.where(given < HALF, -apart, apart)


def _unrooted(value: float) -> float:
    root = HALF_ROOT - abs(value)
    distance = float(np.copysign(abs(root) ** 8, root))
    return distance if value < 0 else 1.0 - distance


def _tied(grid: Grid, values: np.ndarray) -> float:
    """Chance that two values fall into one cell."""
    _, counts = np.unique(grid.cells(values), return_counts=True)
    return float(np.sum((counts / len(values)) ** 2))


def _between(ordered: np.ndarray) -> float:
    """A number near the middle that is no value itself: single precision must not move a value across it."""
    middle = float(ordered[(len(ordered) - 1) // 2])
    above = ordered[np.searchsorted(ordered, middle, side="right") :]
    if len(above):
        return middle + (float(above[0]) - middle) / 2
    return middle + max(1.0, abs(middle)) / 2


def _scales(ordered: np.ndarray, center: float) -> list[float]:
    """Scales to try: the spread of the middle half, and wider ones that tell few values apart."""
    low, high = np.quantile(ordered, [0.25, 0.75])
    reach = float(max(abs(ordered[0] - center), abs(ordered[-1] - center)))
    tried = [float(high - low), reach / 4, reach / 2, reach]
    kept = [scale for scale in tried if np.isfinite(scale) and scale > 0]
    # A half that is a single value says nothing of the others.
    return kept if high > low else kept[::-1] or [max(1.0, abs(center))]


def _cut(cells: np.ndarray, n_bins: int) -> tuple[int, ...]:
    distinct, counts = np.unique(cells[~np.isnan(cells)], return_counts=True)
    places = np.arange(len(distinct) - 1)
    if len(distinct) > n_bins:
        share = np.cumsum(counts) / counts.sum()
        places = np.unique(np.searchsorted(share, np.arange(1, n_bins) / n_bins - 1e-9))
        places = places[places < len(distinct) - 1]
    inner = [int(cell) for cell in distinct[places]]
    return (int(distinct[0]) - 1, *inner, int(distinct[-1]))
