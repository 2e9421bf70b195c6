"""The scores every rung is judged by, for two classes and for more."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

__all__ = ["NAMES", "evaluate"]

NAMES = ("roc_auc", "average_precision", "log_loss", "accuracy", "balanced_accuracy", "brier")
_EPS = 1e-15


def evaluate(
    y: np.ndarray, proba: np.ndarray, predicted: np.ndarray, positive: int, probabilities: bool = True
) -> dict[str, float]:
    """Return every metric of :data:`NAMES`; NaN where it does not apply.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        True codes.
    proba : ndarray of shape (n_rows, n_classes)
        Scores between 0 and 1.
    predicted : ndarray of shape (n_rows,)
        Predicted codes.
    positive : int
        Code of the positive class of two.
    probabilities : bool
        False: the scores only rank, so log loss and the Brier score are NaN.

    Notes
    -----
    With more than two classes, ROC AUC and average precision are one-vs-rest means over the
    classes present. The Brier score is half the squared distance to the one-hot label, which for
    two classes is the usual mean of (p − y)².
    """
    k = proba.shape[1]
    present = np.unique(y)
    curves = [positive] if k == 2 else list(present)
    mixed = [c for c in curves if 0 < np.count_nonzero(y == c) < len(y)]
    scores = {
        "roc_auc": _mean(roc_auc_score(y == c, proba[:, c]) for c in mixed),
        "average_precision": _mean(average_precision_score(y == c, proba[:, c]) for c in mixed),
        "accuracy": float(np.mean(predicted == y)),
        "balanced_accuracy": _mean(np.mean(predicted[y == c] == c) for c in present),
        "log_loss": float("nan"),
        "brier": float("nan"),
    }
    if probabilities:
        clipped = np.clip(proba, _EPS, 1)
        clipped /= clipped.sum(axis=1, keepdims=True)
        scores["log_loss"] = float(log_loss(y, clipped, labels=np.arange(k)))
        onehot = y[:, None] == np.arange(k)
        scores["brier"] = float(np.mean(np.sum((proba - onehot) ** 2, axis=1)) / 2)
    return {name: scores[name] for name in NAMES}


def _mean(values: object) -> float:
    listed = [float(value) for value in values]  # type: ignore[attr-defined]
    return float(np.mean(listed)) if listed else float("nan")
