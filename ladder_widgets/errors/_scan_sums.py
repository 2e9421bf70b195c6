"""The sums of one feature as Ibis aggregates, and what the cube makes of their answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from ladder_widgets.errors._scan_columns import kind_of, level_text, number
from ladder_widgets.errors._sums import MISSING_LEVEL, OTHER_LEVELS, TOP_LEVELS, off_center
from ladder_widgets.errors.cube import Categories, Numbers

__all__ = ["LevelScan", "NumberScan", "rows_with_all", "top_levels"]

#: Categories with more levels than this are looked at in the first rows only to find the frequent ones.
MANY_LEVELS, FIRST_ROWS = 100_000, 1_000_000
LARGEST = np.finfo(float).max.item()

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
        #: Whether rows with a value are counted, bin by bin: not as long as no gap is known.
        self.counted = len(values) < len(guess)

    def value(self, rows: Any) -> Any:
        """Value of each row: null where it is missing, and where gaps are counted, if it is infinite."""
        import ibis

        column = rows[self.key]
        if not column.type().is_floating():
            return number(column)
        value = column.cast("float64")
        # To the engines NaN is larger than every number.
        return value.between(-LARGEST, LARGEST).ifelse(value, ibis.null("float64")) if self.counted else value

    def aggregates(self, rows: Any, weighted: bool) -> dict[str, Any]:
        """Aggregates of one feature over the rows of a cell."""
        value = self.value(rows)
        z = value - self.center
        if self.scale != 1.0:
            z = z / self.scale
        told = {"t": z * rows.weight if weighted else z, "s": z * z * rows.weight if weighted else z * z}
        if self.counted and weighted:
            weight = value.isnull().ifelse(0.0, rows.weight)
            told |= {"n": weight, "n2": weight * weight}
        sums = {f"{self.key}_{part}": each.sum() for part, each in told.items()}
        return sums | ({f"{self.key}_n": value.count()} if self.counted and not weighted else {})

    def recentred(self, answers: Answers) -> bool:
        """Whether to sum once more, around a better middle or in a larger unit."""
        n, total, square = (float(part.sum()) for part in self._sums(answers))
        if not n > 0:
            return False
        if not np.isfinite(square):
            if self.scale != 1.0:
                return False
            self.scale = 1e160
            return True
        if not off_center(total / n, square / n):
            return False
        self.center += self.scale * total / n
        return True

    def _sums(self, answers: Answers) -> list[np.ndarray]:
        n = answers(f"{self.key}_n" if self.counted else "rows")
        return [n, answers(f"{self.key}_t"), answers(f"{self.key}_s")]

    def finished(self, answers: Answers, count: np.ndarray, weighted: bool) -> Numbers:
        """Standardise the sums by the deviation of all rows."""
        n, total, square = self._sums(answers)
        rows = max(float(n.sum()), np.finfo(float).tiny)
        mean = float(total.sum()) / rows
        deviation = float(np.sqrt(max(0.0, float(square.sum()) / rows - mean**2))) or 1.0
        n = n if weighted else n.astype(np.int64)
        complete = bool(n.sum() == count.sum())
        return Numbers(
            name=self.name,
            kind=self.kind,
            center=self.center,
            scale=self.scale * deviation,
            n=count if complete else n,
            total=total / deviation,
            square=square / deviation**2,
            missing=not complete,
            n2=answers(f"{self.key}_n2" if self.counted else "rows2") if weighted else None,
        )


def rows_with_all(features: Sequence[NumberScan], rows: Any) -> Any:
    """Count the rows in which no feature is missing or infinite, with one aggregate for all of them."""
    total = reduce(add, (feature.value(rows) for feature in features))
    # A sum may be infinite where no value is: that only means to look more closely.
    return total.between(-LARGEST, LARGEST).cast("int64").sum()


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

    def recentred(self, _: Answers) -> bool:
        """Counts are exact at once."""
        return False

    def finished(self, answers: Answers, count: np.ndarray, weighted: bool) -> Categories:
        """Stack the counts; what is none of the frequent levels is another one, or missing."""
        kind = float if weighted else np.int64
        told = [answers(f"{self.key}_l{place}").astype(kind) for place in range(len(self.levels))]
        present, names = answers(f"{self.key}_p").astype(kind), list(self.levels)
        if self.others:
            names.append(OTHER_LEVELS)
            told.append(_left(present, sum(told, np.zeros_like(present))))
        missing = _left(count, present)
        if missing.any():
            names.append(MISSING_LEVEL)
            told.append(missing)
        return Categories(self.name, names, np.stack(told) if told else np.zeros((0, *count.shape), kind))


def _left(whole: np.ndarray, part: np.ndarray) -> np.ndarray:
    """What a difference of weights leaves of nothing is nothing."""
    left = whole - part
    return np.where(left > 1e-12 * whole, left, 0)


def top_levels(rows: Any, key: str) -> tuple[list[str], bool, bool]:
    """Return the frequent levels of a category, whether there are others, and whether all rows were read."""
    texts = rows.select(level=level_text(rows[key]))
    texts = texts.filter(texts.level.notnull())
    whole = int(texts.aggregate(n=texts.level.approx_nunique()).to_pyarrow()["n"][0].as_py()) <= MANY_LEVELS
    if not whole:
        texts = texts.limit(FIRST_ROWS)
    import ibis

    counted = texts.group_by("level").aggregate(n=texts.count())
    leading = counted.order_by([ibis.desc("n"), "level"]).limit(TOP_LEVELS + 2)
    levels = leading.to_pyarrow()["level"].to_pylist()
    others = len(levels) > TOP_LEVELS + 1 or not whole
    return (levels[:TOP_LEVELS] if others else levels), others, whole
