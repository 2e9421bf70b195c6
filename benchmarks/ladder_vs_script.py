"""The whole ladder against the hand-written script, on the same rows, in turn, in one run.

    python -m benchmarks.ladder_vs_script [rows columns …]

By default on breast cancer, 50,000 × 20 and 1,000,000 × 20.

Each takes turns five times, and the median of the five ratios is told. Where the script takes longer than
``LONG`` seconds it is run once, and the ladder five times against it.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import load_breast_cancer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from benchmarks.plain_script import plain_script
from benchmarks.tables import mixed_table
from ladder_widgets import run_ladder

REPEATS = 5
#: Seconds beyond which the script is not run again.
LONG = 300
ROWS, COLUMNS = (50_000, 1_000_000), (20, 20)


def fitted_model(X, y):
    """A pipeline as it is usually written."""
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    words = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    prepare = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (words, make_column_selector(dtype_exclude="number")),
    )
    return make_pipeline(prepare, LogisticRegression(max_iter=500)).fit(X, y)


def timed(function: Callable[[], Any]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def compare(name: str, X_train, X_val, y_train, y_val, positive) -> None:
    """Let them take turns; print each turn and the median ratios."""
    model = fitted_model(X_train, y_train)
    run_ladder(model, X_val[:500], y_val[:500])  # loads what is loaded once
    script, alone, beside = 0.0, [], []
    for _ in range(REPEATS):
        if script < LONG:
            script = timed(lambda: plain_script(model, X_val, y_val, positive))
        ladder = timed(lambda: run_ladder(model, X_val, y_val))
        with_train = timed(lambda: run_ladder(model, X_val, y_val, X_train=X_train, y_train=y_train))
        alone.append(ladder / script)
        beside.append(with_train / script)
        print(
            f"script {script:7.2f} s   ladder {ladder:6.2f} s   with training rows {with_train:6.2f} s",
            flush=True,
        )
    print(
        f"{name}: median ratio {statistics.median(alone):.3f}, "
        f"with training rows {statistics.median(beside):.3f}",
        flush=True,
    )


def cases(sizes: tuple[int, ...]) -> Iterator[tuple[Any, ...]]:
    """Yield the arguments of :func:`compare`."""
    if not sizes:
        X, y = load_breast_cancer(return_X_y=True, as_frame=True)
        yield "breast cancer, 269 × 30", *train_test_split(X, y, test_size=269, random_state=0, stratify=y), 1
    for rows, columns in zip(sizes[::2] or ROWS, sizes[1::2] or COLUMNS, strict=True):
        X, y = mixed_table(rows + rows // 4, columns)
        parts = train_test_split(X, y, test_size=rows, random_state=0, stratify=y)
        yield f"{rows:,} × {columns}", *parts, "yes"


def main(*sizes: int) -> None:
    for case in cases(sizes):
        compare(*case)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
