"""A look at the log of a climb, with validation as the reference."""

from __future__ import annotations

import numpy as np

from ladder_widgets.case import Case
from ladder_widgets.monitor.aggregate import count
from ladder_widgets.monitor.learning import bare_baseline, with_scores
from ladder_widgets.monitor.log import ROLES, ProductionLog
from ladder_widgets.monitor.look import look
from ladder_widgets.monitor.times import period_of
from ladder_widgets.monitor.triggers import Triggers
from ladder_widgets.monitor.watch import Limits, Watch

__all__ = ["watch_case"]

#: Windows that a log is cut into at least, from lengths that people think in.
PERIODS = 12
_HOUR = 3_600_000
LENGTHS = (_HOUR, 6 * _HOUR, 24 * _HOUR, 7 * 24 * _HOUR, 28 * 24 * _HOUR)
MIN_ROWS = 500


def watch_case(case: Case) -> Watch | None:
    """Look at the production log of a case, window by window; None without one.

    The log's own monitor looks, if it has one. Otherwise features are compared with the training rows where
    they were given, and scores with the validation rows.

    Raises
    ------
    ModuleNotFoundError
        Without Ibis and DuckDB.
    """
    production = case.production
    if production is None:
        return None
    if production.log.monitor is not None:
        return production.log.monitor.check(production.log)
    reference = case.reference
    baseline = bare_baseline(reference.table.data, reference.table, [])
    answer = case.try_scores() if "score" in production.roles else None  # a climb needs no scores
    if answer is not None:
        val = case.val
        baseline = with_scores(
            baseline, val.table.data, answer.proba, val.y, case.classes, case.positive, answer.predicted
        )
    roles = {role: production.roles.get(role) for role in ROLES}
    log = ProductionLog(production.log, features=production.table.names, **roles)
    every = _length(production.timestamp)
    counts = count(log, baseline, period_of(every))
    return look(baseline, counts, log, Limits(), MIN_ROWS, Triggers.default(), every)


def _length(times: np.ndarray | None) -> int:
    """The longest length of a window that makes at least a dozen of the log, in ms."""
    if times is None or np.isnat(times).all():
        return LENGTHS[-1]
    span = int((np.nanmax(times) - np.nanmin(times)) / np.timedelta64(1, "ms"))
    fitting = [length for length in LENGTHS if span >= PERIODS * length]
    return max(fitting, default=LENGTHS[0])
