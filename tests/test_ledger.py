"""Looks at the test set are noted once each, seen from other processes, and never break a climb."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from ladder_widgets import Case, Status, run_ladder
from ladder_widgets.fingerprint import fingerprint
from ladder_widgets.ledger import FILE, FOLDER, VARIABLE, Ledger, Look, now, open_ledger, session
from ladder_widgets.looks import look_at_test
from ladder_widgets.table import Table
from tests.conftest import QUICK

ROOT = Path(__file__).resolve().parents[1]
ONCE = "Test set evaluated exactly once"
COMPARED = "Cross-validation, not the test set, used for comparing models"

#: Looks at the same test rows from a process of its own; the arguments are depths of the tree.
SCRIPT = """\
import sys
from sklearn.datasets import load_breast_cancer
from sklearn.tree import DecisionTreeClassifier
from ladder_widgets import Case
from ladder_widgets.looks import look_at_test

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
for depth in map(int, sys.argv[1:]):
    model = DecisionTreeClassifier(max_depth=depth, random_state=0).fit(X[:250], y[:250])
    looks = look_at_test(Case(model, X[250:400], y[250:400], X_test=X[400:], y_test=y[400:]))
    print(len(looks.others), len(looks.again), len(looks.different))
"""


@pytest.fixture(scope="module")
def cancer():
    return load_breast_cancer(return_X_y=True, as_frame=True)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The folder of a project, worked in from a folder inside it."""
    root = tmp_path / "project"
    (root / "notebooks").mkdir(parents=True)
    (root / "pyproject.toml").touch()
    monkeypatch.chdir(root / "notebooks")
    monkeypatch.delenv(VARIABLE)
    return root


def case(cancer, depth=2, **options):
    X, y = cancer
    model = options.pop("model", None)
    if model is None:
        model = DecisionTreeClassifier(max_depth=depth, random_state=0).fit(X[:250], y[:250])
    given = {"X_test": X[400:], "y_test": y[400:], "rungs": QUICK, **options}
    return Case(model, X[250:400], y[250:400], **given)


def report(cancer, depth=2, **options):
    X, y = cancer
    model = DecisionTreeClassifier(max_depth=depth, random_state=0).fit(X[:250], y[:250])
    given = {"X_train": X[:250], "y_train": y[:250], "X_test": X[400:], "y_test": y[400:], **options}
    return run_ladder(model, X[250:400], y[250:400], rungs=QUICK, **given)


def file_of(project):
    return project / FOLDER / FILE


