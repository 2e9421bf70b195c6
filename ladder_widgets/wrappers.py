"""What stands around an estimator: pipelines, searches, calibration, thresholds."""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from typing import Any

__all__ = ["METHODS", "declared_thresholds", "innermost", "search_of"]

#: What a model may offer, best first.
METHODS = ("predict_proba", "decision_function", "predict")


def innermost(model: Any) -> Any:
    """Return the estimator that decides, inside pipelines, searches, calibration and thresholds.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> innermost(make_pipeline(LogisticRegression()))
    LogisticRegression()
    """
    for _ in range(10):
        steps = getattr(model, "steps", None)
        if isinstance(steps, list) and steps:
            model = steps[-1][1]
            continue
        if hasattr(model, "estimators_"):  # an ensemble decides as one
            break
        names = ("best_estimator_", "estimator_", "estimator")
        inner = next((found for name in names if (found := getattr(model, name, None)) is not None), None)
        if inner is None or not any(hasattr(inner, method) for method in METHODS):
            break
        model = inner
    return model


def declared_thresholds(model: Any) -> list[float]:
    """Return the decision thresholds a wrapper states."""
    found = (getattr(model, name, None) for name in ("best_threshold_", "threshold"))
    return [float(value) for value in found if isinstance(value, numbers.Real)]


def search_of(model: Any) -> tuple[int, int] | None:
    """Return ``(candidates, folds)`` of a search over parameters that this model is, or None.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> search = GridSearchCV(DecisionTreeClassifier(), {"max_depth": [1, 2, 3]}, cv=4)
    >>> search_of(search.fit(*load_iris(return_X_y=True)))
    (3, 4)
    """
    results, folds = getattr(model, "cv_results_", None), getattr(model, "n_splits_", None)
    if not isinstance(results, Mapping) or not isinstance(folds, numbers.Integral):
        return None
    params = results.get("params")
    return (len(params), int(folds)) if params is not None else None
