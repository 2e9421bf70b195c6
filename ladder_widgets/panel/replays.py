"""Rows replayed from the browser: a validation row or a logged one, against what was answered before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import ladder_widgets
from ladder_widgets.case import Case
from ladder_widgets.panel.background import Background
from ladder_widgets.panel.wire_replay import pack_replay
from ladder_widgets.table import Table, take
from ladder_widgets.validation import choice, refuse, shown

__all__ = ["Replays", "replay_row"]


class Replays:
    """Walks rows through the model beside the messages of the panel."""

    def __init__(self) -> None:
        self._background = Background(
            "ladder-replay", "This replay was overtaken by another one, or by a new climb."
        )

    def forget(self) -> None:
        """Let a replay under way come to nothing."""
        self._background.forget()

    def start(
        self, case: Case, request: Mapping[str, Any], finish: Callable[[Callable[[], Any]], None]
    ) -> None:
        """Replay the row of a request; ``finish`` is called with what returns it as plain data, or raises."""
        source, position = request.get("source"), request.get("position")
        self._background.start(lambda: replay_row(case, source, position), lambda told: told, finish)


def replay_row(case: Case, source: Any, position: Any) -> dict[str, Any]:
    """Return one row walked through the model of a case, as the browser draws it.

    Parameters
    ----------
    case : Case
    source : {"validation", "log"}
    position : int
        Place of the row, from 0.

    Raises
    ------
    ValueError
        If there is no such row.
    """
    make = {"validation": _validation, "log": _logged}[choice("source", source, ("validation", "log"))]
    row = make(case, position)
    reference = None if case.train is None else case.train.table.data
    found = ladder_widgets.replay(
        case.model, row.record, expected=row.expected, reference=reference, threshold=_threshold(case)
    )
    return pack_replay(found.to_dict(), title=row.title, against=row.against)


@dataclass(frozen=True)
class _Row:
    """A row, what was answered to it, and who answered."""

    record: Any
    expected: dict[str, Any] | None
    title: str
    against: str


def _validation(case: Case, position: Any) -> _Row:
    table = case.val.table
    where = _place(position, len(table))
    title = f"Row {table.index[where]}"
    return _Row(take(table.data, np.array([where])), _among_all(case, where), title, "among all rows")


def _among_all(case: Case, where: int) -> dict[str, Any] | None:
    """What the model answered to the row when it scored all of them at once."""
    answer = case.try_scores()
    if answer is None:
        return None
    code = int(case.predicted()[where] if _threshold(case) is not None else answer.predicted[where])
    told = {"label": case.classes[code]}
    if answer.probabilities:
        told["score"] = float(answer.proba[where, 1 if case.binary else code])
    return told


def _logged(case: Case, position: Any) -> _Row:
    production = case.production
    if production is None:
        raise ValueError("There is no production log to replay a row of: give the panel production=.")
    table: Table = production.table
    where = _place(position, len(table))
    return _Row(
        take(table.data, np.array([where])),
        _as_logged(case, where),
        f"Row {where + 1:,} of the log",
        "in production",
    )


def _as_logged(case: Case, where: int) -> dict[str, Any] | None:
    production = case.production
    assert production is not None
    told: dict[str, Any] = {}
    score, label = production.score, production.column("prediction")
    if score is not None and np.isfinite(score[where]) and case.binary:
        # Logged is P(positive), replayed is P(the model's second class).
        told["score"] = float(score[where] if case.positive == 1 else 1 - score[where])
    if label is not None and not label.isna()[where]:
        told["label"] = label.iloc[where]
    return told or None


def _threshold(case: Case) -> float | None:
    """Threshold in use where the model does not apply it itself."""
    if not case.binary or case.positive != 1 or case.try_scores() is None:
        return None
    return None if case.threshold == case.model_threshold else case.threshold


def _place(position: Any, n_rows: int) -> int:
    if isinstance(position, bool) or not isinstance(position, int) or not 0 <= position < n_rows:
        raise refuse("position", f"a whole number from 0 to {n_rows - 1:,}", shown(position))
    return position
