"""Faults of the evaluation layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.metrics import balanced_accuracy_score, f1_score

from ladder_widgets.stats import ovr_auc
from tests.faults.plants.base import OBVIOUS, SUBTLE, Planted, plants, unweighted
from tests.faults.plants.model import nothing_done, rarer
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


@plants("evaluation.train-as-val")
def the_same_groups(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Persons with several rows on both sides of a split by rows, or a tenth of them."""
    sides = {"train": data.X_train, "val": data.X_val}
    groups = {name: rng.integers(0, len(X) // 3, len(X)) for name, X in sides.items()}
    if strength == SUBTLE:
        groups["val"] = np.where(rng.random(len(data.X_val)) < 0.1, groups["val"], groups["val"] + 10**6)
    return Planted(data.case(groups=groups))


@plants("evaluation.train-as-val")
def copies_with_new_numbers(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Training rows among the validation rows, each with a row number of its own."""
    X, y = _added(data, 0.3 if strength == OBVIOUS else 0.06, rng)
    X_train = data.X_train.assign(row_id=np.arange(len(data.X_train)))
    X = X.assign(row_id=10**6 + np.arange(len(X)))
    return Planted(data.but(X_train=X_train, X_val=X, y_val=y).case())


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


@plants("evaluation.no-baseline")
def labels_shuffled_in_training(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A model fitted on shuffled labels, or on a few dozen rows of them, judged on sound ones."""
    y = data.y_train.iloc[rng.permutation(len(data.y_train))].set_axis(data.y_train.index)
    rows = rng.permutation(len(y))[: len(y) if strength == OBVIOUS else max(60, len(y) // 10)]
    if y.iloc[rows].nunique() < data.y_train.nunique():
        return None
    case = data.case(model=clone(data.model).fit(data.X_train.iloc[rows], y.iloc[rows]))
    auc, error = ovr_auc(case.y(case.val), case.scores().proba, case.positive if case.binary else None)
    return Planted(case) if auc.mean - 0.5 < max(error, 0.02) else None  # luck may rank well


# ---- evaluation.wrong-metric ---------------------------------------------------------------------


@plants("evaluation.wrong-metric")
def accuracy_of_rare_positives(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Accuracy, or its like, reported where nearly every row is of one class; the model is sound."""
    if data.y_train.nunique() > 2:
        return None
    scarce = rarer(data, 0.04 if strength == OBVIOUS else 0.12, rng)
    if scarce is None:
        return None
    model = sound_model(scarce.X_train, scarce.y_train)
    metric = str(rng.choice(["accuracy", "f1_micro", "f1_weighted"]))
    case = scarce.case(model=model.fit(scarce.X_train, scarce.y_train), metric=metric)
    share = np.bincount(case.y(case.val)).max() / case.val.n_rows
    found = np.mean(case.predicted() == case.y(case.val))
    return Planted(case) if found < (1 + share) / 2 else None  # else accuracy says that it is good


@plants("evaluation.wrong-metric")
def accuracy_of_a_blind_model(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Accuracy of a model that hardly finds the rare class."""
    planted = nothing_done(data, strength, rng)
    if planted is None:
        return None
    planted.case.metric = "accuracy" if strength == OBVIOUS else "precision_weighted"
    return planted if strength == OBVIOUS or len(planted.case.val.table) > 400 else None


@plants("evaluation.wrong-metric")
def f1_of_the_common_class(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """F1 reported for the class that nearly every row is of."""
    if data.y_train.nunique() > 2:
        return None
    scarce = rarer(data, 0.04 if strength == OBVIOUS else 0.1, rng)
    if scarce is None:
        return None
    model = unweighted(scarce) if strength == OBVIOUS else sound_model(scarce.X_train, scarce.y_train)
    label = scarce.y_train.value_counts().index[0]
    model = model.fit(scarce.X_train, scarce.y_train)
    return Planted(scarce.case(model=model, metric="f1", pos_label=label))


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


@plants("evaluation.threshold")
def misses_cost_more(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A miss costs many times a false alarm, and the threshold is one half."""
    if data.y_train.nunique() > 2 or not hasattr(data.model, "steps"):
        return None
    costs = {"false_positive": 1.0, "false_negative": 15.0 if strength == OBVIOUS else 8.0}
    rare = data.y_train.value_counts().index[-1]
    case = data.case(model=unweighted(data).fit(data.X_train, data.y_train), costs=costs, pos_label=rare)
    score, y = case.scores().positive(case.positive), case.y(case.val) == case.positive

    def paid(cut: float) -> float:
        return float(np.sum(~y & (score >= cut)) + costs["false_negative"] * np.sum(y & (score < cut)))

    best = min(map(paid, np.quantile(score, np.linspace(0, 1, 101))))
    return Planted(case) if best <= (0.5 if strength == OBVIOUS else 0.7) * paid(0.5) else None


@plants("evaluation.threshold")
def set_far_too_high(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A threshold given by hand that hardly any row of the rarer class reaches."""
    if data.y_train.nunique() > 2:
        return None
    rare = data.y_train.value_counts().index[-1]
    case = data.case(pos_label=rare)
    score, y = case.scores().positive(case.positive), case.y(case.val) == case.positive
    cut = float(np.quantile(score[y], 0.95 if strength == OBVIOUS else 0.8))
    case = data.case(model=case.model, pos_label=rare, threshold=min(cut, 0.999))
    return Planted(case) if threshold_gain(case) >= (0.6 if strength == OBVIOUS else 0.45) else None


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
