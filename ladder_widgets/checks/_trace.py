"""A fitted model's transformers, each with the rows that reach it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import sparse

__all__ = ["Fitted", "NotFollowed", "Rows", "from_sklearn", "join", "select", "trace"]

_MAX_DEPTH = 12
_HEAD = 5
#: Where a wrapper keeps the one model that it fitted.
_ONE = ("best_estimator_", "estimator_")


class NotFollowed(Exception):
    """The rows that reach a step cannot be worked out."""


class Rows:
    """The rows of each split as they reach one step, worked out when asked for.

    Parameters
    ----------
    get : callable
        Split name → rows, in the container the step is given.

    Examples
    --------
    >>> Rows({"train": np.ones((2, 1)), "val": np.zeros((1, 1))}.__getitem__).joined(("train", "val")).shape
    (3, 1)
    """

    def __init__(self, get: Callable[[str], Any]) -> None:
        self._get = get
        self._known: dict[tuple[str, ...], Any] = {}

    def joined(self, splits: Sequence[str]) -> Any:
        """Return the rows of some splits, one after another.

        Raises
        ------
        NotFollowed
            If a step on the way raises, or the splits do not go together.
        """
        key = tuple(splits)
        if key not in self._known:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    self._known[key] = (
                        join([self.joined((split,)) for split in key]) if len(key) > 1 else self._get(key[0])
                    )
            except Exception as error:  # the user's steps may raise anything
                raise NotFollowed(f"{type(error).__name__}: {error}") from error
        return self._known[key]

    def then(self, function: Callable[[Any], Any]) -> Rows:
        """Return what ``function`` makes of the rows of each split."""
        return Rows(lambda split: function(self.joined((split,))))


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted transformer, or an object of the user's own that may hold statistics.

    Attributes
    ----------
    path : str
        Names of the steps that lead to it, joined as in ``set_params``.
    estimator : object
    sources : tuple of Rows
        What it may have been fitted on; more than one where that has to be guessed.
    clones : bool
        Whether it is one of several that a wrapper fits on folds or samples.
    """

    path: str
    estimator: Any
    sources: tuple[Rows, ...]
    clones: bool = False

    @property
    def name(self) -> str:
        """Path, or class where there is no path."""
        return self.path or type(self.estimator).__name__


def trace(model: Any, rows: Rows) -> Iterator[Fitted]:
    """Yield every fitted transformer inside ``model`` with the rows that reach it.

    Pipelines, column transformers, unions, searches, calibration, threshold, voting and stacking
    wrappers are opened, and so are objects of other makes that hold estimators.

    Parameters
    ----------
    model : object
    rows : Rows
        The rows as they are handed to the model.
    """
    yield from _visit(model, rows, "", False, set(), 0)


def from_sklearn(estimator: Any) -> bool:
    """Whether a class is scikit-learn's own."""
    return type(estimator).__module__.partition(".")[0] == "sklearn"


def _visit(
    estimator: Any, rows: Rows, path: str, clones: bool, seen: set[int], depth: int
) -> Iterator[Fitted]:
    if estimator is None or isinstance(estimator, str | type) or id(estimator) in seen or depth > _MAX_DEPTH:
        return
    seen.add(id(estimator))
    into = partial(_visit, seen=seen, depth=depth + 1)
    steps = getattr(estimator, "steps", None)
    if isinstance(steps, list):
        for name, step in steps:
            yield from into(step, rows, _under(path, name), clones)
            if hasattr(step, "transform"):
                rows = rows.then(step.transform)
        return
    for name, branch, columns in _branches(estimator):
        yield from into(branch, rows.then(partial(select, columns=columns)), _under(path, name), clones)
    inner, several = _inside(estimator)
    for name, each in inner:
        yield from into(each, rows, _under(path, name), clones or several)
    if inner or _branches(estimator):
        return
    if hasattr(estimator, "transform") and not hasattr(estimator, "predict"):
        yield Fitted(path, estimator, (rows,), clones)
        initial = getattr(estimator, "initial_imputer_", None)
        if initial is not None:
            yield Fitted(_under(path, "initial_imputer_"), initial, (rows,), clones)
    elif not from_sklearn(estimator) and hasattr(estimator, "__dict__"):
        yield Fitted(path, estimator, (rows,), clones)
        yield from _held(estimator, rows, path, clones, seen, depth)


def _under(path: str, name: str) -> str:
    return "__".join(part for part in (path, name) if part)


def _branches(estimator: Any) -> list[tuple[str, Any, Any]]:
    found = getattr(estimator, "transformers_", None)
    return [branch for branch in found if len(branch) == 3] if isinstance(found, list) else []


