"""The whole ladder in one process and over each backend, on the same rows, in turn, in one run.

python -m benchmarks.backends [rows] [max_rows, or 0 for all]

Processor seconds are those of this process and of its workers.
"""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager

import psutil
from distributed import Client, LocalCluster

from benchmarks.ladder_vs_script import fitted_model
from benchmarks.tables import mixed_table
from ladder_widgets import run_ladder
from ladder_widgets.workers import Workers

WAYS = ({}, {"n_jobs": 2}, {"backend": "loky"}, {"backend": "threading"}, {"backend": "dask"})


def processor_seconds() -> float:
    """Of this process and all it has started that still run."""
    here = psutil.Process()
    times = [process.cpu_times() for process in (here, *here.children(recursive=True))]
    return sum(each.user + each.system for each in times)


@contextmanager
def cluster():
    """Two worker processes on this machine."""
    where = dict(n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None)
    with LocalCluster(**where) as workers, Client(workers):
        yield


def wake(way) -> None:
    """Start the workers and let them import: what a second climb in a session no longer pays."""
    workers = Workers(**way)
    model = fitted_model(*mixed_table(1000, 4))
    for _ in workers.each(type(model).get_params, lambda k: (model,), 8, ""):
        pass


def main(rows: int = 200_000, max_rows: int | None = None) -> None:
    X, y = mixed_table(rows, 20)
    model = fitted_model(X[:20_000], y[:20_000])
    options = {} if max_rows is None else {"max_rows": max_rows or None}
    with cluster():
        base = None
        for way in WAYS:
            wake(way)
            start, used = time.perf_counter(), processor_seconds()
            report = run_ladder(model, X, y, **options, **way)
            wall, used = time.perf_counter() - start, processor_seconds() - used
            base = base or (wall, used)
            said = ", ".join(f"{name}={value!r}" for name, value in way.items()) or "one process"
            print(
                f"{said:22} {wall:6.1f} s ({wall / base[0]:.2f} ×)   {used:6.1f} processor seconds "
                f"({used / base[1]:.2f} ×)   folds {sum(report.rungs[n].seconds for n in (0, 1, 2, 3)):.1f} s"
            )


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
