"""When labels arrive, from counts of delays: the share by delay, of all rows and of the labels of a class.

Delays are counted in cells and rows in periods. A cell is looked at in the periods that are old enough for
all of it, so that no row is cut off within a cell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ladder_widgets.monitor.counts import Counts
from ladder_widgets.monitor.delays import logrank_terms
from ladder_widgets.stats import wilson

__all__ = ["Curve", "Ratio", "ages", "class_curve", "differ", "row_curve"]

#: Ages at which the rows of a period are taken to lie, evenly from its youngest to its oldest row.
POINTS = (np.arange(8) + 0.5) / 8
#: Rows, or labels of a class, that a delay must have been possible for.
FEW = 20
#: Share of the history within which labels must be complete for their end to be seen.
SEEN_END = 0.75


@dataclass(frozen=True)
class Ratio:
    """Log of the ratio of two hazards, with its variance.

    Attributes
    ----------
    log, variance : float
    by_age : float
        How far it is the age of a row that decides whether it has its label yet, from 0 (all rows of the
        window are of an age) to 1 (labels are there from one age on).
    """

    log: float
    variance: float
    by_age: float = 0.0


@dataclass(frozen=True, eq=False)
class Curve:
    """Share of labels that have arrived by a delay.

    Attributes
    ----------
    delay : ndarray of shape (n_edges,)
        In ms, from 0 on, as far as the oldest rows tell.
    share : ndarray of shape (n_edges,)
    steps : ndarray of shape (n_edges - 1,)
        Variance of the logarithm that each cell adds: of the share without a label (rows), or of the share
        with one (labels of a class, where the last share is 1 by definition).
    of_rows : bool
        Whether it is a share of all rows, else of the labels of a class that have come at the end.
    """

    delay: np.ndarray
    share: np.ndarray
    steps: np.ndarray
    of_rows: bool

    @property
    def end(self) -> float:
        """Share at the age of the oldest rows."""
        return float(self.share[-1])

    def frame(self, label: object = None) -> pd.DataFrame:
        """Return columns ``label, delay, share, low, high``; the interval is pointwise, 95 %."""
        if self.of_rows:
            variance = (1 - self.share) ** 2 * np.append(0.0, np.cumsum(self.steps))
            low, high = _wilson(self.share, variance)
        else:
            half = 1.96 * np.sqrt(np.append(np.cumsum(self.steps[::-1])[::-1], 0.0))
            low, high = self.share * np.exp(-half), np.minimum(self.share * np.exp(half), 1.0)
        columns = {"delay": self.delay.astype(np.int64), "share": self.share, "low": low, "high": high}
        return pd.DataFrame({"label": pd.Series([label] * len(low), dtype=object), **columns})

    def reached(self, target: float) -> float | None:
        """Return the delay by which a share of all that ever come have come; None if the end is not in sight.

        The end is in sight if hardly a row is without a label, or if nothing much came in the last quarter
        of the time looked at.
        """
        if self.end <= 0:
            return None
        first = float(self.delay[np.argmax(self.share >= target * self.end)])
        complete = self.of_rows and self.end >= 0.999
        return first if complete or first <= SEEN_END * self.delay[-1] else None

    def mean(self, low: np.ndarray, high: np.ndarray, rows: np.ndarray) -> tuple[float, float]:
        """Return the mean share over rows of these ages, and the variance of its logarithm (of a class).

        Parameters
        ----------
        low, high : ndarray of shape (n_periods,)
            Ages of the youngest and the oldest row of a period.
        rows : ndarray of shape (n_periods,)
        """
        age, weight = _spread_out(low, high, rows)
        position = np.interp(age, self.delay, np.arange(len(self.delay)))
        below = np.floor(position).astype(int)
        beyond = position - below
        above = np.minimum(below + 1, len(self.delay) - 1)
        size = len(self.delay)
        at = np.bincount(below, weight * (1 - beyond), size) + np.bincount(above, weight * beyond, size)
        mean = float(at @ self.share)
        if mean <= 0:
            return 0.0, np.inf
        pull = np.cumsum(at * self.share)[:-1] / mean
        return mean, float(pull**2 @ self.steps)

    def by_age(self, low: np.ndarray, high: np.ndarray, rows: np.ndarray) -> float:
        """Share of the variance of having a label that lies between ages, of those that ever have one."""
        age, weight = _spread_out(low, high, rows)
        share = np.interp(age, self.delay, self.share) / max(self.end, 1e-9)
        mean = float(weight @ share)
        between = float(weight @ (share - mean) ** 2)
        return between / max(mean * (1 - mean), 1e-9) if between > 0 else 0.0


def _spread_out(low: np.ndarray, high: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ages of rows that lie evenly in their periods, and the weight of each."""
    age = (low[:, None] + (high - low)[:, None] * POINTS).ravel()
    return age, np.repeat(rows / max(float(rows.sum()), 1.0) / len(POINTS), len(POINTS))


