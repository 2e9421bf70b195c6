"""The vocabulary is public: codes, order, rungs and checklist lines are held to the letter here."""

from __future__ import annotations

import ast
import builtins
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from ladder_widgets.checks import registry
from ladder_widgets.taxonomy import (
    CODES,
    DEVELOPMENT,
    FAULTS,
    LAYERS,
    METRICS,
    NEEDS,
    PRODUCTION,
    RUNGS,
    Fault,
    docs_url,
    fault,
)

ROOT = Path(__file__).resolve().parents[1]

EXPECTED_CODES = (
    "data.missing-values",
    "data.misaligned",
    "data.leakage",
    "data.unseen-categories",
    "data.wrong-target",
    "pipeline.scaler-leak",
    "pipeline.imputer-leak",
    "pipeline.train-serve-skew",
    "pipeline.version-mismatch",
    "model.wrong-class",
    "model.imbalance",
    "model.over-regularized",
    "model.divergence",
    "evaluation.train-as-val",
    "evaluation.wrong-metric",
    "evaluation.no-baseline",
    "evaluation.threshold",
    "production.drift",
    "production.schema-change",
    "production.serialization-mismatch",
    "production.delayed-truth",
)

EXPECTED_DEVELOPMENT = (
    ("data", "No NaN/Inf in features"),
    ("data", "Features and labels of equal length"),
    ("data", "No target leakage (depth-1 tree)"),
    ("data", "Train/val/test do not overlap"),
    ("data", "Preprocessing fitted on training folds only"),
    ("model", "Beats the dummy by a meaningful margin"),
    ("model", "Training loss decreases"),
    ("model", "Train/val AUC gap under 0.10"),
    ("model", "Threshold tuned on validation, not left at 0.5"),
    ("evaluation", "The right metric (AUC-PR when imbalanced)"),
    ("evaluation", "Cross-validation, not the test set, used for comparing models"),
    ("evaluation", "Test set evaluated exactly once"),
)

EXPECTED_PRODUCTION = (
    "Fitted pipeline serialized and loaded, not re-created",
    "Schema validated at the prediction endpoint",
    "Prediction distribution monitored against the training baseline",
    "Feature drift monitored (PSI/KS)",
    "Rolling AUC as ground truth arrives",
    "Out-of-distribution detection for extreme inputs",
    "Alert thresholds defined and tested",
    "Retrain trigger defined (AUC drop > 0.05, PSI > 0.25)",
)

ids = pytest.mark.parametrize("each", FAULTS, ids=lambda each: each.code)


def test_codes_are_the_twenty_one_in_order() -> None:
    assert CODES == EXPECTED_CODES


def test_a_check_stands_for_every_code() -> None:
    assert sorted(check.code for check in registry()) == sorted(CODES)


@ids
def test_layer_and_rung_follow_from_the_code(each: Fault) -> None:
    assert each.code.partition(".")[0] == each.layer
    assert each.rung == dict(zip(LAYERS, (0, 2, 4, 5, 6), strict=True))[each.layer]
    assert set(each.needs) <= set(NEEDS)


@ids
def test_texts_are_plain_sentences(each: Fault) -> None:
    for text in (each.title, each.ok_title, each.question, each.why):
        assert text
        assert text == text.strip()
        assert "!" not in text
        assert "  " not in text
    assert each.title != each.ok_title
    assert not each.title.endswith(".")
    assert each.question.endswith("?")
    assert each.why.endswith(".")
    assert 1 < each.why.count(". ") + 1 <= 3, "two or three sentences"


