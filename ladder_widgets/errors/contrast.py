"""What sets a confusion cell apart: standardised differences with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ladder_widgets.errors.cube import Categories, Cube, Numbers
from ladder_widgets.stats import benjamini_hochberg

__all__ = ["HALF_A_DEVIATION", "Side", "contrast", "n_signals"]

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


@dataclass(frozen=True)
class _Signal:
    feature: str
    signal: str
    kind: str
    center: float
    scale: float
    sides: list[tuple[float, float, float]]  # n, mean, variance: of the cell, of the others


def contrast(cube: Cube, cell: list[Side], others: list[Side]) -> pd.DataFrame:
    """Compare two sets of rows signal by signal.

    A signal is a number, whether a number is missing, or a level of a category. The effect is the
    difference of means over the pooled deviation, its standard error that of Hedges & Olkin
    (Statistical Methods for Meta-Analysis, 1985, large samples); the false-discovery rate over all
    signals is held at 5 %.

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
    frame["significant"] = benjamini_hochberg(frame["p_value"].to_numpy(dtype=float))
    frame["apart"] = frame["significant"] & (frame["difference"].abs() > HALF_A_DEVIATION)
    order = np.lexsort((-frame["difference"].abs().to_numpy(dtype=float), ~frame["significant"]))
    return frame.iloc[order].reset_index(drop=True)


def _signals(
    feature: Numbers | Categories, cube: Cube, cell: list[Side], others: list[Side]
) -> list[_Signal]:
    sides = (cell, others)
    if isinstance(feature, Categories):
        shown = _shown_levels(feature)
        return [
            _Signal(feature.name, feature.levels[level], "level", 0, 1, shares)
            for level in shown
            for shares in [[_share(side, feature.counts[level], cube.count) for side in sides]]
        ]
    moments = [_moments(side, feature) for side in sides]
    found = [_Signal(feature.name, feature.name, feature.kind, feature.center, feature.scale, moments)]
    if feature.missing:
        gaps = cube.count - feature.n
        shares = [_share(side, gaps, cube.count) for side in sides]
        found.append(_Signal(feature.name, "is missing", "missing", 0, 1, shares))
    return found


def n_signals(feature: Numbers | Categories) -> int:
    """How many signals a feature sends, whatever the cell."""
    if isinstance(feature, Categories):
        return len(_shown_levels(feature))
    return 2 if feature.missing else 1


def _shown_levels(feature: Categories) -> list[int]:
    """Two levels say the same thing twice: keep the rarer."""
    if len(feature.levels) != 2:
        return list(range(len(feature.levels)))
    return [int(np.argmin(feature.counts.sum(axis=(1, 2))))]


def _share(sides: list[Side], hits: np.ndarray, count: np.ndarray) -> tuple[float, float, float]:
    n = sum(side.total(count) for side in sides)
    if n < 2:
        return n, np.nan, np.nan
    share = sum(side.total(hits) for side in sides) / n
    return n, share, n / (n - 1) * share * (1 - share)


def _moments(sides: list[Side], feature: Numbers) -> tuple[float, float, float]:
    n = sum(side.total(feature.n) for side in sides)
    if n < 2:
        return n, np.nan, np.nan
    mean = sum(side.total(feature.total) for side in sides) / n
    square = sum(side.total(feature.square) for side in sides)
    variance = (square - n * mean**2) / (n - 1)
    # What is left of a constant after rounding is not a spread.
    return n, mean, variance if variance > CONSTANT * square / n else 0.0


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
    return (*told, *_ratio((n1, m1), (n0, m0))) if signal.kind in SHARES else (*told, *_NO_RATIO)


def _ratio(cell: tuple[float, float], others: tuple[float, float]) -> tuple[float, float, float]:
    (n1, share1), (n0, share0) = cell, others
    if share1 <= 0 or share0 <= 0:
        return _NO_RATIO
    ratio = share1 / share0
    spread = np.exp(1.96 * np.sqrt((1 - share1) / (n1 * share1) + (1 - share0) / (n0 * share0)))
    return ratio, ratio / spread, ratio * spread
