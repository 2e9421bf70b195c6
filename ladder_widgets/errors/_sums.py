"""Running sums of one feature over the cells of the cube, fed with a piece of the rows at a time."""

from __future__ import annotations

import numpy as np

from ladder_widgets.errors.axis import chunks
from ladder_widgets.table import Feature

__all__ = [
    "FEWEST",
    "MISSING_LEVEL",
    "OTHER_LEVELS",
    "TOP_LEVELS",
    "LevelSums",
    "NumberSums",
    "level_name",
    "off_center",
]

#: Levels of a category told apart; the rest are "other levels".
TOP_LEVELS = 8
#: Rows of a level told apart, at least. Pages are shared, and a level of fewer rows may be one person's name.
#: Five is the upper end of the minimum frequency rule of statistical offices (Hundepool et al., Statistical
#: Disclosure Control, 2012).
FEWEST = 5
MISSING_LEVEL = "missing"
OTHER_LEVELS = "other levels"
#: Rows looked at to guess where the middle of a number is.
GUESS = 4096
#: Deviations between that guess and the mean from which on digits would be lost.
OFF_CENTER = 4.0


class NumberSums:
    """Sums and sums of squares of a number, around a guess of its middle.

    The guess is a value of the feature, so that a constant is exactly zero. Rows without a value
    count as ``gaps``, those of an infinite one as ``infinite``: arrays of shape (2, size), rows and
    squared weights, None as long as there are none.
    """

    def __init__(self, feature: Feature, size: int) -> None:
        self.feature = feature
        self.center, self.scale = _middle(feature), 1.0
        self.total, self.square = np.zeros(size), np.zeros(size)
        self.gaps: np.ndarray | None = None
        self.infinite: np.ndarray | None = None

    def add(self, rows: slice, cells: np.ndarray, weights: np.ndarray | None) -> None:
        """Add rows that lie in ``cells``."""
        with np.errstate(over="ignore", invalid="ignore"):
            z = np.subtract(self.feature.numbers(rows), self.center)
            if self.scale != 1.0:
                z /= self.scale
            if self.gaps is not None or self.infinite is not None:
                self._set_aside(z, cells, weights)
            total = _binned(cells, _weighted(z, weights), self.total.size)
            # Mostly there are gaps everywhere or nowhere: to look at the sums is cheaper than at all rows.
            if not np.isfinite(total).all():
                self._set_aside(z, cells, weights)
                total = _binned(cells, _weighted(z, weights), self.total.size)
            self.total += total
            np.multiply(z, z, out=z)
            self.square += _binned(cells, _weighted(z, weights), self.total.size)

    def _set_aside(self, z: np.ndarray, cells: np.ndarray, weights: np.ndarray | None) -> None:
        """Count what is no finite number, and take it for zero from then on."""
        missing, infinite = np.isnan(z), np.isinf(z)
        z[missing | infinite] = 0.0
        self.gaps = self._counted(self.gaps, np.flatnonzero(missing), cells, weights)
        self.infinite = self._counted(self.infinite, np.flatnonzero(infinite), cells, weights)

    def _counted(
        self, before: np.ndarray | None, rows: np.ndarray, cells: np.ndarray, weights: np.ndarray | None
    ) -> np.ndarray | None:
        if not len(rows):
            return before
        w = None if weights is None else weights[rows]
        told = [_binned(cells[rows], part, self.total.size) for part in (w, None if w is None else w * w)]
        return np.array(told) if before is None else before + told

    def off_center(self, count: np.ndarray) -> bool:
        """Whether to add all rows once more; if so, forget the sums and take the mean as the middle."""
        aside = sum(0 if part is None else part[0].sum() for part in (self.gaps, self.infinite))
        n = float(count.sum() - aside)
        total, square = float(self.total.sum()), float(self.square.sum())
        if not n > 0:
            return False
        if np.isfinite(square):
            if not off_center(total / n, square / n):
                return False
            self.center += total / n
        else:  # squares beyond float64
            self.scale = 1e160
        self.total[:], self.square[:] = 0.0, 0.0
        self.gaps = self.infinite = None
        return True

    def standardised(self, n: np.ndarray) -> tuple[float, float, np.ndarray, np.ndarray]:
        """Return center, scale, and the sums in units of the scale (the deviation of all rows)."""
        rows = max(float(n.sum()), np.finfo(float).tiny)
        mean = float(self.total.sum()) / rows
        deviation = float(np.sqrt(max(0.0, float(self.square.sum()) / rows - mean**2))) or 1.0
        return self.center, self.scale * deviation, self.total / deviation, self.square / deviation**2


def off_center(mean: float, square: float) -> bool:
    """Whether sums around a middle that is ``mean`` off lose digits, for this mean square."""
    spread = square - mean**2
    return 0 < OFF_CENTER**2 * spread < mean**2


def _middle(feature: Feature) -> float:
    """The median of some rows spread over the table: a value of the feature, 0 if there is none."""
    step = max(1, len(feature.series) // GUESS)
    values = feature.numbers(slice(None, None, step))
    values = np.sort(values[np.isfinite(values)])
    return float(values[len(values) // 2]) if len(values) else 0.0


class LevelSums:
    """Counts of the frequent levels of a category, of the other levels and of missing ones."""

    def __init__(self, feature: Feature, size: int) -> None:
        self.feature = feature
        self.levels, place = _frequent(feature)
        self._start = place * size
        self.counts = np.zeros(len(self.levels) * size, dtype=np.int64)

    def add(self, rows: slice, cells: np.ndarray, weights: np.ndarray | None) -> None:
        """Add rows that lie in ``cells``."""
        codes, _ = self.feature.codes(rows)
        self.counts = self.counts + _binned(self._start[codes] + cells, weights, self.counts.size)


def _frequent(feature: Feature) -> tuple[list[str], np.ndarray]:
    """Names of the levels told apart, and for each code (the last: −1, missing) its place among them."""
    _, levels = feature.codes(slice(0, 0))
    counts = np.zeros(len(levels) + 1, dtype=np.int64)
    for rows in chunks(len(feature.series)):
        counts += np.bincount(feature.codes(rows)[0] + 1, minlength=len(counts))
    missing, counts = counts[0], counts[1:]
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] >= (1 if feature.kind == "boolean" else FEWEST)]
    top = order[: TOP_LEVELS if len(order) > TOP_LEVELS + 1 else len(order)]
    names = [level_name(levels[level]) for level in top]
    place = np.full(len(levels) + 1, len(names), dtype=np.int64)
    place[top] = np.arange(len(top))
    if counts[top].sum() < counts.sum():
        names.append(OTHER_LEVELS)
    place[-1] = len(names)
    if missing:
        names.append(MISSING_LEVEL)
    return names, place


def level_name(text: str) -> str:
    """Return the text of a level, in quotes where it would read as what is said of rows without one.

    Examples
    --------
    >>> level_name("town"), level_name("missing")
    ('town', '"missing"')
    """
    # Quoted ones are quoted again: two levels never read alike.
    return f'"{text}"' if text.strip('"') in (MISSING_LEVEL, OTHER_LEVELS) else text


def _weighted(values: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    return values if weights is None else values * weights


def _binned(cells: np.ndarray, values: np.ndarray | None, size: int) -> np.ndarray:
    return np.bincount(cells, values, minlength=size)
