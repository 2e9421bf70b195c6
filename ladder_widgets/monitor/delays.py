"""Whether labels of one class arrive sooner than those of the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from ladder_widgets.monitor.truth import Truth

__all__ = ["ClassDelay", "class_delays", "logrank_terms", "truncated_logrank"]

#: Labels of a class, and of the others, below which delays are not compared.
FEW = 5
#: Labels of rows of about the same time that are compared with each other.
TOGETHER = 40


@dataclass(frozen=True)
class ClassDelay:
    """Delays of one class beside those of the others.

    Attributes
    ----------
    code : int
    labels : int
    median, others : float
        Median days to the label, of rows old enough that waiting does not cut it short.
    z, p : float
        Of the logrank test; negative if this class comes sooner.
    """

    code: int
    labels: int
    median: float
    others: float
    z: float
    p: float

    @property
    def ratio(self) -> float:
        """How many times longer the slower of the two takes."""
        low, high = sorted((self.median, self.others))
        return float((high + 1e-9) / (low + 1e-9))


def class_delays(truth: Truth) -> list[ClassDelay]:
    """Compare the delays of every class with those of the others, the most different first.

    Only labels that arrived are there to be compared, and of recent rows only the quick ones: the
    delays are cut off at the right. See :func:`truncated_logrank`. Each label is compared with those of
    rows of about the same time, so that labels which come once a week, or slower than they used to, make
    no difference where a season moves the classes as well.
    """
    known = truth.order[(np.isfinite(truth.delay) & np.isfinite(truth.age))[truth.order]]
    strata = np.arange(len(known)) // TOGETHER
    delay, codes = truth.delay[known], truth.codes[known]
    age = np.maximum(truth.age[known], delay)
    found = []
    present = np.unique(codes)
    for code in present[:1] if len(present) == 2 else present:
        own = codes == code
        if min(own.sum(), (~own).sum()) < FEW:
            continue
        z = truncated_logrank(delay, age, own, strata)
        tests = 1 if len(present) == 2 else len(present)
        p = min(1.0, tests * 2 * float(stats.norm.sf(abs(z))))
        found.append(ClassDelay(int(code), int(own.sum()), *_medians(delay, age, own), z, p))
    return sorted(found, key=lambda one: one.p)


def truncated_logrank(
    delay: np.ndarray, age: np.ndarray, own: np.ndarray, strata: np.ndarray | None = None
) -> float:
    """Logrank statistic of delays that are seen only where they are shorter than the age of the row.

    Backwards in time, cutting off at the right becomes late entry (Lagakos, Barraj & De Gruttola,
    Biometrika 75, 1988): a label with delay d is compared with the labels of its stratum whose delay
    is at most d and whose row is at least d old. Holds whatever the shares of the classes do over time.
    Weighted by the number compared (Gehan, Biometrika 52, 1965), as delays that differ by a factor do
    so most where they are long.

    Parameters
    ----------
    delay, age : ndarray of shape (n_labels,)
        In days; no delay exceeds its age.
    own : ndarray of bool of shape (n_labels,)
        Labels of one class.
    strata : ndarray of int of shape (n_labels,), optional
        Labels are only compared with others of the same number.

    Returns
    -------
    float
        Standard normal if delays have nothing to do with the class; negative if it comes sooner.

    Examples
    --------
    >>> delay = np.array([1.0, 2, 3, 7, 8, 9])
    >>> truncated_logrank(delay, np.full(6, 30.0), delay < 5) < -1.5
    True
    """
    surplus = total = 0.0
    for rows in _groups(strata, len(delay)):
        if own[rows].any() and not own[rows].all():
            more, spread = _compared(delay[rows], age[rows], own[rows])
            surplus, total = surplus + more, total + spread
    return surplus / float(np.sqrt(total)) if total > 0 else 0.0


def _groups(strata: np.ndarray | None, n: int) -> list[np.ndarray]:
    if strata is None:
        return [np.arange(n)]
    order = np.argsort(strata, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(strata[order])) + 1)


def _compared(delay: np.ndarray, age: np.ndarray, own: np.ndarray) -> tuple[float, float]:
    """Weighted surplus of the class over its share of those at risk, and its variance."""
    times, place = np.unique(delay, return_inverse=True)
    events = np.bincount(place, minlength=len(times))
    own_events = np.bincount(place[own], minlength=len(times))
    risk, own_risk = _at_risk(delay, age, times), _at_risk(delay[own], age[own], times)
    return logrank_terms(events, own_events, risk, own_risk, len(delay))


def logrank_terms(
    events: np.ndarray, own_events: np.ndarray, risk: np.ndarray, own_risk: np.ndarray, total: float
) -> tuple[float, float]:
    """Surplus of a class at each delay over its share of those at risk, and its variance, both summed.

    Parameters
    ----------
    events, own_events : ndarray of shape (n_delays,)
        Labels with this delay: all, and those of the class.
    risk, own_risk : ndarray of shape (n_delays,)
        Labels that could have been seen with this delay and had at most that; at least 1.
    total : float
        Labels in all: the weight of a delay is the share of them at risk.
    """
    share = own_risk / risk
    spread = events * share * (1 - share) * (risk - events) / np.maximum(risk - 1, 1)
    weight = risk / total
    return float((weight * (own_events - events * share)).sum()), float((weight**2 * spread).sum())


def _at_risk(delay: np.ndarray, age: np.ndarray, times: np.ndarray) -> np.ndarray:
    arrived = np.searchsorted(np.sort(delay), times, side="right")
    return arrived - np.searchsorted(np.sort(age), times, side="left")


def _medians(delay: np.ndarray, age: np.ndarray, own: np.ndarray) -> tuple[float, float]:
    """Medians among rows old enough to have shown nine in ten delays; among all if these are too few."""
    old = age >= np.quantile(delay, 0.9)
    if min((old & own).sum(), (old & ~own).sum()) < FEW:
        old = np.ones(len(own), dtype=bool)
    return float(np.median(delay[old & own])), float(np.median(delay[old & ~own]))
