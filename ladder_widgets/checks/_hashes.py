"""Rows as 64-bit keys, so that the same row is found again in another split."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from pandas.util import hash_array

from ladder_widgets.table import Feature, Table

__all__ = ["keys"]

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
    total = np.zeros(table.n_rows, dtype=np.uint64)
    for position, name in enumerate(names):
        total += _column(table.feature(name), grid.get(name)) * _multiplier(position)  # a sum mod 2⁶⁴
    return total


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
