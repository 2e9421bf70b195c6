"""The search for subgroups against the ``sliceline`` package: the same answers, time and memory.

    python -m benchmarks.slices                                  # both in this environment
    SLICELINE_PYTHON=/path/to/python python -m benchmarks.slices # sliceline in an environment of its own

Both get the same codes, sizes and errors, each run in a process of its own on one thread, in turns. Where
the two answer differently, every subgroup of ``sliceline`` is counted again on the rows.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

PYTHON = os.environ.get("SLICELINE_PYTHON", sys.executable)
THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
#: Levels of the 14 columns of the Adult census table after binning: 162 in all.
ADULT = (10, 9, 10, 16, 10, 7, 15, 6, 5, 2, 10, 10, 10, 42)


# ---- tables --------------------------------------------------------------------------------------


def adult_sized(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """32,561 rows with the columns and levels of Adult, skewed and related as survey answers are."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=32_561)
    columns = []
    for levels in ADULT:
        place = 0.6 * hidden + rng.normal(size=len(hidden))
        weights = np.ones(levels) if levels == 10 else 1 / np.arange(1, levels + 1) ** 1.3
        cuts = np.quantile(place, np.cumsum(weights / weights.sum())[:-1])
        columns.append(np.searchsorted(cuts, place) + 1)
    codes = np.column_stack(columns)
    bad = (codes[:, 5] == 1) & (codes[:, 6] <= 2) & (codes[:, 9] == 1)
    return codes, rng.random(len(codes)) < np.where(bad, 0.3, 0.13)