def _inside(estimator: Any) -> tuple[list[tuple[str, Any]], bool]:
    """Fitted estimators held by a wrapper, and whether these are clones fitted on folds or samples."""
    for name in _ONE:
        if getattr(estimator, name, None) is not None:
            return [("", getattr(estimator, name))], False
    calibrated = getattr(estimator, "calibrated_classifiers_", None)
    if isinstance(calibrated, list):
        return [("", getattr(one, "estimator", None)) for one in calibrated], len(calibrated) > 1
    union = getattr(estimator, "transformer_list", None)
    if isinstance(union, list):
        return list(union), False
    fitted = getattr(estimator, "estimators_", None)
    if fitted is not None:
        sampled = hasattr(estimator, "estimators_samples_") or hasattr(estimator, "estimators_features_")
        named = getattr(estimator, "estimators", None)  # voting and stacking
        if sampled or not isinstance(fitted, list):
            return [], sampled
        kept = [name for name, each in named if not isinstance(each, str)] if isinstance(named, list) else []
        return list(zip(kept if len(kept) == len(fitted) else [""] * len(fitted), fitted, strict=True)), False
    inner = getattr(estimator, "estimator", None)
    return ([("", inner)] if inner is not None and from_sklearn(estimator) else []), False


# ---- objects of other makes ----------------------------------------------------------------------


def _held(owner: Any, rows: Rows, path: str, clones: bool, seen: set[int], depth: int) -> Iterator[Fitted]:
    """Follow the estimators that a home-made object holds, in the order it was given them."""
    chain = rows
    for name, value in list(vars(owner).items()):
        for key, each in _items(value):
            where = _under(path, f"{name}{key}")
            if isinstance(each, type) or not hasattr(each, "__dict__") or id(each) in seen:
                continue
            if hasattr(each, "transform") and not hasattr(each, "predict"):
                sources = _accepted(each, chain, rows)
                for found in _visit(each, sources[0] if sources else rows, where, clones, seen, depth + 1):
                    own = found.estimator is each
                    yield Fitted(found.path, found.estimator, tuple(sources), clones) if own else found
                if sources:
                    chain = sources[0].then(each.transform)
            elif hasattr(each, "fit") or hasattr(each, "predict"):
                yield from _visit(each, _first_accepted(each, chain, rows), where, clones, seen, depth + 1)


def _items(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [(f"[{key!r}]", each) for key, each in list(value.items())[:50]]
    if isinstance(value, list | tuple):
        return [(f"[{place}]", each) for place, each in enumerate(value[:50])]
    return [("", value)]


def _accepted(transformer: Any, chain: Rows, raw: Rows) -> list[Rows]:
    """Rows that a transformer takes without complaint: as the last one left them, or as they came."""
    found = []
    for rows in dict.fromkeys((chain, raw)):
        for offered in (rows, rows.then(partial(_named_for, transformer)), rows.then(_numbers)):
            try:
                head = _head(offered.joined(("train",)))
                with warnings.catch_warnings():
                    warnings.simplefilter("error")  # names that do not go together are only warned of
                    transformer.transform(head)
            except Exception:  # it does not take these
                continue
            found.append(offered)
            break
    return found


def _first_accepted(model: Any, chain: Rows, raw: Rows) -> Rows:
    """The raw rows for a whole pipeline, else what the transformers before have made of them."""
    method = getattr(model, "predict", None)
    for rows in (raw, chain):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                if method is not None:
                    method(_head(rows.joined(("train",))))
        except Exception:  # it does not take these
            continue
        return rows
    return raw


# ---- containers ----------------------------------------------------------------------------------


def join(parts: list[Any]) -> Any:
    """Put rows, or labels, of one kind of container one after another.

    Examples
    --------
    >>> join([pd.Series([1]), pd.Series([2])]).tolist()
    [1, 2]
    """
    first = parts[0]
    if isinstance(first, pd.DataFrame | pd.Series):
        return pd.concat(parts, ignore_index=True)
    if any(sparse.issparse(part) for part in parts):
        return sparse.vstack(parts).tocsr()
    if isinstance(first, list):
        return [row for part in parts for row in part]
    if nw.dependencies.is_into_dataframe(first):
        return nw.concat([nw.from_native(part, eager_only=True) for part in parts]).to_native()
    return np.concatenate([np.asarray(part) for part in parts])


def select(data: Any, columns: Any) -> Any:
    """Columns of a table as a column transformer takes them: one name gives one dimension."""
    if callable(columns):
        columns = columns(data)
    if isinstance(data, pd.DataFrame):
        return data.loc[:, columns] if _by_name(columns) else data.iloc[:, columns]
    if sparse.issparse(data):
        return data.tocsc()[:, columns].tocsr()
    if nw.dependencies.is_into_dataframe(data):
        frame = nw.from_native(data, eager_only=True)
        if isinstance(columns, str):
            return frame[columns].to_native()
        kept = list(columns) if _by_name(columns) else list(np.array(frame.columns, dtype=object)[columns])
        return frame[kept].to_native()
    return np.asarray(data)[:, columns]


def _by_name(columns: Any) -> bool:
    if isinstance(columns, slice):
        return isinstance(columns.start, str) or isinstance(columns.stop, str)
    if isinstance(columns, str):
        return True
    values = list(np.atleast_1d(np.asarray(columns, dtype=object)))
    return bool(values) and all(isinstance(value, str) for value in values)


def _named_for(transformer: Any, data: Any) -> Any:
    return select(data, list(transformer.feature_names_in_))


def _numbers(data: Any) -> Any:
    if isinstance(data, pd.DataFrame):
        return data.select_dtypes("number")
    raise TypeError("only a frame tells its numbers from its words")


def _head(data: Any) -> Any:
    return data[:_HEAD]
