"""production.delayed-truth: chosen labels are found, labels that are merely late are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from ladder_widgets.finding import Status
from ladder_widgets.monitor import ProductionLog
from ladder_widgets.monitor.delays import class_delays
from ladder_widgets.monitor.labelfree import calibrated, expected_accuracy, expected_auc
from ladder_widgets.monitor.representative import coverage_gap
from ladder_widgets.monitor.truth import Truth, label_codes
from tests.faults.plants import OBVIOUS, PLANTS, SUBTLE
from tests.faults.plants.truth import score_columns
from tests.faults.tables import data, find, log_frame

CODE, OTHER = "production.delayed-truth", "production.serialization-mismatch"
TABLES = ("credit_data", "mlc_churn", "titanic")


@pytest.mark.parametrize("strength", [OBVIOUS, SUBTLE])
@pytest.mark.parametrize("plant", PLANTS[CODE], ids=lambda plant: plant.__name__)
@pytest.mark.parametrize("name", TABLES)
def test_found(name, plant, strength):
    planted = plant(data(name, log=True), strength, np.random.default_rng(11))
    if planted is None:
        pytest.skip("no room for it in this table")
    finding = find(CODE, planted.case)
    assert finding.raised, finding.summary
    assert not find(OTHER, planted.case).raised


@pytest.mark.parametrize("name", ["credit_data", "titanic", "breast_cancer", "iris"])
def test_late_labels_are_silent(name):
    clean = data(name, log=True, n_rows=1500)
    model = clean.fitted()
    for seed, (days, late) in enumerate([(60, 5.0), (30, 10.0)]):
        rng = np.random.default_rng(seed)
        frame = log_frame(clean.X_log, clean.y_log, model, rng, days, late)
        thin = frame.copy()
        thin.loc[rng.random(len(thin)) < 0.5, ["label", "label_timestamp"]] = [None, pd.NaT]
        untimed = frame.drop(columns=["timestamp", "label_timestamp"])
        for log in (frame, thin, frame.drop(columns="label_timestamp"), untimed, untimed[::-1]):
            production = ProductionLog(log, score=score_columns(model))
            finding = find(CODE, clean.case(model=model, production=production))
            assert finding.status is Status.PASS, finding.summary


def test_a_season_is_not_a_delay():
    clean = data("mlc_churn", log=True)
    model, rng = clean.fitted(), np.random.default_rng(0)
    churn = np.asarray(clean.y_log == "yes")
    order = np.argsort(np.where(churn, rng.beta(2, 1, len(churn)), rng.random(len(churn))))
    frame = log_frame(clean.X_log.iloc[order], clean.y_log.iloc[order], model, rng)
    assert find(CODE, clean.case(model=model, production=frame)).status is Status.PASS


@pytest.fixture(scope="module")
def log():
    clean = data("credit_data", log=True, n_rows=2000)
    model = clean.fitted()
    return clean, model, log_frame(clean.X_log, clean.y_log, model, np.random.default_rng(0))


def _seen(log, frame):
    clean, model, _ = log
    return find(CODE, clean.case(model=model, production=frame))


WRITTEN = {
    "text": lambda stamps: stamps.astype(str),
    "seconds": lambda stamps: (stamps - pd.Timestamp(0)) / pd.Timedelta("1s"),
    "milliseconds": lambda stamps: (stamps - pd.Timestamp(0)) / pd.Timedelta("1ms"),
    "another time zone": lambda stamps: stamps.dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"),
    "dates": lambda stamps: stamps.dt.date,
    "20260301": lambda stamps: stamps.dt.strftime("%Y%m%d"),
}


@pytest.mark.parametrize("how", WRITTEN)
def test_ways_to_write_a_time(log, how):
    frame = log[2]
    stamps = {name: WRITTEN[how](frame[name]) for name in ("timestamp", "label_timestamp")}
    finding = _seen(log, frame.assign(**stamps))
    assert finding.status is Status.PASS, finding.summary
    delays = (frame["label_timestamp"] - frame["timestamp"]).dt.total_seconds() / 86_400
    told = [row[3] for row in finding.evidence[0].rows if row[3] is not None]
    assert np.median(told) == pytest.approx(delays.median(), abs=1.1)


def test_odd_logs_do_not_break(log):
    frame = log[2]
    polars = pytest.importorskip("polars")
    odd = {
        "one row": frame[:1],
        "three rows": frame[::150],
        "scores missing": frame.assign(score=np.nan),
        "labels before their rows": frame.assign(label_timestamp=frame["timestamp"] - pd.Timedelta("2D")),
        "times missing": frame.assign(timestamp=pd.NaT),
        "half of the times missing": frame.assign(timestamp=frame["timestamp"].where(frame.index % 2 == 0)),
        "no times at all": frame.assign(timestamp="soon", label_timestamp="later"),
        "one time": frame.assign(timestamp=frame["timestamp"].iloc[0]),
        "one index": frame.set_axis(np.zeros(len(frame), dtype=int)),
        "not yet a word": frame.assign(label=frame["label"].fillna("pending")),
        "other words": frame.assign(label=frame["label"].map({"bad": 0.0, "good": 1.0})),
        "columns missing": frame.drop(columns=["Income", "score"]),
        "polars": polars.from_pandas(frame),
    }
    for name, table in odd.items():
        finding = _seen(log, table)
        assert finding.status in (Status.PASS, Status.SKIP), (name, finding.summary)


def test_what_it_needs_is_said(log):
    frame = log[2]
    for table, word in [(frame.drop(columns="label"), "label="), (frame.assign(label=None), "none of the")]:
        finding = _seen(log, table)
        assert finding.status is Status.SKIP
        assert word in finding.summary


def test_labels_of_one_class_only(log):
    finding = _seen(log, log[2].assign(label=log[2]["label"].where(log[2]["label"] == "bad")))
    assert finding.status is Status.FAIL
    assert "'bad'" in finding.summary


def test_all_labelled_passes(log):
    clean, _, frame = log
    assert "All" in _seen(log, frame.assign(label=np.asarray(clean.y_log))).summary


def test_windows_are_those_of_the_rows(log):
    frame = log[2].sort_values("timestamp")
    rows = _seen(log, log[2]).evidence[0].rows
    parts = np.array_split(np.arange(len(frame)), len(rows))
    for row, part in zip(rows, parts, strict=True):
        known = frame.iloc[part].dropna(subset="label")
        assert row[1:3] == (len(part), pytest.approx(len(known) / len(part)))
        if row[6] is not None:
            assert row[6] == pytest.approx(roc_auc_score(known["label"] == "good", known["score"]))


def test_delays_cut_off_by_age_keep_their_level():
    """Many logs in which the class and the age of the rows go together and the delay knows of neither."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(300):
        asked = np.sort(rng.uniform(0, 40, 300))
        codes = (rng.random(300) < asked / 60).astype(int)
        arrived = asked + rng.gamma(2, 5, 300)
        known = arrived <= 40
        truth = Truth(np.where(known, codes, -1), asked, np.where(known, arrived, np.nan))
        found.append(class_delays(truth)[0].z)
    assert abs(np.mean(found)) < 0.2
    assert np.std(found) == pytest.approx(1.0, abs=0.12)


