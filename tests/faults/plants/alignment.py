"""Rows and labels out of step; the wrong target."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_score

from tests.faults.plants.base import OBVIOUS, SUBTLE, Planted, many, plants
from tests.faults.tables import Data, columns, sound_model


def told(data: Data, at_least: float) -> bool:
    """Whether the sound model tells the validation labels well enough for their loss to show."""
    model = data.fitted()
    proba = model.predict_proba(data.X_val)
    if proba.shape[1] == 2:
        return bool(roc_auc_score(data.y_val == model.classes_[1], proba[:, 1]) >= at_least)
    return bool(roc_auc_score(data.y_val, proba, multi_class="ovr", labels=model.classes_) >= at_least)


def by_itself(X: pd.DataFrame, y: pd.Series) -> bool:
    """Whether the labels of a split can be told by a model fitted on this split alone."""
    scores = cross_val_score(sound_model(X, y), X, y, scoring="roc_auc", cv=4)
    return bool(scores.mean() >= 0.65)


def moved(y: pd.Series, order: np.ndarray) -> pd.Series:
    """The labels in another order, the index left as it was."""
    return pd.Series(y.to_numpy()[order], index=y.index, name=y.name)


# ---- data.misaligned -----------------------------------------------------------------------------


@plants("data.misaligned")
def shuffled(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """The labels of one split in a random order: of the training rows, or of the validation rows."""
    if not told(data, 0.75 if strength == OBVIOUS else 0.65):
        return None
    if strength == OBVIOUS:
        return Planted(data.but(y_train=moved(data.y_train, rng.permutation(len(data.y_train)))).case())
    model = data.fitted()
    return Planted(data.but(y_val=moved(data.y_val, rng.permutation(len(data.y_val)))).case(model=model))


@plants("data.misaligned")
def shifted(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """The labels some rows further on, in training; one row further on, in validation."""
    if not told(data, 0.7):
        return None
    if strength == OBVIOUS:
        lag = int(rng.integers(2, 50))
        return Planted(
            data.but(y_train=moved(data.y_train, np.roll(np.arange(len(data.y_train)), lag))).case()
        )
    model = data.fitted()
    X_val, y_val = data.X_val.iloc[1:], pd.Series(data.y_val.to_numpy()[:-1], index=data.y_val.index[1:])
    return Planted(data.but(X_val=X_val, y_val=y_val).case(model=model), ("+1",))


@plants("data.misaligned")
def block(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A run of training rows whose labels were shuffled or moved along among themselves."""
    if not told(data, 0.8) or len(data.y_train) < 400:
        return None
    n = len(data.y_train)
    size = int((0.3 if strength == OBVIOUS else 0.14) * n)
    start = int(rng.integers(0, n - size))
    order = np.arange(n)
    inside = order[start : start + size]
    order[start : start + size] = rng.permutation(inside) if rng.random() < 0.5 else np.roll(inside, 7)
    y = moved(data.y_train, order)
    rare = (y != y.mode()[0]).iloc[start : start + size].sum()
    return Planted(data.but(y_train=y).case()) if rare >= 40 else None


