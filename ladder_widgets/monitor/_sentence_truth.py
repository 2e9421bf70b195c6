"""What the labels say that somebody on call should know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ladder_widgets.finding import Status, percent
from ladder_widgets.monitor.times import moment

if TYPE_CHECKING:
    from ladder_widgets.monitor.watch import Watch

__all__ = [
    "alike",
    "auc_first",
    "auc_of",
    "day_of",
    "fallen",
    "likeness_first",
    "overdue",
    "stopped",
    "told_windows",
    "with_auc",
]

#: Part of the share of labels that should be there by now, below which they have stopped coming, and the
#: points that must lie between.
PART, POINTS = 0.5, 0.25
#: Standard errors that an AUC must have fallen by: a false alarm in 1 % of windows at most.
Z = 2.576
#: Share of the rows with a label from which those without hardly matter.
NEARLY_ALL = 0.95


def auc_first(watch: Watch) -> str | None:
    """Say that the AUC fell; None where it held."""
    found = fallen(watch)
    if found is None:
        return None
    first, last, base = found
    interval = f"{last['auc']:.3f} ({last['auc_low']:.3f} to {last['auc_high']:.3f})"
    where = f"in the window of {day_of(watch, last)}, {base - last['auc']:.3f} below reference ({base:.3f})"
    since = "" if first["start"] == last["start"] else f", low since {day_of(watch, first)}"
    quiet = (watch.shifts.status()[:, -1] == Status.PASS.value).all()
    why = _reversed(last) or (", and no drift explains it" if quiet else "")
    return f"The {auc_of(last)} is {interval} {where}{since}{why}."


def with_auc(watch: Watch) -> str:
    """Return a sentence to append on an AUC that fell; empty where it held."""
    found = fallen(watch)
    if found is None:
        return ""
    _, last, base = found
    return f" The {auc_of(last)} fell to {last['auc']:.3f}, from {base:.3f} in reference{_reversed(last)}."


def _reversed(window: pd.Series) -> str:
    """Words on an AUC that is surely below a half; empty otherwise."""
    if window["auc_kind"] == "estimated" or not window["auc_high"] < 0.5:
        return ""
    return ": the wrong way round, as scores or labels of the other class would be"


def auc_of(window: pd.Series) -> str:
    """Name the figure: an estimate from scores is called one."""
    return "estimated AUC" if window["auc_kind"] == "estimated" else "AUC"


def fallen(watch: Watch) -> tuple[pd.Series, pd.Series, float] | None:
    """Return first and last window of an AUC that fell and has not recovered, and that of the reference.

    The latest one fell by more than the limit, and beyond the noise of both figures; None otherwise.
    """
    told = told_windows(watch)
    if told is None or watch.truth is None:
        return None
    reference = watch.truth.baseline.iloc[0]
    base, last = float(reference["auc"]), told.iloc[-1]
    drop, noise = base - last["auc"], np.hypot(reference["auc_se"], last["auc_se"])
    if drop <= watch.limits.auc_drop or not drop > Z * noise:
        return None
    held = np.flatnonzero(told["auc_high"] >= base - watch.limits.auc_drop)  # may be above the limit
    first = min(int(held[-1]) + 1, len(told) - 1) if len(held) else 0
    return told.iloc[first], last, base


def overdue(windows: pd.DataFrame) -> np.ndarray:
    """Return the share of each window's rows whose label should be there by now and is not.

    0 where fewer than a quarter are, or half of those that should be there have come; and everywhere if
    no window has labels: they may be kept elsewhere.
    """
    columns = ("expected", "coverage", "coverage_high")
    expected, coverage, high = (windows[name].to_numpy(dtype=float) for name in columns)
    silent = (high < PART * expected) & (expected - coverage >= POINTS)
    return np.where(silent & ~silent.all(), expected - coverage, 0.0)


def stopped(watch: Watch) -> str | None:
    """Say that labels should be there by now and are not; None where they are."""
    if watch.truth is None:
        return None
    windows = watch.truth.windows
    late = overdue(windows) > 0
    if not late[-1]:
        return None
    first = int(np.flatnonzero(~late)[-1]) + 1
    window, rows = windows.iloc[first], windows.iloc[first:]
    share = rows["labelled"].sum() / max(1, rows["rows"].sum())
    should = (rows["expected"] * rows["rows"]).sum() / max(1, rows["rows"].sum())
    return (
        f"Labels have stopped coming: {percent(share)} of the rows since {day_of(watch, window)} have one, "
        f"{percent(should)} should by now."
    )


def likeness_first(watch: Watch) -> str | None:
    """Say that labelled rows are not like the others; None where they are."""
    if alike(watch):
        return None
    return (
        "The labels that have arrived are not like the rows that still wait: figures of them alone mislead."
    )


def alike(watch: Watch) -> bool:
    """Whether labels of the latest window stand for its rows, or too few rows wait to make a difference."""
    if watch.truth is None:
        return True
    like = watch.truth.representative["representative"].iloc[-1]
    return bool(like or watch.truth.windows["coverage"].iloc[-1] >= NEARLY_ALL)


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
