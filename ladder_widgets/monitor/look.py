"""A look at counts: windows, drift, truth, and some rows of the latest window."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.finding import Status, percent
from ladder_widgets.monitor._held_values import repeated
from ladder_widgets.monitor._score_causes import held_scores, score_cause
from ladder_widgets.monitor.baseline import SCORE, Baseline
from ladder_widgets.monitor.causes import causes
from ladder_widgets.monitor.clock import Clock, read_clock
from ladder_widgets.monitor.counts import Counts
from ladder_widgets.monitor.decisions import judge_decisions
from ladder_widgets.monitor.log import ProductionLog
from ladder_widgets.monitor.memory import Memory
from ladder_widgets.monitor.performance import performance
from ladder_widgets.monitor.rows import some_rows
from ladder_widgets.monitor.schema import SchemaReport, Violation
from ladder_widgets.monitor.triggers import Triggers
from ladder_widgets.monitor.truth import label_codes
from ladder_widgets.monitor.watch import Limits, Watch
from ladder_widgets.monitor.windows import Drift, cut, measure_drift, scores_alone, since
from ladder_widgets.validation import shown

__all__ = ["look"]

#: Violations that time alone brings about.
GOES_ON = ("range", "domain", "format")
#: Share of the labels that no class is called, and the chance that all are of one class by luck, at which
#: the feed of labels is broken.
UNREAD, ONE_CLASS = 0.05, 1e-4
#: Scores that are enough to say what was done to them.
ENOUGH = 500


def look(
    baseline: Baseline,
    counts: Counts,
    log: ProductionLog | None,
    limits: Limits,
    min_rows: int,
    triggers: Triggers,
    every: int,
    memory: Memory | None = None,
) -> Watch:
    """Compare counts with training, window by window.

    Parameters
    ----------
    baseline : Baseline
    counts : Counts
        By period.
    log : ProductionLog or None
        Where some rows of the latest window are taken from; None looks at counts only.
    limits : Limits
    min_rows : int
        Rows of a window.
    triggers : Triggers
    every : int
        Length of a window in ms.
    memory : Memory, optional
        Of earlier looks at the same log.
    """
    memory = memory or Memory()
    memory.turn()
    began = time.perf_counter()
    counts, clock = read_clock(counts)
    groups = cut(counts, min_rows, every)
    windows = counts.merged(groups, every)
    ends = np.append(windows.starts[1:], counts.starts[-1] // every * every + every)
    shifts = measure_drift(baseline, windows, limits.psi, ends, memory)
    truth = None
    if windows.axes and baseline.reference is not None and baseline.reference.axes:
        truth = performance(counts, baseline.reference, groups=groups, every=every, memory=memory)
    rows = None if log is None else _latest(baseline, log, windows, ends)
    found = {} if rows is None else causes(baseline, rows, _moved(shifts))
    moved = [name for name in baseline.sample if name in _moved(shifts)]
    same = repeated(baseline.sample, rows) if rows is not None and len(moved) > 1 else 0.0
    if log is not None and not found:  # scores follow the features
        found = _of_scores(baseline, log, windows, ends, shifts)
    return Watch(
        baseline=baseline,
        counts=windows,
        ends=ends,
        shifts=shifts,
        truth=truth,
        schema=None if log is None or rows is None else _schema(baseline, log, rows, counts, clock),
        causes={} if same else found,  # the row explains the columns
        repeated=same,
        clock=clock,
        decisions=judge_decisions(baseline, windows),
        limits=limits,
        triggers=triggers,
        rows=rows,
        seconds=time.perf_counter() - began,
    )


def _latest(baseline: Baseline, log: ProductionLog, windows: Counts, ends: np.ndarray) -> pd.DataFrame | None:
    """Some rows of the latest window; None where the log has none of it, as a batch that came late."""
    names = log.feature_names(baseline.features)
    rows = some_rows(log.engine, names, int(windows.starts[-1]), int(ends[-1]), int(windows.rows[-1]))
    return rows if len(rows) else None


def _of_scores(
    baseline: Baseline, log: ProductionLog, windows: Counts, ends: np.ndarray, shifts: Drift
) -> dict[str, str]:
    """What was done to scores that moved, from some rows since then."""
    if baseline.reference is None:
        return {}
    columns, moved, found = _score_columns(baseline, log), _moved(shifts), {}
    names = shifts.names[shifts.n_features :]
    held = [held_scores(axis) for axis in baseline.reference.axes]
    for k, (name, score) in enumerate(zip(names, baseline.scores, strict=False)):
        if name not in moved or score.label not in columns:
            continue
        first, column = since(shifts, shifts.n_features + k), columns[score.label]
        before = held_scores(windows.axes[k], slice(first))
        first = min(first + (first > 0), windows.n_periods - 1)  # some rows of the first were as before
        rows = _some_scores(log, column, windows, ends, first)
        others = {other: part for other, part in zip(names, held, strict=False) if other != name}
        words = score_cause([before, held[k]], rows[column], alone=scores_alone(shifts), others=others)
        if words is not None:
            found[name] = words
    return found


def _some_scores(
    log: ProductionLog, column: str, windows: Counts, ends: np.ndarray, first: int
) -> pd.DataFrame:
    """Some rows since a window; of the latest alone where the log has no others, as a batch that is added."""
    for start in (first, windows.n_periods - 1):
        n_rows, span = int(windows.rows[start:].sum()), (int(windows.starts[start]), int(ends[-1]))
        rows = some_rows(log.engine, [column], *span, n_rows)
        if len(rows) >= ENOUGH:
            break
    return rows


def _score_columns(baseline: Baseline, log: ProductionLog) -> dict[Any, str]:
    """The column of the score of each class that the baseline knows."""
    role, labels = log.engine.roles.get("score"), [score.label for score in baseline.scores]
    if isinstance(role, dict):
        return {label: str(role[label]) for label in labels if label in role}
    return {label: str(role) for label in labels if role is not None}


def _schema(
    baseline: Baseline, log: ProductionLog, rows: pd.DataFrame, counts: Counts, clock: Clock
) -> SchemaReport:
    """Check some rows; that a calendar or a counter goes on is no violation."""
    held = log.engine.held
    report = baseline.schema.check(rows, as_written=held is not None and isinstance(held.data, pd.DataFrame))
    restless = {name for name, feature in baseline.features.items() if not feature.told}
    kept = [v for v in report.violations if v.column not in restless or v.kind not in GOES_ON]
    times = clock.violations(str(log.engine.roles.get("timestamp")))
    first = [*times, *_lost_scores(baseline, log, rows), *_labels(baseline, log, counts)]
    return replace(report, violations=(*first, *kept))


def _labels(baseline: Baseline, log: ProductionLog, counts: Counts) -> list[Violation]:
    """Labels that are none of the model's, or all of one class where the reference has several."""
    by_class = counts.labels.sum(axis=0)
    total, reference = int(by_class.sum()), baseline.reference
    if log.engine.role("label") is None or reference is None or (by_class > 0).sum() > 1:
        return []
    column, end = str(log.engine.roles["label"]), counts.starts[-1] + counts.every
    rows = some_rows(log.engine, [column], int(counts.starts[0]), int(end), int(counts.rows.sum()))
    known = rows[column].dropna()
    strange = known[label_codes(known.reset_index(drop=True), list(baseline.classes)) < 0]
    classes = ", ".join(shown(label, 40) for label in baseline.classes[:6])
    if len(strange) >= UNREAD * max(1, len(known)) and len(strange):
        share = len(strange) / len(known)
        example = shown(str(strange.iloc[0]), 40)
        words = f"{percent(share)} of the labels are none of the model's, such as {example}"
        return [Violation("type", column, words, classes, len(strange), share)]
    usual = reference.labels.sum(axis=0) / max(1, reference.labels.sum())
    only = int(by_class.argmax())
    if total and usual[only] ** total < ONE_CLASS:
        label = shown(baseline.classes[only], 40)
        words = f"all {total:,} labels are {label}, in reference {percent(usual[only])}"
        return [Violation("type", column, words, classes, total, 1.0)]
    return []


def _lost_scores(baseline: Baseline, log: ProductionLog, rows: pd.DataFrame) -> list[Violation]:
    """Scores that the monitor was fitted with, and for which the log names no column."""
    there = _score_columns(baseline, log)
    lost = [score.label for score in baseline.scores if score.label not in there]
    if not lost:
        return []
    more = [shown(name, 40) for name in rows if name not in baseline.features]
    beside = f"; beside the features it has {', '.join(more[:6])}" if more else ""
    of = "" if len(baseline.scores) == 1 else f" of {', '.join(shown(label, 40) for label in lost[:6])}"
    words = f"the log names no column of scores{of}{beside}: ProductionLog(score=…)"
    return [Violation("dropped", SCORE, words, "scores, as the monitor was fitted with", len(rows), 1.0)]


def _moved(shifts: Drift) -> list[str]:
    """Features that moved in the latest window."""
    status = shifts.status()[:, -1]
    return [name for name, one in zip(shifts.names, status, strict=True) if one != Status.PASS.value]
