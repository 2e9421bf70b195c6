"""What a second climb finds worked out already, and what must make it work anew."""

from __future__ import annotations

import threading
from contextlib import closing

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler, TargetEncoder
from sklearn.tree import DecisionTreeClassifier

from ladder_widgets import LadderPanel, run_ladder
from ladder_widgets.case import Case
from ladder_widgets.kept import KEPT, VARIABLE, Kept, content_key, repeatable
from ladder_widgets.ladder import climb
from ladder_widgets.rungs import reference as references
from ladder_widgets.shared import Shared

TREE = DecisionTreeClassifier(max_depth=3, random_state=0)


@pytest.fixture(autouse=True)
def empty(monkeypatch):
    """An empty cache of the usual size."""
    monkeypatch.setenv(VARIABLE, "off")
    KEPT.get(None)
    monkeypatch.setenv(VARIABLE, "64")
    assert len(KEPT) == 0
    return monkeypatch


@pytest.fixture
def fits(monkeypatch):
    """Class names of the references fitted so far."""
    fitted, real = [], references._fitted

    def counted(reference, *others):
        fitted.append(reference.description)
        return real(reference, *others)

    monkeypatch.setattr(references, "_fitted", counted)
    return fitted


@pytest.fixture(scope="module")
def rows():
    """Model, X, y: 400 rows with numbers, a category and gaps."""
    rng = np.random.default_rng(7)
    X = pd.DataFrame(rng.normal(size=(400, 4)), columns=list("abcd"))
    X.loc[::9, "b"] = np.nan
    X["e"] = pd.Categorical.from_codes(rng.integers(0, 3, 400), ["x", "y", "z"])
    y = pd.Series(np.where(X["a"] + rng.normal(size=400) > 0, "yes", "no"))
    prepare = make_column_transformer(
        ("passthrough", ["a", "c", "d"]), (OneHotEncoder(handle_unknown="ignore"), ["e"])
    )
    return make_pipeline(prepare, LogisticRegression()).fit(X[:100], y[:100]), X, y


def changed(X, row, column, value):
    other = X.copy()
    other.loc[row, column] = value
    return other


def plain(report):
    """What a report says, but for the times it took."""

    def without_seconds(part):
        if isinstance(part, dict):
            return {key: without_seconds(value) for key, value in part.items() if key != "seconds"}
        return [without_seconds(value) for value in part] if isinstance(part, list | tuple) else part

    return without_seconds(report.to_dict())


def test_a_second_climb_fits_nothing_and_says_the_same(rows, fits, monkeypatch):
    model, X, y = rows
    splits = dict(X_train=X[:250], y_train=y[:250], ledger=False)
    first = run_ladder(model, X[250:], y[250:], **splits)
    assert set(fits) == {"DummyClassifier", "LogisticRegression", "RandomForestClassifier"}
    fits.clear()
    second = run_ladder(model, X[250:].copy(), y[250:].copy(), **splits)
    assert fits == []
    assert plain(second) == plain(first)
    monkeypatch.setenv(VARIABLE, "off")
    assert plain(run_ladder(model, X[250:], y[250:], **splits)) == plain(first)
    assert fits


def test_what_the_references_do_not_see_may_change(rows, fits):
    model, X, y = rows
    log = X[:50].assign(score=0.5)
    run_ladder(model, X, y, ledger=False)
    fits.clear()
    run_ladder(model, X, y, threshold=0.3, metric="accuracy", production=log, ledger=False)
    refitted = make_pipeline(*[step for _, step in model.steps]).fit(X, y)
    run_ladder(refitted, X, y, fast=True, ignore=["model.imbalance"], ledger=False)
    panel = LadderPanel(model, X, y, ledger=False)
    panel.wait()
    panel.close()
    assert fits == []


