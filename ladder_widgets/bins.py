"""Any column as a few bins: quantiles of a number, levels of a category, and missing."""

from __future__ import annotations

import numpy as np

from ladder_widgets.table import Feature

__all__ = ["MISSING", "bin_codes", "coarser", "out_of_fold"]

#: Code of the bin that holds missing values.
MISSING = 0
MAX_BINS = 64
MAX_LEVELS = 1000
#: Prior rows added to each bin, so that a bin of three rows claims little.
PRIOR_ROWS = 2.0


def bin_codes(feature: Feature, rows: np.ndarray | None = None) -> tuple[np.ndarray, int]:
    """Return ``(codes, n_bins)``: int64 of shape (n_rows,), 0 where missing.

    Numbers with at most 64 distinct values keep them; others are cut at quantiles. Categories
    keep their 1,000 most frequent levels; the rest share a bin.
    """
    if feature.kind == "category":
        codes, levels = feature.codes()
        codes = codes if rows is None else codes[rows]
        counts = np.bincount(codes[codes >= 0], minlength=len(levels))
        rank = np.empty(len(levels) + 1, dtype=np.int64)
        rank[np.argsort(-counts, kind="stable")] = np.minimum(np.arange(len(levels)), MAX_LEVELS)
        rank[-1] = MISSING - 1
        return rank[codes] + 1, min(len(levels), MAX_LEVELS + 1) + 1
    values = feature.numbers()
    values = values if rows is None else values[rows]
    present = ~np.isnan(values)
    edges = _edges(values[present])
    codes = np.searchsorted(edges, values, side="right") + 1
    codes[~present] = MISSING
    return codes, len(edges) + 2


def _edges(values: np.ndarray) -> np.ndarray:
    if not values.size:
        return np.empty(0)
    cuts = np.quantile(values, np.linspace(0, 1, MAX_BINS + 1)[1:-1], method="higher")
    edges = np.unique(cuts)
    if len(edges) < MAX_BINS // 2:  # few distinct values: each deserves its own bin
        distinct = np.unique(values)
        if len(distinct) <= MAX_BINS:
            return distinct[1:]
    return edges[edges > values.min()]


def coarser(codes: np.ndarray, n_bins: int, wanted: int) -> tuple[np.ndarray, int]:
    """Merge neighbouring bins of a number into about ``wanted`` of like size; missing stays apart.

    Examples
    --------
    >>> codes, n_bins = coarser(np.array([0, 1, 2, 3, 4, 1, 2, 3, 4]), 5, 2)
    >>> codes.tolist(), n_bins
    ([0, 1, 1, 2, 2, 1, 1, 2, 2], 3)
    """
    if n_bins - 1 <= wanted:
        return codes, n_bins
    counts = np.bincount(codes, minlength=n_bins)[1:]
    middle = (np.cumsum(counts) - counts / 2) / max(1, counts.sum())
    merged = np.minimum((middle * wanted).astype(np.int64), wanted - 1) + 1
    return np.concatenate([[MISSING], merged])[codes], wanted + 1


def out_of_fold(
    codes: np.ndarray, n_bins: int, y: np.ndarray, n_classes: int, pairs: list[tuple[np.ndarray, np.ndarray]]
) -> np.ndarray:
    """Class shares of each row's bin, counted on the other folds: shape (n_rows, n_classes).

    This is a cross-validated one-feature tree with as many leaves as bins, in O(n_rows).
    """
    proba = np.zeros((len(codes), n_classes))
    for train, test in pairs:
        prior = np.bincount(y[train], minlength=n_classes) / len(train)
        flat = codes[train] * n_classes + y[train]
        counts = np.bincount(flat, minlength=n_bins * n_classes).reshape(n_bins, n_classes)
        shares = (counts + PRIOR_ROWS * prior) / (counts.sum(axis=1, keepdims=True) + PRIOR_ROWS)
        proba[test] = shares[codes[test]]
    return proba
