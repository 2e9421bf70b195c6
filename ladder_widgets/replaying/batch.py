"""The same row alone and inside a batch: a step whose answer depends on the company is a bug in waiting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ladder_widgets.plain import to_plain
from ladder_widgets.replaying.cells import Cells, cells_of
from ladder_widgets.replaying.naming import name_columns
from ladder_widgets.replaying.record import Row
from ladder_widgets.replaying.recorder import Call, walk
from ladder_widgets.replaying.step import Step
from ladder_widgets.replaying.training import Rows, differing, with_row

__all__ = ["Invariance", "compare_with_batch"]


@dataclass(frozen=True, eq=False)
class Invariance:
    """A record alone against the same record inside a batch.

    Attributes
    ----------
    n : int
        Rows of the batch, the record not counted.
    step : int or None
        Number of the first step that answers the record differently, given the same; None if none does.
    columns : list
        Output columns in which it differs.
    alone, inside : Cells or None
        What that step answers.
    problem : str
        Why the batch could not be walked; empty if it could.
    """

    n: int
    step: int | None = None
    columns: tuple[Any, ...] = ()
    alone: Cells | None = None
    inside: Cells | None = None
    problem: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        told = {"n": self.n, "step": self.step, "columns": [str(each) for each in self.columns]}
        return to_plain(told | {"problem": self.problem})


def compare_with_batch(steps: Sequence[Step], row: Row, rows: Rows) -> Invariance:
    """Walk the record as the first row of a batch and compare, step by step."""
    try:
        data = with_row(rows, row)
    except Exception as error:  # containers of any make
        return Invariance(rows.n, problem=f"The record and the batch do not go together: {error}.")
    walked = walk(rows.model, data, rows.method)
    problem = ""
    if walked.error is not None:
        said = " ".join(str(walked.error).split())[:200]
        problem = f"The batch raised {type(walked.error).__name__}: {said}"
    names = name_columns(walked.calls, row.names)
    pairs = list(zip(steps, walked.calls, names, strict=False))
    number = _first(pairs)
    if number is None:
        return Invariance(rows.n, problem=problem)
    step, there, (_, after) = pairs[number]
    columns = tuple(differing(step.after, there.answer, after))
    inside = cells_of(there.answer, after) if there.answer is not None else None
    return Invariance(rows.n, number, columns, step.after, inside, problem)


def _first(pairs: Sequence[tuple[Step, Call, tuple[list[Any], list[Any]]]]) -> int | None:
    """Number of the step to blame: given the same, it answers differently."""
    around: list[int] = []
    for number, (step, there, (before, after)) in enumerate(pairs):
        if step.call is None or there.nested.estimator is not step.call.nested.estimator:
            break
        if differing(step.before, there.given, before):
            # What it is given differs already, and every step before agreed: the step around it did that.
            return step.call.parent
        if step.leaf and differing(step.after, there.answer, after):
            return number
        if not step.leaf:
            around.append(number)
    for number in reversed(around):
        step, there, (_, after) = pairs[number]
        if differing(step.after, there.answer, after):
            return number
    return None
