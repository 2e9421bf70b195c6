"""production.drift: what moved is found; sampling, seasons, ids and time are not drift."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.linear_model import LogisticRegression

from ladder_widgets.case import Case
from ladder_widgets.checks._drift import columns_moved
from ladder_widgets.checks._serving import ServedColumn
from ladder_widgets.finding import Status
from ladder_widgets.monitor.drift import is_time_or_id, ks, number_counts, psi
from ladder_widgets.table import Table
from tests.faults.plants import OBVIOUS, PLANTS, SUBTLE
from tests.faults.tables import data, find, whole

CODE = "production.drift"


@pytest.mark.parametrize("strength", [OBVIOUS, SUBTLE])
@pytest.mark.parametrize("plant", PLANTS[CODE], ids=lambda plant: plant.__name__)
@pytest.mark.parametrize("name", ["credit_data", "lending_club", "wa_churn"])
def test_found(name, plant, strength):
    planted = plant(data(name, n_rows=4000, log=True), strength, np.random.default_rng(2))
    if planted is None:
        pytest.skip("no room for it in this table")
    finding = find(CODE, planted.case)
    assert finding.raised, finding.summary


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["credit_data", "attrition", "hpc_data", "breast_cancer"])
def test_a_sane_log_is_silent(name, seed):
    clean = data(name, seed=seed, n_rows=2500, log=True)
    model = clean.fitted()
    finding = find(CODE, clean.case(model=model, production=clean.logged(model, np.random.default_rng(seed))))
    assert finding.status is Status.PASS, finding.summary


def test_the_noise_of_the_index_is_what_sampling_gives():
    rng = np.random.default_rng(0)
    shifts = [psi(*number_counts(rng.normal(size=1500), rng.normal(size=500))) for _ in range(300)]
    assert np.mean([shift.raw for shift in shifts]) == pytest.approx(shifts[0].noise, rel=0.1)
    assert np.mean([shift.p_value < 0.05 for shift in shifts]) < 0.05


def test_the_index_of_a_known_shift():
    """Against the integral: two normals half a deviation apart have a J divergence of 0.25."""
    rng = np.random.default_rng(1)
    shift = psi(*number_counts(rng.normal(size=100_000), rng.normal(0.5, 1, 100_000)))
    assert shift.value == pytest.approx(0.25, abs=0.02)


def test_ks_agrees_with_scipy():
    rng = np.random.default_rng(2)
    first, second = np.sort(rng.normal(size=800)), np.sort(rng.normal(0.2, 1, 500).round(1))
    wanted = stats.ks_2samp(first, second, method="asymp")
    distance, p_value = ks(first, second)
    assert distance == pytest.approx(wanted.statistic)
    assert p_value == pytest.approx(wanted.pvalue, rel=0.5)


def test_ids_and_time_are_left_out():
    rng = np.random.default_rng(3)
    first = pd.DataFrame(
        {
            "id": np.arange(500),
            "day": 20240101 + np.arange(500) % 28,
            "when": pd.date_range("2024-01-01", periods=500),
            "code": [f"c{n}" for n in range(500)],
            "age": rng.integers(18, 80, 500),
        }
    )
    later = first.assign(id=first.id + 500, when=first.when + pd.Timedelta(days=500))
    tables = Table(first, "X_train"), Table(later, "production")
    counted = {name for name in first if is_time_or_id(tables[0].feature(name), tables[1].feature(name))}
    assert counted == {"id", "day", "when", "code"}


def test_few_rows_are_no_alarm():
    clean = data("credit_data", n_rows=2000, log=True)
    model = clean.fitted()
    X = clean.X_log.iloc[:60].assign(Age=90)
    finding = find(CODE, clean.case(model=model, production=X))
    assert finding.status is Status.SKIP
    assert "60" in finding.summary


def test_a_skewed_column_is_not_told_again():
    clean = data("credit_data", n_rows=3000, log=True)
    finding = find(CODE, clean.case(production=clean.X_log.assign(Age=clean.X_log.Age * 1000)))
    assert finding.status is Status.SKIP
    assert "Age" in finding.summary


def test_a_model_that_cannot_score_the_log():
    clean = data("credit_data", n_rows=3000, log=True)
    shifted = clean.X_log.drop(columns="Price").assign(Age=clean.X_log.Age + 15)
    finding = find(CODE, clean.case(production=shifted))
    assert finding.raised
    assert "Age" in finding.summary


@pytest.mark.parametrize("name", ["credit_data", "attrition", "cells", "hpc_data"])
def test_random_splits_of_real_tables_do_not_move(name):
    X, _ = whole(name)
    rng = np.random.default_rng(7)
    for _ in range(50):
        rows = rng.permutation(len(X))[: rng.integers(500, 5000)]
        cut = int(len(rows) * rng.uniform(0.5, 0.8))
        tables = Table(X.iloc[rows[:cut]], "X_train"), Table(X.iloc[rows[cut:]], "production")
        pairs = [
            ServedColumn(name, tables[0].feature(name), tables[1].feature(name), None, None) for name in X
        ]
        assert not [one.name for one in columns_moved(pairs) if one.moved]


def test_large_logs_are_sampled():
    rng = np.random.default_rng(8)
    X = pd.DataFrame(rng.normal(size=(60_000, 20)), columns=[f"f{n}" for n in range(20)])
    y = (X.f0 + rng.normal(size=len(X)) > 0).astype(int)
    model = LogisticRegression().fit(X[:35_000], y[:35_000])
    told = {"X_train": X[:35_000], "y_train": y[:35_000], "production": X[50_000:]}
    case = Case(model, X[35_000:50_000], y[35_000:50_000], **told)
    for code in ("pipeline.train-serve-skew", CODE, "production.schema-change"):
        finding = find(code, case)
        assert finding.status is Status.PASS, finding.summary
        assert finding.seconds < 3
