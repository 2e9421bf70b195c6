"""Rows whose label is in doubt: planted ones are found, and clean labels are not accused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ladder_widgets.errors import Condition, ErrorAnalysis
from ladder_widgets.scores import Scores


def _flipped(y, share, seed=1):
    rng = np.random.default_rng(seed)
    wrong, n_classes = rng.random(len(y)) < share, int(y.max()) + 1
    return np.where(wrong, (y + rng.integers(1, n_classes, len(y))) % n_classes, y), wrong


def _suspects(X, y):
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500))
    proba = cross_val_predict(model, X, y, cv=3, method="predict_proba")
    return ErrorAnalysis.from_predictions(y, proba, pd.DataFrame(X)).suspects()


@pytest.mark.parametrize(
    ("load", "precision", "recall"), [(load_breast_cancer, 0.7, 0.6), (load_digits, 0.6, 0.6)]
)
def test_flipped_labels_are_found(load, precision, recall):
    X, clean = load(return_X_y=True)
    y, wrong = _flipped(clean, 0.05)
    found = _suspects(X, y)
    hit = wrong[found.positions["label-issues"]]
    assert hit.mean() >= precision
    assert hit.sum() >= recall * wrong.sum()
    # The most suspect are more often wrong than the least, and what is suggested is mostly the truth.
    assert hit[: len(hit) // 2].mean() > hit[len(hit) // 2 :].mean()
    truth = clean[found.positions["label-issues"]][hit]
    assert (found.label_issues["suggested"].to_numpy()[hit] == truth).mean() > 0.9


def test_few_clean_labels_are_accused():
    for load in (load_breast_cancer, load_digits):
        X, y = load(return_X_y=True)
        assert len(_suspects(X, y).label_issues) < 0.015 * len(y)


@pytest.mark.parametrize("n_classes", [2, 5])
def test_right_probabilities_tell_how_many_to_expect(n_classes):
    beyond = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        proba = rng.dirichlet(np.full(n_classes, 0.2), 3000)
        y = (proba.cumsum(axis=1) > rng.random(3000)[:, None]).argmax(axis=1)
        found = ErrorAnalysis.from_predictions(y, proba, classes=range(n_classes)).suspects()
        expected = float(found.notes["label-issues"].split("; ")[1].split()[0].replace(",", ""))
        assert expected > 20
        assert abs(len(found.label_issues) - expected) < 5 * np.sqrt(expected)
        beyond += found.beyond_chance["label-issues"]
    assert beyond <= 1
    more, wrong = _flipped(y, 0.05)
    told = ErrorAnalysis.from_predictions(more, proba, classes=range(n_classes)).suspects()
    assert told.beyond_chance["label-issues"]
    hit = wrong[told.positions["label-issues"]]
    assert hit[:20].mean() > 0.7
    assert hit.mean() > 5 * wrong.mean()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n_classes=st.integers(2, 5), decimals=st.sampled_from([1, 3]))
def test_suspects_equal_the_definition_row_by_row(seed, n_classes, decimals):
    rng = np.random.default_rng(seed)
    proba = np.round(rng.dirichlet(np.full(n_classes, 0.4), 60), decimals)
    y = rng.integers(0, n_classes, 60)
    threshold = [proba[y == j, j].mean() if (y == j).any() else np.inf for j in range(n_classes)]
    want = {}
    for i in range(60):
        sure = [j for j in range(n_classes) if proba[i, j] >= threshold[j] and proba[i, j] > 0]
        if not sure:
            continue
        best = max(sure, key=lambda j, i=i: proba[i, j])
        if best != y[i] and proba[i, best] >= 4 * proba[i, y[i]]:
            want[i] = best
    found = ErrorAnalysis.from_predictions(y, proba, classes=range(n_classes)).suspects()
    issues = found.label_issues
    assert dict(zip(issues.index, issues["suggested"], strict=True)) == want
    margin = (issues["self_confidence"] - issues["confidence"]).to_numpy()
    assert (np.diff(margin) >= 0).all()


def test_a_class_without_rows_suspects_nobody():
    proba = np.array([[0.05, 0.05, 0.9], [0.9, 0.05, 0.05], [0.05, 0.9, 0.05], [0.05, 0.05, 0.9]])
    found = ErrorAnalysis.from_predictions([0, 0, 1, 1], proba, classes=[0, 1, 2]).suspects()
    assert found.label_issues.empty


# ---- like rows -------------------------------------------------------------------------------


def _table(n, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({f"x{i}": rng.normal(100, 10, n) for i in range(4)})
    frame["gaps"] = np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n))
    frame["level"] = rng.choice(["a", "b", None], n)
    frame["flag"] = rng.random(n) < 0.5
    frame["when"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 10**6, n), unit="min")
    return frame


def test_copies_with_another_label_are_found_under_the_users_index():
    frame = _table(500)
    frame.loc[0, "x0"] = np.inf
    copies = frame.iloc[[0, 7, 7, 30]]
    X = pd.concat([frame, copies], ignore_index=True)
    X.index = [f"row {i}" for i in range(len(X))]
    y = np.zeros(len(X), dtype=int)
    y[[250, 500, 502]] = 1  # the copy of row 0 and the second copy of row 7 carry another label
    score = np.where(np.arange(len(X)) % 2, 0.01, 0.02)
    found = ErrorAnalysis.from_predictions(y, score, X, classes=[0, 1]).suspects()
    told = found.opposite_duplicates
    groups = {frozenset(rows.index) for _, rows in told.groupby("group")}
    assert groups == {frozenset({"row 0", "row 500"}), frozenset({"row 7", "row 501", "row 502"})}
    assert found.positions["opposite-duplicates"].tolist() == [int(name[4:]) for name in told.index]
    assert told.loc["row 502", "actual"] == 1
    assert "2 of 3 groups of like rows" in found.notes["opposite-duplicates"]
    assert found.beyond_chance["opposite-duplicates"] is False  # two are too few to tell


@pytest.mark.parametrize(("shift", "alike"), [(0.004, True), (0.05, False)])
def test_numbers_within_a_hundredth_of_their_spread_are_alike(shift, alike):
    frame = _table(4000, seed=1)
    near = frame[:200].copy()
    near["x1"] += shift * (frame["x1"].quantile(0.75) - frame["x1"].quantile(0.25))
    X = pd.concat([frame, near], ignore_index=True)
    y = np.r_[np.zeros(4000, dtype=int), np.ones(200, dtype=int)]
    found = ErrorAnalysis.from_predictions(y, np.full(4200, 0.05), X).suspects()
    assert found.opposite_duplicates["group"].nunique() == (200 if alike else 0)
    assert found.beyond_chance["opposite-duplicates"] is alike


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), spread=st.sampled_from([0.002, 0.01, 1.0]))
def test_equal_rows_share_a_group_and_no_group_is_wide(seed, spread):
    rng = np.random.default_rng(seed)
    base = rng.normal(size=(20, 2))
    values = base[rng.integers(0, 20, 120)] + spread * np.round(rng.normal(size=(120, 2)), 1)
    y = rng.integers(0, 2, 120)
    told = ErrorAnalysis.from_predictions(y, np.full(120, 0.5), pd.DataFrame(values)).suspects()
    alike = told.opposite_duplicates
    group = dict(zip(alike.index, alike["group"], strict=True))
    for rows in pd.DataFrame(values).groupby([0, 1]).groups.values():
        if len(set(y[rows])) > 1:
            assert len({group[row] for row in rows}) == 1
    step = 0.01 * (np.quantile(values, 0.75, axis=0) - np.quantile(values, 0.25, axis=0))
    for _, rows in alike.groupby("group"):
        assert len(rows) > 1
        assert len(set(y[rows.index])) > 1
        assert (np.ptp(values[rows.index], axis=0) < 2.5 * step + 1e-12).all()


def test_a_third_row_does_not_part_two_that_are_alike():
    spread = np.linspace(0, 200, 401)[1:] + 5  # an interquartile range of 100: cells of 1
    step = 0.01 * np.subtract(*np.quantile(np.r_[spread, 0, 0, 0], [0.75, 0.25]))
    near = np.array([1.2, 0.1, 0.7]) * step
    values = np.r_[near, spread + step]
    y = np.zeros(len(values), dtype=int)
    y[1] = 1
    X = pd.DataFrame({"x": values, "own": np.r_[np.zeros(3), np.arange(400) + 1.0]})
    told = ErrorAnalysis.from_predictions(y, np.full(len(y), 0.1), X).suspects().opposite_duplicates
    assert sorted(told.index) == [0, 1, 2]


def test_few_discrete_features_disagree_by_nature():
    rng = np.random.default_rng(3)
    X = pd.DataFrame({"town": rng.choice(list("abcd"), 3000), "rooms": rng.integers(1, 5, 3000)})
    rate = 0.1 + 0.1 * X["rooms"].to_numpy()
    y = (rng.random(3000) < rate).astype(int)
    natural = ErrorAnalysis.from_predictions(y, rate, X).suspects()
    assert "16 of 16 groups" in natural.notes["opposite-duplicates"]
    assert "; 16 would be expected" in natural.notes["opposite-duplicates"]
    assert not natural.beyond_chance["opposite-duplicates"]
    # Pairs that a good model says belong together, and that differ all the same, are no chance.
    X = pd.DataFrame({"x": np.repeat(rng.normal(size=1000), 2), "z": np.repeat(rng.normal(size=1000), 2)})
    truth = X["x"].to_numpy() > 0
    wrong = (np.arange(2000) % 2 == 0) & (rng.random(2000) < 0.1)
    planted = ErrorAnalysis.from_predictions(truth ^ wrong, np.where(truth, 0.99, 0.01), X).suspects()
    assert planted.beyond_chance["opposite-duplicates"]
    assert set(np.flatnonzero(wrong)) <= set(planted.positions["opposite-duplicates"])


def test_of_a_subgroup_positions_are_those_of_the_whole():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    y, _ = _flipped(y.to_numpy(), 0.05)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1))
    score = cross_val_predict(model, X, y, cv=3, method="predict_proba")[:, 1]
    whole = ErrorAnalysis.from_predictions(y, score, X.set_axis([f"r{i}" for i in range(len(X))]))
    found = whole.within(Condition("mean radius", "number", high=14)).suspects()
    at = found.positions["label-issues"]
    assert len(at) > 3
    assert (X["mean radius"].to_numpy()[at] < 14).all()
    assert found.label_issues.index.tolist() == [f"r{i}" for i in at]
    assert found.label_issues["actual"].tolist() == y[at].tolist()


def test_rows_of_weight_zero_are_left_out_and_the_rest_counts_once():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    y, _ = _flipped(y.to_numpy(), 0.1)
    X = pd.concat([X, X.iloc[:30]], ignore_index=True)  # copies: like rows
    y = np.append(y, 1 - y[:30])
    proba = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y).predict_proba(X)
    weights = np.random.default_rng(0).choice([0, 0.5, 3.0], len(y))
    kept = np.flatnonzero(weights)
    whole = ErrorAnalysis.from_predictions(y, proba, X, sample_weight=weights).suspects()
    part = ErrorAnalysis.from_predictions(y[kept], proba[kept], X.iloc[kept]).suspects()
    assert len(part.label_issues) > 9
    assert len(part.opposite_duplicates) > 9
    pd.testing.assert_frame_equal(whole.label_issues, part.label_issues)
    pd.testing.assert_frame_equal(whole.opposite_duplicates, part.opposite_duplicates)
    assert whole.positions["label-issues"].tolist() == part.label_issues.index.tolist()
    said = f"{part.notes['label-issues']} {len(y) - len(kept)} rows of weight 0 are left out"
    assert whole.notes["label-issues"].startswith(said)
    assert (
        "Every row counts once"
        in ErrorAnalysis.from_predictions(y, proba, X, sample_weight=weights + 1)
        .suspects()
        .notes["opposite-duplicates"]
    )


def test_what_is_missing_is_said():
    errors = ErrorAnalysis.from_predictions([0, 1], [0.2, 0.7])
    assert "need the rows" in errors.suspects().notes["opposite-duplicates"]
    apart = ErrorAnalysis.from_predictions([0, 1], [0.2, 0.7], [[1.0], [2.0]]).suspects()
    assert "No two rows are alike" in apart.notes["opposite-duplicates"]
    hard = Scores(np.eye(2), np.array([0, 1]), "predict")
    labels = ErrorAnalysis(None, np.array([0, 1]), hard, [0, 1], 1, 0.5).suspects()
    assert "need probabilities" in labels.notes["label-issues"]
    assert "need probabilities" in repr(labels)
