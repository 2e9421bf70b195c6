"""The loss of training step by step, from whatever a fitted model keeps of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier
from sklearn.metrics import log_loss

from ladder_widgets.case import Case
from ladder_widgets.checks._pipeline import walk
from ladder_widgets.labels import encode
from ladder_widgets.table import take

__all__ = ["Convergence", "Curve", "convergence", "loss_curve"]

#: Steps below which there is no curve to speak of.
SHORTEST = 5
#: Training rows that a model without a record of its loss is scored on, stage by stage.
STAGED_ROWS = 1000
_LOSS_NAMES = ("loss", "error", "deviance", "rmse")


@dataclass(frozen=True, eq=False)
class Curve:
    """A loss by step: ``source`` says where it comes from."""

    values: np.ndarray
    source: str


@dataclass(frozen=True, slots=True)
class Convergence:
    """How many steps a solver took, of how many it was allowed."""

    model: str
    steps: int
    limit: int


def loss_curve(case: Case) -> Curve | None:
    """Return the loss of training step by step; None where the model keeps none that can be read."""
    for estimator in _estimators(case):
        for read in _READERS:
            curve = read(estimator)
            if curve is not None and len(curve.values) >= SHORTEST:
                return curve
    return _staged(case)


def convergence(case: Case) -> Convergence | None:
    """Return the steps of a linear model's solver, which ends when its loss falls no more."""
    for estimator in _estimators(case):
        steps, limit = getattr(estimator, "n_iter_", None), getattr(estimator, "max_iter", None)
        if not hasattr(estimator, "coef_") or steps is None or not isinstance(limit, int) or limit < 1:
            continue
        return Convergence(type(estimator).__name__, int(np.max(steps)), limit)
    return None


def _estimators(case: Case) -> Iterator[Any]:
    for step in walk(case.model, case.reference.table.names):
        yield step.estimator


def _mlp(estimator: Any) -> Curve | None:
    return _curve(getattr(estimator, "loss_curve_", None), f"loss_curve_ of {type(estimator).__name__}")


def _boosting(estimator: Any) -> Curve | None:
    source = f"train_score_ of {type(estimator).__name__}"
    if isinstance(estimator, GradientBoostingClassifier):
        return _curve(estimator.train_score_, source)
    if isinstance(estimator, HistGradientBoostingClassifier):
        curve = _curve(estimator.train_score_, source)
        return None if curve is None else Curve(-curve.values, f"{source}, its sign turned")
    return None


def _history(estimator: Any) -> Curve | None:
    """Keras through its scikit-learn wrapper: a mapping with a list of losses."""
    told = getattr(estimator, "history_", None)
    return _curve(told.get("loss"), "history_['loss']") if isinstance(told, Mapping) else None


def _evaluations(estimator: Any) -> Curve | None:
    """LightGBM, XGBoost, CatBoost: a mapping of set to metric to list; the first set is that of training."""
    told = getattr(estimator, "evals_result_", None)
    if told is None and callable(getattr(estimator, "evals_result", None)):
        try:
            told = estimator.evals_result()
        except Exception:  # fitted without an evaluation set
            return None
    if not isinstance(told, Mapping) or not told:
        return None
    first, metrics = next(iter(told.items()))
    for name, values in metrics.items() if isinstance(metrics, Mapping) else ():
        if str(name).lower().endswith(_LOSS_NAMES):
            return _curve(values, f"{name} on {first!r} of {type(estimator).__name__}")
    return None


_READERS: tuple[Callable[[Any], Curve | None], ...] = (_mlp, _boosting, _history, _evaluations)


def _curve(values: Any, source: str) -> Curve | None:
    if values is None:
        return None
    try:
        array = np.asarray(values, dtype=float).ravel()
    except (TypeError, ValueError):
        return None
    return Curve(array, source) if len(array) else None


def _staged(case: Case) -> Curve | None:
    """Log loss of gradient boosting after each stage, on training rows."""
    if case.train is None:
        return None
    model = case.model
    while getattr(model, "best_estimator_", None) is not None:
        model = model.best_estimator_
    steps = getattr(model, "steps", None)
    last = steps[-1][1] if isinstance(steps, list) else model
    if not isinstance(last, HistGradientBoostingClassifier):
        return None
    count = case.train.n_rows
    rows = np.arange(count)
    if count > STAGED_ROWS:
        rows = np.sort(np.random.default_rng(case.random_state).choice(count, STAGED_ROWS, replace=False))
    data = take(case.train.table.data, rows)
    if last is not model:
        data = model[:-1].transform(data)
    y = encode(case.train.y, case.classes)[rows]
    known = (y >= 0) & (y < len(last.classes_))
    labels = np.arange(len(last.classes_))
    losses = [log_loss(y[known], stage[known], labels=labels) for stage in last.staged_predict_proba(data)]
    return Curve(np.array(losses), f"log loss on {len(rows):,} training rows after each stage")
