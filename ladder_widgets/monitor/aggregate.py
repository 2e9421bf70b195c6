"""Counting a log in the bins of training: in this process, or where it lies."""

from __future__ import annotations

from ladder_widgets.monitor import _statement
from ladder_widgets.monitor._batches import batches, is_embedded
from ladder_widgets.monitor._tables import counts_of
from ladder_widgets.monitor._tally import Tally
from ladder_widgets.monitor.baseline import Baseline
from ladder_widgets.monitor.counts import Counts
from ladder_widgets.monitor.log import ProductionLog
from ladder_widgets.monitor.plan import Plan

__all__ = ["count", "statements"]


def count(log: ProductionLog, baseline: Baseline, every: int, *, marked: bool = False) -> Counts:
    """Count a log in the bins of training.

    Files, frames, Arrow datasets and tables of DuckDB are read and counted some rows at a time, in
    bounded memory; other engines count by one statement of SQL, and only counts come back. Both give the
    same.

    Parameters
    ----------
    log : ProductionLog
    baseline : Baseline
    every : int
        Length of a period in ms.
    marked : bool
        Whether the batch is to be known again, see :attr:`Counts.mark`: it costs a fifth more.

    Raises
    ------
    ModuleNotFoundError
        Without Ibis and DuckDB.
    ValueError
        If no row has a time, the times make more than 100,000 periods, or a file cannot be read.
    """
    engine = log.engine
    plan = Plan.of(engine, baseline, every)
    if not is_embedded(engine):
        return counts_of(_statement.count_there(engine, plan, marked=marked), plan)
    tally = Tally(plan, marked=marked)
    for batch in batches(engine, plan):
        tally.add(batch)
    return counts_of(tally.told(), plan)


def statements(log: ProductionLog, baseline: Baseline, every: int) -> list[str]:
    """Return what an engine elsewhere is asked, in its own SQL."""
    return _statement.statements(log.engine, Plan.of(log.engine, baseline, every))
