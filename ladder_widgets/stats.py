"""The statistics behind the verdicts: intervals, paired differences, false discovery."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

__all__ = [
    "Interval",
    "benjamini_hochberg",
    "delong",
    "fold_interval",
    "holm",
    "ovr_auc",
    "resampled_t",
    "wilson",
]

#: Rows ranked at once.
_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its 95 % interval."""

    mean: float
    low: float
    high: float

    @property
    def beyond_zero(self) -> bool:
        """Whether the interval excludes zero."""
        return self.low > 0 or self.high < 0


def resampled_t(differences: np.ndarray, test_over_train: float) -> Interval:
    """Interval of a mean over cross-validation folds, paired or not.

    Folds share training rows, so the plain t interval is too narrow. The variance is multiplied
    by 1/k + n_test/n_train instead of 1/k (Nadeau & Bengio, Machine Learning 52, 2003).

    Parameters
    ----------
    differences : ndarray of shape (k,)
        One value per fold.
    test_over_train : float
        Rows in a test fold over rows in a training fold; 1/(k − 1) for plain k folds.

    Examples
    --------
    >>> interval = resampled_t(np.array([0.10, 0.12, 0.11, 0.09, 0.13]), 0.25)
    >>> round(interval.low, 3), round(interval.high, 3)
    (0.081, 0.139)
    """
    values = np.asarray(differences, dtype=float)
    mean = float(np.mean(values))
    if len(values) < 2:
        return Interval(mean, float("-inf"), float("inf"))
    spread = np.std(values, ddof=1) * np.sqrt(1 / len(values) + test_over_train)
    half = float(stats.t.ppf(0.975, len(values) - 1) * spread)
    return Interval(mean, mean - half, mean + half)


def fold_interval(values: np.ndarray) -> Interval:
    """:func:`resampled_t` for plain k folds."""
    return resampled_t(values, 1 / max(1, len(values) - 1))


def delong(y: np.ndarray, first: np.ndarray, second: np.ndarray | None = None) -> tuple[Interval, float]:
    """AUC of ``first``, or AUC of ``first`` minus that of ``second``, on the same rows.

    DeLong, DeLong & Clarke-Pearson (Biometrics 44, 1988), with the ranks of Sun & Xu (IEEE
    Signal Processing Letters 21, 2014): O(n log n).

    Parameters
    ----------
    y : ndarray of bool of shape (n_rows,)
        Whether a row is positive; both kinds must be there.
    first, second : ndarray of shape (n_rows,)
        Scores.

    Returns
    -------
    Interval
        Estimate and 95 % interval.
    float
        Its standard error.

    Examples
    --------
    >>> y = np.array([True, True, False, False])
    >>> delong(y, np.array([0.9, 0.4, 0.6, 0.1]))[0].mean
    0.75
    """
    above, below = _placements(y, first)
    if second is not None:
        others = _placements(y, second)
        above -= others[0]
        below -= others[1]
        del others
    estimate = float(above.mean())
    se = float(np.sqrt(_variance(above) / len(above) + _variance(below) / len(below)))
    return Interval(estimate, estimate - 1.96 * se, estimate + 1.96 * se), se


def ovr_auc(y: np.ndarray, proba: np.ndarray, positive: int | None = None) -> tuple[Interval, float]:
    """AUC of two classes, or the mean AUC of one against the rest over the classes present.

    The interval of the mean comes from DeLong's placements added up per row, so that classes
    which err together are not counted as independent.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Codes.
    proba : ndarray of shape (n_rows, n_classes)
    positive : int, optional
        The only class to look at; every class present by default.

    Examples
    --------
    >>> y = np.array([0, 0, 1, 1])
    >>> interval, _ = ovr_auc(y, np.array([[0.9, 0.1], [0.4, 0.6], [0.6, 0.4], [0.1, 0.9]]), positive=1)
    >>> interval.mean
    0.75
    """
    if positive is not None:
        return delong(y == positive, proba[:, positive])
    classes = np.unique(y)
    estimates, influence = [], np.zeros(len(y))
    for c in classes:
        own = y == c
        above, below = _placements(own, proba[:, c])
        estimates.append(float(above.mean()))
        influence[own] += (above - above.mean()) / own.sum() / len(classes)
        influence[~own] += (below - below.mean()) / (~own).sum() / len(classes)
    mean, se = float(np.mean(estimates)), float(np.sqrt((influence**2).sum()))
    return Interval(mean, mean - 1.96 * se, mean + 1.96 * se), se


def _variance(values: np.ndarray) -> float:
    return float(np.var(values, ddof=1)) if len(values) > 1 else 0.25


def _placements(y: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of the other class each row is ranked above (positives) or below (negatives)."""
    pos, neg = score[y], score[~y]
    above = _above(pos, np.sort(neg))
    below = _above(neg, np.sort(pos))
    return above, np.subtract(1, below, out=below)


def _above(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Share of sorted others below each value, ties by half, in little more memory than the answer."""
    out = np.empty(len(values))
    for start in range(0, len(values), _PIECE):
        part = values[start : start + _PIECE]
        order = np.argsort(part)  # one after another, they are found in places just visited
        part = part[order]
        ends = np.searchsorted(others, part, side="left") + np.searchsorted(others, part, side="right")
        out[start + order] = ends / 2 / len(others)
    return out


def wilson(hits: float, total: float) -> Interval:
    """Wilson's 95 % interval of a share (JASA 22, 1927); (0, 0, 1) without rows.

    Examples
    --------
    >>> round(wilson(0, 10).high, 3)
    0.278
    """
    if total <= 0:
        return Interval(0.0, 0.0, 1.0)
    z2 = 1.96**2
    share = hits / total
    centre = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = 1.96 / (1 + z2 / total) * np.sqrt(share * (1 - share) / total + z2 / (4 * total**2))
    return Interval(float(share), float(max(0.0, centre - half)), float(min(1.0, centre + half)))


def benjamini_hochberg(p_values: np.ndarray, rate: float = 0.05, family: int | None = None) -> np.ndarray:
    """Mark the discoveries at a false-discovery rate (Benjamini & Hochberg, JRSS B 57, 1995).

    Parameters
    ----------
    p_values : ndarray of shape (n,)
        NaN counts as no test.
    rate : float
    family : int, optional
        Size of the family of tests, when some are not among ``p_values``: they count as no discovery.

    Returns
    -------
    ndarray of bool of shape (n,)

    Examples
    --------
    >>> benjamini_hochberg(np.array([0.001, 0.2, 0.03, np.nan]))
    array([ True, False,  True, False])
    """
    p = np.asarray(p_values, dtype=float)
    tested = np.flatnonzero(~np.isnan(p))
    found = np.zeros(len(p), dtype=bool)
    order = tested[np.argsort(p[tested], kind="stable")]
    limits = rate * np.arange(1, len(order) + 1) / max(1, len(order) if family is None else family)
    passing = np.flatnonzero(p[order] <= limits)
    if passing.size:
        found[order[: passing[-1] + 1]] = True
    return found


def holm(p_values: np.ndarray) -> np.ndarray:
    """Adjust p-values so that each bounds the chance of any false alarm (Holm, Scand. J. Stat. 6, 1979).

    Valid under any dependence between the tests.

    Parameters
    ----------
    p_values : ndarray of shape (n,)
        NaN counts as no test and stays.

    Returns
    -------
    ndarray of shape (n,)

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03, np.nan]))
    array([0.03, 0.06, 0.06,  nan])
    """
    p = np.asarray(p_values, dtype=float)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    adjusted = p.copy()
    adjusted[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)))
    return adjusted
