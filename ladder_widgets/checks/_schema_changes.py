"""Every difference between the columns of training and those of the log."""

from __future__ import annotations

import narwhals as nw
import numpy as np
import pandas as pd

from ladder_widgets.case import Case
from ladder_widgets.checks import _novelty, _probe
from ladder_widgets.checks._pipeline import dropped_columns
from ladder_widgets.checks._serving import ServedColumn, Serving, serving
from ladder_widgets.checks._skew_words import counts, distance
from ladder_widgets.checks._skews import Skews, skews
from ladder_widgets.finding import percent
from ladder_widgets.monitor.changes import Change, compare, is_metadata
from ladder_widgets.monitor.drift import ks, snapped
from ladder_widgets.scores import ModelFailure
from ladder_widgets.shared import Shared
from ladder_widgets.table import Feature, take

__all__ = ["order_matters", "schema_changes", "unsettled"]

#: Share of rows with levels that training never saw, beyond what is natural.
NEW_SHARE = 0.005
#: Distance between a column that went and one that came, in standard errors, for a change of name.
SAME = 1.63
#: Score that counts as another.
OTHER_SCORE = 1e-6
#: Whole numbers of so few values are codes.
CODES, CODES_SHARE = 10, 0.02


def schema_changes(case: Case, shared: Shared) -> list[Change]:
    """Return what changed; columns that a skew explains are left out. Worked out once in a climb.

    Raises
    ------
    NotChecked
        If the log holds none of the training columns.
    """
    if "schema" not in shared.memo:
        shared.memo["schema"] = _changes(case, serving(case, shared), skews(case, shared))
    found: list[Change] = shared.memo["schema"]
    return found


def _changes(case: Case, side: Serving, known: Skews) -> list[Change]:
    renamed = _renamed(side)
    found = [
        Change("renamed", old, f"is called {new!r} in production, or was replaced by it")
        for old, new in renamed.items()
    ]
    found += [_dropped(case, name) for name in side.dropped if name not in renamed]
    explained = {name for skew in known.found for name in skew.columns}
    scaled = any(skew.sure and skew.kind == "number" for skew in known.found)
    for pair in side.pairs.values():
        if pair.name not in explained or pair.trained.kind != pair.served.kind:
            # What scales one column scales others, and leaves their range without being told by name.
            found += [one for one in _column(side, pair) if one.kind != "range" or not scaled]
    found += _order(case, side, known)
    found += [_added(case, side, name) for name in side.added if name not in renamed.values()]
    return found


def _renamed(side: Serving) -> dict[str, str]:
    """Columns that went, and the new ones that look like them."""
    free = list(side.added)
    found: dict[str, str] = {}
    for close in (True, False):
        for old in side.dropped:
            trained = side.trained.feature(old)
            for new in free if old not in found else []:
                served = side.log.table.feature(new)
                if (_plain(old) == _plain(new)) if close else _alike(trained, served):
                    found[old] = new
                    free.remove(new)
                    break
    return found


def _plain(name: str) -> str:
    return "".join(sign for sign in name.casefold() if sign.isalnum())


def _alike(trained: Feature, served: Feature) -> bool:
    if trained.kind != served.kind or len(served.series) < 30:
        return False
    if trained.kind == "datetime":
        return True
    if trained.kind == "category":
        known, new = counts(trained), counts(served)
        total = sum(new.values())
        shared = sum(count for level, count in new.items() if level in known)
        noise = np.sqrt(len(known) * (1 / max(1, sum(known.values())) + 1 / max(1, total)))
        return total > 0 and shared >= 0.8 * total and distance(known, new) <= max(0.05, noise)
    before, after = (
        np.sort(values[~np.isnan(values)]) for values in map(snapped, (trained.numbers(), served.numbers()))
    )
    if min(len(before), len(after)) < 30:
        return False
    return ks(before, after)[0] <= SAME * np.sqrt(1 / len(before) + 1 / len(after))


def _dropped(case: Case, name: str) -> Change:
    names = case.val.table.names
    if name in dropped_columns(case.model, names):
        return Change("note", name, "not in the log; the model leaves it out itself")
    used = name not in names or _probe.uses_column(case, case.val, name) is not False
    text = (
        "not in the log, and the model needs it" if used else "not in the log; the model makes nothing of it"
    )
    return Change("dropped", name, text, 1.0 if used else 0.0)


