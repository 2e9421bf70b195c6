"""What sets a confusion cell apart: standardised differences with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from ladder_widgets.errors.cube import Categories, Cube, Numbers
from ladder_widgets.stats import benjamini_hochberg

__all__ = ["HALF_A_DEVIATION", "SHARES", "Side", "contrast", "effective"]

#: The rule of the debugging ladder: means more than half a deviation apart are worth a look.
HALF_A_DEVIATION = 0.5
#: Share of the mean square under which a variance is rounding.
CONSTANT = 1e-12
#: Kinds of signals that are shares.
SHARES = ("level", "missing")
_NO_RATIO = (np.nan, np.nan, np.nan)


@dataclass(frozen=True)
class Side:
    """Rows on one side of a comparison, as a group and a range of bins."""

    group: int
    start: int
    stop: int

    def total(self, bins: np.ndarray) -> float:
        """Sum of one (n_groups, n_bins) array over these rows."""
        return float(bins[self.group, self.start : self.stop].sum())


class _Moments(NamedTuple):
    """Of one side: rows (with weights the effective number), mean, variance (ddof 1)."""

    n: float
    mean: float
    variance: float


@dataclass(frozen=True)
class _Signal:
    feature: str
    signal: str
    kind: str
    center: float
    scale: float
    sides: list[_Moments]  # of the cell, of the others


def contrast(cube: Cube, cell: list[Side], others: list[Side]) -> pd.DataFrame:
    """Compare two sets of rows signal by signal.

    A signal is a number, whether a number is missing, or a level of a category. The effect is the
    difference of means over the pooled deviation, its standard error that of Hedges & Olkin
    (Statistical Methods for Meta-Analysis, 1985, large samples); the false-discovery rate over all
    signals of the cube is held at 5 %. Where rows have weights, n is the effective number of rows
    (Σw)²/Σw² (Kish, Survey Sampling, 1965) in variances and standard errors.

    Returns
    -------
    DataFrame
        Columns ``feature, signal, kind, cell, others, difference, low, high, p_value, risk_ratio,
        ratio_low, ratio_high, significant, apart``: means (shares for levels) of both sides in the
        feature's own units, the standardised difference with its 95 % interval, for shares how many
        times one is the other (interval by the logarithm: Katz et al., Biometrics, 1978), and whether
        the difference exceeds half a deviation. Significant signals first, the largest first.
    """
    signals = [signal for feature in cube.features for signal in _signals(feature, cube, cell, others)]
    rows = [row for row in map(_row, signals) if row is not None]
    columns = ["feature", "signal", "kind", "cell", "others", "difference", "low", "high", "p_value"]
    frame = pd.DataFrame(rows, columns=[*columns, "risk_ratio", "ratio_low", "ratio_high"])
    frame["significant"] = benjamini_hochberg(frame["p_value"].to_numpy(dtype=float), family=cube.n_signals)
    frame["apart"] = frame["significant"] & (frame["difference"].abs() > HALF_A_DEVIATION)
    order = np.lexsort((-frame["difference"].abs().to_numpy(dtype=float), ~frame["significant"]))
    return frame.iloc[order].reset_index(drop=True)


def _signals(
    feature: Numbers | Categories, cube: Cube, cell: list[Side], others: list[Side]
) -> list[_Signal]:
    sides = (cell, others)
    if isinstance(feature, Categories):
        return [
            _Signal(
                feature.name,
                feature.levels[level],
                "level",
                0,
                1,
                _shares(cube, feature.counts[level], sides),
            )
            for level in feature.shown
        ]
    moments = [_moments(side, feature) for side in sides]
    found = [_Signal(feature.name, feature.name, feature.kind, feature.center, feature.scale, moments)]
    if feature.missing:
        shares = _shares(cube, cube.count - feature.n, sides)
        found.append(_Signal(feature.name, "is missing", "missing", 0, 1, shares))
    return found


def _total(sides: list[Side], bins: np.ndarray) -> float:
    return sum(side.total(bins) for side in sides)


def effective(sides: list[Side], count: np.ndarray, count2: np.ndarray | None) -> tuple[float, float]:
    """Sum of weights of some rows, and their effective number."""
    n = _total(sides, count)
    if count2 is None or n == 0:
        return n, n
    return n, n**2 / _total(sides, count2)


def _shares(cube: Cube, hits: np.ndarray, both: tuple[list[Side], list[Side]]) -> list[_Moments]:
    return [_share(sides, hits, cube) for sides in both]


def _share(sides: list[Side], hits: np.ndarray, cube: Cube) -> _Moments:
    total, n = effective(sides, cube.count, cube.count2)
    if n < 2:
        return _Moments(n, np.nan, np.nan)
    share = _total(sides, hits) / total
    return _Moments(n, share, n / (n - 1) * share * (1 - share))


def _moments(sides: list[Side], feature: Numbers) -> _Moments:
    total, n = effective(sides, feature.n, feature.n2)
    if n < 2:
        return _Moments(n, np.nan, np.nan)
    mean = _total(sides, feature.total) / total
    square = _total(sides, feature.square) / total
    spread = square - mean**2
    # What is left of a constant after rounding is not a spread.
    return _Moments(n, mean, spread * n / (n - 1) if spread > CONSTANT * square else 0.0)


def _row(signal: _Signal) -> tuple[object, ...] | None:
    (n1, m1, v1), (n0, m0, v0) = signal.sides
    if min(n1, n0) < 2:
        return None
    pooled = np.sqrt(((n1 - 1) * v1 + (n0 - 1) * v0) / (n1 + n0 - 2))
    if not pooled > 1e-12:
        return None
    d = (m1 - m0) / pooled
    se = np.sqrt((n1 + n0) / (n1 * n0) + d**2 / (2 * (n1 + n0)))
    p = 2 * stats.norm.sf(abs(d) / se)
    means = [signal.center + signal.scale * m for m in (m1, m0)]
    told = (signal.feature, signal.signal, signal.kind, *means, d, d - 1.96 * se, d + 1.96 * se, p)
    return (*told, *_ratio(*signal.sides)) if signal.kind in SHARES else (*told, *_NO_RATIO)


def _ratio(cell: _Moments, others: _Moments) -> tuple[float, float, float]:
    """How many times one share is the other, with Katz's interval; NaN when one is 0."""
    (n1, share1, _), (n0, share0, _) = cell, others
    if share1 <= 0 or share0 <= 0:
        return _NO_RATIO
    ratio = share1 / share0
    spread = np.exp(1.96 * np.sqrt((1 - share1) / (n1 * share1) + (1 - share0) / (n0 * share0)))
    return ratio, ratio / spread, ratio * spread
