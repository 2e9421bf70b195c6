"""Checks of the evaluation layer: overlapping splits, no better than a dummy, the threshold."""

from __future__ import annotations

import numpy as np

from ladder_widgets.case import Case
from ladder_widgets.checks._curves import Gains, held_out_gains
from ladder_widgets.checks._overlap import Overlap, overlap
from ladder_widgets.checks.base import NotChecked, Outcome
from ladder_widgets.finding import Evidence, Status, evidence
from ladder_widgets.shared import Shared
from ladder_widgets.stats import Interval, ovr_auc, wilson

__all__ = ["no_baseline", "threshold", "train_as_val"]

#: Share of a split found in another, beyond what is natural, that changes decisions.
OVERLAP_FAIL = 0.05
#: A gain over chance, in AUC, that means something; and one that is too small to matter.
MARGIN = 0.02
NEGLIGIBLE = 0.05
#: Standard errors above chance that are asked for, by the standard error of the AUC: the fewer
#: the rows, the milder, because a few rows cannot prove an honest model.
DOUBTS = ((0.05, 1.64), (0.1, 0.8), (np.inf, -1.0))
#: Accuracy below the dummy's from which it is said.
BEHIND = 0.02
#: Gain in both balanced accuracy and F1 of the rarer class from which another threshold is far better.
GAIN_WARN, GAIN_FAIL = 0.09, 0.15
_OWN_METRIC = {"f1": "f1", "balanced_accuracy": "balanced_accuracy", "accuracy": "accuracy"}


def train_as_val(case: Case, shared: Shared) -> Outcome:
    """Look for validation and test rows among the training rows.

    Compares keys of whole rows (columns by name, in any order; numbers exactly, then to 5
    significant digits, then on a grid of 0.02 standard deviations) of validation and test with those of
    training, and of test with those of validation.

    Null: a row has a twin in the training split as often as a training row has one there. Twins
    come in families, which count as one. Effect: the share of rows beyond the natural one.

    Warns from 3 rows and 0.5 % beyond the natural share with p < 0.05; fails from 5 %. Needs the
    training rows. Cannot see overlap in tables whose rows are nearly all alike by nature, nor
    rows changed by more than slight noise, nor other rows of the same person.
    """
    if case.train is None:
        raise NotChecked("Needs the training rows (X_train, y_train).")
    pairs = [(case.val, case.train)]
    if case.test is not None:
        pairs += [(case.test, case.train), (case.test, case.val)]
    overlaps = [overlap(later, earlier) for later, earlier in pairs]
    table = evidence(
        "Rows found again",
        {
            "rows of": "text",
            "found in": "text",
            "compared": "text",
            "rows": "integer",
            "share": "percent",
            "natural share": "percent",
        },
        [(o.later.name, o.earlier.name, o.how, len(o.rows), o.share, o.natural) for o in overlaps],
    )
    found = [one for one in overlaps if one.found]
    if not found:
        text = "Rows come back in another split no more often than duplicates inside training explain."
        return Outcome(Status.PASS, text, (table,))
    worst = max(found, key=lambda one: one.excess)
    status = Status.FAIL if worst.excess >= OVERLAP_FAIL else Status.WARN
    return Outcome(status, _overlap_words(worst), (table, _overlap_rows(worst)))


def _overlap_words(one: Overlap) -> str:
    noise = " (equal but for slight noise)" if one.how != "exactly" else ""
    return (
        f"{len(one.rows)} of {one.later.n_rows} rows of {one.later.name} ({one.share:.1%}) are also in "
        f"{one.earlier.name}{noise}. Duplicates by nature would be {one.natural:.1%}."
    )


def _overlap_rows(one: Overlap) -> Evidence:
    index = one.later.table.index[one.rows]
    rows = [(str(label), int(position)) for label, position in zip(index, one.rows, strict=True)]
    return evidence(f"Rows of {one.later.name} concerned", {"row": "code", "position": "integer"}, rows)


