"""What serving did to a column, in one shape for every way of finding it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Skew"]


@dataclass(frozen=True, slots=True)
class Skew:
    """A column that production prepares in another way.

    Attributes
    ----------
    columns : tuple of str
        The column; two where they stand in each other's place.
    words : str
        What was done, to follow "production holds".
    undo : str or None
        Python that turns the production column ``x`` back, where that is possible.
    share : float
        Share of the production rows it was done to.
    before, after : float
        Distance to training (Kolmogorov–Smirnov, or half the sum of differences of shares) as it is, and
        once the transformation is taken into account.
    sure : bool
        Whether no drift could look like it. Otherwise the column counts as drift as well.
    kind : str
        ``number``, ``words``, ``missing``, ``coarse`` or ``place``.
    """

    columns: tuple[str, ...]
    words: str
    undo: str | None
    share: float
    before: float
    after: float
    sure: bool = True
    kind: str = "number"
