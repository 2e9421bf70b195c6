"""A run of rows whose labels have nothing to do with their scores, in a table where they have.

Two things must hold inside the run: the label does not follow the score, whatever the scores there (robust
where rows are sorted by a feature, so that some are harder), and the score does not tell the labels apart,
whatever the labels there (robust where rows are sorted by the label).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

__all__ = ["Block", "find_block"]

#: Pieces that the rows are cut into, and the least rows of one.
PIECES, ROWS_PER_PIECE = 50, 8
#: A run of rows: at least so many, at least and at most this share, and rows outside the commonest class.
MIN_ROWS, MIN_SHARE, MAX_SHARE, MIN_OTHERS = 24, 0.05, 0.9, 10
#: Standard errors between inside and outside, beyond luck (Dümbgen and Spokoiny: √(2 log(e n/m)) for m of n
#: rows), that make a run a suspect; those of two other signs; and the slope left inside.
CLEAR, Z_APART, Z_OWN, LEFT = 1.4, 2.5, 2.0, 0.4
#: Spread of the labels inside against all: a run of one class says nothing.
VARIED = 0.3
#: Changes of label from row to row inside, against those of a random order: labels that stand sorted.
CHANGES = 0.5
#: Standard errors beyond which a twentieth of the random orders will do.
Z_SURE = 8.0
#: Orders drawn at random: none of them may show as clear a run.
ORDERS = 600


@dataclass(frozen=True, slots=True)
class Block:
    """Rows ``start`` to ``stop`` (not included), and how labels follow scores inside and outside.

    Attributes
    ----------
    inside, outside : float
        Slope of the label on the score.
    z : float
        Standard errors between the two.
    clear : float
        The same less what the best of all runs of this length has by luck.
    """

    start: int
    stop: int
    inside: float
    outside: float
    z: float
    clear: float

    @property
    def n_rows(self) -> int:
        """How many rows it holds."""
        return self.stop - self.start


class _Sums:
    """Sums over rows, from which the slope of any run follows.

    For two classes the slope is that of a logistic regression on the recalibrated log odds, by one
    step from the slope of all rows: it is 1 in every region of a calibrated score, however rare the
    label. For more classes it is that of a straight line on the probabilities.
    """

    def __init__(self, y: np.ndarray, proba: np.ndarray) -> None:
        onehot = (y[:, None] == np.arange(proba.shape[1])).astype(float)
        if proba.shape[1] == 2:
            onehot = onehot[:, 1:]
            self.base, score, fitted = _log_odds(y, proba[:, 1])
            weight = fitted * (1 - fitted)
        else:
            self.base, score, fitted = _straight(onehot, proba)
            weight = np.ones_like(score)
        error = onehot - fitted
        self.k = score.shape[1]
        columns = [weight, weight * score, error, score, onehot]
        totals = [weight * score**2, error * score, score * onehot, onehot**2]
        self.parts = np.column_stack(
            [np.ones(len(y)), *columns, *(one.sum(axis=1) for one in totals), _against_own(y, score)]
        )
        self.total = self.parts.sum(axis=0)
        _, information = self._slope(self.total)
        centred = score - (weight * score).sum(axis=0) / weight.sum(axis=0)
        #: Variance of a slope, times the information it rests on.
        self.noise = float(((error * centred).sum(axis=1) ** 2).sum() / max(information, 1e-12))
        apart, spread = self._apart(self.total)
        centred, label = score - score.mean(axis=0), onehot - onehot.mean(axis=0)
        rest = (label * (centred - apart * label)).sum(axis=1)
        #: The same for the distance between the scores of the labels.
        self.noise_apart = float((rest**2).sum() / max(spread, 1e-12))
        self.own_spread = float(self.parts[:, -1].std()) or 1.0

    def _column(self, sums: np.ndarray, number: int) -> np.ndarray:
        return sums[..., 1 + number * self.k : 1 + (number + 1) * self.k]

    def _slope(self, sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Slope of the label on the score, and the information it rests on."""
        weight, weighted, error = (self._column(sums, number) for number in range(3))
        weight = np.maximum(weight, 1e-12)
        information = sums[..., -5] - (weighted**2 / weight).sum(axis=-1)
        score = sums[..., -4] - (weighted / weight * error).sum(axis=-1)
        return self.base + score / np.maximum(information, 1e-12), information

    def _apart(self, sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Distance between the scores of the labels, and the spread of the labels."""
        n = np.maximum(sums[..., 0], 1)
        score, label = self._column(sums, 3), self._column(sums, 4)
        spread = np.maximum(sums[..., -2] - (label**2).sum(axis=-1) / n, 1e-12)
        return (sums[..., -3] - (score * label).sum(axis=-1) / n) / spread, spread

    def judge(self, inside: np.ndarray) -> tuple[np.ndarray, ...]:
        """Slopes in and outside, standard errors between them, and these less what is luck.

        The last is minus infinity for runs that do not qualify.
        """
        outside = self.total - inside
        n, n_all = inside[..., 0], self.total[0]
        (slope, known), (slope_out, known_out) = self._slope(inside), self._slope(outside)
        (apart, spread), (apart_out, spread_out) = self._apart(inside), self._apart(outside)
        varied = spread / np.maximum(n, 1) / (self._apart(self.total)[1] / n_all)
        with np.errstate(divide="ignore", invalid="ignore"):
            z = (slope_out - slope) / np.sqrt(self.noise * (1 / known + 1 / known_out))
            z_apart = (apart_out - apart) / np.sqrt(self.noise_apart * (1 / spread + 1 / spread_out))
            own = -inside[..., -1] / (self.own_spread * np.sqrt(n * (1 - n / n_all)))
        fits = (n >= max(MIN_ROWS, MIN_SHARE * n_all)) & (n <= MAX_SHARE * n_all) & (varied >= VARIED)
        fits &= (slope <= LEFT * slope_out) & (slope_out > 0) & (apart <= LEFT * apart_out)
        fits &= (own >= Z_OWN) & (z_apart >= Z_APART) & np.isfinite(z)
        luck = np.sqrt(2 * np.log(np.e * n_all / np.maximum(n, 1)))
        return slope, slope_out, z, np.where(fits, z - luck, -np.inf)


def _log_odds(y: np.ndarray, positive: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Slope, log odds and fitted probabilities, of the scores recalibrated on all rows."""
    raw = logit(np.clip(positive, 1e-4, 1 - 1e-4))[:, None]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # labels that follow the score perfectly have no finite slope
        model = LogisticRegression(C=1e4, max_iter=200).fit(raw, y == 1)
    score = model.decision_function(raw)[:, None]
    return float(np.sign(model.coef_[0, 0])), score * np.sign(model.coef_[0, 0]), expit(score)


def _straight(onehot: np.ndarray, proba: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Slope of the labels on the probabilities, these, and the fitted line."""
    centred = proba - proba.mean(axis=0)
    spread = float((centred**2).sum())
    slope = float((centred * onehot).sum()) / spread if spread > 0 else 0.0
    return slope, proba, onehot.mean(axis=0) + slope * centred


def _against_own(y: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Score of each row's own label against that of all rows with this label."""
    own = np.zeros(len(y))
    for c in np.unique(y):
        there = y == c
        value = score[there, min(c, score.shape[1] - 1)] * (-1.0 if score.shape[1] == 1 and c == 0 else 1.0)
        own[there] = value - value.mean()
    return own


def find_block(y: np.ndarray, proba: np.ndarray, seed: int = 0) -> Block | None:
    """Return the run of rows in which labels do not follow the scores; None if there is none.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Codes, in row order.
    proba : ndarray of shape (n_rows, n_classes)
        Scores that were not fitted on these labels.
    """
    if len(y) < 4 * MIN_ROWS:
        return None
    sums = _Sums(y, proba)
    edges = _edges(len(y))
    found = _scan(sums, sums.parts, edges)
    if found is None or found.clear < CLEAR or not _mixed(y, found):
        return None
    rng = np.random.default_rng(seed)
    for _ in range(ORDERS if found.z < Z_SURE else ORDERS // 20):
        other = _scan(sums, sums.parts[rng.permutation(len(y))], edges)
        if other is not None and other.clear >= found.clear:
            return None
    return _refined(sums, found, edges)


def _edges(n: int) -> np.ndarray:
    pieces = max(8, min(PIECES, n // ROWS_PER_PIECE))
    return np.unique(np.linspace(0, n, pieces + 1).astype(np.int64))


def _scan(sums: _Sums, parts: np.ndarray, edges: np.ndarray) -> Block | None:
    # Piece by piece: of all rows at once it is slower, and nothing else could run meanwhile.
    pieces = [np.add.reduceat(parts[start:stop], [0], axis=0) for start, stop in pairwise(edges)]
    running = np.vstack([np.zeros(parts.shape[1]), np.vstack(pieces).cumsum(axis=0)])
    first, last = np.triu_indices(len(edges), k=1)
    return _clearest(sums, running[last] - running[first], edges[first], edges[last])


def _clearest(sums: _Sums, inside: np.ndarray, start: np.ndarray, stop: np.ndarray) -> Block | None:
    slope, slope_out, z, clear = sums.judge(inside)
    best = int(np.argmax(clear))
    if not np.isfinite(clear[best]):
        return None
    numbers = (float(one[best]) for one in (slope, slope_out, z, clear))
    return Block(int(start[best]), int(stop[best]), *numbers)


def _mixed(y: np.ndarray, block: Block) -> bool:
    """Whether a run holds enough rows of other labels than its commonest, in no order of their own."""
    inside = y[block.start : block.stop]
    shares = np.bincount(inside) / len(inside)
    changes = np.count_nonzero(inside[1:] != inside[:-1]) / max(
        1.0, len(inside) * (1 - float((shares**2).sum()))
    )
    return bool((1 - shares.max()) * len(inside) >= MIN_OTHERS and changes >= CHANGES)


def _refined(sums: _Sums, block: Block, edges: np.ndarray) -> Block:
    """Move each end by up to a piece to where the run is clearest."""
    running = np.vstack([np.zeros(sums.parts.shape[1]), sums.parts.cumsum(axis=0)])
    reach = int(np.diff(edges).max())
    n = len(sums.parts)
    for end in ("start", "stop", "start"):
        start, stop = np.array([block.start]), np.array([block.stop])
        if end == "start":
            start = np.arange(max(0, block.start - reach), min(block.stop - 1, block.start + reach) + 1)
        else:
            stop = np.arange(max(block.start + 1, block.stop - reach), min(n, block.stop + reach) + 1)
        start, stop = np.broadcast_arrays(start, stop)
        block = _clearest(sums, running[stop] - running[start], start, stop) or block
    return block
