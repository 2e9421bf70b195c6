"""Subgroups that fail most: found on one half of the rows, checked on the other."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from ladder_widgets.errors._rows import ScoredRows
from ladder_widgets.errors._slice_codes import Coded, code_feature
from ladder_widgets.errors._slice_distinct import distinct_spans
from ladder_widgets.errors._slice_score import Excess, Measure, SliceLine
from ladder_widgets.errors._slice_search import Problem, search
from ladder_widgets.errors.conditions import Slice
from ladder_widgets.options import check_flag
from ladder_widgets.stats import holm, wilson
from ladder_widgets.table import Table
from ladder_widgets.validation import choice, number, refuse, shown, whole

__all__ = ["Options", "find_slices"]

#: Rows searched at most; what is found is counted on all.
MAX_ROWS = 100_000
#: Features searched in pairs at most, and in triples; of ranges that may be joined there are more.
IN_PAIRS, IN_TRIPLES, IN_TRIPLES_JOINED = 100, 60, 30
#: Fewest rows of a subgroup: a count, and a share of the rows searched.
MIN_ROWS, MIN_SHARE = 32, 0.01
LEVEL = 0.05

COLUMNS = [
    "slice",
    "rows",
    "errors",
    "error_rate",
    "low",
    "high",
    "excess",
    "score",
    "held_rows",
    "held_errors",
    "held_error_rate",
    "p_value",
    "significant",
]


@dataclass(frozen=True)
class Options:
    """How to search; see :meth:`ladder_widgets.ErrorAnalysis.slices`."""

    k: int = 10
    level: int = 3
    alpha: float = 0.95
    bins: int = 10
    min_rows: int | None = None
    rank: str = "score"
    held_out: bool = True
    distinct: bool = True
    random_state: int | None = 0

    def __post_init__(self) -> None:
        whole("k", self.k, 1, 1000)
        whole("level", self.level, 1, 3)
        if not number("alpha", self.alpha, 0, 1, "a number above 0 and at most 1"):
            raise refuse("alpha", "a number above 0 and at most 1", shown(self.alpha))
        whole("bins", self.bins, 2, 50)
        if self.min_rows is not None:
            whole("min_rows", self.min_rows, 1)
        choice("rank", self.rank, ("score", "excess"))
        for name in ("held_out", "distinct"):
            check_flag(name, getattr(self, name))
        if self.random_state is not None:
            whole("random_state", self.random_state, 0)


@dataclass(frozen=True, eq=False)
class _Task:
    """Rows to look at: their positions in the table, which are errors, and the two parts of them."""

    table: Table
    rows: np.ndarray
    wrong: np.ndarray
    searched: np.ndarray
    held: np.ndarray


def find_slices(
    errors: ScoredRows, cell: tuple[Any, Any] | None, threshold: float | None, options: Options
) -> pd.DataFrame:
    """Search the rows of an analysis; see :meth:`ladder_widgets.ErrorAnalysis.slices`."""
    if errors.table is None:
        raise ValueError("Subgroups need the rows: pass X to ErrorAnalysis.from_predictions.")
    notes: list[str] = []
    if errors.weights is not None:
        notes.append("Weights are not used here: every row counts once.")
    rows, wrong = _rows_and_errors(errors, cell, threshold)
    task = _Task(errors.table, rows, wrong, *_split(len(rows), options, notes))
    measure = _measure(options, wrong)
    told = [_judged(each, task, options) for each in _found(task, options, notes)]
    frame = pd.DataFrame(told, columns=COLUMNS)
    frame["p_value"] = holm(frame["p_value"].to_numpy(dtype=float))
    frame["significant"] = frame["p_value"] <= LEVEL
    value = -measure.of(frame["rows"].to_numpy(dtype=float), frame["errors"].to_numpy(dtype=float))
    order = np.lexsort((value, ~frame["significant"].to_numpy(dtype=bool)))
    frame = frame.iloc[order].reset_index(drop=True)
    sampled = len(task.searched) + len(task.held) < len(rows)
    frame.attrs = {"notes": notes, "sampled": len(task.searched) if sampled else None}
    return frame


def _rows_and_errors(
    errors: ScoredRows, cell: tuple[Any, Any] | None, threshold: float | None
) -> tuple[np.ndarray, np.ndarray]:
    """Positions to look at, and which of them are errors."""
    predicted = errors.predicted(threshold)
    if cell is None:
        return np.arange(len(errors.y)), predicted != errors.y
    actual, as_this = errors.codes(cell)
    if actual == as_this:
        raise refuse("cell", "a cell of errors", shown(cell))
    rows = np.flatnonzero(errors.y == actual)
    return rows, predicted[rows] == as_this


def _split(n: int, options: Options, notes: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Places of the rows to search, and of those to check on."""
    half = n // 2 if options.held_out else n
    order = np.random.default_rng(options.random_state).permutation(n)
    searched, held = np.sort(order[: min(half, MAX_ROWS)]), np.sort(order[half:])
    if len(searched) < half:
        notes.append(f"Searched on a random sample of {len(searched):,} rows; counted on all {n:,}.")
    if options.held_out:
        notes.append(f"Found on {len(searched):,} rows at random, checked on {len(held):,} others.")
    else:
        notes.append("Not checked on rows that the search did not see: what is found flatters itself.")
    return searched, held


