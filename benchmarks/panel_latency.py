"""How fast the panel is in a real JupyterLab: first paint, and band to matrix.

    CHROMIUM=/usr/bin/chromium python -m benchmarks.panel_latency [rows]

Also prints the bytes the panel adds to a saved notebook and the sizes of its traits.
"""

from __future__ import annotations

import statistics
import sys

from benchmarks.lab import lab_session
from tests.browser.notebooks import Notebook

SETUP = """
from sklearn.model_selection import train_test_split
from benchmarks.ladder_vs_script import fitted_model
from benchmarks.tables import mixed_table
from ladder_widgets import LadderPanel
X, y = mixed_table({rows} + 5000, 20)
X_train, X_val, y_train, y_val = train_test_split(X, y, test_size={rows}, random_state=0, stratify=y)
model = fitted_model(X_train, y_train)
"""
SHOW = """
import time
_start = time.perf_counter()
panel = LadderPanel(model, X_val, y_val, X_train=X_train, y_train=y_train)
_constructed = time.perf_counter() - _start
panel
"""
# From the key event to the frame after the matrix changed, by the browser's own clock.
MOVE = """slider => new Promise(done => {
  const root = slider.closest('[data-testid="ladder-panel"]') ?? slider.getRootNode();
  const isCell = button => /^actual /.test(button.getAttribute('aria-label') ?? '');
  const matrix = [...root.querySelectorAll('button')].find(isCell).closest('table');
  const start = performance.now();
  new MutationObserver((_, observer) => {
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
  }).observe(matrix, {subtree: true, childList: true, characterData: true, attributes: true});
  slider.dispatchEvent(new KeyboardEvent('keydown', {key: 'PageUp', bubbles: true, cancelable: true}));
})"""
PAINT = """() => new Promise(done => {
  const start = performance.now();
  const look = () => document.querySelector('[data-testid="ladder-panel"]')
    ? done(performance.now() - start) : requestAnimationFrame(look);
  look();
})"""


def main(rows: int = 50_000) -> None:
    with lab_session() as lab:
        lab.open(SETUP.format(rows=rows), "1", "2")
        lab.run_all()
        lab.wait_done()
        first = paint(lab)
        root = lab.panel.root
        root.get_by_role("button", name="Run again").wait_for(timeout=300_000)
        print(f"LadderPanel(...) returned after {lab.python('_constructed'):.3f} s")
        print(f"run of the cell to first paint: {first:.0f} ms")
        slider = root.get_by_role("slider", name="Confidence from")
        moves = [slider.evaluate(MOVE) for _ in range(8)]
        middle = statistics.median(moves)
        print(f"band to painted matrix: median {middle:.1f} ms, longest {max(moves):.1f} ms")
        print(f"climb: {lab.python('panel.report.seconds'):.2f} s for {rows:,} rows")
        for name in ("_report", "_errors", "_cube", "_esm", "_css"):
            size = f"len(json.dumps(panel.get_state('{name}')['{name}'], default=len))"
            print(f"trait {name}: {lab.python(f'len(panel.{name})' if name == '_cube' else size):,} bytes")
        lab.page.keyboard.press("ControlOrMeta+s")
        lab.page.wait_for_function("() => !document.querySelector('.jp-mod-dirty')")
        print(f"saved notebook: {(lab.root / lab.name).stat().st_size:,} bytes")


def paint(lab: Notebook) -> float:
    """Run the second cell with the panel's code; milliseconds from the key press to the first paint."""
    cell = lab.page.locator(".jp-Notebook .jp-CodeCell").nth(1)
    cell.locator(".cm-content").click()
    lab.page.keyboard.press("ControlOrMeta+A")
    lab.page.keyboard.insert_text(SHOW.strip())
    wait = lab.page.evaluate_handle(f"() => {{ window.painted = ({PAINT})(); }}")
    lab.page.keyboard.press("Control+Enter")
    result = lab.page.evaluate("() => window.painted")
    wait.dispose()
    return float(result)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
