"""Whether a column hangs together with the others, beyond what the label explains.

Within one class, the honest columns of a table are related to one another: a large tumour has a
large perimeter. A copy of the label is not: whatever it adds to the label is noise of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ladder_widgets.bins import bin_codes, coarser
from ladder_widgets.table import Feature

__all__ = ["Tie", "Ties"]

MAX_ROWS = 20_000
_BINS = 8
_LEVELS = 20
#: Share of the rows below which a bin joins the other small ones.
_CRUMB = 0.02
#: A tie: improbable by chance, and this share of the variance within classes.
P_VALUE, P_FEW_ROWS = 0.002, 0.05
FEW_ROWS = 500
EFFECT = 0.01
#: Share of variance from which two columns are one measurement.
SAME = 0.9


@dataclass(frozen=True, slots=True)
class Tie:
    """The column most tied to a column within the classes.

    Attributes
    ----------
    name : str
    effect : float
        Share of the variance within classes that it explains.
    p : float
        Probability of as strong a tie by chance.
    same : bool
        Whether the two are one measurement.
    """

    name: str
    effect: float
    p: float
    same: bool = False


class Ties:
    """Ties between columns within the classes, computed as asked for.

    Parameters
    ----------
    features : sequence of Feature
    rows : ndarray of shape (n_rows,)
        Rows of the table to look at.
    y : ndarray of shape (n_rows,)
        Codes of these rows.
    n_classes : int
    """

    def __init__(self, features: Sequence[Feature], rows: np.ndarray, y: np.ndarray, n_classes: int) -> None:
        if len(rows) > MAX_ROWS:
            step = len(rows) / MAX_ROWS
            kept = (np.arange(MAX_ROWS) * step).astype(np.int64)
            rows, y = rows[kept], y[kept]
        self._features = {feature.name: feature for feature in features}
        self._rows, self._y, self._k = rows, y, n_classes
        self._bins: dict[str, tuple[np.ndarray, int]] = {}

    def between(self, name: str) -> list[Tie]:
        """Return the tie of a column to each other one, strongest first; p for this pair alone."""
        parts = self._parts(name)
        found = []
        for other in self._features:
            if other != name:
                ties = [self._tie(other, values) for values in parts]
                if ties:
                    clearest = min(ties, key=lambda tie: tie.p)
                    found.append(Tie(other, clearest.effect, clearest.p, same=ties[0].effect >= SAME))
        return sorted(found, key=lambda tie: (tie.p, -tie.effect))

    def tied(self, between: Sequence[Tie]) -> bool:
        """Whether any of these ties to the other columns is one; few rows must not hide it."""
        limit = P_VALUE if len(self._y) >= FEW_ROWS else P_FEW_ROWS
        return bool(between) and between[0].p * len(between) < limit and between[0].effect >= EFFECT

    def varies(self, name: str) -> bool:
        """Whether the column varies within the classes at all."""
        return bool(self._parts(name))

    def _parts(self, name: str) -> list[np.ndarray]:
        """Numbers that stand for a column: ranks or "unlike its class", and whether it is missing."""
        feature = self._features[name]
        missing = feature.missing[self._rows].astype(float)
        if feature.kind == "category":
            codes, n_bins = bin_codes(feature, self._rows)
            flat = np.bincount(self._y * n_bins + codes, minlength=self._k * n_bins).reshape(self._k, n_bins)
            parts = [(codes != np.argmax(flat, axis=1)[self._y]).astype(float)]
        else:
            values = feature.numbers()[self._rows]
            parts = [np.where(np.isnan(values), np.nan, stats.rankdata(values, nan_policy="omit"))]
        if missing.mean() >= _CRUMB:
            parts.append(missing)
        centred = [self._centred(part) for part in parts]
        return [part for part in centred if np.nansum(part**2) > 1e-9 * len(part)]

    def _centred(self, values: np.ndarray) -> np.ndarray:
        there = ~np.isnan(values)
        y = self._y[there]
        counts = np.bincount(y, minlength=self._k)
        means = np.bincount(y, weights=values[there], minlength=self._k) / np.maximum(counts, 1)
        return values - means[self._y]

    def _tie(self, other: str, values: np.ndarray) -> Tie:
        """The clearer of two tests within the classes: a trend, or any difference between bins."""
        codes, n_bins = self._binned(other)
        there = ~np.isnan(values)
        y, codes, values = self._y[there], codes[there], values[there]
        n_classes = len(np.unique(y))
        between, n_cells = self._between(y, codes, n_bins, values)
        tests = [(between, n_cells - n_classes, len(values) - n_cells)]
        if self._features[other].kind != "category":
            trend = self._centred(np.where(there, self._binned(other)[0].astype(float), np.nan))[there]
            spread = float((trend**2).sum())
            along = float((trend * values).sum()) ** 2 / spread if spread > 0 else 0.0
            tests.append((along, 1, len(values) - n_classes - 1))
        total = float((values**2).sum())
        ties = [_tested(other, part, total, upper, lower) for part, upper, lower in tests]
        best = min(ties, key=lambda tie: tie.p)
        return Tie(other, max(tie.effect for tie in ties), min(1.0, len(ties) * best.p))

    def _between(
        self, y: np.ndarray, codes: np.ndarray, n_bins: int, values: np.ndarray
    ) -> tuple[float, int]:
        """Sum of squares between the cells of class and bin, and how many cells there are."""
        size = self._k * n_bins
        cells = y * np.int64(n_bins) + codes
        counts = np.bincount(cells, minlength=size)
        sums = np.bincount(cells, weights=values, minlength=size)
        return float((sums**2 / np.maximum(counts, 1)).sum()), int(np.count_nonzero(counts))

    def _binned(self, name: str) -> tuple[np.ndarray, int]:
        if name not in self._bins:
            feature = self._features[name]
            codes, n_bins = bin_codes(feature, self._rows)
            if feature.kind == "category":
                codes, n_bins = np.minimum(codes, _LEVELS), min(n_bins, _LEVELS + 1)
            else:
                codes, n_bins = coarser(codes, n_bins, _BINS)
            self._bins[name] = _without_crumbs(codes, n_bins)
        return self._bins[name]


def _without_crumbs(codes: np.ndarray, n_bins: int) -> tuple[np.ndarray, int]:
    """Put bins of few rows together: one odd row in a bin of three would look like a tie."""
    counts = np.bincount(codes, minlength=n_bins)
    large = counts >= max(10, _CRUMB * len(codes))
    place = np.where(large, np.cumsum(large), 0)
    return place[codes], int(large.sum()) + 1


def _tested(name: str, between: float, total: float, upper: int, lower: int) -> Tie:
    """The F test of a sum of squares, and the share of variance without what chance adds to it."""
    if upper < 1 or lower < 1 or total <= 0:
        return Tie(name, 0.0, 1.0)
    within = max(total - between, 1e-12 * total) / lower
    p = float(stats.f.sf(between / upper / within, upper, lower))
    return Tie(name, float(max(0.0, (between - upper * within) / total)), p)