def lines_of(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def elsewhere(monkeypatch):
    """The process that looks from now on is another one."""
    monkeypatch.setattr(
        "ladder_widgets.looks.session", lambda: f"other {np.random.default_rng().integers(1e9)}"
    )


def run(code, *arguments, cwd):
    """Run code in a process of its own; it starts there and then."""
    environment = {k: v for k, v in os.environ.items() if k != VARIABLE}
    environment["PYTHONPATH"] = str(ROOT)
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def answer(process):
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out.splitlines()


# ---- what is noted ---------------------------------------------------------------------------


def test_a_look_is_noted_beside_the_project_without_names(cancer, project):
    looks = look_at_test(case(cancer))
    (line,) = lines_of(file_of(project))
    assert looks.ledger == f"{FOLDER}/{FILE}"
    assert set(line) == {
        "format", "when", "where", "session", "model", "rows", "data", "labels", "scores", "decisions",
    }  # fmt: skip
    assert line["model"] == "DecisionTreeClassifier"
    assert line["rows"] == 169
    text = file_of(project).read_text(encoding="utf-8")
    assert str(Path.home()) not in text
    assert str(project) not in text


def test_the_same_cell_again_is_the_same_look(cancer, project):
    for _ in range(3):
        looks = look_at_test(case(cancer))
    assert looks.others == ()
    assert len(lines_of(file_of(project))) == 1


def test_a_climb_notes_its_look_and_says_which_it_is(cancer, project):
    first = report(cancer)
    note = next(note for note in first.rungs[5].notes if note.startswith("Test rows"))
    assert note.endswith("], the first look.")
    auc = first.looks.auc
    assert f"ROC AUC {auc.mean:.3f} [{auc.low:.3f}" in note
    line = first.checklist().line(ONCE)
    assert line.status is Status.PASS
    assert "A part of these rows" in line.detail
    assert first.checklist().line(COMPARED).status is Status.PASS


def test_the_auc_on_the_test_rows_is_the_models(cancer, project):
    from sklearn.metrics import roc_auc_score

    X, y = cancer
    looks = look_at_test(it := case(cancer))
    assert looks.auc.mean == pytest.approx(roc_auc_score(y[400:], it.model.predict_proba(X[400:])[:, 1]))


# ---- a second look ---------------------------------------------------------------------------


def test_the_same_model_from_another_process_warns(cancer, project, monkeypatch):
    look_at_test(case(cancer))
    elsewhere(monkeypatch)
    seen = report(cancer)
    line = seen.checklist().line(ONCE)
    assert line.status is Status.WARN
    assert "The same model was looked at before: 1 other look in other processes" in line.detail
    assert [row[3] for row in line.evidence[0].rows] == ["this look", "the same scores"]
    assert seen.checklist().line(COMPARED).status is Status.PASS


def test_another_model_on_the_same_rows_warns_and_two_more_fail(cancer, project):
    look_at_test(case(cancer, 1))
    second = report(cancer, 2)
    assert second.checklist().line(ONCE).status is Status.WARN
    assert second.checklist().line(COMPARED).status is Status.WARN
    third = report(cancer, 3)
    for text in (ONCE, COMPARED):
        line = third.checklist().line(text)
        assert line.status is Status.FAIL
        assert line.evidence[0].total == 3
    assert "2 other looks at these rows saw other scores" in third.checklist().line(ONCE).detail
    assert "3 models were scored on the same test rows" in third.checklist().line(COMPARED).detail


def test_another_threshold_is_another_look_and_no_other_model(cancer, project):
    look_at_test(case(cancer, threshold=0.3))
    seen = report(cancer, threshold=0.99)
    line = seen.checklist().line(ONCE)
    assert line.status is Status.WARN
    assert "only the threshold was another" in line.detail
    assert seen.checklist().line(COMPARED).status is Status.PASS


def test_the_same_rows_are_seen_behind_other_columns(cancer, project):
    X, y = cancer
    look_at_test(case(cancer))
    few = X.iloc[:, :5]
    model = LogisticRegression(max_iter=5000).fit(few[:250], y[:250])
    looks = look_at_test(Case(model, few[250:400], y[250:400], X_test=few[400:], y_test=y[400:]))
    assert len(looks.different) == 1
    assert looks.table[0].rows[1][3] == "another model, other columns"


def test_other_rows_are_no_second_look(cancer, project):
    X, y = cancer
    look_at_test(case(cancer))
    assert look_at_test(case(cancer, X_test=X[401:], y_test=y[401:])).others == ()


def test_a_second_look_is_seen_in_another_process(cancer, project):
    look_at_test(case(cancer, 2))
    # From another folder of the project: the same model, another one, and the first once more.
    assert answer(run(SCRIPT, 2, 3, 2, cwd=project)) == ["1 1 0", "2 0 2", "2 1 1"]
    assert [line["session"] == session() for line in lines_of(file_of(project))] == [True, False, False]


# ---- two at once -----------------------------------------------------------------------------

WRITER = """\
import sys
from pathlib import Path
from ladder_widgets.ledger import Ledger, Look, now

ledger = Ledger(Path("looks.jsonl"), Path())
print("ready", flush=True)
sys.stdin.read(1)
for i in range(150):
    look = Look(now(), "x" * 150, sys.argv[1], "Model", 1, "data", "", f"{sys.argv[1]}-{i}", "")
    known = ledger.note(look).looks
    assert len({look for look in known if look.session == sys.argv[1]}) == i
"""


def test_two_processes_write_at_once_and_every_line_is_whole(tmp_path):
    command = [sys.executable, "-c", WRITER]
    told = {"cwd": tmp_path, "env": {**os.environ, "PYTHONPATH": str(ROOT)}, "text": True}
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    writers = [subprocess.Popen([*command, name], **told, **pipes) for name in ("one", "two")]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:  # both are imported and wait: now they go together
        writer.stdin.write("x")
        writer.stdin.flush()
    for writer in writers:
        _, err = writer.communicate(timeout=120)
        assert writer.returncode == 0, err
    lines = lines_of(tmp_path / "looks.jsonl")
    assert len(lines) == len({line["scores"] for line in lines}) == 300


# ---- trouble ---------------------------------------------------------------------------------

BROKEN = [
    b"not json\n",
    b"[1, 2]\n",
    b'{"format": 99}\n',
    b'{"format": 1, "when": "yesterday"}\n',
    b"<<<<<<< HEAD\n",
    b"\xff\xfe\x00\n",
    b"[" * 100_000 + b"\n",
]


def test_broken_lines_are_told_and_left_as_they_are(cancer, project):
    look_at_test(case(cancer, 1))
    path = file_of(project)
    before = path.read_bytes() + b"".join(BROKEN) + b'{"format": 1, "torn'
    path.write_bytes(before)
    seen = report(cancer, 2)
    after = path.read_bytes()
    assert after.startswith(before + b"\n")
    assert after.count(b"\n") == before.count(b"\n") + 2
    line = seen.checklist().line(ONCE)
    assert line.status is Status.WARN
    assert "could not be read, and were left as they are: 2, 3, 4, 5, 6, …" in line.detail
    assert seen.looks.page.unread == tuple(range(2, 10))


def test_a_first_look_with_broken_lines_says_as_far_as_known(cancer, project):
    file_of(project).parent.mkdir()
    file_of(project).write_bytes(BROKEN[0])
    assert look_at_test(case(cancer)).note.endswith("the first look that the ledger knows of.")


def test_a_place_that_cannot_be_written_is_told(cancer, project):
    (project / FOLDER).write_text("a file where the folder should be")
    seen = report(cancer)
    line = seen.checklist().line(ONCE)
    assert line.status is Status.SKIP
    assert "Needs a ledger that can be written" in line.detail
    assert any("this look could not be noted" in note for note in seen.rungs[5].notes)


def test_a_read_only_ledger_is_still_read(cancer, project, monkeypatch):
    look_at_test(case(cancer, 1))
    before = file_of(project).read_bytes()
    real = Path.open

    def open_(self, mode="r", *arguments, **options):
        if "a" in mode:
            raise PermissionError(13, "Permission denied")
        return real(self, mode, *arguments, **options)

    monkeypatch.setattr(Path, "open", open_)
    line = report(cancer, 2).checklist().line(ONCE)
    assert line.status is Status.WARN
    assert "This look could not be noted: Permission denied." in line.detail
    assert file_of(project).read_bytes() == before


def test_a_ledger_that_breaks_does_not_break_the_climb(cancer, project, monkeypatch):
    def breaks(*_):
        raise RuntimeError("no fingerprint")

    monkeypatch.setattr("ladder_widgets.looks.fingerprint", breaks)
    seen = report(cancer)
    line = seen.checklist().line(ONCE)
    assert line.status is Status.SKIP
    assert "the ledger broke (RuntimeError: no fingerprint)" in line.detail
    assert seen.looks.auc is not None


def test_a_folder_that_is_gone_does_not_break_the_climb(cancer, tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    monkeypatch.delenv(VARIABLE)
    gone.rmdir()
    assert "the ledger broke" in look_at_test(case(cancer)).reason


def test_test_rows_that_cannot_be_scored_are_told(cancer, project):
    X, y = cancer

    class Picky:
        classes_ = np.array([0, 1])

        def predict(self, X):
            if len(X) == 169:
                raise RuntimeError("not these")
            return np.arange(len(X)) % 2

    seen = run_ladder(Picky(), X[250:400], y[250:400], X_test=X[400:], y_test=y[400:], rungs=QUICK)
    assert seen.checklist().line(ONCE).status is Status.SKIP
    assert "not these" in seen.checklist().line(ONCE).detail
    assert not file_of(project).exists()


# ---- opting out, and other places ------------------------------------------------------------


def test_the_option_turns_it_off(cancer, project):
    seen = report(cancer, ledger=False)
    assert not (project / FOLDER).exists()
    line = seen.checklist().line(ONCE)
    assert line.status is Status.SKIP
    assert "no ledger is kept (ledger=False or LADDER_WIDGETS_LEDGER=off)" in line.detail


@pytest.mark.parametrize("option", [None, True, "looks.jsonl"])
def test_the_environment_turns_it_off_whatever_the_option(cancer, project, monkeypatch, option):
    monkeypatch.setenv(VARIABLE, "OFF")
    looks = look_at_test(case(cancer, ledger=option))
    assert looks.look is None
    assert [path.name for path in project.rglob("*") if path.is_file()] == ["pyproject.toml"]


def test_other_places(cancer, project, monkeypatch):
    look_at_test(case(cancer, ledger=project / "ci" / "looks.jsonl"))
    look_at_test(case(cancer, ledger=str(project)))
    monkeypatch.setenv(VARIABLE, str(project / "from-environment.jsonl"))
    look_at_test(case(cancer))
    look_at_test(case(cancer, ledger="here.jsonl"))
    written = {path.relative_to(project).as_posix() for path in project.rglob("*.jsonl")}
    assert written == {"ci/looks.jsonl", FILE, "from-environment.jsonl", "notebooks/here.jsonl"}


def test_the_project_is_the_nearest_that_is_one(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE)
    inner = tmp_path / "outer" / "inner" / "src"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert open_ledger(None).root == inner
    (tmp_path / "outer" / "setup.py").touch()
    assert open_ledger(None).root == tmp_path / "outer"
    (tmp_path / "outer" / "inner" / ".git").mkdir()
    assert open_ledger(None).root == tmp_path / "outer" / "inner"


def test_the_home_folder_is_no_project(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE)
    (tmp_path / ".git").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.chdir(tmp_path / "work")
    assert open_ledger(None).root == tmp_path / "work"


@pytest.mark.parametrize("option", [3, "", ["a"], object()])
def test_other_options_are_refused(cancer, option):
    with pytest.raises(ValueError, match=r"The 'ledger' parameter must be a path, False .* Got .* instead"):
        case(cancer, ledger=option)


def test_where_is_relative_to_the_project(project, monkeypatch):
    ledger = open_ledger(None)
    main = sys.modules["__main__"]
    monkeypatch.setattr(main, "__file__", str(project / "notebooks" / "train.py"), raising=False)
    assert ledger.here() == "notebooks/train.py"
    monkeypatch.setattr(main, "__file__", "/somewhere/else/secret/tool.py")
    assert ledger.here() == "tool.py"
    monkeypatch.setattr(main, "__vsc_ipynb_file__", str(project / "eda.ipynb"), raising=False)
    assert ledger.here() == "eda.ipynb"
    monkeypatch.delattr(main, "__vsc_ipynb_file__")
    monkeypatch.delattr(main, "__file__")
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    monkeypatch.setenv("JPY_SESSION_NAME", str(project / "notebooks" / "churn.ipynb"))
    assert ledger.here() == "notebooks/churn.ipynb"
    monkeypatch.delenv("JPY_SESSION_NAME")
    assert ledger.here() == "notebooks"


def test_a_process_keeps_its_name():
    assert session() == session()
    assert now().endswith("Z")


def test_long_and_hostile_texts_of_a_ledger_are_cut(tmp_path):
    ledger = Ledger(tmp_path / "looks.jsonl", tmp_path)
    ledger.note(Look(now(), "<b>" * 500, "s", "m\n\x1b[31m", 1, "d", "", "x", "y"))
    (look,) = ledger.read().looks
    assert len(look.where) == 200


# ---- fingerprints ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mixed():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "amount": rng.normal(size=300).round(4),
            "count": rng.integers(0, 9, 300),
            "flag": rng.random(300) < 0.3,
            "kind": rng.choice(["a", "b", "ünï"], 300),
            "when": pd.date_range("2026-01-01", periods=300, freq="h"),
        }
    )
    frame.loc[::7, "amount"] = np.nan
    frame["kind"] = frame["kind"].where(np.arange(300) % 11 > 0, None)
    return frame, pd.Series(rng.integers(0, 2, 300))


