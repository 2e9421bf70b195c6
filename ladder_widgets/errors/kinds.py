"""Kinds of errors: how often each confusion happens, and how sure the model was of it."""

from __future__ import annotations

__all__ = ["FEW", "SURE", "UNSURE", "reading"]

#: Below: the model is unsure. From ``SURE`` on it is sure of itself.
UNSURE, SURE = 0.6, 0.8
#: Fewer errors of a kind than this say little.
FEW = 10


def reading(rows: float, unsure: float, sure: float) -> str:
    """Say what the confidence of some errors means.

    Parameters
    ----------
    rows : float
        How many they are.
    unsure, sure : float
        Share of them with a confidence below 0.6, and of at least 0.8.

    Examples
    --------
    >>> reading(40, 0.1, 0.7)
    'mostly sure: systematic, look for what they share'
    """
    if rows < FEW:
        return "too few to say"
    if sure >= 0.5:
        return "mostly sure: systematic, look for what they share"
    if unsure >= 0.5:
        return "mostly unsure: more data or better features may help"
    return "mixed: some sure, some unsure"
