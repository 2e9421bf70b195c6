"""Cross-validation of the reference rungs, fold by fold."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ladder_widgets.metrics import NAMES, evaluate
from ladder_widgets.rungs.estimators import Reference
from ladder_widgets.rungs.folds import Folds
from ladder_widgets.table import take
from ladder_widgets.threads import sized_threads

__all__ = ["ReferenceResult", "cross_validate", "fit_and_score"]


@dataclass(eq=False)
class ReferenceResult:
    """Out-of-fold scores of one reference.

    Attributes
    ----------
    proba : ndarray of shape (n_sampled_rows, n_classes)
        Out-of-fold scores, in the order of ``folds.rows``.
    folds : dict of str to list of float
        Each metric, one value per fold.
    """

    reference: Reference
    proba: np.ndarray
    folds: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in NAMES})

    def fold_values(self, metric: str) -> np.ndarray:
        """Values of a metric, shape (n_folds,)."""
        return np.asarray(self.folds[metric], dtype=float)


def cross_validate(
    reference: Reference,
    matrix: np.ndarray,
    raw: Any,
    y: np.ndarray,
    n_classes: int,
    positive: int,
    folds: Folds,
) -> Iterator[ReferenceResult]:
    """Fit and score fold by fold; yields the growing result after each fold.

    Parameters
    ----------
    matrix : ndarray of shape (n_sampled_rows, n_columns)
        The shared design, of the sampled rows.
    raw : table of shape (n_rows, n_features)
        The user's own rows, for references that want them.
    y : ndarray of shape (n_sampled_rows,)
        Codes.
    """
    result = ReferenceResult(reference, np.zeros((len(y), n_classes)))
    for train, test in folds.pairs:
        if reference.raw:
            fit_on, score_on = take(raw, folds.rows[train]), take(raw, folds.rows[test])
        else:
            fit_on, score_on = matrix[train], matrix[test]
        proba = fit_and_score(reference, fit_on, y[train], score_on, n_classes)
        result.proba[test] = proba
        scores = evaluate(y[test], proba, np.argmax(proba, axis=1), positive)
        for name, value in scores.items():
            result.folds[name].append(value)
        yield result


def fit_and_score(
    reference: Reference, fit_on: Any, y: np.ndarray, score_on: Any, n_classes: int
) -> np.ndarray:
    """Fit a fresh estimator and return scores of shape (n_rows, n_classes)."""
    with sized_threads(len(y)), warnings.catch_warnings():
        # Convergence and unseen levels are no news about the user's model.
        warnings.simplefilter("ignore")
        estimator = reference.fresh().fit(fit_on, y)
        if hasattr(estimator, "predict_proba"):
            part = estimator.predict_proba(score_on)
        else:
            part = np.eye(n_classes)[estimator.predict(score_on)][:, estimator.classes_]
    proba = np.zeros((len(part), n_classes))
    proba[:, estimator.classes_] = part
    return proba
