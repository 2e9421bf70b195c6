"""A scored set of rows and the cube over them: what every question to the errors starts from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import count
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.errors._expected import Chances, Expected, chances_of, expected_in
from ladder_widgets.errors.axis import chunks
from ladder_widgets.errors.contrast import Side, effective
from ladder_widgets.errors.cube import Cube, build_cube
from ladder_widgets.errors.kinds import SURE, UNSURE
from ladder_widgets.labels import label_array, plain
from ladder_widgets.scores import GRID, Scores, to_grid
from ladder_widgets.table import Table
from ladder_widgets.validation import number, refuse, shown

__all__ = ["EVERYTHING", "LEAD", "Band", "Cell", "ScoredRows", "lead_names", "read_band"]

Band = tuple[float, float]
Cell = tuple[Any, Any]
EVERYTHING: Band = (0.0, 1.0)
#: What the model said of a row, in the order of the columns of :meth:`ScoredRows.frame`.
LEAD = ("actual", "predicted", "score", "confidence")


def lead_names(taken: Iterable[Any]) -> dict[str, str]:
    """Return what the columns of ``LEAD`` are called beside the user's own, so that no name comes twice.

    Examples
    --------
    >>> lead_names(["age", "score", "score (model)"])["score"]
    'score (model 2)'
    """
    used = set(taken)
    names = {}
    for name in LEAD:
        free = (f"{name} (model{'' if n == 1 else f' {n}'})" for n in count(1))
        names[name] = name if name not in used else next(each for each in free if each not in used)
    return names


def pair_of(value: Any) -> tuple[Any, Any] | None:
    """Return the two parts of a pair; None for what is none."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        return None
    parts = tuple(value)
    return (parts[0], parts[1]) if len(parts) == 2 else None


def read_band(band: Any) -> Band:
    """Return a band of confidences; ValueError for what is none."""
    accepted = "a pair 0 <= from <= to <= 1 of confidences"
    pair = pair_of(band)
    ends = [] if pair is None else [float(end) for end in pair if isinstance(end, Real)]
    if len(ends) != 2 or not 0 <= ends[0] <= ends[1] <= 1:
        raise refuse("band", accepted, shown(band))
    return ends[0], ends[1]


