"""What was done to scores on their way into the log: a scale, decisions, rounding, a fallback value.

A score that moves while no feature does speaks of another model, unless one of these explains it first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ladder_widgets.finding import percent
from ladder_widgets.monitor.counts import Axis
from ladder_widgets.validation import shown

__all__ = ["held_scores", "score_cause"]

#: Scores that are needed to tell.
MIN_ROWS = 50
#: Points of a distribution that are compared.
POINTS = 2_000
#: Share of the scores outside 0 and 1, in text, or with one value, from which that is the matter.
OUTSIDE, TEXT, ATOM, CONSTANT = 0.05, 0.5, 0.05, 0.95
#: Share of the rows that is all of them: as far as a mixture can be told, and as far as values can.
WHOLE, NEARLY = 0.9, 0.98
#: Distance (Kolmogorov–Smirnov) that a change must make; the part of it that may be left, besides noise
#: (in standard errors) and the width of the bins that the reference is kept in.
MOVED, LEFT, NOISE, BIN = 0.1, 0.1, 1.5, 0.005
#: The same part, where scores went as far by themselves between the reference and the windows before.
MOST = 0.35
#: Distance that may be left where scores outside 0 and 1 are proof already, and by which the next is worse.
LEFT_OUTSIDE, NEXT = 0.25, 0.1
#: Smallest share of the rows that something was done to.
LEAST = 0.1
#: Distinct scores of the reference, below which two are no sign of decisions.
MANY = 10
#: Decimals that scores may be rounded to, in words.
DECIMALS = {1: "one decimal", 2: "two decimals", 3: "three decimals"}

Change = tuple[str, Callable[[np.ndarray], np.ndarray]]

_CHANGES: tuple[Change, ...] = (
    ("1 − x, the score of the other class", lambda x: 1 - x),
    ("x × 100", lambda x: 100 * x),
    ("x × 1000", lambda x: 1000 * x),
    ("x × 10", lambda x: 10 * x),
    ("x / 100", lambda x: x / 100),
    ("100 (1 − x)", lambda x: 100 * (1 - x)),
    ("log(x / (1 − x)), the log-odds", lambda x: np.log(x / (1 - x))),
    ("log((1 − x) / x), the log-odds of the other class", lambda x: np.log((1 - x) / x)),
    ("log(x)", np.log),
    ("−log(x)", lambda x: -np.log(x)),
    ("log10(x)", np.log10),
    ("2 x − 1", lambda x: 2 * x - 1),
)


def held_scores(axis: Axis, windows: slice = slice(None)) -> np.ndarray:
    """Return scores in order, at most 2,000, from the bins they are kept in."""
    rows = axis.scored[windows, :-1].sum(axis=0)
    total = int(rows.sum())
    if not total:
        return np.empty(0)
    at = (np.arange(min(POINTS, total)) + 0.5) / min(POINTS, total) * total
    return np.asarray(axis.values[np.searchsorted(np.cumsum(rows), at)])


def score_cause(
    references: Sequence[np.ndarray],
    served: pd.Series,
    *,
    alone: bool,
    others: Mapping[str, np.ndarray] | None = None,
) -> str | None:
    """Say what turned scores as they were into those of a window, where one thing did.

    Parameters
    ----------
    references : sequence of ndarray of shape (n,)
        What the scores were like: those of the windows before, those of the reference. In order, see
        :func:`held_scores`.
    served : Series of shape (m,)
        As the log holds them.
    alone : bool
        Whether no feature moved: what drift could bring about as well is told only then.
    others : mapping of str to ndarray, optional
        The reference of other classes, by what the log calls their score.

    Examples
    --------
    >>> reference = np.sort(np.random.default_rng(0).beta(2, 5, 1000))
    >>> score_cause([reference], pd.Series(reference * 100), alone=True)
    'x × 100'
    >>> score_cause([reference], pd.Series([0.5] * 1000), alone=True)
    'the same score, 0.5, in all rows'
    """
    numbers = pd.to_numeric(served, errors="coerce").astype(float)
    text = served.notna() & numbers.isna()
    if text.mean() >= TEXT:
        return f"text such as {shown(str(served[text].iloc[0]), 30)}"
    values = np.sort(numbers[np.isfinite(numbers)].to_numpy())
    before = [one for one in references if min(len(one), len(values)) >= MIN_ROWS]
    usual = max((distance(one, before[0]) for one in before), default=0.0)
    every = [_Sides(one, values, usual) for one in before]
    ways: list[Callable[[_Sides], str | None]] = [_decided, _one_outside, _outside, _rounded]
    if alone:
        ways += [_constant, _changed, lambda sides: _exchanged(sides, others or {}), _clipped, _fallback]
    said = (way(sides) for way in ways for sides in every)
    named = next((words for words in said if words is not None), None)
    return named or next((words for sides in every if (words := _beyond(sides))), None)


@dataclass(frozen=True, eq=False)
class _Sides:
    """Scores of the reference and of the window, in order, and how far scores go by themselves."""

    reference: np.ndarray
    served: np.ndarray
    usual: float = 0.0

    @cached_property
    def moved(self) -> float:
        """Distance between the two."""
        return distance(self.reference, self.served)

    @cached_property
    def strange(self) -> np.ndarray:
        """Scores outside 0 and 1, if those of the reference are inside; none if they are too few."""
        inside = self.reference[0] >= 0 and self.reference[-1] <= 1
        found = self.served[_is_outside(self.served)]
        return found if inside and len(found) >= OUTSIDE * len(self.served) else found[:0]

    @property
    def noise(self) -> float:
        """Distance that may be left between two samples of one distribution."""
        return float(NOISE * np.sqrt(1 / len(self.reference) + 1 / len(self.served))) + BIN

    @property
    def top(self) -> tuple[float, float]:
        """The commonest score of the window and its share."""
        values, times = np.unique(self.served, return_counts=True)
        return float(values[times.argmax()]), float(times.max() / len(self.served))

    def held(self, value: float) -> float:
        """Share of the reference at about a score: in its bin, if it has one of its own."""
        return float((np.abs(self.reference - value) <= 1e-3 * max(abs(value), 1e-3)).mean())

    @property
    def slack(self) -> float:
        """Distance that an image of the reference may leave."""
        return max(self.noise, LEFT * self.moved, min(self.usual, MOST * self.moved))

    def fits(self, image: np.ndarray, served: np.ndarray | None = None) -> bool:
        """Whether scores with values that speak for themselves are otherwise like those of the reference."""
        return distance(image, self.served if served is None else served) <= max(self.slack, self.usual)


def distance(first: np.ndarray, second: np.ndarray) -> float:
    """Return the Kolmogorov–Smirnov distance of two samples in order; infinite values are values."""
    points = np.concatenate([first, second])
    return float(np.abs(_below(first, points) - _below(second, points)).max())


def _below(values: np.ndarray, points: np.ndarray) -> np.ndarray:
    near = points + 1e-7 * np.where(np.isfinite(points), np.abs(points), 0.0)
    return np.searchsorted(values, near, side="right") / len(values)


def _image(change: Callable[[np.ndarray], np.ndarray], values: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        image = np.asarray(change(values), dtype=float)
    return np.sort(image[~np.isnan(image)])


def _beyond(sides: _Sides) -> str | None:
    """Scores that no probability has, where those of the reference were probabilities."""
    if not len(sides.strange):
        return None
    low, high = sides.served[0], sides.served[-1]
    return f"scores from {low:.4g} to {high:.4g} in place of 0 to 1"


def _one_outside(sides: _Sides) -> str | None:
    """A single value for what has no score, as −1."""
    values, times = np.unique(sides.strange, return_counts=True)
    if not len(values) or times.max() < CONSTANT * times.sum():
        return None
    share = percent(times.max() / len(sides.served))
    return f"{values[times.argmax()]:.4g} in place of a score in {share} of the rows"


def _outside(sides: _Sides) -> str | None:
    """A scale that leads out of 0 to 1: what lies outside tells it, however many rows it was done to."""
    fitted = []
    for words, change in _CHANGES:
        image = _image(change, sides.reference)
        strange = image[_is_outside(image)]
        if len(sides.strange) and len(strange) >= MIN_ROWS:
            share = len(sides.strange) / len(sides.served) / (len(strange) / len(image))
            fitted.append((distance(strange, sides.strange), share, words))
    if not fitted:
        return None
    (left, share, words), *rest = sorted(fitted)
    clear = left <= sides.noise or not rest or rest[0][0] >= left + NEXT
    return words + _part(share) if left <= LEFT_OUTSIDE and clear else None


def _is_outside(values: np.ndarray) -> np.ndarray:
    return (values < -1e-6) | (values > 1 + 1e-6)


def _part(share: float) -> str:
    return "" if share >= WHOLE else f" in {percent(share)} of the rows"


def _decided(sides: _Sides) -> str | None:
    """One of two values in place of many: the decision was recorded."""
    values, times = np.unique(sides.served, return_counts=True)
    two = np.sort(values[np.argsort(-times, kind="stable")[:2]])
    if len(two) < 2 or len(np.unique(sides.reference)) < MANY:
        return None
    if np.isin(sides.served, two).mean() < NEARLY or np.sort(times)[-2] < ATOM * times.sum():
        return None
    return f"{two[0]:.4g} and {two[1]:.4g} only, decisions in place of scores"


def _rounded(sides: _Sides) -> str | None:
    for digits, words in DECIMALS.items():
        rounded, own = (_on_grid(values, digits) for values in (sides.served, sides.reference))
        if rounded >= NEARLY:
            image = np.round(sides.reference, digits)
            return f"x rounded to {words}" if own < 0.5 and sides.fits(image) else None
    return None


def _on_grid(values: np.ndarray, digits: int) -> float:
    """Share of values that have no more decimals."""
    return float(np.isclose(np.round(values, digits), values, rtol=0, atol=1e-9).mean())


def _constant(sides: _Sides) -> str | None:
    value, share = sides.top
    if share < CONSTANT or sides.held(value) >= share - ATOM:
        return None
    where = "all rows" if share == 1 else f"{percent(share)} of the rows"
    return f"the same score, {value:.4g}, in {where}"


def _changed(sides: _Sides) -> str | None:
    """A scale, or the other class, for all rows or for a part of them."""
    kept = []
    for words, change in _CHANGES:
        image = _image(change, sides.reference)
        if len(image) < MIN_ROWS:
            continue
        left, share, effect = _mixture(sides, image)
        # A part can be fitted to many a change of model: it must explain it nearly all.
        least = sides.slack if share >= WHOLE else LEFT * sides.moved
        if share >= LEAST and effect >= MOVED and left <= least:
            kept.append((left, share, words))
    return None if not kept else (best := min(kept))[2] + _part(best[1])


def _mixture(sides: _Sides, image: np.ndarray) -> tuple[float, float, float]:
    """Return the distance that is left, the share of rows that were changed, and how far that moved them."""
    points = np.concatenate([sides.reference, image, sides.served])
    plain, moved, seen = (_below(part, points) for part in (sides.reference, image, sides.served))
    way = moved - plain
    share = float(np.clip(way @ (seen - plain) / max(way @ way, 1e-12), 0.0, 1.0))
    share = 1.0 if share >= WHOLE else share
    return float(np.abs(seen - plain - share * way).max()), share, float(share * np.abs(way).max())


def _exchanged(sides: _Sides, others: Mapping[str, np.ndarray]) -> str | None:
    """The score of another class."""
    for name, values in others.items():
        if sides.moved >= MOVED and distance(values, sides.served) <= sides.slack:
            return f"what {shown(name, 60)} was before"
    return None


def _clipped(sides: _Sides) -> str | None:
    low, high = float(sides.served[0]), float(sides.served[-1])
    cut = [
        bound
        for bound, beyond in ((low, sides.reference < low), (high, sides.reference > high))
        if (sides.served == bound).mean() - sides.held(bound) >= ATOM / 2 and beyond.mean() >= ATOM / 2
    ]
    bounds = (low if low in cut else -np.inf, high if high in cut else np.inf)
    if not cut or not sides.fits(np.clip(sides.reference, *bounds)):
        return None
    return f"x clipped at {' and '.join(f'{bound:.4g}' for bound in cut)}"


def _fallback(sides: _Sides) -> str | None:
    """One value in place of a part of the scores, whatever they were."""
    value, share = sides.top
    if share - sides.held(value) < ATOM:
        return None
    rest = sides.served[sides.served != value]
    if len(rest) < MIN_ROWS or not sides.fits(sides.reference, rest):
        return None
    return f"the same score, {value:.4g}, in {percent(share)} of the rows"
