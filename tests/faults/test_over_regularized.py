"""model.over-regularized: scores pressed to the class shares, and what holds them there."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import AdaBoostClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from ladder_widgets import run_ladder
from ladder_widgets.case import Case
from ladder_widgets.checks._margins import entropy, recalibrate
from ladder_widgets.finding import Status
from tests.faults.plants import OBVIOUS, PLANTS, SUBTLE
from tests.faults.tables import data, find

CODE = "model.over-regularized"


def rows(n=2400, share=0.3, strength=1.0, classes=2, seed=0):
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < share).astype(int) if classes == 2 else rng.choice(classes, n)
    shift = np.outer(y, [0.6, 0.6, 0.5, 0.5, 0.3, 0]) if classes == 2 else np.eye(classes, 6)[y]
    return rng.normal(size=(n, 6)) + strength * shift, y


def case_of(model, X, y, **options):
    cut = len(y) * 2 // 3
    model = make_pipeline(StandardScaler(), model).fit(X[:cut], y[:cut])
    return Case(model, X[cut:], y[cut:], X_train=X[:cut], y_train=y[:cut], **options)


@pytest.mark.parametrize("strength", [OBVIOUS, SUBTLE])
@pytest.mark.parametrize("plant", PLANTS[CODE], ids=lambda plant: plant.__name__)
@pytest.mark.parametrize("name", ["credit_data", "mlc_churn", "breast_cancer"])
def test_plants_are_found(name, plant, strength):
    planted = plant(data(name, n_rows=1200), strength, np.random.default_rng(4))
    if planted is None:
        pytest.skip("nothing is lost in this table")
    finding = find(CODE, planted.case)
    assert finding.raised, finding.summary


@pytest.mark.parametrize("kind", ["linear", "boosting", "forest", "tuned"])
@pytest.mark.parametrize("name", ["credit_data", "caravan", "titanic"])
def test_sound_models_are_silent(name, kind):
    finding = find(CODE, data(name, kind=kind, n_rows=1200).case())
    assert finding.status is Status.PASS, finding.summary


@pytest.mark.parametrize("share", [0.03, 0.1, 0.5])
@pytest.mark.parametrize("strength", [0.2, 1.0])
def test_rare_classes_and_weak_signals_are_silent(share, strength):
    for seed in range(3):
        X, y = rows(900, share, strength, seed=seed)
        finding = find(CODE, case_of(LogisticRegression(C=0.1), X, y))
        assert finding.status is Status.PASS, finding.summary


@pytest.mark.parametrize("classes", [2, 4])
def test_a_strong_penalty_keeps_the_order_and_loses_the_scores(classes):
    X, y = rows(classes=classes, strength=1.5)
    case = case_of(LogisticRegression(C=1e-5), X, y)
    finding = find(CODE, case)
    assert finding.status is Status.FAIL
    assert "C=1e-05" in finding.summary
    names = {"model": case.model, "X_train": X[:1600], "y_train": y[:1600]}
    exec(finding.fix, names)
    assert "logisticregression__C" in finding.fix
    mended = Case(names["model"], X[1600:], y[1600:], X_train=X[:1600], y_train=y[:1600])
    assert find(CODE, mended).status is Status.PASS


@pytest.mark.parametrize(
    "model",
    [
        LogisticRegression(C=1e-5, class_weight="balanced"),
        LinearSVC(C=1e-7),
        SVC(C=1e-4),
        DecisionTreeClassifier(min_samples_leaf=900),
        HistGradientBoostingClassifier(learning_rate=1e-3, max_iter=10),
        AdaBoostClassifier(learning_rate=1e-5, n_estimators=2),
        GridSearchCV(LogisticRegression(), {"C": [1e-6, 1e-5]}, cv=2),
    ],
    ids=lambda model: type(model).__name__,
)
def test_many_ways_to_hold_back(model):
    X, y = rows(strength=1.2)
    finding = find(CODE, case_of(model, X, y))
    assert finding.raised, finding.summary


@pytest.mark.parametrize(
    "model",
    [
        AdaBoostClassifier(n_estimators=30),
        CalibratedClassifierCV(LinearSVC(C=0.01), cv=3),
        HistGradientBoostingClassifier(learning_rate=0.05, max_leaf_nodes=4),
        LinearSVC(C=0.1),
        DummyClassifier(),
        DecisionTreeClassifier(max_depth=3),
    ],
    ids=lambda model: type(model).__name__,
)
def test_what_only_looks_held_back(model):
    X, y = rows(share=0.15, strength=1.2)
    finding = find(CODE, case_of(model, X, y))
    assert finding.status is Status.PASS, finding.summary


class Ridge:
    """Somebody's own classifier, with a penalty of its own name."""

    classes_ = np.array([0, 1])

    def __init__(self, X, y, lam):
        self.lam = lam
        self.w = np.linalg.solve(X.T @ X + lam * np.eye(X.shape[1]), X.T @ (2 * y - 1))

    def predict_proba(self, X):
        p = 1 / (1 + np.exp(-2 * (np.asarray(X) @ self.w) + 1))
        return np.column_stack([1 - p, p])


def test_an_object_of_its_own_make():
    X, y = rows(share=0.4, strength=1.5)
    assert find(CODE, Case(Ridge(X, y, 0.1), X, y)).status is Status.PASS
    finding = find(CODE, Case(Ridge(X, y, 1e7), X, y))
    assert finding.status is Status.FAIL
    assert "lam=1e+07" in finding.summary


def test_the_symptoms_are_not_counted():
    X, y = rows(share=0.12, strength=1.5)
    case = case_of(LogisticRegression(C=1e-6), X, y)
    report = run_ladder(
        case.model, X[1600:], y[1600:], X_train=X[:1600], y_train=y[:1600], metric="roc_auc", fast=True
    )
    assert [f.code for f in report.findings if f.raised] == [CODE]


def test_polars_frames():
    polars = pytest.importorskip("polars")
    X, y = rows(strength=1.2)
    frame = polars.DataFrame(X, schema=[f"x{i}" for i in range(6)])
    for c, raised in ((1e-6, True), (1.0, False)):
        assert find(CODE, Case(LogisticRegression(C=c).fit(frame, y), frame, y)).raised is raised


def test_the_slope_matches_a_logistic_regression_of_the_scores():
    rng = np.random.default_rng(0)
    z = 0.3 * rng.normal(size=3000)
    y = (rng.random(3000) < 1 / (1 + np.exp(-3 * z + 1))).astype(int)
    fit = recalibrate(np.column_stack([np.zeros(3000), z]), y)
    other = LogisticRegression(C=np.inf, tol=1e-8).fit(z[:, None], y)
    assert fit.slope == pytest.approx(other.coef_[0, 0], rel=0.01)
    p = other.predict_proba(z[:, None])[:, 1]
    expected = 1 / np.sqrt(np.sum(p * (1 - p) * (z - np.average(z, weights=p * (1 - p))) ** 2))
    assert fit.error == pytest.approx(expected, rel=0.02)
    assert fit.at_best.mean() < fit.as_given.mean() < entropy(y)


def test_constant_scores_tell_nothing():
    y = np.array([0, 1, 1, 1])
    fit = recalibrate(np.zeros((4, 2)), y)
    assert fit.slope == np.inf
    assert fit.at_best.mean() == pytest.approx(entropy(y))
