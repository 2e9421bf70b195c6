"""How a feature is distributed on both sides of a comparison, on shared bins."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd
from scipy.stats import ks_2samp, kstwo

from ladder_widgets.errors._slice_codes import round_cut, round_time
from ladder_widgets.errors._sums import MISSING_LEVEL, OTHER_LEVELS, level_name
from ladder_widgets.errors.conditions import Condition
from ladder_widgets.table import Feature

__all__ = ["distribution_of", "smirnov"]

#: Ranges of a number, levels of a category, and the share of a number in its two open ends together.
BINS, LEVELS, TAILS = 24, 12, 0.01


def distribution_of(
    feature: Feature, here: np.ndarray, there: np.ndarray, weights: np.ndarray | None = None
) -> pd.DataFrame:
    """Count the rows of both sides by value.

    Parameters
    ----------
    feature : Feature
    here, there : ndarray of int
        Positions of the rows of the cell and of those it is held against.
    weights : ndarray of shape (n_rows,), optional
        Counts are then sums of weights. Where numbers are cut does not depend on them.

    Returns
    -------
    DataFrame
        Columns ``label, here, there``. A number is cut into equal ranges between its 0.5 and 99.5 %
        quantiles, the first and the last one open; a missing value has a bin of its own.
        ``attrs`` hold ``feature, kind, here, there`` (rows of both sides) and ``ks, p``: the
        two-sample Kolmogorov–Smirnov distance of a number and its p-value.
    """
    if feature.kind in ("number", "datetime"):
        labels, codes = _ranges(feature, np.concatenate([here, there]))
    else:
        labels, codes = _levels(feature, np.concatenate([here, there]))
    w = [None, None] if weights is None else [weights[here], weights[there]]
    sides = zip((codes[: len(here)], codes[len(here) :]), w, strict=True)
    counts = [np.bincount(part, weight, minlength=len(labels)) for part, weight in sides]
    frame = pd.DataFrame({"label": labels, "here": counts[0], "there": counts[1]})
    kind = feature.kind if feature.kind in ("number", "datetime") else "category"
    ks, p = smirnov(feature, here, there, weights) if kind != "category" else (None, None)
    frame.attrs = {
        "feature": feature.name,
        "kind": kind,
        "here": counts[0].sum().item(),
        "there": counts[1].sum().item(),
        "ks": ks,
        "p": p,
    }
    return frame


def smirnov(
    feature: Feature, here: np.ndarray, there: np.ndarray, weights: np.ndarray | None = None
) -> tuple[float | None, float | None]:
    """Two-sample Kolmogorov–Smirnov distance and p-value over the rows that have a value.

    With weights, the distance is that of the weighted distributions, and the p-value that of the
    effective numbers of rows, (Σw)²/Σw².
    """
    values = feature.numbers()
    a, b = (side[~np.isnan(values[side])] for side in (here, there))
    if weights is not None:
        a, b = a[weights[a] > 0], b[weights[b] > 0]
    if not len(a) or not len(b):
        return None, None
    if weights is None:
        method = "auto" if max(len(a), len(b)) <= 1000 else "asymp"
        result = ks_2samp(values[a], values[b], method=method)
        return float(result.statistic), float(result.pvalue)
    distance = _distance(values[a], values[b], weights[a], weights[b])
    n, m = (weights[side].sum() ** 2 / (weights[side] ** 2).sum() for side in (a, b))
    return distance, float(np.clip(kstwo.sf(distance, max(1, round(n * m / (n + m)))), 0, 1))


def _distance(a: np.ndarray, b: np.ndarray, of_a: np.ndarray, of_b: np.ndarray) -> float:
    """Largest distance of two weighted distribution functions."""
    at = np.unique(np.concatenate([a, b]))
    shares = [
        np.bincount(np.searchsorted(at, values), weights, minlength=len(at)) / weights.sum()
        for values, weights in ((a, of_a), (b, of_b))
    ]
    return float(np.abs(np.cumsum(shares[0] - shares[1])).max())


def _ranges(feature: Feature, rows: np.ndarray) -> tuple[list[str], np.ndarray]:
    values = feature.numbers()[rows]
    present = values[np.isfinite(values)]
    cuts = _cuts(present, round_time if feature.kind == "datetime" else round_cut)
    codes = np.searchsorted(cuts, values, side="right")
    kind: Literal["datetime", "number"] = "datetime" if feature.kind == "datetime" else "number"
    ends = [None, *cuts.tolist(), None]
    if len(cuts):
        ranges = [Condition("", kind, low, high) for low, high in pairwise(ends)]
        labels = [str(each).strip() for each in ranges]
    else:
        labels = ["all values"]
    missing = np.isnan(values)
    codes[missing] = len(labels)
    return ([*labels, "missing"] if missing.any() else labels), codes


def _cuts(values: np.ndarray, rounded: Callable[[float, float], float]) -> np.ndarray:
    distinct = np.unique(values)
    if len(distinct) <= 1:
        return np.empty(0)
    if len(distinct) <= BINS:
        return np.array([rounded(a, b) for a, b in pairwise(distinct)])
    low, high = np.quantile(values, [TAILS / 2, 1 - TAILS / 2])
    if high <= low:
        low, high = distinct[0], distinct[-1]
    step = (high - low) / BINS
    ends = np.linspace(low, high, BINS + 1)[1:-1]
    # Round ends, each within a tenth of a range of where an equal cut would be.
    return np.array([rounded(end - step / 10, end + step / 10) for end in ends])


def _levels(feature: Feature, rows: np.ndarray) -> tuple[list[str], np.ndarray]:
    codes, levels = feature.codes()
    codes = codes[rows]
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] > 0]
    top = order if len(order) <= LEVELS + 1 else order[:LEVELS]
    labels = [level_name(levels[code]) for code in top]
    place = np.full(len(levels) + 1, len(labels), dtype=np.int64)
    place[top] = np.arange(len(top))
    if len(top) < len(order):
        labels.append(OTHER_LEVELS)
    place[-1] = len(labels)
    return ([*labels, MISSING_LEVEL] if (codes < 0).any() else labels), place[codes]
