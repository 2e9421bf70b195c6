"""The error cube of rows elsewhere, as one aggregate per group × bin that the engine computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ladder_widgets.errors._scan_axis import scan_axis, with_bins
from ladder_widgets.errors._scan_columns import kind_of, number
from ladder_widgets.errors._scan_roles import Roles, scored
from ladder_widgets.errors._scan_source import Source
from ladder_widgets.errors._scan_sums import LevelScan, NumberScan, top_levels
from ladder_widgets.errors.axis import Axis
from ladder_widgets.errors.cube import Cube
from ladder_widgets.query import QueryPlan, explained

__all__ = ["Scan"]

#: Rows looked at to guess where the middle of a number is.
GUESS = 4096
#: A feature may hold infinite values, then numbers too large to square, and these far from the first ones.
REPEATS = 3


@dataclass(frozen=True, eq=False)
class Scan:
    """Aggregates of a table of predictions.

    Attributes
    ----------
    source : Source
    roles : Roles
    notes : list of str
        What was found in fewer than all rows.
    """

    source: Source
    roles: Roles
    notes: list[str] = field(default_factory=list)

    @cached_property
    def rows(self) -> Any:
        """The scored rows, see :func:`ladder_widgets.errors._scan_roles.scored`."""
        return scored(self.source, self.roles)

    @cached_property
    def groups(self) -> list[tuple[int, int]]:
        """Pairs of (actual, predicted) that occur, in order; predicted is −1 with two classes."""
        if self.roles.binary:
            return [(code, -1) for code in sorted(self.roles.values)]
        pairs = self.rows.group_by(["label", "predicted"]).aggregate(n=self.rows.count()).to_pyarrow()
        labels, predicted = pairs["label"].to_pylist(), pairs["predicted"].to_pylist()
        return sorted({(self.roles.code(a), int(p)) for a, p in zip(labels, predicted, strict=True)})

    @cached_property
    def features(self) -> list[NumberScan | LevelScan]:
        """How each feature is summed: around a value of the first rows, by its most frequent levels."""
        names, kinds = (
            self.roles.features,
            [kind_of(self.rows[f"f{i}"]) for i in range(len(self.roles.features))],
        )
        numbers = [i for i, kind in enumerate(kinds) if kind in ("number", "datetime")]
        guesses = self._first(numbers)
        found: list[NumberScan | LevelScan] = []
        for place, name in enumerate(names):
            key = f"f{place}"
            if key in guesses:
                found.append(NumberScan(name, key, self.rows[key], guesses[key]))
            else:
                levels, others, whole = top_levels(self.rows, key)
                found.append(LevelScan(name, key, levels, others))
                if not whole:
                    self.notes.append(
                        f"The frequent levels of {name!r} are those of the first 1,000,000 rows."
                    )
        return found

    def _first(self, numbers: list[int]) -> dict[str, np.ndarray]:
        """Values of some features in the first rows."""
        if not numbers:
            return {}
        values = {f"f{i}": number(self.rows[f"f{i}"]) for i in numbers}
        told = self.rows.select(**values).limit(GUESS).to_pyarrow()
        return {key: np.array(told[key].to_pylist(), dtype=float) for key in values}

    def axis(self, extra: Sequence[float]) -> Axis:
        """Cut the axis with ``extra`` among its edges."""
        return scan_axis(self.rows, len(self.groups), self.roles.binary, extra)

    def aggregate(self, axis: Axis, features: Sequence[NumberScan | LevelScan]) -> Any:
        """Return the one expression: sums by label, prediction and bin."""
        rows, weighted = with_bins(self.rows, axis, self.source), self.roles.weight is not None
        told = {"rows": rows.count(), "score": rows.x.sum()}
        if weighted:
            weight = rows.weight
            told = {"rows": weight.sum(), "rows2": (weight * weight).sum(), "score": (rows.x * weight).sum()}
        if not self.roles.binary:
            stated = {code: rows[f"c{code}"] for code in range(len(self.roles.classes))}
            told |= {f"c{code}": (p * rows.weight if weighted else p).sum() for code, p in stated.items()}
        for feature in features:
            told |= feature.aggregates(rows, weighted)
        keys = ["label", "bin"] if self.roles.binary else ["label", "predicted", "bin"]
        return rows.group_by(keys).aggregate(**told)

    def query(self, axis: Axis) -> QueryPlan:
        """Return the aggregate as SQL, and the engine's plan of it where it is DuckDB."""
        return explained(self.aggregate(axis, self.features))

    def cube(self, extra: Sequence[float]) -> Cube:
        """Aggregate the rows; the few features about which a guess was wrong are summed once more."""
        axis, weighted = self.axis(extra), self.roles.weight is not None
        first = answers = _Answers(self, axis, self.aggregate(axis, self.features))
        last = dict.fromkeys(self.features, first)
        for _ in range(REPEATS):
            pending = [
                each for each in self.features if last[each] is answers and each.guessed_wrong(answers)
            ]
            if not pending:
                break
            answers = _Answers(self, axis, self.aggregate(axis, pending))
            last |= dict.fromkeys(pending, answers)
        count = first("rows") if weighted else first("rows").astype(np.int64)
        return Cube(
            axis=axis,
            groups=self.groups,
            count=count,
            score=first("score"),
            features=[feature.finished(last[feature], count, weighted) for feature in self.features],
            codes=np.zeros(0, dtype=np.uint8),
            group_of=np.zeros(0, dtype=np.uint8),
            count2=first("rows2") if weighted else None,
            claimed=None if self.roles.binary else self._claimed(first),
        )

    def _claimed(self, answers: _Answers) -> np.ndarray:
        """What the rows with the same prediction are said to be of each group's class, whatever they are."""
        stated = {actual: answers(f"c{actual}") for actual in {pair[0] for pair in self.groups}}
        alike = [[g for g, pair in enumerate(self.groups) if pair[1] == p] for _, p in self.groups]
        pairs = zip(self.groups, alike, strict=True)
        return np.array([stated[actual][same].sum(axis=0) for (actual, _), same in pairs])


class _Answers:
    """Columns of an aggregate as arrays of shape (n_groups, n_bins)."""

    def __init__(self, scan: Scan, axis: Axis, aggregate: Any) -> None:
        self._told = aggregate.to_pyarrow()
        labels = self._told["label"].to_pylist()
        binary = scan.roles.binary
        predicted = [-1] * len(labels) if binary else self._told["predicted"].to_pylist()
        place = {pair: index for index, pair in enumerate(scan.groups)}
        self._group = [place[scan.roles.code(a), int(p)] for a, p in zip(labels, predicted, strict=True)]
        self._bin = np.minimum(self._told["bin"].to_numpy(), axis.n_bins - 1)  # the last one is closed
        self._shape = (len(scan.groups), axis.n_bins)

    def __call__(self, name: str) -> np.ndarray:
        out = np.zeros(self._shape)
        values = self._told[name].fill_null(0).to_numpy()
        # Labels that Python holds to be one (True and 1) may be two to the engine.
        np.add.at(out, (self._group, self._bin), values.astype(float))
        return out
