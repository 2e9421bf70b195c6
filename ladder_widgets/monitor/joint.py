"""Drift of all columns together: a classifier tells the rows of a batch from those of training, or cannot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedKFold

from ladder_widgets.monitor._schema_values import distinct
from ladder_widgets.monitor.drift import is_time_or_id
from ladder_widgets.rungs.design import Design
from ladder_widgets.stats import delong
from ladder_widgets.table import Feature, Table, TableView
from ladder_widgets.validation import refuse

__all__ = ["JointDrift", "joint_drift"]

#: Rows of either side, and folds.
ROWS, FOLDS = 2_000, 5
#: Rows of either side below which nothing is said.
MIN_ROWS = 50
#: Share of distinct training rows from which a row that comes twice is a copy.
DISTINCT = 0.97
#: p-value from which the features that give the batch away are looked for, and how many are named.
TELLING, NAMED = 0.05, 10
#: Variance of a mean over folds against that of independent parts: each pair of rows counts twice.
TWICE = 2.0
#: The same for the p-value, with a margin: at 2.0 it is uniform where nothing has moved, and then 3 of 200
#: such batches fall below 0.01 as often as not.
CAUTIOUS = 2.8
SETTINGS = {"max_iter": 60, "max_leaf_nodes": 15, "min_samples_leaf": 20, "early_stopping": False}


@dataclass(frozen=True)
class JointDrift:
    """A classifier's two-sample test.

    Attributes
    ----------
    auc, low, high : float
        Area under the curve of telling batch from training on held-out rows, and its 95 % interval;
        0.5 where nothing has moved.
    p_value : float
        Of no drift at all, against a classifier that does better than chance.
    n : int
        Rows looked at, of both sides.
    features : tuple of (str, float)
        What gives the batch away: by how much the area falls if a column is shuffled among held-out rows,
        largest first. Empty where there is nothing to explain.
    """

    auc: float
    low: float
    high: float
    p_value: float
    n: int
    features: tuple[tuple[str, float], ...] = ()


def joint_drift(sample: Any, batch: Any, *, random_state: int | None = 0) -> JointDrift:
    """Test whether rows of a batch can be told from rows of training.

    Gradient boosting is fitted on four fifths of the rows and asked about the rest, five times (a
    classifier two-sample test: Lopez-Paz & Oquab, ICLR 2017). The area under the curve of each fold is a
    Mann–Whitney statistic of rows the classifier has not seen: under no drift it is normal about 0.5 with
    variance ``(m + n + 1) / (12 m n)``. The folds are not independent, for what row i says of row j in one
    fold, j says of i in another: every pair counts twice, and the variance of the mean of the folds is
    twice what it were otherwise (2.8 times for the p-value, to be on the safe side). Dates, counters and
    ids are left out, and copies of rows where training has next to none: either would tell the sides apart.

    Parameters
    ----------
    sample, batch : frame, array or sparse matrix of shape (n_rows, n_features)
        Rows of training and of production; at most 2,000 of each are used, drawn at random. Columns that
        both have are compared.
    random_state : int or None

    Raises
    ------
    ValueError
        If there are fewer than 50 rows on a side, or no column to compare.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> train = pd.DataFrame({"x": rng.normal(size=600), "y": rng.normal(size=600)})
    >>> drift = joint_drift(train, train.assign(y=train["x"]))
    >>> drift.p_value < 0.001, drift.auc > 0.8
    (True, True)
    """
    rng = np.random.default_rng(random_state)
    X, y, names, categorical = _matrix(Table(sample, "sample"), Table(batch, "batch"), rng)
    seed = int(rng.integers(2**31))
    scores, models, folds = np.empty(len(y)), [], []
    for train, held in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(X, y):
        model = HistGradientBoostingClassifier(
            categorical_features=categorical, random_state=seed, **SETTINGS
        )
        scores[held] = _score(model.fit(X[train], y[train]), X[held])
        models.append(model)
        folds.append(held)
    parts = [delong(y[held], scores[held]) for held in folds]
    auc = float(np.mean([interval.mean for interval, _ in parts]))
    half = 1.96 * float(np.sqrt(TWICE * np.sum([error**2 for _, error in parts]))) / FOLDS
    p_value = _p_value(auc, [y[held] for held in folds])
    features = _telling(X, y, models, folds, names, rng) if p_value < TELLING else ()
    return JointDrift(auc, max(0.0, auc - half), min(1.0, auc + half), p_value, len(y), features)


def _p_value(auc: float, folds: list[np.ndarray]) -> float:
    sides = [(float(own.sum()), float((~own).sum())) for own in folds]
    variance = CAUTIOUS * sum((m + n + 1) / (12 * m * n) for m, n in sides) / len(sides) ** 2
    return float(stats.norm.sf((auc - 0.5) / np.sqrt(variance)))


def _score(model: Any, X: np.ndarray) -> np.ndarray:
    return np.asarray(model.decision_function(X))


def _telling(
    X: np.ndarray,
    y: np.ndarray,
    models: list[Any],
    folds: list[np.ndarray],
    names: np.ndarray,
    rng: np.random.Generator,
) -> tuple[tuple[str, float], ...]:
    """Fall of the area when the columns that stem from one of the user's are shuffled, mean of the folds."""
    found = []
    whole = [
        delong(y[held], _score(model, X[held]))[0].mean for model, held in zip(models, folds, strict=True)
    ]
    for name in dict.fromkeys(names):
        own = np.flatnonzero(names == name)
        falls = []
        for model, held, area in zip(models, folds, whole, strict=True):
            shuffled = X[held].copy()
            shuffled[:, own] = shuffled[rng.permutation(len(held))][:, own]
            falls.append(area - delong(y[held], _score(model, shuffled))[0].mean)
        found.append((str(name), float(np.mean(falls))))
    told = sorted((one for one in found if one[1] > 0), key=lambda one: -one[1])
    return tuple(told[:NAMED])


