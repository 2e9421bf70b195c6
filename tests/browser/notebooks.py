"""Driving a Jupyter notebook in the browser: write it, open it, run it, read Python back."""

from __future__ import annotations

import itertools
import json
import time
from pathlib import Path
from typing import Any

import nbformat

from tests.browser.panel import PanelView

_count = itertools.count()


class Notebook:
    """One notebook in one page of JupyterLab or Notebook 7.

    Both look idle before their kernel is connected, and a Run All given then is lost without a word
    or answered by asking for a kernel. So the application itself is asked
    (``expose_app_in_browser`` lets it be), and told to run.

    Parameters
    ----------
    page : playwright.sync_api.Page
    address : str
        Of the server.
    root : Path
        Its folder of notebooks.
    """

    #: Where a notebook is, below the address.
    tree = "lab/tree"

    def __init__(self, page: Any, address: str, root: Path) -> None:
        self.page = page
        self.address = address
        self.root = root
        self.panel = PanelView(page)

    def open(self, *cells: str) -> None:
        """Write a fresh notebook and open it; an executed one would look done at once."""
        self.name = f"test{next(_count)}.ipynb"
        sources = [nbformat.v4.new_code_cell(source) for source in cells]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = nbformat.v4.new_notebook(cells=sources, metadata={"kernelspec": kernel})
        nbformat.write(notebook, self.root / self.name)
        self.page.goto(f"{self.address}/{self.tree}/{self.name}?reset")
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=90_000)

    def menu(self, bar: str, *items: str) -> None:
        """Choose from the menu bar."""
        self.page.locator(".lm-MenuBar-itemLabel", has_text=bar).first.click()
        for item in items:
            self.page.locator(".lm-Menu-itemLabel").get_by_text(item, exact=True).click()

    def run_all(self) -> None:
        """Run every cell, once the page has its kernel; returns at once."""
        self.page.wait_for_function(_READY, timeout=90_000)
        self.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")

    def wait_done(self, timeout: float = 120_000) -> None:
        """Wait until every cell has a number."""
        self.page.wait_for_function(_DONE, timeout=timeout)

    def python(self, expression: str) -> Any:
        """Evaluate an expression in the kernel, in the last cell, and return it (as JSON)."""
        mark = f"mark-{next(_count)}"
        self.type_into_last(f"import json; print('{mark}', json.dumps({expression}, default=str))")
        self.page.keyboard.press("Control+Enter")
        return json.loads(self._said(f"{mark} "))

    def wait_python(self, expression: str, value: Any, seconds: float = 10) -> None:
        """Wait until an expression has a value: a message may be under way."""
        deadline = time.monotonic() + seconds
        got = self.python(expression)
        while got != value and time.monotonic() < deadline:
            got = self.python(expression)
        assert got == value

    def run(self, source: str) -> None:
        """Run statements in the last cell; returns when they are done."""
        mark = f"mark-{next(_count)}"
        self.type_into_last(f"{source}\nprint('{mark}')")
        self.page.keyboard.press("Control+Enter")
        self._said(mark)

    def _said(self, mark: str) -> str:
        """Wait for the output that begins with the mark; returns what follows it."""
        output = self.page.locator(".jp-OutputArea-output pre", has_text=mark).last
        output.wait_for(timeout=60_000)
        text = output.inner_text()
        assert text.startswith(mark), text  # a traceback quotes the line with the mark
        return text.removeprefix(mark)

    def type_into_last(self, source: str) -> None:
        """Put source into the last cell, in place of what it holds."""
        self.page.keyboard.press("Escape")
        cell = self.page.locator(".jp-Notebook .jp-CodeCell").last
        cell.locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.insert_text(source)


class Notebook7(Notebook):
    """The same notebook in Notebook 7, which has a page for each."""

    tree = "notebooks"


_READY = """() => {
  const session = window.jupyterapp?.shell.currentWidget?.sessionContext;
  const kernel = session?.session?.kernel;
  return Boolean(session?.isReady && kernel?.connectionStatus === 'connected' && kernel.status === 'idle');
}"""
_DONE = r"""() => {
  const prompts = [...document.querySelectorAll('.jp-Notebook .jp-CodeCell .jp-InputPrompt')];
  return prompts.length > 0 && prompts.every(prompt => /\[\d+\]/.test(prompt.textContent)); }"""
