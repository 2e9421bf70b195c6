"""Verdicts on the kind of a model: a measurement as classes, a wrong estimator, answers that are no label."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ladder_widgets.case import Case
from ladder_widgets.checks._kinds import Answers, numbers, order
from ladder_widgets.checks._model_fixes import answers_fix, classifier_fix, measured_fix
from ladder_widgets.checks.base import Outcome
from ladder_widgets.finding import Evidence, Status, evidence, percent
from ladder_widgets.labels import plain
from ladder_widgets.stats import delong
from ladder_widgets.validation import shown

__all__ = ["judge_answers", "judge_kind", "judge_target"]

#: Share of answers outside the labels, with and without the labels of training at hand.
OUTSIDE, OUTSIDE_UNSURE = 0.01, 0.05
#: Labels up to which numbers are classes (ratings), and how near to the truth errors lie on a scale.
FEW_LABELS = 15
ORDERED_Z, ORDERED_Z_FEW, ORDERED = 4.0, 3.0, 0.85
FEW_PER_LABEL, MANY_PER_LABEL = 30, 50


def judge_target(case: Case, answered: Answers | None, positions: np.ndarray) -> Outcome | None:
    """Whether a classifier was given a measurement to tell apart, value by value."""
    learnt = getattr(case.model, "classes_", None)
    source = learnt if learnt is not None else case.reference.y.unique()
    values = numbers(source)
    if answered is None or answered.wide or values is None or len(values) <= FEW_LABELS:
        return None
    said, truth = numbers(answered.values), numbers(case.val.y.iloc[positions])
    if said is None or truth is None or (learnt is None and answered.fractions):
        return None
    found = order(said, truth, case.random_state)
    per_label = case.reference.n_rows / len(values)
    many = per_label >= MANY_PER_LABEL
    if found is None or found.z < (ORDERED_Z if many else ORDERED_Z_FEW) or (many and found.ratio > ORDERED):
        return None
    table = evidence(
        "A measurement as classes",
        {"labels": "integer", "lowest": "number", "highest": "number", "rows per label": "number"},
        [(len(values), float(values.min()), float(values.max()), per_label)],
    )
    right = 1 - found.errors / len(truth)
    text = (
        f"{case.model_name} tells {len(values):,} numbers from {values.min():.4g} to {values.max():.4g} "
        f"apart as if they were classes, with {per_label:.3g} rows to each. It is right in "
        f"{percent(right)} of the rows, and its errors lie near the truth ({percent(found.ratio)} of the "
        "distance that chance gives): the target is a measurement."
    )
    status = Status.FAIL if per_label <= FEW_PER_LABEL else Status.WARN
    return Outcome(status, text, (table,), measured_fix(case))


def judge_kind(case: Case, model_kind: str, answered: Answers | None, positions: np.ndarray) -> Outcome:
    name = case.model_name
    labels_only = answered is not None and not answered.outside.any()
    if labels_only and model_kind == "regressor" and hasattr(case.model, "predict_proba"):
        text = f"{name} answers labels and probabilities, although it declares itself a regressor."
        return Outcome(Status.PASS, text)
    what = {
        "regressor": "is a regressor: it learnt to come near the label as a number, not to tell the classes",
        "clusterer": "is a clusterer: the numbers it gives its clusters have nothing to do with the labels",
        "outlier detector": "is an outlier detector: it has not learnt the labels, and answers +1 and −1",
        "density": "models where rows lie: the numbers of its components have nothing to do with the labels",
    }[model_kind]
    text = f"{name} {what}."
    if answered is not None and answered.outside.any():
        text += f" {percent(answered.share)} of its answers are no label, {_examples(answered)} for instance."
    auc = _as_scores(case, answered, positions) if model_kind == "regressor" else None
    if auc is not None:
        text += f" Taken as scores, its answers have a ROC AUC of {auc:.3f}."
    tables = (_answer_table(case, answered),) if answered is not None else ()
    return Outcome(Status.FAIL, text, tables, classifier_fix(case))


def judge_answers(case: Case, answered: Answers) -> Outcome:
    table = _answer_table(case, answered)
    least = OUTSIDE if case.train is not None else OUTSIDE_UNSURE
    count = int(answered.outside.sum())
    if answered.fractions or answered.share > 0.5:
        what = (
            "several numbers for each row"
            if answered.wide
            else f"numbers with decimals, {_examples(answered)} for instance"
            if answered.fractions
            else f"{_examples(answered)} for instance"
        )
        text = (
            f"predict of {case.model_name} answers {what}, where one of the labels {_labels(case)} is due: "
            f"{percent(answered.share)} of its answers are no label."
        )
        return Outcome(Status.FAIL, text, (table,), answers_fix(case, answered))
    if count >= 3 and answered.share >= least:
        text = (
            f"{count} of {len(answered.outside)} answers of {case.model_name} are none of the labels "
            f"{_labels(case)}: {_examples(answered)} for instance."
        )
        return Outcome(Status.WARN, text, (table,), answers_fix(case, answered))
    return Outcome(Status.PASS, f"{case.model_name} answers labels of the target.", (table,))


def _as_scores(case: Case, answered: Answers | None, positions: np.ndarray) -> float | None:
    """ROC AUC of a regressor's answers for two classes."""
    values = numbers(answered.values) if answered is not None and not answered.wide else None
    positive = case.y(case.val)[positions] == case.positive
    if (
        values is None
        or not case.binary
        or not np.isfinite(values).all()
        or positive.all()
        or not positive.any()
    ):
        return None
    return delong(positive, values)[0].mean


def _labels(case: Case) -> str:
    names = [shown(label) for label in case.classes]
    return ", ".join(names[:4]) + (", …" if len(names) > 4 else "")


def _examples(answered: Answers) -> str:
    outside = answered.values[answered.outside][:3]
    if answered.wide:
        outside = outside[0][:3]
    return " and ".join(f"{v:.3g}" if isinstance(v, float) else shown(plain(v)) for v in outside.tolist()[:2])


def _answer_table(case: Case, answered: Answers) -> Evidence:
    """The commonest answers that are labels, and the range of those that are not."""
    rows: list[tuple[str, str, float]] = []
    if not answered.wide:
        inside = pd.Series(answered.values[~answered.outside]).value_counts()
        rows += [(str(label), "a label", n / len(answered.values)) for label, n in inside.head(10).items()]
    if answered.outside.any():
        rows.append((_examples(answered), "no label", answered.share))
    return evidence("What predict answers", {"answer": "code", "is": "text", "share": "percent"}, rows)
