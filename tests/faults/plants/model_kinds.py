"""Faults of the model layer: the wrong kind, held back too firmly, diverged."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from tests.faults.plants.base import OBVIOUS, SUBTLE, Planted, many, plants
from tests.faults.tables import Data, columns, sound_model


def _dense(array: Any) -> Any:
    return array.toarray() if hasattr(array, "toarray") else array


def with_estimator(data: Data, estimator: Any, scaled: bool = True) -> Any:
    """The sound preparation of the table with another estimator behind it, not fitted."""
    numbers, words = columns(data.X_train)
    scale = StandardScaler() if scaled else "passthrough"
    fill = make_pipeline(SimpleImputer(strategy="median"), scale)
    onehot = make_pipeline(
        SimpleImputer(strategy="most_frequent"),
        OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=10),
    )
    prepare = ColumnTransformer([("numbers", fill, numbers), ("words", onehot, words)])
    return make_pipeline(prepare, FunctionTransformer(_dense), estimator)


def quiet(model: Any, X: Any, y: Any) -> Any:
    """Fit without the warnings that a planted fault gives."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return model.fit(X, y)


# ---- model.wrong-class ---------------------------------------------------------------------------


def _coded(data: Data) -> Data:
    """The labels as numbers from zero on, as a regressor wants them."""
    levels = sorted(data.y_train.unique(), key=str)
    code = {level: position for position, level in enumerate(levels)}
    return data.but(y_train=data.y_train.map(code).astype(int), y_val=data.y_val.map(code).astype(int))


