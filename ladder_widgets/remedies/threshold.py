"""evaluation.threshold, and model.imbalance without weights: the threshold moved, on rows not judged on."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import TunedThresholdClassifierCV, train_test_split

from ladder_widgets.case import Case
from ladder_widgets.copies import copied
from ladder_widgets.remedies.bench import Bench, NoRemedy, Remedied
from ladder_widgets.table import take
from ladder_widgets.threads import sized_threads

__all__ = ["move_threshold", "negative_cost"]


def move_threshold(bench: Bench) -> Remedied:
    """Choose the threshold by cross-validation on the training rows, else on half of the validation rows.

    The other half is then judged. Chosen for the cost where costs were given, for the metric in
    use where it depends on the threshold, else for balanced accuracy.
    """
    if bench.case.train is None:
        return _on_half(bench, "There are no training rows.")
    try:
        return _on_training(bench)
    except NoRemedy as reason:
        return _on_half(bench, str(reason))


def _on_training(bench: Bench) -> Remedied:
    """Fit the model again with a threshold chosen by cross-validation on the training rows."""
    if not bench.case.binary:
        raise NoRemedy("With more than two classes there is no single threshold to move.")
    train = bench.train
    scoring, named, imports = _scoring(bench.case)
    tuned = TunedThresholdClassifierCV(bench.unfitted(), scoring=scoring, cv=bench.pairs())
    fitted = bench.fit(tuned, train.table.data, train.y)
    text = (
        f"Chose the threshold {_of(fitted)} by cross-validation on the training rows, for "
        f"{_goal(bench.case)}, and fitted the model again."
    )
    note = f"{_stands_for(fitted)} The validation rows had no say in it."
    return Remedied(text, fitted, _TUNED.format(scoring=named, imports=imports), notes=(note,))


def _on_half(bench: Bench, reason: str) -> Remedied:
    case = bench.case
    if not case.binary:
        raise NoRemedy("With more than two classes there is no single threshold to move.")
    every, y = np.arange(case.val.n_rows), case.y(case.val)
    try:
        chosen, judged = train_test_split(every, test_size=0.5, stratify=y, random_state=case.random_state)
    except ValueError as few:
        raise NoRemedy(f"Too few validation rows to choose a threshold on half of them: {few}") from few
    scoring, named, imports = _scoring(case)
    tuned = TunedThresholdClassifierCV(bench.duplicate(), scoring=scoring, cv="prefit", refit=False)
    try:
        with sized_threads(len(chosen)), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = tuned.fit(copied(take(case.val.table.data, chosen)), np.array(case.val.y)[chosen])
    except Exception as error:
        raise NoRemedy(f"No threshold could be chosen: {type(error).__name__}: {error}") from error
    text = (
        f"Chose the threshold {_of(fitted)} on half of the validation rows, for {_goal(case)}; the model is "
        "the same."
    )
    notes = (
        f"{reason} Before and after are judged on the {len(judged)} validation rows that did not choose it.",
        _stands_for(fitted),
    )
    code = _HALF.format(scoring=named, imports=imports, seed=case.random_state)
    return Remedied(text, fitted, code, judged=np.sort(judged), notes=notes)


def _of(fitted: Any) -> str:
    return f"{float(fitted.best_threshold_):.3g}"


def _stands_for(fitted: Any) -> str:
    return f"{_of(fitted)} is a cut on the score of {fitted.classes_[1]!s}."


def negative_cost(
    y_true: Any, y_pred: Any, *, positive: Any, false_positive: float, false_negative: float
) -> float:
    """Return what the mistakes cost on average, with its sign turned."""
    true, told = np.asarray(y_true) == positive, np.asarray(y_pred) == positive
    return -float(np.mean(false_positive * (told & ~true) + false_negative * (true & ~told)))


def _goal(case: Case) -> str:
    if case.costs is not None:
        return "the least cost of mistakes"
    return {"f1": "F1", "accuracy": "accuracy"}.get(case.metric or "", "balanced accuracy")


def _scoring(case: Case) -> tuple[Any, str, str]:
    """Return the scorer, the same in Python to paste, and what that imports."""
    positive = case.classes[case.positive]
    if case.costs is not None:
        told = f"make_scorer(negative_cost, positive={positive!r}, **{case.costs!r})"
        imports = (
            "from sklearn.metrics import make_scorer\nfrom ladder_widgets.remedies import negative_cost\n"
        )
        return make_scorer(negative_cost, positive=positive, **case.costs), told, imports
    if case.metric == "f1":
        told = f"make_scorer(f1_score, pos_label={positive!r})"
        return (
            make_scorer(f1_score, pos_label=positive),
            told,
            "from sklearn.metrics import f1_score, make_scorer\n",
        )
    name = "accuracy" if case.metric == "accuracy" else "balanced_accuracy"
    return name, repr(name), ""


_TUNED = """\
from sklearn.base import clone
{imports}from sklearn.model_selection import TunedThresholdClassifierCV

# Choose the scoring that says what each kind of error costs you.
model = TunedThresholdClassifierCV(clone(model), scoring={scoring}).fit(X_train, y_train)
print(model.best_threshold_)
"""
_HALF = """\
{imports}from sklearn.model_selection import TunedThresholdClassifierCV, train_test_split

# The model is not fitted again. Judge it on X_val: these rows did not choose the threshold.
X_choose, X_val, y_choose, y_val = train_test_split(
    X_val, y_val, test_size=0.5, stratify=y_val, random_state={seed}
)
tuned = TunedThresholdClassifierCV(model, scoring={scoring}, cv="prefit", refit=False)
model = tuned.fit(X_choose, y_choose)
print(model.best_threshold_)
"""
