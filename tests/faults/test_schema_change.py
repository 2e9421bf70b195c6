"""production.schema-change: columns that changed are named; what a log adds of its own is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ladder_widgets.case import Case
from ladder_widgets.checks import registry, run_check
from ladder_widgets.finding import Status
from ladder_widgets.monitor import ProductionLog
from ladder_widgets.monitor.changes import compare, is_metadata
from ladder_widgets.shared import Shared
from ladder_widgets.table import Feature
from tests.faults.plants import OBVIOUS, PLANTS, SUBTLE
from tests.faults.tables import data, find

CODE = "production.schema-change"
OTHERS = ("pipeline.train-serve-skew", "production.drift", "data.unseen-categories")


@pytest.mark.parametrize("strength", [OBVIOUS, SUBTLE])
@pytest.mark.parametrize("plant", PLANTS[CODE], ids=lambda plant: plant.__name__)
@pytest.mark.parametrize("name", ["credit_data", "mlc_churn", "attrition"])
def test_found(name, plant, strength):
    planted = plant(data(name, n_rows=3000, log=True), strength, np.random.default_rng(4))
    if planted is None:
        pytest.skip("no room for it in this table")
    finding = find(CODE, planted.case)
    assert finding.raised, (finding.summary, find(OTHERS[0], planted.case).summary)
    text = finding.summary + str(finding.evidence)
    assert all(name in text for name in planted.names)


def _clean():
    clean = data("credit_data", n_rows=2000, log=True)
    return clean, clean.fitted()


@pytest.mark.parametrize("name", ["credit_data", "attrition", "hpc_data", "breast_cancer"])
def test_a_sane_log_is_silent(name):
    clean = data(name, n_rows=2500, log=True)
    model = clean.fitted()
    finding = find(CODE, clean.case(model=model, production=clean.logged(model, np.random.default_rng(0))))
    assert finding.status is Status.PASS, finding.summary


def test_what_belongs_to_the_log_is_a_note():
    clean, model = _clean()
    log = clean.X_log.assign(
        request_id=range(len(clean.X_log)),
        model_version="1.4",
        createdAt=pd.Timestamp("2026-01-01"),
        Status="good",
    )
    finding = find(CODE, clean.case(model=model, production=log))
    assert finding.status is Status.PASS
    assert {row[0] for row in finding.evidence[0].rows} == {
        "request_id",
        "model_version",
        "createdAt",
        "Status",
    }
    told = ProductionLog(log, features=[*clean.X_log, "model_version"])
    assert find(CODE, clean.case(model=model, production=told)).status is Status.WARN


def test_order_counts_only_where_the_model_minds():
    clean, model = _clean()
    turned = clean.X_log[list(clean.X_log)[::-1]]
    assert find(CODE, clean.case(model=model, production=turned)).status is Status.PASS
    numbers = ["Seniority", "Time", "Age", "Amount"]
    strict = make_pipeline(StandardScaler(), LogisticRegression()).fit(clean.X_train[numbers], clean.y_train)
    told = {"X_train": clean.X_train[numbers], "y_train": clean.y_train}
    case = Case(strict, clean.X_val[numbers], clean.y_val, **told, production=clean.X_log[numbers[::-1]])
    finding = find(CODE, case)
    assert finding.status is Status.FAIL
    assert "another place" in finding.summary


def test_an_array_of_another_width():
    clean, _ = _clean()
    numbers = ["Seniority", "Time", "Age", "Amount"]
    X, X_val, log = (part[numbers].to_numpy() for part in (clean.X_train, clean.X_val, clean.X_log))
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, clean.y_train)
    case = Case(model, X_val, clean.y_val, X_train=X, y_train=clean.y_train, production=log[:, 1:])
    finding = find(CODE, case)
    assert finding.status is Status.FAIL
    assert "3 columns" in finding.summary
    assert all(find(code, case).status is not Status.ERROR for code in OTHERS)


@pytest.mark.parametrize(
    ("trained", "served", "words"),
    [
        ([1.0, 2.0], ["1", "2"], "numbers written as text"),
        ([1.0, 2.0], ["1 kg", "2 kg"], "with a unit"),
        ([True, False], ["True", "False"], "true and false written as text"),
        ([1.0, 2.0], ["one", "two"], "text where training has numbers"),
        (["a", "b"], [1, 2], "numbers where training has text"),
        ([1.0, 2.0], [None, None], "empty"),
        ([1, 0], [True, False], None),
        ([1, 2], [1.0, 2.0], None),
        (pd.Categorical([1, 2]), [1, 2], None),
    ],
)
def test_types(trained, served, words):
    found = compare(*(Feature("x", "x", pd.Series(values)) for values in (trained, served)))
    assert (not found) if words is None else (words in found[0].words)


def test_names_of_metadata():
    assert all(map(is_metadata, ("request_id", "modelVersion", "ts", "score_yes", "created_at")))
    assert not any(map(is_metadata, ("income_2", "loyalty", "void", "paid", "new_feature")))


def test_a_lost_column_that_the_model_needs_fails_and_breaks_nothing():
    clean, model = _clean()
    case = clean.case(model=model, production=clean.X_log.drop(columns="Income"))
    finding = find(CODE, case)
    assert finding.status is Status.FAIL
    assert "Income" in finding.summary
    assert all(find(code, case).status is not Status.ERROR for code in OTHERS)


def test_polars_log_beside_a_pandas_training_table():
    polars = pytest.importorskip("polars")
    clean, model = _clean()
    log = polars.from_pandas(clean.X_log.reset_index(drop=True))
    case = clean.case(model=model, production=log)
    for code in (CODE, *OTHERS):
        assert find(code, case).status is Status.PASS


def _odd_logs(X):
    rng = np.random.default_rng(0)
    yield "one row", X.iloc[:1]
    yield "numpy objects", X.to_numpy(dtype=object)
    yield "numpy text", X.to_numpy(dtype=str)
    yield "all missing", X.assign(**dict.fromkeys(X))
    yield "mixed types", X.assign(Age=[str(v) if n % 3 else v for n, v in enumerate(X.Age)])
    yield "lists and dicts", X.assign(Job=[[1] if n % 2 else {"a": n} for n in range(len(X))])
    yield "infinity", X.assign(Income=np.where(rng.random(len(X)) < 0.3, np.inf, X.Income))
    yield "huge", X.assign(Price=X.Price.astype(float) * 1e300)
    yield "constant", X.assign(**{name: X[name].iloc[0] for name in X})
    yield "times", X.assign(Age=pd.Timestamp("2026-01-01", tz="Europe/Brussels"))
    yield "other categories", X.assign(Home=pd.Categorical(["tent"] * len(X), categories=["tent", "own"]))
    yield "extension types", X.convert_dtypes()
    yield "numbers as names", X.rename(columns={"Age": 7})
    yield "one column", X[["Age"]]
    yield "flags", X.assign(Age=X.Age > 40, Home=X.Home == "rent")
    yield "text with signs", X.assign(Home=["\u202e(?:[" if n % 2 else "a" * 5000 for n in range(len(X))])


@pytest.mark.parametrize("place", range(16))
@pytest.mark.parametrize("train", [True, False])
def test_no_log_breaks_a_check(place, train):
    clean, model = _clean()
    _, log = list(_odd_logs(clean.X_log.iloc[:300]))[place]
    told = {} if train else {"X_train": None, "y_train": None}
    case = clean.case(model=model, production=log, **told)
    shared = Shared(case)
    for check in registry():
        if check.code in (CODE, *OTHERS):
            finding = run_check(check, case, shared)
            assert finding.status is not Status.ERROR, finding.evidence[0].rows


@pytest.mark.parametrize("kind", ["sparse", "lists", "few columns"])
def test_bare_numbers(kind):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(900, 1 if kind == "few columns" else 4)).round(2)
    y = (X[:, 0] > 0).astype(int)
    parts = [X[:400], X[400:600], X[600:]]
    parts = [sparse.csr_matrix(part) if kind == "sparse" else part for part in parts]
    parts = [part.tolist() if kind == "lists" else part for part in parts]
    model = LogisticRegression().fit(parts[0], y[:400])
    case = Case(model, parts[1], y[400:600], X_train=parts[0], y_train=y[:400], production=parts[2])
    for code in (CODE, *OTHERS):
        finding = find(code, case)
        assert finding.status is Status.PASS, finding.summary