@plants("model.wrong-class")
def regressor(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A regressor on classes; in the subtle case one whose answers are mostly whole."""
    choices = (LinearRegression(), Ridge(), RandomForestRegressor(20, random_state=0))
    estimator = DecisionTreeRegressor(random_state=0) if strength == SUBTLE else choices[rng.integers(3)]
    coded = _coded(data)
    return Planted(coded.but(model=with_estimator(data, estimator)).case())


class Booster:
    """What boosting libraries call a model of their own: ``predict`` gives probabilities."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def predict(self, X: Any) -> np.ndarray:
        proba = self._inner.predict_proba(X)
        return proba[:, 1] if proba.shape[1] == 2 else proba


@plants("model.wrong-class")
def answers_probabilities(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Probabilities where labels are due; in the subtle case only some of them have decimals."""
    coded = _coded(data)
    forest = RandomForestClassifier(20 if strength == OBVIOUS else 5, random_state=0)
    inner = with_estimator(data, forest).fit(data.X_train, coded.y_train)
    return Planted(coded.case(model=Booster(inner)))


@plants("model.wrong-class")
def clusters(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Clusters, or outliers, taken for classes."""
    count = data.y_train.nunique()
    estimator = IsolationForest(random_state=0) if strength == OBVIOUS else KMeans(count, n_init=1)
    return Planted(_coded(data).but(model=with_estimator(data, estimator)).case())


@plants("model.wrong-class")
def measurement_as_classes(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A classifier told to name a measurement, rounded so that it takes it."""
    steps = 60 if strength == OBVIOUS else 25
    for name in many(data, rng):
        values = pd.concat([data.X_train[name], data.X_val[name]]).dropna()
        if data.X_train[name].isna().any() or data.X_val[name].isna().any() or values.nunique() < 3 * steps:
            continue
        low, high = values.quantile([0.01, 0.99])
        if high <= low:
            continue
        cut = [
            ((X[name].clip(low, high) - low) / (high - low) * steps).round().astype(int)
            for X in (data.X_train, data.X_val)
        ]
        if strength == OBVIOUS:
            cut = [y.astype(str) for y in cut]
        frames = [X.drop(columns=name) for X in (data.X_train, data.X_val)]
        faulty = data.but(X_train=frames[0], X_val=frames[1], y_train=cut[0], y_val=cut[1])
        forest = RandomForestClassifier(15, max_depth=8, random_state=0)
        near = KNeighborsClassifier(5) if rng.random() < 0.5 else forest
        faulty = faulty.but(model=with_estimator(faulty, near))
        model = faulty.fitted()
        said, true = model.predict(frames[1]).astype(int), cut[1].astype(int).to_numpy()
        if np.corrcoef(said, true)[0, 1] > 0.25 and np.mean(said == true) < 0.7:
            return Planted(faulty.case(model=model))
    return None


# ---- model.over-regularized ----------------------------------------------------------------------


def _held(data: Data, estimator: Any, strength: str) -> Planted | None:
    """The case, if the model finds clearly less of the classes than a sound one."""
    model = quiet(with_estimator(data, estimator), data.X_train, data.y_train)
    sound = sound_model(data.X_train, data.y_train).fit(data.X_train, data.y_train)
    case = data.case(model=model)
    y = case.y(case.val)

    def recall(one: Any) -> float:
        said = np.array([case.classes.index(label) for label in one.predict(data.X_val)])
        return float(np.mean([np.mean(said[y == c] == c) for c in np.unique(y)]))

    lost = 0.15 if strength == OBVIOUS else 0.08
    return Planted(case) if recall(sound) - recall(model) >= lost else None


@plants("model.over-regularized")
def strong_penalty(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A linear model whose penalty leaves it the class shares."""
    obvious = strength == OBVIOUS
    c = 1e-6 if obvious else 10 ** rng.uniform(-4, -3.3)
    choices = (
        LogisticRegression(C=c, max_iter=500),
        SGDClassifier(loss="log_loss", penalty="l1", alpha=0.5 if obvious else 0.1, random_state=0),
        SGDClassifier(loss="log_loss", alpha=100 if obvious else 1.0, random_state=0),
    )
    return _held(data, choices[rng.integers(len(choices))], strength)


@plants("model.over-regularized")
def tiny_tree(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A stump, or leaves so large that the tree has hardly any."""
    n = len(data.y_train)
    tree = (
        DecisionTreeClassifier(max_depth=1, min_samples_leaf=n // 3)
        if strength == OBVIOUS
        else DecisionTreeClassifier(min_samples_leaf=n // 4)
    )
    return _held(data, tree, strength)


@plants("model.over-regularized")
def hardly_moved(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Boosting of a few tiny steps, or a neighbourhood of nearly everybody."""
    n = len(data.y_train)
    obvious = strength == OBVIOUS
    choices = (
        GradientBoostingClassifier(n_estimators=5, learning_rate=1e-3 if obvious else 0.02, random_state=0),
        KNeighborsClassifier(int(n * (0.8 if obvious else 0.4))),
        GaussianNB(var_smoothing=1e4 if obvious else 30.0),
        MLPClassifier((16,), alpha=1e3 if obvious else 20.0, max_iter=20, random_state=0),
    )
    return _held(data, choices[rng.integers(len(choices))], strength)


# ---- model.divergence ----------------------------------------------------------------------------


@plants("model.divergence")
def steps_too_large(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Gradient descent with steps that jump over the valley; without scaling in the obvious case."""
    eta = 10 ** rng.uniform(3, 5) if strength == OBVIOUS else 10 ** rng.uniform(1.3, 2)
    loss = ("log_loss", "hinge")[rng.integers(2)]
    estimator = SGDClassifier(loss=loss, learning_rate="constant", eta0=eta, random_state=0)
    model = with_estimator(data, estimator, scaled=strength == SUBTLE)
    return _diverged(data, model, 2.0)


@plants("model.divergence")
def network_exploded(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A network with a learning rate of 20 and more; only where its loss went up or stayed."""
    rate = 100.0 if strength == OBVIOUS else 20.0
    network = MLPClassifier((16,), solver="sgd", learning_rate_init=rate, max_iter=30, random_state=0)
    return _diverged(data, with_estimator(data, network), 1.3)


@plants("model.divergence")
def boosting_overshot(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Boosting that adds each correction many times over."""
    rate = 20.0 if strength == OBVIOUS else 3.0
    boosted = GradientBoostingClassifier(n_estimators=15, learning_rate=rate, random_state=0)
    return _diverged(data, with_estimator(data, boosted), 2.0)


def _diverged(data: Data, model: Any, times: float) -> Planted | None:
    """The case, if training ended above the loss of answering the class shares."""
    try:
        model = quiet(model, data.X_train, data.y_train)
    except ValueError:  # scikit-learn noticed
        return None
    shares = data.y_train.value_counts(normalize=True).to_numpy()
    chance = -(shares * np.log(shares)).sum()
    curve = getattr(model.steps[-1][1], "loss_curve_", None)
    loss = curve[-1] if curve is not None else _loss(model, data.X_train, data.y_train)
    return Planted(data.case(model=model)) if not loss < times * chance else None


def _loss(model: Any, X: Any, y: Any) -> float:
    margin = model.decision_function(X)
    codes = pd.factorize(y, sort=True)[0]
    margin = np.column_stack([np.zeros(len(y)), margin]) if margin.ndim == 1 else margin
    margin = np.clip(margin, -1e100, 1e100)
    total = np.logaddexp.reduce(margin, axis=1)
    return float(np.mean(total - margin[np.arange(len(y)), codes]))


class Descent(ClassifierMixin, BaseEstimator):
    """Somebody's own logistic regression by gradient descent, as in a course."""

    def __init__(self, lr: float = 0.1, steps: int = 100) -> None:
        self.lr, self.steps = lr, steps

    def fit(self, X: Any, y: Any) -> Descent:
        self.classes_ = np.unique(y)
        X, t = _dense(X), (np.asarray(y) == self.classes_[1]).astype(float)
        self.w, self.b, self.losses = np.zeros(X.shape[1]), 0.0, []
        with np.errstate(all="ignore"):
            for _ in range(self.steps):
                p = 1 / (1 + np.exp(-(X @ self.w + self.b)))
                self.losses.append(float(-np.mean(np.log(np.where(t == 1, p, 1 - p)))))
                self.w = self.w - self.lr * X.T @ (p - t) / len(t)
                self.b = self.b - self.lr * float(np.mean(p - t))
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        with np.errstate(all="ignore"):
            p = 1 / (1 + np.exp(-(_dense(X) @ self.w + self.b)))
        return np.column_stack([1 - p, p])

    def predict(self, X: Any) -> np.ndarray:
        return self.classes_[(self.predict_proba(X)[:, 1] > 0.5).astype(int)]


@plants("model.divergence")
def own_descent(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A home-made descent on columns of wildly different scales, or with too bold a step."""
    if data.y_train.nunique() != 2:
        return None
    if strength == OBVIOUS:
        model = with_estimator(data, Descent(1e6 if rng.random() < 0.5 else np.inf), scaled=False)
    else:
        model = with_estimator(data, Descent(float(10 ** rng.uniform(1.5, 2.5))))
    model = quiet(model, data.X_train, data.y_train)
    own = model.steps[-1][1]
    worse = not own.losses[-1] < 1.5 * min(own.losses)
    return Planted(data.case(model=model)) if worse else None
