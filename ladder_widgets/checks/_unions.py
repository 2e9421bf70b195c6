"""Statistics learned from training alone, or from training and more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from ladder_widgets.checks._statistics import BEHAVIOUR

__all__ = ["Comparison", "Element", "beyond_training", "compare", "matches"]

#: Distance from the union's value, as a share of the distance between the union's and training's, up to
#: which a statistic is the union's; and up to which that holds beyond doubt.
NEAR, EXACT = 1e-3, 1e-5
#: Matches of a statistic's columns that are enough where none is exact.
MIN_NEAR = 3
#: Share of the columns in which training and union differ that must match.
MIN_SHARE = 0.9
#: The same of what a transformer makes of rows, where ties may go either way, and how many times fewer
#: the cells must be that are training's.
MIN_CELLS, FEWER = 0.25, 4
#: Samples of training that a coincidence is judged by, and the share of them that may look as guilty: for a
#: model that seems to be fitted on rows of its own, and for clones that are fitted on folds.
FIRST, SAMPLES, P_SAMPLE, P_CLONE = 4, 24, 0.2, 0.04
SAMPLE = 0.8
_ROUNDING = 1e-9

Given = Mapping[str, np.ndarray | frozenset[Any]]


@dataclass(frozen=True, slots=True)
class Element:
    """One number in which training and union differ: ``place`` is its column in the statistic."""

    statistic: str
    place: int
    width: int
    given: float | str
    train: float | str
    union: float | str


@dataclass(frozen=True, eq=False)
class Comparison:
    """A transformer's statistics beside those of training and of a union of splits.

    Attributes
    ----------
    elements : list of Element
        Where it has the union's value and training has another.
    agreeing : int
        Elements equal to the union's, whether or not training's are too.
    to_train : int
        Elements equal to training's where the union has another.
    different : int
        Elements in which training and union differ.
    levels_only : bool
        Whether all that matches is levels or terms.
    """

    elements: list[Element]
    agreeing: int
    to_train: int
    different: int
    levels_only: bool

    @property
    def found(self) -> bool:
        """Whether the union explains the statistics and training does not."""
        return bool(self.elements) and not self.to_train


def beyond_training(names: list[str]) -> Iterator[tuple[str, ...]]:
    """Yield the splits that may have been joined, the likeliest first; never training alone.

    Examples
    --------
    >>> list(beyond_training(["train", "val"]))
    [('train', 'val'), ('val',)]
    """
    subsets = [subset for size in range(len(names), 0, -1) for subset in combinations(names, size)]
    yield from sorted((s for s in subsets if s != ("train",)), key=lambda s: ("train" not in s, -len(s)))


def compare(given: Given, train: Given, union: Given) -> Comparison:
    """Compare statistic by statistic and column by column.

    A statistic counts if it matches the union in nearly all columns in which training differs, in
    three at least or in one exactly: two statistics of different rows do not meet by chance.
    """
    elements: list[Element] = []
    agreeing = to_train = different = 0
    levels_only = True
    for name in given:
        if name not in train or name not in union:
            continue
        g, t, u = given[name], train[name], union[name]
        if isinstance(g, frozenset) and isinstance(t, frozenset) and isinstance(u, frozenset):
            more = u - t
            different += len(more)
            to_train += len(more - g)
            agreeing += len(u & g)
            if more and g == u:
                elements += [Element(name, 0, 1, str(level), "", str(level)) for level in sorted(more)]
        elif isinstance(g, np.ndarray) and isinstance(t, np.ndarray) and isinstance(u, np.ndarray):
            found = _compare_arrays(name, g, t, u)
            elements += found.elements
            agreeing += found.agreeing
            to_train += found.to_train
            different += found.different
            levels_only = levels_only and not found.elements
    return Comparison(elements, agreeing, to_train, different, levels_only and bool(elements))


def _compare_arrays(name: str, g: np.ndarray, t: np.ndarray, u: np.ndarray) -> Comparison:
    if g.shape != t.shape or g.shape != u.shape:
        return _compare_shapes(name, g, t, u)
    g, t, u = (each.ravel() for each in (g, t, u))
    gap, noise = np.abs(t - u), _noise(t, u)
    different = gap > 10 * noise
    off = np.abs(g - u)
    near = different & (off <= np.maximum(NEAR * gap, noise))
    exact = different & (off <= np.maximum(EXACT * gap, noise))
    to_train = different & (np.abs(g - t) <= np.maximum(NEAR * gap, noise))
    agreeing = int(near.sum() + (~different & ((off <= noise) | (np.isnan(g) & np.isnan(u)))).sum())
    tied = name == BEHAVIOUR
    if tied and FEWER * to_train.sum() <= near.sum():
        to_train &= False
    whole = near.sum() >= (MIN_CELLS if tied else MIN_SHARE) * different.sum() and (
        near.sum() >= MIN_NEAR or exact.any()
    )
    places = np.flatnonzero(near & whole)
    elements = [Element(name, int(p), len(g), float(g[p]), float(t[p]), float(u[p])) for p in places]
    return Comparison(elements, agreeing, int(to_train.sum()), int(different.sum()), False)


def _compare_shapes(name: str, g: np.ndarray, t: np.ndarray, u: np.ndarray) -> Comparison:
    """Where rows decide the length: one element, the number of values."""
    like_union, like_train = _equal(g, u), _equal(g, t)
    elements = (
        [Element(f"number of {name}", 0, 1, float(g.size), float(t.size), float(u.size))]
        if like_union and not like_train
        else []
    )
    return Comparison(elements, int(like_union), int(like_train and not like_union), 1, False)


def _equal(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=1e-7, atol=1e-10, equal_nan=True))


def _noise(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """What the order of summation may change."""
    size = np.fmax(np.abs(a), np.abs(b))
    largest = float(np.nanmax(size, initial=0.0)) if np.isfinite(size).any() else 0.0
    return np.asarray(_ROUNDING * size + 1e-15 * largest + 1e-300)


def matches(given: Given, train: Given) -> bool:
    """Whether every statistic is training's.

    Examples
    --------
    >>> matches({"mean_": np.array([1.0])}, {"mean_": np.array([1.0 + 1e-15])})
    True
    """
    for name, g in given.items():
        t = train.get(name)
        if isinstance(g, frozenset) or isinstance(t, frozenset):
            if g != t:
                return False
        elif t is None or not _equal(g, t):
            return False
    return True


def by_chance(
    found: Comparison,
    given_on: Callable[[np.ndarray], Given],
    train: Given,
    union: Given,
    n_rows: int,
    seed: int,
) -> float:
    """Estimate the chance that some sample of training would look as guilty.

    Medians, modes and extremes of columns with few values meet by chance. ``given_on`` fits on
    the training rows at some positions; a few samples tell whether that happens here at all.

    Returns
    -------
    float
        Share of the samples (counting the case itself) that agree with the union as often.
    """
    rng = np.random.default_rng(seed)
    guilty = 0
    for done in range(1, SAMPLES + 1):
        rows = rng.choice(n_rows, max(2, int(SAMPLE * n_rows)), replace=False)
        other = compare(given_on(np.sort(rows)), train, union)
        guilty += other.found and other.agreeing >= found.agreeing
        if done == FIRST and not guilty and len(found.elements) >= MIN_NEAR:
            return 0.0
    return (guilty + 1) / (SAMPLES + 1)
