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
from ladder_widgets.rungs.screen import LEVELS, WIDE, ScreenedClassifier, columns_for

__all__ = ["Reference", "reference_for"]

#: Rows from which boosting on histograms is both faster and stronger than a forest.
BOOSTING_ROWS = 500
#: Classes up to which it is: boosting grows a tree for each of them at every step.
BOOSTING_CLASSES = 8
#: Cells on which boosting is fitted at most, unless every row is asked for, and rows taken of any width.
#: It holds three float64 copies of them. On nine tables with interactions, of 50 columns with 10 or 3 %
#: positives and of 20 with 1 %, the AUC of a fit on 75,000 to 718,000 rows was 0.001 higher on average (0.003
#: in the worst case), where the sample asks for a standard error of 0.003.
MOST_CELLS, LEAST_ROWS = 1_500_000, 20_000
_LABELS = {1: "Baseline", 2: "Linear", 3: "Non-linear"}


class Reference:
    """One reference rung's estimator and the rows it wants.

    Attributes
    ----------
    raw : bool
        Whether it takes the user's own rows instead of the shared matrix.
    most_rows : int or None
        Rows that are enough to fit it on.
    """

    def __init__(self, number: int, estimator: Any, raw: bool, most_rows: int | None = None) -> None:
        self.number = number
        self.estimator = estimator
        self.raw = raw
        self.most_rows = most_rows

    @property
    def label(self) -> str:
        """Name of the rung."""
        return _LABELS[self.number]

    @property
    def description(self) -> str:
        """Class name of the estimator that decides."""
        last = self.estimator.steps[-1][1] if isinstance(self.estimator, Pipeline) else self.estimator
        if isinstance(last, ScreenedClassifier):
            last = last.estimator
        name = str(getattr(last, "stands_for", type(last).__name__))
        return f"{name} of scikit-learn-intelex" if type(last).__module__.startswith("sklearnex") else name

    @property
    def screened(self) -> int | None:
        """How many columns the estimator chooses for itself in each fit; None if it takes all."""
        return self.estimator.n_columns if isinstance(self.estimator, ScreenedClassifier) else None

    @property
    def blind(self) -> bool:
        """Whether it looks at no column."""
        return isinstance(self.estimator, DummyClassifier)

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
    every_row: bool = False,
) -> Reference:
    """Return the reference of a rung: the user's if given, else ours.

    ``y`` are the labels it will be fitted on. A user's Pipeline is trusted with the raw rows; any
    other estimator stands behind the same imputing and encoding as the linear rung. With ``every_row`` ours
    are fitted on all rows, however many.
    """
    if isinstance(users, Pipeline):
        return Reference(number, users, raw=True)
    if users is not None:
        return Reference(number, make_pipeline(Coding(categorical), users), raw=False)
    if number == 1:
        return Reference(1, DummyClassifier(strategy="prior"), raw=False)
    if number == 2:
        return Reference(2, CodedLogisticRegression(categorical), raw=False)
    if not _boosts(y):
        return Reference(3, _forest(random_state, n_jobs), raw=False)
    most = None if every_row else max(LEAST_ROWS, MOST_CELLS // max(1, len(categorical)))
    return Reference(3, _boosting(categorical, y, random_state), raw=False, most_rows=most)


def _boosts(y: np.ndarray) -> bool:
    return len(y) >= BOOSTING_ROWS and len(np.unique(y)) <= BOOSTING_CLASSES


def _boosting(categorical: np.ndarray, y: np.ndarray, random_state: int) -> ScreenedClassifier:
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
        return ScreenedClassifier(boosting, categorical)
    kept = columns_for(len(y), len(categorical))
    return ScreenedClassifier(boosting.set_params(max_bins=64), categorical, kept, LEVELS)


def _forest(random_state: int, n_jobs: int | None) -> Any:
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
