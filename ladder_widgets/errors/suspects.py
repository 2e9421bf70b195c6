"""Rows whose label is in doubt: the model is sure of another one, or a like row carries another one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ladder_widgets.errors._rows import ScoredRows
from ladder_widgets.labels import label_array
from ladder_widgets.table import Feature, TableView

__all__ = ["Suspects", "find_suspects"]

#: How many times as likely as its own another label must be: with two classes, a probability of 0.8.
ODDS = 4.0
#: Numbers are alike within this share of their interquartile range.
ALIKE = 0.01
#: Deviations above what is expected from which there is something to look for.
BEYOND_CHANCE = 3.0
_ODD, _MIX = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9


@dataclass(frozen=True, eq=False)
class Suspects:
    """Suspected rows, the most suspect first, with the user's own index.

    Attributes
    ----------
    label_issues : DataFrame
        Columns ``actual, suggested, confidence, self_confidence``: the label given, the one the model
        is sure of, and the probability of each.
    opposite_duplicates : DataFrame
        Columns ``group, actual``: rows of one group are alike and do not agree on the label.
    positions : dict of str to ndarray of int
        Of ``"label-issues"`` and ``"opposite-duplicates"``, in the order of the frames.
    notes : dict of str to str
        What each was compared with, in a sentence.
    beyond_chance : dict of str to bool
        Whether there are more than the model's own probabilities let one expect.
    """

    label_issues: pd.DataFrame
    opposite_duplicates: pd.DataFrame
    positions: dict[str, np.ndarray]
    notes: dict[str, str]
    beyond_chance: dict[str, bool]

    def __repr__(self) -> str:
        return f"{self.notes['label-issues']}\n{self.notes['opposite-duplicates']}"


def find_suspects(errors: ScoredRows) -> Suspects:
    """Look for rows whose label is in doubt; see :meth:`ladder_widgets.ErrorAnalysis.suspects`."""
    labels = label_array(errors.classes)
    rows, note = _counted(errors)
    y, proba = errors.y[rows], errors.scores.proba[rows]
    doubted, suggested, issue_note, many_issues = _label_issues(y, proba, errors.scores.probabilities)
    issues = pd.DataFrame(
        {
            "actual": labels[y[doubted]],
            "suggested": labels[suggested],
            "confidence": proba[doubted, suggested],
            "self_confidence": proba[doubted, y[doubted]],
        },
        index=errors.index[rows[doubted]],
    )
    features = [] if errors.table is None else TableView(errors.table, rows).features()
    alike, group, alike_note, many_alike = _opposite_duplicates(features, y, proba)
    duplicates = pd.DataFrame({"group": group, "actual": labels[y[alike]]}, index=errors.index[rows[alike]])
    return Suspects(
        issues,
        duplicates,
        {"label-issues": errors.where[rows[doubted]], "opposite-duplicates": errors.where[rows[alike]]},
        {"label-issues": issue_note + note, "opposite-duplicates": alike_note + note},
        {"label-issues": many_issues, "opposite-duplicates": many_alike},
    )


def _counted(errors: ScoredRows) -> tuple[np.ndarray, str]:
    """Places of the rows to look at, and what to say of weights: a row of weight 0 stands for no row."""
    if errors.weights is None:
        return np.arange(len(errors.y)), ""
    rows = np.flatnonzero(errors.weights > 0)
    out = len(errors.y) - len(rows)
    lead = f" {out:,} rows of weight 0 are left out, and every other" if out else " Every"
    return rows, f"{lead} row counts once, whatever its weight."


# ---- labels ----------------------------------------------------------------------------------


def _label_issues(
    y: np.ndarray, proba: np.ndarray, probabilities: bool
) -> tuple[np.ndarray, np.ndarray, str, bool]:
    """Confident learning (Northcutt, Jiang & Chuang, JAIR 2021), among labels the model is sure of.

    A row counts for the class j of highest probability among those with at least the mean
    probability that the rows labelled j give to j (the off-diagonal of the confident joint, section
    3.1 there). It is suspect if that is not its own label c, and j is ODDS times as likely as c.
    Ranked by the margin, p(c) − p(j). If the probabilities are right, a correct label is suspect as
    often as such labels come up: the sum of their probabilities is what correct labels would give.
    """
    nobody = np.zeros(0, dtype=np.int64)
    if not probabilities:
        return nobody, nobody, "Suspected labels need probabilities: this model gives none.", False
    rows = np.arange(len(y))
    counts = np.bincount(y, minlength=proba.shape[1])
    own = np.bincount(y, proba[rows, y], minlength=proba.shape[1])
    enough = np.where(counts > 0, own / np.maximum(1, counts), np.inf)
    among = np.where(proba >= enough, proba, 0.0)
    best = among.argmax(axis=1)
    limit = among[rows, best] / ODDS  # of a suspect label; 0 where the model is sure of no class
    found = np.flatnonzero((proba[rows, y] <= limit) & (limit > 0))
    found = found[np.argsort(proba[found, y[found]] - proba[found, best[found]], kind="stable")]
    chance = np.zeros(len(y))
    for column in proba.T:
        chance += np.where((column <= limit) & (limit > 0), column, 0.0)
    expected, spread = float(chance.sum()), float(np.sqrt((chance * (1 - chance)).sum()))
    beyond = len(found) > expected + BEYOND_CHANCE * max(1.0, spread)
    note = (
        f"For {len(found):,} rows the model holds another label to be at least {ODDS:.0f} times as likely; "
        f"{expected:,.0f} would be expected if its probabilities were right and every label correct."
    )
    return found, best[found], note, beyond


# ---- duplicates ------------------------------------------------------------------------------


def _opposite_duplicates(
    features: list[Feature], y: np.ndarray, proba: np.ndarray
) -> tuple[np.ndarray, np.ndarray, str, bool]:
    """Rows that are alike in every feature and do not agree on the label.

    Like rows may well end differently: with probability p for each class, g rows agree with Σ pᵍ.
    The sum over the groups is what correct labels would give.
    """
    nobody = np.zeros(0, dtype=np.int64)
    if not features:
        return nobody, nobody, "Like rows with opposite labels need the rows.", False
    group = _groups(features, len(y))
    sizes = np.bincount(group)
    kinds = np.bincount(_first_of_each(group, y), minlength=len(sizes))
    mixed = kinds > 1
    rows = np.flatnonzero(mixed[group])
    rows = rows[np.argsort(group[rows], kind="stable")]
    several = sizes > 1
    if not several.any():
        return nobody, nobody, "No two rows are alike in every feature.", False
    means = np.column_stack([np.bincount(group, column) / sizes for column in proba.T])[several]
    chance = 1 - (means ** sizes[several][:, None]).sum(axis=1)
    expected, spread = float(chance.sum()), float(np.sqrt((chance * (1 - chance)).sum()))
    beyond = int(mixed.sum()) > expected + BEYOND_CHANCE * max(1.0, spread)
    _, number = np.unique(group[rows], return_inverse=True)
    note = (
        f"{int(mixed.sum()):,} of {int(several.sum()):,} groups of like rows do not agree on the label "
        f"({len(rows):,} rows); {expected:,.0f} would be expected from the model's probabilities."
    )
    return rows, number, note, beyond


def _first_of_each(group: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Group of each distinct pair of group and label."""
    width = int(y.max(initial=0)) + 1
    pairs = np.sort(group.astype(np.int64) * width + y)
    # np.unique would hash them: many times slower with so many, and nothing else could run meanwhile.
    return pairs[np.diff(pairs, prepend=-1) > 0] // width


