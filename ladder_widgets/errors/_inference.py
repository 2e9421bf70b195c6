"""Two sides of one signal compared from their sums alone; `js/src/inference.ts` computes the same.

Cells may hold two rows or two million, and values may have heavy tails, so the tests are those that
hold their level there: Fisher's exact test of shares, and of means the more cautious of Welch's and
of Student's.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import special

__all__ = ["Compared", "Sides", "compare_means", "compare_shares", "fisher"]

#: Variance of the hits from which on the normal distribution (with its correction for continuity) will do.
LARGE = 1000.0
#: Of a normal distribution, two-sided 95 %.
Z = 1.96


class Sides(NamedTuple):
    """Of both sides of some signals, arrays of shape (n_signals,) each.

    ``n`` are rows (with weights effective numbers of rows), ``m`` means or shares, ``v`` variances
    (ddof 1), ``e`` the means that are expected (NaN where nothing is); 1 is the cell, 0 what it is
    held against.
    """

    n1: np.ndarray
    m1: np.ndarray
    v1: np.ndarray
    n0: np.ndarray
    m0: np.ndarray
    v0: np.ndarray
    e1: np.ndarray
    e0: np.ndarray


class Compared(NamedTuple):
    """Effect with its 95 % interval and p-value; the effect expected, and the p-value of what is beyond."""

    difference: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray
    expected: np.ndarray
    p_beyond: np.ndarray


def compare_shares(sides: Sides) -> Compared:
    """Compare shares: Cohen's h, its interval by Newcombe's method, Fisher's exact test.

    h = 2 asin √p₁ − 2 asin √p₀ (Cohen, Statistical Power Analysis, 1988) is in deviations where
    shares are about a half, and stays finite where one is 0 or 1: 100 % against 0 % is π. The ends
    are put together from Wilson's intervals of both shares (Newcombe, Statistics in Medicine 17,
    1998).
    """
    n1, p1, _, n0, p0, _, e1, e0 = sides
    h = _angle(p1) - _angle(p0)
    (low1, high1), (low0, high0) = _wilson(p1, n1), _wilson(p0, n0)
    low = h - np.hypot(_angle(p1) - _angle(low1), _angle(high0) - _angle(p0))
    high = h + np.hypot(_angle(high1) - _angle(p1), _angle(p0) - _angle(low0))
    expected = _angle(e1) - _angle(e0)
    beyond = special.erfc(np.abs(h - expected) / np.sqrt(2 * (1 / n1 + 1 / n0)))
    whole1, whole0 = np.floor(n1 + 0.5), np.floor(n0 + 0.5)
    p = fisher(np.floor(p1 * whole1 + 0.5), whole1, np.floor(p0 * whole0 + 0.5), whole0)
    return Compared(h, low, high, p, expected, beyond)


def _angle(share: np.ndarray) -> np.ndarray:
    return np.asarray(2 * np.arcsin(np.sqrt(np.clip(share, 0, 1))))


def _wilson(share: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's 95 % interval of shares (JASA 22, 1927)."""
    grown = 1 + Z**2 / n
    centre = (share + Z**2 / (2 * n)) / grown
    half = Z / grown * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    # An end may not cross the share itself by rounding.
    return np.minimum(centre - half, share), np.maximum(centre + half, share)


def fisher(hits1: np.ndarray, n1: np.ndarray, hits0: np.ndarray, n0: np.ndarray) -> np.ndarray:
    """Return Fisher's exact p-values, two-sided: twice the tail on the side that is observed.

    Parameters
    ----------
    hits1, n1, hits0, n0 : ndarray of shape (n_tests,)
        Whole numbers: hits and rows of both sides.

    Examples
    --------
    >>> three = np.array([3.0])
    >>> round(float(fisher(three, three, 0 * three, three)[0]), 6)  # 2 of 20 ways to deal three hits
    0.1
    """
    fewer = hits1 * n0 < hits0 * n1
    a, b = np.where(fewer, n1 - hits1, hits1), np.where(fewer, n0 - hits0, hits0)
    hits, rows = a + b, n1 + n0
    mean = n1 * hits / rows
    variance = mean * (1 - hits / rows) * n0 / np.maximum(1, rows - 1)
    z = np.maximum(0, a - mean - 0.5) / np.sqrt(np.maximum(variance, 1e-300))
    p = special.erfc(z / np.sqrt(2))
    exact = variance <= LARGE
    p[exact] = np.minimum(1, 2 * _tail(a[exact], n1[exact], hits[exact], rows[exact]))
    return np.asarray(p)


def _tail(least: np.ndarray, drawn: np.ndarray, hits: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """P(at least so many hits among the rows drawn): the first term, and each next one from the last."""

    def ways(n: np.ndarray, k: np.ndarray) -> np.ndarray:
        return np.asarray(special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1))

    term = np.exp(ways(hits, least) + ways(rows - hits, drawn - least) - ways(rows, drawn))
    total, k = term.copy(), least.copy()
    while (term > 1e-17 * total).any():
        term = term * (hits - k) * (drawn - k) / ((k + 1) * (rows - hits - drawn + k + 1))
        total += term
        k += 1
    return total


def compare_means(sides: Sides) -> Compared:
    """Compare means: their difference over the pooled deviation, with the more cautious of two t tests.

    Welch's (Biometrika 34, 1947) does not let a single far value in a small cell pass for a
    difference; Student's, whose deviation is mostly that of the larger side, does not trust a small
    cell whose few values happen to lie close together. No p-value is below that of the most telling
    of all ways to deal the rows to the two sides, nor, where one side is constant, below what
    Cantelli's inequality leaves to so many rows beyond their value: for a number that is 0 or 1 that
    is the chance itself. The interval is as wide as the wider of the two,
    with d²/2(n₁ + n₀) for the deviation being an estimate (Hedges & Olkin, 1985).
    """
    n1, m1, v1, n0, m0, v0, e1, e0 = sides
    rows = n1 + n0
    pooled2 = ((n1 - 1) * v1 + (n0 - 1) * v0) / (rows - 2)
    part1, part0 = v1 / n1, v0 / n0
    freedom = (part1 + part0) ** 2 / (part1**2 / (n1 - 1) + part0**2 / (n0 - 1))
    tests = [(part1 + part0, freedom), (pooled2 * (1 / n1 + 1 / n0), rows - 2)]

    def p_of(gap: np.ndarray) -> np.ndarray:
        p = [2 * special.stdtr(df, -np.abs(gap) / np.sqrt(square)) for square, df in tests]
        return np.asarray(np.maximum(np.maximum(*p), least))

    least = np.exp(np.log(2) + special.gammaln(n1 + 1) + special.gammaln(n0 + 1) - special.gammaln(rows + 1))
    for fixed, n, spread in ((v1 == 0, n1, v0), (v0 == 0, n0, v1)):
        alike = 2 * (1 + (m1 - m0) ** 2 / np.maximum(spread, 1e-300)) ** -n
        least = np.maximum(least, np.where(fixed, alike, 0))
    d, expected = (m1 - m0) / np.sqrt(pooled2), (e1 - e0) / np.sqrt(pooled2)
    estimated = d**2 / (2 * rows)
    half = [special.stdtrit(df, 0.975) * np.sqrt(square / pooled2 + estimated) for square, df in tests]
    wide = np.maximum(*half)
    return Compared(d, d - wide, d + wide, np.minimum(1, p_of(m1 - m0)), expected, p_of(m1 - m0 - (e1 - e0)))
