"""The panel in JupyterLab: what the browser shows is what Python holds."""

from __future__ import annotations

import re

import pytest

from tests.browser.panel import PanelView
from tests.browser.sources import RESET, SETUP, SHOW


@pytest.fixture(scope="module")
def climbed(module_lab):
    """A notebook whose panel has climbed to the top."""
    module_lab.open(SETUP, SHOW, "")
    module_lab.run_all()
    module_lab.panel.wait_climbed()
    return module_lab


@pytest.fixture
def shown(climbed):
    """The same panel, every trait as it was at first."""
    climbed.python(RESET)
    return climbed, climbed.panel


def test_rungs_finish_and_a_click_is_seen_in_python(shown):
    lab, panel = shown
    tabs = panel.root.get_by_role("tab", name=re.compile(r"^Rung \d"))
    names = [tab.get_attribute("aria-label") or tab.inner_text() for tab in tabs.all()]
    assert [re.search(r"Rung (\d)", name).group(1) for name in names] == list("6543210")
    statuses = lab.python("[rung.word for rung in panel.report.rungs]")
    for number, status in enumerate(statuses):
        assert f"Rung {number}" in names[6 - number]
        assert status in names[6 - number]
    panel.root.get_by_role("tab", name=re.compile("^Rung 2 Linear")).click()
    panel.root.get_by_role("tabpanel").get_by_text("Linear").first.wait_for()
    assert lab.python("panel.rung") == 2


def test_arrow_keys_climb_the_ladder_and_stay_in_the_panel(shown):
    lab, panel = shown
    panel.root.get_by_role("tab", name=re.compile("^Rung 2 Linear")).click()
    lab.page.keyboard.press("ArrowUp")
    chosen = panel.root.get_by_role("tab", selected=True)
    assert "Rung 3" in (chosen.get_attribute("aria-label") or chosen.inner_text())
    assert chosen.evaluate("element => element.getRootNode().activeElement === element")
    assert lab.python("panel.rung") == 3


def test_the_band_moves_the_matrix_without_python_and_python_follows(shown):
    lab, panel = shown
    before = panel.counts()
    assert before == lab.python("panel.report.errors.confusion().to_numpy().tolist()")
    panel.press("Confidence from", "PageUp", 3)
    assert panel.count("good", "good") < before[1][1]
    low, high = lab.python("list(panel.band)")
    assert low > 0.5
    assert high == 1
    panel.wait_matrix(lab.python("panel.report.errors.confusion(band=panel.band).to_numpy().tolist()"))


def test_dragging_the_band_with_the_pointer(shown):
    lab, panel = shown
    panel.drag("Confidence to", by=-150)
    assert lab.python("panel.band[1]") < 1
    panel.wait_matrix(lab.python("panel.report.errors.confusion(band=panel.band).to_numpy().tolist()"))


def test_threshold_and_cell_are_two_way(shown):
    lab, panel = shown
    panel.press("Threshold", "PageDown")
    threshold = lab.python("panel.threshold")
    assert threshold < 0.5
    panel.cell("bad", "good").click()
    assert lab.python("list(panel.cell)") == ["bad", "good"]
    assert lab.python("len(panel.selection)") == panel.count("bad", "good")
    # And from Python to the browser.
    lab.python("[setattr(panel, 'threshold', 0.25), setattr(panel, 'cell', ('good', 'bad'))]")
    panel.wait_matrix(lab.python("panel.report.errors.confusion(threshold=0.25).to_numpy().tolist()"))
    assert panel.cell("good", "bad").get_attribute("aria-pressed") == "true"
    assert panel.cell("bad", "good").get_attribute("aria-pressed") == "false"


def test_rows_of_a_cell_come_from_the_kernel(shown):
    lab, panel = shown
    panel.cell("good", "bad").click()
    table = panel.open_rows()
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
    first, second = (PanelView(page, root) for root in page.get_by_test_id("ladder-panel").all())
    first.wait_climbed()
    second.wait_climbed()
    first.press("Confidence from", "PageUp")
    want = first.counts()
    second.wait_matrix(want)
    page.locator(".jp-CodeCell").nth(1).locator(".cm-content").click()
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    page.keyboard.press("d")
    page.wait_for_function("() => document.querySelectorAll('[data-testid=\"ladder-panel\"]').length === 1")
    left = PanelView(page)
    left.press("Confidence from", "PageUp")
    assert left.count("good", "good") < want[1][1]


def test_a_climb_can_be_cancelled_and_run_again(lab):
    slow = """
import threading
from ladder_widgets import Check, Outcome, Status
begun, gate = threading.Event(), threading.Event()
def slow(case, shared):
    begun.set()
    gate.wait(60)
    return Outcome(Status.PASS, "done")
panel = LadderPanel(model, X_val, y_val, pos_label="bad", checks=[Check("model.slow", slow)])
panel
"""
    lab.open(SETUP, slow, "")
    lab.run_all()
    root = lab.panel.root
    root.get_by_role("tab", name=re.compile("Rung 4 Model, running")).wait_for(timeout=120_000)
    assert lab.python("begun.wait(60)")
    root.get_by_role("button", name="Cancel").click()
    root.get_by_role("button", name="Run again").wait_for(timeout=60_000)
    assert lab.python("panel.status") == "cancelled"
    lab.python("gate.set()")
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
    lab.panel.root.get_by_text("planted").first.wait_for(timeout=120_000)
    folded = lab.panel.root.locator("details", has_text="explode").first
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
    root = lab.panel.root
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
    lab.open(SETUP, SHOW, "")
    lab.menu("Settings", "Theme", "JupyterLab Dark")
    lab.page.wait_for_selector('body[data-jp-theme-light="false"]', state="attached")
    lab.run_all()
    root = lab.panel.root
    root.get_by_role("button", name="Run again").wait_for(timeout=120_000)
    assert _luminance(root) < 0.2
    lab.menu("Settings", "Theme", "JupyterLab Light")
    lab.page.wait_for_selector('body[data-jp-theme-light="true"]', state="attached")
    lab.page.wait_for_function(
        """() => { const [r, g, b] = getComputedStyle(document.querySelector('[data-testid="ladder-panel"]'))
            .backgroundColor.match(/[\\d.]+/g).map(Number); return r + g + b > 700; }"""
    )


def _luminance(root):
    colour = root.evaluate("element => getComputedStyle(element).backgroundColor")
    r, g, b = (int(float(v)) / 255 for v in re.findall(r"[\d.]+", colour)[:3])
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
