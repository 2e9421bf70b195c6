"""model.wrong-class: the kind of the estimator, of the target, and of what it answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.cluster import KMeans
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeRegressor

from ladder_widgets import run_ladder
from ladder_widgets.case import Case
from ladder_widgets.checks._kinds import order
from ladder_widgets.finding import Status
from tests.faults.plants import OBVIOUS, PLANTS, SUBTLE
from tests.faults.plants.model_kinds import Booster
from tests.faults.tables import data, find

CODE = "model.wrong-class"


def rows(n=600, classes=2, seed=0):
    X, y = make_classification(
        n, 6, n_informative=4, n_redundant=0, n_classes=classes, class_sep=0.8, random_state=seed
    )
    return X, y


@pytest.mark.parametrize("strength", [OBVIOUS, SUBTLE])
@pytest.mark.parametrize("plant", PLANTS[CODE], ids=lambda plant: plant.__name__)
@pytest.mark.parametrize("name", ["credit_data", "attrition", "iris"])
def test_plants_are_found(name, plant, strength):
    planted = plant(data(name, n_rows=900), strength, np.random.default_rng(0))
    if planted is None:
        pytest.skip("no room in this table")
    finding = find(CODE, planted.case)
    assert finding.raised, finding.summary


@pytest.mark.parametrize("kind", ["linear", "boosting", "forest", "tuned"])
@pytest.mark.parametrize("name", ["attrition", "hpc_data"])
def test_classifiers_are_silent(name, kind):
    if (name, kind) == ("hpc_data", "tuned"):
        pytest.skip("thresholds need two classes")
    assert find(CODE, data(name, kind=kind, n_rows=700).case()).status is Status.PASS


@pytest.mark.parametrize(
    "model",
    [
        LinearRegression(),
        make_pipeline(StandardScaler(), Ridge()),
        GridSearchCV(make_pipeline(StandardScaler(), Ridge()), {"ridge__alpha": [0.1, 1]}, cv=2),
        DecisionTreeRegressor(random_state=0),
        HistGradientBoostingRegressor(max_iter=10),
    ],
    ids=lambda model: type(model).__name__,
)
def test_regressors_and_their_fix(model):
    X, y = rows()
    model.fit(X[:400], y[:400])
    finding = find(CODE, Case(model, X[400:], y[400:]))
    assert finding.status is Status.FAIL
    assert f"{roc_auc_score(y[400:], model.predict(X[400:])):.3f}" in finding.summary
    names = {"model": model, "X_train": X[:400], "y_train": y[:400]}
    exec(finding.fix, names)
    assert find(CODE, Case(names["model"], X[400:], y[400:])).status is Status.PASS


def test_the_climb_goes_through_and_names_one_fault():
    X, y = rows(900)
    model = LinearRegression().fit(X[:600], y[:600])
    report = run_ladder(model, X[600:], y[600:], X_train=X[:600], y_train=y[:600])
    assert [f.code for f in report.findings if f.raised] == [CODE]
    assert not [f for f in report.findings if f.status is Status.ERROR]


class Own(RegressorMixin, BaseEstimator):
    def fit(self, X, y):
        self.mean_ = float(np.mean(y))
        return self

    def predict(self, X):
        return np.where(np.asarray(X)[:, 0] > 0, 1.0, 0.0)


class Wrapped:
    """Somebody's classifier on top of a regressor."""

    classes_ = np.array([0, 1])

    def __init__(self, inner):
        self.estimator = inner

    def predict_proba(self, X):
        p = np.clip(self.estimator.predict(X), 0, 1)
        return np.column_stack([1 - p, p])

    def predict(self, X):
        return (self.predict_proba(X)[:, 1] > 0.5).astype(int)


class Labels:
    def __init__(self, labels):
        self.labels = np.asarray(labels)

    def predict(self, X):
        return self.labels[(np.asarray(X)[:, 0] > 0).astype(int)]


