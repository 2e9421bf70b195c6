"""A notebook as nbconvert's page, opened from disk with the network off: the results are still there."""

from __future__ import annotations

import json

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from tests.browser.chromium import sound_page
from tests.browser.panel import PanelView
from tests.browser.servers import CHECKOUT
from tests.browser.sources import PANEL, SETUP

CELLS = (SETUP, f"{PANEL}panel.wait()", "panel", "panel.report")
SUMMARY = "LogisticRegression: 1,114 validation rows, 13 features"
# What nbconvert's page does with the widget it carries once html-manager has come from the network:
# state and buffers as they were saved, our module, and no kernel to send anything to.
REVIVE = """async () => {
  const saved = document.querySelector('script[type="application/vnd.jupyter.widget-state+json"]');
  const models = Object.values(JSON.parse(saved.textContent).state);
  const {state, buffers} = models.find(model => model.model_name === 'AnyModel');
  for (const {path, data} of buffers ?? []) {
    state[path[0]] = new DataView(Uint8Array.from(atob(data), c => c.charCodeAt(0)).buffer);
  }
  const model = {get: name => state[name], set: (name, value) => { state[name] = value; }, save_changes() {},
    on() {}, off() {}, send() {}};
  const module = await import(URL.createObjectURL(new Blob([state._esm], {type: 'text/javascript'})));
  document.head.append(Object.assign(document.createElement('style'), {textContent: state._css}));
  module.default.render({model, el: document.querySelector('.jupyter-widgets')});
}"""


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The notebook after a run, its widgets' state stored, as ``jupyter nbconvert --execute`` does."""
    home = tmp_path_factory.mktemp("nbconvert")
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(CHECKOUT))
        patch.setenv("IPYTHONDIR", str(home / "ipython"))
        NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(home)}}).execute()
    return home, notebook


def converted(executed, name, keep_state):
    """Write the page; returns its address."""
    home, notebook = executed
    notebook = nbformat.from_dict(json.loads(json.dumps(notebook)))
    if not keep_state:
        del notebook.metadata["widgets"]
    page, _ = HTMLExporter().from_notebook_node(notebook)
    path = home / f"{name}.html"
    path.write_text(page, encoding="utf-8")
    return path.as_uri()


def outputs(page):
    return [output for output in page.locator(".jp-OutputArea-output").all() if output.is_visible()]


def test_without_stored_state_panel_and_report_show_the_summary(executed, browser):
    address = converted(executed, "plain", keep_state=False)
    with sound_page(browser, offline=True) as page:
        page.goto(address)
        panel, report = outputs(page)
        for output in (panel, report):
            assert SUMMARY in output.inner_text()
            assert "Production" in output.inner_text()


def test_with_stored_state_the_report_shows_its_summary_and_the_panel_waits_for_the_network(
    executed, browser
):
    address = converted(executed, "stored", keep_state=True)
    with sound_page(browser, offline=True) as page:
        page.goto(address)
        panel, report = outputs(page)
        assert SUMMARY in report.inner_text()
        # nbconvert leaves the place of a widget empty until html-manager has come.
        assert panel.inner_text() == ""
        assert any("html-manager" in url for url in page.abroad)


def test_the_stored_state_is_a_panel_that_works_without_a_kernel(executed, browser):
    address = converted(executed, "revived", keep_state=True)
    with sound_page(browser, offline=True) as page:
        page.goto(address)
        page.evaluate(REVIVE)
        panel = PanelView(page)
        panel.wait_climbed()
        before = panel.counts()
        panel.press("Threshold", "PageDown")
        assert sum(panel.counts()[0]) == sum(before[0])
        assert panel.count("bad", "good") < before[0][1]
        panel.cell("bad", "good").click()
        panel.root.get_by_role("table", name="What sets the errors apart").wait_for()
