"""Counting a log in the bins of training: in this process, or where it lies."""

from __future__ import annotations

from dataclasses import replace

from ladder_widgets.monitor import _statement
from ladder_widgets.monitor._batches import batches, is_embedded
from ladder_widgets.monitor._tables import counts_of
from ladder_widgets.monitor._tally import Tally
from ladder_widgets.monitor.baseline import Baseline
from ladder_widgets.monitor.counts import Counts
from ladder_widgets.monitor.log import ProductionLog
from ladder_widgets.monitor.plan import Plan
from ladder_widgets.query import QueryPlan, plan_of

__all__ = ["count", "explain"]

#: What is said above statements that this process answers by itself.
HERE = "-- Read in batches and counted in this process, in bounded memory; these statements count the same."


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


def explain(log: ProductionLog, baseline: Baseline, every: int) -> QueryPlan:
    """Return the statements that count a log, and DuckDB's plan of them, without running them.

    What an embedded DuckDB, files and frames hold is counted by this process batch by batch: the statements
    say the same, and a note above them says so.
    """
    engine = log.engine
    told = plan_of(engine.backend, *_statement.statements(engine, Plan.of(engine, baseline, every)))
    return replace(told, sql=f"{HERE}\n{told.sql}") if is_embedded(engine) else told
