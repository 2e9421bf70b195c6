"""Numbers of a batch that break a rule of the schema, and what stands where a number should."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.monitor._schema_column import Column
from ladder_widgets.monitor._schema_found import EXAMPLES, Found, by_rule
from ladder_widgets.monitor._schema_values import distinct, is_placeholder, sort, written_number

__all__ = ["misfit", "mixed_numbers", "numbers"]


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


def mixed_numbers(column: Column, series: pd.Series) -> list[Found]:
    """A column of numbers in which texts or other things turned up."""
    seen = distinct(series)
    own = ("number", "flag") if column.flags else ("number",)
    sorts = [misfit(value) if sort(value) not in own else "" for value in seen.values]
    found = by_rule(seen, sorts)
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
