"""The scores every rung is judged by, for two classes and for more."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

__all__ = ["NAMES", "curve_areas", "evaluate", "found_at"]

NAMES = ("roc_auc", "average_precision", "log_loss", "accuracy", "balanced_accuracy", "brier")
_EPS = 1e-15
#: Rows whose losses are worked out together.
_PIECE = 1 << 16


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
        scores["log_loss"], scores["brier"] = _losses(y, proba)
    return {name: scores[name] for name in NAMES}


def _losses(y: np.ndarray, proba: np.ndarray) -> tuple[float, float]:
    """Log loss and Brier score, a piece of the rows at a time: copies of all scores would add up."""
    log, brier = np.empty(len(y)), np.empty(len(y))
    for start in range(0, len(y), _PIECE):
        piece = slice(start, start + _PIECE)
        part, codes = proba[piece], y[piece]
        own = part[np.arange(len(codes)), codes]
        log[piece] = np.log(np.clip(own, _EPS, 1) / np.clip(part, _EPS, 1).sum(axis=1))
        # Σ (p − onehot)² = Σ p² − 2 p_y + 1
        brier[piece] = np.sum(part**2, axis=1) - 2 * own + 1
    return float(-np.mean(log)), float(np.mean(brier) / 2)


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
    found, fallen, tied = found_at(is_positive, score)
    gained = np.diff(found, prepend=0)
    auc = 1 - float(np.sum(gained * (fallen - tied / 2))) / (positives * negatives)
    return auc, float(np.sum(gained * found / (found + fallen))) / positives


def found_at(is_positive: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count both classes at or above each score that a positive has, highest first.

    Between those scores nothing is found, so that they say all about a curve. The classes are sorted
    each for itself: an order of all rows and what is read by it are several times the scores.

    Returns
    -------
    found, fallen, tied : ndarray of shape (n_scores,)
        Positives and negatives at or above each score, and negatives that have it.

    Examples
    --------
    >>> found, fallen, tied = found_at(np.array([True, False, True, False]), np.array([0.9, 0.4, 0.4, 0.1]))
    >>> found.tolist(), fallen.tolist(), tied.tolist()
    ([1, 2], [0, 1], [0, 1])
    """
    own, others = score[is_positive], score[~is_positive]
    own.sort()
    others.sort()
    first = np.append(True, own[1:] != own[:-1])
    levels, found = own[first][::-1], (len(own) - np.flatnonzero(first))[::-1]
    below = np.searchsorted(others, levels, side="left")
    tied = np.searchsorted(others, levels, side="right") - below
    return found, len(others) - below, tied


def _mean(values: Iterable[float | np.floating]) -> float:
    listed = [float(value) for value in values]
    return float(np.mean(listed)) if listed else float("nan")
