"""The error explorer in JupyterLab: what is chosen in the browser is what Python holds, rows and code too."""

from __future__ import annotations

import json
import re

import pytest

# Column names and classes as hostile as they come; scores given, so that keys may be anything but text, too.
BINARY = """
import numpy as np
import pandas as pd
from ladder_widgets import ErrorAnalysis, ErrorPanel
rng = np.random.default_rng(0)
X = pd.DataFrame({
    "<img src=x onerror=alert(1)>": rng.normal(size=3000),
    7: rng.choice(["a", "b'\\\\", 'quote"s', None], 3000),
    "שלום\\u202eעולם": rng.normal(size=3000) * 50,
    ("a", 1): rng.random(3000) < 0.3,
    "x" * 200: pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, 3000), "D"),
    "line\\nbreak ${x}": rng.normal(size=3000),
}, index=[f"row {i}" for i in range(3000)])
X.iloc[::11, 2] = None
y_true = np.where(rng.random(3000) < 0.4, "it's", "<b>no</b>")
odd = (X.iloc[:, 1] == "a") & (X.iloc[:, 5] > 0)
right = np.where(odd, 0.5, 0.85) > rng.random(3000)
y_score = np.where((y_true == "it's") == right, 0.5, 0.0) + rng.random(3000).round(2) / 2
panel = ErrorPanel(ErrorAnalysis.from_predictions(y_true, y_score, X, pos_label="it's"))
panel.wait()
panel
"""
MULTI = """
from sklearn.datasets import load_wine
from sklearn.tree import DecisionTreeClassifier
from ladder_widgets import LadderPanel
features, kinds = load_wine(return_X_y=True, as_frame=True)
cultivar = np.array(["<b>barolo</b>", "grignolino", "barbera"])[kinds]
tree = DecisionTreeClassifier(max_depth=1, random_state=0).fit(features, cultivar)
panel = LadderPanel(tree, features, cultivar)
panel.wait()
panel
"""
# What was copied, run on the user's own names: the frame must be the panel's, labels, order, columns and all.
SAME = "[pd.testing.assert_frame_equal(ran['selection'], panel.selection), len(panel.selection)][1]"
START = "[setattr(panel, name, value) for name, value in START.items()]"
KEEP = (
    "START = {name: getattr(panel, name) for name in ('band', 'threshold', 'cell', 'slice', 'selected_rows')}"
)


@pytest.fixture(scope="module")
def opened(module_lab):
    """Two classes, hostile names."""
    module_lab.open(BINARY, KEEP, "")
    module_lab.run_all()
    module_lab.panel.subgroups()
    return module_lab


@pytest.fixture
def shown(opened):
    """The same panel, every trait as it was at first."""
    opened.python(START)
    return opened, opened.panel


def copied_is_selected(lab):
    """Run what "Copy as code" shows; returns how many rows both have."""
    code = json.dumps(lab.panel.code())
    lab.run(f"ran = dict(globals())\nexec({code}, ran)")
    return lab.python(SAME)


def test_a_drag_is_one_step_that_can_be_undone_and_done_again(shown):
    lab, panel = shown
    before = panel.counts(("it's", "<b>no</b>"))
    panel.drag("Confidence to", by=-120)
    band = lab.python("list(panel.band)")
    assert band[1] < 1
    panel.drag("Threshold", by=60)
    assert lab.python("panel.threshold") > 0.5
    for _ in range(2):
        panel.root.get_by_role("button", name=re.compile("^Undo: ")).click()
    panel.wait_matrix(before, ("it's", "<b>no</b>"))
    lab.wait_python("[list(panel.band), panel.threshold]", [[0, 1], 0.5])
    panel.root.get_by_role("button", name=re.compile("^Redo: ")).click()
    lab.wait_python("[list(panel.band), panel.threshold]", [band, 0.5])


def test_a_subgroup_is_a_filter_for_every_view_and_for_the_selection(shown):
    lab, panel = shown
    worst = panel.subgroups()[0]
    worst.click()
    panel.wait_pressed(worst)
    assert lab.python("' '.join(str(panel.slice).split())") == " ".join(worst.inner_text().split())
    # The planted subgroup, found by its conditions, not by the panel's arithmetic.
    assert lab.python("panel.selection.index.isin(X.index[(X[7] == 'a')]).all().item()")
    errors = lab.python("len(panel.selection)")
    counts = panel.counts(("it's", "<b>no</b>"))
    assert counts[0][1] + counts[1][0] == errors
    cells = worst.locator("xpath=ancestor::tr").locator("td").all()
    assert [int(cell.inner_text().replace(",", "")) for cell in cells[:2]] == [sum(map(sum, counts)), errors]


def test_the_breadcrumb_clears_step_by_step(shown):
    lab, panel = shown
    lab.python("[setattr(panel, 'band', (0.6, 0.9)), setattr(panel, 'cell', ('it\\'s', '<b>no</b>'))]")
    panel.subgroups()[0].click()
    panel.chip("subgroup").click()
    assert lab.python("[panel.slice, panel.band, panel.cell]") == [None, [0.6, 0.9], ["it's", "<b>no</b>"]]
    panel.chip("cell").click()
    assert lab.python("[panel.cell, panel.band]") == [None, [0.6, 0.9]]
    panel.chip("band").click()
    assert lab.python("list(panel.band)") == [0, 1]


@pytest.mark.parametrize("subgroup", [False, True])
@pytest.mark.parametrize("cell", [None, ("it's", "<b>no</b>"), ("<b>no</b>", "it's")])
def test_copied_code_gives_the_selection(cell, subgroup, shown):
    lab, panel = shown
    lab.python(f"setattr(panel, 'cell', {cell!r})")
    if subgroup:
        panel.subgroups()[0].click()
    assert copied_is_selected(lab) > 0
    panel.press("Threshold", "ArrowLeft", 7)
    panel.press("Confidence from", "PageUp")
    panel.press("Confidence to", "PageDown")
    assert lab.python("panel.band[0] > 0 and panel.band[1] < 1 and panel.threshold < 0.5")
    assert copied_is_selected(lab) > 0


