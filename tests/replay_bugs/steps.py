"""Steps as people write them, and the same with the bugs that they write."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler


class Ratio(TransformerMixin, BaseEstimator):
    """Adds debt over income; no names of its columns."""

    def __init__(self, top="Debt", bottom="Income"):
        self.top, self.bottom = top, bottom

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        X = X.copy()
        X["ratio"] = X[self.top] / (X[self.bottom] + 1)
        return X


class BatchScaler(TransformerMixin, BaseEstimator):
    """Standardises by the rows it is given, not by those of training."""

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        X = np.asarray(X, dtype=float)
        return (X - X.mean(axis=0)) / (X.std(axis=0) + 1e-3)


class Noisy(TransformerMixin, BaseEstimator):
    """Adds noise in training, and was never told to stop."""

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        return np.asarray(X, dtype=float) + np.random.default_rng().normal(scale=0.1, size=np.shape(X))


class LogAmounts(TransformerMixin, BaseEstimator):
    """Logarithm of some columns: of nothing it is −inf."""

    def __init__(self, columns=()):
        self.columns = columns

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        X = X.copy()
        with np.errstate(all="ignore"):
            for column in self.columns:
                X[column] = np.log(X[column].astype(float))
        return X


class Lookup(TransformerMixin, BaseEstimator):
    """Replaces a category by its frequency in training; a new one has none."""

    def __init__(self, column="Home"):
        self.column = column

    def fit(self, X, y=None):
        self.shares_ = X[self.column].value_counts(normalize=True).to_dict()
        return self

    def transform(self, X):
        X = X.copy()
        X[self.column] = X[self.column].map(self.shares_).astype(float)
        return X


class Sampler(BaseEstimator):
    """Stands for the samplers of imbalanced-learn: only fit_resample."""

    def fit_resample(self, X, y):
        keep = np.arange(len(X)) % 3 > 0
        return X[keep], y[keep]


class SamplingPipeline(ClassifierMixin, BaseEstimator):
    """Stands for the pipeline of imbalanced-learn: samplers are left out when it predicts."""

    def __init__(self, steps):
        self.steps = steps

    def fit(self, X, y):
        for _, step in self.steps[:-1]:
            if hasattr(step, "fit_resample"):
                X, y = step.fit_resample(X, y)
            else:
                X = step.fit(X, y).transform(X)
        self.steps[-1][1].fit(X, y)
        self.classes_ = self.steps[-1][1].classes_
        return self

    def predict_proba(self, X):
        for _, step in self.steps[:-1]:
            if not hasattr(step, "fit_resample"):
                X = step.transform(X)
        return self.steps[-1][1].predict_proba(X)

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class HomeMade:
    """No estimator of any library: fills, scales and decides with what it holds."""

    def __init__(self, columns):
        self.columns = list(columns)
        self.filler = SimpleImputer(strategy="median")
        self.scaler = StandardScaler()
        self.decider = LogisticRegression(max_iter=1000)

    def fit(self, X, y):
        filled = self.filler.fit_transform(X[self.columns])
        self.decider.fit(self.scaler.fit_transform(filled), y)
        self.classes_ = self.decider.classes_
        return self

    def predict_proba(self, X):
        filled = self.filler.transform(X[self.columns])
        return self.decider.predict_proba(self.scaler.transform(filled))

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def dummies(X):
    """Columns for the levels that happen to be in the rows."""
    return pd.get_dummies(X).astype(float)


def root(X):
    """Square root: of what is negative there is none."""
    with np.errstate(all="ignore"):
        return np.sqrt(X)


class Counting(TransformerMixin, BaseEstimator):
    """Adds how often it was asked."""

    def fit(self, X, y=None):
        self.n_ = 0
        return self

    def transform(self, X):
        self.n_ += 1
        return np.asarray(X, dtype=float) + self.n_


class DropEmpty(TransformerMixin, BaseEstimator):
    """Drops the columns without a value: of one row that is every missing one."""

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        return X.dropna(axis=1, how="all")


class BatchFill(TransformerMixin, BaseEstimator):
    """Fills with the mean of the rows at hand."""

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        return X.fillna(X.mean())


class Hour(TransformerMixin, BaseEstimator):
    """Hour of a date."""

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        return X.assign(hour=X["when"].dt.hour).drop(columns="when")


def ranks(X):
    """Ranks among the rows at hand."""
    return pd.DataFrame(X).rank(pct=True).to_numpy()
