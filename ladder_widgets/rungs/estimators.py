"""The estimators of the reference rungs: a dummy, a linear model, a non-linear one."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline

from ladder_widgets.rungs.coding import Coding
from ladder_widgets.rungs.logistic import CodedLogisticRegression
from ladder_widgets.rungs.screen import WIDE, WideClassifier, columns_for

__all__ = ["Reference", "reference_for"]

#: Rows from which boosting on histograms is both faster and stronger than a forest.
BOOSTING_ROWS = 500
#: Classes up to which it is: boosting grows a tree for each of them at every step.
BOOSTING_CLASSES = 8
_LABELS = {1: "Baseline", 2: "Linear", 3: "Non-linear"}


class Reference:
    """One reference rung's estimator and the rows it wants.

    Attributes
    ----------
    raw : bool
        Whether it takes the user's own rows instead of the shared matrix.
    """

    def __init__(self, number: int, estimator: Any, raw: bool) -> None:
        self.number = number
        self.estimator = estimator
        self.raw = raw

    @property
    def label(self) -> str:
        """Name of the rung."""
        return _LABELS[self.number]

    @property
    def description(self) -> str:
        """Class name of the estimator that decides."""
        last = self.estimator.steps[-1][1] if isinstance(self.estimator, Pipeline) else self.estimator
        if isinstance(last, WideClassifier):
            last = last.estimator
        name = str(getattr(last, "stands_for", type(last).__name__))
        return f"{name} of scikit-learn-intelex" if type(last).__module__.startswith("sklearnex") else name

    @property
    def screened(self) -> int | None:
        """How many columns the estimator chooses for itself in each fit; None if it takes all."""
        return self.estimator.n_columns if isinstance(self.estimator, WideClassifier) else None

    def fresh(self) -> Any:
        """Return an unfitted copy."""
        return clone(self.estimator)


def reference_for(
    number: int,
    users: Any,
    categorical: np.ndarray,
    y: np.ndarray,
    random_state: int,
    n_jobs: int | None,
) -> Reference:
    """Return the reference of a rung: the user's if given, else ours.

    ``y`` are the labels it will be fitted on. A user's Pipeline is trusted with the raw rows; any
    other estimator stands behind the same imputing and encoding as the linear rung.
    """
    if isinstance(users, Pipeline):
        return Reference(number, users, raw=True)
    if users is not None:
        return Reference(number, make_pipeline(Coding(categorical), users), raw=False)
    if number == 1:
        return Reference(1, DummyClassifier(strategy="prior"), raw=False)
    if number == 2:
        return Reference(2, CodedLogisticRegression(categorical), raw=False)
    return Reference(3, _non_linear(categorical, y, random_state, n_jobs), raw=False)


def _non_linear(categorical: np.ndarray, y: np.ndarray, random_state: int, n_jobs: int | None) -> Any:
    if len(y) >= BOOSTING_ROWS and len(np.unique(y)) <= BOOSTING_CLASSES:
        boosting = HistGradientBoostingClassifier(
            # Small, well-damped trees: on real tables with a rare class the defaults overfit and
            # lose to the linear rung, which would read as "no non-linear signal".
            # On 26 real tables 50 trees at 0.1 have the AUC of 80 at 0.06, to 0.001 in the mean.
            max_iter=50,
            learning_rate=0.1,
            max_leaf_nodes=8,
            min_samples_leaf=40,
            l2_regularization=5.0,
            max_features=0.3,
            categorical_features=categorical,
            early_stopping=False,
            random_state=random_state,
        )
        if len(categorical) <= WIDE:
            return boosting
        kept = columns_for(len(y), len(categorical))
        return WideClassifier(boosting.set_params(max_bins=64), categorical, kept)
    settings = {"n_estimators": 100, "min_samples_leaf": 3, "random_state": random_state}
    fast = _accelerated_forest()
    # Its threads are not those that are limited where folds go side by side.
    forest = RandomForestClassifier(n_jobs=n_jobs, **settings) if fast is None else fast(n_jobs=1, **settings)
    return make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), forest)


def _accelerated_forest() -> Any:
    """Return the forest of scikit-learn-intelex where it is installed and works, else None."""
    try:
        from sklearnex.ensemble import RandomForestClassifier as Forest
    except Exception:  # as a rule ImportError; beside another scikit-learn than its own, anything
        return None
    return Forest
