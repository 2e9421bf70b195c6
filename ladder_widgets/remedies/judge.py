"""Before and after: the same figures for both, and an interval on each difference."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ladder_widgets.metrics import evaluate
from ladder_widgets.stats import Interval, delong

__all__ = ["NAMES", "Judged", "differences", "figures"]

NAMES = (
    "roc_auc",
    "average_precision",
    "balanced_accuracy",
    "log_loss",
    "accuracy",
    "recall_of_rarest",
)
#: Resamples of an interval, fewer where rows and classes are many, and weights held at a time.
RESAMPLES, FEWER, MANY = 1000, 300, 20_000
CELLS = 4_000_000
_EPS = 1e-15


@dataclass(frozen=True, eq=False)
class Judged:
    """What a model answered.

    Attributes
    ----------
    rows : ndarray of shape (n_rows,)
        Which of the user's validation rows.
    y, predicted : ndarray of shape (n_rows,)
        Codes.
    proba : ndarray of shape (n_rows, n_classes)
    probabilities : bool
        False: the scores only rank.
    """

    rows: np.ndarray
    y: np.ndarray
    proba: np.ndarray
    predicted: np.ndarray
    probabilities: bool = True

    def only(self, rows: np.ndarray) -> Judged:
        """Keep some of the user's rows."""
        keep = np.isin(self.rows, rows)
        return Judged(
            self.rows[keep], self.y[keep], self.proba[keep], self.predicted[keep], self.probabilities
        )


def figures(judged: Judged, positive: int, rarest: int) -> dict[str, float]:
    """Return every figure of :data:`NAMES`; NaN where it does not apply.

    Parameters
    ----------
    positive : int
        Code of the positive class of two.
    rarest : int
        Code of the class whose recall is told.
    """
    told = evaluate(judged.y, judged.proba, judged.predicted, positive, judged.probabilities)
    own = judged.y == rarest
    told["recall_of_rarest"] = float(np.mean(judged.predicted[own] == rarest)) if own.any() else float("nan")
    return {name: told[name] for name in NAMES}


def differences(before: Judged, after: Judged, positive: int, rarest: int, seed: int) -> dict[str, Interval]:
    """Return after minus before with its 95 % interval.

    Rows are resampled, and each row enters both sides as often: what a row adds to both cancels out.
    A row that only one side has enters that side. The AUC of two classes on the same rows and
    labels gets DeLong's interval instead.

    Parameters
    ----------
    before, after : Judged
    positive, rarest : int
        As for :func:`figures`.
    seed : int
        Of the resampling.
    """
    old, new = figures(before, positive, rarest), figures(after, positive, rarest)
    union = np.union1d(before.rows, after.rows)
    k = before.proba.shape[1]
    sides = [_Side(side, positive, rarest) for side in (before, after)]
    places = [np.searchsorted(union, side.rows) for side in (before, after)]
    times = FEWER if k > 2 or len(union) > MANY else RESAMPLES
    rng = np.random.default_rng(seed)
    drawn: list[np.ndarray] = []
    for size in _batches(times, len(union) * (1 if k == 2 else k)):
        weights = np.stack([_counts(rng, len(union)) for _ in range(size)])
        one, other = (side.all(weights[:, place]) for side, place in zip(sides, places, strict=True))
        drawn.append(other - one)
    values = np.concatenate(drawn)
    told = {}
    for column, name in enumerate(NAMES):
        told[name] = _interval(new[name] - old[name], values[:, column])
    same = np.array_equal(before.rows, after.rows) and np.array_equal(before.y, after.y)
    if k == 2 and same and 0 < np.count_nonzero(before.y == positive) < len(before.y):
        truth = before.y == positive
        told["roc_auc"], _ = delong(truth, after.proba[:, positive], before.proba[:, positive])
    return told


def _interval(mean: float, values: np.ndarray) -> Interval:
    known = values[np.isfinite(values)]
    if not np.isfinite(mean) or len(known) < 20:
        return Interval(float(mean), float("nan"), float("nan"))
    low, high = np.quantile(known, [0.025, 0.975])
    return Interval(float(mean), float(low), float(high))


def _batches(times: int, cells: int) -> list[int]:
    size = max(1, min(times, CELLS // max(1, cells)))
    return [min(size, times - start) for start in range(0, times, size)]


def _counts(rng: np.random.Generator, n_rows: int) -> np.ndarray:
    return np.bincount(rng.integers(0, n_rows, n_rows), minlength=n_rows).astype(float)


class _Side:
    """Every figure of one side for many weightings of its rows at once."""

    def __init__(self, judged: Judged, positive: int, rarest: int) -> None:
        y, proba = judged.y, judged.proba
        k = proba.shape[1]
        self._right = (judged.predicted == y).astype(float)
        self._classes = {int(c): (y == c).astype(float) for c in np.unique(y)}
        self._rarest = rarest
        clipped = np.clip(proba, _EPS, 1)
        clipped /= clipped.sum(axis=1, keepdims=True)
        loss = -np.log(clipped[np.arange(len(y)), y])
        self._loss = loss if judged.probabilities else np.full(len(y), np.nan)
        curves = [positive] if k == 2 else list(self._classes)
        self._curves = [_curve(y == c, proba[:, c]) for c in curves if 0 < np.sum(y == c) < len(y)]

    def all(self, weights: np.ndarray) -> np.ndarray:
        """Return an array of shape (n_weightings, n_figures), in the order of NAMES."""
        with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
            warnings.simplefilter("ignore", RuntimeWarning)  # a resample without one of the classes
            total = weights.sum(axis=1)
            recalls = {
                c: (weights @ (own * self._right)) / (weights @ own) for c, own in self._classes.items()
            }
            curves = [curve(weights) for curve in self._curves]
            nothing = np.full(len(weights), np.nan)
            auc = np.nanmean([pair[0] for pair in curves], axis=0) if curves else nothing
            precision = np.nanmean([pair[1] for pair in curves], axis=0) if curves else nothing
            balanced = np.nanmean(list(recalls.values()), axis=0)
            loss, right = (weights @ self._loss) / total, (weights @ self._right) / total
            found = recalls.get(self._rarest, nothing)
        return np.column_stack([auc, precision, balanced, loss, right, found])


def _curve(true: np.ndarray, score: np.ndarray) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Return a function of weights that gives AUC and average precision, ties counted as one step."""
    order = np.argsort(-score, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))
    hit = true[order].astype(float)

    def both(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ranked = weights[:, order]
        hits = np.cumsum(ranked * hit, axis=1)[:, ends]
        every = np.cumsum(ranked, axis=1)[:, ends]
        positives, negatives = hits[:, -1], every[:, -1] - hits[:, -1]
        gained = np.diff(hits, axis=1, prepend=0.0)
        alarms = np.diff(every - hits, axis=1, prepend=0.0)
        area = (alarms * (hits - gained / 2)).sum(axis=1) / (positives * negatives)
        precise = np.divide(hits, every, out=np.zeros_like(hits), where=every > 0)
        return area, (gained * precise).sum(axis=1) / positives

    return both
