"""The record as production had it, and the one row that the model is handed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.feature_extraction import DictVectorizer

from ladder_widgets.checks._trace import from_sklearn
from ladder_widgets.replaying.nested import nested
from ladder_widgets.validation import refuse, shown

__all__ = ["Row", "as_row", "takes_names"]

Container = Literal["frame", "array", "documents"]
_ACCEPTED = (
    "one record: a dict, JSON text or the path of a .json file, a Series, a frame of one row, or a list or "
    "an array of one row"
)


@dataclass(frozen=True, eq=False)
class Row:
    """One record.

    Attributes
    ----------
    data : frame, array or list
        What the model is handed.
    names : tuple
        Columns under the names they came with; ``x0``, ``x1`` … where they came with none.
    values : tuple
        Values as they came.
    container : {"frame", "array", "documents"}
    """

    data: Any
    names: tuple[Any, ...]
    values: tuple[Any, ...]
    container: Container

    def changed(self, values: Mapping[int, Any]) -> Row:
        """Return the record with other values at some positions; the other columns keep their types."""
        told = tuple(values.get(place, value) for place, value in enumerate(self.values))
        if isinstance(self.data, pd.DataFrame):
            data = self.data.copy()
            for place, value in values.items():
                data.isetitem(place, pd.Series([value]).array)
            return Row(data, self.names, told, "frame")
        if self.container == "frame":
            frame = nw.from_native(self.data, eager_only=True)
            new = [nw.lit(value).alias(str(self.names[place])) for place, value in values.items()]
            return Row(frame.with_columns(*new).to_native(), self.names, told, "frame")
        return Row(_array(told), self.names, told, self.container)

    def taken(self, places: Sequence[int]) -> Row:
        """Return the record with these columns, in this order."""
        names, values = tuple(self.names[p] for p in places), tuple(self.values[p] for p in places)
        if isinstance(self.data, pd.DataFrame):
            return Row(self.data.iloc[:, list(places)], names, values, "frame")
        if self.container == "frame":
            frame = nw.from_native(self.data, eager_only=True)
            return Row(frame.select([str(name) for name in names]).to_native(), names, values, "frame")
        return Row(_array(values), names, values, self.container)

    def added(self, name: Any, value: Any) -> Row:
        """Return the record with one more column at its end."""
        names, values = (*self.names, name), (*self.values, value)
        if isinstance(self.data, pd.DataFrame):
            data = self.data.copy()
            data[name] = pd.Series([value], index=data.index)
            return Row(data, names, values, "frame")
        if self.container == "frame":
            frame = nw.from_native(self.data, eager_only=True)
            return Row(frame.with_columns(nw.lit(value).alias(str(name))).to_native(), names, values, "frame")
        return Row(_array(values), names, values, self.container)


def as_row(record: Any, model: Any) -> Row:
    """Return the record as one row of the kind that the model takes.

    A missing key stays a missing column and None stays None: the model meets what it met in production.

    Raises
    ------
    ValueError
        If there is no record, or more than one.
    """
    if isinstance(record, str | PathLike):
        record = _parsed(record)
    if isinstance(record, list | tuple) and len(record) == 1 and isinstance(record[0], Mapping):
        record = record[0]
    if isinstance(record, pd.Series) and len(record) == 1 and _reads_documents(model):
        record = record.tolist()
    if isinstance(record, pd.Series):
        named = not isinstance(record.index, pd.RangeIndex) or takes_names(model)
        record = dict(zip(record.index, record.tolist(), strict=True)) if named else record.tolist()
    if isinstance(record, Mapping):
        if _reads_dicts(model):
            return Row([dict(record)], ("record",), (dict(record),), "documents")
        return _of_mapping(record, model)
    if isinstance(record, pd.DataFrame):
        _one_row(len(record), record.shape[1])
        values = tuple(column.array[0] for _, column in record.items())
        return Row(record, tuple(record.columns), values, "frame")
    if nw.dependencies.is_into_dataframe(record):
        frame = nw.from_native(record, eager_only=True)
        _one_row(*frame.shape)
        return Row(record, tuple(frame.columns), frame.row(0), "frame")
    return _of_sequence(record, model)


def takes_names(model: Any) -> bool:
    """Whether the model wants a frame with names: what it was fitted on says so, else it may."""
    for each in nested(model):
        if getattr(each.estimator, "feature_names_in_", None) is not None:
            return True
        if from_sklearn(each.estimator) and hasattr(each.estimator, "n_features_in_"):
            return False
    return True


def _parsed(text: str | PathLike[str]) -> Any:
    if isinstance(text, str) and text.lstrip()[:1] in ("{", "["):
        written, where = text, "JSON text"
    else:
        path = Path(text)
        if path.suffix.lower() != ".json" or not path.is_file():
            raise refuse("record", _ACCEPTED, shown(str(text)))
        written, where = path.read_text(encoding="utf-8-sig"), str(path)
    try:
        return json.loads(written)
    except ValueError as error:
        raise refuse("record", _ACCEPTED, f"{where} that cannot be read ({error})") from error


def _of_mapping(record: Mapping[Any, Any], model: Any) -> Row:
    _one_row(1, len(record))
    names, values = tuple(record), tuple(record.values())
    if not takes_names(model):
        return Row(_array(values), names, values, "array")
    # Column by column: a list or a dict inside a record is one value.
    columns = [pd.Series([value]) for value in values]
    frame = pd.concat(columns, axis=1) if len(columns) < 2 else pd.DataFrame(dict(enumerate(columns)))
    frame.columns = pd.Index(names, tupleize_cols=False)
    return Row(frame, names, values, "frame")


def _of_sequence(record: Any, model: Any) -> Row:
    if sparse.issparse(record):
        _one_row(*record.shape)
        values = tuple(np.asarray(record.todense()).ravel().tolist())
        return Row(record, _numbered(len(values)), values, "array")
    if not isinstance(record, list | tuple | np.ndarray):
        raise refuse("record", _ACCEPTED, shown(record))
    if len(record) == 1 and (record[0] is None or isinstance(record[0], str)) and _reads_documents(model):
        return Row(list(record), ("document",), (record[0],), "documents")
    array = record if isinstance(record, np.ndarray) else np.asarray(record, dtype=object)
    array = array.reshape(1, -1) if array.ndim == 1 else array
    if array.ndim != 2:
        raise refuse("record", _ACCEPTED, f"{shown(record)} with {array.ndim} dimensions")
    _one_row(*array.shape)
    values = tuple(array[0].tolist())
    data = array if isinstance(record, np.ndarray) else _array(values)
    return Row(data, _names_of(model, len(values)), values, "array")


def _names_of(model: Any, width: int) -> tuple[Any, ...]:
    known = getattr(model, "feature_names_in_", None)
    return tuple(known) if known is not None and len(known) == width else _numbered(width)


def _numbered(width: int) -> tuple[str, ...]:
    return tuple(f"x{place}" for place in range(width))


def _reads_documents(model: Any) -> bool:
    """Whether what comes first in the model is a text vectoriser: it takes documents, not a table."""
    return hasattr(_first(model), "build_analyzer")


def _reads_dicts(model: Any) -> bool:
    """Whether what comes first in the model takes a list of dicts."""
    return isinstance(_first(model), DictVectorizer)


def _first(model: Any) -> Any:
    leaves = (each.estimator for each in nested(model) if not hasattr(each.estimator, "steps"))
    return next(leaves, None)


def _one_row(rows: int, columns: int) -> None:
    if rows != 1 or columns == 0:
        raise refuse("record", _ACCEPTED, f"{rows} rows of {columns} columns")


def _array(values: Sequence[Any]) -> np.ndarray:
    """Numbers as numbers; beside text or None they stay the objects they are."""
    array = np.empty((1, len(values)), dtype=object)
    array[0, :] = values
    if any(value is None or isinstance(value, str) for value in values):
        return array
    try:
        return array.astype(float)
    except (TypeError, ValueError):
        return array
