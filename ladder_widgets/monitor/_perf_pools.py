"""Neighbouring scores that are labelled about equally often, joined until each pool holds enough labels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

__all__ = ["FEW", "Pools", "pools"]

#: Pools to begin with, of about equally many rows, at least and at most; labels that a pool needs.
COUNT, MOST, FEW = 25, 100, 10
#: Labels of the rarer class that a pool needs, for the unlabelled rows of that class to be counted.
RARE = 5
#: Labels for each pool to begin with, between these bounds.
LABELS = 100
#: Standard errors from which two neighbours are not labelled equally often.
UNLIKE = 3.0


@dataclass(frozen=True, eq=False)
class Pools:
    """Pools of score bins.

    Attributes
    ----------
    of : ndarray of int of shape (n_bins,)
        Pool of each bin, ascending.
    rows, labelled : ndarray of shape (n_pools,)
    """

    of: np.ndarray
    rows: np.ndarray
    labelled: np.ndarray

    def sums(self, by_bin: np.ndarray) -> np.ndarray:
        """Add up bins of shape (n_bins, ...) to pools of shape (n_pools, ...)."""
        return np.add.reduceat(by_bin.astype(float), self._first, axis=0)

    @cached_property
    def _first(self) -> np.ndarray:
        """First bin of each pool."""
        return np.searchsorted(self.of, np.arange(len(self.rows)))

    @property
    def poor(self) -> np.ndarray:
        """Pools with too few labels to speak for their rows, of shape (n_pools,)."""
        return (self.labelled < FEW) & (self.labelled < self.rows)


def pools(
    rows: np.ndarray, labels: np.ndarray, *, count: int | None = None, few: int = FEW, rare: int = RARE
) -> Pools:
    """Join score bins, from 25 to 100 equal shares of the rows on.

    The pool that holds least (labels, labels of the rarer class, rows without a label) joins the neighbour
    whose coverage is nearer, as long as the two may well be labelled equally often: a stretch of scores
    that is hardly ever labelled stays by itself and is told by :attr:`Pools.poor`.

    Parameters
    ----------
    rows : ndarray of shape (n_bins,)
    labels : ndarray of shape (n_bins, 2)
        Of which labelled, by class.
    count : int, optional
        Equal shares of the rows to begin with; by default from 25 to 100, by the labels.
    few, rare : int
        Labels, and labels of the rarer class, that a pool needs.

    Examples
    --------
    >>> pools(np.full(4, 100), np.array([[0, 0], [0, 0], [25, 25], [30, 30]])).poor
    array([ True, False, False])
    """
    labelled, rarer = labels.sum(axis=1), labels[:, int(np.argmin(labels.sum(axis=0)))]
    starts = _equal_shares(rows, count or int(np.clip(labelled.sum() / LABELS, COUNT, MOST)))
    held = np.add.reduceat(np.column_stack([rows, labelled, rarer]).astype(float), starts)
    firsts, joined = _joined(starts.tolist(), held.tolist(), few, rare)
    of = np.searchsorted(firsts, np.arange(len(rows)), side="right") - 1
    return Pools(of, *np.array(joined)[:, :2].T)


def _joined(
    starts: list[int], held: list[list[float]], few: int, rare: int
) -> tuple[list[int], list[list[float]]]:
    """Join pools to neighbours until each holds enough; in plain lists, which are short and change often."""

    def enough(n: float, m: float, of_rare: float) -> float:
        return min(m / few, abs(n - m) / few, of_rare / rare)

    have = [enough(*one) for one in held]
    while len(held) > 1:
        least = min(have)
        if least >= 1:
            break
        poorest = have.index(least)
        (n, m, _), mates = held[poorest], [k for k in (poorest - 1, poorest + 1) if 0 <= k < len(held)]
        apart, mate = min((_apart(m, n, held[k][1], held[k][0]), k) for k in mates)
        if apart > UNLIKE:
            have[poorest] = math.inf  # stuck, until another joins it
            continue
        left, right = min(poorest, mate), max(poorest, mate)
        held[left] = [a + b for a, b in zip(held[left], held[right], strict=True)]
        have[left] = enough(*held[left])
        del held[right], have[right], starts[right]
    return starts, held


def _equal_shares(rows: np.ndarray, count: int) -> np.ndarray:
    """First bin of each share; the middle of a bin decides, so that it is never split."""
    middle = (np.cumsum(rows) - rows / 2) / max(float(rows.sum()), 1.0)
    share = np.minimum((middle * count).astype(int), count - 1)
    share[rows <= 0] = 0
    share = np.maximum(np.maximum.accumulate(share), share[np.argmax(rows > 0)])
    return np.flatnonzero(np.diff(share, prepend=-1))


def _apart(m: float, n: float, others_m: float, others_n: float) -> float:
    """Standard errors between two shares, under the hypothesis that they are one."""
    if min(n, others_n) <= 0:
        return 0.0
    share = (m + others_m) / (n + others_n)
    spread = share * (1 - share) * (1 / n + 1 / others_n)
    return abs(m / n - others_m / others_n) / math.sqrt(spread) if spread > 0 else 0.0
