"""Values that training knew of each column: what it filled in, its categories, its middle and its ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.labels import plain
from ladder_widgets.replaying.cells import column_of, is_missing
from ladder_widgets.replaying.nested import nested
from ladder_widgets.replaying.step import Step, original
from ladder_widgets.replaying.training import Rows
from ladder_widgets.replaying.unknown import categories_of

__all__ = ["known_values"]


def known_values(model: Any, steps: Sequence[Step], reference: Rows | None) -> dict[Any, list[Any]]:
    """Return column → values, statistics of imputers and categories first, then the reference's."""
    found: dict[Any, list[Any]] = {}
    for each in nested(model):  # where the record came no further, the fitted steps still know their columns
        for name, values in _remembered(each.estimator):
            found.setdefault(name, []).extend(values)
    entrance = steps[0].before.names if steps else []
    for step in steps:
        estimator = None if step.call is None else step.call.nested.estimator
        categories = [(name, levels) for name, _, levels in categories_of(estimator, step.before)]
        for name, values in (*_statistics(estimator, step), *categories):
            origin = original(name, set(entrance))
            found.setdefault(name if origin is None else origin, []).extend(values)
    if reference is not None:
        for place, name in enumerate(reference.names):
            found.setdefault(name, []).extend(_middle(column_of(reference.data, place)))
    return {
        name: [plain(value) for value in values if not is_missing(value)] for name, values in found.items()
    }


def _remembered(estimator: Any) -> Iterator[tuple[Any, list[Any]]]:
    """Statistics and categories of a step that was fitted on named columns."""
    names = getattr(estimator, "feature_names_in_", None)
    for attribute in ("statistics_", "categories_"):
        told = getattr(estimator, attribute, None)
        if names is not None and isinstance(told, list | np.ndarray) and len(told) == len(names):
            for name, value in zip(names, told, strict=True):
                yield name, list(value) if isinstance(value, np.ndarray) else [value]


def _statistics(estimator: Any, step: Step) -> list[tuple[Any, list[Any]]]:
    told = getattr(estimator, "statistics_", None)
    if not isinstance(told, np.ndarray) or len(told) != len(step.before.names):
        return []
    return [(name, [value]) for name, value in zip(step.before.names, told.tolist(), strict=True)]


def _middle(values: Any) -> list[Any]:
    """Median, mean, ends and most frequent value of a number; the frequent ones of a category."""
    if values is None:
        return []
    column = pd.Series(values).dropna()
    if column.empty:
        return []
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        frequent = column.mode().iloc[0]
        return [
            float(each) for each in (column.median(), column.mean(), frequent, column.min(), column.max())
        ]
    try:
        return column.value_counts().index[:20].tolist()
    except TypeError:  # lists and dicts cannot be counted
        return []
