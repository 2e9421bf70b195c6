"""Faults of serving: skew between training and serving, drift, schema changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tests.faults.plants.base import OBVIOUS, Planted, many, plants, texts
from tests.faults.tables import Data, columns, log_frame, positive

# ---- what all of them share ----------------------------------------------------------------------


def _served(data: Data, rng: np.random.Generator, X: pd.DataFrame, names: tuple[str, ...]) -> Planted:
    """A log of these rows; scores as the service recorded them, of rows that it had prepared soundly."""
    model = data.fitted()
    frame = log_frame(data.X_log, data.y_log, model, rng)
    roles = frame[[name for name in frame if name not in set(data.X_log)]]
    log = pd.concat([X.reset_index(drop=True), roles], axis=1)
    return Planted(data.case(model=model, production=log), names)


def _part(data: Data, rng: np.random.Generator, strength: str, share: float = 0.4) -> np.ndarray:
    """All rows of the log, or those of one server of two."""
    n_rows = len(data.X_log)
    return np.ones(n_rows, dtype=bool) if strength == OBVIOUS else rng.random(n_rows) < share


def _changed(data: Data, name: str, values: Any, rows: np.ndarray) -> pd.DataFrame:
    old = data.X_log[name]
    old = old.astype(float) if old.dtype.kind in "iuf" else old.astype(object)
    return data.X_log.assign(**{name: old.mask(rows, values)})


def _spread(data: Data, rng: np.random.Generator) -> list[str]:
    """Columns of numbers with many values, none of which holds a third of the rows."""
    X = data.X_train
    return [name for name in many(data, rng) if X[name].value_counts(normalize=True).iloc[0] < 0.33]


# ---- pipeline.train-serve-skew -------------------------------------------------------------------


@plants("pipeline.train-serve-skew")
def other_unit(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Thousands instead of units; inches instead of centimetres on one server of two."""
    names = _spread(data, rng)
    if not names:
        return None
    factor = 1000.0 if strength == OBVIOUS else 1 / 2.54
    rows = _part(data, rng, strength, 0.5)
    values = data.X_log[names[0]] * factor
    if strength != OBVIOUS and data.X_train[names[0]].nunique() > 0.5 * len(data.X_train):
        rows[:] = True
    return _served(data, rng, _changed(data, names[0], values, rows), (names[0],))


