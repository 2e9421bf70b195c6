"""Which features of a wide table to look at first, when not all of them can be shown."""

from __future__ import annotations

from itertools import zip_longest

import numpy as np
import pandas as pd

from ladder_widgets.errors._answers import Answers
from ladder_widgets.errors._rows import EVERYTHING, Band
from ladder_widgets.errors.contrast import contrast
from ladder_widgets.errors.kinds import SURE

__all__ = ["leading_features"]

#: Kinds of errors that are asked about, the most frequent, and the bands of confidence.
KINDS = 8
BANDS: tuple[Band, ...] = (EVERYTHING, (SURE, 1.0), (0.9, 1.0))


def leading_features(errors: Answers, most: int) -> list[str]:
    """Return the features that the contrasts of the errors begin with, at the threshold in use.

    Every kind of error in every band of :data:`BANDS` names one in turn: first those that survive the
    noise, then the others.

    Parameters
    ----------
    errors : Answers
    most : int
        How many to return, at most.
    """
    told = _contrasts(errors)
    chosen: dict[str, None] = {}
    for survives in (True, False):
        lists = [frame.loc[frame["significant"] == survives, "feature"].unique() for frame in told]
        for turn in zip_longest(*lists):
            chosen |= dict.fromkeys(name for name in turn if name is not None)
    chosen |= dict.fromkeys(feature.name for feature in errors.cube.features)
    return list(chosen)[:most]


def _contrasts(errors: Answers) -> list[pd.DataFrame]:
    """Contrasts at the edges of the cube that are nearest to the bands."""
    counts = errors.confusion().to_numpy(dtype=float, copy=True)
    np.fill_diagonal(counts, 0)
    frequent = np.argsort(-counts, axis=None, kind="stable")[:KINDS]
    cells = [divmod(int(cell), len(counts)) for cell in frequent if counts.flat[cell] > 0]
    cube = errors.cube
    found = []
    for actual, predicted in cells:
        others = errors.side(actual, actual, EVERYTHING)
        found += [contrast(cube, errors.side(actual, predicted, band), others) for band in BANDS]
    return found
