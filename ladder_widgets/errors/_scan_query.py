"""The error cube of a table that is elsewhere, as Ibis expressions: DuckDB runs them, and so would Spark.

A row's bin is the number of edges at or below its score. Edges lie at every 0.005 and wherever
they are asked for; each is followed by an edge one grid step higher, so that rows that tie with it
have a bin of their own. The number of edges is then a sum of comparisons, without a join.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from ladder_widgets.errors.axis import STEPS, Axis
from ladder_widgets.scores import GRID, to_grid

__all__ = ["Roles", "binned", "edges_of", "grouped", "on_grid", "prepared", "row_filter"]

#: Columns that are worked out, under names that no table has by accident.
X, BIN, ACTUAL, PREDICTED, WEIGHT = "__lw_x", "__lw_bin", "__lw_actual", "__lw_predicted", "__lw_weight"


@dataclass(frozen=True)
class Roles:
    """Which column is what.

    Attributes
    ----------
    label : str
    scores : tuple of str
        P(positive) with two classes, else one column per class in the order of ``classes``.
    classes : list
        Labels as the table holds them.
    positive : int
    weight : str or None
    """

    label: str
    scores: tuple[str, ...]
    classes: list[Any]
    positive: int
    weight: str | None

    @property
    def binary(self) -> bool:
        """Whether there are two classes."""
        return len(self.classes) == 2


def on_grid(values: Any) -> Any:
    """Round to the grid of all scores."""
    return (values.cast("float64") * (1 / GRID)).round() * GRID


def prepared(table: Any, roles: Roles) -> Any:
    """Add the position on the axis, the codes of both labels, and the weight."""
    columns = {ACTUAL: _code(table[roles.label], roles.classes)}
    scores = [on_grid(table[name]) for name in roles.scores]
    if roles.binary:
        columns[X] = scores[0]
    else:
        most = reduce(_greater, scores)
        columns[X] = most
        columns[PREDICTED] = _first_at(scores, most)
    if roles.weight is not None:
        columns[WEIGHT] = table[roles.weight].cast("float64")
    return table.mutate(**columns)


def _greater(a: Any, b: Any) -> Any:
    """The larger of two expressions."""
    return (a >= b).ifelse(a, b)


def _code(label: Any, classes: list[Any]) -> Any:
    """Place of a label among the classes."""
    code: Any = (label == classes[-1]).ifelse(len(classes) - 1, -1)
    for place in reversed(range(len(classes) - 1)):
        code = (label == classes[place]).ifelse(place, code)
    return code.cast("int16")


def _first_at(scores: list[Any], most: Any) -> Any:
    code: Any = len(scores) - 1
    for place in reversed(range(len(scores) - 1)):
        code = (scores[place] == most).ifelse(place, code)
    return code.cast("int16")


def edges_of(extra: Iterable[float], binary: bool, steps: int = STEPS) -> tuple[Axis, np.ndarray]:
    """Return the axis, and the edges beyond those at every step."""
    even = to_grid(np.arange(steps + 1) / steps)
    asked = to_grid(np.array(sorted(extra), dtype=float))
    if binary:
        asked = np.union1d(asked, 1 - asked)
    asked = np.setdiff1d(asked[(asked >= 0) & (asked <= 1)], even)
    edges = np.union1d(even, asked)
    return Axis(np.union1d(edges, edges + GRID)), asked


def bin_of(x: Any, asked: np.ndarray, steps: int = STEPS) -> Any:
    """Bin of a score: edges at or below it, less one."""
    step = (x * steps).floor()
    edge = on_grid(step / steps)
    # The product may round to the next whole number, or not reach its own: the edges decide.
    step = step + (x >= on_grid((step + 1) / steps)).cast("int16") - (x < edge).cast("int16")
    code = 2 * step + (x > on_grid(step / steps)).cast("int16")
    for value in asked.tolist():
        code = code + (x >= value).cast("int16") + (x > value).cast("int16")
    return code.cast("int16")


def row_filter(
    table: Any,
    roles: Roles,
    cells: Iterable[tuple[int, int]],
    threshold: float | None,
    band: tuple[float, float],
) -> Any:
    """Which prepared rows lie in some cells and in a band; exact, as in memory."""
    x, actual = table[X], table[ACTUAL]
    if roles.binary:
        positive = x >= threshold
        predicted = positive.ifelse(roles.positive, 1 - roles.positive)
        confidence = positive.ifelse(x, 1 - x)
    else:
        predicted, confidence = table[PREDICTED], x
    wanted = [(actual == a) & (predicted == p) for a, p in cells]
    inside = reduce(lambda one, other: one | other, wanted)
    low, high = band
    inside = inside & (confidence >= low)
    return inside & (confidence < high) if high < 1 else inside


def binned(table: Any, asked: np.ndarray) -> Any:
    """Add the bin of each prepared row."""
    return table.mutate(**{BIN: bin_of(table[X], asked)})


def grouped(table: Any, roles: Roles) -> Any:
    """Group binned rows by codes and bin; what is aggregated next takes one pass over the table."""
    return table.group_by([ACTUAL, BIN] if roles.binary else [ACTUAL, PREDICTED, BIN])
