"""A class whose rows were copied to make it less rare, before the rows were split."""

from __future__ import annotations

import numpy as np

from ladder_widgets.case import Split
from ladder_widgets.labels import codes_by_text

__all__ = ["copied_class"]

#: Share of a class's distinct rows met more than once; how many times that of any other class; and the
#: largest part of the class that one row may make up: natural duplicates are a few rows met very often.
COPIED, APART, HEAVIEST = 0.25, 4.0, 0.05
MIN_ROWS = 50
#: A class this many times as large as any other has more duplicates by nature.
LARGER = 1.5


def copied_class(later: Split, earlier: Split, mine: np.ndarray, other: np.ndarray) -> np.ndarray | None:
    """Return the rows of ``later`` in the copied class that are also in ``earlier``; None without one.

    Copying before the split leaves duplicates inside training as well as across, so that those across
    look natural. But they are all of one class, and of most of its rows: natural duplicates are as common
    in other classes of that size, and come from few rows.

    Parameters
    ----------
    later, earlier : Split
    mine, other : ndarray of uint64 of shape (n_rows,)
        Keys of their rows.
    """
    codes = np.concatenate(codes_by_text(later.y, earlier.y))
    if codes.max() + 1 > len(codes) // MIN_ROWS:  # too many classes for one to be judged
        return None
    total = np.concatenate([mine, other])
    sizes = np.bincount(codes)
    shares, heaviest = np.array([_repeated(total[codes == c]) for c in range(len(sizes))]).T
    for c in np.argsort(-shares):
        others = np.arange(len(sizes)) != c
        if shares[c] < COPIED or shares[c] < APART * shares[others].max():
            return None
        if sizes[c] < MIN_ROWS or heaviest[c] > HEAVIEST or sizes[c] > LARGER * sizes[others].max():
            continue
        own = codes == c
        here, there = own[: len(mine)], own[len(mine) :]
        return np.flatnonzero(here & np.isin(mine, other[there]))
    return None


def _repeated(keys: np.ndarray) -> tuple[float, float]:
    """Share of the distinct rows met more than once, and the share of the most frequent one."""
    counts = np.unique(keys, return_counts=True)[1]
    return float(np.mean(counts > 1)), float(counts.max() / counts.sum())
