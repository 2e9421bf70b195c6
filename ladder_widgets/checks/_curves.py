"""Every threshold at once: what each would give, from one pass over the scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

__all__ = ["Gains", "held_out_gains"]

#: Thresholds looked at: quantiles of the scores of both classes.
CANDIDATES = 200
#: Random halves on which a threshold is chosen and judged.
SPLITS = 40


@dataclass(frozen=True, eq=False)
class Gains:
    """What a threshold chosen on one half of the rows gains on the other half.

    Attributes
    ----------
    threshold : float
        Median of the thresholds chosen.
    now, then : dict of str to float
        Each metric at the threshold in use and at the chosen one, on average over held-out halves.
    gains : dict of str to ndarray of shape (n_splits,)
        Difference per split.
    """

    threshold: float
    now: dict[str, float]
    then: dict[str, float]
    gains: dict[str, np.ndarray]

    def mean(self, name: str) -> float:
        """Average gain."""
        return float(self.gains[name].mean())

    def low(self, name: str) -> float:
        """5 % quantile of the gain over the splits, each judged on half of the rows."""
        return float(np.quantile(self.gains[name], 0.05))


def held_out_gains(
    score: np.ndarray,
    positive: np.ndarray,
    current: float,
    metrics: tuple[str, ...],
    seed: int,
    chosen_by: tuple[str, ...] | None = None,
    resample: bool = False,
    costs: Mapping[str, float] | None = None,
) -> Gains:
    """Choose a threshold on one half of the rows, judge it on the other; many times.

    Parameters
    ----------
    score : ndarray of shape (n_rows,)
    positive : ndarray of bool of shape (n_rows,)
    current : float
        Threshold in use.
    metrics : tuple of str
        Among ``accuracy``, ``balanced_accuracy``, ``f1``, ``f1_negative`` and ``cost``, which is what
        the mistakes cost per row, negative so that more is better.
    seed : int
    chosen_by : tuple of str, optional
        The threshold with the largest sum of these is chosen; all of ``metrics`` by default.
    resample : bool
        Draw the judging half anew with replacement: these rows are themselves a sample, and the
        spread of the gains then says how far a small one wobbles.
    costs : mapping, optional
        Of a ``false_positive`` and a ``false_negative``.
    """
    cuts = _candidates(score, positive, current)
    place = np.searchsorted(cuts, score, side="right")  # thresholds at or below the score
    counts = [np.bincount(place[positive == kind], minlength=len(cuts) + 1) for kind in (True, False)]
    rng = np.random.default_rng(seed)
    # Half of each class at random: of the rows between two thresholds, hypergeometrically many.
    halves = [
        rng.multivariate_hypergeometric(c, int(c.sum() // 2), SPLITS, method="marginals") for c in counts
    ]
    chosen = _metrics([_above(half) for half in halves], metrics, costs)
    others = [c - half for c, half in zip(counts, halves, strict=True)]
    if resample:
        others = [np.stack([rng.multinomial(o.sum(), o / o.sum()) for o in other]) for other in others]
    judged = _metrics([_above(other) for other in others], metrics, costs)
    best = np.argmax(sum(chosen[name] for name in chosen_by or metrics), axis=1)
    now, every = int(np.searchsorted(cuts, current)), np.arange(SPLITS)
    gains = {name: values[every, best] - values[:, now] for name, values in judged.items()}
    return Gains(
        float(np.median(cuts[best])),
        {name: float(values[:, now].mean()) for name, values in judged.items()},
        {name: float(values[every, best].mean()) for name, values in judged.items()},
        gains,
    )


def _candidates(score: np.ndarray, positive: np.ndarray, current: float) -> np.ndarray:
    levels = np.linspace(0, 1, CANDIDATES // 2)
    cuts = [np.quantile(score[positive == kind], levels, method="higher") for kind in (True, False)]
    return np.unique(np.concatenate([*cuts, [current]]))


def _above(counts: np.ndarray) -> np.ndarray:
    """Rows at or above each threshold, with the total in front: shape (n_splits, 1 + n_thresholds)."""
    return np.asarray(np.cumsum(counts[:, ::-1], axis=1)[:, ::-1], dtype=float)


def _metrics(
    above: list[np.ndarray], names: tuple[str, ...], costs: Mapping[str, float] | None
) -> dict[str, np.ndarray]:
    (tp, positives), (fp, negatives) = ((part[:, 1:], np.maximum(part[:, :1], 1e-12)) for part in above)
    fn, tn = positives - tp, negatives - fp
    each = costs or {"false_positive": 1.0, "false_negative": 1.0}
    formulas = {
        "accuracy": lambda: (tp + tn) / (positives + negatives),
        "balanced_accuracy": lambda: (tp / positives + tn / negatives) / 2,
        "f1": lambda: 2 * tp / (2 * tp + fp + fn),
        "f1_negative": lambda: 2 * tn / (2 * tn + fp + fn),
        "cost": lambda: (
            -(each["false_positive"] * fp + each["false_negative"] * fn) / (positives + negatives)
        ),
    }
    return {name: formulas[name]() for name in names}
