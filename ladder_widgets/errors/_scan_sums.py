"""The sums of one feature as Ibis aggregates, and what the cube makes of their answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ladder_widgets.errors._scan_columns import exactly, kind_of, level_text, number
from ladder_widgets.errors._sums import (
    FEWEST,
    MISSING_LEVEL,
    OTHER_LEVELS,
    TOP_LEVELS,
    level_name,
    off_center,
)
from ladder_widgets.errors.cube import Categories, Numbers, without

__all__ = ["LevelScan", "NumberScan", "top_levels"]

#: Categories with more levels than this are looked at in the first rows only to find the frequent ones.
MANY_LEVELS, FIRST_ROWS = 100_000, 1_000_000
LARGEST = np.finfo(float).max.item()
#: Unit of numbers whose squares are beyond float64.
HUGE = 1e160

Answers = Callable[[str], np.ndarray]
"""Gives a column of the answer as an array of shape (n_groups, n_bins)."""


class NumberScan:
    """Count, sum and sum of squares of a number around a guess of its middle.

    Parameters
    ----------
    name : str
        Of the feature.
    key : str
        Its column among the scored rows; the aggregates are named after it.
    column : ibis column
    guess : ndarray
        Some of its values.
    """

    def __init__(self, name: str, key: str, column: Any, guess: np.ndarray) -> None:
        self.name, self.key = name, key
        self.kind = str(kind_of(column))
        values = np.sort(guess[np.isfinite(guess)])
        self.center = float(values[len(values) // 2]) if len(values) else 0.0
        self.scale = 1.0
        self._floating = bool(column.type().is_floating())
        #: Whether NaN or infinity may be among the values: each is looked at only after the sums show it.
        self.endless = False

    @property
    def _may_be_infinite(self) -> bool:
        return self.endless and self._floating

    def aggregates(self, rows: Any, weighted: bool) -> dict[str, Any]:
        """Aggregates of one feature over the rows of a cell."""
        column = rows[self.key]
        value = _finite(column) if self.endless else column
        z = (number(value) if self.kind == "datetime" else value.cast("float64")) - exactly(self.center)
        if self.scale != 1.0:
            z = z / self.scale
        key, infinite = self.key, column.isinf() if self._may_be_infinite else None
        if not weighted:
            told = {f"{key}_n": value.count(), f"{key}_t": z.sum(), f"{key}_s": (z * z).sum()}
            return told if infinite is None else told | {f"{key}_i": infinite.cast("int64").sum()}
        weight = value.isnull().ifelse(0.0, rows.weight)
        told = {
            f"{key}_n": weight.sum(),
            f"{key}_n2": (weight * weight).sum(),
            f"{key}_t": (z * rows.weight).sum(),
            f"{key}_s": (z * z * rows.weight).sum(),
        }
        return told if infinite is None else told | {f"{key}_i": infinite.ifelse(rows.weight, 0.0).sum()}

    def guessed_wrong(self, answers: Answers) -> bool:
        """Whether to sum once more: without infinite values, in a larger unit, or around a better middle."""
        n, total, square = (float(answers(f"{self.key}_{part}").sum()) for part in "nts")
        if not n > 0:
            return False
        if not np.isfinite(square):
            if self.endless and self.scale != 1.0:
                return False
            self.scale = HUGE if self.endless else 1.0
            self.endless = True
            return True
        if not off_center(total / n, square / n):
            return False
        self.center += self.scale * total / n
        return True

    def finished(self, answers: Answers, count: np.ndarray, weighted: bool) -> Numbers:
        """Standardise the sums by the deviation of all rows."""
        n, total, square = (answers(f"{self.key}_{part}") for part in "nts")
        rows = max(float(n.sum()), np.finfo(float).tiny)
        mean = float(total.sum()) / rows
        deviation = float(np.sqrt(max(0.0, float(square.sum()) / rows - mean**2))) or 1.0
        n = n if weighted else n.astype(np.int64)
        infinite = answers(f"{self.key}_i").astype(n.dtype) if self._may_be_infinite else np.zeros_like(n)
        some = bool(infinite.any())
        gaps = bool(without(count, n + infinite).any())
        return Numbers(
            name=self.name,
            kind=self.kind,
            center=self.center,
            scale=self.scale * deviation,
            n=n if gaps or some else count,
            total=total / deviation,
            square=square / deviation**2,
            missing=gaps,
            n2=answers(f"{self.key}_n2") if weighted else None,
            infinite=infinite if some else None,
        )


def _finite(column: Any) -> Any:
    """Null instead of NaN and infinity; to the engines NaN is larger than every number."""
    import ibis

    if not column.type().is_floating():
        return column
    return column.between(-LARGEST, LARGEST).ifelse(column, ibis.null(column.type()))


class LevelScan:
    """Counts of the frequent levels of a category, of the other levels and of missing ones.

    Parameters
    ----------
    name, key : str
        As for :class:`NumberScan`.
    levels : list of str
        The frequent ones.
    others : bool
        Whether there are more.
    """

    def __init__(self, name: str, key: str, levels: list[str], others: bool) -> None:
        self.name, self.key, self.levels, self.others = name, key, levels, others

    def aggregates(self, rows: Any, weighted: bool) -> dict[str, Any]:
        """Aggregates of one feature over the rows of a cell."""
        text = level_text(rows[self.key])

        def rows_where(condition: Any) -> Any:
            return condition.ifelse(rows.weight, 0.0).sum() if weighted else condition.cast("int64").sum()

        told = {f"{self.key}_l{place}": rows_where(text == level) for place, level in enumerate(self.levels)}
        return told | {f"{self.key}_p": rows_where(text.notnull())}

    def guessed_wrong(self, _: Answers) -> bool:
        """Counts are right at once."""
        return False

    def finished(self, answers: Answers, count: np.ndarray, weighted: bool) -> Categories:
        """Stack the counts; what is none of the frequent levels is another one, or missing."""
        kind = float if weighted else np.int64
        told = [answers(f"{self.key}_l{place}").astype(kind) for place in range(len(self.levels))]
        present = answers(f"{self.key}_p").astype(kind)
        names = [level_name(level) for level in self.levels]
        if self.others:
            names.append(OTHER_LEVELS)
            told.append(without(present, sum(told, np.zeros_like(present))))
        missing = without(count, present)
        if missing.any():
            names.append(MISSING_LEVEL)
            told.append(missing)
        return Categories(self.name, names, np.stack(told) if told else np.zeros((0, *count.shape), kind))


def top_levels(rows: Any, key: str) -> tuple[list[str], bool, bool]:
    """Return the frequent levels of a category, whether there are others, and whether all rows were read.

    Told apart are those of :class:`ladder_widgets.errors._sums.LevelSums`.
    """
    texts = rows.select(level=level_text(rows[key]))
    texts = texts.filter(texts.level.notnull())
    whole = int(texts.aggregate(n=texts.level.approx_nunique()).to_pyarrow()["n"][0].as_py()) <= MANY_LEVELS
    if not whole:
        texts = texts.limit(FIRST_ROWS)
    import ibis

    counted = texts.group_by("level").aggregate(n=texts.count())
    leading = counted.order_by([ibis.desc("n"), "level"]).limit(TOP_LEVELS + 2)
    found = leading.to_pyarrow().to_pylist()
    fewest = 1 if kind_of(rows[key]) == "boolean" else FEWEST
    levels = [each["level"] for each in found if each["n"] >= fewest]
    if len(levels) > TOP_LEVELS + 1 or not whole:
        return levels[:TOP_LEVELS], True, whole
    return levels, len(levels) < len(found), whole
