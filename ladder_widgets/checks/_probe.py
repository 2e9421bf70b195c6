"""Small questions to the model: whether it answers these rows, and whether a column moves its scores."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import sparse

from ladder_widgets.case import Case, Split
from ladder_widgets.scores import ModelFailure, Scores, score_rows
from ladder_widgets.table import Feature, take

__all__ = ["replaced", "score", "some", "uses_column"]

#: Rows that a question to the model takes.
PROBE_ROWS = 200


def some(positions: np.ndarray, at_most: int, seed: int) -> np.ndarray:
    """Return at most so many of the positions, drawn at random, in order."""
    if len(positions) <= at_most:
        return positions
    drawn = np.random.default_rng(seed).choice(positions, at_most, replace=False)
    return np.sort(drawn)


def score(case: Case, data: Any) -> Scores | ModelFailure:
    """Score rows held in the user's own kind of container; a failure is returned, not raised."""
    try:
        return score_rows(case.model, data, case.classes)
    except ModelFailure as failure:
        return failure


def replaced(data: Any, feature: Feature, position: int, values: Any) -> Any:
    """Return a copy of ``data`` with one column replaced; None where the container cannot.

    Parameters
    ----------
    data : frame, array or list of rows
        Some rows of the user's table.
    feature : Feature
        The column.
    position : int
        Its position.
    values : array of shape (n_rows,)
        New values.
    """
    if isinstance(data, pd.DataFrame):
        return (
            data.assign(**{feature.key: values})
            if isinstance(feature.key, str)
            else _set(data, position, values)
        )
    if sparse.issparse(data):
        return None
    if isinstance(data, list):
        return [
            [*row[:position], value, *row[position + 1 :]] for row, value in zip(data, values, strict=True)
        ]
    if nw.dependencies.is_into_dataframe(data):
        frame = nw.from_native(data, eager_only=True)
        return frame.with_columns(_series(frame, feature.name, list(values))).to_native()
    array = np.array(data)
    if array.dtype.kind in "iub":
        array = array.astype(float)
    array[:, position] = values
    return array


def _series(frame: Any, name: str, values: list[Any]) -> Any:
    namespace = nw.get_native_namespace(frame)
    try:
        return nw.new_series(name, values, backend=namespace)
    except TypeError:  # before narwhals 1.26
        return nw.new_series(name, values, native_namespace=namespace)  # type: ignore[call-arg]


def _set(data: pd.DataFrame, position: int, values: Any) -> pd.DataFrame:
    frame = data.copy()
    frame.isetitem(position, values)
    return frame


def uses_column(case: Case, split: Split, name: str, at_most: int = 500) -> bool | None:
    """Whether shuffling a column among some rows moves any score; None where that cannot be tried."""
    rows = some(np.arange(split.n_rows), at_most, case.random_state)
    feature = split.table.feature(name)
    data = take(split.table.data, rows)
    values = feature.series.iloc[rows].array
    order = np.random.default_rng(case.random_state).permutation(len(rows))
    moved = replaced(data, feature, split.table.names.index(name), values[order])
    if moved is None:
        return None
    before, after = score(case, data), score(case, moved)
    if isinstance(before, ModelFailure) or isinstance(after, ModelFailure):
        return None
    return bool(np.abs(before.proba - after.proba).max() > 1e-12)
