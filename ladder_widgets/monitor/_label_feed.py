"""Labels that are told after their rows: of a row at most one."""

from __future__ import annotations

import numpy as np

from ladder_widgets.monitor.counts import Counts
from ladder_widgets.monitor.times import moment
from ladder_widgets.validation import refuse

__all__ = ["with_labels"]

#: Labels that may fall into another bin of the score than their rows did, as a share, and at least.
SLIPPED, AT_LEAST = 0.01, 2
#: Periods that a message names.
LISTED = 3


def with_labels(seen: Counts, told: Counts, *, replaces: bool) -> Counts:
    """Add labels to rows that were counted without them.

    Parameters
    ----------
    seen : Counts
        The rows, and the labels of some of them.
    told : Counts
        Labels only.
    replaces : bool
        Whether they take the place of all labels of the periods they are about.

    Raises
    ------
    ValueError
        If a period would have more labels than rows, or so would bins of the score.
    """
    kept = seen.unlabelled(told.starts[told.labels.sum(axis=1) > 0]) if replaces else seen
    both = kept + told
    over = np.flatnonzero(_more_than_rows(both))
    if not len(over):
        return both
    days = [
        f"{moment(both.starts[k], both.every)} ({both.labels[k].sum():,} labels, {both.rows[k]:,} rows)"
        for k in over[:LISTED]
    ]
    more = f" and {len(over) - LISTED} more periods" if len(over) > LISTED else ""
    got = f"labels that were told before, or of rows that were never added: {', '.join(days)}{more}"
    hint = "Labels that were corrected, or that come as a list of all so far: add_labels(log, replace=True)."
    raise refuse("log", "at most one label for each row that was added", got, hint)


def _more_than_rows(counts: Counts) -> np.ndarray:
    """Periods in which labels are more than rows, altogether or in single bins of the score."""
    labels = counts.labels.sum(axis=1)
    over = labels > counts.rows
    for axis in counts.axes:
        beyond = axis.labelled[:, :-1].sum(axis=-1) - axis.scored[:, :-1]
        over |= np.maximum(beyond, 0).sum(axis=1) > np.maximum(AT_LEAST, SLIPPED * labels)
    return over
