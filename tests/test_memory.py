"""Large and wide tables: what a climb holds, what it writes, and that nothing planted is lost on the way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse, stats
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from ladder_widgets import LadderPanel, run_ladder
from ladder_widgets.checks._parameters import spreads
from ladder_widgets.metrics import curve_areas
from ladder_widgets.rungs import estimators
from ladder_widgets.rungs.coding import Coding
from ladder_widgets.rungs.design import Design
from ladder_widgets.rungs.enough import at_shares, enough_rows
from ladder_widgets.rungs.logistic import CodedLogisticRegression
from ladder_widgets.rungs.screen import ScreenedClassifier, columns_for, strongest
from ladder_widgets.stats import ovr_auc
from ladder_widgets.table import Table

WIDE = 5_000

CLIMB = """
import gc
from pathlib import Path
from benchmarks.ladder_vs_script import fitted_model
from benchmarks.tables import mixed_table
from ladder_widgets import run_ladder
def memory(which):
    return int(Path("/proc/self/status").read_text().split(which + ":")[1].split()[0]) / 1000
X, y = mixed_table(400_000, 50)
X = X.copy()
model = fitted_model(X[:20_000], y[:20_000])
run_ladder(model, X[:600], y[:600])
gc.collect()
held = memory("VmRSS")
Path("/proc/self/clear_refs").write_text("5")
run_ladder(model, X, y)
print((memory("VmHWM") - held) / (X.memory_usage(deep=True).sum() / 1e6))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_climb_holds_little_beyond_the_table():
    """The references hold the same for any table, 70 MB at most; this one has 124, and so would its copy."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", CLIMB], capture_output=True, text=True, env=environment, check=True
    )
    assert float(done.stdout) < 0.85


# ---- very many columns -----------------------------------------------------------------------


def _wide(*, seed: int, faulty: bool):
    """Rows of 5,000 numbers of which three matter; faulty ones with a leak and a stand-in among them."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(900, WIDE))
    y = (values[:, 10] - values[:, 2_000] + values[:, 4_000] + rng.normal(size=900) > 0).astype(int)
    if faulty:
        values[:, 3_333] = y + rng.normal(scale=0.2, size=900)
        values[rng.random(900) < 0.1, 4_444] = -999.0
    X = pd.DataFrame(values, columns=[f"x{k}" for k in range(WIDE)])
    return make_pipeline(StandardScaler(), LogisticRegression(C=1e-3)).fit(X, y), X, y


def test_faults_among_thousands_of_columns_are_found_in_a_small_report():
    model, X, y = _wide(seed=0, faulty=True)
    panel = LadderPanel(model, X, y)
    panel.wait()
    report, sent = panel.report, panel.get_state()
    panel.close()
    assert report.finding("data.leakage").details["columns"] == ["x3333"]
    assert list(report.finding("data.missing-values").details["stand_ins"]) == ["x4444"]
    assert "100 of 5,000 columns" in report.rungs[3].score.how
    assert len(report.to_json()) < 200_000
    assert len(report.to_html()) < 1_000_000
    own = {name: value for name, value in sent.items() if not name.startswith("_")}
    assert sum(len(value if isinstance(value, bytes) else str(value)) for value in own.values()) < 500_000


def test_clean_columns_by_the_thousand_raise_nothing_in_the_data():
    report = run_ladder(*_wide(seed=1, faulty=False))
    assert [one.code for one in report.findings if one.raised and one.layer == "data"] == []


# ---- the references are what they were -------------------------------------------------------


def _codes(rng, n_rows, n_levels):
    codes = np.minimum(rng.geometric(0.1, n_rows) - 1, n_levels - 1).astype(float)
    codes[rng.random(n_rows) < 0.1] = np.nan
    return codes


