"""The parameters of a case: their names and what each accepts."""

from __future__ import annotations

import numbers
import os
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from ladder_widgets.taxonomy import CODES
from ladder_widgets.validation import choice, number, refuse, shown
from ladder_widgets.wrappers import METHODS

__all__ = [
    "CaseOptions",
    "check_auc_error",
    "check_checks",
    "check_costs",
    "check_flag",
    "check_ignore",
    "check_integer",
    "check_ledger",
    "check_max_rows",
    "check_model",
    "check_rungs",
    "check_threshold",
    "grouped",
]

_COSTS = ("false_positive", "false_negative")


class CaseOptions(TypedDict, total=False):
    """Keyword parameters of :class:`~ladder_widgets.Case`, for those that hand them on."""

    X_train: Any
    y_train: Any
    X_test: Any
    y_test: Any
    production: Any
    metric: str | None
    threshold: float | None
    pos_label: Any
    artifact: Any
    requirements: Mapping[str, str] | None
    groups: Any
    costs: Mapping[str, float] | None
    ledger: Any
    fast: bool
    checks: Sequence[Any] | None
    ignore: Sequence[str]
    rungs: Mapping[int, Any] | None
    max_rows: int | str | None
    auc_error: float
    random_state: int
    n_jobs: int | None
    backend: str | None


def check_model(model: Any) -> Any:
    """Refuse what cannot predict: a class, an unfitted estimator, an object without the methods."""
    if isinstance(model, type):
        raise refuse("model", "a fitted model", f"the class {model.__name__}", "Create it and fit it first.")
    if not any(callable(getattr(model, method, None)) for method in METHODS):
        accepted = "a fitted model with predict_proba, decision_function or predict"
        raise refuse("model", accepted, f"{type(model).__name__} without any of them")
    if isinstance(model, BaseEstimator):
        try:
            check_is_fitted(model)
        except NotFittedError as error:
            hint = "Call model.fit(X_train, y_train) first."
            raise refuse("model", "a fitted model", f"an unfitted {type(model).__name__}", hint) from error
    return model


def check_checks(checks: Sequence[Any] | None) -> tuple[Any, ...]:
    """Refuse what is not declared as a check."""
    given = tuple(checks or ())
    for check in given:
        if not isinstance(getattr(check, "code", None), str) or not callable(
            getattr(check, "function", None)
        ):
            hint = "Declare it: Check('data.my-check', function)."
            raise refuse("checks", "a sequence of Check", shown(check), hint)
    return given


def check_ignore(ignore: Sequence[str], checks: Sequence[Any]) -> frozenset[str]:
    """Refuse codes that no check has."""
    codes = [ignore] if isinstance(ignore, str) else list(ignore)
    valid = [*CODES, *(check.code for check in checks)]
    return frozenset(choice("ignore", code, valid) for code in codes)


def check_rungs(rungs: Mapping[int, Any] | None) -> dict[int, Any]:
    """Refuse references for other rungs than 1, 2 and 3, and what cannot be fitted."""
    for rung, estimator in (rungs or {}).items():
        if rung not in (1, 2, 3):
            accepted = "a mapping whose keys are among 1 (baseline), 2 (linear) and 3 (non-linear)"
            raise refuse("rungs", accepted, f"the key {shown(rung)}")
        if not hasattr(estimator, "fit"):
            raise refuse("rungs", f"an unfitted classifier at key {rung}", type(estimator).__name__)
    return dict(rungs or {})


def check_ledger(ledger: Any) -> str | os.PathLike[str] | bool | None:
    """Refuse anything but a path, True, False and None."""
    if (
        ledger is None
        or isinstance(ledger, bool | os.PathLike)
        or (isinstance(ledger, str) and ledger.strip())
    ):
        return ledger
    accepted = "a path, False (keep no ledger) or None (beside the project)"
    raise refuse("ledger", accepted, shown(ledger))


