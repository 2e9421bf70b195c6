"""The scores every rung is judged by, for two classes and for more."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

__all__ = ["NAMES", "curve_areas", "evaluate"]

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
    areas = [curve_areas(y == c, proba[:, c]) for c in curves]
    scores = {
        "roc_auc": _mean(auc for auc, _ in areas if not np.isnan(auc)),
        "average_precision": _mean(precision for _, precision in areas if not np.isnan(precision)),
        "accuracy": float(np.mean(predicted == y)),
        "balanced_accuracy": _mean(np.mean(predicted[y == c] == c) for c in present),
        "log_loss": float("nan"),
        "brier": float("nan"),
    }
    if probabilities:
        own = proba[np.arange(len(y)), y]
        shared = np.clip(own, _EPS, 1) / np.clip(proba, _EPS, 1).sum(axis=1)
        scores["log_loss"] = float(-np.mean(np.log(shared)))
        # Σ (p − onehot)² = Σ p² − 2 p_y + 1
        scores["brier"] = float(np.mean(np.sum(proba**2, axis=1) - 2 * own + 1) / 2)
    return {name: scores[name] for name in NAMES}


def curve_areas(is_positive: np.ndarray, score: np.ndarray) -> tuple[float, float]:
    """ROC AUC and average precision of one sort; NaN if one of the two classes is absent.

    The AUC is the share of pairs that are ranked rightly, ties by half (Hanley & McNeil, Radiology 143,
    1982); average precision is Σ (R_k − R_{k−1}) P_k over the distinct scores, as scikit-learn has it. The
    library's own functions check and code their input anew at each call, which takes ten times as long as
    the sum where a few thousand rows are drawn again and again.

    Parameters
    ----------
    is_positive : ndarray of bool of shape (n_rows,)
    score : ndarray of shape (n_rows,)

    Examples
    --------
    >>> auc, precision = curve_areas(np.array([True, False, True, False]), np.array([0.9, 0.6, 0.4, 0.1]))
    >>> auc, round(precision, 3)
    (0.75, 0.833)
    """
    positives = int(np.count_nonzero(is_positive))
    negatives = len(is_positive) - positives
    if not positives or not negatives:
        return float("nan"), float("nan")
    order = np.argsort(-score)
    ranked = score[order]
    ends = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)  # last row of each tie
    del ranked
    # Cast first: a sum that casts on the way keeps everything else from running.
    found = is_positive[order].astype(np.int32 if len(score) < 2**31 else np.int64)
    found = np.cumsum(found, out=found)[ends]
    gained = np.diff(found, prepend=0)
    ties = np.flatnonzero(gained)  # where nothing is found nothing is added
    fallen = np.diff(ends, prepend=-1)[ties] - gained[ties]
    ends, found, gained = ends[ties] + 1, found[ties].astype(float), gained[ties].astype(float)
    auc = 1 - float(np.sum(gained * (ends - found - fallen / 2))) / (positives * negatives)
    return auc, float(np.sum(gained * found / ends)) / positives


def _mean(values: Iterable[float | np.floating]) -> float:
    listed = [float(value) for value in values]
    return float(np.mean(listed)) if listed else float("nan")