@plants("data.misaligned")
def sorted_rows(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """One of X and y was sorted and the other was not."""
    if not told(data, 0.7):
        return None
    model = data.fitted()
    if strength == OBVIOUS:
        order = np.argsort(data.y_val.astype(str).to_numpy(), kind="stable")
        return Planted(data.but(y_val=moved(data.y_val, order)).case(model=model))
    name = (many(data, rng) or columns(data.X_val)[0])[0]
    return Planted(data.but(X_val=data.X_val.sort_values(name, ignore_index=True)).case(model=model))


@plants("data.misaligned")
def reversed_merge(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A merge that turned the order of one split round."""
    if not told(data, 0.7):
        return None
    if strength == OBVIOUS:
        model = data.fitted()
        return Planted(data.but(y_val=moved(data.y_val, np.arange(len(data.y_val))[::-1])).case(model=model))
    return Planted(data.but(y_train=moved(data.y_train, np.arange(len(data.y_train))[::-1])).case())


@plants("data.misaligned")
def other_index(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """X was sorted and kept its index, y kept its own order; or only a part of it."""
    if not told(data, 0.65):
        return None
    order = np.arange(len(data.X_val))
    if strength == SUBTLE:
        size = len(order) // 3
        order[:size] = rng.permutation(order[:size])
    else:
        order = rng.permutation(order)
    model = data.fitted()
    return Planted(data.but(X_val=data.X_val.iloc[order]).case(model=model))


# ---- data.wrong-target ---------------------------------------------------------------------------


def relabelled(data: Data, y_train: Any, y_val: Any, drop: tuple[str, ...] = ()) -> Data | None:
    """The table with other labels; None if a class is too rare to be one."""
    y_train, y_val = (
        pd.Series(np.asarray(y), index=X.index) for y, X in ((y_train, data.X_train), (y_val, data.X_val))
    )
    shares = y_train.value_counts(normalize=True)
    if len(shares) < 2 or shares.min() < 0.04 or set(y_val) != set(y_train):
        return None
    X_train, X_val = data.X_train.drop(columns=list(drop)), data.X_val.drop(columns=list(drop))
    model = sound_model(X_train, y_train)
    return data.but(X_train=X_train, X_val=X_val, y_train=y_train, y_val=y_val, model=model)


def noisy(y: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Some two-class labels (0 and 1) the wrong way round."""
    return np.where(rng.random(len(y)) < share, 1 - y, y)


@plants("data.wrong-target")
def threshold_of_a_number(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """y is whether a column is large; with a few errors."""
    names = [name for name in many(data, rng) if data.X_train[name].notna().all()]
    names = [
        name for name in names if data.X_train[name].mode().size > 1 or data.X_train[name].nunique() > 50
    ]
    if not names:
        return None
    cut = data.X_train[names[0]].quantile(0.6 if strength == OBVIOUS else 0.8)
    share = 0.0 if strength == OBVIOUS else 0.03
    parts = [
        noisy((X[names[0]] > cut).to_numpy().astype(int), share, rng) for X in (data.X_train, data.X_val)
    ]
    faulty = relabelled(data, *parts)
    return None if faulty is None else Planted(faulty.case(), (names[0],))


@plants("data.wrong-target")
def a_category(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """y is a column of words, as it is or as one level against the others."""
    _, words = columns(data.X_train)
    usable = [
        name for name in words if 2 <= data.X_train[name].nunique() <= 6 and data.X_train[name].notna().all()
    ]
    if not usable:
        return None
    name = str(rng.choice(usable))
    first = data.X_train[name].mode()[0]
    frames = (data.X_train, data.X_val)
    if strength == OBVIOUS:
        parts = [X[name].astype(str).to_numpy() for X in frames]
    else:
        parts = [noisy((X[name] == first).to_numpy().astype(int), 0.02, rng) for X in frames]
    faulty = relabelled(data, *parts)
    return None if faulty is None else Planted(faulty.case(), (name,))


@plants("data.wrong-target")
def another_column_in_validation(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Trained on the right label; y_val is another two-class column of the table."""
    if data.y_train.nunique() != 2:
        return None
    numbers, words = columns(data.X_train)
    twos = [name for name in [*numbers, *words] if data.X_train[name].nunique() == 2]
    values = sorted(data.y_train.unique(), key=str)
    for name in rng.permutation(twos) if twos else []:
        kept = data.but(X_train=data.X_train.drop(columns=name), X_val=data.X_val.drop(columns=name))
        kept = kept.but(model=sound_model(kept.X_train, data.y_train))
        other = (data.X_val[name] == data.X_train[name].mode()[0]).to_numpy()
        y_val = pd.Series(np.where(other, values[0], values[1]), index=data.X_val.index)
        faulty = kept.but(y_val=y_val)
        common = y_val.value_counts(normalize=True).min() > 0.05
        if common and told(kept, 0.7) and not told(faulty, 0.55) and by_itself(kept.X_val, y_val):
            return Planted(faulty.case())
    return None


@plants("data.wrong-target")
def swapped_labels(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """The two labels (or two of several) stand for each other in validation."""
    if not told(data, 0.8 if strength == OBVIOUS else 0.65):
        return None
    first, second = data.y_train.value_counts().index[:2]
    model = data.fitted()
    return Planted(
        data.but(y_val=data.y_val.astype(object).replace({first: second, second: first})).case(model=model)
    )


@plants("data.wrong-target")
def no_classes(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """y is a measurement, or an id, in validation or in every split."""
    names = many(data, rng)
    if strength == OBVIOUS and names:
        values = data.X_val[names[0]].fillna(0) + 0.5 * rng.random(len(data.X_val))
        return Planted(data.but(y_val=values).case(model=data.fitted()))
    ids = [f"id {number}" for number in range(len(data.X_val))]
    return Planted(data.but(y_val=pd.Series(ids, index=data.X_val.index)).case(model=data.fitted()))


@plants("data.wrong-target")
def other_spelling(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """The labels of validation are encoded or spelt otherwise, all of them or a few."""
    y = data.y_val.astype(str)
    if strength == OBVIOUS:
        codes = {label: number + 100 for number, label in enumerate(sorted(y.unique()))}
        return Planted(data.but(y_val=y.map(codes)).case(model=data.fitted()))
    if data.y_val.dtype.kind in "iufb":
        return None
    changed = y.where(rng.random(len(y)) > 0.03, y.str.upper() + " ")
    return Planted(data.but(y_val=changed).case(model=data.fitted())) if (changed != y).any() else None
