"""Counts of a log built from arrays with numpy alone, as the aggregate of a real log would give them."""

from __future__ import annotations

import numpy as np

from ladder_widgets.monitor.counts import DELAY_EDGES, Axis, Counts

DAY = 86_400_000


def log_counts(score, label, asked=None, arrived=None, *, as_of=None, every=DAY, edges=None, features=None):
    """Count a log of two classes.

    score: (n,) with NaN; label: (n,) 0/1; asked, arrived: ms (arrived NaN or inf where no label ever comes).
    Labels after ``as_of`` are not there yet. features: name -> (codes (n,), number of bins).
    """
    score, label = np.asarray(score, float), np.asarray(label, int)
    n = len(score)
    timed = asked is not None
    asked = np.zeros(n) if asked is None else np.asarray(asked, float)
    come = np.zeros(n) if arrived is None else np.asarray(arrived, float)
    as_of = 0 if not timed else float(np.nanmax(asked)) if as_of is None else float(as_of)
    known = np.isfinite(come) & (come <= as_of)
    edges = np.linspace(0, 1, 201) if edges is None else edges
    bins = len(edges) - 1
    cell = np.clip(np.searchsorted(edges, score, side="right") - 1, 0, bins - 1)
    cell = np.where(np.isnan(score), bins, cell)
    starts, period = np.unique((asked // every * every).astype(np.int64), return_inverse=True)

    def table(rows, *codes_sizes):
        shape = (len(starts), *(size for _, size in codes_sizes))
        where = np.ravel_multi_index((period[rows], *(codes[rows] for codes, _ in codes_sizes)), shape)
        return np.bincount(where, minlength=int(np.prod(shape))).reshape(shape)

    middle = (edges[:-1] + edges[1:]) / 2
    total = np.bincount(cell, np.nan_to_num(score), bins + 1)[:-1]
    rows = np.bincount(cell, minlength=bins + 1)[:-1]
    values = np.where(rows > 0, total / np.maximum(rows, 1), middle)
    everyone = np.ones(n, bool)
    axis = Axis(1, values, table(everyone, (cell, bins + 1)), table(known, (cell, bins + 1), (label, 2)))
    delays = None
    if timed and arrived is not None:
        wait = np.searchsorted(DELAY_EDGES, np.where(known, np.maximum(come - asked, 0), 0), side="right") - 1
        delays = table(known, (wait, len(DELAY_EDGES) - 1), (label, 2))
    return Counts(
        every=every,
        starts=starts,
        rows=table(everyone),
        features={k: table(everyone, (codes, size)) for k, (codes, size) in (features or {}).items()},
        axes=(axis,),
        labels=table(known, (label, 2)),
        delays=delays,
        as_of=int(as_of),
    )
