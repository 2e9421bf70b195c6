"""PySpark counts a log as DuckDB does. In an environment of its own: ``make test-spark``."""

from __future__ import annotations

import shutil
from itertools import zip_longest

import numpy as np
import pandas as pd
import pytest

pyspark = pytest.importorskip("pyspark", reason="Needs PySpark, which takes 430 MB: make test-spark.")
ibis = pytest.importorskip("ibis")
if shutil.which("java") is None:
    pytest.skip("Needs Java 17 or newer for Spark.", allow_module_level=True)

from ladder_widgets.monitor import Monitor, ProductionLog  # noqa: E402
from ladder_widgets.monitor.aggregate import count  # noqa: E402
from ladder_widgets.row_overlap import RowOverlap  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # those of Spark are not ours
HOSTILE = "<img src=x onerror=alert(1)>"


def make_log(n, seed):
    """Numbers, counts, flags, dates and words with gaps, NaN, infinite values and hostile text."""
    rng = np.random.default_rng(seed)
    asked = pd.Timestamp("2026-03-01") + pd.to_timedelta(
        np.sort(rng.uniform(0, 6 * 86_400_000, n)), unit="ms"
    )
    arrived = pd.Series(asked + pd.to_timedelta(rng.exponential(20, n), unit="h")).astype("datetime64[us]")
    late = arrived > asked[-1]
    score = rng.beta(2, 4, n)
    return pd.DataFrame(
        {
            "age": rng.normal(40, 9, n),
            "income": np.where(rng.random(n) < 0.1, np.nan, rng.lognormal(8, 2, n)),
            "ratio": np.where(rng.random(n) < 0.01, rng.choice([np.inf, -np.inf], n), rng.standard_cauchy(n)),
            "visits": rng.poisson(3, n),
            "member": rng.random(n) < 0.3,
            "joined": pd.Series(asked - pd.to_timedelta(rng.uniform(0, 900, n), unit="D")).astype(
                "datetime64[us]"
            ),
            "plan": pd.Series(rng.choice(["basic", "plus", HOSTILE, "טקסט", "🙂"], n)).mask(
                rng.random(n) < 0.1
            ),
            "score": np.where(rng.random(n) < 0.02, np.nan, score),
            "label": pd.Series((rng.random(n) < score).astype(float)).mask(late),
            "prediction": np.where(rng.random(n) < 0.03, None, (score > 0.4).astype(int)).astype(float),
            "timestamp": pd.Series(asked).astype("datetime64[us]"),
            "label_timestamp": arrived.mask(late),
        }
    )


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    from pyspark.sql import SparkSession

    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("warehouse")),
    }
    builder = SparkSession.builder.master("local[2]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield ibis.pyspark.connect(session)
    session.stop()


@pytest.fixture(scope="module")
def monitor():
    return Monitor.fit(ProductionLog(make_log(5_000, seed=0)))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    file = tmp_path_factory.mktemp("log") / "log.parquet"
    make_log(10_000, seed=1).to_parquet(file)
    return str(file)


def test_every_count_is_the_same(spark, monitor, path):
    here = monitor.check(path)
    there = monitor.check(ProductionLog(spark.read_parquet(path)))
    assert here.counts.rows.sum() == 10_000
    assert here.counts.delays.sum() > 5_000
    assert here.counts.as_of == there.counts.as_of
    for one, other in zip_longest(here.counts.arrays(), there.counts.arrays()):
        assert np.array_equal(one, other)
    pd.testing.assert_frame_equal(here.drift, there.drift)
    pd.testing.assert_frame_equal(here.windows, there.windows)


def test_a_batch_has_the_same_mark_everywhere(spark, monitor, path):
    logs = (ProductionLog(path), ProductionLog(spark.read_parquet(path)))
    marks = {count(log, monitor.reference, 86_400_000, marked=True).mark for log in logs}
    assert len(marks) == 1
    assert marks != {0}


def test_the_same_is_said_of_a_drift(spark, monitor, tmp_path):
    log = make_log(6_000, seed=2)
    log["income"] *= 100
    log.to_parquet(tmp_path / "moved.parquet")
    table = spark.read_parquet(str(tmp_path / "moved.parquet"))
    there = monitor.check(ProductionLog(table))
    assert there.first_sentence.startswith("income")
    assert there.first_sentence == monitor.check(log).first_sentence


def test_the_same_rows_are_found_again(spark, path, tmp_path):
    train = pd.concat([make_log(3_000, seed=4), make_log(10_000, seed=1)[:700]])
    train.to_parquet(tmp_path / "train.parquet")
    columns = ["visits", "member", "plan", "ratio", "joined"]
    here = RowOverlap(path, str(tmp_path / "train.parquet"), columns)
    tables = [spark.read_parquet(file) for file in (path, str(tmp_path / "train.parquet"))]
    there = RowOverlap(*tables, columns)
    assert here.rows >= 700
    pd.testing.assert_frame_equal(here.counts, there.counts)
    few = [RowOverlap(*pair, ["visits", "member", "plan"]) for pair in ((path, path), (tables[0], tables[0]))]
    assert few[0].counts["rows_here"].sum() == 10_000
    pd.testing.assert_frame_equal(few[0].counts, few[1].counts)


def test_nothing_takes_the_place_of_what_is_missing(spark):
    """Spark's hash passes over nulls."""
    one, other = (
        spark.create_table(name, pd.DataFrame(rows), overwrite=True)
        for name, rows in {
            "one": {"a": [None, "x"], "b": ["x", "y"]},
            "other": {"a": ["x", "x"], "b": [None, "y"]},
        }.items()
    )
    assert RowOverlap(one, other).rows == 1


def test_values_are_one_whatever_spark_keeps_them_as(spark):
    """Days, moments with and without a zone, decimals, flags and whole numbers; µs and digits count."""
    tables = {
        "kept": "DATE '2026-01-02' d, TIMESTAMP_NTZ '2026-01-01 00:00:00.000300' t, 1.50BD c, 1L n, true f",
        "same": "TIMESTAMP_NTZ '2026-01-02' d, TIMESTAMP '2026-01-01 00:00:00.000300' t, "
        "1.5BD c, 1.0BD n, 1 f",
        "other": "DATE '2026-01-03' d, TIMESTAMP_NTZ '2026-01-01 00:00:00.000600' t, "
        "12345678901234567890.01BD c, 2L n, false f",
    }
    for name, values in tables.items():
        spark.raw_sql(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT {values}")
    kept, same, other = (spark.table(name) for name in tables)
    for name in kept.columns:
        assert RowOverlap(kept, same, [name]).rows == 1, name
        assert RowOverlap(kept, other, [name]).rows == 0, name
    assert RowOverlap(kept, same).rows == 1


def test_a_file_is_to_be_opened_where_the_other_table_lies(spark, path):
    with pytest.raises(ValueError, match=r"'earlier' parameter must be a table of pyspark, .* or a frame"):
        RowOverlap(spark.read_parquet(path), path)


def test_what_spark_is_asked_is_told(spark, monitor, path):
    table = spark.read_parquet(path)
    plans = [monitor.explain(ProductionLog(table)), RowOverlap(table, table).explain()]
    assert all(plan.plan == "" for plan in plans)
    assert "GROUPING SETS" in plans[0].sql
    assert "xxhash64" in plans[1].sql.lower()
