"""The panel in marimo: reactive or displayed as it is, Python follows; the network is not needed."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from tests.browser.chromium import sound_page
from tests.browser.panel import PanelView
from tests.browser.servers import marimo_server

APP = Path(__file__).with_name("marimo_app.py")


class App:
    """The app in a page; it holds two views of one panel."""

    def __init__(self, page):
        self.page = page
        self._count = itertools.count()

    @property
    def views(self):
        return [PanelView(self.page, root) for root in self.page.get_by_test_id("ladder-panel").all()]

    def python(self, expression):
        """Evaluate an expression in the app's Python and return it (as JSON)."""
        asked = f"({expression}, {next(self._count)})[0]"  # each question is a new one
        box = self.page.get_by_label("Python")
        box.fill(asked)
        box.press("Enter")
        answer = self.page.get_by_text(f"{asked} => ")
        answer.wait_for()
        return json.loads(answer.inner_text().split(" => ", 1)[1])


@pytest.fixture(scope="module")
def app(browser, tmp_path_factory):
    home = tmp_path_factory.mktemp("marimo")
    with marimo_server(home, APP) as address, sound_page(browser) as page:
        page.goto(address)
        page.get_by_test_id("ladder-panel").nth(1).wait_for(timeout=90_000)
        app = App(page)
        for view in app.views:
            view.wait_climbed()
        yield app


@pytest.fixture
def views(app):
    app.python(
        "[panel.set_trait('band', (0, 1)), panel.set_trait('threshold', 0.5), panel.set_trait('cell', None)]"
    )
    return app.views


def confusion(app):
    return app.python(
        "panel.report.errors.confusion(threshold=panel.threshold, band=panel.band).to_numpy().tolist()"
    )


def test_what_is_done_in_the_browser_is_seen_in_python(app, views):
    panel, other = views
    panel.press("Threshold", "PageDown")
    panel.drag("Confidence to", by=-120)
    panel.cell("bad", "good").click()
    app.page.get_by_text('reactive [["bad", "good"], 0.4').wait_for()
    threshold, band, cell = app.python("[panel.threshold, panel.band, panel.cell]")
    assert threshold < 0.5
    assert band[1] < 1
    assert cell == ["bad", "good"]
    for view in (panel, other):
        view.wait_matrix(confusion(app))
    assert app.python("len(panel.selection)") == panel.count("bad", "good")


def test_what_is_set_in_python_is_seen_in_the_browser(app, views):
    app.python(
        "[panel.set_trait('threshold', 0.25), panel.set_trait('band', (0.5, 1)),"
        " panel.set_trait('cell', ('good', 'bad'))]"
    )
    for view in views:
        view.wait_matrix(confusion(app))
        assert view.cell("good", "bad").get_attribute("aria-pressed") == "true"


def test_rows_come_from_python_and_ticks_go_back(app, views):
    panel = views[0]
    panel.cell("good", "bad").click()
    table = panel.open_rows()
    want = app.python("[str(label) for label in panel.selection.index[:5]]")
    rows = table.locator("tbody tr")
    assert panel.row_names(table, 5) == want
    rows.nth(2).get_by_role("checkbox").click()
    assert app.python("list(X_val.index[panel.selected_rows].astype(str))") == [want[2]]


def test_nothing_is_asked_of_the_network(app):
    assert app.page.abroad == []
