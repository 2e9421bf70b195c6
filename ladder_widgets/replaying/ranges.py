"""Where a value stands among those that a step met in training.

A value beyond the training rows is nothing unusual: with n rows and p columns about 2p/n of new rows have
one. It is *far* outside where the gap is more than the tail of training explains: twice the distance of the
extreme from the 5 % (or 95 %) quantile, on the scale, linear or logarithmic, on which that is longer. A tail
that falls off exponentially passes that with a chance of about 0.25 %/n for each column (Pickands, Annals
of Statistics 3, 1975: distances between upper order statistics tell the tail).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.plain import to_plain
from ladder_widgets.replaying.cells import is_missing
from ladder_widgets.surfaces.formats import shown as number
from ladder_widgets.validation import shown

__all__ = ["Outside", "Range", "range_of"]

#: Fewest training values that tell a tail, and distances of the extreme from the 95 % quantile.
MIN_ROWS, TAILS = 20, 2.0
#: Share of the middle 90 % that is no distance, for columns that end abruptly.
SLACK = 0.1
#: Zeros, as a count and a share, from which 0 is where a column ends rather than its smallest value.
ZEROS, ZERO_SHARE = 3, 0.005
#: Chance of a new level (Good, Biometrika 40, 1953) under which a new one says something.
NEW_LEVEL = 0.01
#: Longest list of levels that is told.
LISTED = 8


@dataclass(frozen=True)
class Outside:
    """A value that training did not have at this step.

    Attributes
    ----------
    column : object
    value : object
    low, high : float or None
        Training range; None for what is no number.
    far : bool
        Whether it is further out than a new row may well be.
    text : str
        The same in words.
    """

    column: Any
    value: Any
    low: float | None
    high: float | None
    far: bool
    text: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        told = {"column": str(self.column), "value": shown(self.value), "low": self.low, "high": self.high}
        return to_plain(told | {"far": self.far, "text": self.text})


@dataclass(frozen=True, eq=False)
class Range:
    """Values of one column at one step in training.

    ``limits`` are the ends beyond which a number is far; ``levels`` the categories, with their counts.
    """

    n: int
    missing: int
    low: float | None = None
    high: float | None = None
    limits: tuple[float, float] | None = None
    levels: Counter[str] | None = None

    def outside(self, column: Any, value: Any) -> Outside | None:
        """Say how a value is outside; None if it is not."""
        if is_missing(value):
            if self.missing or not self.n:
                return None
            text = f"{shown(column, 60)} is missing; in {self.n:,} training rows it never was"
            return Outside(column, value, self.low, self.high, self.n >= MIN_ROWS, text)
        if self.levels is not None:
            return self._new_level(column, value)
        if self.low is None or self.high is None:
            return None
        try:
            told = float(value)
        except (TypeError, ValueError):
            text = f"{shown(column, 60)} is {shown(value, 40)}, and a number in training"
            return Outside(column, value, self.low, self.high, True, text)
        if self.low <= told <= self.high:
            return None
        assert self.limits is not None
        far = not self.limits[0] <= told <= self.limits[1]
        ends = (
            f"{_short(self.low)} to {_short(self.high)}"
            if self.low < self.high
            else f"always {_short(self.low)}"
        )
        text = f"{shown(column, 60)} is {_short(told)}; in training {ends}"
        return Outside(column, value, self.low, self.high, far, text)

    def _new_level(self, column: Any, value: Any) -> Outside | None:
        assert self.levels is not None
        if str(value) in self.levels:
            return None
        once = sum(count == 1 for count in self.levels.values())
        far = self.n >= MIN_ROWS and once / max(1, self.n) < NEW_LEVEL
        listed = ", ".join(shown(level, 30) for level, _ in self.levels.most_common(LISTED))
        more = ", …" if len(self.levels) > LISTED else ""
        text = f"{shown(column, 60)} is {shown(value, 40)}, which training never had ({listed}{more})"
        return Outside(column, value, None, None, far, text)


def range_of(values: np.ndarray | pd.Series) -> Range | None:
    """Return the range of a column of training values; None for dates and what cannot be compared.

    Examples
    --------
    >>> ages = range_of(np.arange(18.0, 80.0))
    >>> ages.outside("age", 81.0).far, ages.outside("age", -1.0).far, ages.outside("age", 40.0)
    (False, True, None)
    """
    column = pd.Series(values)
    present = column.dropna()
    n, missing = len(column), len(column) - len(present)
    if pd.api.types.is_datetime64_any_dtype(column.dtype) or not len(present):
        return None
    numbers = _numbers(present)
    if numbers is None:
        texts = present.map(str)
        return Range(n, missing, levels=Counter(texts.tolist()))
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return None
    low, high = float(numbers.min()), float(numbers.max())
    return Range(n, missing, low, high, _limits(numbers, low, high))


def _numbers(present: pd.Series) -> np.ndarray | None:
    if pd.api.types.is_bool_dtype(present.dtype):
        return None
    if pd.api.types.is_numeric_dtype(present.dtype) and not isinstance(present.dtype, pd.CategoricalDtype):
        return np.asarray(present.to_numpy(dtype=float))
    if present.dtype.kind == "O" and pd.api.types.infer_dtype(present) in (
        "integer",
        "floating",
        "mixed-integer-float",
    ):
        return np.asarray(present.to_numpy(dtype=float))
    return None


def _limits(numbers: np.ndarray, low: float, high: float) -> tuple[float, float]:
    if len(numbers) < MIN_ROWS:
        return -np.inf, np.inf
    q05, q95 = (float(value) for value in np.quantile(numbers, [0.05, 0.95]))
    slack = SLACK * (q95 - q05)
    upper = high + max(TAILS * (high - q95), slack)
    lower = low - max(TAILS * (q05 - low), slack)
    if low > 0:  # what is positive may have its tail on the scale of ratios
        upper = max(upper, high * (high / q95) ** TAILS)
        lower = low * min((low / q05) ** TAILS, (q05 / q95) ** SLACK)
    if np.array_equal(numbers, np.round(numbers)) and high > low + 1:
        upper, lower = max(upper, high + 1), min(lower, low - 1)
    zeros = int((numbers == low).sum()) if low == 0 else 0
    if zeros >= max(ZEROS, ZERO_SHARE * len(numbers)):
        lower = 0.0
    if low == high == 0:  # an indicator of a level that is rare has no 1 among some thousand rows
        upper = 1.0
    return lower, upper


def _short(value: float) -> str:
    return number(value, "number")