@pytest.fixture(scope="module")
def matrix():
    """Numbers with gaps and without, an empty and a constant one, a few levels and very many."""
    rng = np.random.default_rng(0)
    numbers = rng.normal(loc=3, scale=[1, 5, 0.1, 2, 1, 1], size=(3_000, 6))
    numbers[rng.random((3_000, 6)) < [0, 0.1, 0, 0.3, 0, 0]] = np.nan
    numbers[:, 4] = np.nan
    numbers[:, 5] = 7
    levels = [_codes(rng, 3_000, count) for count in (3, 29, 30, 90)]
    X = np.column_stack([numbers, *levels])
    label = np.nan_to_num(X[:, 1]) / 5 + (X[:, 6] == 1) + rng.logistic(size=3_000)
    return X, np.digitize(label, [0.5, 2.0]), np.repeat([False, True], [6, 4])


def _in_steps(categorical):
    numbers = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True), StandardScaler()
    )
    levels = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=30)
    parts = [("n", numbers, np.flatnonzero(~categorical)), ("c", levels, np.flatnonzero(categorical))]
    return ColumnTransformer(parts)


@pytest.mark.filterwarnings("ignore:Found unknown categories")
def test_coding_is_what_the_steps_of_scikit_learn_make(matrix):
    X, _, categorical = matrix
    X_new = X[2_000:].copy()
    X_new[:50, 6:] = 150  # levels that were never seen
    expected = _in_steps(categorical).fit(X[:2_000]).transform(X_new)
    found = Coding(categorical).fit(X[:2_000]).transform(X_new)
    assert sparse.issparse(found) == sparse.issparse(expected)
    found, expected = (one.toarray() if sparse.issparse(one) else one for one in (found, expected))
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.filterwarnings("ignore:Found unknown categories")
def test_coded_regression_answers_as_that_of_scikit_learn(matrix, classes):
    X, y, categorical = matrix
    y = np.minimum(y, classes - 1)
    steps = make_pipeline(_in_steps(categorical), LogisticRegression(max_iter=200, tol=1e-3))
    expected = steps.fit(X[:2_000], y[:2_000]).predict_proba(X[2_000:])
    coded = CodedLogisticRegression(categorical).fit(X[:2_000].astype(np.float32), y[:2_000])
    np.testing.assert_allclose(coded.predict_proba(X[2_000:]), expected, atol=2e-3)


def test_times_and_far_numbers_stay_apart_in_single_precision():
    stamps = pd.date_range("2026-01-01", periods=600, freq="s")
    table = Table(
        pd.DataFrame({"at": stamps, "id": 10**12 + np.arange(600), "x": np.arange(600) / 7}), "X_val"
    )
    matrix = Design(table).matrix(table)
    assert matrix.dtype == np.float32
    for column in (0, 4, 5):
        assert len(np.unique(matrix[:, column])) == 600
    np.testing.assert_array_equal(matrix[:, 5], (np.arange(600) / 7).astype(np.float32))


@pytest.mark.parametrize("size", [1e-320, 1e-50, 1e39, 1e300])
def test_numbers_beyond_single_precision_tell_what_they_tell(size):
    rng = np.random.default_rng(0)
    y = rng.random(2_000) < 0.5
    X = pd.DataFrame({"noise": rng.normal(size=2_000), "told": (y + rng.normal(0, 0.1, 2_000)) * size})
    matrix = Design(Table(X, "X_val")).matrix(Table(X, "X_val"))
    assert np.isfinite(matrix).all()
    assert roc_auc_score(y, matrix[:, 1]) == pytest.approx(roc_auc_score(y, X["told"]), abs=1e-4)


def test_one_cell_beyond_single_precision_leaves_the_others_alone():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"x": np.append(rng.normal(size=1_999), 1e308)})
    matrix = Design(Table(X, "X_val")).matrix(Table(X, "X_val"))
    np.testing.assert_array_equal(matrix[:-1, 0], X["x"][:-1].to_numpy(np.float32))
    assert np.isfinite(matrix[-1, 0])


# ---- the choice of columns -------------------------------------------------------------------


