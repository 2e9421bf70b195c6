"""Subgroups that fail most: found on one half of the rows, checked on the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import hypergeom

from ladder_widgets.errors._slice_codes import Coded, code_feature
from ladder_widgets.errors._slice_search import Found, Problem, score_of, search
from ladder_widgets.errors.conditions import Condition, Slice
from ladder_widgets.stats import wilson
from ladder_widgets.table import Table
from ladder_widgets.validation import choice, refuse, shown

if TYPE_CHECKING:
    from ladder_widgets.errors.analysis import ErrorAnalysis

__all__ = ["find_slices"]

#: Rows searched, and features searched together, at most; both are stated when they bind.
MAX_ROWS, MAX_FEATURES = 200_000, 60
#: Fewest rows of a subgroup: a count, and a share of the rows searched.
MIN_ROWS, MIN_SHARE = 32, 0.01
#: Two subgroups that share more than this of their rows are one.
SAME = 0.9
#: Subgroups looked at for each one that is returned: copies fall out.
SPARE = 4
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
    random_state: int = 0

    def __post_init__(self) -> None:
        if self.k < 1:
            raise refuse("k", "at least 1", shown(self.k))
        if self.level not in (1, 2, 3):
            raise refuse("level", "1, 2 or 3", shown(self.level))
        if not 0 < self.alpha <= 1:
            raise refuse("alpha", "a number above 0 and at most 1", shown(self.alpha))
        if not 2 <= self.bins <= 100:
            raise refuse("bins", "a number from 2 to 100", shown(self.bins))
        if self.min_rows is not None and self.min_rows < 1:
            raise refuse("min_rows", "at least 1", shown(self.min_rows))
        choice("rank", self.rank, ("score", "excess"))


def find_slices(errors: ErrorAnalysis, cell: tuple[Any, Any] | None, options: Options) -> pd.DataFrame:
    """Search the rows of an analysis; see :meth:`ladder_widgets.ErrorAnalysis.slices`."""
    if errors.table is None:
        raise ValueError("Subgroups need the rows: pass X to ErrorAnalysis.from_predictions.")
    rows, wrong = _rows_and_errors(errors, cell)
    notes: list[str] = []
    searched, held = _split(len(rows), options, notes)
    coded, problem = _leading(*_coded(errors.table, rows[searched], wrong[searched], options), notes)
    found = search(problem, SPARE * options.k if options.distinct else options.k, options.level)
    described = _distinct(found, coded, problem) if options.distinct else _as_found(found, coded)
    told = [_judged(each, errors.table, rows, wrong, held) for each in described[: options.k]]
    frame = pd.DataFrame(told, columns=COLUMNS)
    if options.rank == "excess":
        frame = frame.sort_values("excess", ascending=False, kind="stable", ignore_index=True)
    frame["p_value"] = _holm(frame["p_value"].to_numpy(dtype=float))
    frame["significant"] = frame["p_value"] <= LEVEL
    sampled = len(searched) + len(held) < len(rows)
    frame.attrs = {"notes": notes, "sampled": len(searched) if sampled else None}
    return frame


def _coded(
    table: Table, rows: np.ndarray, wrong: np.ndarray, options: Options
) -> tuple[list[Coded], Problem]:
    least = options.min_rows or max(MIN_ROWS, int(len(rows) * MIN_SHARE))
    coded = [code_feature(feature, rows, options.bins, least) for feature in table.features()]
    sizes = [len(each.conditions) + 1 for each in coded]
    return coded, Problem([each.codes for each in coded], sizes, wrong, least, options.alpha)


def _rows_and_errors(errors: ErrorAnalysis, cell: tuple[Any, Any] | None) -> tuple[np.ndarray, np.ndarray]:
    """Positions to look at, and which of them are errors."""
    predicted = errors.predicted()
    if cell is None:
        return np.arange(len(errors.y)), predicted != errors.y
    actual, as_this = errors.code(cell[0]), errors.code(cell[1])
    if actual == as_this:
        raise refuse("cell", "a cell of errors", shown(cell))
    rows = np.flatnonzero(errors.y == actual)
    return rows, predicted[rows] == as_this


def _split(n: int, options: Options, notes: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Rows to search and rows to check on, both at most MAX_ROWS."""
    if not options.held_out and n <= MAX_ROWS:
        notes.append("Searched on all rows and not checked on others: what is found flatters itself.")
        return np.arange(n), np.arange(0)
    order = np.random.default_rng(options.random_state).permutation(n)
    half = n // 2 if options.held_out else n
    searched = np.sort(order[: min(half, MAX_ROWS)])
    held = np.sort(order[half:])
    if len(searched) < half:
        notes.append(f"Searched on a random sample of {len(searched):,} rows; counted on all {n:,}.")
    elif options.held_out:
        notes.append(f"Found on one random half ({len(searched):,} rows), checked on the other.")
    return searched, held


def _leading(coded: list[Coded], problem: Problem, notes: list[str]) -> tuple[list[Coded], Problem]:
    """Of a wide table keep the features whose single conditions tell most about the errors."""
    if len(coded) <= MAX_FEATURES:
        return coded, problem
    pairs = zip(problem.codes, problem.sizes, strict=True)
    strength = [_association(codes, size, problem.wrong) for codes, size in pairs]
    keep = sorted(np.argsort(strength, kind="stable")[-MAX_FEATURES:].tolist())
    notes.append(
        f"Searched among the {MAX_FEATURES} of {len(coded)} features that are most related to the errors."
    )
    codes, sizes = [problem.codes[i] for i in keep], [problem.sizes[i] for i in keep]
    return [coded[i] for i in keep], replace(problem, codes=codes, sizes=sizes)


