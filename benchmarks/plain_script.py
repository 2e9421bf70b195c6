"""What a person writes by hand: dummy, logistic regression and forest by 5-fold cross-validation, then means.

The yardstick of the other benchmarks. It takes numbers only, so categories are coded first.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

__all__ = ["plain_script"]


def plain_script(model, X: pd.DataFrame, y: pd.Series, positive) -> dict[str, float]:
    """Score three models by 5-fold AUC and compare feature means of false negatives with the found."""
    coded = X.copy()
    for name in coded.columns:
        if not pd.api.types.is_numeric_dtype(coded[name]):
            codes = coded[name].astype("category").cat.codes
            coded[name] = codes.astype(float).where(codes >= 0)
    label = (y == positive).astype(int).to_numpy()
    values = coded.to_numpy(dtype=float)
    np.isnan(values).sum()
    forest = RandomForestClassifier(n_estimators=100, max_depth=5, random_state=42)
    linear = [("scaler", StandardScaler()), ("model", LogisticRegression(max_iter=1000))]
    steps = {
        "dummy": [("model", DummyClassifier(strategy="most_frequent"))],
        "linear": linear,
        "forest": [("model", forest)],
    }
    scores = {}
    for name, tail in steps.items():
        pipeline = Pipeline([("imputer", SimpleImputer(strategy="median")), *tail])
        scores[name] = cross_val_score(pipeline, values, label, cv=5, scoring="roc_auc").mean()
    predicted = (model.predict(X) == positive).astype(int)
    missed, found = coded[(label == 1) & (predicted == 0)], coded[(label == 1) & (predicted == 1)]
    apart = (missed.mean() - found.mean()).abs() > 0.5 * found.std()
    return {**scores, "apart": int(apart.sum())}
