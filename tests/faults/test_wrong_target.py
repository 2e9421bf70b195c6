"""data.wrong-target: other targets are found and named, honest labels and other faults are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from ladder_widgets import run_ladder
from ladder_widgets.case import Case
from ladder_widgets.finding import Status
from tests.faults.plants import OBVIOUS, PLANTS, SUBTLE, hard_clean
from tests.faults.tables import data, find, find_all

CODE = "data.wrong-target"
TABLES = ("credit_data", "mlc_churn", "attrition")
CASES = [("credit_data", SUBTLE), ("mlc_churn", OBVIOUS)]


@pytest.mark.parametrize("plant", PLANTS[CODE], ids=lambda plant: plant.__name__)
@pytest.mark.parametrize(("name", "strength"), CASES)
def test_found(name, plant, strength):
    planted = plant(data(name, seed=1, n_rows=1200), strength, np.random.default_rng(1))
    if planted is None:
        pytest.skip("no room in this table")
    found = find_all((CODE, "data.misaligned"), planted.case)
    assert found[0].raised, found[0].summary
    assert all(name in found[0].summary for name in planted.names)
    assert not found[1].raised, found[1].summary


@pytest.mark.parametrize(
    "name", [*TABLES, "breast_cancer", "titanic", "iris", "wine", "digits", "orange_juice"]
)
def test_honest_labels_are_silent(name):
    finding = find(CODE, data(name, n_rows=1200, test=True).case())
    assert finding.status is Status.PASS, finding.summary


@pytest.mark.parametrize("name", ["breast_cancer", "titanic"])
def test_hard_clean_cases_are_silent(name):
    for label, make in hard_clean(data(name, n_rows=800), np.random.default_rng(0)).items():
        case = make()
        if case is not None:  # a table may have no room for it
            finding = find(CODE, case)
            assert finding.status is Status.PASS, f"{label}: {finding.summary}"


# ---- the column or the label -----------------------------------------------------------------


@pytest.mark.parametrize("strength", [OBVIOUS, SUBTLE])
@pytest.mark.parametrize("plant", PLANTS["data.leakage"][:3], ids=lambda plant: plant.__name__)
def test_a_copy_of_the_label_is_left_to_leakage(plant, strength):
    planted = plant(data("credit_data", n_rows=2000), strength, np.random.default_rng(0))
    finding = find(CODE, planted.case)
    assert finding.status is not Status.FAIL
    # An exact copy is all that may be either; it is then said by both, and with a warning here.
    assert not finding.raised or "Either the label" in finding.summary


def test_a_label_made_from_a_column_is_no_leak():
    from ladder_widgets.checks import registry, run_check
    from ladder_widgets.shared import Shared

    planted = PLANTS[CODE][0](data("credit_data", n_rows=2000), OBVIOUS, np.random.default_rng(0))
    shared = Shared(planted.case)
    found = {check.code: run_check(check, planted.case, shared) for check in registry() if check.rung == 0}
    assert found[CODE].status is Status.FAIL
    assert found["data.leakage"].status is Status.SKIP
    assert planted.names[0] in found["data.leakage"].summary


@pytest.mark.parametrize("bins", [2, 3, 4])
def test_bins_of_a_number_with_a_few_errors(bins):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(1500, 4)), columns=list("abcd"))
    y = pd.qcut(X.a, bins, labels=False).to_numpy()
    y = np.where(rng.random(1500) < 0.05, rng.integers(0, bins, 1500), y)
    case = Case(
        LogisticRegression().fit(X[:1000], y[:1000]), X[1000:], y[1000:], X_train=X[:1000], y_train=y[:1000]
    )
    finding = find(CODE, case)
    assert finding.status is Status.FAIL
    assert finding.summary.startswith("y is a over again")
    assert len(finding.evidence[0].rows) == bins


def test_a_strong_honest_number_is_undecided_at_its_edge():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(1500, 3)), columns=list("abc"))
    y = (X.a + 0.12 * rng.normal(size=1500) > 0).astype(int)
    finding = find(CODE, Case(LogisticRegression().fit(X, y), X, y))
    assert finding.status is Status.PASS, finding.summary


# ---- the labels themselves -------------------------------------------------------------------

rng = np.random.default_rng(0)
ROWS = pd.DataFrame(rng.normal(size=(700, 4)), columns=list("abcd"))
LABELS = (ROWS.a + ROWS.b + 0.7 * rng.normal(size=700) > 0).astype(int)
MODEL = LogisticRegression().fit(ROWS[:400], LABELS[:400])
X_VAL, Y_VAL = ROWS[400:], LABELS[400:]

STRANGE = {
    "measurement": X_VAL.a,
    "text of numbers": X_VAL.a.astype(str),
    "ids": pd.Series(np.arange(300)),
    "names": pd.Series([f"id {i}" for i in range(300)]),
    "ages": (40 + 12 * X_VAL.a).round().astype(int),
    "dates": pd.Series(pd.date_range("2020", periods=300)),
    "text": Y_VAL.astype(str),
    "words": Y_VAL.map({0: "no", 1: "yes"}),
    "signs": 2 * Y_VAL - 1,
    "one extra": Y_VAL.where(np.arange(300) != 7, 9),
    "swapped": 1 - Y_VAL,
    "nearly constant": pd.Series((np.arange(300) == 3).astype(int)),
}


@pytest.mark.parametrize("name", STRANGE)
def test_strange_labels_end_as_a_finding(name):
    report = run_ladder(MODEL, X_VAL, STRANGE[name], X_train=ROWS[:400], y_train=LABELS[:400], ledger=False)
    assert report.finding(CODE).raised, report.finding(CODE).summary
    assert [f.code for f in report.findings if f.status is Status.ERROR] == []
    assert all(rung.headline != "broke" for rung in report.rungs)
    report.to_json()


@pytest.mark.parametrize("dtype", [bool, float, "Int64", "category", object])
def test_the_same_labels_in_another_type_are_the_same(dtype):
    case = Case(MODEL, X_VAL, Y_VAL.astype(dtype), X_train=ROWS[:400], y_train=LABELS[:400])
    assert find(CODE, case).status is Status.PASS


def test_missing_labels_are_refused():
    with pytest.raises(ValueError, match="missing labels"):
        run_ladder(MODEL, X_VAL, Y_VAL.astype(float).where(np.arange(300) != 5))


def test_many_numbered_classes_are_classes():
    y = np.arange(900) % 40
    X = pd.DataFrame({"a": y + np.random.default_rng(0).normal(0, 0.1, 900)})
    assert Case(DecisionTreeClassifier().fit(X, y), X, y).target_problem is None


def test_the_fix_makes_one_spelling_of_two():
    words = Y_VAL.map({0: "no", 1: "yes"})
    model = LogisticRegression().fit(ROWS[:400], LABELS[:400].map({0: "no", 1: "yes"}))
    finding = find(CODE, Case(model, X_VAL, words.where(np.arange(300) % 9 != 0, words.str.upper() + " ")))
    assert finding.status is Status.FAIL
    scope = {"y_val": words.where(np.arange(300) % 9 != 0, words.str.upper() + " ")}
    exec(finding.fix, scope)
    assert scope["y_val"].tolist() == words.tolist()


def test_a_model_that_answers_other_labels():
    class Answers:
        def predict(self, X):
            return np.where(MODEL.predict(X) == 1, "y", "n")

    assert find(CODE, Case(Answers(), X_VAL, Y_VAL)).status is Status.FAIL
    assert find(CODE, Case(LinearRegression().fit(X_VAL, Y_VAL), X_VAL, Y_VAL)).status is Status.PASS


# ---- one split -------------------------------------------------------------------------------


def test_the_model_is_told_from_the_labels_when_one_is_the_wrong_way_round():
    given = {"X_train": ROWS[:400], "y_train": LABELS[:400]}
    labels = find(CODE, Case(MODEL, X_VAL, 1 - Y_VAL, **given))
    assert "stand for each other" in labels.summary
    turned = LogisticRegression().fit(ROWS[:400], 1 - LABELS[:400])
    assert (
        "The model ranks val the wrong way round" in find(CODE, Case(turned, X_VAL, Y_VAL, **given)).summary
    )
    assert find(CODE, Case(turned, X_VAL, Y_VAL)).status is Status.FAIL


def test_exchanged_classes_of_several_are_named():
    clean = data("digits", n_rows=1200)
    y_val = clean.y_val.replace({3: 7, 7: 3})
    finding = find(CODE, clean.but(y_val=y_val).case(model=clean.fitted()))
    assert finding.status is Status.FAIL
    assert "3 for 7" in finding.summary


def test_another_target_in_training_alone():
    other = (ROWS.c + ROWS.d > 0).astype(int)
    case = Case(MODEL, X_VAL, Y_VAL, X_train=ROWS[:400], y_train=other[:400])
    assert find(CODE, case).raised
    case = Case(MODEL, X_VAL, other[400:], X_train=ROWS[:400], y_train=LABELS[:400])
    finding = find(CODE, case)
    assert "a model fitted on this split alone" in finding.summary


def test_prevalence_alone_is_no_other_target():
    rows = np.concatenate([np.flatnonzero(Y_VAL == 0), np.flatnonzero(Y_VAL == 1)[:20]])
    case = Case(MODEL, X_VAL.iloc[rows], Y_VAL.iloc[rows], X_train=ROWS[:400], y_train=LABELS[:400])
    assert find(CODE, case).status is Status.PASS
