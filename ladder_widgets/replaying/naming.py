"""Names of the columns that go in and out of every call: carried along where arrays have none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import sparse

from ladder_widgets.replaying.cells import width_of
from ladder_widgets.replaying.recorder import Call

__all__ = ["Names", "name_columns"]

#: Names of what goes into a call, and of what comes out of it.
Names = tuple[list[Any], list[Any]]


def name_columns(calls: Sequence[Call], first: Sequence[Any]) -> list[Names]:
    """Return input and output names of each call.

    Parameters
    ----------
    calls : sequence of Call
    first : sequence
        Names of the columns that the model is handed.
    """
    known: dict[int, list[Any]] = {}
    inputs: list[list[Any]] = []
    outputs: dict[int, list[Any]] = {}
    for place, call in enumerate(calls):
        above = None if call.parent is None else (calls[call.parent], inputs[call.parent])
        # What an earlier call returned has its names; so an input is named before the calls inside it.
        for done in [each for each in range(place) if each not in outputs and _over(calls, each, place)]:
            outputs[done] = _named_output(calls[done], inputs[done], known)
        inputs.append(_named_input(call, above, known, list(first)))
    for place in reversed(range(len(calls))):  # inner calls first: an outer one may return what they did
        if place not in outputs:
            outputs[place] = _named_output(calls[place], inputs[place], known)
    return [(inputs[place], outputs[place]) for place in range(len(calls))]


def _over(calls: Sequence[Call], done: int, place: int) -> bool:
    """Whether a call had ended before another began: it is not among those around it."""
    around = calls[place].parent
    while around is not None:
        if around == done:
            return False
        around = calls[around].parent
    return True


def _named_input(
    call: Call, above: tuple[Call, list[Any]] | None, known: dict[int, list[Any]], first: list[Any]
) -> list[Any]:
    own = _own_names(call.given)
    width = width_of(call.given)
    if own is None:
        own = known.get(id(call.source))
    if own is None and above is None:
        own = first
    if own is None and above is not None:
        own = _chosen(above[0].nested.estimator, call.nested.estimator, above[1])
        own = above[1] if own is None and len(above[1]) == width else own
    if own is None or len(own) != width:
        fitted = getattr(call.nested.estimator, "feature_names_in_", None)
        own = list(fitted) if fitted is not None and len(fitted) == width else _numbered(width)
    return own


def _named_output(call: Call, names: list[Any], known: dict[int, list[Any]]) -> list[Any]:
    if call.returned is None:
        return []
    own = _own_names(call.answer)
    width = width_of(call.answer)
    if own is None:
        own = known.get(id(call.returned))
    if own is None or len(own) != width:
        own = _told(call, names, width) if call.method == "transform" else _classes(call, width)
    known.setdefault(id(call.returned), own)
    return own


def _own_names(data: Any) -> list[Any] | None:
    if isinstance(data, pd.DataFrame):
        return list(data.columns)
    if isinstance(data, np.ndarray) or sparse.issparse(data) or not nw.dependencies.is_into_dataframe(data):
        return None
    return list(nw.from_native(data, eager_only=True).columns)


def _chosen(parent: Any, child: Any, names: list[Any]) -> list[Any] | None:
    """Names of the columns that a column transformer hands to one of its branches."""
    for branch in getattr(parent, "transformers_", None) or []:
        if len(branch) == 3 and branch[1] is child:
            columns = [branch[2]] if isinstance(branch[2], str | int | np.integer) else branch[2]
            try:
                if all(isinstance(column, str) for column in columns):
                    return list(columns)
            except TypeError:  # a slice or a mask of positions
                pass
            try:
                every = np.arange(len(names))
                where = every[columns] if isinstance(columns, slice) else every[np.asarray(columns)]
            except (IndexError, TypeError, ValueError):
                return None
            return [names[place] for place in where]
    return None


def _told(call: Call, names: list[Any], width: int) -> list[Any]:
    """Names that a transformer gives its columns; of an unnamed one those it was given, if they fit."""
    method = getattr(call.nested.estimator, "get_feature_names_out", None)
    for arguments in ((np.asarray(names, dtype=object),), ()):
        try:
            told = list(method(*arguments)) if method is not None else []
        except Exception:  # a step of any make may refuse
            continue
        if len(told) == width:
            return told
    return list(names) if len(names) == width else _numbered(width)


def _classes(call: Call, width: int) -> list[Any]:
    try:
        classes = list(call.nested.estimator.classes_)
    except Exception:  # a member of an ensemble may have none
        classes = []
    if call.method == "predict" or width == 1:
        return ["label" if call.method == "predict" else "score"] if width == 1 else _numbered(width)
    return classes if len(classes) == width else _numbered(width)


def _numbered(width: int) -> list[Any]:
    return [f"x{place}" for place in range(width)]
