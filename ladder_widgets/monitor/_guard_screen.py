"""A quick look at few rows: whether anything in them could break the schema at all.

A schema is checked column by column with vectors, which costs milliseconds however few the rows are. An
endpoint gets one row at a time, so values are looked at one by one here, and only what may be an
error goes on to the full check.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from math import isfinite, isnan
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
        """Whether it is plain that no row is refused; False means that they are to be checked.

        Parameters
        ----------
        rows : frame or array
            As :meth:`aligned` returns it.
        """
        if not isinstance(rows, pd.DataFrame | np.ndarray) or rows.ndim != 2 or not 0 < len(rows) <= FEW:
            return False
        if isinstance(rows, pd.DataFrame) and not rows.columns.equals(self.keys):
            return False
        if rows.shape[1] != len(self.keys):
            return False
        values = rows.to_numpy(dtype=object) if isinstance(rows, pd.DataFrame) else rows.astype(object)
        try:
            return all(test(value) for row in values for test, value in zip(self._tests, row, strict=True))
        except (TypeError, ValueError, OverflowError):  # a value that compares with nothing
            return False

    def aligned(self, rows: Any) -> Any:
        """Return the rows in training's columns and order; those that are not there stay away."""
        if isinstance(rows, pd.DataFrame):
            if rows.columns.equals(self.keys):
                return rows
            return self._ordered(rows, list(rows.columns), lambda keep: rows.iloc[:, keep])
        if not nw.dependencies.is_into_dataframe(rows):
            return rows
        frame = nw.from_native(rows, eager_only=True)
        names = list(frame.columns)
        return self._ordered(rows, names, lambda keep: frame.select([names[at] for at in keep]).to_native())

    def _ordered(self, rows: Any, names: list[Any], select: Callable[[list[int]], Any]) -> Any:
        place = places(self.schema, [str(name) for name in names], nameless=False)
        keep = list(place.values())
        return rows if keep == list(range(len(names))) else select(keep)

    def with_one_gap(self, rows: Any) -> Any:
        """Encoders take None and NaN for two categories: gaps become what training had."""
        if not isinstance(rows, pd.DataFrame):
            return rows
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


def _test(column: Column) -> Callable[[Any], bool]:
    """Return a test that is true only of values in which the full check finds no error."""
    if column.kind == "number" and column.low is not None:
        return _number_test(column)
    if column.kind == "datetime":
        return _date_test(column)
    if column.kind == "boolean":
        return _or_gap(column, lambda value: isinstance(value, bool | np.bool_))
    if column.kind == "category" and column.levels:
        known = frozenset(level for level in column.levels if isinstance(level, str))
        return _or_gap(column, lambda value: isinstance(value, str) and value in known)
    if column.kind == "category" and column.levels is None and "text" in column.sorts:
        return _or_gap(column, lambda value: isinstance(value, str) and not is_placeholder(value))
    return lambda _: False


def _or_gap(column: Column, test: Callable[[Any], bool]) -> Callable[[Any], bool]:
    if not column.nullable:
        return test
    return lambda value: test(value) or value is None or value is pd.NA or value is pd.NaT or value != value


def _number_test(column: Column) -> Callable[[Any], bool]:
    (low, high), nullable, flags = column.limits, column.nullable, column.flags

    def test(value: Any) -> bool:
        if not isinstance(value, _NUMBERS) or (isinstance(value, bool) and not flags):
            return False
        return bool(low <= value <= high and isfinite(value)) or (nullable and isnan(value))

    return test


def _date_test(column: Column) -> Callable[[Any], bool]:
    zone, nullable = column.zone, column.nullable

    def test(value: Any) -> bool:
        if value is pd.NaT:
            return nullable
        return isinstance(value, dt.datetime) and (zone is None or (value.tzinfo is not None) == zone)

    return test
