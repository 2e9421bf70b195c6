"""The row labels of X against those of y, where both carry some."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from ladder_widgets.case import Case, Split
from ladder_widgets.checks._lags import linear_fit
from ladder_widgets.stats import ovr_auc

__all__ = ["Clash", "clash", "speaks"]

#: Share of the row labels that both must have for the rest to be a clash.
COMMON = 0.5
#: Chance of as good a fit without any, and standard errors between two fits.
P_FIT, Z_FIT = 1e-3, 3.0


@dataclass(frozen=True, eq=False)
class Clash:
    """Row labels that X and y share, and in other places.

    Attributes
    ----------
    rows : ndarray of shape (n_common,)
        Positions in X whose row label y has too.
    places : ndarray of shape (n_common,)
        Position of the label in y that carries the same row label.
    chosen : bool
        Whether both sides carry row labels that somebody gave: one that is 0, 1, 2 … may have been
        numbered anew after the rows were put in order.
    n_rows : int
    """

    rows: np.ndarray
    places: np.ndarray
    chosen: bool
    n_rows: int

    @property
    def apart(self) -> np.ndarray:
        """Positions in X whose row label stands elsewhere in y."""
        return self.rows[self.rows != self.places]

    @property
    def complete(self) -> bool:
        """Whether both carry the same row labels."""
        return len(self.rows) == self.n_rows


def clash(split: Split) -> Clash | None:
    """Return where the row labels of X and y disagree; None if they agree or cannot be compared."""
    if not isinstance(split.table.data, pd.DataFrame):
        return None
    ours, theirs = split.table.index, split.y.index
    if ours.equals(theirs) or not ours.is_unique or not theirs.is_unique:
        return None
    places = theirs.get_indexer(ours)
    rows = np.flatnonzero(places >= 0)
    if len(rows) < COMMON * split.n_rows:
        return None
    places = places[rows]
    if not (rows != places).any():
        return None
    return Clash(rows, places, not (_numbered(ours) or _numbered(theirs)), split.n_rows)


def _numbered(index: pd.Index) -> bool:
    return index.equals(pd.RangeIndex(len(index)))


def speaks(case: Case, split: Split, found: Clash) -> Literal["clash", "as given", "neither"]:
    """Say whether the labels fit the rows better by row label (a clash) or as they were given."""
    y, k = case.y(split), len(case.classes)
    if (y < 0).any():
        return "neither"
    given, by_label, d = linear_fit(split.table, y, k, found.rows, found.places)
    limit = float(stats.chi2.isf(P_FIT, d))
    if max(given, by_label) > limit:
        noise = Z_FIT * float(np.sqrt(2 * d + 4 * min(given, by_label)))
        if abs(by_label - given) > noise:
            return "clash" if by_label > given else "as given"
    answer = case.try_scores(split) if split.name != "train" else None
    if answer is None:
        return "neither"
    proba, positive = answer.proba[found.rows], case.positive if case.binary else None
    if min(len(np.unique(y[found.rows])), len(np.unique(y[found.places]))) < 2:
        return "neither"
    (at_given, error), (at_label, _) = (ovr_auc(y[at], proba, positive) for at in (found.rows, found.places))
    if abs(at_label.mean - at_given.mean) <= Z_FIT * error:
        return "neither"
    return "clash" if at_label.mean > at_given.mean else "as given"
