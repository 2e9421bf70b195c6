"""What the errors would be if the model's own probabilities were right, from the cube.

A model that is right about its probabilities still errs: of rows that it gives 0.9 to one class, a
tenth belongs to another. How many errors of a kind that makes, how sure the model is of them, and
(with two classes) how their features differ from those of the right answers, follows from the
probabilities alone. Within a bin every row counts with the mean of the bin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ladder_widgets.errors.axis import Range
from ladder_widgets.errors.cube import Cube

__all__ = ["Chances", "Expected", "chances_of", "expected_in"]


@dataclass(frozen=True)
class Expected:
    """Rows of a cell that are expected, the variance of their number, and their mean confidence.

    NaN where the scores are no probabilities.
    """

    rows: float
    variance: float
    confidence: float


def expected_in(cube: Cube, group: int, bins: Range, predicted: int, positive: int) -> Expected:
    """Return what is expected of a cell in a range of bins.

    Parameters
    ----------
    cube : Cube
    group : int
        Of the cell.
    bins : (int, int)
    predicted, positive : int
        Codes; the second is not looked at with more than two classes.
    """
    part = slice(*bins)
    if cube.claimed is None:
        same, claimed = list(range(len(cube.groups))), _claimed(cube, cube.groups[group][0] == positive)
    else:
        same = [g for g, pair in enumerate(cube.groups) if pair[1] == predicted]
        claimed = cube.claimed[group]
    rows, score, claimed = (
        cube.count[same].sum(axis=0)[part],
        cube.score[same].sum(axis=0)[part],
        claimed[part],
    )
    share, x = _ratio(claimed, rows), _ratio(score, rows)
    confidence = x if cube.claimed is not None or predicted == positive else 1 - x
    squares = rows if cube.count2 is None else cube.count2[same].sum(axis=0)[part]
    total = float(claimed.sum())
    mean = float((claimed * confidence).sum()) / total if total > 0 else np.nan
    return Expected(total, float((squares * share * (1 - share)).sum()), mean)


def _claimed(cube: Cube, positive: bool) -> np.ndarray:
    """Rows of a class of two that the scores state, by bin."""
    score = cube.score.sum(axis=0)
    return np.asarray(score if positive else cube.count.sum(axis=0) - score)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)


@dataclass(frozen=True, eq=False)
class Chances:
    """How likely a row of each bin belongs to the class of a comparison, and the bins of both sides."""

    of_class: np.ndarray
    cell: Range
    others: Range

    def means(self, hits: np.ndarray, rows: np.ndarray) -> tuple[float, float]:
        """Expected mean of (n_groups, n_bins) sums over rows, in the cell and in the others."""
        both = [(self.of_class * sums.sum(axis=0)) for sums in (hits, rows)]
        told = [[float(sums[slice(*bins)].sum()) for sums in both] for bins in (self.cell, self.others)]
        first, second = (total / n if n > 0 else np.nan for total, n in told)
        return first, second


def chances_of(cube: Cube, positive_class: bool, cell: Range, others: Range) -> Chances:
    """Return the chances of a comparison within a class of two.

    Parameters
    ----------
    cube : Cube
        Of two classes.
    positive_class : bool
        Whether the class compared is the positive one.
    cell, others : (int, int)
        Bins of both sides.
    """
    return Chances(_ratio(_claimed(cube, positive_class), cube.count.sum(axis=0)), cell, others)
