"""What was done to a column that moved: a unit, a scale, a spelling."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ladder_widgets.monitor._held_values import exchanged, stuck
from ladder_widgets.monitor.baseline import Baseline
from ladder_widgets.monitor.drift import ks, snapped
from ladder_widgets.table import Feature
from ladder_widgets.validation import shown

__all__ = ["causes"]

#: Share of the values of a window that must be images of training's own, and that may be training's own.
IMAGES, OWN = 0.9, 0.5
#: Share of training's values that come more than once, from which they are a column's own.
RECURRING = 0.9
#: Distance (Kolmogorov–Smirnov) that a column must have moved, and the part that may be left of it.
MOVED, LEFT = 0.3, 0.1
#: Another factor, this far off, that brings it down to this part of the distance: the first was not it.
OFF, NEARER = 1.1, 0.5
#: Share of the rows that gaps filled with one value must make up to be why a column moved.
FILLED = 0.02


def causes(baseline: Baseline, rows: pd.DataFrame, names: Iterable[str]) -> dict[str, str]:
    """Say what turned training's values of a column into those of a window, where one thing did.

    Parameters
    ----------
    baseline : Baseline
    rows : DataFrame
        Some rows of the window.
    names : iterable of str
        Columns that moved.

    Returns
    -------
    dict of str to str
        What production holds in place of x.
    """
    names = [name for name in names if name in rows and name in baseline.sample]
    trained, served = ({name: _feature(frame, name) for name in names} for frame in (baseline.sample, rows))
    places = exchanged(trained, served)
    found = {}
    for name, other in places.items():
        both = ", and the other way round" if places[other] == name else ""
        found[name] = f"what {shown(other, 60)} held in training{both}"
    for name in names:
        words = None if name in found else _cause(trained[name], served[name])
        if words is not None:
            found[name] = words
    return found


def _feature(frame: pd.DataFrame, name: str) -> Feature:
    return Feature(name, name, frame[name])


def _cause(trained: Feature, served: Feature) -> str | None:
    # The ladder's own detectors, which import this package.
    from ladder_widgets.checks._serving import ServedColumn
    from ladder_widgets.checks._skew_numbers import transformed
    from ladder_widgets.checks._skew_values import filled
    from ladder_widgets.checks._skew_words import recoded, respelled

    single = stuck(trained, served)
    pair = ServedColumn(trained.name, trained, served, None, None)
    if pair.words:
        skew = respelled(pair) or recoded(pair)
    elif pair.numeric:
        skew = transformed(pair)
    else:
        return None
    if skew is not None and skew.share >= 0.5 and not (single or "").startswith("the same"):
        return skew.words
    gap = filled(pair)
    if gap is not None and gap.sure and gap.share >= FILLED:
        return gap.words
    return single or (_unit(pair.sorted_before, pair.sorted_after) if pair.numeric else None)


def _unit(before: np.ndarray, after: np.ndarray) -> str | None:
    """A change of unit in a column that drifted as well, which hides from tests of equal distributions."""
    from ladder_widgets.checks._transforms import named

    if len(before) < 50 or len(after) < 50:
        return None
    moved = ks(before, after)[0]
    own, times = np.unique(before, return_counts=True)
    recurring = times[times > 1].sum() / len(before) >= RECURRING
    best: tuple[float, str] | None = None
    for one in named(before):
        if one.shift or (one.moderate and not recurring):
            continue
        with np.errstate(all="ignore"):
            image = snapped(one.forward(own if recurring else before))
        image = np.sort(image[~np.isnan(image)])
        if recurring:
            fits = len(image) > 1 and _held(after, image) >= IMAGES and _held(after, own) <= OWN
            left = -_held(after, image) if fits else 1.0
        else:
            if len(image) < IMAGES * len(before):  # it turns these values into nothing
                continue
            left = ks(image, after)[0]
            fits = moved >= MOVED and left <= LEFT * moved and _best_scale(image, after, left)
        if fits and (best is None or left < best[0]):
            best = (left, one.words)
    return None if best is None else best[1]


def _best_scale(image: np.ndarray, after: np.ndarray, left: float) -> bool:
    """Whether no factor on top of an image brings it much nearer: x × 12 must not be called x × 10."""
    middle = np.median(image)
    if middle == 0 or not np.isfinite(middle):
        return True
    factor = np.median(after) / middle
    if factor <= 0 or 1 / OFF < factor < OFF:  # the column may have drifted a little as well
        return True
    return ks(np.sort(image * factor), after)[0] >= NEARER * left


def _held(values: np.ndarray, among: np.ndarray) -> float:
    """Share of values that are among others, to single precision."""
    place = np.searchsorted(among, values).clip(1, len(among) - 1)
    gap = np.minimum(np.abs(values - among[place - 1]), np.abs(values - among[place]))
    return float((gap <= 1e-6 * np.abs(values) + 1e-12).mean())
