"""What a test set and the answers to it are recognised by: digests that tell no value.

Digests are kept in ledgers for years, so what goes into them never changes without a new
:data:`ladder_widgets.ledger.FORMAT`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from math import lgamma, log

import numpy as np
import pandas as pd
from pandas.util import hash_array

from ladder_widgets.table import Feature, Table

__all__ = ["Rows", "fingerprint"]

_MISSING = np.uint64(0x9E3779B97F4A7C15)
#: Scores are told apart at this step; a sum over threads differs by far less. A power of two, so that
#: no share of a forest's trees lies on the border of two steps.
_STEP = 2.0**-20
#: Bits that the order of the labels must hold to stand for the rows: no coincidence then.
_BITS = 64.0


@dataclass(frozen=True, eq=False)
class Rows:
    """The fingerprint of a test set.

    Attributes
    ----------
    data : str
        Digest of every value and label. It does not depend on the container, the names and the
        order of the columns, nor on the order of the rows; numbers count as 32-bit floats.
    labels : str
        Digest of which rows, in order, have a label in common: it finds the same rows again behind
        other columns and other names of the classes. Empty where that could be a coincidence, as
        with rows sorted by label.
    keys : ndarray of shape (n_rows,)
        A key for each row, its label included.
    """

    data: str
    labels: str
    keys: np.ndarray

    def of(self, answers: np.ndarray) -> str:
        """Digest of answers to these rows, whatever the order of the rows.

        Parameters
        ----------
        answers : ndarray of shape (n_rows,) or (n_rows, n_classes)
            Scores between 0 and 1, or codes.
        """
        total = self.keys.copy()
        for position, column in enumerate(np.asarray(answers, dtype=float).reshape(len(total), -1).T):
            total += _mixed(_numbers(np.round(column / _STEP)) + np.uint64(position))
        return _digest(np.sort(_mixed(total)))


def fingerprint(table: Table, y: pd.Series) -> Rows:
    """Return the fingerprint of a split.

    Examples
    --------
    >>> y = pd.Series([0, 1])
    >>> one = fingerprint(Table([[1.0, 2.0], [3.0, 4.0]], "X_test", ["a", "b"]), y)
    >>> other = fingerprint(Table([[4, 3], [2, 1]], "X_test"), y[::-1])
    >>> one.data == other.data
    True
    """
    labels = _hashes(Feature("y", "y", y))
    rows = np.zeros(table.n_rows, dtype=np.uint64)
    columns = np.zeros(table.n_features, dtype=np.uint64)
    for position, feature in enumerate(table.features()):
        values = _mixed(_hashes(feature))
        rows += values  # a sum mod 2⁶⁴: the order of the columns does not matter
        columns[position] = _mixed(values ^ labels).sum(dtype=np.uint64)
    keys = _mixed(rows ^ _mixed(labels))
    # The keys alone would not see two flags swapped in a row, so the columns have their say too.
    data = _digest(np.sort(keys), np.sort(columns))
    order = np.asarray(pd.factorize(labels)[0], dtype=np.int64)
    return Rows(data, _digest(order) if _telling(order) else "", keys)


def _hashes(feature: Feature) -> np.ndarray:
    if feature.kind != "category":
        return _numbers(feature.numbers())
    codes, levels = feature.codes()
    return np.append(_levels(levels), _MISSING)[codes]


def _levels(levels: list[str]) -> np.ndarray:
    """A number kept as text, or as a category, reads as the number it is."""
    if not levels:
        return np.zeros(0, dtype=np.uint64)
    texts = hash_array(np.array(levels, dtype=object), categorize=False)
    numbers = np.array([_number(level) for level in levels])
    return np.where(np.isnan(numbers), texts, _numbers(numbers))


def _number(level: str) -> float:
    try:
        return float(level)
    except ValueError:
        return float("nan")


def _numbers(values: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        rounded = np.asarray(values, dtype=np.float32).astype(np.float64)
    hashed = np.asarray(hash_array(rounded + 0.0))  # −0.0 and 0.0 are one value
    return np.where(np.isnan(rounded), _MISSING, hashed)


def _mixed(hashes: np.ndarray) -> np.ndarray:
    return np.asarray(hash_array(hashes.astype(np.uint64)))


def _digest(*arrays: np.ndarray) -> str:
    told = hashlib.sha256()
    for array in arrays:
        told.update(array.astype("<u8").tobytes())
    return told.hexdigest()[:32]


def _telling(labels: np.ndarray) -> bool:
    """Whether the places where the label changes are too many to agree by chance."""
    pairs = len(labels) - 1
    changes = int(np.count_nonzero(labels[1:] != labels[:-1]))
    ways = lgamma(pairs + 1) - lgamma(changes + 1) - lgamma(pairs - changes + 1)
    return ways / log(2) >= _BITS
