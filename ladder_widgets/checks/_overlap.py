"""Rows of one split found again in another, against the duplicates a table has by nature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from ladder_widgets.case import Split
from ladder_widgets.checks._hashes import keys

__all__ = ["Overlap", "overlap"]

MIN_ROWS = 3
#: Estimated share of copied rows that is worth a word.
MIN_COPIED = 0.005
#: Chance of as many by nature: where training has duplicates, where it has none, and of as few new rows.
P_NATURAL, P_NONE, P_SHORTAGE = 0.03, 0.05, 0.001
#: Steps that fractions are rounded to, in standard deviations of the column: what storing as text or in
#: single precision does, and what a little noise does.
FINE, COARSE = 1e-5, 0.02
#: Single precision keeps this share of the largest value.
SINGLE = 2.0**-21
#: Share of natural duplicates on the coarse grid beyond which it says nothing.
MAX_COARSE = 0.05
#: New rows against those expected from which most are missing.
MAX_NEW = 0.5


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
    copied : float
        Estimated share of ``later`` that was copied, natural duplicates left out.
    p : float
        Probability of so many rows if the splits are independent draws from one source.
    limit : float
        Probability below which they are not.
    """

    later: Split
    earlier: Split
    how: str
    rows: np.ndarray
    natural: float
    copied: float
    p: float
    limit: float

    @property
    def share(self) -> float:
        """Share of the later split."""
        return len(self.rows) / self.later.n_rows

    @property
    def found(self) -> bool:
        """Whether chance and natural duplicates do not explain it."""
        return len(self.rows) >= MIN_ROWS and self.copied >= MIN_COPIED and self.p < self.limit


def overlap(later: Split, earlier: Split) -> Overlap:
    """Look for equal rows, then for rows equal but for rounding, then but for slight noise."""
    theirs = set(earlier.table.names)
    names = [name for name in later.table.names if name in theirs]
    exact = _compare(later, earlier, names, "exactly", {})
    if exact.found:
        return exact
    measured = _measured(later, earlier, names)
    for how, step in (("but for rounding", FINE), ("but for slight noise", COARSE)):
        grid = {name: max(step * spread, SINGLE * largest) for name, (spread, largest) in measured.items()}
        rounded = _compare(later, earlier, names, how, grid) if grid else exact
        if rounded.found and (step == FINE or rounded.natural < MAX_COARSE):
            return rounded
    return exact


def _measured(later: Split, earlier: Split, names: list[str]) -> dict[str, tuple[float, float]]:
    """Spread and largest value of the columns that hold fractions; whole numbers are compared as they are."""
    found = {}
    for name in names:
        features = [split.table.feature(name) for split in (later, earlier)]
        if {feature.kind for feature in features} == {"number"}:
            values = np.concatenate([feature.numbers() for feature in features])
            values = values[np.isfinite(values)]
            if values.size and (values != np.round(values)).any():
                found[name] = float(np.std(values)), float(np.abs(values).max())
    return found


def _compare(later: Split, earlier: Split, names: list[str], how: str, grid: dict[str, float]) -> Overlap:
    mine = keys(later.table, names, grid)
    distinct, counts = np.unique(keys(earlier.table, names, grid), return_counts=True)
    place = np.minimum(np.searchsorted(distinct, mine), len(distinct) - 1)
    hit = distinct[place] == mine
    m, n = len(mine), int(counts.sum())
    natural = float(counts[counts > 1].sum() / n)
    # Copies of rows that stand alone in the earlier split are the telling ones. If the splits are
    # independent draws, such meetings and pairs inside the earlier split come as 2 m to n − 1
    # (Good's frequencies of frequencies), however common the common rows are.
    alone = int(np.count_nonzero(counts == 1))
    pairs = int(np.count_nonzero(counts == 2))
    met = len(np.unique(mine[hit & (counts[place] == 1)]))
    ratio = 2 * m / max(1, n - 1)
    p = float(stats.binom.sf(met - 1, met + pairs, ratio / (1 + ratio))) if met else 1.0
    copied = (met - ratio * pairs) / m * n / alone if alone else 0.0
    limit = P_NATURAL if pairs else P_NONE
    shortage = _shortage(int(np.count_nonzero(~hit)), m, alone, n)
    if p >= limit and shortage > 0:
        p, copied = 0.0, shortage
    return Overlap(later, earlier, how, np.flatnonzero(hit), natural, float(min(1.0, copied)), p, limit)


def _shortage(new: int, m: int, alone: int, n: int) -> float:
    """Share of the new rows that should be there and are not; 0 unless it is most of them, for sure.

    For tables in which most rows have duplicates by nature: even there ``m * alone / n`` rows of an
    independent draw are new (Good and Turing).
    """
    expected = m * alone / n
    if new > MAX_NEW * expected or stats.binom.cdf(new, new + alone, m / (m + n)) >= P_SHORTAGE:
        return 0.0
    return 1 - new / expected
