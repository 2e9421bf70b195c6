"""Calibration from the sums of the cube: what the model states against what is seen."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ladder_widgets.errors.cube import Cube
from ladder_widgets.stats import wilson

__all__ = ["calibration_of"]


def calibration_of(cube: Cube, hit: np.ndarray, bins: int) -> pd.DataFrame:
    """Join the bins of the axis into about equally full ones.

    Parameters
    ----------
    cube : Cube
    hit : ndarray of bool of shape (n_groups,)
        Groups of which what is stated is true: the positive class, or the right answers.
    bins : int
        How many to aim at.

    Returns
    -------
    DataFrame
        Columns ``stated, observed, low, high, rows``: the mean score, the share that is true with
        its 95 % Wilson interval, and the rows (with weights their sum; the interval is that of the
        effective number of rows, (Σw)²/Σw²). ``attrs["ece"]`` is the expected calibration error
        (Naeini, Cooper & Hauskrecht, AAAI 2015): the mean distance of the two, weighted by rows. No
        lines, and NaN, of no rows.
    """
    rows, stated = cube.count.sum(axis=0), cube.score.sum(axis=0)
    hits = cube.count[hit].sum(axis=0)
    if not rows.any():
        return _of_nothing()
    of = _joined(rows, bins)
    n = np.bincount(of, rows)
    mean, true = np.bincount(of, stated) / n, np.bincount(of, hits)
    effective = n if cube.count2 is None else n**2 / np.bincount(of, cube.count2.sum(axis=0))
    seen = [wilson(float(a / b * e), float(e)) for a, b, e in zip(true, n, effective, strict=True)]
    frame = pd.DataFrame(
        {
            "stated": mean,
            "observed": true / n,
            "low": [interval.low for interval in seen],
            "high": [interval.high for interval in seen],
            "rows": n.astype(np.int64) if np.issubdtype(rows.dtype, np.integer) else n,
        }
    )
    frame.attrs["ece"] = float((n * np.abs(mean - true / n)).sum() / n.sum())
    return frame


def _of_nothing() -> pd.DataFrame:
    frame = pd.DataFrame(columns=["stated", "observed", "low", "high", "rows"], dtype=float)
    frame.attrs["ece"] = float("nan")
    return frame


def _joined(rows: np.ndarray, bins: int) -> np.ndarray:
    """Number of the joined bin of each bin: the middle of its rows decides, so that ties stay together."""
    middle = (np.cumsum(rows) - rows / 2) / rows.sum()
    of = np.minimum((middle * bins).astype(np.int64), bins - 1)
    # Bins without rows belong to nobody in particular; the numbers run without gaps.
    used = np.unique(of[rows > 0])
    return np.searchsorted(used, of).clip(0, len(used) - 1)
