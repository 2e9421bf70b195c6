"""Learning a column of the schema from the rows of training."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.monitor._schema_column import Column
from ladder_widgets.monitor._schema_values import (
    distinct,
    gap_names,
    has_zone,
    is_placeholder,
    plain_value,
    shape,
    sort,
)
from ladder_widgets.table import Feature
from ladder_widgets.values import as_text

__all__ = ["learn"]

#: Levels that are listed; a column with more is open.
MAX_LEVELS = 200
#: Rows for each level of a text column below which its values are not a list, and levels that always are.
ROWS_PER_LEVEL, FEW_LEVELS = 3, 20
#: Whole numbers of so few values, each held by so many rows, are codes.
CODES, COMMON = 10, 5
#: Rows whose form is looked at, and forms that are kept.
LOOKED_AT, FORMS = 20_000, 10


def learn(feature: Feature, *, exact: bool = True) -> Column:
    """Sum up a column of training; ``exact`` where its gaps are as the user wrote them, and not converted."""
    series, missing = feature.series, feature.missing
    told: dict[str, Any] = {"missing": int(missing.sum())}
    told["gaps"] = tuple(gap_names(series, missing)) if exact else ()
    if feature.kind in ("number", "boolean"):
        told |= _range(feature.numbers(), codes=feature.kind == "number")
    elif feature.kind == "datetime":
        values = feature.numbers()
        told |= {**_range(values, codes=False), "integer": False}
        told["zone"] = has_zone(series)
    else:
        told |= _domain(series)
    return Column(feature.name, _key(feature.key), feature.kind, str(series.dtype), len(series), **told)


def _key(key: Any) -> Any:
    if isinstance(key, tuple):
        return tuple(map(plain_value, key))
    return plain_value(key)


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
        held[shape(as_text(value))] += 1
    total = held.total()
    return tuple((form, count / total) for form, count in held.most_common(FORMS))
