"""What the model answers on a set of rows, in one shape whatever it offers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.special import expit, softmax
from sklearn.pipeline import Pipeline

from ladder_widgets.labels import encode, plain
from ladder_widgets.threads import quiet, sized_threads
from ladder_widgets.validation import shown
from ladder_widgets.wrappers import METHODS

__all__ = [
    "GRID",
    "Answers",
    "ModelFailure",
    "Output",
    "Scores",
    "ask",
    "decision_threshold",
    "length",
    "prepared",
    "read",
    "score_rows",
    "to_grid",
]

Output = Literal["predict_proba", "decision_function", "predict"]

#: Scores and thresholds are multiples of this: 1 − s is then exact and ties stay ties.
GRID = 2.0**-40
#: Labels coded at once.
_PIECE = 1 << 16


def to_grid(values: Any) -> np.ndarray:
    """Round scores to multiples of 2⁻⁴⁰ (about 1e-12), far below what any model resolves."""
    out = np.asarray(values, dtype=float) / GRID
    return np.multiply(np.round(out, out=out), GRID, out=out) if out.ndim else np.round(out) * GRID


class ModelFailure(Exception):
    """The model raised, or answered something that cannot be read as scores.

    Attributes
    ----------
    cause : Exception or None
        What the model raised.
    """

    def __init__(self, message: str, cause: Exception | None = None) -> None:
        super().__init__(message)
        self.cause = cause


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of one model on one set of rows.

    Attributes
    ----------
    proba : ndarray of shape (n_rows, n_classes)
        One column per class in the order of the case; between 0 and 1.
    predicted : ndarray of shape (n_rows,)
        Codes of the labels that ``model.predict`` answers.
    output : {"predict_proba", "decision_function", "predict"}
        Where the scores come from; only the first are probabilities.
    """

    proba: np.ndarray
    predicted: np.ndarray
    output: Output

    @property
    def probabilities(self) -> bool:
        """Whether the scores claim to be probabilities (so that log loss and Brier make sense)."""
        return self.output == "predict_proba"

    @cached_property
    def confidence(self) -> np.ndarray:
        """Score of the predicted class, shape (n_rows,)."""
        return np.take_along_axis(self.proba, self.predicted[:, None], axis=1)[:, 0]

    def positive(self, code: int) -> np.ndarray:
        """Scores of the class ``code`` on the grid, shape (n_rows,)."""
        return to_grid(self.proba[:, code])

    def at(self, rows: np.ndarray) -> Scores:
        """Scores of some rows, by position."""
        return Scores(self.proba[rows], self.predicted[rows], self.output)


def score_rows(model: Any, data: Any, classes: list[Any]) -> Scores:
    """Score rows with whatever the model offers, best first.

    Parameters
    ----------
    model : object
        With ``predict_proba``, ``decision_function`` or ``predict``.
    data : frame, array or sparse matrix of shape (n_rows, n_features)
        Handed to the model as it is.
    classes : list
        Labels of the case; the model's own come first, in its order.

    Raises
    ------
    ModelFailure
        If the model raises, or answers in a shape, with labels or with numbers that cannot be read.
    """
    with sized_threads(length(data), blas=False):
        return read(ask(model, data), classes)


@dataclass(frozen=True, eq=False)
class Answers:
    """What a model answers on some rows, as it comes.

    Attributes
    ----------
    labels : ndarray of shape (n_rows,) or (n_rows, 1), or None
        Of ``predict``.
    raw : ndarray of shape (n_rows,) or (n_rows, n_columns), or None
        Of ``predict_proba`` or ``decision_function``, where it has one.
    """

    labels: np.ndarray | None
    output: Output
    raw: np.ndarray | None


def ask(model: Any, data: Any) -> Answers:
    """Call the model, muting its warnings.

    Raises
    ------
    ModelFailure
        If it raises.
    """
    with quiet():
        model, data = prepared(model, data)
        labels = _call(model, "predict", data) if hasattr(model, "predict") else None
        outputs: tuple[Output, ...] = ("predict_proba", "decision_function")
        for output in outputs:
            if hasattr(model, output):
                return Answers(labels, output, _call(model, output, data))
    return Answers(labels, "predict", None)


def read(answers: Answers, classes: list[Any]) -> Scores:
    """Bring answers into one shape.

    Raises
    ------
    ModelFailure
        If their shape, labels or numbers cannot be read.
    """
    output, proba = answers.output, None
    if answers.raw is not None:
        proba = _columns(answers.raw, classes, output)
        proba = proba if output == "predict_proba" else _squash(proba)
    predicted = _codes(answers.labels, proba, classes)
    if proba is None:
        proba = np.eye(len(classes))[predicted]
    if not np.isfinite(proba).all():
        broken = int((~np.isfinite(proba)).any(axis=1).sum())
        raise ModelFailure(f"{output} answered NaN or infinity for {broken} of {len(proba)} rows")
    return Scores(proba, predicted, output)


