"""Faults of the data layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from tests.faults.plants.base import OBVIOUS, SUBTLE, Planted, many, plants, put, texts
from tests.faults.tables import Data, columns, positive, sound_model

# ---- data.missing-values -------------------------------------------------------------------------


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
        X_val = put(X_val, name, np.nan, 0.1 if strength == OBVIOUS else 0.005, rng)
    model = _brittle(X_train).fit(X_train, data.y_train.loc[X_train.index])
    faulty = data.but(X_train=X_train, y_train=data.y_train.loc[X_train.index], X_val=X_val, y_val=y_val)
    return Planted(faulty.case(model=model), tuple(names))


@plants("data.missing-values")
def infinity(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A ratio with a zero below it."""
    name = (many(data, rng) or columns(data.X_train)[0])[0]
    model = data.fitted()
    share = 0.05 if strength == OBVIOUS else 0.002
    return Planted(data.but(X_val=put(data.X_val, name, np.inf, share, rng)).case(model=model), (name,))


@plants("data.missing-values")
def number_stand_in(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """-999 where a measurement is missing, in every split."""
    names = many(data, rng)
    if not names:
        return None
    name = names[0]
    value, share = (-999.0, 0.08) if strength == OBVIOUS else (-99.0, 0.01)
    if data.X_train[name].min() < value / 2 or data.X_train[name].max() > 50 * abs(value):
        value = -99999.0
    X_train, X_val = (put(frame, name, value, share, rng) for frame in (data.X_train, data.X_val))
    return Planted(data.but(X_train=X_train, X_val=X_val).case(), (name,))


@plants("data.missing-values")
def text_stand_in(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A question mark, or nothing at all, among words."""
    names = texts(data, rng)
    if not names:
        return None
    value, share = ("?", 0.08) if strength == OBVIOUS else ("", 0.01)
    X_train, X_val = (put(frame, names[0], value, share, rng) for frame in (data.X_train, data.X_val))
    return Planted(data.but(X_train=X_train, X_val=X_val).case(), (names[0],))


@plants("data.missing-values")
def number_as_text(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A column of numbers that a few question marks turned into text."""
    names = many(data, rng)
    if not names:
        return None
    share = 0.05 if strength == OBVIOUS else 0.005
    frames = []
    for frame in (data.X_train, data.X_val):
        frame = frame.assign(**{names[0]: frame[names[0]].astype(str).astype(object)})
        frames.append(put(frame, names[0], "?", share, rng))
    faulty = data.but(X_train=frames[0], X_val=frames[1], model=sound_model(frames[0], data.y_train))
    return Planted(faulty.case(), (names[0],))


# ---- data.leakage --------------------------------------------------------------------------------


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


# ---- data.unseen-categories ----------------------------------------------------------------------


@plants("data.unseen-categories")
def level_not_in_training(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A level that training rows were filtered of."""
    wanted = (0.06, 0.5) if strength == OBVIOUS else (0.012, 0.06)
    for name in texts(data, rng):
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
    names = texts(data, rng)
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
    names = texts(data, rng)
    if not names or data.X_train.isna().any(axis=None):
        return None
    _, words = columns(data.X_train)
    encode = ColumnTransformer([("words", OneHotEncoder(), words)], remainder="passthrough")
    fill = make_pipeline(encode, StandardScaler(with_mean=False), LogisticRegression(max_iter=500, tol=1e-2))
    X_val = put(data.X_val, names[0], "brand new", 0.05 if strength == OBVIOUS else 0.0, rng)
    known = [data.X_val[name].isin(set(data.X_train[name])).to_numpy() for name in words]
    keep = np.logical_and.reduce(known)
    model = fill.fit(data.X_train, data.y_train)
    faulty = data.but(X_val=X_val[keep], y_val=data.y_val[keep])
    options = {"model": model}
    if strength == SUBTLE:
        options |= {"X_train": None, "y_train": None}
    return Planted(faulty.case(**options), (names[0], "brand new"))
