"""Numbers that match training only after a transformation, for all rows or for a part of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ladder_widgets.checks._serving import ServedColumn
from ladder_widgets.checks._skew import Skew
from ladder_widgets.checks._transforms import Transform, grid_step, named, on_grid
from ladder_widgets.monitor.drift import ks, snapped

__all__ = ["transformed"]

MIN_ROWS = 50
#: Distance to training from which a column is looked at, and from which one of unlike values is judged.
LOOK, FAR = 0.04, 0.3
#: Standard errors of a distance that a match may be off (more for a column that moved far), and its share of
#: the distance without it.
MATCH, MATCH_FAR, GAIN = 1.5, 2.0, 0.4
#: Standard errors by which two matches may differ with neither the better one, as × 1000 and × 1024 do.
ALIKE = 0.5
#: Share of values that recur in training from which a column has values of its own; of rows that lose them.
RECUR, LOST = 0.6, 0.05
#: The same share from which the values themselves are looked at rather than the grid they lie on.
RECUR_MOST = 0.9
#: Part of the gap between two images that a value may be off: a scaler was fitted on other rows.
NEAR = 0.1
#: Distance that an addition must make to be told from a drift of the mean.
SHIFTED = 0.6
#: Smallest share of transformed rows that is looked for.
MIN_SHARE = 0.05
MAX_GRID = 20_000


@dataclass(frozen=True, slots=True)
class _Match:
    transform: Transform
    share: float
    after: float
    exact: bool


def transformed(pair: ServedColumn) -> Skew | None:
    """Return the transformation that production applied to a column of numbers, if one explains it."""
    column = _Column(pair)
    if not column.worth_a_look:
        return None
    values, own = (feature.numbers() for feature in (pair.trained, pair.served))
    values, own = values[np.isfinite(values)], own[np.isfinite(own)]
    matches = column.matches(named(values)) or column.matches(on_grid(values, own))
    if not matches:
        return None
    best = _likeliest(matches, column.error)
    sure = not best.transform.moderate or (best.exact and not best.transform.fitted)
    words, undo = best.transform.words, best.transform.undo
    return Skew((pair.name,), words, undo, best.share, column.before, best.after, sure)


def _likeliest(matches: list[_Match], error: float) -> _Match:
    """Return the best match; of those that chance cannot tell from it, the one that is commonest in use."""
    first = min((not one.exact, one.share < 0.9) for one in matches)
    among = [one for one in matches if (not one.exact, one.share < 0.9) == first]
    least = min(one.after for one in among)
    return next(one for one in among if one.after <= least + ALIKE * error)  # in the order of named()


class _Column:
    """One column, before and after, and what a transformation must explain."""

    def __init__(self, pair: ServedColumn) -> None:
        self.pair = pair
        self.trained, self.served = pair.sorted_before, pair.sorted_after
        self.enough = min(len(self.trained), len(self.served)) >= MIN_ROWS
        self.before = ks(self.trained, self.served)[0] if self.enough else 0.0

    @cached_property
    def error(self) -> float:
        """Standard error of a distance between two samples of these sizes."""
        return float(np.sqrt(1 / len(self.trained) + 1 / len(self.served)))

    @property
    def slack(self) -> float:
        """Distance that a match may leave."""
        return (MATCH_FAR if self.before >= 0.5 else MATCH) * self.error

    @property
    def worth_a_look(self) -> bool:
        """Whether the column moved at all."""
        return (
            self.enough and self.before >= max(LOOK, 1.2 * self.error) and self.trained[0] < self.trained[-1]
        )

    def matches(self, transforms: list[Transform]) -> list[_Match]:
        """Transformations that explain the column."""
        return [match for one in transforms if (match := self.match(one)) is not None]

    @cached_property
    def own(self) -> np.ndarray:
        """Values that training holds, or all points of its grid where few of them recur."""
        distinct, _ = self._distinct
        step = grid_step(self.trained)
        span = self.trained[-1] - self.trained[0]
        if self._repeated >= RECUR_MOST or step is None or span / step >= MAX_GRID:
            return distinct
        if step <= 2e-5 * np.abs(self.trained).max():
            return distinct
        return np.asarray(self.trained[0] + step * np.arange(round(span / step) + 1))

    @cached_property
    def _distinct(self) -> tuple[np.ndarray, np.ndarray]:
        distinct, counts = np.unique(self.trained, return_counts=True)
        return distinct, counts

    @property
    def _repeated(self) -> float:
        counts = self._distinct[1]
        return float(counts[counts > 1].sum() / counts.sum())

    @cached_property
    def recurring(self) -> float:
        """Share of training values that training would hold without the row itself."""
        return 1.0 if len(self.own) > len(self._distinct[0]) else self._repeated

    def match(self, transform: Transform) -> _Match | None:
        """Judge one transformation."""
        with np.errstate(all="ignore"):
            image = np.sort(snapped(transform.forward(self.trained)))
        image = image[~np.isnan(image)]
        if len(image) < 0.95 * len(self.trained):
            return None
        images = self._images(transform)
        share, effect, after = self._mixture(image, _pulled(self.served, self.own, images))
        if share < MIN_SHARE or effect < LOOK or after > min(self.slack, GAIN * self.before):
            return None
        if transform.shift and (share < 0.95 or effect < SHIFTED):
            return None
        lost = self.recurring - _held(image, self.own)
        if self.recurring >= RECUR and lost >= LOST:
            found = self._exact(transform, images, share, lost)
            if found is not None:
                return _Match(transform, share, after, True) if found else None
        if transform.fitted or not self._far(share, effect):
            return None
        return _Match(transform, share, after, False)

    def _images(self, transform: Transform) -> np.ndarray:
        """Where the values of training go; none for a column without values of its own."""
        if self.recurring < RECUR:
            return np.empty(0)
        with np.errstate(all="ignore"):
            images = snapped(transform.forward(self.own))
        return np.unique(images[~np.isnan(images)])

    def _exact(self, transform: Transform, images: np.ndarray, share: float, lost: float) -> bool | None:
        """Whether values that training does not hold are images of values that it does; None if unclear."""
        strange = self.served[~_holds(self.served, self.own)]
        if len(strange) < max(5.0, 0.5 * share * lost * len(self.served)):
            return False
        explained = _holds(strange, images, NEAR)
        rest = (len(strange) - explained.sum()) / len(self.served)
        if rest <= 1.3 * (1 - self.recurring) + 0.03 and explained.mean() >= 0.5:
            return True
        return False if transform.fitted else None

    def _far(self, share: float, effect: float) -> bool:
        """Whether values without a grid lie where no drift would put them."""
        if share < 0.95:
            outside = np.mean((self.served < self.trained[0]) | (self.served > self.trained[-1]))
            return effect >= FAR and bool(outside >= 0.4 * share)
        shift = np.median(self.served) - np.median(self.trained)
        return self.before >= FAR and ks(self.trained + shift, self.served)[0] > 1.2 * self.error

    def _mixture(self, image: np.ndarray, served: np.ndarray) -> tuple[float, float, float]:
        """Share of transformed rows that fits best, the distance it makes, and the distance that is left."""
        points = np.concatenate([_some(self.trained), _some(image), _some(served)])
        plain, moved, seen = (_below(values, points) for values in (self.trained, image, served))
        direction = moved - plain
        length = float(direction @ direction)
        if length == 0:
            return 0.0, 0.0, 1.0
        share = float(np.clip(direction @ (seen - plain) / length, 0, 1))
        if share > 0.9 and np.abs(seen - moved).max() <= self.slack:
            share = 1.0
        left = seen - plain - share * direction
        return share, float(np.abs(direction).max()), float(np.abs(left).max())


def _some(values: np.ndarray, at_most: int = 400) -> np.ndarray:
    return values[np.linspace(0, len(values) - 1, min(at_most, len(values))).astype(int)]


def _below(values: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.searchsorted(values, points + 1e-7 * np.abs(points), side="right") / len(values)


def _pulled(values: np.ndarray, own: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Values that are no training values, moved onto the image beside them: a scaler saw other rows."""
    if len(images) < 2:
        return values
    place = np.searchsorted(images, values).clip(1, len(images) - 1)
    low, high = images[place - 1], images[place]
    nearest = np.where(values - low <= high - values, low, high)
    close = ~_holds(values, own) & (np.abs(values - nearest) <= NEAR * (high - low))
    return np.sort(np.where(close, nearest, values))


def _held(values: np.ndarray, among: np.ndarray) -> float:
    return float(_holds(values, among).mean()) if len(values) else 0.0


def _holds(values: np.ndarray, among: np.ndarray, near: float = 0.0) -> np.ndarray:
    """Which values are among others, up to single precision or to a part of the gap between neighbours."""
    if len(among) < 2:
        return np.zeros(len(values), dtype=bool)
    place = np.searchsorted(among, values).clip(1, len(among) - 1)
    low, high = among[place - 1], among[place]
    distance = np.minimum(np.abs(values - low), np.abs(values - high))
    return np.asarray(distance <= np.maximum(1e-6 * np.abs(values) + 1e-12, near * (high - low)), dtype=bool)
