"""Cross-validation of the reference rungs, fold by fold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
from joblib import parallel_config

from ladder_widgets.kept import KEPT, content_key, kept_bytes, repeatable
from ladder_widgets.metrics import NAMES, evaluate
from ladder_widgets.rungs.enough import at_shares, enough_rows
from ladder_widgets.rungs.estimators import Reference
from ladder_widgets.rungs.folds import Folds
from ladder_widgets.scores import length
from ladder_widgets.table import take
from ladder_widgets.threads import THREADED_ROWS, quiet, sized_threads
from ladder_widgets.workers import Parcel, Workers

__all__ = ["ReferenceResult", "cross_validate", "fit_and_score"]

#: Rows from which folds go side by side in threads, and cells of the matrix up to which they do.
SIDE_BY_SIDE_ROWS, SIDE_BY_SIDE_CELLS = 10_000, 1_000_000


@dataclass(eq=False)
class ReferenceResult:
    """Out-of-fold scores of one reference.

    Attributes
    ----------
    proba : ndarray of shape (n_sampled_rows, n_classes)
        Out-of-fold scores, in the order of ``folds.rows``.
    folds : dict of str to list of float
        Each metric, one value per fold.
    """

    reference: Reference
    proba: np.ndarray
    folds: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in NAMES})

    @property
    def done(self) -> int:
        """Folds so far."""
        return len(self.folds[NAMES[0]])

    def fold_values(self, metric: str) -> np.ndarray:
        """Values of a metric, shape (n_folds,)."""
        return np.asarray(self.folds[metric], dtype=float)


def cross_validate(
    reference: Reference,
    matrix: np.ndarray,
    raw: Any,
    y: np.ndarray,
    n_classes: int,
    positive: int,
    folds: Folds,
    workers: Workers,
) -> Iterator[ReferenceResult]:
    """Fit and score fold by fold; yields the growing result after each, and while one is awaited.

    What has been worked out from the same content before comes at once (see :mod:`ladder_widgets.kept`).
    Each fold is done on one thread, wherever that is: so results are the same to the last bit
    on any machine and over any backend, and folds side by side do not wait for each other.

    Parameters
    ----------
    matrix : ndarray of shape (n_sampled_rows, n_columns)
        The shared design, of the sampled rows.
    raw : table of shape (n_rows, n_features)
        The user's own rows, for references that want them.
    y : ndarray of shape (n_sampled_rows,)
        Codes.
    workers : Workers
        Where the folds are done.
    """
    result = ReferenceResult(reference, np.zeros((len(y), n_classes)))
    key = None
    if _kept(reference, len(y), n_classes):
        table = matrix if not reference.raw else take(raw, folds.rows) if folds.sampled else raw
        rows_of_folds = chain.from_iterable(folds.pairs)
        settings = (reference.estimator, n_classes, positive, reference.most_rows)
        key = content_key(*settings, table, y, *rows_of_folds)
    known = KEPT.get(key)
    if known is not None:
        result.proba = known[0]
        result.folds = dict(zip(NAMES, known[1].tolist(), strict=True))
        yield result
        return
    sent = Parcel(reference)
    rows = Parcel(raw) if reference.raw else matrix

    def fold(k: int) -> tuple[Any, ...]:
        return sent, rows, folds.rows, y, *folds.pairs[k], n_classes, positive

    # Where one fit alone would use threads, fits side by side use them better; so do many rows of which
    # several folds at once are little to hold.
    few_cells = not reference.raw and 0 < matrix.size <= SIDE_BY_SIDE_CELLS
    large = len(y) >= (SIDE_BY_SIDE_ROWS if few_cells else THREADED_ROWS)
    what = f"The folds of the {reference.label.lower()} reference"
    for answer in workers.each(_fold, fold, len(folds.pairs), what, large):
        if answer is not None:
            proba, scores = answer
            result.proba[folds.pairs[result.done][1]] = proba
            for name, value in scores.items():
                result.folds[name].append(value)
            if result.done == len(folds.pairs):
                KEPT.put(key, result.proba, np.array([result.folds[name] for name in NAMES]))
        yield result


def _kept(reference: Reference, n_rows: int, n_classes: int) -> bool:
    """Whether scores of so many rows would be kept: if not, there is no use in reading the content."""
    size = n_rows * n_classes * np.dtype(float).itemsize
    return size <= kept_bytes() and repeatable(reference.estimator)


def _fold(
    reference: Parcel,
    rows: np.ndarray | Parcel,
    sampled: np.ndarray,
    y: np.ndarray,
    train: np.ndarray,
    test: np.ndarray,
    n_classes: int,
    positive: int,
) -> tuple[np.ndarray, dict[str, float]]:
    asked = reference.open()
    enough = enough_rows(y[train], asked.most_rows)
    fitted = train if enough is None else train[enough]
    if isinstance(rows, Parcel):
        table, fitted_at, test_at = rows.open(), sampled[fitted], sampled[test]
    else:
        table, fitted_at, test_at = rows, fitted, test
    with quiet():
        # One after the other: copies of the rows to fit on and of those to score are never both there.
        estimator = _fitted(asked, take(table, fitted_at), y[fitted])
        proba = _scored(estimator, take(table, test_at), n_classes)
        proba = proba if enough is None else at_shares(proba, y[fitted], y[train])
        return proba, evaluate(y[test], proba, np.argmax(proba, axis=1), positive)


def fit_and_score(
    reference: Reference, fit_on: Any, y: np.ndarray, score_on: Any, n_classes: int
) -> np.ndarray:
    """Fit a fresh estimator, once for the same content, and return scores of shape (n_rows, n_classes)."""
    key = None
    if _kept(reference, length(score_on), n_classes):
        key = content_key(reference.estimator, n_classes, reference.most_rows, fit_on, y, score_on)
    known = KEPT.get(key)
    if known is not None:
        return known[0]
    # Convergence and unseen levels are no news about the user's model.
    enough = enough_rows(y, reference.most_rows)
    fitted = y if enough is None else y[enough]
    fit_on = fit_on if enough is None else take(fit_on, enough)
    with sized_threads(len(fitted), blas=False), quiet():
        proba = _scored(_fitted(reference, fit_on, fitted), score_on, n_classes)
    proba = proba if enough is None else at_shares(proba, fitted, y)
    KEPT.put(key, proba)
    return proba


def _fitted(reference: Reference, fit_on: Any, y: np.ndarray) -> Any:
    return reference.fresh().fit(fit_on, y)


def _scored(estimator: Any, score_on: Any, n_classes: int) -> np.ndarray:
    # A forest on several cores adds up its trees in the order in which they come.
    with parallel_config(backend="sequential"):
        if hasattr(estimator, "predict_proba"):
            part = estimator.predict_proba(score_on)
        else:
            part = np.eye(n_classes)[estimator.predict(score_on)][:, estimator.classes_]
    proba = np.zeros((len(part), n_classes))
    proba[:, estimator.classes_] = part
    return proba
