"""How much of the label one column gives away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ladder_widgets.bins import bin_codes, coarser, out_of_fold
from ladder_widgets.stats import ovr_auc
from ladder_widgets.table import Feature

__all__ = ["Power", "entropy", "explained", "power"]

_EPS = 1e-12
#: Bins a number is cut into, finest last; the best of them counts. The finest is for large tables.
_RESOLUTIONS = (6, 16, 64)
_ROWS_PER_BIN = 40
_WORTH_AN_AUC = 0.2

Pairs = list[tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, slots=True)
class Power:
    """Share of the label's uncertainty that something takes away, 0 to 1, and its standard error.

    ``auc`` is the ROC AUC of the same scores (the mean of one against the rest), which does not
    depend on how rare the classes are; it is worked out where the share is large enough to matter.
    """

    name: str
    value: float
    error: float
    auc: float = 0.5

    @property
    def low(self) -> float:
        """Two standard errors below."""
        return self.value - 2 * self.error


def entropy(y: np.ndarray, n_classes: int) -> float:
    """Uncertainty of the label in nats, knowing only how common each class is.

    Examples
    --------
    >>> round(entropy(np.array([0, 1, 0, 1]), 2), 3)
    0.693
    """
    shares = np.bincount(y, minlength=n_classes) / len(y)
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum())


def explained(name: str, y: np.ndarray, proba: np.ndarray) -> Power:
    """1 − log loss / entropy of out-of-fold probabilities, with its standard error.

    Parameters
    ----------
    name : str
    y : ndarray of shape (n_rows,)
        Codes.
    proba : ndarray of shape (n_rows, n_classes)
    """
    base = entropy(y, proba.shape[1])
    if base <= 0:
        return Power(name, 0.0, 0.0)
    loss = -np.log(np.clip(proba[np.arange(len(y)), y], _EPS, 1))
    shares = np.bincount(y, minlength=proba.shape[1]) / len(y)
    gain = -np.log(shares[y]) - loss
    value, error = float(gain.mean() / base), float(gain.std() / np.sqrt(len(y)) / base)
    auc = ovr_auc(y, proba)[0].mean if value >= _WORTH_AN_AUC else 0.5
    return Power(name, value, error, auc)


def power(feature: Feature, rows: np.ndarray | None, y: np.ndarray, n_classes: int, pairs: Pairs) -> Power:
    """:func:`explained` for the best that can be said from one column: its bins, counted out of fold."""
    codes, n_bins = bin_codes(feature, rows)
    if feature.kind == "category":
        return explained(feature.name, y, out_of_fold(codes, n_bins, y, n_classes, pairs))
    powers: list[Power] = []
    for wanted in _RESOLUTIONS:
        if powers and wanted * _ROWS_PER_BIN > len(y):
            break
        merged, n_merged = coarser(codes, n_bins, wanted)
        powers.append(explained(feature.name, y, out_of_fold(merged, n_merged, y, n_classes, pairs)))
        if n_merged == n_bins:
            break
    return max(powers, key=lambda one: one.value)
