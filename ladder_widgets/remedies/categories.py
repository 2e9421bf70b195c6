"""data.unseen-categories: new spellings made known ones, other new levels missing, encoders that cope."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from ladder_widgets.case import Split
from ladder_widgets.checks._missing_words import listed
from ladder_widgets.checks._novelty import Known, known_levels, look_alike
from ladder_widgets.remedies.bench import Bench, Change, NoRemedy, Remedied, parts
from ladder_widgets.remedies.columns import set_columns
from ladder_widgets.scores import ModelFailure, score_rows

__all__ = ["handle_unseen"]

#: Rows up to which a level is rare: it shares a column with the other rare ones and with unknown ones.
RARE_ROWS = 10


def handle_unseen(bench: Bench) -> Remedied:
    """Write a level as training spells it, read others as missing, let encoders take unknown ones; refit.

    Reads ``details["rows"]``: (split, column, positions) of the rows with new levels. Where the model
    cannot take missing values either, levels without a known spelling are left to the encoders.
    """
    told: list[tuple[str, str, np.ndarray]] = list(bench.detail("rows"))
    estimator = bench.unfitted()
    encoders = _coping(estimator)
    train = bench.train
    fitted = bench.fit(estimator, train.table.data, train.y)
    known = known_levels(bench.case)
    spelt = {
        (name, column): _spellings(bench.split(name), column, rows, known.get(column))
        for name, column, rows in told
    }
    blank, changed = True, _respelt_splits(bench, told, spelt, blank=True)
    if not _answers(fitted, changed, bench):
        blank, changed = False, _respelt_splits(bench, told, spelt, blank=False)
    if not blank and not _answers(fitted, changed, bench):
        raise NoRemedy("The model refuses rows with new categories whatever its encoders are told.")
    notes = (_NOTE,) if any(None in found for found in spelt.values()) else ()
    text = _words(spelt, blank, encoders)
    return Remedied(text, fitted, _code(spelt, blank), changed, _answered(bench, told), notes)


_NOTE = (
    "A level that training never saw is not learnt by this: its rows are scored as if the value were not "
    "known, which may be better or worse than what the encoders make of it. Training rows that hold it are "
    "the cure."
)


def _words(spelt: dict[tuple[str, str], list[Any]], blank: bool, encoders: int) -> str:
    columns = listed(sorted({column for _, column in spelt}))
    alike = sum(sum(new is not None for new in found) for found in spelt.values())
    others = sum(map(len, spelt.values())) - alike
    done = []
    if alike:
        done.append(f"Wrote {alike} values of {columns} as training spells them.")
    if others and blank:
        done.append(f"Read {others} values of {columns} that training never saw as missing.")
    elif others:
        done.append(f"Left {others} values of {columns} that training never saw to the encoders.")
    if encoders:
        done.append(f"Told {encoders} encoder{'s' * (encoders > 1)} to take unknown categories.")
    return " ".join([*done, "Fitted again on the training rows."])


def _coping(estimator: Any) -> int:
    """Let the encoders of a clone take unknown categories; returns how many had to be told."""
    told = 0
    for part in parts(estimator):
        if isinstance(part, OneHotEncoder) and part.handle_unknown == "error":
            part.set_params(
                handle_unknown="infrequent_if_exist", min_frequency=part.min_frequency or RARE_ROWS
            )
            told += 1
        if isinstance(part, OrdinalEncoder) and part.handle_unknown == "error":
            part.set_params(handle_unknown="use_encoded_value", unknown_value=-1)
            told += 1
    return told


def _spellings(split: Split, column: str, rows: np.ndarray, known: Known | None) -> list[Any]:
    """The known level that each row's new one only differs from in spelling, or None."""
    values = split.table.feature(column).series.iloc[rows]
    found = {value: None if known is None else look_alike(str(value), known.levels) for value in set(values)}
    return [found[value] for value in values]


def _respelt_splits(
    bench: Bench,
    told: list[tuple[str, str, np.ndarray]],
    spelt: dict[tuple[str, str], list[Any]],
    blank: bool,
) -> dict[str, Change]:
    return bench.changed(lambda split: _respelt(split, told, spelt, blank))


def _respelt(
    split: Split,
    told: list[tuple[str, str, np.ndarray]],
    spelt: dict[tuple[str, str], list[Any]],
    blank: bool,
) -> Any:
    columns: dict[str, pd.Series] = {}
    for name, column, rows in told:
        if name != split.name:
            continue
        series = split.table.feature(column).series
        whole = pd.Series(series.to_numpy(dtype=object, na_value=np.nan), dtype=object)
        for row, new in zip(rows, spelt[name, column], strict=True):
            if new is not None or blank:
                whole.iloc[row] = np.nan if new is None else new
        columns[column] = _as_before(whole, series)
    return set_columns(split.table, columns)


def _as_before(whole: pd.Series, series: pd.Series) -> pd.Series:
    if series.dtype.kind in "iuf" and not isinstance(series.dtype, pd.api.extensions.ExtensionDtype):
        return whole.astype(float)
    try:
        return whole.astype(series.dtype)
    except (TypeError, ValueError):
        return whole


def _answers(fitted: Any, changed: dict[str, Any], bench: Bench) -> bool:
    try:
        for X, _, _ in changed.values():
            score_rows(fitted, X, bench.case.classes)
    except ModelFailure:
        return False
    return True


def _answered(bench: Bench, told: list[tuple[str, str, np.ndarray]]) -> np.ndarray | None:
    """Validation rows without new levels, if the user's model refuses the others."""
    if bench.case.try_scores() is not None:
        return None
    broken = [rows for name, _, rows in told if name == "val"]
    every = np.arange(bench.case.val.n_rows)
    return np.setdiff1d(every, np.concatenate(broken)) if broken else None


def _code(spelt: dict[tuple[str, str], list[Any]], blank: bool) -> str:
    columns = sorted({column for _, column in spelt})
    return _CODE.format(columns=repr(columns), rest="None" if blank else "level", rare=RARE_ROWS)


_CODE = """\
import re
from sklearn.base import clone
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder


def plain(level):
    return re.sub(r"[\\W_]+", "", str(level).casefold())


X_val = X_val.copy()
for column in {columns}:
    known = set(X_train[column].dropna())
    spelling = {{plain(level): level for level in sorted(known, key=str, reverse=True)}}
    new = {{level: spelling.get(plain(level), {rest}) for level in set(X_val[column].dropna()) - known}}
    X_val[column] = X_val[column].map(lambda level: new.get(level, level))

model = clone(model)
for part in model.get_params().values():
    if isinstance(part, OneHotEncoder) and part.handle_unknown == "error":
        part.set_params(handle_unknown="infrequent_if_exist", min_frequency=part.min_frequency or {rare})
    elif isinstance(part, OrdinalEncoder) and part.handle_unknown == "error":
        part.set_params(handle_unknown="use_encoded_value", unknown_value=-1)
model.fit(X_train, y_train)
"""
