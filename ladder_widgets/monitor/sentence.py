"""What somebody on call should know first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ladder_widgets.finding import Status, percent
from ladder_widgets.monitor._sentence_gaps import gap_of, worst_gap
from ladder_widgets.monitor._sentence_truth import (
    auc_first,
    day_of,
    likeness_first,
    stopped,
    told_windows,
    with_auc,
)
from ladder_widgets.monitor.times import moment
from ladder_widgets.monitor.windows import least_psi, scores_alone, since
from ladder_widgets.validation import shown

if TYPE_CHECKING:
    from ladder_widgets.monitor.watch import Watch

__all__ = ["FAILS", "PASSES", "decisions_first", "sentence"]

#: Smallest PSI that a window must show for its silence to say anything.
VISIBLE = 1.0
#: Rows of a window whose AUC is worth an estimate in a sentence.
ESTIMATED = 100
FAILS = Status.FAIL.value
PASSES = Status.PASS.value


def sentence(watch: Watch) -> str:
    """Say first what explains the rest: the schema, what was done to a column, gaps, the model, drift."""
    ways: tuple[Callable[[Watch], str | None], ...] = (
        _schema_first,
        _one_row_first,
        _cause_first,
        _gaps_first,
        _other_model,
        decisions_first,
        _drift_first,
        auc_first,
        stopped,
        _mild_drift,
        _schema_else,
        _past_drift,
        likeness_first,
    )
    said = (way(watch) for way in ways)
    return next((text for text in said if text is not None), None) or _firing(watch) or _all_well(watch)


def _firing(watch: Watch) -> str | None:
    """A trigger of the user's own that fires where all else is well: it makes the exit code."""
    if not watch.firing:
        return None
    more = len(watch.firing) - 1
    return f"Trigger {watch.firing[0].words}{f' {more} more fire.' if more else ''}"


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


def _schema_else(watch: Watch) -> str | None:
    """Values that training never had, in a column whose drift they are too few or too scattered to show."""
    errors = () if watch.schema is None else watch.schema.grave
    if not errors:
        return None
    more = len(errors) - 1
    rest = f" (and {more} more)" if more else ""
    return f"The latest window breaks the schema: {_named(errors[0].column)}: {errors[0].words}{rest}."


def _one_row_first(watch: Watch) -> str | None:
    if not watch.repeated:
        return None
    name = watch.shifts.names[_top(watch, scores=False)]
    return (
        f"One and the same row makes up {percent(watch.repeated)} of the latest window, and moves what it "
        f"holds away from training{_since(watch, name)}, {_named(name)} most."
    )


def _cause_first(watch: Watch) -> str | None:
    for name, words in watch.causes.items():
        row = watch.shifts.names.index(name)
        psi = watch.shifts.psi[row, -1]
        more = len(watch.causes) - 1
        rest = f"; {more} more column{'s' * (more != 1)} changed in a way that can be named" if more else ""
        subject = f"The {_named(name)}" if watch.shifts.pairs[row].is_score else _named(name)
        return f"{subject} changed{_since(watch, name)}: production holds {words} (PSI {psi:.2f}){rest}."
    return None


def _gaps_first(watch: Watch) -> str | None:
    gap = worst_gap(watch)
    return None if gap is None else gap.words(_named(gap.name), _since(watch, gap.name))


def _other_model(watch: Watch) -> str | None:
    """Scores that jumped from one window to the next, or moved at all, while no feature did."""
    if not scores_alone(watch.shifts):
        return None
    row = _top(watch, scores=True)
    pair = watch.shifts.pairs[row]
    when = _since(watch, pair.name)
    gap = gap_of(pair)
    if gap is not None:
        return gap.words(_named(pair.name), when)
    return (
        f"The scores moved (PSI {watch.shifts.psi[row, -1]:.2f}{when}) while no feature did: another model, "
        f"or another version of this one, may be answering.{with_auc(watch)}"
    )


