"""One row of whatever goes from step to step, as named values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import sparse

__all__ = [
    "Cells",
    "all_finite",
    "cells_of",
    "column_of",
    "differs",
    "is_infinite",
    "is_missing",
    "same",
    "width_of",
]


#: Columns of a sparse row that are all told; of a wider one only the values that are not 0.
DENSE = 500


@dataclass(frozen=True, eq=False)
class Cells:
    """Values of one row.

    Attributes
    ----------
    names : list
        Columns, under the keys they go by.
    values : list
    dtypes : list of str
    places : list of int
        Positions of the columns in the whole row: of a sparse one only the values that are not 0 are told.
    width : int
        Columns of the whole row.
    """

    names: list[Any]
    values: list[Any]
    dtypes: list[str]
    places: list[int]
    width: int

    @cached_property
    def by_name(self) -> dict[Any, Any]:
        """Values by column; of columns that share a name the last."""
        return dict(zip(self.names, self.values, strict=True))

    @cached_property
    def missing(self) -> set[Any]:
        """Columns without a value: NaN, None, NaT or NA."""
        return {name for name, value in zip(self.names, self.values, strict=True) if is_missing(value)}

    @cached_property
    def infinite(self) -> set[Any]:
        """Columns with an infinity."""
        return {name for name, value in zip(self.names, self.values, strict=True) if is_infinite(value)}

    def frame(self) -> pd.DataFrame:
        """Return the row as a frame; its ``attrs`` say the width where columns are left out."""
        columns = [
            pd.Series([value], dtype=_dtype(told))
            for value, told in zip(self.values, self.dtypes, strict=True)
        ]
        frame = pd.DataFrame(dict(enumerate(columns)), index=[0])
        frame.columns = pd.Index(self.names, tupleize_cols=False)
        if self.width > len(self.names):
            frame.attrs["note"] = f"{self.width} columns; those that are not 0 are told"
        return frame


def cells_of(data: Any, names: Sequence[Any], row: int = 0) -> Cells:
    """Return one row of a frame, an array, a sparse matrix or a list; ``names`` has one for each column."""
    names = list(names)
    if isinstance(data, pd.DataFrame):
        columns = [column for _, column in data.items()]
        values = [column.array[row] for column in columns]
        return _whole(names, values, [str(column.dtype) for column in columns])
    if sparse.issparse(data) and data.shape[1] <= DENSE:
        data = np.asarray(data.tocsr()[[row]].todense())
        row = 0
    if sparse.issparse(data):
        one = data.tocsr()[row].tocoo()
        places = [int(place) for place in one.coords[-1]] if hasattr(one, "coords") else one.col.tolist()
        told = [str(data.dtype)] * len(places)
        return Cells([names[place] for place in places], one.data.tolist(), told, places, data.shape[1])
    if nw.dependencies.is_into_dataframe(data):
        frame = nw.from_native(data, eager_only=True)
        return _whole(names, list(frame.row(row)), [str(dtype) for dtype in frame.schema.values()])
    if isinstance(data, pd.Series) or nw.dependencies.is_into_series(data):
        data = np.asarray(data)
    if isinstance(data, np.ndarray):
        values = (
            [data[row].item() if isinstance(data[row], np.generic) else data[row]]
            if data.ndim == 1
            else data[row].tolist()
        )
        values = values if isinstance(values, list) else [values]
        return _whole(names, values[: len(names)], [str(data.dtype)] * len(names))
    value = data[row] if isinstance(data, list | tuple) and len(data) > row else data
    return _whole(names[:1] or ["value"], [value], [type(value).__name__])


def _whole(names: list[Any], values: list[Any], dtypes: list[str]) -> Cells:
    return Cells(names, values, dtypes, list(range(len(values))), len(values))


def all_finite(data: Any) -> bool:
    """Whether an array of numbers holds neither NaN nor an infinity; False for what is not told at once."""
    values = data.data if sparse.issparse(data) else data
    if isinstance(data, pd.DataFrame):
        kinds = {dtype.kind for dtype in data.dtypes}
        if not kinds <= set("fiub") or any(not isinstance(dtype, np.dtype) for dtype in data.dtypes):
            return False
        values = data.to_numpy()
    return isinstance(values, np.ndarray) and values.dtype.kind in "fiub" and bool(np.isfinite(values).all())


def column_of(data: Any, place: int) -> np.ndarray | pd.Series | None:
    """Return one column of many rows; None where there is no such column."""
    if place >= width_of(data):
        return None
    if isinstance(data, pd.DataFrame):
        return data.iloc[:, place]
    if sparse.issparse(data):
        return np.asarray(data.tocsc()[:, [place]].todense()).ravel()
    if nw.dependencies.is_into_dataframe(data):
        frame = nw.from_native(data, eager_only=True)
        return pd.Series(frame[frame.columns[place]].to_list())
    array = np.asarray(data)
    return array if array.ndim == 1 else array[:, place]


def width_of(data: Any) -> int:
    """Number of columns; 1 for what has one dimension."""
    shape = getattr(data, "shape", None)
    return int(shape[1]) if shape is not None and len(shape) > 1 else 1


def is_missing(value: Any) -> bool:
    """Whether a value is NaN, None, NaT or NA; a list or an array never is."""
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    if isinstance(value, np.datetime64 | np.timedelta64):
        return bool(np.isnat(value))
    return isinstance(value, float | np.floating) and bool(np.isnan(value))


def is_infinite(value: Any) -> bool:
    """Whether a value is an infinite number."""
    return isinstance(value, float | np.floating) and math.isinf(value)


def same(one: Any, other: Any) -> bool:
    """Whether two values are one: missing equals missing, and 1 equals 1.0 but not '1'."""
    if is_missing(one) or is_missing(other):
        return is_missing(one) and is_missing(other)
    if isinstance(one, str) != isinstance(other, str):
        return False
    try:
        return bool(np.all(one == other))
    except (TypeError, ValueError):
        return one is other


def differs(one: Any, other: Any) -> bool:
    """Whether two answers to the same rows are not exactly the same, NaN taken as equal to NaN."""
    if type(one) is not type(other):
        return True
    if isinstance(one, list | tuple):
        return len(one) != len(other) or any(map(differs, one, other))
    if sparse.issparse(one):
        return one.shape != other.shape or bool(abs(one - other).sum() > 0)
    if isinstance(one, pd.DataFrame | pd.Series):
        return not one.equals(other)
    if isinstance(one, np.ndarray):
        if one.shape != other.shape or one.dtype != other.dtype:
            return True
        if one.dtype.kind == "O":
            return not all(same(a, b) for a, b in zip(one.ravel(), other.ravel(), strict=True))
        return not np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    return not same(one, other)


def _dtype(told: str) -> Any:
    """The dtype of a column where pandas knows it under this name; else objects."""
    try:
        dtype = pd.api.types.pandas_dtype(told)
    except TypeError:
        return object
    return object if isinstance(dtype, pd.CategoricalDtype) else dtype
