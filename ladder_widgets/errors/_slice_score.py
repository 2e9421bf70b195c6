"""What a search for subgroups maximises, and how high it can still get in a part of a subgroup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Excess", "Measure", "SliceLine"]


@dataclass(frozen=True)
class Measure:
    """A figure of subgroups of ``n_rows`` rows, of which ``n_errors`` are errors.

    It rises with the errors at equal size, and at equal errors it is monotone in the size. So do the
    bounds hold that cut the search short.
    """

    n_rows: int
    n_errors: int

    def of(self, rows: Any, errors: Any) -> np.ndarray:
        """Return the figure for numbers of rows and of errors, arrays of one shape."""
        raise NotImplementedError

    def bound(self, rows: np.ndarray, errors: np.ndarray, min_rows: int) -> np.ndarray:
        """Return the highest figure of any part that has at least ``min_rows`` rows.

        A part holds at most so many rows and errors. As long as every row of it is an error the figure
        rises with the size; beyond, it is monotone. It peaks where just the errors are left (or the
        fewest rows allowed), or where all rows are kept: the points of Sagadeeva & Boehm, section 3.2,
        for errors that are 0 or 1.
        """
        smallest = np.maximum(errors, min_rows)
        highest = np.maximum(self.of(smallest, errors), self.of(np.maximum(rows, 1), errors))
        return np.where((rows >= min_rows) & (errors > 0), highest, -np.inf)


@dataclass(frozen=True)
class SliceLine(Measure):
    """α (e_S/|S| / (e/n) − 1) − (1 − α) (n/|S| − 1).

    Sagadeeva & Boehm, "SliceLine: Fast, Linear-Algebra-based Slice Finding for ML Model Debugging",
    SIGMOD 2021, equation 1: an error rate above the average counts for a subgroup, a small size against
    it. The whole table scores 0.

    Examples
    --------
    >>> round(float(SliceLine(1000, 100, alpha=0.95).of(200, 40)), 6)
    0.75
    """

    alpha: float

    def of(self, rows: Any, errors: Any) -> np.ndarray:
        """Return the scores."""
        gain = self.alpha * self.n_rows / self.n_errors
        # The formula with |S| as the only denominator: a table of boxes takes three operations.
        return (gain * errors - (1 - self.alpha) * self.n_rows) / rows + (1 - 2 * self.alpha)


@dataclass(frozen=True)
class Excess(Measure):
    """Errors beyond those that there would be at the rate of all other rows.

    Examples
    --------
    >>> float(Excess(1000, 100).of(200, 40))
    25.0
    """

    def of(self, rows: Any, errors: Any) -> np.ndarray:
        """Return the excess errors; those of the whole table are none."""
        others = np.maximum(self.n_rows - rows, 1)
        return np.where(rows < self.n_rows, errors - rows * ((self.n_errors - errors) / others), 0.0)
