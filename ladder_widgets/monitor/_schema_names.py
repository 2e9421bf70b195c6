"""Columns of a batch beside those of the schema: which are gone, new, renamed or in another order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ladder_widgets.monitor._schema_report import Violation
from ladder_widgets.monitor.changes import is_metadata
from ladder_widgets.table import Table
from ladder_widgets.validation import shown

if TYPE_CHECKING:
    from ladder_widgets.monitor.schema import Schema

__all__ = ["name_changes", "places"]


def places(schema: Schema, names: list[str], *, nameless: bool) -> dict[str, int]:
    """Return the position in the batch of every column of the schema that is there.

    Where one side has no names, as many columns are matched by their place.
    """
    found = {name: position for position, name in enumerate(names)}
    by_place = (nameless or not schema.named) and len(names) == len(schema.names)
    if by_place and set(found) != set(schema.names):
        return {name: position for position, name in enumerate(schema.names)}
    return {name: found[name] for name in schema.names if name in found}


def name_changes(
    schema: Schema, names: list[str], place: dict[str, int], rows: int, table: Table | None = None
) -> list[Violation]:
    """Return what is wrong with the columns as such.

    A new column that belongs to a log, such as a time or the label, is nothing to report.
    """
    dropped = [name for name in schema.names if name not in place]
    taken = set(place.values())
    added = [name for position, name in enumerate(names) if position not in taken]
    renamed = _renamed(dropped, added)
    found = [_absent(schema, name, renamed.get(name), rows) for name in dropped]
    found += [
        Violation("added", name, "training does not have it", "nothing", 0, 0.0, (), "warn")
        for name in added
        if name not in renamed.values() and not _belongs_to_log(schema, name, table)
    ]
    return found + _reordered(place)


def _renamed(dropped: list[str], added: list[str]) -> dict[str, str]:
    """Columns that went, and those that came under nearly the same name."""
    free = {_plain(name): name for name in reversed(added) if _plain(name)}
    return {name: free.pop(_plain(name)) for name in dropped if _plain(name) in free}


def _plain(name: str) -> str:
    return "".join(sign for sign in name.casefold() if sign.isalnum())


def _absent(schema: Schema, name: str, new: str | None, rows: int) -> Violation:
    accepted = schema[name].accepted
    if new is not None:
        words = f"not there, but {shown(new, 60)} is"
        return Violation("renamed", name, words, accepted, rows, 1.0, (new[:60],))
    return Violation("dropped", name, "not there", accepted, rows, 1.0)


def _belongs_to_log(schema: Schema, name: str, table: Table | None) -> bool:
    return name == schema.target or is_metadata(name, table.feature(name) if table is not None else None)


def _reordered(place: dict[str, int]) -> list[Violation]:
    order = list(place.values())
    ranks = {position: rank for rank, position in enumerate(sorted(order))}
    moved = [name for rank, (name, position) in enumerate(place.items()) if ranks[position] != rank]
    if not moved:
        return []
    listed = ", ".join(shown(name, 40) for name in moved[:5]) + (", …" if len(moved) > 5 else "")
    words = f"{len(moved)} columns stand in another place than in training ({listed})"
    return [Violation("reordered", moved[0], words, "the order of training", 0, 0.0, (), "warn")]