@pytest.mark.parametrize(
    "other",
    [
        lambda X, y: ((changed(X, 399, "d", 0.25), y), {}),
        lambda X, y: ((changed(X, 0, "a", float(np.nextafter(np.float32(X.loc[0, "a"]), 9))), y), {}),
        lambda X, y: ((changed(X, 5, "b", np.nan), y), {}),
        lambda X, y: ((changed(X, 17, "e", "x" if X.loc[17, "e"] != "x" else "y"), y), {}),
        lambda X, y: ((X, y.mask(y.index == 200, np.where(y == "yes", "no", "yes"))), {}),
        lambda X, y: ((X[["b", "a", "c", "d", "e"]], y), {}),
        lambda X, y: ((X[:-1], y[:-1]), {}),
        lambda X, y: ((X, y), {"random_state": 1}),
        lambda X, y: ((X, y), {"groups": np.arange(400) // 4}),
        lambda X, y: ((X, y), {"max_rows": 300}),
        lambda X, y: ((X, y), {"pos_label": "no"}),
    ],
    ids=[
        "cell",
        "last bit of single precision",
        "gap",
        "level",
        "label",
        "order",
        "rows",
        "seed",
        "groups",
        "sample",
        "positive",
    ],
)
def test_any_change_of_what_they_see_is_worked_out_anew(rows, fits, other):
    model, X, y = rows
    (X_other, y_other), options = other(X, y)
    for shared in (
        Shared(Case(model, X, y, rungs={3: TREE})),
        Shared(Case(model, X_other, y_other, rungs={3: TREE}, **options)),
    ):
        fits.clear()
        for number in (2, 3):
            shared.result(number)
        assert len(fits) == 10


def test_cells_that_were_not_sampled_may_change(rows, fits):
    model, X, y = rows
    shared = Shared(Case(model, X, y, max_rows=300))
    shared.result(2)
    left_out = np.setdiff1d(np.arange(400), shared.folds.rows)[0]
    fits.clear()
    Shared(Case(model, changed(X, left_out, "d", 9.0), y, max_rows=300)).result(2)
    assert fits == []
    Shared(Case(model, changed(X, shared.folds.rows[0], "d", 9.0), y, max_rows=300)).result(2)
    assert len(fits) == 5


def test_a_change_of_one_rung_works_out_one_rung(rows, fits):
    model, X, y = rows
    run_ladder(model, X, y, ledger=False)
    fits.clear()
    run_ladder(model, X, y, rungs={3: TREE}, ledger=False)
    assert fits == ["DecisionTreeClassifier"] * 5
    run_ladder(model, X, y, rungs={3: TREE}, ledger=False)
    assert len(fits) == 5
    run_ladder(model, X, y, rungs={3: TREE.set_params(max_depth=2)}, ledger=False)
    assert len(fits) == 10


def test_raw_rows_count_where_a_reference_takes_them(rows, fits):
    model, X, y = rows
    numbers = make_column_transformer((StandardScaler(), make_column_selector(pattern="[acd]")))
    users = {2: make_pipeline(numbers, LogisticRegression())}
    first = Shared(Case(model, X, y, rungs=users)).result(2)
    second = Shared(Case(model, X.copy(), y, rungs=users)).result(2)
    assert len(fits) == 5
    assert np.array_equal(first.proba, second.proba)
    assert first.folds == second.folds
    Shared(Case(model, changed(X, 3, "c", 1.5), y, rungs=users)).result(2)
    assert len(fits) == 10


def test_code_of_the_users_own_is_run_each_time(rows, fits):
    model, X, y = rows

    def reference(shift):
        """A class by one name and with other code: what editing a cell of a notebook makes."""

        class Shifted(LogisticRegression):
            def predict_proba(self, X):
                return super().predict_proba(X) * (1 - shift) + shift / 2

        Shifted.__qualname__, Shifted.__module__ = "Shifted", __name__
        return {2: Shifted()}

    shared = [Shared(Case(model, X, y, rungs=reference(shift))).result(2) for shift in (0.0, 0.5)]
    assert len(fits) == 10
    assert np.allclose(shared[1].proba, shared[0].proba / 2 + 0.25)


@pytest.mark.parametrize(
    ("estimator", "sure"),
    [
        (LogisticRegression(), True),
        (TargetEncoder(), False),
        (LogisticRegression(solver="saga"), False),
        (LogisticRegression(solver="saga", random_state=3), True),
        (DummyClassifier(strategy="stratified"), False),
        (RandomForestClassifier(), False),
        (RandomForestClassifier(random_state=np.random.RandomState(0)), False),
        (make_pipeline(StandardScaler(), RandomForestClassifier(random_state=0)), True),
        (make_pipeline(FunctionTransformer(abs), LogisticRegression()), False),
        (GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=3), True),
        (GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=KFold(3, shuffle=True)), False),
        (GridSearchCV(LogisticRegression(), {}, scoring=make_scorer(max)), False),
    ],
)
def test_only_what_answers_the_same_again_is_kept(estimator, sure):
    assert repeatable(estimator) is sure


