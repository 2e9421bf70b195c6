"""data.missing-values: stand-ins and infinity become missing, and what the model refuses is imputed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

from ladder_widgets.case import Split
from ladder_widgets.checks._missing_words import listed
from ladder_widgets.remedies.bench import Bench, NoRemedy, Remedied
from ladder_widgets.remedies.columns import blank, set_columns
from ladder_widgets.scores import ModelFailure, score_rows
from ladder_widgets.table import Feature, Table

__all__ = ["impute"]


def impute(bench: Bench) -> Remedied:
    """Blank stand-ins and infinite values; where the model still refuses gaps, impute in front of it.

    Reads ``details["stand_ins"]`` (column to values), which may be absent.
    """
    stand_ins: Mapping[str, Sequence[Any]] = bench.finding.details.get("stand_ins", {})
    changed = bench.changed(lambda split: _cleaned(split, stand_ins))
    train = bench.train
    steps, fitted = [], None
    try:
        fitted = bench.fit(bench.unfitted(), changed["train"][0], train.y)
        for X, _, _ in changed.values():
            score_rows(fitted, X, bench.case.classes)
    except (NoRemedy, ModelFailure):
        fitted = None
    table = Table(changed["train"][0], "X_train", train.table.names)
    words = [f.name for f in table.features() if f.kind == "category"]
    if fitted is None:
        steps = _imputers(table, words)
        fitted = bench.fit(make_pipeline(*steps, bench.unfitted()), changed["train"][0], train.y)
    text, notes = _words(stand_ins, bench.finding.details.get("infinite", []), bool(steps))
    return Remedied(text, fitted, _code(stand_ins, bool(steps)), changed, _answered(bench), notes)


def _cleaned(split: Split, stand_ins: Mapping[str, Sequence[Any]]) -> Any:
    columns = {}
    for feature in split.table.features():
        gone = _to_blank(feature, stand_ins.get(feature.name, ()))
        if gone.any():
            columns[feature.name] = blank(feature.series, gone)
    return set_columns(split.table, columns)


def _to_blank(feature: Feature, values: Sequence[Any]) -> np.ndarray:
    if feature.kind == "category":
        codes, levels = feature.codes()
        wanted = [position for position, level in enumerate(levels) if level in {str(v) for v in values}]
        return np.isin(codes, wanted)
    if feature.kind != "number":
        return np.zeros(len(feature.series), dtype=bool)
    numbers = feature.numbers()
    return np.isinf(numbers) | np.isin(numbers, [v for v in values if not isinstance(v, str)])


def _imputers(table: Table, words: list[str]) -> list[Any]:
    """Fill numbers with the median and anything else with the commonest value, columns in their order."""
    numbers = [f.name for f in table.features() if f.kind == "number"]
    median = SimpleImputer(strategy="median", keep_empty_features=True)
    if len(numbers) == table.n_features and not isinstance(table.data, pd.DataFrame):
        return [median]
    common = SimpleImputer(strategy="most_frequent", keep_empty_features=True)
    named = all(isinstance(key, str) for key in table.keys) and hasattr(table.data, "columns")
    if not named:
        raise NoRemedy("Imputing a table of words and numbers needs named columns.")
    fill = ColumnTransformer(
        [("numbers", median, numbers), ("words", common, words)],
        remainder="passthrough",
        verbose_feature_names_out=False,
    )
    order = ColumnTransformer([("same", "passthrough", table.names)], verbose_feature_names_out=False)
    kind = "pandas" if isinstance(table.data, pd.DataFrame) else "polars"
    return [fill.set_output(transform=kind), order.set_output(transform=kind)]


def _answered(bench: Bench) -> np.ndarray | None:
    """Validation rows that the user's model answers; None if it answers all, or none can be told."""
    case = bench.case
    if case.try_scores() is not None:
        return None
    broken = np.zeros(case.val.n_rows, dtype=bool)
    for feature in case.val.table.features():
        broken |= feature.missing
        if feature.kind == "number":
            broken |= np.isinf(feature.numbers())
    return np.flatnonzero(~broken)


def _words(
    stand_ins: Mapping[str, Sequence[Any]], infinite: Sequence[str], imputed: bool
) -> tuple[str, tuple[str, ...]]:
    done = []
    if stand_ins:
        done.append(f"Read the stand-ins in {listed(list(stand_ins))} as missing.")
    if infinite:
        done.append(f"Read infinite values in {listed(list(infinite))} as missing.")
    if imputed:
        done.append("Imputed inside the pipeline (medians of numbers, commonest words) and fitted again.")
    else:
        done.append("Fitted again on the training rows: the pipeline handles what is missing.")
    notes: tuple[str, ...] = ()
    if stand_ins or infinite:
        notes = ("The same values must be read as missing wherever the model is used.",)
    return " ".join(done), notes


def _code(stand_ins: Mapping[str, Sequence[Any]], imputed: bool) -> str:
    own = {name: list(values) for name, values in stand_ins.items()}
    text = _HEAD.format(imports=_IMPORTS if imputed else "", stand_ins=repr(own))
    return text + (_IMPUTE if imputed else "model = clone(model).fit(X_train, y_train)\n")


_IMPORTS = """\
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
"""
_HEAD = """\
import numpy as np
from sklearn.base import clone
{imports}
stand_ins = {stand_ins}


def cleaned(X):
    X = X.replace([np.inf, -np.inf], np.nan)
    for column, values in stand_ins.items():
        X[column] = X[column].mask(X[column].isin(values))
    return X


X_train, X_val = cleaned(X_train), cleaned(X_val)
"""
_IMPUTE = """\
numbers = list(X_train.select_dtypes("number"))
words = list(X_train.select_dtypes(["object", "category", "string"]))
fill = ColumnTransformer(
    [
        ("numbers", SimpleImputer(strategy="median", keep_empty_features=True), numbers),
        ("words", SimpleImputer(strategy="most_frequent", keep_empty_features=True), words),
    ],
    remainder="passthrough",
    verbose_feature_names_out=False,
).set_output(transform="pandas")
in_order = ColumnTransformer([("same", "passthrough", list(X_train))], verbose_feature_names_out=False)
model = make_pipeline(fill, in_order.set_output(transform="pandas"), clone(model)).fit(X_train, y_train)
"""