def digest(X, y):
    return fingerprint(Table(X, "X_test"), pd.Series(np.asarray(y))).data


def test_the_digest_does_not_depend_on_the_container(mixed):
    X, y = mixed
    want = digest(X, y)
    assert digest(pl.from_pandas(X), y) == want
    assert digest(X.astype({"kind": "category", "count": float, "amount": np.float32}), y) == want
    assert digest(X.to_numpy(dtype=object), y) == want
    assert digest(X.astype({"count": "category"}), y.astype(float)) == want


def test_the_digest_does_not_depend_on_order_or_names(mixed):
    X, y = mixed
    want = digest(X, y)
    order = np.random.default_rng(1).permutation(len(X))
    assert digest(X.iloc[order, ::-1], y.iloc[order]) == want
    assert digest(X.rename(columns=str.upper), y) == want


def test_the_digest_depends_on_every_value_and_label(mixed):
    X, y = mixed
    want = digest(X, y)
    changed = X.copy()
    changed.loc[5, "count"] += 1
    assert digest(changed, y) != want
    flipped = y.copy()
    flipped[5] = 1 - flipped[5]
    assert digest(X, flipped) != want
    assert digest(X[1:], y[1:]) != want
    assert digest(X, y.sample(frac=1, random_state=0)) != want