def test_objects_of_their_own_make():
    X, y = rows()
    assert find(CODE, Case(Own().fit(X, y), X, y)).status is Status.FAIL
    assert find(CODE, Case(Wrapped(LinearRegression().fit(X, y)), X, y)).status is Status.PASS
    assert find(CODE, Case(Labels([0, 1]), X, y)).status is Status.PASS
    assert find(CODE, Case(Labels([False, True]), X, y)).status is Status.PASS
    assert find(CODE, Case(Labels(["no", "yes"]), X, np.array(["no", "yes"])[y])).status is Status.PASS
    assert find(CODE, Case(Labels(["0", "1"]), X, y)).status is Status.FAIL


@pytest.mark.parametrize("classes", [2, 3])
def test_a_booster_that_answers_probabilities(classes):
    X, y = rows(classes=classes)
    booster = Booster(RandomForestClassifier(20, random_state=0).fit(X, y))
    finding = find(CODE, Case(booster, X, y))
    assert finding.status is Status.FAIL
    names = {"model": booster}
    exec(finding.fix, names)
    assert find(CODE, Case(names["model"], X, y)).status is Status.PASS


def test_what_knows_no_labels():
    X, y = rows()
    for model in (KMeans(2, n_init=1, random_state=0), GaussianMixture(2, random_state=0)):
        assert find(CODE, Case(make_pipeline(StandardScaler(), model).fit(X), X, y)).status is Status.FAIL


def measured(levels, seed=0, as_text=False):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(1200, 3))
    value = np.clip(levels / 2 + levels / 5 * (X[:, 0] + 0.7 * rng.normal(size=1200)), 1, levels).round()
    y = value.astype(int)
    return X, y.astype(str).astype(object) if as_text else y


@pytest.mark.parametrize("as_text", [False, True])
def test_a_measurement_is_told_from_ratings(as_text):
    X, y = measured(60, as_text=as_text)
    model = RandomForestClassifier(15, random_state=0).fit(X[:800], y[:800])
    finding = find(CODE, Case(model, X[800:], y[800:], X_train=X[:800], y_train=y[:800]))
    assert finding.raised, finding.summary
    names = {"X_train": X[:800], "y_train": y[:800]}
    exec(finding.fix, names)
    assert names["model"].classes_.tolist() == [False, True]
    X, y = measured(10, as_text=as_text)
    model = RandomForestClassifier(15, random_state=0).fit(X[:800], y[:800])
    assert find(CODE, Case(model, X[800:], y[800:])).status is Status.PASS


def test_codes_without_an_order_are_classes():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 30, 3000)
    X = rng.normal(size=(30, 8))[y] + 1.2 * rng.normal(size=(3000, 8))
    model = RandomForestClassifier(15, max_depth=8, random_state=0).fit(X[:2000], y[:2000])
    finding = find(CODE, Case(model, X[2000:], y[2000:], X_train=X[:2000], y_train=y[:2000]))
    assert finding.status is Status.PASS, finding.summary


def test_the_order_of_errors_has_the_level_it_claims():
    rng = np.random.default_rng(0)
    zs = [order(rng.choice(40, 200), rng.choice(40, 200), seed).z for seed in range(100)]
    assert abs(np.mean(zs)) < 0.35
    assert np.max(zs) < 4


def test_measurements_on_both_sides_are_no_case_for_it():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 2)), rng.normal(size=300)
    finding = find(CODE, Case(LinearRegression().fit(X, y), X, y))
    assert finding.status is Status.SKIP
    assert "measurement" in finding.summary


def test_a_rare_class_that_validation_lacks():
    X, y = rows(classes=3)
    model = Labels([0, 1])
    model.predict = lambda X: np.where(np.arange(len(X)) % 40 == 0, 2, 0)  # 2.5 % of a class not in val
    assert find(CODE, Case(model, X[y < 2], y[y < 2])).status is Status.PASS


def test_frames_of_polars_and_text_labels():
    polars = pytest.importorskip("polars")
    X, y = rows()
    words = np.array(["no", "yes"])[y]
    frame = polars.DataFrame(X, schema=[f"x{i}" for i in range(6)])
    assert find(CODE, Case(LogisticRegression().fit(frame, words), frame, words)).status is Status.PASS
    assert find(CODE, Case(LinearSVC().fit(X, words), X, words)).status is Status.PASS
    regressor = LinearRegression().fit(frame, y)
    finding = find(CODE, Case(regressor, frame, pd.Series(words)))
    assert finding.status is Status.FAIL
    assert "no label" in finding.summary
