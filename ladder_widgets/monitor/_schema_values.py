"""Single values of a column: which sort each is of, how a gap is written, what a text looks like.

``None``, NaN, ``pd.NA``, an empty text and the text ``"nan"`` are five different things: an encoder takes
them for different categories, and a number that arrives as text is no number.
"""

from __future__ import annotations

import datetime as dt
import numbers
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd

from ladder_widgets.values import as_text

__all__ = [
    "PLACEHOLDERS",
    "Distinct",
    "distinct",
    "gap_names",
    "has_zone",
    "is_placeholder",
    "number_words",
    "plain_value",
    "shape",
    "sort",
    "written_number",
]

#: Texts that stand for a missing value in files and forms, without case and spaces around.
PLACEHOLDERS = frozenset(
    ["", "nan", "null", "none", "na", "n/a", "#n/a", "nil", "<na>", "nat", "missing", "unknown", "undefined"]
).union("?-.", ["--"])


@dataclass(frozen=True, eq=False)
class Distinct:
    """The values of a column, each once.

    Attributes
    ----------
    codes : ndarray of int of shape (n_rows,)
        Position in ``values``; −1 where missing.
    values : list
        As they came: 1, 1.0 and True are one where the whole column is of one sort, else three.
    """

    codes: np.ndarray
    values: list[Any]

    @property
    def counts(self) -> np.ndarray:
        """Rows of each value."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.values))


def distinct(series: pd.Series) -> Distinct:
    """Tell the values of a column apart, whatever it holds, lists and dicts included.

    Examples
    --------
    >>> distinct(pd.Series(["a", None, 1, "a"], dtype=object)).codes.tolist()
    [0, -1, 1, 0]
    """
    if isinstance(series.dtype, pd.CategoricalDtype):
        return _used(series.array.codes, list(series.cat.categories))
    if not _mixed(series):
        codes, values = pd.factorize(series)
        return Distinct(codes, list(values))
    return _by_sort(series)


def _used(codes: np.ndarray, levels: list[Any]) -> Distinct:
    """Drop the levels that no row has: a category may declare any number of them."""
    there = np.bincount(codes[codes >= 0], minlength=len(levels)) > 0
    place = np.append(np.cumsum(there) - 1, -1)
    return Distinct(place[codes], [level for level, used in zip(levels, there, strict=True) if used])


def _mixed(series: pd.Series) -> bool:
    if isinstance(series.dtype, pd.ArrowDtype):  # pandas tells no lists and structures apart
        return series.dtype.type in (list, dict)
    if series.dtype.kind != "O" or isinstance(series.dtype, pd.api.extensions.ExtensionDtype):
        return False
    return pd.api.types.infer_dtype(series, skipna=True) not in ("string", "boolean", "integer", "empty")


def _by_sort(series: pd.Series) -> Distinct:
    """Equal values of two types, such as 1 and True, stay two; what cannot be hashed goes by its text."""
    raw = series.to_numpy()
    codes = np.full(len(raw), -1, dtype=np.int64)
    values: list[Any] = []
    of_type, types = pd.factorize(np.fromiter(map(type, raw), dtype=object, count=len(raw)))
    for position in range(len(types)):
        rows = np.flatnonzero(of_type == position)
        try:
            own, _ = pd.factorize(raw[rows])
        except TypeError:
            own, _ = pd.factorize(np.array([as_text(value) for value in raw[rows]], dtype=object))
        first = np.unique(own[own >= 0], return_index=True)[1]
        codes[rows] = np.where(own >= 0, own + len(values), -1)
        values.extend(raw[rows][own >= 0][first])
    return Distinct(codes, values)


def sort(value: Any) -> str:
    """Return what a value is: ``"text"``, ``"number"``, ``"flag"``, ``"date"`` or ``"other"``.

    Examples
    --------
    >>> sort("1"), sort(np.float32(1)), sort(True), sort([1])
    ('text', 'number', 'flag', 'other')
    """
    if isinstance(value, str | UUID):  # most libraries hand an id over as text
        return "text"
    if isinstance(value, bool | np.bool_):
        return "flag"
    if isinstance(value, numbers.Real | Decimal):
        return "number"
    if isinstance(value, dt.date | np.datetime64):
        return "date"
    return "other"


def plain_value(value: Any) -> Any:
    """Return a level as JSON can hold it: a text, a whole number, a number, true or false; else its text."""
    what = sort(value)
    if what == "text":
        return str(value)
    if what == "flag":
        return bool(value)
    if what == "number" and np.isfinite(float(value)):
        return int(value) if float(value).is_integer() else float(value)
    return as_text(value)


def is_placeholder(value: Any) -> bool:
    """Whether a text stands for a missing value.

    Examples
    --------
    >>> is_placeholder(" NaN "), is_placeholder(""), is_placeholder("Nancy")
    (True, True, False)
    """
    return isinstance(value, str) and value.strip().casefold() in PLACEHOLDERS


def gap_names(series: pd.Series, missing: np.ndarray) -> dict[str, int]:
    """Return how gaps are written and how often: ``None``, ``NaN``, ``pd.NA`` or ``NaT``, commonest first.

    Examples
    --------
    >>> values = pd.Series([None, float("nan"), "a", None], dtype=object)
    >>> gap_names(values, values.isna().to_numpy())
    {'None': 2, 'NaN': 1}
    """
    if not missing.any():
        return {}
    if series.dtype.kind == "O" and not isinstance(series.dtype, pd.api.extensions.ExtensionDtype):
        written = pd.Series([_gap(value) for value in series.to_numpy()[missing]]).value_counts()
        return {str(name): int(count) for name, count in written.items()}
    return {_gap(series[missing].iloc[0]): int(missing.sum())}


def _gap(value: Any) -> str:
    if value is None:
        return "None"
    if value is pd.NA:
        return "pd.NA"
    return "NaT" if value is pd.NaT or isinstance(value, np.datetime64) else "NaN"


def has_zone(series: pd.Series) -> bool:
    """Whether times carry a time zone, whatever holds them; dates carry none.

    Examples
    --------
    >>> has_zone(pd.Series(pd.to_datetime(["2026-03-01"], utc=True)))
    True
    """
    dtype = series.dtype
    if isinstance(dtype, pd.ArrowDtype):
        return getattr(dtype.pyarrow_dtype, "tz", None) is not None
    if isinstance(dtype, pd.DatetimeTZDtype):
        return True
    there = series.notna().to_numpy()
    return bool(dtype.kind == "O" and there.any()) and (
        getattr(series.iloc[int(there.argmax())], "tzinfo", None) is not None
    )


_NUMBER = r"[-+]?(\d[\d.,' ]*|\.\d+)(e[-+]?\d+)?"
_UNIT = rf"([^\d\s]{{0,4}}\s*{_NUMBER}|{_NUMBER}\s*[^\d\s]\S*( \S+)?)"


def written_number(text: str) -> str | None:
    """Return ``"number"`` or ``"unit"`` for a text that is a number, bare or with a unit; else None.

    Examples
    --------
    >>> [written_number(text) for text in (" 1,200.5", "12 kg", "€ 12", "twelve")]
    ['number', 'unit', 'unit', None]
    """
    text = text.strip()[:80]
    if re.fullmatch(_NUMBER, text, re.IGNORECASE):
        return "number"
    return "unit" if re.fullmatch(_UNIT, text, re.IGNORECASE) else None


def shape(text: str) -> str:
    """Return the form of a text: digits one by one, runs of letters as one.

    Examples
    --------
    >>> shape("AB-123 kg"), shape("2024-01-31")
    ('A-999 a', '9999-99-99')
    """
    return re.sub(r"[a-z]+", "a", re.sub(r"[A-Z]+", "A", re.sub(r"\d", "9", text[:80])))


def number_words(value: float) -> str:
    """Write a number in a sentence.

    Examples
    --------
    >>> number_words(1_200_000.0), number_words(0.123456789)
    ('1,200,000', '0.123457')
    """
    if not np.isfinite(value):
        return str(float(value))
    if abs(value) < 1e15 and float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:,.6g}"
