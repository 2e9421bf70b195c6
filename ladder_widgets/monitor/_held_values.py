"""What the values of a column that moved say for themselves: one in all rows, a new one, another column's."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ladder_widgets.finding import percent
from ladder_widgets.monitor.drift import ks, snapped
from ladder_widgets.table import Feature
from ladder_widgets.validation import shown

__all__ = ["exchanged", "repeated", "stuck"]

MIN_ROWS = 50
#: Columns that are held against each other.
MOST = 30
#: Share of the rows from which one value is a column's only one, and that it may have had in training.
CONSTANT, USED = 0.98, 0.5
#: Share of the rows from which a value counts that training hardly has, and what that is; the same of a
#: value outside the range of training.
NEW, HARDLY, OUTSIDE = 0.05, 0.005, 0.01
#: Distance that a column must have moved to hold another's values, and the part that may be left.
MOVED, LEFT = 0.2, 0.15
#: Distance that may be left without the new value, besides noise (in standard errors) and a part of its
#: share.
REST, NOISE, PART = 0.1, 1.5, 0.5
#: Share of the rows from which one and the same row counts, and how many times that of training's commonest.
SAME, TIMES = 0.05, 5.0


def stuck(trained: Feature, served: Feature) -> str | None:
    """Say which single value took the place of others: of all, or of some whatever they were.

    Examples
    --------
    >>> before = Feature("x", "x", pd.Series(np.arange(200) % 40.0))
    >>> stuck(before, Feature("x", "x", pd.Series(np.where(np.arange(200) % 4, np.arange(200) % 40, -999))))
    '-999 in 25 % of the rows'
    """
    words = trained.kind == "category"
    if not _alike(trained, served, words):
        return None
    before, after = _values(trained, words), _values(served, words)
    if min(len(before), len(after)) < MIN_ROWS:
        return None
    values, times = np.unique(after, return_counts=True)
    value, share = values[times.argmax()], float(times.max() / len(after))
    had = float((before == value).mean())
    told = shown(str(value), 40) if words else f"{value:.6g}"
    if share >= CONSTANT and had <= USED:
        return f"the same value, {told}, in {'all rows' if share == 1 else f'{percent(share)} of the rows'}"
    return _new_level(before, after) if words else _new_number(before, after)


def _new_level(before: np.ndarray, after: np.ndarray) -> str | None:
    """A level that training does not have, if that is most of what moved."""
    levels, times = np.unique(after[~np.isin(after, before)], return_counts=True)
    if not len(levels):
        return None
    share = float(times.max() / len(after))
    if share < OUTSIDE or share < PART * _distance(before, after):
        return None
    return f"{shown(str(levels[times.argmax()]), 40)}, which is new, in {percent(share)} of the rows"


def _values(feature: Feature, words: bool) -> np.ndarray:
    if words:
        codes, levels = feature.codes()
        return np.asarray(levels, dtype=object)[codes[codes >= 0]].astype(str)
    values = snapped(feature.numbers())
    return np.sort(values[~np.isnan(values)])


def _new_number(before: np.ndarray, after: np.ndarray) -> str | None:
    """A number that training hardly has, in the place of others; of several the commonest."""
    values, times = np.unique(after, return_counts=True)
    for place in np.argsort(-times, kind="stable")[:3]:
        value, share = values[place], float(times[place] / len(after))
        outside = not before.min() <= value <= before.max()
        if share < (OUTSIDE if outside else NEW) or (before == value).mean() > HARDLY:
            continue
        rest = after[after != value]
        noise = NOISE * np.sqrt(1 / len(before) + 1 / max(1, len(rest)))
        if len(rest) >= MIN_ROWS and ks(before, rest)[0] <= max(REST, noise, PART * share):
            return f"{value:.6g} in {percent(share)} of the rows"
    return None


def exchanged(trained: Mapping[str, Feature], served: Mapping[str, Feature]) -> dict[str, str]:
    """Return the column of training whose values a column holds, for columns that changed places."""
    holds: dict[str, str] = {}
    for words in (False, True):
        names = [name for name in trained if name in served and _alike(trained[name], served[name], words)]
        before, after = ({n: _values(side[n], words) for n in names[:MOST]} for side in (trained, served))
        names = [name for name in before if min(len(before[name]), len(after[name])) >= MIN_ROWS]
        for name in names:
            rest = [(_distance(before[other], after[name]), other) for other in names if other != name]
            left, other = min(rest, default=(1.0, name))
            own, rows = _distance(before[name], after[name]), min(len(before[other]), len(after[name]))
            if own >= MOVED and left <= max(LEFT * own, NOISE * np.sqrt(2 / rows)):
                holds[name] = other
    # Where a column holds what another does, that one must have moved as well: else it is a copy.
    while any(other not in holds for other in holds.values()):
        holds = {name: other for name, other in holds.items() if other in holds}
    return holds


def _alike(trained: Feature, served: Feature, words: bool) -> bool:
    if words:
        return trained.kind == served.kind == "category"
    return {trained.kind, served.kind} <= {"number", "boolean"}


def _distance(before: np.ndarray, after: np.ndarray) -> float:
    """Kolmogorov–Smirnov distance of numbers; of words half the sum of differences of their shares."""
    if before.dtype.kind == "f":
        return ks(before, after)[0]
    levels, place = np.unique(np.concatenate([before, after]), return_inverse=True)
    p, q = (np.bincount(part, minlength=len(levels)) for part in np.split(place, [len(before)]))
    return float(np.abs(p / len(before) - q / len(after)).sum() / 2)


def repeated(trained: pd.DataFrame, served: pd.DataFrame) -> float:
    """Return the share of the rows that are one and the same; 0 where training is no better.

    Examples
    --------
    >>> before = pd.DataFrame({"x": np.arange(200.0)})
    >>> repeated(before, before.assign(x=before["x"].where(before["x"] < 150, 7.0)))
    0.255
    """
    names = [name for name in trained if name in served]
    if not names or len(served) < MIN_ROWS:
        return 0.0
    now, before = (_commonest(frame[names]) for frame in (served, trained))
    return now if now >= SAME and now >= TIMES * before else 0.0


def _commonest(rows: pd.DataFrame) -> float:
    """Share of the commonest row."""
    features = [Feature(str(name), name, rows[name]) for name in rows]
    told = {
        at: one.codes()[0] if one.kind == "category" else one.numbers() for at, one in enumerate(features)
    }
    hashed = pd.util.hash_pandas_object(pd.DataFrame(told), index=False)
    return float(hashed.value_counts().iloc[0] / len(rows)) if len(rows) else 0.0
