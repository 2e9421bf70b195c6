"""Categories that an encoder does not know."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

import numpy as np

from ladder_widgets.replaying.cells import Cells, is_missing
from ladder_widgets.validation import shown

__all__ = ["categories_of", "listed", "near", "unknown_categories"]


def categories_of(estimator: Any, cells: Cells) -> list[tuple[Any, Any, list[Any]]]:
    """Return column, value and known categories for each column of an encoder; nothing for other steps."""
    known = getattr(estimator, "categories_", None)
    if not isinstance(known, list) or len(known) != len(cells.values):
        return []
    return [
        (name, value, list(levels))
        for name, value, levels in zip(cells.names, cells.values, known, strict=True)
        if isinstance(levels, np.ndarray)
    ]


def unknown_categories(estimator: Any, cells: Cells) -> list[tuple[Any, Any, list[Any]]]:
    """Return the columns of an encoder whose value is not among its categories."""
    return [each for each in categories_of(estimator, cells) if not _known(each[1], each[2])]


def _known(value: Any, levels: list[Any]) -> bool:
    if is_missing(value):
        return any(is_missing(level) for level in levels)
    try:
        return any(bool(level == value) for level in levels)
    except (TypeError, ValueError):
        return False


def near(value: Any, known: list[Any]) -> Any:
    """Return the category that a value is but for case and blanks, or nearly is."""
    if not isinstance(value, str):
        return next((level for level in known if str(level) == str(value)), None)
    plain = value.strip().casefold()
    texts = [level for level in known if isinstance(level, str)]
    same = [level for level in texts if level.strip().casefold() == plain]
    return same[0] if same else next(iter(get_close_matches(value, texts, 1, 0.8)), None)


def listed(known: list[Any]) -> str:
    """Return the first categories as text."""
    return ", ".join(shown(level, 30) for level in known[:8]) + (", …" if len(known) > 8 else "")
