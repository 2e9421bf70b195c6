"""Whether the labels fit the rows better when they are moved along, or turned round.

No model is asked: the share of the labels' variance that lies in the span of the columns is computed for
every lag at once (a circular cross-correlation, by FFT). Where rows are independent all lags but the true
one are at chance, so a shift shows as one spike away from zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft, stats

from ladder_widgets.bins import bin_codes
from ladder_widgets.table import Feature, Table

__all__ = ["Lag", "best_lag", "linear_fit", "score_lag"]

#: Consecutive rows looked at, columns and levels that stand for them, and classes.
MAX_ROWS, MAX_COLUMNS, MAX_LEVELS, MAX_CLASSES = 8000, 60, 8, 6
MIN_ROWS = 60
#: Chance of such a spike anywhere, and at zero alone, if rows and labels are independent.
P_ANYWHERE, P_HERE = 1e-4, 0.01
#: Share of the spike that the fit as given, or a second spike, may reach.
RIVAL, RIVAL_SMOOTH = 0.5, 0.6
#: Correlation of the labels with their neighbours from which rows are not independent.
SMOOTH = 0.2


@dataclass(frozen=True, slots=True)
class Lag:
    """Row ``i`` fits label ``i + lag``, counted from the end where the order is reversed.

    Attributes
    ----------
    lag : int
    reversed : bool
    fit, here : float
        Share of the labels' variance explained at the lag and as given, beyond chance.
    smooth : bool
        Whether neighbouring rows are alike, so that the fit as given is not at chance either.
    """

    lag: int
    reversed: bool
    fit: float
    here: float
    smooth: bool


def best_lag(table: Table, y: np.ndarray, n_classes: int) -> Lag | None:
    """Return the lag at which labels fit rows far better than as given; None if there is none.

    Parameters
    ----------
    table : Table
    y : ndarray of shape (n_rows,)
        Codes.
    n_classes : int
    """
    n = min(len(y), MAX_ROWS)
    if n < MIN_ROWS:
        return None
    return _best(_orthonormal(_columns_of(table, np.arange(n))), _onehot(y[:n], n_classes))


def score_lag(proba: np.ndarray, y: np.ndarray) -> Lag | None:
    """:func:`best_lag` with scores of shape (n_rows, n_classes) in place of the columns."""
    if len(y) < MIN_ROWS:
        return None
    return _best(_orthonormal(proba), _onehot(y, proba.shape[1]))


def linear_fit(
    table: Table, y: np.ndarray, n_classes: int, rows: np.ndarray, places: np.ndarray
) -> tuple[float, float, int]:
    """How well some rows fit the labels at their own positions, and at other places.

    Returns
    -------
    float, float
        Explained share of the labels' variance times rows: chi-squared if nothing is explained.
    int
        Its degrees of freedom.
    """
    rows, places = rows[:MAX_ROWS], places[:MAX_ROWS]
    basis = _orthonormal(_columns_of(table, rows))
    fits = []
    for at in (rows, places):
        labels = _onehot(y[at], n_classes)
        total = float((labels**2).sum())
        fits.append(len(rows) * float(((basis.T @ labels) ** 2).sum()) / total if total > 0 else 0.0)
    return fits[0], fits[1], max(1, basis.shape[1])


def _best(basis: np.ndarray, labels: np.ndarray) -> Lag | None:
    n, d = basis.shape
    if d == 0 or labels.shape[1] == 0 or d * 4 > n:
        return None
    forward, backward = _profile(basis, labels), _profile(basis, labels[::-1])
    scale = float(np.median(np.concatenate([forward, backward])) / stats.chi2.median(d))
    if scale <= 0:
        return None
    limit, chance = scale * float(stats.chi2.isf(P_ANYWHERE / (2 * n), d)), scale * d
    turned = backward.max() > forward.max()
    profile = backward if turned else forward
    lag, here = int(np.argmax(profile)), float(forward[0])
    fit = float(profile[lag]) - chance
    if (lag == 0 and not turned) or profile[lag] <= limit:
        return None
    smooth = _smooth(labels)
    if not smooth and here > scale * float(stats.chi2.isf(P_HERE, d)):
        return None  # the rows do fit as given: what lies elsewhere is a memory of earlier labels
    if here - chance > (RIVAL_SMOOTH if smooth else RIVAL) * fit or _rivals(
        profile, lag, fit, chance, smooth
    ):
        return None
    signed = lag if lag <= n // 2 else lag - n
    return Lag(signed, turned, fit, max(0.0, here - chance), smooth)


def _rivals(profile: np.ndarray, lag: int, fit: float, chance: float, smooth: bool) -> bool:
    """Whether other lags fit nearly as well: features that remember several labels, or a trend."""
    high = np.flatnonzero(profile - chance > RIVAL * fit)
    apart = np.abs(high - lag)
    apart = np.minimum(apart, len(profile) - apart)
    return bool(apart.max(initial=0) > (10 if smooth else 0))


def _smooth(labels: np.ndarray) -> bool:
    return bool(abs(float((labels[1:] * labels[:-1]).sum())) > SMOOTH * float((labels**2).sum()))


def _profile(basis: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Share of variance of the labels moved by each lag that the basis explains, shape (n_rows,)."""
    size = len(basis)  # no padding: a lag wraps round where the rows do
    moved = fft.rfft(labels, size, axis=0)
    total = np.zeros(size)
    for column in basis.T:
        product = np.conj(fft.rfft(column, size))[:, None] * moved
        total += (fft.irfft(product, size, axis=0) ** 2).sum(axis=1)
    return total / float((labels**2).sum())


