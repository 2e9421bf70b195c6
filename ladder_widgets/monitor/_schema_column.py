"""What training says of one column, as data: kind, gaps, domain, range and form of its values."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ladder_widgets.monitor._schema_values import number_words
from ladder_widgets.monitor.changes import FORMAT, MIN_ROWS, RANGE_FAR, RANGE_P
from ladder_widgets.validation import shown

__all__ = ["Column"]

#: Share of the range within which training must begin above zero, or beyond which a value must lie
#: below training, for a negative value to be taken for an impossible one.
PILED, BELOW = 0.02, 0.1


@dataclass(frozen=True)
class Column:
    """One column of a schema.

    Attributes
    ----------
    name : str
    key : str, int, float, bool, or tuple of these
        What the training frame calls it.
    kind : {"number", "boolean", "category", "datetime"}
    dtype : str
        As pandas writes it.
    rows, missing : int
        Training rows, and those without a value.
    gaps : tuple of str
        How missing values were written, commonest first: ``NaN``, ``None``, ``pd.NA``, ``NaT``.
    infinite : int
        Training rows with an infinite number.
    integer : bool
        Whether every number was whole.
    low, high, q_low, q_high : float or None
        Range of the finite numbers, and their 0.1 % and 99.9 % quantiles; dates in ms since 1970 UTC.
    levels : tuple or None
        Every value of a category, or of a code (whole numbers of at most 10 values), in order of
        frequency; None where the domain is open.
    alone : int
        Training rows whose level is theirs alone: by Good and Turing, as large a share of new rows
        holds a new level.
    sorts : tuple of str
        Which sorts of values a category held: ``text``, ``number``, ``flag``, ``date``, ``other``.
    forms : tuple of (str, float)
        Commonest forms of the texts of an open column, and their shares.
    placeholders : tuple of str
        Texts that usually stand for a missing value and that training held.
    zone : bool or None
        Whether times carried a time zone; None where that is unknown.
    """

    name: str
    key: Any
    kind: str
    dtype: str
    rows: int
    missing: int = 0
    gaps: tuple[str, ...] = ()
    infinite: int = 0
    integer: bool = False
    low: float | None = None
    high: float | None = None
    q_low: float | None = None
    q_high: float | None = None
    levels: tuple[Any, ...] | None = None
    alone: int = 0
    sorts: tuple[str, ...] = ()
    forms: tuple[tuple[str, float], ...] = ()
    placeholders: tuple[str, ...] = ()
    zone: bool | None = None

    @property
    def nullable(self) -> bool:
        """Whether a row may lack the value: training had gaps, or too few rows to tell."""
        return self.missing > 0 or self.rows < MIN_ROWS

    @property
    def share_missing(self) -> float:
        """Share of the training rows without a value."""
        return self.missing / self.rows

    @property
    def present(self) -> int:
        """Training rows with a value."""
        return self.rows - self.missing

    @property
    def span(self) -> float:
        """Width of the range; 0 for a constant and where there are no numbers."""
        return self.high - self.low if self.low is not None and self.high is not None else 0.0

    @property
    def signless(self) -> bool:
        """Whether training never was negative, in enough rows to say so."""
        return self.low is not None and self.low >= 0 and self.present >= MIN_ROWS and self.span > 0

    @property
    def piled(self) -> bool:
        """Whether training begins so near 0 that values must end there, as counts and amounts do."""
        return self.low is not None and 0 <= self.low <= PILED * self.span

    @property
    def negative_from(self) -> float:
        """Largest value that counts as an impossible negative; it is never 0 itself."""
        return 0.0 if self.piled or self.low is None else min(0.0, self.low - BELOW * self.span)

    @property
    def flags(self) -> bool:
        """Whether truth values may stand for the numbers."""
        zero_one = self.integer and self.low is not None and self.low >= 0 and (self.high or 0) <= 1
        return self.kind == "boolean" or zero_one

    @cached_property
    def far(self) -> tuple[float, float]:
        """Numbers below the first or above the second lie half a range or more outside training."""
        return self._outside(RANGE_FAR)

    @cached_property
    def limits(self) -> tuple[float, float]:
        """Numbers that a single row may hold.

        A new row lies beyond all ``n`` training rows with probability 1/(n + 1) at most, and ``f``
        ranges beyond with 1/(1 + n (1 + f)) if the tail is as heavy as 1/x. Refused is what is less
        probable than 1 in 1,000, and lies half a range outside. So it takes much to refuse a row
        where training is small.
        """
        if self.span == 0 or self.low is None:
            return -np.inf, np.inf
        low, high = self._outside(max(RANGE_FAR, (1 / RANGE_P - 1) / max(1, self.present) - 1))
        return (max(low, self.negative_from) if self.signless else low), high

    def _outside(self, ranges: float) -> tuple[float, float]:
        if self.span == 0 or self.low is None or self.high is None:
            return -np.inf, np.inf
        return self.low - ranges * self.span, self.high + ranges * self.span

    @cached_property
    def known(self) -> frozenset[Any]:
        """The levels, for membership; ``True`` is not told from 1."""
        return frozenset(self.levels or ())

    @property
    def uniform(self) -> bool:
        """Whether nearly all texts of an open column had one of three forms."""
        return sum(share for _, share in self.forms[:3]) >= FORMAT and self.present >= MIN_ROWS

    @property
    def accepted(self) -> str:
        """What the column accepts, in words.

        Examples
        --------
        >>> Column("age", "age", "number", "int64", rows=3, integer=True, low=30.0, high=55.0).accepted
        'a whole number, in training from 30 to 55'
        """
        return self._accepted() + (", or nothing" if self.missing else "")

    def _accepted(self) -> str:
        if self.kind == "boolean":
            return "true or false"
        if self.kind == "datetime":
            return "a date or a time" + {None: "", True: " with a zone", False: " without a zone"}[self.zone]
        if self.missing == self.rows:
            return "anything, training has no value"
        if self.kind == "category" and self.levels is None:
            return "a text" + (f" such as {shown(self.forms[0][0], 40)}" if self.uniform else "")
        if self.levels is not None:
            few = ", ".join(shown(level, 40) for level in self.levels[:8])
            more = f" and {len(self.levels) - 8} more" if len(self.levels) > 8 else ""
            start = "one of" if self.kind == "category" else "a whole number, in training one of"
            return f"{start} {few}{more}"
        if self.low is None or self.high is None:
            return "a number"
        what = "a whole number" if self.integer else "a number"
        if self.span == 0:
            return f"{what}, in training always {number_words(self.low)}"
        return f"{what}, in training from {number_words(self.low)} to {number_words(self.high)}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain data; what says nothing is left out."""
        told = {name: value for name, value in asdict(self).items() if value is not None and value != ()}
        if self.key == self.name:
            del told["key"]
        return told
