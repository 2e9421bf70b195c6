"""A look at a log, beside evidently's report on drift alone and a bare scan of the same columns.

    python -m benchmarks.monitoring [rows]                       # without evidently, unless it is here
    EVIDENTLY_PYTHON=/path/to/python python -m benchmarks.monitoring

Ours is all of it: drift, schema, delayed truth and triggers of 30 days, of 20 columns, a score, a label and
both times, from Parquet. Every one runs in a process of its own; medians of three (of one for evidently,
which takes a minute and more). The bare scan sums the numbers and the lengths of the texts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median

PYTHON = os.environ.get("EVIDENTLY_PYTHON", sys.executable)
NUMBERS = [*(f"x{i}" for i in range(14)), "k0", "k1"]
WORDS = [f"c{i}" for i in range(4)]
#: Rows of training, and of a file of a log.
TRAINED, FILE = 50_000, 5_000_000


# ---- data ----------------------------------------------------------------------------------------


def query(rows: int, first: int, total: int) -> str:
    """SQL of some rows of a log of 30 days, whose labels come two days later on average."""
    kinds = (
        "(random() + random() + random() - 1.5) * {0}",
        "exp(2 * (random() + random() - 1)) * {0}",
        "CASE WHEN random() < 0.9 THEN random() * {0} END",
    )
    columns = [f"{kinds[i % 3].format(i + 1)} AS x{i}" for i in range(14)]
    columns += ["CAST(floor(random() * random() * 12) AS INTEGER) AS k0"]
    columns += ["CAST(floor(-3 * ln(1 - random())) AS INTEGER) AS k1"]
    levels = enumerate((4, 8, 30, 12))
    columns += [f"'level ' || CAST(floor(random() * random() * {n}) AS INTEGER) AS c{i}" for i, n in levels]
    day, end = 86_400_000, "TIMESTAMP '2026-01-31'"
    asked = f"TIMESTAMP '2026-01-01' + to_milliseconds(CAST(30.0 * {day} * i / {total} AS BIGINT)) AS asked"
    rows_of = f"range({first}, {first + rows}) t(i)"
    drawn = f"SELECT CAST(random() < 0.3 AS INTEGER) AS y, random() AS z, {asked} FROM {rows_of}"
    waited = f"to_milliseconds(CAST(-ln(1 - random()) * 2 * {day} AS BIGINT))"
    known = [f"CASE WHEN arrived < {end} THEN {what} END" for what in ("y", "arrived")]
    return (
        f"SELECT {', '.join(columns)}, 0.35 * y + 0.65 * z AS score, {known[0]} AS label, "
        f"asked AS timestamp, {known[1]} AS label_timestamp "
        f"FROM (SELECT *, asked + {waited} AS arrived FROM ({drawn}))"
    )


def write(folder: Path, rows: int) -> str:
    """Write training and a log; return the glob of the log."""
    import duckdb

    database = duckdb.connect(config={"memory_limit": "1GB"})
    database.execute("SET enable_progress_bar = false")
    database.execute(f"COPY ({query(TRAINED, 0, TRAINED)}) TO '{folder}/train.parquet' (FORMAT parquet)")
    for place, first in enumerate(range(0, rows, FILE)):
        part = query(min(FILE, rows - first), first, rows)
        database.execute(f"COPY ({part}) TO '{folder}/log{place}.parquet' (FORMAT parquet)")
    return f"{folder}/log*.parquet"


# ---- the three, each in a process of its own -----------------------------------------------------


def timed(work: Callable[[], object], times: int = 3) -> dict[str, float]:
    """Seconds by the clock and of the processor, and the most MB that the process held."""
    told = []
    for _ in range(times):
        clock, processor = time.perf_counter(), time.process_time()
        work()
        told.append((time.perf_counter() - clock, time.process_time() - processor))
    status = Path("/proc/self/status").read_text()  # on Linux
    memory = int(status.split("VmHWM:")[1].split()[0]) / 1024
    return {"clock": median(t[0] for t in told), "processor": median(t[1] for t in told), "memory": memory}


def ours(train: str, log: str) -> dict[str, float]:
    """All of :meth:`Monitor.check`, and what is worked out when it is read."""
    from ladder_widgets import Monitor, ProductionLog

    monitor = Monitor.fit(ProductionLog(train))

    def look() -> None:
        watch = monitor.check(ProductionLog(log))
        assert watch.exit_code == 0, watch.first_sentence
        assert watch.findings

    return timed(look)


def bare(train: str, log: str) -> dict[str, float]:
    """A scan of the same columns."""
    import duckdb

    sums = [f"sum({name})" for name in (*NUMBERS, "score", "label")]
    sums += [f"sum(strlen({name}))" for name in WORDS]
    sums += ["max(timestamp)", "max(label_timestamp)"]
    database = duckdb.connect(config={"memory_limit": "1GB"})
    return timed(lambda: database.execute(f"SELECT {', '.join(sums)} FROM '{log}'").fetchall())


def evidently(train: str, log: str) -> dict[str, float]:
    """Evidently's preset for drift, of rows that are in memory already."""
    import warnings
    from glob import glob

    import pandas as pd

    warnings.filterwarnings("ignore")
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    columns = [*NUMBERS, *WORDS]
    reference = pd.read_parquet(train, columns=columns)
    files = sorted(glob(log))  # noqa: PTH207
    current = pd.concat([pd.read_parquet(file, columns=columns) for file in files], ignore_index=True)
    definition = DataDefinition(numerical_columns=NUMBERS, categorical_columns=WORDS)

    def report() -> None:
        sides = [Dataset.from_pandas(part, data_definition=definition) for part in (current, reference)]
        Report([DataDriftPreset()]).run(*sides).dict()

    return timed(report, times=1)


def run(which: str, folder: Path, log: str) -> dict[str, float]:
    """Run one of them in a process of its own."""
    python = PYTHON if which == "evidently" else sys.executable
    command = [python, __file__, "--work", which, f"{folder}/train.parquet", log]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def main(*sizes: int) -> None:
    for rows in sizes or (1_000_000, 20_000_000):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            log = write(folder, rows)
            files = list(folder.glob("log*"))
            size = sum(file.stat().st_size for file in files) / 1e9
            print(f"{rows:,} rows × 20 columns, {size:.1f} GB of Parquet in {len(files)} files")
            with_peer = rows <= 1_000_000 and (sys.executable != PYTHON or find_spec("evidently") is not None)
            names = ("bare", "ours", *(["evidently"] * with_peer))
            told = {which: run(which, folder, log) for which in names}
            for which, one in told.items():
                ratios = [told["ours"][clock] / one[clock] for clock in ("clock", "processor")]
                print(
                    f"  {which:9} {one['clock']:7.2f} s by the clock, {one['processor']:7.2f} s of processor "
                    f"and {one['memory']:6,.0f} MB; ours takes {ratios[0]:.2f} and {ratios[1]:.2f} of it",
                    flush=True,
                )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        print(json.dumps(globals()[sys.argv[2]](*sys.argv[3:])))
    else:
        main(*map(int, sys.argv[1:]))