def _onehot(y: np.ndarray, n_classes: int) -> np.ndarray:
    """Centred indicators of the commonest classes, each of the same variance."""
    counts = np.bincount(y, minlength=n_classes)
    common = [c for c in np.argsort(-counts, kind="stable")[:MAX_CLASSES] if 0 < counts[c] < len(y)]
    if len(np.flatnonzero(counts)) == 2:
        common = common[:1]
    labels = (y[:, None] == np.array(common, dtype=np.int64)).astype(float)
    labels -= labels.mean(axis=0)
    spread = np.sqrt((labels**2).sum(axis=0))
    return np.asarray(labels / np.where(spread > 0, spread, 1.0))


def _columns_of(table: Table, rows: np.ndarray) -> np.ndarray:
    """Ranks of numbers and indicators of levels, of shape (n_rows, at most 60)."""
    step = max(1, table.n_features // MAX_COLUMNS)
    parts: list[np.ndarray] = []
    for position in range(0, table.n_features, step):
        parts += _columns(table.feature(position), rows)
        if len(parts) >= MAX_COLUMNS:
            break
    return np.column_stack(parts[:MAX_COLUMNS]) if parts else np.zeros((len(rows), 0))


def _columns(feature: Feature, rows: np.ndarray) -> list[np.ndarray]:
    if feature.kind == "category":
        codes, n_bins = bin_codes(feature, rows)
        return [(codes == level).astype(float) for level in range(1, min(n_bins, MAX_LEVELS + 1))]
    values = feature.numbers()[rows]
    ranks = stats.rankdata(values, nan_policy="omit") / len(values)
    return [np.where(np.isnan(ranks), 0.5, ranks)]


def _orthonormal(columns: np.ndarray) -> np.ndarray:
    """Orthonormal basis of the centred columns."""
    if not columns.shape[1]:
        return columns
    centred = columns - columns.mean(axis=0)
    spread = np.sqrt((centred**2).sum(axis=0))
    centred = centred[:, spread > 1e-9] / spread[spread > 1e-9]
    if not centred.shape[1]:
        return centred
    values, vectors = np.linalg.eigh(centred.T @ centred)
    kept = values > 1e-6 * values.max()
    return np.asarray(centred @ (vectors[:, kept] / np.sqrt(values[kept])))
