"""A quick look at few rows: whether anything in them could break the schema at all.

A schema is checked column by column with vectors, which costs milliseconds however few the rows are. An
endpoint gets one row at a time, so values are looked at one by one here, and only what is not plainly
within training goes on to the full check.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from ladder_widgets.monitor._schema_column import Column
from ladder_widgets.monitor._schema_names import places
from ladder_widgets.monitor._schema_values import is_placeholder
from ladder_widgets.monitor.schema import Schema

__all__ = ["Screen"]

#: Rows up to which looking at single values is quicker than vectors.
FEW = 20
_GAPS = {"NaN": np.nan, "None": None, "pd.NA": pd.NA, "NaT": pd.NaT}
_NUMBERS = (int, float, np.integer, np.floating)


class Screen:
    """Tests of single values, one for each column of a schema."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.keys = pd.Index([column.key for column in schema.columns], tupleize_cols=False)
        self._tests = [_test(column) for column in schema.columns]
        self._one_gap = {
            column.name: _GAPS[column.gaps[0]]
            for column in schema.columns
            if column.kind == "category" and len(column.gaps) == 1
        }

    def passes(self, rows: Any) -> bool:
        """Whether it is plain that the rows fit; False means that they are to be checked."""
        values = self._values(rows)
        if values is None or len(values) > FEW or not len(values):
            return False
        try:
            return all(test(value) for row in values for test, value in zip(self._tests, row, strict=True))
        except (TypeError, ValueError):  # a value that compares with nothing
            return False

    def _values(self, rows: Any) -> np.ndarray | None:
        """Return the values row by row, in training's order of columns."""
        if isinstance(rows, pd.DataFrame):
            if not rows.columns.equals(self.keys):
                if not rows.columns.is_unique or not self.keys.isin(rows.columns).all():
                    return None
                rows = rows[list(self.keys)]
            return rows.to_numpy(dtype=object) if len(rows) <= FEW else None
        plain = isinstance(rows, np.ndarray) and rows.ndim == 2
        return rows.astype(object) if plain and rows.shape[1] == len(self.keys) and len(rows) <= FEW else None

    def as_trained(self, rows: Any) -> Any:
        """Return the rows as the model is to get them: training's columns, order and way to write a gap."""
        if isinstance(rows, pd.DataFrame):
            if not rows.columns.equals(self.keys):
                rows = _ordered(self.schema, rows, list(rows.columns), lambda keep: rows.iloc[:, keep])
            return self._with_one_gap(rows)
        if nw.dependencies.is_into_dataframe(rows):
            frame = nw.from_native(rows, eager_only=True)
            names = list(frame.columns)
            return _ordered(
                self.schema, rows, names, lambda keep: frame.select([names[at] for at in keep]).to_native()
            )
        return rows

    def _with_one_gap(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Encoders take None and NaN for two categories: gaps become what training had."""
        changed = {}
        for position, column in enumerate(self.schema.columns):
            if column.name not in self._one_gap or position >= rows.shape[1]:
                continue
            series = rows.iloc[:, position]
            if series.dtype.kind == "O" and not isinstance(series.dtype, pd.api.extensions.ExtensionDtype):
                missing = series.isna().to_numpy()
                gap = self._one_gap[column.name]
                if missing.any() and not all(value is gap for value in series[missing]):
                    values = series.to_numpy(copy=True)
                    values[missing] = gap
                    changed[column.key] = pd.Series(values, index=series.index, dtype=object)
        return rows.assign(**changed) if changed else rows


def _ordered(schema: Schema, rows: Any, names: list[Any], select: Callable[[list[int]], Any]) -> Any:
    place = places(schema, [str(name) for name in names], nameless=False)
    keep = [place[column.name] for column in schema.columns if column.name in place]
    return rows if keep == list(range(len(names))) else select(keep)


def _test(column: Column) -> Callable[[Any], bool]:
    """Return a test that is true only of values the full check has nothing against."""
    if column.kind == "number" and column.low is not None and column.high is not None:
        return _number_test(column, column.low, column.high)
    if column.kind == "boolean":
        return lambda value: isinstance(value, bool | np.bool_)
    if column.kind == "datetime":
        return _date_test(column)
    if column.kind == "category" and column.levels:
        known = frozenset(level for level in column.levels if isinstance(level, str))
        return lambda value: isinstance(value, str) and value in known
    if column.kind == "category" and column.levels is None and "text" in column.sorts:
        return lambda value: isinstance(value, str) and not is_placeholder(value)
    return lambda _: False


def _number_test(column: Column, low: float, high: float) -> Callable[[Any], bool]:
    nullable, whole, known = column.missing > 0, column.integer, column.known

    def test(value: Any) -> bool:
        if not isinstance(value, _NUMBERS) or (isinstance(value, bool) and not column.flags):
            return False
        if value != value:  # NaN
            return nullable
        if known:
            return value in known
        return bool(low <= value <= high and (not whole or value == value // 1))

    return test


def _date_test(column: Column) -> Callable[[Any], bool]:
    zone, nullable = column.zone, column.missing > 0

    def test(value: Any) -> bool:
        if value is pd.NaT:
            return nullable
        return isinstance(value, dt.datetime) and (zone is None or (value.tzinfo is not None) == zone)

    return test
