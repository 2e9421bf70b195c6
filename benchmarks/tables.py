"""Made tables of any size: mixed types, 3 % missing values, about 10 % positives."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["mixed_table", "scores_for"]


def mixed_table(
    n_rows: int, n_features: int = 20, seed: int = 0, dtype: str = "float64"
) -> tuple[pd.DataFrame, pd.Series]:
    """Return X and y: three quarters numbers (of ``dtype``), one quarter categories of 3 to 12 levels."""
    rng = np.random.default_rng(seed)
    n_numbers = n_features * 3 // 4
    numbers = rng.standard_normal(size=(n_rows, n_numbers), dtype=dtype)
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


def scores_for(X: pd.DataFrame) -> np.ndarray:
    """Return P(yes) of a plausible model of a mixed table: it knows some of what makes the label."""
    first, second, third = (np.nan_to_num(X[f"number {i}"].to_numpy("float64")) for i in range(3))
    return 1 / (1 + np.exp(2.2 - 1.2 * (first + 0.5 * second * third)))
