"""Decisions that were recorded, against those of the reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ladder_widgets.finding import Status, percent
from ladder_widgets.monitor.baseline import Baseline
from ladder_widgets.monitor.counts import Axis, Counts
from ladder_widgets.validation import shown

__all__ = ["Decisions", "judge_decisions"]

#: Share of the rows decided otherwise that is worth a look, and that fails: of all rows, or of those that are
#: decided so (or not so, if that is rarer), from the least share of the rows that anybody would mind.
OF_ALL, OF_RARER = (0.02, 0.1), (0.1, 0.5)
LEAST = 0.005
#: Standard errors beyond which it is no chance: a false alarm in some 10,000 windows of 10 classes.
SURE = 5.0


@dataclass(frozen=True, eq=False)
class Decisions:
    """Shares of the classes among the decisions, window by window.

    Attributes
    ----------
    labels : tuple
        The classes.
    share, expected, error : ndarray of shape (n_windows, n_classes)
        Share of each class; what the reference would have decided for the same scores, or its own shares
        where no scores are known; and the standard error of their difference. NaN without decisions.
    by_score : bool
        Whether the same scores are compared.
    """

    labels: tuple[Any, ...]
    share: np.ndarray
    expected: np.ndarray
    error: np.ndarray
    by_score: bool

    def status(self) -> list[str]:
        """Status of each window: beyond noise, and more than nobody would mind."""
        off = np.abs(self.share - self.expected)
        rarer = np.minimum(self.expected, 1 - self.expected)
        sure = (off > SURE * self.error) & (off >= LEAST)
        found = np.full(len(off), Status.PASS.value, dtype=object)
        for status, of_all, of_rarer in zip((Status.WARN, Status.FAIL), OF_ALL, OF_RARER, strict=True):
            beyond = sure & ((off >= of_all) | (off >= of_rarer * rarer))
            found[beyond.any(axis=1)] = status.value
        return list(found)

    @property
    def otherwise(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Largest difference of a class in each window, and the ends of its 95 % interval."""
        off = np.abs(self.share - self.expected)
        which = np.nan_to_num(off).argmax(axis=1)[:, None]
        value, error = (np.take_along_axis(part, which, axis=1)[:, 0] for part in (off, self.error))
        return value, np.maximum(0.0, value - 1.96 * error), value + 1.96 * error

    @property
    def since(self) -> int:
        """The first window from which on all are off."""
        well = np.flatnonzero(np.array(self.status()) == Status.PASS.value)
        return int(well[-1]) + 1 if len(well) else 0

    def words(self, since: str) -> str | None:
        """What is to be said of the latest window; None where it decides as before."""
        if self.status()[-1] == Status.PASS.value:
            return None
        latest = np.nan_to_num(self.share[-1] - self.expected[-1])
        which = len(self.labels) - 1 if len(self.labels) == 2 else int(np.abs(latest).argmax())
        share, expected = percent(self.share[-1, which]), percent(self.expected[-1, which])
        label = shown(self.labels[which], 40)
        if self.by_score:
            reason = (
                f"the reference decides so for {expected} of the same scores: another threshold may be in use"
            )
        else:
            reason = f"in reference {expected}"
        return f"Decisions changed{since}: {share} of the rows are decided as {label}, {reason}."


def judge_decisions(baseline: Baseline, windows: Counts) -> Decisions | None:
    """Compare the decisions of windows with those of the reference; None where either has none."""
    reference = baseline.reference
    if windows.decisions is None or reference is None or reference.decisions is None:
        return None
    if not reference.decisions[:, :-1].sum():
        return None
    own = {axis.label: axis for axis in windows.axes if axis.decided is not None}
    trained = {axis.label: axis for axis in reference.axes if axis.decided is not None}
    if own and own.keys() == trained.keys():
        parts = [_same_scores(trained[label], own[label]) for label in own]
        found = np.stack(parts, axis=-1)  # (3, n_windows, n_axes)
        if len(baseline.classes) == 2:
            other = np.stack([1 - found[0], 1 - found[1], found[2]])
            positive = baseline.classes.index(next(iter(own)))
            found = np.concatenate([other, found] if positive == 1 else [found, other], axis=-1)
        return Decisions(baseline.classes, found[0], found[1], found[2], by_score=True)
    before, n_before = _shares(reference.decisions.sum(axis=0, keepdims=True))
    now, n_now = _shares(windows.decisions)
    usual = (before * (1 - before)).clip(min=1 / (n_before + 2))
    error = np.sqrt(usual * (1 / np.maximum(n_now, 1) + 1 / n_before))
    return Decisions(baseline.classes, now, np.broadcast_to(before, now.shape), error, by_score=False)


def _shares(decisions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    known = decisions[:, :-1]
    n = known.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return known / n, n


def _same_scores(trained: Axis, windows: Axis) -> np.ndarray:
    """Share of a class, what the reference decides for the same scores, and the error: (3, n_windows).

    A rule decides by the score, so scores that moved are no reason to decide otherwise. Bins in which the
    reference decided nothing lie between those in which it did.
    """
    assert trained.decided is not None
    assert windows.decided is not None
    before = trained.decided.sum(axis=0)[:-1].astype(float)
    held = before.sum(axis=1)
    known = np.flatnonzero(held)
    places = np.arange(len(held))
    rate = np.interp(places, known, before[known, 1] / held[known])
    doubt = (before[known, 1] + 0.5) / (held[known] + 1)  # a bin that decided 5 of 5 so is not sure to
    doubt = np.interp(places, known, doubt * (1 - doubt))
    weight = np.interp(places, known, held[known])
    # Nearer than a bin nobody knows where a threshold lies: bins without decisions are in doubt wholly.
    between = (held == 0) & (rate > 0) & (rate < 1)
    doubt = np.where(between, 0.25, doubt)
    now = windows.decided[:, :-1].astype(float)
    n = now.sum(axis=-1)
    rows = n.sum(axis=1)
    variance = (n * doubt).sum(axis=1) + (n**2 * doubt / np.maximum(weight, 1)).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.stack([now[..., 1].sum(axis=1) / rows, n @ rate / rows, np.sqrt(variance) / rows])
