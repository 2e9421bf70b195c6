"""The whole ladder beside deepchecks' full suite and skore's checks, on the same rows; and what each writes.

    DEEPCHECKS_PYTHON=… SKORE_PYTHON=… EVIDENTLY_PYTHON=… python -m benchmarks.peers [rows] [features]

Half of the rows are for training, half for validation. Each runs in a process of its own, with packages of
its own, from rows in memory to a result that can be read and a page of it: the median of five times, or of as
many as begin within three minutes. A peer whose Python is not named is left out.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

REPEATS, LONG = 5, 180
OURS = ("ours", sys.executable)
#: Python of each peer, by the variable that names it.
PEERS = {
    "deepchecks": os.environ.get("DEEPCHECKS_PYTHON"),
    "skore": os.environ.get("SKORE_PYTHON"),
    "evidently": os.environ.get("EVIDENTLY_PYTHON"),
}


class Parts:
    """Rows for training and for validation, and a pipeline as it is usually written, fitted."""

    def __init__(self, folder: Path) -> None:
        from sklearn.compose import make_column_selector, make_column_transformer
        from sklearn.impute import SimpleImputer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        rows = pd.read_parquet(folder / "rows.parquet")
        labels = rows.pop("label")
        half = len(rows) // 2
        self.X_train, self.X_val = rows[:half], rows[half:].reset_index(drop=True)
        self.y_train, self.y_val = labels[:half], labels[half:].reset_index(drop=True)
        numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
        words = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
        prepare = make_column_transformer(
            (numbers, make_column_selector(dtype_include="number")),
            (words, make_column_selector(dtype_exclude="number")),
        )
        self.model = make_pipeline(prepare, LogisticRegression(max_iter=500)).fit(self.X_train, self.y_train)


def ours(parts: Parts, page: Path) -> Callable[[], Any]:
    from ladder_widgets import run_ladder

    def look() -> Any:
        train = {"X_train": parts.X_train, "y_train": parts.y_train}
        report = run_ladder(parts.model, parts.X_val, parts.y_val, **train)
        page.write_text(report.to_html())
        return report

    return look


def deepchecks(parts: Parts, page: Path) -> Callable[[], Any]:
    from deepchecks.tabular import Dataset
    from deepchecks.tabular.suites import full_suite

    words = [name for name in parts.X_train if not pd.api.types.is_numeric_dtype(parts.X_train[name])]

    def look() -> Any:
        train = Dataset(parts.X_train, label=parts.y_train, cat_features=words)
        result = full_suite().run(
            train, Dataset(parts.X_val, label=parts.y_val, cat_features=words), parts.model
        )
        result.save_as_html(str(page), as_widget=False)
        return result

    return look


def skore(parts: Parts, page: Path) -> Callable[[], Any]:
    from sklearn.base import clone
    from skore import EstimatorReport

    def fitted() -> EstimatorReport:
        return EstimatorReport(
            clone(parts.model),
            X_train=parts.X_train,
            y_train=parts.y_train,
            X_test=parts.X_val,
            y_test=parts.y_val,
            pos_label="yes",
        )

    # It fits the model itself where it is to see training rows: before the clock starts. It keeps what it
    # has worked out, so every look has a report of its own.
    reports = [fitted() for _ in range(REPEATS)]

    def look() -> Any:
        summary = reports.pop().checks.summarize()
        page.write_text(summary._repr_html_())
        return summary

    return look


def evidently(parts: Parts, page: Path) -> Callable[[], Any]:
    from evidently import Report
    from evidently.presets import DataDriftPreset, DataSummaryPreset

    def look() -> Any:
        done = Report([DataDriftPreset(), DataSummaryPreset()]).run(parts.X_val, parts.X_train)
        done.save_html(str(page))
        return done

    return look


def work(which: str, folder: Path) -> dict[str, float]:
    """Seconds (median) and MB of the page, in this process."""
    import warnings

    warnings.filterwarnings("ignore")
    page = folder / f"{which}.html"
    look = globals()[which](Parts(folder), page)
    told: list[float] = []
    while len(told) < REPEATS and sum(told) < LONG:
        begun = time.perf_counter()
        look()
        told.append(time.perf_counter() - begun)
    return {"seconds": statistics.median(told), "page": page.stat().st_size / 1e6}


def run(which: str, python: str, folder: Path) -> dict[str, float] | str:
    """Run one of them in a process of its own; what stopped it, where something did."""
    command = [python, __file__, "--work", which, str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]) if which == "ours" else ""}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        return done.stderr.strip().splitlines()[-1]
    return json.loads(done.stdout.splitlines()[-1])


def main(rows: int = 50_000, features: int = 20) -> None:
    from benchmarks.tables import mixed_table

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        X, y = mixed_table(rows, features)
        X.assign(label=y).to_parquet(folder / "rows.parquet")
        print(f"{rows:,} × {features}, half for training, half for validation")
        for which, python in PEERS.items():
            if python is None:
                print(f"  {which:10}  left out: {which.upper()}_PYTHON names no Python")
                continue
            # Ours before and after it: a machine that is shared is not as fast all the time.
            told = [run(*each, folder) for each in (OURS, (which, python), OURS)]
            broken = next((each for each in told if isinstance(each, str)), None)
            if broken is not None:
                print(f"  {which:10}  stopped: {broken}")
                continue
            before, peer, after = told
            mine = (before["seconds"] + after["seconds"]) / 2
            ratio = mine / peer["seconds"]
            print(
                f"  {which:10}  {peer['seconds']:6.1f} s, page {peer['page']:6.2f} MB; ladder {mine:.2f} s, "
                f"page {after['page']:.2f} MB with the bundle: {ratio:.3f} of it (1/{1 / ratio:.1f})",
                flush=True,
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        print(json.dumps(work(sys.argv[2], Path(sys.argv[3]))))
    else:
        main(*map(int, sys.argv[1:]))
