"""The numeric columns of all splits, as they were handed over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ladder_widgets.case import Case

__all__ = ["NumberColumn", "number_columns"]


@dataclass(frozen=True, eq=False)
class NumberColumn:
    """One numeric column, split by split, infinity left out as if missing."""

    name: str
    parts: dict[str, np.ndarray]

    def values(self, splits: Sequence[str]) -> np.ndarray:
        """Return the values of some splits without the gaps."""
        joined = np.concatenate([self.parts[name] for name in splits])
        return joined[np.isfinite(joined)]

    def gaps(self, splits: Sequence[str]) -> int:
        """Count the gaps of some splits."""
        return int(sum((~np.isfinite(self.parts[name])).sum() for name in splits))


def number_columns(case: Case) -> Iterator[NumberColumn]:
    """Yield the columns that hold numbers in every split, by the names they share."""
    shared = set.intersection(*(set(split.table.names) for split in case.splits))
    for name in case.reference.table.names:
        if name not in shared:
            continue
        features = {split.name: split.table.feature(name) for split in case.splits}
        if {feature.kind for feature in features.values()} == {"number"}:
            yield NumberColumn(name, {split: feature.numbers() for split, feature in features.items()})
