"""Copies of rows to hand over: what a model does to what it is given must not reach the user's own."""

from __future__ import annotations

import copy
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import sparse

__all__ = ["copied"]


def copied(data: Any) -> Any:
    """Return a copy that may be changed in place: some estimators do (``copy=False``).

    Examples
    --------
    >>> rows = [[1.0, 2.0]]
    >>> copied(rows)[0].append(3.0)
    >>> rows
    [[1.0, 2.0]]
    """
    if isinstance(data, list):
        return [copy.copy(row) for row in data]
    if isinstance(data, pd.DataFrame | pd.Series | np.ndarray) or sparse.issparse(data):
        return data.copy()
    if nw.dependencies.is_into_dataframe(data):
        return nw.from_native(data, eager_only=True).clone().to_native()
    return copy.copy(data)
