"""The figures of delayed truth, as the measures that triggers look at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["COLUMNS", "measures_of"]

#: Columns of a frame of measures.
COLUMNS = ("start", "end", "rows", "measure", "value", "low", "high", "mature")


def measures_of(windows: pd.DataFrame, baseline: pd.Series) -> pd.DataFrame:
    """Return one row per window and measure.

    Parameters
    ----------
    windows : DataFrame
        Of :class:`~ladder_widgets.monitor.performance.Performance`. Figures behind which no label of the
        window stands are measures of their own: ``auc_estimated``.
    baseline : Series
        The figures of the reference.
    """
    found = list(_figures(windows, baseline))
    names, told = [name for name, *_ in found], np.array([figure for _, *figure in found], dtype=float)
    every = pd.DataFrame(
        {
            **{name: np.tile(windows[name].to_numpy(), len(found)) for name in ("start", "end", "rows")},
            "measure": np.repeat(np.array(names, dtype=object), len(windows)),
            **{name: told[:, k].ravel() for k, name in enumerate(("value", "low", "high"))},
            "mature": np.tile(windows["mature"].to_numpy(), len(found)),
        }
    )
    every = every[every["value"].notna()]
    return every.sort_values(["start", "measure"], kind="stable", ignore_index=True)


def _figures(windows: pd.DataFrame, baseline: pd.Series) -> Iterator[tuple[Any, ...]]:
    """Name, value, and the ends of the interval of each measure: NaN in windows that have another."""
    of = {name: windows[name].to_numpy() for name in windows.columns}
    estimated = of["auc_kind"] == "estimated"

    def apart(name: str, *ends: np.ndarray) -> Iterator[tuple[Any, ...]]:
        yield name, *(np.where(estimated, np.nan, end) for end in ends)
        yield f"{name}_estimated", *(np.where(estimated, end, np.nan) for end in ends)

    yield "coverage", of["coverage"], of["coverage_low"], of["coverage_high"]
    for name in ("auc", "average_precision", "prevalence", "calibration", "brier"):
        yield from apart(name, of[name], of[f"{name}_low"], of[f"{name}_high"])
    for name in ("auc", "average_precision"):
        drop = baseline[name] - of[name]
        half = 1.96 * np.hypot(baseline[f"{name}_se"], of[f"{name}_se"])
        yield from apart(f"{name}_drop", drop, drop - half, drop + half)
