"""pipeline.scaler-leak and pipeline.imputer-leak: the whole pipeline fitted again, on training rows alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ladder_widgets.checks._pipeline import walk
from ladder_widgets.remedies.bench import Bench, NoRemedy, Remedied

__all__ = ["refit_imputer", "refit_scaler"]

_SCALES = ("scale_", "data_range_", "quantiles_", "center_")
_LOWER = (
    "A leak of this kind flatters the score a little as a rule; a difference within its interval says that "
    "this one did no harm to the figure."
)


def refit_scaler(bench: Bench) -> Remedied:
    """Fit a clone on the training rows, scaler included."""
    return _refit(bench, "scaler", "scaled", lambda part: any(hasattr(part, name) for name in _SCALES))


def refit_imputer(bench: Bench) -> Remedied:
    """Fit a clone on the training rows, imputer included."""
    return _refit(bench, "imputer", "filled", lambda part: hasattr(part, "statistics_") or _neighbours(part))


def _neighbours(part: Any) -> bool:
    return hasattr(part, "n_neighbors") and hasattr(part, "add_indicator")


def _refit(bench: Bench, what: str, done: str, is_one: Callable[[Any], bool]) -> Remedied:
    """Reads ``details["where"]`` ("model" or "data"); without it, looks for such a step in the model."""
    inside = any(is_one(step.estimator) for step in walk(bench.case.model, bench.case.val.table.names))
    where = bench.finding.details.get("where", "model" if inside else "data")
    if where != "model":
        raise NoRemedy(
            f"The rows were handed over already {done}: the {what} stands outside the model, and what it "
            f"did cannot be undone from here. Hand over the rows as they came, with the {what} inside the "
            "pipeline."
        )
    train = bench.train
    fitted = bench.fit(bench.unfitted(), train.table.data, train.y)
    text = f"Fitted a clone of the whole pipeline, {what} included, on the training rows alone."
    return Remedied(text, fitted, _CODE, notes=(_LOWER,))


_CODE = """\
from sklearn.base import clone

model = clone(model).fit(X_train, y_train)  # training rows and no others
"""
