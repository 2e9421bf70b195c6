"""Checks of the evaluation layer: overlapping splits, the metric, no better than a dummy, the threshold."""

from __future__ import annotations

import numpy as np

from ladder_widgets.case import Case
from ladder_widgets.checks._cutoff import by_costs, by_metrics, cutoff_fix, gain_table
from ladder_widgets.checks._evaluation_words import (
    concerned,
    fair_words,
    group_fix,
    group_words,
    marks_table,
    metric_fix,
    metric_words,
    overlap_table,
    overlap_words,
    threshold_words,
    time_note,
)
from ladder_widgets.checks._hidden import hides
from ladder_widgets.checks._identity import shared_groups
from ladder_widgets.checks._metrics import is_of_classes, marks
from ladder_widgets.checks._overlap import MIN_COPIED, overlap
from ladder_widgets.checks._rare import remedy
from ladder_widgets.checks.base import NotChecked, Outcome
from ladder_widgets.finding import Status, evidence, percent
from ladder_widgets.shared import NoFolds, Shared
from ladder_widgets.stats import Interval, fold_interval, wilson

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
#: Share of the model's own labels that must follow from a threshold before one is judged.
EXPLAINED = 0.9


def train_as_val(case: Case, shared: Shared) -> Outcome:
    """Look for validation and test rows among the training rows.

    Compares keys of whole rows (columns by name, in any order; numbers exactly, then on a grid of
    1e-5 and of 0.02 standard deviations; without columns that only number the rows; without any
    one column) of validation and test with those of training, and of test with those of
    validation. Where many rows are alike by nature, their label is compared too. With ``groups``
    known of two splits, it looks for groups that are in both.

    Null: both splits are independent draws from one source. Then each row of a key falls on either
    side by chance, duplicates inside a split being as likely as across. Effect: the estimated
    share of copied rows, by Good and Turing: as many rows are new as training rows stand alone.
    Where one class was copied before the split, duplicates are as common inside training: it shows
    as a class of which 25 % of the distinct rows are met again, four times as many as of any other.
    Row labels count where the splits kept them: the same label and the same values are the same
    record, and splits without a common label hold different records.

    Warns from 3 rows and 0.5 % copied with p < 0.006 (0.05 where no split has duplicates itself,
    0.0001 where row labels say that all records differ), or 0.5 % of the rows in shared groups;
    fails from 5 %. Needs the training rows. Cannot see copies of a few rows that are common by
    nature, nor rows changed by more than slight noise in several columns, nor other rows of the
    same person where no groups are given. Rows that are only earlier in time are not counted: a
    random split is no fault by itself.
    """
    if case.train is None:
        raise NotChecked("Needs the training rows (X_train, y_train).")
    pairs = [(case.val, case.train)]
    if case.test is not None:
        pairs += [(case.test, case.train), (case.test, case.val)]
    overlaps = [overlap(later, earlier) for later, earlier in pairs]
    groups = [one for pair in pairs if (one := shared_groups(case, *pair)) is not None]
    table = overlap_table(overlaps, groups)
    found = [o for o in overlaps if o.found]
    together = [g for g in groups if g.rows.size and g.share >= MIN_COPIED]
    if not found and not together:
        text = "Rows come back in another split no more often than duplicates inside training explain."
        if groups:
            text = f"{text} No group is in two splits."
        return Outcome(Status.PASS, f"{text}{time_note(case)}", (table,))
    shares = [o.copied for o in found] + [g.share for g in together]
    status = Status.FAIL if max(shares) >= OVERLAP_FAIL else Status.WARN
    words, tables = [], [table]
    if found:
        worst = max(found, key=lambda o: o.copied)
        words.append(overlap_words(worst))
        tables.append(concerned(worst.later, worst.rows))
    if together:
        most = max(together, key=lambda g: g.share)
        words.append(group_words(most))
        if not found:
            tables.append(concerned(most.later, most.rows))
    shared_rows = [(o.later.name, o.earlier.name, o.rows) for o in found]
    shared_rows += [(g.later.name, g.earlier.name, g.rows) for g in together]
    fix = None if found else group_fix()
    return Outcome(status, " ".join(words), tuple(tables), fix, {"rows": shared_rows})


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
    reported accuracy is clearly below the dummy's and neither weights, nor the threshold, nor the metric
    explain it. Cannot see a model that ranks well by luck.
    """
    y = case.y(case.val)
    auc, error = shared.auc(case.positive if case.binary else None)
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
    behind = _behind_in_accuracy(case, shared, y)
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


def _behind_in_accuracy(case: Case, shared: Shared, y: np.ndarray) -> str | None:
    """Say so if accuracy is reported and always answering the commonest class would be more accurate.

    Not where that is the doing of weights or of a threshold, nor where the metric is at fault.
    """
    told = shared.found.get("evaluation.wrong-metric")
    if case.metric != "accuracy" or (told is not None and told.raised) or remedy(case) is not None:
        return None
    right = wilson(float(np.sum(case.predicted() == y)), len(y))
    dummy = float(np.bincount(y).max() / len(y))
    if right.high >= dummy or dummy - right.mean < BEHIND:
        return None
    own = percent(right.mean, 1)
    return f"The reported accuracy is {own}; always answering the commonest class gives {percent(dummy, 1)}."


def threshold(case: Case, shared: Shared) -> Outcome:
    """Look for a threshold that does far better than the one in use on rows it was not chosen on.

    Compares the threshold in use with the best one, chosen on a random half of the validation
    rows and judged on the other half, 40 times.

    Null: the best threshold is as good as the one in use on rows it was not chosen on. With
    ``costs`` the effect is the share of the costs saved, and nothing else counts. Without, it is
    the gain in balanced accuracy plus the gain in F1 of the rarer class, and both must rise, so
    that no trade-off passes for a gain; F1 counts from what always answering the rarer class
    gives. With ``metric`` among f1, balanced_accuracy and accuracy also the gain in it, if the
    others do not fall (by more than 0.03; balanced accuracy asks 0.10 of F1). Where F1 is reported and
    probabilities are half as high again as the rows have positives, with no weights to say why, a
    gain of 0.05 in F1 is enough.

    Costs: warns if 15 % of them are saved, and 5 % of what the cheaper of two dummies costs, in
    80 % of the halves (drawn anew) more than nothing; fails from 30 %.

    Otherwise warns from 0.18 (0.10 where a rare class is missed with nothing done about it, 0.30
    for a threshold that is not the default, 0.12 for one that was moved away from the rarer
    class) if 95 % of the halves gain (80 % where nothing is done). Where the rarer class holds
    more than a fifth of the rows, which makes one half a likely cut, these halves are drawn anew
    with replacement and must gain 0.03, and the probabilities must be off on the whole (by 2
    standard errors and a tenth of the share), or accuracy gain for sure (of scores that are no
    probabilities: not fall by more than 0.01). Fails from 0.30. In the user's own metric 0.10
    (0.05 in accuracy; 0.20 of a common class). Needs two classes and scores. Cannot see costs
    that nobody told.
    """
    if not case.binary:
        raise NotChecked("Needs two classes: with more there is no single threshold.")
    answer = case.scores()
    if answer.output == "predict":
        raise NotChecked("Needs scores: the model only answers labels.")
    score, positive = answer.positive(case.positive), case.y(case.val) == case.positive
    if min(positive.sum(), (~positive).sum()) < 4:
        raise NotChecked("Needs at least four validation rows of each class.")
    current = float(0.5 if case.threshold is None else case.threshold)
    if np.mean((score >= current) == (case.predicted() == case.positive)) < EXPLAINED:
        raise NotChecked("Needs a threshold: the labels of the model follow from none on its scores.")
    if case.costs is None:
        found = by_metrics(case, shared, score, positive, current)
    else:
        found = by_costs(case, score, positive, current)
    table = gain_table(found.gains)
    if not found.far:
        return Outcome(Status.PASS, f"No other threshold does far better than {current:.3g}.", (table,))
    status = Status.FAIL if found.severe else Status.WARN
    words = threshold_words(case, found, current)
    best = found.gains.threshold
    return Outcome(status, words, (table,), cutoff_fix(case, best), {"threshold": best})


def wrong_metric(case: Case, shared: Shared) -> Outcome:
    """Look for a metric that a model which never finds the rare class would do well in.

    Compares the reported metric of the model with that of a dummy that always answers the
    commonest class, and says what fair metrics give to both.

    Null: the metric marks the dummy down. Effect: the dummy's mark, from 0.7 on a scale to 1.

    Where it gives that, warns if the other classes together hold up to 10 % of the rows; up to
    20 % if the model is less than half of the way from the dummy to full marks, or misses the
    class (recall below 0.6 for sure); up to 25 % if the model is at the dummy's level and its recall
    below 0.3 for sure. Warns with more classes also if a rare one is missed (model.imbalance).
    Warns of precision where recall is below 0.3 for sure, of recall where nearly every row is
    answered positive, and of any metric that gives a dummy full marks. Fails if the class is
    missed. Needs ``metric``. Says nothing of metrics on a scale of their own (log loss, Brier).
    """
    name = str(case.metric)
    if not is_of_classes(name):
        raise NotChecked(f"Needs a metric of classes: {name} compares numbers or clusters.")
    found = marks(case)
    if not found or found[0].name != name:
        raise NotChecked(f"Needs a metric that applies here: {name} gives no value on the validation rows.")
    own, table = found[0], marks_table(found)
    hidden = hides(case, shared, own)
    if hidden is None:
        return Outcome(Status.PASS, metric_words(case, own), (table,))
    status = Status.FAIL if hidden.missed else Status.WARN
    return Outcome(status, f"{hidden.text} {fair_words(found[1:])}", (table,), metric_fix(case))