def test_each_kind_of_condition_is_copied(shown):
    lab, panel = shown
    lab.run("from ladder_widgets.errors.conditions import Condition, Slice")
    names = "panel._analysed.table.names"
    for condition in (
        f"Condition({names}[2], 'missing')",
        f"Condition({names}[2], 'number', low=-20.0, high=31.5)",
        f"Condition({names}[1], 'level', level='quote\"s')",
        f"Condition({names}[3], 'level', level='True')",
        f"Condition({names}[4], 'datetime', low=1.71e12)",
    ):
        lab.run(f"panel.slice = Slice([{condition}])")
        panel.chip("subgroup").wait_for()
        assert copied_is_selected(lab) > 0, condition


def test_all_rows_can_be_scrolled_to_and_ticked(shown):
    lab, panel = shown
    panel.cell("it's", "<b>no</b>").click()
    table = panel.open_rows()
    box = panel.root.get_by_role("group", name="Rows, scrollable")
    labels = lab.python("panel.selection.index.tolist()")
    assert len(labels) > 100
    table.get_by_role("checkbox", name=f"Select row {labels[0]}", exact=True).wait_for()
    box.evaluate("box => { box.scrollTop = box.scrollHeight; }")
    last = table.get_by_role("checkbox", name=f"Select row {labels[-1]}", exact=True)
    last.click()
    assert lab.python("X.index[panel.selected_rows].tolist()") == labels[-1:]
    lab.python("setattr(panel, 'selected_rows', [])")
    table.get_by_role("checkbox", name=f"Select row {labels[-1]}", exact=True, checked=False).wait_for()
    # Fewer are in the page than there are: the rest is on its way when it is scrolled to.
    assert table.locator("tbody tr").count() < 60
    score = table.get_by_role("button", name="score", exact=True)
    score.click()
    table.locator('th[aria-sort="ascending"]').wait_for()
    box.evaluate("box => { box.scrollTop = 0; }")
    least = lab.python("panel.selection['score'].sort_values(kind='stable').index[0]")
    table.locator("tbody tr").first.get_by_role("checkbox", name=f"Select row {least}", exact=True).wait_for()


def test_the_distribution_of_a_feature_comes_from_the_rows(shown):
    lab, panel = shown
    panel.cell("it's", "<b>no</b>").click()
    table = panel.root.get_by_role("table", name="What sets the errors apart")
    table.get_by_role("button", name=re.compile(r"^7 = ?a")).click()
    panel.root.get_by_role("button", name="Distribution of 7: as table").click()
    told = panel.root.get_by_role("table", name="Distribution of 7", exact=True)
    rows = {
        row.locator("th").inner_text(): row.locator("td").first.inner_text()
        for row in told.locator("tbody tr").all()
    }
    want = lab.python("panel.selection[7].fillna('missing').value_counts().to_dict()")
    assert {level: int(count) for level, count in rows.items()} == want


def test_copied_code_of_many_classes_and_a_model(lab):
    lab.open("import numpy as np\nimport pandas as pd", MULTI, "")
    lab.run_all()
    panel = lab.panel
    panel.wait_climbed()
    assert copied_is_selected(lab) > 0
    panel.cell("barbera", "grignolino").click()
    assert copied_is_selected(lab) == panel.count("barbera", "grignolino") > 0
    panel.cell("grignolino", "grignolino").click()
    panel.press("Confidence to", "ArrowLeft")
    assert lab.python("panel.band[1]") < 1
    assert copied_is_selected(lab) >= 0


def test_without_its_kernel_the_explorer_goes_on_and_the_rest_says_why(lab):
    lab.open(BINARY, "")
    lab.run_all()
    panel, classes = lab.panel, ("it's", "<b>no</b>")
    worst = panel.subgroups()[0]
    # What Python says of a place that the handles reach again once it is gone.
    panel.press("Threshold", "PageDown")
    panel.press("Confidence from", "PageUp")
    threshold, low = (
        float(panel.slider(name).get_attribute("aria-valuenow")) for name in ("Threshold", "Confidence from")
    )
    lab.wait_python("[panel.threshold, panel.band[0]]", [threshold, low])
    told = "panel._analysed.confusion(threshold=panel.threshold, band=panel.band)"
    want = lab.python(f"{told}.loc[{list(classes)}, {list(classes)}].to_numpy().tolist()")
    lab.python("[setattr(panel, 'threshold', panel._analysed.threshold), setattr(panel, 'band', (0, 1))]")
    panel.chip("band").wait_for(state="detached")
    lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    lab.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.sessionContext.session")
    panel.press("Threshold", "PageDown")
    panel.press("Confidence from", "PageUp")
    panel.wait_matrix(want, classes)
    panel.cell(*classes).click()
    contrast = panel.root.get_by_role("table", name="What sets the errors apart")
    contrast.get_by_role("button", name=re.compile("^7 = ?a")).click()
    panel.root.get_by_text("Rows", exact=True).first.click()
    alerts = panel.root.get_by_role("alert").filter(has_text="No kernel answers this panel any more")
    alerts.filter(has_text="The distribution of 7 could not be had").wait_for()
    alerts.nth(1).wait_for()  # that of the rows
    worst.click()
    panel.wait_pressed(worst)
    assert sum(map(sum, panel.counts(classes))) < sum(map(sum, want))
    panel.root.get_by_text("inside a subgroup needs a live kernel").wait_for()
