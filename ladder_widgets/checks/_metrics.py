"""What a metric gives: to the model, and to a dummy that never finds the rare class."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import get_scorer

from ladder_widgets.case import Case

__all__ = ["FAIR", "Marks", "is_of_classes", "mark", "marks", "of_probabilities"]

#: Metrics that a model which never finds the rare class does badly in.
FAIR = ("average_precision", "roc_auc", "balanced_accuracy", "f1")
FAIR_OF_MANY = ("roc_auc_ovr", "balanced_accuracy", "f1_macro")
#: Parts of the names of scorers that compare numbers or clusters, not classes.
_OTHERS = (
    "r2",
    "explained_variance",
    "max_error",
    "error",
    "deviance",
    "d2_absolute",
    "d2_pinball",
    "d2_tweedie",
    "rand_score",
    "mutual_info",
    "homogeneity",
    "completeness",
    "v_measure",
    "fowlkes",
)
_PROBABILITIES = ("log_loss", "brier")


class _Answers(ClassifierMixin, BaseEstimator):
    """Known answers in the shape of a classifier, so that any scorer can mark them; X are row numbers."""

    def __init__(self, proba: Any = None, predicted: Any = None) -> None:
        self.proba, self.predicted = proba, predicted
        self.classes_ = np.arange(np.shape(proba)[1])

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict(self, X: Any) -> np.ndarray:
        return np.asarray(self.predicted)[np.asarray(X)[:, 0]]

    def predict_proba(self, X: Any) -> np.ndarray:
        return np.asarray(self.proba)[np.asarray(X)[:, 0]]


def is_of_classes(name: str) -> bool:
    """Whether a scorer marks classes or their probabilities."""
    return not any(part in name for part in _OTHERS)


def of_probabilities(name: str) -> bool:
    """Whether a scorer marks probabilities, on a scale of its own."""
    return any(part in name for part in _PROBABILITIES)


def mark(name: str, y: np.ndarray, proba: np.ndarray, predicted: np.ndarray) -> float | None:
    """Return what a scorer gives to these answers; None where it does not apply.

    Examples
    --------
    >>> y, proba = np.array([0, 0, 1, 0]), np.full((4, 2), 0.5)
    >>> mark("accuracy", y, proba, np.zeros(4, dtype=int))
    0.75
    """
    rows = np.arange(len(y))[:, None]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value = float(get_scorer(name)(_Answers(proba, predicted), rows, y))
        except Exception:  # a scorer may ask for two classes, for labels, for more than one class …
            return None
    return value if np.isfinite(value) else None


@dataclass(frozen=True)
class Marks:
    """One metric for the model and for a dummy that answers the commonest class."""

    name: str
    model: float
    dummy: float

    @property
    def skill(self) -> float:
        """Part of the way from the dummy to full marks; 0 where the dummy has them already."""
        return (self.model - self.dummy) / (1 - self.dummy) if self.dummy < 1 else 0.0


def marks(case: Case) -> list[Marks]:
    """Return the reported metric first, then fair ones."""
    y, answer, predicted = case.y(case.val), case.scores(), case.predicted()
    proba, k = answer.proba, len(case.classes)
    if case.binary:  # scorers take the second class of two for the positive one
        # Text labels have no positive class unless one is named: whoever reports on them means the rarer.
        positive = case.positive if case.positive_said else int(np.bincount(y, minlength=k).argmin())
        proba = proba[:, [1 - positive, positive]]
        y, predicted = (codes == positive for codes in (y, predicted))
        y, predicted = y.astype(int), predicted.astype(int)
    shares = np.bincount(y, minlength=k) / len(y)
    dummy = np.tile(shares, (len(y), 1)), np.full(len(y), int(shares.argmax()))
    names = (str(case.metric), *(FAIR if case.binary else FAIR_OF_MANY))
    found = []
    for name in dict.fromkeys(names):
        own, theirs = mark(name, y, proba, predicted), mark(name, y, *dummy)
        if own is not None and theirs is not None:
            found.append(Marks(name, own, theirs))
    return found
