"""One window on one axis of scores: its labels, weighted as they need be, and the figures they give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ladder_widgets.monitor import _perf_figures as figures
from ladder_widgets.monitor._perf_arrival import Ratio
from ladder_widgets.monitor._perf_weights import Score, Source, Weighted, as_labelled, estimated, weighted
from ladder_widgets.monitor.counts import Axis

__all__ = ["KINDS", "Judged", "judge", "source_of"]

#: How a figure comes about, the surest first.
KINDS = ("labels", "reweighted", "estimated")
#: Labels of each class that a figure of complete labels needs, and one of incomplete ones.
OF_EACH, OF_EACH_EARLY = 5, 10
#: Share of rows judged by other windows from which a figure counts as estimated.
BORROWED = 0.1
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
        Share of the rows judged by labels of other windows.
    """

    kind: str
    scores: dict[str, Score]
    borrowed: float


def judge(axis: Axis, window: int, mature: bool, chosen: bool, source: Source, ratio: Ratio | None) -> Judged:
    """Judge a window by its own labels as far as they go.

    Parameters
    ----------
    axis : Axis
    window : int
        Its position.
    mature : bool
        Whether its labels have come.
    chosen : bool
        Whether labelled rows have other scores than the rest.
    source : Source
    ratio : Ratio or None
        Of the hazards of a label at this age, positive rows to negative ones.
    """
    scored, labels = axis.scored[window, :-1], axis.labelled[window, :-1]
    fewest = labels.sum(axis=0).min()
    if mature and not chosen and fewest >= OF_EACH:
        return _judged("labels", as_labelled(labels), axis.values)
    if fewest >= OF_EACH_EARLY:
        table = weighted(scored, labels, source, None if mature else ratio)
        if table.share_borrowed <= BORROWED:
            return _judged("reweighted", table, axis.values)
    return _judged("estimated", estimated(scored, source), axis.values)


def _judged(kind: str, table: Weighted, values: np.ndarray) -> Judged:
    rows = table.table
    fewest = float(min(table.labels.sum(axis=0).min(), rows.sum(axis=0).min()))
    found = {
        "auc": table.share(figures.auc(rows), fewest),
        "average_precision": table.share(figures.average_precision(rows), fewest),
        "prevalence": table.share(figures.prevalence(rows), float(min(table.labels.sum(), rows.sum()))),
    }
    if np.nanmin(values, initial=0.0) >= 0 and np.nanmax(values, initial=0.0) <= 1:
        found["calibration"] = table.difference(figures.calibration_gap(rows, values))
        found["brier"] = table.difference(figures.brier(rows, values))
    return Judged(kind, found, table.share_borrowed)


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
