"""The bench a remedy works on: copies of the user's rows, clones of the user's model."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from ladder_widgets.case import Case, Split
from ladder_widgets.copies import copied
from ladder_widgets.finding import Finding
from ladder_widgets.rungs.folds import make_folds
from ladder_widgets.table import take
from ladder_widgets.threads import sized_threads

__all__ = ["Bench", "Change", "NoRemedy", "Remedied", "cloned", "parts"]

_DEEP = 50


class NoRemedy(ValueError):
    """The fix cannot be tried on this case; the message says why."""


#: A replaced split: X, y, and which of its rows these are (None for all).
Change = tuple[Any, Any, "np.ndarray | None"]


@dataclass(frozen=True, eq=False)
class Remedied:
    """A case with one fault mended.

    Attributes
    ----------
    text : str
        What was done, in a sentence or two.
    estimator : fitted estimator
        Never the user's own object.
    code : str
        The same in Python to paste.
    changed : mapping of split to Change
        Splits that differ from the user's.
    judged : ndarray or None
        Positions of the user's validation rows that before and after are judged on; None for all
        that each has.
    notes : tuple of str
        What to know when reading the figures.
    """

    text: str
    estimator: Any
    code: str
    changed: Mapping[str, Change] = field(default_factory=dict)
    judged: np.ndarray | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Bench:
    """What a remedy may use.

    Attributes
    ----------
    case : Case
        The user's case, to read only.
    finding : Finding
        What is to be mended.
    max_rows : int or None
        Training rows of a fit; None for all.
    """

    case: Case
    finding: Finding
    max_rows: int | None = None

    @property
    def train(self) -> Split:
        """The training rows.

        Raises
        ------
        NoRemedy
            If there are none.
        """
        if self.case.train is None:
            raise NoRemedy(
                f"Trying the fix of {self.finding.code} needs the training rows (X_train, y_train)."
            )
        return self.case.train

    def split(self, name: str) -> Split:
        """Return a split by name; the validation rows stand in for one that is not there."""
        return next((split for split in self.case.splits if split.name == name), self.case.val)

    def detail(self, key: str) -> Any:
        """Return what the check handed over.

        Raises
        ------
        NoRemedy
            If it did not say.
        """
        if key not in self.finding.details:
            raise NoRemedy(f"The finding of {self.finding.code} does not say which {key} are concerned.")
        return self.finding.details[key]

    def unfitted(self) -> Any:
        """Return a clone of the user's model, to be changed and fitted.

        Raises
        ------
        NoRemedy
            If the model cannot be cloned or fitted.
        """
        return cloned(self.case.model)

    def duplicate(self) -> Any:
        """Return a copy of the user's fitted model, fitted as it is.

        Raises
        ------
        NoRemedy
            If it cannot be copied.
        """
        try:
            return copy.deepcopy(self.case.model)
        except Exception as error:
            raise NoRemedy(f"The model cannot be copied: {type(error).__name__}: {error}") from error

    def fit(self, estimator: Any, X: Any, y: pd.Series) -> Any:
        """Fit an estimator on copies of these rows (a sample of them with ``max_rows``).

        Raises
        ------
        NoRemedy
            With what the estimator raised.
        """
        rows = self.sampled(y)
        data = copied(X) if rows is None else copied(take(X, rows))
        labels = np.array(y) if rows is None else np.array(y)[rows]
        try:
            with sized_threads(len(labels)), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return estimator.fit(data, labels)
        except Exception as error:
            told = " ".join(str(error).split())[:300]
            raise NoRemedy(f"The model could not be fitted again: {type(error).__name__}: {told}") from error

    def sampled(self, y: pd.Series) -> np.ndarray | None:
        """Positions of the rows that a fit takes; None for all."""
        if self.max_rows is None or len(y) <= self.max_rows:
            return None
        folds = make_folds(pd.factorize(y)[0], self.max_rows, None, self.case.random_state)
        return None if folds is None else folds.rows

    def pairs(self) -> list[tuple[np.ndarray, np.ndarray]] | int:
        """Folds of the rows that a fit takes, groups kept together."""
        case, y = self.case, self.case.y(self.train)
        rows = self.sampled(self.train.y)
        groups = case.groups_of(self.train)
        if rows is not None:
            y, groups = y[rows], None if groups is None else groups[rows]
        folds = make_folds(y, None, groups, case.random_state)
        return 3 if folds is None else folds.pairs

    def changed(self, alter: Callable[[Split], Any]) -> dict[str, Change]:
        """Return every split with its X altered and its y as it was."""
        return {split.name: (alter(split), split.y, None) for split in self.case.splits}


def cloned(model: Any) -> Any:
    """Clone, or say why not."""
    if not callable(getattr(model, "fit", None)):
        raise NoRemedy(f"The model cannot be fitted again: {type(model).__name__} has no fit.")
    try:
        return _thawed(clone(model))
    except Exception as error:
        told = " ".join(str(error).split())[:200]
        raise NoRemedy(f"The model cannot be cloned: {type(error).__name__}: {told}") from error


def _thawed(estimator: Any) -> Any:
    """Take estimators out of FrozenEstimator, which would not let them be fitted again."""
    for _ in range(_DEEP):
        if _is_frozen(estimator):
            estimator = clone(estimator.estimator)
        params = estimator.get_params(deep=True) if hasattr(estimator, "get_params") else {}
        frozen = sorted((name for name, part in params.items() if _is_frozen(part)), key=len)
        if not frozen:
            break
        estimator.set_params(**{frozen[0]: clone(params[frozen[0]].estimator)})
    return estimator


def _is_frozen(part: Any) -> bool:
    return type(part).__name__ == "FrozenEstimator" and hasattr(part, "estimator")


def parts(estimator: Any) -> list[Any]:
    """Return the estimator and every estimator among its parameters, each once, outermost first."""
    params = estimator.get_params(deep=True).values() if hasattr(estimator, "get_params") else ()
    found = {id(part): part for part in (estimator, *params) if hasattr(part, "get_params")}
    return list(found.values())
