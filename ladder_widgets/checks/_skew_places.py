"""Columns that stand in each other's place, and labels, or a sign, turned round within a column."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import linear_sum_assignment

from ladder_widgets.checks._relations import Relations
from ladder_widgets.checks._serving import ServedColumn
from ladder_widgets.checks._skew import Skew
from ladder_widgets.checks._skew_words import counts, distance, p_value
from ladder_widgets.monitor.drift import ks

Measure = Callable[[ServedColumn, ServedColumn], float]

__all__ = ["displaced", "exchanged_rows", "turned"]

MIN_ROWS = 50
#: Distance from its own training column from which a column may hold another.
MOVED = 0.1
#: Standard errors by which it must have moved, and may be off the column it holds.
FAR, NEAR = 2.5, 2.0
#: Columns and rows that are compared with each other.
MAX_COLUMNS, MAX_ROWS = 60, 1500
#: Share of training rows in which two columns stand in one order; of production rows in which they do not.
ORDERED, REVERSED = 0.995, 0.03
#: Share of the exchanged values that lie in the range of the column they belong to.
WITHIN = 0.95
P_MATCH, P_MOVED = 0.001, 1e-6
#: Share of the rows that must stand for another level.
SWAPPED = 0.1


def displaced(pairs: list[ServedColumn]) -> dict[str, str]:
    """Return ``{column: training column whose values it holds}`` for columns that changed places.

    Examples
    --------
    See ``tests/faults/test_skew.py``.
    """
    numbers = [pair for pair in pairs if pair.numeric and _enough(pair)]
    words = [pair for pair in pairs if pair.trained.kind == "category" and pair.served.kind == "category"]
    return {
        **_permuted(numbers, _number_distance, _number_error),
        **_permuted(words, _word_distance, _word_error),
    }


def _enough(pair: ServedColumn) -> bool:
    return min(len(pair.sorted_before), len(pair.sorted_after)) >= MIN_ROWS


def _number_distance(served: ServedColumn, trained: ServedColumn) -> float:
    return ks(_thin(trained.sorted_before), _thin(served.sorted_after))[0]


def _number_error(served: ServedColumn, trained: ServedColumn) -> float:
    sizes = min(MAX_ROWS, len(trained.sorted_before)), min(MAX_ROWS, len(served.sorted_after))
    return float(np.sqrt(1 / sizes[0] + 1 / sizes[1]))


def _thin(values: np.ndarray) -> np.ndarray:
    """Evenly spaced among sorted values: a distribution in fewer rows."""
    if len(values) <= MAX_ROWS:
        return values
    return values[np.linspace(0, len(values) - 1, MAX_ROWS).astype(int)]


def _word_distance(served: ServedColumn, trained: ServedColumn) -> float:
    known, new = counts(trained.trained), counts(served.served)
    return distance(known, new) if known and new else 1.0


def _word_error(served: ServedColumn, trained: ServedColumn) -> float:
    levels = max(2, len(counts(trained.trained)))
    rows = 1 / max(1, len(trained.trained.series)) + 1 / max(1, len(served.served.series))
    return float(np.sqrt(rows * min(levels, 50)) / 2)


def _permuted(pairs: list[ServedColumn], distance_of: Measure, error_of: Measure) -> dict[str, str]:
    moved = [
        pair
        for pair in pairs
        if (own := distance_of(pair, pair)) >= max(MOVED, FAR * error_of(pair, pair)) and own > 0
    ][:MAX_COLUMNS]
    if len(moved) < 2:
        return {}
    table = np.array([[distance_of(served, trained) for trained in moved] for served in moved])
    places = linear_sum_assignment(table)[1]
    found = {
        served: int(trained)
        for served, trained in enumerate(places)
        if served != trained
        and table[served, trained] <= NEAR * error_of(moved[served], moved[trained])
        and table[served, trained] <= 0.4 * table[served, served]
    }
    while set(found) != set(found.values()):  # only closed rounds: what stands here came from there
        found = {served: trained for served, trained in found.items() if served in set(found.values())}
        kept = set(found)
        found = {served: trained for served, trained in found.items() if trained in kept}
    return {moved[served].name: moved[trained].name for served, trained in found.items()}


def exchanged_rows(pairs: list[ServedColumn]) -> list[Skew]:
    """Return two columns of numbers that are exchanged in a part of the rows.

    In training one is always the smaller; in production it is not in some rows, and matches once the two
    are exchanged there.
    """
    numbers = [pair for pair in pairs if pair.numeric and _enough(pair)][:MAX_COLUMNS]
    if len(numbers) < 2:
        return []
    before, after = (
        np.column_stack([getattr(p, side)[:MAX_ROWS] for p in numbers]) for side in ("before", "after")
    )
    found: list[Skew] = []
    for low in range(len(numbers)):
        less = _share_above(before, low)
        more = 1 - _share_above(after, low, ties=True)
        for high in np.flatnonzero((less >= ORDERED) & (more >= REVERSED)):
            skew = _exchanged(numbers[low], numbers[int(high)])
            if skew is not None:
                found.append(skew)
    return found[:1]


def _share_above(values: np.ndarray, low: int, ties: bool = False) -> np.ndarray:
    """Share of the rows, where both are there, in which each column lies above one of them."""
    own = values[:, [low]]
    both = ~np.isnan(values + own)
    above = (values >= own) if ties else (values > own)
    return np.asarray((above & both).sum(axis=0) / np.maximum(1, both.sum(axis=0)))


def _exchanged(low: ServedColumn, high: ServedColumn) -> Skew | None:
    wrong = low.after > high.after
    lows, highs = np.where(wrong, high.after, low.after), np.where(wrong, low.after, high.after)
    share = float(wrong.mean())
    befores, lefts = [], []
    for pair, mended in ((low, lows), (high, highs)):
        mended = np.sort(mended[~np.isnan(mended)])
        error = np.sqrt(1 / len(pair.sorted_before) + 1 / max(1, len(mended)))
        befores.append(ks(pair.sorted_before, pair.sorted_after)[0])
        lefts.append(ks(pair.sorted_before, mended)[0])
        if lefts[-1] > min(NEAR * error, 0.5 * befores[-1]) or befores[-1] < max(0.5 * share, 1.2 * error):
            return None
        back = (lows if pair is low else highs)[wrong]
        within = (back >= pair.sorted_before[0]) & (back <= pair.sorted_before[-1])
        if within.mean() < WITHIN:
            return None
    words = f"the values of {high.name} in {low.name}, and the other way round"
    return Skew((low.name, high.name), words, None, share, min(befores), max(lefts), kind="place")


def turned(pair: ServedColumn, relations: Relations) -> Skew | None:
    """Labels relabelled among themselves, or a sign turned round: what the other columns give away."""
    if pair.numeric and len(pair.sorted_before) and len(np.unique(pair.sorted_before)) > 12:
        return _mirrored(pair, relations)
    known, new = counts(pair.trained), counts(pair.served)
    if not 2 <= len(known) <= 12 or not set(new) <= set(known):
        return None
    if len(known) > 2 and p_value(known, new) > P_MOVED:
        return None
    for order in _orders(known, new):
        renamed = {order[level]: count for level, count in new.items()}
        swapped = sum(count for level, count in known.items() if order[level] != level) / sum(known.values())
        if swapped < SWAPPED or p_value(known, renamed) < P_MATCH or not relations.prefer(pair, order):
            continue
        example = next(level for level, target in order.items() if level != target)
        words = f"other labels among its own: {example!r} stands for {order[example]!r}"
        before, left = distance(known, new), distance(known, renamed)
        return Skew((pair.name,), words, None, 1.0, before, left, kind="words")
    return None


def _orders(known: dict[str, int], new: dict[str, int]) -> list[dict[str, str]]:
    """Which level each may stand for: the one as common as it is now, or the one at the other end."""
    ordered = sorted(known, key=lambda level: -known[level])
    seen = sorted(known, key=lambda level: -new.get(level, 0))
    found = [dict(zip(seen, ordered, strict=True)), dict(zip(ordered, ordered[::-1], strict=True))]
    return [order for order in found if any(level != target for level, target in order.items())]


def _mirrored(pair: ServedColumn, relations: Relations) -> Skew | None:
    trained, served = pair.sorted_before, pair.sorted_after
    if not _enough(pair):
        return None
    error = np.sqrt(1 / len(trained) + 1 / len(served))
    for words, undo, centre in (("−x", "-x", 0.0), ("minimum + maximum − x", None, trained[0] + trained[-1])):
        left = ks((centre - trained)[::-1], served)[0]
        if left <= NEAR * error and relations.reversed(pair):
            return Skew((pair.name,), words, undo, 1.0, ks(trained, served)[0], left)
    return None
