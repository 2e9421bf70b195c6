"""Replay: the record as it came, the steps, the answer against production's, surfaces."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC

from ladder_widgets import Replay, replay
from tests.replay_bugs.kinds import NUMBERS, cancer, fitted, record_of, wine

EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def branches():
    model, train, _ = fitted("branches")
    return model, record_of("branches"), train


def by_name(found: Replay, name: str):
    return next(step for step in found.steps if step.name == name)


# ---- the record ----------------------------------------------------------------------------------


def test_every_form_of_a_record_is_answered_alike(branches, tmp_path):
    model, record, _ = branches
    truth = model.predict_proba(pd.DataFrame([record]))[0, 1]
    file = tmp_path / "record.json"
    file.write_text(json.dumps(record), encoding="utf-8")
    forms = [
        record,
        json.dumps(record),
        f"[{json.dumps(record)}]",
        str(file),
        file,
        pd.Series(record),
        pd.DataFrame([record]),
        pl.from_dicts([record]),
    ]
    assert [replay(model, form).score for form in forms] == [truth] * len(forms)


def test_none_and_missing_keys_are_kept_as_they_came(branches):
    model, record, _ = branches
    found = replay(model, json.dumps(record | {"Income": None}))
    assert found.record["Income"] is None
    assert found.steps[0].input["Income"].iloc[0] is None
    without = {key: value for key, value in record.items() if key != "Income"}
    assert "Income" not in replay(model, without).steps[0].input.columns


def test_a_model_without_names_takes_a_list_an_array_or_a_sparse_row():
    X, y = wine()
    model = LogisticRegression(max_iter=5000).fit(X.to_numpy(), y)
    values = X.iloc[0].to_numpy()
    truth = model.predict_proba([values])[0]
    for record in (values.tolist(), values, values[None, :], sparse.csr_array(values[None, :])):
        found = replay(model, record)
        np.testing.assert_allclose(list(found.scores.values()), truth, rtol=1e-12)
        assert not found.warnings
    named = replay(model, X.iloc[0].to_dict())
    assert list(named.steps[0].input.columns) == list(X.columns)


def test_a_text_model_takes_a_document():
    texts = ["good sun", "bad rain", "good day", "bad cold"]
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, [1, 0, 1, 0])
    found = replay(model, ["good rain"])
    assert found.score == model.predict_proba(["good rain"])[0, 1]
    output = by_name(found, "tfidfvectorizer").output
    assert set(output.columns[output.iloc[0] > 0]) == {"good", "rain"}


@pytest.mark.parametrize("record", [{}, [], "nope", 3, None, "{bad", pd.DataFrame({"a": [1, 2]}), [[1], [2]]])
def test_what_is_no_record_is_refused_by_name(branches, record):
    with pytest.raises(ValueError, match="'record' parameter must be one record"):
        replay(branches[0], record)


# ---- the steps -----------------------------------------------------------------------------------


def test_steps_tell_names_types_and_what_became_of_columns(branches):
    model, record, _ = branches
    found = replay(model, record | {"Income": None})
    assert [step.path for step in found.steps] == [
        "",
        "prepare",
        "prepare__num",
        "prepare__num__impute",
        "prepare__num__scale",
        "prepare__cat",
        "prepare__cat__fill",
        "prepare__cat__code",
        "decide",
    ]
    assert [step.depth for step in found.steps] == [0, 1, 2, 3, 3, 2, 3, 3, 1]
    impute, scale, code = (by_name(found, name) for name in ("impute", "scale", "code"))
    assert list(impute.input.columns) == NUMBERS
    assert impute.changed == ["Income"]
    assert (
        impute.output["Income"].iloc[0]
        == model["prepare"].named_transformers_["num"]["impute"].statistics_[4]
    )
    assert scale.output.dtypes.unique().tolist() == [np.dtype(float)]
    names = model["prepare"].named_transformers_["cat"].get_feature_names_out()
    assert list(code.output.columns) == code.appeared == list(names)
    np.testing.assert_array_equal(
        by_name(found, "prepare").output, model["prepare"].transform(found.row.data)
    )
    assert all(step.seconds > 0 for step in found.steps)


def test_dropped_columns_vanish_and_passed_ones_stay():
    X, y = wine()
    choose = ColumnTransformer([("kept", "passthrough", ["hue", "ash"]), ("gone", "drop", ["alcohol"])])
    found = replay(make_pipeline(choose, LogisticRegression()).fit(X, y), X.iloc[0].to_dict())
    step = by_name(found, "columntransformer")
    assert set(step.vanished) == set(X.columns) - {"hue", "ash"}
    assert (step.appeared, step.changed) == ([], [])
    assert list(step.output.columns) == ["kept__hue", "kept__ash"]


def test_values_outside_training_are_told_with_the_range(branches):
    model, record, train = branches
    found = replay(model, record | {"Age": 300}, reference=train)
    outside = by_name(found, "impute").outside
    assert [each.column for each in outside] == ["Age"]
    assert (outside[0].low, outside[0].high) == (train["Age"].min(), train["Age"].max())
    assert outside[0].far
    assert found.reference.note == f"{len(train):,} rows"


def test_a_long_reference_is_sampled_and_that_is_said():
    X, y = wine()
    model = LogisticRegression(max_iter=5000).fit(X, y)
    found = replay(model, X.iloc[0].to_dict(), reference=pd.concat([X] * 40))
    assert found.reference.note == "5,000 of 7,120 rows, evenly spaced"


def test_a_reference_that_lacks_a_column_is_refused(branches):
    model, record, train = branches
    for name in ("reference", "batch"):
        with pytest.raises(ValueError, match=f"'{name}' parameter .* none named 'Age'"):
            replay(model, record, **{name: train.drop(columns="Age")})


def test_the_sampler_of_a_pipeline_is_skipped():
    found = replay(fitted("sampling")[0], record_of("sampling"))
    assert [(step.name, step.kind) for step in found.steps][-1] == ("sample", "skipped")


# ---- the answer ----------------------------------------------------------------------------------


def test_the_answer_is_held_against_productions(branches):
    model, record, _ = branches
    score = model.predict_proba(pd.DataFrame([record]))[0, 1]
    assert replay(model, record).matches is None
    assert replay(model, record, expected=score).matches
    assert replay(model, record, expected=score + 0.9e-6).matches
    assert not replay(model, record, expected=score + 1e-5).matches
    assert replay(model, record, expected=score + 1e-5, tolerance=1e-4).matches
    assert replay(model, record, expected={"score": score, "label": "good"}).matches
    assert not replay(model, record, expected={"score": score, "label": "bad"}).matches
    assert not replay(model, record, expected="bad").matches
    assert replay(model, record, expected="bad", threshold=0.999).matches


def test_whole_numbers_are_labels_where_the_model_has_them():
    X, y = cancer()
    model = make_pipeline(StandardScaler(), LinearSVC()).fit(X, y)
    found = replay(model, X.iloc[0].to_dict(), expected=int(model.predict(X[:1])[0]))
    assert found.matches
    assert found.expected.score is None
    assert found.score == model.decision_function(X[:1])[0]


def test_more_classes_have_the_score_of_the_label():
    X, y = wine()
    model = LogisticRegression(max_iter=5000).fit(X, y)
    found = replay(model, X.iloc[0].to_dict())
    assert found.score == model.predict_proba(X[:1]).max()
    assert found.label == model.predict(X[:1])[0]


def test_a_model_that_only_predicts_has_a_label():
    class Rule:
        classes_ = np.array(["no", "yes"])

        def predict(self, X):
            return np.where(X["a"] > 1, "yes", "no")

    found = replay(Rule(), {"a": 2}, expected="yes")
    assert (found.score, found.label, found.matches) == (None, "yes", True)


@pytest.mark.parametrize("expected", ["nope", float("nan"), {"x": 1}, {}, [1], {"score": "high"}])
def test_what_is_no_answer_is_refused_by_name(branches, expected):
    with pytest.raises(ValueError, match="'expected' parameter must be"):
        replay(branches[0], branches[1], expected=expected)


@pytest.mark.parametrize("told", [{"tolerance": -1}, {"threshold": "high"}, {"candidates": 3}])
def test_other_bad_parameters_are_refused_by_name(branches, told):
    with pytest.raises(ValueError, match=f"'{next(iter(told))}' parameter must be"):
        replay(branches[0], branches[1], **told)


def test_what_is_no_model_is_refused():
    with pytest.raises(ValueError, match="'model_or_path' parameter must be a fitted model"):
        replay(object(), {"a": 1})


# ---- surfaces ------------------------------------------------------------------------------------


def test_plain_data_is_json_and_the_frame_has_a_row_for_each_step(branches):
    model, record, train = branches
    found = replay(model, record | {"Income": float("inf"), "Home": None}, expected=0.2, reference=train)
    told = json.loads(found.to_json())
    assert told["steps"][0]["input"]["columns"][1] == {"name": "Home", "dtype": "object", "value": "None"}
    assert told["first_failure"]["name"] == found.first_failure.name == "impute"
    assert len(found.frame()) == len(found.steps) == len(told["steps"])


def test_texts_of_others_are_escaped_and_tell_the_step():
    X = pd.DataFrame(
        {EVIL: ["x", EVIL, "y", "z"] * 10, "\u202eabc": [1.0, 2.0, 1.0, 2.0] * 10, "a" * 200: 1.0}
    )
    prepare = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), [EVIL]), remainder="passthrough"
    )
    model = make_pipeline(prepare, LogisticRegression()).fit(X, [0, 1] * 20)
    found = replay(model, X.iloc[0].to_dict() | {EVIL: EVIL + "🙂"}, expected=0.1, reference=X)
    page = found.to_html()
    assert "<img" not in page
    assert "&lt;img" in page
    assert "\u202e" not in page + str(found)
    assert "First failure: columntransformer__onehotencoder" in str(found)
    assert found._repr_html_().startswith("<div")
    assert "\n" not in repr(found)


def test_keys_that_are_no_text_are_columns_too():
    X = pd.DataFrame({1: [0.0, 1.0, 2.0, 3.0], 2: [1.0, 0.0, 1.0, 0.0]})
    model = LogisticRegression().fit(X.to_numpy(), [0, 1, 0, 1])
    found = replay(model, {1: 2.0, 2: 0.0}, expected=0.5)
    assert found.score == model.predict_proba([[2.0, 0.0]])[0, 1]
    json.loads(found.to_json())
