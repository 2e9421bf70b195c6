"""A run of rows whose labels have nothing to do with their scores, in a table where they have.

Two things must hold inside the run: the label does not follow the score, whatever the scores there (robust
where rows are sorted by a feature, so that some are harder), and the score does not tell the labels apart,
whatever the labels there (robust where rows are sorted by the label).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Block", "find_block"]

#: Pieces that the rows are cut into, and the least rows of one.
PIECES, ROWS_PER_PIECE = 50, 8
#: A run of rows: at least so many, at least and at most this share, and rows outside the commonest class.
MIN_ROWS, MIN_SHARE, MAX_SHARE, MIN_OTHERS = 24, 0.05, 0.9, 10
#: Standard errors between inside and outside that make a run a suspect, and the slope left inside.
Z_SLOPE, Z_APART, Z_OWN, LEFT = 4.4, 3.0, 2.5, 0.4
#: Spread of the labels inside against all: a run of one class says nothing.
VARIED = 0.3
#: Changes of label from row to row inside, against those of a random order: labels that stand sorted.
CHANGES = 0.5
#: Standard errors beyond which a tenth of the random orders will do.
Z_CLEAR = 8.0
#: Orders drawn at random: none of them may show as clear a run.
ORDERS = 300


@dataclass(frozen=True, slots=True)
class Block:
    """Rows ``start`` to ``stop`` (not included), and how labels follow scores inside and outside.

    Attributes
    ----------
    inside, outside : float
        Slope of the label on the score.
    z : float
        Standard errors between the two.
    """

    start: int
    stop: int
    inside: float
    outside: float
    z: float

    @property
    def n_rows(self) -> int:
        """How many rows it holds."""
        return self.stop - self.start


class _Sums:
    """Running sums over rows in an order, from which the slope of any run follows."""

    def __init__(self, y: np.ndarray, proba: np.ndarray) -> None:
        onehot = (y[:, None] == np.arange(proba.shape[1])).astype(float)
        if proba.shape[1] == 2:
            onehot, proba = onehot[:, 1:], proba[:, 1:]
        self.k = proba.shape[1]
        own = np.zeros(len(y))
        for c in np.unique(y):
            there = y == c
            score = proba[there, min(c, self.k - 1)] * (1.0 if self.k > 1 or c == 1 else -1.0)
            own[there] = score - score.mean()
        self.parts = np.column_stack(
            [
                np.ones(len(y)),
                proba,
                onehot,
                (proba * onehot).sum(1),
                (proba**2).sum(1),
                (onehot**2).sum(1),
                own,
            ]
        )
        self.own_spread = float(own.std()) or 1.0
        total = self.parts.sum(axis=0)
        cov, var, _ = self._moments(total)
        self.slope = cov / var if var > 0 else 0.0
        centred_p, centred_y = proba - proba.mean(axis=0), onehot - onehot.mean(axis=0)
        moved = (centred_p * (centred_y - self.slope * centred_p)).sum(axis=1)
        _, _, spread = self._moments(total)
        back = cov / spread if spread > 0 else 0.0
        moved_back = (centred_y * (centred_p - back * centred_y)).sum(axis=1)
        #: The same for the distance between the scores of the labels, and the spread of the labels.
        self.noise_apart = float((moved_back**2).sum()) / spread if spread > 0 else 0.0
        #: Variance of a slope, times the spread of the scores it rests on.
        self.noise = float((moved**2).sum()) / var if var > 0 else 0.0

    def _moments(self, sums: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Covariance and variances (not divided by the rows) of windows of sums, shape (…, n_parts)."""
        n = np.maximum(sums[..., 0], 1)
        p, o = sums[..., 1 : 1 + self.k], sums[..., 1 + self.k : 1 + 2 * self.k]
        cov = sums[..., -4] - (p * o).sum(axis=-1) / n
        return cov, sums[..., -3] - (p**2).sum(axis=-1) / n, sums[..., -2] - (o**2).sum(axis=-1) / n

    def judge(self, inside: np.ndarray) -> tuple[np.ndarray, ...]:
        """Slopes in and outside, and standard errors between them (−inf for runs that do not qualify)."""
        total = self.parts.sum(axis=0)
        outside = total - inside
        cov, var_p, var_y = self._moments(inside)
        cov_out, var_p_out, var_y_out = self._moments(outside)
        n, n_all = inside[..., 0], total[0]
        with np.errstate(divide="ignore", invalid="ignore"):
            slope, slope_out = cov / var_p, cov_out / var_p_out
            apart, apart_out = cov / var_y, cov_out / var_y_out
            z = (slope_out - slope) / np.sqrt(self.noise / var_p + self.noise / var_p_out)
            z_apart = (apart_out - apart) / np.sqrt(self.noise_apart / var_y + self.noise_apart / var_y_out)
            own = -inside[..., -1] / (self.own_spread * np.sqrt(n * (1 - n / n_all)))
            spread = var_y / n / (float(self._moments(total)[2]) / n_all)
        fits = (n >= max(MIN_ROWS, MIN_SHARE * n_all)) & (n <= MAX_SHARE * n_all) & (spread >= VARIED)
        fits &= (slope <= LEFT * slope_out) & (slope_out > 0) & (apart <= LEFT * apart_out)
        fits &= (own >= Z_OWN) & (z_apart >= Z_APART) & np.isfinite(z)
        return slope, slope_out, np.where(fits, z, -np.inf)


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
    if found is None or found.z < Z_SLOPE or not _mixed(y, found):
        return None
    rng = np.random.default_rng(seed)
    for _ in range(ORDERS if found.z < Z_CLEAR else ORDERS // 10):
        other = _scan(sums, sums.parts[rng.permutation(len(y))], edges)
        if other is not None and other.z >= found.z:
            return None
    return _refined(sums, found, edges)


def _edges(n: int) -> np.ndarray:
    pieces = max(8, min(PIECES, n // ROWS_PER_PIECE))
    return np.unique(np.linspace(0, n, pieces + 1).astype(np.int64))


def _scan(sums: _Sums, parts: np.ndarray, edges: np.ndarray) -> Block | None:
    running = np.vstack([np.zeros(parts.shape[1]), np.add.reduceat(parts, edges[:-1], axis=0).cumsum(axis=0)])
    first, last = np.triu_indices(len(edges), k=1)
    return _clearest(sums, running[last] - running[first], edges[first], edges[last])


def _clearest(sums: _Sums, inside: np.ndarray, start: np.ndarray, stop: np.ndarray) -> Block | None:
    slope, slope_out, z = sums.judge(inside)
    best = int(np.argmax(z))
    if not np.isfinite(z[best]):
        return None
    return Block(
        int(start[best]), int(stop[best]), float(slope[best]), float(slope_out[best]), float(z[best])
    )


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
