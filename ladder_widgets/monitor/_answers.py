"""What an engine answers to the statement of :mod:`aggregate`, as counts.

A row in cell c of the p-th of C columns (the 0-th are all rows) and in period w has the number
``(w (C + 1) + p) STEP + c``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ladder_widgets.monitor.baseline import Baseline, FeatureBaseline
from ladder_widgets.monitor.counts import DELAY_EDGES, Axis, Counts
from ladder_widgets.monitor.grid import FINE, Grid
from ladder_widgets.monitor.truth import label_codes
from ladder_widgets.validation import refuse

__all__ = ["PRESENT", "STEP", "Asked", "read_answers"]

#: Room for the cells of a column: those of the finest grid, on both sides of its center.
STEP = 4 * FINE
#: Periods of a log, beyond which the times or the length of a period are a mistake.
MAX_PERIODS = 100_000
#: A grid for what has gaps only.
PRESENT = Grid(0.5, 1.0, 1, ())


@dataclass(frozen=True)
class Asked:
    """What was asked for, in the order of the columns of the answer.

    Attributes
    ----------
    numbers, words : list of FeatureBaseline
        Features counted by cell, and by level.
    n_scores : int
        Columns of scores after the numbers.
    labelled : bool
        Whether the log has labels.
    """

    numbers: list[FeatureBaseline]
    words: list[FeatureBaseline]
    n_scores: int
    labelled: bool


def read_answers(answer: pd.DataFrame, asked: Asked, baseline: Baseline, every: int, as_of: int) -> Counts:
    """Make counts of an answer.

    Parameters
    ----------
    answer : DataFrame
        Columns code (number of a cell, the period in it), w (number of the period, where there is no
        code), y (label), d (cell of the delay), t0, t1, … (levels) and n (rows); null where a column is
        none of the grouping set.
    asked : Asked
    baseline : Baseline
    every : int
        Length of a period in ms.
    as_of : int

    Raises
    ------
    ValueError
        If there is no row, none has a time, or there are too many periods.
    """
    if not answer["n"].sum():
        raise refuse("log", "a log with rows", "an empty one")
    code = answer["code"].to_numpy(dtype=float, na_value=np.nan)
    column, number = _split(code, answer, 1 + len(asked.numbers) + asked.n_scores)
    timed = np.isfinite(number)
    periods = np.unique(number[timed])
    if not 0 < len(periods) <= MAX_PERIODS:
        got = f"{len(periods):,} periods" if len(periods) else "no time that could be read"
        accepted = f"rows with times in at most {MAX_PERIODS:,} periods"
        raise refuse("log", accepted, got, "See timestamp= and every=.")
    period = np.searchsorted(periods, number[timed])
    cells = _Cells(answer[timed], column[timed], period, len(periods), asked, baseline)
    return Counts(
        every=every,
        starts=(periods * every).astype(np.int64),
        rows=cells.rows,
        features={name: cells.feature(feature) for name, feature in baseline.features.items()},
        axes=tuple(cells.axes()),
        labels=cells.labels,
        delays=cells.delays(),
        as_of=as_of,
    )


def _split(code: np.ndarray, answer: pd.DataFrame, n_columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the column (−1 for levels and delays) and the period of each row of an answer."""
    coded = np.isfinite(code)
    place = np.floor((code[coded] + STEP / 2) / STEP).astype(np.int64)
    column = np.full(len(code), -1)
    column[coded] = place % n_columns
    number = np.full(len(code), np.nan)
    if "w" in answer:
        number = answer["w"].to_numpy(dtype=float, na_value=np.nan).copy()
    number[coded] = place // n_columns
    return column, number


