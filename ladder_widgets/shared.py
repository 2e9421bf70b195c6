"""What rungs and checks both need, computed once: folds, the design, out-of-fold scores."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np

from ladder_widgets.case import Case
from ladder_widgets.finding import Finding
from ladder_widgets.rungs.design import Design
from ladder_widgets.rungs.estimators import Reference, reference_for
from ladder_widgets.rungs.folds import Folds, make_folds
from ladder_widgets.rungs.reference import ReferenceResult, cross_validate, fit_and_score
from ladder_widgets.stats import Interval, ovr_auc
from ladder_widgets.table import take

__all__ = ["NoFolds", "Shared"]


class NoFolds(Exception):
    """Nothing can be cross-validated: too few rows, or labels that are no classes."""


class Shared:
    """Lazily computed pieces of one climb.

    Parameters
    ----------
    case : Case
        The case under examination.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        self._results: dict[int, ReferenceResult] = {}
        self._on_val: dict[int, np.ndarray] = {}
        self._aucs: dict[int | None, tuple[Interval, float]] = {}
        #: Findings so far, by code: a check may build on what those below it found.
        self.found: dict[str, Finding] = {}
        #: What several checks need and one of them has worked out.
        self.memo: dict[str, Any] = {}
        #: Time spent on the references, whoever asked for them first.
        self.reference_seconds = 0.0

    @cached_property
    def folds(self) -> Folds:
        """Rows and folds shared by every reference.

        Raises
        ------
        NoFolds
            If there is nothing to cross-validate.
        """
        case = self.case
        if case.target_problem is not None:
            raise NoFolds(case.target_problem)
        y = case.y(case.reference)
        folds = make_folds(y, case.max_rows, case.groups, case.random_state, case.auc_error)
        if folds is None:
            many = "two rows" if case.groups is None else "rows in two groups"
            raise NoFolds(f"cross-validation needs {many} of at least two classes")
        return folds

    @cached_property
    def y(self) -> np.ndarray:
        """Codes of the sampled rows, shape (n_sampled_rows,)."""
        return self.case.y(self.case.reference)[self.folds.rows]

    @cached_property
    def design(self) -> Design:
        """Coding of the reference split's columns."""
        return Design(self.case.reference.table)

    @cached_property
    def matrix(self) -> np.ndarray:
        """The design of the sampled rows."""
        rows = self.folds.rows if self.folds.sampled else None
        return self.design.matrix(self.case.reference.table, rows)

    def auc(self, code: int | None) -> tuple[Interval, float]:
        """AUC of the model's scores on the validation rows, once for each class, and its standard error.

        Parameters
        ----------
        code : int or None
            The class that is told from the rest; None for the mean over the classes present.
        """
        if code not in self._aucs:
            case = self.case
            self._aucs[code] = ovr_auc(case.y(case.val), case.scores().proba, code)
        return self._aucs[code]

    def forget_matrix(self) -> None:
        """Let go of the matrix; it is made anew for whoever still asks."""
        self.__dict__.pop("matrix", None)

    def _forget_after_both(self) -> None:
        """Let go of the matrix where only the references look at it, and both have."""
        if self.case.train is None and {2, 3} <= self._results.keys():
            self.forget_matrix()

    def reference(self, number: int, columns: np.ndarray | None = None) -> Reference:
        """Return the estimator of rung 1, 2 or 3; with ``columns`` of the matrix ours, for these alone."""
        case, categorical = self.case, self.design.categorical
        return reference_for(
            number,
            case.rungs.get(number) if columns is None else None,
            categorical if columns is None else categorical[columns],
            self.y,
            case.random_state,
            case.n_jobs,
            case.max_rows is None,
        )

    def climb(self, number: int) -> Iterator[tuple[int, int]]:
        """Cross-validate a reference, once; yields ``(folds done, folds)``, the same while it waits."""
        total = len(self.folds.pairs)
        if number in self._results:
            yield total, total
            return
        begun = time.perf_counter()
        for result in self._cross_validate(number):
            self.reference_seconds += time.perf_counter() - begun
            if result.done == total:
                self._results[number] = result
                self._forget_after_both()
            yield result.done, total
            begun = time.perf_counter()

    def _cross_validate(self, number: int, columns: np.ndarray | None = None) -> Iterator[ReferenceResult]:
        case, reference = self.case, self.reference(number, columns)
        matrix = np.empty((len(self.y), 0), dtype=np.float32) if reference.blind else self.matrix
        if columns is not None:
            matrix = matrix[:, columns]
        yield from cross_validate(
            reference,
            matrix,
            case.reference.table.data,
            self.y,
            len(case.classes),
            case.positive,
            self.folds,
            case.workers,
        )

    def result(self, number: int) -> ReferenceResult:
        """Return the cross-validated reference, computing it if no rung has yet."""
        if number not in self._results:
            for _ in self.climb(number):
                pass
        return self._results[number]

    def on_validation(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Return ``(rows, proba)``: scores of a reference on validation rows it was not fitted on.

        With training rows the reference is fitted on all sampled ones and scores every validation
        row; without, these are its out-of-fold scores on the sampled validation rows.
        """
        case = self.case
        if case.train is None:
            return self.folds.rows, self.result(number).proba
        if number not in self._on_val:
            begun = time.perf_counter()
            reference = self.reference(number)
            if reference.raw:
                fit_on, score_on = take(case.train.table.data, self.folds.rows), case.val.table.data
            else:
                fit_on, score_on = self.matrix, self.design.matrix(case.val.table)
            self._on_val[number] = fit_and_score(reference, fit_on, self.y, score_on, len(case.classes))
            self.reference_seconds += time.perf_counter() - begun
        return np.arange(case.val.n_rows), self._on_val[number]

    def without(self, names: tuple[str, ...]) -> np.ndarray:
        """Out-of-fold scores of the non-linear reference without some columns.

        Returns
        -------
        ndarray of shape (n_sampled_rows, n_classes)
        """
        keep = ~np.isin(self.design.sources, list(names))
        *_, result = self._cross_validate(3, np.flatnonzero(keep))
        return result.proba
