"""A log in one statement: its rows by bin and by period of time.

Every value becomes the number of a cell; GROUPING SETS then count the cells of all columns in one pass. The
numbers of different columns and periods do not meet (see :mod:`_answers`): one column of the answer holds
them all, and engines group by one key faster than by two.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.errors._scan_columns import exactly, kind_of, level_text, number
from ladder_widgets.monitor._answers import PRESENT, STEP, Asked, read_answers
from ladder_widgets.monitor.baseline import Baseline, FeatureBaseline
from ladder_widgets.monitor.counts import DELAY_STEPS, DELAY_UNIT, Counts
from ladder_widgets.monitor.engine import Engine
from ladder_widgets.monitor.grid import Grid
from ladder_widgets.monitor.log import ProductionLog

__all__ = ["count", "statements"]

#: Grouping sets in a statement; for more columns the table is read again.
SETS = 60


def count(log: ProductionLog, baseline: Baseline, every: int) -> Counts:
    """Count a log in the bins of training.

    Parameters
    ----------
    log : ProductionLog
    baseline : Baseline
    every : int
        Length of a period in ms.

    Raises
    ------
    ModuleNotFoundError
        Without Ibis and DuckDB.
    ValueError
        If no row has a time, or the times make more than 100,000 periods.
    """
    counter = _Counter(log.engine, baseline, every)
    answers = [counter.engine.run(query, types) for query, types in counter.statements()]
    asked = Asked(counter.numbers, counter.words, len(counter.scores), counter.label is not None)
    return read_answers(pd.concat(answers, ignore_index=True), asked, baseline, every, counter.latest())


def statements(log: ProductionLog, baseline: Baseline, every: int) -> list[str]:
    """Return what :func:`count` asks the engine, in its own SQL."""
    return [query for query, _ in _Counter(log.engine, baseline, every).statements()]


class _Counter:
    """The statement for one log, and what its answer means."""

    def __init__(self, engine: Engine, baseline: Baseline, every: int) -> None:
        self.engine, self.baseline, self.every = engine, baseline, every
        self.asked = engine.milliseconds("timestamp")
        self.arrived = engine.milliseconds("label_timestamp")
        self.delayed = self.asked is not None and self.arrived is not None
        self.label = engine.role("label")
        there = [f for f in baseline.features.values() if f.name in engine.columns]
        self.numbers = [f for f in there if f.grid is not None or not f.counted]
        self.words = [f for f in there if f.grid is None and f.counted]
        found = engine.scores([s.label for s in baseline.scores])
        self.scores = found if len(found) == len(baseline.scores) else []

    # ---- asking ------------------------------------------------------------------------------

    def statements(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """SQL statements with the types of their columns: one, unless there are very many columns."""
        cells = self._cells()
        columns = {"w": self._period(), "y": self._label(), "d": self._delay()}
        columns |= {f"k{place}": cell for place, cell in enumerate(cells)}
        columns |= {
            f"t{place}": level_text(self.engine.column(feature.name))
            for place, feature in enumerate(self.words)
        }
        table = self.engine.table.select(**columns)
        types = {"code": "float64", "n": "int64", **table.schema()}
        inner, sets = self.engine.sql(table), self._sets(len(cells) - 1)
        for start in range(0, len(sets), SETS):
            columns_out, query = _statement(inner, sets[start : start + SETS])
            yield query, {name: types[name] for name in columns_out}

    def _sets(self, n_cells: int) -> list[tuple[str, ...]]:
        of_numbers = len(self.numbers)
        by_label = [(f"k{place}", "y") for place in (0, *range(of_numbers + 1, n_cells + 1))]
        plain = [(f"k{place}",) for place in range(1, of_numbers + 1)]
        words = [("w", f"t{place}") for place in range(len(self.words))]
        return [*by_label, *plain, *words, *([("w", "d", "y")] if self.delayed else [])]

    def _cells(self) -> list[Any]:
        """Number of the cell of every row, of every column of numbers and of every score."""
        numbers = [(_value(self.engine.column(f.name), f), f.grid or PRESENT) for f in self.numbers]
        scores = [
            (_number(column), score.grid)
            for column, score in zip(self.scores, self.baseline.scores, strict=bool(self.scores))
        ]
        gridded = [*numbers, *scores]
        period = self._period() * exactly(float(STEP * (1 + len(gridded))))
        return [period] + [
            period + (_cell(value, grid) + exactly(float(place * STEP)))
            for place, (value, grid) in enumerate(gridded, start=1)
        ]

    def _period(self) -> Any:
        if self.asked is None:
            return exactly(0.0)
        return _floor()(self.asked / exactly(float(self.every)))

    def _label(self) -> Any:
        return exactly(0.0) if self.label is None else self.label

    def _delay(self) -> Any:
        if not self.delayed or self.label is None:
            return exactly(0.0)
        waited = self.arrived - self.asked
        waited = (waited + waited.abs()) / exactly(2 * DELAY_UNIT)  # a label before its row waited 0
        delay = _floor()((waited + exactly(1.0)).ln() * exactly(DELAY_STEPS))
        return self.label.notnull().ifelse(delay, None)

    def latest(self) -> int:
        """The latest time that the log knows of, in ms since 1970 UTC; 0 without times."""
        times = {"asked": self.asked, "arrived": self.arrived}
        known = {name: time.max() for name, time in times.items() if time is not None}
        if not known:
            return 0
        found = self.engine.answer(self.engine.table.aggregate(**known)).iloc[0].dropna().astype(float)
        if found.empty:
            return 0
        # A label of the year 2099 is a slip: every window would look old enough for its labels.
        return int(min(found.max(), max(time.time() * 1000, found.get("asked", 0.0))))


def _statement(inner: str, sets: list[tuple[str, ...]]) -> tuple[list[str], str]:
    used = sorted({name for one in sets for name in one})
    cells = [name for name in used if name.startswith("k")]
    kept = [name for name in used if name not in cells]
    code = f"COALESCE({', '.join([*cells, 'NULL'])})" if cells else "NULL"
    listed = ", ".join(f"({', '.join(one)})" for one in sets)
    query = (
        f"SELECT {', '.join(kept)}, {code} AS code, COUNT(*) AS n FROM ({inner}) AS cells "
        f"GROUP BY GROUPING SETS ({listed})"
    )
    return [*kept, "code", "n"], query


def _value(column: Any, feature: FeatureBaseline) -> Any:
    if not feature.counted:
        return column.notnull().ifelse(exactly(0.0), None)
    return _number(column)


def _number(column: Any) -> Any:
    """Float64 of a column of any type: null where it says no number; NaN and infinity stay."""
    kind = kind_of(column)
    if kind == "datetime":
        return number(column)
    if kind == "category":
        return column.try_cast("float64")
    return column.cast("float64") if kind is not None else exactly(np.nan)


def _cell(value: Any, grid: Grid) -> Any:
    """Return the arithmetic of :meth:`Grid.cells` as an expression; null where missing or infinite."""
    distance = value - exactly(grid.center)
    ratio = exactly(float(grid.size)) * distance / (exactly(grid.scale) + distance.abs())
    return _floor()(ratio.nullif(exactly(np.nan)))


@cache
def _floor() -> Any:
    """Return the engine's own floor: Ibis makes a whole number of it, which infinity is not."""
    import ibis

    def floor(value: float) -> float: ...  # type: ignore[empty-body]

    return ibis.udf.scalar.builtin(floor, name="floor", signature=(("float64",), "float64"))
