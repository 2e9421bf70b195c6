"""AUC window by window, where scores and labels were logged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from ladder_widgets.case import Case
from ladder_widgets.labels import encode
from ladder_widgets.monitor.log import Production
from ladder_widgets.stats import Interval, benjamini_hochberg, ovr_auc

__all__ = ["Rolling", "Window", "rolling_auc"]

#: Windows at most, labelled rows a window needs, and of each of two classes.
WINDOWS, ROWS, OF_EACH = 8, 100, 10
#: The drop that the checklist asks to retrain at.
DROP = 0.05


@dataclass(frozen=True, slots=True)
class Window:
    """Labelled rows that follow one another, with their AUC; ``low`` says the drop is beyond noise."""

    begins: Any
    rows: int
    auc: Interval
    low: bool


@dataclass(frozen=True, slots=True)
class Rolling:
    """AUC of the validation rows, and of each window of the log."""

    baseline: float
    windows: tuple[Window, ...]
    labelled: int


def rolling_auc(case: Case, log: Production) -> Rolling | str:
    """Return the AUC of the log by window, or what it needs.

    Windows hold equal numbers of labelled rows, in the order of their time (of the log without
    one). A window is low where its AUC lies more than 0.05 below that of the validation rows,
    beyond the noise of both (one-sided, at 5 % over all windows by Benjamini and Hochberg's method).
    """
    labels = log.column("label")
    scores = _scores(case, log)
    if labels is None or scores is None:
        return "a log with the recorded scores and the true labels (score=, label=)"
    codes = np.full(len(labels), -1, dtype=np.int64)
    there = labels.notna().to_numpy(dtype=bool)
    codes[there] = encode(labels[there], case.classes)
    usable = np.flatnonzero((codes >= 0) & np.isfinite(scores).all(axis=1))
    if log.timestamp is not None:
        usable = usable[np.argsort(log.timestamp[usable], kind="stable")]
    windows = _windows(case, codes, usable)
    if not windows:
        return f"at least {ROWS} logged rows with a score and a true label, {OF_EACH} of each class"
    answer = case.try_scores()
    if answer is None:
        return "the model's scores on the validation rows, to compare with"
    positive = case.positive if case.binary else None
    baseline, se = ovr_auc(case.y(case.val), answer.proba, positive)
    told = [ovr_auc(codes[rows], scores[rows], positive) for rows in windows]
    # An AUC of one has no spread of its own; with the baseline's alone a window would be too sure.
    z = [(baseline.mean - DROP - auc.mean) / max(np.hypot(se, own), 1e-9) for auc, own in told]
    low = benjamini_hochberg(norm.sf(z))
    begins = [_begin(log, rows) for rows in windows]
    parts = zip(begins, windows, told, low, strict=True)
    shown = tuple(
        Window(begin, len(rows), _within(auc), bool(is_low)) for begin, rows, (auc, _), is_low in parts
    )
    return Rolling(baseline.mean, shown, len(usable))


def _within(auc: Interval) -> Interval:
    return Interval(auc.mean, max(0.0, auc.low), min(1.0, auc.high))


def _scores(case: Case, log: Production) -> np.ndarray | None:
    if log.score is not None and case.binary:
        columns = [log.score, log.score]
        columns[1 - case.positive] = 1 - log.score
        return np.column_stack(columns)
    if not set(case.classes) <= set(log.scores):
        return None
    return np.column_stack([log.scores[label] for label in case.classes])


def _windows(case: Case, codes: np.ndarray, usable: np.ndarray) -> list[np.ndarray]:
    """As many windows as leave each with enough rows of each class; none if one would not."""
    for count in range(min(WINDOWS, len(usable) // ROWS), 0, -1):
        windows = np.array_split(usable, count)
        if all(_judgeable(case, codes[rows]) for rows in windows):
            return windows
    return []


def _judgeable(case: Case, codes: np.ndarray) -> bool:
    counts = np.bincount(codes, minlength=len(case.classes))
    present = counts[counts > 0]
    return len(present) > 1 and bool((present >= OF_EACH).all() if case.binary else (present >= 2).all())


def _begin(log: Production, rows: np.ndarray) -> str:
    if log.timestamp is None or np.isnat(log.timestamp[rows[0]]):
        return f"row {int(rows[0]):,}"
    return pd.Timestamp(log.timestamp[rows[0]]).strftime("%Y-%m-%d %H:%M")
