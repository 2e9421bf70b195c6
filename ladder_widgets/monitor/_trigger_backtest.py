"""Triggers over the history of a log: when each would have fired."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from ladder_widgets.monitor._trigger_crossing import crossings, runs
from ladder_widgets.monitor.times import moment
from ladder_widgets.monitor.triggers import Trigger

__all__ = ["backtest"]

#: Measures that are known only when labels have come.
OF_LABELS = (
    "auc",
    "auc_drop",
    "average_precision",
    "average_precision_drop",
    "brier",
    "calibration",
    "prevalence",
)
COLUMNS = (
    "name",
    "kind",
    "rule",
    "judged",
    "fired",
    "first",
    "known",
    "measure",
    "times",
    "windows",
    "still",
    "words",
)


def backtest(triggers: Iterable[Trigger], measures: pd.DataFrame, maturity: int | None) -> pd.DataFrame:
    """Replay triggers; see :meth:`Triggers.backtest <ladder_widgets.monitor.triggers.Triggers.backtest>`."""
    rows = [_replayed(trigger, measures, maturity) for trigger in triggers]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({"first": "Int64", "known": "Int64"})


def _replayed(trigger: Trigger, measures: pd.DataFrame, maturity: int | None) -> dict[str, Any]:
    judged = crossings(trigger, measures)
    found = runs(trigger, judged)
    row: dict[str, Any] = {"name": trigger.name, "kind": trigger.kind, "rule": trigger.words}
    row |= {"judged": int(judged["start"].nunique()), "fired": bool(found), "times": len(found)}
    if not found:
        said = "never fires" if len(judged) else "no window could be judged"
        return row | {"windows": [], "still": False, "words": f"{trigger.name}: {said}."}
    first, windows = found[0], sorted({start for run in found for start in run.starts})
    end = int(judged.loc[judged["start"] == first.starts[0], "end"].iloc[0])
    waits = maturity if trigger.measure in OF_LABELS and maturity is not None else 0
    still = any(run.going_on for run in found)
    return row | {
        "first": first.starts[0],
        "known": end + waits,
        "measure": first.measure,
        "windows": windows,
        "still": still,
        "words": _words(trigger, first.starts[0], windows, still, first.measure),
    }


def _words(trigger: Trigger, first: int, windows: list[int], still: bool, measure: str) -> str:
    count = "in 1 window" if len(windows) == 1 else f"in {len(windows)} windows"
    rest = "still firing in the last" if still else "not in the last"
    return f"{trigger.name}: first on {moment(first)} ({measure}), {count}, {rest}."
