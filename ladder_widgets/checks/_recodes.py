"""Labels that were made from a column: a copy, a recode, bins, or a threshold, with a few errors.

A measurement that decides the label does so at a sharp edge in the middle of its values: just beside the edge
labels are as clear as far from it. An honest column, however strong, is undecided there. Of a column with few
values, which has no edges, the other columns tell: given the column they say nothing about the label, while
the column hangs together with them as measurements do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.tree import DecisionTreeClassifier

from ladder_widgets.bins import bin_codes
from ladder_widgets.case import Split
from ladder_widgets.checks._ties import Ties
from ladder_widgets.table import Feature

__all__ = ["Recode", "find_recode"]

MAX_ROWS = 10_000
MIN_ROWS = 100
#: Errors of a recode: share of the rows, and against always answering the commonest class.
MAX_ERRORS, MAX_AGAINST = 0.12, 0.35
#: Distinct values up to which a number is a list of values, and rows that each must have.
FEW_VALUES, ROWS_PER_LEVEL = 12, 5
#: Share of rows on each side that lie beside an edge, and chance of so many of all errors there.
BESIDE, P_GATHERED = (0.025, 0.05, 0.1), 0.002
#: Share of errors that is as good as none.
NONE = 0.002
#: Rows at an edge against those in the middle of its sides, below which it is a gap between two heaps.
VALLEY = 0.12
#: Share of a side at one single value from which the edge is that value.
HEAP = 0.5
#: A tie of the label to another column, given the column it may be made from: few errors make a rare
#: value, for which the tie's own test is too quick.
P_TOLD, EFFECT = 1e-4, 0.01
#: Columns looked at closely.
CANDIDATES = 3


@dataclass(frozen=True, slots=True)
class Recode:
    """A column that the label was made from.

    Attributes
    ----------
    name : str
    errors : float
        Share of rows that the recode gets wrong.
    rule : tuple of (str, int)
        What stands for which code.
    sure : bool
        Whether it is the label that was made from the column; otherwise the column may as well be
        a copy of the label.
    also : tuple of str
        Other columns that give the label as well: the same measurement in another unit.
    """

    name: str
    errors: float
    rule: tuple[tuple[str, int], ...]
    sure: bool
    also: tuple[str, ...] = ()


def find_recode(split: Split, y: np.ndarray, n_classes: int, rows: np.ndarray | None = None) -> Recode | None:
    """Return the column that the labels of a split were made from; None if there is none.

    Parameters
    ----------
    split : Split
    y : ndarray of shape (n_rows,)
        Codes of all its rows.
    n_classes : int
    rows : ndarray, optional
        Rows to look at; every one by default.
    """
    rows = np.arange(split.n_rows) if rows is None else rows
    if len(rows) > MAX_ROWS:
        rows = rows[np.linspace(0, len(rows) - 1, MAX_ROWS).astype(np.int64)]
    if len(rows) < MIN_ROWS:
        return None
    y = y[rows]
    base = 1 - float(np.bincount(y).max()) / len(y)
    features = split.table.features()
    rough = [(_rough_errors(feature, rows, y, n_classes), place) for place, feature in enumerate(features)]
    near = sorted(one for one in rough if one[0] <= min(MAX_ERRORS, 1.5 * MAX_AGAINST * base))
    found = []
    for _, place in near[:CANDIDATES]:
        recode = _examine(features, features[place], rows, y, n_classes, base)
        if recode is not None:
            found.append(recode)
    if not found:
        return None
    best = min(found, key=lambda one: (not one.sure, one.errors))
    also = [one.name for one in found if one is not best and one.errors <= best.errors + NONE]
    return replace(best, also=tuple(also))


def _rough_errors(feature: Feature, rows: np.ndarray, y: np.ndarray, n_classes: int) -> float:
    codes, n_bins = bin_codes(feature, rows)
    counts = np.bincount(codes * n_classes + y, minlength=n_bins * n_classes).reshape(n_bins, n_classes)
    n_used = int(np.count_nonzero(counts.sum(axis=1)))
    if n_used * ROWS_PER_LEVEL > len(y):
        return 1.0
    return 1 - float(counts.max(axis=1).sum()) / len(y)


def _examine(
    features: list[Feature], feature: Feature, rows: np.ndarray, y: np.ndarray, n_classes: int, base: float
) -> Recode | None:
    if feature.kind != "category":
        values = feature.numbers()[rows]
        if len(np.unique(values[~np.isnan(values)])) > FEW_VALUES:
            return _threshold(features, feature, values, rows, y, n_classes, base)
    return _listed(features, feature, rows, y, n_classes, base)


# ---- few values ------------------------------------------------------------------------------


def _listed(
    features: list[Feature], feature: Feature, rows: np.ndarray, y: np.ndarray, n_classes: int, base: float
) -> Recode | None:
    codes, names = _levels(feature, rows)
    counts = np.bincount(codes * n_classes + y, minlength=len(names) * n_classes)
    counts = counts.reshape(len(names), n_classes)
    answer = counts.argmax(axis=1)
    errors = 1 - float(counts.max(axis=1).sum()) / len(y)
    if errors > min(MAX_ERRORS, MAX_AGAINST * base) or len(np.unique(answer[counts.sum(axis=1) > 0])) < 2:
        return None
    others = [one for one in features if one.name != feature.name]
    natural = _natural(features, feature, rows, y, n_classes)
    if errors == 0:
        one_to_one = len(names) == len(np.unique(y))
        if not one_to_one and not natural:
            return None  # several values for each label, and nothing to do with other columns: a leak
        sure = not one_to_one
    else:
        label = Feature("label", None, pd.Series(y).astype(str))
        ties = _label_ties(label, others, rows, codes, len(names))
        between = ties.between("label")
        if between and between[0].effect >= EFFECT and between[0].p * len(between) < P_TOLD:
            return None  # given the column, others still tell the label: the column is not all of it
        sure = natural
    rule = tuple((str(name), int(code)) for name, code in zip(names, answer, strict=True))
    return Recode(feature.name, errors, rule, sure)


def _label_ties(
    label: Feature, others: list[Feature], rows: np.ndarray, codes: np.ndarray, n_codes: int
) -> Ties:
    """Ties within the values of a column, the label among the other columns."""
    taken = [Feature(one.name, one.key, one.series.iloc[rows].reset_index(drop=True)) for one in others]
    return Ties([label, *taken], np.arange(len(rows)), codes, n_codes)


def _natural(
    features: list[Feature], feature: Feature, rows: np.ndarray, y: np.ndarray, n_classes: int
) -> bool:
    """Whether the column hangs together with others within the labels, as measurements do."""
    ties = Ties(features, rows, y, n_classes)
    return ties.tied(ties.between(feature.name))


def _levels(feature: Feature, rows: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Codes of the values of some rows, missing a value of its own, and what each is called."""
    if feature.kind == "category":
        every, names = feature.codes()
        used, codes = np.unique(every[rows], return_inverse=True)
        return codes.reshape(-1), ["missing" if one < 0 else names[one] for one in used]
    values, codes = np.unique(feature.numbers()[rows], return_inverse=True)
    return codes.reshape(-1), ["missing" if np.isnan(one) else f"{one:.10g}" for one in values]