def _matrix(
    sample: Table, batch: Table, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Both sides as one matrix of numbers and codes, whose row is of the batch, and what columns are."""
    for table in (sample, batch):
        if table.n_rows < MIN_ROWS:
            raise refuse(table.parameter, f"a table of at least {MIN_ROWS} rows", f"{table.n_rows} rows")
    sample, batch = (TableView(one, _drawn(np.arange(one.n_rows), 2 * ROWS, rng)) for one in (sample, batch))
    copies = [_copies(one) for one in (sample, batch)]
    natural = copies[0].mean() > 1 - DISTINCT
    sample, batch = (
        TableView(one, _drawn(np.flatnonzero(natural | ~own), ROWS, rng))
        for one, own in zip((sample, batch), copies, strict=True)
    )
    pairs = [(sample.feature(name), batch.feature(name)) for name in sample.names if name in batch.names]
    pairs = [pair for pair in pairs if not is_time_or_id(*pair)]
    if not pairs:
        hint = "Dates, counters and ids do not count."
        raise refuse("batch", "a table that shares a column with 'sample'", ", ".join(batch.names[:5]), hint)
    both = Table(pd.DataFrame({before.name: _joined(before, after) for before, after in pairs}), "batch")
    design = Design(both)
    side = np.repeat([False, True], [sample.n_rows, batch.n_rows])
    return design.matrix(both), side, design.sources, design.categorical


def _drawn(rows: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """At most ``count`` of the rows, in their order: it tells what counts time."""
    return rows if len(rows) <= count else np.sort(rng.choice(rows, count, replace=False))


def _copies(table: Table) -> np.ndarray:
    """Mark the rows that are the same as an earlier one."""
    codes = {place: distinct(feature.series).codes for place, feature in enumerate(table.features())}
    return pd.DataFrame(codes).duplicated().to_numpy()


def _joined(before: Feature, after: Feature) -> np.ndarray:
    """A column of both sides: numbers where training has them, else the texts of its values."""
    if before.kind != "category":
        return np.concatenate([before.numbers(), _numbers(after)])
    series = [one.series.astype(object) for one in (before, after)]
    return pd.concat(series, ignore_index=True).map(str, na_action="ignore").astype(object).to_numpy()


def _numbers(feature: Feature) -> np.ndarray:
    """Numbers of a column, also those written as text: a change of type is the schema's to tell."""
    if feature.kind != "category":
        return feature.numbers()
    return np.asarray(pd.to_numeric(feature.series.astype(object), errors="coerce"), dtype=float)
