"""evaluation.train-as-val: copied rows are found and counted; natural duplicates are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from ladder_widgets.case import Case
from ladder_widgets.finding import Status
from tests.faults.plants import OBVIOUS, PLANTS, SUBTLE, hard_clean
from tests.faults.tables import data, find

CODE = "evaluation.train-as-val"
TABLES = ("credit_data", "mlc_churn", "breast_cancer", "titanic", "digits")


@pytest.mark.parametrize("strength", [OBVIOUS, SUBTLE])
@pytest.mark.parametrize("plant", PLANTS[CODE], ids=lambda plant: plant.__name__)
@pytest.mark.parametrize("name", TABLES)
def test_found(name, plant, strength):
    planted = plant(data(name), strength, np.random.default_rng(4))
    if planted is None:
        pytest.skip("no room for it in this table")
    if name == "titanic" and plant.__name__ in ("training_rows_added", "copies_with_new_numbers"):
        pytest.skip(
            "nine in ten of these rows have a duplicate by nature: copies of a part are lost among them"
        )
    assert find(CODE, planted.case).raised


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", [*TABLES, "default", "caravan"])
def test_natural_duplicates_are_silent(name, seed):
    clean = data(name, seed=seed, test=True)
    assert find(CODE, clean.case()).status is Status.PASS
    case = hard_clean(data(name, seed=seed), np.random.default_rng(seed))["natural duplicates"]()
    finding = find(CODE, case)
    assert finding.status is Status.PASS, finding.summary


def _rows(n, seed=0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame({"a": rng.normal(size=n), "b": rng.integers(0, 9, n), "c": rng.choice(["x", "y"], n)})
    return X, (X.a + rng.normal(size=n) > 0).astype(int)


class OnA:
    """Looks at one column and at nothing else."""

    classes_ = np.array([0, 1])

    def predict(self, X):
        return np.asarray(X["a"] > 0).astype(int)


def test_rows_are_counted_and_named():
    X, y = _rows(500)
    X_val, y_val = _rows(100, 1)
    X_val = pd.concat([X_val, X.iloc[:25]], ignore_index=True)
    y_val = pd.concat([y_val, y.iloc[:25]], ignore_index=True)
    finding = find(CODE, Case(OnA(), X_val[["c", "a", "b"]], y_val, X_train=X, y_train=y))
    assert finding.status is Status.FAIL
    first = finding.evidence[0].rows[0]
    assert first[:5] == ("val", "train", "exactly", 25, 0.2)
    expected = X_val.reset_index().merge(X, on=["a", "b", "c"])["index"].tolist()
    assert [row[1] for row in finding.evidence[1].rows] == expected[:20]


def test_test_rows_are_compared_too():
    X, y = _rows(500)
    X_val, y_val = _rows(200, 1)
    given = {"X_train": X, "y_train": y, "X_test": X_val[:100], "y_test": y_val[:100]}
    finding = find(CODE, Case(OnA(), X_val[50:], y_val[50:], **given))
    assert finding.status is Status.FAIL
    assert "50 of 100 rows of test" in finding.summary
    assert "in val" in finding.summary


def test_the_training_table_handed_over_as_validation():
    X, y = _rows(300)
    assert find(CODE, Case(OnA(), X, y, X_train=X, y_train=y)).status is Status.FAIL


@pytest.mark.parametrize("make", [lambda X: X.to_numpy(), "polars"])
def test_containers(make):
    if make == "polars":
        make = pytest.importorskip("polars").from_pandas
    X, y = _rows(300)
    X_val, y_val = _rows(150, 1)
    mixed = pd.concat([X_val, X.iloc[:20]]), pd.concat([y_val, y.iloc[:20]])
    model = LogisticRegression().fit(X[["a", "b"]].to_numpy(), y)
    assert find(CODE, Case(model, make(mixed[0]), mixed[1], X_train=make(X), y_train=y)).raised
    assert not find(CODE, Case(model, make(X_val), y_val, X_train=make(X), y_train=y)).raised


def test_without_training_rows_it_says_what_it_needs():
    X, y = _rows(50)
    finding = find(CODE, Case(OnA(), X, y))
    assert finding.status is Status.SKIP
    assert "X_train" in finding.summary


def test_all_rows_alike_by_nature_are_not_called_copies():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.integers(0, 2, (900, 3)), columns=["a", "b", "c"])
    y = X.a
    assert find(CODE, Case(OnA(), X[600:], y[600:], X_train=X[:600], y_train=y[:600])).status is Status.PASS


def test_row_labels_say_which_rows_are_the_same():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.integers(0, 4, (900, 3)), columns=["a", "b", "c"])
    y = (X.a > 1).astype(int)
    X_train, X_val = X[:600], pd.concat([X[600:], X[:9]]).sample(frac=1, random_state=0)
    finding = find(CODE, Case(OnA(), X_val, y[X_val.index], X_train=X_train, y_train=y[:600]))
    assert finding.status is Status.WARN
    assert "by row label" in finding.summary
    assert "9 of 309" in finding.summary


def test_groups_on_both_sides():
    X, y = _rows(400)
    X_val, y_val = _rows(100, 1)
    given = {"X_train": X, "y_train": y}
    train = np.arange(400) // 4
    apart = find(
        CODE, Case(OnA(), X_val, y_val, groups={"train": train, "val": 200 + np.arange(100)}, **given)
    )
    assert apart.status is Status.PASS
    assert "No group" in apart.summary
    mixed = np.where(np.arange(100) < 10, np.arange(100), 200 + np.arange(100))
    finding = find(CODE, Case(OnA(), X_val, y_val, groups={"train": train, "val": mixed}, **given))
    assert finding.status is Status.FAIL
    assert "10 of 100 rows of val (10.0 %) belong to 10 groups" in finding.summary
    assert [row[1] for row in finding.evidence[1].rows] == list(range(10))
    assert "StratifiedGroupKFold" in finding.fix
    assert find(CODE, Case(OnA(), X_val, y_val, groups=train, **given)).status is Status.PASS


def test_an_order_in_time_is_noted_and_not_counted():
    X, y = _rows(400)
    X = X.assign(day=pd.date_range("2026-01-01", periods=400))
    rows = np.random.default_rng(0).permutation(400)
    early, late = np.sort(rows[:300]), np.sort(rows[300:])
    case = Case(OnA(), X.iloc[late], y.iloc[late], X_train=X.iloc[early], y_train=y.iloc[early])
    finding = find(CODE, case)
    assert finding.status is Status.PASS
    assert "By day" in finding.summary
    case = Case(OnA(), X[300:], y[300:], X_train=X[:300], y_train=y[:300])
    assert "By day" not in find(CODE, case).summary


def test_one_column_changed():
    X, y = _rows(500)
    X = X.assign(d=np.random.default_rng(5).normal(size=500))
    X_val = pd.concat([X[300:], X[:40].assign(d=0.5)], ignore_index=True)
    y_val = pd.concat([y[300:], y[:40]], ignore_index=True)
    finding = find(CODE, Case(OnA(), X_val, y_val, X_train=X[:300], y_train=y[:300]))
    assert finding.status is Status.FAIL
    assert "but for d" in finding.summary
