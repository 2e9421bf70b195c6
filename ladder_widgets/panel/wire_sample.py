"""A sample of rows that travels with the HTML page, when somebody asks for it (see README.md here)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ladder_widgets.errors import ErrorAnalysis
from ladder_widgets.panel.wire_rows import PICKS, table_of
from ladder_widgets.plain import to_plain
from ladder_widgets.validation import whole

__all__ = ["pack_sample"]

#: Rows that a page may hold, at most.
MAX_ROWS = 20_000


def pack_sample(errors: ErrorAnalysis, n_rows: int, random_state: int = 0) -> dict[str, Any] | None:
    """Return rows with what a page needs to filter them by itself; None for no rows.

    Up to half of them are errors: they are what readers come for. The rest are right.

    Raises
    ------
    ValueError
        If ``n_rows`` is negative or above 20,000.
    """
    whole("rows", n_rows, 0, MAX_ROWS)
    if not n_rows or errors.table is None:
        return None
    wrong = errors.predicted() != errors.y
    positions = _sample(wrong, n_rows, np.random.default_rng(random_state))
    place = {position: index for index, position in enumerate(positions.tolist())}
    suspects = errors.suspects()
    slices = [errors.within(each).where for each in errors.leading_slices["slice"]]
    return to_plain(
        {
            **table_of(errors, positions, None),
            "positions": positions,
            "x": errors.x[positions],
            "actual": errors.y[positions],
            "predicted": None if errors.binary else errors.predicted()[positions],
            "picks": {pick: _places(place, suspects.positions[pick]) for pick in PICKS},
            "slices": [_places(place, rows) for rows in slices],
            "note": _note(wrong, positions),
        }
    )


def _sample(wrong: np.ndarray, n_rows: int, rng: np.random.Generator) -> np.ndarray:
    errors, right = rng.permutation(np.flatnonzero(wrong)), rng.permutation(np.flatnonzero(~wrong))
    n_errors = min(len(errors), max(n_rows // 2, n_rows - len(right)))
    return np.sort(np.concatenate([errors[:n_errors], right[: n_rows - n_errors]]))


def _places(place: dict[int, int], positions: np.ndarray) -> list[int]:
    return [place[position] for position in positions.tolist() if position in place]


def _note(wrong: np.ndarray, positions: np.ndarray) -> str:
    taken, errors = len(positions), int(wrong[positions].sum())
    if taken == len(wrong):
        return ""
    return (
        f"This page holds a random sample of {taken:,} of {len(wrong):,} rows: {errors:,} of "
        f"{int(wrong.sum()):,} errors and {taken - errors:,} of {int((~wrong).sum()):,} right answers."
    )
