"""Whether labelled rows are like the unlabelled rows of the same days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ladder_widgets.monitor.truth import Truth
from ladder_widgets.table import Feature

__all__ = ["Gap", "coverage_gap", "gap_of_counts", "score_gaps", "segment_gaps"]

#: Rows a group needs.
FEW = 8
#: Levels of a column that are looked at.
LEVELS = 12


@dataclass(frozen=True)
class Gap:
    """How much oftener the rows of a group are labelled than other rows of the same days.

    Attributes
    ----------
    words : str
        "a score in the upper half".
    column : str or None
    inside, outside : float
        Share with a label, where both kinds of row and both outcomes are there; the outside is
        weighted to the days of the inside.
    rows : int
        Rows of the days compared.
    z, p : float
        Of the Cochran-Mantel-Haenszel test, with its continuity correction.
    """

    words: str
    column: str | None
    inside: float
    outside: float
    rows: int
    z: float
    p: float

    @property
    def points(self) -> float:
        """Difference of the two shares."""
        return self.inside - self.outside


def coverage_gap(
    labelled: np.ndarray, group: np.ndarray, strata: np.ndarray, words: str = "", column: str | None = None
) -> Gap:
    """Compare the coverage inside and outside a group, within strata (Mantel & Haenszel, JNCI 22, 1959).

    Parameters
    ----------
    labelled, group : ndarray of bool of shape (n_rows,)
    strata : ndarray of int of shape (n_rows,)
        Rows are only compared with others of the same number.
    """
    size = np.bincount(strata).astype(float)
    inside = np.bincount(strata, weights=group, minlength=len(size))
    hits = np.bincount(strata, weights=labelled, minlength=len(size))
    both = np.bincount(strata, weights=labelled & group, minlength=len(size))
    return gap_of_counts(size, inside, hits, both, words, column)


def gap_of_counts(
    size: np.ndarray,
    inside: np.ndarray,
    hits: np.ndarray,
    both: np.ndarray,
    words: str = "",
    column: str | None = None,
) -> Gap:
    """Do the same from the counts of each stratum, each of shape (n_strata,).

    Parameters
    ----------
    size, inside, hits, both : ndarray
        Rows: all, those of the group, those with a label, those of the group with a label.

    Examples
    --------
    >>> gap = gap_of_counts(*(np.array([float(n)]) for n in (200, 100, 60, 45)))
    >>> round(gap.inside, 2), round(gap.outside, 2), gap.p < 0.001
    (0.45, 0.15, True)
    """
    telling = (inside > 0) & (inside < size) & (hits > 0) & (hits < size)
    if not telling.any():
        return Gap(words, column, np.nan, np.nan, 0, 0.0, 1.0)
    n, g, h, b = size[telling], inside[telling], hits[telling], both[telling]
    expected = g * h / n
    spread = g * (n - g) * h * (n - h) / (n * n * np.maximum(n - 1, 1))
    surplus = float((b - expected).sum())
    total = float(np.sqrt(spread.sum()))
    z = np.sign(surplus) * max(0.0, abs(surplus) - 0.5) / total if total > 0 else 0.0
    weight = g * (n - g) / n
    difference = float((weight * (b / g - (h - b) / (n - g))).sum() / weight.sum())
    own = float((weight * b / g).sum() / weight.sum())
    return Gap(words, column, own, own - difference, int(n.sum()), float(z), 2 * float(stats.norm.sf(abs(z))))


def score_gaps(
    truth: Truth, score: np.ndarray, decided: np.ndarray | None = None, words: str = "a score"
) -> list[Gap]:
    """Compare the coverage of high and low scores, and of rows decided one way, the surest gap first."""
    found = list(_cuts(truth, score, words, None))
    if decided is not None and FEW <= decided.sum() <= len(decided) - FEW:
        found.append(coverage_gap(truth.labelled, decided, truth.strata, "a positive prediction"))
    return _surest(found)


def segment_gaps(truth: Truth, features: list[Feature], rows: np.ndarray) -> list[Gap]:
    """Compare the coverage of the parts of every column, the surest gap first.

    Parameters
    ----------
    truth : Truth
        Of ``rows`` only.
    features : list of Feature
    rows : ndarray
        Positions in the features' columns.
    """
    found: list[Gap] = []
    for feature in features:
        missing = feature.missing[rows]
        if FEW <= missing.sum() <= len(rows) - FEW:
            words = f"{feature.name!r} missing"
            found.append(coverage_gap(truth.labelled, missing, truth.strata, words, feature.name))
        if feature.kind in ("category", "boolean"):
            found += _levels(truth, feature, rows)
        else:
            values = feature.numbers()[rows]
            found += _cuts(truth, values, repr(feature.name), feature.name)
    return _surest(found)


def _surest(gaps: list[Gap]) -> list[Gap]:
    """Sort by p, corrected for how many were looked at (Bonferroni)."""
    corrected = [
        Gap(g.words, g.column, g.inside, g.outside, g.rows, g.z, min(1.0, g.p * len(gaps))) for g in gaps
    ]
    return sorted(corrected, key=lambda gap: (gap.p, -abs(gap.z)))


def _cuts(truth: Truth, values: np.ndarray, words: str, column: str | None) -> Iterator[Gap]:
    there = np.isfinite(values)
    if there.sum() < 4 * FEW:
        return
    cuts = np.unique(np.quantile(values[there], (0.5, 0.8, 0.2)))
    for cut in cuts:
        above = values[there] > cut
        if FEW <= above.sum() <= there.sum() - FEW:
            yield coverage_gap(
                truth.labelled[there], above, truth.strata[there], f"{words} above {cut:.4g}", column
            )


def _levels(truth: Truth, feature: Feature, rows: np.ndarray) -> Iterator[Gap]:
    codes, levels = feature.codes()
    mine = codes[rows]
    counts = np.bincount(mine[mine >= 0], minlength=len(levels))
    for level in np.argsort(-counts, kind="stable")[:LEVELS]:
        if FEW <= counts[level] <= len(rows) - FEW:
            words = f"{feature.name!r} = {levels[level][:60]!r}"
            yield coverage_gap(truth.labelled, mine == level, truth.strata, words, feature.name)
