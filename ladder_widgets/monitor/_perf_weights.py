"""Labels weighted to stand for all rows of a stretch of time, and how a figure moves with each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ladder_widgets.monitor._perf_arrival import Ratio
from ladder_widgets.monitor._perf_figures import Figure
from ladder_widgets.monitor._perf_pools import Pools, pools
from ladder_widgets.monitor._perf_sooner import SIGN, Sooner, no_sooner, sooner

__all__ = ["Pull", "Source", "Weighted", "estimated", "weighted"]

#: Labels that what other windows say of the scores of a pool counts for: of the figure, and of its spread.
KEPT, SMOOTHED = 3.0, 10.0


@dataclass(frozen=True, eq=False)
class Source:
    """Rows whose labels have come, that rows without labels are judged by.

    Attributes
    ----------
    scored : ndarray of shape (n_bins,)
    labelled : ndarray of shape (n_bins, 2)
    """

    scored: np.ndarray
    labelled: np.ndarray

    def ending_at(self, coverage: float) -> Source:
        """Return it with so many rows that the coverage is what it will be in the end, keeping its pattern.

        Even in mature windows some labels are still to come, and they are mostly those of the slower class.
        """
        rows = self.labelled.sum() / max(coverage, 1e-9)
        return Source(self.scored * rows / max(self.scored.sum(), 1), self.labelled)


@dataclass(frozen=True, eq=False)
class Pull:
    """What a figure owes to one stretch of time, for its standard error.

    Attributes
    ----------
    variance : float
        From its own rows and labels.
    tilt : float
        Change of the figure with the ratio of the hazards, times the standard error of that ratio.
    lent : ndarray of shape (n_bins, 2)
        Change of the figure per label more of other windows.
    """

    variance: float
    tilt: float
    lent: np.ndarray


@dataclass(frozen=True, eq=False)
class Weighted:
    """A table of rows by score and class, estimated from labels.

    Attributes
    ----------
    labels : ndarray of shape (n_bins, 2)
        Labels of the rows themselves.
    weights : ndarray of shape (n_pools, 2)
        Rows that such a label stands for.
    pools : Pools
        Scores among which the weights are alike.
    own : ndarray of shape (n_pools,)
        How far a pool is judged by its own labels, from 0 to 1, rather than by those of other windows.
    source : Source
        The other windows.
    sooner : Sooner
        Whether positive rows are labelled sooner than negative ones of the same score.
    """

    labels: np.ndarray
    weights: np.ndarray
    pools: Pools
    own: np.ndarray
    source: Source
    sooner: Sooner

    @cached_property
    def table(self) -> np.ndarray:
        """Rows by score and class, of shape (n_bins, 2)."""
        return self._by_own + self._lent

    @cached_property
    def _by_own(self) -> np.ndarray:
        return self.labels * (self.weights * self.own[:, None])[self.pools.of]

    @cached_property
    def _lent(self) -> np.ndarray:
        return self.source.labelled * self._per_lent[:, None]

    @cached_property
    def _per_lent(self) -> np.ndarray:
        """Rows that a label of the other windows stands for, of shape (n_bins,)."""
        theirs = self.pools.sums(self.source.labelled).sum(axis=1)
        return ((1 - self.own) * _ratio(self.pools.rows, theirs))[self.pools.of]

    @property
    def borrowed(self) -> float:
        """Rows that are judged by other windows' labels alone."""
        return float(self.pools.rows[self.own <= 0].sum())

    @property
    def lent(self) -> float:
        """Rows that other windows' labels are counted for, those of pools with a few labels in part."""
        return float(self.pools.rows @ (1 - self.own))

    def pull(self, figure: Figure) -> Pull:
        """Return what moves a figure, by the delta method over independent rows.

        A row contributes by its label, if there is one, and by its score; if all rows are labelled, this
        is DeLong's variance of the AUC. Rows judged by other windows add what their labels will vary by.
        """
        of = self.pools.of
        by_own, lent = self._by_own, self._lent
        # Were a pool to have one row more, its labels would stand for more in this proportion.
        moving = by_own * self.sooner.slope[of] + lent
        by_row = _ratio(
            self.pools.sums((figure.gradient * moving).sum(axis=1)), self.pools.sums(moving.sum(axis=1))
        )
        beyond = figure.gradient - by_row[of][:, None]
        tilt = -float((by_own * self.sooner.slope[of] * beyond * SIGN).sum())
        by_label = (self.own[:, None] * self.weights)[of] * beyond + tilt * self.sooner.by_label[of]
        there = self.own > 0
        by_row = by_row + tilt * np.where(there, self.sooner.by_row, 0.0)
        counted = by_label + np.where(there, by_row, 0.0)[of][:, None]
        of_class = self.labels.sum(axis=0)
        correction = of_class / np.maximum(of_class - 1, 1)
        variance = float((self._expected * counted**2 * correction).sum())
        unlabelled = np.where(there, np.maximum(self.pools.rows - self.pools.labelled, 0), self.pools.rows)
        variance += float(unlabelled @ by_row**2)
        variance += float((lent * beyond**2).sum())
        return Pull(
            variance,
            tilt * float(np.sqrt(max(self.sooner.variance, 0.0))),
            self._per_lent[:, None] * beyond,
        )

    @cached_property
    def _expected(self) -> np.ndarray:
        """Labels as they might as well have come: without chance's zeros where labels are few.

        A pool of low scores with ten labels, none of them positive, is not free of positive rows, and were
        it to count as free, the figure would seem surest where a single label moves it most.
        """
        likely = self.source.labelled * _ratio(np.ones(self.weights.shape), self.weights)[self.pools.of]
        share = (
            likely
            * _ratio(np.ones(len(self.own)), self.pools.sums(likely).sum(axis=1))[self.pools.of][:, None]
        )
        m = self.pools.labelled
        told = self.pools.sums(likely).sum(axis=1) > 0
        extra = np.where(told & (self.own > 0) & (self.own < 1), SMOOTHED, 0.0)
        scale = _ratio(m, m + extra)
        return (self.labels + share * extra[self.pools.of][:, None]) * scale[self.pools.of][:, None]