def test_a_climb_that_was_left_keeps_whole_results_only(rows, fits):
    model, X, y = rows
    with closing(climb(Case(model, X, y))) as events:
        for _ in events:
            if fits.count("LogisticRegression") == 3:
                break
    fits.clear()
    run_ladder(model, X, y, ledger=False)
    assert fits.count("LogisticRegression") == 5


def test_whoever_changes_a_result_changes_their_own(rows):
    model, X, y = rows
    first = Shared(Case(model, X, y)).result(1)
    told = first.proba.copy(), {name: list(values) for name, values in first.folds.items()}
    for _ in range(2):
        shared = Shared(Case(model, X, y))
        found = shared.result(1)
        assert np.array_equal(found.proba, told[0])
        assert found.folds == told[1]
        found.proba[:] = 0.0
        found.folds["roc_auc"].clear()


def test_the_oldest_are_dropped_beyond_the_bytes_and_the_number(monkeypatch):
    monkeypatch.setenv(VARIABLE, "1")
    kept, third = Kept(most=3), np.zeros(2**20 // 8 // 3)
    for key in "abc":
        kept.put(key, third)
    kept.get("a")
    kept.put("d", third)
    assert [kept.get(key) is not None for key in "abcd"] == [True, False, True, True]
    assert kept.nbytes <= 2**20
    kept.put("e", np.zeros(1))
    assert kept.get("a") is None or kept.get("c") is None
    assert len(kept) == 3
    kept.put("f", np.zeros(2**20))  # larger than all there is room for
    assert kept.get("f") is None
    monkeypatch.setenv(VARIABLE, "off")
    assert kept.get("e") is None
    assert (len(kept), kept.nbytes) == (0, 0)


def test_what_has_no_content_has_no_key():
    model, other = LogisticRegression(), LogisticRegression(C=2.0)
    assert content_key(model, threading.Lock()) is None
    assert content_key(model, np.zeros((2, 3))) != content_key(model, np.zeros(6))
    assert content_key(model, 1) == content_key(LogisticRegression(), 1) != content_key(other, 1)


def test_threads_find_whole_results():
    kept, wrong = Kept(most=8), []

    def work(seed):
        rng = np.random.default_rng(seed)
        for key in rng.integers(0, 30, 400):
            kept.put(str(key), np.full(50, key), np.full(3, key))
            found = kept.get(str(rng.integers(0, 30)))
            if found is not None and len(np.unique(np.concatenate(found))) != 1:
                wrong.append(found)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(kept) == 8


@pytest.mark.parametrize("told", ["none", "-1", "nan", "inf", "1e308"])
def test_a_size_that_cannot_be_read_is_refused(rows, monkeypatch, told):
    monkeypatch.setenv(VARIABLE, told)
    with pytest.raises(ValueError, match=rf'{VARIABLE}.*"off" or a number of megabytes'):
        Case(*rows)
