"""What a fitted transformer has learned, and the same learned anew from given rows."""

from __future__ import annotations

import copy
import inspect
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from ladder_widgets.checks._trace import from_sklearn

__all__ = ["Statistics", "affordable", "behaviour", "fills_gaps", "learned", "relearned", "summaries"]

#: Name → numbers of any shape, or the set of levels or terms seen.
Statistics = dict[str, np.ndarray | frozenset[Any]]

#: Cells (rows times columns) up to which a transformer is fitted again. Those of these modules of
#: scikit-learn take one pass over the rows; some take far more.
CHEAP = ("preprocessing", "impute", "decomposition", "feature_extraction", "feature_selection")
CELLS_CHEAP, CELLS_OTHER = 20_000_000, 3_000_000
CELLS_SLOW = {
    "IterativeImputer": 4000,
    "SplineTransformer": 500_000,
    "FastICA": 200_000,
    "NMF": 200_000,
    "KernelPCA": 20_000,
    "SparsePCA": 20_000,
    "DictionaryLearning": 20_000,
    "MiniBatchDictionaryLearning": 20_000,
    "FactorAnalysis": 200_000,
    "LatentDirichletAllocation": 20_000,
    "RFE": 0,
    "RFECV": 0,
    "SelectFromModel": 0,
    "SequentialFeatureSelector": 0,
}
#: Not learned from the values of the rows, or of no use.
_NOT_LEARNED = (
    "n_features_in_",
    "feature_names_in_",
    "n_iter_",
    "n_features_",
    "sparse_output_",
    "noise_variance_",
)
_MAX_ITEMS = 2000
#: Encoders learn levels, which pandas finds ten times faster.
_ENCODERS = ("OneHotEncoder", "OrdinalEncoder")
#: Name of what a transformer makes of some rows, among its statistics.
BEHAVIOUR = "transform(rows)"


def learned(estimator: Any) -> Statistics:
    """Return the fitted public attributes: arrays of numbers, levels and terms.

    An object of another make may call them as it likes, so that all its attributes count.

    Examples
    --------
    >>> from sklearn.preprocessing import StandardScaler
    >>> sorted(learned(StandardScaler().fit([[1.0], [3.0]])))
    ['mean_', 'n_samples_seen_', 'scale_', 'var_']
    """
    found: Statistics = {}
    own = from_sklearn(estimator)
    if own and type(estimator).__name__ in _ENCODERS:
        levels = getattr(estimator, "categories_", [])
        return {f"categories_[{place}]": _levels(each) for place, each in enumerate(levels)}
    parameters = _parameters(estimator)
    for name, value in list(getattr(estimator, "__dict__", {}).items()):
        fitted = name.endswith("_") and not name.startswith("_")
        if name in _NOT_LEARNED or name in parameters or (own and not fitted):
            continue
        _flatten(name, value, found)
    return found


def relearned(estimator: Any, data: Any, y: Any) -> tuple[Statistics, Any]:
    """Fit a copy on these rows; return its statistics and the copy."""
    if from_sklearn(estimator) and type(estimator).__name__ in _ENCODERS:
        columns = _columns_of(data)
        if columns is not None and isinstance(getattr(estimator, "categories", None), str):
            found = {f"categories_[{place}]": _levels(pd.unique(each)) for place, each in enumerate(columns)}
            return dict(found), estimator
    try:
        copied = clone(estimator)
    except Exception:  # not one of scikit-learn's kind: fitting it again replaces what it has learned
        copied = copy.deepcopy(estimator)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if _takes_y(copied):
            copied.fit(data, y)
        else:
            copied.fit(data)
    return learned(copied), copied


def affordable(estimator: Any, n_cells: int) -> bool:
    """Whether it may be fitted again on a table of so many cells."""
    name = type(estimator).__name__
    if not hasattr(estimator, "fit"):
        return False
    if name in CELLS_SLOW:
        return n_cells <= CELLS_SLOW[name]
    parts = type(estimator).__module__.split(".")
    cheap = parts[0] == "sklearn" and len(parts) > 1 and parts[1] in CHEAP
    return n_cells <= (CELLS_CHEAP if cheap else CELLS_OTHER)


