"""A fitted model's steps and the user's columns that reach each: pipelines, branches, searches, wrappers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Step", "dropped_columns", "walk"]

_MAX_DEPTH = 12


@dataclass(frozen=True, eq=False)
class Step:
    """One estimator inside a model.

    Attributes
    ----------
    estimator : object
    columns : tuple of str or None
        Names of the columns it is given, in order; None where they cannot be told.
    """

    estimator: Any
    columns: tuple[str, ...] | None


def walk(model: Any, names: Sequence[str]) -> Iterator[Step]:
    """Yield every estimator inside ``model``, outermost first, through public attributes only.

    Pipelines, column transformers, feature unions, searches, calibration, threshold and voting
    wrappers are opened; anything else is yielded as it is.

    Parameters
    ----------
    model : object
    names : sequence of str
        Names of the table's columns.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> [type(step.estimator).__name__ for step in walk(make_pipeline(LogisticRegression()), ["x"])]
    ['Pipeline', 'LogisticRegression']
    """
    seen: set[int] = set()
    yield from _walk(model, tuple(names), seen, 0)


def dropped_columns(model: Any, names: Sequence[str]) -> set[str]:
    """Return the columns that a column transformer at the entrance of the model leaves out."""
    for step in walk(model, names):
        if _branches(step.estimator) is None:
            continue
        if step.columns is None or not set(names) <= set(step.columns):
            continue
        used: set[str] = set()
        for name, branch, columns in _branches(step.estimator) or []:
            if not (isinstance(branch, str) and branch == "drop"):
                used.update(_named(columns, step.columns) or ())
            del name
        return set(names) - used
    return set()


def _walk(estimator: Any, columns: tuple[str, ...] | None, seen: set[int], depth: int) -> Iterator[Step]:
    if estimator is None or isinstance(estimator, str | bytes) or id(estimator) in seen or depth > _MAX_DEPTH:
        return
    seen.add(id(estimator))
    columns = _own_columns(estimator, columns)
    yield Step(estimator, columns)
    steps = getattr(estimator, "steps", None)
    if isinstance(steps, list):
        for _, step in steps:
            yield from _walk(step, columns, seen, depth + 1)
            columns = _after(step, columns)
        return
    for _, branch, chosen in _branches(estimator) or []:
        yield from _walk(branch, _named(chosen, columns), seen, depth + 1)
    for inner in _inside(estimator):
        yield from _walk(inner, columns, seen, depth + 1)


def _branches(estimator: Any) -> list[tuple[str, Any, Any]] | None:
    found = getattr(estimator, "transformers_", None)
    return list(found) if isinstance(found, list) else None


def _inside(estimator: Any) -> list[Any]:
    """Fitted estimators held by a wrapper; the unfitted template only if there is nothing fitted."""
    for name in ("best_estimator_", "estimator_"):
        if getattr(estimator, name, None) is not None:
            return [getattr(estimator, name)]
    calibrated = getattr(estimator, "calibrated_classifiers_", None)
    if isinstance(calibrated, list):
        return [getattr(one, "estimator", None) for one in calibrated]
    union = getattr(estimator, "transformer_list", None)
    if isinstance(union, list):
        return [branch for _, branch in union]
    if isinstance(getattr(estimator, "estimators", None), list):  # voting and stacking
        fitted = getattr(estimator, "estimators_", None)
        return list(fitted) if isinstance(fitted, list) else []
    inner = getattr(estimator, "estimator", None)
    return [inner] if inner is not None and not hasattr(estimator, "estimators_") else []


def _own_columns(estimator: Any, columns: tuple[str, ...] | None) -> tuple[str, ...] | None:
    own = getattr(estimator, "feature_names_in_", None)
    if own is not None:
        return _stripped(own, columns)
    width = getattr(estimator, "n_features_in_", None)
    return None if columns is None or (width is not None and width != len(columns)) else columns


def _stripped(names: Any, known: tuple[str, ...] | None) -> tuple[str, ...]:
    """Take off the ``branch__`` that a column transformer puts before names."""
    whole = frozenset(known or ())
    return tuple(name if name in whole else name.split("__", 1)[-1] for name in map(str, names))


def _after(step: Any, columns: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Columns that leave a fitted transformer."""
    if step is None or isinstance(step, str):
        return columns
    try:
        names = step.get_feature_names_out()
    except Exception:  # a step of any make may refuse; then the columns are guessed by their number
        return columns
    if columns is not None and not hasattr(step, "feature_names_in_") and _generic(names):
        return columns if len(names) == len(columns) else None
    return _stripped(names, columns)


def _generic(names: Any) -> bool:
    return all(str(name) == f"x{position}" for position, name in enumerate(names))


def _named(chosen: Any, columns: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Names behind a column choice: names, positions, a slice or a mask."""
    if isinstance(chosen, str):
        return (chosen,)
    if isinstance(chosen, list | tuple | np.ndarray) or hasattr(chosen, "tolist"):
        values = list(chosen)
        if all(isinstance(value, str) for value in values):
            return tuple(values)
        if columns is None:
            return None
        return tuple(str(name) for name in np.asarray(columns, dtype=object)[np.asarray(values)])
    if columns is None:
        return None
    if isinstance(chosen, slice):
        return _sliced(chosen, columns)
    return (columns[int(chosen)],) if isinstance(chosen, int | np.integer) else None


def _sliced(chosen: slice, columns: tuple[str, ...]) -> tuple[str, ...]:
    start, stop = chosen.start, chosen.stop
    if isinstance(start, str):
        start = columns.index(start)
    if isinstance(stop, str):  # a slice of names includes its end
        stop = columns.index(stop) + 1
    return columns[start : stop : chosen.step]