def test_columns_that_tell_are_chosen_whatever_their_shape():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2_000, 1_000))
    X[:, 500] = rng.integers(0, 40, 2_000)
    X[rng.random(2_000) < 0.2, 600] = np.nan
    score = X[:, 100] + (np.abs(X[:, 200]) > 1) + (X[:, 500] == 2) * 3 + np.isnan(X[:, 600]) * 2
    y = score + rng.logistic(size=2_000) > 1
    categorical = np.arange(1_000) == 500
    assert {100, 200, 500, 600} <= set(strongest(X, y, 20, categorical).tolist())


@pytest.mark.parametrize("kind", ["flag", "few flags", "tail", "level"])
def test_what_only_a_few_rows_tell_is_chosen(kind):
    """Columns that are mostly one value, as flags and counts are, are what wide tables hold."""
    rng = np.random.default_rng(0)
    X = (rng.random((2_000, 1_000)) < 0.08).astype(np.float32)
    X[:, 500:] = rng.integers(0, 28, size=(2_000, 500))
    y = rng.random(2_000) < 0.08
    own = np.flatnonzero(y)
    told = {
        "flag": y,
        "few flags": np.isin(np.arange(2_000), own[:25]),
        "tail": np.where(rng.random(2_000) < np.where(y, 0.4, 0.03), rng.random(2_000), 1),
        "level": np.where(y, rng.integers(20, 23, 2_000), rng.integers(0, 28, 2_000)),
    }
    place = 999 if kind == "level" else 499
    X[:, place] = told[kind]
    assert place in strongest(X, y, 20, np.arange(1_000) >= 500)


