"""The panel as a person meets it: by role and accessible name, in whichever host."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

CLASSES = ("bad", "good")
AXE = Path(__file__).parents[2] / "js" / "node_modules" / "axe-core" / "axe.min.js"


def serious_violations(page: Any) -> list[str]:
    """What axe finds serious on a page."""
    assert AXE.exists(), "axe-core is missing: run `npm ci --prefix js` (make test does)."
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{v['id']}: {v['help']} {[n['html'][:150] for n in v['nodes'][:3]]}"
        for v in result["violations"]
        if v["impact"] in ("serious", "critical")
    ]


class PanelView:
    """One view of a panel.

    Parameters
    ----------
    page : playwright.sync_api.Page
    root : playwright.sync_api.Locator, optional
        The view; the only one of the page by default.
    """

    def __init__(self, page: Any, root: Any = None) -> None:
        self.page = page
        self.root = page.get_by_test_id("ladder-panel") if root is None else root

    def wait_climbed(self) -> None:
        """Wait until all rungs are there and the subgroups and suspected labels have been looked for."""
        last = self.root.get_by_role("tab", name=re.compile("Rung 6 Production, not checked"))
        last.wait_for(timeout=120_000)
        self.root.get_by_role("button", name="Run again").wait_for(timeout=60_000)

    def slider(self, name: str) -> Any:
        return self.root.get_by_role("slider", name=name, exact=True)

    def press(self, slider: str, key: str, times: int = 1) -> None:
        """Press a key on a handle."""
        self.slider(slider).focus()
        for _ in range(times):
            self.page.keyboard.press(key)

    def drag(self, slider: str, by: float, steps: int = 8) -> None:
        """Drag a handle by so many pixels."""
        handle = self.slider(slider)
        handle.scroll_into_view_if_needed()
        box = handle.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + by, y, steps=steps)
        self.page.mouse.up()

    def cell(self, actual: str, predicted: str) -> Any:
        """A button of the matrix."""
        return self.root.get_by_role("button", name=_cell_name(actual, predicted, r"[\d,]+"))

    def count(self, actual: str, predicted: str) -> int:
        """Rows in a cell of the matrix, from its accessible name."""
        name = self.cell(actual, predicted).get_attribute("aria-label")
        return int(re.search(r": ([\d,]+) of", name).group(1).replace(",", ""))

    def counts(self, classes: tuple[str, ...] = CLASSES) -> list[list[int]]:
        return [[self.count(actual, predicted) for predicted in classes] for actual in classes]

    def wait_matrix(self, counts: list[list[int]], classes: tuple[str, ...] = CLASSES) -> None:
        """Wait for the frame that shows these counts: the last move is painted after it is sent."""
        for actual, row in zip(classes, counts, strict=True):
            for predicted, count in zip(classes, row, strict=True):
                name = _cell_name(actual, predicted, f"{count:,}")
                self.root.get_by_role("button", name=name).wait_for()

    def wait_pressed(self, button: Any) -> None:
        """Wait until a toggle is on."""
        button.and_(self.page.locator('[aria-pressed="true"]')).wait_for()

    def subgroups(self) -> list[Any]:
        """Buttons of the subgroups found, in the order shown."""
        table = self.root.get_by_role("table", name="Subgroups")
        table.locator("tbody tr").first.wait_for(timeout=60_000)
        return table.get_by_role("button").all()

    def chip(self, what: str) -> Any:
        """The part of the breadcrumb that clears the cell, the band or the subgroup."""
        return self.root.get_by_role("button", name=re.compile(f": Clear the {what}$"))

    def code(self) -> str:
        """The selection as code, unfolded where it is not."""
        code = self.root.get_by_role("group", name="Code of this selection")
        if not code.is_visible():
            self.root.get_by_text("Copy as code", exact=True).click()
        return code.inner_text()

    def open_rows(self) -> Any:
        """Open the rows; returns their table once it holds some."""
        self.root.get_by_text("Rows", exact=True).first.click()
        table = self.root.get_by_role("table", name="Rows")
        table.locator("tbody tr").first.wait_for()
        return table

    def row_names(self, table: Any, at_most: int) -> list[str]:
        """What the first rows are called: the label beside each tick."""
        headers = table.locator("tbody tr").get_by_role("rowheader").all()[:at_most]
        return [header.locator("label").inner_text() for header in headers]


def _cell_name(actual: str, predicted: str, count: str) -> re.Pattern[str]:
    # Playwright writes the pattern between slashes.
    actual, predicted = (re.escape(label).replace("/", r"\/") for label in (actual, predicted))
    return re.compile(f"^actual {actual}, predicted {predicted}: {count} of ")
