"""Checks of the model layer: the wrong kind, a rare class, held back too firmly, training that diverged."""

from __future__ import annotations

import numpy as np
from sklearn.dummy import DummyClassifier

from ladder_widgets.case import Case
from ladder_widgets.checks._blowup import ASKED, Sign, broken_answers, codes_for, signs
from ladder_widgets.checks._collapse import best_reference, collapse_table, sampled, shortfall
from ladder_widgets.checks._held import QUARTER, costs, way
from ladder_widgets.checks._kind_verdicts import judge_answers, judge_kind, judge_target
from ladder_widgets.checks._kinds import answers, decides, kind
from ladder_widgets.checks._model_fixes import calmer_fix, freer_fix
from ladder_widgets.checks._parts import own_rows, parts
from ladder_widgets.checks._rare import class_shares, is_missed, rare_classes, remedy
from ladder_widgets.checks._rare_fix import imbalance_fix
from ladder_widgets.checks._restraints import restraints
from ladder_widgets.checks.base import NotChecked, Outcome
from ladder_widgets.finding import Status, evidence, percent
from ladder_widgets.labels import classes_of
from ladder_widgets.shared import NoFolds, Shared

__all__ = ["divergence", "imbalance", "over_regularized", "wrong_class"]

#: Recall of the rare class up to which it is hardly ever found.
NEVER = 0.1
_WEIGHTS = ("class_weight", "scale_pos_weight", "is_unbalance", "auto_class_weights", "class_weights")


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
    rare = rare_classes(case, shared)
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
    """Look for a model of the wrong kind.

    Compares the kind of the estimator (a classifier, a regressor, a clusterer, an outlier detector),
    the kind of the target, and what ``predict`` answers on up to 2,000 validation rows.

    Null: a classifier, or an object of its own make, that answers labels of the target. Effect: fails
    for a regressor, a clusterer or an outlier detector on classes, whatever its answers look like, and
    for answers that are no label: with decimals, or in more than half of the rows; warns from 1 % of the
    rows (5 % without the training labels, which may hold a class that validation lacks).

    A classifier is on a continuous target if it knows more than 15 labels, all numbers (or numbers
    written as text), and its wrong answers lie nearer to the truth than shuffled ones: by 3 standard
    deviations, and with 50 rows to a label or more by 4 and by 15 %. With at most 30 rows to a label it
    fails, else it warns. Cannot see a measurement cut into 15 labels or fewer: ratings are classes.
    """
    model_kind = kind(case.model)
    labelled = [split.y for split in case.splits if split.name != "test"]
    data, positions = own_rows(case, case.val, ASKED)
    known = classes_of(case.model, *labelled)
    answered = answers(case.model, data, known)
    measured = judge_target(case, answered, positions) if model_kind in ("classifier", None) else None
    if measured is not None:
        return measured
    if case.target_problem is not None:
        raise NotChecked(f"Needs labels that are classes, but {case.target_problem}.")
    if model_kind in ("regressor", "clusterer", "outlier detector", "density"):
        return judge_kind(case, model_kind, answered, positions)
    if answered is None:
        if model_kind == "classifier":
            return Outcome(Status.PASS, f"{case.model_name} is a classifier.")
        raise NotChecked("Needs answers of predict, and the model has none for the validation rows.")
    return judge_answers(case, answered)


