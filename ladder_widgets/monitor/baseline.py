"""Training, summed up once: what every later batch is compared with."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.monitor.counts import Axis, Counts
from ladder_widgets.monitor.drift import is_time_or_id
from ladder_widgets.monitor.grid import FINE, Grid
from ladder_widgets.monitor.natural import Natural
from ladder_widgets.monitor.schema import Schema
from ladder_widgets.plain import to_plain
from ladder_widgets.table import Feature, Kind, Table
from ladder_widgets.values import as_text, storable

__all__ = [
    "SCORE",
    "Baseline",
    "FeatureBaseline",
    "ScoreBaseline",
    "evenly",
    "labels_of",
    "learn_features",
    "learn_score",
    "pooled",
    "pools",
    "score_names",
]

#: Bins of a feature and of a score, pools of bins for the PSI, and levels with a bin of their own.
BINS, SCORE_BINS, POOLS, LEVELS = 40, 400, 10, 30
#: What the score is called among the features.
SCORE = "score"
#: Levels from which words are names rather than categories: only their gaps are counted.
MANY_LEVELS = 1_000
#: Training rows kept for what needs rows: unlike rows, joint drift, the words of a change.
SAMPLE = 2_000


@dataclass(frozen=True, eq=False)
class FeatureBaseline:
    """One column of training.

    Attributes
    ----------
    name : str
    kind : {"number", "boolean", "datetime", "category"}
    counts : ndarray of shape (n_bins + 1,)
        Training rows in each bin, missing ones last.
    grid : Grid or None
        Bins of numbers, booleans and dates.
    levels : tuple of str
        Levels with a bin of their own; all others share the bin after them.
    told : bool
        Whether its drift is told of: dates, counters and ids move without anything having changed.
    """

    name: str
    kind: Kind
    counts: np.ndarray
    grid: Grid | None = None
    levels: tuple[str, ...] = ()
    told: bool = True

    @property
    def counted(self) -> bool:
        """Whether its values fall into bins; of names and free text only the gaps are counted."""
        return self.grid is not None or bool(self.levels)

    @cached_property
    def pools(self) -> np.ndarray:
        """Pool of each bin for the PSI, int64 of shape (n_bins + 1,): deciles of training, missing apart."""
        return np.arange(len(self.counts)) if self.grid is None else pools(self.counts)

    @cached_property
    def pool_labels(self) -> list[str]:
        """What each pool holds, in words; the last is missing."""
        if self.grid is not None:
            return labels_of(self.grid, self.pools)
        return [*self.levels, "others" if self.levels else "present", "missing"]

    def bins(self, feature: Feature) -> np.ndarray:
        """Return the bin of every value of a column, int64 of shape (n_rows,)."""
        if self.grid is not None:
            return self.grid.bins(feature.numbers())
        codes, names = feature.codes()
        place = {level: number for number, level in enumerate(self.levels)}
        others = len(self.levels)
        found = [place.get(storable(name), others) for name in names]
        return np.array([*found, others + 1], dtype=np.int64)[codes]

    def pooled(self, counts: np.ndarray) -> np.ndarray:
        """Sum the bins of each pool; counts have shape (…, n_bins + 1)."""
        return pooled(counts, self.pools)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "name": self.name,
            "kind": self.kind,
            "counts": self.counts.tolist(),
            "grid": None if self.grid is None else self.grid.to_dict(),
            "levels": list(self.levels),
            "told": self.told,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> FeatureBaseline:
        """Build it from plain data."""
        return cls(
            name=str(data["name"]),
            kind=data["kind"],
            counts=np.asarray(data["counts"], dtype=np.int64),
            grid=None if data["grid"] is None else Grid.from_dict(data["grid"]),
            levels=tuple(data["levels"]),
            told=bool(data["told"]),
        )


@dataclass(frozen=True, eq=False)
class ScoreBaseline:
    """Scores of one class on rows the model had not seen.

    Attributes
    ----------
    label : object
        The class.
    grid : Grid
    values : ndarray of shape (n_bins,)
        Mean score of each bin, ascending.
    """

    label: Any
    grid: Grid
    values: np.ndarray

    def axis(self, n_periods: int) -> Axis:
        """Return an axis without rows."""
        shape = (n_periods, len(self.values) + 1)
        return Axis(self.label, self.values, np.zeros(shape, np.int64), np.zeros((*shape, 2), np.int64))


@dataclass(frozen=True, eq=False)
class Baseline:
    """What a monitor knows of training.

    Attributes
    ----------
    classes : tuple
        Labels in the order of the model; empty where none are known.
    positive : int
        Position of the positive class among them.
    schema : Schema
    features : dict of str to FeatureBaseline
    scores : tuple of ScoreBaseline
        For two classes one, of the positive class; for more one each; empty without scores.
    reference : Counts or None
        Rows the model had not seen, with their scores and labels, in one period.
    n_rows : int
        Training rows.
    sample : DataFrame
        Some of them.
    natural : Natural
        How far windows of training lie from the whole of it, as PSI, by their length.
    notes : tuple of str
        What should be known of how it was learned.
    """

    classes: tuple[Any, ...]
    positive: int
    schema: Schema
    features: dict[str, FeatureBaseline]
    scores: tuple[ScoreBaseline, ...]
    reference: Counts | None
    n_rows: int
    sample: pd.DataFrame
    natural: Natural = field(default_factory=Natural)
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, without pickles."""
        scores = [
            {"label": to_plain(s.label), "grid": s.grid.to_dict(), "values": s.values.tolist()}
            for s in self.scores
        ]
        return {
            "classes": [to_plain(label) for label in self.classes],
            "positive": self.positive,
            "schema": self.schema.to_dict(),
            "features": [feature.to_dict() for feature in self.features.values()],
            "scores": scores,
            "reference": None if self.reference is None else self.reference.to_dict(),
            "n_rows": self.n_rows,
            "sample": _frame_to_dict(self.sample),
            "natural": self.natural.to_dict(),
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Baseline:
        """Build a baseline from plain data."""
        scores = tuple(
            ScoreBaseline(s["label"], Grid.from_dict(s["grid"]), np.asarray(s["values"], dtype=float))
            for s in data["scores"]
        )
        features = [FeatureBaseline.from_dict(feature) for feature in data["features"]]
        bare = cls(
            classes=tuple(data["classes"]),
            positive=int(data["positive"]),
            schema=Schema.from_dict(data["schema"]),
            features={feature.name: feature for feature in features},
            scores=scores,
            reference=None,
            n_rows=int(data["n_rows"]),
            sample=_frame_from_dict(data["sample"]),
            natural=Natural.from_dict(data["natural"]),
            notes=tuple(data["notes"]),
        )
        if data["reference"] is None:
            return bare
        return replace(bare, reference=Counts.from_dict(data["reference"], [s.axis(1) for s in scores]))


def pooled(counts: np.ndarray, pool: np.ndarray) -> np.ndarray:
    """Sum the bins of each pool; counts have shape (…, n_bins)."""
    return np.asarray(counts @ (pool[:, None] == np.unique(pool)[None, :]).astype(np.int64))


def pools(counts: np.ndarray) -> np.ndarray:
    """Return the pool of each bin, int64 of shape (n_bins + 1,), for bins of a grid.

    Deciles of training; what is beyond training on either side, and missing values, stand for themselves.
    """
    inner = counts[:-1]
    if len(inner) <= POOLS + 2:
        return np.arange(len(counts))
    middle = (np.cumsum(inner) - inner / 2) / max(1, inner.sum())
    pool = 1 + np.minimum((middle * POOLS).astype(np.int64), POOLS - 1)
    pool[0], pool[-1] = 0, POOLS + 1
    return np.append(pool, POOLS + 2)


def learn_features(table: Table) -> dict[str, FeatureBaseline]:
    """Learn the bins of every column of a training table."""
    return {feature.name: _learn(feature) for feature in table.features()}


def _learn(feature: Feature) -> FeatureBaseline:
    told = not is_time_or_id(feature, feature)
    if feature.kind != "category":
        values = feature.numbers()
        grid = Grid.fit(values, BINS)
        counts = np.bincount(grid.bins(values), minlength=grid.n_bins + 1)
        return FeatureBaseline(feature.name, feature.kind, counts, grid, told=told)
    codes, names = feature.codes()
    sizes = np.bincount(codes[codes >= 0], minlength=len(names))
    common = np.argsort(-sizes, kind="stable")[: 0 if (sizes > 0).sum() > MANY_LEVELS else LEVELS]
    common = common[sizes[common] > 0]
    inside = int(sizes[common].sum())
    counts = np.array([*sizes[common], sizes.sum() - inside, len(codes) - sizes.sum()], dtype=np.int64)
    levels = tuple(storable(names[place]) for place in common)
    return FeatureBaseline(feature.name, "category", counts, None, levels, told)


def learn_score(label: Any, scores: np.ndarray) -> ScoreBaseline:
    """Learn the bins of a score from rows the model had not seen."""
    grid = Grid.fit(scores, SCORE_BINS, FINE)
    bins = grid.bins(scores)
    inside = bins < grid.n_bins
    rows = np.bincount(bins[inside], minlength=grid.n_bins)
    total = np.bincount(bins[inside], weights=scores[inside], minlength=grid.n_bins)
    means = total / np.maximum(rows, 1)
    present = scores[inside]
    low, high = (float(present.min()), float(present.max())) if len(present) else (0.0, 0.0)
    share = low >= 0 and high <= 1
    means[0], means[-1] = (low / 2, (1 + high) / 2) if share else (low, high)
    return ScoreBaseline(label, grid, np.maximum.accumulate(means))


def score_names(scores: Sequence[ScoreBaseline]) -> list[str]:
    """Return what each score is called among the features."""
    return [SCORE] if len(scores) == 1 else [f"{SCORE} of {score.label}" for score in scores]


def labels_of(grid: Grid, pool: np.ndarray) -> list[str]:
    """Return what each pool of the bins of a grid holds, in words; the last is missing."""
    edges = [_short(grid.edge(cut)) for cut in grid.cuts]
    lows, highs = [None, *edges], [*edges, None]
    found = []
    for one in np.unique(pool)[:-1]:
        bins = np.flatnonzero(pool[:-1] == one)
        low, high = lows[bins[0]], highs[bins[-1]]
        both = f"{low} to {high}" if low and high else f"below {high}" if high else f"above {low}"
        found.append(both if low or high else "any")
    return [*found, "missing"]


def evenly(n_rows: int, at_most: int = SAMPLE) -> np.ndarray:
    """Return positions spread evenly over the rows."""
    if n_rows <= at_most:
        return np.arange(n_rows)
    return np.linspace(0, n_rows - 1, at_most).round().astype(np.int64)


def _short(value: float) -> str:
    return f"{value:,.4g}" if abs(value) < 1e4 or not np.isfinite(value) else f"{float(f'{value:.4g}'):,.0f}"


# ---- rows as plain data ------------------------------------------------------------------------


def _frame_to_dict(frame: pd.DataFrame) -> list[dict[str, Any]]:
    columns: list[dict[str, Any]] = []
    for position, name in enumerate(frame.columns):
        series = frame.iloc[:, position]
        kind = Feature(str(name), name, series).kind
        columns.append({"name": str(name), "kind": kind, "values": _values(series, kind)})
    return columns


def _values(series: pd.Series, kind: Kind) -> Sequence[Any]:
    if kind == "datetime":
        numbers = Feature("", "", series).numbers()
        return [None if np.isnan(value) else int(value) for value in numbers]
    if kind == "number":
        return [_plain_number(value) for value in Feature("", "", series).numbers().tolist()]
    missing = series.isna().to_numpy()
    values = series.astype(object).tolist()
    plain = _plain_text if kind == "category" else bool
    return [None if gap else plain(value) for gap, value in zip(missing, values, strict=True)]


def _plain_number(value: float) -> float | str | None:
    """JSON knows no infinity: it is written as text."""
    return value if math.isfinite(value) else None if math.isnan(value) else str(value)


def _plain_text(value: Any) -> str:
    return storable(as_text(value))


def _frame_from_dict(columns: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    made = {}
    for column in columns:
        values, kind = column["values"], column["kind"]
        if kind == "number":
            made[column["name"]] = pd.Series(np.array(values, dtype=float))
        elif kind == "datetime":
            made[column["name"]] = pd.to_datetime(pd.Series(values, dtype="Int64"), unit="ms", utc=True)
        else:
            made[column["name"]] = pd.Series(values, dtype=object)
    return pd.DataFrame(made)
