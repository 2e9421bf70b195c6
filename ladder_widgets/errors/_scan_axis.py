"""The score axis of rows elsewhere: cut from two small aggregates, and the bin of a row as an expression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ladder_widgets.errors._scan_source import Source, small_table
from ladder_widgets.errors.axis import CELLS, QUANTILES, Axis, cut, split_ties

__all__ = ["look_up", "scan_axis", "with_bins"]

#: A cell of the histogram that holds more than this share of the rows is looked at more closely.
HEAVY = 0.5 / QUANTILES
#: Equal cells of the histogram, and parts of a cell that is looked at more closely.
COARSE, FINER = 1 << 12, 1 << 16


def scan_axis(scored: Any, n_groups: int, binary: bool, extra: Sequence[float]) -> Axis:
    """Cut the axis as :func:`ladder_widgets.errors.axis.make_axis` does.

    Quantiles are values of rows, with a rank that is right to the rows of a cell of 2⁻¹², or where
    many rows share one, of 2⁻²⁸.

    Parameters
    ----------
    scored : ibis table
        With the column ``x`` on the grid.
    n_groups, binary, extra
        As there.
    """
    if not binary:
        return Axis(cut(np.empty(0), n_groups, binary, extra))
    edges = cut(_quantiles(scored), n_groups, binary, extra)
    wanted = small_table(edge=edges)
    tied = scored.semi_join(wanted, scored.x == wanted.edge).select("x").distinct()
    return split_ties(edges, np.isin(edges, tied.to_pyarrow()["x"].to_numpy()))


def _quantiles(scored: Any) -> np.ndarray:
    counts, values = _histogram(scored, COARSE)
    total = int(counts.sum())
    if not total:
        return np.empty(0)
    heavy = np.floor(values[counts > HEAVY * total] * COARSE).astype(np.int64)
    if len(heavy):
        cell = (scored.x * float(COARSE)).floor().cast("int64")
        fine = _histogram(scored.filter(cell.isin(heavy.tolist())), COARSE * FINER)
        light = counts <= HEAVY * total
        counts = np.concatenate([counts[light], fine[0]])
        values = np.concatenate([values[light], fine[1]])
        order = np.argsort(values)
        counts, values = counts[order], values[order]
    ranks = np.round(np.linspace(0, total - 1, QUANTILES + 1))
    return values[np.searchsorted(np.cumsum(counts), ranks, side="right")]


def _histogram(scored: Any, cells: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of each cell that holds any, and the smallest of them."""
    cell = (scored.x * float(cells)).floor().cast("int64").name("cell")
    found = scored.group_by(cell).aggregate(n=scored.count(), low=scored.x.min()).order_by("cell")
    told = found.to_pyarrow()
    return told["n"].to_numpy(), told["low"].to_numpy()


def look_up(axis: Axis) -> dict[str, np.ndarray]:
    """Columns that say for each of ``CELLS`` equal cells how its rows find their bin.

    Returns
    -------
    dict of str to ndarray of shape (CELLS + 1,)
        ``look_up_cell``, ``first`` (bin at its beginning) and ``edge0, edge1, …`` inside the cell, 2 where
        there are no more: each edge that a value reaches adds one to its bin.
    """
    starts = np.arange(CELLS + 1) / CELLS
    first = np.searchsorted(axis.edges, starts, side="right") - 1
    last = np.append(first[1:], axis.n_bins)
    width = int((last - first).max())
    padded = np.append(axis.edges, np.full(width + 1, 2.0))
    told: dict[str, np.ndarray] = {"look_up_cell": np.arange(CELLS + 1), "first": first}
    for step in range(1, width + 1):
        told[f"edge{step - 1}"] = np.where(first + step <= last, padded[first + step], 2.0)
    return told


def with_bins(scored: Any, axis: Axis, source: Source) -> Any:
    """Add the column ``bin`` to scored rows: the bin after the last is the last one, which is closed.

    The look-up is a join with a small table, which every engine does fast; the same as a chain of
    conditions takes DuckDB three times as long as reading the rows.
    """
    columns = look_up(axis)
    edges = [name for name in columns if name.startswith("edge")]
    cells = source.look_up(columns)
    placed = scored.mutate(cell=(scored.x * float(CELLS)).floor().cast("int64"))
    joined = placed.join(cells, placed.cell == cells.look_up_cell)
    code = joined["first"]
    for name in edges:
        code = code + (joined.x >= joined[name]).cast("int64")
    return joined.mutate(bin=code)
