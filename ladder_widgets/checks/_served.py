"""The verdict on recorded scores: do they match, do the decisions, and if not, why."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ladder_widgets.case import Case
from ladder_widgets.checks import _mismatch as why
from ladder_widgets.checks._decisions import decisions
from ladder_widgets.checks._recorded import (
    NOISE,
    Comparison,
    best_view,
    compare,
    views_of_many,
    views_of_one,
)
from ladder_widgets.checks._replay import Replay, evenly, in_training_types, margins, replay, replay_data
from ladder_widgets.checks._served_words import Seen, numbers_of, rows_of, windows_of
from ladder_widgets.checks.base import NotChecked, Outcome
from ladder_widgets.finding import Status, percent
from ladder_widgets.monitor.truth import label_codes
from ladder_widgets.table import take

__all__ = ["judge"]

#: Share of decisions that change, and median difference, from which it fails.
CHANGED_FAIL, MEDIAN_FAIL = 0.01, 0.01
#: Share of replayed scores found in other rows, beyond chance, that tells of moved rows.
MOVED = 0.8
#: Share of rows that differ below which the others are said to match.
PART = 0.9


@dataclass(frozen=True, eq=False)
class Log:
    """What production recorded of its answers: one column of scores or several, labels, or both."""

    scores: np.ndarray | None
    columns: list[int]
    codes: np.ndarray | None

    @property
    def scored(self) -> np.ndarray:
        """Which rows have a score, shape (n_rows,)."""
        assert self.scores is not None
        return np.isfinite(self.scores).all(axis=1)


def judge(case: Case) -> Outcome:
    """Replay the log and say whether the model at hand gave these answers."""
    log = _log(case)
    production = case.production
    assert production is not None
    usable = np.zeros(production.n_rows, dtype=bool)
    if log.scores is not None:
        usable |= log.scored
    if log.codes is not None:
        usable |= log.codes >= 0
    if not usable.any():
        raise NotChecked("Needs recorded scores or predictions of this model: the log holds none to compare.")
    again = replay(case, evenly(np.flatnonzero(usable), production.timestamp))
    if log.scores is None or not log.scored[again.rows].any():
        return _labels_only(case, log, again)
    compared, comparison, again = _compared(case, log, again)
    chosen = decisions(case, again, log.codes)
    seen = Seen(case, again, compared, comparison, chosen)
    if not comparison.matches:
        return _differ(case, log, seen)
    if not comparison.view.sound:
        return _another_scale(seen)
    return _decided(seen)


def _log(case: Case) -> Log:
    production = case.production
    assert production is not None
    prediction = production.column("prediction")
    codes = None if prediction is None else label_codes(prediction, case.classes)
    if production.scores:
        keys = {str(label): code for code, label in enumerate(case.classes)}
        named = [
            (keys[str(label)], values) for label, values in production.scores.items() if str(label) in keys
        ]
        if named:
            return Log(np.column_stack([v for _, v in named]), [code for code, _ in named], codes)
    if production.score is not None and np.isfinite(production.score).any():
        return Log(production.score[:, None], [], codes)
    if prediction is None:
        raise NotChecked("Needs recorded scores or predictions in the log (score=, prediction=).")
    return Log(None, [], codes)


def _compared(case: Case, log: Log, again: Replay) -> tuple[np.ndarray, Comparison, Replay]:
    """Compare; before accusing, allow for a model at odds with itself and for types lost in the log."""
    compared = np.flatnonzero(log.scored[again.rows])
    comparison = _best(case, log, again, compared)
    if comparison.matches:
        return compared, comparison, again
    noise = why.own_noise(case, again)
    if noise > NOISE:
        relaxed = compare(comparison.recorded, comparison.view, 3 * noise)
        if relaxed.matches:
            return compared, relaxed, again
        comparison = relaxed
    typed = None if again.typed else in_training_types(case, again.rows)
    answer = None if typed is None else replay_data(case, typed)
    if answer is not None:
        other = replace(again, data=typed, answer=answer, typed=True)
        second = _best(case, log, other, compared)
        if second.matches or second.share < 0.5 * comparison.share:
            return compared, second, other
    return compared, comparison, again


def _best(case: Case, log: Log, again: Replay, compared: np.ndarray) -> Comparison:
    assert log.scores is not None
    recorded = log.scores[again.rows[compared]]
    answer = again.answer
    proba, predicted = answer.proba[compared], answer.predicted[compared]
    if case.binary and not log.columns:
        margin = margins(case, take(again.data, compared))
        views = views_of_one(proba, case.positive, predicted, margin, answer.output != "decision_function")
    else:
        codes = None if log.codes is None else log.codes[again.rows[compared]]
        views = views_of_many(proba, log.columns, predicted, codes)
    return best_view(recorded, views)


def _labels_only(case: Case, log: Log, again: Replay) -> Outcome:
    chosen = decisions(case, again, log.codes)
    return _decided(Seen(case, again, np.array([], dtype=np.int64), None, chosen))


def _decided(seen: Seen) -> Outcome:
    """Compare the recorded labels, where the scores match or there are none."""
    chosen = seen.chosen
    tables = (numbers_of(seen), *windows_of(seen))
    if chosen is None or not chosen.raised:
        return Outcome(Status.PASS, f"{seen.agreement}{seen.notes}", tables)
    status = Status.FAIL if chosen.share >= CHANGED_FAIL else Status.WARN
    text = (
        f"{seen.agreement_of_scores}{int(chosen.differs.sum())} of {len(chosen.differs)} recorded labels "
        f"({percent(chosen.share, 1)}) are not what this model decides. {chosen.cause(seen.case)}{seen.notes}"
    )
    return Outcome(status, text, (*tables, rows_of(seen)), chosen.fix(seen.case))


def _another_scale(seen: Seen) -> Outcome:
    """The scores are this model's, and not the probability of the positive class."""
    assert seen.comparison is not None
    name = seen.comparison.view.name
    wrong = seen.chosen is not None and seen.chosen.raised
    text = (
        f"The log holds {name} of this model, not P(positive), in all {len(seen.compared)} rows replayed: "
        "read as the score, it ranks or cuts the rows in another way."
    )
    if seen.chosen is not None:
        text += (
            f" {percent(seen.chosen.share, 1)} of the recorded labels differ too."
            if wrong
            else " The recorded labels are this model's."
        )
    status = Status.FAIL if wrong else Status.WARN
    return Outcome(status, text + seen.notes, (numbers_of(seen), rows_of(seen)), _SCALE_FIX)


