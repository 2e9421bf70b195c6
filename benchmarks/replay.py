"""Replay of one row against plain ``predict_proba``, on pipelines of ten kinds, and planted bugs found.

python -m benchmarks.replay

``ratio`` is the whole of ``replay(model, row)`` over ``model.predict_proba(row)``, once without and once with
``first_failure``, which asks the model again; "beyond the steps" is what ``replay`` takes beyond the model's
own call. All take turns.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.tables import mixed_table
from ladder_widgets import replay
from tests.replay_bugs.kinds import KINDS, fitted
from tests.replay_bugs.others import OTHERS
from tests.replay_bugs.plants import PLANTS

ROUNDS = 41


def _seconds(function: Callable[[], object]) -> float:
    begun = time.perf_counter()
    function()
    return time.perf_counter() - begun


def measure(name: str, model, row) -> None:
    """Print times and ratios of one model."""
    plain, walked, blamed, steps = [], [], [], []
    for _ in range(ROUNDS):
        plain.append(_seconds(lambda: model.predict_proba(row)))
        walked.append(_seconds(lambda: replay(model, row)))
        blamed.append(_seconds(lambda: replay(model, row).first_failure))
        steps.append(replay(model, row).steps[0].seconds)
    # The best of the rounds: on a busy machine anything else measures the others.
    p, w, b, s = (1000 * min(each) for each in (plain, walked, blamed, steps))
    times = f"plain {p:7.2f} ms  replay {w:7.2f} ms  beyond the steps {w - s:6.2f} ms"
    print(f"{name:12} {times}  ratio {w / p:4.2f}, with first_failure {b / p:4.2f}")


def forests() -> None:
    """A forest is slow for one row: what replay adds must not grow with it."""
    X, y = mixed_table(2_000, 20)
    X = X.select_dtypes("number").fillna(0)
    for trees in (100, 500):
        forest = make_pipeline(StandardScaler(), RandomForestClassifier(trees, random_state=0)).fit(X, y)
        measure(f"{trees} trees", forest, X[:1])


def bugs() -> None:
    """Print how many planted bugs are named at their step."""
    named = [_named(*plant.case(), plant.reference) == plant.step for plant in PLANTS]
    print(f"{sum(named)} of {len(named)} planted bugs named at their step")
    told = [case() for case in OTHERS]
    named = [
        replay(model, record, **options).first_failure.name == step for model, record, options, step in told
    ]
    print(f"{sum(named)} of {len(named)} bugs of other pipelines named at their step")


def _named(model, record, train, reference: bool) -> str | None:
    failure = replay(model, record, reference=train if reference else None).first_failure
    return None if failure is None else failure.name


def clean(rows: int = 60) -> None:
    """Print how many clean rows name a failure."""
    wrong = total = 0
    for kind in KINDS:
        model, train, held = fitted(kind)
        if kind == "levels" or not isinstance(held, pd.DataFrame):  # dummies of one row are a bug
            continue
        for n in range(rows):
            total += 1
            wrong += replay(model, held.dropna().iloc[[n]], reference=train).first_failure is not None
    print(f"{wrong} of {total} clean rows name a failure")


def main() -> None:
    """Measure every kind."""
    for kind in KINDS:
        if kind != "levels":
            model, _, held = fitted(kind)
            measure(kind, model, held.dropna().iloc[[0]] if isinstance(held, pd.DataFrame) else held[[0]])
    forests()
    bugs()
    clean()


if __name__ == "__main__":
    main()
