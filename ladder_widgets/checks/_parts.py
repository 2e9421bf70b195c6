"""The predicting estimators inside a fitted model, each with the rows that reach it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ladder_widgets.case import Case, Split
from ladder_widgets.table import take
from ladder_widgets.wrappers import METHODS

__all__ = ["Part", "own_rows", "parts", "quietly", "settings"]

_MAX_DEPTH = 8
#: Cells that a model is handed by a check, unless these are fewer rows.
CELLS, FEWEST = 1_000_000, 500
#: Members of an ensemble that are looked at.
_MEMBERS = 5


@dataclass(frozen=True, eq=False)
class Part:
    """An estimator inside a model, the model itself included.

    Attributes
    ----------
    estimator : object
    data : table or None
        The rows as they reach it; None where that cannot be told.
    """

    estimator: Any
    data: Any

    @property
    def name(self) -> str:
        """Class name."""
        return type(self.estimator).__name__


def own_rows(case: Case, split: Split, most: int) -> tuple[Any, np.ndarray]:
    """Return ``(data, positions)``: at most ``most`` random rows of a split, in its own container.

    Of a table with thousands of columns a quarter of them: a model makes many more of each.
    """
    most = min(most, max(FEWEST, CELLS // max(1, len(split.table.names))))
    positions = np.arange(split.n_rows)
    if split.n_rows > most:
        chosen = np.random.default_rng(case.random_state).choice(split.n_rows, most, replace=False)
        positions = np.sort(chosen)
    return take(split.table.data, positions), positions


def parts(model: Any, data: Any = None) -> Iterator[Part]:
    """Yield the estimators inside ``model`` that predict, outermost first, through public attributes.

    Pipelines, searches, calibration, thresholds, voting, stacking and bagging are opened, and so is a
    custom object that holds an estimator; how such an object prepares its rows is not known.

    Parameters
    ----------
    model : object
    data : table, optional
        Rows as they are handed to ``model``.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> [part.name for part in parts(make_pipeline(LogisticRegression()))]
    ['Pipeline', 'LogisticRegression']
    """
    yield from _parts(model, data, set(), 0)


def _parts(estimator: Any, data: Any, seen: set[int], depth: int) -> Iterator[Part]:
    if not _predicts(estimator) or id(estimator) in seen or depth > _MAX_DEPTH:
        return
    seen.add(id(estimator))
    yield Part(estimator, data)
    for inner, rows in _inside(estimator, data):
        yield from _parts(inner, rows, seen, depth + 1)


def _predicts(estimator: Any) -> bool:
    if estimator is None or isinstance(estimator, type | str):
        return False
    return any(callable(quietly(getattr, estimator, method, None)) for method in METHODS)


def _inside(estimator: Any, data: Any) -> list[tuple[Any, Any]]:
    """Estimators that a wrapper holds, with their rows."""
    steps = getattr(estimator, "steps", None)
    if isinstance(steps, list) and steps:
        return [(steps[-1][1], _through(steps[:-1], data))]
    members = getattr(estimator, "estimators_", None)
    if members is not None:
        if hasattr(estimator, "learning_rate") or hasattr(estimator, "max_depth"):
            return []  # boosted and bagged trees: small by design, or set up by the ensemble itself
        final = getattr(estimator, "final_estimator_", None)
        if final is not None:  # stacking sets right what its members say
            return [(final, None)]
        voting = isinstance(getattr(estimator, "estimators", None), list)
        flat = list(members)[:_MEMBERS] if isinstance(members, list) else []
        return [(one, data if voting else None) for one in flat]
    for name in ("best_estimator_", "estimator_"):
        if getattr(estimator, name, None) is not None:
            return [(getattr(estimator, name), data)]
    calibrated = getattr(estimator, "calibrated_classifiers_", None)
    if isinstance(calibrated, list):
        return [(getattr(one, "estimator", None), data) for one in calibrated[:_MEMBERS]]
    return _held(estimator, data)


def _held(estimator: Any, data: Any) -> list[tuple[Any, Any]]:
    """Estimators in the public attributes of a wrapper that is none of scikit-learn's.

    If it holds anything that transforms, its estimators do not see the rows it is handed.
    """
    values = [value for name, value in settings(estimator).items() if not name.startswith("_")]
    prepares = any(hasattr(value, "transform") and not _predicts(value) for value in values)
    inner = [value for value in values if _predicts(value)]
    return [(value, None if prepares else data) for value in inner]


def _through(steps: list[Any], data: Any) -> Any:
    """Rows behind the first steps of a pipeline; None where a step will not have them."""
    if data is None:
        return None
    for _, step in steps:
        if hasattr(step, "transform"):
            data = quietly(step.transform, data)
            if data is None:
                return None
    return data


def settings(estimator: Any) -> dict[str, Any]:
    """Return attributes of an object, by name: those of the instance, slots left out."""
    try:
        return dict(vars(estimator))
    except TypeError:  # an object without a dictionary
        return {}


def quietly(function: Any, *arguments: Any) -> Any:
    """Call something of the user's model; None if it raises, and no warnings."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return function(*arguments)
        except Exception:  # a foreign estimator may refuse in any way
            return None
