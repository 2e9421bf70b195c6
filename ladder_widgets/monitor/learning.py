"""Learning a baseline from training: a table with a model and held-out rows, or a scored log."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import cross_val_predict

from ladder_widgets.copies import copied
from ladder_widgets.labels import as_series, classes_of
from ladder_widgets.monitor.aggregate import count
from ladder_widgets.monitor.baseline import (
    Baseline,
    ScoreBaseline,
    evenly,
    learn_features,
    learn_score,
    pooled,
    pools,
    score_names,
)
from ladder_widgets.monitor.log import ProductionLog, stamps
from ladder_widgets.monitor.natural import Natural, Rows, Windows, surely, windows_of
from ladder_widgets.monitor.schema import Schema
from ladder_widgets.scores import ModelFailure, score_rows
from ladder_widgets.table import Table, take
from ladder_widgets.validation import refuse, shown

__all__ = ["bare_baseline", "learn", "with_scores"]

#: Rows that a model is cross-validated on where no held-out rows were given.
CROSS_VALIDATED = 10_000
#: PSI between training and its own longest windows, half of them, from which a column is a calendar, or
#: might as well be one.
RESTLESS = 0.25
#: Training rows that are scored to see how the score moves by itself.
SCORED = 100_000
#: A single period: longer than any log.
FOREVER = 1 << 53


def learn(
    train: Any,
    model: Any = None,
    *,
    label: str | None = None,
    X_val: Any = None,
    y_val: Any = None,
    timestamp: str | None = None,
    pos_label: Any = None,
) -> Baseline:
    """Learn what a monitor must know of training.

    Parameters are those of :meth:`Monitor.fit`.
    """
    if isinstance(train, ProductionLog):
        return _from_log(train, pos_label)
    split = _Split(train, label, timestamp)
    scored = _held_out(split, model, X_val, y_val)
    windows = windows_of(split.times)
    baseline = bare_baseline(split.X, split.table, windows)
    if scored is None:
        note = "No model and no scores: the features alone are watched."
        return replace(baseline, notes=(note,))
    known = _with_scores(baseline, scored, pos_label)
    return replace(known, natural=known.natural.joined(_natural_scores(known, split, model, scored, windows)))


# ---- training rows ---------------------------------------------------------------------------


class _Split:
    """A training table without the columns that are no features."""

    def __init__(self, train: Any, label: str | None, timestamp: str | None) -> None:
        whole = Table(train, "train")
        for name, column in (("label", label), ("timestamp", timestamp)):
            if column is not None and str(column) not in whole.names:
                listed = ", ".join(map(shown, whole.names[:12]))
                raise refuse(name, f"a column of the training table ({listed})", shown(column))
        left_out = {str(name) for name in (label, timestamp) if name is not None}
        log = ProductionLog(
            train, label=None, timestamp=None, score=None, prediction=None, label_timestamp=None
        )
        production = replace(log.bind(()))
        self.X = production.select([name for name in whole.names if name not in left_out])
        self.table = Table(self.X, "train")
        self.y = None if label is None else whole.feature(str(label)).series
        self.times = None if timestamp is None else _milliseconds(whole.feature(str(timestamp)).series)


def _milliseconds(times: pd.Series) -> np.ndarray:
    """Times in ms since 1970 as float64, NaN where unknown."""
    read = stamps(times).dt.tz_localize(None).to_numpy().astype("datetime64[ms]")
    return np.where(np.isnat(read), np.nan, read.astype(np.int64).astype(float))


def bare_baseline(X: Any, table: Table, windows: Windows) -> Baseline:
    """Learn a baseline of the features alone.

    Parameters
    ----------
    X : frame or array of shape (n_rows, n_features)
    table : Table
        Of the same rows.
    windows : list of (int, ndarray of shape (n_rows,))
        Windows of time of different lengths, if training has times: see :func:`windows_of`.
    """
    features = learn_features(table)
    rows = {
        name: Rows(feature.bins(table.feature(name)), len(feature.counts), feature.pooled)
        for name, feature in features.items()
        if windows and feature.counted
    }
    for name, one in rows.items():
        if float(np.median(one.shifts(windows[-1][1]))) >= RESTLESS:
            features[name] = replace(features[name], told=False)
    return Baseline(
        classes=(),
        positive=0,
        schema=Schema.learn(X),
        features=features,
        scores=(),
        reference=None,
        n_rows=table.n_rows,
        sample=table.frame(evenly(table.n_rows)),
        natural=Natural.learn(windows, rows),
    )


# ---- scored rows -----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Scored:
    """Rows the model had not seen: scores of shape (n, n_classes), labels, what to note, and decisions."""

    X: Any
    proba: np.ndarray
    labels: pd.Series | None
    classes: list[Any]
    notes: tuple[str, ...] = ()
    predicted: np.ndarray | None = None


def _held_out(split: _Split, model: Any, X_val: Any, y_val: Any) -> _Scored | None:
    if model is None:
        return None
    if X_val is not None:
        labels = None if y_val is None else as_series(y_val, "y_val")
        classes = classes_of(model, *([] if labels is None else [labels]))
        answer = score_rows(model, copied(X_val), classes)
        return _Scored(X_val, answer.proba, labels, classes, predicted=answer.predicted)
    if split.y is None:
        raise refuse(
            "X_val",
            "rows the model was not trained on, with y_val",
            "None",
            "Or name the column of labels (label=): the model is then cross-validated on training.",
        )
    return _cross_validated(split, model)


def _cross_validated(split: _Split, model: Any) -> _Scored:
    rows = evenly(split.table.n_rows, CROSS_VALIDATED)
    X, y = take(split.X, rows), split.y.iloc[rows].reset_index(drop=True)  # type: ignore[union-attr]
    classes = classes_of(model, y)
    proba = cross_val_predict(clone(model), X, y, cv=5, method="predict_proba")
    note = (
        f"Scores and figures of reference are cross-validated on {len(rows):,} training rows, with the model "
        "fitted again: no held-out rows were given."
    )
    return _Scored(X, np.asarray(proba, dtype=float), y, classes, (note,))


def _with_scores(baseline: Baseline, scored: _Scored, pos_label: Any) -> Baseline:
    positive = _positive(scored.classes, pos_label)
    known = with_scores(
        baseline, scored.X, scored.proba, scored.labels, scored.classes, positive, scored.predicted
    )
    return replace(known, notes=scored.notes)


def with_scores(
    baseline: Baseline,
    X: Any,
    proba: np.ndarray,
    labels: pd.Series | None,
    classes: list[Any],
    positive: int,
    predicted: np.ndarray | None = None,
) -> Baseline:
    """Add scores of rows the model had not seen to a baseline of features.

    Parameters
    ----------
    baseline : Baseline
    X : frame or array of shape (n_rows, n_features)
    proba : ndarray of shape (n_rows, n_classes)
    labels : Series of shape (n_rows,), or None
    classes : list
        In the order of the columns of ``proba``.
    positive : int
        Position of the positive class of two.
    predicted : ndarray of shape (n_rows,), optional
        Codes of the labels that the model decided for.
    """
    told = [positive] if len(classes) == 2 else range(len(classes))
    scores = tuple(learn_score(classes[code], proba[:, code]) for code in told)
    known = replace(baseline, classes=tuple(classes), positive=positive, scores=scores)
    frame = Table(X, "X_val").frame(np.arange(len(proba)))
    roles: dict[Any, str] = {}
    for code, score in zip(told, scores, strict=True):
        roles[score.label] = _free(f"score {code}", frame)
        frame[roles[score.label]] = proba[:, code]
    label = None
    if labels is not None:
        label = _free("label", frame)
        frame[label] = labels.to_numpy()
    prediction = None
    if predicted is not None:
        prediction = _free("prediction", frame)
        frame[prediction] = pd.Series(classes, dtype=object).to_numpy()[predicted]
    log = ProductionLog(
        frame, score=roles, label=label, prediction=prediction, timestamp=None, label_timestamp=None
    )
    return replace(known, reference=count(log, known, FOREVER))


def _natural_scores(
    baseline: Baseline, split: _Split, model: Any, scored: _Scored, windows: Windows
) -> Natural:
    """How the score moves by itself: that of training rows, window by window, against all of them.

    The scores of held-out rows are the reference; where these are of another time than training, they are
    as far from it as the feature that moved most, and so far more a window may lie from them.
    """
    if not windows:
        return Natural()
    rows = evenly(split.table.n_rows, SCORED)
    try:
        proba = score_rows(model, copied(take(split.X, rows)), scored.classes).proba
    except ModelFailure:  # it takes other columns than training has
        return Natural()
    of_classes = [proba[:, scored.classes.index(score.label)] for score in baseline.scores]
    learned = _natural_of(baseline, of_classes, [(length, window[rows]) for length, window in windows])
    return learned.further(_held_out_shift(baseline, scored))


def _natural_of(baseline: Baseline, of_classes: list[np.ndarray], windows: Windows) -> Natural:
    """How scores of each class move by themselves, against all of their own."""
    columns = {}
    for name, values in zip(score_names(baseline.scores), of_classes, strict=True):
        grid = learn_score(None, values).grid
        bins = grid.bins(values)
        pool = pools(np.bincount(bins, minlength=grid.n_bins + 1))
        columns[name] = Rows(bins, grid.n_bins + 1, partial(pooled, pool=pool))
    return Natural.learn(windows, columns)


def _held_out_shift(baseline: Baseline, scored: _Scored) -> float:
    """PSI of the feature in which held-out rows lie farthest from training, beyond noise."""
    table, found = Table(scored.X, "X_val"), [0.0]
    for name, feature in baseline.features.items():
        if feature.told and feature.counted and name in table.names:
            counts = np.bincount(feature.bins(table.feature(name)), minlength=len(feature.counts))
            found.append(surely(feature.pooled(feature.counts), feature.pooled(counts)))
    return max(found)


def _free(name: str, frame: pd.DataFrame) -> str:
    """A name that no column has."""
    while name in frame.columns:
        name += "_"
    return name


def _positive(classes: list[Any], pos_label: Any) -> int:
    if pos_label is None:
        return len(classes) - 1 if len(classes) == 2 else 0
    if pos_label not in classes:
        raise refuse("pos_label", f"one of the classes {shown(classes)}", shown(pos_label))
    return classes.index(pos_label)


# ---- a log as training -----------------------------------------------------------------------


def _from_log(log: ProductionLog, pos_label: Any) -> Baseline:
    """Learn from rows that were scored when the model had not seen them."""
    production = log.bind(())
    times = production.column("timestamp")
    names = production.table.names
    windows = windows_of(None if times is None else _milliseconds(times))
    baseline = bare_baseline(production.select(names), production.table, windows)
    labels = production.column("label")
    if labels is None and production.score is None:
        return replace(baseline, notes=("No scores in the log: the features alone are watched.",))
    classes = sorted(labels.dropna().unique().tolist(), key=str) if labels is not None else [0, 1]
    positive = _positive(classes, pos_label)
    if production.scores:
        scores: tuple[ScoreBaseline, ...] = tuple(
            learn_score(label, values) for label, values in production.scores.items()
        )
        classes = list(production.scores)
    elif production.score is not None and len(classes) == 2:
        scores = (learn_score(classes[positive], production.score),)
    else:
        scores = ()
    known = replace(baseline, classes=tuple(classes), positive=positive, scores=scores)
    if not scores:
        return known
    held = list(production.scores.values()) or [np.asarray(production.score)]
    natural = known.natural.joined(_natural_of(known, held, windows))
    return replace(known, reference=count(log, known, FOREVER), natural=natural)
