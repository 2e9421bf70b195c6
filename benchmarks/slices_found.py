"""What the search for subgroups finds: nothing in noise, what was planted, and how long it takes.

python -m benchmarks.slices_found
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from ladder_widgets.errors import ErrorAnalysis
from ladder_widgets.table import Table
from tests.faults.tables import whole

RUNS = 200


def analysis(X: pd.DataFrame, wrong: np.ndarray) -> ErrorAnalysis:
    """Rows of which exactly these are errors."""
    y = np.arange(len(X)) % 2
    return ErrorAnalysis.from_predictions(y, np.where(wrong, 1 - y, y).astype(float), X)


def noise(name: str, rate: float = 0.15, runs: int = RUNS) -> None:
    """Errors dealt at random over a real table: how often is any subgroup called significant?"""
    X, _ = whole(name)
    alarms = 0
    for seed in range(runs):
        wrong = np.random.default_rng(seed).permutation(np.arange(len(X)) < rate * len(X))
        alarms += bool(analysis(X, wrong).slices(random_state=seed)["significant"].any())
    print(f"noise on {name}: {alarms} of {runs} runs with a significant subgroup", flush=True)


def planted(name: str, X: pd.DataFrame, group: np.ndarray, high: float, low: float, runs: int = 20) -> None:
    """A subgroup with a higher error rate: is it found, first, significant, and how well is it told?"""
    table, overlaps, significant, others = Table(X, "X"), [], 0, 0
    for seed in range(runs):
        wrong = np.random.default_rng(seed).random(len(X)) < np.where(group, high, low)
        told = analysis(X, wrong).slices(random_state=seed)
        if told.empty:
            overlaps.append(0.0)
            continue
        inside = told["slice"][0].mask(table)
        overlaps.append(float((inside & group).sum() / (inside | group).sum()))
        significant += bool(told["significant"][0])
        masks = [each.mask(table) for each in told.loc[told["significant"], "slice"]]
        others += sum(not (mask & group).sum() > 0.5 * mask.sum() for mask in masks)
    found = sum(overlap > 0.5 for overlap in overlaps)
    print(
        f"{name}, {group.mean():.1%} of {len(X):,} rows, rate {low} to {high}: first in {found} of {runs} "
        f"runs, significant in {significant}; rows shared (Jaccard) {np.median(overlaps):.2f} in the median; "
        f"{others} other significant subgroups in all",
        flush=True,
    )


def people(n: int, seed: int = 0) -> pd.DataFrame:
    """Numbers, levels, flags and gaps, and ten columns of noise."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 90, n),
            "town": rng.choice(list("abcd"), n, p=[0.4, 0.3, 0.2, 0.1]),
            "income": np.where(rng.random(n) < 0.1, np.nan, rng.lognormal(10, 1, n)),
            "member": rng.random(n) < 0.4,
            **{f"noise {i}": rng.normal(size=n) for i in range(10)},
        }
    )


def timed(name: str, make: Callable[[], ErrorAnalysis], **options: object) -> None:
    errors = make()
    start = time.perf_counter()
    told = errors.slices(**options)  # type: ignore[arg-type]
    print(f"{name}: slices() in {time.perf_counter() - start:.2f} s, {len(told)} found", flush=True)


def wide(n_rows: int, n_features: int) -> ErrorAnalysis:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(n_rows, n_features)).astype(np.float32).astype(float))
    X.columns = [f"f{i}" for i in range(n_features)]
    bad = (X["f0"] > 0) & (X["f1"] > 0.5) & (X["f2"] < 0)
    return analysis(X, rng.random(n_rows) < np.where(bad, 0.35, 0.1))


def main() -> None:
    X = people(20_000)
    young = ((X["age"] < 35) & (X["town"] == "b") & X["member"]).to_numpy()
    planted("age below 35, town b, member", X, young, 0.35, 0.10)
    rich = ((X["income"] > 40_000) & (X["age"] >= 60) & (X["town"] != "a")).to_numpy()
    planted("income above 40,000, age 60 or more, not town a", X, rich, 0.35, 0.10)
    X = whole("credit_data")[0]
    planted(
        "credit_data: renting, fixed job",
        X,
        ((X["Home"] == "rent") & (X["Job"] == "fixed")).to_numpy(),
        0.3,
        0.1,
    )
    X = whole("lending_club")[0]
    long = ((X["term"] == "term_60") & (X["verification_status"] == "Verified")).to_numpy()
    planted("lending_club: 60 months, verified", X, long, 0.3, 0.1)
    for n_rows, n_features in ((5_000, 20), (50_000, 30), (1_000_000, 50), (20_000, 1_000)):
        timed(f"{n_rows:,} x {n_features:,}", lambda n=n_rows, f=n_features: wide(n, f))  # type: ignore[misc]
    for name in ("credit_data", "attrition", "lending_club"):
        noise(name)


if __name__ == "__main__":
    main()
