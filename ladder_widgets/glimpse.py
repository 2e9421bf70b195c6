"""A first look at a very large table: what some of its rows say, while all of them are still being read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ladder_widgets.case import Case
from ladder_widgets.checks import Check, run_check
from ladder_widgets.finding import Finding, Status
from ladder_widgets.shared import Shared
from ladder_widgets.table import Table, take

__all__ = ["first_look"]

#: Rows looked at first, and rows of a split from which that is worth it, or cells of a wide one. A cell that
#: holds a Python object takes as long to read as ten others.
ROWS, LARGE, CELLS, OBJECT = 100_000, 1_000_000, 20_000_000, 10


def first_look(check: Check, case: Case) -> Finding | None:
    """Return what a check finds in some rows of each split; None where all of them take no longer.

    The rows are taken evenly, and the finding says so. The same check of all rows is to replace it.
    """
    width = _width(case.val.table)
    n_rows = {split.name: split.n_rows for split in (case.reference, case.val)}
    if max(n_rows.values()) <= min(LARGE, CELLS // width):
        return None
    most = min(ROWS, max(1, CELLS // 2 // width))
    some = _thinned(case, most)
    finding = run_check(check, some, Shared(some))
    if finding.status is Status.ERROR:
        return None  # perhaps for want of rows
    kinds = {"train": "training", "val": "validation"}
    looked = [f"{rows:,} {kinds[name]} rows" for name, rows in n_rows.items() if rows > most]
    error = 196 * float(np.sqrt(0.25 / most))  # half a 95 % interval of a share of one half
    note = (
        f"This is a first look at {most:,} of {' and of '.join(looked)}, taken evenly: shares are right to "
        f"{error:.1f} percentage points. All rows are being read."
    )
    return replace(finding, summary=f"{finding.summary} {note}")


def _width(table: Table) -> int:
    """Columns, those of Python objects counted for as many as they take the time of."""
    objects = sum(feature.series.dtype == object for feature in table.features())
    return max(1, table.n_features + (OBJECT - 1) * objects)


def _thinned(case: Case, most: int) -> Case:
    changed = {}
    for split in case.splits:
        if split.n_rows > most:
            rows = np.linspace(0, split.n_rows - 1, most).round().astype(np.int64)
            changed[split.name] = take(split.table.data, rows), split.y.iloc[rows], rows
    return case.but(case.model, changed)