def no_baseline(case: Case, shared: Shared) -> Outcome:
    """Compare the model with a dummy on the validation rows.

    Compares the ROC AUC (the mean of one against the rest for more classes), with DeLong's
    standard error, to the 0.5 of a dummy, and a reported accuracy to that of always answering
    the commonest class.

    Null: the scores say nothing about the label. Effect: AUC above 0.5, at least 0.02.

    Fails if the interval lies below 0.5 or ends below 0.55, or if the scores are constant; warns
    if the AUC is not 1.64 standard errors above 0.5 (0.8 if that error is beyond 0.05: few
    validation rows cannot prove an honest model, and beyond 0.1 only an AUC below chance is said), or if the
    reported accuracy is clearly below the dummy's. Cannot see a model that ranks well by luck.
    """
    answer = case.scores()
    y = case.y(case.val)
    positive = case.positive if case.binary else None
    auc, error = ovr_auc(y, answer.proba, positive)
    shown = f"ROC AUC {auc.mean:.3f} [{auc.low:.3f}, {auc.high:.3f}] on {len(y)} rows; a dummy gets 0.5."
    table = evidence(
        "Model against a dummy",
        {"": "text", "ROC AUC": "score", "from": "score", "to": "score", "accuracy": "score"},
        [
            ("model", auc.mean, auc.low, auc.high, float(np.mean(case.predicted() == y))),
            ("dummy", 0.5, 0.5, 0.5, float(np.bincount(y).max() / len(y))),
        ],
    )
    doubt = next(z for limit, z in DOUBTS if error <= limit)
    if auc.high < 0.5:
        return Outcome(Status.FAIL, f"The model ranks worse than chance: {shown}", (table,))
    if auc.high < 0.5 + NEGLIGIBLE and auc.low <= 0.5:
        return Outcome(Status.FAIL, f"The model is no better than a dummy: {shown}", (table,))
    if auc.mean - 0.5 <= doubt * error or auc.mean < 0.5 + MARGIN:
        return Outcome(Status.WARN, f"The model cannot be told from a dummy: {shown}", (table,))
    behind = _behind_in_accuracy(case, y)
    if behind is not None:
        return Outcome(Status.WARN, f"{behind} Its ranking is better than chance: {shown}", (table,))
    sure = "beats a dummy" if auc.low > 0.5 else "seems to beat a dummy, on few rows"
    return Outcome(Status.PASS, f"The model {sure}: {shown}", (table,))


def _behind_in_accuracy(case: Case, y: np.ndarray) -> str | None:
    """Say so if accuracy is reported and always answering the commonest class would be more accurate."""
    if case.metric != "accuracy":
        return None
    right = wilson(float(np.sum(case.predicted() == y)), len(y))
    dummy = float(np.bincount(y).max() / len(y))
    if right.high >= dummy or dummy - right.mean < BEHIND:
        return None
    return f"The reported accuracy is {right.mean:.1%}, and always answering the commonest class gives {dummy:.1%}."


def threshold(case: Case, shared: Shared) -> Outcome:
    """Look for a threshold that does far better than the default on rows it was not chosen on.

    Compares the default threshold with the best one, chosen on a random half of the validation
    rows and judged on the other half, 40 times.

    Null: the best threshold is as good as the default on rows it was not chosen on. Effect: the
    gain in balanced accuracy and in F1 of the rarer class, both, so that no trade-off passes for
    a gain; in the user's own metric as well if that depends on the threshold (accuracy, F1).

    Warns from 0.09 in each with nine tenths of the held-out gains above zero; fails from 0.15 in
    balanced accuracy. Needs two classes, scores, and the default threshold in use. Cannot see
    what each kind of error costs you.
    """
    if not case.binary:
        raise NotChecked("Needs two classes: with more there is no single threshold.")
    answer = case.scores()
    if answer.output == "predict":
        raise NotChecked("Needs scores: the model only answers labels.")
    if not case.default_threshold:
        return Outcome(Status.PASS, f"The threshold in use, {case.threshold:.3g}, is not the default.")
    score, positive = answer.positive(case.positive), case.y(case.val) == case.positive
    if min(positive.sum(), (~positive).sum()) < 4:
        raise NotChecked("Needs at least four validation rows of each class.")
    rare = "f1" if positive.mean() <= 0.5 else "f1_negative"
    own = _OWN_METRIC.get(case.metric or "")
    names = tuple(dict.fromkeys(("balanced_accuracy", rare, *([own] if own else []))))
    gains = held_out_gains(score, positive, float(case.threshold or 0.5), names[:2], case.random_state)
    table = _gain_table(gains)
    far = min(gains.mean(name) for name in names[:2]) >= GAIN_WARN and min(map(gains.low, names[:2])) > 0
    if not far:
        return Outcome(Status.PASS, "No other threshold does far better than one half.", (table,))
    status = Status.FAIL if gains.mean("balanced_accuracy") >= GAIN_FAIL else Status.WARN
    text = (
        f"With a threshold of {gains.threshold:.3g} instead of 0.5 balanced accuracy rises from "
        f"{gains.now['balanced_accuracy']:.3f} to {gains.then['balanced_accuracy']:.3f} and F1 of the rarer class from "
        f"{gains.now[rare]:.3f} to {gains.then[rare]:.3f}, on rows it was not chosen on."
    )
    return Outcome(status, text, (table,), _threshold_fix(gains.threshold))


def _gain_table(gains: Gains) -> Evidence:
    return evidence(
        "Another threshold, on rows it was not chosen on",
        {"metric": "text", "now": "score", "then": "score", "gain": "score", "at least": "score"},
        [
            (name.replace("_", " "), gains.now[name], gains.then[name], gains.mean(name), gains.low(name))
            for name in gains.now
        ],
    )


def _threshold_fix(best: float) -> str:
    return (
        "from sklearn.base import clone\n"
        "from sklearn.model_selection import FixedThresholdClassifier\n\n"
        "# Or TunedThresholdClassifierCV, with a scoring that says what each kind of error costs you.\n"
        f"model = FixedThresholdClassifier(clone(model), threshold={best:.4g}).fit(X_train, y_train)\n"
    )
