"""Kinds of errors: how sure the model was of them, and whether its own probabilities predict them."""

from __future__ import annotations

from math import isnan, sqrt
from typing import Literal

from scipy.special import erfc

from ladder_widgets.errors._expected import Expected

__all__ = ["FEW", "SURE", "UNSURE", "Verdict", "judge", "reading"]

#: Below: the model is unsure. From ``SURE`` on it is sure of itself.
UNSURE, SURE = 0.6, 0.8
#: Fewer errors of a kind than this say little.
FEW = 10
#: Errors beyond what is expected: how many times as many, and how likely by chance over all kinds of errors.
MORE, BY_CHANCE = 1.25, 0.005

Verdict = Literal["few", "unknown", "sure", "more", "as expected"]


def judge(rows: float, sure: float, expected: Expected, expected_sure: Expected, n_kinds: int) -> Verdict:
    """Say whether errors are those that the model's own probabilities predict.

    Parameters
    ----------
    rows, sure : float
        How many they are, and of how many of them the model is sure.
    expected, expected_sure : Expected
        How many of both there would be if its probabilities were right; NaN where that is not known.
    n_kinds : int
        Kinds of errors that are looked at: one of many is more easily exceeded by chance.

    Returns
    -------
    {"few", "unknown", "sure", "more", "as expected"}
        ``"sure"``: more errors of which the model is sure than there would be; ``"more"``: more errors.
    """
    if rows < FEW:
        return "few"
    if isnan(expected.rows):
        return "unknown"
    if sure >= FEW and _exceeds(sure, expected_sure, n_kinds):
        return "sure"
    return "more" if _exceeds(rows, expected, n_kinds) else "as expected"


def _exceeds(rows: float, expected: Expected, n_kinds: int) -> bool:
    z = (rows - expected.rows) / max(1.0, sqrt(expected.variance))
    return rows > MORE * expected.rows and float(erfc(z / sqrt(2))) / 2 * n_kinds <= BY_CHANCE


def reading(verdict: Verdict, unsure: float, sure: float) -> str:
    """Say what the confidence of some errors means.

    Parameters
    ----------
    verdict : {"few", "unknown", "sure", "more", "as expected"}
        Of :func:`judge`.
    unsure, sure : float
        Share of them with a confidence below 0.6, and of at least 0.8.

    Examples
    --------
    >>> reading("sure", 0.1, 0.7)
    'sure and wrong more often than its probabilities allow: systematic, look for what they share'
    >>> reading("as expected", 0.1, 0.7)
    'as its own probabilities predict, mostly sure: more data or better features may help'
    """
    mostly = "mostly sure" if sure >= 0.5 else "mostly unsure" if unsure >= 0.5 else "some sure, some unsure"
    return {
        "few": "too few to say",
        "unknown": mostly,
        "sure": "sure and wrong more often than its probabilities allow: "
        "systematic, look for what they share",
        "more": f"more than its probabilities allow, {mostly}: look at the calibration",
        "as expected": f"as its own probabilities predict, {mostly}: more data or better features may help",
    }[verdict]
