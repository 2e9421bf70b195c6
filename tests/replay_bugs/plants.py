"""The planted bugs: what is done to the record or to the model, and the step that must be named."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.replay_bugs.kinds import credit, fitted, record_of
from tests.replay_bugs.steps import BatchScaler, Noisy


@dataclass(frozen=True)
class Plant:
    """A bug.

    ``record`` changes the record, ``model`` makes the faulty model from a copy of the sound one; ``step`` is
    the name of the step to be named, ``reference`` says whether training rows are handed over.
    """

    kind: str
    title: str
    step: str
    record: Callable[[Any], Any] = lambda record: record
    model: Callable[[Any, Any], Any] = lambda model, rows: model
    reference: bool = False
    failure: str | None = None

    def case(self):
        """Return model, record and training rows."""
        model, train, _ = fitted(self.kind)
        return self.model(copy.deepcopy(model), train), self.record(record_of(self.kind)), train


def put(**values):
    return lambda record: {**record, **{name.replace("_", " "): value for name, value in values.items()}}


def times(name, factor):
    return lambda record: {**record, name: record[name] * factor}


def without(name):
    return lambda record: {key: value for key, value in record.items() if key != name}


def reordered(record):
    return dict(reversed(record.items()))


def step_of(name, change):
    """Replace a step of the pipeline by another one, fitted where that needs fitting."""

    def changed(model, rows):
        target = model
        for part in name.split("__")[:-1]:
            target = dict(target.steps)[part]
        last = name.split("__")[-1]
        for place, (each, old) in enumerate(target.steps):
            if each == last:
                target.steps[place] = (each, change(old, rows))
        return model

    return changed


def _poisoned(scaler, rows):
    scaler.scale_ = scaler.scale_.copy()
    scaler.scale_[0] = 0.0
    return scaler


def _fitted_on(step):
    y = credit()[1]

    def made(old, rows):
        return step.fit(rows, y.loc[rows.index]) if hasattr(rows, "index") else step.fit(rows)

    return made


def _scaler(step):
    return step_of("scale", _fitted_on(step))


def _renamed(record):
    return {key.replace("Debt", "debt"): value for key, value in record.items()}


def _shifted(record):
    return [*record[1:], record[0]]


PLANTS = [
    Plant("plain", "a measure in another unit", "scale", times("mean radius", 1000), reference=True),
    Plant("plain", "a column forgotten", "scale", without("mean texture")),
    Plant("plain", "columns in another order", "scale", reordered),
    Plant("branches", "a category that training never had", "code", put(Home="castle")),
    Plant("branches", "a number sent as text with its unit", "impute", put(Age="40 years")),
    Plant("branches", "a column forgotten", "prepare", without("Job")),
    Plant("nested", "a column forgotten that only the first step needs", "ratio", without("Debt")),
    Plant("nested", "income of minus one divides by zero", "ratio", put(Income=-1, Debt=100)),
    Plant("nested", "a category written in capitals, let through", "code", put(Marital="MARRIED")),
    Plant("union", "a scale of zero in the saved scaler", "scale", model=step_of("scale", _poisoned)),
    Plant(
        "union",
        "scaled by the batch",
        "scale",
        model=step_of("scale", _fitted_on(BatchScaler())),
        reference=True,
    ),
    Plant("union", "noise that was never switched off", "scale", model=_scaler(Noisy())),
    Plant("search", "a category that becomes minus one", "code", put(Records="maybe")),
    Plant("search", "age in months", "remainder", times("Age", 12), reference=True),
    Plant("search", "text where a number goes", "boost", put(Time="36 months")),
    Plant("calibrated", "a missing marker of the form", "impute", put(Assets=-9999999), reference=True),
    Plant("calibrated", "text where a number goes", "impute", put(Debt="none")),
    Plant("calibrated", "a column forgotten", "prepare", without("Price")),
    Plant("voting", "a missing value for a step that takes none", "decide", put(alcohol=None)),
    Plant("voting", "a measure in another unit", "scale", times("proline", 1000), reference=True),
    Plant("voting", "an unexpected column", "scale", put(cellar="north")),
    Plant("stacking", "a negative number has no root", "root", put(mean_area=-1.0)),
    Plant("stacking", "a list where a number goes", "root", put(mean_area=[1.0, 2.0])),
    Plant("stacking", "a measure in another unit", "root", times("worst area", 1e4), reference=True),
    Plant("threshold", "a number with a comma", "impute", put(Income="1,250.00")),
    Plant("threshold", "income in cents", "impute", times("Income", 100), reference=True),
    Plant(
        "threshold",
        "a column under another name",
        "impute",
        _renamed,
    ),
    Plant("homemade", "a column forgotten", "HomeMade", without("Age")),
    Plant("homemade", "infinity", "filler", put(Income=float("inf"))),
    Plant("sampling", "a column too few", "scale", lambda record: record[:-1]),
    Plant(
        "sampling",
        "values shifted by one column",
        "scale",
        _shifted,
        reference=True,
    ),
    Plant("levels", "dummies of one row", "dummies"),
    Plant("levels", "dummies of one row, seen in the batch", "dummies", reference=True, failure="batch"),
]
