"""Cases in which nothing is wrong: done well, and done well but guilty to the eye."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier

from tests.faults.plants.model import rarer
from tests.faults.tables import Data, columns, last_step, positive, sound_model, whole

__all__ = ["clean", "hard_clean"]

_PACKAGES = ("scikit-learn", "numpy", "scipy", "pandas")


def clean(data: Data, rng: np.random.Generator) -> Any:
    """Everything given, everything sound: fair metric, a log of rows from the same source, versions."""
    model = data.fitted()
    told: dict[str, Any] = {"metric": _fair_metric(data), "requirements": {p: version(p) for p in _PACKAGES}}
    if data.X_log is not None:
        told["production"] = data.logged(model, rng)
    return data.case(model=model, **told)


def _fair_metric(data: Data) -> str:
    if data.y_train.nunique() > 2:
        return "balanced_accuracy"
    return "average_precision" if positive(data.y_train).mean() < 0.2 else "roc_auc"


def hard_clean(data: Data, rng: np.random.Generator) -> dict[str, Callable[[], Any]]:
    """Return cases that only look guilty, by name; a case may be None where the table has no room."""
    return {
        "small validation set": lambda: _small_validation(data, rng),
        "validation only": lambda: data.case(X_train=None, y_train=None),
        "missing values that are imputed": lambda: _gaps(data, rng),
        "natural duplicates": lambda: _duplicates(data, rng),
        "many rare levels": lambda: _rare_levels(data, rng),
        "a strong honest feature": lambda: _strong(data, rng),
        "a weak honest signal": lambda: _weak(data, rng),
        "a rare class handled well": lambda: _rare(data, rng),
        "a forest that fits train perfectly": lambda: _perfect_on_train(data, rng),
        "column order that does not matter": lambda: _other_order(data, rng),
        "mild seasonal change": lambda: _seasonal(data, rng),
    }


def _small_validation(data: Data, rng: np.random.Generator) -> Any:
    few = rng.choice(len(data.X_val), min(len(data.X_val), 150), replace=False)
    return data.but(X_val=data.X_val.iloc[few], y_val=data.y_val.iloc[few]).case()


def _gaps(data: Data, rng: np.random.Generator) -> Any:
    def holed(frame: pd.DataFrame) -> pd.DataFrame:
        frame = frame.copy()
        for name in list(frame)[:4]:
            number = frame[name].dtype.kind in "iuf"
            column = frame[name].astype(float if number else object)
            frame[name] = column.mask(rng.random(len(frame)) < 0.1, np.nan)
        return frame

    return data.but(X_train=holed(data.X_train), X_val=holed(data.X_val)).case()


def _duplicates(data: Data, rng: np.random.Generator) -> Any:
    X, y = whole(data.name)
    twice = rng.choice(len(X), len(X) // 10)
    rows = rng.permutation(np.concatenate([np.arange(len(X)), twice]))
    cut = int(0.7 * len(rows))
    train, val = rows[:cut], rows[cut:]
    return data.but(
        X_train=X.iloc[train].reset_index(drop=True),
        y_train=y.iloc[train].reset_index(drop=True),
        X_val=X.iloc[val].reset_index(drop=True),
        y_val=y.iloc[val].reset_index(drop=True),
    ).case()


def _rare_levels(data: Data, rng: np.random.Generator) -> Any:
    def town(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(town=[f"town {n}" for n in rng.zipf(1.6, len(frame))])

    X_train, X_val = town(data.X_train), town(data.X_val)
    return data.but(X_train=X_train, X_val=X_val, model=sound_model(X_train, data.y_train)).case()


def _strong(data: Data, rng: np.random.Generator) -> Any:
    """A feature better than all others, as a real one is: tied to them, and far from perfect."""
    numbers, _ = columns(data.X_train)
    frames = []
    for X, y in ((data.X_train, data.y_train), (data.X_val, data.y_val)):
        base = X[numbers].rank(pct=True).fillna(0.5).to_numpy()
        mix = base @ np.linspace(1, 0.2, base.shape[1])
        mix = (mix - mix.mean()) / (mix.std() or 1)
        frames.append(X.assign(index_score=mix + 1.5 * positive(y) + rng.normal(0, 0.7, len(y))))
    return data.but(X_train=frames[0], X_val=frames[1], model=sound_model(frames[0], data.y_train)).case()


def _weak(data: Data, rng: np.random.Generator) -> Any:
    """Labels that the features tell only a little about: an AUC of about 0.6."""
    if data.y_train.nunique() > 2 or len(data.X_val) < 800:
        return None
    model = data.fitted()
    order = model.predict_proba(pd.concat([data.X_train, data.X_val]))[:, 1]
    rank = pd.Series(order).rank(pct=True).to_numpy()
    chance = 0.5 + 0.4 * (rank - 0.5)
    y = pd.Series(np.where(rng.random(len(rank)) < chance, "yes", "no"))
    cut = len(data.X_train)
    y_train = pd.Series(y[:cut].to_numpy(), index=data.X_train.index)
    y_val = pd.Series(y[cut:].to_numpy(), index=data.X_val.index)
    weak = data.but(y_train=y_train, y_val=y_val, model=sound_model(data.X_train, y_train))
    return weak.case(metric="roc_auc")


def _rare(data: Data, rng: np.random.Generator) -> Any:
    """Three in a hundred, and weights in the model."""
    if data.y_train.nunique() > 2:
        return None
    scarce = rarer(data, 0.03, rng)
    if scarce is None:
        return None
    model = sound_model(scarce.X_train, scarce.y_train)
    return scarce.but(model=model).case(metric="average_precision")


def _perfect_on_train(data: Data, rng: np.random.Generator) -> Any:
    """Full-grown trees: no error on the rows they were grown on, and good on others."""
    model = sound_model(data.X_train, data.y_train, "forest")
    rare = data.y_train.value_counts(normalize=True).min() < 0.3
    if rare:  # at one half such a forest names a rare class too seldom
        return None
    model.steps[-1] = ("forest", RandomForestClassifier(100, random_state=int(rng.integers(1000))))
    assert last_step(model).min_samples_leaf == 1
    return data.case(model=clone(model).fit(data.X_train, data.y_train))


def _other_order(data: Data, rng: np.random.Generator) -> Any:
    """Columns are chosen by name, so their order in validation and in the log is no matter."""
    model = data.fitted()
    order = list(rng.permutation(list(data.X_val)))
    told = {}
    if data.X_log is not None:
        told["production"] = data.but(X_log=data.X_log[order]).logged(model, rng)
    return data.but(X_val=data.X_val[order]).case(model=model, **told)


def _seasonal(data: Data, rng: np.random.Generator) -> Any:
    """The log holds a few more rows of one kind than training: a PSI of about 0.03."""
    numbers = [name for name in columns(data.X_train)[0] if data.X_train[name].nunique() > 30]
    if data.X_log is None or not numbers:
        return None
    name = str(rng.choice(numbers))
    rank = data.X_log[name].rank(pct=True).fillna(0.5).to_numpy()
    kept = rng.random(len(rank)) < 0.55 + 0.25 * (rank - 0.5)
    model = data.fitted()
    return data.case(model=model, production=data.logged(model, rng, data.X_log[kept], data.y_log[kept]))
