"""Of which kind are a model, its target, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.base import ClusterMixin, DensityMixin, OutlierMixin, is_classifier, is_regressor

from ladder_widgets.checks._parts import quietly
from ladder_widgets.labels import plain

__all__ = ["Answers", "Order", "answers", "decides", "kind", "numbers", "order"]

_UNSUPERVISED = ((ClusterMixin, "clusterer"), (OutlierMixin, "outlier detector"), (DensityMixin, "density"))
#: Shuffles of the errors that show how far apart answer and truth lie by chance.
_SHUFFLES = 100


def decides(model: Any) -> Any:
    """Return the estimator whose answers a pipeline or a search passes on unchanged."""
    for _ in range(10):
        steps = getattr(model, "steps", None)
        if isinstance(steps, list) and steps:
            model = steps[-1][1]
        elif getattr(model, "best_estimator_", None) is not None:
            model = model.best_estimator_
        else:
            break
    return model


def kind(model: Any) -> str | None:
    """Return ``classifier``, ``regressor``, ``clusterer``, ``outlier detector``, ``density`` or None.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.linear_model import Ridge
    >>> kind(make_pipeline(Ridge()))
    'regressor'
    """
    last = decides(model)
    for estimator in (model, last):  # a pipeline asks its last step, unless that is no scikit-learn object
        if quietly(is_classifier, estimator):
            return "classifier"
        if quietly(is_regressor, estimator):
            return "regressor"
    return next((name for mixin, name in _UNSUPERVISED if isinstance(last, mixin)), None)


@dataclass(frozen=True, eq=False)
class Answers:
    """What ``predict`` answers on some rows, set against the labels known.

    Attributes
    ----------
    values : ndarray of shape (n_rows,) or (n_rows, n_columns)
    outside : ndarray of bool of shape (n_rows,)
        Answers that are no label.
    fractions : bool
        Whether answers outside are numbers with decimals.
    """

    values: np.ndarray
    outside: np.ndarray
    fractions: bool

    @property
    def share(self) -> float:
        """Share of answers outside the labels."""
        return float(self.outside.mean())

    @property
    def wide(self) -> bool:
        """Whether each row is answered by several numbers."""
        return self.values.ndim == 2


def answers(model: Any, data: Any, known: list[Any]) -> Answers | None:
    """Ask ``predict``; None if the model has none, or it raises, or there is no reading its answer."""
    predict = quietly(getattr, model, "predict", None)
    raw = quietly(predict, data) if callable(predict) else None
    values = quietly(np.asarray, raw) if raw is not None else None
    if values is None or values.ndim not in (1, 2) or len(values) == 0:
        return None
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim == 2:
        fractions = values.dtype.kind == "f"
        return Answers(values, np.full(len(values), fractions), fractions)
    codes, seen = pd.factorize(values)
    labels = set(known)
    strange = np.array([not _among(plain(label), labels) for label in seen] + [True])
    outside = strange[codes]  # a missing answer has the code −1
    as_numbers = numbers(values[outside]) if outside.any() and values.dtype.kind in "fO" else None
    fractions = as_numbers is not None and bool(np.any(as_numbers != np.round(as_numbers)))
    return Answers(values, outside, fractions)


def _among(label: Any, labels: set[Any]) -> bool:
    return bool(quietly(labels.__contains__, label))


def numbers(values: Any) -> np.ndarray | None:
    """Return labels as numbers, also those written as text; None if some are not."""
    array = np.asarray(values)
    if array.dtype.kind in "biuf":
        return array.astype(float)
    found = pd.to_numeric(pd.Series(array.astype(object)), errors="coerce").to_numpy(dtype=float)
    return found if np.isfinite(found).all() else None


@dataclass(frozen=True)
class Order:
    """Whether wrong answers lie near the truth, as they do where labels measure something.

    Attributes
    ----------
    errors : int
    ratio : float
        Mean distance in ranks of a wrong answer from the truth, over what chance gives.
    z : float
        How many standard deviations of chance it lies below.
    """

    errors: int
    ratio: float
    z: float


def order(answered: np.ndarray, truth: np.ndarray, seed: int) -> Order | None:
    """Measure the order in the errors; None with fewer than 30.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.integers(0, 50, 300)
    >>> order(truth + rng.integers(1, 4, 300), truth, 0).ratio < 0.2
    True
    """
    wrong = answered != truth
    if wrong.sum() < 30:
        return None
    ranks = rankdata(np.concatenate([answered[wrong], truth[wrong]]), method="dense")
    said, true = np.split(ranks, 2)
    rng = np.random.default_rng(seed)
    by_chance = np.array([_distance(rng.permutation(said), true) for _ in range(_SHUFFLES)])
    seen, spread = _distance(said, true), float(by_chance.std())
    if spread == 0:
        return None
    return Order(int(wrong.sum()), seen / float(by_chance.mean()), (float(by_chance.mean()) - seen) / spread)


def _distance(said: np.ndarray, true: np.ndarray) -> float:
    """Mean distance of unequal pairs: a shuffled answer that happens to be right is no error."""
    apart = np.abs(said - true)
    return float(apart[apart > 0].mean()) if (apart > 0).any() else 0.0
