"""Columns of a log as Ibis expressions, for an engine to convert or to count."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

import numpy as np

from ladder_widgets.errors._scan_columns import exactly, kind_of, level_text, number
from ladder_widgets.monitor.counts import DELAY_STEPS, DELAY_UNIT
from ladder_widgets.monitor.engine import Engine
from ladder_widgets.monitor.grid import HALF, HALF_ROOT, Grid
from ladder_widgets.monitor.plan import Plan, Wanted

__all__ = ["cell", "columns", "delay", "floor", "place", "value", "waited"]


def columns(engine: Engine, plan: Plan, stored: Collection[str] = ()) -> Any:
    """Return a table of the columns that are counted, by key, converted where their type does not say.

    What is only ``stored`` as what the engine takes it for comes as it is.
    """
    return engine.table.select(**{key: _converted(engine, one, stored) for key, one in plan.columns.items()})


def _converted(engine: Engine, wanted: Wanted, stored: Collection[str]) -> Any:
    import ibis

    column = engine.table[wanted.name]
    kind = column.type()
    stamp = kind.is_timestamp() or kind.is_date()
    if wanted.name in stored and wanted.use != "gap" and not kind.is_interval():
        return column
    if wanted.use == "gap":
        return column.isnull()
    if wanted.use == "time":
        return column if stamp else engine.milliseconds(column)
    if wanted.use == "number":
        plain = kind.is_integer() or kind.is_floating() or kind.is_boolean() or stamp
        return column if plain else value(column)
    if wanted.use == "level" and kind.is_string():
        # DuckDB looks a level up once for each entry of a dictionary, not once a row.
        return ibis.array(list(wanted.levels)).index(level_text(column))
    return column


def value(column: Any) -> Any:
    """Float64 of a column of any type: null where it says no number; NaN and infinity stay."""
    kind = kind_of(column)
    if kind == "datetime" or column.type().is_interval():
        return number(column)
    if kind == "category":
        return column.try_cast("float64")
    return column.cast("float64") if kind is not None else exactly(np.nan)


def cell(number_: Any, grid: Grid) -> Any:
    """Return the arithmetic of :meth:`Grid.cells`; null where missing or infinite."""
    distance = (_rooted(number_) if grid.rooted else number_) - exactly(grid.center)
    ratio = exactly(float(grid.size)) * distance / (exactly(grid.scale) + distance.abs())
    # Engines hold NaN for larger than all numbers, if they compare it at all.
    return (ratio.abs() <= exactly(float(grid.size))).ifelse(floor()(ratio), None)


def _rooted(number_: Any) -> Any:
    """Return the arithmetic of :func:`~ladder_widgets.monitor.grid.rooted`."""
    below, nothing = number_ < exactly(HALF), exactly(0.0)
    distance = below.ifelse(number_, exactly(1.0) - number_)
    root = distance.abs().sqrt().sqrt().sqrt()
    apart = exactly(HALF_ROOT) - (distance < nothing).ifelse(nothing - root, root)
    return below.ifelse(nothing - apart, apart)


def place(column: Any, levels: tuple[str, ...]) -> Any:
    """Return the place of a level as float64: after the last for all others, null where missing."""
    text = level_text(column)
    known = [(level, exactly(float(number_))) for number_, level in enumerate(levels)]
    found = text.cases(*known, else_=exactly(float(len(levels)))) if known else exactly(0.0)
    return text.notnull().ifelse(found, None)


def waited(asked: Any, arrived: Any) -> Any:
    """Ms from a row to its label: none where the label was there before."""
    wait = arrived - asked
    return (wait + wait.abs()) / exactly(2.0)


def delay(wait: Any) -> Any:
    """Return the cell of a delay."""
    return floor()((wait / exactly(DELAY_UNIT) + exactly(1.0)).ln() * exactly(DELAY_STEPS))


@cache
def floor() -> Any:
    """Return the engine's own floor: Ibis makes a whole number of it, which infinity is not."""
    import ibis

    def floor(value: float) -> float: ...  # type: ignore[empty-body]

    return ibis.udf.scalar.builtin(floor, name="floor", signature=(("float64",), "float64"))
