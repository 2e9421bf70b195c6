"""The whole ladder against the hand-written script, on the same rows, in turn, in one run.

python -m benchmarks.ladder_vs_script [rows] [features] [repeats]
"""

from __future__ import annotations

import statistics
import sys
import time

from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from benchmarks.plain_script import plain_script
from benchmarks.tables import mixed_table
from ladder_widgets import run_ladder


def fitted_model(X, y):
    """A pipeline as it is usually written."""
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    words = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    prepare = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (words, make_column_selector(dtype_exclude="number")),
    )
    return make_pipeline(prepare, LogisticRegression(max_iter=500)).fit(X, y)


def timed(function) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def main(rows: int = 50_000, features: int = 20, repeats: int = 3) -> None:
    X, y = mixed_table(rows + rows // 4, features)
    X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=rows, random_state=0, stratify=y)
    model = fitted_model(X_train, y_train)
    pairs = []
    for _ in range(repeats):
        script = timed(lambda: plain_script(model, X_val, y_val, "yes"))
        ladder = timed(lambda: run_ladder(model, X_val, y_val))
        with_train = timed(lambda: run_ladder(model, X_val, y_val, X_train=X_train, y_train=y_train))
        pairs.append((script, ladder, with_train))
        print(
            f"script {script:6.2f} s   ladder {ladder:6.2f} s   ladder with training rows {with_train:6.2f} s"
        )
    ratio = statistics.median(ladder / script for script, ladder, _ in pairs)
    ratio_train = statistics.median(with_train / script for script, _, with_train in pairs)
    print(f"{rows:,} × {features}: median ratio {ratio:.3f}, with training rows {ratio_train:.3f}")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
