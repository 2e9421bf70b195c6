"""The rows and folds that the reference rungs share."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

__all__ = ["TARGET_ERROR", "Folds", "auc_standard_error", "deciding", "make_folds", "rows_for_error"]

N_FOLDS = 5
#: Standard error of the AUC that ``max_rows="auto"`` asks for by default.
TARGET_ERROR = 0.003
#: Groups beyond which whole groups are drawn into folds at once.
MANY_GROUPS = 5_000


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


def deciding(counts: np.ndarray) -> float:
    """Rows of the class that the error of the AUC depends on: the rarer of two, the middling one of many.

    Examples
    --------
    >>> deciding(np.array([900, 100])), deciding(np.array([50, 200, 400]))
    (100.0, 200.0)
    """
    return float(np.median(counts) if len(counts) > 2 else counts.min())


def make_folds(
    y: np.ndarray,
    max_rows: int | str | None,
    groups: np.ndarray | None,
    random_state: int,
    auc_error: float = TARGET_ERROR,
) -> Folds | None:
    """Sample rows, stratified by class, and split them; None if no class can be split.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Codes.
    max_rows : int, "auto" or None
        See :class:`~ladder_widgets.Case`, as for ``auc_error``.
    groups : ndarray of shape (n_rows,), optional
        Groups to keep in one fold.
    auc_error : float
        Standard error of the AUC that ``"auto"`` asks for.
    """
    counts = np.bincount(y)
    counts = counts[counts > 0]
    wanted = len(y)
    if max_rows == "auto":
        wanted = rows_for_error(deciding(counts) / len(y), auc_error)
    elif max_rows is not None:
        wanted = int(max_rows)
    rows = _sample(y, wanted, random_state)
    own, of = y[rows], groups[rows] if groups is not None else None
    for n_folds in range(min(N_FOLDS, _spread(own, of)), 1, -1):
        pairs = _split(own, of, n_folds, random_state)
        if all(len(np.unique(own[train])) > 1 for train, _ in pairs):
            return Folds(rows, pairs, len(y))
    return None


def _spread(y: np.ndarray, groups: np.ndarray | None) -> int:
    """Folds that rows of two classes reach at most: rows, or groups, that hold the second commonest."""
    if groups is not None:
        n_classes = int(y.max()) + 1
        y = np.unique(np.unique(groups, return_inverse=True)[1] * n_classes + y) % n_classes
    return int(np.sort(np.bincount(y, minlength=2))[-2])


def _sample(y: np.ndarray, wanted: int, random_state: int) -> np.ndarray:
    """Draw rows of each class in proportion; a class of a single row keeps it.

    scikit-learn's ``train_test_split`` makes a Python object of every row that is not drawn as well, seconds
    in which nothing else can run, and refuses to leave out fewer rows than there are classes.
    """
    if wanted >= len(y):
        return np.arange(len(y))
    counts = np.bincount(y)
    taken = np.where(counts == 1, 1, 0)
    others = np.where(counts == 1, 0, counts)
    share = max(2, wanted - taken.sum()) * others / max(1, others.sum())
    taken += np.floor(share).astype(np.int64)
    left = max(2, wanted) - taken.sum()
    if left > 0:
        taken[np.argsort(np.floor(share) - share, kind="stable")[:left]] += 1
    rng = np.random.default_rng(random_state)
    drawn = []
    for c in np.flatnonzero(taken):  # one class after another: positions of all are as large as a column
        places = np.flatnonzero(y == c)
        drawn.append(places[rng.choice(len(places), taken[c], replace=False)])
    return np.sort(np.concatenate(drawn))


def _split(
    y: np.ndarray, groups: np.ndarray | None, n_folds: int, random_state: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    folder = StratifiedKFold(n_folds, shuffle=True, random_state=random_state)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class with fewer rows than folds is fine here
        if groups is None:
            return list(folder.split(np.zeros(len(y)), y))
        names, group = np.unique(groups, return_inverse=True)
        if len(names) <= MANY_GROUPS:
            few = StratifiedGroupKFold(n_folds, shuffle=True, random_state=random_state)
            return list(few.split(np.zeros(len(y)), y, groups))
        # That looks at one group after another, for tens of seconds. Of so many groups, each put by its
        # rarest class, those that are drawn are alike.
        rarity = np.argsort(np.argsort(-np.bincount(y), kind="stable"))
        rarest = np.zeros(len(names), dtype=np.int64)
        np.maximum.at(rarest, group, rarity[y])
        pairs = []
        for _, test in folder.split(np.zeros(len(names)), rarest):
            inside = np.zeros(len(names), dtype=bool)
            inside[test] = True
            pairs.append((np.flatnonzero(~inside[group]), np.flatnonzero(inside[group])))
        return pairs