def _groups(features: list[Feature], n_rows: int) -> np.ndarray:
    """Number the groups of like rows: those that share a cell of one grid, or else of a shifted one.

    A difference smaller than half a cell cannot be cut by both grids in one feature. Rows that
    differ by rounding in many features may still be missed. Only rows alone in their cell look at
    the second grid: to join whatever either grid joins would chain dense rows into one group.
    """
    _, group, sizes = np.unique(_hash(features, n_rows, 0.0), return_inverse=True, return_counts=True)
    alone = sizes[group] == 1
    # In each cell of the second grid a row that has company comes first: who is alone joins it.
    order = np.concatenate([np.flatnonzero(~alone), np.flatnonzero(alone)])
    second = _hash(features, n_rows, 0.5)
    _, first, inverse = np.unique(second[order], return_index=True, return_inverse=True)
    joined = group.copy()
    joined[order] = np.where(alone[order], group[order[first]][inverse], group[order])
    return np.unique(joined, return_inverse=True)[1]


def _hash(features: Iterable[Feature], n_rows: int, offset: float) -> np.ndarray:
    """One 64-bit number per row: equal for equal cells, and by chance for one pair in 10¹⁹."""
    out = np.zeros(n_rows, dtype=np.uint64)
    for feature in features:
        out ^= _cells(feature, offset).view(np.uint64) + np.uint64(_ODD)
        out *= np.uint64(_MIX)
        out ^= out >> np.uint64(31)
    return out


def _cells(feature: Feature, offset: float) -> np.ndarray:
    if feature.kind == "category":
        return feature.codes()[0].astype(np.int64)
    values = feature.numbers()
    finite = values[np.isfinite(values)]
    low, high = np.quantile(finite, [0.25, 0.75]) if finite.size else (0.0, 0.0)
    step = ALIKE * (float(high - low) or float(finite.std() if finite.size else 0.0) or 1.0)
    # Infinite and missing values have cells of their own.
    cells = np.floor(np.clip(values / step + offset, -(2.0**61), 2.0**61))
    return np.where(np.isnan(cells), -(2.0**62), cells).astype(np.int64)