def check_max_rows(max_rows: int | str | None) -> int | str | None:
    """Refuse anything but ``"auto"``, None and a sensible number of rows."""
    whole = isinstance(max_rows, numbers.Integral) and not isinstance(max_rows, bool)
    if max_rows is None or max_rows == "auto" or (whole and int(max_rows) >= 50):
        return max_rows
    raise refuse("max_rows", '"auto", None or a whole number of at least 50', shown(max_rows))


def check_auc_error(auc_error: Any) -> float:
    """Refuse what is no sensible standard error of an AUC."""
    number = isinstance(auc_error, numbers.Real) and not isinstance(auc_error, bool)
    if not (number and 0.0005 <= float(auc_error) <= 0.05):
        raise refuse("auc_error", "a standard error from 0.0005 to 0.05", shown(auc_error))
    return float(auc_error)


def check_integer(name: str, value: Any) -> int:
    """Refuse anything but a whole number."""
    if isinstance(value, numbers.Integral) and not isinstance(value, bool):
        return int(value)
    raise refuse(name, "a whole number", shown(value))


def check_threshold(threshold: Any) -> float | None:
    """Refuse anything but None and a number between 0 and 1."""
    if threshold is None:
        return None
    return number("threshold", threshold, 0, 1)


def check_flag(name: str, value: Any) -> bool:
    """Refuse anything but True and False."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise refuse(name, "True or False", shown(value))


def check_costs(costs: Mapping[str, float] | None) -> dict[str, float] | None:
    """Refuse anything but what a false positive and a false negative cost."""
    if costs is None:
        return None
    accepted = "a mapping with 'false_positive' and 'false_negative', numbers above zero"
    if not isinstance(costs, Mapping) or set(costs) != set(_COSTS):
        raise refuse("costs", accepted, shown(costs))
    if not all(isinstance(cost, numbers.Real) and 0 < float(cost) < float("inf") for cost in costs.values()):
        raise refuse("costs", accepted, shown(dict(costs)))
    return {name: float(costs[name]) for name in _COSTS}


def grouped(groups: Any, splits: Sequence[Any], reference: Any) -> dict[str, np.ndarray]:
    """Return group codes by split, comparable between splits; empty if none are given.

    Parameters
    ----------
    groups : str, array, mapping or None
        See :class:`~ladder_widgets.Case`.
    splits : sequence of Split
    reference : Split
        The split that a bare array speaks of.
    """
    if groups is None:
        return {}
    values = _group_values(groups, splits, reference)
    for split in splits:
        if split.name in values and len(values[split.name]) != split.n_rows:
            accepted = f"one group for each row of X_{split.name} ({split.n_rows})"
            raise refuse("groups", accepted, f"{len(values[split.name])}")
    codes = pd.factorize(np.concatenate([np.asarray(part, dtype=object) for part in values.values()]))[0]
    ends = np.cumsum([len(part) for part in values.values()])[:-1]
    return dict(zip(values, np.split(np.asarray(codes), ends), strict=True))


def _group_values(groups: Any, splits: Sequence[Any], reference: Any) -> dict[str, Any]:
    if isinstance(groups, str):
        named = [split for split in splits if groups in split.table.names]
        if reference not in named:
            raise refuse("groups", f"a column of X_{reference.name}, an array or a mapping", shown(groups))
        return {split.name: split.table.feature(groups).series for split in named}
    if isinstance(groups, Mapping):
        known = {split.name for split in splits}
        if not groups or not set(groups) <= known or reference.name not in groups:
            listed = ", ".join(map(repr, sorted(known)))
            raise refuse(
                "groups", f"a mapping from splits ({listed}) with {reference.name!r}", shown(list(groups))
            )
        return {split.name: groups[split.name] for split in splits if split.name in groups}
    array = np.asarray(groups)
    if len(splits) > 1 and len(array) == sum(split.n_rows for split in splits):
        ends = np.cumsum([split.n_rows for split in splits])[:-1]
        return dict(zip((split.name for split in splits), np.split(array, ends), strict=True))
    return {reference.name: array}
