"""Cases that only look guilty."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from tests.faults.tables import Data, columns, positive, sound_model, whole

# ---- cases that only look guilty -----------------------------------------------------------------


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
