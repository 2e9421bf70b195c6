"""Times that cannot be: rows of the year 2099 or 1970 must not say when now is, or when a log began."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from ladder_widgets.monitor._schema_report import Violation
from ladder_widgets.monitor.counts import Counts
from ladder_widgets.monitor.times import DAY, moment

__all__ = ["Clock", "read_clock"]

#: How far rows lie from all others, at least, if their clock is to be wrong: and as far as the others reach.
FAR = 300 * DAY
#: Share of the rows that a wrong clock is found in at most: of those far away, and of those yet to come.
FEW, FEW_TO_COME = 0.001, 0.01
#: Rows of a log from which a single one is few.
ENOUGH = 100
#: Share of rows without a time from which the log is broken rather than soiled.
BROKEN = 0.05


@dataclass(frozen=True)
class Clock:
    """Rows that are in no window.

    Attributes
    ----------
    untimed : int
        Rows without a time that could be read.
    stray : int
        Rows whose time cannot be.
    first, last : int
        The earliest and the latest period of these, in ms since 1970.
    total : int
        Rows of the log.
    """

    untimed: int = 0
    stray: int = 0
    first: int = 0
    last: int = 0
    total: int = 0

    def violations(self, column: str) -> list[Violation]:
        """What is to be told of them; none where all rows are counted."""
        found = []
        if self.untimed:
            share = self.untimed / self.total
            has = "has" if self.untimed == 1 else "have"
            words = (
                f"{self.untimed:,} of {self.total:,} rows {has} no time that could be read and "
                f"{'is' if self.untimed == 1 else 'are'} not counted"
            )
            broken = share >= BROKEN
            kind, severity = ("type", "error") if broken else ("gaps", "warn")
            found.append(
                Violation(kind, column, words, "times", self.untimed, share, severity=severity)  # type: ignore[arg-type]
            )
        if self.stray:
            has = "has" if self.stray == 1 else "have"
            days = sorted({moment(self.first), moment(self.last)})
            words = (
                f"{self.stray:,} of {self.total:,} rows {has} a time far from all others "
                f"({', '.join(days)}) and {'is' if self.stray == 1 else 'are'} not counted"
            )
            share = self.stray / self.total
            accepted = "times near those of the other rows"
            found.append(Violation("range", column, words, accepted, self.stray, share, severity="warn"))
        return found


def read_clock(counts: Counts) -> tuple[Counts, Clock]:
    """Return counts without rows whose time cannot be, and what was left out.

    A time cannot be if few rows (0.1 %) lie 300 days from all others and farther than these reach, or if few
    (1 %) are yet to come while the others have been.
    """
    total = int(counts.rows.sum()) + counts.untimed
    stray = _far(counts) | _to_come(counts, time.time() * 1000)
    if not stray.any() or stray.all():
        return counts, Clock(untimed=counts.untimed, total=total)
    left = counts.starts[stray]
    clock = Clock(counts.untimed, int(counts.rows[stray].sum()), int(left[0]), int(left[-1]), total)
    kept = counts.take(~stray)
    return kept if kept.latest is None else replace(kept, as_of=int(kept.latest.max())), clock


def _far(counts: Counts) -> np.ndarray:
    """Periods of few rows that lie far from all others."""
    found = np.zeros(counts.n_periods, dtype=bool)
    total = int(counts.rows.sum())
    if total < ENOUGH:
        return found
    pieces = np.append(0, np.cumsum(np.diff(counts.starts) > FAR))
    rows = np.bincount(pieces, weights=counts.rows)
    main = counts.starts[pieces == rows.argmax()]
    reach = max(FAR, int(main[-1] - main[0]))
    away = np.maximum(main[0] - counts.starts, counts.starts - main[-1]) > reach
    if counts.rows[away].sum() <= max(1.0, FEW * total):
        found |= away
    return found


def _to_come(counts: Counts, now: float) -> np.ndarray:
    """Periods of few rows that begin after tomorrow, if the others do not."""
    later = counts.starts > now + DAY
    few = counts.rows[later].sum() <= FEW_TO_COME * counts.rows.sum()
    return later & few
