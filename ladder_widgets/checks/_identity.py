"""What says outright that rows belong together: the labels of the rows, and groups the user declared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ladder_widgets.case import Case, Split

__all__ = ["Labels", "SharedGroups", "compare_labels", "shared_groups"]

#: Share of the rows with a label in common that must be equal for the labels to mean something, and
#: how often two rows may be equal by chance.
SAME, CHANCE = 0.9, 0.3


@dataclass(frozen=True, eq=False)
class Labels:
    """What the row labels of two splits say.

    Attributes
    ----------
    same : ndarray
        Positions in the later split of rows with the label and the values of a row of the earlier.
    disjoint : bool
        Whether both splits kept their labels and share none: their rows are different records.
    """

    same: np.ndarray
    disjoint: bool


def compare_labels(later: Split, earlier: Split, mine: np.ndarray, other: np.ndarray) -> Labels:
    """Compare the labels of two splits, given the keys of their rows."""
    nothing = np.zeros(0, dtype=np.int64)
    indexes = [split.table.index for split in (later, earlier)]
    if not all(_usable(index) for index in indexes):
        return Labels(nothing, False)
    place = indexes[1].get_indexer(indexes[0])
    shared = np.flatnonzero(place >= 0)
    if not shared.size:
        return Labels(nothing, all(not _counted(index) for index in indexes))
    equal = mine[shared] == other[place[shared]]
    counts = np.unique(other, return_counts=True)[1] / len(other)
    if equal.mean() < SAME or float(np.sum(counts**2)) > CHANCE:
        return Labels(nothing, False)
    return Labels(shared[equal], False)


def _usable(index: pd.Index) -> bool:
    return not isinstance(index, pd.MultiIndex) and index.is_unique and not index.hasnans


def _counted(index: pd.Index) -> bool:
    """Whether the labels are 0, 1, 2 …: given anew, they say nothing about where a row came from."""
    return bool(pd.api.types.is_integer_dtype(index.dtype)) and bool(
        np.array_equal(np.asarray(index), np.arange(len(index)))
    )


@dataclass(frozen=True, eq=False)
class SharedGroups:
    """Rows of ``later`` whose group is also in ``earlier``."""

    later: Split
    earlier: Split
    rows: np.ndarray
    groups: int

    @property
    def share(self) -> float:
        """Share of the later split."""
        return len(self.rows) / self.later.n_rows


def shared_groups(case: Case, later: Split, earlier: Split) -> SharedGroups | None:
    """Return the rows in groups that both splits hold; None where groups are not known of both."""
    mine, theirs = case.groups_of(later), case.groups_of(earlier)
    if mine is None or theirs is None:
        return None
    known = mine >= 0  # no group: the row stands for itself
    rows = np.flatnonzero(known & np.isin(mine, theirs))
    return SharedGroups(later, earlier, rows, len(np.unique(mine[rows])))
