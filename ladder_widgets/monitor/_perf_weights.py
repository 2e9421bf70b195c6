"""Labels weighted to stand for all rows of a window, and how sure a figure of them is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ladder_widgets.monitor._perf_arrival import Ratio
from ladder_widgets.monitor._perf_figures import Figure
from ladder_widgets.monitor._perf_pools import Pools, pools
from ladder_widgets.monitor._perf_sooner import SIGN, Sooner, no_sooner, sooner
from ladder_widgets.stats import wilson

__all__ = ["Score", "Source", "Weighted", "as_labelled", "estimated", "weighted"]


@dataclass(frozen=True, slots=True)
class Score:
    """A figure with its standard error and its 95 % interval."""

    mean: float
    se: float
    low: float
    high: float


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
class Weighted:
    """A table of rows by score and class, estimated from labels.

    Attributes
    ----------
    labels : ndarray of shape (n_bins, 2)
        Labels that it rests on.
    weights : ndarray of shape (n_bins, 2)
        Rows that a label stands for.
    pools : Pools
        Scores among which the weights are alike.
    borrowed : ndarray of bool of shape (n_pools,)
        Pools whose labels are those of other windows.
    sooner : Sooner
        Whether positive rows are labelled sooner than negative ones of the same score.
    """

    labels: np.ndarray
    weights: np.ndarray
    pools: Pools
    borrowed: np.ndarray
    sooner: Sooner

    @property
    def table(self) -> np.ndarray:
        """Rows by score and class, of shape (n_bins, 2)."""
        return self.labels * self.weights

    @property
    def share_borrowed(self) -> float:
        """Share of the rows that are judged by other windows' labels."""
        return float(self.pools.rows[self.borrowed].sum() / max(self.pools.rows.sum(), 1.0))

    def spread(self, figure: Figure) -> float:
        """Return the standard error of a figure, by the delta method over independent rows.

        A row contributes by its label, if there is one, and by its score; if all rows are labelled, this
        is DeLong's variance of the AUC. Rows judged by other windows add what their labels will vary by.
        """
        table, of = self.table, self.pools.of
        # Were a pool to have one row more, its labels would stand for more in this proportion.
        moving = table * self.sooner.slope[of]
        by_row = _ratio(
            self.pools.sums((figure.gradient * moving).sum(axis=1)), self.pools.sums(moving.sum(axis=1))
        )
        beyond = figure.gradient - by_row[of][:, None]
        by_label = self.weights * beyond
        own = ~self.borrowed
        tilt = -float((moving * beyond * SIGN * own[of][:, None]).sum())
        by_label = by_label + tilt * self.sooner.by_label[of]
        by_row = by_row + tilt * self.sooner.by_row
        counted = by_label + np.where(own, by_row, 0.0)[of][:, None]
        of_class = self.labels.sum(axis=0)
        correction = of_class / np.maximum(of_class - 1, 1)
        variance = float((self.labels * counted**2 * correction).sum())
        unlabelled = np.where(own, np.maximum(self.pools.rows - self.pools.labelled, 0), self.pools.rows)
        variance += float(unlabelled @ by_row**2)
        variance += float((table * beyond**2 * self.borrowed[of][:, None]).sum())
        return float(np.sqrt(variance + tilt**2 * self.sooner.variance))

    def share(self, figure: Figure, fewest: float) -> Score:
        """Return a figure between 0 and 1 with its 95 % interval, of Wilson's form.

        Parameters
        ----------
        figure : Figure
        fewest : float
            Labels that it rests on at least, for a figure of exactly 0 or 1 that has no spread of its own.
        """
        value, spread = figure.value, self.spread(figure)
        if not np.isfinite(value):
            return Score(np.nan, np.nan, np.nan, np.nan)
        rows = value * (1 - value) / spread**2 if spread > 0 and 0 < value < 1 else fewest
        interval = wilson(value * rows, rows)
        return Score(value, spread, interval.low, interval.high)

    def difference(self, figure: Figure) -> Score:
        """Return a figure of any size with its 95 % interval."""
        spread = self.spread(figure)
        half = 1.96 * spread
        return Score(figure.value, spread, figure.value - half, figure.value + half)


def as_labelled(labels: np.ndarray) -> Weighted:
    """Take labels as they are: each row with a label stands for itself."""
    of = np.zeros(len(labels), dtype=int)
    total = np.array([float(labels.sum())])
    return Weighted(
        labels.astype(float),
        np.ones(labels.shape),
        Pools(of, total, total),
        np.zeros(1, dtype=bool),
        no_sooner(1),
    )


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
    borrowed = cut.poor & (cut.sums(source.labelled).sum(axis=1) > 0)
    class_effect = no_sooner(len(cut.rows))
    weights = _ratio(cut.rows, cut.labelled)[:, None].repeat(2, axis=1)
    if delays is not None and not borrowed.all():
        ever = _ever(cut, source)
        class_effect = sooner(cut.sums(labels), ever, cut.sums(source.labelled), delays)
        weights = class_effect.weights * _ratio(cut.rows, ever)[:, None]
    theirs = cut.sums(source.labelled).sum(axis=1)
    weights = np.where(borrowed[:, None], _ratio(cut.rows, theirs)[:, None], weights)
    used = np.where(borrowed[cut.of][:, None], source.labelled, labels).astype(float)
    return Weighted(used, weights[cut.of], cut, borrowed, class_effect.without(borrowed))


def estimated(scored: np.ndarray, source: Source) -> Weighted:
    """Judge every row by the labels that its score had in the source: no label of the window is used."""
    labels = source.labelled.astype(float)
    cut = pools(scored, labels)
    weights = _ratio(cut.rows, cut.labelled)[:, None].repeat(2, axis=1)
    everywhere = np.ones(len(cut.rows), dtype=bool)
    return Weighted(labels, weights[cut.of], cut, everywhere, no_sooner(len(cut.rows)))


def _ever(cut: Pools, source: Source) -> np.ndarray:
    """Rows of each pool that will have a label one day, going by the source."""
    had = _ratio(cut.sums(source.labelled).sum(axis=1), cut.sums(source.scored))
    share = np.where(cut.sums(source.scored) > 0, np.clip(had, 0, 1), 1.0)
    return np.maximum(cut.rows * share, cut.labelled)


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.zeros(np.shape(below)), where=np.asarray(below) > 0)
