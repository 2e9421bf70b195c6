"""What sets a confusion cell apart: effect sizes with intervals, and tests that hold in small cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from ladder_widgets.errors._expected import Chances
from ladder_widgets.errors._inference import Compared, Sides, compare_means, compare_shares
from ladder_widgets.errors.cube import Categories, Cube, Numbers
from ladder_widgets.stats import benjamini_hochberg

__all__ = ["HALF_A_DEVIATION", "SHARES", "Side", "contrast", "effective", "judged"]

#: The rule of the debugging ladder: means more than half a deviation apart are worth a look.
HALF_A_DEVIATION = 0.5
#: Share of the mean square under which a variance is rounding; means of constants differ from that on.
CONSTANT = 1e-12
#: Kinds of signals that are shares.
SHARES = ("level", "missing", "infinite")


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
    expected: tuple[float, float]

    @property
    def tells(self) -> bool:
        """Whether there are rows to compare, and anything in them varies."""
        (n1, m1, v1), (n0, m0, v0) = self.sides
        return min(n1, n0) >= 2 and (v1 > 0 or v0 > 0 or _differ(m1, m0))


def _differ(m1: float, m0: float) -> bool:
    """Whether two constants differ by more than what is left of them by rounding."""
    return bool((m1 - m0) ** 2 > 100 * CONSTANT * max(m1**2, m0**2))


def contrast(
    cube: Cube, cell: list[Side], others: list[Side], chances: Chances | None = None
) -> pd.DataFrame:
    """Compare two sets of rows signal by signal.

    A signal is a number, whether a number is missing (or infinite), or a level of a category. The
    effect of a number is the difference of means over the pooled deviation, that of a share is Cohen's
    h, which is in deviations too and at most π: a share of 100 % against one of 0 %, and so a
    constant against another. See :mod:`ladder_widgets.errors._inference` for intervals and tests. The
    false-discovery rate over all signals of the cube is held at 5 %. Where rows have weights, n is
    the effective number of rows (Σw)²/Σw² (Kish, Survey Sampling, 1965).

    Parameters
    ----------
    cube : Cube
    cell, others : list of Side
    chances : Chances, optional
        What the model's own probabilities say of these rows; by default nothing is expected.

    Returns
    -------
    DataFrame
        Columns ``feature, signal, kind, cell, others, difference, low, high, p_value, risk_ratio,
        ratio_low, ratio_high, expected, p_beyond, separates, significant, apart, beyond``: means (shares for
        levels) of both sides in the feature's own units, the effect with its 95 % interval, for
        shares how many times one is the other (interval by the logarithm: Katz et al., Biometrics,
        1978), and the effect that errors would have if the probabilities were right (NaN where that
        is not known). ``apart``: significant and more than half a deviation. ``beyond``: significant,
        and not what is expected, at the same false-discovery rate. ``separates``: one value on one
        side, another one on the other. First those that separate, then the other significant ones,
        the largest first.
    """
    found = [s for f in cube.features for s in _signals(f, cube, cell, others, chances) if s.tells]
    sides = Sides(*(np.array(column, dtype=float) for column in _columns(found)))
    shares = np.array([signal.kind in SHARES for signal in found], dtype=bool)
    told = _compared(sides, shares)
    frame = pd.DataFrame(
        [(s.feature, s.signal, s.kind) for s in found], columns=["feature", "signal", "kind"]
    )
    center, scale = (np.array([getattr(s, part) for s in found], dtype=float) for part in ("center", "scale"))
    frame["cell"], frame["others"] = center + scale * sides.m1, center + scale * sides.m0
    frame["difference"], frame["low"], frame["high"], frame["p_value"] = told[:4]
    ratios = _ratios(sides, shares)
    frame["risk_ratio"], frame["ratio_low"], frame["ratio_high"] = ratios
    frame["expected"], frame["p_beyond"] = told.expected, told.p_beyond
    frame["separates"] = (sides.v1 == 0) & (sides.v0 == 0)
    return judged(frame, cube.n_signals)


def judged(told: pd.DataFrame, family: int) -> pd.DataFrame:
    """Say of compared signals which survive the noise in a family of so many, and put these first.

    Parameters
    ----------
    told : DataFrame
        All signals of a contrast, or some of them: the others then count as no discoveries.
    family : int
        How many tests there are.
    """
    frame = told.copy()
    size = frame["difference"].abs().to_numpy(dtype=float)
    frame["significant"] = benjamini_hochberg(frame["p_value"].to_numpy(dtype=float), family=family)
    frame["apart"] = frame["significant"] & (size > HALF_A_DEVIATION)
    beyond = benjamini_hochberg(frame["p_beyond"].to_numpy(dtype=float), family=family)
    frame["beyond"] = frame["significant"] & beyond
    order = np.lexsort((-size, ~frame["separates"], ~frame["significant"]))
    return frame.iloc[order].reset_index(drop=True)


def _columns(found: list[_Signal]) -> list[list[float]]:
    """What is computed with, see :class:`Sides`, column by column."""
    rows = [(*signal.sides[0], *signal.sides[1], *signal.expected) for signal in found]
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in Sides._fields]


def _compared(sides: Sides, shares: np.ndarray) -> Compared:
    """Compare shares as shares, numbers as means, and constants as the share that has the larger one."""
    fixed = (sides.v1 == 0) & (sides.v0 == 0) & ~shares
    low, high = np.minimum(sides.m1, sides.m0), np.maximum(sides.m1, sides.m0)
    width = np.where(fixed, high - low, 1.0)
    parts = {
        name: np.where(fixed, np.clip((getattr(sides, name) - low) / width, 0, 1), getattr(sides, name))
        for name in ("m1", "m0", "e1", "e0")
    }
    as_shares, rescaled = shares | fixed, sides._replace(**parts)
    out = Compared(*(np.full(len(shares), np.nan) for _ in Compared._fields))
    for compare, where in ((compare_shares, as_shares), (compare_means, ~as_shares)):
        for into, values in zip(out, compare(Sides(*(part[where] for part in rescaled))), strict=True):
            into[where] = values
    return out


def _ratios(sides: Sides, shares: np.ndarray) -> np.ndarray:
    """How many times one share is the other, and Katz's interval: (3, n_signals), NaN when one is 0."""
    out = np.full((3, len(shares)), np.nan)
    some = shares & (sides.m1 > 0) & (sides.m0 > 0)
    n1, m1, _, n0, m0, *_ = (part[some] for part in sides)
    spread = np.exp(1.96 * np.sqrt((1 - m1) / (n1 * m1) + (1 - m0) / (n0 * m0)))
    out[:, some] = m1 / m0, m1 / m0 / spread, m1 / m0 * spread
    return out


