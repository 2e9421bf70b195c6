"""One step of a replay: what went in, what came out, and what became of each column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import pandas as pd

from ladder_widgets.plain import to_plain
from ladder_widgets.replaying.cells import Cells, all_finite, cells_of, same
from ladder_widgets.replaying.naming import Names, name_columns
from ladder_widgets.replaying.ranges import Outside
from ladder_widgets.replaying.recorder import Call
from ladder_widgets.validation import shown

__all__ = ["Step", "original", "steps_of"]

#: Columns of a step that plain data tells at most.
MAX_COLUMNS = 200


@dataclass(eq=False)
class Step:
    """One call of one estimator inside the model, in the order in which the calls began.

    Attributes
    ----------
    path : str
        Names that lead to the estimator, joined as in ``set_params``; empty for the model itself.
    name : str
        Last part of the path, or the class.
    kind : {"transform", "predict_proba", "decision_function", "predict", "skipped", "load"}
        The method that was called; ``"skipped"`` for a sampler, which only works in ``fit``.
    estimator : str
        Class.
    depth : int
        How many steps it is inside of.
    leaf : bool
        Whether no other step is inside.
    seconds : float
        Steps inside included.
    error : Exception or None
        What it raised itself; None where a step inside raised.
    explanation, fix : str
        The error in plain words, and code or a sentence that mends it; empty without an error.
    outside : tuple of Outside
        Values outside the training range of this step's input; empty without ``reference``.
    outside_after : tuple of Outside
        The same of its output.
    """

    path: str
    name: str
    kind: str
    estimator: str
    depth: int
    leaf: bool
    seconds: float
    error: Exception | None
    explanation: str = ""
    fix: str = ""
    outside: tuple[Outside, ...] = ()
    outside_after: tuple[Outside, ...] = ()
    call: Call | None = field(default=None, repr=False)
    naming: Callable[[], Names] = field(default=lambda: ([], []), repr=False)

    @cached_property
    def before(self) -> Cells:
        """The row that goes in."""
        return Cells([], [], [], [], 0) if self.call is None else cells_of(self.call.given, self.naming()[0])

    @cached_property
    def after(self) -> Cells | None:
        """The row that comes out; None where the step raised, or a step inside it did."""
        if self.call is None or self.call.failed:
            return None
        return cells_of(self.call.answer, self.naming()[1])

    @property
    def input(self) -> pd.DataFrame:
        """What goes in, as a frame of one row."""
        return self.before.frame()

    @property
    def output(self) -> pd.DataFrame | None:
        """What comes out, as a frame of one row; None where the step raised."""
        return None if self.after is None else self.after.frame()

    @cached_property
    def _origins(self) -> dict[Any, Any]:
        """Output columns that are an input column, by whatever prefix, → that column."""
        if self.after is None or self.kind != "transform":
            return {}
        known = set(self.before.names)
        found = {name: original(name, known) for name in self.after.names}
        return {name: origin for name, origin in found.items() if origin is not None}

    @property
    def appeared(self) -> list[Any]:
        """Columns that were not there before; of a step that answers, none."""
        if self.after is None or self.kind != "transform":
            return []
        return [name for name in self.after.names if name not in self._origins]

    @property
    def vanished(self) -> list[Any]:
        """Columns that are gone."""
        if self.after is None or self.kind != "transform" or self.after.width > len(self.after.names):
            return []
        kept = set(self._origins.values())
        return [name for name in self.before.names if name not in kept]

    @property
    def changed(self) -> list[Any]:
        """Columns that hold another value, under their name in the output."""
        if self.after is None:
            return []
        before, after = self.before.by_name, self.after.by_name
        return [name for name, origin in self._origins.items() if not same(after[name], before[origin])]

    @property
    def became_missing(self) -> list[Any]:
        """Output columns without a value, where what they are made of had one."""
        if self._sound or self.after is None:
            return []
        return self._new(self.after.missing, self.before.missing)

    @property
    def non_finite(self) -> list[Any]:
        """Output columns with an infinity, where what they are made of had none."""
        if self._sound or self.after is None:
            return []
        return self._new(self.after.infinite, self.before.infinite)

    @cached_property
    def _sound(self) -> bool:
        """Whether nothing that comes out is missing or infinite; told without naming a column."""
        return self.call is not None and not self.call.failed and all_finite(self.call.answer)

    def _new(self, there: set[Any], before: set[Any]) -> list[Any]:
        """Columns with a fault that came with this step: not with what they were made of."""
        assert self.after is not None
        if self.kind != "transform":
            return [name for name in self.after.names if name in there]
        return [
            name
            for name in self.after.names
            if name in there and (self._origins[name] not in before if name in self._origins else not before)
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return the step as plain data: text, numbers, lists."""
        lists = ("appeared", "vanished", "changed", "became_missing", "non_finite")
        told: dict[str, Any] = {
            name: getattr(self, name)
            for name in ("path", "name", "kind", "estimator", "depth", "leaf", "seconds")
        }
        told |= {"input": _plain_cells(self.before), "output": _plain_cells(self.after)}
        told |= {
            name: [str(to_plain(str(each))) for each in getattr(self, name)[:MAX_COLUMNS]] for name in lists
        }
        told |= {"outside": [each.to_dict() for each in self.outside[:MAX_COLUMNS]]}
        told |= {"error": None if self.error is None else _said(self.error)}
        return told | {"explanation": self.explanation, "fix": self.fix}


def original(name: Any, known: set[Any]) -> Any:
    """Return the input column that an output column is, or None.

    A column transformer and a union put ``branch__`` before a name.

    Examples
    --------
    >>> original("num__age", {"age"}), original("age", {"age"}), original("city_Bonn", {"city"})
    ('age', 'age', None)
    """
    if name in known:
        return name
    while isinstance(name, str) and "__" in name:
        name = name.split("__", 1)[1]
        if name in known:
            return name
    return None


def steps_of(calls: Sequence[Call], first: Sequence[Any]) -> list[Step]:
    """Return the steps of a walk; ``first`` names the columns that the model is handed."""
    named: list[Names] = []

    def naming(place: int) -> Names:
        """Names of a call's columns; those of all calls are worked out together, when first asked for."""
        if not named:
            named.extend(name_columns(calls, first))
        return named[place]

    found: list[Step] = []
    for place, call in enumerate(calls):
        depth = 0 if call.parent is None else found[call.parent].depth + 1
        one, kind = call.nested, type(call.nested.estimator).__name__
        step = Step(one.path, one.name, call.method, kind, depth, not call.inner, call.seconds, call.error)
        step.call, step.naming = call, partial(naming, place)
        found.append(step)
    return found


def _plain_cells(cells: Cells | None) -> dict[str, Any] | None:
    """Columns with name, dtype and value: finite numbers as numbers, anything else as short text."""
    if cells is None:
        return None
    rows = list(zip(cells.names, cells.dtypes, cells.values, strict=True))[:MAX_COLUMNS]
    columns = [
        {"name": str(to_plain(str(name))), "dtype": dtype, "value": _plain_value(value)}
        for name, dtype, value in rows
    ]
    return {"columns": columns, "width": cells.width}


def _plain_value(value: Any) -> Any:
    told = to_plain(value)
    if told is None:  # NaN, NaT, None and infinities are told apart
        return str(value)
    return told if isinstance(told, bool | int | float) else shown(told if isinstance(told, str) else value)


def _said(error: Exception) -> str:
    return str(to_plain(f"{type(error).__name__}: {' '.join(str(error).split())}"))[:2000]
