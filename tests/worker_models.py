"""Models and pieces of work for other processes, which import as little as they can."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin


class OnlyMargins(ClassifierMixin, BaseEstimator):
    """A model without probabilities, which changes the rows it is handed."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def decision_function(self, X):
        X *= 2
        return X[:, 0]

    def predict(self, X):
        return self.classes_[(X[:, 0] > 0).astype(int)]


class Where(OnlyMargins):
    """Answers with the number of the process that is asked."""

    def predict_proba(self, X):
        p = np.full(len(X), os.getpid() / 2**22)
        return np.column_stack([1 - p, p])

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


class Rank(OnlyMargins):
    """Answers with the place among the rows of the call."""

    def predict_proba(self, X):
        p = X["funded_amnt"].rank(pct=True).to_numpy()
        return np.column_stack([1 - p, p])

    def predict(self, X):
        return self.classes_[np.argmax(self.predict_proba(X), axis=1)]


class Bound(ClassifierMixin, BaseEstimator):
    """Holds, once fitted, what cannot be pickled."""

    def fit(self, X, y):
        self.lock_ = threading.Lock()
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.full((X.shape[0], len(self.classes_)), 1 / len(self.classes_))

    def predict(self, X):
        return np.full(X.shape[0], self.classes_[0])


class Deadly(Bound):
    """Ends any process but the one it calls home: always, or until it has left a mark."""

    def __init__(self, home=0, mark=None):
        self.home = home
        self.mark = mark

    def fit(self, X, y):
        if os.getpid() != self.home and not (self.mark and Path(self.mark).exists()):
            if self.mark:
                Path(self.mark).touch()
            os._exit(1)
        return super().fit(X, y)


class EndsAtARow:
    """Answers at random, and ends any process but its home where it meets a row."""

    def __init__(self, home, row, classes):
        self.home, self.row, self.classes_ = home, row, np.array(classes)

    def predict_proba(self, X):
        if os.getpid() != self.home and self.row in X.index:
            os._exit(1)
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))


class Endless(Bound):
    """Burns a core, and leaves a mark that says where."""

    def __init__(self, folder="", seconds=60):
        self.folder, self.seconds = folder, seconds

    def fit(self, X, y):
        burn(self.folder, self.seconds)
        return super().fit(X, y)


def burn(folder, seconds):
    """Burn a core, and leave a mark that says where."""
    end = time.monotonic() + seconds
    Path(folder, f"{os.getpid()}-{threading.get_ident()}-{time.monotonic_ns()}").touch()
    while time.monotonic() < end:
        pass
    return "burnt"


def kind_of(array, parcel):
    """How an array and a parcel came here."""
    return type(array).__name__, type(parcel._packed).__name__, os.getpid()
