"""Rows of one split found again in another, against the duplicates a table has by nature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ladder_widgets.case import Split
from ladder_widgets.checks._hashes import Grid, duplicated_elsewhere, keys

__all__ = ["Overlap", "overlap"]

MIN_ROWS = 3
#: Share of rows beyond the natural one that is worth a word.
MIN_EXCESS = 0.005
#: Chance of as many by natural duplicates alone.
P_VALUE = 0.05
#: Step of the coarse comparison, in standard deviations of the column.
STEP = 0.02
DIGITS = 5


@dataclass(frozen=True, eq=False)
class Overlap:
    """Rows of ``later`` that are also in ``earlier``.

    Attributes
    ----------
    how : str
        How rows were compared.
    rows : ndarray
        Positions in ``later``.
    natural : float
        Share of rows that come back inside ``earlier`` itself.
    p : float
        Probability of so many rows if duplicates across the splits are as common as inside one.
    """

    later: Split
    earlier: Split
    how: str
    rows: np.ndarray
    natural: float
    p: float

    @property
    def share(self) -> float:
        """Share of the later split."""
        return len(self.rows) / self.later.n_rows

    @property
    def excess(self) -> float:
        """Share beyond the natural one."""
        return self.share - self.natural

    @property
    def found(self) -> bool:
        """Whether chance and natural duplicates do not explain it."""
        return len(self.rows) >= MIN_ROWS and self.excess >= MIN_EXCESS and self.p < P_VALUE


def overlap(later: Split, earlier: Split) -> Overlap:
    """Look for equal rows, then for rows equal to 5 digits, then for rows equal but for slight noise."""
    theirs = set(earlier.table.names)
    names = [name for name in later.table.names if name in theirs]
    exact = _compare(later, earlier, names, "exactly")
    if exact.found or not names:
        return exact
    measured = _measured(earlier, names)
    if not measured:
        return exact
    rounded = _compare(later, earlier, names, f"to {DIGITS} digits", digits=DIGITS)
    if rounded.found:
        return rounded
    coarse = _compare(later, earlier, names, "but for slight noise", grid=measured)
    return coarse if coarse.found and coarse.natural < MIN_EXCESS else exact


def _measured(split: Split, names: list[str]) -> dict[str, float]:
    """Steps of the columns that hold fractions; counts and codes are compared as they are."""
    steps = {}
    for name in names:
        feature = split.table.feature(name)
        if feature.kind == "number":
            values = feature.numbers()
            values = values[np.isfinite(values)]
            if values.size and (values != np.round(values)).any():
                steps[name] = STEP * float(np.std(values))
    return steps


def _compare(
    later: Split, earlier: Split, names: list[str], how: str, digits: int | None = None, grid: Grid = None
) -> Overlap:
    mine = keys(later.table, names, digits, grid)
    theirs = keys(earlier.table, names, digits, grid)
    hit = np.isin(mine, theirs)
    twice = duplicated_elsewhere(theirs)
    p = _chance(mine, hit, theirs, twice) if hit.any() else 1.0
    return Overlap(later, earlier, how, np.flatnonzero(hit), float(twice.mean()), p)


def _chance(mine: np.ndarray, hit: np.ndarray, theirs: np.ndarray, twice: np.ndarray) -> float:
    """One-sided probability, with equal rows counted as one event.

    Under the null a row of either table has a twin in ``theirs`` equally often. Twins come in
    families, so counts are divided by the mean size of a row's family (a design effect).
    """
    ours, other = _family(mine[hit]), max(2.0, _family(theirs[twice]))
    found, natural = hit.sum() / ours, twice.sum() / other
    exposure = len(mine) / ours, len(theirs) / other
    chance = exposure[0] / sum(exposure)
    return float(stats.binom.sf(np.ceil(found) - 1, np.ceil(found + natural), chance))


def _family(key: np.ndarray) -> float:
    """Mean over rows of how many rows of the sample share their key; 1 without rows."""
    if not key.size:
        return 1.0
    sizes = pd.Series(key).value_counts().to_numpy().astype(float)
    return float((sizes**2).sum() / sizes.sum())
