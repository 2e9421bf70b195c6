"""Faults to plant in a clean case, each at two strengths, and cases that only look guilty.

A plant takes a clean :class:`Data` and returns a faulty one, with the column (or nothing) that a
finding must name. It returns None where a table has no room for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, f1_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from tests.faults.tables import Data, columns, positive, sound_model, whole

OBVIOUS, SUBTLE = "obvious", "subtle"


@dataclass(frozen=True)
class Planted:
    """A faulty case, and the names that must appear in the finding."""

    case: Any
    names: tuple[str, ...] = ()


Plant = Callable[[Data, str, np.random.Generator], "Planted | None"]
PLANTS: dict[str, list[Plant]] = {}


def plants(code: str) -> Callable[[Plant], Plant]:
    def register(plant: Plant) -> Plant:
        PLANTS.setdefault(code, []).append(plant)
        return plant

    return register


def unweighted(data: Data) -> Any:
    """The sound model without weights or a tuned threshold."""
    model = data.model
    names = [name for name in model.get_params() if name.endswith("class_weight")]
    return clone(model).set_params(**dict.fromkeys(names)) if names else clone(model)


def _many(data: Data, rng: np.random.Generator) -> list[str]:
    """Numeric columns with many values, in random order."""
    numbers, _ = columns(data.X_train)
    found = [name for name in numbers if data.X_train[name].nunique() >= 20]
    return list(rng.permutation(found))


def _words(data: Data, rng: np.random.Generator) -> list[str]:
    _, words = columns(data.X_train)
    found = [name for name in words if data.X_train[name].nunique() >= 2]
    return list(rng.permutation(found))


def _put(frame: pd.DataFrame, name: str, value: Any, share: float, rng: np.random.Generator) -> pd.DataFrame:
    frame = frame.copy()
    rows = rng.random(len(frame)) < share
    rows[rng.choice(len(frame), 4, replace=False)] = True
    column = frame[name].astype(float) if frame[name].dtype.kind in "iuf" else frame[name].astype(object)
    frame[name] = column.mask(rows, value)
    return frame


# ---- data.missing-values ---------------------------------------------------------------------


def _brittle(X: pd.DataFrame) -> Any:
    numbers, words = columns(X)
    encode = OneHotEncoder(handle_unknown="ignore")
    return make_pipeline(
        ColumnTransformer([("numbers", StandardScaler(), numbers), ("words", encode, words)]),
        LogisticRegression(max_iter=2000, tol=1e-3, class_weight="balanced"),
    )


@plants("data.missing-values")
def nan_in_validation(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Trained on complete rows by a model without an imputer; validation has gaps."""
    X_train = data.X_train.dropna()
    if len(X_train) < 0.5 * len(data.X_train):
        return None
    X_val = data.X_val.dropna()
    names = list(rng.permutation(columns(X_val)[0]))[: 3 if strength == OBVIOUS else 1]
    y_val = data.y_val.loc[X_val.index]
    for name in names:
        X_val = _put(X_val, name, np.nan, 0.1 if strength == OBVIOUS else 0.005, rng)
    model = _brittle(X_train).fit(X_train, data.y_train.loc[X_train.index])
    faulty = data.but(X_train=X_train, y_train=data.y_train.loc[X_train.index], X_val=X_val, y_val=y_val)
    return Planted(faulty.case(model=model), tuple(names))


