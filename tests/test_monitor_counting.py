"""What is counted of a log: the same by every way of counting, and what a plain script finds."""

from __future__ import annotations

import decimal
from dataclasses import replace
from functools import reduce
from operator import add

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ladder_widgets import Monitor, ProductionLog
from ladder_widgets.monitor import _statement, aggregate
from ladder_widgets.monitor._tables import counts_of
from ladder_widgets.monitor.counts import Counts
from ladder_widgets.monitor.plan import Plan

DAY, HOUR = 86_400_000, 3_600_000
START = pd.Timestamp("2026-03-01")
HUGE = [2**62, -(2**62), 2**53 + 1, 0, 1]
STRANGE = [np.nan, np.inf, -np.inf, 1e308, -1.7e308, 5e-324, -0.0, 1e300]
LEVELS = ["a", "b", "it's", 'say "x"', "<b>", "", " ", "טקסט", "🙂", "new one", None]


def hostile(n, seed, *, unordered=False, classes=("no", "yes")):
    """Columns of every type with every kind of value that one may meet."""
    rng = np.random.default_rng(seed)
    ms = rng.uniform(0, 9 * DAY, n)
    asked = START + pd.to_timedelta(ms if unordered else np.sort(ms), unit="ms")
    asked = pd.Series(asked).astype("datetime64[us]")
    asked = asked.mask(rng.random(n) < 0.02)
    waited = pd.to_timedelta(rng.exponential(30, n) - 1, unit="h")
    score = rng.beta(2, 4, n)
    known = rng.random(n) < 0.7
    return pd.DataFrame(
        {
            "number": np.where(rng.random(n) < 0.1, rng.choice(STRANGE, n), rng.normal(40, 9, n)),
            "single": rng.lognormal(3, 1, n).astype("float32"),
            "whole": rng.choice(HUGE, n),
            "small": rng.integers(-3, 3, n).astype("int8"),
            "counts": pd.Series(rng.poisson(3, n)).astype("Int64").mask(rng.random(n) < 0.1),
            "flag": rng.random(n) < 0.3,
            "maybe": pd.Series(rng.random(n) < 0.3).astype("boolean").mask(rng.random(n) < 0.2),
            "day": pd.Series(START - pd.to_timedelta(rng.uniform(0, 900, n), unit="D")).astype(
                "datetime64[us]"
            ),
            "word": pd.Series(rng.choice(np.array(LEVELS, dtype=object), n)),
            "kind": pd.Categorical(rng.choice(["x", "y", "z"], n)),
            "free": pd.Series([f"text {i}" for i in range(n)]).mask(rng.random(n) < 0.3),
            "score": np.where(rng.random(n) < 0.05, np.nan, score),
            "label": pd.Series(np.array(classes)[rng.integers(0, len(classes), n)]).where(known),
            "prediction": pd.Series(np.where(score > 0.4, classes[-1], classes[0])).mask(
                rng.random(n) < 0.05
            ),
            "timestamp": asked,
            "label_timestamp": (asked + waited).astype("datetime64[us]").where(known),
        }
    )


@pytest.fixture(scope="module")
def reference():
    train = hostile(4_000, 0)
    train["whole"] = train["whole"].astype(float)
    return Monitor.fit(ProductionLog(train)).reference


def by_statement(log, reference, every=DAY, *, marked=True) -> Counts:
    plan = Plan.of(log.engine, reference, every)
    return counts_of(_statement.count_there(log.engine, plan, marked=marked), plan)