def behaviour(transformer: Any, probe: Any) -> Statistics:
    """Return what it makes of some rows, for transformers that keep what they have learned to themselves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        out = transformer.transform(probe)
    if hasattr(out, "toarray"):
        out = out.toarray()
    numbers = out.select_dtypes("number") if isinstance(out, pd.DataFrame) else out
    found: Statistics = {}
    _flatten(BEHAVIOUR, np.asarray(numbers), found)
    return found


def summaries(data: Any) -> dict[str, np.ndarray]:
    """Return the statistics that a home-made scaler or imputer keeps, column by column, gaps left out."""
    values = numbers_of(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        low, first, median, third, high = np.nanquantile(values, [0, 0.25, 0.5, 0.75, 1], axis=0)
        return {
            "mean": np.nanmean(values, axis=0),
            "standard deviation": np.nanstd(values, axis=0),
            "standard deviation (n − 1)": np.nanstd(values, axis=0, ddof=1),
            "variance": np.nanvar(values, axis=0),
            "variance (n − 1)": np.nanvar(values, axis=0, ddof=1),
            "median": median,
            "minimum": low,
            "maximum": high,
            "range": high - low,
            "first quartile": first,
            "third quartile": third,
            "interquartile range": third - first,
        }


def numbers_of(data: Any) -> np.ndarray:
    """Return the numeric columns as float64 of shape (n_rows, n_columns)."""
    if isinstance(data, pd.DataFrame):
        return data.select_dtypes("number").to_numpy(dtype=float, na_value=np.nan)
    return np.asarray(data.toarray() if hasattr(data, "toarray") else data, dtype=float)


def fills_gaps(transformer: Any, probe: Any) -> bool:
    """Whether it is an imputer: by its name, or because complete cells leave as they came and gaps filled."""
    module, name = type(transformer).__module__, type(transformer).__name__.lower()
    if module.startswith("sklearn."):
        return module.startswith("sklearn.impute")
    if any(word in name for word in ("imput", "fill", "missing")):
        return True
    try:
        before = numbers_of(probe).copy()
        holes = np.zeros(before.shape, dtype=bool)
        holes[::2, :] = True
        frame = (
            pd.DataFrame(before, columns=list(probe.columns)) if isinstance(probe, pd.DataFrame) else before
        )
        opened = frame.mask(holes) if isinstance(frame, pd.DataFrame) else np.where(holes, np.nan, frame)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            after = numbers_of(transformer.transform(opened))
    except Exception:  # whatever it is, it does not fill gaps in numbers
        return False
    kept = ~holes & np.isfinite(before)
    return bool(
        after.shape == before.shape and np.isfinite(after).all() and (after[kept] == before[kept]).all()
    )


def _columns_of(data: Any) -> list[pd.Series] | None:
    """Columns to look for levels in; None where the encoder itself has to."""
    if isinstance(data, np.ndarray) and data.ndim == 2:
        data = pd.DataFrame(data)
    if not isinstance(data, pd.DataFrame):
        return None
    return [data.iloc[:, place] for place in range(data.shape[1])]


def _levels(values: Any) -> frozenset[Any]:
    return frozenset(map(_level, values))


def _parameters(estimator: Any) -> set[str]:
    """Names of what it was told, not learned."""
    try:
        return (
            set(inspect.signature(type(estimator).__init__).parameters)
            if hasattr(estimator, "fit")
            else set()
        )
    except (TypeError, ValueError):
        return set()


def _takes_y(estimator: Any) -> bool:
    try:
        names = list(inspect.signature(estimator.fit).parameters.values())
    except (TypeError, ValueError):
        return True
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(each.kind in kinds for each in names) > 1 or any(
        each.kind is inspect.Parameter.VAR_POSITIONAL for each in names
    )


def _flatten(name: str, value: Any, found: Statistics, depth: int = 0) -> None:
    if isinstance(value, bool | np.bool_ | str | bytes) or value is None or depth > 2:
        return
    if isinstance(value, pd.Series):
        value = value.to_numpy()
    if isinstance(value, Mapping):
        _flatten_mapping(name, value, found, depth)
    elif isinstance(value, np.ndarray | float | int | np.number):
        _flatten_array(name, np.asarray(value), found, depth)
    elif isinstance(value, list | tuple) and 0 < len(value) <= _MAX_ITEMS:
        if all(isinstance(each, float | int | np.number) for each in value):
            _flatten_array(name, np.asarray(value, dtype=float), found, depth)
        else:
            for place, each in enumerate(value):
                _flatten(f"{name}[{place}]", each, found, depth + 1)


def _flatten_array(name: str, array: np.ndarray, found: Statistics, depth: int) -> None:
    if array.dtype.kind in "iuf":
        found[name] = array.astype(float)
    elif array.dtype.kind in "OUS" and array.size:
        flat = array.ravel()
        if any(isinstance(each, np.ndarray) for each in flat):
            for place, each in enumerate(flat[:_MAX_ITEMS]):
                _flatten(f"{name}[{place}]", each, found, depth + 1)
            return
        numbers = [each for each in flat if isinstance(each, float | int | np.number)]
        if len(numbers) == len(flat):
            found[name] = flat.astype(float)
        else:
            found[name] = frozenset(map(_level, flat))


def _flatten_mapping(name: str, value: Mapping[Any, Any], found: Statistics, depth: int) -> None:
    items = list(value.items())
    numbers = [each for _, each in items if isinstance(each, float | int | np.number)]
    if items and len(numbers) == len(items):
        if all(isinstance(each, int | np.integer) for each in numbers):  # term → place: a vocabulary
            found[name] = frozenset(_level(key) for key, _ in items)
        else:
            found[name] = np.asarray(numbers, dtype=float)
        return
    for key, each in items[:_MAX_ITEMS]:
        _flatten(f"{name}[{key!r}]", each, found, depth + 1)


def _level(value: Any) -> str:
    """A level as text; numbers of any type are alike."""
    if isinstance(value, str):
        return value
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return "missing"
    if isinstance(value, float | int | np.number):
        return f"{float(value)!r}"
    return f"{type(value).__name__}:{value}"
