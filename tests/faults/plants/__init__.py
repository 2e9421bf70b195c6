"""Faults to plant in a clean case, each at two strengths, and cases that only look guilty.

A plant takes a clean :class:`~tests.faults.tables.Data` and returns a faulty case, with the columns a
finding must name, or None where a table has no room for it.
"""

from tests.faults.plants import alignment, data, evaluation, leaks, model, model_kinds, serving, truth
from tests.faults.plants.base import OBVIOUS, PLANTS, SUBTLE, Planted
from tests.faults.plants.clean import clean, hard_clean

__all__ = [
    "OBVIOUS",
    "PLANTS",
    "SUBTLE",
    "Planted",
    "alignment",
    "clean",
    "data",
    "evaluation",
    "hard_clean",
    "leaks",
    "model",
    "model_kinds",
    "serving",
    "truth",
]
