"""What planting is made of: the registry, strengths, and small helpers on tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from tests.faults.tables import Data, columns

OBVIOUS, SUBTLE = "obvious", "subtle"


@dataclass(frozen=True)
class Planted:
    """A faulty case, and the names that must appear in the finding."""

    case: Any
    names: tuple[str, ...] = ()


Plant = Callable[[Data, str, np.random.Generator], "Planted | None"]
PLANTS: dict[str, list[Plant]] = {}


def plants(code: str) -> Callable[[Plant], Plant]:
    """Register a way of planting a fault: ``plant(data, strength, rng)``, None where a table has no room."""

    def register(plant: Plant) -> Plant:
        PLANTS.setdefault(code, []).append(plant)
        return plant

    return register


def unweighted(data: Data) -> Any:
    """The sound model without weights or a tuned threshold."""
    model = data.model
    names = [name for name in model.get_params() if name.endswith("class_weight")]
    return clone(model).set_params(**dict.fromkeys(names)) if names else clone(model)


def many(data: Data, rng: np.random.Generator) -> list[str]:
    """Numeric columns with many values, in random order."""
    numbers, _ = columns(data.X_train)
    found = [name for name in numbers if data.X_train[name].nunique() >= 20]
    return list(rng.permutation(found))


def texts(data: Data, rng: np.random.Generator) -> list[str]:
    """Text columns with two levels or more, in random order."""
    _, found = columns(data.X_train)
    return list(rng.permutation([name for name in found if data.X_train[name].nunique() >= 2]))


def put(frame: pd.DataFrame, name: str, value: Any, share: float, rng: np.random.Generator) -> pd.DataFrame:
    """Put a value into a share of the rows of a column, at least four."""
    frame = frame.copy()
    rows = rng.random(len(frame)) < share
    rows[rng.choice(len(frame), 4, replace=False)] = True
    column = frame[name].astype(float) if frame[name].dtype.kind in "iuf" else frame[name].astype(object)
    frame[name] = column.mask(rows, value)
    return frame