def decisions_first(watch: Watch) -> str | None:
    """The same scores are decided otherwise than the reference decided them."""
    if watch.decisions is None:
        return None
    first = watch.decisions.since
    later = 0 < first < watch.counts.n_periods
    when = f" since {moment(watch.counts.starts[first], watch.counts.every)}" if later else ""
    return watch.decisions.words(when)


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
    gap = gap_of(watch.shifts.pairs[row])
    if gap is None:
        first = f"{_named(name)} moved away from training (PSI {psi:.2f}{_since(watch, name)}{count})."
    else:
        first = gap.words(_named(name), _since(watch, name))
    return f"{first}{scores}{with_auc(watch)}"


def _past_drift(watch: Watch) -> str | None:
    """Windows before the latest that failed, where the latest is well."""
    status = watch.shifts.status()
    failed = np.flatnonzero((status == FAILS).any(axis=0))
    if not len(failed):
        return None
    psi = np.where(status == FAILS, watch.shifts.psi, -1.0)[:, failed]
    row, column = np.unravel_index(int(psi.argmax()), psi.shape)
    day = moment(watch.counts.starts[failed[column]], watch.counts.every)
    windows = "a window" if len(failed) == 1 else f"{len(failed)} windows"
    return (
        f"The latest window is like training; {windows} before it did drift, most in "
        f"{watch.shifts.names[row]} on {day} (PSI {psi[row, column]:.2f})."
    )


def _all_well(watch: Watch) -> str:
    windows, rows = watch.counts.n_periods, int(watch.counts.rows[-1])
    seen = least_psi(watch.shifts)
    if seen > VISIBLE:
        count = "A single row is" if rows == 1 else f"{rows:,} rows are"
        few = f"{count} too few to tell whether anything moved"
    else:
        few = f"Nothing moved beyond noise in {windows} window{'s' * (windows != 1)}"
        if seen > watch.limits.psi:
            few += f", but {rows:,} rows show a PSI only from {seen:.2f} on"
    return f"{few}; {_auc_known(watch)}."


def _auc_known(watch: Watch) -> str:
    """What labels say, or that there are none."""
    told = told_windows(watch)
    if told is None or watch.truth is None:
        return "no labels say more yet"
    base = float(watch.truth.baseline["auc"].iloc[0])
    by_labels = told[told["auc_kind"] != "estimated"]
    if by_labels.empty:
        last = told.iloc[-1]
        if last["rows"] < ESTIMATED:
            return "no labels say more yet"
        estimate = f"the AUC is estimated at {last['auc']:.3f}, {base:.3f} in reference"
        return f"no labels yet; from the scores alone {estimate}"
    last = by_labels.iloc[-1]
    latest = last["start"] == watch.truth.windows["start"].iloc[-1]
    where = "in the latest" if latest else f"in the window of {day_of(watch, last)}, the latest with labels"
    return f"AUC {last['auc']:.3f} {where}, {base:.3f} in reference"


# ---- what the sentences are made of --------------------------------------------------------------


def _named(name: str) -> str:
    return shown(name, 60)[1:-1] if len(name) > 60 else name


def _status(watch: Watch, *, scores: bool) -> str:
    """Worst status of the latest window, of the features or of the scores."""
    status = np.split(watch.shifts.status()[:, -1], [watch.shifts.n_features])[int(scores)]
    found = set(status.tolist())
    return next((one for one in (FAILS, Status.WARN.value) if one in found), PASSES)


def _top(watch: Watch, *, scores: bool) -> int:
    """Row of what moved most in the latest window, of what moved at all if anything did."""
    n, moved = watch.shifts.n_features, watch.shifts.status()[:, -1] != PASSES
    own = slice(n, None) if scores else slice(n)
    psi = np.where(moved[own] | ~moved[own].any(), watch.shifts.psi[own, -1], -1.0)
    return int(psi.argmax()) + (n if scores else 0)


def _since(watch: Watch, name: str) -> str:
    """Since when a feature has been away from training, as words to append; empty for all of the log."""
    names = watch.shifts.names
    first = since(watch.shifts, names.index(name)) if name in names else 0
    return f" since {moment(watch.counts.starts[first], watch.counts.every)}" if first else ""
