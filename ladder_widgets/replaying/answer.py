"""What the model answers to the record, and whether production answered the same."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline

from ladder_widgets.checks._kinds import kind
from ladder_widgets.labels import plain
from ladder_widgets.replaying.recorder import Call, quietly
from ladder_widgets.validation import refuse, shown
from ladder_widgets.wrappers import METHODS

__all__ = ["Answer", "Expected", "as_expected", "classes_of_model", "method_of", "read_answer"]

#: What answers numbers, or groups that no label says anything of.
_NO_LABELS = ("regressor", "clusterer", "density")
_EXPECTED = "what production answered: a score, a label, or a dict with 'score', 'label' or both"


@dataclass(frozen=True)
class Answer:
    """Score and label of one record.

    Attributes
    ----------
    score : float or None
        Of two classes P(``classes_[1]``), or the decision value of a model without probabilities; of
        more classes the score of the label. None for a model that only predicts.
    label : object
    scores : dict
        Class → score.
    """

    score: float | None
    label: Any
    scores: dict[Any, float]


@dataclass(frozen=True)
class Expected:
    """What production answered; None for what is not known."""

    score: float | None = None
    label: Any = None

    def differences(self, answer: Answer, tolerance: float) -> list[str]:
        """Say what differs, in one sentence for each part."""
        found = []
        if self.score is not None and not self.same_score(answer.score, tolerance):
            found.append(f"Production answered the score {self.score!r}, the model {answer.score!r}.")
        if self.label is not None and not _same_label(self.label, answer.label):
            found.append(f"Production answered {shown(self.label)}, the model {shown(answer.label)}.")
        return found

    def same_score(self, score: float | None, tolerance: float) -> bool:
        """Whether a score is the expected one within the tolerance."""
        return score is not None and self.score is not None and abs(score - self.score) <= tolerance


def method_of(model: Any) -> str:
    """Return the best method that a model has.

    Raises
    ------
    ValueError
        If it has none, or answers something else than labels.
    """
    what = kind(model)
    if what in _NO_LABELS:
        raise refuse("model_or_path", "a classifier", f"a {what} ({type(model).__name__})")
    for method in METHODS:
        if callable(getattr(model, method, None)):
            return method
    raise refuse("model_or_path", f"a fitted model with one of {', '.join(METHODS)}, or a path", shown(model))


def classes_of_model(model: Any) -> list[Any]:
    """Return the model's labels in the order of its scores; empty where it does not tell them."""
    try:
        return [plain(label) for label in np.asarray(model.classes_).ravel()]
    except Exception:  # a property of a wrapper may raise anything
        return []


def as_expected(expected: Any, classes: Sequence[Any]) -> Expected:
    """Read what production answered.

    A text or a boolean is a label, a float a score; a whole number is a label if the model has it.

    Raises
    ------
    ValueError
        If it is neither, or a label that the model does not have.
    """
    if expected is None:
        return Expected()
    if isinstance(expected, Mapping):
        unknown = [key for key in expected if key not in ("score", "label")]
        if unknown or not expected:
            raise refuse("expected", _EXPECTED, shown(dict(expected)))
        return Expected(_score(expected.get("score")), _label(expected.get("label"), classes))
    expected = plain(expected)
    whole = isinstance(expected, numbers.Integral)
    if isinstance(expected, str | bool) or (whole and expected in classes):
        return Expected(label=_label(expected, classes))
    return Expected(score=_score(expected))


def _score(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not math.isfinite(value):
        raise refuse("expected", _EXPECTED, shown(value), "A score is a finite number.")
    return float(value)


def _label(value: Any, classes: Sequence[Any]) -> Any:
    """The model's own label that is written like this: JSON knows fewer types than labels have."""
    if value is None or not classes:
        return value
    for label in classes:
        if type(label) is type(plain(value)) and label == value:
            return label
    written = {str(label): label for label in classes}
    if str(plain(value)) not in written:
        if not isinstance(value, str) and value in list(classes):
            return classes[list(classes).index(value)]
        known = ", ".join(shown(label) for label in classes[:8])
        raise refuse("expected", f"a label of the model ({known}) or a score", shown(value))
    return written[str(plain(value))]


def read_answer(
    model: Any, method: str, raw: Any, calls: Sequence[Call], data: Any, threshold: float | None
) -> Answer:
    """Return score and label from what the model answered.

    The label is what ``predict`` answers; of a pipeline only its last step is asked again, since all the
    others have answered already.
    """
    classes = classes_of_model(model)
    values = np.asarray(raw)
    if method == "predict":
        return Answer(None, plain(values.reshape(-1)[0]), {})
    values = values.reshape(1, -1)[0].astype(float)
    if len(values) == 1 and len(classes) in (0, 2):
        values = np.array([1 - values[0] if method == "predict_proba" else -values[0], values[0]])
    labels = classes if len(classes) == len(values) else list(range(len(values)))
    scores = {label: float(value) for label, value in zip(labels, values, strict=True)}
    binary = len(values) == 2
    if threshold is not None and binary:
        label = labels[int(values[1] >= threshold)]
    else:
        label = _predicted(model, calls, data, lambda: labels[int(np.argmax(values))])
    score = float(values[1]) if binary else scores.get(label, float(np.max(values)))
    return Answer(score, label, scores)


def _predicted(model: Any, calls: Sequence[Call], data: Any, fallback: Any) -> Any:
    if not callable(getattr(model, "predict", None)):
        return fallback()
    for call in calls:
        if call.nested.estimator is model and call.method == "predict" and call.answer is not None:
            return plain(np.asarray(call.answer).reshape(-1)[0])
    if isinstance(model, GridSearchCV | RandomizedSearchCV):
        return _predicted(model.best_estimator_, calls, data, fallback)
    if type(model) is Pipeline:
        last = model.steps[-1][1]
        given = next((call.given for call in calls if call.nested.estimator is last), None)
        if given is not None:
            return _predicted(last, calls, given, fallback)
    with quietly():
        return plain(np.asarray(model.predict(data)).reshape(-1)[0])


def _same_label(one: Any, other: Any) -> bool:
    return bool(one == other) or str(one) == str(other)
