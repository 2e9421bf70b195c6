"""Error analysis of predictions that do not fit in memory: the cube is one aggregate, rows are a query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.errors._input import read_threshold
from ladder_widgets.errors._rows import EVERYTHING, Band, Cell
from ladder_widgets.errors._scan_columns import meets
from ladder_widgets.errors._scan_cube import Scan
from ladder_widgets.errors._scan_roles import Roles, find_roles
from ladder_widgets.errors._scan_rows import MAX_SAMPLE, Values, Wanted, fetch, sample_of, values_of
from ladder_widgets.errors._scan_source import Source, open_source
from ladder_widgets.errors.analysis import ErrorAnalysis
from ladder_widgets.errors.conditions import Condition, Slice
from ladder_widgets.errors.cube import Cube
from ladder_widgets.errors.distribution import distribution_of, smirnov
from ladder_widgets.errors.suspects import Suspects
from ladder_widgets.query import QueryPlan
from ladder_widgets.validation import refuse, shown, whole

__all__ = ["ScannedErrors", "scan_table"]

#: Rows that :meth:`ScannedErrors.rows` fetches unless told otherwise.
LIMIT = 1000
#: Cubes kept for thresholds and bands that are no edges of the first one.
KEPT = 4


def scan_table(
    data: Any,
    *,
    label: str,
    score: str | Mapping[Any, str],
    features: Sequence[str] | None,
    pos_label: Any,
    classes: Sequence[Any] | None,
    threshold: float | None,
    sample_weight: str | None,
) -> ScannedErrors:
    """Open a table of predictions; see :meth:`ladder_widgets.ErrorAnalysis.from_table`."""
    source = open_source(data)
    roles = find_roles(source, label, score, features, pos_label, classes, sample_weight)
    return ScannedErrors(source, roles, read_threshold(threshold, len(roles.classes)))


class ScannedErrors(ErrorAnalysis):
    """Errors of rows that are elsewhere.

    What the cube answers is answered as ever: it was built by one aggregate. Rows are fetched by a
    query, and subgroups and suspects are looked for in a stated sample.

    Parameters
    ----------
    source : Source
    roles : Roles
    threshold : float or None
        As for :class:`ErrorAnalysis`.
    whole : ErrorAnalysis, optional
        Of which this is a part.
    """

    # The base class is not initialised: y, scores and weights of rows are what there is not.
    # __getattr__ says so to whoever asks.
    def __init__(
        self, source: Source, roles: Roles, threshold: float | None, whole: ErrorAnalysis | None = None
    ) -> None:
        self.table = None
        self.classes = roles.classes
        self.positive = roles.positive
        self.threshold = threshold
        self._scan = Scan(source, roles)
        self._of = self if whole is None else whole
        self._whole = self._of
        self._extra = None
        self._cubes: dict[tuple[float, ...], Cube] = {}

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"There is no {name!r} here: these rows are in a table elsewhere. Ask .rows() for some of "
            "them, or .sample() for an analysis of a random sample in memory."
        )

    # ---- the cube ----------------------------------------------------------------------------

    @property
    def elsewhere(self) -> bool:
        """They are: see :meth:`rows`."""
        return True

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self._scan.roles.n_rows

    @property
    def probabilities(self) -> bool:
        """Scores of a table are probabilities: others are refused."""
        return True

    @property
    def notes(self) -> list[str]:
        """What is left out, and what was found in fewer than all rows."""
        left_out = self._scan.roles.left_out
        told = [f"Columns left out for their type: {', '.join(map(repr, left_out))}."] if left_out else []
        return [*told, *self._scan.notes]

    def _build(self, extra: Sequence[float]) -> Cube:
        edges = extra if self._whole is self else [*extra, *self._whole.cube.axis.edges]
        key = tuple(sorted(set(map(float, edges))))
        if key not in self._cubes:
            while len(self._cubes) >= KEPT:
                self._cubes.pop(next(iter(self._cubes)))
            self._cubes[key] = self._scan.cube(key)
        return self._cubes[key]

    def plan(self) -> QueryPlan:
        """Return the query that builds the cube, and the engine's plan of it where it is DuckDB."""
        return self._scan.query(self.cube.axis)

    def within(self, subgroup: Slice | Condition | Sequence[Condition]) -> ScannedErrors:
        """Return the analysis of the rows of a subgroup: one more aggregate, over these rows.

        Parameters
        ----------
        subgroup : Slice, Condition or sequence of Condition
            Rows that meet all conditions.
        """
        source, roles = self._scan.source, self._scan.roles
        wanted = [meets(source.table, each, roles.features) for each in Slice.of(subgroup).conditions]
        table = source.table.filter(wanted)
        n_rows = int(table.count().to_pyarrow().as_py())
        part = replace(roles, n_rows=n_rows)
        return ScannedErrors(replace(source, table=table), part, self.threshold, self._of)

    # ---- rows --------------------------------------------------------------------------------

    def rows(
        self,
        cell: Cell | None = None,
        *,
        threshold: float | None = None,
        band: Band | None = None,
        limit: int | None = LIMIT,
    ) -> pd.DataFrame:
        """Fetch rows of a cell in a band, exactly and in the order of the table where it has one.

        Parameters
        ----------
        cell, threshold, band
            As in :meth:`ErrorAnalysis.rows`.
        limit : int or None, default=1000
            Rows to fetch at most; None for all of them.

        Returns
        -------
        DataFrame
            ``actual, predicted, score, confidence`` and the table's own other columns, by the number
            of the row in its Parquet file (by file and number, where there are several).
            ``attrs["notes"]`` says what was left out.
        """
        if limit is not None:
            whole("limit", limit, 0, hint="None for all rows.")
        wanted = self._wanted(self._cells(cell), threshold, band)
        frame, more = fetch(self._scan, wanted, limit)
        if more:
            order = "first" if self._scan.source.numbered else "some"
            frame.attrs["notes"] = [
                f"The {order} {limit:,} rows: there are more. Ask for them with limit=…, or limit=None."
            ]
        return frame

    def _cells(self, cell: Cell | None) -> list[tuple[int, int]]:
        k = len(self.classes)
        if cell is None:
            return [(a, p) for a in range(k) for p in range(k) if a != p]
        return [self.codes(cell)]

    def _wanted(self, cells: Sequence[tuple[int, int]], threshold: float | None, band: Band | None) -> Wanted:
        level, inside = self._arguments(threshold, band)
        return Wanted(tuple(cells), level, None if inside == EVERYTHING else inside)

    def positions(self, *args: Any, **options: Any) -> np.ndarray:  # noqa: ARG002
        """Refuse: rows of a table elsewhere have no positions."""
        raise ValueError(
            "Rows of a table elsewhere have no positions. Use rows(): its index numbers the rows of a "
            "Parquet file."
        )

    def frame(self, *args: Any, **options: Any) -> pd.DataFrame:  # noqa: ARG002
        """Refuse: as :meth:`positions`."""
        raise ValueError("Rows of a table elsewhere cannot be fetched by position. Use rows().")

    def distribution(
        self, feature: str, cell: Cell, *, threshold: float | None = None, band: Band | None = None
    ) -> pd.DataFrame:
        """Count a feature's values on both sides, see :meth:`ErrorAnalysis.distribution`.

        Of more than 200,000 rows a sample is counted, spread evenly over the table;
        ``attrs["notes"]`` says so.
        """
        if feature not in self._scan.roles.features:
            raise refuse(
                "feature", f"a column of the rows ({shown(self._scan.roles.features)})", shown(feature)
            )
        values = self._values(feature, cell, threshold, band)
        told = distribution_of(values.feature, values.here, values.there, values.weights)
        told.attrs["notes"] = values.notes
        return told

    def _values(self, feature: str, cell: Cell, threshold: float | None, band: Band | None) -> Values:
        here = self._wanted(self._cells(cell), threshold, band)
        return values_of(self._scan, feature, here, self._wanted(self._others(cell), threshold, None))

    def _shapes(self, names: list[str], cell: Cell, threshold: float | None, band: Band | None) -> np.ndarray:
        values = [self._values(name, cell, threshold, band) for name in names]
        found = [smirnov(each.feature, each.here, each.there, each.weights) for each in values]
        return np.array(found, dtype=float).reshape(-1, 2)

    # ---- what needs rows in memory -----------------------------------------------------------

    def sample(self, rows: int = MAX_SAMPLE) -> ErrorAnalysis:
        """Return an analysis in memory of about so many rows (all, if there are fewer).

        Rows of Parquet files are chosen by their number, the same ones each time and evenly spread;
        of other tables by the engine's own sampling.

        Parameters
        ----------
        rows : int, default=200,000
        """
        whole("rows", rows, 1)
        return sample_of(self._scan, rows, self.threshold)

    @cached_property
    def _sampled(self) -> ErrorAnalysis:
        return self.sample()

    @property
    def _sample_note(self) -> list[str]:
        n = len(self._sampled.y)
        return [] if n == self.n_rows else [f"Looked for in a sample of {n:,} of {self.n_rows:,} rows."]

    def slices(self, *args: Any, **options: Any) -> pd.DataFrame:
        """Find the subgroups that fail most in a sample, see :meth:`ErrorAnalysis.slices`.

        ``attrs["notes"]`` states the sample; ``errors.within(slice)`` counts in all rows.
        """
        found = self._sampled.slices(*args, **options)
        found.attrs["notes"] = [*self._sample_note, *found.attrs["notes"]]
        return found

    @cached_property
    def _suspects(self) -> Suspects:
        found = self._sampled.suspects()
        lead = "".join(f"{note} " for note in self._sample_note)
        return replace(found, notes={key: lead + note for key, note in found.notes.items()})

    def __repr__(self) -> str:
        counts = self.confusion().to_numpy()
        share = 1 - np.trace(counts) / counts.sum() if counts.sum() else 0.0
        return (
            f"ErrorAnalysis: {share:.1%} errors in {self.n_rows:,} rows of a table elsewhere, "
            f"{len(self.classes)} classes. "
            "Next: .confusion(), .contrast(cell=(actual, predicted)), .rows(cell=…)"
        )
