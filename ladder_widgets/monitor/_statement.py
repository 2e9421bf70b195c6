"""Counting a log where it lies: one statement that groups rows by cell and by period of time.

Every value becomes the number of a cell; GROUPING SETS then count the cells of all columns in one pass. The
numbers of different columns and periods do not meet: one column of the answer holds them all, and engines
group by one key faster than by two. A row in cell c of the p-th of C columns and in period w has the number
``(w C + p) STEP + c``; the 0-th are all rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.errors._scan_columns import exactly
from ladder_widgets.monitor import _expressions as expressions
from ladder_widgets.monitor._tables import SLOW, Tables, too_many
from ladder_widgets.monitor.counts import N_DELAYS
from ladder_widgets.monitor.engine import Engine
from ladder_widgets.monitor.grid import FINE
from ladder_widgets.monitor.plan import DIGITS, Plan
from ladder_widgets.monitor.truth import label_codes

__all__ = ["count_there", "statements"]

#: Room for the cells of a column: those of the finest grid, on both sides of its center.
STEP = 4 * FINE
#: Grouping sets in a statement; for more columns the table is read again.
SETS = 60


@dataclass(frozen=True)
class _Column:
    """A column of cells.

    Attributes
    ----------
    key : str
        What it counts: ``rows``, or a feature or a score of the plan.
    cell : Ibis expression
        Float64, null where missing.
    role : str or None
        What its cells are counted by: the label, or the prediction.
    """

    key: str
    cell: Any
    role: str | None = None


def count_there(engine: Engine, plan: Plan, *, marked: bool) -> Tables:
    """Count a log where it lies; parameters are those of :class:`Tally`."""
    asking = _Asking(engine, plan)
    answers = [engine.run(query, types) for query, types in asking.statements()]
    periods, rest = asking.periods(marked=marked)
    return _Answer(pd.concat(answers, ignore_index=True), asking, periods).tables(rest)


def statements(engine: Engine, plan: Plan) -> list[str]:
    """Return what :func:`count_there` asks the engine, in its own SQL."""
    asking = _Asking(engine, plan)
    cells = [query for query, _ in asking.statements()]
    return [*cells, engine.sql(asking.by_period(marked=False))]


class _Asking:
    """Columns of cells, and the statements that count them."""

    def __init__(self, engine: Engine, plan: Plan) -> None:
        self.engine, self.plan = engine, plan
        self.times = {
            role: engine.milliseconds(self._column(role))
            for role in ("timestamp", "label_timestamp")
            if role in plan.columns
        }
        self.roles: list[str] = [role for role in ("label", "prediction") if role in plan.columns]
        cells = {key: self._cell(key) for key in (*plan.features, *plan.scores)}
        self.columns = [_Column("rows", exactly(0.0))]
        self.columns += [_Column(key, cells[key]) for key in plan.features]
        for role in self.roles:
            self.columns += [_Column("rows", exactly(0.0), role)]
            self.columns += [_Column(key, cells[key], role) for key in plan.scores]
        if not self.roles:
            self.columns += [_Column(key, cells[key]) for key in plan.scores]
        self.cells = cells

    def _column(self, key: str) -> Any:
        return self.engine.table[self.plan.columns[key].name]

    def _cell(self, key: str) -> Any:
        wanted, column = self.plan.columns[key], self._column(key)
        if wanted.use == "gap":
            return column.notnull().ifelse(exactly(0.0), None)
        if wanted.use == "level":
            return expressions.place(column, wanted.levels)
        grid = self.plan.grid(key)
        assert grid is not None
        return expressions.cell(expressions.value(column), grid)

    def period(self) -> Any:
        """Number of the period of each row; null without a time."""
        asked = self.times.get("timestamp")
        return exactly(0.0) if asked is None else expressions.floor()(asked / exactly(float(self.plan.every)))

    # ---- cells ---------------------------------------------------------------------------------

    def statements(self) -> list[tuple[str, dict[str, Any]]]:
        """SQL statements with the types of their columns: one, unless there are very many columns."""
        base = self.period() * exactly(float(STEP * len(self.columns)))
        columns = {
            f"k{place}": base + (column.cell + exactly(float(place * STEP)))
            for place, column in enumerate(self.columns)
        }
        columns |= {role: self._column(role) for role in self.roles}
        sets = [
            (f"k{place}", *([] if column.role is None else [column.role]))
            for place, column in enumerate(self.columns)
        ]
        if self.plan.delayed:
            wait = expressions.waited(self.times["timestamp"], self.times["label_timestamp"])
            columns |= {"w": self.period(), "d": expressions.delay(wait)}
            sets += [("w", "d", "label")]
        table = self.engine.table.select(**columns)
        types = {"code": "float64", "n": "int64", **table.schema()}
        inner = self.engine.sql(table)
        told = [_statement(inner, sets[start : start + SETS]) for start in range(0, len(sets), SETS)]
        return [(query, {name: types[name] for name in names}) for names, query in told]

    # ---- periods -------------------------------------------------------------------------------

    def by_period(self, *, marked: bool) -> Any:
        """Return one row per period, with its latest times, as an expression."""
        nothing = exactly(-np.inf)
        asked, arrived = (self.times.get(role, nothing) for role in ("timestamp", "label_timestamp"))
        slow = exactly(0.0)
        if len(self.times) == 2:
            slow = (expressions.waited(asked, arrived) > exactly(SLOW)).ifelse(exactly(1.0), exactly(0.0))
        mark = self._mark() if marked else exactly(0.0)
        high = expressions.floor()(mark / exactly(float(DIGITS)))
        rows = self.engine.table.select(
            w=self.period(),
            asked=asked,
            arrived=arrived,
            quick=(slow > exactly(0.0)).ifelse(None, arrived),
            came=arrived.notnull().ifelse(exactly(1.0), exactly(0.0)),
            slow=slow,
            high=high,
            low=mark - high * exactly(float(DIGITS)),
        )
        return rows.group_by("w").aggregate(
            n=rows.count(),
            **{name: rows[name].max() for name in ("asked", "quick", "arrived")},
            **{name: rows[name].sum() for name in ("came", "slow")},
            **{name: rows[name].cast("int64").sum() for name in ("high", "low")},
        )

    def periods(self, *, marked: bool) -> tuple[pd.DataFrame, dict[str, int]]:
        """One row per period, with its latest times; and what concerns the whole log."""
        found = self.engine.answer(self.by_period(marked=marked))
        timed = found["w"].notna().to_numpy()
        table = found[timed].sort_values("w", ignore_index=True)
        rest = {
            "untimed": int(found.loc[~timed, "n"].sum()),
            "arrivals": int(table["came"].sum()) if "label_timestamp" in self.times else 0,
            "slow": int(table["slow"].sum()),
            "mark": sum(int(one) for one in table["high"]) * DIGITS + sum(int(one) for one in table["low"]),
        }
        return table, rest

    def _mark(self) -> Any:
        """The square of a number that a row has by its cells and times; see :attr:`Counts.mark`."""
        total = exactly(0.0)
        for key, cell in self.cells.items():
            total = total + self._marked(key, cell) * exactly(self.plan.factor(key))
        digits = exactly(float(DIGITS))
        for role, time in self.times.items():
            known = time.fill_null(exactly(0.0))
            rest = known - expressions.floor()(known / digits) * digits
            total = total + rest * exactly(self.plan.factor(role))
        rest = total - expressions.floor()(total / digits) * digits
        return rest * rest

    def _marked(self, key: str, cell: Any) -> Any:
        """A number as :class:`Tally` has it, also where there is none."""
        grid = self.plan.grid(key)
        if grid is None:
            return cell.fill_null(exactly(float(self.plan.n_bins(key))))
        return cell.fill_null(exactly(grid.size + 1.0)) + exactly(grid.size + 1.0)


def _statement(inner: str, sets: list[tuple[str, ...]]) -> tuple[list[str], str]:
    used = sorted({name for one in sets for name in one})
    cells = [name for name in used if name.startswith("k")]
    kept = [name for name in used if name not in cells]
    code = f"COALESCE({', '.join([*cells, 'NULL'])})" if cells else "NULL"
    listed = ", ".join(f"({', '.join(one)})" for one in sets)
    selected = ", ".join([*kept, f"{code} AS code", "COUNT(*) AS n"])
    return [
        *kept,
        "code",
        "n",
    ], f"SELECT {selected} FROM ({inner}) AS cells GROUP BY GROUPING SETS ({listed})"


class _Answer:
    """The rows of an answer, by what they count."""

    def __init__(self, answer: pd.DataFrame, asking: _Asking, periods: pd.DataFrame) -> None:
        self.asking, self.plan, self.periods = asking, asking.plan, periods
        self.numbers = periods["w"].to_numpy(dtype=float)
        too_many(len(self.numbers))
        code = answer["code"].to_numpy(dtype=float, na_value=np.nan)
        self.coded = np.flatnonzero(np.isfinite(code))
        place = np.floor((code[self.coded] + STEP / 2) / STEP).astype(np.int64)
        self.cell = code[self.coded] - STEP * place
        self.column, number = place % len(asking.columns), place // len(asking.columns)
        self.period = np.searchsorted(self.numbers, number)
        self.n = answer["n"].to_numpy(dtype=np.int64)
        self.answer = answer
        classes = list(self.plan.baseline.classes)
        self.codes = {role: label_codes(answer[role], classes) + 1 for role in asking.roles}

    def _table(self, period: np.ndarray, flat: np.ndarray, width: int, n: np.ndarray) -> np.ndarray:
        counted = np.bincount(period * width + flat, weights=n, minlength=len(self.numbers) * width)
        return counted.astype(np.int64).reshape(len(self.numbers), width)

    def tables(self, rest: dict[str, int]) -> Tables:
        """Return what was counted, with the missing values: they are in no cell."""
        counted: dict[str, np.ndarray] = {}
        for place, column in enumerate(self.asking.columns):
            where = np.flatnonzero(self.column == place)
            key = column.key if column.role is None else f"{column.role} {column.key}"
            counted[key] = self._column(column, where)
        for role in self.asking.roles:
            counted[role] = counted.pop(f"{role} rows")
        for column in self.asking.columns:
            if column.key != "rows":
                self._close(counted, column)
        if self.plan.delayed:
            counted["delay"] = self._delays()
        latest = [self.periods[name].to_numpy(dtype=float) for name in ("asked", "quick", "arrived")]
        return Tables(
            periods=self.numbers.astype(np.int64),
            counted=counted,
            latest=np.nan_to_num(np.stack(latest), nan=-np.inf, posinf=-np.inf, neginf=-np.inf),
            **rest,
        )

    def _column(self, column: _Column, where: np.ndarray) -> np.ndarray:
        n, period = self.n[self.coded[where]], self.period[where]
        sides = 1
        if column.key == "rows":
            bins, width = np.zeros(len(where), np.int64), 1
        else:
            bins, width = self._bins(column.key, self.cell[where]), self.plan.n_bins(column.key) + 1
        if column.role is not None:
            codes = self.codes[column.role][self.coded[where]]
            side, sides = self._sides(column.key, codes)
            bins = bins * sides + side
        return self._table(period, bins, width * sides, n)

    def _bins(self, key: str, cells: np.ndarray) -> np.ndarray:
        grid = self.plan.grid(key)
        return cells.astype(np.int64) if grid is None else grid.bins_of(cells)

    def _sides(self, key: str, codes: np.ndarray) -> tuple[np.ndarray, int]:
        n_classes = len(self.plan.baseline.classes)
        if key == "rows":
            return codes, n_classes + 1
        own = self.plan.baseline.classes.index(self.plan.scores[key].label)
        return np.where(codes == 0, 0, np.where(codes == own + 1, 2, 1)), 3

    def _close(self, counted: dict[str, np.ndarray], column: _Column) -> None:
        """Put the rest of the rows into the last bin."""
        width = self.plan.n_bins(column.key) + 1
        if column.role is None:
            table = counted[column.key].reshape(-1, width, 1)
            every = counted["rows"]
        else:
            table = counted[f"{column.role} {column.key}"].reshape(-1, width, 3)
            codes = np.arange(len(self.plan.baseline.classes) + 1)
            side, _ = self._sides(column.key, codes)
            every = counted[column.role] @ (side[:, None] == np.arange(3)[None, :]).astype(np.int64)
        table[:, -1] += every - table.sum(axis=1)

    def _delays(self) -> np.ndarray:
        delay = self.answer["d"].to_numpy(dtype=float, na_value=np.nan)
        number = self.answer["w"].to_numpy(dtype=float, na_value=np.nan)
        codes = self.codes["label"]
        where = np.flatnonzero(np.isfinite(delay) & np.isfinite(number) & (codes > 0))
        n_classes = len(self.plan.baseline.classes)
        flat = np.minimum(delay[where], N_DELAYS - 1).astype(np.int64) * n_classes + codes[where] - 1
        period = np.searchsorted(self.numbers, number[where])
        return self._table(period, flat, N_DELAYS * n_classes, self.n[where])
