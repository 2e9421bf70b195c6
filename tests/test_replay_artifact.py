"""Files: trust, what does not load, the test that pins a record, the command."""

from __future__ import annotations

import json
import pickle
import re
import runpy
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from typer.testing import CliRunner

from ladder_widgets import cli, replay
from ladder_widgets.replaying.testfile import literal
from tests.replay_bugs.kinds import wine

X, y = wine()
RECORD = X.iloc[0].to_dict()


@pytest.fixture(scope="module")
def model():
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y == 0)


@pytest.fixture(scope="module")
def files(tmp_path_factory, model):
    """A folder with a model, a record and rows, as they stand in the examples of the command."""
    folder = tmp_path_factory.mktemp("files")
    joblib.dump(model, folder / "model.joblib")
    (folder / "record.json").write_text(json.dumps(RECORD), encoding="utf-8")
    X.to_csv(folder / "train.csv", index=False)
    return folder


def score_of(model):
    return float(model.predict_proba(pd.DataFrame([RECORD]))[0, 1])


# ---- loading -------------------------------------------------------------------------------------


def test_a_pickle_is_refused_without_trust_and_the_message_says_why(files):
    with pytest.raises(ValueError, match=r"loading a pickle runs whatever code is in it.*trust=True"):
        replay(files / "model.joblib", RECORD)


def test_a_trusted_pickle_answers_as_the_model(files, model):
    found = replay(str(files / "model.joblib"), RECORD, trust=True)
    assert found.score == score_of(model)
    assert found.artifact == files / "model.joblib"


def test_a_skops_file_is_opened_by_its_own_audit(tmp_path):
    path = tmp_path / "model.skops"
    skops.io.dump(LogisticRegression(max_iter=5000).fit(X, y == 0), path)
    if skops.io.get_untrusted_types(file=path):
        with pytest.raises(ValueError, match="types that skops does not know"):
            replay(path, RECORD)
    assert replay(path, RECORD, trust=True).score is not None


@pytest.mark.parametrize("name", ["nothing.joblib", "model.txt"])
def test_no_file_or_another_kind_is_refused(files, name):
    with pytest.raises(ValueError, match=re.escape(name)):
        replay(files / name, RECORD, trust=True)


def test_what_does_not_load_is_the_first_failure(tmp_path):
    path = tmp_path / "broken.pkl"
    path.write_bytes(pickle.dumps(LogisticRegression())[:40])
    found = replay(path, RECORD, trust=True, expected=0.5)
    assert (found.first_failure.name, found.matches) == ("load", False)
    assert found.error is not None
    assert "broken.pkl" in found.first_failure.why
    for text in (str(found), repr(found), found.to_html(), found.to_json()):
        assert "broken.pkl" in text or "load" in text or "raised" in text


def test_a_class_of_a_notebook_is_explained(tmp_path):
    code = (
        "import joblib, sys\nfrom sklearn.base import BaseEstimator\n"
        "class Mine(BaseEstimator):\n    def predict(self, X):\n        return X\n"
        "joblib.dump(Mine(), sys.argv[1])"
    )
    path = tmp_path / "mine.joblib"
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    failure = replay(path, RECORD, trust=True).first_failure
    assert "Mine, which was defined in a notebook or a script" in failure.why
    assert "move Mine to a module" in failure.fix


def test_a_module_that_is_not_there_is_named(tmp_path):
    path = tmp_path / "gone.pkl"
    path.write_bytes(b"cnot_installed_here\nThing\n.")
    failure = replay(path, RECORD, trust=True).first_failure
    assert "needs the module 'not_installed_here'" in failure.why


def test_another_version_is_told_and_not_warned_of(tmp_path, model):
    path = tmp_path / "old.pkl"
    here = sklearn.__version__
    other = here[:-1] + ("0" if here[-1] != "0" else "1")  # as long as the own one: a pickle counts letters
    path.write_bytes(pickle.dumps(model).replace(here.encode(), other.encode()))
    found = replay(path, RECORD, trust=True)
    assert f"Pipeline was saved by scikit-learn {other}; here is {here}." in found.warnings


# ---- the test file -------------------------------------------------------------------------------


