"""How a column hangs together with the others, in training and in production."""

from __future__ import annotations

import numpy as np

from ladder_widgets.checks._serving import ServedColumn
from ladder_widgets.monitor.drift import codes_of

__all__ = ["Relations"]

MAX_ROWS, MAX_COLUMNS = 3000, 30
#: Mean squared error, in units of its noise, of the relations as they are and after the change.
OFF, KEPT = 8.0, 2.5
#: Rows of a level on either side that say something, and the least variance of a rank.
LEVEL_ROWS, LEAST = 20, 0.01


class Relations:
    """Ranks of the columns of numbers, in training's own scale, on both sides."""

    def __init__(self, pairs: list[ServedColumn]) -> None:
        self._pairs = [p for p in pairs if p.numeric and len(p.sorted_before) > 50][:MAX_COLUMNS]
        self._names = [pair.name for pair in self._pairs]
        self._before = _side([_ranks(p.sorted_before, p.before[:MAX_ROWS]) for p in self._pairs])
        self._after = _side([_ranks(p.sorted_before, p.after[:MAX_ROWS]) for p in self._pairs])

    def _others(self, name: str) -> list[int]:
        return [place for place, other in enumerate(self._names) if other != name]

    def reversed(self, pair: ServedColumn) -> bool:
        """Whether the correlations of a column of numbers with the others have all changed sign."""
        others = self._others(pair.name)
        if not others or pair.name not in self._names:
            return False
        own = self._names.index(pair.name)
        first = np.array([_correlation(self._before[:, own], self._before[:, other]) for other in others])
        second = np.array([_correlation(self._after[:, own], self._after[:, other]) for other in others])
        noise = 1 / len(self._before) + 1 / len(self._after)
        telling = np.abs(first) > 4 * np.sqrt(noise)
        if not telling.any():
            return False
        as_is = float(np.mean((first - second)[telling] ** 2) / noise)
        turned = float(np.mean((first + second)[telling] ** 2) / noise)
        return as_is >= 4 * OFF and turned <= 0.1 * as_is

    def prefer(self, pair: ServedColumn, order: dict[str, str]) -> bool:
        """Whether the levels of a column go with the others better once relabelled."""
        others = self._others(pair.name)
        if not others:
            return False
        levels = list(order)
        first, second = (_level_codes(pair, side, levels) for side in ("trained", "served"))
        renamed = np.array([*(levels.index(order[level]) for level in levels), -1])[second]
        turned = [place for place, level in enumerate(levels) if order[level] != level]
        as_is = self._error(first, second, others, turned)
        changed = self._error(first, renamed, others, turned)
        return as_is >= OFF and changed <= max(KEPT, 0.05 * as_is) and changed < 0.5 * as_is

    def _error(self, first: np.ndarray, second: np.ndarray, others: list[int], levels: list[int]) -> float:
        """Mean squared difference of the other columns' means per level, in units of its noise."""
        found = []
        for level in levels:
            rows, later = first == level, second == level
            if min(rows.sum(), later.sum()) < LEVEL_ROWS:
                continue
            here, there = self._before[rows][:, others], self._after[later][:, others]
            noise = np.nanvar(here, axis=0) / len(here) + np.nanvar(there, axis=0) / len(there)
            found.append(
                (np.nanmean(here, axis=0) - np.nanmean(there, axis=0)) ** 2 / np.maximum(noise, 1e-9)
            )
        return float(np.mean(found)) if found else 0.0


def _side(columns: list[np.ndarray]) -> np.ndarray:
    return np.column_stack(columns) if columns else np.empty((0, 0))


def _ranks(known: np.ndarray, values: np.ndarray) -> np.ndarray:
    if not len(known):
        return np.zeros(len(values))
    low, high = np.searchsorted(known, values, side="left"), np.searchsorted(known, values, side="right")
    return np.asarray(np.where(np.isnan(values), 0.0, (low + high) / (2 * len(known)) - 0.5))


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    if first.std() == 0 or second.std() == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def _level_codes(pair: ServedColumn, side: str, levels: list[str]) -> np.ndarray:
    feature = pair.trained if side == "trained" else pair.served
    rows = pair.trained_rows if side == "trained" else pair.served_rows
    if feature.kind == "category":
        codes = codes_of(feature, levels)
        codes = np.where(codes < 0, -1, codes)
    else:
        values = feature.numbers()
        codes = np.full(len(values), -1)
        for place, level in enumerate(levels):
            codes[np.isclose(values, float(level))] = place
    codes = codes if rows is None else codes[rows]
    return codes[:MAX_ROWS]