def _measure(options: Options, wrong: np.ndarray) -> Measure:
    n_errors = int(max(1, wrong.sum()))
    if options.rank == "excess":
        return Excess(len(wrong), n_errors)
    return SliceLine(len(wrong), n_errors, options.alpha)


def _found(task: _Task, options: Options, notes: list[str]) -> list[Slice]:
    wrong = task.wrong[task.searched]
    least = options.min_rows or max(MIN_ROWS, int(len(wrong) * MIN_SHARE))
    if not wrong.any() or wrong.all():
        notes.append("Nothing to find: " + ("every row is an error." if wrong.any() else "no errors."))
        return []
    coded = _coded(task, options, least, notes)
    codes, sizes, spans = [c.codes for c in coded], [c.size for c in coded], [c.spans for c in coded]
    problem = Problem(codes, sizes, spans, wrong, least, _measure(options, wrong))
    deepest = IN_TRIPLES_JOINED if options.distinct else IN_TRIPLES
    if options.level == 3 and len(coded) > deepest:
        notes.append(f"Three conditions were tried on {deepest} features, those whose pairs rank highest.")
    if options.distinct:
        chosen, dropped = distinct_spans(problem, coded, options.k, options.level, deepest)
        if dropped:
            notes.append(f"{dropped:,} more that fail because of rows already in a better one are left out.")
    else:
        found = search(problem, options.k, options.level, deepest=deepest)
        chosen = [{f: tuple(spans[f][i].tolist()) for f, i in each.conditions} for each in found]
    conditions = [[coded[f].between(*span) for f, span in each.items()] for each in chosen]
    return [Slice(tuple(c for c in each if c is not None)) for each in conditions]


def _coded(task: _Task, options: Options, least: int, notes: list[str]) -> list[Coded]:
    """Features as codes; of a wide table those whose conditions tell most about the errors."""
    rows, wrong = task.rows[task.searched], task.wrong[task.searched]
    wanted, n_features = IN_PAIRS, task.table.n_features
    strongest: list[tuple[float, int, Coded]] = []
    for position in range(n_features):
        feature = task.table.feature(position)
        coded = code_feature(feature, rows, options.bins, least, joined=options.distinct)
        strength = _association(coded, wrong) if n_features > wanted else 0.0
        entry = (strength, -position, coded)
        if len(strongest) < wanted:
            heapq.heappush(strongest, entry)
        else:
            heapq.heappushpop(strongest, entry)
    if n_features > wanted:
        notes.append(
            f"Searched among the {wanted} of {n_features:,} features that are most related to the errors."
        )
    return [coded for _, _, coded in sorted(strongest, key=lambda entry: -entry[1])]


def _association(coded: Coded, wrong: np.ndarray) -> float:
    """−log p of Pearson's chi-squared test of errors by code: features of many levels have no head start."""
    rows = np.bincount(coded.codes, minlength=coded.size)
    errors = np.bincount(coded.codes[wrong], minlength=coded.size)[rows > 0]
    rows = rows[rows > 0]
    if len(rows) < 2:
        return 0.0
    rate = wrong.mean()
    chi2 = ((errors - rows * rate) ** 2 / (rows * rate * (1 - rate))).sum()
    return -float(stats.chi2.logsf(chi2, len(rows) - 1))


def _judged(each: Slice, task: _Task, options: Options) -> tuple[Any, ...]:
    """Count a subgroup on all rows, and test it on the held ones."""
    n, n_errors = len(task.rows), int(task.wrong.sum())
    inside = each.mask(task.table)[task.rows]
    rows, errors = int(inside.sum()), int((inside & task.wrong).sum())
    interval = wilson(errors, rows)
    excess = float(Excess(n, n_errors).of(rows, errors))
    score = float(SliceLine(n, n_errors, options.alpha).of(max(1, rows), errors))
    told = (each, rows, errors, interval.mean, interval.low, interval.high, excess, score)
    there, wrong = inside[task.held], task.wrong[task.held]
    held_rows, held_errors = int(there.sum()), int((there & wrong).sum())
    if not held_rows:
        return (*told, held_rows, held_errors, np.nan, np.nan, False)
    # Fisher's exact test: the errors among the held rows dealt at random, how many would fall inside.
    p = float(stats.hypergeom.sf(held_errors - 1, len(wrong), int(wrong.sum()), held_rows))
    return (*told, held_rows, held_errors, held_errors / held_rows, p, False)
