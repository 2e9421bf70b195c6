"""Class labels: what the user's y holds, as codes into one list of classes."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from sklearn.utils.multiclass import type_of_target

from ladder_widgets.table import unmasked
from ladder_widgets.validation import refuse, shown

__all__ = [
    "as_series",
    "check_two_classes",
    "classes_of",
    "codes_by_text",
    "encode",
    "label_array",
    "not_classes",
    "plain",
]

#: Labels beyond this number, and with fewer rows each than this, are an id or a measurement.
MANY, ROWS_PER_CLASS = 50, 20
#: The same where there are fewer labels: so few rows for each are an id, with any model.
SOME, ROWS_PER_LABEL = 20, 3
#: Numbers from so many on are a measurement if they leave gaps, or lie in a hump rather than evenly.
NUMBERS, GAPS, HUMP = 30, 1.5, 0.5


def as_series(y: Any, parameter: str) -> pd.Series:
    """Return ``y`` as a pandas series without copying it where that can be helped.

    Raises
    ------
    ValueError
        If ``y`` is not one-dimensional, or holds no or missing labels.
    """
    if isinstance(y, pd.DataFrame) and y.shape[1] == 1:
        y = y.iloc[:, 0]
    if not isinstance(y, pd.Series):
        y = _from_other(y, parameter)
    if len(y) == 0:
        raise refuse(parameter, "one label for every row", "no labels")
    missing = np.flatnonzero(y.isna())
    if missing.size:
        got = f"{missing.size} missing labels (the first at position {missing[0]})"
        hint = "Drop or fill these rows: a row without a label cannot be judged."
        raise refuse(parameter, "one label for every row", got, hint)
    return y


def _from_other(y: Any, parameter: str) -> pd.Series:
    if nw.dependencies.is_into_series(y):
        return pd.Series(nw.from_native(y, series_only=True).to_list())
    array = np.asarray(unmasked(y))
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        dims = f"{type(y).__name__} with {array.ndim} dimensions"
        hint = "Multi-label targets are not supported: debug one label at a time."
        raise refuse(parameter, "one-dimensional class labels", dims, hint)
    return pd.Series(array, copy=False)


def plain(label: Any) -> Any:
    """Return a numpy scalar as the Python object it stands for; anything else as it is."""
    return label.item() if isinstance(label, np.generic) else label


def label_array(labels: list[Any]) -> np.ndarray:
    """Return labels as an object array of shape (n_labels,), tuples too.

    Examples
    --------
    >>> label_array([(1, 2), (3, 4)]).shape
    (2,)
    """
    out = np.empty(len(labels), dtype=object)
    out[:] = labels
    return out


def classes_of(model: Any, *targets: Any) -> list[Any]:
    """Return the labels in the model's order, then those only the data hold.

    Parameters
    ----------
    model : object
        Its ``classes_`` come first, where it has them: they are the columns of its scores.
    *targets : Series or array
        Labels of the splits, or the distinct ones.
    """
    known = [plain(label) for label in _model_classes(model)]
    arrays = [target.unique() if isinstance(target, pd.Series) else target for target in targets]
    seen = list(dict.fromkeys(plain(label) for array in arrays for label in array))
    extra = [label for label in seen if label not in set(known)]
    return known + _sorted(extra)


def _model_classes(model: Any) -> list[Any]:
    classes = getattr(model, "classes_", None)
    if classes is None:
        return []
    return list(np.asarray(classes).ravel()) if not isinstance(classes, list) else classes


def _sorted(labels: list[Any]) -> list[Any]:
    try:
        return sorted(labels)
    except TypeError:  # labels of mixed types have no order of their own
        return sorted(labels, key=str)


def encode(y: pd.Series, classes: list[Any]) -> np.ndarray:
    """Return int32 codes of shape (n_rows,): positions in ``classes``, −1 for a label not there."""
    codes, seen = pd.factorize(y)
    position = {label: index for index, label in enumerate(classes)}
    mapped = np.array([position.get(plain(label), -1) for label in seen], dtype=np.int32)
    return mapped[codes]


def codes_by_text(first: pd.Series, second: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return codes of two splits' labels, the same for labels that read the same.

    Examples
    --------
    >>> codes_by_text(pd.Series([0, 1]), pd.Series(["1", "1"]))
    (array([0, 1]), array([1, 1]))
    """
    codes, seen = pd.factorize(pd.concat([first, second], ignore_index=True))
    texts = pd.factorize(np.array([str(label) for label in seen], dtype=object))[0]
    together = np.asarray(texts[codes])
    return together[: len(first)], together[len(first) :]


def not_classes(y: pd.Series, distinct: Any, model: Any, parameter: str) -> str | None:
    """Say why these labels cannot be judged as classes; None if they can.

    A measurement, an id, and labels of which the model knows none are no reason to stop: they are
    what ``data.wrong-target`` and ``model.wrong-class`` report. ``distinct`` are the labels there are.
    """
    n_rows, n_distinct = len(y), len(distinct)
    if _is_continuous(y, n_distinct):
        return f"{parameter} holds {n_distinct:,} distinct real numbers in {n_rows:,} rows: a measurement"
    seen, known = {plain(label) for label in distinct}, set(map(plain, _model_classes(model)))
    if known and not known & seen:
        return (
            f"{parameter} holds {_listed(sorted(seen, key=str))}, and the model knows {_listed(list(known))}"
        )
    few = n_distinct > MANY and n_rows < ROWS_PER_CLASS * n_distinct
    if few or (n_distinct > SOME and n_rows < ROWS_PER_LABEL * n_distinct):
        return f"{parameter} holds {n_distinct:,} distinct labels in {n_rows:,} rows: an id or a measurement"
    if n_distinct >= NUMBERS and _is_measured(y):
        return (
            f"{parameter} holds {n_distinct:,} distinct numbers in {n_rows:,} rows: a count or a measurement"
        )
    return None


def check_two_classes(distinct: Any, parameter: str) -> None:
    """Refuse labels that are all alike.

    Raises
    ------
    ValueError
    """
    if len(distinct) < 2:
        hint = "With one class there is nothing to tell apart: check how the rows were chosen."
        raise refuse(parameter, "labels of at least two classes", f"only {shown(plain(distinct[0]))}", hint)


def _is_continuous(y: pd.Series, n_distinct: int) -> bool:
    if pd.api.types.is_datetime64_any_dtype(y.dtype) or pd.api.types.is_timedelta64_dtype(y.dtype):
        return n_distinct > SOME
    if y.dtype.kind == "O" and pd.api.types.infer_dtype(y) in ("floating", "decimal", "mixed-integer-float"):
        y = y.astype(float)
    if not pd.api.types.is_float_dtype(y.dtype):
        return False
    return type_of_target(y.to_numpy(dtype=float)) == "continuous"


def _is_measured(y: pd.Series) -> bool:
    """Whether many whole numbers (or their texts) look counted or measured, not numbered as classes are."""
    values = pd.to_numeric(pd.Series(y.unique()).astype(str), errors="coerce")
    if values.isna().any():
        return False
    counts = y.astype(str).value_counts()
    values = values.sort_values()
    if float(values.max() - values.min()) + 1 > GAPS * len(values):
        return True
    heights = counts.reindex(pd.Series(y.unique()).astype(str).iloc[values.index]).to_numpy(dtype=float)
    uneven = heights.var() > 3 * heights.mean()
    return bool(uneven and np.corrcoef(heights[1:], heights[:-1])[0, 1] > HUMP)


def _listed(labels: list[Any]) -> str:
    return ", ".join(shown(plain(label)) for label in labels[:6]) + (", …" if len(labels) > 6 else "")
