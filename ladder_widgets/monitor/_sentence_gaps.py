"""Missing values of features and scores that somebody on call should know of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from ladder_widgets.finding import percent
from ladder_widgets.monitor.windows import ALPHA, Binned

if TYPE_CHECKING:
    from ladder_widgets.monitor.watch import Watch

__all__ = ["Gap", "gap_of", "worst_gap"]

#: Share of missing values, beyond training's own, from which gaps are the first thing to say.
GAPS = 0.2
#: Share of missing values that is all of them, to a reader.
ALL = 0.995
#: Part of a PSI that missing values make up, from which they are the reason.
REASON = 0.5


@dataclass(frozen=True)
class Gap:
    """Missing values of the latest window."""

    name: str
    now: float
    before: float
    is_score: bool

    def words(self, name: str, since: str) -> str:
        """Say what is missing, and since when."""
        if self.is_score:
            if self.now >= ALL:
                return f"No {name} was recorded{since}."
            of, subject = "reference", f"The {name}"
        else:
            of, subject = "training", name
        return (
            f"{subject} is missing in {percent(self.now)} of the rows{since}, in {of} in "
            f"{percent(self.before)}."
        )


def worst_gap(watch: Watch) -> Gap | None:
    """Return what is missing more often than before by a fifth of the rows, beyond chance."""
    found = [gap for gap in _every(watch) if gap.now - gap.before >= GAPS]
    # A model that is given nothing may answer nothing: features first.
    return max(found, key=lambda gap: (gap.now - gap.before, not gap.is_score), default=None)


def gap_of(pair: Binned) -> Gap | None:
    """Return the gaps of what moved, if they are why it moved; None otherwise."""
    trained, window = (part + 0.5 for part in (pair.pooled_reference, pair.pooled_windows[-1]))
    p, q = trained / trained.sum(), window / window.sum()
    parts = (q - p) * np.log(q / p)
    if q[-1] <= p[-1] or parts[-1] < REASON * parts.sum():
        return None
    now, before = (float(part[-1] / max(1, part.sum())) for part in (pair.windows[-1], pair.reference))
    return Gap(pair.name, now, before, pair.is_score)


def _every(watch: Watch) -> Iterator[Gap]:
    features = [
        (name, feature.counts, watch.counts.features[name][-1], False)
        for name, feature in watch.baseline.features.items()
    ]
    scores = [
        (pair.name, pair.reference, pair.windows[-1], True) for pair in watch.shifts.pairs if pair.is_score
    ]
    every = [*features, *scores]
    for name, trained, window, is_score in every:
        rows, missing = int(window.sum()), int(window[-1])
        before = float(trained[-1] / max(1, trained.sum()))
        usual = max(before, 1 / max(1, trained.sum()))
        if rows and stats.binom.sf(missing - 1, rows, usual) < ALPHA / len(every):
            yield Gap(name, missing / rows, before, is_score)
