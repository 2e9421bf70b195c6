"""The figures of delayed truth, as the measures that triggers look at."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["COLUMNS", "measures_of"]

#: Columns of a frame of measures.
COLUMNS = ("start", "end", "rows", "measure", "value", "low", "high", "mature")


def measures_of(windows: pd.DataFrame, baseline: pd.Series) -> pd.DataFrame:
    """Return one row per window and measure.

    Parameters
    ----------
    windows : DataFrame
        Of :class:`~ladder_widgets.monitor.performance.Performance`. Figures behind which no label of the
        window stands are measures of their own: ``auc_estimated``.
    baseline : Series
        The figures of the reference.
    """
    estimated = windows["auc_kind"].eq("estimated")
    parts = [_part(windows, "coverage", *(windows[f"coverage{end}"] for end in ("", "_low", "_high")))]
    for name in ("auc", "average_precision", "prevalence", "calibration", "brier"):
        figure = [windows[f"{name}{end}"] for end in ("", "_low", "_high")]
        for words, rows in ((name, ~estimated), (f"{name}_estimated", estimated)):
            parts.append(_part(windows, words, *figure)[rows])
    for name in ("auc", "average_precision"):
        drop = baseline[name] - windows[name]
        half = 1.96 * np.hypot(baseline[f"{name}_se"], windows[f"{name}_se"])
        for words, rows in ((f"{name}_drop", ~estimated), (f"{name}_drop_estimated", estimated)):
            parts.append(_part(windows, words, drop, drop - half, drop + half)[rows])
    parts = [part[part["value"].notna()] for part in parts]
    every = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return every.sort_values(["start", "measure"], kind="stable", ignore_index=True)


def _part(
    windows: pd.DataFrame, measure: str, value: pd.Series, low: pd.Series, high: pd.Series
) -> pd.DataFrame:
    part = windows[["start", "end", "rows"]].copy()
    part["measure"], part["value"], part["low"], part["high"] = measure, value, low, high
    return part.assign(mature=windows["mature"])
