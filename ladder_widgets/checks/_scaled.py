"""Columns handed over already scaled, by a scaler that saw more than training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ladder_widgets.checks._number_columns import NumberColumn
from ladder_widgets.checks._unions import beyond_training

__all__ = ["Scaled", "scaled_together"]

#: Chance of such figures by nature, below which one column by itself is proof (times the columns, the kinds
#: of scaling and the sets of splits tried), or several together; one statistic counts for no more than ONE.
P_COLUMN, P_SEVERAL, P_EACH, ONE = 1e-3, 1e-4, 0.02, 1e-8
#: Every figure must be nearer to a scaler's than this share of the noise.
EACH = 0.1
#: Columns that only have mean 0, or only variance 1, must be so many: a balanced design has that, too.
MIN_PARTIAL = 2
#: Values that a column must have, for its mean and deviation, and for its extremes to say anything.
MIN_VALUES, MIN_RANGE_VALUES = 3, 10
#: Ends of ranges that only the other splits reach: so many, or one where so many columns (and most) have it.
MIN_ENDS, MIN_RANGES, MOST = 2, 2, 0.75
#: Rows at an end from which it is a natural bound rather than an extreme.
MAX_AT_END = 3
#: Share of rows at a median of 0 from which it is natural.
MAX_AT_MEDIAN = 0.05
_ROUNDING = 1e-6
#: Rows for a quick look.
SOME = 2000
#: Where a quantile transformer to the normal distribution cuts its tails.
_TAIL = float(stats.norm.ppf(1e-7))
_RANGES = {"0 to 1": (0.0, 1.0), "−1 to 1": (-1.0, 1.0), "normal quantiles": (_TAIL, -_TAIL)}
_PAIRS = ("mean 0, variance 1", "mean 0, variance 1 (n − 1)", "median 0, interquartile range 1")
_PARTIAL = ("mean 0", "variance 1")


@dataclass(frozen=True, slots=True)
class Scaled:
    """A column scaled together: ``figures`` are (statistic, in training, in the union, wanted)."""

    name: str
    kind: str
    splits: tuple[str, ...]
    figures: tuple[tuple[str, float, float, float], ...]


def scaled_together(columns: list[NumberColumn], names: list[str]) -> list[Scaled]:
    """Return the columns that have the figures of a scaler exactly in a union of splits, not in training.

    Parameters
    ----------
    columns : list of NumberColumn
    names : list of str
        Splits at hand, training among them.
    """
    subsets = list(beyond_training(names))
    for splits in subsets:
        tests = max(1, len(columns)) * (len(_PAIRS) + len(_PARTIAL)) * len(subsets)
        found = _by_moments(columns, splits, tests) or _by_ranges(columns, splits)
        if found:
            return found
    return []


# ---- mean and variance, median and interquartile range -------------------------------------------


def _by_moments(columns: list[NumberColumn], splits: tuple[str, ...], tests: int) -> list[Scaled]:
    chances: dict[str, list[tuple[float, Scaled]]] = {kind: [] for kind in (*_PAIRS, *_PARTIAL)}
    tried, by_train = 0, 0
    for column in columns:
        union, train = column.values(splits), column.values(("train",))
        if len(union) < 20 or len(train) < 20 or len(np.unique(union[:1000])) < MIN_VALUES:
            continue
        tried += 1
        both = _figures(train, union, "train" in splits)
        by_train += any(
            _exact(both[kind], 1) and not _exact(both[kind], 2) for kind in _PAIRS if kind in both
        )
        for kind, figures in both.items():
            p = _chance(figures, union, "train" in splits)
            chances[kind].append((p, Scaled(column.name, kind, splits, figures)))
    for kind, found in chances.items():
        sure = [scaled for p, scaled in found if p * tests < P_COLUMN]
        likely = [scaled for p, scaled in found if p < P_EACH]
        least = MIN_PARTIAL if kind in _PARTIAL else 1
        if len(sure) >= max(least, 1 + 2 * by_train):
            return sure
        together = stats.binom.sf(len(likely) - 1, max(1, tried), P_EACH) if likely else 1.0
        if kind in _PAIRS and len(likely) > 2 + 2 * by_train and together < P_SEVERAL:
            return likely
    return []


Figures = tuple[tuple[str, float, float, float], ...]


def _figures(train: np.ndarray, union: np.ndarray, with_train: bool) -> dict[str, Figures]:
    means = ("mean", float(train.mean()), float(union.mean()), 0.0)
    deviations = [
        ("standard deviation", float(train.std(ddof=ddof)), float(union.std(ddof=ddof)), 1.0)
        for ddof in (0, 1)
    ]
    found: dict[str, Figures] = {
        _PAIRS[0]: (means, deviations[0]),
        _PAIRS[1]: (means, deviations[1]),
        _PARTIAL[0]: (means,),
        _PARTIAL[1]: (deviations[0],),
    }
    # A column scaled by its quartiles has as many values on either side of 0; one of counts has many zeros.
    if _by_quartiles(union, with_train):
        quartiles = [np.percentile(values, [25, 50, 75]) for values in (train, union)]
        median = ("median", float(quartiles[0][1]), float(quartiles[1][1]), 0.0)
        widths = [float(each[2] - each[0]) for each in quartiles]
        found[_PAIRS[2]] = (median, ("interquartile range", widths[0], widths[1], 1.0))
    return found


def _by_quartiles(union: np.ndarray, with_train: bool) -> bool:
    """A quick look, so that quartiles are worked out where they may be a scaler's."""
    if np.mean(union == 0) >= MAX_AT_MEDIAN and not (with_train and _odd(union, MIN_RANGE_VALUES)):
        return False
    first, median, third = np.percentile(union[:: max(1, len(union) // SOME)], [25, 50, 75])
    return bool(abs(median) < 0.12 and 0.85 < third - first < 1.18)


def _exact(figures: Figures, place: int) -> bool:
    """Whether training (1) or the union (2) has the figures of a scaler fitted on it."""
    return all(abs(float(figure[place]) - figure[3]) <= _ROUNDING for figure in figures)


def _chance(figures: Figures, union: np.ndarray, with_train: bool) -> float:
    """Chance that the union lands so near by nature: distances as shares of those that noise makes.

    Noise is what separates training from the figure; where training is no part of the union, it is
    the standard error of the figure.
    """
    p = 1.0
    for _, in_train, in_union, wanted in figures:
        noise = abs(in_train - wanted) if with_train else float(union.std()) / np.sqrt(len(union))
        off = abs(in_union - wanted)
        if noise <= _ROUNDING * 1e-3 and off <= _ROUNDING * 1e-3:
            continue  # both have it: it says nothing
        if off > EACH * noise:
            return 1.0
        p *= max(ONE, off / noise)
    return p


# ---- extremes ------------------------------------------------------------------------------------


def _by_ranges(columns: list[NumberColumn], splits: tuple[str, ...]) -> list[Scaled]:
    if "train" not in splits:
        return []
    fitting = [column for column in columns if _fractions(column, splits)]
    for kind, (low, high) in _RANGES.items():
        found = _one_range(fitting, splits, kind, low, high)
        if found:
            return found
    return _largest(fitting, splits)


def _fractions(column: NumberColumn, splits: tuple[str, ...]) -> bool:
    """Whether it has many values that no one would write down: not whole, nor whole hundredths."""
    values = column.values(splits)
    if len(values) < 20 or np.abs(values).max() > 6:
        return False
    return _odd(values, MIN_RANGE_VALUES)


def _odd(values: np.ndarray, least: int) -> bool:
    """Whether most of the values, and so many, are no whole hundredths."""
    distinct = np.unique(values[:: max(1, len(values) // SOME)])
    hundredths = np.abs(distinct * 100 - np.round(distinct * 100)) < 1e-6
    return len(distinct) >= least and bool(hundredths.mean() < 0.5)


def _one_range(
    columns: list[NumberColumn], splits: tuple[str, ...], kind: str, low: float, high: float
) -> list[Scaled]:
    having, telling, ends = 0, [], 0
    for column in columns:
        union, train = column.values(splits), column.values(("train",))
        if (
            _is(train.min(), low)
            and _is(train.max(), high)
            and not (_is(union.min(), low) and _is(union.max(), high))
        ):
            return []  # scaled on training: the others reach beyond
        if not (_is(union.min(), low) and _is(union.max(), high)):
            continue
        having += 1
        only = [
            ("minimum", float(train.min()), float(union.min()), low),
            ("maximum", float(train.max()), float(union.max()), high),
        ]
        only = [f for f in only if not _is(f[1], f[3]) and _at(union, f[3]) <= MAX_AT_END]
        if only:
            ends += len(only)
            telling.append(Scaled(column.name, f"range {kind}", splits, tuple(only)))
    enough = ends >= MIN_ENDS or (ends == 1 and having >= MIN_RANGES and having >= MOST * len(columns))
    return telling if enough else []


def _largest(columns: list[NumberColumn], splits: tuple[str, ...]) -> list[Scaled]:
    """Divided by the largest absolute value: one end a column."""
    having, telling = 0, []
    for column in columns:
        union, train = (np.abs(column.values(each)) for each in (splits, ("train",)))
        if _is(train.max(), 1.0) and not _is(union.max(), 1.0):
            return []
        if not _is(union.max(), 1.0):
            continue
        having += 1
        if not _is(train.max(), 1.0) and _at(union, 1.0) <= MAX_AT_END:
            figures = (("largest absolute value", float(train.max()), 1.0, 1.0),)
            telling.append(Scaled(column.name, "largest absolute value 1", splits, figures))
    enough = len(telling) >= MIN_ENDS or (telling and having >= MIN_RANGES and having >= MOST * len(columns))
    return telling if enough else []


def _is(value: float, wanted: float) -> bool:
    return bool(abs(value - wanted) <= _ROUNDING)


def _at(values: np.ndarray, end: float) -> int:
    return int(np.count_nonzero(np.abs(values - end) <= _ROUNDING))


def names_of(found: Sequence[Scaled]) -> list[str]:
    """Return the names of the columns."""
    return [each.name for each in found]
