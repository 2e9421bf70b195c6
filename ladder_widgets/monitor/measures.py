"""The figures of every window, one row each: what triggers are about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ladder_widgets.monitor._sentence_truth import overdue
from ladder_widgets.monitor.baseline import Baseline, score_names

if TYPE_CHECKING:
    from ladder_widgets.monitor.watch import Watch

__all__ = ["known_measures", "measures"]

#: Measures of whole windows; those of labels have an ``_estimated`` beside them.
WHOLE = ("psi", "ks", "missing", "rows", "coverage", "labels_overdue", "schema_violations")
OF_LABELS = ("auc", "auc_drop", "average_precision", "average_precision_drop")
OF_POSITIVE = ("prevalence", "calibration", "brier")
Values = np.ndarray | pd.Series


def known_measures(baseline: Baseline) -> list[str]:
    """Return the names of all measures that a log can have."""
    told = [name for name, feature in baseline.features.items() if feature.told]
    moving = [*told, *score_names(baseline.scores)]
    found = [*WHOLE, *(f"{family}:{name}" for family in ("psi", "ks") for name in moving)]
    found += [f"missing:{name}" for name in (*baseline.features, *score_names(baseline.scores))]
    return [*found, *(f"{name}{end}" for name in (*OF_LABELS, *OF_POSITIVE) for end in ("", "_estimated"))]


def measures(watch: Watch) -> pd.DataFrame:
    """Return one row per window and measure.

    Returns
    -------
    DataFrame
        Columns start, end, rows, measure, value, low, high (of a 95 % interval, the value itself where
        there is none; that of a PSI begins at 0 where training itself went as far) and mature (whether the
        figure of the labels can be trusted; True for others).
    """
    frame = _frame(watch, list(_every(watch)))
    if watch.truth is not None:
        told = watch.truth.measures()
        dates = {name: pd.to_datetime(told[name], unit="ms") for name in ("start", "end")}
        frame = pd.concat([frame, told.assign(**dates)], ignore_index=True)
    return frame[np.isfinite(frame["value"].to_numpy())].reset_index(drop=True)


def _frame(watch: Watch, told: list[tuple[Any, ...]]) -> pd.DataFrame:
    """One frame of all measures: name, value, and the ends of the interval where there is one."""
    n_windows, n_measures = len(watch.ends), len(told)
    # One array each: a frame for every measure takes longer than counting some million rows.
    ends = [np.concatenate([_end(one, which) for one in told]).astype(float) for which in (1, 2, 3)]
    return pd.DataFrame(
        {
            "start": np.tile(pd.to_datetime(watch.counts.starts, unit="ms"), n_measures),
            "end": np.tile(pd.to_datetime(watch.ends, unit="ms"), n_measures),
            "rows": np.tile(watch.counts.rows, n_measures),
            "measure": np.repeat([one[0] for one in told], n_windows),
            **dict(zip(("value", "low", "high"), ends, strict=True)),
            "mature": True,
        }
    )


def _end(measure: tuple[Any, ...], which: int) -> np.ndarray:
    return np.asarray(measure[which] if which < len(measure) else measure[1])


def _every(watch: Watch) -> Iterator[tuple[Any, ...]]:
    shifts = watch.shifts
    # What training itself does is no alarm of any trigger: the interval says that it may be nothing.
    low = np.where(shifts.usual, 0.0, shifts.low)
    for i, name in enumerate(shifts.names):
        yield f"psi:{name}", shifts.psi[i], low[i], shifts.high[i]
        yield f"ks:{name}", shifts.ks[i]
    if shifts.names:
        top, column = shifts.psi.argmax(axis=0), np.arange(len(watch.ends))
        yield "psi", *(part[top, column] for part in (shifts.psi, low, shifts.high))
    for name in watch.baseline.features:
        yield f"missing:{name}", watch.counts.features[name][:, -1] / np.maximum(1, watch.counts.rows)
    for pair in shifts.pairs[shifts.n_features :]:
        yield f"missing:{pair.name}", pair.windows[:, -1] / np.maximum(1, watch.counts.rows)
    yield "rows", watch.counts.rows
    if watch.decisions is not None:
        yield "decided_otherwise", *watch.decisions.otherwise
    if watch.truth is not None:
        yield "labels_overdue", overdue(watch.truth.windows)
    if watch.schema is not None:
        violations = np.full(len(watch.ends), np.nan)
        violations[-1] = len(watch.schema.grave)
        yield "schema_violations", violations
