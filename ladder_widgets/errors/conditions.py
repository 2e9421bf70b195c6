"""Conditions on features, and subgroups of rows that meet them all: as text, as a mask, as pandas code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any, Literal

import numpy as np
import pandas as pd

from ladder_widgets.table import Feature, Table
from ladder_widgets.validation import choice, refuse, shown

__all__ = ["Condition", "Slice"]

Kind = Literal["number", "datetime", "level", "missing"]
_RANGES = ("number", "datetime")


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
        Ends of a range, None for an open one; datetimes in ms since 1970 (UTC).
    level : str, optional
        Text of the level: ``str`` of the value.

    Raises
    ------
    ValueError
        If the parts do not go together.

    Examples
    --------
    >>> str(Condition("age", "number", high=30))
    'age below 30'
    """

    feature: str
    kind: Kind
    low: float | None = None
    high: float | None = None
    level: str | None = None

    def __post_init__(self) -> None:
        choice("kind", self.kind, (*_RANGES, "level", "missing"))
        if self.kind in _RANGES:
            ends = [end for end in (self.low, self.high) if end is not None]
            if not ends or not all(np.isfinite(ends)) or (len(ends) == 2 and ends[0] >= ends[1]):
                got = f"low={shown(self.low)}, high={shown(self.high)}"
                raise refuse("low", "a finite number below 'high', or one of both None", got)
        elif self.kind == "level" and self.level is None:
            raise refuse("level", "the text of a level", "None")

    def mask(self, table: Table) -> np.ndarray:
        """Return which rows meet it: bool array of shape (n_rows,).

        Raises
        ------
        ValueError
            If the table has no such feature.
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
        """Return a pandas expression for the mask.

        Parameters
        ----------
        table : Table
            Rows it is about; their dtypes decide how the expression is written.
        frame : str
            Python name of the same rows as a pandas frame.
        """
        feature = self.of(table)
        column = f"{frame}[{feature.key!r}]"
        if self.kind == "missing":
            return f"{column}.isna()"
        if self.kind == "level":
            texts = column if _holds_texts(feature) else f"{column}.map(str, na_action='ignore')"
            return f"{texts}.isin([{self.level!r}])"
        values, ends = _comparable(feature, column, self.kind)
        parts = [f"({values} >= {ends(self.low)})"] if self.low is not None else []
        parts += [f"({values} < {ends(self.high)})"] if self.high is not None else []
        return " & ".join(parts)

    def of(self, table: Table) -> Feature:
        """Return the feature; ValueError if the table has none of that name."""
        if self.feature not in table.names:
            raise refuse("feature", f"a column of the rows ({shown(table.names)})", shown(self.feature))
        return table.feature(self.feature)

    def __str__(self) -> str:
        if self.kind == "missing":
            return f"{self.feature} is missing"
        if self.kind == "level":
            return f"{self.feature} is {self.level}"
        low, high = (_end(end, self.kind) for end in (self.low, self.high))
        if self.low is None:
            return f"{self.feature} below {high}"
        return (
            f"{self.feature} at least {low}" if self.high is None else f"{self.feature} from {low} to {high}"
        )


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
            told.append({key: value for key, value in asdict(each).items() if key in kept})
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


def _end(value: float | None, kind: Kind) -> str:
    if value is None:
        return ""
    if kind == "datetime":
        stamp = pd.Timestamp(value, unit="ms")
        return str(stamp.date()) if stamp == stamp.normalize() else str(stamp)
    return _number(value)


def _number(value: float) -> str:
    """The shortest text that reads back as the same number."""
    return repr(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def _holds_texts(feature: Feature) -> bool:
    values = feature.series
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = pd.Series(values.cat.categories)
    return pd.api.types.infer_dtype(values, skipna=True) in ("string", "empty")


def _comparable(feature: Feature, column: str, kind: Kind) -> tuple[str, Any]:
    """Return the expression of the values, and how an end is written beside them."""
    if kind == "number":
        plain = pd.api.types.is_numeric_dtype(feature.series.dtype)
        return column if plain else f"pd.to_numeric({column}, errors='coerce')", _number
    aware = getattr(feature.series.dtype, "tz", None) is not None
    naive = pd.api.types.is_datetime64_dtype(feature.series.dtype)
    values = column if aware or naive else f"pd.to_datetime({column}, utc=True, errors='coerce')"
    zone = "" if naive else ", tz='UTC'"
    # Values are compared in whole ms, rounded down: the next whole ms is the same end for both.
    return values, lambda end: f"pd.Timestamp({ceil(end)}, unit='ms'{zone})"
