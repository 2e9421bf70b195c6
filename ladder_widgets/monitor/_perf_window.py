"""One window on one axis of scores: its labels, weighted as they need be, and the figures they give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ladder_widgets.monitor import _perf_figures as figures
from ladder_widgets.monitor._perf_arrival import Ratio
from ladder_widgets.monitor._perf_strata import AsLabelled, Score, Together, about, in_wilsons_form, strata
from ladder_widgets.monitor._perf_transfer import FIGURES, Transfer
from ladder_widgets.monitor._perf_weights import Source, estimated, weighted
from ladder_widgets.monitor.counts import Axis

__all__ = ["KINDS", "OF_EACH", "Judged", "as_labelled", "judge", "promised", "source_of"]

#: How a figure comes about, the surest first.
KINDS = ("labels", "reweighted", "estimated")
#: Labels of each class that a figure of complete labels needs, and one of incomplete ones.
OF_EACH, OF_EACH_EARLY = 5, 10
#: Share of rows judged by other windows from which a figure counts as estimated.
BORROWED = 0.25
#: Share of rows whose score lies beyond all scores of the reference, or is one that hardly any row had, from
#: which nothing is estimated.
BEYOND = 0.2
#: Share of rows on one score from which there is no ranking to speak of.
NEARLY_ALL = 0.95
UNKNOWN = Score(np.nan, np.nan, np.nan, np.nan)
#: Labels, in all and of each class, from which other windows tell what a score means; wanted and needed.
WANTED, NEEDED = (10_000, 500), (500, 30)


@dataclass(frozen=True, eq=False)
class Judged:
    """A window on one axis.

    Attributes
    ----------
    kind : str
        One of :data:`KINDS`.
    scores : dict of str to Score
        ``auc``, ``average_precision``, ``prevalence``, ``calibration``, ``brier``.
    borrowed : float
        Share of the rows judged by labels of other windows alone.
    lent : float
        Share of the rows that these are counted for, alone or beside labels of the window.
    """

    kind: str
    scores: dict[str, Score]
    borrowed: float
    lent: float

    def widened(self, by: Transfer) -> Judged:
        """Return it with what the figures owe to other windows, going by how these differ."""
        if self.lent <= 0:
            return self
        scores = {name: by.widened(name, score, self.lent) for name, score in self.scores.items()}
        return replace(self, scores=scores)


#: A window of scores that nobody has seen labels of.
UNSEEN = Judged("estimated", dict.fromkeys(FIGURES, UNKNOWN), 1.0, 1.0)


def judge(
    axis: Axis,
    part: np.ndarray,
    mature: bool,
    chosen: bool,
    source_now: Callable[[], Source],
    ratio_of: Callable[[np.ndarray], Ratio | None],
) -> Judged:
    """Judge a window by its own labels as far as they go.

    Parameters
    ----------
    axis : Axis
        By period.
    part : ndarray of int
        Periods of the window.
    mature : bool
        Whether its labels have come.
    chosen : bool
        Whether labelled rows have other scores than the rest.
    source_now : callable
        Returns the labels of other windows; called if they are needed.
    ratio_of : callable
        For some periods, the ratio of the hazards of a label at their age, positive rows to negative ones.
    """
    scored, labels = axis.scored[part, :-1], axis.labelled[part, :-1]
    whole = labels.sum(axis=0)
    fewest = whole.sum(axis=0).min()
    if mature and not chosen and fewest >= OF_EACH:
        return as_labelled(whole, axis.values)
    source = source_now()
    if fewest < OF_EACH_EARLY:
        return promised(scored.sum(axis=0), source, axis.values)
    parts = []
    for one in strata(scored.sum(axis=1), labels.sum(axis=1)):
        rows, own = scored[one].sum(axis=0), labels[one].sum(axis=0)
        if own.sum(axis=0).min() < OF_EACH_EARLY and source.labelled.any():
            parts.append(estimated(rows, source))
        else:
            parts.append(weighted(rows, own, source, None if mature else ratio_of(part[one])))
    table = Together(tuple(parts))
    if table.borrowed > BORROWED and _unseen(scored.sum(axis=0), source):
        return UNSEEN
    return _judged("estimated" if table.borrowed > BORROWED else "reweighted", table, axis.values)


def as_labelled(labels: np.ndarray, values: np.ndarray) -> Judged:
    """Judge by labels as they are.

    Parameters
    ----------
    labels : ndarray of shape (n_bins, 2)
    values : ndarray of shape (n_bins,)
    """
    return _judged("labels", AsLabelled(labels), values)


def promised(scored: np.ndarray, source: Source, values: np.ndarray) -> Judged:
    """Judge a window by its scores alone and what they meant in the source.

    Parameters
    ----------
    scored, values : ndarray of shape (n_bins,)
        Rows by score, and the scores.
    source : Source
    """
    if _unseen(scored, source):
        return UNSEEN
    return _judged("estimated", Together((estimated(scored, source),)), values)


def _unseen(scored: np.ndarray, source: Source) -> bool:
    """Whether many scores lie where nobody has seen labels: what they mean is not known.

    They lie beyond all scores of the reference, or are heaped on one score that few labels tell of, or on
    which nearly all are: then nothing is ranked. A heap on a score that is well known is no matter.
    """
    beyond, known = (float(part[[0, -1]].sum()) for part in (scored, source.labelled))
    if beyond > BEYOND * scored.sum() and known < NEEDED[0]:
        return True
    share, labels = scored / max(float(scored.sum()), 1.0), source.labelled.sum(axis=1)
    heaped = share - labels / max(float(labels.sum()), 1.0)
    heap = int(heaped.argmax())
    return bool(heaped[heap] > BEYOND and (labels[heap] < NEEDED[0] or share[heap] > NEARLY_ALL))


def _judged(kind: str, table: Together | AsLabelled, values: np.ndarray) -> Judged:
    rows, labels = table.table, table.labels
    if isinstance(table, Together) and table.borrowed > BORROWED:
        labels = table.strata[0].source.labelled
    fewest = float(min(labels.sum(axis=0).min(), rows.sum(axis=0).min()))
    of = {
        "auc": figures.auc(rows),
        "average_precision": figures.average_precision(rows),
        "prevalence": figures.prevalence(rows),
    }
    few = {"prevalence": float(min(labels.sum(), rows.sum()))}
    found = {
        name: in_wilsons_form(one.value, table.spread(one), few.get(name, fewest)) for name, one in of.items()
    }
    if np.nanmin(values, initial=0.0) >= 0 and np.nanmax(values, initial=0.0) <= 1:
        of = {"calibration": figures.calibration_gap(rows, values), "brier": figures.brier(rows, values)}
        found |= {name: about(one.value, table.spread(one)) for name, one in of.items()}
    return Judged(kind, found, table.borrowed, table.lent)


def source_of(axis: Axis, mature: np.ndarray, reference: Axis | None) -> Source:
    """Take the latest mature windows that hold enough labels, else the reference.

    Parameters
    ----------
    axis : Axis
    mature : ndarray of int
        Positions of mature windows, oldest first.
    reference : Axis or None
        Held-out rows of training.
    """
    taken: list[int] = []
    for window in mature[::-1]:
        taken.append(int(window))
        if _enough(axis.labelled[taken, :-1].sum(axis=(0, 1)), WANTED):
            break
    if taken and (reference is None or _enough(axis.labelled[taken, :-1].sum(axis=(0, 1)), NEEDED)):
        return Source(axis.scored[taken, :-1].sum(axis=0), axis.labelled[taken, :-1].sum(axis=0))
    if reference is None:
        return Source(np.zeros(len(axis.values)), np.zeros((len(axis.values), 2)))
    return Source(reference.scored[:, :-1].sum(axis=0), reference.labelled[:, :-1].sum(axis=0))


def _enough(of_class: np.ndarray, needed: tuple[int, int]) -> bool:
    return bool(of_class.sum() >= needed[0] and of_class.min() >= needed[1])
