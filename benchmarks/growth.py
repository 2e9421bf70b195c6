"""How the ladder grows with rows and with columns: seconds, memory, the first finding, bytes of the page.

    python -m benchmarks.growth [rows …]        # by default 10 k, 100 k, 1 M and 10 M rows of 20 columns,
                                                # then 10, 100 and 1,000 columns of 20,000 rows

Each size runs in a process of its own; seconds are the median of five climbs, or of as many as begin within a
minute. The exponent is the slope of log seconds over log size. Memory is the peak of the process during the
first climb beyond what it held before, as a share of the table.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.processes import memory, worked
from ladder_widgets.case import Case
from ladder_widgets.ladder import climb
from ladder_widgets.report import Report
from ladder_widgets.shared import Shared

ROWS = (10_000, 100_000, 1_000_000, 10_000_000)
COLUMNS = (10, 100, 1_000)
ROWS_BY_COLUMNS = 20_000
REPEATS, A_MINUTE = 5, 60.0


def work(rows: int, columns: int) -> dict[str, float]:
    """Climb once, after a small climb has loaded what is loaded once."""
    from benchmarks.ladder_vs_script import fitted_model
    from benchmarks.tables import mixed_table
    from ladder_widgets import run_ladder

    X, y = mixed_table(rows, columns)
    model = fitted_model(X[:20_000], y[:20_000])
    run_ladder(model, X[:500], y[:500])
    held = memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # start the peak anew, on Linux
    told: list[tuple[float, float, float]] = []
    while len(told) < REPEATS and sum(seconds for seconds, _, _ in told) < A_MINUTE:
        *times, report = climbed(Case(model, X, y))
        told.append(tuple(times))
        if len(told) == 1:
            beyond = memory("VmHWM") - held
    seconds, processor, first = map(statistics.median, zip(*told, strict=True))
    return {
        "seconds": seconds,
        "processor": processor,
        "first": first,
        "references": references(Case(model, X, y)),
        "beyond": beyond,
        "share": beyond / (X.memory_usage(deep=True).sum() / 1e6),
        "page": len(report.to_html().encode()) / 1e6,
    }


def climbed(case: Case) -> tuple[float, float, float, Report]:
    """Climb; seconds, seconds of processor, seconds until the first finding, and the report."""
    clock, processor = time.perf_counter(), time.process_time()
    first = None
    for step in climb(case):
        if first is None and getattr(step, "findings", None):
            first = time.perf_counter() - clock
        last = step
    seconds = time.perf_counter() - clock
    return seconds, time.process_time() - processor, first or seconds, last


def references(case: Case) -> float:
    """Seconds of processor of the references alone, from the table to their scores.

    In a climb they are fitted when the first check asks for them, before their own rungs.
    """
    shared, begun = Shared(case), time.process_time()
    for number in (1, 2, 3):
        shared.result(number)
    return time.process_time() - begun


def exponent(sizes: list[int], seconds: list[float]) -> float:
    """Slope of log seconds over log size."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def table(sizes: list[tuple[int, int]], by: int) -> None:
    told = []
    for rows, columns in sizes:
        one = worked("growth", rows, columns)
        told.append(one)
        print(
            f"{rows:>12,} × {columns:<5,} {one['seconds']:7.1f} s ({one['processor']:.1f} s of processor), "
            f"first finding {one['first']:.2f} s, references {one['references']:.1f} s of it, "
            f"{one['beyond']:,.0f} MB beyond the table ({one['share']:.0%} of it), "
            f"page {one['page']:.2f} MB",
            flush=True,
        )
    if len(told) > 1:
        lengths = [size[by] for size in sizes]
        print(f"    seconds grow with the power {exponent(lengths, [t['processor'] for t in told]):.2f}")


def main(*rows: int) -> None:
    table([(n, 20) for n in rows or ROWS], 0)
    if not rows:
        table([(ROWS_BY_COLUMNS, n) for n in COLUMNS], 1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        print(json.dumps(work(*map(int, sys.argv[2:]))))
    else:
        main(*map(int, sys.argv[1:]))
