"""Every line of both checklists has a verdict and its evidence, and can be signed off."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_breast_cancer, load_wine, make_classification
from sklearn.ensemble import (
    AdaBoostClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from ladder_widgets import Case, LadderPanel, ProductionLog, Status, run_ladder
from ladder_widgets.checklist import CHECKLISTS, Checklist, Line, SignOff, sign, verdicts
from ladder_widgets.checks.causes import cause_of, settle
from ladder_widgets.finding import Column, Evidence, Finding, evidence
from ladder_widgets.ladder import climb
from ladder_widgets.lines._extremes import extremes
from ladder_widgets.lines._losses import Curve, loss_curve
from ladder_widgets.lines._rolling import rolling_auc
from ladder_widgets.lines.base import Seen
from ladder_widgets.lines.findings import from_findings
from ladder_widgets.lines.production import (
    extreme_inputs,
    loaded_not_recreated,
    predictions_monitored,
    rolling,
)
from ladder_widgets.lines.training import _curved, training_loss
from ladder_widgets.report import Report
from ladder_widgets.surfaces import markdown
from ladder_widgets.table import Table
from ladder_widgets.taxonomy import DEVELOPMENT, PRODUCTION
from tests.conftest import QUICK

ONCE = "Test set evaluated exactly once"
LOSS = next(line for line in DEVELOPMENT if line.text == "Training loss decreases")
LOADED, SCHEMA, PREDICTIONS, _, ROLLING, *_ = PRODUCTION


@pytest.fixture(scope="module")
def cancer():
    return load_breast_cancer(return_X_y=True, as_frame=True)


@pytest.fixture(scope="module")
def numbers():
    return make_classification(1500, 6, n_informative=4, random_state=0)


def case_of(model, data, **options):
    X, y = data
    X_train, y_train = X[:300], y[:300]
    model = model if hasattr(model, "classes_") else model.fit(X_train, y_train)
    return Case(model, X[300:], y[300:], X_train=X_train, y_train=y_train, **options)


def finding(code="model.divergence", status=Status.PASS, summary="Sound.", tables=()):
    return Finding(code, code.split(".")[0], 4, status, "t", "q", "w", summary, tuple(tables))


def seen(case, *findings, **more):
    return Seen(case, {each.code: each for each in findings}, **more)


# ---- the object ------------------------------------------------------------------------------


@pytest.mark.parametrize("which", list(CHECKLISTS))
def test_every_line_has_a_verdict_in_words(credit_report, which):
    checklist = credit_report.checklist(which)
    assert isinstance(checklist, Sequence)
    assert [line.text for line in checklist] == [line.text for line in CHECKLISTS[which]]
    for line in checklist:
        assert isinstance(line.status, Status)
        assert line.status is not Status.ERROR, line.detail
        assert line.detail.endswith((".", ")"))
        for table in line.evidence:
            assert {len(row) for row in table.rows} <= {len(table.columns)}


def test_a_checklist_is_a_sequence_with_a_frame(credit_report):
    checklist = credit_report.checklist()
    assert len(checklist) == 12
    assert checklist[0] is checklist.lines[0]
    assert checklist[-1].text == ONCE
    assert checklist[:2] == checklist.lines[:2]
    assert next(reversed(checklist)) in checklist
    assert checklist == credit_report.checklist("development")
    frame = checklist.frame()
    assert list(frame) == ["line", "layer", "rung", "status", "detail", "signed_off", "signed_on"]
    assert frame["line"].tolist() == [line.text for line in DEVELOPMENT]
    assert repr(checklist).startswith("Checklist 'development': ")
    assert repr(checklist).endswith("Next: .frame(), .to_markdown()")


def test_a_line_is_found_by_how_it_begins(credit_report):
    assert credit_report.checklist().line("test set").text == ONCE
    with pytest.raises(ValueError, match=r"It could be 'Train/val/test .*' or 'Train/val AUC"):
        credit_report.checklist().line("Train/")
    with pytest.raises(ValueError, match="'line' parameter must be a line"):
        credit_report.checklist("production").line("Test set")


def test_an_unknown_checklist_is_refused(credit_report):
    with pytest.raises(ValueError, match="'which' parameter must be one of"):
        credit_report.checklist("deployment")


# ---- from findings ---------------------------------------------------------------------------


def test_the_worst_finding_speaks_for_a_line_with_its_evidence(cancer):
    line = next(line for line in DEVELOPMENT if len(line.codes) == 2)
    table = evidence("Numbers", {"row": "integer"}, [(i,) for i in range(9)])
    case = case_of(DecisionTreeClassifier(max_depth=2), cancer)
    scaler, imputer = line.codes
    both = [finding(scaler, Status.WARN, "Scaled.", [table, table]), finding(imputer, Status.PASS)]
    judged = from_findings(line, seen(case, *both))
    assert (judged.status, judged.detail) == (Status.WARN, "Scaled.")
    assert [(len(t.rows), t.total) for t in judged.evidence] == [(3, 9)]


def test_a_line_that_passes_by_half_says_what_was_not_looked_at(cancer):
    line = next(line for line in DEVELOPMENT if len(line.codes) == 2)
    scaler, imputer = line.codes
    case = case_of(DecisionTreeClassifier(max_depth=2), cancer)
    half = [finding(scaler), finding(imputer, Status.SKIP, "Needs gaps.")]
    assert from_findings(line, seen(case, *half)).detail == f"Sound. {imputer} was not checked: Needs gaps."
    muted = case_of(DecisionTreeClassifier(max_depth=2), cancer, ignore=(imputer,))
    assert from_findings(line, seen(muted, half[0])).detail == f"Sound. {imputer} is muted (ignore=)."
    assert "is muted" in from_findings(LOSS, seen(case_of(case.model, cancer, ignore=LOSS.codes))).detail


def test_a_symptom_takes_the_verdict_of_its_cause(cancer):
    line = next(line for line in DEVELOPMENT if line.codes == ("evaluation.no-baseline",))
    cause = finding("data.misaligned", Status.FAIL, "Shuffled.")
    symptom = settle(finding("evaluation.no-baseline", Status.WARN, "Weak."), {cause.code: cause})
    assert symptom.status is Status.SKIP
    assert cause_of(symptom) == cause.code
    assert cause_of(cause) is None
    case = case_of(DecisionTreeClassifier(max_depth=2), cancer)
    judged = from_findings(line, seen(case, cause, symptom))
    assert judged.status is Status.FAIL
    assert judged.detail == "data.misaligned explains it: mend that first. Seen was: Weak."


def test_a_line_that_breaks_says_so_and_the_others_are_judged(cancer, monkeypatch):
    def breaks(*_):
        raise RuntimeError("no case")

    monkeypatch.setattr("ladder_widgets.lines.development.fit_gap", breaks)
    case = case_of(DecisionTreeClassifier(max_depth=2), cancer)
    checklist = verdicts("development", seen(case))
    broken = [line for line in checklist if line.status is Status.ERROR]
    assert [line.detail for line in broken] == ["This line itself broke: RuntimeError: no case"]
    assert len(checklist) == 12


# ---- training loss ---------------------------------------------------------------------------


def test_the_loss_of_a_network_is_read(numbers):
    model = make_pipeline(StandardScaler(), MLPClassifier((8,), max_iter=300, tol=1e-3, random_state=0))
    judged = training_loss(LOSS, seen(case_of(model, numbers)))
    assert judged.status is Status.PASS
    curve = model[-1].loss_curve_
    assert judged.evidence[0].rows[0] == (1, curve[0])
    assert judged.evidence[0].rows[-1] == (len(curve), curve[-1])


def test_the_loss_of_boosting_is_read_or_worked_out(numbers):
    X, y = numbers
    gradient = case_of(GradientBoostingClassifier(n_estimators=20, random_state=0), numbers)
    assert loss_curve(gradient).values.tolist() == gradient.model.train_score_.tolist()
    stopped = HistGradientBoostingClassifier(max_iter=20, early_stopping=True, random_state=0)
    kept = loss_curve(case_of(stopped, numbers))
    assert kept.values.tolist() == (-stopped.train_score_).tolist()
    grid = GridSearchCV(
        make_pipeline(StandardScaler(), HistGradientBoostingClassifier(max_iter=15)),
        {"histgradientboostingclassifier__max_depth": [2]},
        cv=2,
    )
    curve = loss_curve(case_of(grid, numbers))
    assert len(curve.values) == 15
    assert curve.values[-1] == pytest.approx(log_loss(y[:300], grid.predict_proba(X[:300])))
    for case in (gradient, case_of(stopped, numbers), case_of(grid, numbers)):
        assert training_loss(LOSS, seen(case)).status is Status.PASS


def test_a_solver_at_its_limit_warns(numbers):
    good = training_loss(LOSS, seen(case_of(LogisticRegression(), numbers)))
    assert good.status is Status.PASS
    with pytest.warns(match="failed to converge"):
        model = LogisticRegression(max_iter=2).fit(numbers[0][:300], numbers[1][:300])
    short = training_loss(LOSS, seen(case_of(model, numbers)))
    assert short.status is Status.WARN
    assert "stopped at its limit of 2 steps" in short.detail


@pytest.mark.parametrize("model", [RandomForestClassifier(5), AdaBoostClassifier(n_estimators=5)])
def test_a_model_without_steps_says_what_is_needed(numbers, model):
    case = case_of(model, numbers)
    judged = training_loss(LOSS, seen(case))
    assert judged.status is Status.SKIP
    assert judged.detail.startswith("Needs a model that keeps its loss step by step")
    assert "No sign of divergence: Sound." in training_loss(LOSS, seen(case, finding())).detail


def test_divergence_decides_first(numbers):
    case = case_of(GradientBoostingClassifier(n_estimators=20), numbers)
    judged = training_loss(LOSS, seen(case, finding(status=Status.FAIL, summary="Exploded.")))
    assert (judged.status, judged.detail) == (Status.FAIL, "Exploded.")


STEPS = np.arange(200)


@pytest.mark.parametrize(
    ("values", "status", "words"),
    [
        (np.exp(-STEPS / 30), Status.PASS, "in 200 steps"),
        (np.exp(-STEPS / 30) + 0.05 * np.sin(STEPS), Status.PASS, ""),
        (1 + STEPS / 50, Status.FAIL, "does not decrease"),
        (1 - STEPS * 1e-7, Status.WARN, "hardly decreases"),
        (np.exp(-STEPS / 20) + (STEPS / 200) ** 4 * 0.6, Status.WARN, "rises again"),
        (np.where(STEPS > 40, np.nan, 1.0), Status.FAIL, "not finite from step 42"),
    ],
    ids=["falls", "noisy", "rises", "flat", "valley", "nan"],
)
def test_a_curve_is_judged_by_its_course(values, status, words):
    judged = _curved(Curve(values, "here"))
    assert judged.status is status
    assert words in judged.detail


def test_the_losses_of_other_libraries_are_read(numbers):
    class Booster(ClassifierMixin, BaseEstimator):
        def fit(self, X, y):
            self.classes_ = np.unique(y)
            self.evals_result_ = {"learn": {"auc": [0.5] * 9, "Logloss": list(np.linspace(1, 0.2, 9))}}
            return self

        def predict(self, X):
            return np.zeros(len(X), dtype=int)

    judged = training_loss(LOSS, seen(case_of(Booster(), numbers)))
    assert judged.status is Status.PASS
    assert judged.evidence[0].caption == "Training loss (Logloss on 'learn' of Booster)"


# ---- comparing models ------------------------------------------------------------------------


def test_a_search_is_evidence_for_cross_validation(numbers):
    X, y = numbers
    search = GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [1, 2, 3]}, cv=4)
    report = run_ladder(search.fit(X[:500], y[:500]), X[500:], y[500:], rungs=QUICK)
    line = report.checklist().line("Cross-validation")
    assert line.status is Status.PASS
    assert "chosen among 3 candidates by 4-fold cross-validation" in line.detail
    assert "No test rows were used here." in line.detail
    assert [row[0] for row in line.evidence[0].rows] == ["Baseline", "Linear", "Non-linear", "Your model"]


def test_without_test_rows_the_line_says_what_it_needs(cancer_report):
    line = cancer_report.checklist().line(ONCE)
    assert (line.status, line.detail) == (Status.SKIP, "Needs the test rows (X_test, y_test).")


# ---- production ------------------------------------------------------------------------------


def logged(model, X, y, n=2000, **columns):
    rng = np.random.default_rng(0)
    rows = 300 + rng.integers(0, len(X) - 300, n)
    log = pd.DataFrame(np.asarray(X)[rows], columns=[f"x{i}" for i in range(X.shape[1])])
    log["score"] = model.predict_proba(np.asarray(X)[rows])[:, 1]
    log["label"] = np.asarray(y)[rows]
    log["timestamp"] = pd.date_range("2026-01-01", periods=n, freq="h")
    return log.assign(**columns)


@pytest.fixture(scope="module")
def served(numbers):
    X, y = numbers
    model = LogisticRegression().fit(X[:300], y[:300])
    return model, logged(model, X, y)


def with_log(served, numbers, log=None, **options):
    return case_of(served[0], numbers, production=served[1] if log is None else log, **options)


def test_rolling_auc_is_the_auc_of_each_window(served, numbers):
    case = with_log(served, numbers)
    told = rolling_auc(case, case.production)
    log = served[1]
    assert len(told.windows) == 8
    want = [roc_auc_score(part["label"], part["score"]) for _, part in log.groupby(np.arange(2000) // 250)]
    assert [w.auc.mean for w in told.windows] == pytest.approx(want)
    assert told.baseline == pytest.approx(roc_auc_score(numbers[1][300:], case.scores().proba[:, 1]))
    judged = rolling(ROLLING, seen(case))
    assert judged.status is Status.PASS
    assert judged.evidence[0].rows[0][0] == "2026-01-01 00:00"


def test_rolling_auc_goes_by_time_and_leaves_out_what_has_no_label(served, numbers):
    log = served[1].copy()
    log["label"] = log["label"].astype(float).where(log.index < 1200)
    log.loc[:9, "score"] = np.nan
    case = with_log(served, numbers, log.sample(frac=1, random_state=1))
    told = rolling_auc(case, case.production)
    assert told.labelled == 1190
    assert [window.begins for window in told.windows] == sorted(window.begins for window in told.windows)


@pytest.mark.parametrize(("late", "status"), [(True, Status.FAIL), (False, Status.WARN)])
def test_a_drop_beyond_noise_is_seen(served, numbers, late, status):
    log = served[1].copy()
    rows = log.index >= 1500 if late else log.index < 500
    log.loc[rows, "score"] = np.random.default_rng(0).random(rows.sum())
    judged = rolling(ROLLING, seen(with_log(served, numbers, log)))
    assert judged.status is status
    assert "more than 0.05 below" in judged.detail


def test_rolling_auc_stays_silent_on_a_sane_log(numbers):
    X, y = numbers
    model = LogisticRegression().fit(X[:300], y[:300])
    raised = 0
    for seed in range(40):
        rows = 300 + np.random.default_rng(seed).permutation(len(X) - 300)
        log = pd.DataFrame({"score": model.predict_proba(X[rows])[:, 1], "label": y[rows]})
        log = pd.concat([pd.DataFrame(X[rows], columns=[f"x{i}" for i in range(6)]), log], axis=1)
        raised += rolling(ROLLING, seen(case_of(model, numbers, production=log))).status is not Status.PASS
    assert raised <= 1


@pytest.mark.parametrize("column", ["score", "label"])
def test_rolling_auc_says_what_it_needs(served, numbers, column):
    judged = rolling(ROLLING, seen(with_log(served, numbers, served[1].drop(columns=column))))
    assert judged.status is Status.SKIP
    assert judged.detail.startswith("Needs a log with the recorded scores and the true labels")
    few = rolling(ROLLING, seen(with_log(served, numbers, served[1][:50])))
    assert "at least 100 logged rows" in few.detail


def test_rolling_auc_of_three_classes():
    X, y = load_wine(return_X_y=True, as_frame=True)
    y = y.map({0: "a", 1: "b", 2: "c"})
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[::2], y[::2])
    log = X.loc[np.repeat(X.index[1::2], 3)].reset_index(drop=True)
    proba = model.predict_proba(log)
    log = log.assign(
        **{f"p_{c}": proba[:, i] for i, c in enumerate("abc")}, label=np.repeat(y[1::2].to_numpy(), 3)
    )
    production = ProductionLog(log, score={c: f"p_{c}" for c in "abc"})
    case = Case(model, X[1::2], y[1::2], production=production)
    told = rolling_auc(case, case.production)
    assert told.labelled == len(log)
    assert told.windows[0].auc.mean > 0.95


def test_late_labels_count_in(served, numbers):
    late = finding("production.delayed-truth", Status.WARN, "Late.")
    judged = rolling(ROLLING, seen(with_log(served, numbers), late))
    assert judged.status is Status.WARN
    assert judged.detail.startswith("Late. AUC ")


def test_extreme_inputs_are_seen_and_guards_named(served, numbers):
    log = served[1].copy()
    assert extreme_inputs(seen(with_log(served, numbers))).status is Status.PASS
    log.loc[:39, "x2"] = 1e6
    warned = extreme_inputs(seen(with_log(served, numbers, log)))
    assert warned.status is Status.WARN
    assert "40 of 2,000 logged rows (2.0 %)" in warned.detail
    assert "Nothing in the model guards" in warned.detail
    (row,) = warned.evidence[0].rows
    assert (row[0], row[3], row[5]) == ("x2", 40, 1e6)
    log.loc[:199, "x3"] = -np.inf
    assert extreme_inputs(seen(with_log(served, numbers, log))).status is Status.FAIL
    X, y = numbers
    guarded = make_pipeline(MinMaxScaler(clip=True), LogisticRegression()).fit(X[:300], y[:300])
    judged = extreme_inputs(seen(case_of(guarded, numbers, production=log)))
    assert judged.status is Status.PASS
    assert "On guard: MinMaxScaler." in judged.detail


@pytest.mark.parametrize("draw", ["normal", "standard_cauchy", "lognormal"])
def test_extremes_keep_silent_whatever_the_distribution(draw):
    raised = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        X, log = (getattr(rng, draw)(size=(n, 15)) for n in (400, 3000))
        found, looked = extremes(Table(X, "X_train"), Table(log, "production"))
        assert looked == 15
        raised += bool(found)
    assert raised <= 6  # 5 % expected at most


def test_the_chance_of_extremes_is_exact():
    from ladder_widgets.lines._extremes import _chance

    rng = np.random.default_rng(0)
    # The three largest of 12 values are all among the last 8.
    draws = np.argsort(rng.random((200_000, 12)), axis=1)[:, -3:]
    assert _chance(3, 8, 4) == pytest.approx((draws >= 4).all(axis=1).mean(), abs=0.005)


def test_dates_flags_and_short_columns_have_no_range():
    frame = pd.DataFrame(
        {"flag": np.arange(100) % 2, "when": pd.date_range("2020", periods=100), "x": np.arange(100.0)}
    )
    moved = frame.assign(flag=7, when=frame["when"] + pd.Timedelta(days=9000))
    found, looked = extremes(Table(frame, "X_train"), Table(moved, "production"))
    assert (found, looked) == ([], 1)


def test_the_saved_model_is_evidence(served, numbers, tmp_path):
    path = tmp_path / "model.joblib"
    absent = loaded_not_recreated(LOADED, seen(with_log(served, numbers, artifact=path)))
    assert absent.status is Status.FAIL
    assert str(tmp_path) not in absent.detail
    path.write_bytes(b"x" * 2048)
    there = with_log(served, numbers, artifact=str(path))
    judged = loaded_not_recreated(LOADED, seen(there))
    assert judged.status is Status.SKIP
    assert judged.evidence[0].rows == (("model.joblib", 2.0),)
    replayed = finding("production.serialization-mismatch", Status.PASS, "The scores agree.")
    judged = loaded_not_recreated(LOADED, seen(there, replayed))
    assert (judged.status, judged.detail) == (Status.PASS, "The scores agree.")
    assert len(judged.evidence) == 1


def test_predictions_need_scores_to_be_monitored(served, numbers):
    drift = finding("production.drift", Status.PASS, "Nothing moved.")
    assert predictions_monitored(PREDICTIONS, seen(with_log(served, numbers), drift)).status is Status.PASS
    bare = with_log(served, numbers, served[1].drop(columns=["score", "label", "timestamp"]))
    judged = predictions_monitored(PREDICTIONS, seen(bare, drift))
    assert judged.status is Status.SKIP
    assert "Needs a log with the recorded scores" in judged.detail


def test_triggers_say_what_they_need(served, numbers):
    lines = verdicts("production", seen(with_log(served, numbers)))
    for text in ("Alert thresholds", "Retrain trigger"):
        assert lines.line(text).status is Status.SKIP
        assert lines.line(text).detail.startswith("Needs a monitor with ")
    assert "The AUC of the latest window of this log is 0.0" in lines.line("Retrain").detail


def test_without_a_log_every_production_line_says_what_it_needs(cancer_report):
    for line in cancer_report.checklist("production"):
        assert line.status is Status.SKIP
        assert line.detail.startswith("Needs ")


# ---- sign-offs -------------------------------------------------------------------------------


def test_a_sign_off_stands_beside_the_verdict(credit_report):
    before = credit_report.checklist().line(ONCE)
    signed = credit_report.sign_off(ONCE, "  The second look\nwas a rerun in CI. ")
    line = signed.checklist().line(ONCE)
    assert (line.status, line.detail) == (before.status, before.detail)
    assert line.sign_off == SignOff(ONCE, "The second look was a rerun in CI.", line.sign_off.date)
    assert pd.Timestamp(line.sign_off.date) <= pd.Timestamp.now("UTC").tz_localize(None)
    assert credit_report.checklist().line(ONCE).sign_off is None
    assert isinstance(signed, Report)
    assert signed.findings == credit_report.findings
    assert line.settled
    assert not before.settled


def test_a_line_is_signed_by_its_beginning_and_signed_anew(credit_report):
    signed = credit_report.sign_off("test set", "first").sign_off("Retrain", "alerts live elsewhere")
    signed = signed.sign_off(ONCE, "second")
    assert [each.reason for each in signed.sign_offs] == ["alerts live elsewhere", "second"]
    assert signed.checklist("production").line("Retrain").sign_off.reason == "alerts live elsewhere"
    assert ", 1 signed off." in repr(signed.checklist())


def test_a_passing_line_may_be_signed(credit_report):
    signed = credit_report.sign_off("Features and labels", "counted by hand")
    assert signed.checklist().line("Features and labels").status is Status.PASS


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("test set evaluated once", f"Did you mean '{ONCE}'"),
        ("exactly once", f"Did you mean '{ONCE}'"),
        ("T", "It could be .*Train/val/test.*Training loss.*Threshold.*The right.*Test set"),
        ("zzzz", "They are listed by"),
        ("", "They are listed by"),
        (3, "They are listed by"),
    ],
)
def test_other_lines_are_refused_with_the_near_ones(credit_report, line, words):
    with pytest.raises(ValueError, match=rf"(?s)The 'line' parameter must be .* Got .* instead\. .*{words}"):
        credit_report.sign_off(line, "because")


@pytest.mark.parametrize(
    ("reason", "got"),
    [
        ("", "0 characters"),
        (" \n ", "0 characters"),
        ("x" * 501, "501 characters"),
        (None, "None"),
        (7, "7"),
        ("ask jane.doe@example.org", "an e-mail address"),
        ("<j@x.io> said so", "an e-mail address"),
    ],
)
def test_reasons_that_cannot_be_used_are_refused(reason, got):
    with pytest.raises(ValueError, match=f"The 'reason' parameter must be .* Got {got} instead"):
        sign(ONCE, reason)


def test_an_unfinished_climb_cannot_be_signed(wine_report):
    partial = next(event for event in climb(wine_report.case) if isinstance(event, Report))
    with pytest.raises(RuntimeError, match="not complete"):
        partial.sign_off(ONCE, "because")


def test_a_sign_off_is_kept_in_every_form(credit_report, tmp_path):
    signed = credit_report.sign_off(ONCE, "a <b>rerun</b> in CI | *really*")
    told = json.loads(signed.to_json())
    line = next(each for each in told["checklist"]["development"] if each["text"] == ONCE)
    assert set(line) == {
        "text", "layer", "rung", "codes", "status", "detail", "evidence", "sign_off",
    }  # fmt: skip
    assert set(line["sign_off"]) == {"reason", "date"}
    inert = markdown.inert("a <b>rerun</b> in CI | *really*")
    word = signed.checklist().line(ONCE).status.word
    want = f"- [x] {ONCE}: **{word}**, signed off on {line['sign_off']['date']} ({inert}). "
    for text in (
        signed.to_markdown(),
        signed.to_markdown(part="checklist"),
        signed.checklist().to_markdown(),
    ):
        assert want in text
    assert "a \\u003cb\\u003ererun" in signed.to_html()


def test_the_panel_shows_a_sign_off(cancer):
    X, y = cancer
    model = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X[:300], y[:300])
    panel = LadderPanel(model, X[300:], y[300:], rungs=QUICK)
    panel.wait(120)
    signed = panel.sign_off("Test set", "there is none")
    assert panel.report is signed
    lines = panel._report["checklist"]["development"]
    assert [line["sign_off"]["reason"] for line in lines if line["sign_off"]] == ["there is none"]
    panel.close()


# ---- Markdown --------------------------------------------------------------------------------


def test_checklists_alone_as_markdown(credit_report, tmp_path):
    path = tmp_path / "checklist.md"
    text = credit_report.to_markdown(path, part="checklist")
    assert path.read_text(encoding="utf-8") == text
    assert text.startswith("# Checklists: RandomForestClassifier")
    assert "## Findings" not in text
    assert text.count("\n- [") == 20
    one = credit_report.checklist("production").to_markdown(tmp_path / "one.md")
    assert (tmp_path / "one.md").read_text(encoding="utf-8") == one
    assert one.count("\n- [") == 8
    with pytest.raises(ValueError, match="'part' parameter must be one of 'checklist', 'report'"):
        credit_report.to_markdown(part="findings")


def test_evidence_is_set_in_below_its_line():
    from markdown_it import MarkdownIt

    table = Evidence("Rows", (Column("row", "integer"), Column("a|b", "code")), ((1, "- [ ] x"),), 1)
    lines = tuple(Line(f"line {i}", "data", 0, (), Status.WARN, "Look.", (table, table)) for i in range(2))
    tokens = MarkdownIt("commonmark").enable("table").parse(Checklist("development", lines).to_markdown())
    kinds = [token.type for token in tokens]
    assert kinds.count("bullet_list_open") == 1
    assert kinds.count("list_item_open") == 2
    tables = [token for token in tokens if token.type == "table_open"]
    assert [token.level for token in tables] == [2] * 4