def _association(codes: np.ndarray, size: int, wrong: np.ndarray) -> float:
    """Chi-squared per degree of freedom of errors by code."""
    rows = np.bincount(codes, minlength=size)
    errors = np.bincount(codes[wrong], minlength=size)
    rate = wrong.mean()
    expected = rows * rate
    seen = rows > 0
    if seen.sum() < 2 or not 0 < rate < 1:
        return 0.0
    chi2 = ((errors - expected)[seen] ** 2 / (expected * (1 - rate))[seen]).sum()
    return float(chi2 / (seen.sum() - 1))


# ---- what was found --------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Described:
    conditions: tuple[Condition, ...]
    score: float
    inside: np.ndarray


def _as_found(found: list[Found], coded: list[Coded]) -> list[_Described]:
    nothing = np.zeros(0, dtype=bool)
    return [
        _Described(tuple(coded[f].conditions[c - 1] for f, c in each.conditions), each.score, nothing)
        for each in found
    ]


def _distinct(found: list[Found], coded: list[Coded], problem: Problem) -> list[_Described]:
    """Join ranges while that improves the score, drop idle conditions, and drop copies of better ones."""
    kept: list[_Described] = []
    widened = [_widened(each, coded, problem) for each in found]
    for each in sorted(widened, key=lambda described: -described.score):
        if each.conditions and not any(_overlap(each.inside, other.inside) > SAME for other in kept):
            kept.append(each)
    return kept


def _overlap(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / max(1, (a | b).sum()))


def _widened(found: Found, coded: list[Coded], problem: Problem) -> _Described:
    chosen = {feature: (code, code) for feature, code in found.conditions}
    for feature, code in found.conditions:
        if code <= coded[feature].ranges:
            others = _inside(problem, {f: ends for f, ends in chosen.items() if f != feature})
            chosen[feature] = _best_range(feature, code, others, coded[feature].ranges, problem)
    for feature in list(chosen):
        without = {f: ends for f, ends in chosen.items() if f != feature}
        # A condition that nearly every row meets says nothing.
        if without and _overlap(_inside(problem, chosen), _inside(problem, without)) > SAME:
            chosen = without
    inside = _inside(problem, chosen)
    rows, errors = np.asarray(inside.sum()), np.asarray((inside & problem.wrong).sum())
    conditions = [_condition(coded[feature], ends) for feature, ends in chosen.items()]
    kept = tuple(each for each in conditions if each is not None)
    return _Described(kept, float(score_of(problem, rows, errors)), inside)


def _inside(problem: Problem, chosen: dict[int, tuple[int, int]]) -> np.ndarray:
    inside = np.ones(problem.n_rows, dtype=bool)
    for feature, (first, last) in chosen.items():
        inside &= (problem.codes[feature] >= first) & (problem.codes[feature] <= last)
    return inside


def _condition(coded: Coded, ends: tuple[int, int]) -> Condition | None:
    first, last = ends
    return coded.conditions[first - 1] if last > coded.ranges else coded.between(first, last)


def _best_range(
    feature: int, code: int, others: np.ndarray, n_ranges: int, problem: Problem
) -> tuple[int, int]:
    """Neighbouring ranges around ``code`` that score highest among the rows of the other conditions."""
    codes, wrong = problem.codes[feature][others], problem.wrong[others]
    rows, errors = _cumulated(codes, n_ranges), _cumulated(codes[wrong], n_ranges)
    firsts, lasts = np.arange(1, code + 1), np.arange(code, n_ranges + 1)
    inside = rows[lasts][None, :] - rows[firsts - 1][:, None]
    failed = errors[lasts][None, :] - errors[firsts - 1][:, None]
    best = int(np.argmax(score_of(problem, inside, failed)))
    return int(firsts[best // len(lasts)]), int(lasts[best % len(lasts)])


def _cumulated(codes: np.ndarray, n_ranges: int) -> np.ndarray:
    """Rows with a code of at most 0, 1, … ``n_ranges``, the rest (code 0) not counted."""
    counts = np.bincount(codes, minlength=n_ranges + 1)[: n_ranges + 1]
    counts[0] = 0
    return np.cumsum(counts)


def _judged(
    found: _Described, table: Table, rows: np.ndarray, wrong: np.ndarray, held: np.ndarray
) -> tuple[Any, ...]:
    each = Slice(found.conditions)
    inside = each.mask(table)[rows]
    count, failed = int(inside.sum()), int((inside & wrong).sum())
    interval = wilson(failed, count)
    rest = (wrong.sum() - failed) / max(1, len(rows) - count)
    there, fails = inside[held], wrong[held]
    held_rows, held_errors = int(there.sum()), int((there & fails).sum())
    # Errors dealt at random over the held rows: how many would fall inside (exact).
    p = float(hypergeom.sf(held_errors - 1, len(held), int(fails.sum()), held_rows)) if held_rows else np.nan
    rate = held_errors / held_rows if held_rows else np.nan
    told = (count, failed, interval.mean, interval.low, interval.high, failed - count * rest, found.score)
    return (each, *told, held_rows, held_errors, rate, p, False)


def _holm(p: np.ndarray) -> np.ndarray:
    """Adjusted p-values (Holm, Scandinavian Journal of Statistics, 1979); NaN stays NaN."""
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    out = p.copy()
    out[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)))
    return out
