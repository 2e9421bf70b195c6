"""False alarms of triggers where nothing has changed, and how often planted drift is found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import chi2

from ladder_widgets.finding import percent
from ladder_widgets.monitor._trigger_crossing import MONTH, crossings, runs, tidy
from ladder_widgets.monitor.baseline import Baseline
from ladder_widgets.monitor.counts import Axis, Counts
from ladder_widgets.monitor.natural import Natural
from ladder_widgets.monitor.performance import performance
from ladder_widgets.monitor.windows import measure_drift
from ladder_widgets.stats import Interval, wilson
from ladder_widgets.validation import refuse, shown

if TYPE_CHECKING:
    from ladder_widgets.monitor.triggers import Triggers

__all__ = ["Simulation", "simulate"]

Rows = int | tuple[int, int]


@dataclass(frozen=True, eq=False)
class Simulation:
    """What triggers do on a model that is well, and on one whose features moved.

    Attributes
    ----------
    months, windows : int
        Months simulated, and windows in each.
    alarms : int
        How often a trigger started to fire though nothing had changed.
    per_month : Interval
        False alarms a month, with Garwood's exact 95 % interval.
    triggers : DataFrame
        The same for each trigger: ``name, kind, judged, alarms, per_month, low, high``.
    found : DataFrame
        For each planted PSI ``psi, windows, found, low, high``: the share of windows in which a trigger
        on the feature fires, with Wilson's 95 % interval.
    """

    months: int
    windows: int
    alarms: int
    per_month: Interval
    triggers: pd.DataFrame
    found: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """Return :attr:`triggers`."""
        return self.triggers

    @property
    def words(self) -> str:
        """The result in a sentence."""
        rate = self.per_month
        told = (
            f"{self.alarms} false alarms in {self.months} simulated months: {rate.mean:.2g} a month "
            f"(95 % interval {rate.low:.2g} to {rate.high:.2g})."
        )
        for row in self.found.to_dict("records"):
            told += f" A PSI of {row['psi']:g} in one feature fires in {percent(row['found'])} of windows."
        return told


def simulate(
    triggers: Triggers,
    baseline: Baseline,
    *,
    months: int = 12,
    windows: int = 30,
    rows: Rows = 1_000,
    n_features: int | None = None,
    planted: Sequence[float] = (0.3,),
    random_state: int = 0,
) -> Simulation:
    """Draw windows from training and evaluate triggers on them.

    Rows are drawn from the bins of each feature, and from those of score and label together. The training
    sample itself is drawn anew every month: its noise is part of a false alarm. Features are drawn
    independently, which makes false alarms rather more frequent than among features that go together.

    Parameters
    ----------
    triggers : Triggers
    baseline : Baseline
    months, windows : int
        Months, and windows in each.
    rows : int or (int, int)
        Rows of a window, or the range they are drawn from (evenly in the logarithm).
    n_features : int, optional
        Features to draw: the first of training's, over again if there are fewer; all by default.
    planted : sequence of float
        PSI to plant in one feature of as many windows as a year of months has, at most 200.
    random_state : int

    Raises
    ------
    ValueError
        If a parameter cannot be used, or training has no features.
    """
    for name, value in (
        ("months", months),
        ("windows", windows),
        ("n_features", 1 if n_features is None else n_features),
    ):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise refuse(name, "a whole number of at least 1", shown(value))
    low, high = (rows, rows) if isinstance(rows, int) else rows
    if not 1 <= low <= high:
        raise refuse("rows", "a number of rows, or a range (low, high)", shown(rows))
    rng = np.random.default_rng(random_state)
    chosen = _features(baseline, n_features)
    sizes = np.exp(rng.uniform(np.log(low), np.log(high), (months, windows))).round().astype(np.int64)
    alarms = np.zeros(len(triggers), dtype=np.int64)
    judged = np.zeros(len(triggers), dtype=np.int64)
    for size in sizes:
        measures = tidy(_month(chosen, size, rng))
        for k, trigger in enumerate(triggers):
            rows_judged = crossings(trigger, measures)
            judged[k] += rows_judged["start"].nunique()
            alarms[k] += len(runs(trigger, rows_judged))
    table = [
        {"name": one.name, "kind": one.kind, "judged": int(judged[k]), "alarms": int(alarms[k])}
        | dict(zip(("per_month", "low", "high"), _rate(int(alarms[k]), months), strict=True))
        for k, one in enumerate(triggers)
    ]
    total = int(alarms.sum())
    found = [_found(triggers, chosen, psi, sizes.ravel()[:200], rng) for psi in planted]
    columns = ["psi", "windows", "found", "low", "high"]
    frame = pd.DataFrame(found, columns=columns)
    return Simulation(months, windows, total, Interval(*_rate(total, months)), pd.DataFrame(table), frame)


def _features(baseline: Baseline, n_features: int | None) -> Baseline:
    """Keep the features that drift is told of, as many as wanted."""
    told = [feature for feature in baseline.features.values() if feature.told]
    if not told:
        raise refuse("baseline", "one with features that drift is told of", "one without")
    count = len(told) if n_features is None else n_features
    names = [told[k % len(told)] for k in range(count)]
    features = {
        one.name if k < len(told) else f"{one.name} ({k // len(told) + 1})": one
        for k, one in enumerate(names)
    }
    return replace(
        baseline,
        features={name: replace(one, name=name) for name, one in features.items()},
        natural=Natural(),
    )


def _month(baseline: Baseline, sizes: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Measures of windows without drift, against a training sample drawn like them."""
    trained = {
        name: replace(one, counts=rng.multinomial(one.counts.sum(), _shares(one.counts)))
        for name, one in baseline.features.items()
    }
    reference = baseline.reference
    if reference is not None and reference.axes:
        axes = tuple(_drawn_axis(axis, np.array([axis.scored.sum()]), rng) for axis in reference.axes)
        reference = replace(reference, axes=axes)
    sampled = replace(baseline, features=trained, reference=reference)
    axes = () if reference is None else reference.axes
    features = {name: rng.multinomial(sizes, _shares(one.counts)) for name, one in baseline.features.items()}
    true_axes = () if baseline.reference is None else baseline.reference.axes
    counts = _counts(features, tuple(_drawn_axis(axis, sizes, rng) for axis in true_axes), sizes)
    return _measures(sampled, counts, axes)