# ---- a number --------------------------------------------------------------------------------


def _threshold(
    features: list[Feature],
    feature: Feature,
    values: np.ndarray,
    rows: np.ndarray,
    y: np.ndarray,
    n_classes: int,
    base: float,
) -> Recode | None:
    there = np.isfinite(values)
    if there.mean() < 0.5:
        return None
    values, y, rows = values[there], y[there], rows[there]
    least = max(10, int(0.01 * len(y)))
    tree = DecisionTreeClassifier(max_leaf_nodes=min(24, 3 * n_classes + 2), min_samples_leaf=least)
    tree.fit(values[:, None], y)
    predicted = tree.predict(values[:, None])
    wrong = predicted != y
    errors = float(wrong.mean())
    if errors > min(MAX_ERRORS, MAX_AGAINST * base):
        return None
    order = np.argsort(values, kind="stable")
    ranked, said = values[order], predicted[order]
    edges = np.flatnonzero(said[1:] != said[:-1]) + 1  # first row of each new side
    if not edges.size or len(edges) > n_classes:
        return None
    if not _sharp(wrong[order], edges) or _valley(ranked, edges):
        return None
    if _at_heap(ranked, edges) and not _natural(features, feature, rows, y, n_classes):
        return None
    return Recode(feature.name, errors, _rule(ranked, said, edges), sure=True)


def _sharp(wrong: np.ndarray, edges: np.ndarray) -> bool:
    """Whether labels are as clear beside the edges as far from them: errors do not gather there."""
    total = int(wrong.sum())
    told = total <= NONE * len(wrong)  # next to none: nothing can gather
    for share in BESIDE:
        reach = max(10, int(share * len(wrong)))
        beside = np.zeros(len(wrong), dtype=bool)
        for edge in edges:
            beside[max(0, edge - reach) : edge + reach] = True
        told |= float(beside.mean()) ** total < P_GATHERED
        gathered = int(wrong[beside].sum())
        if gathered and stats.binom.sf(gathered - 1, total, float(beside.mean())) < P_GATHERED:
            return False
    return told  # or else too few rows to say where the errors are


def _valley(ranked: np.ndarray, edges: np.ndarray) -> bool:
    """Whether an edge lies where values are far rarer than within its sides."""
    bounds = [0, *edges, len(ranked)]
    width = 0.05 * float(np.quantile(ranked, 0.95) - np.quantile(ranked, 0.05))
    # Whole numbers have empty places between them: look two steps to each side.
    width = max(width, 2 * float(np.median(np.diff(np.unique(ranked)))))
    for place in range(1, len(bounds) - 1):
        first, edge, last = bounds[place - 1], bounds[place], bounds[place + 1]
        at = (ranked[edge - 1] + ranked[edge]) / 2
        middles = [float(np.median(ranked[first:edge])), float(np.median(ranked[edge:last]))]
        usual = min(_within(ranked, middle, width) for middle in middles)
        if _within(ranked, at, width) < VALLEY * usual:
            return True
    return False


def _within(ranked: np.ndarray, at: float, width: float) -> int:
    low, high = np.searchsorted(ranked, [at - width, at + width], side="left")
    return int(high - low)


def _at_heap(ranked: np.ndarray, edges: np.ndarray) -> bool:
    """Whether a side of an edge is mostly one single value (nothing, zero, the maximum)."""
    for side in np.split(ranked, edges):
        _, counts = np.unique(side, return_counts=True)
        if counts.max() >= HEAP * len(side) and len(side) >= 0.02 * len(ranked):
            return True
    return False


def _rule(ranked: np.ndarray, said: np.ndarray, edges: np.ndarray) -> tuple[tuple[str, int], ...]:
    cuts = [(ranked[edge - 1] + ranked[edge]) / 2 for edge in edges]
    starts = [0, *edges]
    names = [f"below {cuts[0]:.6g}", *(f"from {cut:.6g}" for cut in cuts)]
    return tuple((name, int(said[start])) for name, start in zip(names, starts, strict=True))
