"""Logged rows scored once more by the model at hand."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.case import Case
from ladder_widgets.checks.base import NotChecked
from ladder_widgets.scores import ModelFailure, Scores, score_rows
from ladder_widgets.table import take

__all__ = [
    "MAX_ROWS",
    "Replay",
    "aligned",
    "evenly",
    "in_training_types",
    "margins",
    "replay",
    "replay_data",
    "scores_only",
]

#: Rows replayed at most, evenly in time.
MAX_ROWS = 4000


@dataclass(frozen=True, eq=False)
class Replay:
    """What the model at hand answers to logged rows.

    Attributes
    ----------
    rows : ndarray of shape (n_replayed,)
        Positions in the log, in time.
    data : frame or array
        These rows as they were handed to the model.
    answer : Scores
    typed : bool
        Whether the columns had to be brought to the types of training first.
    """

    rows: np.ndarray
    data: Any
    answer: Scores
    typed: bool = False


def evenly(candidates: np.ndarray, time: np.ndarray | None, at_most: int = MAX_ROWS) -> np.ndarray:
    """Return positions in time, thinned evenly; in the log's own order where there are no times.

    Examples
    --------
    >>> evenly(np.arange(10), None, 4).tolist()
    [0, 3, 6, 9]
    """
    ordered = candidates
    if time is not None:
        ordered = candidates[np.argsort(time[candidates], kind="stable")]
    if len(ordered) <= at_most:
        return ordered
    return ordered[np.linspace(0, len(ordered) - 1, at_most).round().astype(np.int64)]


def aligned(case: Case) -> Any:
    """Return the log's features under the names and in the order of the reference rows.

    Raises
    ------
    NotChecked
        If the log lacks a column.
    """
    production = case.production
    assert production is not None
    names = case.reference.table.names
    absent = [name for name in names if name not in set(production.table.names)]
    if absent:
        listed = ", ".join(map(repr, absent[:5])) + (", …" if len(absent) > 5 else "")
        raise NotChecked(f"Needs every column of the model in the log: {listed} is not there.")
    return production.select(names)


def replay(case: Case, rows: np.ndarray) -> Replay:
    """Score logged rows; where the model refuses them, once more in the types of training.

    Raises
    ------
    ModelFailure
        If the model cannot score the rows either way.
    """
    data = take(aligned(case), rows)
    try:
        return Replay(rows, data, score_rows(case.model, data, case.classes))
    except ModelFailure:
        typed = in_training_types(case, rows)
        if typed is None:
            raise
        return Replay(rows, typed, score_rows(case.model, typed, case.classes), typed=True)


def replay_data(case: Case, data: Any) -> Scores | None:
    """Score rows put together for an experiment; None where the model refuses them."""
    try:
        return score_rows(case.model, data, case.classes)
    except ModelFailure:
        return None


class _Scorer:
    """The scores of a model without its labels: half the work."""

    def __init__(self, model: Any) -> None:
        for name in ("predict_proba", "decision_function"):
            if hasattr(model, name):
                setattr(self, name, getattr(model, name))


def scores_only(case: Case, data: Any) -> np.ndarray | None:
    """Return the scores of every class for rows put together for an experiment; None if there are none."""
    if not hasattr(case.model, "predict_proba") and not hasattr(case.model, "decision_function"):
        return None
    try:
        return score_rows(_Scorer(case.model), data, case.classes).proba
    except ModelFailure:
        return None


def margins(case: Case, data: Any) -> np.ndarray | None:
    """Return raw margins of two classes towards the positive one, or None without any."""
    if not case.binary or not hasattr(case.model, "decision_function"):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            raw = np.asarray(case.model.decision_function(data), dtype=float).reshape(len(data), -1)
    except Exception:  # a model of any make may refuse; then no margins were recorded either
        return None
    return None if raw.shape[1] > 1 else raw[:, 0] if case.positive == 1 else -raw[:, 0]


def in_training_types(case: Case, rows: np.ndarray) -> Any:
    """Return logged rows in the container and the column types of the reference rows, or None.

    A log that went through CSV, JSON or another frame library holds text for numbers, numbers for
    text, None for NaN and no categories: the model would read other values than production did.
    """
    production, reference = case.production, case.reference.table
    assert production is not None
    if not isinstance(reference.data, pd.DataFrame | np.ndarray):
        return None
    logged = production.table.frame(rows)
    try:
        columns = {
            feature.key: _typed(logged[feature.name], feature.series) for feature in reference.features()
        }
        frame = pd.DataFrame(columns, index=logged.index)
        if isinstance(reference.data, pd.DataFrame):
            frame.columns = reference.data.columns
            return frame
        return frame.to_numpy(dtype=reference.data.dtype)
    except (TypeError, ValueError):
        return None


def _typed(logged: pd.Series, model: pd.Series) -> pd.Series:
    if logged.dtype == model.dtype and logged.dtype.kind != "O":
        return logged
    if isinstance(model.dtype, pd.CategoricalDtype):
        known = {str(level): level for level in model.cat.categories}
        return logged.map(lambda value: known.get(str(value), value), na_action="ignore").astype(model.dtype)
    if pd.api.types.is_bool_dtype(model.dtype):
        return logged.map(lambda value: str(value).lower() in ("true", "1", "1.0")).astype(model.dtype)
    if pd.api.types.is_numeric_dtype(model.dtype):
        numbers = pd.to_numeric(logged, errors="coerce")
        return numbers.astype(float) if numbers.isna().any() else numbers.astype(model.dtype)
    if pd.api.types.is_datetime64_any_dtype(model.dtype):
        return pd.to_datetime(logged, utc=True, errors="coerce").astype(model.dtype)
    return _objects(logged, model)


def _objects(logged: pd.Series, model: pd.Series) -> pd.Series:
    """Values as the reference rows write them: 1 for 1.0 and for '1', and their kind of missing."""
    written = {_text(value): value for value in model.dropna().unique()}
    missing = model[model.isna()]
    empty = missing.iloc[0] if len(missing) else np.nan
    values = [empty if pd.isna(value) else written.get(_text(value), value) for value in logged.tolist()]
    return pd.Series(values, index=logged.index, dtype=object).astype(model.dtype)


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
