"""Rows as 64-bit keys, so that the same row is found again in another split."""

from __future__ import annotations

import numpy as np
from pandas.util import hash_array

from ladder_widgets.table import Feature, Table

__all__ = ["Grid", "keys"]

_MISSING = np.uint64(0x9E3779B97F4A7C15)

#: How values are rounded before they are compared: None is exact, a column's step otherwise.
Grid = dict[str, float] | None


def keys(table: Table, names: list[str], digits: int | None = None, grid: Grid = None) -> np.ndarray:
    """Return a key of shape (n_rows,) for each row: equal rows have equal keys.

    Columns are taken by name, in the order of ``names``, so the order in the table does not matter.

    Parameters
    ----------
    table : Table
    names : list of str
        Columns that make up the row.
    digits : int, optional
        Significant digits that numbers are rounded to; exact by default.
    grid : dict of str to float, optional
        Step of each numeric column that its values are rounded to instead.
    """
    total = np.zeros(table.n_rows, dtype=np.uint64)
    for position, name in enumerate(names):
        feature = table.feature(name)
        step = grid.get(name) if grid is not None else None
        column = _column(feature, digits, step)
        total += column * _multiplier(position)  # wraps around: a sum mod 2⁶⁴
    return total


def _multiplier(position: int) -> np.uint64:
    return np.uint64((0xD1342543DE82EF95 * (2 * position + 1)) % 2**64 | 1)


def _column(feature: Feature, digits: int | None, step: float | None) -> np.ndarray:
    if feature.kind == "category":
        codes, levels = feature.codes()
        hashed = hash_array(np.array([_canonical(level) for level in levels], dtype=object), categorize=False)
        return np.append(hashed, _MISSING)[codes]
    values = feature.numbers()
    if step is not None:
        values = np.round(values / step) if step > 0 else values
    elif digits is not None:
        values = _significant(values, digits)
    hashed = np.asarray(hash_array(values + 0.0))  # −0.0 and 0.0 are one value
    hashed[np.isnan(values)] = _MISSING
    return hashed


def _canonical(level: str) -> str:
    """A number kept as text reads as the number it is."""
    try:
        return repr(float(level))
    except ValueError:
        return level


def _significant(values: np.ndarray, digits: int) -> np.ndarray:
    """Round to significant digits in binary: the exponent stays and the mantissa is cut."""
    mantissa, exponent = np.frexp(values)
    scale = 2.0 ** round(digits / np.log10(2))
    return np.ldexp(np.round(mantissa * scale) / scale, exponent)
