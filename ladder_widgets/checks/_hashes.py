"""Rows as 64-bit keys, so that the same row is found again in another split."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from pandas.util import hash_array

from ladder_widgets.table import Feature, Table

__all__ = ["RowKeys", "keys"]

_MISSING = np.uint64(0x9E3779B97F4A7C15)


def keys(table: Table, names: list[str], grid: Mapping[str, float] = MappingProxyType({})) -> np.ndarray:
    """Return a key of shape (n_rows,) for each row: equal rows have equal keys.

    Columns are taken by name, in the order of ``names``, so the order in the table does not matter.

    Parameters
    ----------
    table : Table
    names : list of str
        Columns that make up the row.
    grid : mapping of str to float, optional
        Step that the values of a numeric column are rounded to; exact by default.

    Examples
    --------
    >>> one, other = Table([[1.0, 2.0]], "X", ["a", "b"]), Table([[2.0, 1.0]], "X", ["b", "a"])
    >>> bool(keys(one, ["a", "b"]) == keys(other, ["a", "b"]))
    True
    """
    return RowKeys(table, names, grid).total


class RowKeys:
    """Keys of the rows, from which a column can be left out afterwards.

    Takes the arguments of :func:`keys`; ``total`` are the keys.
    """

    def __init__(
        self, table: Table, names: list[str], grid: Mapping[str, float] = MappingProxyType({})
    ) -> None:
        self.table, self.names, self.grid = table, names, grid
        self.total = np.zeros(table.n_rows, dtype=np.uint64)
        for name in names:
            self.total += self._part(name)  # a sum mod 2⁶⁴

    def without(self, name: str) -> np.ndarray:
        """Keys of the rows without one column."""
        return np.asarray(self.total - self._part(name))

    def _part(self, name: str) -> np.ndarray:
        part = _column(self.table.feature(name), self.grid.get(name))
        return np.asarray(part * _multiplier(self.names.index(name)))


def _multiplier(position: int) -> np.uint64:
    return np.uint64((0xD1342543DE82EF95 * (2 * position + 1)) % 2**64 | 1)


def _column(feature: Feature, step: float | None) -> np.ndarray:
    if feature.kind == "category":
        codes, levels = feature.codes()
        hashed = hash_array(np.array([_canonical(level) for level in levels], dtype=object), categorize=False)
        return np.append(hashed, _MISSING)[codes]
    values = feature.numbers()
    if step:
        values = np.round(values / step)
    hashed = np.asarray(hash_array(values + 0.0))  # −0.0 and 0.0 are one value
    hashed[np.isnan(values)] = _MISSING
    return hashed


def _canonical(level: str) -> str:
    """A number kept as text reads as the number it is."""
    try:
        return repr(float(level))
    except ValueError:
        return level