def ages(counts: Counts) -> tuple[np.ndarray, np.ndarray]:
    """Age in ms of the youngest and of the oldest row that each period may hold."""
    high = np.maximum(counts.as_of - counts.starts, 0)
    return np.maximum(high - counts.every, 0), high


def row_curve(counts: Counts) -> Curve | None:
    """Share of rows with a label by a delay (Kaplan & Meier, JASA 53, 1958).

    Returns
    -------
    Curve or None
        None without delays, or if no period is old enough for the first cell.
    """
    if counts.delays is None:
        return None
    arrived = counts.delays.sum(axis=2)
    undated = np.maximum(counts.labels.sum(axis=1) - arrived.sum(axis=1), 0)
    waiting = (counts.rows - undated)[:, None] - np.cumsum(arrived, axis=1) + arrived
    seen = _seen(counts)
    events, risk = (seen * arrived).sum(axis=0), (seen * waiting).sum(axis=0)
    possible = (seen * counts.rows[:, None]).sum(axis=0)
    known = int(np.cumprod((risk > 0) & (possible >= FEW)).sum())
    if not known:
        return None
    events, risk = np.minimum(events, risk)[:known], risk[:known].astype(float)
    left = np.cumprod(1 - events / risk)
    steps = events / (risk * np.maximum(risk - events, 0.5))
    return Curve(counts.delay_edges[: known + 1], np.append(0.0, 1 - left), steps, True)


def class_curve(counts: Counts, own: np.ndarray) -> Curve | None:
    """Share of the labels of a class by a delay, of those that come within the age of the oldest rows.

    Rows whose class is unknown cannot be said to wait for this class: only labels that came are there,
    and of recent rows only the quick ones. Read backwards in time this is late entry (Lagakos, Barraj &
    De Gruttola, Biometrika 75, 1988): a label with a delay in a cell is compared with the labels of
    old enough rows that took no longer.

    Parameters
    ----------
    counts : Counts
        With delays.
    own : ndarray of shape (n_periods, n_delays)
        Labels of the class.
    """
    seen = _seen(counts)
    events, upto = (seen * own).sum(axis=0), (seen * np.cumsum(own, axis=1)).sum(axis=0)
    told = np.flatnonzero(upto >= FEW)
    if not told.size:
        return None
    known = int(told[-1]) + 1
    events, upto = events[:known], np.maximum(upto[:known], 1).astype(float)
    back = np.cumprod((1 - events / upto)[::-1])[::-1]
    steps = events / (upto * np.maximum(upto - events, 0.5))
    return Curve(counts.delay_edges[: known + 1], np.append(back, 1.0), steps, False)


def differ(counts: Counts, own: np.ndarray, every: np.ndarray) -> tuple[float, float]:
    """Logrank statistic and p-value of the delays of a class against all, period by period.

    Parameters
    ----------
    counts : Counts
    own, every : ndarray of shape (n_periods, n_delays)
        Labels of the class, and of all classes.

    Returns
    -------
    z : float
        Negative if the class comes sooner. A label counts as an event backwards in time, so that a
        surplus of late events means long delays.
    p : float
    """
    seen = _seen(counts)
    risk, own_risk = np.cumsum(every, axis=1)[seen], np.cumsum(own, axis=1)[seen]
    there = risk > 0
    total = float((every * seen).sum())
    if not there.any() or total <= 0:
        return 0.0, 1.0
    surplus, spread = logrank_terms(every[seen][there], own[seen][there], risk[there], own_risk[there], total)
    z = surplus / float(np.sqrt(spread)) if spread > 0 else 0.0
    return z, 2 * float(stats.norm.sf(abs(z)))


def _seen(counts: Counts) -> np.ndarray:
    """Whether a period is old enough for a cell, of shape (n_periods, n_delays)."""
    youngest, _ = ages(counts)
    return np.asarray(youngest[:, None] >= counts.delay_edges[None, 1:])


def _wilson(share: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Interval of shares with a known variance, in Wilson's form."""
    low, high = share.copy(), share.copy()
    for k, (mean, spread) in enumerate(zip(share, variance, strict=True)):
        if spread > 0 and 0 < mean < 1:
            rows = mean * (1 - mean) / spread
            interval = wilson(mean * rows, rows)
            low[k], high[k] = interval.low, interval.high
    return low, high