@pytest.mark.parametrize("share", [0.5, 0.05])
def test_no_kind_of_noise_is_chosen_before_another(share):
    rng = np.random.default_rng(0)
    normal, flags = rng.normal(size=(1_000, 400)), rng.random((1_000, 400)) < 0.01
    levels = np.minimum(rng.zipf(1.6, size=(1_000, 400)) - 1, 40)
    X = np.hstack([normal, flags, levels]).astype(np.float32)
    chosen = strongest(X, rng.random(1_000) < share, 300, np.arange(1_200) >= 800)
    counts = np.bincount(chosen // 400, minlength=3)
    assert (counts > 60).all()  # of the 100 each would get, with a deviation of 8


def test_a_choice_inside_the_fit_finds_nothing_in_noise():
    """Chosen on all rows, the hundred columns that happen to fit best would give an AUC of 0.8."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(800, 3_000)), rng.integers(0, 2, 800)
    boosting = HistGradientBoostingClassifier(max_iter=30, max_leaf_nodes=8, random_state=0)
    model = ScreenedClassifier(boosting, np.zeros(3_000, dtype=bool), columns_for(800, 3_000))
    scores = []
    for train, test in KFold(5).split(X):
        scores.append(roc_auc_score(y[test], model.fit(X[train], y[train]).predict_proba(X[test])[:, 1]))
    assert model.columns_.size == 100
    assert abs(np.mean(scores) - 0.5) < 4 / np.sqrt(12 * 400)


def test_all_columns_are_kept_where_rows_tell_what_two_of_them_do_together():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(12_000, 200)).astype(np.float32)
    y = (X[:, 3] * X[:, 77] > 0).astype(int)
    report = run_ladder(LogisticRegression().fit(X, y), X, y)
    assert "that tell most" not in report.rungs[3].score.how
    assert report.rungs[3].score.metrics["roc_auc"].mean > 0.6


# ---- the same figures in less memory ---------------------------------------------------------


def test_spreads_of_sparse_columns_are_those_of_dense_ones():
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(200, 600)) * (rng.random((200, 600)) < 0.1)
    dense[3, 4], dense[5, 6], dense[:, 9] = np.nan, np.inf, 0
    expected = np.nanstd(np.where(np.isfinite(dense), dense, np.nan), axis=0)
    np.testing.assert_allclose(spreads(dense, 600), expected)
    np.testing.assert_allclose(spreads(sparse.csr_matrix(dense), 600), expected)


def test_areas_with_ties_are_counted_pair_by_pair():
    rng = np.random.default_rng(0)
    y, score = rng.random(300) < 0.2, rng.integers(0, 12, 300) / 12
    apart = score[y][:, None] - score[~y][None, :]
    pairs = float(np.mean((apart > 0) + 0.5 * (apart == 0)))
    assert curve_areas(y, score)[0] == pytest.approx(pairs, abs=1e-12)
    interval, error = ovr_auc(y.astype(int), np.column_stack([1 - score, score]), positive=1)
    assert interval.mean == pytest.approx(pairs, abs=1e-12)
    placed = [np.mean((apart > 0) + 0.5 * (apart == 0), axis=axis) for axis in (0, 1)]
    expected = np.sqrt(sum(np.var(one, ddof=1) / len(one) for one in placed))
    assert error == pytest.approx(expected, rel=1e-9)


def test_texts_of_different_lengths_survive_chunks(monkeypatch):
    """numpy's texts have a width: that of the first chunk must not cut those of the next."""
    monkeypatch.setattr("ladder_widgets.chunks.MOST_CELLS", 400)
    monkeypatch.setattr("ladder_widgets.chunks.FEWEST_ROWS", 100)

    class Sorted:
        classes_ = np.array(["no", "probably"])

        def predict(self, X):
            return np.array(["probably" if value > 0 else "no" for value in np.asarray(X)[:, 0]])

    x = np.sort(stats.norm.ppf(np.linspace(0.001, 0.999, 1_000)))
    y = np.where(x > 0, "probably", "no")
    report = run_ladder(Sorted(), pd.DataFrame({"x": x, "z": 0.0}), y)
    assert report.rungs[4].score.metrics["accuracy"].mean == 1


# ---- as many rows as a fit needs -------------------------------------------------------------


def test_rows_left_out_of_a_fit_are_not_those_of_rare_classes():
    y = np.random.default_rng(0).choice(3, 50_000, p=[0.9, 0.09, 0.01])
    rows = enough_rows(y, 9_000)
    counts = np.bincount(y[rows])
    assert counts.sum() == 9_000
    assert counts[2] == np.count_nonzero(y == 2)
    assert abs(int(counts[0]) - int(counts[1])) <= 1
    assert np.array_equal(rows, enough_rows(y, 9_000))
    assert np.all(np.diff(rows) > 0)
    assert enough_rows(y, 50_000) is None
    assert enough_rows(y, None) is None


def test_probabilities_of_a_fit_on_fewer_rows_are_those_of_all():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200_000, 2))
    truth = 1 / (1 + np.exp(3 - 2 * X[:, 0]))
    y = (rng.random(200_000) < truth).astype(int)
    rows = enough_rows(y, 40_000)
    raw = LogisticRegression().fit(X[rows], y[rows]).predict_proba(X)
    assert raw[:, 1].mean() > 2 * y.mean()
    np.testing.assert_allclose(at_shares(raw, y[rows], y)[:, 1], truth, atol=0.02)


@pytest.mark.parametrize(("max_rows", "told"), [("auto", True), (None, False)])
def test_a_fit_on_fewer_rows_is_stated_and_hardly_worse(max_rows, told, monkeypatch):
    monkeypatch.setattr(estimators, "MOST_CELLS", 5_000)
    monkeypatch.setattr(estimators, "LEAST_ROWS", 4_000)
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(12_000, 4)), columns=list("abcd"))
    y = (X["a"] * X["b"] + rng.normal(size=12_000) > 2).astype(int)
    report = run_ladder(LogisticRegression().fit(X, y), X, y, max_rows=max_rows, ignore=["data.leakage"])
    score = report.rungs[3].score
    assert ("fitted on 4,000 of them at a time, the rarer classes first" in score.how) is told
    assert score.metrics["roc_auc"].mean > 0.8
    assert score.metrics["brier"].mean < 0.9 * y.mean() * (1 - y.mean())
