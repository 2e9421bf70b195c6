"""How far figures that scores promised were from those of the labels: what an estimate is worth in a log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ladder_widgets.monitor._perf_strata import Score

__all__ = ["FIGURES", "LATEST", "Pair", "Transfer", "transfer"]

#: Figures of a window.
FIGURES = ("auc", "average_precision", "prevalence", "calibration", "brier")
#: Of them those between 0 and 1.
BOUNDED = ("auc", "average_precision", "prevalence")
#: Windows, the latest with labels, that estimates are held against; and how few tell nothing.
LATEST, FEWEST = 20, 2
#: Latest of these windows that tell of a change, the standard errors and the points of AUC that make one.
RECENT, SURE, POINTS = 4, 3.0, 0.03


@dataclass(frozen=True, eq=False)
class Pair:
    """One window: its figures by the labels, and what its scores alone promised then."""

    coverage: float
    labels: dict[str, Score]
    scores: dict[str, Score]

    def error(self, name: str) -> tuple[float, float]:
        """Estimate minus label, and the variance that sampling gives it.

        How the labels of a window happen to fall is part of the error of its estimate already: what its
        own figure adds is only what labels that are still out may change.
        """
        if name not in self.labels or name not in self.scores:
            return np.nan, np.nan
        own, promised = self.labels[name], self.scores[name]
        return promised.mean - own.mean, promised.se**2 + (1 - self.coverage) * own.se**2


@dataclass(frozen=True, eq=False)
class Transfer:
    """What a score means moves from window to window, more than sampling explains.

    Attributes
    ----------
    spread : dict of str to float
        Standard deviation of that in each figure.
    windows : dict of str to int
        Windows it is known from; a figure of fewer than two is not there.
    change : float
        AUC of the latest windows with labels minus what their scores promised, where that is more than
        chance and what windows do by themselves explain (concept drift); else 0.
    """

    spread: dict[str, float]
    windows: dict[str, int]
    change: float = 0.0

    def widened(self, name: str, score: Score, lent: float) -> Score:
        """Return a figure with what it owes to other windows, by the share of rows counted for these."""
        if name not in self.spread or not np.isfinite(score.mean) or lent <= 0:
            return score
        few = float(stats.t.ppf(0.975, self.windows[name]) / stats.norm.ppf(0.975))
        # Rows that are judged by others are those of some days, and each day moves by itself.
        moved = score.se**2 + self.spread[name] ** 2
        se = float(np.sqrt((1 - lent) * score.se**2 + lent * few**2 * moved))
        low, high = score.mean - 1.96 * se, score.mean + 1.96 * se
        if name in BOUNDED:
            low, high = max(0.0, low), min(1.0, high)
        return Score(score.mean, se, low, high)


def transfer(pairs: Sequence[Pair], so_far: Pair | None = None) -> Transfer:
    """Learn from windows with labels how far estimates of them were off.

    The squared errors of the estimates, less what sampling explains, weighted by how sure they are
    (DerSimonian & Laird, Controlled Clinical Trials 7, 1986, but around 0 rather than around the mean: an
    estimate that is always too high is not surer for it).

    Parameters
    ----------
    pairs : sequence of Pair
        Oldest first.
    so_far : Pair, optional
        The few labels of the windows that are estimated; they tell of a change only.
    """
    spread, windows = {}, {}
    for name in FIGURES:
        told = np.array([pair.error(name) for pair in pairs[-LATEST:]]).reshape(-1, 2)
        error, noise = told[np.isfinite(told).all(axis=1)].T
        if len(error) >= FEWEST:
            weight = 1 / np.maximum(noise, 1e-12)
            spread[name] = float(np.sqrt(max(0.0, weight @ (error**2 - noise) / weight.sum())))
            windows[name] = len(error)
    return Transfer(spread, windows, _change([*pairs, *([] if so_far is None else [so_far])]))


def _change(pairs: Sequence[Pair]) -> float:
    """AUC of the latest windows minus what was promised; 0 if it is no farther away than it used to be."""
    errors = np.array([pair.error("auc") for pair in pairs]).reshape(-1, 2)
    errors = errors[np.isfinite(errors).all(axis=1)]
    late, before = errors[-RECENT:], errors[:-RECENT]
    if not len(late):
        return 0.0
    moves = max(0.0, float(np.mean(before[:, 0] ** 2 - before[:, 1]))) if len(before) else 0.0
    weight = 1 / np.maximum(late[:, 1] + moves, 1e-12)
    mean = float(weight @ late[:, 0] / weight.sum())
    sure = abs(mean) * float(np.sqrt(weight.sum())) > SURE
    return -mean if sure and abs(mean) > POINTS else 0.0
