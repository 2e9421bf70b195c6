"""Checks of the evaluation layer: overlapping splits, no better than a dummy, the threshold."""

from __future__ import annotations

from functools import partial

import numpy as np

from ladder_widgets.case import Case
from ladder_widgets.checks._curves import Gains, held_out_gains
from ladder_widgets.checks._overlap import Overlap, overlap
from ladder_widgets.checks.base import NotChecked, Outcome
from ladder_widgets.finding import Evidence, Status, evidence, percent
from ladder_widgets.shared import NoFolds, Shared
from ladder_widgets.stats import Interval, fold_interval, ovr_auc, wilson

__all__ = ["no_baseline", "threshold", "train_as_val", "wrong_metric"]

#: Share of a split found in another, beyond what is natural, that changes decisions.
OVERLAP_FAIL = 0.05
#: A gain over chance, in AUC, that means something; and one that is too small to matter.
MARGIN = 0.02
NEGLIGIBLE = 0.05
#: Standard errors above chance that are asked for, by what the non-linear reference finds on the
#: same rows: a weak signal (a weak model is honest), much more than the model, or nothing.
Z_WEAK, Z_BEHIND, Z_NONE, Z_UNKNOWN = 1.3, 2.6, 2.6, 1.64
#: With a larger standard error the rows are too few to prove an honest model, and with one larger
#: still only an AUC below chance is said.
FEW, VERY_FEW = (0.05, 0.8), (0.07, -1.0)
#: AUC by which the reference must lead before the model is doubted.
LEAD = 0.1
#: Accuracy below the dummy's from which it is said.
BEHIND = 0.02
#: Gain in balanced accuracy and F1 of the rarer class, added up, from which another threshold is far
#: better, and the least of each. Sound models of classes as common as 28 % still gain 0.16.
GAIN_WARN, GAIN_FAIL = 0.18, 0.3
GAIN_EACH = 0.03
#: Share up to which a class is rare. Of a rarer class one half is the wrong cut as a rule, so the
#: held-out gain is proof enough; of a commoner one the sampling noise of a small table must be beaten too.
RARE = 0.2
GAIN_LOW = 0.03
#: Recall up to which the rarer class is never answered.
NEVER = 0.02
#: The same in the metric the user reports, and how much the other may fall.
GAIN_OWN = {"f1": 0.1, "balanced_accuracy": 0.1, "accuracy": 0.05}
FALL = 0.03


def train_as_val(case: Case, shared: Shared) -> Outcome:
    """Look for validation and test rows among the training rows.

    Compares keys of whole rows (columns by name, in any order; numbers exactly, then on a grid of
    1e-5 and of 0.02 standard deviations) of validation and test with those of training, and of
    test with those of validation.

    Null: both splits are independent draws from one source. Then rows met across them stand in a
    fixed proportion to pairs of equal rows inside training, and as many rows are new as training
    rows stand alone. Effect: the estimated share of copied rows.

    Warns from 3 rows and 0.5 % copied with p < 0.03 (0.05 where training has no duplicates at
    all), or if most of the new rows that should be there are not (p < 0.001); fails from 5 %.
    Needs the training rows. Cannot see copies of rows that are common by nature, nor rows changed
    by more than slight noise, nor other rows of the same person.
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
    worst = max(found, key=lambda one: one.copied)
    status = Status.FAIL if worst.copied >= OVERLAP_FAIL else Status.WARN
    details = {"rows": [(o.later.name, o.earlier.name, o.rows) for o in found]}
    return Outcome(status, _overlap_words(worst), (table, _overlap_rows(worst)), details=details)


def _overlap_words(one: Overlap) -> str:
    noise = f" (equal {one.how})" if one.how != "exactly" else ""
    return (
        f"{len(one.rows)} of {one.later.n_rows} rows of {one.later.name} ({percent(one.share, 1)}) are also "
        f"in {one.earlier.name}{noise}. Inside {one.earlier.name} {percent(one.natural, 1)} of the rows have "
        f"a duplicate; an estimated {percent(one.copied, 1)} of {one.later.name} was copied."
    )


def _overlap_rows(one: Overlap) -> Evidence:
    index = one.later.table.index[one.rows]
    rows = [(str(label), int(position)) for label, position in zip(index, one.rows, strict=True)]
    return evidence(f"Rows of {one.later.name} concerned", {"row": "code", "position": "integer"}, rows)


def no_baseline(case: Case, shared: Shared) -> Outcome:
    """Compare the model with a dummy on the validation rows.

    Compares the ROC AUC (the mean of one against the rest for more classes), with DeLong's
    standard error, to the 0.5 of a dummy, and a reported accuracy to that of always answering the
    commonest class.

    Null: the scores say nothing about the label. Effect: AUC above 0.5, at least 0.02.

    Fails if the interval lies below 0.5, or holds 0.5 and ends below 0.55; warns if the AUC is
    not far enough above 0.5: 2.6 standard errors where the non-linear reference finds far more or
    nothing, 1.3 where it finds a weak signal too, 0.8 where that error is beyond 0.05 (few rows
    cannot prove an honest model) and below 0.5 where it is beyond 0.07. Warns also if the
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
    doubt = _doubt(shared, auc, error)
    if auc.high < 0.5:
        return Outcome(Status.FAIL, f"The model ranks worse than chance: {shown}", (table,))
    if auc.high < 0.5 + NEGLIGIBLE and auc.mean - 0.5 <= doubt * error:
        return Outcome(Status.FAIL, f"The model is no better than a dummy: {shown}", (table,))
    slight = auc.mean < 0.5 + MARGIN and error <= FEW[0]
    if auc.mean - 0.5 <= doubt * error or slight:
        return Outcome(Status.WARN, f"The model cannot be told from a dummy: {shown}", (table,))
    behind = _behind_in_accuracy(case, y)
    if behind is not None:
        return Outcome(Status.WARN, f"{behind} Its ranking is better than chance: {shown}", (table,))
    sure = "beats a dummy" if auc.low > 0.5 else "seems to beat a dummy, on few rows"
    return Outcome(Status.PASS, f"The model {sure}: {shown}", (table,))


