"""data.misaligned: labels put back beside their rows, by index or by the lag that was found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.case import Split
from ladder_widgets.remedies.bench import Bench, Change, NoRemedy, Remedied
from ladder_widgets.table import take

__all__ = ["realign"]


def realign(bench: Bench) -> Remedied:
    """Put labels back beside their rows; fit again where those of training move.

    Reads ``details["shifts"]``, a list of mappings (or one such mapping as the details): ``split``
    with ``lag`` (the label of row i stands at row i + lag), ``reversed`` (counted from the end) and
    ``rows`` (from, to) of a run of rows; a run without a lag is left out. And ``details["by_index"]``,
    names of splits to realign by index; without either, splits whose rows and labels have one index
    in two orders.
    """
    details = bench.finding.details
    changed: dict[str, Change] = {}
    words, code = [], []
    shifts = details.get("shifts") or ([details] if {"lag", "reversed", "rows"} & set(details) else [])
    for shift in shifts:
        split = bench.split(shift["split"])
        changed[split.name] = _shifted(split, shift)
        words.append(_words(shift))
        code.append(_code(shift))
    named = details.get("by_index", () if shifts else None)
    for split in bench.case.splits:
        if split.name not in changed and (named is None or split.name in named):
            by_index = _by_index(split, trust=named is not None)
            if by_index is not None:
                changed[split.name] = by_index
                words.append(f"Put the labels of {split.name} in the order of the rows, by index.")
                code.append(_INDEX.format(name=split.name))
    if not changed:
        raise NoRemedy("No lag and no index puts these labels back in step: join them anew, by their key.")
    return _remedied(bench, changed, " ".join(words), "".join(code))


def _remedied(bench: Bench, changed: dict[str, Change], text: str, code: str) -> Remedied:
    if "train" in changed:
        fitted = bench.fit(bench.unfitted(), *changed["train"][:2])
        text, code = f"{text} Fitted again.", f"{code}model = clone(model).fit(X_train, y_train)\n"
    else:
        fitted, text = bench.duplicate(), f"{text} The model is the same."
    kept = changed["val"][2] if "val" in changed else None
    notes = ("Before and after are the same validation rows with other labels.",) if "val" in changed else ()
    return Remedied(text, fitted, _HEAD + code, changed, kept, notes)


def _shifted(split: Split, shift: Mapping[str, Any]) -> Change:
    """Labels from where they stand; rows whose label would come from outside are left out."""
    start, stop = shift.get("rows") or (0, split.n_rows)
    rows = np.arange(split.n_rows)
    inside = (rows >= start) & (rows < stop)
    place = start + stop - 1 - rows if shift.get("reversed") else rows
    place = (
        place - int(shift.get("lag") or 0) if shift.get("reversed") else place + int(shift.get("lag") or 0)
    )
    lost = inside & ((place < start) | (place >= stop))
    if not shift.get("lag") and not shift.get("reversed"):
        lost = inside
    kept = np.flatnonzero(~lost)
    if len(kept) < 2:
        raise NoRemedy(f"Moving the labels leaves nothing of {split.name}.")
    source = np.where(inside, place, rows)[kept]
    return (
        take(split.table.data, kept),
        pd.Series(split.y.to_numpy()[source], index=split.y.index[kept]),
        kept,
    )


def _by_index(split: Split, trust: bool) -> Change | None:
    """Labels in the order of the rows, where both have an index and the orders differ.

    A plain 0, 1, 2 … as the index of y is what a bare array gets: it counts only if trusted.
    """
    rows, labels = split.table.index, split.y.index
    plain = isinstance(labels, pd.RangeIndex) and labels.start == 0 and labels.step == 1
    if rows.equals(labels) or not (rows.is_unique and labels.is_unique) or (plain and not trust):
        return None
    kept = np.flatnonzero(rows.isin(labels))
    if len(kept) < split.n_rows / 2:
        return None
    y = split.y.loc[rows[kept]]
    if len(kept) == split.n_rows:
        return split.table.data, y, None
    return take(split.table.data, kept), y, kept


def _words(shift: Mapping[str, Any]) -> str:
    name = shift["split"]
    where = f" in rows {shift['rows'][0]} to {shift['rows'][1] - 1}" if shift.get("rows") else ""
    if not shift.get("lag") and not shift.get("reversed"):
        return f"Left out{where.replace(' in', '')} of {name}: their labels cannot be put back."
    done = [f"Turned the labels of {name}{where} round"] if shift.get("reversed") else []
    if shift.get("lag"):
        done.append(f"Moved {'them' if done else f'the labels of {name}{where}'} by {shift['lag']} rows")
    return " and ".join([done[0], *(part[0].lower() + part[1:] for part in done[1:])]) + "."


def _code(shift: Mapping[str, Any]) -> str:
    name = shift["split"]
    start, stop = shift.get("rows") or ("0", f"len(y_{name})")
    lag = int(shift.get("lag") or 0)
    if not lag and not shift.get("reversed"):
        return _LEAVE.format(name=name, start=start, stop=stop)
    place = f"start + stop - 1 - rows - {lag}" if shift.get("reversed") else f"rows + {lag}"
    return _LAG.format(name=name, start=start, stop=stop, place=place)


_HEAD = """\
import numpy as np
from sklearn.base import clone

# Find out in which step of the pipeline rows and labels came apart, and mend it there.
"""
_INDEX = """\
common = X_{name}.index[X_{name}.index.isin(y_{name}.index)]
X_{name}, y_{name} = X_{name}.loc[common], y_{name}.loc[common]
"""
_LEAVE = """\
rows = np.arange(len(y_{name}))
kept = (rows < {start}) | (rows >= {stop})
X_{name}, y_{name} = X_{name}[kept], y_{name}[kept]
"""
_LAG = """\
start, stop, rows = {start}, {stop}, np.arange(len(y_{name}))
inside = (rows >= start) & (rows < stop)
place = np.where(inside, {place}, rows)
kept = ~inside | ((place >= start) & (place < stop))
X_{name}, y_{name} = X_{name}[kept], y_{name}.iloc[place[kept]].set_axis(y_{name}.index[kept])
"""
