"""Whether the labelled rows of a window have the scores of all its rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ladder_widgets.finding import percent
from ladder_widgets.monitor.counts import Axis
from ladder_widgets.monitor.memory import Memory, content
from ladder_widgets.monitor.representative import FEW, Gap, gap_of_counts
from ladder_widgets.stats import holm
from ladder_widgets.validation import shown

__all__ = ["Likeness", "likeness"]

#: Chance, over all windows and cuts, up to which labelled rows are like the others, and the points of
#: coverage that make a difference.
P_CHOSEN, POINTS = 0.01, 0.02


@dataclass(frozen=True)
class Likeness:
    """Of one window: the surest gap between scores that are labelled and scores that are not."""

    gap: Gap | None

    @property
    def chosen(self) -> bool:
        """Whether labels are there for some scores rather than for others."""
        return self.gap is not None and self.gap.p < P_CHOSEN and abs(self.gap.points) >= POINTS

    @property
    def words(self) -> str:
        """Say it in a sentence."""
        if self.gap is None:
            return "All rows have a label, or none, or too few to compare."
        inside, outside = percent(self.gap.inside), percent(self.gap.outside)
        told = f"{inside} of the rows with {self.gap.words} have a label, and {outside} of the others"
        return f"Labels are chosen: {told}." if self.chosen else f"Labelled rows are like the others: {told}."


def likeness(axes: tuple[Axis, ...], groups: list[np.ndarray], memory: Memory) -> list[Likeness]:
    """Compare the coverage of high and low scores in each window, within its periods.

    By the Cochran-Mantel-Haenszel test at the median and the outer fifths of the scores, corrected over
    cuts, axes and windows (Holm).

    Parameters
    ----------
    axes : tuple of Axis
        By period.
    groups : list of ndarray of int
        Periods of each window.
    memory : Memory
    """
    found = [[gap for axis in axes for gap in _known(axis, group, len(axes) > 1, memory)] for group in groups]
    p_values = holm(np.array([gap.p for gaps in found for gap in gaps])) if any(found) else np.array([])
    at, told = 0, []
    for gaps in found:
        corrected = [replace(gap, p=float(p)) for gap, p in zip(gaps, p_values[at:], strict=False)]
        at += len(gaps)
        told.append(Likeness(min(corrected, key=lambda gap: (gap.p, -abs(gap.z)), default=None)))
    return told


def _known(axis: Axis, group: np.ndarray, several: bool, memory: Memory) -> list[Gap]:
    key = ("gaps", axis.label, several, *content(axis.scored[group], axis.labelled[group]))
    return memory.recall(key, lambda: _gaps(axis, group, several))


def _gaps(axis: Axis, group: np.ndarray, several: bool) -> list[Gap]:
    rows, labels = axis.scored[group, :-1], axis.labelled[group, :-1].sum(axis=2)
    total, labelled = rows.sum(axis=0), labels.sum()
    if labelled == 0 or labelled >= total.sum():
        return []
    words = f"a score of {shown(axis.label, 40)}" if several else "a score"
    below = np.cumsum(total) / total.sum()
    cuts = np.unique(np.searchsorted(below, (0.5, 0.8, 0.2)))
    gaps = []
    for cut in cuts[cuts < len(total) - 1]:
        inside = rows[:, cut + 1 :].sum(axis=1)
        if FEW <= inside.sum() <= total.sum() - FEW:
            counted = (rows.sum(axis=1), inside, labels.sum(axis=1), labels[:, cut + 1 :].sum(axis=1))
            above = f"{words} above {(axis.values[cut] + axis.values[cut + 1]) / 2:.3g}"
            size, own, hits, both = (n.astype(float) for n in counted)
            gaps.append(gap_of_counts(size, own, hits, both, above))
    return [gap for gap in gaps if gap.rows]
