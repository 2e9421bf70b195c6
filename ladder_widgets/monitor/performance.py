"""How good the model is in use, window by window, from labels that arrive late, by choice, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd

from ladder_widgets.monitor._perf_arrival import Ratio
from ladder_widgets.monitor._perf_chosen import Likeness, likeness
from ladder_widgets.monitor._perf_figures import auc
from ladder_widgets.monitor._perf_strata import Score
from ladder_widgets.monitor._perf_transfer import LATEST, Pair, Transfer, transfer
from ladder_widgets.monitor._perf_truth import Arrivals
from ladder_widgets.monitor._perf_weights import Source
from ladder_widgets.monitor._perf_window import (
    KINDS,
    OF_EACH,
    Judged,
    as_labelled,
    judge,
    promised,
    source_of,
)
from ladder_widgets.monitor._perf_words import assumptions_of
from ladder_widgets.monitor.counts import Axis, Counts
from ladder_widgets.monitor.memory import Memory, content
from ladder_widgets.stats import wilson
from ladder_widgets.validation import refuse, shown

__all__ = ["Performance", "performance"]

#: Figures that are means over the classes where there are more than two.
RANKED = ("auc", "average_precision", "brier")
#: Figures of the positive class of two.
OF_POSITIVE = ("prevalence", "calibration")
NOTHING = Score(np.nan, np.nan, np.nan, np.nan)


@dataclass(frozen=True, eq=False)
class Performance:
    """What the labels say of a log, as far as they have come.

    Attributes
    ----------
    windows : DataFrame
        One row per window: ``start`` and ``end`` in ms since 1970 UTC, ``rows``, ``labelled``, ``coverage``
        and the share ``expected`` at this age, ``mature``, the median ``delay`` in ms, ``naive_auc`` of the
        labels as they are, and each of ``auc``, ``average_precision``, ``prevalence``, ``calibration``
        (positive minus mean score) and ``brier`` with ``_low`` and ``_high`` (95 %) and ``_se``.
        ``auc_kind`` says where all these come from: ``labels`` as they are, labels ``reweighted`` to stand
        for all rows, or ``estimated`` from scores. ``borrowed`` is the share of rows judged by other
        windows' labels.
    baseline : DataFrame
        The same figures of the reference, in one row.
    time_to_label : DataFrame
        Columns ``label, delay, share, low, high``: the share of rows with a label by a delay (ms); for each
        class whose delays differ, the share of its labels, and of those of all other classes.
    maturity : int or None
        Delay in ms by which the target share of the labels that ever come have come, in every class.
    representative : DataFrame
        Per window ``start, representative, words``: whether labelled rows are like the others.
    assumptions : tuple of str
        What the figures rest on.
    """

    windows: pd.DataFrame
    baseline: pd.DataFrame
    time_to_label: pd.DataFrame
    maturity: int | None
    representative: pd.DataFrame
    assumptions: tuple[str, ...] = field(default=())

    def frame(self) -> pd.DataFrame:
        """Return :attr:`windows`."""
        return self.windows

    def measures(self) -> pd.DataFrame:
        """Return the figures that triggers look at, one row per window and measure.

        Columns ``start, end, rows, measure, value, low, high, mature``. ``auc_drop`` and
        ``average_precision_drop`` are the reference minus the window, with the noise of both; where they
        are estimated from scores they are called ``auc_drop_estimated``, since no label of the window
        stands behind them.
        """
        from ladder_widgets.monitor._perf_measures import measures_of

        return measures_of(self.windows, self.baseline.iloc[0])


def performance(
    counts: Counts,
    reference: Counts,
    *,
    target: float = 0.95,
    groups: Sequence[np.ndarray] | None = None,
    every: int | None = None,
    memory: Memory | None = None,
) -> Performance:
    """Judge each window of a log by the labels that have arrived.

    Mature windows are judged by their labels. In the others, and where labels go to some scores rather
    than to others, labels are weighted: by the inverse of the coverage at about their score, and by how
    much sooner their class gets its label than the other, as far as the score does not explain that.
    Windows with too few labels are judged by their scores and what these scores meant in the latest
    mature windows (confidence-based performance estimation).

    Parameters
    ----------
    counts : Counts
        By period.
    reference : Counts
        Held-out rows of training with their labels, in one period, on the same bins.
    target : float
        Share of the labels that ever come from which a window is mature.
    groups : sequence of ndarray of int, optional
        Positions of the periods of each window; each period is a window by default. Delays are learned
        from periods, whatever the windows.

    every : int, optional
        Length in ms of the grid that windows begin and end on; that of a period by default.
    memory : Memory, optional
        Of earlier looks at the same log: windows that are as they were are not judged again.

    Returns
    -------
    Performance

    Raises
    ------
    ValueError
        If ``target`` is not between 0 and 1, or the reference has other axes.

    Notes
    -----
    Intervals come from the delta method over independent rows. For complete labels that is DeLong's
    variance of the AUC (Biometrics 44, 1988). The interval has the form of Wilson's with as many rows as
    give that variance. With more than two classes AUC, average precision and Brier score are means over
    the classes, each against the rest; their errors are taken to be perfectly correlated, which is the
    widest they can be.
    """
    if not 0 < target < 1:
        raise refuse("target", "a share between 0 and 1", shown(target))
    if reference.axes and [len(a.values) for a in reference.axes] != [len(a.values) for a in counts.axes]:
        raise refuse("reference", "counts with the axes of 'counts'", f"{len(reference.axes)} other axes")
    parts = [np.array([k]) for k in range(counts.n_periods)] if groups is None else [*map(np.asarray, groups)]
    if not parts:
        raise refuse("counts", "counts of at least one period", "none")
    log = _Log.of(counts, parts, every or counts.every, Arrivals.of(counts, target))
    memory = memory or Memory()
    like = likeness(counts.axes, parts, memory)
    judged, known = _judged(log, like, reference, memory)
    frame = _frame(log, judged, memory)
    return Performance(
        frame,
        memory.recall(
            ("baseline", *content(*(axis.labelled for axis in reference.axes))), lambda: _baseline(reference)
        ),
        log.arrivals.frame(counts.axes),
        None if log.arrivals.maturity is None else int(log.arrivals.maturity),
        _representative(log.windows, like),
        assumptions_of(frame, log.arrivals, counts.axes, target, known),
    )


@dataclass(frozen=True, eq=False)
class _Log:
    """A log by period and by window, and what is known of its labels."""

    counts: Counts
    windows: Counts
    parts: list[np.ndarray]
    arrivals: Arrivals
    coverage: np.ndarray
    mature: np.ndarray

    @classmethod
    def of(cls, counts: Counts, parts: list[np.ndarray], every: int, arrivals: Arrivals) -> _Log:
        windows = counts.merged(parts, every)
        coverage = windows.labels.sum(axis=1) / np.maximum(windows.rows, 1)
        told = [arrivals.mature(counts, part, share) for part, share in zip(parts, coverage, strict=True)]
        return cls(counts, windows, parts, arrivals, coverage, np.array(told))

    def ratio(self, axis: int, part: np.ndarray) -> Ratio | None:
        """Ratio of the hazards of a label at the age of some periods; None if unknown or no matter."""
        coverage = self.counts.labels[part].sum() / max(self.counts.rows[part].sum(), 1)
        if self.arrivals.mature(self.counts, part, coverage):
            return None
        return self.arrivals.ratio(axis, self.counts, part, float(coverage))


def _judged(
    log: _Log, like: list[Likeness], reference: Counts, memory: Memory
) -> tuple[list[list[Judged]], list[Transfer]]:
    """Judge each window on every axis; say what estimates are worth on each."""
    chosen = [one.chosen for one in like]
    axes = [
        _OnAxis(log, number, reference.axes[number] if reference.axes else None, memory)
        for number in range(len(log.windows.axes))
    ]
    found = [axis.judged(chosen) for axis in axes]
    of_windows = [[judged[k] for judged, _ in found] for k in range(len(log.parts))]
    return of_windows, [known for _, known in found]


@dataclass(frozen=True, eq=False)
class _OnAxis:
    """A log on one axis of scores."""

    log: _Log
    number: int
    reference: Axis | None
    memory: Memory

    def judged(self, chosen: list[bool]) -> tuple[list[Judged], Transfer]:
        """Judge each window; estimates know how far they were off where labels have come."""
        found = [self._judged(k, one) for k, one in enumerate(chosen)]
        if not any(one.lent for one in found):
            return found, Transfer({}, {})
        by_labels = [k for k, one in enumerate(found) if one.kind != "estimated"][-LATEST:]
        pairs = [self._pair(k, found[k]) for k in by_labels]
        known = transfer(pairs, self._so_far([k for k, one in enumerate(found) if one.kind == "estimated"]))
        return [one.widened(known) for one in found], known

    def _so_far(self, estimated: list[int]) -> Pair | None:
        """The few labels of windows that are estimated, taken together, beside what their scores promised."""
        axis = self.log.windows.axes[self.number]
        labels = axis.labelled[estimated, :-1].sum(axis=0)
        if not estimated or labels.sum(axis=0).min() < OF_EACH:
            return None
        told = promised(labels.sum(axis=1), self._source_before(estimated[0]), axis.values)
        return Pair(0.0, as_labelled(labels, axis.values).scores, told.scores)

    def _judged(self, k: int, chosen: bool) -> Judged:
        log, part = self.log, self.log.parts[k]
        axis, mature = log.counts.axes[self.number], bool(log.mature[k])
        key = ["judged", mature, chosen, *content(axis.scored[part], axis.labelled[part], axis.values)]
        if not mature or chosen:
            source = self._source_before(k)
            key += content(source.labelled)
        if not mature:
            key += [*content(source.scored), *log.arrivals.fingerprint(log.counts, part)]
        ratio_of = partial(log.ratio, self.number)
        return self.memory.recall(
            tuple(key), lambda: judge(axis, part, mature, chosen, partial(self._source_before, k), ratio_of)
        )

    def _pair(self, k: int, judged: Judged) -> Pair:
        axis, source = self.log.windows.axes[self.number], self._source_before(k)
        scored = axis.scored[k, :-1]
        key = ("promised", *content(scored, axis.values, source.labelled))
        told = self.memory.recall(key, lambda: promised(scored, source, axis.values))
        return Pair(min(float(self.log.coverage[k]), 1.0), judged.scores, told.scores)

    def _source_before(self, k: int) -> Source:
        """What was known of scores before a window: its own labels and later ones are not."""
        mature = np.flatnonzero(self.log.mature[:k])
        source = source_of(self.log.windows.axes[self.number], mature, self.reference)
        curve = self.log.arrivals.rows
        return source if curve is None else source.ending_at(curve.end)


def _frame(log: _Log, judged: list[list[Judged]], memory: Memory) -> pd.DataFrame:
    every = log.windows.every
    labelled, rows = log.windows.labels.sum(axis=1), log.windows.rows
    covered = [wilson(float(min(a, b)), float(b)) for a, b in zip(labelled, rows, strict=True)]
    columns = {
        "start": log.windows.starts,
        "end": (log.counts.starts[[part[-1] for part in log.parts]] // every + 1) * every,
        "rows": rows,
        "labelled": labelled,
        "coverage": [one.mean for one in covered],
        "coverage_low": [one.low for one in covered],
        "coverage_high": [one.high for one in covered],
        "expected": [log.arrivals.expected(log.counts, part) for part in log.parts],
        "mature": log.mature,
        "delay": _median_delays(log),
        "naive_auc": [_naive(log.windows.axes, k, memory) for k in range(len(log.parts))],
        "auc_kind": [_worst(one) for one in judged],
        "borrowed": [max((j.borrowed for j in one), default=0.0) for one in judged],
    }
    return pd.concat([pd.DataFrame(columns), pd.DataFrame([_figures(one) for one in judged])], axis=1)


def _figures(judged: list[Judged]) -> dict[str, float]:
    """One row of figures: of the positive class, or the mean over the classes."""
    row: dict[str, float] = {}
    for name in (*RANKED, *OF_POSITIVE):
        of_axes = [one.scores[name] for one in judged if name in one.scores]
        usable = [one for one in of_axes if np.isfinite(one.mean)]
        if name in OF_POSITIVE and len(judged) != 1:
            usable = []
        score = NOTHING if not usable else usable[0] if len(usable) == 1 else _mean(usable)
        row |= {name: score.mean, f"{name}_low": score.low, f"{name}_high": score.high}
        row[f"{name}_se"] = score.se
    return row


def _mean(scores: list[Score]) -> Score:
    columns = [[one.mean, one.se, one.low, one.high] for one in scores]
    return Score(*(float(value) for value in np.mean(columns, axis=0)))


def _baseline(reference: Counts) -> pd.DataFrame:
    whole = reference.merged([np.arange(reference.n_periods)]) if reference.n_periods else reference
    empty = [a for a in whole.axes if a.labelled.size == 0 or a.labelled[0, :-1].sum() == 0]
    if empty or not whole.axes:
        return pd.DataFrame([_figures([])])
    judged = [
        judge(axis, np.array([0]), True, False, partial(source_of, axis, np.array([0]), None), lambda _: None)
        for axis in whole.axes
    ]
    return pd.DataFrame([_figures(judged)])


def _representative(windows: Counts, like: list[Likeness]) -> pd.DataFrame:
    columns = {"start": windows.starts, "representative": [not one.chosen for one in like]}
    return pd.DataFrame(columns | {"words": [one.words for one in like]})


def _worst(judged: list[Judged]) -> str | None:
    return max((one.kind for one in judged), key=KINDS.index, default=None)


def _naive(axes: tuple[Axis, ...], k: int, memory: Memory) -> float:
    tables = [axis.labelled[k, :-1] for axis in axes]
    found = [memory.recall(("naive", *content(table)), lambda: auc(table).value) for table in tables]  # noqa: B023
    known = [value for value in found if np.isfinite(value)]
    return float(np.mean(known)) if known else np.nan


def _median_delays(log: _Log) -> np.ndarray:
    """Median delay of the labels that are to come; NaN while fewer than half of them have.

    In a window that is not mature the labels that have come are the quick ones, and their own median
    would be too short.
    """
    middle = np.full(len(log.parts), np.nan)
    delays, edges, curve = log.windows.delays, log.windows.delay_edges, log.arrivals.rows
    if delays is None:
        return middle
    end = 1.0 if curve is None else curve.end
    for k, arrived in enumerate(np.cumsum(delays.sum(axis=2), axis=1)):
        half = (arrived[-1] if log.mature[k] else max(end * log.windows.rows[k], arrived[-1])) / 2
        cell = int(np.searchsorted(arrived, half))
        if half <= 0 or cell >= len(arrived) or not np.isfinite(edges[cell + 1]):
            continue
        before = arrived[cell - 1] if cell else 0
        inside = (half - before) / max(arrived[cell] - before, 1)
        middle[k] = edges[cell] + inside * (edges[cell + 1] - edges[cell])
    return middle
