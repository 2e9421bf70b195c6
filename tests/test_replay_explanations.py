"""Single changes that explain another answer: each planted, and found by really scoring it."""

from __future__ import annotations

import copy

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ladder_widgets import replay
from tests.replay_bugs.kinds import credit, fitted, record_of, wine


@pytest.fixture(scope="module")
def branches():
    model, train, _ = fitted("branches")
    return model, record_of("branches"), train


def first(model, record, truth, **told):
    """Replay ``record`` against what the model answers to ``truth``; return the first explanation."""
    found = replay(model, record, expected=replay(model, truth).score, **told)
    assert found.matches is False
    assert found.changes_tried > 20
    assert found.explanations, "nothing explains it"
    for each in found.explanations:  # really scored
        assert abs(each.score - found.expected.score) <= found.tolerance
    return found.explanations[0]


@pytest.mark.parametrize(
    ("here", "there", "kind", "column", "words"),
    [
        ({}, {"Income": lambda v: 12 * v}, "unit", "Income", "× 12"),
        ({}, {"Price": lambda v: v / 1000}, "unit", "Price", "÷ 1000"),
        ({}, {"Age": lambda v: 1.8 * v + 32}, "unit", "Age", "°F"),
        ({}, {"Amount": np.log1p}, "unit", "Amount", "log(1 + x)"),
        ({"Assets": None}, {"Assets": lambda v: 0}, "missing", "Assets", "filled with 0"),
        ({"Assets": 5000.0}, {"Assets": lambda v: None}, "missing", "Assets", "missing"),
        ({"Home": "PARENTS"}, {"Home": lambda v: "parents"}, "dtype", "Home", "'parents'"),
        ({"Job": "fixed"}, {"Job": lambda v: "partime"}, "category", "Job", "'partime'"),
    ],
)
def test_a_planted_change_is_found(branches, here, there, kind, column, words):
    model, record, _ = branches
    record = record | here
    truth = record | {name: change(record[name]) for name, change in there.items()}
    found = first(model, record, truth)
    assert (found.kind, found.column) == (kind, column)
    assert words in found.text


def test_swapped_columns_are_found(branches):
    model, record, _ = branches
    truth = record | {"Amount": record["Price"], "Price": record["Amount"]}
    assert "'Amount' and 'Price' swapped" in first(model, record, truth).text


def test_the_order_of_an_array_is_found():
    X, y = wine()
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1e-5)).fit(X.to_numpy(), y)
    values = X.iloc[3].tolist()
    assert first(model, values, values[::-1]).text.startswith("With values in reverse order")


def test_columns_that_only_stand_in_another_order_are_put_right():
    X, y = wine()
    model = LogisticRegression(max_iter=5000).fit(X, y)
    record = X.iloc[3].to_dict()
    found = replay(model, dict(reversed(record.items())), expected=replay(model, record).score)
    assert found.first_failure.kind == "raised"
    assert "columns in the order of training" in found.explanations[0].text


def test_a_forgotten_column_is_filled_as_training_filled_it(branches):
    model, record, _ = branches
    without = {key: value for key, value in record.items() if key != "Age"}
    found = first(model, without, record | {"Age": None})
    assert (found.kind, found.column) == ("missing", "Age")


def test_another_artifact_is_found(branches, tmp_path):
    model, record, train = branches
    older = copy.deepcopy(model)
    older[-1].C = 0.01
    older.fit(train, credit()[1][: len(train)])
    joblib.dump(older, tmp_path / "older.joblib")
    score = older.predict_proba(replay(model, record).row.data)[0, 1]
    for candidates in ({"older": older}, [tmp_path / "older.joblib"]):
        found = replay(model, record, expected=score, candidates=candidates, trust=True).explanations[0]
        assert found.kind == "artifact"
        assert "older" in found.text


def test_another_threshold_explains_a_label(branches):
    model, record, _ = branches
    found = replay(model, record, expected={"label": "bad"})
    assert [each.kind for each in found.explanations] == ["threshold"]
    assert f"above {found.score:.6g}" in found.explanations[0].text


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (lambda s: 1 - s, "class 'bad'"),
        (lambda s: 100 * s, "percentage"),
        (lambda s: round(s, 2), "tolerance=0.005"),
    ],
)
def test_another_reading_of_the_score_is_found(branches, read, words):
    model, record, _ = branches
    found = replay(model, record, expected=read(replay(model, record).score))
    assert words in found.explanations[0].text


def test_what_nothing_explains_is_said_to_be_so(branches):
    model, record, _ = branches
    found = replay(model, record, expected=0.123456789)
    assert found.explanations == ()
    assert f"Nothing explains it: {found.changes_tried:,} single changes were scored" in str(found)