@pytest.fixture(scope="module")
def splits() -> dict[str, object]:
    """Two splits with labels, held in pandas, and a fitted pipeline: what a fix may name."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X = X.iloc[:, :6]
    late, model = y.index >= 400, make_pipeline(StandardScaler(), LogisticRegression(C=0.1))
    model.fit(X[~late], y[~late])
    return {"model": model, "X_train": X[~late], "y_train": y[~late], "X_val": X[late], "y_val": y[late]}


@ids
def test_the_fix_runs_as_pasted(
    each: Fault, splits: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each snippet is run on a small case, with the files and the columns that it mentions in place."""
    names = deepcopy(splits)
    frames = {name: names[name] for name in ("X_train", "X_val")}
    if "column_filled_in_after_the_outcome" in each.fix:
        for name, frame in frames.items():
            names[name] = frame.assign(column_filled_in_after_the_outcome=0)
    if each.code == "data.unseen-categories":
        for name, frame in frames.items():
            frames[name] = names[name] = frame.assign(ward="east" if name == "X_val" else "north")
        encode = make_column_transformer((OneHotEncoder(), ["ward"]), remainder=StandardScaler())
        names["model"] = make_pipeline(encode, LogisticRegression()).fit(names["X_train"], names["y_train"])
    monkeypatch.chdir(tmp_path)
    rows, answer = frames["X_val"], np.asarray(names["y_val"])
    sent = pd.date_range("2026-01-01", periods=len(rows), freq="h")
    log = rows.assign(
        label=answer, score=answer * 0.5 + 0.1, timestamp=sent, label_timestamp=sent + pd.Timedelta(days=1)
    )
    log.to_parquet("production.parquet")

    exec(compile(each.fix, each.code, "exec"), names)  # a fix is Python to paste, so it is pasted

    fitted = names["model"]
    if each.code != "data.leakage":
        assert len(fitted.predict(frames["X_val"])) == len(rows)


@ids
def test_a_fix_names_only_what_a_reader_has(each: Fault) -> None:
    known = {"model", "X_train", "y_train", "X_val", "y_val"} | set(dir(builtins))
    tree = ast.parse(each.fix)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            known |= {(name.asname or name.name).partition(".")[0] for name in node.names}
        elif isinstance(node, ast.FunctionDef):
            known |= {node.name, *(argument.arg for argument in node.args.args)}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            known.add(node.id)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert used <= known
    assert each.fix.endswith("\n")
    assert max(map(len, each.fix.splitlines())) <= 110


def test_seven_rungs() -> None:
    assert [rung.number for rung in RUNGS] == list(range(7))
    assert [rung.name for rung in RUNGS] == [
        "Data", "Baseline", "Linear", "Non-linear", "Model", "Evaluation", "Production",
    ]  # fmt: skip
    assert all(rung.question.endswith("?") and rung.passes_when.endswith(".") for rung in RUNGS)


def test_checklists_word_for_word() -> None:
    assert tuple((line.layer, line.text) for line in DEVELOPMENT) == EXPECTED_DEVELOPMENT
    assert tuple(line.text for line in PRODUCTION) == EXPECTED_PRODUCTION
    assert {line.layer for line in PRODUCTION} == {"production"}


@pytest.mark.parametrize("line", DEVELOPMENT + PRODUCTION, ids=lambda line: line.text)
def test_a_line_stands_where_its_faults_stand(line) -> None:
    assert {fault(code).rung for code in line.codes} <= {line.rung}
    assert set(line.needs) <= set(NEEDS)


def test_every_metric_says_which_way_is_better() -> None:
    better = {name: metric.greater_is_better for name, metric in METRICS.items()}
    assert better == {
        "roc_auc": True,
        "average_precision": True,
        "log_loss": False,
        "accuracy": True,
        "balanced_accuracy": True,
        "brier": False,
    }
    assert METRICS["roc_auc"].label == "ROC AUC"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("scaler_leak", "pipeline.scaler-leak"),
        ("data.leak", "data.leakage"),
        ("drift", "production.drift"),
        ("production.dirft", "production.drift"),
        ("Missing Values", "data.missing-values"),
        ("model.threshold", "evaluation.threshold"),
    ],
)
def test_a_slip_in_a_code_is_answered_with_the_code_meant(typed: str, meant: str) -> None:
    with pytest.raises(ValueError, match=f"There is no fault '{typed}'. Did you mean '{meant}'"):
        fault(typed)


def test_a_code_like_no_other_is_answered_with_the_list() -> None:
    with pytest.raises(ValueError, match=r"The codes are data\.missing-values, .*production\.delayed-truth"):
        fault("zzz")


@ids
def test_every_code_has_a_page(each: Fault) -> None:
    page = (ROOT / docs_url(each.code)).read_text(encoding="utf-8")
    for part in (
        each.title,
        each.code,
        each.question,
        each.why,
        each.fix.strip(),
        f'ignore=("{each.code}",)',
    ):
        assert part in page


def test_pages_keep_step_with_the_taxonomy() -> None:
    script = ROOT / "scripts" / "make_fault_pages.py"
    result = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_no_page_says_later() -> None:
    for code in CODES:
        assert "later release" not in (ROOT / docs_url(code)).read_text(encoding="utf-8")
