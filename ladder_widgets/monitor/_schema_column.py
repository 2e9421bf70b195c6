"""What training says of one column, as data: kind, gaps, domain, range and form of its values."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.monitor._schema_values import (
    distinct,
    gap_names,
    is_placeholder,
    number_words,
    plain_value,
    shape,
    sort,
)
from ladder_widgets.monitor.changes import FORMAT, MIN_ROWS, RANGE_FAR, RANGE_P
from ladder_widgets.table import Feature
from ladder_widgets.validation import shown

__all__ = ["Column", "learn"]

#: Levels that are listed; a column with more is open.
MAX_LEVELS = 200
#: Rows for each level of a text column below which its values are not a list, and levels that always are.
ROWS_PER_LEVEL, FEW_LEVELS = 3, 20
#: Whole numbers of so few values, each held by so many rows, are codes.
CODES, COMMON = 10, 5
#: Rows whose form is looked at, and forms that are kept.
LOOKED_AT, FORMS = 20_000, 10
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
        >>> learn(Feature("age", "age", pd.Series([30, 41, 55]))).accepted
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


def learn(feature: Feature, *, exact: bool = True) -> Column:
    """Sum up a column of training; ``exact`` where it is as the user holds it, and not converted."""
    series, missing = feature.series, feature.missing
    told: dict[str, Any] = {"missing": int(missing.sum())}
    told["gaps"] = tuple(gap_names(series, missing)) if exact else ()
    if feature.kind in ("number", "boolean"):
        told |= _range(feature.numbers(), codes=feature.kind == "number")
    elif feature.kind == "datetime":
        values = feature.numbers()
        told |= {**_range(values, codes=False), "integer": False}
        told["zone"] = _has_zone(series) if exact else None
    else:
        told |= _domain(series)
    return Column(feature.name, _key(feature.key), feature.kind, str(series.dtype), len(series), **told)


def _key(key: Any) -> Any:
    if isinstance(key, tuple):
        return tuple(map(plain_value, key))
    return plain_value(key)


def _has_zone(series: pd.Series) -> bool:
    if isinstance(series.dtype, pd.DatetimeTZDtype):
        return True
    first = series.first_valid_index() if series.dtype.kind == "O" else None
    return first is not None and getattr(series[first], "tzinfo", None) is not None


def _range(values: np.ndarray, *, codes: bool) -> dict[str, Any]:
    finite = values[np.isfinite(values)]
    told: dict[str, Any] = {"infinite": int(np.isinf(values).sum())}
    if not finite.size:
        return told
    q_low, q_high = np.quantile(finite, [0.001, 0.999])
    told |= {"low": float(finite.min()), "high": float(finite.max())}
    told |= {"q_low": float(q_low), "q_high": float(q_high)}
    told["integer"] = bool(np.all(finite == np.floor(finite)))
    some = finite[:1_000]
    if codes and told["integer"] and len(np.unique(some)) <= CODES:
        levels, counts = np.unique(finite, return_counts=True)
        if 2 <= len(levels) <= CODES and counts.min() >= COMMON:
            told["levels"] = tuple(int(levels[place]) for place in np.argsort(-counts, kind="stable"))
    return told


def _domain(series: pd.Series) -> dict[str, Any]:
    seen = distinct(series)
    counts = seen.counts
    order = np.argsort(-counts, kind="stable")
    told: dict[str, Any] = {
        "alone": int((counts == 1).sum()),
        "sorts": tuple(sorted({sort(value) for value in seen.values})),
        "placeholders": tuple(sorted({str(value) for value in seen.values if is_placeholder(value)})),
    }
    rows = int(counts.sum())
    if not rows:
        return told
    if len(counts) <= min(MAX_LEVELS, max(FEW_LEVELS, rows / ROWS_PER_LEVEL)):
        told["levels"] = tuple(plain_value(seen.values[place]) for place in order)
    else:
        told["forms"] = _forms(series)
    return told


def _forms(series: pd.Series) -> tuple[tuple[str, float], ...]:
    held: Counter[str] = Counter()
    every = max(1, len(series) // LOOKED_AT)
    for value in series.iloc[::every].dropna():
        held[shape(str(value))] += 1
    total = held.total()
    return tuple((form, count / total) for form, count in held.most_common(FORMS))
