"""Rows of a batch's column that break a rule of the schema, counted in memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.monitor._schema_column import Column
from ladder_widgets.monitor._schema_found import EXAMPLES, LENGTH, Found, Tally, by_rule
from ladder_widgets.monitor._schema_numbers import mixed_numbers, numbers
from ladder_widgets.monitor._schema_texts import domain
from ladder_widgets.monitor._schema_values import distinct, gap_names, has_zone, is_placeholder, sort
from ladder_widgets.table import Feature
from ladder_widgets.validation import shown

__all__ = ["tally"]


def tally(column: Column, feature: Feature, *, exact: bool = True) -> Tally:
    """Count the rows that break a rule of ``column``.

    Parameters
    ----------
    exact : bool
        Whether gaps are as the user wrote them: that means nothing in a column that was converted.
    """
    missing = feature.missing
    found = _gaps(column, feature.series, missing)
    if not missing.all():
        found += _values(column, feature, missing)
    if not exact:
        found = [one for one in found if one.rule != "marker"]
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
        return domain(column, feature.series)
    if feature.kind == "boolean" and not column.flags and column.low is not None:
        some = tuple(str(value) for value in feature.series[~missing].iloc[:EXAMPLES])
        return [Found("flag", int((~missing).sum()), some, int((~missing).argmax()))]
    if _is_numeric(feature):
        return numbers(column, feature.numbers())
    return mixed_numbers(column, feature.series)


def _is_numeric(feature: Feature) -> bool:
    """Whether every value is a number, a length of time or a flag, whatever holds it."""
    series = feature.series
    if isinstance(series.dtype, pd.CategoricalDtype):
        return False
    if pd.api.types.is_numeric_dtype(series.dtype) or feature.is_duration:
        return True
    if series.dtype.kind != "O" or isinstance(series.dtype, pd.api.extensions.ExtensionDtype):
        return False
    content = pd.api.types.infer_dtype(series, skipna=True)
    return content in ("integer", "floating", "mixed-integer-float", "decimal", "boolean")


def _dates(column: Column, feature: Feature) -> list[Found]:
    series = feature.series
    if feature.kind != "datetime":
        seen = distinct(series)
        found = by_rule(seen, ["" if sort(value) == "date" else _not_a_date(value) for value in seen.values])
        if found:
            return found
    if column.zone is not None and feature.kind == "datetime" and has_zone(series) != column.zone:
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
