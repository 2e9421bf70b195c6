"""The rows and folds that the reference rungs share."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, train_test_split

__all__ = ["Folds", "auc_standard_error", "make_folds", "rows_for_error"]

N_FOLDS = 5
#: Standard error of the AUC that ``max_rows="auto"`` asks for.
TARGET_ERROR = 0.003
#: Rows from which they are drawn without scikit-learn.
LARGE = 200_000


@dataclass(frozen=True, eq=False)
class Folds:
    """Rows taken for cross-validation and their folds.

    Attributes
    ----------
    rows : ndarray of shape (n_rows,)
        Positions in the reference split, in order.
    pairs : list of (train, test)
        Positions within ``rows``.
    sampled_from : int
        Rows of the split before sampling.
    """

    rows: np.ndarray
    pairs: list[tuple[np.ndarray, np.ndarray]]
    sampled_from: int

    @property
    def sampled(self) -> bool:
        """Whether some rows were left out."""
        return len(self.rows) < self.sampled_from


def auc_standard_error(n_positive: float, n_negative: float, auc: float = 0.75) -> float:
    """Standard error of an AUC (Hanley & McNeil, Radiology 143, 1982).

    Examples
    --------
    >>> round(auc_standard_error(5000, 45000), 4)
    0.0041
    """
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (n_positive - 1) * (q1 - auc**2) + (n_negative - 1) * (q2 - auc**2)
    return float(np.sqrt(spread / (n_positive * n_negative)))


def rows_for_error(share: float, target: float = TARGET_ERROR) -> int:
    """Rows after which the AUC of a class with this share has the wanted standard error."""
    share = min(max(share, 1e-6), 1 - 1e-6)
    low, high = 100, 10_000_000
    while low < high:
        middle = (low + high) // 2
        if auc_standard_error(middle * share, middle * (1 - share)) > target:
            low = middle + 1
        else:
            high = middle
    return low


def make_folds(
    y: np.ndarray, max_rows: int | str | None, groups: np.ndarray | None, random_state: int
) -> Folds | None:
    """Sample rows, stratified by class, and split them; None if no class can be split.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Codes.
    max_rows : int, "auto" or None
        See :class:`~ladder_widgets.Case`.
    groups : ndarray of shape (n_rows,), optional
        Groups to keep in one fold.
    """
    counts = np.bincount(y)
    counts = counts[counts > 0]
    wanted = len(y)
    if max_rows == "auto":
        # The class that decides: the rarer of two, the middling one of many.
        wanted = rows_for_error(float(np.median(counts) if len(counts) > 2 else counts.min()) / len(y))
    elif max_rows is not None:
        wanted = int(max_rows)
    rows = _sample(y, wanted, random_state)
    n_folds = min(N_FOLDS, int(np.sort(np.bincount(y[rows], minlength=2))[-2]))
    if groups is not None:
        n_folds = min(n_folds, len(np.unique(groups[rows])))
    if n_folds < 2:
        return None
    return Folds(
        rows, _split(y[rows], groups[rows] if groups is not None else None, n_folds, random_state), len(y)
    )


def _sample(y: np.ndarray, wanted: int, random_state: int) -> np.ndarray:
    if wanted >= len(y):
        return np.arange(len(y))
    counts = np.bincount(y)
    if not (counts == 1).any():  # nearly always: no copies then
        return np.sort(_stratified(y, max(2, wanted), random_state))
    rare = counts[y] < 2  # a class of one row cannot be stratified: keep it
    taken = max(2, wanted - int(rare.sum()))
    kept = np.flatnonzero(~rare)[_stratified(y[~rare], taken, random_state)]
    return np.sort(np.concatenate([kept, np.flatnonzero(rare)]))


def _stratified(y: np.ndarray, taken: int, random_state: int) -> np.ndarray:
    if len(y) > LARGE:
        return _drawn(y, taken, random_state)
    kept, _ = train_test_split(np.arange(len(y)), train_size=taken, stratify=y, random_state=random_state)
    return np.asarray(kept)


def _drawn(y: np.ndarray, wanted: int, random_state: int) -> np.ndarray:
    """Draw positions of each class in proportion.

    As scikit-learn does, which makes a Python object of every row that is not drawn as well: seconds in
    which nothing else can run.
    """
    counts = np.bincount(y)
    share = wanted * counts / counts.sum()
    taken = np.floor(share).astype(np.int64)
    taken[np.argsort(taken - share, kind="stable")[: wanted - taken.sum()]] += 1
    rng = np.random.default_rng(random_state)
    drawn = []
    for c in np.flatnonzero(counts):  # one class after another: positions of all are as large as a column
        places = np.flatnonzero(y == c)
        drawn.append(places[rng.choice(len(places), taken[c], replace=False)])
    return np.concatenate(drawn)


def _split(
    y: np.ndarray, groups: np.ndarray | None, n_folds: int, random_state: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    folder: StratifiedGroupKFold | StratifiedKFold
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class with fewer rows than folds is fine here
        if groups is not None:
            folder = StratifiedGroupKFold(n_folds, shuffle=True, random_state=random_state)
            return list(folder.split(np.zeros(len(y)), y, groups))
        folder = StratifiedKFold(n_folds, shuffle=True, random_state=random_state)
        return list(folder.split(np.zeros(len(y)), y))
