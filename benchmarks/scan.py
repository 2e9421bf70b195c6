"""The error cube of a Parquet file through DuckDB, beside a bare scan that sums the same columns.

    python -m benchmarks.scan [rows]

Median of three, and the peak of this process; 20 million rows × 20 numbers by default (3.4 GB on disk).
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ladder_widgets.errors import ErrorAnalysis
from ladder_widgets.errors._scan_source import MEMORY, open_source

FEATURES = 20
#: Every fifth number has gaps in a tenth of the rows, and every seventh is whole.
WRITE = """
import duckdb
numbers = []
for i in range({features}):
    value = f"(random() + random() + random() - 1.5) * {{i + 1}} + {{100 * i}} + 0.3 * score"
    value = f"CASE WHEN random() < 0.9 THEN {{value}} END" if i % 5 == 4 else value
    numbers.append(f"CAST({{value}} AS BIGINT) AS f{{i}}" if i % 7 == 6 else f"{{value}} AS f{{i}}")
rows = "SELECT CAST(random() < 0.3 AS INTEGER) AS label, random() AS noise FROM range({rows})"
scored = f"SELECT label, 0.35 * label + 0.65 * noise AS score FROM ({{rows}})"
query = f"SELECT label, score, {{', '.join(numbers)}} FROM ({{scored}})"
database = duckdb.connect(config={{"memory_limit": "1GB"}})
database.execute("SET enable_progress_bar = false")
database.execute(f"COPY ({{query}}) TO '{path}' (FORMAT parquet)")
"""


def median_of_three(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock and of the processor."""
    told = []
    for _ in range(3):
        clock, processor = time.perf_counter(), time.process_time()
        work()
        told.append((time.perf_counter() - clock, time.process_time() - processor))
    return statistics.median(t[0] for t in told), statistics.median(t[1] for t in told)


def main(rows: int = 20_000_000) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "predictions.parquet")
        code = WRITE.format(rows=rows, features=FEATURES, path=path)
        subprocess.run([sys.executable, "-c", code], check=True)
        size = Path(path).stat().st_size / 1e9
        table = open_source(path).table
        sums = {f"f{i}": table[f"f{i}"].sum() for i in range(FEATURES)}
        scan = table.aggregate(**sums, label=table.label.sum(), score=table.score.sum())
        bare = median_of_three(scan.to_pyarrow)
        ours = median_of_three(lambda: ErrorAnalysis.from_table(path).cube)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{rows:,} rows × {FEATURES} numbers, {size:.1f} GB of Parquet, DuckDB limited to {MEMORY}")
    print(f"bare scan: {bare[0]:.2f} s ({bare[1]:.2f} s of processor)")
    print(f"cube:      {ours[0]:.2f} s ({ours[1]:.2f} s of processor)")
    print(f"ratio:     {ours[0] / bare[0]:.2f} ({ours[1] / bare[1]:.2f} of processor); bar: 3")
    print(f"peak memory of the process: {peak:,.0f} MB")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
