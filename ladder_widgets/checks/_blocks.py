"""A run of rows whose labels have nothing to do with their scores, in a table where they have.

Two things must hold inside the run: the label does not follow the score, whatever the scores there (robust
where rows are sorted by a feature, so that some are harder), and the score does not tell the labels apart,
whatever the labels there (robust where rows are sorted by the label).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

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
#: Rows whose parts are worked out at once.
_PIECE = 1 << 14
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
        self.y, self.k = y, 1 if proba.shape[1] == 2 else proba.shape[1]
        if self.k == 1:
            self.base, self.score = _log_odds(y, proba[:, 1])
        else:
            self._line = _straight(y, proba)
            self.base, self.score = self._line[0], proba
        self._means = _own_means(y, self.score)
        self.total = self.over(np.arange(len(y)), np.array([0, len(y)]))[0]
        self._learn_noise()

    def _learn_noise(self) -> None:
        _, information = self._slope(self.total)
        apart, spread = self._apart(self.total)
        weighted = self._column(self.total, 1) / self._column(self.total, 0)
        score, label = (self._column(self.total, number) / len(self.y) for number in (3, 4))
        sums = np.zeros(4)
        for start in range(0, len(self.y), _PIECE):
            rows = slice(start, start + _PIECE)
            onehot, _, error = self._fitted(rows)
            centred = self.score[rows] - score
            told = (error * (self.score[rows] - weighted)).sum(axis=1)
            rest = ((onehot - label) * (centred - apart * (onehot - label))).sum(axis=1)
            own = self._own(rows)
            sums += [(told**2).sum(), (rest**2).sum(), own.sum(), (own**2).sum()]
        #: Variance of a slope, times the information it rests on.
        self.noise = float(sums[0] / max(information, 1e-12))
        #: The same for the distance between the scores of the labels.
        self.noise_apart = float(sums[1] / max(spread, 1e-12))
        n = len(self.y)
        self.own_spread = float(np.sqrt(max(0.0, sums[3] / n - (sums[2] / n) ** 2))) or 1.0

    def _fitted(self, rows: np.ndarray | slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Labels as columns, weights, and the errors of the fit, of some rows."""
        score = self.score[rows]
        if self.k == 1:
            onehot = (self.y[rows] == 1)[:, None].astype(float)
            fitted = expit(score)
            return onehot, fitted * (1 - fitted), onehot - fitted
        onehot = (self.y[rows][:, None] == np.arange(self.k)).astype(float)
        slope, means, shares = self._line
        return onehot, np.ones_like(score), onehot - (shares + slope * (score - means))

    def _own(self, rows: np.ndarray | slice) -> np.ndarray:
        """Score of each row's own label against that of all rows with this label."""
        y = self.y[rows]
        score = self.score[rows]
        own = score[:, 0] * np.where(y == 0, -1.0, 1.0) if self.k == 1 else score[np.arange(len(y)), y]
        return np.asarray(own - self._means[y])

    def _parts(self, rows: np.ndarray | slice) -> np.ndarray:
        """What is summed over rows, of some of them."""
        score = self.score[rows]
        onehot, weight, error = self._fitted(rows)
        columns = [weight, weight * score, error, score, onehot]
        totals = [weight * score**2, error * score, score * onehot, onehot**2]
        return np.column_stack(
            [np.ones(len(score)), *columns, *(one.sum(axis=1) for one in totals), self._own(rows)]
        )

    def over(self, order: np.ndarray, edges: np.ndarray) -> np.ndarray:
        """Sums over the rows between edges, in an order: shape (n_edges - 1, n_sums)."""
        out = np.zeros((len(edges) - 1, 5 * self.k + 6))
        # Some rows at a time: all parts of all rows at once are as large as the table.
        for start in range(int(edges[0]), int(edges[-1]), _PIECE):
            cuts = np.clip(edges, start, start + _PIECE)
            there = np.flatnonzero(cuts[:-1] < cuts[1:])
            parts = self._parts(order[start : cuts[-1]])
            out[there] += np.add.reduceat(parts, cuts[there] - start, axis=0)
        return out

    def before(self, at: np.ndarray) -> np.ndarray:
        """Sums over the rows before each of neighbouring places: shape (n_places, n_sums)."""
        head = self.over(np.arange(len(self.y)), np.array([0, at[0]]))[0] if at[0] else 0.0
        parts = self._parts(slice(int(at[0]), int(at[-1])))
        return head + np.vstack([np.zeros(parts.shape[1]), parts.cumsum(axis=0)])

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


