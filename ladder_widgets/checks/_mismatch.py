"""Why recorded and replayed scores differ: where the rows stand, and what turns one into the other."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import logit

from ladder_widgets.case import Case
from ladder_widgets.checks._recorded import NOISE, ROWS, Comparison
from ladder_widgets.checks._replay import Replay, replay_data, scores_only
from ladder_widgets.table import take

__all__ = ["Place", "column_order", "elsewhere", "function_of", "own_noise", "place_of", "since_or_until"]

#: Share of the differing rows that a place must hold, and share of its rows that must differ, to be named.
HOLDS = 0.95
#: Share of rows that must lie outside such a place.
OUTSIDE = 0.05
#: A rank correlation from which one score is a function of the other.
SAME_ORDER = 0.9995
#: Rows that an experiment scores, and neighbouring columns that are swapped to try.
TRIAL = 100
SWAPS = 12
#: Different scores that must be looked up elsewhere in the log.
DISTINCT = 10


@dataclass(frozen=True)
class Place:
    """Rows in which the scores differ while they agree elsewhere.

    Attributes
    ----------
    words : str
        "rows in which 'Income' is missing".
    column : str or None
    kind : {"time", "missing", "level"}
    n_rows, n_different : int
    """

    words: str
    column: str | None
    kind: str
    n_rows: int
    n_different: int


def since_or_until(differs: np.ndarray, time: np.ndarray | None) -> Place | None:
    """Look for a moment before or after which nearly all rows differ and nearly none elsewhere.

    Rows stand in time. Null: rows that differ come at random; then no cut parts them this cleanly.
    """
    n, total = len(differs), int(differs.sum())
    if time is None or total < ROWS or n - total < ROWS:
        return None
    after = total - np.concatenate([[0], np.cumsum(differs)])  # differing rows from a position on
    since = after + (np.arange(n + 1) - (total - after))  # rows explained by a cut there
    until = n - since
    best = int(np.argmax(np.maximum(since, until)))
    later = bool(since[best] >= until[best])
    part = differs[best:] if later else differs[:best]
    inside, hits = len(part), int(part.sum())
    if min(inside, n - inside) < OUTSIDE * n or hits < HOLDS * total or hits < 0.5 * inside:
        return None
    halves = [float(half.mean()) for half in np.array_split(part, 2)]
    if abs(halves[0] - halves[1]) > 0.3:  # a block in the middle, not a version that stays
        return None
    moment = time[min(best, n - 1)]
    if np.isnat(moment):
        return None
    words = f"rows {'since' if later else 'before'} {str(moment.astype('datetime64[m]')).replace('T', ' ')}"
    return Place(words, None, "time", int(inside), int(hits))


def place_of(case: Case, rows: np.ndarray, differs: np.ndarray) -> Place | None:
    """Look for a column whose gaps, or one of whose levels, hold the rows that differ."""
    total = int(differs.sum())
    if total < ROWS or total == len(differs):
        return None
    assert case.production is not None
    features = case.production.table.features()
    gaps = np.logical_or.reduce([feature.missing[rows] for feature in features])
    found = [_place("rows with a missing value", None, "missing", gaps, differs)]
    for feature in features:
        codes, levels = feature.codes() if feature.kind in ("category", "boolean") else (None, [])
        places = [(f"rows in which {feature.name!r} is missing", feature.missing[rows], "missing")]
        if codes is not None and len(levels) <= 50:
            mine = codes[rows]
            places += [
                (f"rows with {feature.name!r} = {level[:60]!r}", mine == k, "level")
                for k, level in enumerate(levels)
            ]
        found += [_place(words, feature.name, kind, inside, differs) for words, inside, kind in places]
    clear = [place for place in found if place is not None]
    # The tightest fit; of two alike, one column rather than any.
    return max(
        clear, key=lambda place: (place.n_different / place.n_rows, place.column is not None), default=None
    )


def _place(
    words: str, column: str | None, kind: str, inside: np.ndarray, differs: np.ndarray
) -> Place | None:
    """Return the place if nearly all rows that differ are in it, and most rows in it differ."""
    hits = int((differs & inside).sum())
    if inside.mean() > 1 - OUTSIDE or hits < HOLDS * differs.sum() or hits < 0.5 * inside.sum():
        return None
    return Place(words, column, kind, int(inside.sum()), hits)


def elsewhere(comparison: Comparison, whole: np.ndarray, rows: np.ndarray) -> tuple[float, int | None]:
    """Say how often a replayed score stands in another row of the log, beyond chance.

    Scores next to 0 and 1, and scores that many rows share, tell nothing: each score is looked up once.

    Parameters
    ----------
    comparison : Comparison
        Its first recorded column is looked at.
    whole : ndarray of shape (n_log_rows,)
        Every recorded score.
    rows : ndarray
        Positions of the replayed rows in the log.

    Returns
    -------
    float
        Share of differing scores that stand elsewhere, less the share of made-up scores of the same
        size that do.
    int or None
        Number of rows by which most of them moved, if they moved alike.
    """
    view = comparison.view
    known = np.flatnonzero(np.isfinite(whole))
    order = known[np.argsort(whole[known], kind="stable")]
    values = whole[order]
    reach = (0.5 * comparison.step + NOISE) * view.scale
    wanted, first = np.unique(np.round(view.values[comparison.differs, 0] / reach) * reach, return_index=True)
    inside = (wanted > values[0] + 20 * reach) & (wanted < values[-1] - 20 * reach)
    first = first[inside]
    if len(first) < DISTINCT:
        return 0.0, None
    wanted = view.values[comparison.differs, 0][first]
    made_up = wanted + 8 * reach * np.where(np.arange(len(wanted)) % 2, 1, -1)
    place, hit = _nearest(values, wanted, reach)
    share = float(hit.mean() - _nearest(values, made_up, reach)[1].mean())
    moved = order[place[hit]] - rows[comparison.differs][first][hit]
    if not moved.size:
        return share, None
    shifts, counts = np.unique(moved, return_counts=True)
    top = int(np.argmax(counts))
    return share, int(shifts[top]) if counts[top] >= max(ROWS, 0.5 * moved.size) else None


def _nearest(values: np.ndarray, wanted: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray]:
    right = np.clip(np.searchsorted(values, wanted), 1, max(1, len(values) - 1))
    left = right - 1
    right = np.minimum(right, len(values) - 1)
    nearer = np.where(np.abs(values[left] - wanted) <= np.abs(values[right] - wanted), left, right)
    return nearer, np.abs(values[nearer] - wanted) <= reach


def function_of(comparison: Comparison) -> str | None:
    """Say whether the recorded score is a rising or falling function of the replayed one, and which."""
    mine = comparison.differs
    recorded, replayed = comparison.recorded[mine, 0], comparison.view.values[mine, 0]
    if len(recorded) < 20 or min(len(np.unique(recorded)), len(np.unique(replayed))) < 10:
        return None
    rank = float(stats.spearmanr(recorded, replayed).statistic)
    if abs(rank) < SAME_ORDER:
        return None
    if rank < 0:
        return "falls where the replayed one rises"
    inside = (recorded > 1e-6) & (recorded < 1 - 1e-6) & (replayed > 1e-6) & (replayed < 1 - 1e-6)
    if inside.mean() > 0.9:
        fit = stats.linregress(logit(replayed[inside]), logit(recorded[inside]))
        if fit.rvalue**2 > 0.9999:
            return (
                f"ranks the rows alike, and its log-odds are {fit.slope:.2f} times the replayed ones "
                f"{fit.intercept:+.2f}"
            )
    return "ranks the rows alike"


def column_order(case: Case, again: Replay, comparison: Comparison, columns: list[int]) -> str | None:
    """Try the orders in which columns get mixed up when a frame becomes an array; name the one that fits.

    ``columns`` are the classes whose scores were recorded, one for each recorded column.
    """
    scale = comparison.view.scale
    names = case.reference.table.names
    production = case.production
    assert production is not None
    numbers = [f.name for f in case.reference.table.features() if f.kind in ("number", "boolean")]
    others = [name for name in names if name not in set(numbers)]
    among = iter(sorted(numbers))
    orders = {
        "sorted by name": sorted(names),
        "with its numbers sorted by name": [next(among) if name in set(numbers) else name for name in names],
        "in the order of the log": [name for name in production.table.names if name in set(names)],
        "numbers first": numbers + others,
        "numbers last": others + numbers,
        "reversed": names[::-1],
        "the last one first": names[-1:] + names[:-1],
        "the first one last": names[1:] + names[:1],
    }
    for one, two in list(pairwise(numbers))[:SWAPS]:
        swap = {one: two, two: one}
        orders[f"with {one!r} and {two!r} swapped"] = [swap.get(name, name) for name in names]
    step = max(1, len(again.rows) // TRIAL)
    some = np.arange(0, len(again.rows), step)
    data = take(again.data, some)
    for words, order in orders.items():
        if order == names:
            continue
        proba = scores_only(case, _permuted(data, [names.index(name) for name in order]))
        if proba is None:
            continue
        off = np.abs(proba[:, columns] - comparison.recorded[some] / scale).max(axis=1)
        if np.mean(off <= 10 * NOISE + comparison.step / 2) > max(0.95, 1 - comparison.share / 2):
            return words
    return None


def _permuted(data: object, positions: list[int]) -> object:
    """Put other columns under the same names."""
    if isinstance(data, pd.DataFrame):
        moved = data.iloc[:, positions]
        return moved.set_axis(data.columns, axis=1)
    if hasattr(data, "rename") and hasattr(data, "columns"):  # polars
        names = list(data.columns)
        moved = data[:, positions]  # type: ignore[index]
        return moved.rename(dict(zip(moved.columns, names, strict=True)))
    return data[:, positions]  # type: ignore[index]


def own_noise(case: Case, again: Replay) -> float:
    """Largest difference the model has with itself: the same rows again, in another batch.

    A model that draws random numbers, or that looks at the batch, is not accused of either.
    """
    some = np.arange(min(len(again.rows), TRIAL))[::-1]
    once = replay_data(case, take(again.data, some))
    if once is None:
        return 0.0
    return float(np.abs(once.proba - again.answer.proba[some]).max())
