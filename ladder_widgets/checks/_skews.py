"""All columns that production prepares in another way, worked out once in a climb."""

from __future__ import annotations

from ladder_widgets.case import Case
from ladder_widgets.checks._relations import Relations
from ladder_widgets.checks._serving import ServedColumn, Serving, serving
from ladder_widgets.checks._skew import Skew
from ladder_widgets.checks._skew_numbers import transformed
from ladder_widgets.checks._skew_places import displaced, exchanged_rows, turned
from ladder_widgets.checks._skew_values import clipped, filled, rounded
from ladder_widgets.checks._skew_words import recoded, respelled
from ladder_widgets.shared import Shared

__all__ = ["Skews", "skews"]


class Skews:
    """What serving did, column by column.

    Attributes
    ----------
    found : list of Skew
    moved : dict of str to str
        Columns without names that hold the values of another: they were reordered.
    """

    def __init__(self, side: Serving) -> None:
        pairs = side.steady()
        holds = displaced(pairs)
        self.moved = holds if side.by_position else {}
        self.found = [] if side.by_position else _exchanges(holds)
        done = {*holds}
        if not side.by_position:
            partly = exchanged_rows([pair for pair in pairs if pair.name not in done])
            self.found += partly
            done.update(name for skew in partly for name in skew.columns)
        rest = [pair for pair in pairs if pair.name not in done]
        single = [skew for pair in rest if (skew := _one(pair)) is not None]
        done.update(name for skew in single for name in skew.columns)
        rest = [pair for pair in rest if pair.name not in done]
        relations = Relations(rest)
        self.found += single + [skew for pair in rest if (skew := turned(pair, relations)) is not None]

    @property
    def columns(self) -> set[str]:
        """Columns that no drift could look like."""
        return {name for skew in self.found if skew.sure for name in skew.columns}


def _one(pair: ServedColumn) -> Skew | None:
    if pair.numeric:
        for look in (transformed, clipped, filled, rounded):
            skew = look(pair)
            if skew is not None:
                return skew
        return None
    for look in (respelled, recoded, filled):
        skew = look(pair)
        if skew is not None:
            return skew
    return None


def _exchanges(holds: dict[str, str]) -> list[Skew]:
    found = []
    done: set[str] = set()
    for column, source in holds.items():
        if column in done:
            continue
        if holds.get(source) == column:
            columns: tuple[str, ...] = (column, source)
            words = f"the values of {source} in {column}, and the other way round"
        else:
            columns, words = (column,), f"the values of {source}"
        done.update(columns)
        found.append(Skew(columns, words, None, 1.0, 1.0, 0.0, kind="place"))
    return found


def skews(case: Case, shared: Shared) -> Skews:
    """Return what serving did to the columns of the log.

    Raises
    ------
    NotChecked
        If the log holds none of the training columns.
    """
    if "skews" not in shared.memo:
        shared.memo["skews"] = Skews(serving(case, shared))
    found: Skews = shared.memo["skews"]
    return found
