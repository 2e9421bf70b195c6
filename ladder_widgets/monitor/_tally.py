"""Counting batches of rows in numpy: bins by period, with the labels and decisions of scored rows.

It gives what the statement of :mod:`_statement` does, of the same cells.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ladder_widgets.monitor import _arrow as arrow
from ladder_widgets.monitor._tables import SLOW, Tables, too_many
from ladder_widgets.monitor.counts import DELAY_STEPS, DELAY_UNIT, N_DELAYS
from ladder_widgets.monitor.plan import DIGITS, Plan

__all__ = ["Tally"]

#: Rows that are counted at once: so many columns of theirs stay near the processor.
CHUNK = 1 << 16
#: Rows of a stretch of one period, from which a batch is counted stretch by stretch.
STRETCH = 1 << 11
#: Cells per row from which a table of periods and bins is mostly empty.
SPARSE = 16


@dataclass(frozen=True, eq=False)
class _Part:
    """Rows that are counted at once.

    Attributes
    ----------
    rows : slice
        Of the batch.
    periods : ndarray of int64
        Places of the periods among those seen so far.
    local : ndarray or None
        Place of each row's period among ``periods``, ``len(periods)`` without one; None where there is one
        period.
    """

    rows: slice
    periods: np.ndarray
    local: np.ndarray | None

    def count(self, table: _Table, flat: np.ndarray) -> None:
        """Count rows by period and place; ``flat`` has the place of each row."""
        width, n_periods = table.width, len(self.periods)
        if self.local is None:
            table.add(self.periods, np.bincount(flat, minlength=width)[None, :])
            return
        both = self.local * width + flat
        if n_periods * width <= SPARSE * len(flat):
            counted = np.bincount(both, minlength=(n_periods + 1) * width).reshape(-1, width)
            table.add(self.periods, counted[:n_periods])
            return
        found, counts = np.unique(both, return_counts=True)
        kept = found < n_periods * width
        table.add_some(self.periods[found[kept] // width], found[kept] % width, counts[kept])

    def largest(self, values: np.ndarray) -> np.ndarray:
        """Largest of the values of each period, −inf without; NaN is left out."""
        if self.local is None:
            return np.array([np.fmax.reduce(values, initial=-np.inf)])
        found = np.full(len(self.periods) + 1, -np.inf)
        np.fmax.at(found, self.local, values)
        return found[:-1]


class _Table:
    """Rows by period and place, or the latest time of a period; periods come as they are met."""

    def __init__(self, width: int, empty: float = 0) -> None:
        self.width, self.empty = width, empty
        self.values = np.full((16, width), empty)

    def reach(self, n_periods: int) -> None:
        """Have room for so many periods."""
        if n_periods > len(self.values):
            rows = max(n_periods, 2 * len(self.values)) - len(self.values)
            self.values = np.concatenate([self.values, np.full((rows, self.width), self.empty)])

    def add(self, periods: np.ndarray, counts: np.ndarray) -> None:
        self.values[periods] += counts

    def add_some(self, periods: np.ndarray, places: np.ndarray, counts: np.ndarray) -> None:
        self.values[periods, places] += counts

    def raise_to(self, periods: np.ndarray, values: np.ndarray) -> None:
        self.values[periods, 0] = np.maximum(self.values[periods, 0], values)

    def told(self, order: np.ndarray) -> np.ndarray:
        self.reach(len(order))
        return self.values[order]


class Tally:
    """Counts of the batches it is given.

    Parameters
    ----------
    plan : Plan
    marked : bool
        Whether rows are told apart from others that fall into the same bins, see :attr:`Counts.mark`.
    """

    def __init__(self, plan: Plan, *, marked: bool) -> None:
        self.plan, self.marked, self.mark = plan, marked, 0
        self.untimed = self.arrivals = self.slow = 0
        self.coders: dict[str, arrow.Coder] = {
            key: arrow.Levels(wanted.levels) for key, wanted in plan.columns.items() if wanted.use == "level"
        }
        self.coders |= {
            key: arrow.Labels(plan.baseline.classes)
            for key, wanted in plan.columns.items()
            if wanted.use == "label"
        }
        n_classes = len(plan.baseline.classes)
        self.sided: list[str] = [role for role in ("label", "prediction") if role in plan.columns]
        self.tables = {"rows": _Table(1)}
        self.tables |= {key: _Table(plan.n_bins(key) + 1) for key in plan.features}
        self.tables |= {key: _Table(plan.n_bins(key) + 1) for key in plan.scores}
        self.tables |= {role: _Table(n_classes + 1) for role in self.sided}
        self.tables |= {
            f"{role} {key}": _Table(3 * (plan.n_bins(key) + 1)) for role in self.sided for key in plan.scores
        }
        self.tables |= {"delay": _Table(N_DELAYS * n_classes)} if plan.delayed else {}
        self.periods: dict[int, int] = {}
        self.latest = [_Table(1, -np.inf) for _ in range(3)]
        self.grids = {key: plan.grid(key) for key in (*plan.features, *plan.scores)}
        self.look_up = {key: grid.bin_of_place for key, grid in self.grids.items() if grid is not None}
        self.look_up |= {key: np.arange(2) for key, one in plan.columns.items() if one.use == "gap"}
        self._memory = np.empty((3, CHUNK))
        self._places = np.empty((2, CHUNK), np.int64)

    # ---- batches -----------------------------------------------------------------------------

    def add(self, batch: dict[str, Any]) -> None:
        """Count a batch: columns of Arrow by key."""
        n_rows = len(next(iter(batch.values())))
        with np.errstate(invalid="ignore", over="ignore"):
            self._add(batch, n_rows)

    def _add(self, batch: dict[str, Any], n_rows: int) -> None:
        values = {key: self._values(key, column) for key, column in batch.items()}
        period = self._period(values, n_rows)
        for part in self._parts(period, n_rows):
            self._count(values, part)

    def _values(self, key: str, column: Any) -> Any:
        use = self.plan.columns[key].use
        if use == "number":
            return arrow.numbers(column)
        if use == "gap":
            return arrow.Held(np.asarray(column.to_numpy(zero_copy_only=False)).astype(np.int64))
        if use == "time":
            return arrow.milliseconds(column)
        if use == "label":
            return self.coders[key].codes(column)
        places, self.look_up[key] = self.coders[key].placed(column)
        return places

    def _period(self, values: dict[str, Any], n_rows: int) -> np.ndarray:
        """Number of the period of each row: NaN without a time."""
        asked = values.get("timestamp")
        return np.zeros(n_rows) if asked is None else np.floor(asked / float(self.plan.every))

    def _parts(self, period: np.ndarray, n_rows: int) -> Iterator[_Part]:
        """Stretches of one period, where rows come in the order of time; otherwise some thousand rows."""
        ends = np.append(np.flatnonzero(period[1:] != period[:-1]) + 1, n_rows)  # NaN differs from all
        if len(ends) * STRETCH > n_rows + STRETCH * 8:
            yield from self._mixed(period, n_rows)
            return
        starts = np.append(0, ends[:-1])
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            if np.isnan(period[start]):
                self.untimed += end - start
                continue
            known = self._known(period[start : start + 1])
            steps = np.linspace(start, end, -(-(end - start) // CHUNK) + 1).astype(int).tolist()
            for first, last in pairwise(steps):
                yield _Part(slice(first, last), known, None)

    def _mixed(self, period: np.ndarray, n_rows: int) -> Iterator[_Part]:
        for first in range(0, n_rows, CHUNK):
            rows = slice(first, min(n_rows, first + CHUNK))
            distinct, local = np.unique(period[rows], return_inverse=True)
            timed = distinct[np.isfinite(distinct)]
            self.untimed += int((local >= len(timed)).sum())
            yield _Part(rows, self._known(timed), np.minimum(local, len(timed)))

    def _known(self, numbers: np.ndarray) -> np.ndarray:
        """Places of periods, in the order in which they were met."""
        known = self.periods
        found = np.array([known.setdefault(int(one), len(known)) for one in numbers], dtype=np.int64)
        too_many(len(known))
        for table in (*self.tables.values(), *self.latest):
            table.reach(len(known))
        return found

    # ---- parts -------------------------------------------------------------------------------

    def _count(self, values: dict[str, Any], part: _Part) -> None:
        n_rows = part.rows.stop - part.rows.start
        part.count(self.tables["rows"], np.zeros(n_rows, np.int64))
        sides = {role: values[role][part.rows] for role in self.sided}
        for role, codes in sides.items():
            part.count(self.tables[role], codes)
        marks = self._memory[2, :n_rows]
        marks[:] = 0
        for key in self.plan.features:
            self._feature(key, values[key][part.rows], part, marks)
        for key in self.plan.scores:
            self._score(key, values[key][part.rows], part, sides, marks)
        self._times(values, part, sides.get("label"))
        if self.marked:
            self._mark(values, part, marks)

    def _placed(self, key: str, held: arrow.Held, marks: np.ndarray) -> np.ndarray:
        """Places of values in what says their bins: a grid, or a dictionary of levels."""
        placed, spare = self._places[:, : len(held.values)]
        grid, look_up = self.grids[key], self.look_up[key]
        if grid is None:
            np.copyto(placed, held.values)
        else:
            memory = self._memory[:2, : len(placed)]
            np.copyto(placed, grid.places(held.values, *memory), casting="unsafe")
        if held.gaps is not None:  # the last place: it is the largest
            last = len(look_up) - 1
            if grid is None:
                np.clip(placed, 0, last, out=placed)
            np.maximum(placed, np.multiply(held.gaps, last, out=spare, dtype=np.int64), out=placed)
        if self.marked:
            marks += (placed if grid is not None else look_up[placed]) * self.plan.factor(key)
        return placed

    def _feature(self, key: str, values: arrow.Held, part: _Part, marks: np.ndarray) -> None:
        table, bins = self.tables[key], self.look_up[key]
        placed = self._placed(key, values, marks)
        if part.local is not None:
            part.count(table, bins[placed])
            return
        cells = np.bincount(placed, minlength=len(bins))  # the bins of cells, rather than those of rows
        counted = np.bincount(bins, weights=cells, minlength=table.width)
        table.add(part.periods, counted.astype(np.int64)[None, :])

    def _score(
        self, key: str, values: arrow.Held, part: _Part, sides: dict[str, np.ndarray], marks: np.ndarray
    ) -> None:
        bins = self.look_up[key][self._placed(key, values, marks)]
        if not sides:
            part.count(self.tables[key], bins)
        own = self.plan.baseline.classes.index(self.plan.scores[key].label)
        for role, codes in sides.items():
            side = np.full(len(self.plan.baseline.classes) + 1, 1)
            side[0], side[own + 1] = 0, 2
            part.count(self.tables[f"{role} {key}"], bins * 3 + side[codes])

    def _times(self, values: dict[str, Any], part: _Part, labels: np.ndarray | None) -> None:
        """When rows were asked for and their labels came."""
        asked, arrived = (values.get(role) for role in ("timestamp", "label_timestamp"))
        if asked is not None:
            self._later(0, part, asked[part.rows])
        if arrived is None:
            return
        came = arrived[part.rows]
        wait = np.zeros(len(came)) if asked is None else np.maximum(came - asked[part.rows], 0.0)
        slow = wait > SLOW
        self.arrivals += int(np.isfinite(came).sum())
        self.slow += int(slow.sum())
        self._later(1, part, np.where(slow, -np.inf, came) if slow.any() else came)
        self._later(2, part, came)
        if labels is not None and asked is not None:
            self._delays(wait, labels, part)

    def _later(self, which: int, part: _Part, times: np.ndarray) -> None:
        """Keep the latest of some times of each period: floor(−inf) and the like are none."""
        self.latest[which].raise_to(part.periods, part.largest(times))

    def _delays(self, wait: np.ndarray, labels: np.ndarray, part: _Part) -> None:
        known = np.flatnonzero(np.isfinite(wait) & (labels > 0))
        cells = np.floor(np.log(wait[known] / DELAY_UNIT + 1.0) * DELAY_STEPS)
        n_classes = len(self.plan.baseline.classes)
        flat = np.minimum(cells, N_DELAYS - 1).astype(np.int64) * n_classes + labels[known] - 1
        local = None if part.local is None else part.local[known]
        _Part(part.rows, part.periods, local).count(self.tables["delay"], flat)

    def _mark(self, values: dict[str, Any], part: _Part, marks: np.ndarray) -> None:
        for role in ("timestamp", "label_timestamp"):
            if role in values:
                time = np.nan_to_num(values[role][part.rows])
                marks += (time - np.floor(time / DIGITS) * DIGITS) * self.plan.factor(role)
        if part.local is not None:
            marks *= part.local < len(part.periods)
        rest = marks - np.floor(marks / DIGITS) * DIGITS
        squares = (rest * rest).astype(np.int64)
        self.mark += int((squares // DIGITS).sum()) * DIGITS + int((squares % DIGITS).sum())

    # ---- what was counted --------------------------------------------------------------------

    def told(self) -> Tables:
        """Return what was counted, periods in order."""
        numbers = np.array(list(self.periods), dtype=np.int64)
        order = np.argsort(numbers, kind="stable")
        return Tables(
            periods=numbers[order],
            counted={key: table.told(order) for key, table in self.tables.items()},
            latest=np.stack([times.told(order)[:, 0] for times in self.latest]),
            arrivals=self.arrivals,
            slow=self.slow,
            untimed=self.untimed,
            mark=self.mark,
        )
