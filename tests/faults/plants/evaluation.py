"""Faults of the evaluation layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.metrics import balanced_accuracy_score, f1_score

from tests.faults.plants.base import OBVIOUS, SUBTLE, Planted, plants
from tests.faults.plants.model import nothing_done
from tests.faults.tables import Data, sound_model, whole

# ---- evaluation.train-as-val ---------------------------------------------------------------------


def _added(data: Data, share: float, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.Series]:
    count = max(6, round(share * len(data.X_val)))
    rows = rng.choice(len(data.X_train), count, replace=False)
    X = pd.concat([data.X_val, data.X_train.iloc[rows]], ignore_index=True)
    y = pd.concat([data.y_val, data.y_train.iloc[rows]], ignore_index=True)
    order = rng.permutation(len(X))
    return X.iloc[order].reset_index(drop=True), y.iloc[order].reset_index(drop=True)


@plants("evaluation.train-as-val")
def training_rows_added(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Training rows among the validation rows, in another order."""
    X, y = _added(data, 0.3 if strength == OBVIOUS else 0.03, rng)
    return Planted(data.but(X_val=X, y_val=y).case())


@plants("evaluation.train-as-val")
def fitted_on_everything(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """The training table is the whole table; validation is a part of it, perhaps rounded on the way."""
    X, y = whole(data.name)
    X_val = data.X_val
    if strength == SUBTLE:
        numbers = [name for name in X_val if X_val[name].dtype.kind == "f"]
        X_val = X_val.assign(**{name: X_val[name].astype("float32").astype(float) for name in numbers})
        X_val = X_val[list(rng.permutation(X_val.columns))]
    faulty = data.but(X_train=X, y_train=y, X_val=X_val)
    model = clone(data.model).fit(X, y)
    X_val = X_val[list(X)]
    return Planted(faulty.but(X_val=X_val).case(model=model))


@plants("evaluation.train-as-val")
def jittered_copies(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Copies with a little noise, as augmentation leaves behind."""
    X, y = _added(data, 0.3 if strength == OBVIOUS else 0.08, rng)
    numbers = [name for name in X if X[name].dtype.kind == "f"]
    if len(numbers) < 3:
        return None
    size = 1e-7 if strength == OBVIOUS else 1e-4
    noisy = {name: X[name] + rng.normal(0, size * X[name].std(), len(X)) for name in numbers}
    return Planted(data.but(X_val=X.assign(**noisy), y_val=y).case())


# ---- evaluation.no-baseline ----------------------------------------------------------------------


@plants("evaluation.no-baseline")
def constant(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Answers the class shares, or labels drawn by them."""
    strategy = "prior" if strength == OBVIOUS else "stratified"
    model = DummyClassifier(strategy=strategy, random_state=int(rng.integers(1000)))
    return Planted(data.case(model=model.fit(data.X_train, data.y_train)))


@plants("evaluation.no-baseline")
def noise_only(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Features that have nothing to do with the label: each column shuffled on its own."""
    X_train, X_val = (
        pd.DataFrame(
            {name: frame[name].to_numpy()[rng.permutation(len(frame))] for name in frame}, index=frame.index
        )
        for frame in (data.X_train, data.X_val)
    )
    if strength == OBVIOUS and len(X_val) < 300:
        return None
    faulty = data.but(X_train=X_train, X_val=X_val, model=sound_model(X_train, data.y_train))
    return Planted(faulty.case())


# ---- evaluation.threshold ------------------------------------------------------------------------


class Squeezed(ClassifierMixin, BaseEstimator):
    """Scores in the right order and far too low: P(rare class) times a factor."""

    def __init__(self, model: Any = None, rare: int = 1, factor: float = 0.3) -> None:
        self.model, self.rare, self.factor = model, rare, factor

    @property
    def classes_(self) -> np.ndarray:
        return self.model.classes_

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def fit(self, X: Any, y: Any) -> Squeezed:
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        low = self.model.predict_proba(X)[:, self.rare] * self.factor
        both = np.column_stack([1 - low, low])
        return both if self.rare == 1 else both[:, ::-1]

    def predict(self, X: Any) -> np.ndarray:
        return self.classes_[np.argmax(self.predict_proba(X), axis=1)]


@plants("evaluation.threshold")
def squeezed_scores(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A model whose probabilities are too low, cut at one half all the same."""
    if data.y_train.nunique() > 2 or not hasattr(data.model, "steps"):
        return None
    model = data.fitted()
    rare = list(model.classes_).index(data.y_train.value_counts().index[-1])
    case = data.case(model=Squeezed(model, rare, 0.5 if strength == OBVIOUS else 0.7))
    return Planted(case) if threshold_gain(case) >= (0.4 if strength == OBVIOUS else 0.3) else None


@plants("evaluation.threshold")
def rare_cut_at_one_half(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A rare class and plain probabilities cut at one half."""
    planted = nothing_done(data, strength, rng)
    enough = planted is not None and threshold_gain(planted.case) >= (0.4 if strength == OBVIOUS else 0.3)
    return planted if enough else None


def threshold_gain(case: Any) -> float:
    """What the best threshold gains in balanced accuracy and F1 of the rarer class, on these very rows."""
    score = case.scores().positive(case.positive)
    y = case.y(case.val) == case.positive
    rare = y if y.mean() <= 0.5 else ~y
    cuts = np.unique(np.quantile(score, np.linspace(0, 1, 101)))

    def both(cut: float) -> float:
        above = (score >= cut) if y.mean() <= 0.5 else (score < cut)
        return balanced_accuracy_score(rare, above) + f1_score(rare, above)

    always = 2 * rare.mean() / (1 + rare.mean())  # F1 of answering the rarer class for every row
    now = both(case.threshold)
    return max(map(both, cuts)) - max(now, 0.5 + always if now > 0.55 else now)
