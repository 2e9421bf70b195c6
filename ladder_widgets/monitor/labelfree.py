"""What the scores alone say of rows whose labels have not arrived."""

from __future__ import annotations

import numpy as np
from sklearn.isotonic import IsotonicRegression

__all__ = ["calibrated", "expected_accuracy", "expected_auc"]


def calibrated(score: np.ndarray, positive: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Return probabilities of ``new`` scores, by an isotonic fit to rows whose labels are known.

    Parameters
    ----------
    score, positive : ndarray of shape (n_known,)
    new : ndarray of shape (n_new,)
    """
    fit = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    return np.asarray(fit.fit(score, positive.astype(float)).predict(new))


def expected_accuracy(probability: np.ndarray, decided: np.ndarray) -> float:
    """Share of right decisions if the probabilities hold.

    Examples
    --------
    >>> round(expected_accuracy(np.array([0.9, 0.2]), np.array([True, False])), 2)
    0.85
    """
    return float(np.mean(np.where(decided, probability, 1 - probability)))


def expected_auc(score: np.ndarray, probability: np.ndarray) -> float:
    """ROC AUC of the scores if each row is positive with its probability, labels unseen; NaN for one class.

    Examples
    --------
    >>> round(expected_auc(np.array([0.1, 0.4, 0.9]), np.array([0.0, 0.5, 1.0])), 2)
    1.0
    """
    order = np.argsort(score, kind="stable")
    score, p = score[order], probability[order]
    _, first, counts = np.unique(score, return_index=True, return_counts=True)
    negative = np.concatenate([[0.0], np.cumsum(1 - p)])
    tied = np.add.reduceat(1 - p, first)
    ties = np.repeat(tied, counts)
    below = np.repeat(negative[first], counts)
    # A row is never above itself: leave its own chance of being both out of the ties.
    wins = float((p * (below + 0.5 * (ties - (1 - p)))).sum())
    pairs = float(p.sum() * (1 - p).sum() - (p * (1 - p)).sum())
    return wins / pairs if pairs > 1e-9 else float("nan")
