"""Every threshold at once: what each would give, from one sort of the scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Curve", "curve"]

#: Thresholds looked at: quantiles of the scores of both classes.
CANDIDATES = 200


@dataclass(frozen=True, eq=False)
class Curve:
    """Counts above each candidate threshold, possibly for many samples of the rows at once.

    Attributes
    ----------
    thresholds : ndarray of shape (n_thresholds,)
    tp, fp : ndarray of shape (..., n_thresholds)
        Positives and negatives with a score at or above the threshold.
    positives, negatives : ndarray of shape (..., 1)
    """

    thresholds: np.ndarray
    tp: np.ndarray
    fp: np.ndarray
    positives: np.ndarray
    negatives: np.ndarray

    def metric(self, name: str) -> np.ndarray:
        """Return balanced accuracy, accuracy, or F1 of the positive (``f1``) or negative (``f1_negative``) class."""
        tn, fn = self.negatives - self.fp, self.positives - self.tp
        with np.errstate(invalid="ignore", divide="ignore"):
            if name == "balanced_accuracy":
                return (self.tp / self.positives + tn / self.negatives) / 2
            if name == "accuracy":
                return (self.tp + tn) / (self.positives + self.negatives)
            if name == "f1_negative":
                return 2 * tn / (2 * tn + self.fp + fn)
            if name == "f1":
                return 2 * self.tp / (2 * self.tp + self.fp + fn)
        raise ValueError(name)


def curve(score: np.ndarray, positive: np.ndarray, thresholds: np.ndarray, weights: np.ndarray) -> Curve:
    """Count rows above each threshold, once for each row of ``weights``.

    Parameters
    ----------
    score : ndarray of shape (n_rows,)
    positive : ndarray of bool of shape (n_rows,)
    thresholds : ndarray of shape (n_thresholds,)
        Ascending.
    weights : ndarray of shape (n_samples, n_rows)
        How often each sample takes each row.
    """
    place = np.searchsorted(thresholds, score, side="right")  # thresholds at or below the score
    tp = _above(place, weights * positive, len(thresholds))
    fp = _above(place, weights * ~positive, len(thresholds))
    total = (weights * positive).sum(axis=1, keepdims=True)
    return Curve(thresholds, tp, fp, total, weights.sum(axis=1, keepdims=True) - total)


def _above(place: np.ndarray, weights: np.ndarray, n: int) -> np.ndarray:
    counts = np.stack([np.bincount(place, weights=row, minlength=n + 1) for row in weights])
    return np.cumsum(counts[:, ::-1], axis=1)[:, ::-1][:, 1:]


def candidates(score: np.ndarray, positive: np.ndarray, current: float) -> np.ndarray:
    """Return thresholds worth trying, ascending, with the one in use among them."""
    levels = np.linspace(0, 1, CANDIDATES // 2)
    cuts = [np.quantile(score[positive == kind], levels, method="higher") for kind in (True, False)]
    return np.unique(np.concatenate([*cuts, [current]]))
