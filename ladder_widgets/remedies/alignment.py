"""data.misaligned: labels put back beside their rows, by index or by the lag that was found."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ladder_widgets.case import Split
from ladder_widgets.remedies.bench import Bench, Change, NoRemedy, Remedied
from ladder_widgets.table import take

__all__ = ["realign"]


def realign(bench: Bench) -> Remedied:
    """Realign the labels; fit again where those of training move.

    Reads ``details["lag"]`` (the label of row i stands at row i + lag), ``details["split"]`` and,
    for a block, ``details["rows"]`` (from, to). Without a lag the labels are realigned by index
    where rows and labels have the same index in another order.
    """
    details = bench.finding.details
    if details.get("lag"):
        split = bench.split(details["split"])
        changed = {split.name: _shifted(split, int(details["lag"]), details.get("rows"))}
        text = f"Moved the labels of {split.name} by {details['lag']} rows"
        code = _lag_code(split.name, int(details["lag"]), details.get("rows"))
    else:
        changed = {
            split.name: (split.table.data, by_index, None)
            for split in bench.case.splits
            if (by_index := _by_index(split)) is not None
        }
        text, code = f"Put the labels of {' and '.join(changed)} in the order of the rows, by index", _INDEX
    if not changed:
        raise NoRemedy("No lag and no index puts these labels back in step: join them anew, by their key.")
    if "train" in changed:
        fitted = bench.fit(bench.unfitted(), *changed["train"][:2])
        text, code = f"{text} and fitted again.", f"{code}model = clone(model).fit(X_train, y_train)\n"
    else:
        fitted, text = bench.duplicate(), f"{text}; the model is the same."
    kept = changed["val"][2] if "val" in changed else None
    notes = ("Before and after are the same validation rows with other labels.",) if "val" in changed else ()
    return Remedied(text, fitted, code, changed, kept, notes)


def _shifted(split: Split, lag: int, block: tuple[int, int] | None) -> Change:
    """Labels from ``lag`` rows further down; rows whose label would come from outside are left out."""
    start, stop = block or (0, split.n_rows)
    rows = np.arange(split.n_rows)
    inside = (rows >= start) & (rows < stop)
    source = np.where(inside, rows + lag, rows)
    kept = np.flatnonzero(~inside | ((source >= start) & (source < stop)))
    if len(kept) < 2:
        raise NoRemedy(f"A lag of {lag} rows leaves nothing of {split.name}.")
    y = pd.Series(split.y.to_numpy()[source[kept]], index=split.y.index[kept])
    return take(split.table.data, kept), y, kept


def _by_index(split: Split) -> pd.Series | None:
    """Labels in the order of the rows, where both have one index and the orders differ."""
    rows, labels = split.table.index, split.y.index
    if rows.equals(labels) or not (rows.is_unique and labels.is_unique):
        return None
    return split.y.loc[rows] if len(rows.symmetric_difference(labels)) == 0 else None


def _lag_code(name: str, lag: int, block: tuple[int, int] | None) -> str:
    start, stop = block or ("0", f"len(y_{name})")
    return _LAG.format(name=name, lag=lag, start=start, stop=stop)


_INDEX = """\
from sklearn.base import clone

y_train, y_val = y_train.loc[X_train.index], y_val.loc[X_val.index]
"""
_LAG = """\
import numpy as np
from sklearn.base import clone

lag, start, stop = {lag}, {start}, {stop}  # find out in which step of the pipeline they were shifted
rows = np.arange(len(y_{name}))
inside = (rows >= start) & (rows < stop)
source = np.where(inside, rows + lag, rows)
kept = ~inside | ((source >= start) & (source < stop))
X_{name}, y_{name} = X_{name}[kept], y_{name}.iloc[source[kept]].set_axis(y_{name}.index[kept])
"""
