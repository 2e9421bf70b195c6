"""Cost per row of each aggregate over a table elsewhere, and the size of its answer.

    python -m benchmarks.sizing [rows …]

Processor seconds per million rows of Parquet through DuckDB, medians of three, each aggregate in a process
of its own; bytes of the answer, as Arrow. By default 5 and 20 million rows × 20 columns.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.monitoring import timed, write
from benchmarks.processes import worked
from benchmarks.scan import FEATURES, WRITE

SIZES = (5_000_000, 20_000_000)


def cube(folder: str) -> tuple[Callable[[], object], list[object]]:
    """The error cube: of predictions, a label and 20 numbers."""
    from ladder_widgets.errors import ErrorAnalysis

    path = f"{folder}/predictions.parquet"
    errors = ErrorAnalysis.from_table(path)
    scan = errors._scan
    answer = scan.aggregate(errors.cube.axis, scan.features)
    return lambda: ErrorAnalysis.from_table(path).cube, [answer.to_pyarrow()]


def _counted(folder: str):
    from ladder_widgets import Monitor, ProductionLog

    monitor = Monitor.fit(ProductionLog(f"{folder}/train.parquet"))
    return monitor, ProductionLog(f"{folder}/log*.parquet")


def drift(folder: str) -> tuple[Callable[[], object], list[object]]:
    """Drift, scores and labels of 30 days as a cluster counts them: by SQL."""
    from ladder_widgets.monitor import _statement
    from ladder_widgets.monitor.plan import Plan
    from ladder_widgets.monitor.times import period_of

    monitor, log = _counted(folder)
    engine = log.engine
    plan = Plan.of(engine, monitor.reference, period_of(monitor.every))
    queries = _statement.statements(engine, plan)
    answers = [engine.backend.con.sql(query).to_arrow_table() for query in queries]
    return lambda: _statement.count_there(engine, plan, marked=False), answers


def here(folder: str) -> tuple[Callable[[], object], list[object]]:
    """The same as this process counts it: batch by batch."""
    from ladder_widgets.monitor.aggregate import count
    from ladder_widgets.monitor.times import period_of

    monitor, log = _counted(folder)
    return lambda: count(log, monitor.reference, period_of(monitor.every)), []


def schema(folder: str) -> tuple[Callable[[], object], list[object]]:
    """The schema: one look at every column."""
    from ladder_widgets.errors._scan_source import open_source
    from ladder_widgets.monitor import _schema_scan

    monitor, log = _counted(folder)
    learned = monitor.reference.schema
    table, held = _schema_scan._opened(learned, open_source(log.source, numbered=False))
    screen = _schema_scan._screen(learned, table, held)
    return screen.to_pyarrow, [screen.to_pyarrow()]


def hashes(folder: str) -> tuple[Callable[[], object], list[object]]:
    """Rows of the log that are also in training, of which there are 50,000, by all columns."""
    from ladder_widgets.row_overlap import RowOverlap

    def overlap() -> RowOverlap:
        return RowOverlap(f"{folder}/log*.parquet", f"{folder}/train.parquet")

    one = overlap()
    return lambda: overlap().counts, [one._backend.to_pyarrow(one._aggregate())]


WORK = {"cube": cube, "drift": drift, "here": here, "schema": schema, "hashes": hashes}


def work(which: str, folder: str) -> dict[str, float]:
    """Measure one."""
    run, answers = WORK[which](folder)
    bytes_ = sum(answer.nbytes for answer in answers)
    return {**timed(run), "rows": sum(answer.num_rows for answer in answers), "bytes": bytes_}


def main(*sizes: int) -> None:
    for rows in sizes or SIZES:
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), rows)
            path = f"{folder}/predictions.parquet"
            code = WRITE.format(rows=rows, features=FEATURES, path=path)
            subprocess.run([sys.executable, "-c", code], check=True)
            print(f"{rows:,} rows × 20 columns")
            for which in WORK:
                told = worked("sizing", which, folder)
                print(
                    f"  {which:7} {told['processor'] / rows * 1e6:6.3f} s of processor per million rows "
                    f"({told['clock']:.1f} s by the clock in all), answer of {told['rows']:,.0f} rows and "
                    f"{told['bytes'] / 1e6:.2f} MB, process of {told['memory']:,.0f} MB",
                    flush=True,
                )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        print(json.dumps(work(*sys.argv[2:])))
    else:
        main(*map(int, sys.argv[1:]))
