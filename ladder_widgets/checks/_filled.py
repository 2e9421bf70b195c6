"""Columns handed over with their gaps filled, by the mean or median of more than training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ladder_widgets.checks._number_columns import NumberColumn
from ladder_widgets.checks._unions import beyond_training

__all__ = ["Filled", "filled_together"]

#: Chance of such a spike by nature below which it is said, times the columns (or pairs, triples …) tried.
P_FILLED = 0.02
#: Rows a spike has, and how far it must stand out from the counts of the values around it.
MIN_ROWS, STANDS_OUT = 3, 4.0
#: How much nearer to the union's mean than to training's a spike must be.
NEARER = 0.05
#: The same for a spike that does not stand out, and its chance between the whole steps of its column.
EXACT, OFF_STEPS = 1e-6, 1e-9
#: Values from which a column has steps that can be told.
FEW = 9
#: Share of a spike of other splits that training may have, too.
ELSEWHERE = 0.2
#: Values around a spike that are looked at for what is usual.
AROUND = 20
#: Natural spikes lie in the middle of a column more often than anywhere.
CENTRAL = 3.0


@dataclass(frozen=True, slots=True)
class Filled:
    """A spike: ``statistic`` of the union is its value, training's is ``train``; ``p`` by nature.

    ``telling`` says whether training's is another for sure: if not, it only shows that gaps were filled.
    """

    name: str
    statistic: str
    splits: tuple[str, ...]
    value: float
    train: float
    union: float
    rows: int
    total: int
    p: float
    telling: bool = True


def filled_together(columns: list[NumberColumn], names: list[str]) -> list[Filled]:
    """Return the columns whose spike is the mean or the median of a union of splits, not of training.

    Parameters
    ----------
    columns : list of NumberColumn
    names : list of str
        Splits at hand, training among them.
    """
    whole = [column for column in columns if not column.gaps(names)]
    for tries, splits in enumerate(beyond_training(names), start=1):
        for judge in (_mean, _median):
            found = [each for column in whole if (each := judge(column, splits)) is not None]
            tried = len(whole) if judge is _mean else _spiked(whole, splits)
            sure = _beyond_chance(found, tried, P_FILLED / tries)
            if sure:
                return sure
    return []


def _beyond_chance(found: list[Filled], tried: int, limit: float) -> list[Filled]:
    """The likeliest columns that together are beyond chance, tried by tried."""
    found = sorted(found, key=lambda each: each.p)
    joint, best = 1.0, 0
    for count, each in enumerate(found, start=1):
        joint *= each.p * max(1, tried - count + 1) / count
        if joint < limit and any(each.telling for each in found[:count]):
            best = count
    return [each for each in found[:best] if each.p < 0.5]


def _spiked(columns: list[NumberColumn], splits: tuple[str, ...]) -> int:
    """Columns with a spike, wherever it is: only these can be taken for filled."""
    spiked = 0
    for column in columns:
        _, counts = np.unique(column.values(splits), return_counts=True)
        spiked += bool(counts.size) and _stands_out(counts, int(np.argmax(counts)))
    return spiked


def _mean(column: NumberColumn, splits: tuple[str, ...]) -> Filled | None:
    """Filling with the mean leaves the mean as it is: then it is the value of the spike."""
    values, train = column.values(splits), column.values(("train",))
    if len(values) < 20 or not len(train):
        return None
    mean, spread = float(values.mean()), float(values.std())
    distinct, counts = np.unique(values, return_counts=True)
    window = np.abs(distinct - mean) <= 0.25 * spread
    place = int(np.argmin(np.abs(distinct - mean)))
    rows, off, away = int(counts[place]), abs(distinct[place] - mean), abs(train.mean() - distinct[place])
    if rows < MIN_ROWS or not spread or away <= 1e-9 * (abs(mean) + spread) or off > NEARER * away:
        return None
    if _from_train(distinct[place], train, rows / len(values), splits):
        return None
    rivals = int(np.count_nonzero(counts[window] >= 0.5 * rows))
    steps = _lattice(distinct, counts, place)
    if not _stands_out(counts, place) and (steps > OFF_STEPS or off > EXACT * away):
        return None
    p = max(rivals, 1) * float(off) / (0.25 * spread) + steps
    value = float(distinct[place])
    total = len(values)
    return Filled(column.name, "mean", splits, value, float(train.mean()), mean, rows, total, min(1.0, p))


def _lattice(distinct: np.ndarray, counts: np.ndarray, place: int) -> float:
    """Chance that the mean of numbers in whole steps is itself a whole number of steps."""
    others = np.delete(distinct, place)
    steps = np.diff(others)
    if steps.size < FEW:
        return 3.0 / float(counts.sum())  # a balanced design: 1, 2 and 3 have the mean 2
    places = (np.append(others, distinct[place]) - others[0]) / steps.min()
    regular = np.abs(places - np.round(places)) < 1e-6
    return 3.0 / float(counts.sum()) if regular.all() else OFF_STEPS


def _median(column: NumberColumn, splits: tuple[str, ...]) -> Filled | None:
    """Filling with the median leaves as many values below the spike as above it."""
    values, train = column.values(splits), column.values(("train",))
    if len(values) < 20 or len(train) < 20:
        return None
    value = float(np.median(values))
    distinct, counts = np.unique(values, return_counts=True)
    place = int(np.searchsorted(distinct, value))
    if place >= len(distinct) or distinct[place] != value or counts[place] < MIN_ROWS:
        return None
    if not _stands_out(counts, place) or _from_train(value, train, counts[place] / len(values), splits):
        return None
    usual = _usual(counts, place)
    apart = abs(int(counts[:place].sum()) - int(counts[place + 1 :].sum()))
    apart_train = abs(int((train < value).sum()) - int((train > value).sum()))
    if apart > usual:
        return None
    rest = int(counts.sum() - counts[place])
    rivals = int(np.count_nonzero(counts >= 0.5 * counts[place]))
    p = min(1.0, CENTRAL * rivals * (2 * apart + 1) / max(1, rest))
    others = train[train != value]
    middle = float(np.median(others)) if others.size else value
    rows, total = int(counts[place]), len(values)
    telling = apart_train > usual + 1
    return Filled(column.name, "median", splits, value, middle, value, rows, total, p, telling)


def _from_train(value: float, train: np.ndarray, share: float, splits: tuple[str, ...]) -> bool:
    """Whether a spike of other splits is in training as well: then it came from there, or it is natural."""
    return "train" not in splits and float(np.mean(train == value)) > ELSEWHERE * share


def _stands_out(counts: np.ndarray, place: int) -> bool:
    return bool(counts[place] >= STANDS_OUT * _usual(counts, place))


def _usual(counts: np.ndarray, place: int) -> float:
    """Rows that most of the values around a spike have at most."""
    around = np.delete(counts[max(0, place - AROUND) : place + AROUND + 1], min(place, AROUND))
    return float(np.quantile(around, 0.9)) if around.size else float(counts[place])
