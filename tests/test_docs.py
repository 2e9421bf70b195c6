"""Blocks of Python in README.md and docs/ run as they are printed, one namespace to a page, on real loans."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import ipywidgets
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.tree import DecisionTreeClassifier

from ladder_widgets import LadderPanel, ReportError, run_ladder
from tests.conftest import QUICK

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = [
    page
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    if BLOCK.search(page.read_text(encoding="utf-8"))
]
#: Pages that mend a leak.
LEAKY = ("README.md", "try-fix.md")
#: Of training rows and their labels, and of those to validate on: enough for every block to have its say.
ROWS = (1200, 1200, 700, 700)


def _loans(credit_parts, leaky):
    """What the pages take for granted: a model, its rows and labels, and a log of production."""
    model, *parts = credit_parts
    X_train, y_train, X_val, y_val = (part.head(rows) for part, rows in zip(parts, ROWS, strict=True))
    if leaky:
        rng = np.random.default_rng(0)

        def collected(y):
            return np.where(rng.random(len(y)) < 0.97, y == "bad", y == "good").astype(float)

        X_train = X_train.assign(collected=collected(y_train))
        X_val = X_val.assign(collected=collected(y_val))
        tree = DecisionTreeClassifier(max_depth=6, min_samples_leaf=20, random_state=0)
        model = clone(model).set_params(randomforestclassifier=tree).fit(X_train, y_train)
    asked = pd.date_range("2024-01-01", periods=len(X_val), freq="h")
    good = model.predict_proba(X_val)[:, list(model.classes_).index("good")]
    logged = X_val.assign(score=good, label=y_val, asked_at=asked, answered_at=asked + pd.Timedelta(days=30))
    theirs = dict(model=model, X_train=X_train, y_train=y_train, X_val=X_val, y_val=y_val, logged=logged)
    return theirs | dict(X=X_val, y_true=y_val, y_score=good)


def _statements(page):
    """Statements of all blocks, each with its place in the page."""
    text = page.read_text(encoding="utf-8")
    for block in BLOCK.finditer(text):
        above = text[: block.start(1)].count("\n")
        tree = ast.increment_lineno(ast.parse(block[1]), above)
        yield from tree.body


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_blocks_run_as_they_are_printed(page, credit_parts, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = _loans(credit_parts, page.name in LEAKY)
    model, X_val, y_val = names["model"], names["X_val"], names["y_val"]
    (tmp_path / "predictions").mkdir()
    scored = X_val.assign(churned=y_val == "bad", p_churn=1 - names["y_score"])
    scored.to_parquet(tmp_path / "predictions/1.parquet")
    text = page.read_text(encoding="utf-8")
    if page.name != "README.md" and re.search(r"\bpanel\.", text):
        names["panel"] = LadderPanel(model, X_val, y_val, rungs=QUICK)
        names["panel"].wait()
    if page.name != "README.md" and re.search(r"\breport\.", text):
        names["report"] = run_ladder(model, X_val, y_val, rungs=QUICK)
    try:
        for statement in _statements(page):
            code = compile(ast.Module([statement], []), str(page), "exec")
            try:
                exec(code, names)
            except ReportError:  # what this method is for, where something fails
                assert "raise_for_status" in ast.unparse(statement)
    finally:
        ipywidgets.Widget.close_all()


def test_the_pages_with_blocks_are_known():
    found = {page.name for page in PAGES}
    assert {"README.md", "checklists.md", "error-explorer.md", "subgroups.md", "try-fix.md"} <= found
