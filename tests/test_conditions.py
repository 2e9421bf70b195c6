"""Conditions as masks, as text and as pandas code, on columns of every kind and with hostile names."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ladder_widgets.errors import Condition, Slice
from ladder_widgets.errors._slice_codes import code_feature, round_cut, round_time
from ladder_widgets.table import Table, TableView

DAYS = pd.date_range("2023-11-03 07:30", periods=40, freq="9h")
#: Values of columns; drawn with gaps.
COLUMNS = {
    "floats": (np.linspace(-3, 3, 50), float),
    "float32": (np.linspace(-1, 1, 60, dtype=np.float32), np.float32),
    "few": ([0.0, 1.0, 2.5], float),
    "infinite": ([-np.inf, -1.5, 0.0, 2.0, np.inf, *range(3, 20)], float),
    "huge": ([1e300, -1e300, 1e-300, 0.0, *np.linspace(-1e17, 1e17, 20)], float),
    "Int64": (list(range(-20, 20)), "Int64"),
    "Float32": ([0.1, 0.2, 0.3, *np.linspace(0, 1, 20)], "Float32"),
    "numbers as objects": (list(range(15)), object),
    "decimals": ([Decimal(i) / 10 for i in range(15)], object),
    "boolean": ([True, False], "boolean"),
    "flags as objects": ([True, False], object),
    "mixed": (["1", 1, 1.0, "missing", "nan", "", "a and b", (1, 2)], object),
    "text": (["a", "b", "<img src=x onerror=alert(1)>", "'", '"', "\n", "nan", "None"], object),
    "string": (["a", "b", "<NA>"], "string"),
    "category": (["low", "high", "missing"], "category"),
    "category of numbers": ([1, 2, 3], "category"),
    "naive": (list(DAYS), "datetime64[ns]"),
    "aware": (list(DAYS.tz_localize("America/New_York")), "datetime64[ns, America/New_York]"),
    "seconds": (list(DAYS.floor("s")), "datetime64[s]"),
    "fractions": ([pd.Timestamp("2024-01-01") + pd.Timedelta(i, "us") for i in range(0, 9000, 311)], None),
    "dates": ([date(2024, 1, day) for day in range(1, 29)], object),
    "moments": ([day.to_pydatetime() for day in DAYS], object),
    "durations": ([pd.Timedelta(days=i) for i in range(4)], "timedelta64[ns]"),
    "months": (list(pd.period_range("2024-01", periods=5, freq="M")), "period[M]"),
}


def _column(kind, seed, n=120, gaps=True):
    values, dtype = COLUMNS[kind]
    rng = np.random.default_rng(seed)
    drawn = [values[i] for i in rng.integers(0, len(values), n)]
    if gaps:
        drawn = [None if gap else value for value, gap in zip(drawn, rng.random(n) < 0.1, strict=True)]
    return pd.Series(drawn, dtype=dtype)


def _run(code, frame):
    told = eval(code, {"X_val": frame, "pd": pd})
    return np.asarray(told, dtype=bool)  # NA would raise


def _conditions(table, position=0):
    """Every condition that the search would put on a column, joined ranges included."""
    coded = code_feature(table.feature(position), np.arange(table.n_rows), 10, 1, joined=True)
    for first, last in coded.spans.tolist():
        condition = coded.between(first, last)
        if condition is not None:
            yield condition, (coded.codes >= first) & (coded.codes <= last)


@pytest.mark.parametrize("kind", COLUMNS)
def test_code_mask_and_search_agree_on_every_kind_of_column(kind):
    for seed in range(2):
        frame = pd.DataFrame({"x": _column(kind, seed)})
        table = Table(frame, "X")
        told = list(_conditions(table))
        assert "missing" in {condition.kind for condition, _ in told}
        assert len(told) > 2
        for condition, counted in told:
            mask = condition.mask(table)
            np.testing.assert_array_equal(mask, counted, err_msg=str(condition))
            np.testing.assert_array_equal(_run(condition.code(table), frame), mask, err_msg=str(condition))


@settings(max_examples=60, deadline=None)
@given(
    kinds=st.lists(st.sampled_from(sorted(COLUMNS)), min_size=2, max_size=3, unique=True),
    seed=st.integers(0, 999),
    picks=st.lists(st.integers(0, 99), min_size=3, max_size=3),
)
def test_code_of_conjunctions_equals_the_mask_and_survives_the_wire(kinds, seed, picks):
    frame = pd.DataFrame({kind: _column(kind, seed + i) for i, kind in enumerate(kinds)})
    table = Table(frame, "X")
    parts = []
    for position, pick in zip(range(len(kinds)), picks, strict=False):
        own = [condition for condition, _ in _conditions(table, position)]
        parts.append(own[pick % len(own)])
    each = Slice(tuple(parts))
    want = np.logical_and.reduce([part.mask(table) for part in parts])
    np.testing.assert_array_equal(each.mask(table), want)
    np.testing.assert_array_equal(_run(each.code(table), frame), want)
    again = Slice.from_dict(each.to_dict())
    assert again == each
    assert hash(again) == hash(each)


KEYS = [
    "<img src=x onerror=alert(1)>",
    'it\'s "quoted"\\\n',
    "עברית \u202e",
    "🦆" * 60,
    "",
    7,
    np.int64(8),
    2.5,
    ("a", 1),
    pd.Timestamp("2024-01-01"),
    None,
    True,
]


@pytest.mark.parametrize("key", KEYS, ids=lambda key: type(key).__name__)
def test_code_finds_the_column_whatever_it_is_called(key):
    columns = pd.Index([key, "other"], dtype=object, tupleize_cols=False)
    frame = pd.DataFrame({0: _column("floats", 0), 1: _column("text", 1)}).set_axis(columns, axis=1)
    table = Table(frame, "X")
    condition = Condition(table.names[0], "number", low=-1.0, high=2.0)
    np.testing.assert_array_equal(_run(condition.code(table), frame), frame.iloc[:, 0].between(-1, 2, "left"))


def test_key_one_and_key_true_are_two_columns():
    columns = pd.Index([1, True], dtype=object)
    frame = pd.DataFrame([[1.0, 5.0], [6.0, 2.0]]).set_axis(columns, axis=1)
    for name, want in (("1", [False, True]), ("True", [True, False])):
        condition = Condition(name, "number", low=3)
        assert _run(condition.code(Table(frame, "X")), frame).tolist() == want


def test_code_is_right_where_float32_and_text_of_levels_trip():
    # 0.1 as float32 is above 0.1: pandas alone would compare with the end rounded to float32.
    frame = pd.DataFrame({"x": np.array([0.1, 0.7], dtype=np.float32)})
    condition = Condition("x", "number", low=float(np.float32(0.1)) + 1e-12)
    assert condition.mask(Table(frame, "X")).tolist() == [False, True]
    assert _run(condition.code(Table(frame, "X")), frame).tolist() == [False, True]
    # 1 and "1" read alike: one level, and a missing value is not the level "nan".
    frame = pd.DataFrame({"x": pd.Categorical([1, "1", "nan", None], categories=[1, "1", "nan"])})
    table = Table(frame, "X")
    for level, want in (("1", [True, True, False, False]), ("nan", [False, False, True, False])):
        condition = Condition("x", "level", level=level)
        assert condition.mask(table).tolist() == want
        assert _run(condition.code(table), frame).tolist() == want
    coded = code_feature(table.feature(0), np.arange(4), 10, 1, joined=True)
    assert [c.level for c in coded.conditions] == ["1", "nan", None]


def test_rows_of_other_libraries():
    rows = {"x": [1, 2, None, 4], "day": [date(2024, 1, d) for d in (1, 2, 3, 4)], "t": ["a", None, "b", "a"]}
    frame = pl.DataFrame(rows)
    table = Table(frame, "X")
    for condition in (
        Condition("x", "number", low=2),
        Condition("x", "missing"),
        Condition("day", "datetime", high=pd.Timestamp("2024-01-03").timestamp() * 1000),
        Condition("t", "level", level="a"),
    ):
        got = _run(condition.code(table), frame.to_pandas())
        np.testing.assert_array_equal(got, condition.mask(table), err_msg=str(condition))


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (Condition("age", "number", high=30), "age below 30"),
        (Condition("age", "number", low=0.5), "age at least 0.5"),
        (Condition("age", "number", low=30, high=40.5), "age from 30 to below 40.5"),
        (Condition("age", "missing"), "age is missing"),
        (Condition("sex", "level", level="male"), "sex is male"),
        (Condition("sex", "level", level="missing"), 'sex is "missing"'),
        (Condition("sex", "level", level=""), 'sex is ""'),
        (Condition("sex", "level", level="a and b is c"), 'sex is "a and b is c"'),
        (Condition("day", "datetime", high=1_704_067_200_000), "day below 2024-01-01"),
        (Condition("day", "datetime", low=1_704_069_000_000), "day at least 2024-01-01 00:30:00"),
        (Condition("day", "datetime", low=1e300), f"day at least {1e300!r} ms"),
    ],
)
def test_text(condition, text):
    assert str(condition) == text


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (dict(kind="numbers", low=1), "kind"),
        (dict(kind="number"), "low"),
        (dict(kind="number", low=2, high=2), "low"),
        (dict(kind="number", low=float("nan")), "low"),
        (dict(kind="number", low="3"), "low"),
        (dict(kind="number", low=3, level="a"), "level"),
        (dict(kind="level"), "level"),
        (dict(kind="level", level=1), "level"),
        (dict(kind="missing", high=1), "low"),
        (dict(kind="missing", feature=7), "feature"),
    ],
)
def test_conditions_that_make_no_sense_are_refused(arguments, word):
    with pytest.raises(ValueError, match=f"'{word}'"):
        Condition(**{"feature": "x", **arguments})


@pytest.mark.parametrize(
    "moment",
    [
        pd.Timestamp("2024-03-01"),
        pd.Timestamp("2024-03-01 01:00", tz="Europe/Paris"),
        datetime(2024, 3, 1, tzinfo=UTC),
        date(2024, 3, 1),
        np.datetime64("2024-03-01"),
        1709251200000,
    ],
)
def test_ends_of_dates_are_moments_or_milliseconds(moment):
    table = Table(pd.DataFrame({"day": pd.date_range("2024-02-01", "2024-03-31")}), "X")
    assert Condition("day", "datetime", low=moment).mask(table).sum() == 31
    assert Condition("day", "datetime", high=moment).mask(table).sum() == 29
    assert str(Condition("day", "datetime", low=moment)) == "day at least 2024-03-01"


def test_a_moment_between_two_milliseconds_is_the_next_one():
    stamp = pd.Timestamp("2024-03-01 00:00:00.0001")
    table = Table(pd.DataFrame({"at": [pd.Timestamp("2024-03-01"), stamp + pd.Timedelta(1, "ms")]}), "X")
    condition = Condition("at", "datetime", low=stamp)
    assert condition.mask(table).tolist() == [False, True]
    assert condition == Condition("at", "datetime", low=1709251200001)


@pytest.mark.parametrize("moment", ["2024-03-01", pd.NaT, np.datetime64("NaT")])
def test_what_is_no_moment_is_refused_with_what_is(moment):
    with pytest.raises(ValueError, match=r"pd.Timestamp, datetime, date.*ms since 1970 \(UTC\)"):
        Condition("day", "datetime", low=moment)


def test_conditions_on_the_wrong_kind_of_column_are_refused():
    table = Table(pd.DataFrame({"number": [1.0, 2.0], "text": ["a", "b"]}), "X")
    for condition in (
        Condition("text", "number", low=0),
        Condition("number", "level", level="1.0"),
        Condition("number", "datetime", low=0),
        Condition("absent", "missing"),
    ):
        with pytest.raises(ValueError, match="'feature'"):
            condition.mask(table)
    for value in ("age below 30", 3, [], [1], None):
        with pytest.raises(ValueError, match=r"condition|slice"):
            Slice.of(value)


def test_a_few_rows_of_a_column_are_of_its_kind():
    # Objects are judged by content, and these rows hold none.
    table = Table(pd.DataFrame({"x": pd.Series([None, None, 3, 4], dtype=object)}), "X")
    part = TableView(table, np.array([0, 1]))
    assert part.feature(0).kind == "number"
    assert Condition("x", "number", low=-5).mask(part).tolist() == [False, False]


@settings(max_examples=500, deadline=None)
@given(ends=st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 2).filter(lambda e: e[0] != e[1]))
def test_round_cuts_lie_between(ends):
    low, high = sorted(ends)
    assert low < round_cut(low, high) <= high


@settings(max_examples=300, deadline=None)
@given(start=st.integers(-(10**13), 10**13), gap=st.integers(1, 10**11))
def test_round_times_lie_between(start, gap):
    assert start < round_time(start, start + gap) <= start + gap
