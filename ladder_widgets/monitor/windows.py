"""Windows of a log, and how far each lies from training, feature by feature."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ladder_widgets.finding import Status
from ladder_widgets.monitor.baseline import Baseline, labels_of, pooled, pools, score_names
from ladder_widgets.monitor.counts import Counts
from ladder_widgets.monitor.drift import MIN_IN_BIN, NEGLIGIBLE, index, p_value
from ladder_widgets.monitor.memory import Memory, content

__all__ = [
    "WORTH_A_LOOK",
    "Binned",
    "Drift",
    "cut",
    "least_psi",
    "measure_drift",
    "scores_alone",
    "since",
]

#: PSI from which a window is worth a look; of a retrain the user's own limit tells.
WORTH_A_LOOK = 0.1
#: Chance of a false alarm in a window, all features together.
ALPHA = 0.01
#: How many times further than any feature scores must jump to have moved without them.
JUMP = 4.0


def cut(counts: Counts, min_rows: int, every: int | None = None) -> list[np.ndarray]:
    """Group consecutive periods into windows of a length and of at least ``min_rows`` rows.

    A rest that is too small joins the window before it; a log that is too small is one window.

    Parameters
    ----------
    counts : Counts
    min_rows : int
    every : int, optional
        Length of a window in ms, a multiple of that of a period, which it is by default.

    Returns
    -------
    list of ndarray of int
        Positions of the periods of each window.
    """
    groups: list[list[int]] = [[]]
    held, place = counts.rows.tolist(), counts.starts // (every or counts.every)
    rows = 0
    for period in range(counts.n_periods):
        if rows >= min_rows and place[period] != place[period - 1]:
            groups.append([])
            rows = 0
        groups[-1].append(period)
        rows += held[period]
    if len(groups) > 1 and counts.rows[groups[-1]].sum() < min_rows:
        rest = groups.pop()
        groups[-1] += rest
    return [np.array(group) for group in groups]


@dataclass(frozen=True, eq=False)
class Drift:
    """Population stability index and KS distance of every feature in every window.

    Attributes
    ----------
    pairs : list of Binned
        Features that are told of, and the scores after them.
    psi : ndarray of shape (n_features, n_windows)
        Noise taken off, at least 0.
    low, high : ndarray of shape (n_features, n_windows)
        95 % interval of it, from the delta method.
    noise : ndarray of shape (n_features, n_windows)
        What sampling alone gives.
    p : ndarray of shape (n_features, n_windows)
        Of an index nobody would mind, times the number of features (Bonferroni).
    ks : ndarray of shape (n_features, n_windows)
        Largest distance of the distribution functions at the edges of the bins; NaN for categories.
    natural : ndarray of shape (n_features, n_windows)
        How far windows of training of the same length go by themselves.
    limit : float
        The user's limit of the PSI.
    """

    pairs: list[Binned]
    psi: np.ndarray
    low: np.ndarray
    high: np.ndarray
    noise: np.ndarray
    p: np.ndarray
    ks: np.ndarray
    natural: np.ndarray
    limit: float

    @property
    def names(self) -> list[str]:
        """Names of the features and of the scores."""
        return [pair.name for pair in self.pairs]

    @property
    def n_features(self) -> int:
        """Number of features, which come before the scores."""
        return sum(not pair.is_score for pair in self.pairs)

    @property
    def usual(self) -> np.ndarray:
        """Whether training itself went as far in windows of the same length: (n_features, n_windows)."""
        return np.asarray(self.low <= self.natural)

    def status(self) -> np.ndarray:
        """Status of shape (n_features, n_windows).

        Warns from 0.1 on, fails from the user's limit on: beyond noise (1 % for all features of a window
        together), and beyond what training itself did over time.
        """
        sure = (self.p < ALPHA) & ~self.usual
        found = np.full(self.psi.shape, Status.PASS.value, dtype=object)
        found[sure & (self.psi >= min(WORTH_A_LOOK, self.limit))] = Status.WARN.value
        found[sure & (self.psi >= self.limit)] = Status.FAIL.value
        return found

    def frame(self, counts: Counts) -> pd.DataFrame:
        """Return one row per window and feature."""
        n_rows, n_windows = self.psi.shape
        columns = {
            "start": np.tile(pd.to_datetime(counts.starts, unit="ms"), n_rows),
            "feature": np.repeat(self.names, n_windows),
        }
        for name in ("psi", "low", "high", "noise", "p", "ks"):
            columns[name] = getattr(self, name).ravel()
        columns["status"] = self.status().ravel()
        return pd.DataFrame(columns)


def measure_drift(
    baseline: Baseline,
    counts: Counts,
    limit: float = 0.25,
    ends: np.ndarray | None = None,
    memory: Memory | None = None,
) -> Drift:
    """Compare every window with training.

    Parameters
    ----------
    baseline : Baseline
    counts : Counts
        Of windows, see :func:`cut`.
    limit : float
        PSI from which a window fails.
    ends : ndarray of int64 of shape (n_windows,), optional
        End of each window in ms; a period after its start by default.
    memory : Memory, optional
        Of earlier looks at the same log.
    """
    memory = memory or Memory()
    lengths = np.full(counts.n_periods, counts.every) if ends is None else ends - counts.starts
    pairs = list(_pairs(baseline, counts))
    shape = (len(pairs), counts.n_periods)
    raw, bins, unit = np.zeros(shape), np.ones(shape, np.int64), np.ones(shape)
    ks = np.full(shape, np.nan)
    for row, pair in enumerate(pairs):
        trained = pair.pooled_reference
        for column, window in enumerate(pair.pooled_windows):
            key = ("index", *content(trained, window))
            found = memory.recall(key, lambda: index(trained, window))  # noqa: B023
            raw[row, column], bins[row, column], unit[row, column] = found
        if pair.kind == "number":
            ks[row] = _distance(pair)
    noise = (bins - 1) * unit
    value = np.maximum(0.0, raw - noise)
    # Variance of a noncentral chi-squared: 2 (df + 2 noncentrality), in units of 1/n + 1/m.
    reach = stats.norm.ppf(0.975) * np.sqrt(2 * (bins - 1) * unit**2 + 4 * value * unit)
    return Drift(
        pairs=pairs,
        psi=value,
        low=np.maximum(0.0, value - reach),
        high=value + reach,
        noise=noise,
        p=np.minimum(1.0, p_value(raw, bins, unit) * max(1, len(pairs))),
        ks=ks,
        natural=np.array([baseline.natural.at(pair.name, lengths) for pair in pairs]).reshape(shape),
        limit=limit,
    )


@dataclass(frozen=True, eq=False)
class Binned:
    """A feature or a score: training and the windows in the same bins.

    Attributes
    ----------
    name : str
    kind : {"number", "category"}
    reference : ndarray of shape (n_bins + 1,)
    windows : ndarray of shape (n_windows, n_bins + 1)
    pool : ndarray of shape (n_bins + 1,)
        Pool of each bin.
    labels : list of str
        What each pool holds.
    is_score : bool
    """

    name: str
    kind: str
    reference: np.ndarray
    windows: np.ndarray
    pool: np.ndarray
    labels: list[str]
    is_score: bool = False

    @property
    def pooled_reference(self) -> np.ndarray:
        """Training's rows in each pool."""
        return pooled(self.reference, self.pool)

    @property
    def pooled_windows(self) -> np.ndarray:
        """The windows' rows in each pool, of shape (n_windows, n_pools)."""
        return pooled(self.windows, self.pool)


