"""Labels of one class that come sooner than those of the other, apart from what the score explains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq

from ladder_widgets.monitor._perf_arrival import Ratio

__all__ = ["SIGN", "Sooner", "log_hazard", "no_sooner", "sooner"]

#: Hazards: from none to all labels being there, on a logarithmic scale, and the largest ratio of the classes.
LOWEST, HIGHEST, FARTHEST = -25.0, 4.0, 4.0
#: Halvings of that stretch, to a ten millionth.
HALVINGS = 28
#: Half of the log ratio belongs to each class.
SIGN = np.array([-0.5, 0.5])


@dataclass(frozen=True, eq=False)
class Sooner:
    """The ratio of the hazards of a label, positive to negative, and what depends on it.

    Attributes
    ----------
    log_ratio : float
    weights : ndarray of shape (n_pools, 2)
        Rows that a label of each class stands for.
    slope : ndarray of shape (n_pools, 2)
        Relative change of the chance of a label with the log hazard of its pool.
    by_label : ndarray of shape (n_pools, 2)
        Change of the log ratio per label more.
    by_row : ndarray of shape (n_pools,)
        Change of the log ratio per row more.
    variance : float
        Of the log ratio, from what is known of the delays.
    """

    log_ratio: float
    weights: np.ndarray
    slope: np.ndarray
    by_label: np.ndarray
    by_row: np.ndarray
    variance: float = 0.0

    def without(self, borrowed: np.ndarray) -> Sooner:
        """Leave out pools whose labels are those of other windows."""
        return replace(
            self,
            slope=np.where(borrowed[:, None], 1.0, self.slope),
            by_label=np.where(borrowed[:, None], 0.0, self.by_label),
            by_row=np.where(borrowed, 0.0, self.by_row),
        )


def no_sooner(n_pools: int) -> Sooner:
    """Return the effect of a class that makes no difference."""
    flat = np.zeros((n_pools, 2))
    return Sooner(0.0, flat + 1, flat + 1, flat, np.zeros(n_pools))


def sooner(labels: np.ndarray, rows: np.ndarray, others: np.ndarray, ratio: Ratio) -> Sooner:
    """Find the ratio of hazards at which scores and classes together explain which labels have come.

    A row with score s and class y has its label by now with chance 1 − exp(−g(s) h(y)) (proportional
    hazards: Cox, JRSS B 34, 1972). The hazards g make the labels of each pool stand for its rows. The
    ratio h(1) / h(0) is the one at which positive rows of the source, with their scores, would be
    labelled oftener than negative ones by as much as the delays of the two classes say, both measured on
    the scale of log hazards, log(−log(1 − share)). If the score alone explains that, the ratio is 1.

    Parameters
    ----------
    labels : ndarray of shape (n_pools, 2)
    rows : ndarray of shape (n_pools,)
        At least the labels of the pool.
    others : ndarray of shape (n_pools, 2)
        Rows of the source by score and class.
    ratio : Ratio
        Of the hazards of positive and negative rows, whatever their scores.

    Notes
    -----
    This takes the coverage of scores to be a matter of delays. In a window of the last hours it is one of
    age as well: if scores are higher in the evening, high scores have fewer labels whatever their delays.
    As far as age decides (:attr:`Ratio.by_age`), the ratio is therefore held between 1 (the score explains
    the delays) and the ratio of the delays themselves (it explains nothing), and what that changes counts
    as uncertainty.
    """
    labels, size = labels.astype(float), np.maximum(others.sum(axis=0), 1.0)
    mix = others / size

    def surplus(log_ratio: float) -> float:
        negative, positive = log_hazard((mix * _chance(labels, rows, log_ratio)[0]).sum(axis=0))[0]
        return float(positive - negative) - ratio.log

    solved = _root(surplus)
    doubt = solved - float(np.clip(solved, min(0.0, ratio.log), max(0.0, ratio.log)))
    at, kept = solved - ratio.by_age * doubt, 1 - ratio.by_age
    chance, slope = _chance(labels, rows, at)
    weights = np.divide(1.0, chance, out=np.zeros(chance.shape), where=chance > 0)
    reached = (mix * chance).sum(axis=0)
    stretch = log_hazard(reached)[1]
    pull = mix * chance * slope * stretch
    by_pool, moving = pull[:, 1] - pull[:, 0], labels * weights * slope
    total = np.maximum(moving.sum(axis=1), 1e-12)
    steep = float((pull * np.abs(SIGN)).sum() - by_pool @ (moving @ SIGN / total))
    steep = max(steep, 1e-3)
    unsure = ((mix * chance**2).sum(axis=0) - reached**2) * stretch**2 / size
    return Sooner(
        at,
        weights,
        slope,
        -kept * (by_pool / total)[:, None] * weights / steep,
        kept * by_pool / total / steep,
        float(ratio.variance + unsure.sum()) / steep**2 + ratio.by_age * doubt**2,
    )


def log_hazard(share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log hazard of shares with a label, log(−log(1 − share)), and its slope; both bounded near 0 and 1."""
    share = np.clip(share, 1e-6, 1 - 1e-3)
    hazard = -np.log1p(-share)
    return np.log(hazard), 1 / ((1 - share) * hazard)


def _root(surplus: Callable[[float], float]) -> float:
    """Zero of an increasing function; the end it lies beyond."""
    low, high = surplus(-FARTHEST), surplus(FARTHEST)
    if low >= 0 or high <= 0:
        return -FARTHEST if low >= 0 else FARTHEST
    return float(brentq(surplus, -FARTHEST, FARTHEST, xtol=1e-6))


def _chance(labels: np.ndarray, rows: np.ndarray, log_ratio: float) -> tuple[np.ndarray, np.ndarray]:
    """Chance of a label by pool and class, and its relative slope in the log hazard.

    The hazard of a pool is where labels over chances add up to its rows, found by bisection.
    """
    low, high = np.full(len(rows), LOWEST), np.full(len(rows), HIGHEST)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        stands_for = (labels / -np.expm1(-np.exp(middle[:, None] + SIGN * log_ratio))).sum(axis=1)
        more = stands_for > rows
        low, high = np.where(more, middle, low), np.where(more, high, middle)
    hazard = np.exp(((low + high) / 2)[:, None] + SIGN * log_ratio)
    chance = -np.expm1(-hazard)
    slope = np.maximum(hazard * np.exp(-hazard) / chance, 1e-9)
    return np.where(labels.sum(axis=1)[:, None] > 0, chance, 0.0), slope
