"""Rows of a batch's column that break a rule of the schema, counted in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.monitor._schema_column import LOOKED_AT, Column
from ladder_widgets.monitor._schema_values import (
    PLACEHOLDERS,
    Distinct,
    distinct,
    gap_names,
    is_placeholder,
    plain_value,
    shape,
    sort,
    written_number,
)
from ladder_widgets.table import Feature
from ladder_widgets.validation import shown

__all__ = ["Found", "Tally", "misfit", "tally"]

#: Examples of a violation, and the length of each.
EXAMPLES, LENGTH = 3, 60


@dataclass(frozen=True)
class Found:
    """Rows that break one rule.

    Attributes
    ----------
    rule : str
        ``missing``, ``infinite``, ``negative``, ``below``, ``above`` (far outside), ``under``, ``over``
        (outside at all), ``other`` (a constant), ``fraction``, ``level``, ``placeholder``, ``marker``,
        ``form``, ``zone``, or a sort of value that does not belong: ``text``, ``number``, ``unit``,
        ``empty``, ``flag``, ``date``, ``other sort``.
    rows : int
    examples : tuple of str
        Commonest, or most extreme, first.
    first : int or None
        Position of the first such row.
    extreme : float or None
        The value farthest out.
    looked_at : int or None
        Rows that were looked at, where that was a sample.
    """

    rule: str
    rows: int
    examples: tuple[str, ...] = ()
    first: int | None = None
    extreme: float | None = None
    looked_at: int | None = None


@dataclass(frozen=True)
class Tally:
    """What a column of a batch breaks: rows of the batch, and what was found."""

    rows: int
    found: tuple[Found, ...]


def tally(column: Column, feature: Feature, *, exact: bool = True) -> Tally:
    """Count the rows that break a rule of ``column``.

    Parameters
    ----------
    exact : bool
        Whether the column is as the user holds it: how gaps and zones are written means nothing in a
        column that was converted.
    """
    missing = feature.missing
    found = _gaps(column, feature.series, missing)
    if not missing.all():
        found += _values(column, feature, missing)
    if not exact:
        found = [one for one in found if one.rule not in ("marker", "zone")]
    return Tally(len(missing), tuple(found))


def _gaps(column: Column, series: pd.Series, missing: np.ndarray) -> list[Found]:
    rows = int(missing.sum())
    if not rows:
        return []
    written = gap_names(series, missing)
    listed = tuple(f"{name} ({count:,})" if len(written) > 1 else name for name, count in written.items())
    found = [Found("missing", rows, listed, int(missing.argmax()))]
    strange = {name: count for name, count in written.items() if name not in column.gaps}
    if strange and column.gaps and column.kind == "category":
        found.append(Found("marker", sum(strange.values()), tuple(strange)))
    return found


def _values(column: Column, feature: Feature, missing: np.ndarray) -> list[Found]:
    if column.kind == "datetime":
        return _dates(column, feature)
    if column.kind == "category":
        return _domain(column, feature.series)
    if feature.kind == "boolean" and not column.flags and column.low is not None:
        some = tuple(str(value) for value in feature.series[~missing].iloc[:EXAMPLES])
        return [Found("flag", int((~missing).sum()), some, int((~missing).argmax()))]
    if _is_numeric(feature.series):
        return numbers(column, feature.numbers())
    return _mixed_numbers(column, feature.series)


def _is_numeric(series: pd.Series) -> bool:
    """Whether every value is a number or a flag, whatever holds it."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        return False
    if pd.api.types.is_numeric_dtype(series.dtype) or pd.api.types.is_timedelta64_dtype(series.dtype):
        return True
    if series.dtype.kind != "O" or isinstance(series.dtype, pd.api.extensions.ExtensionDtype):
        return False
    content = pd.api.types.infer_dtype(series, skipna=True)
    return content in ("integer", "floating", "mixed-integer-float", "decimal", "boolean")


def numbers(column: Column, values: np.ndarray) -> list[Found]:
    """Count numbers outside the range of training, infinite ones, fractions and unknown codes."""
    found: list[Found | None] = []
    low, high = float(np.fmin.reduce(values)), float(np.fmax.reduce(values))
    if not (np.isfinite(low) and np.isfinite(high)):
        infinite = np.isinf(values)
        found.append(_marked("infinite", infinite, values))
        values = np.where(infinite, np.nan, values)
        if np.isnan(values).all():
            return [one for one in found if one]
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if column.kind == "boolean":
        if low < 0 or high > 1 or np.isin(values, [0.0, 1.0]).sum() < np.isfinite(values).sum():
            found.append(_marked("number", np.isfinite(values) & ~np.isin(values, [0.0, 1.0]), values))
        return [one for one in found if one]
    found += _outside(column, values, low, high)
    if column.integer:
        found.append(_marked("fraction", np.isfinite(values) & (values != np.floor(values)), values))
    if column.levels:
        known = np.array([float(level) for level in column.levels])
        near = (values == np.floor(values)) & (values >= column.far[0]) & (values <= column.far[1])
        found.append(_marked("level", near & ~np.isin(values, known), values))
    return [one for one in found if one]


def _outside(column: Column, values: np.ndarray, low: float, high: float) -> list[Found | None]:
    if column.low is None or column.high is None or (low >= column.low and high <= column.high):
        return []
    if column.span == 0:
        return [_marked("other", np.isfinite(values) & (values != column.low), values)]
    below, above = column.far
    found = []
    if low < column.low:
        negative = (values < 0) & (values <= column.negative_from) & column.signless
        found.append(_marked("negative", negative, values))
        found.append(_marked("below", (values < below) & ~negative, values))
        if not column.levels:
            found.append(_marked("under", (values < column.low) & (values >= below) & ~negative, values))
    if high > column.high:
        found.append(_marked("above", values > above, values, largest=True))
        if not column.levels:
            found.append(_marked("over", (values > column.high) & (values <= above), values, largest=True))
    return found