class _Cells:
    """The rows of an answer, by what they count."""

    def __init__(
        self,
        answer: pd.DataFrame,
        column: np.ndarray,
        period: np.ndarray,
        n_periods: int,
        asked: Asked,
        baseline: Baseline,
    ) -> None:
        self.answer, self.period, self.n_periods = answer, period, n_periods
        self.asked, self.baseline = asked, baseline
        self.n = answer["n"].to_numpy(dtype=np.int64)
        code = answer["code"].to_numpy(dtype=float, na_value=np.nan)
        self.cell = code - STEP * np.floor((code + STEP / 2) / STEP)
        order = np.argsort(column, kind="stable")
        places, starts = np.unique(column[order], return_index=True)
        self.groups = dict(zip(places.tolist(), np.split(order, starts[1:]), strict=True))
        self.label = np.full(len(answer), -1)
        if asked.labelled:
            labels = answer["y"].reset_index(drop=True)
            self.label = label_codes(labels, list(baseline.classes))
        every_row = self.groups.get(0, np.empty(0, np.int64))
        self.rows = self._table(every_row, None, 1)[:, 0]
        self.labels = self._table(every_row, self.label[every_row], len(baseline.classes))

    def _table(self, where: np.ndarray, bins: np.ndarray | None, n_bins: int) -> np.ndarray:
        """Rows by period and bin, of shape (n_periods, n_bins); those in bin −1 are left out."""
        bins = np.zeros(len(where), np.int64) if bins is None else bins
        kept = bins >= 0
        flat = self.period[where][kept] * n_bins + bins[kept]
        counted = np.bincount(flat, weights=self.n[where][kept], minlength=self.n_periods * n_bins)
        return counted.astype(np.int64).reshape(self.n_periods, n_bins)

    def _binned(self, place: int, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
        where = self.groups.get(place, np.empty(0, np.int64))
        return where, grid.bins_of(self.cell[where])

    def feature(self, feature: FeatureBaseline) -> np.ndarray:
        """Rows by period and bin of a feature; all missing where the log does not have it."""
        if feature in self.asked.numbers:
            grid = feature.grid or PRESENT
            where, bins = self._binned(self.asked.numbers.index(feature) + 1, grid)
            return self._closed(self._table(where, bins, grid.n_bins))
        if feature in self.asked.words:
            return self._closed(self._levels(f"t{self.asked.words.index(feature)}", feature.levels))
        return self._closed(np.zeros((self.n_periods, len(feature.counts) - 1), np.int64))

    def _levels(self, column: str, levels: tuple[str, ...]) -> np.ndarray:
        values = self.answer[column]
        where = np.flatnonzero(values.notna().to_numpy())
        place = {level: number for number, level in enumerate(levels)}
        bins = values.iloc[where].map(lambda level: place.get(level, len(levels))).to_numpy(np.int64)
        return self._table(where, bins, len(levels) + 1)

    def _closed(self, table: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
        """Add what is in no bin: the missing values."""
        rows = self.rows if rows is None else rows
        return np.column_stack([table, rows - table.sum(axis=1)])

    def axes(self) -> list[Axis]:
        """Scores by class, with the labels that have arrived."""
        found = []
        scores = self.baseline.scores[: self.asked.n_scores]
        for place, score in enumerate(scores, start=len(self.asked.numbers) + 1):
            where, bins = self._binned(place, score.grid)
            own = self._code_of(score.label)
            label = self.label[where]
            sides = []
            for side in (label != own, label == own):
                kept = (label >= 0) & side
                sides.append(self._table(where[kept], bins[kept], score.grid.n_bins))
            yes = self.labels[:, own]
            totals = (self.labels.sum(axis=1) - yes, yes)
            labelled = [self._closed(part, total) for part, total in zip(sides, totals, strict=True)]
            found.append(
                replace(
                    score.axis(self.n_periods),
                    scored=self._closed(self._table(where, bins, score.grid.n_bins)),
                    labelled=np.stack(labelled, axis=-1),
                )
            )
        return found

    def _code_of(self, label: object) -> int:
        return self.baseline.classes.index(label)

    def delays(self) -> np.ndarray | None:
        """Labels by period, delay and class; None where no delay is known."""
        if "d" not in self.answer or not self.asked.labelled:
            return None
        delay = self.answer["d"].to_numpy(dtype=float, na_value=np.nan)
        where = np.flatnonzero(np.isfinite(delay) & (self.label >= 0))
        n_delays, n_classes = len(DELAY_EDGES) - 1, len(self.baseline.classes)
        bins = np.minimum(delay[where], n_delays - 1).astype(np.int64) * n_classes + self.label[where]
        return self._table(where, bins, n_delays * n_classes).reshape(self.n_periods, n_delays, n_classes)