@plants("data.missing-values")
def infinity(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A ratio with a zero below it."""
    name = (_many(data, rng) or columns(data.X_train)[0])[0]
    model = data.fitted()
    share = 0.05 if strength == OBVIOUS else 0.002
    return Planted(data.but(X_val=_put(data.X_val, name, np.inf, share, rng)).case(model=model), (name,))


@plants("data.missing-values")
def number_stand_in(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """-999 where a measurement is missing, in every split."""
    names = _many(data, rng)
    if not names:
        return None
    name = names[0]
    value, share = (-999.0, 0.08) if strength == OBVIOUS else (-99.0, 0.01)
    if data.X_train[name].min() < value / 2 or data.X_train[name].max() > 50 * abs(value):
        value = -99999.0
    X_train, X_val = (_put(frame, name, value, share, rng) for frame in (data.X_train, data.X_val))
    return Planted(data.but(X_train=X_train, X_val=X_val).case(), (name,))


@plants("data.missing-values")
def text_stand_in(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A question mark, or nothing at all, among words."""
    names = _words(data, rng)
    if not names:
        return None
    value, share = ("?", 0.08) if strength == OBVIOUS else ("", 0.01)
    X_train, X_val = (_put(frame, names[0], value, share, rng) for frame in (data.X_train, data.X_val))
    return Planted(data.but(X_train=X_train, X_val=X_val).case(), (names[0],))


@plants("data.missing-values")
def number_as_text(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A column of numbers that a few question marks turned into text."""
    names = _many(data, rng)
    if not names:
        return None
    share = 0.05 if strength == OBVIOUS else 0.005
    frames = []
    for frame in (data.X_train, data.X_val):
        frame = frame.assign(**{names[0]: frame[names[0]].astype(str).astype(object)})
        frames.append(_put(frame, names[0], "?", share, rng))
    faulty = data.but(X_train=frames[0], X_val=frames[1], model=sound_model(frames[0], data.y_train))
    return Planted(faulty.case(), (names[0],))


# ---- data.leakage ----------------------------------------------------------------------------


def _leaking(data: Data, make: Callable[[pd.Series], Any], name: str = "closing_code") -> Planted:
    X_train = data.X_train.assign(**{name: make(data.y_train)})
    X_val = data.X_val.assign(**{name: make(data.y_val)})
    faulty = data.but(X_train=X_train, X_val=X_val, model=sound_model(X_train, data.y_train))
    return Planted(faulty.case(), (name,))


def _flipped(y: pd.Series, share: float, rng: np.random.Generator) -> np.ndarray:
    codes, levels = pd.factorize(y, sort=True)
    other = (codes + rng.integers(1, len(levels), len(y))) % len(levels)
    return np.where(rng.random(len(y)) < share, other, codes)


@plants("data.leakage")
def recoded_label(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """The label as words, with a few wrong in the subtle case."""
    words = np.array([f"state {letter}" for letter in "abcdefghijkl"], dtype=object)
    return _leaking(data, lambda y: words[_flipped(y, 0.0 if strength == OBVIOUS else 0.07, rng)])


@plants("data.leakage")
def numeric_copy(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """The label as a number, with noise."""
    noise = 0.15 if strength == OBVIOUS else 0.35
    return _leaking(data, lambda y: 10 + 3 * (pd.factorize(y, sort=True)[0] + rng.normal(0, noise, len(y))))


@plants("data.leakage")
def empty_without_outcome(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A date or an amount that is only there once the outcome is known."""

    def make(y: pd.Series) -> np.ndarray:
        there = positive(y)
        if strength == SUBTLE:
            there = there ^ (rng.random(len(y)) < 0.03)
        return np.where(there, rng.gamma(2, 100, len(y)), np.nan)

    return _leaking(data, make, "settled_amount") if data.y_train.nunique() == 2 else None


@plants("data.leakage")
def encoded_with_own_label(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """The mean label of a group of few rows, the row's own label included."""
    if data.y_train.nunique() > 2:
        return None
    size = 1.3 if strength == OBVIOUS else 2.0

    def make(y: pd.Series) -> np.ndarray:
        group = rng.integers(0, int(len(y) / size), len(y))
        return pd.Series(positive(y).astype(float)).groupby(group).transform("mean").to_numpy()

    return _leaking(data, make, "town_rate")


# ---- data.unseen-categories ------------------------------------------------------------------


@plants("data.unseen-categories")
def level_not_in_training(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A level that training rows were filtered of."""
    wanted = (0.06, 0.5) if strength == OBVIOUS else (0.012, 0.06)
    for name in _words(data, rng):
        shares = data.X_val[name].value_counts(normalize=True)
        levels = shares[(shares >= wanted[0]) & (shares <= wanted[1])].index
        if len(levels) == 0 or len(shares) < 3:
            continue
        keep = (data.X_train[name] != levels[0]).to_numpy()
        faulty = data.but(X_train=data.X_train[keep], y_train=data.y_train[keep])
        return Planted(faulty.case(), (name, str(levels[0])))
    return None


@plants("data.unseen-categories")
def level_renamed(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A source that began to write a level in another way."""
    names = _words(data, rng)
    if not names:
        return None
    name = names[0]
    level = data.X_val[name].mode()[0]
    share = 0.3 if strength == OBVIOUS else 0.02
    rows = (data.X_val[name] == level).to_numpy() & (rng.random(len(data.X_val)) < share)
    rows[rng.choice(np.flatnonzero(data.X_val[name] == level), 5, replace=False)] = True
    new = f" {level.upper()}"
    return Planted(
        data.but(X_val=data.X_val.assign(**{name: data.X_val[name].mask(rows, new)})).case(), (name,)
    )


@plants("data.unseen-categories")
def encoder_refuses(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A strict encoder and a handful of rows that it will not take; the training rows are not at hand."""
    names = _words(data, rng)
    if not names or data.X_train.isna().any(axis=None):
        return None
    _, words = columns(data.X_train)
    encode = ColumnTransformer([("words", OneHotEncoder(), words)], remainder="passthrough")
    fill = make_pipeline(encode, StandardScaler(with_mean=False), LogisticRegression(max_iter=500, tol=1e-2))
    X_val = _put(data.X_val, names[0], "brand new", 0.05 if strength == OBVIOUS else 0.0, rng)
    known = [data.X_val[name].isin(set(data.X_train[name])).to_numpy() for name in words]
    keep = np.logical_and.reduce(known)
    model = fill.fit(data.X_train, data.y_train)
    faulty = data.but(X_val=X_val[keep], y_val=data.y_val[keep])
    options = {"model": model}
    if strength == SUBTLE:
        options |= {"X_train": None, "y_train": None}
    return Planted(faulty.case(**options), (names[0], "brand new"))


# ---- model.imbalance -------------------------------------------------------------------------


def rarer(data: Data, share: float, rng: np.random.Generator) -> Data | None:
    """Take positives away until they are this rare (never adds any)."""
    parts = []
    for X, y in ((data.X_train, data.y_train), (data.X_val, data.y_val)):
        is_rare = (
            positive(data.y_train) if y is data.y_train else (y == data.y_train.value_counts().index[-1])
        )
        is_rare = np.asarray(is_rare)
        wanted = int(share / (1 - share) * (~is_rare).sum())
        kept = rng.permutation(np.flatnonzero(is_rare))[:wanted]
        rows = np.sort(np.concatenate([np.flatnonzero(~is_rare), kept]))
        if min(len(kept), wanted) < 8:
            return None
        parts += [X.iloc[rows], y.iloc[rows]]
    return data.but(X_train=parts[0], y_train=parts[1], X_val=parts[2], y_val=parts[3])


@plants("model.imbalance")
def nothing_done(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A rare class, plain log loss, threshold one half: only where the model then misses it."""
    if data.y_train.nunique() > 2:
        return None
    scarce = rarer(data, 0.04 if strength == OBVIOUS else 0.12, rng)
    if scarce is None:
        return None
    model = unweighted(data).fit(scarce.X_train, scarce.y_train)
    case = scarce.case(model=model)
    rare = case.classes.index(scarce.y_train.value_counts().index[-1])
    y = case.y(case.val)
    recall = np.mean(case.predicted()[y == rare] == rare)
    return Planted(case) if recall <= (0.25 if strength == OBVIOUS else 0.45) else None


# ---- evaluation.train-as-val -----------------------------------------------------------------


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


# ---- evaluation.no-baseline ------------------------------------------------------------------


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


# ---- evaluation.threshold --------------------------------------------------------------------


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


# ---- cases that only look guilty -------------------------------------------------------------


def hard_clean(data: Data, rng: np.random.Generator) -> dict[str, Callable[[], Any]]:
    """Cases in which nothing is wrong, by name."""
    cases: dict[str, Callable[[], Any]] = {}
    few = rng.choice(len(data.X_val), min(len(data.X_val), 150), replace=False)
    cases["small validation set"] = lambda: data.but(
        X_val=data.X_val.iloc[few], y_val=data.y_val.iloc[few]
    ).case()
    cases["validation only"] = lambda: data.case(X_train=None, y_train=None)

    def gaps() -> Any:
        frames = [data.X_train.copy(), data.X_val.copy()]
        for frame in frames:
            for name in list(frame)[:4]:
                rows = rng.random(len(frame)) < 0.1
                column = (
                    frame[name].astype(float)
                    if frame[name].dtype.kind in "iuf"
                    else frame[name].astype(object)
                )
                frame[name] = column.mask(rows, np.nan)
        return data.but(X_train=frames[0], X_val=frames[1]).case()

    cases["missing values that are imputed"] = gaps

    def duplicates() -> Any:
        X, y = whole(data.name)
        twice = rng.choice(len(X), len(X) // 10)
        rows = rng.permutation(np.concatenate([np.arange(len(X)), twice]))
        cut = int(0.7 * len(rows))
        parts = rows[:cut], rows[cut:]
        return data.but(
            X_train=X.iloc[parts[0]].reset_index(drop=True),
            y_train=y.iloc[parts[0]].reset_index(drop=True),
            X_val=X.iloc[parts[1]].reset_index(drop=True),
            y_val=y.iloc[parts[1]].reset_index(drop=True),
        ).case()

    cases["natural duplicates"] = duplicates

    def rare_levels() -> Any:
        def town(frame: pd.DataFrame) -> pd.DataFrame:
            return frame.assign(town=[f"town {n}" for n in rng.zipf(1.6, len(frame))])

        X_train, X_val = town(data.X_train), town(data.X_val)
        return data.but(X_train=X_train, X_val=X_val, model=sound_model(X_train, data.y_train)).case()

    cases["many rare levels"] = rare_levels

    def honest() -> Any:
        """A feature better than all others, as a real one is: tied to them, and far from perfect."""
        numbers, _ = columns(data.X_train)
        frames = []
        for X, y in ((data.X_train, data.y_train), (data.X_val, data.y_val)):
            base = X[numbers].rank(pct=True).fillna(0.5).to_numpy()
            mix = base @ np.linspace(1, 0.2, base.shape[1])
            mix = (mix - mix.mean()) / (mix.std() or 1)
            frames.append(X.assign(index_score=mix + 1.5 * positive(y) + rng.normal(0, 0.7, len(y))))
        return data.but(X_train=frames[0], X_val=frames[1], model=sound_model(frames[0], data.y_train)).case()

    cases["a strong honest feature"] = honest
    return cases