def _signals(
    feature: Numbers | Categories, cube: Cube, cell: list[Side], others: list[Side], chances: Chances | None
) -> Iterator[_Signal]:
    name, sides = feature.name, (cell, others)

    def share(signal: str, kind: str, hits: np.ndarray) -> _Signal:
        shares = [_share(side, hits, cube) for side in sides]
        return _Signal(name, signal, kind, 0, 1, shares, _expected(chances, hits, cube.count))

    if isinstance(feature, Categories):
        for level in feature.shown:
            yield share(feature.levels[level], "level", feature.counts[level])
        return
    moments = [_moments(side, feature) for side in sides]
    expected = _expected(chances, feature.total, feature.n)
    yield _Signal(name, name, feature.kind, feature.center, feature.scale, moments, expected)
    if feature.missing:
        yield share("is missing", "missing", feature.gaps(cube.count))
    if feature.infinite is not None:
        yield share("is infinite", "infinite", feature.infinite)


def _expected(chances: Chances | None, hits: np.ndarray, rows: np.ndarray) -> tuple[float, float]:
    return (np.nan, np.nan) if chances is None else chances.means(hits, rows)


def _total(sides: list[Side], bins: np.ndarray) -> float:
    return sum(side.total(bins) for side in sides)


def effective(sides: list[Side], count: np.ndarray, count2: np.ndarray | None) -> tuple[float, float]:
    """Sum of weights of some rows, and their effective number."""
    n = _total(sides, count)
    if count2 is None or n == 0:
        return n, n
    return n, n**2 / _total(sides, count2)


def _share(sides: list[Side], hits: np.ndarray, cube: Cube) -> _Moments:
    total, n = effective(sides, cube.count, cube.count2)
    if n < 2:
        return _Moments(n, np.nan, np.nan)
    share = _total(sides, hits) / total
    if min(share, 1 - share) < CONSTANT:  # what adding weights in another order leaves of all or nothing
        share = float(round(share))
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