def prepared(model: Any, data: Any) -> tuple[Any, Any]:
    """Return the last step of a pipeline and what the steps before it make of the rows.

    ``predict`` and ``predict_proba`` of a pipeline transform the rows alike: once is enough. Anything else
    is returned as it is.

    Raises
    ------
    ModelFailure
        If a step before the last raises.
    """
    if type(model) is not Pipeline or len(model.steps) < 2 or set(vars(model)) & {"predict", *METHODS}:
        return model, data
    last = model.steps[-1][1]
    if not hasattr(last, "predict") or not hasattr(last, "predict_proba"):
        return model, data
    return last, _call(model[:-1], "transform", data)


def length(data: Any) -> int:
    """Return the number of rows of a table of any kind."""
    shape = getattr(data, "shape", None)
    return int(shape[0]) if shape else len(data)


def _call(model: Any, method: str, data: Any) -> np.ndarray:
    try:
        answer = getattr(model, method)(data)
        return answer if method == "transform" else np.asarray(answer)
    except Exception as error:
        raise ModelFailure(f"{method} raised {type(error).__name__}: {error}", error) from error


def _columns(raw: np.ndarray, classes: list[Any], method: str) -> np.ndarray:
    """Bring one-column answers to two and add empty columns for labels only the data hold."""
    raw = raw.astype(float, copy=False)
    if raw.ndim == 1 or raw.shape[1] == 1:
        if len(classes) != 2:
            raise ModelFailure(f"{method} answered one column for {len(classes)} classes")
        second = raw.reshape(-1)
        # scikit-learn's convention: one column speaks for the second class.
        first = 1 - second if method == "predict_proba" else -second
        return np.column_stack([first, second])
    if raw.ndim != 2 or raw.shape[1] > len(classes):
        raise ModelFailure(f"{method} answered shape {raw.shape} for {len(classes)} classes")
    absent = len(classes) - raw.shape[1]
    fill = 0.0 if method == "predict_proba" else -np.inf
    return np.column_stack([raw, np.full((len(raw), absent), fill)]) if absent else raw


def _squash(margins: np.ndarray) -> np.ndarray:
    """Map margins to 0–1, keeping their order and their zero; they do not become probabilities."""
    finite = margins[np.isfinite(margins)]
    scale = float(np.std(finite)) or 1.0
    if margins.shape[1] == 2:
        second = expit(margins[:, 1] / scale)
        return np.column_stack([1 - second, second])
    return softmax(margins / scale, axis=1)


def _codes(raw: np.ndarray | None, proba: np.ndarray | None, classes: list[Any]) -> np.ndarray:
    if raw is None:
        assert proba is not None
        return np.argmax(proba, axis=1).astype(np.int32)
    labels = raw.reshape(len(raw), -1)[:, 0]
    codes = np.empty(len(labels), dtype=np.int32)
    for start in range(0, len(labels), _PIECE):  # texts are many times as large as codes
        part = labels[start : start + _PIECE]
        codes[start : start + _PIECE] = encode(pd.Series(part, copy=False), classes)
    strange = codes < 0
    if strange.any():
        example = shown(plain(raw.reshape(len(raw), -1)[int(np.argmax(strange)), 0]))
        known = ", ".join(shown(label) for label in classes[:6])
        count = int(strange.sum())
        raise ModelFailure(
            f"predict answered {count} labels outside the classes ({known}), for instance {example}"
        )
    return codes


def decision_threshold(score: np.ndarray, is_positive: np.ndarray, hints: list[float]) -> float | None:
    """Return the threshold that turns ``score`` into ``is_positive``, or None if there is none.

    Parameters
    ----------
    score : ndarray of shape (n_rows,)
        P(positive) on the grid.
    is_positive : ndarray of bool of shape (n_rows,)
        Whether the model predicted the positive class.
    hints : list of float
        Likely values, best first: the first one that agrees with every row is taken. Each is
        also tried just above itself, for models that call a tie negative (argmax does).

    Examples
    --------
    >>> decision_threshold(np.array([0.2, 0.5, 0.7]), np.array([False, False, True]), [0.5]) > 0.5
    True
    """
    low = score[~is_positive].max(initial=-np.inf)
    high = score[is_positive].min(initial=np.inf)
    if low >= high:
        return None
    for hint in hints:
        for value in (float(to_grid(hint)), float(to_grid(hint)) + GRID):
            if low < value <= high:
                return value
    return float(high if np.isfinite(high) else low + GRID)
