"""What somebody on call should know first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ladder_widgets.finding import Status, percent
from ladder_widgets.monitor._sentence_truth import auc_first, likeness_first, stopped, told_windows, with_auc
from ladder_widgets.monitor.times import moment
from ladder_widgets.monitor.windows import jumps
from ladder_widgets.validation import shown

if TYPE_CHECKING:
    from ladder_widgets.monitor.watch import Watch

__all__ = ["FAILS", "PASSES", "sentence"]

#: How many times further than any feature scores must jump for another model to be the reason.
JUMP = 4.0
#: Share of missing values, beyond training's own, from which gaps are the first thing to say.
GAPS = 0.2
FAILS = Status.FAIL.value
PASSES = Status.PASS.value


def sentence(watch: Watch) -> str:
    """Say first what explains the rest: the schema, what was done to a column, gaps, the model, drift."""
    ways: tuple[Callable[[Watch], str | None], ...] = (
        _schema_first,
        _cause_first,
        _gaps_first,
        _other_model,
        _drift_first,
        auc_first,
        stopped,
        _mild_drift,
        _past_drift,
        likeness_first,
    )
    said = (way(watch) for way in ways)
    return next((text for text in said if text is not None), None) or _all_well(watch)


def _schema_first(watch: Watch) -> str | None:
    """A column that is gone, renamed, or of another type."""
    grave = ("dropped", "renamed", "type", "empty")
    errors = [] if watch.schema is None else [v for v in watch.schema.errors if v.kind in grave]
    if not errors:
        return None
    first, more = errors[0], len(errors) - 1
    since = _since(watch, first.column)
    rest = f" (and {more} more)" if more else ""
    return f"The schema broke{since}: {_named(first.column)}: {first.words}{rest}."


def _cause_first(watch: Watch) -> str | None:
    for name, words in watch.causes.items():
        row = watch.shifts.names.index(name)
        psi = watch.shifts.psi[row, -1]
        more = len(watch.causes) - 1
        rest = f"; {more} more columns changed in a way that can be named" if more else ""
        return f"{_named(name)} changed{_since(watch, name)}: production holds {words} (PSI {psi:.2f}){rest}."
    return None


def _gaps_first(watch: Watch) -> str | None:
    worst = None
    for name, feature in watch.baseline.features.items():
        before = feature.counts[-1] / max(1, feature.counts.sum())
        now = watch.counts.features[name][-1, -1] / max(1, watch.counts.rows[-1])
        if now - before >= GAPS and (worst is None or now - before > worst[1]):
            worst = (name, now - before, now, before)
    if worst is None:
        return None
    name, _, now, before = worst
    gap = f"{_named(name)} is missing in {percent(now)} of the rows{_since(watch, name)}"
    return f"{gap}, in training in {percent(before)}."


def _other_model(watch: Watch) -> str | None:
    """Scores that jumped from one window to the next, or moved at all, while no feature did."""
    if _status(watch, scores=True) == PASSES:
        return None
    n, row = watch.shifts.n_features, _top(watch, scores=True)
    alone = _status(watch, scores=False) == PASSES
    first = _first(watch, watch.shifts.names[row])
    if first and not alone:
        steps = jumps(watch.shifts)[:, first - 1]
        alone = steps[row] >= watch.limits.psi and steps[row] >= JUMP * steps[:n].max(initial=0.0)
    if not alone:
        return None
    since = _since(watch, watch.shifts.names[row])
    return (
        f"The scores moved (PSI {watch.shifts.psi[row, -1]:.2f}{since}) while no feature did: another model, "
        f"or another version of this one, may be answering.{with_auc(watch)}"
    )


def _drift_first(watch: Watch) -> str | None:
    """A feature beyond the user's limit."""
    return _moved(watch) if _status(watch, scores=False) == FAILS else None


def _mild_drift(watch: Watch) -> str | None:
    return None if _status(watch, scores=False) == PASSES else _moved(watch)


def _moved(watch: Watch) -> str:
    status = watch.shifts.status()[: watch.shifts.n_features, -1]
    moved, row = int((status != PASSES).sum()), _top(watch, scores=False)
    name, psi = watch.shifts.names[row], watch.shifts.psi[row, -1]
    count = "" if moved == 1 else f", the most of {moved} features that did"
    score = watch.shifts.psi[watch.shifts.n_features :, -1]
    scores = f" The PSI of the score is {score.max():.2f}." if len(score) else ""
    moved_away = f"{_named(name)} moved away from training (PSI {psi:.2f}{_since(watch, name)}{count})."
    return f"{moved_away}{scores}{with_auc(watch)}"


def _past_drift(watch: Watch) -> str | None:
    """Windows before the latest that failed, where the latest is well."""
    status = watch.shifts.status()
    failed = np.flatnonzero((status == FAILS).any(axis=0))
    if not len(failed):
        return None
    psi = watch.shifts.psi[:, failed]
    row, column = np.unravel_index(int(psi.argmax()), psi.shape)
    day = moment(watch.counts.starts[failed[column]], watch.counts.every)
    windows = "a window" if len(failed) == 1 else f"{len(failed)} windows"
    return (
        f"The latest window is like training; {windows} before it did drift, most in "
        f"{watch.shifts.names[row]} on {day} (PSI {psi[row, column]:.2f})."
    )


def _all_well(watch: Watch) -> str:
    windows = watch.counts.n_periods
    text = f"Nothing moved beyond noise in {windows} window{'s' * (windows != 1)}"
    told = told_windows(watch)
    if told is None or watch.truth is None:
        return f"{text}; no labels say more yet."
    last = told.iloc[-1]
    base = float(watch.truth.baseline["auc"].iloc[0])
    return f"{text}; AUC {last['auc']:.3f} in the latest, {base:.3f} in reference."


# ---- what the sentences are made of --------------------------------------------------------------


def _named(name: str) -> str:
    return shown(name, 60)[1:-1] if len(name) > 60 else name


def _status(watch: Watch, *, scores: bool) -> str:
    """Worst status of the latest window, of the features or of the scores."""
    status = np.split(watch.shifts.status()[:, -1], [watch.shifts.n_features])[int(scores)]
    found = set(status.tolist())
    return next((one for one in (FAILS, Status.WARN.value) if one in found), PASSES)


def _top(watch: Watch, *, scores: bool) -> int:
    """Row of what moved most in the latest window."""
    n = watch.shifts.n_features
    psi = watch.shifts.psi[:, -1]
    return n + int(psi[n:].argmax()) if scores else int(psi[:n].argmax())


def _since(watch: Watch, name: str) -> str:
    """Since when a feature has been away from training, as words to append; empty for all of the log."""
    first = _first(watch, name)
    return f" since {moment(watch.counts.starts[first], watch.counts.every)}" if first else ""


def _first(watch: Watch, name: str) -> int:
    """Window from which a feature has been away from training; 0 if from the first on, or not at all."""
    if name not in watch.shifts.names:
        return 0
    status = watch.shifts.status()[watch.shifts.names.index(name)]
    well = np.flatnonzero(status == PASSES)
    first = int(well[-1]) + 1 if len(well) else 0
    return first if first < len(status) else 0