def _log_odds(y: np.ndarray, positive: np.ndarray) -> tuple[float, np.ndarray]:
    """Slope and log odds of the scores recalibrated on all rows, the latter of shape (n_rows, 1)."""
    odds = np.clip(positive, 1e-4, 1 - 1e-4)
    logit(odds, out=odds)
    options = {"maxiter": 200, "maxls": 50, "gtol": 1e-4, "ftol": 64 * np.finfo(float).eps}
    slope, intercept = minimize(_loss, np.zeros(2), (y, odds), "L-BFGS-B", jac=True, options=options).x
    sign = float(np.sign(slope))
    odds *= slope
    odds += intercept
    odds *= sign
    return sign, odds[:, None]


def _loss(line: np.ndarray, y: np.ndarray, odds: np.ndarray) -> tuple[float, np.ndarray]:
    """Loss of a logistic regression on one column, and its gradient, as scikit-learn's for ``C=1e4``.

    Some rows at a time, which scikit-learn's own cannot. The penalty keeps the slope finite where labels
    follow the scores perfectly.
    """
    loss, gradient = line[0] ** 2 / 2e4, np.array([line[0] / 1e4, 0.0])
    for start in range(0, len(y), _PIECE):
        part, positive = odds[start : start + _PIECE], y[start : start + _PIECE] == 1
        margin = line[0] * part + line[1]
        error = expit(margin) - positive
        loss += np.logaddexp(0.0, margin).sum() - margin[positive].sum()
        gradient += error @ part, error.sum()
    return float(loss) / len(y), gradient / len(y)


def _straight(y: np.ndarray, proba: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Slope of the labels on the probabilities, the means of these and the shares of those."""
    means = proba.mean(axis=0)
    spread = float(((proba - means) ** 2).sum())
    shares = np.bincount(y, minlength=proba.shape[1]) / len(y)
    along = float(proba[np.arange(len(y)), y].sum()) - len(y) * float(means @ shares)
    return along / spread if spread > 0 else 0.0, means, shares


def _own_means(y: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Mean score of each label among the rows that have it; the sign is that of what speaks for it."""
    means = np.zeros(int(y.max()) + 1)
    for c in np.unique(y):
        means[c] = score[y == c, min(c, score.shape[1] - 1)].mean()
    if score.shape[1] == 1:
        means[0] *= -1
    return means


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
    found = _scan(sums, np.arange(len(y)), edges)
    if found is None or found.clear < CLEAR or not _mixed(y, found):
        return None
    rng = np.random.default_rng(seed)
    for _ in range(ORDERS if found.z < Z_SURE else ORDERS // 20):
        other = _scan(sums, rng.permutation(len(y)), edges)
        if other is not None and other.clear >= found.clear:
            return None
    return _refined(sums, found, edges)


def _edges(n: int) -> np.ndarray:
    pieces = max(8, min(PIECES, n // ROWS_PER_PIECE))
    return np.unique(np.linspace(0, n, pieces + 1).astype(np.int64))


def _scan(sums: _Sums, order: np.ndarray, edges: np.ndarray) -> Block | None:
    running = np.vstack([np.zeros(len(sums.total)), sums.over(order, edges).cumsum(axis=0)])
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
    reach = int(np.diff(edges).max())
    n = len(sums.y)
    for end in ("start", "stop", "start"):
        start, stop = np.array([block.start]), np.array([block.stop])
        if end == "start":
            start = np.arange(max(0, block.start - reach), min(block.stop - 1, block.start + reach) + 1)
        else:
            stop = np.arange(max(block.start + 1, block.stop - reach), min(n, block.stop + reach) + 1)
        inside = sums.before(stop) - sums.before(start)
        start, stop = np.broadcast_arrays(start, stop)
        block = _clearest(sums, inside, start, stop) or block
    return block
