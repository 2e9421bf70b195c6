"""How far two samples of a column lie apart, with what sampling alone would do taken off.

Pure functions of arrays and columns, for the checks of a log and for a monitor alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from ladder_widgets.table import Feature

__all__ = [
    "Shift",
    "binned",
    "codes_of",
    "column_psi",
    "index",
    "is_time_or_id",
    "ks",
    "number_counts",
    "p_value",
    "psi",
    "snapped",
]

#: Bins of a number (equal shares of the reference) and levels of a category that stand for themselves.
N_BINS, N_LEVELS = 10, 30
#: Rows of the smaller sample that a bin must let expect for its logarithm to mean anything.
MIN_IN_BIN = 5.0
#: Rows of the smaller sample from which a bin stands for itself all the same: where fewer than five are
#: expected, chance brings as many in one of three million. Gaps that training never had are such a bin.
SURELY = 20
#: Index that is a shift in name only.
NEGLIGIBLE = 0.015
#: Share of distinct values from which words are an id.
ID_SHARE = 0.97
#: Rank correlation with the order of the rows from which a column counts time.
ORDERED = 0.95
#: Rows that are looked at for it.
TIMED = 2_000


@dataclass(frozen=True, slots=True)
class Shift:
    """Population stability index between a reference and a batch.

    Attributes
    ----------
    raw : float
        Σ (q − p) ln(q / p) over the bins.
    noise : float
        What two samples of one distribution give on average: (B − 1)(1/n + 1/m).
    p_value : float
        Of a shift nobody would mind, an index of 0.015: raw / (1/n + 1/m) then has a χ² distribution with
        B − 1 degrees of freedom, not central by 0.015 / (1/n + 1/m).
    """

    raw: float
    noise: float
    p_value: float

    @property
    def value(self) -> float:
        """The index with its sampling noise taken off, at least 0."""
        return max(0.0, self.raw - self.noise)


def psi(reference: np.ndarray, batch: np.ndarray) -> Shift:
    """Population stability index of two rows of counts.

    Bins with few rows are merged, the smallest first; half a row is added to each for the logarithm.

    Parameters
    ----------
    reference, batch : ndarray of shape (n_bins,)
        Rows in each bin.

    Examples
    --------
    >>> shift = psi(np.array([500, 500]), np.array([700, 300]))
    >>> round(shift.raw, 3), round(shift.noise, 3)
    (0.169, 0.002)
    """
    raw, bins, unit = index(reference, batch)
    return Shift(raw, (bins - 1) * unit, float(p_value(raw, bins, unit)))


def index(reference: np.ndarray, batch: np.ndarray) -> tuple[float, int, float]:
    """Return the raw index of two rows of counts, the bins it was computed on, and 1/n + 1/m."""
    reference, batch = _merged(np.asarray(reference, dtype=float), np.asarray(batch, dtype=float))
    n, m, bins = reference.sum(), batch.sum(), len(reference)
    if bins < 2 or n == 0 or m == 0:
        return 0.0, 1, 1.0
    p = (reference + 0.5) / (n + 0.5 * bins)
    q = (batch + 0.5) / (m + 0.5 * bins)
    return float(((q - p) * np.log(q / p)).sum()), bins, float(1 / n + 1 / m)


def p_value(raw: Any, bins: Any, unit: Any) -> np.ndarray:
    """Return p-values of raw indices, see :class:`Shift`; 1 where there is a single bin."""
    raw, bins, unit = np.broadcast_arrays(raw, bins, unit)
    found = stats.ncx2.sf(raw / unit, np.maximum(bins - 1, 1), NEGLIGIBLE / unit)
    return np.where(bins < 2, 1.0, found)


def _merged(reference: np.ndarray, batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pool the bins that hold few rows."""
    both, n, m = reference + batch, reference.sum(), batch.sum()
    held = both * min(n, m) / max(1.0, n + m)
    small = (held < MIN_IN_BIN) & ((reference if n < m else batch) < SURELY)
    if small.any() and both.min() == 0:
        there = both > 0
        reference, batch, held, small = reference[there], batch[there], held[there], small[there]
    if not small.any() or len(held) < 2:
        return reference, batch
    if held[small].sum() < MIN_IN_BIN and not small.all():  # the pool is small itself: one more joins
        order = np.argsort(held, kind="stable")
        small[order[: small.sum() + 1]] = True
    pool = np.array([reference[small].sum()]), np.array([batch[small].sum()])
    return np.append(reference[~small], pool[0]), np.append(batch[~small], pool[1])


def column_psi(reference: Feature, batch: Feature) -> Shift:
    """Population stability index of a column; missing values are a bin of their own."""
    return psi(*binned(reference, batch))


def binned(reference: Feature, batch: Feature) -> tuple[np.ndarray, np.ndarray]:
    """Count both samples in bins learned from the reference: its deciles, or its commonest levels."""
    if reference.kind == "category":
        return _level_counts(reference, batch)
    return number_counts(reference.numbers(), batch.numbers())


