"""What was counted of a log, by whatever engine, as :class:`Counts`."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from ladder_widgets.monitor.counts import DELAY_EDGES, N_DELAYS, Axis, Counts
from ladder_widgets.monitor.plan import Plan
from ladder_widgets.validation import refuse

__all__ = ["SLOW", "Tables", "counts_of", "too_many"]

#: Periods of a log, beyond which the times or the length of a period are a mistake.
MAX_PERIODS = 100_000
#: Ms from a row to its label, beyond which it is told by a clock that is wrong, if few are.
SLOW = float(DELAY_EDGES[-2])
#: Share of the labels from which they are not few.
FEW = 0.001


@dataclass(frozen=True, eq=False)
class Tables:
    """Rows by period and bin.

    Attributes
    ----------
    periods : ndarray of int64 of shape (n_periods,)
        Numbers of periods, ascending.
    counted : dict of str to ndarray of shape (n_periods, …)
        By key: ``rows``; of a feature or a score its bins, missing ones last; of ``label`` and
        ``prediction`` none or unknown, then the classes; of ``label s0`` (a role and a score) bin by side:
        none, another class, the class of the score; of ``delay`` cell by class.
    latest : ndarray of shape (3, n_periods)
        Latest times in ms since 1970, −inf without: of rows, of labels that were not slow, of all labels.
    arrivals, slow : int
        Labels with a time, and those that came later than ``SLOW`` after their row.
    untimed : int
        Rows without a time that could be read, which are counted nowhere.
    mark : int
        See :attr:`Counts.mark`.
    """

    periods: np.ndarray
    counted: dict[str, np.ndarray]
    latest: np.ndarray
    arrivals: int
    slow: int
    untimed: int
    mark: int


def too_many(n_periods: int) -> None:
    """Refuse more periods than anybody watches."""
    if n_periods > MAX_PERIODS:
        accepted = f"rows with times in at most {MAX_PERIODS:,} periods"
        raise refuse("log", accepted, f"more than {MAX_PERIODS:,}", "See timestamp= and every=.")


def counts_of(tables: Tables, plan: Plan) -> Counts:
    """Make counts of tables.

    Raises
    ------
    ValueError
        If there is no row, none has a time, or there are too many periods.
    """
    too_many(len(tables.periods))
    if not len(tables.periods):
        if not tables.untimed:
            raise refuse("log", "a log with rows", "an empty one")
        raise refuse("log", "rows with times", "no time that could be read", "See timestamp=.")
    counted, n_periods = tables.counted, len(tables.periods)
    rows = counted["rows"][:, 0].astype(np.int64)
    features = {name: _all_missing(len(f.counts), rows) for name, f in plan.baseline.features.items()}
    features |= {feature.name: counted[key].astype(np.int64) for key, feature in plan.features.items()}
    delays = counted.get("delay")
    n_classes = len(plan.baseline.classes)
    latest = _latest(tables)
    return Counts(
        every=plan.every,
        starts=tables.periods * plan.every,
        rows=rows,
        features=features,
        axes=tuple(_axis(plan, key, counted, n_periods) for key in plan.scores),
        labels=_known(counted.get("label"), n_periods, n_classes),
        delays=None if delays is None else delays.reshape(n_periods, N_DELAYS, n_classes).astype(np.int64),
        as_of=int(latest.max()),
        decisions=None if "prediction" not in counted else _decisions(counted["prediction"]),
        latest=latest,
        untimed=tables.untimed,
        mark=tables.mark,
    )


def _all_missing(width: int, rows: np.ndarray) -> np.ndarray:
    table = np.zeros((len(rows), width), np.int64)
    table[:, -1] = rows
    return table


def _known(table: np.ndarray | None, n_periods: int, n_classes: int) -> np.ndarray:
    """Labels by class, without those that are none."""
    return np.zeros((n_periods, n_classes), np.int64) if table is None else table[:, 1:].astype(np.int64)


def _decisions(table: np.ndarray) -> np.ndarray:
    """Classes first, what is none of them last."""
    return np.roll(table, -1, axis=1).astype(np.int64)


def _axis(plan: Plan, key: str, counted: dict[str, np.ndarray], n_periods: int) -> Axis:
    empty = plan.scores[key].axis(n_periods)
    sides = {
        role: counted[f"{role} {key}"].reshape(*empty.scored.shape, 3).astype(np.int64)
        for role in ("label", "prediction")
        if f"{role} {key}" in counted
    }
    scored = next(iter(sides.values())).sum(axis=-1) if sides else counted[key].astype(np.int64)
    labelled = sides["label"][..., 1:] if "label" in sides else empty.labelled
    decided = sides["prediction"][..., 1:] if "prediction" in sides else None
    return replace(empty, scored=scored, labelled=labelled, decided=decided)


def _latest(tables: Tables) -> np.ndarray:
    """The latest thing that is known of each period's rows, int64 in ms since 1970; 0 without times."""
    asked, quick, every = tables.latest
    arrived = every if tables.slow > FEW * tables.arrivals else quick
    # A label of the year 2099 is a slip: every window would look old enough for its labels.
    arrived = np.minimum(arrived, np.maximum(time.time() * 1000, asked.max()))
    known = np.maximum(asked, arrived)
    return np.where(np.isfinite(known), known, 0).astype(np.int64)
