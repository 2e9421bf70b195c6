"""Some rows of a window, for what counts cannot tell: types, formats, what was done to a column."""

from __future__ import annotations

import numpy as np
import pandas as pd

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
    table = engine.since(start, end).select([engine.columns[name] for name in there])
    if n_rows > SOME:
        table = table.sample(min(1.0, 1.2 * SOME / n_rows), method="row").limit(SOME)
    frame = engine.answer(table)
    frame.columns = pd.Index(there)
    return frame


def _positions(table: Table, timestamp: str | None, start: int, end: int) -> np.ndarray:
    """Positions of the rows of a window."""
    if timestamp is None:
        return np.arange(table.n_rows)
    times = stamps(table.feature(str(timestamp)).series).dt.tz_localize(None)
    asked = times.to_numpy().astype("datetime64[ms]").astype(np.int64)  # NaT is far before every window
    return np.flatnonzero((asked >= start) & (asked < end))
