"""Logged values far outside what training held, against what chance alone brings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from ladder_widgets.stats import benjamini_hochberg
from ladder_widgets.table import Feature, Table

__all__ = ["Extreme", "extremes"]

#: Values of a column below which it has no range to speak of.
FEWEST = 20


@dataclass(frozen=True, eq=False)
class Extreme:
    """A column with logged values far outside its training range.

    Attributes
    ----------
    name : str
    low, high : float
        Training range.
    rows : ndarray of bool of shape (n_logged_rows,)
        Which logged values lie outside by more than the spread of the training values.
    farthest : float
        The value that lies farthest outside.
    """

    name: str
    low: float
    high: float
    rows: np.ndarray
    farthest: float


def extremes(trained: Table, logged: Table) -> tuple[list[Extreme], int]:
    """Return the columns with more values far outside than chance explains, and how many were looked at.

    Far outside is beyond the training range by more than the distance from the 1st to the 99th
    percentile. Null: logged and training values are exchangeable, so the chance that the k largest
    of all are logged ones is exact, whatever the distribution (for the two ends twice that); the
    columns are corrected together by Benjamini and Hochberg's method at 5 %.
    """
    found, p_values = [], []
    for before, after in _pairs(trained, logged):
        extreme, chance = _column(before, after)
        found.append(extreme)
        p_values.append(chance)
    sure = benjamini_hochberg(np.array(p_values))
    chosen = [extreme for extreme, yes in zip(found, sure, strict=True) if yes]
    return sorted(chosen, key=lambda extreme: -int(extreme.rows.sum())), len(found)


def _pairs(trained: Table, logged: Table) -> Iterator[tuple[Feature, Feature]]:
    for name in trained.names:
        if name not in logged.names:
            continue
        before, after = trained.feature(name), logged.feature(name)
        # Dates move on by themselves, and a flag has no range.
        if before.kind == "number" and after.kind == "number" and _wide(before):
            yield before, after


def _wide(feature: Feature) -> bool:
    values = feature.numbers()
    values = values[np.isfinite(values)]
    return len(values) >= FEWEST and len(np.unique(values[:1000])) > 2


def _column(before: Feature, after: Feature) -> tuple[Extreme, float]:
    known, new = before.numbers(), after.numbers()
    known = known[np.isfinite(known)]
    low, high = float(known.min()), float(known.max())
    first, last = np.percentile(known, (1, 99))
    spread = float(last - first) or high - low
    above, below = new > high + spread, new < low - spread
    n, m = len(known), int(np.count_nonzero(~np.isnan(new)))
    chance = min(1.0, 2 * min(_chance(int(above.sum()), m, n), _chance(int(below.sum()), m, n)))
    rows = above | below
    distance = np.where(rows, np.maximum(new - high, low - new), -np.inf)
    return Extreme(before.name, low, high, rows, float(new[int(np.argmax(distance))])), chance


def _chance(k: int, m: int, n: int) -> float:
    """Probability that the k largest of m new and n known values are all new."""
    if k == 0:
        return 1.0
    told: Sequence[float] = (gammaln(m + 1), -gammaln(m - k + 1), gammaln(m + n - k + 1), -gammaln(m + n + 1))
    return float(np.exp(sum(told)))