def weighted(scored: np.ndarray, labels: np.ndarray, source: Source, delays: Ratio | None) -> Weighted:
    """Weight labels by how often rows of about their score have one, and by how soon their class gets one.

    Where a stretch of scores has too few labels, the rows are judged by the labels that the same scores
    had in the source (confidence-based estimation).

    Parameters
    ----------
    scored : ndarray of shape (n_bins,)
        Rows of the window by score.
    labels : ndarray of shape (n_bins, 2)
        Of which labelled, by class.
    source : Source
    delays : Ratio, or None
        Of the hazards of a label at this age, positive rows to negative ones; None if as far as is known
        labels come by score alone.
    """
    cut = pools(scored, labels)
    known = cut.sums(source.labelled).sum(axis=1) > 0
    own = _ratio(cut.labelled, cut.labelled + KEPT * (cut.labelled < cut.rows))
    own = np.where(known, np.where(cut.poor, 0.0, own), 1.0)
    class_effect = no_sooner(len(cut.rows))
    weights = _ratio(cut.rows, cut.labelled)[:, None].repeat(2, axis=1)
    if delays is not None and own.any():
        ever = _ever(cut, source)
        class_effect = sooner(cut.sums(labels), ever, cut.sums(source.labelled), delays)
        weights = class_effect.weights * _ratio(cut.rows, ever)[:, None]
    return Weighted(labels.astype(float), weights, cut, own, source, class_effect.without(own <= 0))


def estimated(scored: np.ndarray, source: Source) -> Weighted:
    """Judge every row by the labels that its score had in the source: no label of the window is used."""
    cut = pools(scored, source.labelled)
    cut = Pools(cut.of, cut.rows, np.zeros(len(cut.rows)))
    flat = no_sooner(len(cut.rows))
    return Weighted(
        np.zeros(source.labelled.shape),
        np.zeros((len(cut.rows), 2)),
        cut,
        np.zeros(len(cut.rows)),
        source,
        flat,
    )


def _ever(cut: Pools, source: Source) -> np.ndarray:
    """Rows of each pool that will have a label one day, going by the source."""
    had = _ratio(cut.sums(source.labelled).sum(axis=1), cut.sums(source.scored))
    share = np.where(cut.sums(source.scored) > 0, np.clip(had, 0, 1), 1.0)
    return np.maximum(cut.rows * share, cut.labelled)


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.zeros(np.shape(below)), where=np.asarray(below) > 0)