@plants("pipeline.train-serve-skew")
def fahrenheit(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """1.8 x + 32, in all rows or in some."""
    names = _spread(data, rng)
    if not names:
        return None
    values = 1.8 * data.X_log[names[0]] + 32
    rows = _part(data, rng, strength)
    if abs(values - data.X_log[names[0]]).median() < 0.5 * data.X_train[names[0]].std():
        return None
    return _served(data, rng, _changed(data, names[0], values, rows), (names[0],))


@plants("pipeline.train-serve-skew")
def logarithm(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A logarithm that only serving takes."""
    for name in _spread(data, rng):
        if data.X_train[name].min() >= 0 and data.X_train[name].median() >= 5:
            values = np.log1p(data.X_log[name])
            rows = _part(data, rng, strength)
            return _served(data, rng, _changed(data, name, values, rows), (name,))
    return None


@plants("pipeline.train-serve-skew")
def scaled_twice(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Standardised before the model, which does it again; one column, or all of them."""
    names = _spread(data, rng)
    if not names:
        return None
    names = names if strength == OBVIOUS else names[:1]
    train = data.X_train[names]
    X = data.X_log.assign(**((data.X_log[names] - train.mean()) / train.std()))
    return _served(data, rng, X, tuple(names[:1]))


@plants("pipeline.train-serve-skew")
def gaps_filled(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Zero, or the mean, where training has missing values."""
    missing = data.X_train.isna().mean()
    numbers, _ = columns(data.X_train)
    names = [name for name in numbers if missing[name] >= 0.02 and data.X_log[name].isna().sum() >= 12]
    if not names:
        return None
    name = names[int(rng.integers(len(names)))]
    value = -1.0 if strength == OBVIOUS else data.X_train[name].mean()
    return _served(data, rng, data.X_log.assign(**{name: data.X_log[name].fillna(value)}), (name,))


@plants("pipeline.train-serve-skew")
def whole_numbers(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Fractions cut off by an integer column."""
    for name in _spread(data, rng):
        values = data.X_train[name].dropna()
        if (values % 1 != 0).mean() > 0.6 and 1 < values.std() < (20 if strength == OBVIOUS else 150):
            return _served(data, rng, data.X_log.assign(**{name: np.trunc(data.X_log[name])}), (name,))
    return None


@plants("pipeline.train-serve-skew")
def cut_at_a_limit(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Large values cut at a limit."""
    names = _spread(data, rng)
    if not names:
        return None
    limit = data.X_train[names[0]].quantile(0.8 if strength == OBVIOUS else 0.93)
    if (data.X_log[names[0]] > limit).sum() < 15:
        return None
    return _served(
        data, rng, data.X_log.assign(**{names[0]: data.X_log[names[0]].clip(upper=limit)}), (names[0],)
    )


@plants("pipeline.train-serve-skew")
def other_spelling(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Capitals everywhere, or a blank behind some words."""
    names = texts(data, rng)
    if not names:
        return None
    old = data.X_log[names[0]].astype(object)
    rows = _part(data, rng, strength, 0.15)
    new = old.map(lambda text: f"{text} ", na_action="ignore")
    if strength == OBVIOUS:
        new = old.map(lambda text: str(text).swapcase(), na_action="ignore")
    if new.equals(old):
        return None
    return _served(data, rng, _changed(data, names[0], new, rows), (names[0],))


@plants("pipeline.train-serve-skew")
def codes_for_names(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Positions in the alphabet instead of the words; or the words with a prefix."""
    for name in texts(data, rng):
        levels = sorted(data.X_train[name].dropna().unique())
        shares = data.X_train[name].value_counts(normalize=True)
        if not 3 <= len(levels) <= 12 or shares.iloc[0] - shares.iloc[1] < 0.1:
            continue
        old = data.X_log[name].astype(object)
        new = old.map({level: code for code, level in enumerate(levels)}).astype(float)
        if strength != OBVIOUS:
            new = old.map(lambda text, name=name: f"{name}_{text}", na_action="ignore")
        return _served(data, rng, data.X_log.assign(**{name: new}), (name,))
    return None


@plants("pipeline.train-serve-skew")
def columns_exchanged(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Two columns in each other's place: far apart, or close to each other."""
    names = _spread(data, rng)
    ranks = data.X_train[names].median()
    low, high = (0.5, np.inf) if strength == OBVIOUS else (0.2, 2.0)
    for first in names:
        for second in names:
            gap = abs(ranks[first] - ranks[second]) / (data.X_train[[first, second]].std().max() or 1)
            if first != second and low < gap <= high:
                exchanged = {first: data.X_log[second], second: data.X_log[first]}
                return _served(data, rng, data.X_log.assign(**exchanged), (first, second))
    return None


# ---- production.drift ----------------------------------------------------------------------------


def _later(data: Data, rng: np.random.Generator, rows: np.ndarray, names: tuple[str, ...]) -> Planted:
    """A log of chosen rows, recorded as they are."""
    rows = np.sort(rows)
    model = data.fitted()
    log = data.logged(model, rng, data.X_log.iloc[rows], data.y_log.iloc[rows])
    return Planted(data.case(model=model, production=log), names)


@plants("production.drift")
def mean_moved(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A column that climbs by one standard deviation, or by nearly half of one."""
    names = _spread(data, rng)
    if not names:
        return None
    shift = (1.0 if strength == OBVIOUS else 0.45) * data.X_train[names[0]].std()
    X = data.X_log.assign(**{names[0]: data.X_log[names[0]] + shift})
    model = data.fitted()
    return Planted(data.case(model=model, production=data.logged(model, rng, X, data.y_log)), (names[0],))


@plants("production.drift")
def other_customers(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """More rows from the upper half of a column."""
    names = _spread(data, rng)
    if not names:
        return None
    values = data.X_log[names[0]].fillna(data.X_log[names[0]].median())
    odds = np.where(values > data.X_train[names[0]].median(), 6.0 if strength == OBVIOUS else 2.0, 1.0)
    rows = rng.choice(len(odds), len(odds), p=odds / odds.sum())
    return _later(data, rng, rows, (names[0],))


@plants("production.drift")
def other_mix(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A level of a category that becomes much more common."""
    for name in texts(data, rng):
        shares = data.X_train[name].value_counts(normalize=True)
        levels = shares[(shares > 0.1) & (shares < 0.5)].index
        if not len(levels):
            continue
        here = (data.X_log[name] == levels[0]).to_numpy()
        if here.sum() < 20:
            continue
        wanted = shares[levels[0]] + (0.4 if strength == OBVIOUS else 0.18)
        odds = np.where(here, wanted / here.mean(), (1 - wanted) / (1 - here.mean()))
        rows = rng.choice(len(odds), len(odds), p=odds / odds.sum())
        return _later(data, rng, rows, (name,))
    return None


@plants("production.drift")
def more_positives(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """The rarer class two or four times as common."""
    here = positive(data.y_log)
    share = here.mean()
    wanted = min(0.6, share * (4 if strength == OBVIOUS else 2.2))
    if data.y_train.nunique() > 2 or wanted - share < 0.1 or here.sum() < 20:
        return None
    odds = np.where(here, wanted / share, (1 - wanted) / (1 - share))
    return _later(data, rng, rng.choice(len(odds), len(odds), p=odds / odds.sum()), ())


@plants("production.drift")
def no_longer_together(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Columns of the right distribution, in rows of others: a join gone wrong."""
    numbers = _spread(data, rng)
    ties = data.X_train[numbers].corr().abs()
    ties = ties.mask(np.eye(len(ties), dtype=bool), 0)
    loose = 0.85 if strength == OBVIOUS else 0.7
    names = [name for name in numbers if ties[name].max() > loose]
    if not names or len(data.X_log) < 300:
        return None
    moved = data.X_log[names[0]].sample(frac=1, random_state=1).to_numpy()
    X = data.X_log.assign(**{names[0]: moved})
    model = data.fitted()
    return Planted(data.case(model=model, production=data.logged(model, rng, X, data.y_log)), ())


# ---- production.schema-change --------------------------------------------------------------------


@plants("production.schema-change")
def column_gone(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A column that the log no longer has, or has under another name."""
    name = str(rng.permutation(list(data.X_log))[0])
    X = (
        data.X_log.drop(columns=name)
        if strength == OBVIOUS
        else data.X_log.rename(columns={name: f"{name}_v2"})
    )
    return _served(data, rng, X, (name,))


@plants("production.schema-change")
def column_came(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A column that training does not have."""
    value = rng.normal(size=len(data.X_log)) if strength == OBVIOUS else 1
    return _served(data, rng, data.X_log.assign(loyalty=value), ("loyalty",))


@plants("production.schema-change")
def numbers_as_text(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Numbers that arrive as text, some with a unit."""
    name = str(rng.permutation(columns(data.X_log)[0])[0])
    unit = "" if strength == OBVIOUS else " EUR"
    text = data.X_log[name].map(lambda value: f"{value:g}{unit}", na_action="ignore").astype(object)
    return _served(data, rng, data.X_log.assign(**{name: text}), (name,))


@plants("production.schema-change")
def column_emptied(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A column that is empty, or nearly, although it is there."""
    names = [name for name in data.X_log if data.X_train[name].isna().mean() < 0.2]
    name = str(rng.permutation(names)[0])
    rows = rng.random(len(data.X_log)) < (1.0 if strength == OBVIOUS else 0.75)
    old = data.X_log[name]
    new = old.astype(float if old.dtype.kind in "iufb" else object).mask(rows, np.nan)
    return _served(data, rng, data.X_log.assign(**{name: new}), (name,))


@plants("production.schema-change")
def new_level(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A level that did not exist."""
    names = texts(data, rng)
    if not names:
        return None
    rows = rng.random(len(data.X_log)) < (0.2 if strength == OBVIOUS else 0.03)
    if rows.sum() < 8:
        return None
    return _served(data, rng, _changed(data, names[0], "relaunched", rows), (names[0],))


@plants("production.schema-change")
def impossible_values(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Values below zero, or far beyond all others, where training has none."""
    names = [name for name in _spread(data, rng) if data.X_train[name].min() >= 0]
    if not names:
        return None
    values = data.X_train[names[0]]
    rows = rng.random(len(data.X_log)) < (0.15 if strength == OBVIOUS else 0.03)
    if rows.sum() < 8:
        return None
    value = -rng.uniform(1, 2) * values.std() if strength == OBVIOUS else 3 * values.max() + 1
    return _served(data, rng, _changed(data, names[0], value, rows), (names[0],))


@plants("production.schema-change")
def places_changed(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Arrays: columns in another order, and nothing to tell them apart."""
    numbers = _spread(data, rng)
    if len(numbers) < 4:
        return None
    order = list(numbers)
    if strength == OBVIOUS:
        order = order[1:] + order[:1]
    else:
        order[0], order[1] = order[1], order[0]
    medians = data.X_train[numbers].median()
    spread = data.X_train[numbers].std()
    gaps = [
        abs(medians[a] - medians[b]) / max(spread[a], spread[b])
        for a, b in zip(numbers, order, strict=True)
        if a != b
    ]
    if min(gaps) < 0.3:
        return None
    keep = [X[numbers].notna().all(axis=1).to_numpy() for X in (data.X_train, data.X_val, data.X_log)]
    parts = [
        X[numbers].to_numpy(dtype=float)[rows]
        for X, rows in zip((data.X_train, data.X_val, data.X_log), keep, strict=True)
    ]
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(parts[0], data.y_train[keep[0]])
    log = data.X_log.loc[keep[2], order].to_numpy(dtype=float)
    faulty = data.but(
        X_train=parts[0], y_train=data.y_train[keep[0]], X_val=parts[1], y_val=data.y_val[keep[1]]
    )
    return Planted(faulty.case(model=model, production=log))