def _added(case: Case, side: Serving, name: str) -> Change:
    explicit = side.log.log.features is not None
    own = {str(split.y.name) for split in case.splits if split.y.name is not None}
    if not explicit and (name in own or is_metadata(name, side.log.table.feature(name))):
        return Change("note", name, "only in the log, and belongs to it")
    return Change("added", name, "training does not have it")


def _column(side: Serving, pair: ServedColumn) -> list[Change]:
    found = compare(pair.trained, pair.served)
    if found and found[0].kind in ("empty", "type"):
        return found
    if pair.name in side.restless:
        return [change for change in found if change.kind != "range"]
    new = _new_levels(side, pair)
    return found if new is None else [*[c for c in found if c.kind != "format"], new]


def _new_levels(side: Serving, pair: ServedColumn) -> Change | None:
    known = _novelty.known_of(pair.trained, CODES)
    if known is None:
        return None
    new = _novelty.novel_in("production", pair.name, pair.served, known)
    new = None if new is None else _novelty.distinct(new, side.log.table)
    if new is None or not new.unnatural:
        return None
    if new.share - new.natural < (CODES_SHARE if pair.trained.kind == "number" else NEW_SHARE):
        return None
    levels = ", ".join(repr(level[:60]) for level, _ in new.levels[:3])
    more = f" and {len(new.levels) - 3} more" if len(new.levels) > 3 else ""
    text = f"{levels}{more} in {percent(new.share, 1)} of the rows, in training never"
    return Change("domain", pair.name, text, new.share)


def _order(case: Case, side: Serving, known: Skews) -> list[Change]:
    if known.moved:
        return [
            Change("reordered", column, f"holds the values of {source}")
            for column, source in known.moved.items()
        ]
    if side.by_position or side.dropped:
        return []
    served = [pair.served.name for pair in side.pairs.values()]
    places = [side.log.table.names.index(name) for name in served]
    if places == sorted(places) or not order_matters(case, side):
        return []
    moved = [
        name
        for place, name in zip(places, side.pairs, strict=True)
        if sorted(places).index(place) != list(side.pairs).index(name)
    ]
    return [Change("reordered", name, "stands in another place, and the model minds") for name in moved]


def order_matters(case: Case, side: Serving) -> bool:
    """Whether the model answers otherwise when columns come in the order of the log."""
    rows = _probe.some(np.arange(side.n_rows), _probe.PROBE_ROWS, case.random_state)
    ordered = side.scores(rows)
    if isinstance(ordered, ModelFailure):
        return False
    as_logged = _probe.score(case, _in_log_order(side, rows))
    if isinstance(as_logged, ModelFailure):
        return True
    return bool(np.abs(as_logged.proba - ordered.proba).max() > OTHER_SCORE)


def _in_log_order(side: Serving, rows: np.ndarray) -> object:
    table = side.log.table
    data = side.rows_as_trained(rows)
    wanted = [name for name in table.names if name in {pair.served.name for pair in side.pairs.values()}]
    trained = {pair.served.name: place for place, pair in enumerate(side.pairs.values())}
    positions = [trained[name] for name in wanted]
    if isinstance(data, pd.DataFrame):
        return data.iloc[:, positions]
    if nw.dependencies.is_into_dataframe(data):
        frame = nw.from_native(data, eager_only=True)
        return frame.select([frame.columns[place] for place in positions]).to_native()
    return data[:, positions]


def unsettled(case: Case, side: Serving) -> str | None:
    """What the model raises on rows of the log although it scores validation rows; None if it does not."""
    if side.dropped:
        return None
    rows = _probe.some(np.arange(side.n_rows), _probe.PROBE_ROWS, case.random_state)
    failure = side.scores(rows)
    if not isinstance(failure, ModelFailure):
        return None
    sample = _probe.some(np.arange(case.val.n_rows), _probe.PROBE_ROWS, case.random_state)
    known = _probe.score(case, take(case.val.table.data, sample))
    return None if isinstance(known, ModelFailure) else str(failure)
