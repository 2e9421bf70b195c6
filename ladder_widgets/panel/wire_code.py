"""What "Copy as code" needs to know: the user's names, and how the scores are worked out again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.errors import ErrorAnalysis
from ladder_widgets.panel.names import Names
from ladder_widgets.table import Table

__all__ = ["pack_code"]


def pack_code(errors: ErrorAnalysis, names: Names) -> dict[str, Any]:
    """Return names and expressions; every one is Python that the user may run on their own objects.

    ``X`` is the name of the rows as a pandas frame, which ``setup`` makes where they are none.
    """
    frame, setup = _frame(errors.table, names.X)
    return {
        "model": names.model,
        "data": names.X,
        "X": frame,
        "setup": setup,
        "y": names.y,
        "score": _score(errors, names),
        "labels": [_literal(label) for label in errors.classes],
    }


def _literal(label: Any) -> str:
    return repr(label.item() if isinstance(label, np.generic) else label)


def _frame(table: Table | None, name: str) -> tuple[str, str]:
    if table is None or isinstance(table.data, pd.DataFrame):
        return name, ""
    if hasattr(table.data, "to_pandas"):
        return "frame", f"frame = {name}.to_pandas()"
    values = f"{name}.toarray()" if hasattr(table.data, "toarray") else f"np.asarray({name})"
    return "frame", f"frame = pd.DataFrame({values}, columns={table.keys!r}).infer_objects()"


def _score(errors: ErrorAnalysis, names: Names) -> str:
    """P(positive) with two classes, one column per class with more."""
    if not names.model:
        return names.score
    call = f"{names.model}.{errors.scores.output}({names.X})"
    labels = ", ".join(_literal(label) for label in errors.classes)
    if errors.scores.output == "predict_proba":
        return f"{call}[:, {errors.positive}]" if errors.binary else call
    if errors.scores.output == "predict":
        hits = f"np.asarray({call}, dtype=object).ravel()[:, None] == np.array([{labels}], dtype=object)"
        return f"({hits})[:, {errors.positive}].astype(float)" if errors.binary else f"({hits}).astype(float)"
    # Margins are squashed by their spread, so that order and zero stay: see ladder_widgets.scores.
    if errors.binary:
        sign = "-" if errors.positive == 1 else ""
        return f"(lambda m: 1 / (1 + np.exp({sign}m / np.sqrt(np.mean(m**2)))))({call})"
    return f"(lambda e: e / e.sum(axis=1, keepdims=True))((lambda m: np.exp(m / np.std(m)))({call}))"
