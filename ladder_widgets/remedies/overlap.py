"""evaluation.train-as-val: judged on the rows that training never saw."""

from __future__ import annotations

import numpy as np

from ladder_widgets.case import Split
from ladder_widgets.checks._identity import shared_groups
from ladder_widgets.checks._overlap import overlap
from ladder_widgets.remedies.bench import Bench, Change, NoRemedy, Remedied
from ladder_widgets.table import Table, take

__all__ = ["drop_overlap"]

#: Clean validation rows that can still judge a model: rows, rows of each class, and their share.
MIN_ROWS, MIN_PER_CLASS, MIN_SHARE = 50, 5, 0.3
#: Times that the rest is looked through again.
LOOKS = 5


def drop_overlap(bench: Bench) -> Remedied:
    """Drop the overlapping validation rows; where too few remain, drop them from training and fit again.

    The first leaves the model as it is: before is its figure on all validation rows, after the one
    on the clean rows. The second keeps all validation rows: before is a model that saw them, after
    one that did not. Reads ``details["rows"]``: (later split, earlier split, positions in the later).
    """
    told: list[tuple[str, str, np.ndarray]] = list(bench.detail("rows"))
    seen = _every(bench.case.val, bench.train, _positions(told, "val", ("train",)))
    changed = _without(bench, "test", _in_test(bench, told))
    clean = np.setdiff1d(np.arange(bench.case.val.n_rows), seen)
    dropped = "the test rows found in training or validation" if changed else ""
    if not len(seen):
        text = f"Dropped {dropped}; the validation rows are clean and judged as before."
        return Remedied(text, bench.duplicate(), _VAL, changed)
    if _enough(bench, clean):
        changed |= _without(bench, "val", seen)
        text = f"Dropped the {len(seen)} validation rows that are also in training; the model is the same."
        note = (
            f"Before is on all {bench.case.val.n_rows} validation rows, after on the {len(clean)} that "
            "training never saw. The score falls if the model knew the others by heart; the lower figure is "
            "the honest one."
        )
        return Remedied(text, bench.duplicate(), _VAL, changed, notes=(note,))
    return _refitted(bench, changed, len(clean))


def _positions(told: list[tuple[str, str, np.ndarray]], later: str, earlier: tuple[str, ...]) -> np.ndarray:
    found = [rows for name, other, rows in told if name == later and other in earlier]
    return np.unique(np.concatenate(found)) if found else np.array([], dtype=int)


def _every(split: Split, other: Split, rows: np.ndarray) -> np.ndarray:
    """Add what a second look finds: copies that noise carried over the edge of the grid of the first."""
    for _ in range(LOOKS):
        kept = np.setdiff1d(np.arange(split.n_rows), rows)
        if not len(rows) or not len(kept):
            return rows
        rest = Split(
            split.name, Table(take(split.table.data, kept), "X", split.table.names), split.y.iloc[kept]
        )
        more = overlap(rest, other)
        if not more.found:
            return rows
        rows = np.union1d(rows, kept[more.rows])
    return rows


def _part(split: Split, kept: np.ndarray) -> Split:
    return Split(split.name, Table(take(split.table.data, kept), "X", split.table.names), split.y.iloc[kept])


def _in_test(bench: Bench, told: list[tuple[str, str, np.ndarray]]) -> np.ndarray:
    rows = np.array([], dtype=int)
    for name in ("train", "val"):
        own = _positions(told, "test", (name,))
        rows = np.union1d(rows, _every(bench.split("test"), bench.split(name), own))
    return rows


def _without(bench: Bench, name: str, rows: np.ndarray) -> dict[str, Change]:
    if not len(rows):
        return {}
    split = bench.split(name)
    kept = np.setdiff1d(np.arange(split.n_rows), rows)
    if split.y.iloc[kept].nunique() < 2:
        raise NoRemedy(f"Without the overlapping rows {name} holds no two classes any more.")
    return {name: (take(split.table.data, kept), split.y.iloc[kept], kept)}


def _enough(bench: Bench, clean: np.ndarray) -> bool:
    y = bench.case.y(bench.case.val)
    counts = np.bincount(y[clean], minlength=len(bench.case.classes))[np.unique(y)]
    return len(clean) >= max(MIN_ROWS, MIN_SHARE * len(y)) and bool(counts.min() >= MIN_PER_CLASS)


def _refitted(bench: Bench, changed: dict[str, Change], clean: int) -> Remedied:
    train, val = bench.train, bench.case.val
    again = _every(train, val, overlap(train, val).rows)
    together = shared_groups(bench.case, train, val)
    if together is not None:
        again = np.union1d(again, together.rows)
    if not len(again):
        raise NoRemedy("No training row to drop was found: split the table anew.")
    if train.n_rows - len(again) < MIN_ROWS:
        raise NoRemedy("Hardly a row is in only one of training and validation: split the table anew.")
    changed = changed | _without(bench, "train", again)
    rest = _part(train, np.setdiff1d(np.arange(train.n_rows), again))
    first = overlap(val, rest)  # what few training rows hide is much of the validation rows
    missed = _every(val, rest, first.rows) if first.found else first.rows[:0]
    changed |= _without(bench, "val", missed)
    fitted = bench.fit(bench.unfitted(), *changed["train"][:2])
    also = f", and {len(missed)} validation rows" if len(missed) else ""
    text = (
        f"Of the validation rows {clean} are not in training: dropped the {len(again)} training rows that "
        f"are also in validation{also}, and fitted again."
    )
    note = (
        "Before and after are on the same validation rows: before is the model that was trained on some of "
        f"them, after one that was not, with {train.n_rows - len(again)} of {train.n_rows} training rows."
    )
    judged = changed["val"][2] if "val" in changed else None
    return Remedied(text, fitted, _TRAIN, changed, judged, notes=(note,))


_VAL = """\
from pandas.util import hash_pandas_object

# Equal rows; for copies that were rounded or jittered, round first.
trained = set(hash_pandas_object(X_train, index=False))
new = ~hash_pandas_object(X_val, index=False).isin(trained).to_numpy()
X_val, y_val = X_val[new], y_val[new]
"""
_TRAIN = """\
from pandas.util import hash_pandas_object
from sklearn.base import clone

# Equal rows; for copies that were rounded or jittered, round first.
judged = set(hash_pandas_object(X_val, index=False))
new = ~hash_pandas_object(X_train, index=False).isin(judged).to_numpy()
X_train, y_train = X_train[new], y_train[new]
model = clone(model).fit(X_train, y_train)
"""
