"""Columns of every type: rows like training's are no news, whoever holds them, and another type is."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from ladder_widgets import Monitor, ProductionLog, Schema
from ladder_widgets.values import as_text

ROWS = 2_400
HALF = ROWS // 2
RNG = np.random.default_rng(1)
FEW = RNG.integers(0, 5, ROWS)
NUMBERS = RNG.normal(size=ROWS)
HOURS = RNG.integers(0, 3_000, ROWS)
DAY, STAMP = dt.date(2020, 1, 1), pd.Timestamp("2020-01-01")


def objects(values):
    held = np.empty(ROWS, dtype=object)
    held[:] = list(values)
    return pd.Series(held, dtype=object)


def of(*levels):
    """Five levels, as the objects they are."""
    return objects(levels[place] for place in FEW)


def gappy(values, *gaps):
    told = list(values)
    for place in range(0, ROWS, 7):
        told[place] = gaps[place // 7 % len(gaps)]
    return told


def arrow(values, kind):
    return pd.Series(list(values), dtype=pd.ArrowDtype(kind))


TEXTS = [f"l{place}" for place in FEW]
STAMPS = STAMP + pd.to_timedelta(HOURS, unit="h")
DAYS = [DAY + dt.timedelta(days=int(hour)) for hour in HOURS]
LENGTHS = pd.to_timedelta(np.abs(NUMBERS), unit="h")
COLUMNS = {
    "dates": objects(DAYS),
    "dates with gaps": objects(gappy(DAYS, None, pd.NaT)),
    "times": pd.Series(STAMPS),
    "times with a zone": pd.Series(STAMPS.tz_localize("Europe/Berlin", nonexistent="NaT", ambiguous="NaT")),
    "time objects with a zone": objects(dt.datetime(2020, 1, 1 + int(f), tzinfo=dt.UTC) for f in FEW),
    "times of day": of(*(dt.time(hour, 30, 0, 5_000) for hour in range(5))),
    "lengths of time": pd.Series(LENGTHS),
    "length objects": objects(LENGTHS.to_pytimedelta()),
    "intervals": pd.Series(pd.cut(NUMBERS, 5)),
    "interval dtype": pd.Series(pd.cut(NUMBERS, 5)).astype("interval"),
    "periods": pd.Series(pd.PeriodIndex.from_ordinals(600 + FEW, freq="M")),
    "mixed": of(1, "a", 2.5, None, True),
    "numbers and their texts": of(1, 2, "3", "4", 5),
    "bytes": of(b"x", b"y", b"\xff", b"z", b"w"),
    "lists": of([1, 2], [1], ["b", "a"], [], ["it's"]),
    "tuples": of((1, "x"), (2, "x"), (), (3,), (4,)),
    "sets": of(*(frozenset(text) for text in ("ab", "bc", "cd", "de", "abcde"))),
    "dicts": of(*({"a": place} for place in range(5))),
    "arrays": of(*(np.full(1_100, place) for place in range(5))),
    "complex": pd.Series(NUMBERS + 1j),
    "sparse": pd.Series(pd.arrays.SparseArray(np.where(NUMBERS > 1, NUMBERS, 0.0))),
    "half precision": pd.Series(NUMBERS.astype(np.float16)),
    "infinite": pd.Series(np.where(NUMBERS > 1.5, np.inf, NUMBERS)),
    "beyond 2**53": pd.Series(2**60 + FEW),
    "nullable integers": pd.Series(gappy(FEW.tolist(), pd.NA), dtype="Int64"),
    "nullable numbers": pd.Series(gappy(NUMBERS.tolist(), pd.NA), dtype="Float64"),
    "nullable flags": pd.Series(gappy((FEW > 2).tolist(), pd.NA), dtype="boolean"),
    "flags with gaps": objects(gappy((FEW > 2).tolist(), None)),
    "nullable text": pd.Series(gappy(TEXTS, pd.NA), dtype="string"),
    "text with every gap": objects(gappy(TEXTS, None, np.nan, pd.NA)),
    "text of surrogates": of("a", "\ud800", "b", "x\0y", "d"),
    "levels of integers": pd.Series(pd.Categorical(FEW)),
    "levels of numbers": pd.Series(pd.Categorical(gappy((FEW / 2).tolist(), np.nan))),
    "levels of flags": pd.Series(pd.Categorical(FEW > 2)),
    "levels of dates": pd.Series(pd.Categorical(STAMP + pd.to_timedelta(FEW, unit="D"))),
    "decimals": objects(gappy((Decimal(f"{value:.2f}") for value in NUMBERS), None)),
    "ids": objects(uuid.UUID(int=int(value)) for value in RNG.integers(0, 2**60, ROWS)),
    "few ids": of(*(uuid.UUID(int=place) for place in range(5))),
    "scalars of numpy": objects(map(np.int64, FEW)),
    "nothing": objects([None] * ROWS),
    "integers of Arrow": arrow(gappy(FEW.tolist(), None), pa.int64()),
    "text of Arrow": arrow(gappy(TEXTS, None), pa.string()),
    "dates of Arrow": arrow(DAYS, pa.date32()),
    "times of Arrow": arrow(STAMPS.tz_localize("UTC"), pa.timestamp("us", "UTC")),
    "lengths of Arrow": arrow(LENGTHS.floor("us"), pa.duration("us")),
    "decimals of Arrow": arrow([Decimal(f"{value:.2f}") for value in NUMBERS], pa.decimal128(10, 2)),
    "lists of Arrow": arrow(([1] * int(f) for f in FEW), pa.list_(pa.int64())),
    "structures of Arrow": arrow(({"a": int(f)} for f in FEW), pa.struct([("a", pa.int64())])),
    "bytes of Arrow": arrow(([b"x", b"\xff"][f % 2] for f in FEW), pa.binary()),
}


def halves(columns):
    frame = pd.DataFrame(columns)
    return frame[:HALF], frame[HALF:].reset_index(drop=True)


@pytest.fixture(scope="module")
def every():
    """Training, rows like it, and a monitor: one column of each type."""
    train, served = halves(COLUMNS)
    return train, served, Monitor.fit(train)


def assert_no_news(watch):
    assert watch.schema is not None
    assert {one.column: one.words for one in watch.schema.violations} == {}
    moved = watch.drift[watch.drift["psi"] >= 0.1]
    assert dict(zip(moved["feature"], moved["psi"], strict=True)) == {}
    assert watch.exit_code == 0, watch.first_sentence


def held_by_arrow(frame):
    """The columns of which Arrow has the type."""
    kept = {}
    for name, column in frame.items():
        try:
            pa.Table.from_pandas(column.to_frame(), preserve_index=False)
        except (TypeError, ValueError, NotImplementedError):  # Arrow's own are of these
            continue
        kept[name] = column
    return pd.DataFrame(kept)


def test_rows_like_training_are_no_news_before_and_after_saving(every, tmp_path):
    _, served, monitor = every
    assert_no_news(monitor.check(served))
    monitor.save(tmp_path / "monitor.json")
    assert_no_news(Monitor.load(tmp_path / "monitor.json").check(served))


#: None to polars, which makes numbers, structures and bytes of them.
NOT_OF_POLARS = ["periods", "intervals", "interval dtype", "ids", "few ids"]


@pytest.mark.parametrize("library", ["arrow", "polars"])
def test_rows_handed_over_by_another_library_are_no_news(every, library):
    train, served, _ = every
    served = held_by_arrow(served)
    assert len(served.columns) > 40
    if library == "arrow":
        other = pa.Table.from_pandas(served, preserve_index=False)
    else:
        served = served.drop(columns=NOT_OF_POLARS)
        other = pl.from_pandas(served)
    assert_no_news(Monitor.fit(train[served.columns]).check(ProductionLog(other)))


CHANGES = {
    "dates as text": ("dates", lambda s: s.map(str), "text, training has dates"),
    "dates as numbers": ("dates", lambda s: s.map(dt.date.toordinal), "a number, training has dates"),
    "times as text": ("times", lambda s: s.astype(str), "text, training has dates"),
    "times in another zone": ("times", lambda s: s.dt.tz_localize("UTC"), "with a zone, training has none"),
    "zone lost": (
        "times of Arrow",
        lambda s: arrow(s.dt.tz_localize(None), pa.timestamp("us"))[: len(s)],
        "without a zone",
    ),
    "integers as text": ("nullable integers", lambda s: s.astype("string"), "a number written as text"),
    "decimals as text": ("decimals", lambda s: s.map(str, na_action="ignore"), "a number written as text"),
    "flags as text": ("nullable flags", lambda s: s.astype("string"), "text, training has true and false"),
    "lengths as text": ("lengths of time", lambda s: s.astype(str), "written as text"),
    "lists as text": ("lists", lambda s: s.map(str).astype(object), "text, training has"),
    "intervals of other bins": (
        "intervals",
        lambda s: pd.Series(pd.cut(NUMBERS[: len(s)], 7)),
        "not among the 5 levels",
    ),
    "a new list": ("lists", lambda s: s.map(lambda value: [*value, 9]), "not among the 5 levels"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_another_type_is_news(name):
    column, change, words = CHANGES[name]
    train, served = halves({"column": COLUMNS[column]})
    served = served.assign(column=change(served["column"]))
    watch = Monitor.fit(train).check(served)
    assert watch.exit_code == 1 or watch.schema.errors
    assert any(words in one.words for one in watch.schema.errors), watch.schema


def test_a_gap_of_another_kind_is_told_of_the_users_own_frame_only():
    train, served = halves({"column": objects(gappy(TEXTS, None))})
    other = served.assign(column=served["column"].where(served["column"].notna(), np.nan).astype(object))
    monitor = Monitor.fit(train)
    assert [one.kind for one in monitor.check(other).schema.violations] == ["marker"]
    assert not monitor.check(ProductionLog(pl.from_pandas(other))).schema.violations


def test_rows_that_are_looked_at_keep_their_own_labels():
    train, served = halves({"column": COLUMNS["dates"]})
    served = served.assign(column=served["column"].map(str))
    served.index = [f"row {place}" for place in served.index]
    watch = Monitor.fit(train).check(served)
    assert watch.schema.errors[0].label == "'row 0'"


def test_the_same_rows_are_looked_at_every_time():
    rng = np.random.default_rng(0)
    train = pd.DataFrame({"a": rng.normal(size=1_000)})
    log = pd.DataFrame({"a": rng.normal(size=20_000)})
    monitor = Monitor.fit(train)
    first, second = monitor.check(log).rows, monitor.check(log).rows
    assert len(first) == 5_000
    pd.testing.assert_frame_equal(first, second)
    assert first.index.is_monotonic_increasing  # in the order of the log


def test_rows_are_those_of_the_latest_window():
    train = pd.DataFrame({"a": np.arange(500.0)})
    asked = pd.Timestamp("2026-03-01") + pd.to_timedelta(np.arange(2_000) / 1_000, unit="D")
    log = pd.DataFrame({"a": np.arange(2_000.0), "timestamp": asked.astype(str)})
    looked_at = Monitor.fit(train, min_rows=1).check(log).rows
    assert looked_at["a"].tolist() == list(np.arange(1_000.0, 2_000.0))


def test_a_schema_tells_types_apart_without_a_monitor():
    for name in ("lists of Arrow", "structures of Arrow", "length objects", "complex", "few ids"):
        train, served = halves({"column": COLUMNS[name]})
        assert not Schema.learn(train).check(served).violations, name


def test_one_text_whoever_reads():
    assert as_text(np.array([1, 2])) == as_text([1, 2]) == as_text((1, 2)) == "[1, 2]"
    assert as_text(np.arange(5_000)) != as_text(np.arange(5_000)[::-1])
    assert as_text({"b": [np.int64(1)]}) == "{'b': [1]}"
    assert as_text(frozenset("cab")) == as_text(frozenset("bca"))


@pytest.mark.parametrize("kind", ["path", "dataset", "duckdb"])
def test_rows_in_files_are_no_news(every, kind, tmp_path):
    train, served, _ = every
    served = held_by_arrow(served).drop(columns=["half precision", "intervals"])  # not of Parquet
    served.to_parquet(tmp_path / "log.parquet")
    log = str(tmp_path / "log.parquet")
    if kind == "dataset":
        log = ds.dataset(log)
    elif kind == "duckdb":  # it has no more of these types than their storage
        served = served.drop(columns=["periods", "interval dtype", *(n for n in served if "length" in n)])
        log = duckdb.read_parquet(log)
    monitor = Monitor.fit(train[[name for name in train if name in served]])
    assert_no_news(monitor.check(ProductionLog(log, features=list(served))))


def test_levels_that_were_numbers_are_known_by_their_value(tmp_path):
    """A file with gaps holds 1.0 where training's category holds 1, and the other way round."""
    gaps = [None if place % 9 == 0 else float(value) for place, value in enumerate(FEW)]
    train = pd.DataFrame({"a": pd.Categorical(FEW), "b": pd.Categorical(FEW.astype(float))})
    log = pd.DataFrame({"a": pd.Series(gaps, dtype=float), "b": FEW})
    log.to_parquet(tmp_path / "log.parquet")
    monitor = Monitor.fit(train)
    for source in (log, str(tmp_path / "log.parquet")):
        assert monitor.check(ProductionLog(source)).drift.set_index("feature")["psi"]["b"] < 0.1
        counts = monitor.check(ProductionLog(source)).counts.features["a"][0]
        assert counts[-2] == 0  # no level that training does not have
