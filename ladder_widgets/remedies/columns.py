"""Columns left out, or replaced, in whatever container they came in; and the pipeline that names them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.compose import ColumnTransformer

from ladder_widgets.checks import _probe
from ladder_widgets.copies import copied
from ladder_widgets.remedies.bench import NoRemedy, parts
from ladder_widgets.table import Table

__all__ = ["blank", "kept_columns", "set_columns", "without_columns"]


def kept_columns(table: Table, names: Sequence[str]) -> Any:
    """Return the data without some columns, as a copy in its own kind of container."""
    keep = [position for position, name in enumerate(table.names) if name not in set(names)]
    data = table.data
    if isinstance(data, pd.DataFrame):
        return data.iloc[:, keep].copy()
    if sparse.issparse(data):
        return data.tocsc()[:, keep].asformat(data.format)
    if isinstance(data, list):
        return [[row[position] for position in keep] for row in data]
    if nw.dependencies.is_into_dataframe(data):
        frame = nw.from_native(data, eager_only=True)
        return frame.select([table.keys[position] for position in keep]).to_native()
    return np.asarray(data)[:, keep].copy()


def set_columns(table: Table, columns: dict[str, pd.Series]) -> Any:
    """Return a copy of the data with some columns replaced.

    Parameters
    ----------
    columns : mapping of str to Series of shape (n_rows,)
        New values by name of the column.

    Raises
    ------
    NoRemedy
        For a sparse matrix.
    """
    data = copied(table.data)
    if isinstance(data, np.ndarray) and data.dtype.kind in "US":
        data = data.astype(object)  # an array of text turns a missing value into a word
    for name, series in columns.items():
        feature, position = table.feature(name), table.names.index(name)
        data = _probe.replaced(data, feature, position, _values(series, data))
        if data is None:
            raise NoRemedy("Values of a sparse matrix cannot be replaced.")
    return data


def _values(series: pd.Series, data: Any) -> Any:
    """Values as the container takes them: its own kind of missing among words."""
    if isinstance(data, pd.DataFrame) or series.dtype.kind in "fiub":
        return series.array
    none = None if nw.dependencies.is_into_dataframe(data) else np.nan
    values = np.empty(len(series), dtype=object)
    values[:] = [none if gone else value for value, gone in zip(series, series.isna(), strict=True)]
    return values


def blank(series: pd.Series, rows: np.ndarray) -> pd.Series:
    """Return a column with the values at ``rows`` (a mask) missing."""
    if series.dtype.kind in "iub" and not isinstance(series.dtype, pd.api.extensions.ExtensionDtype):
        series = series.astype(float)
    return series.mask(rows)


def without_columns(estimator: Any, names: Sequence[str]) -> Any:
    """Take names out of the column transformers of an unfitted clone; return the clone.

    Choices by position, mask or slice are left as they are: fitting then fails or is wrong, so
    they are refused.

    Raises
    ------
    NoRemedy
        If a column transformer chooses its columns by position.
    """
    gone = set(names)
    for part in parts(estimator):
        if isinstance(part, ColumnTransformer):
            part.transformers = [
                (name, branch, _without(columns, gone)) for name, branch, columns in part.transformers
            ]
    return estimator


def _without(columns: Any, gone: set[str]) -> Any:
    if callable(columns):
        return columns
    if isinstance(columns, str):
        return [] if columns in gone else columns
    listed = list(columns) if isinstance(columns, list | tuple | np.ndarray | pd.Index) else []
    if not listed and not (hasattr(columns, "__len__") and len(columns) == 0):
        raise NoRemedy("A column transformer chooses its columns by position.")
    if not all(isinstance(column, str) for column in listed):
        raise NoRemedy("A column transformer chooses its columns by position.")
    return [column for column in listed if column not in gone]
