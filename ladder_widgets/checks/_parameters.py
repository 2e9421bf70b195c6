"""The numbers that a model learnt and decides by: coefficients, weights, thetas."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from ladder_widgets.checks._parts import quietly, settings

__all__ = ["Parameter", "parameters", "spreads"]

#: Attributes a model decides by. Statistics of features and records of a search are not among them:
#: these may hold NaN and mean no harm.
_LEARNT = re.compile(
    r"^(w|b|v|u)\d*_?$|coef|intercept|weight|bias|theta|beta|kernel_?$|^params?_?$|^layers?_?\d*$",
    re.IGNORECASE,
)
_GIVEN = re.compile(r"class_|sample_|init|prior|learning|decay|^beta_[12]$|kernel_params", re.IGNORECASE)
#: Calls by which networks of other libraries hand out their weights.
_CALLS = ("state_dict", "get_weights")
_MAX_ARRAYS = 200
#: Columns whose spread is worked out together.
_TOGETHER = 256


@dataclass(frozen=True, eq=False)
class Parameter:
    """An array of learnt numbers.

    Attributes
    ----------
    name : str
        Attribute, with the place in it for a list of arrays.
    values : ndarray
    """

    name: str
    values: np.ndarray

    @property
    def broken(self) -> int:
        """Number of values that are NaN or infinite."""
        return int((~np.isfinite(self.values)).sum())

    @property
    def largest(self) -> float:
        """Largest absolute value among the finite ones; 0 without any."""
        finite = np.abs(self.values[np.isfinite(self.values)])
        return float(finite.max(initial=0.0))


def parameters(estimator: Any) -> Iterator[Parameter]:
    """Yield the learnt arrays of one estimator, not of those inside it.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> [p.name for p in parameters(LogisticRegression().fit([[0.0], [1.0]], [0, 1]))]
    ['coef_', 'intercept_']
    """
    found = 0
    for name, value in _sources(estimator):
        for label, array in _arrays(name, value, 0):
            found += 1
            if found > _MAX_ARRAYS:
                return
            yield Parameter(label, array)


def _sources(estimator: Any) -> Iterator[tuple[str, Any]]:
    told = quietly(estimator.get_params, False) if hasattr(estimator, "get_params") else None
    for name, value in settings(estimator).items():
        if (
            not name.startswith("_")
            and name not in (told or {})
            and _LEARNT.search(name)
            and not _GIVEN.search(name)
        ):
            yield name, value
    if "coef_" not in settings(estimator) and not isinstance(estimator, type):
        yield "coef_", quietly(getattr, estimator, "coef_", None)
    for name in _CALLS:
        call = quietly(getattr, estimator, name, None)
        if callable(call):
            yield name, quietly(call)


def _arrays(name: str, value: Any, depth: int) -> Iterator[tuple[str, np.ndarray]]:
    if value is None or isinstance(value, str | bytes | bool) or callable(value) or depth > 2:
        return
    if isinstance(value, Mapping):
        for key, entry in value.items():
            yield from _arrays(f"{name}[{key!r}]", entry, depth + 1)
        return
    if isinstance(value, list | tuple) and any(hasattr(entry, "shape") for entry in value):
        for position, entry in enumerate(value):
            yield from _arrays(f"{name}[{position}]", entry, depth + 1)
        return
    array = _numeric(value)
    if array is not None:
        yield name, array


def _numeric(value: Any) -> np.ndarray | None:
    data = getattr(value, "data", None) if hasattr(value, "tocsr") else value  # a sparse coef_
    array = quietly(np.asarray, data)
    if array is None or array.dtype.kind not in "fc" or array.size == 0:
        return None
    return np.asarray(array, dtype=float)


def spreads(data: Any, width: int) -> np.ndarray | None:
    """Standard deviations of the columns of rows that are all numbers; None for other rows.

    Parameters
    ----------
    data : table
        Rows as they reach an estimator.
    width : int
        Number of its coefficients: the columns must be as many.
    """
    if data is None:
        return None
    if sparse.issparse(data):
        return _sparse_spreads(data) if data.shape[1] == width else None
    array = quietly(np.asarray, data, float)
    if array is None or array.ndim != 2 or array.shape[1] != width:
        return None
    blocks = (array[:, start : start + _TOGETHER] for start in range(0, width, _TOGETHER))
    return np.concatenate([np.nanstd(np.where(np.isfinite(one), one, np.nan), axis=0) for one in blocks])


def _sparse_spreads(data: Any) -> np.ndarray:
    """Standard deviations of columns that are mostly zero, without writing out the zeros."""
    n_rows, width = data.shape
    held = data.tocoo()
    finite = np.isfinite(held.data)
    columns, values = held.col[finite], held.data[finite].astype(float)
    there = n_rows - np.bincount(held.col[~finite], minlength=width)
    zeros = there - np.bincount(columns, minlength=width)
    with np.errstate(divide="ignore", invalid="ignore"):  # a column without any finite value: NaN
        mean = np.bincount(columns, weights=values, minlength=width) / there
        apart = np.bincount(columns, weights=(values - mean[columns]) ** 2, minlength=width)
        return np.asarray(np.sqrt((apart + zeros * mean**2) / there))
