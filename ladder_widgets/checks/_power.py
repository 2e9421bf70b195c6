"""How much of the label one column gives away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ladder_widgets.bins import bin_codes, out_of_fold
from ladder_widgets.table import Feature

__all__ = ["Power", "entropy", "explained", "power"]

_EPS = 1e-12


@dataclass(frozen=True, slots=True)
class Power:
    """Share of the label's uncertainty that something takes away, 0 to 1, and its standard error."""

    name: str
    value: float
    error: float

    @property
    def low(self) -> float:
        """Two standard errors below."""
        return self.value - 2 * self.error


def entropy(y: np.ndarray, n_classes: int) -> float:
    """Uncertainty of the label in nats, knowing only how common each class is."""
    shares = np.bincount(y, minlength=n_classes) / len(y)
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum())


def explained(name: str, y: np.ndarray, proba: np.ndarray) -> Power:
    """1 − log loss / entropy of out-of-fold probabilities, with its standard error."""
    loss = -np.log(np.clip(proba[np.arange(len(y)), y], _EPS, 1))
    base = entropy(y, proba.shape[1])
    if base <= 0:
        return Power(name, 0.0, 0.0)
    shares = np.bincount(y, minlength=proba.shape[1]) / len(y)
    gain = -np.log(shares[y]) - loss
    return Power(name, float(gain.mean() / base), float(gain.std() / np.sqrt(len(y)) / base))


def power(
    feature: Feature,
    rows: np.ndarray | None,
    y: np.ndarray,
    n_classes: int,
    pairs: list[tuple[np.ndarray, np.ndarray]],
) -> Power:
    """:func:`explained` for the best that can be said from one column: its bins, counted out of fold."""
    codes, n_bins = bin_codes(feature, rows)
    return explained(feature.name, y, out_of_fold(codes, n_bins, y, n_classes, pairs))
