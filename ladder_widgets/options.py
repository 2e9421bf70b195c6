"""The parameters of a case: their names and what each accepts."""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from ladder_widgets.taxonomy import CODES
from ladder_widgets.validation import choice, refuse, shown
from ladder_widgets.wrappers import METHODS

__all__ = [
    "CaseOptions",
    "check_checks",
    "check_ignore",
    "check_integer",
    "check_max_rows",
    "check_model",
    "check_rungs",
    "check_threshold",
]


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
    checks: Sequence[Any] | None
    ignore: Sequence[str]
    rungs: Mapping[int, Any] | None
    max_rows: int | str | None
    random_state: int
    n_jobs: int | None


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
    for number, estimator in (rungs or {}).items():
        if number not in (1, 2, 3):
            accepted = "a mapping whose keys are among 1 (baseline), 2 (linear) and 3 (non-linear)"
            raise refuse("rungs", accepted, f"the key {shown(number)}")
        if not hasattr(estimator, "fit"):
            raise refuse("rungs", f"an unfitted classifier at key {number}", type(estimator).__name__)
    return dict(rungs or {})


def check_max_rows(max_rows: int | str | None) -> int | str | None:
    """Refuse anything but ``"auto"``, None and a sensible number of rows."""
    whole = isinstance(max_rows, numbers.Integral) and not isinstance(max_rows, bool)
    if max_rows is None or max_rows == "auto" or (whole and int(max_rows) >= 50):
        return max_rows
    raise refuse("max_rows", '"auto", None or a whole number of at least 50', shown(max_rows))


def check_integer(name: str, value: Any) -> int:
    """Refuse anything but a whole number."""
    if isinstance(value, numbers.Integral) and not isinstance(value, bool):
        return int(value)
    raise refuse(name, "a whole number", shown(value))


def check_threshold(threshold: Any) -> float | None:
    """Refuse anything but None and a number between 0 and 1."""
    if threshold is None:
        return None
    number = isinstance(threshold, numbers.Real) and not isinstance(threshold, bool)
    if number and 0 <= float(threshold) <= 1:
        return float(threshold)
    raise refuse("threshold", "a number between 0 and 1", shown(threshold))
