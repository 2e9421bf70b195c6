"""Import beyond numpy's, and the time until a panel object is there: medians of five fresh processes.

python -m benchmarks.startup [rows]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

TIMES = 5
IMPORT = "import time, numpy; a = time.perf_counter(); import ladder_widgets; print(time.perf_counter() - a)"
PANEL = """
import time
from benchmarks.ladder_vs_script import fitted_model
from benchmarks.tables import mixed_table
from ladder_widgets import LadderPanel
X, y = mixed_table({rows}, 20)
model = fitted_model(X[:20_000], y[:20_000])
begun, busy = time.perf_counter(), time.process_time()
panel = LadderPanel(model, X, y)
there = time.perf_counter() - begun
while not (panel._report or {{}}).get("findings"):
    time.sleep(0.005)
first, busy = time.perf_counter() - begun, time.process_time() - busy
time.sleep(2.0)
begun = time.perf_counter()
panel.cancel()
assert panel.status == "cancelled"
print(there, first, busy, time.perf_counter() - begun, flush=True)
import os
os._exit(0)  # the step under way is of no interest
"""


def run(code: str) -> list[float]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return [float(value) for value in done.stdout.split()]


def main(*rows: int) -> None:
    seconds = statistics.median(run(IMPORT)[0] for _ in range(TIMES))
    print(f"import ladder_widgets after numpy: {1000 * seconds:.0f} ms")
    for n in rows or (100_000, 1_000_000, 10_000_000):
        told = [run(PANEL.format(rows=n)) for _ in range(TIMES)]
        there, first, busy, cancelled = map(statistics.median, zip(*told, strict=True))
        print(
            f"{n:>11,} × 20: LadderPanel(...) returns after {there:.3f} s, "
            f"the first finding is there after {first:.2f} s ({busy:.2f} s of processor), "
            f"cancel() has answered after {cancelled:.3f} s",
            flush=True,
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