def _marked(rule: str, mask: np.ndarray, values: np.ndarray, *, largest: bool = False) -> Found | None:
    rows = int(np.count_nonzero(mask))
    if not rows:
        return None
    own = values[mask]
    extreme = float(own.max() if largest else own.min())
    some = list(dict.fromkeys([extreme, *own[:EXAMPLES].tolist()]))[:EXAMPLES]
    return Found(rule, rows, tuple(_number(value) for value in some), int(mask.argmax()), extreme)


def _number(value: float) -> str:
    return str(int(value)) if np.isfinite(value) and value.is_integer() and abs(value) < 1e16 else repr(value)


def _mixed_numbers(column: Column, series: pd.Series) -> list[Found]:
    """A column of numbers in which texts or other things turned up."""
    seen = distinct(series)
    own = ("number", "flag") if column.flags else ("number",)
    sorts = [misfit(value) if sort(value) not in own else "" for value in seen.values]
    found = _by_rule(seen, sorts)
    levels = np.array([float(v) if not s else np.nan for v, s in zip(seen.values, sorts, strict=True)])
    values = np.append(levels, np.nan)[seen.codes]
    return found + (numbers(column, values) if np.isfinite(values).any() else [])


def misfit(value: Any) -> str:
    """What a value is that stands where a number should."""
    what = sort(value)
    if what != "text":
        return "other sort" if what == "other" else what
    if is_placeholder(value):
        return "empty"
    return {"number": "number text", "unit": "unit", None: "text"}[written_number(value)]


def _by_rule(seen: Distinct, rules: list[str]) -> list[Found]:
    """Group distinct values by the rule they break; those with an empty rule break none."""
    counts, found = seen.counts, []
    for rule in dict.fromkeys(rule for rule in rules if rule):
        places = np.array([place for place, own in enumerate(rules) if own == rule])
        places = places[np.argsort(-counts[places], kind="stable")]
        bad = np.zeros(len(rules) + 1, dtype=bool)
        bad[places] = True
        first = int(bad[seen.codes].argmax())
        examples = tuple(shown(plain_value(seen.values[place]), LENGTH) for place in places[:EXAMPLES])
        found.append(Found(rule, int(counts[places].sum()), examples, first))
    return found


def _domain(column: Column, series: pd.Series) -> list[Found]:
    whole = _sort_of_dtype(series)
    if whole is not None and column.sorts and whole not in column.sorts:
        there = series.notna()
        some = tuple(shown(plain_value(value), LENGTH) for value in series[there].iloc[:EXAMPLES])
        return [Found(whole, int(there.sum()), some, int(there.to_numpy().argmax()))]
    if column.levels is None:
        return _open_texts(column, series)
    seen = distinct(series)
    known = {(sort(level), level) for level in column.levels}
    return _by_rule(seen, [_level_rule(column, value, known) for value in seen.values])


def _sort_of_dtype(series: pd.Series) -> str | None:
    """The sort that all values are of by their dtype alone; None where that does not tell."""
    if pd.api.types.is_bool_dtype(series.dtype) and not isinstance(series.dtype, pd.CategoricalDtype):
        return "flag"
    if pd.api.types.is_numeric_dtype(series.dtype):
        return "number"
    return "date" if pd.api.types.is_datetime64_any_dtype(series.dtype) else None


def _level_rule(column: Column, raw: Any, known: set[tuple[str, Any]]) -> str:
    value = plain_value(raw)
    if (sort(value), value) in known:
        return ""
    return _strange(column, raw) or ("placeholder" if is_placeholder(raw) else "level")


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
    return _by_rule(seen, rules) + _forms(column, series)


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
    found = _by_rule(seen, rules)
    looked = int((seen.codes >= 0).sum())
    return [Found("form", one.rows, one.examples, (one.first or 0) * every, None, looked) for one in found]


def _dates(column: Column, feature: Feature) -> list[Found]:
    series = feature.series
    if feature.kind != "datetime":
        seen = distinct(series)
        found = _by_rule(seen, ["" if sort(value) == "date" else _not_a_date(value) for value in seen.values])
        if found:
            return found
    zone = isinstance(series.dtype, pd.DatetimeTZDtype)
    if column.zone is not None and pd.api.types.is_datetime64_any_dtype(series.dtype) and zone != column.zone:
        some = (shown(str(series.dropna().iloc[0]), LENGTH),)
        return [Found("zone", int(series.notna().sum()), some, int(series.notna().to_numpy().argmax()))]
    return _far_dates(column, feature.numbers())


def _not_a_date(value: Any) -> str:
    what = sort(value)
    if what == "text":
        return "empty" if is_placeholder(value) else "text"
    return "other sort" if what == "other" else what


#: Time does go on: a date is strange from so many ms outside training on, beside its own range.
DECADE = 10 * 365.25 * 86_400_000


def _far_dates(column: Column, values: np.ndarray) -> list[Found]:
    if column.low is None or column.high is None:
        return []
    margin = column.span + DECADE
    found = []
    for rule, mask in (("below", values < column.low - margin), ("above", values > column.high + margin)):
        if mask.any():
            days = tuple(
                dict.fromkeys(str(day.date()) for day in pd.to_datetime(values[mask][:EXAMPLES], unit="ms"))
            )
            found.append(Found(rule, int(mask.sum()), days, int(mask.argmax())))
    return found
