"""Faults of the model layer."""

from __future__ import annotations

import numpy as np

from tests.faults.plants.base import OBVIOUS, Planted, many, plants, unweighted
from tests.faults.tables import Data, positive, sound_model

# ---- model.imbalance -----------------------------------------------------------------------------


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


@plants("model.imbalance")
def forest_left_alone(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """A forest or boosted trees that average a rare class away, without weights."""
    if data.y_train.nunique() > 2:
        return None
    scarce = rarer(data, 0.06 if strength == OBVIOUS else 0.15, rng)
    if scarce is None:
        return None
    kind = "forest" if rng.random() < 0.5 else "boosting"
    model = unweighted(scarce.but(model=sound_model(scarce.X_train, scarce.y_train, kind)))
    case = scarce.case(model=model.fit(scarce.X_train, scarce.y_train))
    rare = case.classes.index(scarce.y_train.value_counts().index[-1])
    recall = np.mean(case.predicted()[case.y(case.val) == rare] == rare)
    return Planted(case) if recall <= (0.25 if strength == OBVIOUS else 0.45) else None


@plants("model.imbalance")
def one_of_three_is_rare(data: Data, strength: str, rng: np.random.Generator) -> Planted | None:
    """Two classes become three, of which the third is a rare part of the first, hard to tell from it."""
    if data.y_train.nunique() > 2:
        return None
    scarce = rarer(data, 0.3, rng)
    numbers = many(data, rng)
    if scarce is None or not numbers or len(data.X_train) < 900:
        return None
    share, name = (0.04 if strength == OBVIOUS else 0.08), numbers[0]
    parts = []
    for X, y in ((scarce.X_train, scarce.y_train), (scarce.X_val, scarce.y_val)):
        value = X[name].rank(pct=True).fillna(0.5).to_numpy() + rng.normal(0, 0.25, len(X))
        parts.append(y.astype(str).where(value < np.quantile(value, 1 - share), "third kind"))
    three = scarce.but(y_train=parts[0], y_val=parts[1])
    plain = unweighted(three.but(model=sound_model(three.X_train, three.y_train)))
    case = three.case(model=plain.fit(three.X_train, three.y_train))
    rare = case.classes.index("third kind")
    recall = np.mean(case.predicted()[case.y(case.val) == rare] == rare)
    return Planted(case) if recall <= (0.1 if strength == OBVIOUS else 0.2) else None
