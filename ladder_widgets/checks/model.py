"""Checks of the model layer: a rare class and nothing done about it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ladder_widgets.case import Case
from ladder_widgets.checks._pipeline import walk
from ladder_widgets.checks.base import NotChecked, Outcome
from ladder_widgets.finding import Status, evidence, percent
from ladder_widgets.shared import Shared
from ladder_widgets.stats import delong, wilson

__all__ = ["divergence", "imbalance", "over_regularized", "wrong_class"]

RARE = 0.2
#: Recall of the rare class below which it is missed, and the recall that the scores would allow beyond it.
MISSED, MISSED_OF_MANY = 0.6, 0.4
LOST = 0.25
#: AUC from which the scores do know the class.
RANKS = 0.6
NEVER = 0.1
_WEIGHTS = ("class_weight", "scale_pos_weight", "is_unbalance", "auto_class_weights", "class_weights")


def imbalance(case: Case, shared: Shared) -> Outcome:
    """Look for a rare class that the model misses with nothing in place to help.

    Compares, for each rare class, the recall of the decisions in use with the recall that the
    model's scores reach where recall and specificity add up to most.

    Null: the class is found, its scores do not rank it, or something is in place: class weights
    in any parameter of the model, a resampling step, or a threshold that is not the default.
    Effect: recall out of reach.

    A class is rare up to 20 % (10 % of three classes, and so on). Warns if the upper bound of its
    recall (Wilson, 95 %) is below 0.6 (0.4 with more classes), 0.25 more is within reach and its AUC is
    at least 0.6; fails if at most 0.1 of it is found. Needs the scores. Cannot see sample weights handed to
    ``fit``, except by their effect.
    """
    answer = case.scores()
    y, predicted = case.y(case.val), case.predicted()
    share = np.bincount(y, minlength=len(case.classes)) / len(y)
    rare = [c for c in np.flatnonzero(share) if share[c] <= RARE / max(1, len(case.classes) - 1)]
    if not rare:
        return Outcome(
            Status.PASS,
            f"No class is rare: the smallest holds {percent(share[share > 0].min())} of the rows.",
        )
    rows = []
    missed = []
    for c in rare:
        true = y == c
        recall = wilson(float((predicted[true] == c).sum()), float(true.sum()))
        auc, _ = delong(true, answer.proba[:, c])
        reach = _balanced_recall(true, answer.proba[:, c])
        rows.append((case.class_names[c], float(share[c]), recall.mean, reach, auc.mean))
        if (
            recall.high < (MISSED if case.binary else MISSED_OF_MANY)
            and reach - recall.mean >= LOST
            and auc.low > 0.5
            and auc.mean >= RANKS
        ):
            missed.append((c, recall, reach))
    table = evidence(
        "Rare classes",
        {
            "class": "text",
            "share": "percent",
            "recall": "percent",
            "recall within reach": "percent",
            "ROC AUC": "score",
        },
        rows,
    )
    remedy = _remedy(case)
    if not missed or remedy:
        why = (
            f"Something is done about it: {remedy}."
            if remedy
            else f"The model finds {percent(min(row[2] for row in rows))} of it."
        )
        return Outcome(
            Status.PASS,
            f"The rarest class holds {percent(share[rare].min(), 1)} of the rows. {why}",
            (table,),
        )
    c, recall, reach = min(missed, key=lambda one: one[1].mean)
    status = Status.FAIL if recall.mean <= NEVER else Status.WARN
    return Outcome(
        status,
        f"{case.class_names[c]} holds {percent(share[c], 1)} of the rows and the model finds "
        f"{percent(recall.mean)} of them, although its scores would find {percent(reach)}. No class weights, "
        "resampling or threshold are in place.",
        (table,),
    )


def _balanced_recall(true: np.ndarray, score: np.ndarray) -> float:
    """Recall at the threshold where recall and specificity add up to most."""
    order = np.argsort(-score, kind="stable")
    hits, alarms = np.cumsum(true[order]), np.cumsum(~true[order])
    last = np.append(np.diff(score[order]) != 0, True)
    recall, alarm = hits[last] / true.sum(), alarms[last] / max(1, (~true).sum())
    return float(recall[np.argmax(recall - alarm)])


def _remedy(case: Case) -> str | None:
    if case.binary and not case.default_threshold:
        return f"the threshold is {case.threshold:.3g}"
    for step in walk(case.model, case.val.table.names):
        if hasattr(step.estimator, "fit_resample"):
            return f"{type(step.estimator).__name__} resamples"
        for name in _WEIGHTS:
            if _set(getattr(step.estimator, name, None)):
                return f"{name} is set on {type(step.estimator).__name__}"
    return None


def _set(value: Any) -> bool:
    return (
        value is not None
        and value is not False
        and not (isinstance(value, int | float) and float(value) == 1.0)
    )


def wrong_class(case: Case, shared: Shared) -> Outcome:
    """Look for a model of the wrong kind."""
    raise NotChecked("Not built yet.")


def over_regularized(case: Case, shared: Shared) -> Outcome:
    """Look for predictions collapsed to the majority."""
    raise NotChecked("Not built yet.")


def divergence(case: Case, shared: Shared) -> Outcome:
    """Look for training that diverged."""
    raise NotChecked("Not built yet.")
