"""The labels themselves: those the model does not know, and the same label written in two ways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from ladder_widgets.case import Case
from ladder_widgets.labels import plain

__all__ = ["Unknown", "spelt_twice", "unknown_labels"]

#: Chance of new labels where training has labels of one row (Good and Turing).
P_NATURAL = 0.01


@dataclass(frozen=True, slots=True)
class Unknown:
    """A label that the model cannot answer."""

    split: str
    label: Any
    rows: int
    share: float
    like: Any = None


def unknown_labels(case: Case) -> list[Unknown]:
    """Return labels of each split that the model has no column for, beyond a few rare ones."""
    known = case.classes[: len(case.classes) - len(case.unknown_labels)]
    found = []
    for split in case.splits:
        counts = np.bincount(case.y(split)[case.y(split) >= 0], minlength=len(case.classes))
        for code in range(len(known), len(case.classes)):
            if counts[code]:
                label = case.classes[code]
                share = counts[code] / split.n_rows
                found.append(Unknown(split.name, label, int(counts[code]), share, _alike(label, known)))
    return [] if _natural(case, found) else found


def _natural(case: Case, found: list[Unknown]) -> bool:
    """Whether training holds labels of one row, so that new ones are to be expected."""
    if case.train is None or any(one.like is not None or one.split == "train" for one in found):
        return False
    alone = int(np.count_nonzero(np.bincount(case.y(case.train)) == 1))
    new = max((one.rows for one in found), default=0)
    later = max(split.n_rows for split in case.splits[1:])
    return alone > 0 and float(stats.poisson.sf(new - 1, alone * later / case.train.n_rows)) > P_NATURAL


def _alike(label: Any, known: list[Any]) -> Any:
    return next((other for other in known if _plain(other) == _plain(label)), None)


def spelt_twice(case: Case) -> list[tuple[Any, Any]]:
    """Return pairs of labels that differ only in case, in spaces, or in being a number or its text."""
    seen: dict[str, Any] = {}
    pairs = []
    for label in case.classes:
        key = _plain(label)
        if key in seen and not _one_letter(label, seen[key]):
            pairs.append((seen[key], label))
        seen.setdefault(key, label)
    return pairs


def _plain(label: Any) -> str:
    label = plain(label)
    if isinstance(label, bool):
        label = int(label)
    if isinstance(label, float) and label.is_integer():
        label = int(label)
    text = " ".join(str(label).casefold().split())
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if np.isfinite(number) and number.is_integer() else str(number)


def _one_letter(first: Any, second: Any) -> bool:
    """Letters may be classes of their own, as in "a" and "A"."""
    return len(str(first)) == 1 and len(str(second)) == 1 and str(first) != str(second)
