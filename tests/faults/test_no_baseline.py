"""evaluation.no-baseline: useless models are found; weak and honest ones, and few rows, are not."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from ladder_widgets.case import Case
from ladder_widgets.finding import Status
from ladder_widgets.stats import ovr_auc
from tests.faults.plants import OBVIOUS, PLANTS, SUBTLE, hard_clean
from tests.faults.tables import data, find

CODE = "evaluation.no-baseline"
TABLES = ("credit_data", "mlc_churn", "attrition", "breast_cancer", "hpc_data", "digits")


@pytest.mark.parametrize("strength", [OBVIOUS, SUBTLE])
@pytest.mark.parametrize("plant", PLANTS[CODE], ids=lambda plant: plant.__name__)
@pytest.mark.parametrize("name", TABLES)
def test_found(name, plant, strength):
    planted = plant(data(name), strength, np.random.default_rng(0))
    if planted is None:
        pytest.skip("too few rows")
    finding = find(CODE, planted.case)
    assert finding.raised, finding.summary


@pytest.mark.parametrize("name", [*TABLES, "lending_club", "caravan", "titanic", "default", "loans"])
def test_honest_models_are_silent(name):
    clean = data(name)
    finding = find(CODE, clean.case())
    assert finding.status is Status.PASS, finding.summary
    if clean.y_train.nunique() == 2:
        case = clean.case()
        auc = roc_auc_score(case.y(case.val) == case.positive, case.scores().proba[:, case.positive])
        assert finding.evidence[0].rows[0][1] == pytest.approx(auc)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["credit_data", "attrition", "titanic", "breast_cancer"])
def test_a_small_validation_set_is_not_blamed(name, seed):
    case = hard_clean(data(name, seed=seed), np.random.default_rng(seed))["small validation set"]()
    finding = find(CODE, case)
    assert finding.status is Status.PASS, finding.summary


@pytest.mark.parametrize("seed", range(4))
def test_a_weak_signal_on_many_rows_is_honest(seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(6000, 5))
    y = (0.22 * X[:, 0] + rng.logistic(0, 1, 6000) > 0.5).astype(int)
    model = LogisticRegression().fit(X[:3000], y[:3000])
    case = Case(model, X[3000:], y[3000:], X_train=X[:3000], y_train=y[:3000])
    finding = find(CODE, case)
    assert 0.51 < finding.evidence[0].rows[0][1] < 0.62
    assert finding.status is Status.PASS, finding.summary


def test_worse_than_chance_fails():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 2))
    y = (X[:, 0] > 0).astype(int)
    finding = find(CODE, Case(LogisticRegression().fit(X, 1 - y), X, y))
    assert finding.status is Status.FAIL
    assert "worse than chance" in finding.summary


def test_a_reported_accuracy_below_the_dummys_is_said():
    rng = np.random.default_rng(0)
    y = (rng.random(3000) < 0.35).astype(int)
    X = rng.normal(size=(3000, 2)) + y[:, None]
    off = LogisticRegression().fit(X, y)
    off.intercept_ += 3  # nearly every row is answered 1, and no weights explain it
    assert find(CODE, Case(off, X, y, metric="roc_auc")).status is Status.PASS
    finding = find(CODE, Case(off, X, y, metric="accuracy"))
    assert finding.status is Status.WARN
    assert f"{100 * (1 - y.mean()):.1f} %" in finding.summary
    weighted = LogisticRegression(class_weight={0: 1, 1: 20}).fit(X, y)
    assert find(CODE, Case(weighted, X, y, metric="accuracy")).status is Status.PASS


def test_mean_auc_of_many_classes_and_its_error():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 600)
    raw = rng.normal(size=(600, 3)) + 1.2 * np.eye(3)[y]
    proba = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    interval, error = ovr_auc(y, proba)
    assert interval.mean == pytest.approx(roc_auc_score(y, proba, multi_class="ovr"))
    draws = [rng.integers(0, 600, 600) for _ in range(200)]
    spread = np.std([roc_auc_score(y[d], proba[d], multi_class="ovr") for d in draws])
    assert error == pytest.approx(spread, rel=0.25)


def test_a_model_that_raises_is_not_judged():
    class Broken:
        classes_ = np.array([0, 1])

        def predict(self, X):
            raise RuntimeError("no")

    finding = find(CODE, Case(Broken(), np.zeros((9, 1)), [0, 1, 0] * 3))
    assert finding.status is Status.SKIP


def test_one_positive_row_proves_nothing():
    X = np.linspace(0, 1, 150)[:, None]
    model = LogisticRegression().fit(X, (X[:, 0] > 0.5).astype(int))
    y = np.zeros(150, dtype=int)
    y[5] = 1  # among the lowest scores
    finding = find(CODE, Case(model, X, y))
    assert finding.evidence[0].rows[0][1] < 0.1
    assert finding.status is Status.PASS