def _measures(baseline: Baseline, counts: Counts, axes: tuple[Axis, ...]) -> pd.DataFrame:
    """Return the measures of drift, and of the labels where there are any."""
    drift = measure_drift(baseline, counts)
    shape = drift.psi.shape
    ends = counts.starts + counts.every
    frame = pd.DataFrame(
        {
            "start": np.tile(counts.starts, shape[0]),
            "end": np.tile(ends, shape[0]),
            "rows": np.tile(counts.rows, shape[0]),
            "measure": np.repeat([f"psi:{name}" for name in drift.names], shape[1]),
            "value": drift.psi.ravel(),
            "low": drift.low.ravel(),
            "high": drift.high.ravel(),
            "mature": True,
        }
    )
    if not axes or baseline.reference is None or not any(axis.labelled.sum() for axis in axes):
        return frame
    return pd.concat([frame, performance(counts, baseline.reference).measures()], ignore_index=True)


def _drawn_axis(axis: Axis, sizes: np.ndarray, rng: np.random.Generator) -> Axis:
    """Draw rows with their score and label; all of them are labelled, if any is."""
    labelled = axis.labelled.sum(axis=0)
    if not labelled.sum():
        scored = rng.multinomial(sizes, _shares(axis.scored.sum(axis=0)))
        return replace(axis, scored=scored, labelled=np.zeros((*scored.shape, 2), np.int64), decided=None)
    drawn = rng.multinomial(sizes, _shares(labelled.ravel())).reshape(len(sizes), *labelled.shape)
    return replace(axis, scored=drawn.sum(axis=2), labelled=drawn, decided=None)


def _counts(features: dict[str, np.ndarray], axes: tuple[Axis, ...], sizes: np.ndarray) -> Counts:
    length = MONTH // len(sizes)
    labels = [axis.labelled[:, :, 1].sum(axis=1) for axis in axes]
    if len(axes) == 1:
        labels = [axes[0].labelled[:, :, 0].sum(axis=1), *labels]
    stacked = np.stack(labels, axis=1) if labels else np.zeros((len(sizes), 0), np.int64)
    starts = np.arange(len(sizes), dtype=np.int64) * length
    return Counts(int(length), starts, sizes, features, axes, stacked, as_of=int(starts[-1] + length))


def _found(
    triggers: Triggers, baseline: Baseline, psi: float, sizes: np.ndarray, rng: np.random.Generator
) -> dict[str, Any]:
    """Plant drift in the first feature, window by window, and see whether a trigger on it fires."""
    name, feature = next(iter(baseline.features.items()))
    shares = _moved(feature.pooled(feature.counts), psi)
    pool, inside = np.unique(feature.pools, return_inverse=True)
    within = feature.counts / np.maximum(feature.pooled(feature.counts)[inside], 1)
    moved = shares[inside] * within
    features = {
        other: rng.multinomial(sizes, _shares(moved if other == name else one.counts))
        for other, one in baseline.features.items()
    }
    assert len(pool) == len(shares)
    counts = replace(
        _counts(features, (), sizes), every=MONTH // 30, starts=np.arange(len(sizes)) * (MONTH // 30)
    )
    measures = tidy(_measures(replace(baseline, reference=None), counts, ()))
    fires = np.zeros(len(sizes), dtype=bool)
    for trigger in triggers:
        judged = crossings(trigger, measures)
        hits = judged[judged["fires"] & judged["measure"].eq(f"psi:{name}")]
        fires |= np.isin(counts.starts, hits["start"])
    share = wilson(float(fires.sum()), float(len(sizes)))
    return {"psi": psi, "windows": len(sizes), "found": share.mean, "low": share.low, "high": share.high}


def _moved(counts: np.ndarray, psi: float) -> np.ndarray:
    """Tilt shares along the order of their bins until they lie a given PSI from where they were."""
    shares = _shares(counts)
    order = np.linspace(-1, 1, len(shares))

    def tilted(by: float) -> np.ndarray:
        weights = shares * np.exp(by * order)
        return np.asarray(weights / weights.sum())

    def beyond(by: float) -> float:
        new, there = tilted(by), shares > 0
        return float(((new - shares)[there] * np.log(new[there] / shares[there])).sum()) - psi

    if (shares > 0).sum() < 2 or beyond(50.0) < 0:
        raise refuse("planted", "a PSI that the first feature can have", shown(psi))
    return tilted(float(brentq(beyond, 0.0, 50.0)))


def _shares(counts: np.ndarray) -> np.ndarray:
    return np.asarray(counts / max(float(counts.sum()), 1e-300))


def _rate(alarms: int, months: int) -> tuple[float, float, float]:
    """Alarms a month with their exact Poisson interval (Garwood, Biometrika 28, 1936)."""
    low = chi2.ppf(0.025, 2 * alarms) / 2 if alarms else 0.0
    high = chi2.ppf(0.975, 2 * (alarms + 1)) / 2
    return alarms / months, float(low) / months, float(high) / months
