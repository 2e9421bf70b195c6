"""How well raw scores fit the labels, with their scale kept: losses of margins, recalibration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ladder_widgets.checks._parts import quietly

__all__ = ["Fit", "balanced", "entropy", "log_scores", "losses", "recalibrate"]

#: Probabilities below this are taken for it.
TINY = 1e-15
#: A penalty on the slope and the offsets that keeps them finite where classes are separated.
_RIDGE = 1e-3


def log_scores(estimator: Any, data: Any, n_classes: int, margins: bool = True) -> np.ndarray | None:
    """Return scores on the scale of log probabilities, shape (n_rows, n_classes).

    The margins of ``decision_function`` (with ``margins``) or the logarithm of ``predict_proba``,
    whichever there is; None where the estimator will not, or answers another shape.
    """
    methods = ("decision_function", "predict_proba") if margins else ("predict_proba", "decision_function")
    for method in methods:
        function = quietly(getattr, estimator, method, None)
        raw = quietly(function, data) if callable(function) else None
        raw = quietly(np.asarray, raw, float) if raw is not None else None
        if raw is None or raw.ndim == 0:
            continue
        if raw.ndim == 1 or raw.shape[1] == 1:
            raw = raw.reshape(-1, 1)
            other = 1 - raw if method == "predict_proba" else np.zeros_like(raw)
            raw = np.hstack([other, raw])
        if raw.ndim == 2 and raw.shape[1] == n_classes:
            return np.log(np.clip(raw, TINY, 1)) if method == "predict_proba" else raw
    return None


def losses(scores: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Log loss of each row, shape (n_rows,); infinite where the scores are not finite."""
    with np.errstate(all="ignore"):
        top = scores.max(axis=1, keepdims=True)
        total = np.log(np.exp(scores - top).sum(axis=1)) + top[:, 0]
        loss = total - scores[np.arange(len(y)), y]
    return np.where(np.isfinite(loss), loss, np.inf)


def entropy(y: np.ndarray) -> float:
    """Log loss of answering the class shares.

    Examples
    --------
    >>> round(entropy(np.array([0, 1])), 3)
    0.693
    """
    share = np.bincount(y) / len(y)
    share = share[share > 0]
    return float(-(share * np.log(share)).sum())


def balanced(loss: np.ndarray, y: np.ndarray) -> float:
    """Mean loss with every class counted alike."""
    return float(np.mean([loss[y == c].mean() for c in np.unique(y)]))


@dataclass(frozen=True, eq=False)
class Fit:
    """Scores set right by one slope and one offset per class.

    Attributes
    ----------
    slope, error : float
        What the scores must be multiplied with, and its standard error: 1 for honest scores, above
        it for timid ones, infinite if they are constant.
    as_given : ndarray of shape (n_rows,)
        Losses of the rows with the best offsets and the slope as it is.
    at_best : ndarray of shape (n_rows,)
        Losses with the best slope too.
    """

    slope: float
    error: float
    as_given: np.ndarray
    at_best: np.ndarray


def recalibrate(scores: np.ndarray, y: np.ndarray) -> Fit:
    """Fit the slope and the offsets that suit the labels best.

    Offsets set right what class weights or another prevalence do to scores; the slope tells whether
    they are too timid or too bold. Newton's method on the log loss.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_classes)
        Log probabilities or margins.
    y : ndarray of shape (n_rows,)
        Codes.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> z = rng.normal(size=4000)
    >>> y = (rng.random(4000) < 1 / (1 + np.exp(-2 * z))).astype(int)
    >>> fit = recalibrate(np.column_stack([0 * z, z]), y)
    >>> abs(fit.slope - 2) < 3 * fit.error < 0.5
    True
    """
    centred = scores - scores.mean(axis=1, keepdims=True)
    scale = float(np.std(centred - centred.mean(axis=0)))
    prior = np.broadcast_to(np.log(np.bincount(y, minlength=scores.shape[1]) / len(y) + TINY), scores.shape)
    if scale < 1e-12:
        loss = losses(prior, y)
        return Fit(np.inf, 0.0, loss, loss)
    unit = centred / scale
    offsets, _ = _newton(unit, y, scale)
    free, error = _newton(unit, y, None)
    as_given = losses(unit * scale + offsets[1:], y)
    # Scores in the wrong order are not set right by turning them round.
    at_best = losses(unit * free[0] + free[1:], y) if free[0] > 0 else losses(prior, y)
    return Fit(float(free[0] / scale), float(error / scale), as_given, at_best)


def _newton(unit: np.ndarray, y: np.ndarray, slope: float | None) -> tuple[np.ndarray, float]:
    """Slope (given or fitted) and offsets, and the standard error of the slope."""
    n, k = unit.shape
    first = 1 if slope is not None else 0
    theta = np.zeros(k + 1)
    theta[0] = 1.0 if slope is None else slope
    target = np.eye(k)[y]

    def objective(values: np.ndarray) -> float:
        loss = losses(unit * values[0] + values[1:], y).sum()
        return float(loss + _RIDGE * (values[first:] ** 2).sum())

    hessian = np.eye(k + 1)
    now = objective(theta)
    for _ in range(30):
        p = _softmax(unit * theta[0] + theta[1:])
        rest = p - target
        gradient = np.concatenate([[(rest * unit).sum()], rest.sum(axis=0)]) + 2 * _RIDGE * theta
        hessian = _hessian(unit, p) + 2 * _RIDGE * np.eye(k + 1)
        step = np.zeros(k + 1)
        step[first:] = np.linalg.solve(hessian[first:, first:], gradient[first:])
        size = 1.0
        while size > 1e-4 and objective(theta - size * step) > now:
            size /= 2
        theta = theta - size * step
        then = objective(theta)
        if now - then < 1e-7 * n:
            break
        now = then
    return theta, float(np.sqrt(np.linalg.inv(hessian)[0, 0]))


def _softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def _hessian(unit: np.ndarray, p: np.ndarray) -> np.ndarray:
    k = p.shape[1]
    out = np.empty((k + 1, k + 1))
    mean = (p * unit).sum(axis=1)
    out[0, 0] = ((p * unit**2).sum(axis=1) - mean**2).sum()
    out[0, 1:] = out[1:, 0] = (p * (unit - mean[:, None])).sum(axis=0)
    out[1:, 1:] = np.diag(p.sum(axis=0)) - p.T @ p
    return out
