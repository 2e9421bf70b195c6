"""Production on a page without a kernel: windows by mouse and keyboard, movers, tables, hostile names."""

from __future__ import annotations

import re

import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.tree import DecisionTreeClassifier

from ladder_widgets import run_ladder
from ladder_widgets.surfaces.html import render_watch
from tests.browser.panel import serious_violations
from tests.browser.watch_fixture import HOSTILE, watch

CASES = ["drift", "many windows", "hostile", "alone"]


class Watched:
    """What pages ask of a watch."""

    def __init__(self, told, findings=()):
        self.told, self.findings, self.first_sentence = told, findings, told["sentence"]

    def to_dict(self):
        return self.told


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("production")
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    model = DecisionTreeClassifier(max_depth=3, random_state=0).fit(X[:300], y[:300])
    report = run_ladder(model, X[300:], y[300:], max_rows=200)
    watches = {
        "drift": watch(),
        "many windows": watch(n_windows=180),
        "hostile": watch(HOSTILE, 12, drift_from=8),
    }
    for name, told in watches.items():
        object.__setattr__(report, "monitoring", Watched(told))
        report.to_html(folder / f"{name}.html")
    loud = [finding for finding in report.findings if finding.rung == 6]
    (folder / "alone.html").write_text(render_watch(Watched(watch(), loud)), encoding="utf-8")
    return folder


@pytest.fixture
def production(open_file, pages):
    def open_one(name, *how, **more):
        page, root = open_file(pages / f"{name}.html", *how, **more)
        if name != "alone":
            root.get_by_role("tab", name=re.compile("^Rung 6 ")).click()
        return page, root.get_by_role("region", name="Production")

    return open_one


def _rows(table):
    return [line.split("\t") for line in table.locator("tbody").inner_text().splitlines()]


def test_windows_are_chosen_by_mouse_and_by_keyboard(production):
    page, root = production("drift")
    told = watch()
    windows = root.get_by_role("group", name="Windows of production").get_by_role("button")
    assert windows.count() == len(told["windows"])
    windows.nth(20).click()
    root.get_by_role("group", name=re.compile("^Week of 19 January 2026: .* PSI .* in income, ")).wait_for()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    root.get_by_role("group", name=re.compile("^Week of 5 January 2026: ")).wait_for()
    assert windows.nth(18).get_attribute("aria-pressed") == "true"
    psi = root.get_by_role("table", name="Top movers").locator("tbody td").first.inner_text()
    assert psi == f"{told['features'][0]['psi'][18]:.2f}"
    assert page.said == []


def test_the_distributions_of_a_mover_are_the_counts_sent(production):
    page, root = production("drift")
    told = watch()
    root.get_by_role("table", name="Top movers").get_by_role("button", name="region").click()
    root.get_by_role("button", name="Distribution of region: as table").click()
    region = next(each for each in told["features"] if each["name"] == "region")
    rows = _rows(root.get_by_role("table", name="Distribution of region"))
    assert [row[0] for row in rows] == region["bins"]
    assert [int(row[1].replace(",", "")) for row in rows] == region["windows"][-1]
    assert [int(row[2].replace(",", "")) for row in rows] == region["reference"]
    assert page.said == []


def test_a_long_history_opens_at_its_end_and_scrolls_with_the_focus(production):
    page, root = production("many windows", width=640)
    windows = root.get_by_role("group", name="Windows of production").get_by_role("button")
    inside = "e => { const b = e.getBoundingClientRect(); return b.left >= 0 && b.right <= innerWidth; }"
    assert windows.last.evaluate(inside)
    windows.last.focus()
    page.keyboard.press("Home")
    page.wait_for_function("document.activeElement.getBoundingClientRect().left > 0")
    assert windows.first.evaluate(inside)


def test_a_page_says_why_a_row_cannot_be_replayed(production):
    _, root = production("alone")
    root.get_by_text(re.compile("open the panel in a notebook")).wait_for()
    assert root.get_by_role("button", name="Replay this row").count() == 0


def test_a_page_of_production_alone_holds_its_findings(production):
    page, _ = production("alone")
    panel = page.get_by_test_id("ladder-panel")
    panel.get_by_text("Inputs or scores have drifted").wait_for()
    assert panel.get_by_role("tab").count() == 0
    assert page.said == []


@pytest.mark.parametrize(("name", "width"), [*((name, 640) for name in CASES), ("hostile", 1100)])
def test_nothing_overflows_and_no_name_becomes_markup(name, width, production):
    page, root = production(name, width=width)
    for button in root.get_by_role("table", name="Top movers").get_by_role("button").all():
        button.click()
    root.get_by_role("button", name="Windows of production: as table").click()
    root.get_by_role("table", name="Windows of production").wait_for()
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.locator("img").count() == 0
    assert page.said == []


@pytest.mark.parametrize(
    ("name", "scheme"), [*zip(CASES, ["light", "dark"] * 2, strict=True), ("drift", "dark")]
)
def test_axe_finds_no_serious_violation(name, scheme, production):
    page, _ = production(name, scheme)
    assert serious_violations(page) == []
