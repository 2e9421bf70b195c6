"""The error cube against the bare sums it needs, and the memory it takes beyond its input.

    python -m benchmarks.cube [rows]

Bare sums are numpy's ``bincount`` on ready-made flat codes: for a number the count, the sum and the
sum of squares of its values, for a category one count of (level, cell) pairs on ready-made level codes.
The build starts from scores and a frame: cutting the axis, finding every row's bin, guessing centers
and coding categories are all in its time. Both run in turn five times; medians are printed.
"""

from __future__ import annotations

import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import pandas as pd

from ladder_widgets.errors import ErrorAnalysis
from ladder_widgets.errors.cube import Categories, Cube
from ladder_widgets.scores import Scores
from ladder_widgets.table import Table

REPEATS = 5


def numbers(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    """Twenty numbers without gaps."""
    return pd.DataFrame({f"number {i}": rng.normal(size=rows) for i in range(20)})


def gappy(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    """Twenty numbers, 3 % of each missing."""
    frame = numbers(rng, rows)
    return pd.DataFrame({name: column.mask(rng.random(rows) < 0.03) for name, column in frame.items()})


def mixed(rng: np.random.Generator, rows: int, text: bool = False) -> pd.DataFrame:
    """Twelve numbers with gaps, 4 categories, 2 booleans, a date and an integer."""
    frame = gappy(rng, rows).iloc[:, :12]
    for i, levels in enumerate((3, 8, 40, 1000)):
        codes = rng.integers(0, levels, rows)
        codes[rng.random(rows) < 0.03] = -1
        category = pd.Categorical.from_codes(codes, [f"level {level}" for level in range(levels)])
        frame[f"category {i}"] = np.asarray(category, dtype=object) if text else category
    frame["flag"], frame["rare flag"] = rng.random(rows) < 0.5, rng.random(rows) < 0.01
    frame["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 700, rows), unit="D")
    frame["integer"] = rng.integers(0, 90, rows)
    return frame


def texts(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    """As mixed, categories as Python strings."""
    return mixed(rng, rows, text=True)


def scored(frame: pd.DataFrame, rng: np.random.Generator, classes: int = 2) -> ErrorAnalysis:
    y = rng.integers(0, classes, len(frame))
    if classes == 2:
        return ErrorAnalysis.from_predictions(y, rng.beta(1.5 + y, 2.5 - y), frame)
    raw = rng.random((len(frame), classes)) ** 3 + np.eye(classes)[y]
    return ErrorAnalysis.from_predictions(y, raw / raw.sum(axis=1, keepdims=True), frame)


def bare_sums(errors: ErrorAnalysis, cube: Cube) -> Callable[[], None]:
    cells, size, todo = cube.cells(), cube.count.size, []
    for feature, told in zip(errors.table.features(), cube.features, strict=True):
        if isinstance(told, Categories):
            codes, _ = feature.codes()
            small = np.where(codes < 0, len(told.levels) - 1, np.minimum(codes, len(told.levels) - 1))
            todo.append((small * size + cells, None, size * len(told.levels)))
        else:
            values = feature.numbers()
            present = np.isfinite(values)
            here = cells if present.all() else cells[present]
            todo.append((here, values[present] if here is not cells else values, size))

    def run() -> None:
        for here, values, length in todo:
            np.bincount(here, minlength=length)
            if values is not None:
                np.bincount(here, values, minlength=length)
                np.bincount(here, values * values, minlength=length)

    return run


def fresh(errors: ErrorAnalysis) -> ErrorAnalysis:
    """The same rows, nothing computed yet."""
    scores = Scores(errors.scores.proba, errors.scores.predicted, errors.scores.output)
    table = Table(errors.table.data, "X")
    return ErrorAnalysis(table, errors.y, scores, errors.classes, errors.positive, errors.threshold)


def compare(name: str, errors: ErrorAnalysis) -> None:
    bare = bare_sums(errors, errors.cube)
    times: dict[str, list[float]] = {"build": [], "bare": []}
    for _ in range(REPEATS):
        again = fresh(errors)
        times["build"].append(seconds(lambda again=again: again.cube))
        times["bare"].append(seconds(bare))
    build, plain = (statistics.median(times[kind]) for kind in ("build", "bare"))
    again = fresh(errors)
    tracemalloc.start()
    _ = again.cube
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    data = errors.table.data.memory_usage(index=False, deep=False).sum()
    print(
        f"{name:28s} build {1e3 * build:7.1f} ms   bare sums {1e3 * plain:7.1f} ms   "
        f"ratio {build / plain:5.2f}   "
        f"input {data / 1e6:6.1f} MB   beyond it: peak {peak / 1e6:5.1f} MB ({peak / data:.1%}), "
        f"kept {kept / 1e6:5.1f} MB"
    )


def seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def main(rows: int = 1_000_000) -> None:
    print(f"{rows:,} rows, medians of {REPEATS}")
    for make in (numbers, gappy, mixed, texts):
        rng = np.random.default_rng(0)
        compare(f"{make.__name__}, two classes", scored(make(rng, rows), rng))
    rng = np.random.default_rng(0)
    compare("numbers, ten classes", scored(numbers(rng, rows), rng, 10))


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