def number_counts(reference: np.ndarray, batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Count numbers in equal shares of the reference; NaN comes last. Few values stand for themselves."""
    reference, batch = snapped(reference), snapped(batch)
    present = reference[~np.isnan(reference)]
    distinct = np.unique(present[:20_000])
    if len(distinct) <= N_BINS:
        edges = distinct
    else:
        edges = np.unique(np.quantile(present, np.linspace(0, 1, N_BINS + 1)[1:-1], method="lower"))
    return _counted(reference, edges), _counted(batch, edges)


def _counted(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    missing = np.isnan(values)
    places = np.searchsorted(edges, values[~missing], side="left")
    return np.append(np.bincount(places, minlength=len(edges) + 1), missing.sum())


def _level_counts(reference: Feature, batch: Feature) -> tuple[np.ndarray, np.ndarray]:
    """Commonest levels of the reference, all others together, and missing."""
    codes, levels = reference.codes()
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    kept = np.argsort(-counts, kind="stable")[:N_LEVELS]
    place = {levels[level]: position for position, level in enumerate(kept)}
    return _placed(reference, place), _placed(batch, place)


def _placed(feature: Feature, place: dict[str, int]) -> np.ndarray:
    codes, levels = feature.codes()
    others, missing = len(place), len(place) + 1
    where = np.array([place.get(level, others) for level in levels] + [missing])
    return np.bincount(where[codes], minlength=len(place) + 2)


def snapped(values: np.ndarray) -> np.ndarray:
    """Numbers as single precision holds them: a log often does no better, and 0.1 must stay 0.1.

    Infinite values become missing.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        values = np.asarray(values, dtype=float).astype(np.float32).astype(float)
    return np.where(np.isfinite(values), values, np.nan)


def ks(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """Kolmogorov–Smirnov distance of two sorted samples, and its p-value (large samples; ties: cautious).

    Examples
    --------
    >>> ks(np.arange(100.0), np.arange(100.0) + 50)[0]
    0.5
    """
    n, m = len(first), len(second)
    if n == 0 or m == 0:
        return 0.0, 1.0
    points = np.concatenate([first, second])
    below_first = np.searchsorted(first, points, side="right") / n
    below_second = np.searchsorted(second, points, side="right") / m
    distance = float(np.abs(below_first - below_second).max())
    return distance, float(stats.kstwobign.sf(distance * np.sqrt(n * m / (n + m))))


def is_time_or_id(reference: Feature, batch: Feature, order: np.ndarray | None = None) -> bool:
    """Whether a column counts rows or time, and so moves without anything having changed.

    Dates, numbers that are dates, words that are nearly all distinct, whole numbers of which none comes
    twice, and numbers that rise or fall with the order of the batch.

    Parameters
    ----------
    reference, batch : Feature
    order : ndarray of shape (n_rows,), optional
        Time of the batch's rows; their order by default.
    """
    if "datetime" in (reference.kind, batch.kind):
        return True
    if reference.kind == "category":
        codes, _ = reference.codes()
        present = codes[codes >= 0]
        return len(present) >= 50 and len(np.unique(present)) >= ID_SHARE * len(present)
    if reference.kind != "number":
        return False
    values = reference.numbers()
    values = values[np.isfinite(values)]
    return len(values) >= 50 and (_counts_rows(values, batch) or _is_date(values) or _rises(batch, order))


def _counts_rows(values: np.ndarray, batch: Feature) -> bool:
    later = batch.numbers() if batch.kind != "category" else np.empty(0)
    values = np.concatenate([values, later[np.isfinite(later)]])
    for some in (values[:500], values):  # most columns are told from an id by a few rows
        if np.any(some != np.round(some)) or len(np.unique(some)) < len(some):
            return False
    return True


def _is_date(values: np.ndarray) -> bool:
    """Whole numbers such as 20240131, or seconds and milliseconds since 1970, for years 1980 to 2100."""
    low, high = values.min(), values.max()
    if low >= 19000101 and high <= 21001231 and np.all(values == np.round(values)):
        month, day = values // 100 % 100, values % 100
        return bool(np.all((month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)))
    return any(low >= 3.2e8 * unit and high <= 4.1e9 * unit and high > 9e8 * unit for unit in (1, 1e3))


def _rises(batch: Feature, order: np.ndarray | None) -> bool:
    values = batch.numbers() if batch.kind != "category" else np.empty(0)
    every = max(1, len(values) // TIMED)
    values, order = values[::every], None if order is None else order[::every]
    clock = np.arange(len(values)) if order is None else np.asarray(order).astype("int64").astype(float)
    keep = np.isfinite(values)
    if len(values) != len(clock) or keep.sum() < 50 or len(np.unique(values[keep])) < 0.5 * keep.sum():
        return False
    return bool(abs(stats.spearmanr(values[keep], clock[keep]).statistic) >= ORDERED)


def codes_of(feature: Feature, levels: Sequence[str]) -> np.ndarray:
    """Positions of a column's values in a list of levels: −1 where missing, −2 where not in the list."""
    codes, own = feature.codes()
    place = {level: position for position, level in enumerate(levels)}
    return np.array([place.get(level, -2) for level in own] + [-1])[codes]
