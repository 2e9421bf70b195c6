"""Some rows of a window, for what counts cannot tell: types, formats, what was done to a column."""

from __future__ import annotations

import pandas as pd

from ladder_widgets.monitor.engine import Engine

__all__ = ["SOME", "some_rows"]

#: Rows looked at.
SOME = 5_000


def some_rows(engine: Engine, names: list[str], start: int, end: int, n_rows: int) -> pd.DataFrame:
    """Return about 5,000 rows of a window, drawn by the engine.

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
    table = engine.since(start, end)
    there = [name for name in names if name in engine.columns]
    table = table.select([engine.columns[name] for name in there])
    if n_rows > SOME:
        table = table.sample(min(1.0, 1.2 * SOME / n_rows), method="row").limit(SOME)
    frame = engine.answer(table)
    frame.columns = pd.Index(there)
    return frame
