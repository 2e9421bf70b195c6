"""data.leakage: label copies are found, honest columns are not, and the figures are right."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline

from ladder_widgets.case import Case
from ladder_widgets.checks._power import explained, power
from ladder_widgets.finding import Status
from ladder_widgets.shared import Shared
from ladder_widgets.table import Feature
from tests.faults.plants import OBVIOUS, PLANTS, SUBTLE
from tests.faults.tables import data, find

CODE = "data.leakage"
TABLES = ("credit_data", "mlc_churn", "breast_cancer", "default")


@pytest.mark.parametrize("strength", [OBVIOUS, SUBTLE])
@pytest.mark.parametrize("plant", PLANTS[CODE], ids=lambda plant: plant.__name__)
@pytest.mark.parametrize("name", TABLES)
def test_found(name, plant, strength):
    planted = plant(data(name, n_rows=2500), strength, np.random.default_rng(1))
    finding = find(CODE, planted.case)
    assert finding.raised, finding.summary
    assert [row[0] for row in finding.evidence[0].rows] == list(planted.names)
    assert planted.names[0] in finding.summary
    assert f"leaks = {list(planted.names)!r}" in finding.fix


@pytest.mark.parametrize(("name", "strength"), [("digits", OBVIOUS), ("hpc_data", SUBTLE)])
def test_found_among_many_classes(name, strength):
    planted = PLANTS[CODE][0](data(name, n_rows=800), strength, np.random.default_rng(0))
    assert find(CODE, planted.case).raised


@pytest.mark.parametrize("name", [*TABLES, "wa_churn", "titanic", "orange_juice", "iris", "wine", "hpc_data"])
def test_honest_columns_are_silent(name):
    finding = find(CODE, data(name, n_rows=3000).case())
    assert finding.status is Status.PASS, finding.summary


def test_the_strongest_honest_column_is_told():
    finding = find(CODE, data("breast_cancer").case())
    assert "worst" in finding.summary


def test_a_leak_the_model_does_not_use_is_only_mentioned():
    clean = data("credit_data", n_rows=1500)
    frames = [
        X.assign(outcome=np.where(y == "bad", "late", "paid"))
        for X, y in ((clean.X_train, clean.y_train), (clean.X_val, clean.y_val))
    ]
    finding = find(CODE, clean.but(X_train=frames[0], X_val=frames[1]).case())
    assert finding.status is Status.PASS
    assert "outcome would give the label away, but the model does not use it" in finding.summary


def test_without_training_rows_the_validation_rows_are_looked_at():
    planted = PLANTS[CODE][0](data("mlc_churn", n_rows=2500), OBVIOUS, np.random.default_rng(1))
    case = Case(planted.case.model, planted.case.val.table.data, planted.case.val.y)
    assert find(CODE, case).raised


def test_a_leak_that_is_not_there_in_validation_says_so():
    clean = data("mlc_churn", n_rows=2500)
    rng = np.random.default_rng(0)
    X_train = clean.X_train.assign(rate=(clean.y_train == "yes") + rng.normal(0, 0.1, len(clean.y_train)))
    X_val = clean.X_val.assign(rate=rng.normal(0.2, 0.4, len(clean.X_val)))
    numbers = ColumnTransformer([("numbers", "passthrough", ["rate", "account_length"])])
    faulty = clean.but(X_train=X_train, X_val=X_val, model=make_pipeline(numbers, LogisticRegression()))
    finding = find(CODE, faulty.case())
    assert finding.status is Status.FAIL
    _, alone, _, in_validation, _ = finding.evidence[0].rows[0]
    assert alone > 0.85
    assert in_validation < 0.1


def test_explained_is_one_minus_log_loss_over_entropy():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 300)
    proba = rng.dirichlet(np.ones(3), 300)
    prior = np.bincount(y) / len(y)
    expected = 1 - log_loss(y, proba) / log_loss(y, np.tile(prior, (300, 1)))
    assert explained("x", y, proba).value == pytest.approx(expected)


def test_power_of_a_perfect_column_and_of_noise():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 1000)
    rows = np.arange(1000)
    pairs = [(rows[rows % 5 != k], rows[rows % 5 == k]) for k in range(5)]

    def feature(values):
        return Feature("x", "x", pd.Series(values))

    assert power(feature(y * 5.0), None, y, 2, pairs).value > 0.98
    assert power(feature(np.where(y == 1, 3.0, np.nan)), None, y, 2, pairs).value > 0.98
    assert abs(power(feature(rng.normal(size=1000)), None, y, 2, pairs).value) < 0.05
    assert power(feature(rng.integers(0, 900, 1000).astype(str)), None, y, 2, pairs).value < 0.05


def test_arrays_and_polars():
    polars = pytest.importorskip("polars")
    planted = PLANTS[CODE][1](data("breast_cancer"), OBVIOUS, np.random.default_rng(0))
    X = planted.case.train.table.data.to_numpy()
    model = LogisticRegression(max_iter=5000).fit(X / X.std(axis=0), planted.case.train.y)
    case = Case(model, X / X.std(axis=0), planted.case.train.y)
    assert find(CODE, case).raised
    frame = polars.DataFrame({f"x{i}": column for i, column in enumerate((X / X.std(axis=0)).T)})
    assert find(CODE, Case(model, frame, planted.case.train.y)).summary.startswith("x30 alone")


def test_too_few_rows_are_not_judged():
    model = LogisticRegression().fit([[0.0], [1.0], [2.0]], [0, 1, 0])
    finding = find(CODE, Case(model, [[0.0], [1.0]], [0, 1]))
    assert finding.status is Status.SKIP
    assert "two rows" in finding.summary


def test_no_reference_is_fitted_without_a_suspect(monkeypatch):
    monkeypatch.setattr(Shared, "without", lambda *_: pytest.fail("fitted"))
    assert find(CODE, data("credit_data").case()).status is Status.PASS