def numbers(n_rows: int = 50_000, n_features: int = 30, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Numbers in ten bins each, with a subgroup of two conditions that fails more often."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(1, 11, (n_rows, n_features))
    bad = (codes[:, 0] <= 2) & (codes[:, 1] <= 2)
    return codes, rng.random(n_rows) < np.where(bad, 0.45, 0.1)


def real(name: str, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A published table as codes, and the errors of a sound model on rows that it was not fitted on."""
    from sklearn.model_selection import cross_val_predict

    from ladder_widgets.errors._slice_codes import code_feature
    from ladder_widgets.table import Table
    from tests.faults.tables import sound_model, whole

    X, y = whole(name)
    wrong = cross_val_predict(sound_model(X, y, seed=seed), X, y, cv=3) != np.asarray(y)
    table, rows = Table(X, "X"), np.arange(len(X))
    coded = [code_feature(feature, rows, 10, 1, joined=False) for feature in table.features()]
    return np.column_stack([each.codes for each in coded]).astype(np.int64), np.asarray(wrong, dtype=bool)


# ---- the two, each in a process of its own ---------------------------------------------------


def ours(codes: np.ndarray, wrong: np.ndarray, k: int, level: int, alpha: float, least: int) -> list:
    from ladder_widgets.errors._slice_score import SliceLine
    from ladder_widgets.errors._slice_search import Problem, search

    columns = [np.ascontiguousarray(column) for column in codes.T.astype(np.min_scalar_type(codes.max()))]
    sizes = [int(column.max()) + 1 for column in columns]
    spans = []
    for column in columns:
        found = np.flatnonzero(np.bincount(column) >= least)
        spans.append(np.column_stack([found, found]))
    measure = SliceLine(len(wrong), int(wrong.sum()), alpha)
    problem = Problem(columns, sizes, spans, wrong, least, measure)
    return [
        ([[f, int(spans[f][i, 0])] for f, i in each.conditions], each.rows, each.errors, each.value)
        for each in search(problem, k, level)
    ]


def theirs(codes: np.ndarray, wrong: np.ndarray, k: int, level: int, alpha: float, least: int) -> list:
    import warnings

    warnings.filterwarnings("ignore")
    from sliceline.slicefinder import Slicefinder

    finder = Slicefinder(alpha=alpha, k=k, max_l=level, min_sup=least, verbose=False)
    finder.fit(codes, wrong.astype(float))
    told = []
    for row, told_of in zip(finder.top_slices_, finder.top_slices_statistics_, strict=True):
        conditions = [[place, int(code)] for place, code in enumerate(row) if code is not None]
        held = int(told_of["slice_size"]), int(told_of["sum_slice_error"])
        told.append((conditions, *held, float(told_of["slice_score"])))
    return told


def work(path: str) -> None:
    """Run one search in this process and print what came of it."""
    given = np.load(path)
    task = json.loads(str(given["task"]))
    run = ours if task.pop("which") == "ours" else theirs
    codes, wrong = given["codes"], given["wrong"]
    run(codes[:200], wrong[:200] | (np.arange(200) < 20), k=1, level=1, alpha=0.95, least=10)  # imports
    start = time.perf_counter()
    found = run(codes, wrong, **task)
    seconds = time.perf_counter() - start
    status = Path("/proc/self/status").read_text()  # on Linux; a child's ru_maxrss begins at its parent's
    memory = int(status.split("VmHWM:")[1].split()[0]) / 1024
    print(json.dumps({"found": found, "seconds": seconds, "memory": memory}))


def run(which: str, codes: np.ndarray, wrong: np.ndarray, **task: object) -> dict:
    """Search in a process of its own; seconds, and the most MB that the process held."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "task.npz"
        np.savez(path, codes=codes, wrong=wrong, task=json.dumps({"which": which, **task}))
        python = sys.executable if which == "ours" else PYTHON
        command = [python, __file__, "--work", str(path)]
        home = str(Path(__file__).parents[1])
        environment = {**os.environ, **THREADS, "PYTHONPATH": home}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


# ---- comparison ------------------------------------------------------------------------------


def agreement(mine: list, other: list, codes: np.ndarray, wrong: np.ndarray, task: dict) -> str:
    """Say whether both found the same; where not, whose subgroups are better and which are not so."""
    # sliceline returns all that tie with the last; of equals the two may list others first.
    scores = np.array([each[3] for each in mine]), np.array([each[3] for each in other][: len(mine)])
    if len(scores[0]) == len(scores[1]) and np.allclose(*scores, rtol=1e-9, atol=1e-12):
        last = scores[0].min(initial=np.inf)
        above = [{json.dumps(e[0]) for e in found if e[3] > last + 1e-9} for found in (mine, other)]
        tied = {json.dumps(e[0]) for e in mine} <= {json.dumps(e[0]) for e in other}
        return "same" if above[0] == above[1] and tied else "other subgroups of equal score"
    for conditions, rows, errors, score in mine:
        inside = np.ones(len(codes), dtype=bool)
        for feature, code in conditions:
            inside &= codes[:, feature] == code
        n, rate = len(wrong), wrong.mean()
        counted = int(inside.sum()), int((inside & wrong).sum())
        again = task["alpha"] * (counted[1] / counted[0] / rate - 1) - (1 - task["alpha"]) * (
            n / counted[0] - 1
        )
        assert counted == (rows, errors)
        assert np.isclose(again, score)
    missed = sum(json.dumps(e[0]) not in {json.dumps(o[0]) for o in other} for e in mine)
    lost = sum(json.dumps(o[0]) not in {json.dumps(e[0]) for e in mine} for o in other)
    ours_first = len(mine) > len(other) or scores[0].sum() > scores[1].sum()
    return f"sliceline misses {missed} of our {len(mine)}, we {lost} of its {len(other)}; " + (
        "ours score higher, each counted again on the rows" if ours_first else "its score higher"
    )


def compare(name: str, codes: np.ndarray, wrong: np.ndarray, **task: object) -> None:
    mine, other = run("ours", codes, wrong, **task), run("sliceline", codes, wrong, **task)
    told = agreement(mine["found"], other["found"], codes, wrong, task)
    columns = sum(len(np.unique(column)) for column in codes.T)
    faster = other["seconds"] / mine["seconds"]
    print(
        f"{name}: {codes.shape[0]:,} x {codes.shape[1]} ({columns} levels), level {task['level']}, "
        f"alpha {task['alpha']}, k {task['k']}: {len(mine['found'])} found, {told}; "
        f"{mine['seconds']:.3f} s and {mine['memory']:.0f} MB against {other['seconds']:.3f} s and "
        f"{other['memory']:.0f} MB ({faster:.0f} times)",
        flush=True,
    )


def main() -> None:
    for name in ("credit_data", "attrition", "hmda", "orange_juice", "titanic"):
        codes, wrong = real(name)
        least = max(32, len(wrong) // 100)
        for level, alpha, k in ((1, 0.95, 10), (2, 0.99, 20), (3, 0.8, 5), (3, 0.95, 10)):
            compare(name, codes, wrong, k=k, level=level, alpha=alpha, least=least)
    codes, wrong = adult_sized()
    for alpha in (0.95, 0.99):
        compare("Adult-sized", codes, wrong, k=10, level=3, alpha=alpha, least=len(wrong) // 100)
    codes, wrong = numbers()
    compare("numbers", codes, wrong, k=10, level=2, alpha=0.95, least=len(wrong) // 100)


if __name__ == "__main__":
    work(sys.argv[2]) if sys.argv[1:2] == ["--work"] else main()
