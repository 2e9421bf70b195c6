"""What is known of when labels come: for all rows, for each class, and when a window has its labels."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from ladder_widgets.monitor._perf_arrival import Curve, Ratio, ages, class_curve, differ, row_curve
from ladder_widgets.monitor._perf_sooner import log_hazard
from ladder_widgets.monitor.counts import Axis, Counts
from ladder_widgets.monitor.memory import content
from ladder_widgets.stats import holm

__all__ = ["Arrivals", "axis_columns"]

#: Chance up to which the delays of a class are like those of the others.
P_DELAY = 0.01
#: Coverage from which a window is complete where nothing is known of delays.
COMPLETE = 0.99
#: How many times older or younger the rows of a window may look by their labels than by their times.
STRETCH = 8.0


@dataclass(frozen=True, eq=False)
class Arrivals:
    """Delays of the labels of a log.

    Attributes
    ----------
    rows : Curve or None
        Share of rows with a label by delay; None without delays.
    of_axis : tuple of (Curve or None, Curve or None)
        For each axis the curve of its class and that of all others.
    maturity : float or None
        Delay in ms by which the labels have come, those of the slowest class too.
    differing : tuple of int
        Axes whose class has other delays than the rest.
    """

    rows: Curve | None
    of_axis: tuple[tuple[Curve | None, Curve | None], ...]
    maturity: float | None
    differing: tuple[int, ...]

    @classmethod
    def of(cls, counts: Counts, target: float) -> Arrivals:
        """Learn the delays from all periods."""
        if counts.delays is None or not counts.delays.shape[2]:
            return cls(None, tuple((None, None) for _ in counts.axes), None, ())
        every, rows = counts.delays.sum(axis=2), row_curve(counts)
        pairs, p_values = [], []
        for own in (counts.delays[:, :, column] for column in axis_columns(counts)):
            pairs.append((class_curve(counts, own), class_curve(counts, every - own)))
            p_values.append(differ(counts, own, every)[1])
        differing = np.flatnonzero(holm(np.array(p_values)) < P_DELAY) if p_values else np.array([])
        curves = [rows, *(curve for pair in pairs for curve in pair)]
        ends = [curve.reached(target) for curve in curves if curve is not None]
        known = [end for end in ends if end is not None]
        maturity = max(known) if rows is not None and known and len(known) == len(ends) else None
        return cls(rows, tuple(pairs), maturity, tuple(int(k) for k in differing))

    def mature(self, counts: Counts, group: np.ndarray, coverage: float) -> bool:
        """Whether the labels of some periods have come."""
        if self.rows is None:
            return coverage >= COMPLETE
        youngest = float(ages(counts)[0][group].min())
        return coverage >= 1 or (self.maturity is not None and youngest >= self.maturity)

    def fingerprint(self, counts: Counts, group: np.ndarray) -> tuple[Hashable, ...]:
        """Return a key of all that is known of the delays of some periods."""
        curves = [self.rows, *(curve for pair in self.of_axis for curve in pair)]
        known = [part for curve in curves if curve is not None for part in (curve.share, curve.steps)]
        return content(*known, *(age[group] for age in ages(counts))) if known else ()

    def expected(self, counts: Counts, group: np.ndarray) -> float:
        """Share of the rows of some periods that should have a label by now; NaN without delays."""
        if self.rows is None:
            return np.nan
        low, high = (age[group] for age in ages(counts))
        if low.min() >= self.rows.delay[-1]:
            return self.rows.end
        return self.rows.mean(low, high, counts.rows[group])[0]

    def ratio(self, axis: int, counts: Counts, group: np.ndarray, coverage: float) -> Ratio | None:
        """Ratio of the hazards of a label by now, of the axis' class to all others; None if unknown.

        Rows need not lie evenly in their period, and all labels may take longer than they did: ages are
        stretched until the share of rows that should have a label is the one that has.
        """
        own, others = self.of_axis[axis]
        if self.rows is None or own is None or others is None:
            return None
        low, high = (age[group] for age in ages(counts))
        by = self._stretch(low, high, counts.rows[group], coverage)
        means = [curve.mean(low * by, high * by, counts.rows[group]) for curve in (own, others)]
        share, spread = np.array(means).T
        if share.min() <= 0:
            return None
        hazard, slope = log_hazard(share)
        return Ratio(
            float(hazard[0] - hazard[1]),
            float(((slope * share) ** 2 * spread).sum()),
            self.rows.by_age(low * by, high * by, counts.rows[group]),
        )

    def _stretch(self, low: np.ndarray, high: np.ndarray, rows: np.ndarray, coverage: float) -> float:
        curve, most = self.rows, np.log(STRETCH)

        def surplus(log: float) -> float:
            assert curve is not None
            return curve.mean(low * np.exp(log), high * np.exp(log), rows)[0] - coverage

        if surplus(-most) >= 0 or surplus(most) <= 0:
            return 1.0
        return float(np.exp(brentq(surplus, -most, most, xtol=1e-3)))

    def frame(self, axes: tuple[Axis, ...]) -> pd.DataFrame:
        """Columns ``label, delay, share, low, high``; ``label`` is None for all rows.

        The curves of classes (and of all others, ``("not", label)``) are there where they differ.
        """
        if self.rows is None:
            return pd.DataFrame(columns=["label", "delay", "share", "low", "high"])
        parts: list[pd.DataFrame] = [self.rows.frame()]
        for k in self.differing:
            labels: tuple[Any, Any] = (axes[k].label, ("not", axes[k].label))
            parts += [
                curve.frame(label)
                for curve, label in zip(self.of_axis[k], labels, strict=True)
                if curve is not None
            ]
        return pd.concat(parts, ignore_index=True)


def axis_columns(counts: Counts) -> list[int]:
    """Return the column of ``counts.labels`` that holds the class of each axis.

    It is the one that counts the same labels; the last of them if several do.
    """
    found = []
    for axis in counts.axes:
        own = axis.labelled[:, :, 1].sum(axis=1)
        apart = np.abs(counts.labels - own[:, None]).sum(axis=0)
        found.append(int(len(apart) - 1 - np.argmin(apart[::-1])))
    return found
