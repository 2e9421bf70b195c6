"""A look at counts: windows, drift, truth, and some rows of the latest window."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pandas as pd

from ladder_widgets.finding import Status
from ladder_widgets.monitor.baseline import Baseline
from ladder_widgets.monitor.causes import causes
from ladder_widgets.monitor.counts import Counts
from ladder_widgets.monitor.log import ProductionLog
from ladder_widgets.monitor.memory import Memory
from ladder_widgets.monitor.performance import performance
from ladder_widgets.monitor.rows import some_rows
from ladder_widgets.monitor.schema import SchemaReport
from ladder_widgets.monitor.triggers import Triggers
from ladder_widgets.monitor.watch import Limits, Watch
from ladder_widgets.monitor.windows import Drift, cut, measure_drift

__all__ = ["look"]

#: Violations that time alone brings about.
GOES_ON = ("range", "domain", "format")


def look(
    baseline: Baseline,
    counts: Counts,
    log: ProductionLog | None,
    limits: Limits,
    min_rows: int,
    triggers: Triggers,
    every: int,
    memory: Memory | None = None,
) -> Watch:
    """Compare counts with training, window by window.

    Parameters
    ----------
    baseline : Baseline
    counts : Counts
        By period.
    log : ProductionLog or None
        Where some rows of the latest window are taken from; None looks at counts only.
    limits : Limits
    min_rows : int
        Rows of a window.
    triggers : Triggers
    every : int
        Length of a window in ms.
    memory : Memory, optional
        Of earlier looks at the same log.
    """
    memory = memory or Memory()
    memory.turn()
    began = time.perf_counter()
    groups = cut(counts, min_rows, every)
    windows = counts.merged(groups, every)
    ends = np.append(windows.starts[1:], counts.starts[-1] // every * every + every)
    shifts = measure_drift(baseline, windows, limits.psi, memory)
    truth = None
    if windows.axes and baseline.reference is not None and baseline.reference.axes:
        truth = performance(counts, baseline.reference, groups=groups, every=every, memory=memory)
    rows = None if log is None else _latest(baseline, log, windows, ends)
    return Watch(
        baseline=baseline,
        counts=windows,
        ends=ends,
        shifts=shifts,
        truth=truth,
        schema=None if rows is None else _schema(baseline, rows),
        causes={} if rows is None else causes(baseline, rows, _moved(shifts)),
        limits=limits,
        triggers=triggers,
        rows=rows,
        seconds=time.perf_counter() - began,
    )


def _latest(baseline: Baseline, log: ProductionLog, windows: Counts, ends: np.ndarray) -> pd.DataFrame | None:
    """Some rows of the latest window; None where the log has none of it, as a batch that came late."""
    names = log.feature_names(baseline.features)
    rows = some_rows(log.engine, names, int(windows.starts[-1]), int(ends[-1]), int(windows.rows[-1]))
    return rows if len(rows) else None


def _schema(baseline: Baseline, rows: pd.DataFrame) -> SchemaReport:
    """Check some rows; that a calendar or a counter goes on is no violation."""
    report = baseline.schema.check(rows)
    restless = {name for name, feature in baseline.features.items() if not feature.told}
    kept = tuple(v for v in report.violations if v.column not in restless or v.kind not in GOES_ON)
    return replace(report, violations=kept)


def _moved(shifts: Drift) -> list[str]:
    """Features that moved in the latest window."""
    status = shifts.status()[:, -1]
    return [name for name, one in zip(shifts.names, status, strict=True) if one != Status.PASS.value]
