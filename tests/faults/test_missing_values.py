"""data.missing-values: gaps nobody handles and stand-ins are found; those that are handled are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from ladder_widgets.case import Case
from ladder_widgets.checks._sentinels import numeric_sentinels
from ladder_widgets.finding import Status
from tests.faults.plants import OBVIOUS, PLANTS, SUBTLE, hard_clean
from tests.faults.tables import data, find

CODE = "data.missing-values"
TABLES = ("credit_data", "mlc_churn", "attrition", "breast_cancer")


@pytest.mark.parametrize("strength", [OBVIOUS, SUBTLE])
@pytest.mark.parametrize("plant", PLANTS[CODE], ids=lambda plant: plant.__name__)
@pytest.mark.parametrize("name", TABLES)
def test_found(name, plant, strength):
    planted = plant(data(name, n_rows=1500), strength, np.random.default_rng(2))
    if planted is None:
        pytest.skip("no room for it in this table")
    finding = find(CODE, planted.case)
    assert finding.raised, finding.summary
    text = finding.summary + str(finding.evidence)
    assert all(name in text for name in planted.names)


@pytest.mark.parametrize("kind", ["linear", "boosting"])
@pytest.mark.parametrize("name", [*TABLES, "titanic", "lending_club", "digits", "loans"])
def test_clean_is_silent(name, kind):
    finding = find(CODE, data(name, n_rows=1500, kind=kind).case())
    assert finding.status is Status.PASS, finding.summary


def test_natural_gaps_that_are_imputed_are_counted_and_pass():
    cases = hard_clean(data("mlc_churn", n_rows=1500), np.random.default_rng(0))
    case = cases["missing values that are imputed"]()
    finding = find(CODE, case)
    assert finding.status is Status.PASS
    counted = {(column, split): missing for column, split, missing, *_ in finding.evidence[0].rows}
    for split in case.splits:
        expected = split.table.data.isna().sum()
        for column, missing in expected[expected > 0].items():
            assert counted[column, split.name] == missing


def test_only_the_refused_columns_are_named():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(300, 3)), columns=["a", "b", "c"])
    y = (X.a > 0).astype(int)
    imputes_b = make_pipeline(
        FunctionTransformer(lambda frame: frame.fillna({"b": 0.0})), StandardScaler(), LogisticRegression()
    )
    model = imputes_b.fit(X, y)
    X_val = X.copy()
    X_val.loc[:9, "a"] = np.nan
    X_val.loc[20:39, "b"] = np.nan
    finding = find(CODE, Case(model, X_val, y))
    assert finding.status is Status.FAIL
    assert "values in a. It says" in finding.summary


def _with_sentinel(value=-999.0):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.gamma(2, 20, size=(800, 3)).round(1), columns=["a", "b", "c"])
    y = (X.a + X.b > 80).astype(int)
    X.loc[rng.random(800) < 0.06, "b"] = value
    return X, y


def test_an_imputer_told_of_the_stand_in_handles_it():
    X, y = _with_sentinel()
    told = make_pipeline(SimpleImputer(missing_values=-999.0), StandardScaler(), LogisticRegression()).fit(
        X, y
    )
    assert find(CODE, Case(told, X, y)).status is Status.PASS
    not_told = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()).fit(X, y)
    finding = find(CODE, Case(not_told, X, y))
    assert finding.status is Status.FAIL
    _, value, rows, share, _ = finding.evidence[0].rows[0]
    assert (value, rows, share) == ("-999", int((X.b == -999).sum()), (X.b == -999).mean())


def test_a_step_that_turns_the_stand_in_into_nan_handles_it():
    X, y = _with_sentinel()
    step = FunctionTransformer(lambda frame: frame.replace(-999.0, np.nan))
    model = make_pipeline(step, SimpleImputer(), StandardScaler(), LogisticRegression()).fit(X, y)
    assert find(CODE, Case(model, X, y)).status is Status.PASS


@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(0).normal(0, 1000, 500).round(),  # negative values of every size
        np.arange(1000.0).repeat(3),  # 999 inside the range
        np.r_[np.random.default_rng(1).uniform(0, 90, 500), np.full(30, 99.0)],  # top-coded
        np.r_[np.zeros(300), np.random.default_rng(2).poisson(5, 300)],  # many zeros
        np.repeat([-1.0, 0.0, 1.0, 2.0], 100),  # a scale with −1 on it
        np.r_[np.random.default_rng(3).poisson(3, 500), np.full(20, -1)],  # changes of a count
        np.r_[np.random.default_rng(4).uniform(0, 500, 300), [9999.0]],  # one outlier
    ],
)
def test_real_values_are_left_alone(values):
    assert numeric_sentinels("x", np.asarray(values, dtype=float)) == []


@pytest.mark.parametrize("word", ["Unknown", "none", "no", "other", "missing", "0"])
def test_words_that_may_be_meant_are_left_alone(word):
    clean = data("credit_data", n_rows=1500)
    frames = [
        frame.assign(Home=frame.Home.mask(frame.Home == "rent", word))
        for frame in (clean.X_train, clean.X_val)
    ]
    assert find(CODE, clean.but(X_train=frames[0], X_val=frames[1]).case()).status is Status.PASS


def test_infinity_that_a_model_swallows_is_still_said():
    clean = data("breast_cancer")
    X_val = clean.X_val.copy()
    X_val.iloc[:5, 3] = np.inf
    model = HistGradientBoostingClassifier(max_iter=10).fit(clean.X_train, clean.y_train)
    finding = find(CODE, clean.but(X_val=X_val).case(model=model))
    assert finding.status is Status.WARN
    assert X_val.columns[3] in finding.summary


def test_arrays_and_polars():
    polars = pytest.importorskip("polars")
    X, y = _with_sentinel()
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X.to_numpy(), y)
    gaps = X.to_numpy().copy()
    gaps[::50, 0] = np.nan
    finding = find(CODE, Case(model, gaps, y))
    assert finding.status is Status.FAIL
    assert "x0" in finding.summary
    frame = polars.from_pandas(X)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(frame, y)
    assert "-999 in b" in find(CODE, Case(model, frame, y)).summary


class Broken:
    classes_ = np.array([0, 1])

    def predict(self, X):
        raise RuntimeError("no")


def test_a_model_that_always_raises_is_not_blamed_on_gaps():
    X, y = _with_sentinel(50.0)
    X = X.mask(np.random.default_rng(0).random(X.shape) < 0.05)
    assert find(CODE, Case(Broken(), X, y)).status is Status.PASS