def over_regularized(case: Case, shared: Shared) -> Outcome:
    """Look for a model held back so firmly that it falls back on the class shares.

    Compares how much of the log loss of answering the class shares the model's scores take away with what
    the better of the references takes away on the same validation rows. Class weights and another
    prevalence are set right first, by an offset for each class, and bold scores by a slope.

    Null: no parameter of the model is on the tight side and not all coefficients are next to zero, or the
    scores are as bold as they ought to be, or the references find little more: a rare class at a threshold
    of one half, a weak signal, and scores squeezed by averaging all pass. Effect: the share of what the
    reference takes away.

    The scores must be constant; or spread less than a tenth of the reference's; or timid (the slope that
    suits the labels best is above 1.5, its lower end above 1.2), coarse (at most 5 values) or all but
    empty, and rank (0.03 AUC) or decide (0.05 mean recall) worse. Then at most half is taken away (65 % by
    coarse and very timid scores), by 3 standard errors of the rows' paired difference (2 below a tenth).
    Fails if at most a quarter is taken away, else warns. Needs the scores. Cannot see what holds back a
    custom object that keeps its settings to itself.
    """
    case.scores()
    if isinstance(decides(case.model), DummyClassifier):
        return Outcome(Status.PASS, "The model is a dummy: nothing holds it back.")
    data, _ = own_rows(case, case.val, 500)
    n_rows = case.reference.n_rows
    inner = list(parts(case.model, data))
    held = list(dict.fromkeys(one for part in inner for one in restraints(part, n_rows)))
    if not held:
        return Outcome(Status.PASS, "No parameter of the model holds it back.")
    named = " and ".join(one.told for one in held[:2])
    try:
        rows = np.arange(case.val.n_rows) if case.train is not None else shared.folds.rows
        chosen = sampled(case, rows)
        own, best = shortfall(case, rows[chosen]), best_reference(shared, rows, chosen)
    except NoFolds as reason:
        raise NotChecked(f"Needs a reference to compare with: {reason}.") from reason
    how = way(own, best)
    if how is None:
        text = f"{named} leaves the scores as bold as they ought to be (slope {own.fit.slope:.2f})."
        return Outcome(Status.PASS, text)
    table = collapse_table(case, own, best)
    reference = f"the {best.reference.label.lower()} reference"
    if not costs(own, best):
        text = (
            f"{named} costs little: the scores take away {percent(max(0, own.told), 1)} of the loss of a "
            f"dummy, those of {reference} {percent(max(0, best.told), 1)}."
        )
        return Outcome(Status.PASS, text, (table,))
    held_table = evidence(
        "What holds the model back",
        {"in": "code", "parameter": "code"},
        [(one.owner, one.told) for one in held],
    )
    status = Status.FAIL if own.told <= QUARTER * best.told else Status.WARN
    text = (
        f"{case.model_name} with {named} {how} and answers one label for {percent(own.majority)} of the "
        f"rows. ROC AUC is {best.own_auc:.3f}; {reference} reaches "
        f"{best.auc:.3f} on the same rows and takes away {percent(best.told)} of the loss of a dummy, the "
        f"model {percent(max(0.0, own.told))}."
    )
    return Outcome(status, text, (table, held_table), freer_fix(case, held))


def divergence(case: Case, shared: Shared) -> Outcome:
    """Look for training that diverged.

    Looks into every estimator inside the model: learnt parameters that are NaN or infinite; answers that
    are, on rows without missing values; training losses that are, or end at least 30 % above their lowest
    point and a quarter of the way back up, or 10 % above their start; coefficients that, times the
    spread of their column, exceed 1e4 (bare weights: 1e8), for what is trained by steps; and the log loss of
    the raw scores on up to 2,000 training rows.

    Null: training by steps ends below the loss of answering the class shares, on the rows it was trained
    on, with classes weighted or not. Boosting on top of its own errors does so at every step, gradient
    descent but for noise. Effect: a loss of 2 times that for boosting, 10 times for other training by steps
    (3 with constant steps of 1 and more, 1,000 with SGDClassifier's own schedule), and 20 times on
    validation rows if there are no training rows. A network of scikit-learn also must not end at 1.5
    times that loss after a peak of 3 times that of guessing.

    Fails if something is not finite or far beyond these limits, else warns. Probabilities of 0 and 1, large
    coefficients of classes that can be separated, and an iteration limit that was hit are no fault. Cannot
    see into objects that keep their parameters and losses private and whose answers are finite.
    """
    split = case.train if case.train is not None else case.val
    data, positions = own_rows(case, split, ASKED)
    found: list[Sign] = []
    for part in parts(case.model, data):
        y = codes_for(case, part.estimator, split, positions)
        found += signs(part, y, max(2, len(case.classes)), case.train is not None)
    found += broken_answers(case)
    if not found:
        text = f"Parameters, losses and answers of {case.model_name} are finite and of sane size."
        return Outcome(Status.PASS, text)
    found.sort(key=lambda sign: not sign.sure)
    table = evidence(
        "Signs of divergence",
        {"where": "code", "what": "text", "seen": "text"},
        [(sign.where, sign.what, sign.seen) for sign in found],
    )
    first = found[0]
    sure = first.sure or len({sign.what for sign in found}) > 1
    others = f" {len(found) - 1} more signs are listed." if len(found) > 1 else ""
    text = f"{first.where}: {first.what}, {first.seen}.{others}"
    return Outcome(Status.FAIL if sure else Status.WARN, text, (table,), calmer_fix(case))