def test_flags_swapped_in_a_row_are_seen():
    rng = np.random.default_rng(0)
    X = (rng.random((200, 6)) < 0.5).astype(float)
    swapped = X.copy()
    row = int(np.flatnonzero(X[:, 0] != X[:, 1])[0])
    swapped[row, [0, 1]] = X[row, [1, 0]]
    y = np.arange(200) % 2
    assert digest(X, y) != digest(swapped, y)


def test_digests_are_the_same_in_every_release():
    X = pd.DataFrame({"a": [1.5, -2.0, np.nan], "b": ["x", None, "7"], "c": [True, False, True]})
    rows = fingerprint(Table(X, "X_test"), pd.Series(["no", "yes", "no"]))
    assert rows.data == "c9e09c3cde8f49acb8b5706a798c0dac"
    assert rows.of(np.array([0.1, 0.5, 0.9])) == "f670e916f031c580d5b95cad534f30d1"


def test_answers_are_recognised_in_another_order_and_through_rounding(mixed):
    X, y = mixed
    order = np.random.default_rng(2).permutation(len(X))
    score = np.random.default_rng(3).random((len(X), 2))
    one = fingerprint(Table(X, "X_test"), y)
    other = fingerprint(Table(X.iloc[order], "X_test"), y.iloc[order])
    assert one.of(score) == other.of(score[order] + 1e-13)
    assert one.of(score) != one.of(score + 1e-3)


