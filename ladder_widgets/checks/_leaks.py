"""Columns that know the label, told from columns that are merely good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ladder_widgets.checks._power import Power, explained
from ladder_widgets.checks._ties import Tie, Ties
from ladder_widgets.shared import Shared

__all__ = ["Leak", "find_leaks"]

#: Share of the label's uncertainty that makes a column a suspect, and how many suspects are heard.
SUSPECT = 0.25
STRONG = 0.5
#: ROC AUC of the column alone below which it is no leak: the share of uncertainty depends on how rare the
#: classes are, and honest columns that hang together with no other reach 0.8.
LEAK_AUC = 0.82
MAX_SUSPECTS = 30
#: Lead over all other columns together that makes a leak: of a column without ties where most have
#: some, of a column without ties where few have any, and of any strong column.
LEAD_ODD, LEAD_LOOSE, LEAD = 0.1, 0.2, 0.25
#: Share from which an odd column is a leak whatever the others know. Few rows hide ties, and many
#: classes have traits of their own (all leaves of a species have one shape): then more is asked for.
COPY, COPY_HARD = 0.35, 0.65
FEW_ROWS, TOO_FEW_ROWS = 300, 200
#: The same for a column of measurements: an honest one that hangs together with no other may be strong.
COPY_FINE, FINE_AUC = 0.45, 0.93
#: Share of distinct values, and of rows that hold one, that makes a column one of measurements.
FINE, THERE = 0.5, 0.8
#: Other columns tried, to see whether ties are the custom of this table.
PEERS = 12
CUSTOM = 0.5


@dataclass(frozen=True, slots=True)
class Leak:
    """A column that knows the label.

    Attributes
    ----------
    power : Power
        What it explains alone.
    rest : Power
        What all other columns explain together (without other columns that know the label).
    tied : bool
        Whether it hangs together with other columns within the classes, as honest columns do.
    """

    power: Power
    rest: Power
    tied: bool


def find_leaks(shared: Shared, powers: Sequence[Power]) -> list[Leak]:
    """Return the leaks among columns, strongest first.

    Parameters
    ----------
    shared : Shared
    powers : sequence of Power
        Of every column, strongest first.
    """
    suspects = [one for one in powers if one.value >= SUSPECT and one.low >= SUSPECT / 2]
    suspects = [one for one in suspects if one.auc >= LEAK_AUC][:MAX_SUSPECTS]
    fine = {one.name for one in suspects if _fine(shared, one.name)}
    suspects = [one for one in suspects if one.name not in fine or one.auc >= FINE_AUC]
    if not suspects:
        return []
    case = shared.case
    ties = Ties(case.reference.table.features(), shared.folds.rows, shared.y, len(case.classes))
    found = {one.name: ties.between(one.name) for one in suspects}
    suspected = set(found)
    same = {name: _same(between, suspected) for name, between in found.items()}
    loose = {name for name, between in found.items() if not ties.tied(_others(between, same[name]))}
    exact = {name for name in loose if not ties.varies(name)}
    if len(shared.y) < TOO_FEW_ROWS:
        loose = exact
    odd = loose if loose == exact or _customary(ties, powers, loose) else exact
    enough = COPY if case.binary and len(shared.y) >= FEW_ROWS else COPY_HARD
    leaks = []
    for one in suspects:
        alike = same[one.name] | loose | {one.name}
        copy = one.name in odd and one.value >= (max(enough, COPY_FINE) if one.name in fine else enough)
        lead = _lead(one, one.name in loose, one.name in odd)
        if not copy and not _may_lead(one, powers, alike, lead):
            continue
        rest = _rest(shared, alike)
        if copy or _leads(one, rest, lead):
            leaks.append(Leak(one, rest, one.name not in loose))
    return leaks


def _fine(shared: Shared, name: str) -> bool:
    """Whether a column holds measurements, most of them met once, and few are missing.

    Where many are, being there at all may tell the label, which has nothing to do with fine values.
    """
    feature = shared.case.reference.table.feature(name)
    present = feature.series.dropna()
    there = len(present) >= THERE * len(feature.series)
    return feature.kind == "number" and there and present.nunique() > FINE * len(present)


def _same(between: Sequence[Tie], suspected: set[str]) -> set[str]:
    """Other suspects that are the same measurement."""
    return {tie.name for tie in between if tie.name in suspected and tie.same}


def _others(between: Sequence[Tie], left_out: set[str]) -> list[Tie]:
    return [tie for tie in between if tie.name not in left_out]


def _customary(ties: Ties, powers: Sequence[Power], loose: set[str]) -> bool:
    """Whether most other columns are tied to one another, so that a column without ties is odd."""
    names = [one.name for one in powers if one.name not in loose]
    peers = names[:: max(1, len(names) // PEERS)][:PEERS]
    tied = [ties.tied(_others(ties.between(name), loose)) for name in peers]
    return len(tied) > 1 and float(np.mean(tied)) >= CUSTOM


def _lead(one: Power, loose: bool, odd: bool) -> float:
    """Lead over all others together that makes this column a leak."""
    if odd:
        return LEAD_ODD
    if loose:
        return LEAD_LOOSE
    return LEAD if one.value >= STRONG else np.inf


def _may_lead(one: Power, powers: Sequence[Power], alike: set[str], lead: float) -> bool:
    """A cheap look before references are fitted: the others together know no less than the best of them."""
    best = max((other.value for other in powers if other.name not in alike), default=0.0)
    return one.value - max(0.0, best) >= lead


def _leads(one: Power, rest: Power, lead: float) -> bool:
    noise = 2 * float(np.hypot(one.error, rest.error))
    return one.value - max(0.0, rest.value) >= max(lead, noise)


def _rest(shared: Shared, alike: set[str]) -> Power:
    keep = ~np.isin(shared.design.sources, list(alike))
    if not keep.any():
        return Power("the rest", 0.0, 0.0)
    return explained("the rest", shared.y, shared.without(tuple(sorted(alike))))
