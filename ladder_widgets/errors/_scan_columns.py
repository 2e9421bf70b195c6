"""Columns of a table elsewhere: what kind they are, and their values as Ibis expressions."""

from __future__ import annotations

from typing import Any

from ladder_widgets.errors.conditions import Condition
from ladder_widgets.table import Kind
from ladder_widgets.validation import refuse, shown

__all__ = ["absent", "exactly", "kind_of", "level_text", "meets", "number"]


def exactly(value: float) -> Any:
    """Return a float64 literal: engines may read the digits of a plain one as a decimal, and round it."""
    import ibis

    return ibis.literal(repr(float(value))).cast("float64")


def kind_of(column: Any) -> Kind | None:
    """Kind of a column by its type; None for nested values and the like, which nothing is told of."""
    kind = column.type()
    if kind.is_boolean():
        return "boolean"
    if kind.is_numeric() or kind.is_interval():
        return "number"
    if kind.is_timestamp() or kind.is_date():
        return "datetime"
    if kind.is_nested() or kind.is_binary() or kind.is_null():
        return None
    return "category"


def absent(column: Any) -> Any:
    """Whether a value is missing: null, or NaN. Never null itself."""
    gap = column.isnull()
    return gap | column.isnan().fill_null(False) if column.type().is_floating() else gap


def number(column: Any) -> Any:
    """Value as float64, dates in ms since 1970 (UTC), durations in ms; null where missing, infinite stay."""
    import ibis

    if column.type().is_interval():
        column = ibis.timestamp("1970-01-01T00:00:00") + column
    if kind_of(column) == "datetime":
        # Whole seconds first: some engines round to the nearest one.
        stamp = column.cast("timestamp") if column.type().is_date() else column
        seconds = stamp.truncate("s").epoch_seconds().cast("float64")
        return seconds * 1000.0 + stamp.millisecond().cast("float64")
    if column.type().is_floating():
        value = column.cast("float64")
        return value.isnan().ifelse(ibis.null("float64"), value)
    return column.cast("float64")


def level_text(column: Any) -> Any:
    """Text of the level of a category or a boolean; null where missing."""
    import ibis

    if kind_of(column) == "boolean":
        return column.ifelse("True", (~column).ifelse("False", ibis.null("string")))
    return column if column.type().is_string() else column.cast("string")


def meets(table: Any, condition: Condition, features: list[str]) -> Any:
    """Return which rows meet a condition, as an expression that is never null.

    Raises
    ------
    ValueError
        If the feature is none of the table's.
    """
    if condition.feature not in features:
        raise refuse("feature", f"a column of the rows ({shown(features)})", shown(condition.feature))
    column = table[condition.feature]
    if condition.kind == "missing":
        return absent(column)
    if condition.kind == "level":
        return (level_text(column) == condition.level).fill_null(False)
    if kind_of(column) not in ("number", "datetime", "boolean"):
        got = f"{shown(condition.feature)}, which holds {column.type()}"
        raise refuse("feature", "a column of numbers or dates for a range", got)
    value = number(column)
    inside = value.notnull()
    if condition.low is not None:
        inside &= value >= exactly(condition.low)
    if condition.high is not None:
        inside &= value < exactly(condition.high)
    return inside.fill_null(False)
