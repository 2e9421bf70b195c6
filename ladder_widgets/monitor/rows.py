"""Some rows of a window, for what counts cannot tell: types, formats, what was done to a column."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.errors._scan_columns import number
from ladder_widgets.monitor._arrow import typed, types_of
from ladder_widgets.monitor.engine import Engine
from ladder_widgets.monitor.log import stamps
from ladder_widgets.table import Table

__all__ = ["SOME", "some_rows"]

#: Rows looked at.
SOME = 5_000


def some_rows(engine: Engine, names: list[str], start: int, end: int, n_rows: int) -> pd.DataFrame:
    """Return about 5,000 rows of a window.

    Rows in memory are handed over as they are, the same ones every time, in their own types: an engine
    knows fewer, and a date that came back as a number would look like another type than training had.
    What lies elsewhere is drawn by its engine.

    Parameters
    ----------
    engine : Engine
    names : list of str
        Columns wanted; those the log does not have are left out.
    start, end : int
        The window in ms since 1970 UTC; ignored where the log has no times.
    n_rows : int
        Rows of the window.
    """
    there = [name for name in names if name in engine.columns]
    if engine.held is not None:
        rows = _positions(engine.held, engine.roles.get("timestamp"), start, end)
        if len(rows) > SOME:
            rows = np.sort(np.random.default_rng(0).choice(rows, SOME, replace=False))
        return engine.held.frame(rows)[there]
    rows = engine.since(start, end)
    table = rows.select(**{engine.columns[name]: _readable(rows[engine.columns[name]]) for name in there})
    if n_rows > SOME:
        table = table.sample(min(1.0, 1.2 * SOME / n_rows), method="row").limit(SOME)
    frame = _restored(engine, engine.backend.to_pyarrow(table)).to_pandas()
    frame.columns = pd.Index(there)
    return frame


def _readable(column: Any) -> Any:
    """A length of time that an engine holds as days and more is read as ms: Arrow has no such type."""
    return number(column) if column.type().is_interval() else column


def _restored(engine: Engine, rows: Any) -> Any:
    """Give columns of Arrow the types that files and datasets hold, and DuckDB does not know.

    It reads a length of time, a period and an interval as what they are stored as.
    """
    known = types_of(engine.arrow)
    for place, field in enumerate(rows.schema):
        wanted = known.get(field.name, field.type)
        if not wanted.equals(field.type):
            rows = rows.set_column(place, field.name, typed(rows.column(place), wanted))
    return rows


def _positions(table: Table, timestamp: str | None, start: int, end: int) -> np.ndarray:
    """Positions of the rows of a window."""
    if timestamp is None:
        return np.arange(table.n_rows)
    times = stamps(table.feature(str(timestamp)).series).dt.tz_localize(None)
    asked = times.to_numpy().astype("datetime64[ms]").astype(np.int64)  # NaT is far before every window
    return np.flatnonzero((asked >= start) & (asked < end))