def _differ(case: Case, log: Log, seen: Seen) -> Outcome:
    comparison = seen.comparison
    assert comparison is not None
    changed = seen.changed
    serious = changed >= CHANGED_FAIL or float(np.median(comparison.difference)) > MEDIAN_FAIL
    cause, fix = _cause(case, log, seen)
    differing = comparison.difference[comparison.differs]
    text = (
        f"{int(comparison.differs.sum())} of {len(comparison.differs)} replayed rows "
        f"({percent(comparison.share, 1)}) have another recorded score: by {np.median(differing):.3g} in the "
        f"median, {differing.max():.3g} at most; {percent(changed, 1)} of the decisions change. {cause}"
    )
    status = Status.FAIL if serious else Status.WARN
    return Outcome(status, text + seen.notes, (numbers_of(seen), rows_of(seen), *windows_of(seen)), fix)


def _cause(case: Case, log: Log, seen: Seen) -> tuple[str, str | None]:
    """Name the likeliest cause that can be defended."""
    comparison, rows = seen.comparison, seen.again.rows[seen.compared]
    production = case.production
    assert comparison is not None
    assert production is not None
    assert log.scores is not None
    share, shift = why.elsewhere(comparison, log.scores[:, 0], rows)
    if share >= MOVED:
        by = f" {abs(shift)} row(s) further {'down' if shift > 0 else 'up'}" if shift else " in other rows"
        return f"{percent(share)} of these scores stand{by}: the log was joined out of step.", _JOIN_FIX
    time = None if production.timestamp is None else production.timestamp[rows]
    place = why.since_or_until(comparison.differs, time) or why.place_of(case, rows, comparison.differs)
    if place is not None:
        hold = f"They are {place.n_different} of the {place.n_rows} {place.words}"
        if place.kind == "missing":
            return f"{hold}: production fills these gaps with something else.", None
        if place.kind == "time":
            return f"{hold}: another version was served then.", None
        return f"{hold}: production handles this level in another way.", None
    order = _order(case, log, seen)
    if order is not None:
        return f"The scores fit if the columns reach the model {order}.", _ORDER_FIX
    if comparison.recorded.shape[1] > 1:
        return _OTHER if comparison.share >= PART else _SOME, None
    shape = why.function_of(comparison) if comparison.share > 0.5 else None
    if shape is not None:
        return f"The recorded score {shape}: a calibrated or rescaled version of this model.", None
    if comparison.share < PART:
        return _SOME, None
    pair = comparison.recorded[:, 0], comparison.view.values[:, 0]
    if min(map(np.ptp, pair)) == 0:
        return _OTHER, None
    return f"{_OTHER} (The scores correlate at {np.corrcoef(*pair)[0, 1]:.2f}.)", None


def _order(case: Case, log: Log, seen: Seen) -> str | None:
    comparison = seen.comparison
    assert comparison is not None
    if not log.columns and not case.binary:
        return None
    part = replace(seen.again, rows=seen.again.rows[seen.compared], data=take(seen.again.data, seen.compared))
    return why.column_order(case, part, comparison, log.columns or [case.positive])


_SOME = "Rows that differ stand among rows that match: part of the traffic meets another version."
_OTHER = "Production serves another model, or prepares the rows in another way."
_SCALE_FIX = """\
positive = 1  # the column of the class that P(positive) stands for: see model.classes_
score = model.predict_proba(X_val)[:, positive]  # what to log, beside the label decided on
label = model.predict(X_val)
"""
_JOIN_FIX = """\
# Log the score with the row it belongs to, or join on a key of the request, never by position:
# log = requests.merge(answers, on="request_id", validate="one_to_one")
replayed = model.predict_proba(X_val)[:, 1]
"""
_ORDER_FIX = """\
columns = list(X_train)  # the order of training, stored with the model
score = model.predict_proba(X_val[columns])[:, 1]  # in the service: a frame with names, never a bare array
"""
