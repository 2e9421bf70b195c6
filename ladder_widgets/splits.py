"""Rows and labels that belong together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from ladder_widgets import labels
from ladder_widgets.table import Table
from ladder_widgets.validation import refuse

__all__ = ["Split", "make_split", "optional_split"]


@dataclass(frozen=True, eq=False)
class Split:
    """Rows and labels that belong together: ``name`` is ``train``, ``val`` or ``test``."""

    name: str
    table: Table
    y: pd.Series

    @cached_property
    def distinct(self) -> Any:
        """Array of the distinct labels, in order of appearance."""
        return self.y.unique()

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.table.n_rows


def make_split(name: str, X: Any, y: Any, names: Any) -> Split:
    """Refuse rows and labels of unequal length; ``names`` are for data that carries none."""
    table = Table(X, f"X_{name}", names)
    target = labels.as_series(y, f"y_{name}")
    if len(target) != table.n_rows:
        accepted = f"as long as X_{name} ({table.n_rows} rows)"
        raise refuse(f"y_{name}", accepted, f"{len(target)} labels")
    return Split(name, table, target)


def optional_split(name: str, X: Any, y: Any, names: Any) -> Split | None:
    """Return None without both; refuse one without the other."""
    if X is None and y is None:
        return None
    if X is None or y is None:
        given, absent = (f"X_{name}", f"y_{name}") if y is None else (f"y_{name}", f"X_{name}")
        raise refuse(absent, f"given together with {given}", "None")
    return make_split(name, X, y, names)