def _doubt(shared: Shared, auc: Interval, error: float) -> float:
    """Standard errors above chance that convince, given what a reference finds."""
    for limit, z in (VERY_FEW, FEW):
        if error > limit:
            return z
    if not 0.5 * error < auc.mean - 0.5 < 3.5 * error:
        return Z_UNKNOWN  # clear either way: no need to fit anything
    try:
        reference = fold_interval(shared.result(3).fold_values("roc_auc"))
    except NoFolds:
        return Z_UNKNOWN
    if np.isnan(reference.mean):
        return Z_UNKNOWN
    if reference.low <= 0.5:
        return Z_NONE
    return Z_BEHIND if reference.mean - auc.mean >= LEAD else Z_WEAK


def _behind_in_accuracy(case: Case, y: np.ndarray) -> str | None:
    """Say so if accuracy is reported and always answering the commonest class would be more accurate."""
    if case.metric != "accuracy":
        return None
    right = wilson(float(np.sum(case.predicted() == y)), len(y))
    dummy = float(np.bincount(y).max() / len(y))
    if right.high >= dummy or dummy - right.mean < BEHIND:
        return None
    told = percent(right.mean, 1)
    return f"The reported accuracy is {told}; always answering the commonest class gives {percent(dummy, 1)}."


def threshold(case: Case, shared: Shared) -> Outcome:
    """Look for a threshold that does far better than the default on rows it was not chosen on.

    Compares the default threshold with the best one, chosen on a random half of the validation
    rows and judged on the other half, 40 times.

    Null: the best threshold is as good as the default on rows it was not chosen on. Effect: the
    gain in balanced accuracy plus the gain in F1 of the rarer class, and both must rise, so that
    no trade-off passes for a gain; F1 counts from what always answering the rarer class gives.
    With ``metric`` among f1, balanced_accuracy and accuracy also the gain in it, if the other two
    do not fall.

    Warns from 0.18 (0.10 in the user's own metric) if 95 % of the held-out halves gain; where the
    rarer class holds more than a fifth of the rows, which makes one half a likely cut, these
    halves are drawn anew with replacement and must gain 0.03. Fails from 0.30. Needs two classes,
    scores, and the default threshold in use. Cannot see what each kind of error costs you.
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
    pair = ("balanced_accuracy", rare)
    common = min(positive.mean(), 1 - positive.mean()) > RARE
    judge = partial(
        held_out_gains, score, positive, float(case.threshold or 0.5), seed=case.random_state, resample=common
    )
    gains = judge(pair)
    given = _given(score >= float(case.threshold or 0.5), positive)
    far = _far(gains, pair, given, GAIN_LOW if common else 0.0)
    own = case.metric if case.metric in GAIN_OWN else None
    if not far and own is not None:
        names = tuple(dict.fromkeys((own, *pair)))
        others = judge(names, chosen_by=(own,))
        if _far_in_own(others, own):
            gains, far = others, True
    table = _gain_table(gains)
    if not far:
        return Outcome(Status.PASS, "No other threshold does far better than one half.", (table,))
    status = Status.FAIL if sum(map(gains.mean, pair)) >= GAIN_FAIL else Status.WARN
    text = (
        f"With a threshold of {gains.threshold:.3g} instead of 0.5 balanced accuracy rises from "
        f"{gains.now['balanced_accuracy']:.3f} to {gains.then['balanced_accuracy']:.3f} and F1 of the rarer "
        f"class from {gains.now[rare]:.3f} to {gains.then[rare]:.3f}, on rows it was not chosen on."
    )
    fix = _threshold_fix(gains.threshold)
    return Outcome(status, text, (table,), fix, details={"threshold": gains.threshold})


def _given(above: np.ndarray, positive: np.ndarray) -> float:
    """F1 that always answering the rarer class gives; 0 if that class is never answered."""
    rare, answered = (positive, above) if positive.mean() <= 0.5 else (~positive, ~above)
    share = float(rare.mean())
    return 2 * share / (1 + share) if answered[rare].mean() > NEVER else 0.0


def _far(gains: Gains, pair: tuple[str, str], given: float, low: float) -> bool:
    """Whether both metrics gain enough, F1 from ``given`` on only: more answers alone raise a low F1."""
    balanced, rare = pair
    given = max(0.0, given - gains.now[rare])
    together = gains.gains[balanced] + gains.gains[rare] - given
    return (
        float(together.mean()) >= GAIN_WARN
        and float(np.quantile(together, 0.05)) > low
        and min(gains.mean(balanced), gains.mean(rare) - given) >= GAIN_EACH
    )


def _far_in_own(gains: Gains, own: str) -> bool:
    others = [gains.mean(name) for name in gains.gains if name != own]
    return gains.mean(own) >= GAIN_OWN[own] and gains.low(own) > 0 and min(others) >= -FALL


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


def wrong_metric(case: Case, shared: Shared) -> Outcome:
    """Look for a metric that hides failure."""
    raise NotChecked("Not built yet.")
