"""Checks of the model layer: a rare class and nothing done about it."""

from __future__ import annotations

from ladder_widgets.case import Case
from ladder_widgets.checks._rare import class_shares, is_missed, rare_classes, remedy
from ladder_widgets.checks._rare_fix import imbalance_fix
from ladder_widgets.checks.base import NotChecked, Outcome
from ladder_widgets.finding import Status, evidence, percent
from ladder_widgets.shared import Shared

__all__ = ["divergence", "imbalance", "over_regularized", "wrong_class"]

#: Recall of the rare class up to which it is hardly ever found.
NEVER = 0.1


def imbalance(case: Case, shared: Shared) -> Outcome:
    """Look for a rare class that the model misses with nothing in place to help.

    Compares, for each rare class, the recall of the decisions in use with the recall within reach:
    where the scores find as large a part of this class as of the others.

    Null: the class is found, or neither the model nor the non-linear reference can tell it, or
    something is in place: class weights in any parameter of the model, a resampling step, or a
    threshold moved towards the class. Effect: the recall lost.

    A class is rare up to 20 % of all rows given (10 % of three classes, and so on). Warns if the
    upper end of its recall (Wilson, 95 %) is below 0.6 (0.4 with more classes), 0.15 more (0.25) is
    within reach and its AUC is a standard error, at least 0.02, above one half, or that of the
    reference is above it for sure (with more classes: its own, and at least 0.6); fails if at most
    0.1 of it is found. Cannot see sample weights handed to ``fit``, except by their effect.
    """
    shares = class_shares(case)
    rare = rare_classes(case)
    if not rare:
        return Outcome(
            Status.PASS,
            f"No class is rare: the smallest holds {percent(float(shares[shares > 0].min()))} of the rows.",
        )
    table = evidence(
        "Rare classes",
        {
            "class": "text",
            "share": "percent",
            "recall": "percent",
            "recall within reach": "percent",
            "ROC AUC": "score",
        },
        [(case.class_names[one.code], one.share, one.recall.mean, one.reach, one.auc.mean) for one in rare],
    )
    known = remedy(case)
    missed = [] if known else [one for one in rare if is_missed(one, case, shared)]
    if not missed:
        lowest = min(one.recall.mean for one in rare)
        why = (
            f"Something is done about it: {known}." if known else f"The model finds {percent(lowest)} of it."
        )
        least = percent(min(one.share for one in rare), 1)
        return Outcome(Status.PASS, f"The rarest class holds {least} of the rows. {why}", (table,))
    worst = min(missed, key=lambda one: one.recall.mean)
    status = Status.FAIL if worst.recall.mean <= NEVER else Status.WARN
    reach = (
        f", although its scores would find {percent(worst.reach)}"
        if case.scores().output != "predict"
        else ", although a reference can tell them from the others"
    )
    return Outcome(
        status,
        f"{case.class_names[worst.code]} holds {percent(worst.share, 1)} of the rows and the model finds "
        f"{percent(worst.recall.mean)} of them{reach}. No class weights, resampling or threshold are in "
        "place.",
        (table,),
        imbalance_fix(case),
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
