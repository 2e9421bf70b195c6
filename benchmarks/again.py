"""A second climb of the same rows against the first, and what it costs to know that they are the same.

python -m benchmarks.again
"""

from __future__ import annotations

import os
import time

from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.ladder_vs_script import fitted_model
from benchmarks.tables import mixed_table
from ladder_widgets import run_ladder
from ladder_widgets.kept import KEPT, VARIABLE
from ladder_widgets.rungs import reference


class Keys:
    """Seconds of processor time spent on keys."""

    def __init__(self) -> None:
        self.seconds, self._real = 0.0, reference.content_key

    def __call__(self, *content):
        begun = time.process_time()
        try:
            return self._real(*content)
        finally:
            self.seconds += time.process_time() - begun


def cancer():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[:300], y[:300])
    return model, X[300:], y[300:], X[:300], y[:300]


def mixed(rows: int):
    X, y = mixed_table(rows + rows // 4, 20)
    X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=rows, random_state=0, stratify=y)
    return fitted_model(X_train, y_train), X_val, y_val, X_train, y_train


def measure(name: str, model, X_val, y_val, **training) -> None:
    os.environ[VARIABLE] = "off"
    run_ladder(model, X_val, y_val, ledger=False, **training)  # loads what is loaded once, keeps nothing
    os.environ[VARIABLE] = "128"
    keys, seconds = reference.content_key, []
    for _ in range(2):
        begun, keys.seconds = time.process_time(), 0.0
        run_ladder(model, X_val, y_val, ledger=False, **training)
        seconds.append(time.process_time() - begun)
    first, second = seconds
    print(
        f"{name:<42} first {first:5.2f} s, second {second:5.2f} s of processor ({second / first:.2f} ×); "
        f"keys {1000 * keys.seconds:.0f} ms, {keys.seconds / (first - second):.1%} of what they save; "
        f"kept {KEPT.nbytes / 2**20:.2f} MB",
        flush=True,
    )


def main(*rows: int) -> None:
    reference.content_key = Keys()
    cases = {"breast cancer, 269 × 30": cancer()}
    for n in rows or (50_000, 1_000_000):
        cases[f"{n:,} × 20, mixed"] = mixed(n)
    for name, (model, X_val, y_val, X_train, y_train) in cases.items():
        measure(name, model, X_val, y_val)
        measure(f"{name}, with training rows", model, X_val, y_val, X_train=X_train, y_train=y_train)


if __name__ == "__main__":
    main()
