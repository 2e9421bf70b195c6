"""A click on a confusion cell, to the first page of its rows painted: JupyterLab, a kernel, a million rows.

    CHROMIUM=/usr/bin/chromium python -m benchmarks.rows [rows]

The rows are open; each click chooses another cell, every third after the threshold was moved. Then columns
are sorted. A click follows the one before after a quarter of a second: within 150 ms of a request the panel
waits whether another comes. Times are the browser's own: from ``event.timeStamp`` of the click to the first
task after the frame that shows rows of the new cell. A tap on the page's WebSocket tells when the request
left and when its answer came, and the kernel notes how long it took to answer: the time in four parts:

- *asking*: click to request, in the browser;
- *kernel*: ``Answers.answer``, in Python;
- *wire*: request to answer without the kernel's part: twice through JupyterLab's server, and what else
  both ends do;
- *painting*: answer to painted rows.
"""

from __future__ import annotations

import itertools
import os
import sys
from typing import Any

import numpy as np

from benchmarks.lab import lab_session
from tests.browser.notebooks import Notebook

CLICKS = 24
SORTS = ("number 1", "score", "predicted")

SETUP = """
from benchmarks.tables import mixed_table, scores_for
from ladder_widgets import ErrorAnalysis, ErrorPanel
X, y = mixed_table({rows}, 20)
panel = ErrorPanel(ErrorAnalysis.from_predictions(y, scores_for(X), X, pos_label="yes"))
panel.wait()
panel
"""
WATCH_KERNEL = """
import time
_seconds, _answer = [], panel._answers.answer
def _timed(request):
    begun = time.perf_counter()
    try:
        return _answer(request)
    finally:
        _seconds.append([request.get("kind"), time.perf_counter() - begun])
object.__setattr__(panel._answers, "answer", _timed)
"""
# Notes when a request for rows leaves the page, and when the answer to it arrives.
TAP = """(() => {
  const text = data => typeof data === 'string' ? data : new TextDecoder().decode(data);
  window.tap = {asked: [], answered: []};
  window.WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      super.addEventListener('message', ({data}) => {
        const now = performance.now();
        if (!(data instanceof Blob) && text(data).includes('"positions"')) window.tap.answered.push(now);
      });
    }
    send(data) {
      if (/"kind": ?"rows"/.test(text(data))) window.tap.asked.push(performance.now());
      super.send(data);
    }
  };
})()"""
# Resolves when rows that pass the test are painted; rows on their way out do not count.
WAIT = """(root, actual, predicted, column) => new Promise(done => {
  window.tap.asked.length = window.tap.answered.length = 0;
  let clicked;
  root.addEventListener('click', event => { clicked ??= event.timeStamp; }, {capture: true});
  const region = root.querySelector('table[aria-label="Rows"]').closest('details');
  const settled = () => {
    const table = region.querySelector('table[aria-label="Rows"]');
    const first = table?.querySelector('tbody tr');
    const busy = table?.matches('.lw-busy') || region.querySelector('[aria-busy="true"]');
    if (clicked === undefined || !first || busy) return false;
    const said = first.textContent;
    const head = table.querySelector('th[aria-sort$="scending"]');
    return window.tap.answered.length > 0 && said.includes(actual) && said.includes(predicted)
      && (column === null || head?.textContent.includes(column));
  };
  const after = new MessageChannel();
  after.port1.onmessage = () => done({clicked, asked: window.tap.asked[0], answered: window.tap.answered[0],
    painted: performance.now()});
  const observer = new MutationObserver(() => {
    if (!settled()) return;
    observer.disconnect();
    requestAnimationFrame(() => after.port2.postMessage(0));
  });
  observer.observe(region, {subtree: true, childList: true, characterData: true, attributes: true});
})"""


def timed(lab: Notebook, button: Any, cell: tuple[str, str], column: str | None = None) -> dict[str, float]:
    """Click, and wait for the rows; milliseconds by part."""
    _settle(lab)
    root = lab.panel.root
    arguments = ", ".join("null" if text is None else f"'{text}'" for text in (*cell, column))
    root.evaluate(f"root => {{ window.waiting = ({WAIT})(root, {arguments}); }}")
    button.click()
    at = lab.page.evaluate("() => window.waiting")
    return {
        "all": at["painted"] - at["clicked"],
        "asking": at["asked"] - at["clicked"],
        "kernel and wire": at["answered"] - at["asked"],
        "painting": at["painted"] - at["answered"],
    }


def cells(lab: Notebook) -> list[dict[str, float]]:
    """Click the cells in turn."""
    told = []
    names = itertools.cycle([("yes", "no"), ("no", "no"), ("no", "yes"), ("yes", "yes")])
    for number, cell in zip(range(CLICKS), names, strict=False):
        if number % 3 == 2:
            lab.panel.press("Threshold", "PageDown" if number % 6 == 2 else "PageUp")
        told.append(timed(lab, lab.panel.cell(*cell), cell))
    return told


def _settle(lab: Notebook) -> None:
    """Wait until no request for rows is under way, and the last one is a quarter of a second ago."""
    lab.page.wait_for_function(
        """() => window.tap.asked.length === window.tap.answered.length
             && performance.now() - (window.tap.asked.at(-1) ?? 0) > 250
             && !document.querySelector('[data-testid="ladder-panel"] [aria-busy="true"]')"""
    )


def sorts(lab: Notebook) -> list[dict[str, float]]:
    """Sort the rows of the largest cell by a number, the score and a label, up and down."""
    cell = ("no", "no")
    timed(lab, lab.panel.cell(*cell), cell)
    told = []
    for column in SORTS:
        head = lab.panel.root.get_by_role("table", name="Rows").get_by_role("button", name=column, exact=True)
        told += [timed(lab, head, cell, column) for _ in range(2)]
    return told


def report(title: str, told: list[dict[str, float]], seconds: list[float]) -> None:
    kernel = 1000 * np.array(seconds[-len(told) :])
    parts = {name: np.array([one[name] for one in told]) for name in told[0]}
    parts["kernel"] = kernel
    parts["wire"] = parts.pop("kernel and wire") - kernel
    print(title)
    for name in ("all", "asking", "kernel", "wire", "painting"):
        p50, p95 = np.quantile(parts[name], (0.5, 0.95))
        print(f"{name:>12}: p50 {p50:6.1f} p95 {p95:6.1f} max {parts[name].max():6.1f}")


def main(rows: int = 1_000_000) -> None:
    with lab_session(TAP) as lab:
        lab.open(SETUP.format(rows=rows), WATCH_KERNEL, "1")
        lab.run_all()
        lab.wait_done(300_000)
        lab.panel.cell("yes", "yes").click(timeout=60_000)
        lab.panel.open_rows()
        _settle(lab)
        print(f"{rows:,} rows × 20; times in ms; load of the machine {os.getloadavg()[0]:.1f}")
        for title, measure in (("click on a cell to painted rows", cells), ("sort", sorts)):
            told = measure(lab)
            seconds = lab.python("[took for kind, took in _seconds if kind == 'rows']")
            report(f"{title}, {len(told)} times", told, seconds)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
