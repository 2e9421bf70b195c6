"""A model that refuses rows which do not fit the schema of training."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if

from ladder_widgets.copies import copied
from ladder_widgets.errors._scan_source import elsewhere
from ladder_widgets.monitor._guard_screen import Screen
from ladder_widgets.monitor._schema_records import are_records, frame_of, typed
from ladder_widgets.monitor.schema import Schema, SchemaError, SchemaReport, Violation
from ladder_widgets.validation import choice, refuse, shown
from ladder_widgets.wrappers import METHODS

__all__ = ["SchemaWarning", "ServeGuard", "serve_guard"]


#: What no model gets over, whatever is to happen on an error.
_NO_COLUMN = ("dropped", "renamed")


class SchemaWarning(UserWarning):
    """Rows that do not fit the schema were scored all the same."""


def serve_guard(model: Any, schema: Schema, *, on_error: str = "raise") -> ServeGuard:
    """Wrap a fitted model so that a bad record gets a clear error instead of a wrong score.

    Parameters
    ----------
    model : fitted classifier
        Anything with ``predict``, ``predict_proba`` or ``decision_function``.
    schema : Schema
        Of the rows the model was trained on.
    on_error : {"raise", "report"}
        ``"raise"``: :class:`SchemaError` that names row, column, value and what is accepted. ``"report"``:
        the rows are scored, with a :class:`SchemaWarning`; the report of the last call is ``report_``.

    Returns
    -------
    ServeGuard

    Raises
    ------
    ValueError
        If ``model`` cannot predict, ``schema`` is none, it lacks a column that the model was fitted on,
        or ``on_error`` is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import LogisticRegression
    >>> X = pd.DataFrame({"age": [*range(20, 80)] * 5})
    >>> guard = serve_guard(LogisticRegression().fit(X, X.age > 50), Schema.learn(X))
    >>> guard.predict({"age": 60})
    array([ True])
    >>> guard.predict({"age": "60"})
    Traceback (most recent call last):
        ...
    ladder_widgets.monitor._schema_report.SchemaError: The rows do not fit the schema of training. Row 0:
    column 'age': '60': a number written as text, training has numbers. Accepted: a whole number, in
    training from 20 to 79.
    """
    if not any(hasattr(model, method) for method in METHODS):
        raise refuse("model", "a fitted model with predict, predict_proba or decision_function", shown(model))
    if not isinstance(schema, Schema):
        raise refuse("schema", "a Schema, as Schema.learn(X_train) returns it", shown(schema))
    choice("on_error", on_error, ["raise", "report"])
    lacking = [str(name) for name in _fitted_on(model) if schema.named and schema.get(str(name)) is None]
    if lacking:
        raise refuse(
            "schema", "a Schema of the columns the model was fitted on", f"none of {shown(lacking[0])}"
        )
    return ServeGuard(model, schema, on_error)


def _fitted_on(model: Any) -> Any:
    names = getattr(model, "feature_names_in_", None)
    return () if names is None else names


def _offers(method: str) -> Callable[[ServeGuard], bool]:
    return lambda guard: hasattr(guard.model, method)


def _lies_elsewhere(X: Any) -> bool:
    """Whether it is no rows but perhaps where some are: a text, a path, an address."""
    return isinstance(X, bytes | bytearray) or elsewhere(X)


def _no_rows(X: Any) -> SchemaReport:
    what = "a text" if isinstance(X, str) else f"{type(X).__name__}, which are no rows"
    accepted = "a record (a dict), a list of records, a frame or an array"
    return SchemaReport(1, (Violation("type", "record", what, accepted, 1, 1.0),))


class ServeGuard(BaseEstimator):
    """A fitted model behind its schema; made by :func:`serve_guard`.

    Each row is judged for itself. Columns go to the model in training's order, others are left out, and a
    gap goes to it as training wrote gaps. A dict, a list of dicts (JSON records) or a one-row series is
    made into a frame with training's types; whatever else comes keeps its container.

    Its clone is itself: it is as fitted as the model in it. Attributes of the model are its own.

    Attributes
    ----------
    model : fitted classifier
    schema : Schema
    on_error : {"raise", "report"}
    report_ : SchemaReport or None
        What the last call broke; None where nothing was to report. With several threads, ask
        :meth:`check` instead.
    """

    report_: SchemaReport | None = None

    def __init__(self, model: Any, schema: Schema, on_error: str = "raise") -> None:
        self.model = model
        self.schema = schema
        self.on_error = on_error

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or "model" not in self.__dict__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self.__dict__["model"], name)

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state.pop("report_", None)
        state.pop("_screen_of", None)
        return state

    def __sklearn_clone__(self) -> ServeGuard:
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        try:
            return get_tags(self.model)
        except (AttributeError, TypeError):  # a model that is no estimator of scikit-learn
            return super().__sklearn_tags__()

    def fit(self, X: Any, y: Any = None) -> ServeGuard:  # noqa: ARG002 - what estimators are called with
        """Return itself: the model is fitted already."""
        return self

    def check(self, X: Any) -> SchemaReport:
        """Return what these rows break, each judged for itself, without scoring them.

        A text is a record that does not fit, and never a path: whoever calls an endpoint must not have it
        open a file or an address.
        """
        return _no_rows(X) if _lies_elsewhere(X) else self.schema.check(X, row_by_row=True)

    @available_if(_offers("predict"))  # type: ignore[untyped-decorator]
    def predict(self, X: Any) -> np.ndarray:
        """Labels of the rows.

        Raises
        ------
        SchemaError
        """
        return self._answer("predict", X)

    @available_if(_offers("predict_proba"))  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities of the classes, shape (n_rows, n_classes).

        Raises
        ------
        SchemaError
        """
        return self._answer("predict_proba", X)

    @available_if(_offers("decision_function"))  # type: ignore[untyped-decorator]
    def decision_function(self, X: Any) -> np.ndarray:
        """Decision values of the rows.

        Raises
        ------
        SchemaError
        """
        return self._answer("decision_function", X)

    def _answer(self, method: str, X: Any) -> Any:
        if _lies_elsewhere(X):
            self.report_ = _no_rows(X)
            raise SchemaError(self.report_, self.report_.errors)
        screen = self._screen
        records = are_records(X)
        rows = screen.aligned(frame_of(self.schema, X) if records else X)
        report = None if screen.passes(rows) else self.check(X)
        self.report_ = report
        bad = SchemaError(report, report.errors) if report is not None and not report.ok else None
        if bad is not None:
            if self.on_error == "raise" or any(one.kind in _NO_COLUMN for one in bad.violations):
                raise bad
            warnings.warn(SchemaWarning(str(bad)), stacklevel=3)
        rows = screen.with_one_gap(typed(self.schema, rows) if records else copied(rows))
        try:
            return getattr(self.model, method)(rows)
        except Exception as error:
            if bad is None:
                raise
            raise bad from error

    @property
    def _screen(self) -> Screen:
        """Built when first asked for, and again after another schema was set."""
        known = self.__dict__.get("_screen_of")
        if known is None or known.schema is not self.schema:
            known = self.__dict__["_screen_of"] = Screen(self.schema)
        return known
