"""What is told of a very large table before all of it is read, and steps that were too long to cancel."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ladder_widgets import glimpse, scores
from ladder_widgets.case import Case
from ladder_widgets.errors.suspects import _first_of_each
from ladder_widgets.labels import codes_by_text
from ladder_widgets.ladder import climb
from ladder_widgets.report import Report
from ladder_widgets.rungs.folds import make_folds


@pytest.fixture
def large(monkeypatch):
    """What counts as a very large table, made small: 2,000 rows, of which 400 are looked at first."""
    monkeypatch.setattr(glimpse, "ROWS", 400)
    monkeypatch.setattr(glimpse, "LARGE", 2_000)


@pytest.fixture(scope="module")
def rows():
    """Model, X, y: 3,000 rows in which every fourth value of one column stands for a missing one."""
    rng = np.random.default_rng(1)
    X = pd.DataFrame(rng.normal(30, 5, size=(3_000, 3)), columns=["age", "height", "income"])
    y = pd.Series(np.where(X["age"] + rng.normal(0, 5, size=3_000) > 30, "yes", "no"))
    X.loc[rng.random(3_000) < 0.25, "income"] = -999.0
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(X[:500], y[:500]), X, y


def reports(case):
    return [event for event in climb(case) if isinstance(event, Report)]


def test_some_rows_are_told_of_before_the_rest_is_read(rows, large):
    model, X, y = rows
    told = [report.findings for report in reports(Case(model, X, y, ledger=False)) if report.findings]
    first, last = told[0], told[-1][0]
    assert [finding.code for finding in first] == [last.code] == ["data.missing-values"]
    assert "first look at 400 of 3,000 validation rows" in first[0].summary
    assert first[0].status is last.status
    seen = int(re.search(r"(\d+) rows \(", first[0].summary).group(1))
    wanted = np.linspace(0, 2_999, 400).round().astype(int)
    assert seen == int((X["income"].iloc[wanted] == -999).sum())
    assert f"{int((X['income'] == -999).sum())} rows" in last.summary
    for findings in told[1:]:  # replaced, not told beside it
        assert "first look" not in " ".join(finding.summary for finding in findings)


def test_it_is_told_before_the_model_scores_all_rows(rows, large):
    model, X, y = rows

    class Counted:
        """The model, and the most rows it was asked for at once."""

        classes_, most = model.classes_, 0

        def predict_proba(self, data):
            Counted.most = max(Counted.most, len(data))
            return model.predict_proba(data)

        def predict(self, data):
            return model.predict(data)

    case = Case(Counted(), X, y, X_train=X[:100], y_train=y[:100], backend="threading", ledger=False)
    for event in climb(case):
        if isinstance(event, Report) and event.findings:
            break
    assert 0 < Counted.most <= 400
    assert event.case is case


def test_small_tables_are_read_at_once(rows):
    model, X, y = rows
    told = [
        finding.summary for report in reports(Case(model, X, y, ledger=False)) for finding in report.findings
    ]
    assert not any("first look" in summary for summary in told)


def test_columns_count_as_rows_do_and_objects_more(rows, monkeypatch):
    model, X, y = rows
    monkeypatch.setattr(glimpse, "CELLS", 60_000)
    told = reports(Case(model, X, y, ledger=False))
    assert not any("first look" in report.findings[0].summary for report in told if report.findings)
    words = {name: pd.Series(["a", "b", "c"] * 1_000, dtype=object) for name in ("town", "job")}
    number_of = make_column_transformer(("passthrough", list(X)))
    both = make_pipeline(number_of, StandardScaler(), LogisticRegression()).fit(X.assign(**words), y)
    case = Case(both, X.assign(**words), y, ledger=False)
    first = next(report for report in reports(case) if report.findings)
    assert "first look at 1,304 of 3,000 validation rows" in first.findings[0].summary


def test_a_first_look_names_the_rows_that_it_leaves_out(rows, large):
    model, X, y = rows
    case = Case(model, X, y, X_train=X[:300], y_train=y[:300], ledger=False)
    first = next(report for report in reports(case) if report.findings)
    assert "first look at 400 of 3,000 validation rows, taken" in first.findings[0].summary


def test_checks_are_told_of_before_a_backend_scores_all_rows(rows):
    model, X, y = rows
    events = list(climb(Case(model, X, y, backend="threading", ledger=False)))
    told = next(k for k, event in enumerate(events) if isinstance(event, Report) and event.findings)
    scored = next(k for k, event in enumerate(events) if getattr(event, "label", "") == "the model's scores")
    assert told < scored


def test_a_first_look_that_breaks_is_not_told(rows, large, monkeypatch):
    model, X, y = rows
    run_check = glimpse.run_check

    def breaks(check, case, shared):
        return run_check(type(check)(check.code, lambda *_: 1 / 0), case, shared)

    monkeypatch.setattr(glimpse, "run_check", breaks)
    first = next(report for report in reports(Case(model, X, y, ledger=False)) if report.findings)
    assert first.findings[0].status.value == "fail"
    assert "first look" not in first.findings[0].summary


@pytest.mark.parametrize("shares", [[0.9, 0.1], [0.5, 0.3, 0.1995, 0.0005]])
def test_rows_of_very_large_tables_are_drawn_by_class(shares, monkeypatch):
    y = np.random.default_rng(0).choice(len(shares), 20_000, p=shares)
    first, again, other = (make_folds(y, 3_000, None, seed).rows for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert len(np.unique(first)) == 3_000
    exact = 3_000 * np.bincount(y) / len(y)
    assert np.all(np.abs(np.bincount(y[first], minlength=len(shares)) - exact) < 1)
    # No place in the table is favoured: the mean position of so many is within five standard errors.
    means = [make_folds(y, 3_000, None, seed).rows.mean() for seed in range(20)]
    assert abs(np.mean(means) - 9_999.5) < 5 * 20_000 / np.sqrt(12 * 20 * 3_000)


def test_a_single_row_of_a_class_stays_in_a_large_sample(monkeypatch):
    y = np.zeros(5_000, dtype=int)
    y[::3], y[4_321] = 1, 2
    assert 4_321 in make_folds(y, 500, None, 0).rows


def test_pairs_are_those_of_unique():
    rng = np.random.default_rng(3)
    group, y = rng.integers(0, 300, 2_000), rng.integers(0, 3, 2_000)
    expected = [g for g, _ in sorted(set(zip(group.tolist(), y.tolist(), strict=True)))]
    assert _first_of_each(group, y).tolist() == expected


def test_labels_are_read_in_pieces(monkeypatch):
    monkeypatch.setattr(scores, "_PIECE", 3)
    labels = np.array(["b", "a", "a", "b", "c", "a", "c"], dtype=object)
    found = scores.read(scores.Answers(labels, "predict", None), ["a", "b", "c"])
    assert found.predicted.tolist() == [1, 0, 0, 1, 2, 0, 2]


def test_labels_are_alike_by_their_text():
    first, second = codes_by_text(pd.Series([1, 2, 2]), pd.Series(["2", "1", "3"]))
    assert (first.tolist(), second.tolist()) == ([0, 1, 1], [1, 0, 2])
