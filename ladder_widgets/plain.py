"""Anything a report holds as plain JSON data."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from enum import Enum
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["to_plain"]


def to_plain(value: Any) -> Any:
    """Turn a value into dicts, lists, strings, finite numbers, booleans and None.

    NaN, infinities, NaT and NA become None; anything unknown becomes its text.

    Examples
    --------
    >>> to_plain({"a": np.float64("nan"), "b": (np.int64(1), True)})
    {'a': None, 'b': [1, True]}
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return to_plain(value.value)
    if isinstance(value, str):
        # A lone surrogate cannot be written as UTF-8.
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, np.generic):
        return to_plain(value.item())
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(to_plain(key)): to_plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return to_plain(value.tolist())
    if isinstance(value, list | tuple | set | frozenset):
        return [to_plain(item) for item in value]
    if value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return to_plain(str(value))