class ScoredRows:
    """Rows, their true labels and scores; the base of :class:`ladder_widgets.errors.ErrorAnalysis`."""

    def __init__(
        self,
        table: Table | None,
        y: np.ndarray,
        scores: Scores,
        classes: list[Any],
        positive: int,
        threshold: float | None,
        part_of: tuple[ScoredRows, np.ndarray] | None = None,
        weights: np.ndarray | None = None,
    ) -> None:
        self.table = table
        self.y = y
        self.scores = scores
        self.classes = classes
        self.positive = positive
        self.threshold = threshold
        self.weights = weights
        self._whole: ScoredRows = self if part_of is None else part_of[0]
        self._where = None if part_of is None else part_of[1]
        self._extra: tuple[list[float], Cube] | None = None

    @property
    def elsewhere(self) -> bool:
        """Whether the rows are in a table elsewhere, and are fetched instead of looked up."""
        return False

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.y)

    @property
    def probabilities(self) -> bool:
        """Whether the scores claim to be probabilities."""
        return self.scores.probabilities

    @cached_property
    def where(self) -> np.ndarray:
        """Positions of these rows in the whole table, shape (n_rows,)."""
        return np.arange(len(self.y)) if self._where is None else self._where

    @property
    def index(self) -> pd.Index:
        """The user's own row labels; 0, 1, 2 … where the rows carry none."""
        return pd.Index(self.where) if self.table is None else self.table.index

    @property
    def binary(self) -> bool:
        """Whether there are two classes."""
        return len(self.classes) == 2

    @cached_property
    def x(self) -> np.ndarray:
        """Position of each row on the axis: P(positive), or the confidence with more classes."""
        if self.binary:
            return self.scores.positive(self.positive)
        out = np.empty(len(self.y))
        for rows in chunks(len(out)):  # `scores.confidence` would keep a second copy
            part, predicted = self.scores.proba[rows], self.scores.predicted[rows]
            out[rows] = to_grid(part[np.arange(len(part)), predicted])
        return out

    @cached_property
    def cube(self) -> Cube:
        """The cube that answers the panel."""
        return self._build([UNSURE, SURE, *([] if self.threshold is None else [self.threshold])])

    def _build(self, extra: Sequence[float]) -> Cube:
        features = [] if self.table is None else self.table.features()
        predicted = None if self.binary else self.scores.predicted
        # A part has the edges of the whole: what was chosen there can be asked for here.
        edges = extra if self._whole is self else [*extra, *self._whole.cube.axis.edges]
        proba = self.scores.proba if self.probabilities else None
        return build_cube(self.x, self.y, predicted, features, edges, self.weights, proba)

    def _cube_for(self, threshold: float | None, band: Band) -> Cube:
        """Return a cube with these values among its edges, so that the answer is exact."""
        values = [*band, *([] if threshold is None else [threshold])]
        ends = [*values, *(1 - value for value in values)] if self.binary else values
        if all(self.cube.axis.has(end) for end in ends):
            return self.cube
        if self._extra is None or self._extra[0] != values:
            self._extra = values, self._build(values)
        return self._extra[1]

    def _arguments(self, threshold: float | None, band: Band | None) -> tuple[float | None, Band]:
        if threshold is not None and not self.binary:
            raise refuse("threshold", "None with more than two classes", shown(threshold))
        chosen = self.threshold
        if threshold is not None:
            chosen = float(to_grid(number("threshold", threshold, 0, 1 + GRID, "a number between 0 and 1")))
        if band is None:
            return chosen, EVERYTHING
        low, high = read_band(band)
        return chosen, (float(to_grid(low)), float(to_grid(high)))

    def code(self, label: Any) -> int:
        """Code of a label; ValueError if it is none."""
        if plain(label) not in self.classes:
            raise refuse("cell", f"a pair of labels among {shown(self.classes)}", shown(label))
        return self.classes.index(plain(label))

    def codes(self, cell: Cell) -> tuple[int, int]:
        """Codes of the actual and the predicted label of a cell; ValueError if it is no such pair."""
        pair = pair_of(cell)
        if pair is None:
            raise refuse(
                "cell", f"a pair (actual, predicted) of labels among {shown(self.classes)}", shown(cell)
            )
        return self.code(pair[0]), self.code(pair[1])

    def _side(
        self, cube: Cube, actual: int, predicted: int, threshold: float | None, band: Band
    ) -> list[Side]:
        found = cube.ranges(actual, predicted, self.positive, threshold, band)
        return [] if found is None else [Side(found[0], *found[1])]

    def _others(self, cell: Cell) -> list[tuple[int, int]]:
        """Cells that a cell is held against: its right answers, or for these the wrong ones."""
        actual, predicted = self.codes(cell)
        if predicted != actual:
            return [(actual, actual)]
        return [(actual, code) for code in range(len(self.classes)) if code != actual]

    def predicted(self, threshold: float | None = None) -> np.ndarray:
        """Predicted codes at a threshold, shape (n_rows,)."""
        return self._predicted(slice(None), threshold)

    def _predicted(self, rows: Any, threshold: float | None) -> np.ndarray:
        level, _ = self._arguments(threshold, None)
        if level is None:
            return self.scores.predicted[rows]
        return np.where(self.x[rows] >= level, self.positive, 1 - self.positive)

    def confidence(self, threshold: float | None = None) -> np.ndarray:
        """Score of the predicted label at a threshold, shape (n_rows,)."""
        if not self.binary:
            return self.x
        return np.where(self.predicted(threshold) == self.positive, self.x, 1 - self.x)

    def _rows_of(
        self, cells: Sequence[tuple[int, int]], threshold: float | None, band: Band | None
    ) -> np.ndarray:
        """Places of the rows of some cells (as codes) in a band, among the rows of this analysis."""
        _, (low, high) = self._arguments(threshold, band)
        predicted, k = self.predicted(threshold), len(self.classes)
        wanted = np.zeros(k * k, dtype=bool)
        wanted[[actual * k + code for actual, code in cells]] = True
        inside = wanted[self.y * k + predicted]
        if (low, high) != EVERYTHING:
            confidence = self.confidence(threshold)
            inside &= (confidence >= low) & ((confidence < high) | (high >= 1))
        return np.flatnonzero(inside)

    def frame(self, positions: np.ndarray, threshold: float | None = None) -> pd.DataFrame:
        """Return rows by position in the whole table, with what the model said of them."""
        if self._whole is not self:
            return self._whole.frame(positions, threshold)
        predicted, score = self._predicted(positions, threshold), self.x[positions]
        sure = score if not self.binary else np.where(predicted == self.positive, score, 1 - score)
        labels = label_array(self.classes)
        told = {
            "actual": labels[self.y[positions]],
            "predicted": labels[predicted],
            "score": score,
            "confidence": sure,
        }
        if self.table is None:
            return pd.DataFrame(told, index=positions)
        rows = self.table.frame(positions)
        rows.columns = pd.Index(self.table.keys, tupleize_cols=False)  # the user's own, text or not
        names = lead_names(rows.columns)
        lead = pd.DataFrame({names[name]: values for name, values in told.items()}, index=rows.index)
        return pd.concat([lead, rows], axis=1)

    def _counts(self, threshold: float | None, band: Band | None) -> np.ndarray:
        """Rows by actual and predicted code, shape (n_classes, n_classes)."""
        level, inside = self._arguments(threshold, band)
        cube, k = self._cube_for(level, inside), len(self.classes)
        counts = np.zeros((k, k), dtype=cube.count.dtype)
        cells = cube.groups if not self.binary else [(a, p) for a in range(k) for p in range(k)]
        for actual, predicted in cells:
            sides = self._side(cube, actual, predicted, level, inside)
            counts[actual, predicted] = sum(side.total(cube.count) for side in sides)
        return counts

    def _by_sureness(self, threshold: float | None, band: Band | None) -> list[np.ndarray]:
        """Confusion counts in the band, and of these below 0.6 and from 0.8 on."""
        _, (low, high) = self._arguments(threshold, band)
        whole = self._counts(threshold, band)
        parts = [(low, min(high, UNSURE)), (max(low, SURE), high)]
        return [
            whole,
            *(self._counts(threshold, part) if part[0] < part[1] else np.zeros_like(whole) for part in parts),
        ]

    def _mean_confidence(
        self, actual: int, predicted: int, threshold: float | None, band: Band | None
    ) -> float:
        level, inside = self._arguments(threshold, band)
        cube = self._cube_for(level, inside)
        sides = self._side(cube, actual, predicted, level, inside)
        rows = sum(side.total(cube.count) for side in sides)
        score = sum(side.total(cube.score) for side in sides)
        mirrored = self.binary and predicted != self.positive
        return (rows - score if mirrored else score) / rows if rows else np.nan

    def _expected(
        self, actual: int, predicted: int, threshold: float | None, band: Band | None
    ) -> tuple[Expected, Expected]:
        """Return what the probabilities predict of a cell in a band: all rows, and those of 0.8 or more."""
        level, (low, high) = self._arguments(threshold, band)
        cube = self._cube_for(level, (low, high))
        whole, sure = (
            cube.ranges(actual, predicted, self.positive, level, part)
            for part in ((low, high), (max(low, SURE), max(high, SURE)))
        )
        if not self.probabilities or whole is None or sure is None:
            nothing = Expected(np.nan, np.nan, np.nan)
            return nothing, nothing
        first, second = (expected_in(cube, *part, predicted, self.positive) for part in (whole, sure))
        return first, second

    def _chances(self, cube: Cube, cell: Cell, threshold: float | None, band: Band) -> Chances | None:
        """What the probabilities say of a comparison; None unless there are two classes and probabilities."""
        actual, predicted = self.codes(cell)
        if not self.binary or not self.probabilities:
            return None
        ((_, other),) = self._others(cell)
        here = cube.ranges(actual, predicted, self.positive, threshold, band)
        there = cube.ranges(actual, other, self.positive, threshold, EVERYTHING)
        if here is None or there is None:
            return None
        return chances_of(cube, actual == self.positive, here[1], there[1])

    def _effective(self, cell: Cell, threshold: float | None, band: Band | None) -> tuple[float, float]:
        """Effective numbers of rows of a cell and of those it is held against."""
        level, inside = self._arguments(threshold, band)
        cube = self._cube_for(level, inside)
        here = self._side(cube, *self.codes(cell), level, inside)
        there = [s for a, p in self._others(cell) for s in self._side(cube, a, p, level, EVERYTHING)]
        n, m = (effective(sides, cube.count, cube.count2)[1] for sides in (here, there))
        return n, m
