"""Another model served; labels that arrive late."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from ladder_widgets.monitor import ProductionLog
from tests.faults.plants.base import OBVIOUS, SUBTLE, Planted, plants
from tests.faults.tables import Data, columns, log_frame, positive

# ---- production.serialization-mismatch -------------------------------------------------------------


def score_columns(model: Any) -> Any:
    """The score role of a log written by ``log_frame``."""
    names = {label: f"score_{label}" for label in model.classes_}
    return names if len(names) > 2 else "score"


def _served(
    data: Data, model: Any, served: Any, rows: np.ndarray, rng: np.random.Generator
) -> Planted | None:
    """A case whose log has the answers of another model in some rows; enough of them must differ."""
    if data.X_log is None:
        return None
    frame = log_frame(data.X_log, data.y_log, model, rng)
    other = log_frame(data.X_log, data.y_log, served, rng)
    names = [name for name in frame if str(name).startswith("score") or name == "prediction"]
    scores = [name for name in names if name != "prediction"]
    far = (np.abs(frame[scores] - other[scores]).max(axis=1) > 1e-3).to_numpy() & rows
    if far.sum() < max(5, 0.01 * len(frame)):
        return None
    for name in names:
        frame[name] = np.where(rows, other[name], frame[name])
    return Planted(data.case(model=model, production=ProductionLog(frame, score=score_columns(model))))


@plants("production.serialization-mismatch")
def another_model(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Another kind of model, or the same kind fitted on older rows."""
    model = data.fitted()
    served = clone(data.model)
    if strength == OBVIOUS and hasattr(served, "steps"):
        other = DecisionTreeClassifier(max_depth=3, random_state=0) if rng.random() < 0.5 else GaussianNB()
        served = make_pipeline(served.steps[0][1], _dense(), other)
    older = np.arange(len(data.y_train)) < (1.0 if strength == OBVIOUS else 0.85) * len(data.y_train)
    served = served.fit(data.X_train[older], data.y_train[older])
    return _served(data, model, served, np.ones(_length(data), dtype=bool), rng)


def _dense() -> Any:
    from sklearn.preprocessing import FunctionTransformer

    return FunctionTransformer(
        lambda X: np.nan_to_num(X.toarray() if hasattr(X, "toarray") else np.asarray(X))
    )


def _length(data: Data) -> int:
    return 0 if data.X_log is None else len(data.X_log)