def assert_same(one: Counts, other: Counts) -> None:
    for mine, theirs in zip(one.arrays(), other.arrays(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert one.latest.tolist() == other.latest.tolist()
    assert (one.as_of, one.untimed) == (other.as_of, other.untimed)


@pytest.mark.parametrize("unordered", [False, True], ids=["in order", "unordered"])
@pytest.mark.parametrize("every", [DAY, HOUR], ids=["days", "hours"])
def test_hostile_values_are_counted_alike_here_and_there(reference, tmp_path, unordered, every):
    frame = hostile(20_000, 1, unordered=unordered)
    there = by_statement(ProductionLog(frame), reference, every)
    assert there.untimed == frame["timestamp"].isna().sum()
    frame.to_parquet(tmp_path / "log.parquet", row_group_size=3_000)
    import duckdb

    ways = {
        "frame": frame,
        "file": str(tmp_path / "log.parquet"),
        "relation": duckdb.sql(f"SELECT * FROM '{tmp_path}/log.parquet'"),
    }
    for way in ways.values():
        assert_same(aggregate.count(ProductionLog(way), reference, every), there)


def test_rows_have_the_same_mark_here_and_there_in_any_order(reference):
    frame = hostile(5_000, 11)
    frame["number"] = frame["number"].where(frame["number"].abs() < 1e300)
    here = aggregate.count(ProductionLog(frame), reference, DAY, marked=True)
    mixed = frame.sample(frac=1, random_state=0)
    assert by_statement(ProductionLog(frame), reference).mark == here.mark
    assert aggregate.count(ProductionLog(mixed), reference, DAY, marked=True).mark == here.mark
    # Two rows of one day and one bin exchange their times: no count tells.
    timed = frame["timestamp"].notna()
    first, second = np.flatnonzero(timed & (frame["timestamp"].dt.day == 3))[:2]
    moved = frame.copy()
    moved.loc[[first, second], "timestamp"] = frame.loc[[second, first], "timestamp"].to_numpy()
    other = aggregate.count(ProductionLog(moved), reference, DAY, marked=True)
    np.testing.assert_array_equal(other.features["word"], here.features["word"])
    assert other.mark != here.mark


def test_other_types_in_production_are_counted_alike(reference, tmp_path):
    """Texts and decimals where numbers were, whole numbers where words were, columns that are gone."""
    frame = hostile(6_000, 2)
    text = frame["number"].map(str).mask(frame.index % 7 == 0, "oops")
    table = pa.Table.from_pandas(
        frame.assign(
            number=text,
            single=[decimal.Decimal(f"{value:.3f}") for value in frame["single"].astype(float)],
            word=frame["small"],
            kind=frame["flag"],
            label=np.where(frame["label"].isna(), None, frame["label"].map({"no": "NO ", "yes": " yes"})),
            timestamp=frame["timestamp"].dt.strftime("%Y-%m-%d %H:%M:%S"),
        ).drop(columns="counts")
    )
    pq.write_table(table, tmp_path / "log.parquet")
    log = ProductionLog(str(tmp_path / "log.parquet"))
    here = aggregate.count(log, reference, DAY)
    assert_same(here, by_statement(log, reference))
    assert here.features["counts"][:, -1].tolist() == here.rows.tolist()
    readable = pd.to_numeric(text, errors="coerce")
    readable = readable.where(np.isfinite(readable) & (readable.abs() < 1e305))
    timed = frame["timestamp"].notna()
    assert here.features["number"][:, -1].sum() == readable[timed].isna().sum()


def test_times_of_every_unit_and_zone(reference, tmp_path):
    frame = hostile(3_000, 3)
    frame["timestamp"] = frame["timestamp"].where(frame["timestamp"].notna(), START) - pd.Timedelta(
        "70YE"[:0] or "25000D"
    )
    plain = aggregate.count(ProductionLog(frame), reference, DAY)
    assert (plain.starts < 0).all()  # before 1970
    for unit in ("s", "ms", "us", "ns"):
        for zone in (None, "Asia/Tokyo"):
            moved = frame.copy()
            for role in ("timestamp", "label_timestamp"):
                times = frame[role].dt.floor("s").astype(f"datetime64[{unit}]")
                moved[role] = times if zone is None else times.dt.tz_localize("UTC").dt.tz_convert(zone)
            moved.to_parquet(tmp_path / "log.parquet")
            here = aggregate.count(ProductionLog(str(tmp_path / "log.parquet")), reference, DAY)
            assert here.starts.tolist() == plain.starts.tolist()
            assert here.rows.tolist() == plain.rows.tolist()
            assert here.delays.sum() == plain.delays.sum()


def test_counts_are_those_of_a_plain_script(reference):
    frame = hostile(9_000, 4)
    frame["score"] = frame["score"].fillna(0.5)
    counts = aggregate.count(ProductionLog(frame), reference, DAY)
    timed = frame[frame["timestamp"].notna()]
    period = timed["timestamp"].dt.floor("D")
    assert counts.rows.tolist() == timed.groupby(period).size().tolist()
    levels = reference.features["word"].levels
    places = timed["word"].map({level: place for place, level in enumerate(levels)})
    places = places.fillna(len(levels)).mask(timed["word"].isna(), len(levels) + 1)
    expected = pd.crosstab(period, places).reindex(columns=range(len(levels) + 2), fill_value=0)
    assert counts.features["word"].tolist() == expected.to_numpy().tolist()
    for name, classes in (("label", counts.labels), ("prediction", counts.decisions[:, :2])):
        assert classes.tolist() == pd.crosstab(period, timed[name])[["no", "yes"]].to_numpy().tolist()
    axis = counts.axes[0]
    assert axis.scored.sum() == len(timed)
    assert (
        axis.labelled.sum(axis=1)[:, 1].tolist() == (timed["label"] == "yes").groupby(period).sum().tolist()
    )
    assert axis.decided.sum(axis=1)[:, 1].tolist() == counts.decisions[:, 1].tolist()
    score = reference.scores[0]
    bins = score.grid.bins(timed["score"].to_numpy())
    assert axis.scored.sum(axis=0).tolist() == np.bincount(bins, minlength=axis.scored.shape[1]).tolist()


def test_more_classes_are_counted_alike(tmp_path):
    rng = np.random.default_rng(5)
    names = ["low", "mid", "high"]

    def rows(n):
        frame = hostile(n, 6, classes=names).drop(columns="score")
        shares = rng.dirichlet([1, 2, 3], n)
        frame["prediction"] = np.array(names)[shares.argmax(axis=1)]
        return frame.assign(**{f"p {name}": shares[:, k] for k, name in enumerate(names)})

    roles = {name: f"p {name}" for name in names}
    reference = Monitor.fit(ProductionLog(rows(4_000), score=roles)).reference
    log = ProductionLog(rows(5_000), score=roles)
    here = aggregate.count(log, reference, DAY)
    assert len(here.axes) == 3
    assert_same(here, by_statement(log, reference))


def test_scattered_times_and_very_many_periods(reference):
    rng = np.random.default_rng(7)
    frame = hostile(30_000, 7)
    frame["timestamp"] = pd.to_datetime(
        rng.integers(0, 3_000 * HOUR, len(frame)) + START.value // 10**6, unit="ms"
    )
    log = ProductionLog(frame)
    here = aggregate.count(log, reference, HOUR)
    assert here.n_periods > 2_500
    assert_same(here, by_statement(log, reference, HOUR))
    with pytest.raises(ValueError, match="at most 100,000 periods"):
        aggregate.count(ProductionLog(wide(150_000)), reference, 60_000)


def wide(n):
    return pd.DataFrame({"timestamp": pd.to_datetime(np.arange(n) * HOUR, unit="ms"), "small": 1})


def test_a_log_with_none_of_the_columns_has_rows_all_the_same(reference):
    counts = aggregate.count(ProductionLog(pd.DataFrame({"other": range(70)})), reference, DAY)
    assert counts.rows.tolist() == [70]
    assert counts.features["word"][0, -1] == 70


def test_files_that_differ_are_read_by_the_engine(reference, tmp_path):
    frame = hostile(4_000, 8)
    frame.iloc[:2_000].to_parquet(tmp_path / "a.parquet")
    later = frame.iloc[2_000:].assign(small=lambda rows: rows["small"].astype("int64"))
    later.to_parquet(tmp_path / "b.parquet")
    here = aggregate.count(ProductionLog(str(tmp_path / "*.parquet")), reference, DAY)
    assert_same(here, aggregate.count(ProductionLog(frame), reference, DAY))


def test_a_damaged_file_is_told(reference, tmp_path):
    path = tmp_path / "log.parquet"
    hostile(20_000, 9).to_parquet(path, row_group_size=5_000)
    whole = bytearray(path.read_bytes())
    for place in range(1_000, len(whole) - 20_000, 500):  # the footer stays
        whole[place : place + 40] = b"\xff" * 40
    path.write_bytes(bytes(whole))
    with pytest.raises(ValueError, match="files that can be read"):
        aggregate.count(ProductionLog(str(path)), reference, DAY)


def test_sums_of_days_are_the_counts_of_all(reference):
    frame = hostile(6_000, 10)
    parts = [
        aggregate.count(ProductionLog(frame[first : first + 1_300]), reference, DAY, marked=True)
        for first in range(0, len(frame), 1_300)
    ]
    whole = aggregate.count(ProductionLog(frame), reference, DAY, marked=True)
    added = reduce(add, parts)
    assert_same(added, whole)
    assert added.mark == whole.mark > 0
    again = Counts.from_dict(whole.to_dict(), [score.axis(0) for score in reference.scores])
    assert_same(again, whole)
    with pytest.raises(ValueError, match="'other' parameter"):
        whole + replace(whole, every=HOUR)
