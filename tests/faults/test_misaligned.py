"""data.misaligned: lost orders are found and named, sound ones and other faults are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from ladder_widgets.case import Case
from ladder_widgets.checks._blocks import find_block
from ladder_widgets.checks._lags import best_lag
from ladder_widgets.finding import Status
from ladder_widgets.table import Table
from tests.faults.plants import OBVIOUS, PLANTS, SUBTLE, hard_clean
from tests.faults.tables import data, find, find_all

CODE = "data.misaligned"
TABLES = ("credit_data", "breast_cancer")
CASES = [("credit_data", SUBTLE), ("breast_cancer", OBVIOUS)]


@pytest.mark.parametrize("plant", PLANTS[CODE], ids=lambda plant: plant.__name__)
@pytest.mark.parametrize(("name", "strength"), CASES)
def test_found(name, plant, strength):
    planted = plant(data(name, seed=1, n_rows=1500), strength, np.random.default_rng(1))
    if planted is None:
        pytest.skip("no room in this table")
    found = find_all((CODE, "data.wrong-target"), planted.case)
    assert found[0].raised, found[0].summary
    assert all(name in found[0].summary for name in planted.names)
    assert found[1].status is Status.PASS, found[1].summary


@pytest.mark.parametrize("name", [*TABLES, "attrition", "titanic", "hpc_data", "iris", "wine"])
def test_sound_orders_are_silent(name):
    finding = find(CODE, data(name, n_rows=1500, test=True).case())
    assert finding.status is Status.PASS, finding.summary


@pytest.mark.parametrize("which", ["small validation set", "validation only", "natural duplicates"])
@pytest.mark.parametrize("name", ["credit_data", "titanic"])
def test_hard_clean_cases_are_silent(name, which):
    case = hard_clean(data(name, n_rows=1200), np.random.default_rng(0))[which]()
    assert find(CODE, case).status is Status.PASS


@pytest.mark.parametrize("by", ["label", "column"])
@pytest.mark.parametrize("name", ["credit_data", "hpc_data"])
def test_tables_in_order_are_silent(name, by):
    clean = data(name, n_rows=1500)
    parts = []
    for X, y in ((clean.X_train, clean.y_train), (clean.X_val, clean.y_val)):
        key = y.astype(str) if by == "label" else X.select_dtypes("number").iloc[:, 0]
        order = np.argsort(key.to_numpy(), kind="stable")
        parts += [X.iloc[order], y.iloc[order]]
    ordered = clean.but(X_train=parts[0], y_train=parts[1], X_val=parts[2], y_val=parts[3])
    assert find(CODE, ordered.case()).status is Status.PASS


# ---- other faults ----------------------------------------------------------------------------


def test_noise_and_a_model_at_fault_are_no_lost_order():
    clean = data("credit_data", n_rows=2000)
    crushed = clean.model.set_params(logisticregression__C=1e-9)
    assert find(CODE, clean.but(model=crushed).case()).status is Status.PASS
    noise = PLANTS["evaluation.no-baseline"][1](clean, OBVIOUS, np.random.default_rng(0))
    assert find(CODE, noise.case).status is Status.PASS


def test_moved_columns_are_no_lost_order():
    X, y = _linear(1200)
    model = LogisticRegression().fit(X[:800], y[:800])
    X_val = pd.DataFrame(X[800:].to_numpy()[:, ::-1] * 9 + 4, columns=X.columns)
    case = Case(model, X_val, y[800:], X_train=X[:800], y_train=y[:800])
    assert find(CODE, case).status is Status.PASS


# ---- what is told ----------------------------------------------------------------------------


def _linear(n, seed=0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(n, 4)), columns=list("abcd"))
    return X, (X.a + X.b + rng.normal(size=n) > 0).astype(int)


@pytest.mark.parametrize("lag", [-50, -3, -1, 1, 2, 17])
@pytest.mark.parametrize("circular", [True, False])
def test_the_fix_puts_a_shifted_split_right(lag, circular):
    X, y = _linear(1200)
    model = LogisticRegression().fit(X[:800].to_numpy(), y[:800])
    X_val, y_val = X[800:].to_numpy(), y[800:].to_numpy()
    if circular:
        y_val = np.roll(y_val, lag)
    else:
        X_val, y_val = (X_val[lag:], y_val[:-lag]) if lag > 0 else (X_val[:lag], y_val[-lag:])
    case = Case(model, X_val, y_val, X_train=X[:800].to_numpy(), y_train=y[:800])
    finding = find(CODE, case)
    assert finding.status is Status.FAIL
    assert f"{lag:+d} rows" in finding.summary
    scope = {"X_val": X_val, "y_val": y_val}
    exec(finding.fix, scope)
    assert model.score(scope["X_val"], scope["y_val"]) > 0.7


def test_the_fix_puts_a_permuted_index_right():
    X, y = _linear(1200)
    y.index = X.index = [f"row {i}" for i in range(1200)]
    model = LogisticRegression().fit(X[:800], y[:800])
    mixed = y[800:].sample(frac=1, random_state=0)
    finding = find(CODE, Case(model, X[800:], mixed))
    assert finding.status is Status.FAIL
    scope = {"X_val": X[800:], "y_val": mixed}
    exec(finding.fix, scope)
    pd.testing.assert_series_equal(scope["y_val"], y[800:])


def test_an_index_numbered_anew_is_no_clash():
    X, y = _linear(1200)
    X, y = X.sample(frac=1, random_state=0), y.sample(frac=1, random_state=0)
    model = LogisticRegression().fit(X[:800], y[:800])
    X_val, y_val = X[800:].reset_index(drop=True), y[800:].reset_index(drop=True)
    mixed = X_val.index.to_numpy().copy()
    np.random.default_rng(0).shuffle(mixed)
    assert find(CODE, Case(model, X_val.set_index(mixed), y_val)).status is Status.PASS


def test_a_run_of_rows_is_named():
    X, y = _linear(1500)
    y_train = y[:1000].to_numpy().copy()
    y_train[400:600] = np.random.default_rng(0).permutation(y_train[400:600])
    model = LogisticRegression().fit(X[:1000], y_train)
    finding = find(CODE, Case(model, X[1000:], y[1000:], X_train=X[:1000], y_train=y_train))
    assert finding.status is Status.FAIL
    block = finding.evidence[1]
    first = block.rows[0][1]
    assert abs(first - 400) < 40
    assert abs(first + block.total - 600) < 40


def test_the_best_lag_agrees_with_least_squares():
    X, y = _linear(300)
    lag = best_lag(Table(X, "X"), np.roll(y.to_numpy(), 9), 2)
    assert (lag.lag, lag.reversed, lag.smooth) == (9, False, False)
    ranks = X.rank().to_numpy()
    design = np.column_stack([np.ones(300), ranks])
    left = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    assert lag.fit == pytest.approx(1 - left.var() / y.var(), abs=0.03)  # less what chance explains
    turned = best_lag(Table(X, "X"), y.to_numpy()[::-1], 2)
    assert (turned.lag, turned.reversed) == (0, True)


def test_columns_that_remember_earlier_labels_are_no_lag():
    rng = np.random.default_rng(0)
    change = rng.normal(size=1500)
    X = pd.DataFrame({f"lag{k}": np.roll(change, k) for k in range(1, 6)})
    assert best_lag(Table(X, "X"), (change > 0).astype(int), 2) is None


@pytest.mark.parametrize("seed", range(10))
def test_a_calibrated_score_has_no_odd_run(seed):
    rng = np.random.default_rng(seed)
    p = np.sort(rng.beta(0.5, 2, 800)) if seed % 2 else rng.beta(0.5, 2, 800)
    assert find_block((rng.random(800) < p).astype(int), np.column_stack([1 - p, p])) is None


# ---- containers and models -------------------------------------------------------------------


def test_polars_sparse_and_models_that_only_answer_labels():
    polars = pytest.importorskip("polars")
    from scipy import sparse

    X, y = _linear(1000)
    values, mixed = X.to_numpy(), np.random.default_rng(0).permutation(y[700:])
    model = LogisticRegression().fit(values[:700], y[:700])

    class Answers:
        def predict(self, X):
            return model.predict(X)

    frames = [polars.DataFrame(X[:700]), polars.DataFrame(X[700:])]
    for kind, chosen in ((np.asarray, model), (sparse.csr_matrix, model), (np.asarray, Answers())):
        case = Case(chosen, kind(values[700:]), mixed, X_train=kind(values[:700]), y_train=y[:700])
        assert find(CODE, case).status is Status.FAIL
    case = Case(model, frames[1], polars.Series(mixed), X_train=frames[0], y_train=y[:700].to_list())
    assert find(CODE, case).status is Status.FAIL


def test_labels_that_are_no_classes_are_not_judged():
    X, y = _linear(300)
    finding = find(CODE, Case(LogisticRegression().fit(X, y), X, X.a))
    assert finding.status is Status.SKIP
