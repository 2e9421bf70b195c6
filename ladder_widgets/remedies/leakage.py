"""data.leakage: without the columns that know the label."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ladder_widgets.checks._missing_words import listed
from ladder_widgets.remedies.bench import Bench, NoRemedy, Remedied
from ladder_widgets.remedies.columns import kept_columns, set_columns, without_columns
from ladder_widgets.scores import ModelFailure, score_rows
from ladder_widgets.table import take

__all__ = ["drop_leaks"]

_LOWER = (
    "Without the leak the score is usually lower, and that is right: the lower figure is the one that "
    "production will show."
)


def drop_leaks(bench: Bench) -> Remedied:
    """Drop the columns and fit again; where the pipeline cannot do without them, hold them constant.

    Reads ``details["columns"]``.
    """
    names = list(bench.detail("columns"))
    table = bench.train.table
    absent = [name for name in names if name not in table.names]
    if absent:
        raise NoRemedy(f"The training rows have no column {listed(absent)}.")
    if len(names) == table.n_features:
        raise NoRemedy("Without the columns that know the label nothing is left to fit on.")
    try:
        return _dropped(bench, names)
    except NoRemedy:
        return _held(bench, names)


def _dropped(bench: Bench, names: list[str]) -> Remedied:
    estimator = without_columns(bench.unfitted(), names)
    changed = bench.changed(lambda split: kept_columns(split.table, names))
    fitted = bench.fit(estimator, changed["train"][0], changed["train"][1])
    try:
        score_rows(fitted, take(changed["val"][0], np.arange(1)), bench.case.classes)
    except ModelFailure as failure:
        raise NoRemedy(str(failure)) from failure
    text = f"Dropped {listed(names)} and fitted again on the training rows."
    return Remedied(text, fitted, _DROP.format(leaks=repr(names)), changed, notes=(_LOWER,))


def _held(bench: Bench, names: list[str]) -> Remedied:
    """Give every row the commonest training value: a column that never changes tells nothing."""
    train = bench.train.table
    common = {name: train.feature(name).series.mode(dropna=True) for name in names}
    values = {name: mode.iloc[0] if len(mode) else np.nan for name, mode in common.items()}
    kinds = {name: train.feature(name).series.dtype for name in names}
    changed = bench.changed(
        lambda split: set_columns(
            split.table,
            {name: pd.Series([values[name]] * split.n_rows, dtype=kinds[name]) for name in names},
        )
    )
    fitted = bench.fit(bench.unfitted(), changed["train"][0], changed["train"][1])
    text = f"Held {listed(names)} at one value in every row and fitted again on the training rows."
    note = "The pipeline cannot be fitted without these columns as it is: take them out of it by hand."
    return Remedied(text, fitted, _HOLD.format(leaks=repr(names)), changed, notes=(_LOWER, note))


_DROP = """\
from sklearn.base import clone
from sklearn.compose import ColumnTransformer

leaks = {leaks}
X_train, X_val = X_train.drop(columns=leaks), X_val.drop(columns=leaks)
model = clone(model)
for part in [model, *model.get_params().values()]:
    if isinstance(part, ColumnTransformer):  # where it names its columns, without these
        part.transformers = [
            (name, branch, [c for c in columns if c not in leaks] if isinstance(columns, list) else columns)
            for name, branch, columns in part.transformers
        ]
model.fit(X_train, y_train)
"""
_HOLD = """\
from sklearn.base import clone

leaks = {leaks}
constant = X_train[leaks].mode().iloc[0].to_dict()  # a column that never changes tells nothing
X_train, X_val = X_train.assign(**constant), X_val.assign(**constant)
model = clone(model).fit(X_train, y_train)
"""
