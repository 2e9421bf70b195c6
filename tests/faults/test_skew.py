"""pipeline.train-serve-skew: transformations are named; drift and sane logs are not called one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ladder_widgets.case import Case
from ladder_widgets.checks._serving import ServedColumn
from ladder_widgets.checks._skew_numbers import transformed
from ladder_widgets.checks._transforms import grid_step, on_grid
from ladder_widgets.finding import Status
from ladder_widgets.table import Table
from tests.faults.plants import OBVIOUS, PLANTS, SUBTLE
from tests.faults.tables import data, find

CODE = "pipeline.train-serve-skew"


@pytest.mark.parametrize("strength", [OBVIOUS, SUBTLE])
@pytest.mark.parametrize("plant", PLANTS[CODE], ids=lambda plant: plant.__name__)
@pytest.mark.parametrize("name", ["credit_data", "mlc_churn"])
def test_found(name, plant, strength):
    planted = plant(data(name, n_rows=3000, log=True), strength, np.random.default_rng(3))
    if planted is None:
        pytest.skip("no room for it in this table")
    finding = find(CODE, planted.case)
    assert finding.raised, finding.summary
    rows = [str(row[0]) for row in finding.evidence[0].rows]
    assert all(any(name in row for row in rows) for name in planted.names)


@pytest.mark.parametrize("plant", PLANTS["production.drift"], ids=lambda plant: plant.__name__)
@pytest.mark.parametrize("name", ["credit_data", "wa_churn"])
def test_drift_is_not_skew(name, plant):
    planted = plant(data(name, n_rows=3000, log=True), OBVIOUS, np.random.default_rng(1))
    if planted is None:
        pytest.skip("no room for it in this table")
    finding = find(CODE, planted.case)
    assert finding.status is Status.PASS, finding.summary


@pytest.mark.parametrize("name", ["credit_data", "attrition", "hpc_data", "breast_cancer"])
def test_a_sane_log_is_silent(name):
    clean = data(name, n_rows=3000, log=True)
    model = clean.fitted()
    case = clean.case(model=model, production=clean.logged(model, np.random.default_rng(0)))
    finding = find(CODE, case)
    assert finding.status is Status.PASS, finding.summary


def _pair(trained, served):
    tables = [Table(pd.DataFrame({"x": values}), "X") for values in (trained, served)]
    return ServedColumn("x", tables[0].feature("x"), tables[1].feature("x"), None, None)


def test_the_share_of_rows_is_estimated():
    rng = np.random.default_rng(0)
    trained, served = (rng.normal(20, 8, n).round(1) for n in (3000, 2000))
    hot = rng.random(2000) < 0.3
    skew = transformed(_pair(trained, np.where(hot, 1.8 * served + 32, served)))
    assert skew is not None
    assert skew.words == "1.8 x + 32"
    assert abs(skew.share - hot.mean()) < 0.05


def test_the_same_scale_is_drift_without_a_grid_and_a_doubt_with_one():
    rng = np.random.default_rng(1)
    trained, served = rng.normal(100, 15, 3000), rng.normal(100, 15, 2000)
    assert transformed(_pair(trained, 1.37 * served)) is None
    assert transformed(_pair(trained, served + 15)) is None
    skew = transformed(_pair(trained.round(), 1.37 * served.round()))
    assert skew is not None
    assert not skew.sure
    assert transformed(_pair(trained.round(), (1.37 * served).round())) is None


def test_the_grid_of_a_column():
    rng = np.random.default_rng(2)
    whole = rng.integers(18, 70, 500).astype(float)
    assert grid_step(whole) == pytest.approx(1)
    assert grid_step(rng.normal(size=500)) is None
    found = [
        one for one in on_grid(whole, 0.37 * whole + 5) if one.forward(np.ones(1)) > one.forward(np.zeros(1))
    ]
    assert found
    assert all(
        one.forward(np.ones(1)) - one.forward(np.zeros(1)) == pytest.approx(0.37, rel=1e-4) for one in found
    )


def test_single_precision_is_no_skew():
    rng = np.random.default_rng(3)
    trained, served = (rng.integers(0, 40, n) / 10 for n in (2000, 1000))
    assert transformed(_pair(trained, served.astype("float32"))) is None


def test_the_fix_undoes_it():
    rng = np.random.default_rng(4)
    X = pd.DataFrame({"height": rng.normal(170, 10, 2000).round(), "age": rng.integers(18, 80, 2000)})
    y = (X.height + rng.normal(0, 10, 2000) > 172).astype(int)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[:1000], y[:1000])
    log = X[1500:].assign(height=X.height[1500:] / 1000)
    case = Case(model, X[1000:1500], y[1000:1500], X_train=X[:1000], y_train=y[:1000], production=log)
    finding = find(CODE, case)
    told = {"production": log, "X_train": X[:1000]}
    exec(finding.fix, told)
    assert np.allclose(told["served"]["height"], X.height[1500:])


@pytest.mark.parametrize("container", ["numpy", "polars"])
def test_containers(container):
    rng = np.random.default_rng(5)
    X = pd.DataFrame({"a": rng.normal(50, 9, 1500).round(1), "b": rng.normal(0, 1, 1500)})
    y = (X.a + rng.normal(0, 9, 1500) > 50).astype(int)
    log = X[1000:].assign(a=X.a[1000:] * 100)
    if container == "numpy":
        parts = [part.to_numpy() for part in (X[:700], X[700:1000], log)]
    else:
        polars = pytest.importorskip("polars")
        parts = [polars.from_pandas(part.reset_index(drop=True)) for part in (X[:700], X[700:1000], log)]
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(parts[0], y[:700])
    case = Case(model, parts[1], y[700:1000], X_train=parts[0], y_train=y[:700], production=parts[2])
    finding = find(CODE, case)
    assert finding.status is Status.FAIL
    assert "x × 100" in finding.summary


def test_a_log_without_features_says_what_it_needs():
    clean = data("credit_data", n_rows=800)
    log = pd.DataFrame({"score": [0.1, 0.2], "request": ["a", "b"]})
    finding = find(CODE, clean.case(production=log))
    assert finding.status is Status.SKIP
    assert "features" in finding.summary


def test_two_columns_exchanged_in_some_rows():
    rng = np.random.default_rng(6)
    X = pd.DataFrame({"low": rng.normal(90, 8, 3000).round(), "high": rng.normal(140, 9, 3000).round()})
    X = X[X.low < X.high]
    y = (X.high + rng.normal(0, 9, len(X)) > 140).astype(int)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[:1500], y[:1500])
    log = X[2000:].copy()
    rows = rng.random(len(log)) < 0.3
    log.loc[rows, ["low", "high"]] = log.loc[rows, ["high", "low"]].to_numpy()
    told = {"X_train": X[:1500], "y_train": y[:1500], "production": log}
    finding = find(CODE, Case(model, X[1500:2000], y[1500:2000], **told))
    assert finding.status is Status.FAIL
    assert "low and high" in finding.summary
    assert "other way round" in finding.summary


@pytest.mark.parametrize("name", ["credit_data", "attrition", "caravan", "cells", "lending_club"])
def test_random_splits_of_real_tables_are_not_skewed(name):
    for seed in range(8):
        clean = data(name, seed=seed, n_rows=[800, 1500, 3000][seed % 3], log=True)
        model = DummyClassifier().fit(clean.X_train, clean.y_train)
        finding = find(CODE, clean.case(model=model, production=clean.X_log))
        assert finding.status is Status.PASS, finding.summary
