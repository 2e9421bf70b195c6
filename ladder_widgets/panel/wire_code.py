"""What "Copy as code" needs to know: the user's names, and how the scores are worked out again."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd

from ladder_widgets.errors import ErrorAnalysis
from ladder_widgets.errors._rows import LEAD, lead_names
from ladder_widgets.labels import plain
from ladder_widgets.panel.names import Names
from ladder_widgets.table import Table

__all__ = ["frame_of", "pack_code"]

#: Labels whose ``repr`` is Python as it stands.
_LITERAL = (str, bytes, bool, int, type(None))


def pack_code(errors: ErrorAnalysis, names: Names) -> dict[str, Any]:
    """Return names and expressions; every one is Python that the user may run on their own objects.

    ``X`` is the name of the rows as a pandas frame, which ``setup`` makes where they are none. ``errors``
    is the name of the analysis where its rows are in a table elsewhere: then they are asked of it.
    """
    labels = [_literal(label, names.y) for label in errors.classes]
    frame, setup = frame_of(errors.table, names.X)
    imports = ["import decimal"] if any(isinstance(label, Decimal) for label in errors.classes) else []
    keys = [] if errors.table is None else errors.table.keys
    told = lead_names(keys)
    return {
        "model": names.model,
        "data": names.X,
        "X": frame,
        "setup": "\n".join([*imports, *([setup] if setup else [])]),
        "y": _labels(errors.classes, names.y),
        "score": "" if errors.elsewhere else _score(errors, names, labels),
        "labels": labels,
        "columns": [repr(told[name]) for name in LEAD],
        "errors": names.errors if errors.elsewhere else "",
    }


def _labels(classes: list[Any], y: str) -> str:
    """The labels as an array of the same objects that the classes are, whatever holds them."""
    if all(isinstance(label, pd.Timestamp) for label in classes):
        return f"pd.to_datetime(pd.Series(np.asarray({y}).ravel())).astype(object).to_numpy()"
    if all(type(label) is date for label in classes):
        return f"np.asarray({y}).astype(object).ravel()"
    return f"np.asarray({y}, dtype=object).ravel()"


def _literal(label: Any, y: str) -> str:
    """A label as an expression that gives it; one that cannot be written is looked up by its text."""
    label = plain(label)
    if isinstance(label, tuple):
        return f"({', '.join(_literal(part, y) for part in label)},)"
    if type(label) in _LITERAL:
        return repr(label)
    if isinstance(label, float):
        return repr(label) if abs(label) < float("inf") else f"float({str(label)!r})"
    if isinstance(label, Decimal):
        return f"decimal.{label!r}"
    if isinstance(label, pd.Interval):
        ends = f"{_literal(label.left, y)}, {_literal(label.right, y)}"
        return f"pd.Interval({ends}, closed={label.closed!r})"
    if isinstance(label, pd.Timestamp | pd.Timedelta | pd.Period):
        return f"pd.{label!r}"
    # The module is not imported under its name: notebooks call the class datetime as well.
    if type(label) is datetime:
        return f"pd.{pd.Timestamp(label)!r}.to_pydatetime()"
    if type(label) is date:
        return f"pd.{pd.Timestamp(label)!r}.date()"
    return f"next(each for each in np.asarray({y}, dtype=object).ravel() if str(each) == {str(label)!r})"


def frame_of(table: Table | None, name: str) -> tuple[str, str]:
    """Return what the rows are called as a pandas frame, and the line that makes it where they are none."""
    if table is None or isinstance(table.data, pd.DataFrame):
        return name, ""
    if hasattr(table.data, "to_pandas"):
        return "frame", f"frame = {name}.to_pandas()"
    values = f"{name}.toarray()" if hasattr(table.data, "toarray") else name
    return "frame", f"frame = pd.DataFrame({values}, columns={table.keys!r}).infer_objects()"


def _score(errors: ErrorAnalysis, names: Names, labels: list[str]) -> str:
    """P(positive) with two classes, one column per class with more."""
    if not names.model:
        # One column or two: either way the last, or the first, is that of the positive class.
        place = 0 if errors.positive == 0 else -1
        return f"np.column_stack([{names.score}])[:, {place}]" if errors.binary else names.score
    call = f"{names.model}.{errors.scores.output}({names.X})"
    if errors.scores.output == "predict_proba":
        return f"{call}[:, {errors.positive}]" if errors.binary else call
    if errors.scores.output == "predict":
        classes = f"np.array([{', '.join(labels)}], dtype=object)"
        hits = f"np.asarray({call}, dtype=object).ravel()[:, None] == {classes}"
        return f"({hits})[:, {errors.positive}].astype(float)" if errors.binary else f"({hits}).astype(float)"
    # Margins are squashed by their spread, so that order and zero stay: see ladder_widgets.scores.
    if errors.binary:
        sign = "-" if errors.positive == 1 else ""
        return f"(lambda m: 1 / (1 + np.exp({sign}m / np.sqrt(np.mean(m**2)))))({call})"
    return f"(lambda e: e / e.sum(axis=1, keepdims=True))((lambda m: np.exp(m / np.std(m)))({call}))"
