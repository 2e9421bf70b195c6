"""Steps that write into what they are given, and records that are no table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.cluster import KMeans
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ladder_widgets import Monitor, ProductionLog, Schema, replay, replay_log, serve_guard
from ladder_widgets.copies import copied


class Writes(TransformerMixin, BaseEstimator):
    """Doubles a column where it lies."""

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        X["a"] = 2 * X["a"]
        return X


class Draws(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        return X + np.random.default_rng().normal(size=X.shape)


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    return pd.DataFrame({"a": rng.normal(size=300), "b": rng.normal(size=300)})


@pytest.fixture
def labels(rows):
    return (rows["b"] > 0).astype(int)


@pytest.fixture
def writer(rows, labels):
    return make_pipeline(Writes(), StandardScaler(), LogisticRegression()).fit(rows.copy(), labels)


def test_a_record_and_its_reference_stay_as_they_are(writer, rows):
    record, before = rows[:1].copy(), rows.copy()
    found = replay(writer, record, reference=rows, expected=0.123)
    wanted = writer.predict_proba(record.copy())[0, 1]
    assert found.score == wanted
    assert found.first_failure is None  # the scaler is sound
    assert found.pure
    str(found)
    assert found.explanations is not None
    pd.testing.assert_frame_equal(rows, before)
    pd.testing.assert_frame_equal(record, before[:1])
    assert replay(writer, record, reference=rows).score == wanted


def test_the_step_that_writes_is_named_and_no_other(writer, rows, labels):
    found = replay(writer, rows[:1])
    assert found.warnings == ["writes changes what it is given in place: hand it a copy."]
    assert "changes what it is given in place" in str(found)
    clean = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, labels)
    assert replay(clean, rows[:1]).warnings == []
    in_place = make_pipeline(StandardScaler(), StandardScaler(copy=False), LogisticRegression())
    in_place.fit(rows, labels)
    assert [text.partition(" ")[0] for text in replay(in_place, rows[:1]).warnings] == ["standardscaler-2"]


def test_a_log_is_scored_by_the_rows_that_were_logged(writer, rows):
    scores = writer.predict_proba(rows.copy())[:, 1]
    labels = writer.predict(rows.copy())
    log = rows.assign(score=scores, prediction=labels)
    before = log.copy()
    assert replay_log(writer, log).rows.empty
    pd.testing.assert_frame_equal(log, before)


def test_monitors_and_guards_hand_over_copies(writer, rows, labels):
    before = rows.copy()
    Monitor.fit(rows, writer, X_val=rows, y_val=labels)
    pd.testing.assert_frame_equal(rows, before)
    guard = serve_guard(writer, Schema.learn(rows))
    few = rows[:3].copy()
    np.testing.assert_array_equal(guard.predict_proba(few), guard.predict_proba(few))
    pd.testing.assert_frame_equal(few, before[:3])


def test_copies_of_every_container():
    for data in (pl.DataFrame({"a": [1]}), np.ones((1, 1)), pd.Series([1]), [[1]], [{"a": 1}]):
        assert copied(data) is not data
        assert type(copied(data)) is type(data)


@pytest.mark.parametrize("reference", [False, True])
def test_a_step_that_differs_from_itself_is_not_blamed_for_its_company(rows, labels, reference):
    model = make_pipeline(StandardScaler(), Draws(), LogisticRegression()).fit(rows, labels)
    found = replay(model, rows[:1], reference=rows if reference else None)
    assert (found.first_failure.kind, found.first_failure.name) == ("impure", "draws")
    assert not found.pure


def test_a_step_that_looks_at_its_company_is_still_blamed(rows, labels):
    class Centred(Draws):
        def transform(self, X):
            return X - np.mean(np.asarray(X), axis=0)

    model = make_pipeline(StandardScaler(), Centred(), LogisticRegression()).fit(rows, labels)
    assert replay(model, rows[:1], reference=rows).first_failure.kind == "batch"


def test_records_of_a_dict_vectorizer_are_handed_on_as_they_came():
    records = [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}] * 10
    model = make_pipeline(DictVectorizer(), LogisticRegression()).fit(records, [0, 1] * 10)
    wanted = model.predict_proba(records[:1])[0, 1]
    for record in (records[0], records[:1], '{"a": 1, "b": "x"}', pd.Series(records[0])):
        found = replay(model, record, reference=records)
        assert (found.error, found.score, found.first_failure) == (None, wanted, None)
    assert replay(model, records[0], reference=pd.DataFrame(records)).first_failure is None


def test_a_document_that_is_not_there_is_no_value():
    texts = pd.Series(["good movie", "bad film"] * 20)
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, [1, 0] * 20)
    for reference in (None, texts):
        failure = replay(model, [None], reference=reference).first_failure
        assert failure.name == "tfidfvectorizer"
        assert "no value" in failure.why
    assert replay(model, ["good film"], reference=texts).error is None
    assert replay(model, pd.Series(["good film"])).score == replay(model, ["good film"]).score


@pytest.mark.parametrize("model", [make_pipeline(StandardScaler(), Ridge()), KMeans(2, n_init=1)])
def test_what_answers_no_labels_is_refused(model, rows, labels):
    model.fit(rows, labels)
    with pytest.raises(ValueError, match="must be a classifier"):
        replay(model, rows[:1], expected=0.5)
    with pytest.raises(ValueError, match="must be a classifier"):
        replay_log(model, ProductionLog(rows.assign(score=0.5)))


@pytest.mark.parametrize("record", ["/etc/passwd", "http://127.0.0.1:9/x.parquet", '{"a": 1}', ["a.parquet"]])
def test_a_guard_opens_no_file_that_a_caller_names(rows, labels, record, monkeypatch):
    def opened(*_):
        raise AssertionError("a file or an address was opened")

    monkeypatch.setattr("ladder_widgets.monitor._schema_scan.open_source", opened)
    model = LogisticRegression().fit(rows, labels)
    for on_error in ("raise", "report"):
        guard = serve_guard(model, Schema.learn(rows), on_error=on_error)
        with pytest.raises(ValueError, match="do not fit the schema of training"):
            guard.predict_proba(record)
        assert not guard.check(record).ok
