"""What was done to a column that moved: a unit, a scale, a fill value."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from ladder_widgets.monitor.baseline import Baseline
from ladder_widgets.table import Feature

__all__ = ["causes"]


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
        To follow "production holds".
    """
    # The ladder's own detectors, which import this package.
    from ladder_widgets.checks._serving import Pair
    from ladder_widgets.checks._skew_numbers import transformed

    found = {}
    for name in names:
        if name not in rows or name not in baseline.sample:
            continue
        pair = Pair(name, _feature(baseline.sample, name), _feature(rows, name), None, None)
        skew = transformed(pair) if pair.numeric else None
        if skew is not None and skew.share >= 0.5:
            found[name] = skew.words
    return found


def _feature(frame: pd.DataFrame, name: str) -> Feature:
    return Feature(name, name, frame[name])
