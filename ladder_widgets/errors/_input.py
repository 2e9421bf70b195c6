"""Predictions as users hand them over, checked and brought into one form."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.labels import as_series, classes_of, encode, plain
from ladder_widgets.scores import GRID, Scores, to_grid
from ladder_widgets.table import Table, unmasked
from ladder_widgets.validation import listed, number, refuse, shown

__all__ = ["LARGEST_WEIGHT", "SMALLEST_WEIGHT", "read_classes", "read_predictions", "read_threshold"]

#: What rounding to one decimal does to the probability of one class, and to the sum of a row at most.
ROUNDING, MOST_ROUNDING = 0.05, 0.5
#: Weights are squared for the effective number of rows: beyond these the squares are 0 or infinite.
SMALLEST_WEIGHT, LARGEST_WEIGHT = 1e-150, 1e150


def read_predictions(
    y_true: Any,
    y_score: Any,
    X: Any,
    *,
    pos_label: Any,
    classes: Sequence[Any] | None,
    threshold: float | None,
    sample_weight: Any,
) -> dict[str, Any]:
    """Return the arguments of an ``ErrorAnalysis``; ValueError if they do not go together."""
    target = as_series(y_true, "y_true")
    labels = classes_of(None, target) if classes is None else read_classes(classes)
    y = encode(target, labels)
    if (y < 0).any():
        raise refuse("classes", "every label of y_true", shown(labels))
    if len(labels) < 2:
        raise refuse("y_true", "labels of at least two classes", shown(labels))
    positive = _positive(pos_label, labels)
    proba = _probabilities(y_score, len(y), labels, positive)
    level = read_threshold(threshold, len(labels))
    predicted = np.argmax(proba, axis=1)
    if level is not None:
        predicted = np.where(to_grid(proba[:, positive]) >= level, positive, 1 - positive)
    table = None if X is None else Table(X, "X")
    if table is not None and table.n_rows != len(y):
        raise refuse("X", f"as long as y_true ({len(y)} rows)", f"{table.n_rows} rows")
    weights = None if sample_weight is None else _weights(sample_weight, len(y))
    _check_indexes({"y_true": y_true, "y_score": y_score, "X": X, "sample_weight": sample_weight})
    return {
        "table": table,
        "y": y,
        "scores": Scores(proba, predicted, "predict_proba"),
        "classes": labels,
        "positive": positive,
        "threshold": level,
        "weights": weights,
    }


def read_threshold(threshold: Any, n_classes: int) -> float | None:
    """Return the threshold on the grid, 0.5 by default; None with more than two classes."""
    if n_classes == 2:
        return float(to_grid(0.5 if threshold is None else number("threshold", threshold, 0, 1 + GRID)))
    if threshold is not None:
        raise refuse("threshold", "None with more than two classes", shown(threshold))
    return None


def read_classes(classes: Any) -> list[Any]:
    """Return the labels as a list; ValueError for what is none, and for a label named twice."""
    labels = [plain(label) for label in listed("classes", classes, "a sequence of labels")]
    nested = [label for label in labels if not isinstance(label, Hashable)]
    if nested:
        raise refuse("classes", "a sequence of labels", shown(nested[0]))
    twice = [label for place, label in enumerate(labels) if label in labels[:place]]
    if twice:
        raise refuse("classes", "labels that differ", f"{shown(twice[0])} more than once in {shown(labels)}")
    return labels


def _positive(pos_label: Any, labels: list[Any]) -> int:
    if pos_label is None:
        return len(labels) - 1
    if plain(pos_label) not in labels:
        raise refuse("pos_label", f"one of {shown(labels)}", shown(pos_label))
    return labels.index(plain(pos_label))


def _weights(sample_weight: Any, n_rows: int) -> np.ndarray:
    accepted = f"{n_rows} numbers, none of them negative and not all zero"
    weights = _floats("sample_weight", sample_weight, accepted)
    if weights.shape != (n_rows,):
        raise refuse("sample_weight", accepted, f"shape {weights.shape}")
    _check_values("sample_weight", weights, accepted, 0, np.inf)
    if not weights.any():
        raise refuse("sample_weight", accepted, "zeros only")
    smallest = weights[weights > 0].min()
    with np.errstate(over="ignore"):
        total = weights.sum()
    if smallest < SMALLEST_WEIGHT or total > LARGEST_WEIGHT:
        accepted = f"zero or numbers from {SMALLEST_WEIGHT:g} on, {LARGEST_WEIGHT:g} in all at most"
        raise refuse("sample_weight", accepted, f"numbers from {smallest:g} to {weights.max():g}")
    return weights


def _probabilities(y_score: Any, n_rows: int, labels: list[Any], positive: int) -> np.ndarray:
    n_classes = len(labels)
    _check_columns(y_score, labels)
    raw = _floats("y_score", y_score, "probabilities between 0 and 1")
    shape = raw.shape
    if raw.ndim == 1 and n_classes == 2:
        columns = [1 - raw, raw] if positive == 1 else [raw, 1 - raw]
        raw = np.column_stack(columns)
    if raw.shape != (n_rows, n_classes):
        accepted = f"of shape ({n_rows}, {n_classes})" + (f" or ({n_rows},)" if n_classes == 2 else "")
        raise refuse("y_score", accepted, f"shape {shape}")
    # What the user gave, not the complement that was put beside it: messages name values that are there.
    _check_values(
        "y_score", raw if len(shape) == 2 else raw[:, positive], "probabilities between 0 and 1", 0, 1
    )
    sums = raw.sum(axis=1)
    far = np.abs(sums - 1)
    if far.max() > min(MOST_ROUNDING, ROUNDING * n_classes) + 1e-9:
        worst = int(far.argmax())
        got = f"{sums[worst]:.4g} in all at position {worst}"
        hint = "Divide each row by its sum, if these are scores of one class against the rest."
        raise refuse("y_score", "probabilities that sum to 1 in each row", got, hint)
    return raw


def _floats(name: str, values: Any, accepted: str) -> np.ndarray:
    """Values as float64, missing ones as NaN; refuse what is no number."""
    dtype = getattr(values, "dtype", None)
    if getattr(dtype, "kind", "") in ("m", "M", "c"):  # dates and complex numbers would be cast in silence
        raise refuse(name, accepted, f"values of type {dtype}")
    try:
        if isinstance(values, pd.Series | pd.DataFrame):
            return values.to_numpy(dtype=float, na_value=np.nan)
        return np.asarray(unmasked(values), dtype=float)
    except (TypeError, ValueError):
        raise refuse(name, accepted, shown(values)) from None


def _check_values(name: str, values: np.ndarray, accepted: str, low: float, high: float) -> None:
    """Refuse missing, infinite and outlying values, with how many they are, the first one and its place."""
    wrong = ~(np.isfinite(values) & (values >= low) & (values <= high))
    rows = np.flatnonzero(wrong if values.ndim == 1 else wrong.any(axis=1))
    if not rows.size:
        return
    first = np.atleast_1d(values[rows[0]])[np.atleast_1d(wrong[rows[0]])][0]
    what = "no value (NaN)" if np.isnan(first) else f"{first:g}"
    others = f", and {rows.size - 1:,} more such rows of {len(values):,}" if rows.size > 1 else ""
    raise refuse(name, accepted, f"{what} at position {rows[0]}{others}")


def _check_columns(y_score: Any, labels: list[Any]) -> None:
    """Refuse columns that are named as the classes and stand in another order."""
    named = getattr(y_score, "columns", None)
    names = [] if named is None else [plain(name) for name in named]
    if sorted(map(str, names)) == sorted(map(str, labels)) and list(map(str, names)) != list(
        map(str, labels)
    ):
        hint = f"Choose the columns in that order, or say classes={shown(names)}."
        raise refuse(
            "y_score",
            f"an array with columns in the order of the classes ({shown(labels)})",
            shown(names),
            hint,
        )


def _check_indexes(given: dict[str, Any]) -> None:
    """Refuse pandas objects whose rows are labelled otherwise: nobody could tell which rows belong together.

    Rows 0, 1, 2 … that pandas numbered by itself carry no labels and go by position, unless another
    object holds the same numbers in another order.
    """
    indexes = {
        name: value.index for name, value in given.items() if isinstance(value, pd.Series | pd.DataFrame)
    }
    for (first, one), (second, other) in combinations(indexes.items(), 2):
        if one.equals(other):
            continue
        alike = one.nlevels == other.nlevels
        reordered = alike and bool(one.isin(other).all() and other.isin(one).all())
        if not reordered and (_is_numbered(one) or _is_numbered(other)):
            continue
        place = next((i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b), 0)
        kind = "the same labels in another order" if reordered else "other labels"
        raise refuse(
            second,
            f"indexed as {first} is, row by row",
            f"{kind} (position {place}: {shown(plain(other[place]))}, in {first} {shown(plain(one[place]))})",
            f"Bring the rows into one order with {second}.loc[{first}.index], "
            "or drop the indexes with .reset_index(drop=True) if the rows go together as they are.",
        )


def _is_numbered(index: pd.Index) -> bool:
    return isinstance(index, pd.RangeIndex) and index.equals(pd.RangeIndex(len(index)))
