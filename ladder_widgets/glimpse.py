"""A first look at a very large table: what some of its rows say, while all of them are still being read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ladder_widgets.case import Case
from ladder_widgets.checks import Check, run_check
from ladder_widgets.finding import Finding, Status
from ladder_widgets.shared import Shared
from ladder_widgets.table import take

__all__ = ["first_look"]

#: Rows looked at first, and rows of a split from which that is worth it.
ROWS, LARGE = 100_000, 1_000_000
#: Half a 95 % interval of a share of one half.
ERROR = 1.96 * float(np.sqrt(0.25 / ROWS))


def first_look(check: Check, case: Case) -> Finding | None:
    """Return what a check finds in some rows of each split; None where all of them take no longer.

    The rows are taken evenly, and the finding says so. The same check of all rows is to replace it.
    """
    n_rows = case.reference.n_rows
    if max(n_rows, case.val.n_rows) <= LARGE:
        return None
    some = _thinned(case)
    finding = run_check(check, some, Shared(some))
    if finding.status is Status.ERROR:
        return None  # perhaps for want of rows
    kind = "training" if case.train is not None else "validation"
    note = (
        f"This is a first look at {some.reference.n_rows:,} of {n_rows:,} {kind} rows, taken evenly: shares "
        f"are right to {100 * ERROR:.1f} percentage points. All rows are being read."
    )
    return replace(finding, summary=f"{finding.summary} {note}")


def _thinned(case: Case) -> Case:
    changed = {}
    for split in case.splits:
        if split.n_rows > ROWS:
            rows = np.linspace(0, split.n_rows - 1, ROWS).round().astype(np.int64)
            changed[split.name] = take(split.table.data, rows), split.y.iloc[rows], rows
    return case.but(case.model, changed)
