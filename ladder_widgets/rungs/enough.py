"""As many rows as a fit needs, the rare classes first, and answers put right for those left out."""

from __future__ import annotations

import numpy as np

__all__ = ["at_shares", "enough_rows"]


def enough_rows(y: np.ndarray, most: int | None) -> np.ndarray | None:
    """Return positions of at most so many rows, in order; None where all are few enough.

    Classes get the same number of rows as far as they have them: what tells a rare class from the rest is
    in its own rows, and of the others every further one tells less.

    Parameters
    ----------
    y : ndarray of int of shape (n_rows,)
        Codes from 0 on.
    most : int or None
        Rows; None for all.

    Examples
    --------
    >>> y = np.repeat([0, 1], [900, 100])
    >>> np.bincount(y[enough_rows(y, 300)]).tolist()
    [200, 100]
    """
    if most is None or len(y) <= most:
        return None
    counts = np.bincount(y)
    taken, left = np.zeros_like(counts), most
    for place, c in enumerate(np.argsort(counts, kind="stable")):
        taken[c] = min(counts[c], left // (len(counts) - place))
        left -= taken[c]
    rng = np.random.default_rng(0)
    drawn = [rng.choice(np.flatnonzero(y == c), taken[c], replace=False) for c in range(len(counts))]
    return np.sort(np.concatenate(drawn))


def at_shares(proba: np.ndarray, fitted: np.ndarray, every: np.ndarray) -> np.ndarray:
    """Return the probabilities at the shares that the classes have among all rows, by Bayes' theorem.

    Leaving out rows of a class by chance multiplies its odds by a constant, which is taken back
    (Prentice & Pyke, Biometrika 66, 1979). The order of two classes' scores stays what it is.

    Parameters
    ----------
    proba : ndarray of shape (n_rows, n_classes)
        What an estimator answers that was fitted on the labels ``fitted``.
    fitted, every : ndarray of int
        Codes of the rows it was fitted on, and of all rows that these were drawn from.

    Examples
    --------
    >>> at_shares(np.array([[0.5, 0.5]]), np.repeat([0, 1], [100, 100]), np.repeat([0, 1], [900, 100]))
    array([[0.9, 0.1]])
    """
    counts = [np.bincount(y, minlength=proba.shape[1]) for y in (every, fitted)]
    weighed = proba * (counts[0] / np.maximum(counts[1], 1))
    return np.asarray(weighed / weighed.sum(axis=1, keepdims=True))
