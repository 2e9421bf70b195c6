"""Driving JupyterLab: write a notebook, open it, run it, read Python back."""

from __future__ import annotations

import itertools
import json

import nbformat
from playwright.sync_api import TimeoutError as NotInTime

_count = itertools.count()


class Lab:
    """One notebook in one page.

    JupyterLab reports itself idle before its kernel is connected, and a Run All given then is
    lost without a word or answered by asking for a kernel. The server knows better: it is asked
    whether the page is connected. Running is still asked for again until a prompt shows it was heard.
    """

    def __init__(self, page, address, root):
        self.page = page
        self.address = address
        self.root = root

    def open(self, *cells, theme="light"):
        """Write a fresh notebook and open it; an executed one would look done at once."""
        name = f"test{next(_count)}.ipynb"
        sources = [nbformat.v4.new_code_cell(source) for source in cells]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = nbformat.v4.new_notebook(cells=sources, metadata={"kernelspec": kernel})
        nbformat.write(notebook, self.root / name)
        self.name = name
        self.page.goto(f"{self.address}/lab/tree/{name}?reset")
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=90_000)
        if theme == "dark":
            self._menu("Settings", "Theme", "JupyterLab Dark")
            self.page.wait_for_selector('body[data-jp-theme-light="false"]', state="attached")

    def _menu(self, bar, *items):
        self.page.locator(".lm-MenuBar-itemLabel", has_text=bar).first.click()
        for item in items:
            self.page.locator(".lm-Menu-itemLabel").get_by_text(item, exact=True).click()

    def run_all(self):
        """Run every cell; returns once the kernel has taken the first one."""
        self.page.wait_for_function(_CONNECTED, arg=self.name, timeout=90_000, polling=250)
        for _ in range(6):
            self._menu("Run", "Run All Cells")
            try:
                self.page.wait_for_function(_HEARD, timeout=6_000)
            except NotInTime:
                continue
            select = self.page.locator(".jp-Dialog .jp-mod-accept")
            if not select.is_visible():
                return
            select.click()
            select.wait_for(state="hidden")
        raise AssertionError("JupyterLab never started to run the notebook")

    def wait_done(self, timeout=120_000):
        """Wait until every cell has a number."""
        self.page.wait_for_function(_DONE, timeout=timeout)

    def python(self, expression):
        """Evaluate an expression in the kernel, in the last cell, and return it (as JSON)."""
        mark = f"mark-{next(_count)}"
        source = f"import json; print('{mark}', json.dumps({expression}, default=str))"
        self.page.keyboard.press("Escape")
        cell = self.page.locator(".jp-Notebook .jp-CodeCell").last
        cell.locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.insert_text(source)
        self.page.keyboard.press("Control+Enter")
        output = self.page.locator(".jp-OutputArea-output pre", has_text=f"{mark} ").last
        output.wait_for(timeout=60_000)
        return json.loads(output.inner_text().split(f"{mark} ", 1)[1])


_CONNECTED = r"""async name => {
  const sessions = await (await fetch('/api/sessions')).json();
  const kernel = sessions.find(session => session.path === name)?.kernel;
  return kernel !== undefined && kernel.connections > 0 && kernel.execution_state === 'idle';
}"""
_HEARD = r"""() => document.querySelector('.jp-Dialog') !== null
  || [...document.querySelectorAll('.jp-Notebook .jp-InputPrompt')]
    .some(prompt => /\[(\*|\d+)\]/.test(prompt.textContent))"""
_DONE = r"""() => {
  const prompts = [...document.querySelectorAll('.jp-Notebook .jp-CodeCell .jp-InputPrompt')];
  return prompts.length > 0 && prompts.every(prompt => /\[\d+\]/.test(prompt.textContent)); }"""