def test_a_gap_within_strata_is_not_one_between_them():
    rng = np.random.default_rng(1)
    strata = np.repeat(np.arange(60), 20)
    level = np.repeat(rng.random(60), 20)
    group, labelled = rng.random(1200) < level, rng.random(1200) < level
    gap = coverage_gap(labelled, group, strata)
    assert abs(labelled[group].mean() - labelled[~group].mean()) > 0.2
    assert abs(gap.z) < 3
    more = coverage_gap(labelled | (group & (rng.random(1200) < 0.3)), group, strata)
    assert more.points == pytest.approx(0.15, abs=0.06)
    assert more.p < 1e-4


def test_expected_scores_are_those_of_drawn_labels():
    rng = np.random.default_rng(2)
    chance = np.round(rng.beta(1, 3, 2000), 2)
    drawn = rng.random((200, 2000)) < chance
    aucs = [roc_auc_score(labels, chance) for labels in drawn]
    assert expected_auc(chance, chance) == pytest.approx(np.mean(aucs), abs=0.003)
    right = [np.mean(labels == (chance > 0.5)) for labels in drawn]
    assert expected_accuracy(chance, chance > 0.5) == pytest.approx(np.mean(right), abs=0.003)
    assert calibrated(chance, drawn[0], np.array([0.0, 1.0])).tolist() == sorted(
        calibrated(chance, drawn[0], [0, 1])
    )


def test_labels_of_another_type():
    assert label_codes(pd.Series([1.0, np.nan, 0.0]), [0, 1]).tolist() == [1, -1, 0]
    assert label_codes(pd.Series(["1", "0", None, "?"]), [0, 1]).tolist() == [1, 0, -1, -1]
    assert label_codes(pd.Series([True, False]), [0, 1]).tolist() == [1, 0]
    assert label_codes(pd.Series(["true", "False"]), [False, True]).tolist() == [1, 0]
    assert label_codes(pd.Series([["a"], None]), ["a", "b"]).tolist() == [-1, -1]
