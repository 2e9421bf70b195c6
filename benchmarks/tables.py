"""Made tables of any size: mixed types, 3 % missing values, about 10 % positives."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["mixed_table"]


def mixed_table(n_rows: int, n_features: int = 20, seed: int = 0) -> tuple[pd.DataFrame, pd.Series]:
    """Return X and y: three quarters numbers, one quarter categories of 3 to 12 levels."""
    rng = np.random.default_rng(seed)
    n_numbers = n_features * 3 // 4
    numbers = rng.normal(size=(n_rows, n_numbers))
    columns: dict[str, object] = {f"number {i}": numbers[:, i] for i in range(n_numbers)}
    signal = numbers[:, 0] + 0.5 * numbers[:, 1] * numbers[:, 2]
    for i in range(n_features - n_numbers):
        codes = rng.integers(0, 3 + i * 2, n_rows)
        signal = signal + 0.3 * (codes == 0)
        columns[f"category {i}"] = pd.Categorical.from_codes(codes, [f"level {k}" for k in range(3 + i * 2)])
    X = pd.DataFrame(columns)
    for name in X.columns:
        X.loc[rng.random(n_rows) < 0.03, name] = None
    noisy = signal + rng.normal(scale=1.5, size=n_rows)
    return X, pd.Series(np.where(noisy > np.quantile(noisy, 0.9), "yes", "no"), name="label")
