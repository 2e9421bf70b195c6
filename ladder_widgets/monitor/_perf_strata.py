"""The periods of a window in strata of about the same age and coverage, and the table of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ladder_widgets.monitor._perf_figures import Figure
from ladder_widgets.monitor._perf_pools import pools
from ladder_widgets.monitor._perf_weights import Weighted
from ladder_widgets.stats import wilson

__all__ = ["AsLabelled", "Score", "Together", "about", "in_wilsons_form", "strata"]

#: Strata of a window at most; labels, and labels of the rarer class, that one needs.
MOST, FEW, RARE = 10, 40, 10


@dataclass(frozen=True, slots=True)
class Score:
    """A figure with its standard error and its 95 % interval."""

    mean: float
    se: float
    low: float
    high: float


def in_wilsons_form(value: float, se: float, fewest: float) -> Score:
    """Return a figure between 0 and 1 with the interval of Wilson's that as many rows give as give its error.

    Parameters
    ----------
    value, se : float
    fewest : float
        Labels that it rests on at least, for a figure of exactly 0 or 1 that has no spread of its own.
    """
    if not np.isfinite(value):
        return Score(np.nan, np.nan, np.nan, np.nan)
    rows = value * (1 - value) / se**2 if se > 0 and 0 < value < 1 else fewest
    interval = wilson(value * rows, rows)
    return Score(value, se, interval.low, interval.high)


def about(value: float, se: float) -> Score:
    """Return a figure of any size with its 95 % interval."""
    return Score(value, se, value - 1.96 * se, value + 1.96 * se)


def strata(rows: np.ndarray, labels: np.ndarray) -> list[np.ndarray]:
    """Cut the periods of a window, neighbours that are labelled about as often staying together if need be.

    Within a window the older days have more labels than the younger ones. If days differ in how hard they
    are, labels weighted by score alone would stand for the older days.

    Parameters
    ----------
    rows : ndarray of shape (n_periods,)
    labels : ndarray of shape (n_periods, 2)
        Of which labelled, by class.

    Returns
    -------
    list of ndarray of int
        Positions of the periods of each stratum, oldest first.
    """
    if len(rows) == 1:
        return [np.array([0])]
    of = pools(rows, labels, count=min(len(rows), MOST), few=FEW, rare=RARE).of
    return [np.flatnonzero(of == k) for k in range(of.max() + 1)]


@dataclass(frozen=True, eq=False)
class Together:
    """The strata of a window.

    Attributes
    ----------
    strata : tuple of Weighted
        On the same source.
    """

    strata: tuple[Weighted, ...]

    @cached_property
    def table(self) -> np.ndarray:
        """Rows by score and class, of shape (n_bins, 2)."""
        return np.sum([one.table for one in self.strata], axis=0)

    @cached_property
    def labels(self) -> np.ndarray:
        """Labels of the window, of shape (n_bins, 2)."""
        return np.sum([one.labels for one in self.strata], axis=0)

    @cached_property
    def borrowed(self) -> float:
        """Share of the rows that are judged by other windows' labels alone."""
        rows = sum(float(one.pools.rows.sum()) for one in self.strata)
        return sum(one.borrowed for one in self.strata) / max(rows, 1.0)

    @cached_property
    def lent(self) -> float:
        """Share of the rows that other windows' labels are counted for, alone or beside their own."""
        rows = sum(float(one.pools.rows.sum()) for one in self.strata)
        return sum(one.lent for one in self.strata) / max(rows, 1.0)

    def spread(self, figure: Figure) -> float:
        """Return the standard error of a figure.

        Rows of different strata are independent; the delays that they are weighted by, and the labels of
        other windows, are the same for all.
        """
        pulls = [one.pull(figure) for one in self.strata]
        lent = np.sum([one.lent for one in pulls], axis=0)
        variance = sum(one.variance for one in pulls) + sum(one.tilt for one in pulls) ** 2
        return float(np.sqrt(variance + (self.strata[0].source.labelled * lent**2).sum()))


@dataclass(frozen=True, eq=False)
class AsLabelled:
    """Labels as they are: each row with a label stands for itself.

    Attributes
    ----------
    labels : ndarray of shape (n_bins, 2)
    """

    labels: np.ndarray
    borrowed = lent = 0.0

    @property
    def table(self) -> np.ndarray:
        """Rows by score and class, of shape (n_bins, 2)."""
        return self.labels.astype(float)

    def spread(self, figure: Figure) -> float:
        """Return the standard error of a figure; of the AUC it is DeLong's."""
        of_class = self.labels.sum(axis=0)
        correction = of_class / np.maximum(of_class - 1, 1)
        return float(np.sqrt((self.labels * figure.gradient**2 * correction).sum()))
