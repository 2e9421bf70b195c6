"""Texts and other levels of a batch that break a rule of the schema."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.monitor._schema_column import Column
from ladder_widgets.monitor._schema_found import EXAMPLES, LENGTH, Found, by_rule
from ladder_widgets.monitor._schema_learn import LOOKED_AT
from ladder_widgets.monitor._schema_values import (
    PLACEHOLDERS,
    distinct,
    is_placeholder,
    plain_value,
    shape,
    sort,
)
from ladder_widgets.validation import shown

__all__ = ["domain"]


def domain(column: Column, series: pd.Series) -> list[Found]:
    whole = _sort_of_dtype(series)
    if whole is not None and column.sorts and whole not in column.sorts:
        there = series.notna()
        some = tuple(shown(plain_value(value), LENGTH) for value in series[there].iloc[:EXAMPLES])
        return [Found(whole, int(there.sum()), some, int(there.to_numpy().argmax()))]
    if column.levels is None:
        return _open_texts(column, series)
    seen = distinct(series)
    known = {(sort(level), level) for level in column.levels}
    return by_rule(seen, [_level_rule(column, value, known) for value in seen.values])


def _sort_of_dtype(series: pd.Series) -> str | None:
    """The sort that all values are of by their dtype alone; None where that does not tell."""
    if pd.api.types.is_bool_dtype(series.dtype) and not isinstance(series.dtype, pd.CategoricalDtype):
        return "flag"
    if pd.api.types.is_numeric_dtype(series.dtype) and series.dtype.kind != "c":
        return "number"
    return "date" if pd.api.types.is_datetime64_any_dtype(series.dtype) else None


def _level_rule(column: Column, raw: Any, known: set[tuple[str, Any]]) -> str:
    strange = _strange(column, raw)
    if strange:  # first: a list and its text have one text
        return strange
    value = plain_value(raw)
    if (sort(value), value) in known:
        return ""
    return "placeholder" if is_placeholder(raw) else "level"


def _strange(column: Column, value: Any) -> str:
    """The sort of a value of which training held none."""
    what = sort(value)
    if not column.sorts or what in column.sorts:
        return ""
    return "other sort" if what == "other" else what


def _open_texts(column: Column, series: pd.Series) -> list[Found]:
    """Texts of a domain too large to list: what is no text, what stands for a gap, and their form."""
    if len(series) > LOOKED_AT and _only_texts(series):
        return _placeholders(column, series) + _forms(column, series)
    seen = distinct(series)
    rules = [
        _strange(column, value)
        or ("placeholder" if is_placeholder(value) and value not in column.placeholders else "")
        for value in seen.values
    ]
    return by_rule(seen, rules) + _forms(column, series)


def _only_texts(series: pd.Series) -> bool:
    if isinstance(series.dtype, pd.CategoricalDtype):
        return False
    return series.dtype.kind != "O" or pd.api.types.infer_dtype(series, skipna=True) == "string"


def _placeholders(column: Column, series: pd.Series) -> list[Found]:
    """The same in the usual spellings, for millions of distinct texts."""
    spelt = {text for word in PLACEHOLDERS for text in (word, word.upper(), word.capitalize())}
    strange = (spelt | {"NaN", "NaT", " "}) - set(column.placeholders)
    bad = np.asarray(series.isin(sorted(strange)), dtype=bool)
    if not bad.any():
        return []
    some = series[bad].astype(object).value_counts().index[:EXAMPLES]
    examples = tuple(shown(str(value), LENGTH) for value in some)
    return [Found("placeholder", int(bad.sum()), examples, int(bad.argmax()))]


def _forms(column: Column, series: pd.Series) -> list[Found]:
    if not column.uniform:
        return []
    every = max(1, len(series) // LOOKED_AT)
    seen = distinct(series.iloc[::every])
    known = {form for form, _ in column.forms}
    rules = [
        "form" if sort(v) == "text" and not is_placeholder(v) and shape(v) not in known else ""
        for v in seen.values
    ]
    found = by_rule(seen, rules)
    looked = int((seen.codes >= 0).sum())
    return [Found("form", one.rows, one.examples, (one.first or 0) * every, None, looked) for one in found]