def run_pytest(path: Path) -> int:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", path.name]
    env = {"PYTHONPATH": str(Path(__file__).parents[1]), "PATH": "", "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=path.parent, env=env, capture_output=True, check=False).returncode


def run_here(path: Path, monkeypatch) -> None:
    """Call the tests of a file without a process of their own."""
    monkeypatch.chdir(path.parent)
    for name, test in runpy.run_path(str(path)).items():
        if name.startswith("test_"):
            test()


def test_the_test_file_passes_when_it_should_and_fails_when_not(files, model, monkeypatch):
    found = replay(files / "model.joblib", RECORD, expected=score_of(model) + 0.2, trust=True)
    found.to_test(files / "test_as_production.py")
    found.to_test(files / "test_as_it_should_be.py", should={"score": found.score, "label": found.label})
    assert run_pytest(files / "test_as_it_should_be.py") == 0
    run_here(files / "test_as_it_should_be.py", monkeypatch)
    with pytest.raises(AssertionError, match="Production answered the score"):
        run_here(files / "test_as_production.py", monkeypatch)


def test_the_test_file_keeps_types_and_what_json_cannot_say(files, monkeypatch):
    frame = pd.DataFrame([RECORD]).astype("float32")
    path = files / "test_types.py"
    found = replay(files / "model.joblib", frame, trust=True, tolerance=0)
    found.to_test(path)
    assert ".astype(" in path.read_text(encoding="utf-8")
    run_here(path, monkeypatch)
    frame["hue"] = np.float32("nan")
    replay(files / "model.joblib", frame, trust=True).to_test(path)
    assert "float('nan')" in path.read_text(encoding="utf-8")
    with pytest.raises(AssertionError, match="no value, and the step takes none"):
        run_here(path, monkeypatch)  # the model takes no NaN


def test_a_test_file_needs_a_file_to_load(model):
    with pytest.raises(ValueError, match="'artifact' parameter"):
        replay(model, RECORD).to_test()


@pytest.mark.parametrize(
    "value",
    [None, True, 3, 0.1, "it's \u202e", float("inf"), [1, None], {"a": (1, "b")}, pd.Timestamp("2026-03-01")],
)
def test_literals_read_back(value):
    assert eval(literal(value), {"pd": pd}) == value
    assert literal(value).isascii()


# ---- the command ---------------------------------------------------------------------------------


def invoke(*arguments):
    result = CliRunner().invoke(cli.app, ["replay", *map(str, arguments)], env={"COLUMNS": "120"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_the_example_of_the_help_runs(files, monkeypatch):
    monkeypatch.chdir(files)
    shown = " ".join(invoke("--help").stdout.split())
    example = re.search(r"Example: ladder-widgets replay (.*?--trust)", shown)[1]
    assert invoke(*example.split()).exit_code in (0, 1)


def test_exit_codes(files, model, tmp_path):
    told = [files / "model.joblib", files / "record.json", "--trust"]
    assert invoke(*told).exit_code == 0
    assert invoke(*told, "--expected", score_of(model)).exit_code == 0
    differs = invoke(*told, "--expected", score_of(model) + 0.1, "--reference", files / "train.csv")
    assert differs.exit_code == 1
    assert "production did not" in differs.stdout
    assert invoke(*told, "--label", "True").exit_code + invoke(*told, "--label", "False").exit_code == 1
    short = tmp_path / "short.json"
    short.write_text('{"alcohol": 13}', encoding="utf-8")
    raised = invoke(files / "model.joblib", short, "--trust")
    assert raised.exit_code == 1
    assert "First failure: standardscaler" in raised.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["model.joblib", "record.json"], "loading a pickle runs"),
        (["none.joblib", "record.json", "--trust"], "there is no such file"),
        (["model.joblib", "none.json", "--trust"], "'record' parameter"),
        (["model.joblib", "record.json", "--trust", "--label", "maybe"], "'expected' parameter"),
        (["model.joblib", "record.json", "--trust", "--json", "nowhere/out.json"], "there is no folder"),
        (["model.joblib", "record.json", "--trust", "--reference", "none.csv"], "there is no such file"),
    ],
)
def test_unusable_input_is_one_line_and_exit_code_2(files, monkeypatch, arguments, words):
    monkeypatch.chdir(files)
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_reports_are_written(files, tmp_path):
    told = [files / "model.joblib", files / "record.json", "--trust", "--batch", files / "train.csv"]
    result = invoke(
        *told, "--json", tmp_path / "r.json", "--html", tmp_path / "r.html", "--test", tmp_path / "test_r.py"
    )
    assert result.exit_code == 0
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["batch"]["n"] == len(X)
    assert (tmp_path / "r.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert json.loads(invoke(*told, "--json", "-").stdout)["schema"] == "ladder-widgets/replay"


def test_the_code_of_the_page_runs_and_says_what_the_page_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = (Path(__file__).parents[1] / "docs" / "replay.md").read_text(encoding="utf-8")
    names = {}
    for block in re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL):
        exec(block, names)
    said = capsys.readouterr().out
    for line in re.findall(r"^# (.*)$", text, flags=re.MULTILINE)[1:]:
        assert line in said
    found = names["found"]
    assert found.first_failure.name == "standardscaler"
    assert "'mean radius' is 150.4; in training 6.981 to 28.11" in str(found.first_failure)
    assert "÷ 10 (15.04)" in str(found.explanations[0])
    assert (tmp_path / "test_record.py").is_file()
