"""Dragging the band and the threshold: from the pointer event to the painted frame, at three sizes of table.

    CHROMIUM=/usr/bin/chromium python -m benchmarks.drag [rows …]

Each page is ``ErrorAnalysis.to_html()`` of a mixed table with 50 features, subgroups included. A handle
is dragged to and fro with real pointer events (one ``Input.dispatchMouseEvent`` per frame); the matrix has
a cell chosen, so contrast, subgroups and breadcrumb follow as well as the charts.

What is measured
----------------
The Event Timing API leaves out continuous events, so a listener that comes before all others writes
``performance.measure`` entries for each ``pointermove`` that moves the handle:

- *script*: from the first listener of the event to the next ``requestAnimationFrame`` callback. Chromium
  hands out moves right before the frame's callbacks: this is what the panel's listeners and microtasks take.
- *frame*: from there to the first task after the frame, posted by ``MessageChannel``: style, layout,
  paint and commit of the main thread.
- *event to painted*: the sum of the two, the bar of 16 ms: more would miss the next frame of a 60 Hz screen.
- *made to painted*: from ``event.timeStamp``, when the browser process made the event. It includes the wait
  for the tick of the screen that hands out moves: up to 16.7 ms, whatever a page does.
- *CPU per move*: time the main thread was running, all tasks of the page together, divided by the moves
  (``Performance.getMetrics`` in thread ticks): a busy machine stretches the other figures, not this one.

Not included is what comes after the main thread: the raster and the screen. The clock's resolution is
0.1 ms (no cross-origin isolation). ``long-animation-frame`` entries (over 50 ms) are counted as the browser
reports them.
"""

from __future__ import annotations

import math
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.tables import mixed_table, scores_for
from ladder_widgets.errors import ErrorAnalysis
from tests.browser.chromium import chromium
from tests.browser.panel import PanelView

ROWS = (10_000, 1_000_000, 5_000_000)
FEATURES = 50
MOVES = 240
HANDLES = {"Confidence from": (0.05, 0.9), "Threshold": (0.1, 0.9)}

WATCH = """() => {
  const after = new MessageChannel();
  let waiting = null;
  after.port1.onmessage = () => {
    const {made, handled, ready} = waiting;
    waiting = null;
    const painted = performance.now();
    performance.measure('script', {start: handled, end: ready});
    performance.measure('frame', {start: ready, end: painted});
    performance.measure('event to painted', {start: handled, end: painted});
    performance.measure('made to painted', {start: made, end: painted});
  };
  addEventListener('pointermove', event => {
    if (event.buttons !== 1 || waiting) return;
    waiting = {made: event.timeStamp, handled: performance.now()};
    requestAnimationFrame(() => {
      waiting.ready = performance.now();
      after.port2.postMessage(0);
    });
  }, {capture: true});
  window.slow = 0;
  const count = list => { window.slow += list.getEntries().length; };
  new PerformanceObserver(count).observe({type: 'long-animation-frame'});
}"""
READ = """() => {
  const told = {slow: window.slow};
  for (const {name, duration} of performance.getEntriesByType('measure')) (told[name] ??= []).push(duration);
  performance.clearMeasures();
  window.slow = 0;
  return told;
}"""


def write_page(rows: int, folder: Path) -> Path:
    """Write the page of a table of so many rows, with float32 columns (5 M × 50 are 0.8 GB)."""
    begun = time.perf_counter()
    X, y = mixed_table(rows, FEATURES, dtype="float32")
    errors = ErrorAnalysis.from_predictions(y, scores_for(X), X, pos_label="yes")
    made = time.perf_counter()
    errors.cube  # noqa: B018
    cube = time.perf_counter() - made
    path = folder / f"{rows}.html"
    errors.to_html(path)
    print(
        f"{rows:>9,} rows × {FEATURES}: table {made - begun:.1f} s, cube {cube:.2f} s, page with "
        f"subgroups {time.perf_counter() - made - cube:.1f} s, {path.stat().st_size / 1e6:.2f} MB, "
        f"{_peak():.1f} GB at most"
    )
    return path


def _peak() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def measure(path: Path, browser: Any) -> dict[str, dict[str, Any]]:
    """Drag each handle to and fro twice, the first time to warm up; durations in ms by measure."""
    page = browser.new_page(viewport={"width": 1100, "height": 1300})
    page.goto(path.as_uri())
    panel = PanelView(page)
    panel.cell("yes", "no").click()
    page.evaluate(WATCH)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    told = {}
    for handle, between in HANDLES.items():
        _drag(panel, handle, between)
        page.evaluate(READ)
        before = _cpu(session)
        _drag(panel, handle, between)
        spent = {name: (value - before[name]) * 1000 / MOVES for name, value in _cpu(session).items()}
        told[handle] = {**page.evaluate(READ), "cpu": spent}
        panel.press(handle, "Home")
    page.close()
    return told


def _cpu(session: Any) -> dict[str, float]:
    """Seconds of the main thread so far: all tasks, and what script, style and layout have of them."""
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    kinds = {"all": "TaskDuration", "script": "ScriptDuration", "style": "RecalcStyleDuration"}
    return {name: metrics[key] for name, key in {**kinds, "layout": "LayoutDuration"}.items()}


def _drag(panel: PanelView, name: str, between: tuple[float, float]) -> None:
    handle = panel.slider(name)
    handle.scroll_into_view_if_needed()
    grip, plot = handle.bounding_box(), handle.locator("xpath=..").bounding_box()
    y = grip["y"] + grip["height"] / 2
    low, high = between
    panel.page.mouse.move(grip["x"] + grip["width"] / 2, y)
    panel.page.mouse.down()
    for step in range(1, MOVES + 1):
        share = 0.5 - 0.5 * math.cos(4 * math.pi * step / MOVES)
        panel.page.mouse.move(plot["x"] + plot["width"] * (low + (high - low) * share), y)
    panel.page.mouse.up()


def report(rows: int, told: dict[str, dict[str, Any]]) -> None:
    for handle, durations in told.items():
        print(f"{rows:>9,} rows, {handle}")
        for name in ("event to painted", "script", "frame", "made to painted"):
            print(f"{name:>20}: {_quantiles(durations[name])}")
        cpu = ", ".join(f"{name} {value:.2f}" for name, value in durations["cpu"].items())
        print(f"{'CPU per move':>20}: {cpu}; {durations['slow']} frames over 50 ms")


def _quantiles(durations: list[float]) -> str:
    p50, p95 = np.quantile(durations, (0.5, 0.95))
    return f"p50 {p50:.1f} p95 {p95:.1f} max {max(durations):.1f}"


def main(*sizes: int) -> None:
    print(f"{MOVES} moves of each handle; times in ms; load of the machine {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        pages = {rows: write_page(rows, Path(folder)) for rows in sizes or ROWS}
        with chromium() as browser:
            for rows, path in pages.items():
                report(rows, measure(path, browser))


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
