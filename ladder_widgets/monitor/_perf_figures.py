"""Figures of a table of rows by score and class, each with its derivative by the rows of a cell.

The derivative is what an interval needs, whatever the rows stand for: labels as they are, labels that
are weighted, or rows whose chance of being positive is estimated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Figure", "auc", "average_precision", "brier", "calibration_gap", "prevalence"]


@dataclass(frozen=True, eq=False)
class Figure:
    """A figure and how it moves with the table.

    Attributes
    ----------
    value : float
        NaN where the table does not tell.
    gradient : ndarray of shape (n_bins, 2)
        Change of the value per row added to a cell. Weighted with the rows it sums to 0, as no figure
        depends on the number of rows alone.
    """

    value: float
    gradient: np.ndarray


def auc(table: np.ndarray) -> Figure:
    """ROC AUC, rows of one bin being tied; its gradient are DeLong's placements.

    DeLong, DeLong & Clarke-Pearson (Biometrics 44, 1988).

    Parameters
    ----------
    table : ndarray of shape (n_bins, 2)
        Rows by score, ascending, and by whether they are positive.

    Examples
    --------
    >>> auc(np.array([[1, 0], [0, 1], [1, 0], [0, 1]])).value
    0.75
    """
    negative, positive = table[:, 0].astype(float), table[:, 1].astype(float)
    n, m = negative.sum(), positive.sum()
    if n <= 0 or m <= 0:
        return Figure(np.nan, np.zeros(table.shape))
    above = (np.cumsum(negative) - 0.5 * negative) / n
    below = 1 - (np.cumsum(positive) - 0.5 * positive) / m
    value = float(above @ positive / m)
    return Figure(value, np.column_stack([(below - value) / n, (above - value) / m]))


def average_precision(table: np.ndarray) -> Figure:
    """Average precision, every bin being a threshold: Σ (recall − recall before) · precision.

    Examples
    --------
    >>> round(average_precision(np.array([[1, 0], [0, 1], [1, 0], [0, 1]])).value, 3)
    0.833
    """
    positive = table[:, 1].astype(float)
    m = positive.sum()
    if m <= 0:
        return Figure(np.nan, np.zeros(table.shape))
    found = _from_the_top(positive)
    taken = np.maximum(_from_the_top(table.sum(axis=1)), 1e-12)
    precision = found / taken
    value = float(precision @ positive / m)
    # A further row in a bin is taken by every threshold at or below it.
    less = -np.cumsum(positive / m * found / taken**2)
    more = np.cumsum(positive / m * (taken - found) / taken**2)
    return Figure(value, np.column_stack([less, more + (precision - value) / m]))


def prevalence(table: np.ndarray) -> Figure:
    """Share of positive rows."""
    return _mean(table, np.array([0.0, 1.0]))


def calibration_gap(table: np.ndarray, values: np.ndarray) -> Figure:
    """Share of positive rows minus the mean score: above 0 where the model states too little.

    Parameters
    ----------
    table : ndarray of shape (n_bins, 2)
    values : ndarray of shape (n_bins,)
        Mean score of each bin.
    """
    return _mean(table, np.array([0.0, 1.0]) - values[:, None])


def brier(table: np.ndarray, values: np.ndarray) -> Figure:
    """Mean squared distance of the score from what came (Brier, Monthly Weather Review 78, 1950)."""
    return _mean(table, (np.array([0.0, 1.0]) - values[:, None]) ** 2)


def _mean(table: np.ndarray, of: np.ndarray) -> Figure:
    total = float(table.sum())
    if total <= 0:
        return Figure(np.nan, np.zeros(table.shape))
    each = np.broadcast_to(of, table.shape)
    value = float((table * each).sum() / total)
    return Figure(value, (each - value) / total)


def _from_the_top(values: np.ndarray) -> np.ndarray:
    return np.cumsum(values[::-1])[::-1]