@plants("production.serialization-mismatch")
def part_of_the_time(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A version fitted on half of the rows answers until a roll-out, or to a tenth of the traffic."""
    model = data.fitted()
    half = np.arange(len(data.y_train)) % 2 == 0
    served = clone(data.model).fit(data.X_train[half], data.y_train[half])
    n = _length(data)
    rows = np.arange(n) < 0.6 * n if strength == OBVIOUS else rng.random(n) < 0.12
    return _served(data, model, served, rows, rng)


class _Positional:
    """A model that gets its columns by position, in the wrong order."""

    def __init__(self, model: Any, order: list[str], names: list[str]) -> None:
        self.model, self.order, self.names = model, order, names
        self.classes_ = model.classes_

    def _moved(self, X: pd.DataFrame) -> pd.DataFrame:
        return X[self.order].set_axis(self.names, axis=1)

    def predict(self, X: pd.DataFrame) -> Any:
        return self.model.predict(self._moved(X))

    def predict_proba(self, X: pd.DataFrame) -> Any:
        return self.model.predict_proba(self._moved(X))


@plants("production.serialization-mismatch")
def columns_out_of_order(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Numbers reach the served model sorted by name, or two of them change places."""
    numbers, _ = columns(data.X_train)
    if len(numbers) < 2:
        return None
    model, names = data.fitted(), list(data.X_train)
    moved = sorted(numbers) if strength == OBVIOUS else list(numbers)
    if strength == SUBTLE or moved == numbers:
        at = int(rng.integers(len(numbers) - 1))
        moved[at], moved[at + 1] = moved[at + 1], moved[at]
    queue = iter(moved)
    order = [next(queue) if name in set(numbers) else name for name in names]
    served = _Positional(model, order, names)
    return _served(data, model, served, np.ones(_length(data), dtype=bool), rng)


class _Filled:
    """A model whose gaps are filled before it can see them."""

    def __init__(self, model: Any, fill: dict[str, float]) -> None:
        self.model, self.fill, self.classes_ = model, fill, model.classes_

    def predict(self, X: pd.DataFrame) -> Any:
        return self.model.predict(X.fillna(self.fill))

    def predict_proba(self, X: pd.DataFrame) -> Any:
        return self.model.predict_proba(X.fillna(self.fill))


@plants("production.serialization-mismatch")
def gaps_filled_otherwise(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """The service writes zero where the model would take the median; subtle: the mean."""
    numbers, _ = columns(data.X_train)
    fill = {name: 0.0 if strength == OBVIOUS else float(data.X_train[name].mean()) for name in numbers}
    if data.X_log is None or data.X_log[numbers].isna().any(axis=1).mean() < 0.02:
        return None
    model = data.fitted()
    return _served(data, model, _Filled(model, fill), np.ones(_length(data), dtype=bool), rng)


@plants("production.serialization-mismatch")
def another_threshold(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """The scores are right, and the service cuts them elsewhere."""
    if data.y_train.nunique() > 2 or data.X_log is None:
        return None
    model = data.fitted()
    frame = log_frame(data.X_log, data.y_log, model, rng)
    cut = 0.25 if strength == OBVIOUS else 0.43
    labels = np.asarray(model.classes_)[(frame["score"] >= cut).astype(int)]
    if np.mean(labels != frame["prediction"]) < (0.03 if strength == OBVIOUS else 0.015):
        return None
    if np.sum(labels != frame["prediction"]) < 4:
        return None
    return Planted(data.case(model=model, production=frame.assign(prediction=labels)))


@plants("production.serialization-mismatch")
def joined_out_of_step(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Scores stand beside other rows: all shuffled, or a fifth of them one row further down."""
    if data.X_log is None:
        return None
    model = data.fitted()
    frame = log_frame(data.X_log, data.y_log, model, rng)
    names = [name for name in frame if str(name).startswith("score") or name == "prediction"]
    n = len(frame)
    moved = rng.permutation(n)
    if strength == SUBTLE:
        moved = np.arange(n)
        start = int(rng.integers(n - n // 5))
        moved[start : start + n // 5] = np.roll(moved[start : start + n // 5], 1)
    frame[names] = frame[names].to_numpy()[moved]
    frame = frame.infer_objects()
    return Planted(data.case(model=model, production=ProductionLog(frame, score=score_columns(model))))


# ---- production.delayed-truth ----------------------------------------------------------------------


def _labelled(
    data: Data, wait: Any, rng: np.random.Generator, days: int = 60, never: Any = None
) -> Planted | None:
    """A case whose labels take ``wait(frame, positive)`` days and in some rows never arrive."""
    if data.X_log is None:
        return None
    model = data.fitted()
    frame = log_frame(data.X_log, data.y_log, model, rng, days=days)
    own = np.asarray(data.y_log == data.y_train.value_counts().index[-1])
    waited = wait(frame, own)
    arrived = frame["timestamp"] + pd.to_timedelta(waited, unit="D")
    known = (arrived <= pd.Timestamp("2026-03-01")).to_numpy()
    if never is not None:
        known = known & ~never(frame, waited)
    frame["label"] = pd.Series(np.asarray(data.y_log), dtype=object).where(known, None)
    frame["label_timestamp"] = arrived.where(known, pd.NaT)
    late = own[known]
    if min(late.sum(), known.sum() - late.sum()) < 12 or known.mean() > 0.97:
        return None
    return Planted(data.case(model=model, production=ProductionLog(frame, score=score_columns(model))))


def _typical(frame: pd.DataFrame, rng: np.random.Generator, late: float = 5.0) -> np.ndarray:
    return rng.gamma(2, late / 2, len(frame))


@plants("production.delayed-truth")
def rare_class_first(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Fraud is reported within days, its absence known after a month; subtle: twice as fast."""
    late = (3.0, 35.0) if strength == OBVIOUS else (5.0, 10.0)
    if data.X_log is not None and strength == SUBTLE and positive(data.y_log).sum() < 45:
        return None
    return _labelled(data, lambda frame, own: rng.gamma(2, np.where(own, *late) / 2), rng)


@plants("production.delayed-truth")
def chosen_by_score(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Only rows above the median score are looked into; subtle: 20 points oftener."""
    if data.y_train.nunique() > 2 or (strength == SUBTLE and _length(data) < 350):
        return None

    def never(frame: pd.DataFrame, waited: np.ndarray) -> np.ndarray:
        high = (frame["score"] > frame["score"].median()).to_numpy()
        return rng.random(len(frame)) > np.where(high, *((1.0, 0.0) if strength == OBVIOUS else (0.75, 0.55)))

    return _labelled(data, lambda frame, own: _typical(frame, rng), rng, never=never)


@plants("production.delayed-truth")
def one_segment_only(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """One region, or one level, sends no labels; subtle: sends half of them."""
    for name in rng.permutation(list(data.X_train)):
        if data.X_log is None:
            return None
        column = data.X_log[name]
        chosen = column > column.median() if column.dtype.kind in "iuf" else column == column.mode()[0]
        if 0.2 <= chosen.mean() <= 0.8 and (strength == OBVIOUS or chosen.sum() > 150):
            drop = np.asarray(chosen) & (rng.random(len(column)) < (1.0 if strength == OBVIOUS else 0.5))
            return _labelled(
                data,
                lambda frame, own: _typical(frame, rng),
                rng,
                never=lambda frame, waited, drop=drop: drop,
            )
    return None


@plants("production.delayed-truth")
def feed_stopped(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """No label has arrived in the second half of the time; subtle: most of twelve days are lost."""
    if data.X_log is None or len(data.X_log) < 200:
        return None

    def never(frame: pd.DataFrame, waited: np.ndarray) -> np.ndarray:
        day = (frame["timestamp"] - frame["timestamp"].min()).dt.days.to_numpy()
        if strength == OBVIOUS:
            return day + waited > 30
        return (day >= 20) & (day < 32) & (rng.random(len(frame)) < 0.8)

    return _labelled(data, lambda frame, own: _typical(frame, rng), rng, never=never)
