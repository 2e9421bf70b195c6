"""Results kept in memory by the content they were worked out from, for the next climb in this process."""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from numbers import Integral
from typing import Any

import joblib
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.compose import make_column_selector
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from ladder_widgets.validation import refuse, shown

__all__ = ["KEPT", "VARIABLE", "Kept", "content_key", "kept_bytes", "repeatable"]

#: Environment variable that says how much is kept: megabytes, or "off".
VARIABLE = "LADDER_WIDGETS_CACHE"
MEGABYTES, MOST_RESULTS, MOST_MEGABYTES = 128.0, 128, 1e9


def kept_bytes() -> int:
    """Bytes that may be kept; 0 where nothing is.

    Raises
    ------
    ValueError
        If the environment variable says neither megabytes nor "off".
    """
    told = os.environ.get(VARIABLE, "").strip().lower() or str(MEGABYTES)
    try:
        megabytes = 0.0 if told == "off" else float(told)
    except ValueError:
        megabytes = -1.0
    if not 0 <= megabytes <= MOST_MEGABYTES:
        raise refuse(VARIABLE, '"off" or a number of megabytes', shown(told))
    return int(megabytes * 2**20)


class Kept:
    """Arrays by key; what was not asked for longest is dropped first.

    Safe among threads. Arrays are copied on their way in and out.

    Parameters
    ----------
    most : int
        Results kept at most.
    limit : callable
        Returns the bytes that may be kept now.

    Examples
    --------
    >>> kept = Kept(limit=lambda: 100)
    >>> kept.put("a key", np.zeros(3), np.ones(2))
    >>> kept.get("a key")
    (array([0., 0., 0.]), array([1., 1.]))
    """

    def __init__(self, most: int = MOST_RESULTS, limit: Callable[[], int] = kept_bytes) -> None:
        self._most, self._limit = most, limit
        self._results: OrderedDict[str, tuple[np.ndarray, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str | None) -> tuple[np.ndarray, ...] | None:
        """Return copies of what is kept; None if nothing is."""
        with self._lock:
            self._shrink()
            if key is None or key not in self._results:
                return None
            self._results.move_to_end(key)
            found = self._results[key]
        return tuple(array.copy() for array in found)

    def put(self, key: str | None, *arrays: np.ndarray) -> None:
        """Keep copies; without a key nothing is kept."""
        if key is None:
            return
        copies = tuple(array.copy() for array in arrays)
        with self._lock:
            self._results[key] = copies
            self._results.move_to_end(key)
            self._shrink()

    @property
    def nbytes(self) -> int:
        """Bytes kept now."""
        return sum(array.nbytes for arrays in self._results.values() for array in arrays)

    def __len__(self) -> int:
        return len(self._results)

    def _shrink(self) -> None:
        limit = self._limit()
        while self._results and (len(self._results) > self._most or self.nbytes > limit):
            self._results.popitem(last=False)


#: Packages whose estimators answer the same as long as this process runs.
KNOWN = ("sklearn.", "sklearnex.", "ladder_widgets.rungs.")

#: What the climbs of this process share.
KEPT = Kept()


def content_key(estimator: Any, *content: Any) -> str | None:
    """Return a digest of an estimator's parameters and of everything it is handed; None without one.

    Parameters
    ----------
    estimator : estimator
        Unfitted.
    *content : ndarray, number or table
        To the last bit: another dtype is another content.

    Examples
    --------
    >>> content_key(None, np.arange(3)) == content_key(None, np.arange(3))
    True
    >>> content_key(None, np.arange(3)) == content_key(None, np.arange(3.0))
    False
    """
    told = hashlib.sha256()
    try:
        for part in (estimator, *content):
            if isinstance(part, np.ndarray) and not part.dtype.hasobject:
                told.update(f"{part.dtype.str} {part.shape} ".encode())
                told.update(np.ascontiguousarray(part).data)
            else:
                told.update(f"{type(part).__qualname__} {joblib.hash(part)} ".encode())
    except Exception:  # what cannot be pickled has no content that can be compared
        return None
    return told.hexdigest()


def repeatable(part: Any) -> bool:
    """Whether fitting an estimator again is sure to answer the same.

    Only what consists of scikit-learn and of the references of this package counts, with every seed
    given: code of the user's own is pickled by its name, so that an edited class would pass for the one
    before.

    Parameters
    ----------
    part : estimator
        Or a parameter of one.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> repeatable(DecisionTreeClassifier(random_state=0)), repeatable(DecisionTreeClassifier())
    (True, False)
    """
    if isinstance(part, BaseEstimator):
        own = part.get_params(deep=False)
        # Not None, and not what marks a parameter as deprecated either.
        seeded = isinstance(own.get("random_state", 0), Integral) or _draws_nothing(part)
        return type(part).__module__.startswith(KNOWN) and seeded and all(map(repeatable, own.values()))
    if isinstance(part, Mapping):
        return all(map(repeatable, part.values()))
    if isinstance(part, list | tuple):
        return all(map(repeatable, part))
    if isinstance(part, np.ndarray):
        return not part.dtype.hasobject
    if isinstance(part, type):
        return issubclass(part, np.generic)
    return isinstance(part, None | bool | int | float | str | slice | np.generic | make_column_selector)


def _draws_nothing(estimator: Any) -> bool:
    """Whether an estimator that has a seed does without it, as it is set."""
    if type(estimator) is LogisticRegression:
        return estimator.solver in ("lbfgs", "newton-cg", "newton-cholesky")
    return type(estimator) is DummyClassifier and estimator.strategy in ("prior", "most_frequent", "constant")
