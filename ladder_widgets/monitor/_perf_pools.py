"""Neighbouring scores that are labelled about equally often, joined until each pool holds enough labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["FEW", "Pools", "pools"]

#: Pools to begin with, of about equally many rows, at least and at most; labels that a pool needs.
COUNT, MOST, FEW = 25, 100, 10
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
        total = np.zeros((len(self.rows), *by_bin.shape[1:]))
        np.add.at(total, self.of, by_bin)
        return total

    @property
    def poor(self) -> np.ndarray:
        """Pools with too few labels to speak for their rows, of shape (n_pools,)."""
        return (self.labelled < FEW) & (self.labelled < self.rows)


def pools(rows: np.ndarray, labelled: np.ndarray) -> Pools:
    """Join score bins, from 25 to 100 equal shares of the rows on.

    The pool with the fewest labels, or the fewest rows without one, joins the neighbour whose coverage
    is nearer, as long as the two may well be labelled equally often: a stretch of scores that is hardly
    ever labelled stays by itself and is told by :attr:`Pools.poor`.

    Parameters
    ----------
    rows, labelled : ndarray of shape (n_bins,)

    Examples
    --------
    >>> pools(np.full(4, 100), np.array([0, 0, 50, 60])).poor
    array([ True, False, False])
    """
    starts = _equal_shares(rows, int(np.clip(labelled.sum() / LABELS, COUNT, MOST)))
    n = np.add.reduceat(rows.astype(float), starts).tolist()
    m = np.add.reduceat(labelled.astype(float), starts).tolist()
    first, stuck = starts.tolist(), [False] * len(starts)
    while len(n) > 1:
        held = [min(labels, abs(all_of - labels)) for labels, all_of in zip(m, n, strict=True)]
        open_to = [k for k in range(len(n)) if not stuck[k] and held[k] < FEW]
        if not open_to:
            break
        poorest = min(open_to, key=held.__getitem__)
        mates = [k for k in (poorest - 1, poorest + 1) if 0 <= k < len(n)]
        mate = min(mates, key=lambda k: _apart(m[poorest], n[poorest], m[k], n[k]))
        if _apart(m[poorest], n[poorest], m[mate], n[mate]) > UNLIKE:
            stuck[poorest] = True
            continue
        left, right = sorted((poorest, mate))
        n[left], m[left], stuck[left] = n[left] + n[right], m[left] + m[right], False
        del n[right], m[right], first[right], stuck[right]
    of = np.searchsorted(np.array(first), np.arange(len(rows)), side="right") - 1
    return Pools(of, np.array(n), np.array(m))


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
    return abs(m / n - others_m / others_n) / float(np.sqrt(spread)) if spread > 0 else 0.0
