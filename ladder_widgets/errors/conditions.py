"""Conditions on features, and subgroups of rows that meet them all: as text, as a mask, as pandas code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from math import ceil, isfinite
from numbers import Real
from typing import Any, Literal

import numpy as np
import pandas as pd

from ladder_widgets.table import Feature, Table
from ladder_widgets.validation import choice, refuse, shown

__all__ = ["Condition", "Kind", "Slice"]

Kind = Literal["number", "datetime", "level", "missing"]
_RANGES = ("number", "datetime")
_ENDS = {
    "number": "a finite number",
    "datetime": "a pd.Timestamp, datetime, date or np.datetime64, or ms since 1970 (UTC),",
}
#: Kinds of features that each kind of condition can be put on.
_FITS = {"number": ("number",), "datetime": ("datetime",), "level": ("category", "boolean")}


@dataclass(frozen=True)
class Condition:
    """One condition on one feature.

    Parameters
    ----------
    feature : str
        Name of the column.
    kind : {"number", "datetime", "level", "missing"}
        ``low <= value < high`` for the first two, one level of a category (or of a boolean), or no
        value at all.
    low, high : float, optional
        Ends of a range, None for an open one. Ends of dates may be given as ``pd.Timestamp``,
        ``datetime``, ``date`` or ``np.datetime64`` (UTC where they name no zone) and are kept as ms since
        1970 (UTC).
    level : str, optional
        Text of the level: ``str`` of the value.
    whole : bool, default=False
        Whether the number has whole values only, so that "from 4 to below 5" reads "is 4". It changes
        the words, not the rows.

    Raises
    ------
    ValueError
        If the parts do not go together.

    Examples
    --------
    >>> str(Condition("age", "number", high=30))
    'age below 30'
    >>> str(Condition("opened", "datetime", low=pd.Timestamp("2024-03-01")))
    'opened at least 2024-03-01'
    """

    feature: str
    kind: Kind
    low: float | None = None
    high: float | None = None
    level: str | None = None
    whole: bool = field(default=False, compare=False)

    def __post_init__(self) -> None:
        choice("kind", self.kind, (*_RANGES, "level", "missing"))
        if not isinstance(self.feature, str):
            raise refuse("feature", "the name of a column, a string", shown(self.feature))
        got = f"low={shown(self.low)}, high={shown(self.high)}"
        if self.kind == "datetime":  # frozen, so that it can be hashed: set the only way there is
            object.__setattr__(self, "low", _milliseconds(self.low))
            object.__setattr__(self, "high", _milliseconds(self.high))
        ends = [end for end in (self.low, self.high) if end is not None]
        if self.kind in _RANGES:
            finite = all(isinstance(end, Real) and isfinite(end) for end in ends)
            if not ends or not finite or (len(ends) == 2 and ends[0] >= ends[1]):
                raise refuse("low", f"{_ENDS[self.kind]} below 'high', or one of both None", got)
        elif ends:
            raise refuse("low", f"None in a condition of kind {self.kind!r}", shown(ends[0]))
        if (self.kind == "level") != isinstance(self.level, str):
            accepted = "the text of a level" if self.kind == "level" else f"None with kind {self.kind!r}"
            raise refuse("level", accepted, shown(self.level))

    def mask(self, table: Table) -> np.ndarray:
        """Return which rows meet it: bool array of shape (n_rows,).

        Raises
        ------
        ValueError
            If the table has no such feature, or one of another kind.
        """
        feature = self.of(table)
        if self.kind == "missing":
            return feature.missing
        if self.kind == "level":
            codes, levels = feature.codes()
            return np.isin(codes, [code for code, level in enumerate(levels) if level == self.level])
        values = feature.numbers()
        inside = ~np.isnan(values)
        if self.low is not None:
            inside &= values >= self.low
        if self.high is not None:
            inside &= values < self.high
        return inside

    def code(self, table: Table, frame: str = "X_val") -> str:
        """Return a pandas expression for the mask: executed, it gives a boolean for every row.

        Parameters
        ----------
        table : Table
            Rows it is about; their dtypes decide how the expression is written.
        frame : str
            Python name of the same rows as a pandas frame.
        """
        feature = self.of(table)
        column = _column(feature, table, frame)
        if self.kind == "missing":
            return f"{column}.isna()"
        if self.kind == "level":
            # A tuple is the same level as a list, and is written as one.
            told = (
                "lambda v: str(list(v)) if isinstance(v, tuple) else str(v)"
                if _has_tuples(feature)
                else "str"
            )
            texts = column if _holds_texts(feature) else f"{column}.map({told}, na_action='ignore')"
            return f"{texts}.isin([{self.level!r}])"
        values, ends = _comparable(feature, column, self.kind, isinstance(table.data, pd.DataFrame))
        parts = [f"({values} >= {ends(self.low)})"] if self.low is not None else []
        parts += [f"({values} < {ends(self.high)})"] if self.high is not None else []
        return " & ".join(parts)

    def of(self, table: Table) -> Feature:
        """Return the feature; ValueError if the table has none of that name, or one of another kind."""
        if self.feature not in table.names:
            raise refuse("feature", f"a column of the rows ({shown(table.names)})", shown(self.feature))
        feature = table.feature(self.feature)
        if self.kind != "missing" and feature.kind not in _FITS[self.kind]:
            accepted = f"a column for a condition of kind {self.kind!r}"
            raise refuse("feature", accepted, f"{shown(self.feature)}, which is a {feature.kind},")
        return feature

    def __str__(self) -> str:
        if self.kind == "missing":
            return f"{self.feature} is missing"
        if self.kind == "level":
            return f"{self.feature} is {_level(self.level or '')}"
        low, high = (_end(end, self.kind) for end in (self.low, self.high))
        if self.low is None:
            return f"{self.feature} below {high}"
        if self.high is None:
            return f"{self.feature} at least {low}"
        if self.whole and float(self.low).is_integer() and self.high is not None:
            last = _number(ceil(self.high) - 1)
            return f"{self.feature} is {low}" if last == low else f"{self.feature} from {low} to {last}"
        return f"{self.feature} from {low} to below {high}"


@dataclass(frozen=True)
class Slice:
    """Rows that meet every condition.

    Examples
    --------
    >>> young_men = Slice((Condition("age", "number", high=30), Condition("sex", "level", level="male")))
    >>> str(young_men)
    'age below 30 and sex is male'
    """

    conditions: tuple[Condition, ...]

    def __post_init__(self) -> None:
        if not self.conditions:
            raise refuse("conditions", "at least one condition", "none")

    @classmethod
    def of(cls, value: Any) -> Slice:
        """Return ``value`` as a slice: one already, a condition, or a sequence of conditions."""
        if isinstance(value, Slice):
            return value
        conditions = (value,) if isinstance(value, Condition) else value
        if isinstance(conditions, str) or not isinstance(conditions, Iterable):
            raise refuse("slice", "a Slice, a Condition or a list of Conditions", shown(value))
        found = tuple(conditions)
        if not all(isinstance(each, Condition) for each in found):
            raise refuse("slice", "a Slice, a Condition or a list of Conditions", shown(value))
        return cls(found)

    @classmethod
    def from_dict(cls, conditions: Iterable[Mapping[str, Any]]) -> Slice:
        """Return the slice of conditions in plain data, see :meth:`to_dict`."""
        return cls(tuple(Condition(**each) for each in conditions))

    def to_dict(self) -> list[dict[str, Any]]:
        """Return the conditions as plain data, each with the parts that its kind has.

        Examples
        --------
        >>> Slice((Condition("age", "missing"),)).to_dict()
        [{'feature': 'age', 'kind': 'missing'}]
        """
        parts = {"level": ("level",), "missing": ()}
        told = []
        for each in self.conditions:
            kept = ("feature", "kind", *parts.get(each.kind, ("low", "high")))
            lead = {key: value for key, value in asdict(each).items() if key in kept}
            told.append(lead | ({"whole": True} if each.whole else {}))
        return told

    def mask(self, table: Table) -> np.ndarray:
        """Return which rows are inside: bool array of shape (n_rows,)."""
        inside = self.conditions[0].mask(table)
        for condition in self.conditions[1:]:
            inside = inside & condition.mask(table)
        return inside

    def check(self, table: Table) -> None:
        """Raise ValueError unless the table has every feature."""
        for condition in self.conditions:
            condition.of(table)

    def code(self, table: Table, frame: str = "X_val") -> str:
        """Return a pandas expression for the mask, see :meth:`Condition.code`."""
        return " & ".join(condition.code(table, frame) for condition in self.conditions)

    def __str__(self) -> str:
        return " and ".join(map(str, self.conditions))


def _milliseconds(end: Any) -> Any:
    """A moment as ms since 1970 (UTC), rounded up as dates are compared in whole ms; else what it is."""
    if not isinstance(end, date | np.datetime64) or pd.isna(end):
        return end
    moment = pd.Timestamp(end).asm8  # of a moment with a zone that in UTC
    whole = moment.astype("datetime64[ms]")
    return float(whole.astype(np.int64)) + bool(whole < moment)


def _has_tuples(feature: Feature) -> bool:
    return feature.series.dtype.kind == "O" and any(isinstance(value, tuple) for value in feature.series)


def _level(text: str) -> str:
    """A level as it is, in quotes where it would read as something else."""
    plain = text == text.strip() and text not in ("", "missing") and " and " not in text
    return text if plain else f'"{text}"'


def _end(value: float | None, kind: Kind) -> str:
    if value is None:
        return ""
    if kind == "number":
        return _number(value)
    try:
        stamp = pd.Timestamp(value, unit="ms")
    except (ValueError, OverflowError):  # before or after what pandas can tell
        return f"{_number(value)} ms"
    return str(stamp.date()) if stamp == stamp.normalize() else str(stamp)


def _number(value: float) -> str:
    """The shortest text that reads back as the same number."""
    value = float(value)
    return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _column(feature: Feature, table: Table, frame: str) -> str:
    key = feature.key.item() if isinstance(feature.key, np.generic) else feature.key
    if _is_literal(key) and table.keys.count(key) == 1:  # 1 and True are one label to pandas
        return f"{frame}[{key!r}]"
    return f"{frame}.iloc[:, {table.names.index(feature.name)}]"


def _is_literal(key: Any) -> bool:
    """Whether ``repr`` of a key is Python that pandas looks up as this very column."""
    if isinstance(key, tuple):
        return bool(key) and all(map(_is_literal, key))
    return type(key) in (str, int)


def _holds_texts(feature: Feature) -> bool:
    values = feature.series
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = pd.Series(values.cat.categories)
    return pd.api.types.infer_dtype(values, skipna=True) in ("string", "empty")


def _comparable(feature: Feature, column: str, kind: Kind, pandas: bool) -> tuple[str, Any]:
    """Return the expression of the values, and how an end is written beside them."""
    dtype = feature.series.dtype
    if kind == "number":
        if feature.is_duration:
            return f"(pd.to_timedelta({column}) / pd.Timedelta(1, 'ms'))", _number
        if (isinstance(dtype, np.dtype) and dtype.kind in "iu") or dtype == np.float64:
            return column, _number
        # Floats of fewer bits would round the end to theirs, and NA is no answer to a comparison.
        return f"pd.to_numeric({column}, errors='coerce').astype(float)", _number
    plain = pandas and (isinstance(dtype, pd.DatetimeTZDtype) or pd.api.types.is_datetime64_dtype(dtype))
    zone = "" if plain and dtype.kind == "M" and not isinstance(dtype, pd.DatetimeTZDtype) else ", tz='UTC'"
    values = column if plain else f"pd.to_datetime({column}, utc=True, errors='coerce')"
    # Values are compared in whole ms, rounded down: the next whole ms is the same end for both.
    return values, lambda end: f"pd.Timestamp({ceil(end)}, unit='ms'{zone})"
