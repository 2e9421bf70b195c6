"""Predictions as users hand them over, checked and brought into one form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ladder_widgets.labels import as_series, classes_of, encode, plain
from ladder_widgets.scores import Scores, to_grid
from ladder_widgets.table import Table
from ladder_widgets.validation import refuse, shown

__all__ = ["read_predictions"]


def read_predictions(
    y_true: Any,
    y_score: Any,
    X: Any,
    *,
    pos_label: Any,
    classes: Sequence[Any] | None,
    threshold: float,
    sample_weight: Any,
) -> dict[str, Any]:
    """Return the arguments of an ``ErrorAnalysis``; ValueError if they do not go together."""
    target = as_series(y_true, "y_true")
    labels = list(classes) if classes is not None else classes_of(None, target)
    y = encode(target, labels)
    if (y < 0).any():
        raise refuse("classes", "every label of y_true", shown(labels))
    if len(labels) < 2:
        raise refuse("y_true", "labels of at least two classes", shown(labels))
    positive = _positive(pos_label, labels)
    proba = _probabilities(y_score, len(y), len(labels), positive)
    binary = len(labels) == 2
    level = float(to_grid(threshold)) if binary else None
    predicted = np.argmax(proba, axis=1)
    if binary:
        predicted = np.where(to_grid(proba[:, positive]) >= level, positive, 1 - positive)
    table = None if X is None else Table(X, "X")
    if table is not None and table.n_rows != len(y):
        raise refuse("X", f"as long as y_true ({len(y)} rows)", f"{table.n_rows} rows")
    return {
        "table": table,
        "y": y,
        "scores": Scores(proba, predicted, "predict_proba"),
        "classes": labels,
        "positive": positive,
        "threshold": level,
        "weights": None if sample_weight is None else _weights(sample_weight, len(y)),
    }


def _positive(pos_label: Any, labels: list[Any]) -> int:
    if pos_label is None:
        return len(labels) - 1
    if plain(pos_label) not in labels:
        raise refuse("pos_label", f"one of {shown(labels)}", shown(pos_label))
    return labels.index(plain(pos_label))


def _weights(sample_weight: Any, n_rows: int) -> np.ndarray:
    weights = np.asarray(sample_weight, dtype=float)
    accepted = f"{n_rows} numbers, none of them negative and not all zero"
    if weights.shape != (n_rows,):
        raise refuse("sample_weight", accepted, f"shape {weights.shape}")
    if not np.isfinite(weights).all() or weights.min() < 0 or not weights.any():
        raise refuse("sample_weight", accepted, f"values from {weights.min()} to {weights.max()}")
    return weights


def _probabilities(y_score: Any, n_rows: int, n_classes: int, positive: int) -> np.ndarray:
    raw = np.asarray(y_score, dtype=float)
    if raw.ndim == 1 and n_classes == 2:
        columns = [1 - raw, raw] if positive == 1 else [raw, 1 - raw]
        raw = np.column_stack(columns)
    if raw.shape != (n_rows, n_classes):
        accepted = f"of shape ({n_rows}, {n_classes})" + (f" or ({n_rows},)" if n_classes == 2 else "")
        raise refuse("y_score", accepted, f"shape {np.asarray(y_score).shape}")
    if not (np.isfinite(raw).all() and raw.min() >= 0 and raw.max() <= 1):
        raise refuse("y_score", "probabilities between 0 and 1", f"values from {raw.min()} to {raw.max()}")
    return raw
