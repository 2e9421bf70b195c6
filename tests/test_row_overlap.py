"""Rows found again in another table, counted where they lie; and what engines are asked, told beforehand."""

from __future__ import annotations

from collections import Counter

import duckdb
import ibis
import numpy as np
import pandas as pd
import pytest

from ladder_widgets import Monitor, ProductionLog
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
    ],
)
def test_values_are_one_whatever_they_are_kept_as(one, other, alike):
    frames = [pd.DataFrame({"a": values}) for values in (one, other)]
    assert RowOverlap(*frames).rows == alike


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
    with pytest.raises(duckdb.Error, match="Memory must have a number"):
        RowOverlap(*files, memory="much")


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
