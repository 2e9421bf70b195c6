"""Imputing, scaling and one-hot encoding of the shared matrix, in as little memory as it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

__all__ = ["Coding", "Parts"]

#: Columns of a category at most, one of them shared by its rarer levels.
MAX_CATEGORIES = 30
#: Share of non-zeros below which a matrix for a user's estimator is sparse, as in scikit-learn.
SPARSE_BELOW = 0.3
#: Cells decoded at once.
_PIECE = 1 << 18


@dataclass(frozen=True, eq=False)
class Parts:
    """Coded rows: scaled numbers, and ones where a value is missing or a category has a level.

    Attributes
    ----------
    numbers : ndarray of float32 of shape (n_rows, n_numbers)
    marks : csr_matrix of float32 of shape (n_rows, n_marks)
        Every entry is 1; column ``j`` stands for ``mark * scale[j] - shift[j]``.
    """

    numbers: np.ndarray
    marks: sparse.csr_matrix


class Coding(TransformerMixin, BaseEstimator):
    """What a pipeline of SimpleImputer, StandardScaler and OneHotEncoder makes of the matrix.

    Medians fill the gaps of numbers, a column tells where they were, and both are scaled. Codes are
    one-hot: 29 levels of their own, the rest in one. The numbers are held in single precision, and
    what is 0 or 1 as the places of the ones.

    Parameters
    ----------
    categorical : ndarray of bool of shape (n_columns,)

    Examples
    --------
    >>> X = np.array([[1.0, 0.0], [3.0, 1.0], [np.nan, 1.0]])
    >>> Coding(np.array([False, True])).fit_transform(X).round(2).tolist()
    [[-1.22, -0.71, 1.0, 0.0], [1.22, -0.71, 0.0, 1.0], [0.0, 1.41, 0.0, 1.0]]
    """

    def __init__(self, categorical: np.ndarray) -> None:
        self.categorical = categorical

    def fit(self, X: np.ndarray, y: Any = None) -> Self:  # noqa: ARG002
        """Learn medians, means, deviations and levels."""
        categorical = np.asarray(self.categorical, dtype=bool)
        self.numbers_ = np.flatnonzero(~categorical)
        learned = [_scales(X[:, j].astype(float)) for j in self.numbers_]
        self.fill_, self.mean_, self.deviation_, gaps = np.array(learned).reshape(-1, 4).T
        self.gapped_ = np.flatnonzero(gaps > 0)
        gaps = gaps[self.gapped_]
        spread = np.sqrt(gaps * (1 - gaps))
        spread[spread == 0] = 1.0
        self.places_: list[tuple[int, np.ndarray]] = []
        width = len(self.gapped_)
        for column in np.flatnonzero(categorical):
            places, levels = _places(X[:, column])
            self.places_.append((int(column), np.where(places < 0, -1, places + width)))
            width += levels
        ones = np.ones(width - len(gaps))
        self.scale_ = np.concatenate([1 / spread, ones])
        self.shift_ = np.concatenate([gaps / spread, 0 * ones])
        return self

    def parts(self, X: np.ndarray) -> Parts:
        """Code rows; shape of X (n_rows, n_columns)."""
        check_is_fitted(self)
        numbers = np.empty((len(X), len(self.numbers_)), dtype=np.float32)
        indices, lengths = [], []
        step = max(1, _PIECE // max(1, X.shape[1]))
        for start in range(0, len(X), step):
            part = X[start : start + step]
            values = part[:, self.numbers_].astype(float)
            gaps = np.isnan(values)
            values = np.where(gaps, self.fill_, values)
            numbers[start : start + step] = (values - self.mean_) / self.deviation_
            places = self._marks(part, gaps)
            there = places >= 0
            indices.append(places[there])
            lengths.append(np.count_nonzero(there, axis=1))
        flat = np.concatenate(indices) if indices else np.empty(0, dtype=np.int32)
        ends = np.concatenate([[0], *lengths]).cumsum().astype(np.int32)
        ones = np.ones(len(flat), dtype=np.float32)
        return Parts(numbers, sparse.csr_matrix((ones, flat, ends), shape=(len(X), len(self.scale_))))

    def transform(self, X: np.ndarray) -> np.ndarray | sparse.csr_matrix:
        """Return what scikit-learn's steps would: float64, dense or sparse by the share of zeros."""
        parts = self.parts(X)
        gapped = len(self.gapped_)
        told = parts.marks[:, :gapped].toarray() * self.scale_[:gapped] - self.shift_[:gapped]
        dense = np.hstack([parts.numbers.astype(float), told])
        levels = parts.marks[:, gapped:].astype(float)
        size = len(X) * (dense.shape[1] + levels.shape[1])
        if levels.shape[1] and dense.size + levels.nnz < SPARSE_BELOW * size:
            return sparse.hstack([sparse.csr_matrix(dense), levels], format="csr")
        return np.hstack([dense, levels.toarray()])

    def _marks(self, X: np.ndarray, gaps: np.ndarray) -> np.ndarray:
        """Columns of ones of each row, −1 for none: shape (n_rows, n_gapped + n_categorical)."""
        out = np.full((len(X), len(self.gapped_) + len(self.places_)), -1, dtype=np.int32)
        for k, number in enumerate(self.gapped_):
            out[gaps[:, number], k] = k
        for k, (column, places) in enumerate(self.places_, len(self.gapped_)):
            codes, last = X[:, column], len(places) - 1
            seen = np.where(codes < last - 1, codes, last - 1)
            out[:, k] = places[np.where(np.isnan(codes), last, seen).astype(np.int64)]
        return out


def _scales(values: np.ndarray) -> tuple[float, float, float, float]:
    """Median, mean and deviation (of the filled column), and share of gaps."""
    gaps = np.isnan(values)
    share = float(gaps.mean())
    fill = float(np.median(values[~gaps])) if share < 1 else 0.0
    values[gaps] = fill
    mean, deviation = float(values.mean()), float(values.std())
    rounding = len(values) * abs(mean) * np.finfo(float).eps
    return fill, mean, deviation if deviation > rounding else 1.0, share


def _places(codes: np.ndarray) -> tuple[np.ndarray, int]:
    """Place of each code among the one-hot columns of a category, and how many there are.

    The last place is that of a missing value, the last but one that of a code never seen; −1 where
    there is none.
    """
    missing = np.isnan(codes)
    counts = np.bincount(codes[~missing].astype(np.int64))
    seen = np.flatnonzero(counts)
    sizes = counts[seen]
    gaps = int(np.count_nonzero(missing))
    if gaps:
        seen, sizes = np.append(seen, -1), np.append(sizes, gaps)
    rare = len(seen) >= MAX_CATEGORIES  # scikit-learn counts the shared one, too
    kept = np.ones(len(seen), dtype=bool)
    if rare:
        kept[np.argsort(sizes, kind="stable")[: 1 - MAX_CATEGORIES]] = False
    other = int(kept.sum()) if rare else -1
    places = np.full(len(counts) + 2, other, dtype=np.int32)
    places[seen[kept]] = np.arange(kept.sum())
    return places, int(kept.sum()) + rare
