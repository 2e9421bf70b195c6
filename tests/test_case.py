"""Every kind of input a user brings, and a clear outcome for every kind of mistake."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV, TunedThresholdClassifierCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from ladder_widgets import ProductionLog
from ladder_widgets.case import Case
from ladder_widgets.scores import GRID, ModelFailure
from ladder_widgets.wrappers import innermost


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    return X.iloc[:400], y.iloc[:400], X.iloc[400:], y.iloc[400:]


@pytest.fixture(scope="module")
def model(cancer):
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(cancer[0], cancer[1])


CONTAINERS = {
    "pandas": lambda X: X,
    "polars": lambda X: pl.from_pandas(X),
    "pyarrow": lambda X: pa.Table.from_pandas(X, preserve_index=False),
    "numpy": lambda X: X.to_numpy(),
    "lists": lambda X: X.to_numpy().tolist(),
    "sparse": lambda X: sparse.csr_matrix(X.to_numpy()),
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_every_container_gives_the_same_numbers_and_columns(container, cancer, model):
    X, y = cancer[2], cancer[3]
    # Fitted without names: pyarrow tables and lists carry none that scikit-learn would accept.
    bare = make_pipeline(StandardScaler(with_mean=False), LogisticRegression(max_iter=1000))
    bare.fit(cancer[0].to_numpy(), cancer[1])
    data = CONTAINERS[container](X)
    wrapped = bare if container in ("numpy", "lists", "sparse") else _TakesFrames(bare)
    case = Case(wrapped, data, y)
    want = bare.predict_proba(X.to_numpy())
    np.testing.assert_allclose(case.scores().proba, want, rtol=1e-9)
    values = case.val.table.feature(3).numbers()
    np.testing.assert_allclose(values, X.iloc[:, 3])
    named = container in ("pandas", "polars", "pyarrow")
    assert case.val.table.names[3] == (X.columns[3] if named else "x3")


class _TakesFrames:
    """A duck-typed model: no scikit-learn base class, no feature names, any frame."""

    def __init__(self, inner):
        self.inner = inner
        self.classes_ = inner.classes_

    def _array(self, data):
        return np.asarray(data) if not isinstance(data, pa.Table) else np.asarray(data.to_pandas())

    def predict(self, data):
        return self.inner.predict(self._array(data))

    def predict_proba(self, data):
        return self.inner.predict_proba(self._array(data))


LABELS = {
    "int": lambda y: y,
    "bool": lambda y: y.astype(bool),
    "string": lambda y: y.map({0: "benign", 1: "malignant"}),
    "categorical": lambda y: y.map({0: "benign", 1: "malignant"}).astype("category"),
    "float": lambda y: y.astype(float),
    "numpy": lambda y: y.to_numpy(),
    "list": lambda y: y.tolist(),
    "polars": lambda y: pl.Series(y.to_numpy()),
    "column": lambda y: y.to_frame(),
}


@pytest.mark.parametrize("kind", LABELS)
def test_every_kind_of_label(kind, cancer):
    make = LABELS[kind]
    fit_on = np.asarray(make(cancer[1])).ravel()
    model = DecisionTreeClassifier(max_depth=2, random_state=0).fit(cancer[0], fit_on)
    case = Case(model, cancer[2], make(cancer[3]))
    assert case.y(case.val).tolist() == cancer[3].tolist()
    assert case.binary
    assert case.positive == 1
    accuracy = (case.predicted() == case.y(case.val)).mean()
    assert accuracy == model.score(cancer[2], np.asarray(make(cancer[3])).ravel())


def test_pos_label_turns_the_axis(cancer, model):
    case = Case(model, cancer[2], cancer[3], pos_label=0)
    assert case.positive == 0
    want = model.predict_proba(cancer[2])[:, 0]
    np.testing.assert_allclose(case.scores().positive(0), want, atol=GRID)


MODELS = {
    "decision_function": lambda X, y: make_pipeline(StandardScaler(), LinearSVC()).fit(X, y),
    "predict": lambda X, y: _OnlyPredict(DecisionTreeClassifier(max_depth=2).fit(X, y)),
    "search": lambda X, y: GridSearchCV(DecisionTreeClassifier(), {"max_depth": [2]}).fit(X, y),
    "calibrated": lambda X, y: CalibratedClassifierCV(RidgeClassifier(), cv=2).fit(X, y),
    "column transformer": lambda X, y: make_pipeline(
        make_column_transformer((StandardScaler(), list(X.columns[:5]))), LogisticRegression()
    ).fit(X, y),
}


class _OnlyPredict:
    def __init__(self, inner):
        self.inner = inner

    def predict(self, data):
        return self.inner.predict(data)


@pytest.mark.parametrize("kind", MODELS)
def test_every_kind_of_model_predicts_what_it_predicts(kind, cancer):
    model = MODELS[kind](cancer[0], cancer[1])
    case = Case(model, cancer[2], cancer[3])
    np.testing.assert_array_equal(case.predicted(), model.predict(cancer[2]))
    assert np.isfinite(case.scores().proba).all()
    told = any("not probabilities" in note for note in case.notes)
    assert told == (kind in ("decision_function", "predict"))


def test_margins_keep_their_order_and_their_zero(cancer):
    model = make_pipeline(StandardScaler(), LinearSVC()).fit(cancer[0], cancer[1])
    case = Case(model, cancer[2], cancer[3])
    margin = model.decision_function(cancer[2])
    score = case.scores().positive(1)
    assert (np.argsort(score, kind="stable") == np.argsort(margin, kind="stable")).mean() > 0.99
    assert ((score >= 0.5) == (margin >= 0)).all()


def test_three_classes_by_margin_and_by_probability():
    X, y = load_wine(return_X_y=True, as_frame=True)
    for model in (RidgeClassifier(), make_pipeline(StandardScaler(), LogisticRegression())):
        model.fit(X, y)
        case = Case(model, X, y)
        assert case.threshold is None
        np.testing.assert_array_equal(case.predicted(), model.predict(X))


def test_threshold_is_read_off_wrappers(cancer):
    fixed = FixedThresholdClassifier(DecisionTreeClassifier(max_depth=4, random_state=0), threshold=0.2)
    case = Case(fixed.fit(cancer[0], cancer[1]), cancer[2], cancer[3])
    assert case.threshold == pytest.approx(0.2)
    assert not case.default_threshold
    tuned = TunedThresholdClassifierCV(LogisticRegression(max_iter=5000), scoring="f1", cv=2)
    tuned.fit(cancer[0].iloc[:, :3], cancer[1])
    case = Case(tuned, cancer[2].iloc[:, :3], cancer[3])
    np.testing.assert_array_equal(case.predicted(), tuned.predict(cancer[2].iloc[:, :3]))


def test_a_tie_at_one_half_is_called_as_the_model_calls_it(cancer):
    """With two neighbours half the votes tie: argmax calls them negative, ``>= 0.5`` would not."""
    model = KNeighborsClassifier(n_neighbors=2).fit(cancer[0], cancer[1])
    assert (model.predict_proba(cancer[2])[:, 1] == 0.5).any()
    case = Case(model, cancer[2], cancer[3])
    np.testing.assert_array_equal(case.predicted(), model.predict(cancer[2]))
    assert case.default_threshold


def test_the_users_data_is_not_touched(cancer, model):
    X = cancer[2].copy()
    X["text"] = "a"
    before = X.copy(deep=True)
    flagged = X.to_numpy(dtype=object)
    flagged.flags.writeable = False
    inner = make_pipeline(
        make_column_transformer((StandardScaler(), list(cancer[2].columns))), LogisticRegression()
    ).fit(X, cancer[3])
    case = Case(inner, X, cancer[3])
    case.scores()
    [feature.codes() for feature in case.val.table.features()]
    pd.testing.assert_frame_equal(X, before)


def test_innermost_looks_through_wrappers(cancer):
    search = GridSearchCV(make_pipeline(StandardScaler(), LogisticRegression()), {}, cv=2)
    assert isinstance(innermost(search.fit(cancer[0], cancer[1])), LogisticRegression)
    assert isinstance(innermost(RandomForestClassifier(5).fit(cancer[0], cancer[1])), RandomForestClassifier)


# ---- mistakes ----------------------------------------------------------------------------------


def _frame(columns):
    return pd.DataFrame(np.zeros((4, len(columns))), columns=columns)


FITTED = DecisionTreeClassifier().fit([[0.0], [1.0]], [0, 1])
ONE = pd.DataFrame({"a": [0.0, 1.0, 0.0, 1.0]})
TWO = [0, 1, 0, 1]

MISTAKES = {
    "lengths": (dict(X_val=ONE, y_val=[0, 1, 1]), "'y_val'.*as long as X_val .4 rows.*3 labels"),
    "empty": (dict(X_val=ONE.iloc[:0], y_val=[]), "'X_val'.*at least one row.*0 rows"),
    "no columns": (dict(X_val=ONE[[]], y_val=TWO), "'X_val'.*at least one row and one column"),
    "one class": (dict(X_val=ONE, y_val=[1, 1, 1, 1]), "'y_val'.*two classes.*only 1"),
    "missing labels": (dict(X_val=ONE, y_val=[0, 1, None, 1]), "'y_val'.*1 missing labels.*position 2"),
    "two-dimensional y": (dict(X_val=ONE, y_val=[[0, 1]] * 4), "'y_val'.*one-dimensional.*2 dimensions"),
    "duplicate columns": (dict(X_val=_frame(["a", "a"]), y_val=TWO), "'X_val'.*one column to a name.*'a'"),
    "one-dimensional X": (dict(X_val=[1, 2, 3, 4], y_val=TWO), "'X_val'.*two-dimensional.*1 dimension"),
    "ragged rows": (dict(X_val=[[1], [1, 2]], y_val=[0, 1]), "'X_val'.*table"),
    "half a split": (dict(X_val=ONE, y_val=TWO, X_train=ONE), "'y_train'.*together with X_train.*None"),
    "metric": (dict(X_val=ONE, y_val=TWO, metric="auc"), "'metric'.*one of.*'auc'"),
    "threshold": (dict(X_val=ONE, y_val=TWO, threshold=1.5), "'threshold'.*between 0 and 1.*1.5"),
    "pos_label": (dict(X_val=ONE, y_val=TWO, pos_label=7), "'pos_label'.*one of the classes .0, 1.*7"),
    "ignore": (dict(X_val=ONE, y_val=TWO, ignore=["data.leak"]), "'ignore'.*'data.leak'.*'data.leakage'"),
    "checks": (dict(X_val=ONE, y_val=TWO, checks=[len]), "'checks'.*sequence of Check.*len.*Declare it"),
    "rungs": (dict(X_val=ONE, y_val=TWO, rungs={5: FITTED}), "'rungs'.*1 .baseline.*key 5"),
    "auc_error": (dict(X_val=ONE, y_val=TWO, auc_error=0.3), "'auc_error'.*from 0.0005 to 0.05.*0.3"),
    "max_rows": (dict(X_val=ONE, y_val=TWO, max_rows=-1), "'max_rows'.*whole number.*-1"),
    "groups": (dict(X_val=ONE, y_val=TWO, groups=[1]), "'groups'.*each row of X_val .4.*1"),
    "random_state": (dict(X_val=ONE, y_val=TWO, random_state="x"), "'random_state'.*whole number.*'x'"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_what_is_accepted(mistake):
    arguments, message = MISTAKES[mistake]
    with pytest.raises(ValueError, match=message):
        Case(FITTED, **arguments).check_labels()


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (LogisticRegression(), "'model'.*fitted.*unfitted LogisticRegression.*fit.X_train"),
        (LogisticRegression, "'model'.*the class LogisticRegression"),
        (object(), "'model'.*predict_proba, decision_function or predict.*object"),
    ],
)
def test_a_model_that_cannot_answer_is_refused(model, message):
    with pytest.raises(ValueError, match=message):
        Case(model, ONE, TWO)


def test_unhashable_values_and_odd_column_names_are_read():
    frame = pd.DataFrame({("a", 1): [[1], [2], [1], None], 5: [0.0, 1.0, 2.0, 3.0]})
    case = Case(_OnlyPredict(_Constant()), frame, TWO)
    table = case.val.table
    assert table.names == ["('a', 1)", "5"]
    codes, levels = table.feature(0).codes()
    assert [levels[c] if c >= 0 else None for c in codes] == ["[1]", "[2]", "[1]", None]


class _Constant:
    def predict(self, data):
        return np.array([0, 1] * (len(data) // 2))


class _Raises:
    classes_ = np.array([0, 1])

    def predict_proba(self, data):
        raise RuntimeError("no GPU")


class _NaN(_Raises):
    def predict_proba(self, data):
        return np.full((len(data), 2), np.nan)


class _Strange(_Constant):
    def predict(self, data):
        return ["perhaps"] * len(data)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (_Raises(), "predict_proba raised RuntimeError: no GPU"),
        (_NaN(), "NaN or infinity for 4 of 4 rows"),
        (_Strange(), "4 labels outside the classes .0, 1.*'perhaps'"),
    ],
)
def test_a_model_that_fails_fails_once_and_says_how(model, message):
    case = Case(model, ONE, TWO)
    for _ in range(2):
        with pytest.raises(ModelFailure, match=message):
            case.scores()
    assert case.try_scores() is None


def test_labels_only_the_data_hold_are_errors_not_crashes(cancer):
    X, y = load_wine(return_X_y=True, as_frame=True)
    model = HistGradientBoostingClassifier(max_iter=5).fit(X[y < 2], y[y < 2])
    case = Case(model, X, y)
    assert case.unknown_labels == [2]
    assert (case.predicted()[y == 2] != 2).all()
    assert any("unknown to the model" in note for note in case.notes)


@pytest.mark.parametrize(
    ("labels", "problem"),
    [
        (list("abab"), "y_val holds 'a', 'b', and the model knows 0, 1"),
        ([0.1, 0.2, 0.3, 0.7], "4 distinct real numbers in 4 rows: a measurement"),
    ],
)
def test_labels_that_are_no_classes_are_told_and_not_scored(labels, problem):
    case = Case(FITTED, ONE, labels)
    case.check_labels()
    assert problem in case.target_problem
    assert case.classes == [0, 1]
    with pytest.raises(ModelFailure, match="cannot be judged"):
        case.scores()


def test_groups_come_as_a_column_an_array_or_by_split():
    X = pd.DataFrame({"a": [0.0, 1.0, 0.0, 1.0], "who": list("uvuw")})
    model = DecisionTreeClassifier().fit(X[["a"]].assign(who=0), TWO)
    told = {"X_train": X, "y_train": TWO}
    for groups in ("who", list("uvuwuvuw"), {"train": list("uvuw"), "val": list("uvuw")}):
        case = Case(model, X, TWO, groups=groups, **told)
        assert (case.groups_of(case.train) == case.groups_of(case.val)).all()
        assert len(set(case.groups)) == 3
    alone = Case(model, X, TWO, groups=list("uvuw"), **told)
    assert alone.groups_of(alone.val) is None
    for wrong in ("nobody", {"val": TWO}, {"train": TWO, "dev": TWO}):
        with pytest.raises(ValueError, match="'groups'"):
            Case(model, X, TWO, groups=wrong, **told)


def test_a_column_named_like_a_role_stays_a_feature_unless_it_was_named():
    X = pd.DataFrame({"score": [0.0, 1.0, 0.0, 1.0]})
    model = DecisionTreeClassifier().fit(X, TWO)
    log = X.assign(prediction=1, p=0.5)
    case = Case(model, X, TWO, production=log.drop(columns="p"))
    assert case.production.table.names == ["score"]
    assert case.production.score is None
    case = Case(model, X, TWO, production=ProductionLog(log, score="p"))
    assert case.production.table.names == ["score"]
    assert case.production.score.tolist() == [0.5] * 4
    with pytest.raises(ValueError, match=r"'score' parameter.*column of the production log.*'q'"):
        ProductionLog(log, score="q")
