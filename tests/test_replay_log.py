"""A log against the model: which rows differ, and what they share."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ladder_widgets import ProductionLog, replay_log
from tests.replay_bugs.kinds import fitted


@pytest.fixture(scope="module")
def model():
    return fitted("branches")[0]


@pytest.fixture
def log(model):
    rows = fitted("branches")[2].dropna().reset_index(drop=True)[:900]
    told = {"score": model.predict_proba(rows)[:, 1], "prediction": model.predict(rows)}
    told["timestamp"] = pd.date_range("2026-02-01", periods=len(rows), freq="3h")
    told["region"] = np.random.default_rng(0).choice(["north", "south", "east"], len(rows))
    return rows.assign(**told)


def shared(found):
    return [str(each) for each in found.shared["shared"]]


def test_a_log_of_the_same_model_has_no_differences(model, log):
    found = replay_log(model, log)
    assert (len(found.rows), found.n_rows, shared(found)) == (0, len(log), [])
    assert str(found) == "0 of 900 rows are answered otherwise than production answered."


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (lambda log: log["region"] == "north", "region is north"),
        (lambda log: log["timestamp"] >= "2026-03-01", "timestamp at least 2026-03-01"),
        (lambda log: log["Age"] < 30, "Age below 30"),
        (lambda log: (log["region"] == "south") & (log["Age"] >= 50), "region is south and Age at least 50"),
    ],
)
def test_what_differing_rows_share_is_found(model, log, where, words):
    differs = where(log)
    log.loc[differs, "score"] += 0.01
    found = replay_log(model, log)
    assert list(found.rows.index) == list(np.flatnonzero(differs))
    assert set(words.split(" and ")) == set(shared(found)[0].split(" and "))
    best = found.shared.iloc[0]
    assert (best["rows"], best["differing"], best["covered"]) == (differs.sum(), differs.sum(), 1.0)


def test_rows_that_lost_a_value_are_told(model, log):
    differs = log["Assets"] > log["Assets"].median()
    log.loc[differs, "Assets"] = np.nan
    assert shared(replay_log(model, log)) == ["Assets is missing"]


def test_differences_at_random_share_nothing(model, log):
    for seed in range(5):
        noisy = log.copy()
        rows = np.random.default_rng(seed).choice(len(log), 60, replace=False)
        noisy.loc[rows, "score"] += 0.01
        found = replay_log(model, noisy)
        assert len(found.rows) == 60
        assert shared(found) == []
    assert "share nothing" in str(found)


def test_labels_alone_and_another_threshold(model, log):
    labels = log.drop(columns="score")
    assert len(replay_log(model, labels).rows) == 0
    found = replay_log(model, labels, threshold=0.9)
    moved = (log["score"] >= 0.5) & (log["score"] < 0.9)
    assert len(found.rows) == moved.sum()


def test_rows_that_raise_are_found_among_the_others(model, log):
    log["Income"] = log["Income"].astype(object)
    log.loc[[5, 600], "Income"] = "none"
    found = replay_log(model, log)
    assert list(found.rows.index) == [5, 600]
    assert found.rows["error"].str.startswith("ValueError").all()
    assert "raises an error for 2" in str(found)


def test_a_long_log_is_sampled_and_that_is_said(model, log):
    found = replay_log(model, log, max_rows=300)
    assert (found.n_rows, found.sampled) == (300, 300)
    assert "A sample of 300 rows" in str(found)


def test_what_cannot_be_replayed_is_refused(model, log, tmp_path):
    with pytest.raises(ValueError, match="'log' parameter must be a production log with a recorded score"):
        replay_log(model, log.drop(columns=["score", "prediction"]))
    with pytest.raises(ValueError, match="none named 'Age'"):
        replay_log(model, ProductionLog(log.drop(columns="Age")))
    with pytest.raises(ValueError, match="'max_rows' parameter"):
        replay_log(model, log, max_rows=0)
    (tmp_path / "m.pkl").write_bytes(b"no pickle")
    with pytest.raises(ValueError, match="'model_or_path' parameter"):
        replay_log(tmp_path / "m.pkl", log, trust=True)