def _pairs(baseline: Baseline, counts: Counts) -> Iterator[Binned]:
    """Yield the features that are told of, then the scores."""
    for name, feature in baseline.features.items():
        if feature.told:
            kind = "category" if feature.kind == "category" else "number"
            windows = counts.features[name]
            yield Binned(name, kind, feature.counts, windows, feature.pools, feature.pool_labels)
    if baseline.reference is None:
        return
    names, trained_axes = score_names(baseline.scores), baseline.reference.axes
    every = zip(names, baseline.scores, trained_axes, counts.axes, strict=False)
    for name, score, trained, axis in every:
        reference = trained.scored[0]
        pool = pools(reference)
        yield Binned(name, "number", reference, axis.scored, pool, labels_of(score.grid, pool), True)


def since(shifts: Drift, row: int) -> int:
    """Return the window from which a feature has been away from training; 0 if from the first on, or not."""
    well = np.flatnonzero(shifts.status()[row] == Status.PASS.value)
    first = int(well[-1]) + 1 if len(well) else 0
    return first if first < shifts.psi.shape[1] else 0


def least_psi(shifts: Drift) -> float:
    """Return the smallest PSI that the latest window has rows enough to show; 0 without features."""
    found = []
    for pair in shifts.pairs:
        n, m = int(pair.reference.sum()), int(pair.windows[-1].sum())
        if n and m:
            unit, free = 1 / n + 1 / m, min(len(np.unique(pair.pool)), max(2, m // int(MIN_IN_BIN))) - 1
            beyond = stats.ncx2.isf(ALPHA / len(shifts.pairs), max(1, free), NEGLIGIBLE / unit)
            found.append(float(unit * (beyond - free)))
    return float(np.median(found)) if found else 0.0


def scores_alone(shifts: Drift) -> bool:
    """Whether scores moved in the latest window, and no feature did with them.

    Either all features are well, or the scores jumped from one window to the next, further than the limit
    and than four times any feature.
    """
    n, status = shifts.n_features, shifts.status()[:, -1]
    if (status[n:] == Status.PASS.value).all():
        return False
    row = n + int(shifts.psi[n:, -1].argmax())
    first = since(shifts, row)
    if (status[:n] == Status.PASS.value).all() or not first:
        return bool((status[:n] == Status.PASS.value).all())
    jumped = [_jump(pair, first) for pair in shifts.pairs]
    return jumped[row] >= shifts.limit and jumped[row] >= JUMP * max(jumped[:n], default=0.0)


def _jump(pair: Binned, window: int) -> float:
    """PSI of a window against the one before."""
    before, after = pair.pooled_windows[window - 1 : window + 1]
    raw, bins, unit = index(before, after)
    return max(0.0, raw - (bins - 1) * unit)


def _distance(pair: Binned) -> np.ndarray:
    """Kolmogorov–Smirnov distances at the edges of the bins, missing values left out."""
    below = [np.cumsum(part[..., :-1], axis=-1) for part in (pair.reference, pair.windows)]
    shares = [part / np.maximum(1, part[..., -1:]) for part in below]
    return np.asarray(np.abs(shares[0] - shares[1]).max(axis=-1))
