"""Memory and width: what a climb holds beyond the table, who holds it, and what it writes of wide tables.

    python -m benchmarks.memory [rows columns …]

Each size runs in a process of its own, after a small climb has loaded what is loaded once. The peak is the
kernel's (``VmHWM``), over what the process held before the climb: the table itself, the model, the packages.
Who holds it is told by a thread that looks every five milliseconds, so it may name a neighbour.
"""

from __future__ import annotations

import gc
import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.processes import memory, worked

SIZES = (
    (100_000, 20),
    (1_000_000, 20),
    (1_000_000, 50),
    (20_000, 500),
    (2_000, 5_000),
)


class Peak(threading.Thread):
    """Notes which function of the package ran while the most was held."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.watched = threading.get_ident()
        self.most, self.where, self.ended = 0.0, "", False

    def run(self) -> None:
        while not self.ended:
            held = memory("VmRSS")
            if held > self.most:
                self.most, self.where = held, self._place()
            time.sleep(0.005)

    def _place(self) -> str:
        frame = sys._current_frames().get(self.watched)
        while frame is not None:
            code = frame.f_code
            if "ladder_widgets" in code.co_filename:
                return f"{Path(code.co_filename).stem}.{code.co_name}"
            frame = frame.f_back
        return ""


def work(rows: int, columns: int) -> dict[str, Any]:
    """Climb once; what it held, took and wrote."""
    from benchmarks.ladder_vs_script import fitted_model
    from benchmarks.tables import mixed_table
    from ladder_widgets import run_ladder

    X, y = mixed_table(rows, columns)
    X = X.copy()  # one block, as a file is read
    some = min(20_000, rows)
    model = fitted_model(X[:some], y[:some])
    run_ladder(model, X[:600], y[:600])
    gc.collect()
    held = memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # start the peak anew
    watch = Peak()
    watch.start()
    begun = time.process_time()
    report = run_ladder(model, X, y)
    seconds = time.process_time() - begun
    watch.ended = True
    beyond = memory("VmHWM") - held
    return {
        "table": float(X.memory_usage(deep=True).sum()) / 1e6,
        "beyond": beyond,
        "where": watch.where,
        "seconds": seconds,
        "json": len(report.to_json().encode()) / 1e6,
        "page": len(report.to_html().encode()) / 1e6,
    }


def main(*numbers: int) -> None:
    for rows, columns in list(zip(numbers[::2], numbers[1::2], strict=True)) or SIZES:
        told = worked("memory", rows, columns)
        print(
            f"{rows:>9,} × {columns:<5,} table {told['table']:5.0f} MB, peak {told['beyond']:4.0f} MB beyond "
            f"it ({told['beyond'] / told['table']:.0%}) in {told['where']}, {told['seconds']:.0f} s of "
            f"processor, report {told['json']:.2f} MB, page {told['page']:.2f} MB",
            flush=True,
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        print(json.dumps(work(*map(int, sys.argv[2:]))))
    else:
        main(*map(int, sys.argv[1:]))
