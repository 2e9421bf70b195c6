"""The panel in Notebook 7: the same traits, both ways."""

from __future__ import annotations

import pytest

from tests.browser.sources import SETUP, SHOW


@pytest.fixture(scope="module")
def shown(notebook7):
    notebook7.open(SETUP, SHOW, "")
    notebook7.run_all()
    notebook7.panel.wait_climbed()
    return notebook7, notebook7.panel


def test_what_is_done_in_the_browser_is_seen_in_python(shown):
    notebook, panel = shown
    panel.press("Threshold", "PageDown")
    panel.drag("Confidence to", by=-120)
    panel.cell("bad", "good").click()
    told = notebook.python("[panel.threshold, list(panel.band), list(panel.cell)]")
    assert told[0] < 0.5
    assert told[1][1] < 1
    assert told[2] == ["bad", "good"]
    panel.wait_matrix(
        notebook.python(
            "panel.report.errors.confusion(threshold=panel.threshold, band=panel.band).to_numpy().tolist()"
        )
    )
    assert notebook.python("len(panel.selection)") == panel.count("bad", "good")


def test_what_is_set_in_python_is_seen_in_the_browser(shown):
    notebook, panel = shown
    notebook.python(
        "[panel.set_trait('threshold', 0.25), panel.set_trait('band', (0.5, 1)),"
        " panel.set_trait('cell', ('good', 'bad'))]"
    )
    band = notebook.python("list(panel.band)")
    panel.wait_matrix(
        notebook.python(f"panel.report.errors.confusion(threshold=0.25, band={band}).to_numpy().tolist()")
    )
    assert panel.cell("good", "bad").get_attribute("aria-pressed") == "true"
    table = panel.open_rows()
    want = notebook.python("[str(label) for label in panel.selection.index[:5]]")
    assert panel.row_names(table, 5) == want
