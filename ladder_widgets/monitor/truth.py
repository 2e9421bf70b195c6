"""Labels that arrive late: which rows have one, since when, and how that changes over time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.labels import encode, plain

__all__ = ["Truth", "Window", "label_codes", "windows"]

#: Rows of about the same time that are compared with each other: so few that labels which arrive within
#: them do not make the earlier ones look chosen.
TOGETHER = 12
DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, eq=False)
class Truth:
    """The labels of a log.

    Attributes
    ----------
    codes : ndarray of shape (n_rows,)
        Codes of the labels, −1 where none has arrived.
    asked, arrived : ndarray of shape (n_rows,), or None
        Days since the first prediction; NaN where unknown.
    """

    codes: np.ndarray
    asked: np.ndarray | None = None
    arrived: np.ndarray | None = None

    @classmethod
    def of(cls, codes: np.ndarray, timestamp: np.ndarray | None, label_timestamp: np.ndarray | None) -> Truth:
        """Build it from datetime64 arrays, NaT where unknown; times that are all alike tell nothing."""
        if timestamp is None or np.isnat(timestamp).all():
            return cls(codes)
        first = np.nanmin(timestamp)
        if first == np.nanmax(timestamp):
            return cls(codes)
        asked = (timestamp - first) / DAY
        if label_timestamp is None:
            return cls(codes, asked)
        arrived = np.where(codes >= 0, (label_timestamp - first) / DAY, np.nan)
        known = codes >= 0
        useful = known.any() and np.isfinite(arrived[known]).mean() > 0.5
        return cls(codes, asked, arrived if useful else None)

    @property
    def labelled(self) -> np.ndarray:
        """Which rows have a label, shape (n_rows,)."""
        return self.codes >= 0

    @property
    def coverage(self) -> float:
        """Share of rows with a label."""
        return float(self.labelled.mean())

    @cached_property
    def as_of(self) -> float:
        """Day of the latest thing that the log knows of."""
        known = [times[np.isfinite(times)] for times in (self.asked, self.arrived) if times is not None]
        every = np.concatenate(known) if known else np.array([])
        return float(every.max()) if every.size else 0.0

    @cached_property
    def age(self) -> np.ndarray:
        """Days since the prediction, NaN where unknown."""
        return np.full(len(self.codes), np.nan) if self.asked is None else self.as_of - self.asked

    @cached_property
    def delay(self) -> np.ndarray:
        """Days from the prediction to its label, NaN where unknown; a label before its row waited 0 days."""
        if self.asked is None or self.arrived is None:
            return np.full(len(self.codes), np.nan)
        return np.maximum(self.arrived - self.asked, 0.0)

    @cached_property
    def order(self) -> np.ndarray:
        """Positions in time, rows without a time last; in the log's own order without times."""
        if self.asked is None:
            return np.arange(len(self.codes))
        return np.argsort(self.asked, kind="stable")

    @cached_property
    def strata(self) -> np.ndarray:
        """Number of the small group of rows of about the same time that a row belongs to."""
        groups = np.empty(len(self.codes), dtype=np.int64)
        groups[self.order] = np.arange(len(self.codes)) // TOGETHER
        return groups

    def take(self, rows: np.ndarray) -> Truth:
        """Return the truth of some rows; what the log knows stays as of the same day."""
        asked = None if self.asked is None else self.asked[rows]
        part = Truth(self.codes[rows], asked, None if self.arrived is None else self.arrived[rows])
        part.__dict__["as_of"] = self.as_of
        return part


@dataclass(frozen=True, eq=False)
class Window:
    """Rows of one stretch of time.

    Attributes
    ----------
    rows : ndarray
        Positions in the log.
    start : float
        Day of the first row, NaN without times.
    labelled : int
    delay : float
        Median days to the label; NaN where unknown.
    """

    rows: np.ndarray
    start: float
    labelled: int
    delay: float

    @property
    def coverage(self) -> float:
        """Share of rows with a label."""
        return self.labelled / len(self.rows)


def windows(truth: Truth, count: int = 12, least: int = 30) -> list[Window]:
    """Cut the log into windows of equally many rows, oldest first.

    Examples
    --------
    >>> [window.coverage for window in windows(Truth(np.array([0, 1, 0, -1])), 2, least=2)]
    [1.0, 0.5]
    """
    order = truth.order
    parts = np.array_split(order, max(1, min(count, len(order) // least)))
    found = []
    for rows in parts:
        delays = truth.delay[rows]
        delays = delays[np.isfinite(delays)]
        start = np.nan if truth.asked is None else float(truth.asked[rows[0]])
        middle = float(np.median(delays)) if delays.size else np.nan
        found.append(Window(rows, start, int(truth.labelled[rows].sum()), middle))
    return found


def label_codes(series: pd.Series, classes: list[Any]) -> np.ndarray:
    """Return codes of logged labels, −1 where missing or unknown.

    A log that went through a text format or through NaN holds 1.0 or "1" for the class 1; where no
    label is known as such, they are compared as text.

    Examples
    --------
    >>> label_codes(pd.Series(["1.0", None, "0"]), [0, 1]).tolist()
    [1, -1, 0]
    """
    codes = np.full(len(series), -1, dtype=np.int64)
    known = np.flatnonzero(series.notna())
    if not known.size:
        return codes
    values = series.iloc[known].astype(object)
    try:
        codes[known] = encode(values, classes)
    except TypeError:  # labels that cannot be hashed are none of ours
        values = values.map(str)
    lost = known[codes[known] < 0]
    names = {_text(label): code for code, label in enumerate(classes)}
    if lost.size and len(names) == len(classes):
        written = series.iloc[lost].astype(object).map(lambda label: names.get(_text(label), -1))
        codes[lost] = written.to_numpy(dtype=np.int64)
    return codes


def _text(label: Any) -> str:
    text = str(plain(label)).strip()
    try:
        number = float(text)
    except ValueError:
        return text.lower()
    return str(int(number)) if number.is_integer() else text
