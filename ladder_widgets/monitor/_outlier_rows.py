"""Which rows of a batch are unlike training: by single values, and by all of them together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.ensemble import IsolationForest

from ladder_widgets.monitor._schema_column import Column
from ladder_widgets.monitor._schema_judge import refuses_level
from ladder_widgets.monitor._schema_names import places
from ladder_widgets.monitor._schema_values import distinct, plain_value, sort
from ladder_widgets.monitor.drift import is_time_or_id
from ladder_widgets.monitor.schema import Schema
from ladder_widgets.rungs.design import Design
from ladder_widgets.table import Feature, Table

__all__ = ["OutlierPair", "isolation", "pairs_of", "refused"]

#: Training rows that are used; half of them grow the forest, the others calibrate it.
ROWS = 2_000
TREES = 100


@dataclass(frozen=True, eq=False)
class OutlierPair:
    """A column in a sample of training and in a batch, with its schema.

    ``steady`` is false of dates, counters and ids, which move on by themselves.
    """

    column: Column
    trained: Feature
    served: Feature
    steady: bool

    @property
    def words(self) -> bool:
        """Whether it is a category."""
        return self.column.kind == "category"


def pairs_of(schema: Schema, trained: Table, served: Table) -> list[OutlierPair]:
    """Match the columns of a sample and a batch that the schema knows."""
    own = places(schema, trained.names, nameless=trained.nameless)
    other = places(schema, served.names, nameless=served.nameless)
    found = []
    for column in schema.columns:
        if column.name in own and column.name in other:
            before, after = trained.feature(own[column.name]), served.feature(other[column.name])
            steady = column.kind != "datetime" and not is_time_or_id(before, after)
            found.append(OutlierPair(column, before, after, steady))
    return found


def refused(pair: OutlierPair) -> np.ndarray:
    """Mark the rows whose value the schema refuses, whatever the other values are."""
    column, feature = pair.column, pair.served
    gaps = feature.missing
    bad = gaps & (not column.nullable)
    if column.kind == "datetime":
        return bad
    if pair.words:
        return bad | _refused_levels(column, feature.series)
    values = numbers_of(feature)
    low, high = column.limits
    infinite = np.isinf(values) & (column.infinite == 0)
    return bad | (np.isnan(values) & ~gaps) | (values < low) | (values > high) | infinite


def numbers_of(feature: Feature) -> np.ndarray:
    """Numbers of a column, NaN where it holds something else."""
    if feature.kind != "category":
        return feature.numbers()
    seen = distinct(feature.series)
    levels = [float(value) if sort(value) in ("number", "flag") else np.nan for value in seen.values]
    return np.append(levels, np.nan)[seen.codes]


def _refused_levels(column: Column, series: pd.Series) -> np.ndarray:
    if not refuses_level(column):
        return np.zeros(len(series), dtype=bool)
    seen = distinct(series)
    new = [plain_value(value) not in column.known for value in seen.values]
    return np.append(new, False).astype(bool)[seen.codes]


def isolation(
    pairs: list[OutlierPair], rate: float, random_state: int | None
) -> tuple[np.ndarray, float, int]:
    """Score rows by an isolation forest.

    Returns
    -------
    ndarray of shape (n_rows,)
        Scores from 0 to 1, higher where fewer cuts tell a row from the others.
    float
        Score above which a row is flagged.
    int
        Rows of training it was calibrated on.
    """
    steady = [pair for pair in pairs if pair.steady]
    n_rows = len(pairs[0].served.series)
    if not steady:
        return np.zeros(n_rows), np.inf, 0
    rng = np.random.default_rng(random_state)
    n_trained = len(steady[0].trained.series)
    rows = rng.permutation(n_trained)[:ROWS]
    grown, held = rows[: len(rows) // 2], rows[len(rows) // 2 :]
    before, after = _matrices(steady, grown)
    seed = None if random_state is None else int(rng.integers(2**31))
    forest = IsolationForest(n_estimators=TREES, random_state=seed).fit(before[grown])
    ranked = np.sort(-forest.score_samples(before[held]))[::-1]
    place = int(rate * (len(held) + 1))
    return -forest.score_samples(after), float(ranked[place - 1]) if place else np.inf, len(held)


def _matrices(pairs: list[OutlierPair], grown: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both sides as numbers: levels by their frequency, gaps as the median with a column of their own."""
    before = Table(pd.DataFrame({str(at): pair.trained.series.array for at, pair in enumerate(pairs)}), "X")
    after = Table(pd.DataFrame({str(at): pair.served.series.array for at, pair in enumerate(pairs)}), "X")
    design = Design(before)
    first, second = design.matrix(before), design.matrix(after)
    gaps = np.isnan(first[grown]).any(axis=0)
    middle = np.array(
        [np.median(own[~np.isnan(own)]) if (~np.isnan(own)).any() else 0.0 for own in first[grown].T]
    )
    filled = [
        np.column_stack([np.where(np.isnan(one), middle, one), np.isnan(one)[:, gaps]])
        for one in (first, second)
    ]
    return filled[0], filled[1]
