"""A schema in the terms of pandera, for those who validate with it already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ladder_widgets.monitor._schema_judge import refuses_level
from ladder_widgets.monitor._schema_values import PLACEHOLDERS, sort
from ladder_widgets.monitor.changes import MIN_ROWS

if TYPE_CHECKING:
    from ladder_widgets.monitor._schema_column import Column
    from ladder_widgets.monitor.schema import Schema

__all__ = ["to_pandera"]


def to_pandera(schema: Schema) -> Any:
    """Return a ``DataFrameSchema`` with one column for each of the schema's.

    It refuses a frame that lacks a column or holds a value that :meth:`Schema.check` refuses in a single
    row. Other columns and another order pass there and here: columns are told apart by name. What chance
    decides in a large batch, such as a few new levels, is stricter here.
    """
    try:
        import pandera.pandas as pa
    except ModuleNotFoundError as error:
        message = 'Exporting a schema needs pandera: pip install "ladder-widgets[monitor]"'
        raise ModuleNotFoundError(message, name=error.name) from error
    columns = {
        column.key: pa.Column(
            checks=_checks(column, pa.Check),
            nullable=column.nullable,
            description=column.accepted,
        )
        for column in schema.columns
    }
    return pa.DataFrameSchema(columns, strict=False, ordered=False, name="training")


def _checks(column: Column, check: Any) -> list[Any]:
    if column.kind == "boolean":
        return [check.isin([True, False])]
    if column.kind == "datetime":
        return [check(_are_dates, name="dates", error="dates or times")]
    if column.kind == "number":
        return _number_checks(column, check)
    if column.levels:
        known = check.isin(list(column.levels), raise_warning=not refuses_level(column))
        return [_only(column, check), known]
    if column.levels is None and column.present >= MIN_ROWS:
        return [_only(column, check), check.notin(sorted(PLACEHOLDERS - set(column.placeholders)))]
    return [_only(column, check)] if column.sorts else []


def _number_checks(column: Column, check: Any) -> list[Any]:
    found = [check(_are_numbers, name="numbers", error="numbers")]
    low, high = column.limits
    if np.isfinite(low):
        found.append(check.in_range(low, high))
    elif not column.infinite:
        found.append(check(_are_finite, name="finite", error="finite numbers"))
    if column.integer and column.present >= MIN_ROWS:
        found.append(check(_are_whole, name="whole", error="whole numbers", raise_warning=True))
    return found


def _only(column: Column, check: Any) -> Any:
    sorts = frozenset(column.sorts)
    return check(lambda value: sort(value) in sorts, element_wise=True, name="sort", error=column.accepted)


def _are_numbers(values: pd.Series) -> bool:
    is_number = pd.api.types.is_numeric_dtype(values.dtype) or values.dtype.kind == "m"
    return is_number or pd.api.types.infer_dtype(values) in (
        "integer",
        "floating",
        "mixed-integer-float",
        "decimal",
        "boolean",
    )


def _are_finite(values: pd.Series) -> pd.Series:
    return pd.Series(np.isfinite(values.astype(float)), index=values.index)


def _are_whole(values: pd.Series) -> pd.Series:
    return values.astype(float) % 1 == 0


def _are_dates(values: pd.Series) -> bool:
    return pd.api.types.is_datetime64_any_dtype(values.dtype) or pd.api.types.infer_dtype(values) in (
        "datetime",
        "date",
    )
