"""Records as they come to an endpoint, as a frame: one row each, every value as it came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ladder_widgets.monitor._schema_report import Violation

if TYPE_CHECKING:
    from ladder_widgets.monitor._schema_column import Column
    from ladder_widgets.monitor.schema import Schema

__all__ = ["absent_keys", "are_records", "frame_of", "typed"]


def are_records(data: Any) -> bool:
    """Whether it is one record, or a list of them: mappings of column to value, or one row as a series."""
    if isinstance(data, pd.Series):
        return True
    if isinstance(data, Mapping):
        return not all(isinstance(value, list | np.ndarray | pd.Series) for value in data.values())
    return isinstance(data, list | tuple) and bool(data) and all(isinstance(one, Mapping) for one in data)


def frame_of(schema: Schema, data: Any) -> pd.DataFrame:
    """Return records as a frame of objects; a key that no record has is no column.

    JSON has no dates: a text that is one by ISO 8601 becomes one where training has dates.
    """
    records = _listed(data)
    keys = list(dict.fromkeys(key for record in records for key in record))
    values = np.empty((len(records), len(keys)), dtype=object)
    for place, key in enumerate(keys):
        column = schema.get(str(key))
        dates = column is not None and column.kind == "datetime"
        for row, record in enumerate(records):
            value = record.get(key)
            values[row, place] = _as_date(value) if dates else value
    return pd.DataFrame(values, columns=pd.Index(keys, dtype=object, tupleize_cols=False), copy=False)


def _listed(data: Any) -> Sequence[Mapping[Any, Any]]:
    if isinstance(data, pd.Series):
        return [dict(zip(data.index, data.astype(object), strict=True))]
    return [data] if isinstance(data, Mapping) else data


def _as_date(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    stamp = pd.to_datetime(value, format="ISO8601", errors="coerce")
    return value if pd.isna(stamp) else stamp


def absent_keys(schema: Schema, data: Any) -> list[Violation]:
    """Columns that some records have and others lack."""
    records = _listed(data)
    held = [{str(key) for key in record} for record in records]
    found = []
    for column in schema.columns:
        lacking = [position for position, keys in enumerate(held) if column.name not in keys]
        if lacking and len(lacking) < len(records):
            rows = len(lacking)
            words = f"no such key in {rows:,} of {len(records):,} records"
            share = rows / len(records)
            found.append(
                Violation("dropped", column.name, words, column.accepted, rows, share, row=lacking[0])
            )
    return found


def typed(schema: Schema, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame of objects with the columns and dtypes of training, as far as the values allow."""
    place = {str(key): position for position, key in enumerate(frame.columns)}
    values = frame.to_numpy()
    columns = {
        column.key: _as_trained(column, values[:, place[column.name]])
        for column in schema.columns
        if column.name in place
    }
    return pd.DataFrame(columns, index=frame.index)


def _as_trained(column: Column, values: np.ndarray) -> Any:
    if column.kind == "number" and pd.isna(values).any():
        return _cast(values, "float64")
    if column.dtype == "category" and column.levels is not None:
        return pd.Categorical(values, categories=_in_order(column.levels))
    return values if column.dtype == "object" else _cast(values, column.dtype)


def _in_order(levels: Sequence[Any]) -> list[Any]:
    """Categories as pandas orders them by default: models that go by their codes were trained on that."""
    try:
        return sorted(levels)
    except TypeError:
        return list(levels)


def _cast(values: np.ndarray, dtype: str) -> Any:
    """Values in another dtype; as they are where it cannot hold them, such as 2.5 in whole numbers."""
    wanted = _dtype(dtype)
    try:
        if not isinstance(wanted, np.dtype):
            return pd.array(values, dtype=wanted)
        cast = values.astype(wanted)
        same = wanted.kind not in "iu" or bool((cast == values).all())
    except (TypeError, ValueError, OverflowError):
        return values
    return cast if same else pd.Series(values).infer_objects().array


@cache
def _dtype(name: str) -> Any:
    """Reading the name of a dtype takes pandas longer than casting a record."""
    try:
        return pd.api.types.pandas_dtype(name)
    except TypeError:  # a dtype of a library that is not here
        return np.dtype(object)
