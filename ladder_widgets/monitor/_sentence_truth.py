"""What the labels say that somebody on call should know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ladder_widgets.finding import percent
from ladder_widgets.monitor.times import moment

if TYPE_CHECKING:
    from ladder_widgets.monitor.watch import Watch

__all__ = ["auc_first", "auc_of", "day_of", "likeness_first", "stopped", "told_windows", "with_auc"]

#: Part of the share of labels that should be there by now, below which they have stopped coming, and the
#: points that must lie between.
PART, POINTS = 0.5, 0.25


def auc_first(watch: Watch) -> str | None:
    """Say that the AUC fell; None where it held."""
    fallen = _fallen(watch)
    if fallen is None:
        return None
    first, last, base = fallen
    interval = f"{last['auc']:.3f} ({last['auc_low']:.3f} to {last['auc_high']:.3f})"
    window = f"in the window of {day_of(watch, last)}, {base:.3f} in reference"
    since = "" if first["start"] == last["start"] else f" since {day_of(watch, first)}"
    drop = f"a drop of more than {watch.limits.auc_drop:g}{since} that no drift explains"
    return f"The {auc_of(last)} is {interval} {window}: {drop}."


def with_auc(watch: Watch) -> str:
    """Return a sentence to append on an AUC that fell; empty where it held."""
    fallen = _fallen(watch)
    if fallen is None:
        return ""
    _, last, base = fallen
    return f" The {auc_of(last)} fell to {last['auc']:.3f}, from {base:.3f} in reference."


def auc_of(window: pd.Series) -> str:
    """Name the figure: an estimate from scores is called one."""
    return "estimated AUC" if window["auc_kind"] == "estimated" else "AUC"


def _fallen(watch: Watch) -> tuple[pd.Series, pd.Series, float] | None:
    """First and last window of an AUC that fell and has not recovered, and that of the reference."""
    told = told_windows(watch)
    if told is None or watch.truth is None:
        return None
    base = float(watch.truth.baseline["auc"].iloc[0])
    last, limit = told.iloc[-1], base - watch.limits.auc_drop
    if last["auc_high"] >= base or last["auc"] >= limit:
        return None
    held = np.flatnonzero(told["auc_high"] >= limit)  # windows that may be above the limit
    first = min(int(held[-1]) + 1, len(told) - 1) if len(held) else 0
    return told.iloc[first], last, base


def stopped(watch: Watch) -> str | None:
    """Say that labels should be there by now and are not; None where they are."""
    if watch.truth is None:
        return None
    windows = watch.truth.windows
    expected, coverage = windows["expected"], windows["coverage"]
    silent = (windows["coverage_high"] < PART * expected) & (expected - coverage >= POINTS)
    if not silent.iloc[-1] or silent.all():  # none at all: labels may be kept elsewhere
        return None
    heard = np.flatnonzero(~silent)
    window = windows.iloc[int(heard[-1]) + 1]
    rows = windows.iloc[int(heard[-1]) + 1 :]
    share = rows["labelled"].sum() / max(1, rows["rows"].sum())
    should = (rows["expected"] * rows["rows"]).sum() / max(1, rows["rows"].sum())
    return (
        f"Labels have stopped coming: {percent(share)} of the rows since {day_of(watch, window)} have one, "
        f"{percent(should)} should by now."
    )


def likeness_first(watch: Watch) -> str | None:
    """Say that labelled rows are not like the others; None where they are."""
    if watch.truth is None or watch.truth.representative["representative"].iloc[-1]:
        return None
    return (
        "The labels that have arrived are not like the rows that still wait: figures of them alone mislead."
    )


def told_windows(watch: Watch) -> pd.DataFrame | None:
    """Return the windows whose AUC is known, or None."""
    if watch.truth is None or "auc" not in watch.truth.windows:
        return None
    told = watch.truth.windows
    told = told[told["auc"].notna()]
    return None if told.empty else told


def day_of(watch: Watch, window: pd.Series) -> str:
    """Write when a window begins."""
    return moment(window["start"], watch.counts.every)