@pytest.mark.parametrize(
    ("labels", "telling"),
    [
        (np.random.default_rng(0).integers(0, 2, 100), True),
        (np.sort(np.random.default_rng(0).integers(0, 2, 1000)), False),
        (np.arange(1000) % 2, False),
        (np.random.default_rng(0).integers(0, 2, 20), False),
        (np.random.default_rng(0).random(2000) < 0.01, True),
    ],
    ids=["mixed", "sorted", "alternating", "few", "rare"],
)
def test_labels_stand_for_rows_only_where_their_order_is_no_coincidence(labels, telling):
    X = np.arange(len(labels), dtype=float)[:, None]
    assert bool(fingerprint(Table(X, "X_test"), pd.Series(labels)).labels) is telling


def test_labels_stand_for_rows_whatever_the_classes_are_called(mixed):
    X, y = mixed
    one = fingerprint(Table(X, "X_test"), y)
    other = fingerprint(Table(X[["count"]], "X_test"), y.map({0: "no", 1: "yes"}))
    assert one.labels == other.labels
    assert one.data != other.data


def test_scores_of_a_pipeline_are_those_of_the_same_model_refitted(cancer, project, monkeypatch):
    X, y = cancer
    for _ in range(2):
        model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[:250], y[:250])
        looks = look_at_test(case(cancer, model=model))
        elsewhere(monkeypatch)
    assert len(looks.again) == 1
