"""Which windows are beyond the limit of a trigger, their intervals included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import norm

from ladder_widgets.monitor._perf_measures import COLUMNS
from ladder_widgets.monitor.times import DAY
from ladder_widgets.validation import refuse, shown

if TYPE_CHECKING:
    from ladder_widgets.monitor.triggers import Trigger

__all__ = ["Run", "crossings", "milliseconds", "runs", "tidy"]

#: Chance of a false alarm of a trigger in a month, all its windows and features together.
ALPHA = 0.05
#: What a month is, in ms.
MONTH = 30 * DAY


@dataclass(frozen=True)
class Run:
    """Windows one after the other in which a measure fires.

    Attributes
    ----------
    measure : str
    starts : tuple of int
        Starts of the windows, in ms since 1970 UTC, from the one in which the trigger fires first.
    value : float
        The value of the last of them.
    going_on : bool
        Whether the last window judged is among them.
    """

    measure: str
    starts: tuple[int, ...]
    value: float
    going_on: bool


def tidy(measures: pd.DataFrame) -> pd.DataFrame:
    """Check a frame of measures and bring times to ms since 1970 UTC, oldest first.

    Raises
    ------
    ValueError
        If a column is missing.
    """
    if not isinstance(measures, pd.DataFrame):
        raise refuse("measures", "a frame with one row per window and measure", shown(type(measures)))
    missing = [name for name in COLUMNS if name not in measures.columns]
    if missing:
        raise refuse("measures", f"a frame with the columns {', '.join(COLUMNS)}", f"one without {missing}")
    frame = measures[list(COLUMNS)].copy()
    frame["measure"] = frame["measure"].astype(object)
    for name in ("start", "end"):
        frame[name] = milliseconds(frame[name])
    return frame.sort_values("start", kind="stable", ignore_index=True)


def milliseconds(times: pd.Series) -> pd.Series:
    """Bring datetimes to ms since 1970 UTC; numbers are taken as such."""
    if not pd.api.types.is_datetime64_any_dtype(times):
        return times.astype(np.int64)
    naive = times.dt.tz_convert("UTC").dt.tz_localize(None) if times.dt.tz is not None else times
    return naive.astype("datetime64[ms]").astype(np.int64)


def crossings(trigger: Trigger, measures: pd.DataFrame) -> pd.DataFrame:
    """Judge every window of the measures that a trigger is about.

    A value fires if it lies beyond the limit and its interval does. The interval of the frame is one of
    95 % for one window and one measure; here it is widened so that 95 % holds for all measures of a
    trigger and all windows of a month together (Bonferroni): a trigger on 20 features and daily windows
    looks 600 times a month. The month makes a window's verdict independent of how long the log is, so
    that a backtest tells what would have fired on the day. Values without an interval speak for themselves.

    Parameters
    ----------
    trigger : Trigger
    measures : DataFrame
        Of :func:`tidy`.

    Returns
    -------
    DataFrame
        The rows judged, with the column ``fires``.
    """
    rows = measures[_about(trigger, measures["measure"])]
    rows = rows[(rows["rows"] >= trigger.min_rows) & rows["value"].notna()]
    value = rows["value"].to_numpy(dtype=float)
    if trigger.above is not None:
        beyond, half = value - trigger.above, value - rows["low"].to_numpy(dtype=float)
    else:
        assert trigger.below is not None
        beyond, half = trigger.below - value, rows["high"].to_numpy(dtype=float) - value
    wider = norm.isf(ALPHA / 2 / _looks(rows)) / norm.isf(ALPHA / 2)
    return rows.assign(fires=beyond > np.nan_to_num(np.maximum(half, 0.0), nan=0.0) * wider)


def runs(trigger: Trigger, judged: pd.DataFrame) -> list[Run]:
    """Find where a measure fires for as many windows running as the trigger asks, oldest first.

    Windows that could not be judged neither count nor interrupt.
    """
    found = []
    for measure, rows in judged.groupby("measure", sort=False):
        fires = rows["fires"].to_numpy(dtype=bool)
        edges = np.flatnonzero(np.diff(np.concatenate([[0], fires.astype(int), [0]])))
        for begin, end in edges.reshape(-1, 2):
            if end - begin >= trigger.for_windows:
                part = rows.iloc[begin + trigger.for_windows - 1 : end]
                starts = tuple(int(start) for start in part["start"])
                found.append(Run(str(measure), starts, float(part["value"].iloc[-1]), bool(end == len(rows))))
    return sorted(found, key=lambda run: run.starts[0])


def _about(trigger: Trigger, names: pd.Series) -> np.ndarray:
    """Rows of the measure itself; of all that it is the largest of, where these are there.

    The largest of many has no interval of its own that would allow for its having been chosen.
    """
    every = np.array([str(name).startswith(f"{trigger.measure}:") for name in names], dtype=bool)
    return every if ":" not in trigger.measure and every.any() else names.eq(trigger.measure).to_numpy()


def _looks(rows: pd.DataFrame) -> int:
    """How often the trigger looks in a month; a log without times is a month."""
    windows = rows.drop_duplicates("start")
    if windows.empty:
        return 1
    length = float(np.median(windows["end"] - windows["start"]))
    monthly = MONTH / length if length > 0 else len(windows)
    return max(1, round(min(monthly, 1e6))) * rows["measure"].nunique()
