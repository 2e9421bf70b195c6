"""What training says its rows look like, and what a batch breaks of it.

Learned once, saved as readable JSON beside the model, and held against every batch: a frame, or a table
that stays where it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from os import PathLike
from typing import Any

import pandas as pd

from ladder_widgets.errors._scan_source import elsewhere
from ladder_widgets.labels import plain
from ladder_widgets.monitor import _schema_file as files
from ladder_widgets.monitor._schema_column import Column
from ladder_widgets.monitor._schema_judge import judge
from ladder_widgets.monitor._schema_learn import learn
from ladder_widgets.monitor._schema_names import name_changes, places
from ladder_widgets.monitor._schema_records import absent_keys, are_records, frame_of
from ladder_widgets.monitor._schema_report import SchemaError, SchemaReport, Violation
from ladder_widgets.monitor._schema_tally import tally
from ladder_widgets.monitor.state import dumps, write_atomically
from ladder_widgets.query import QueryPlan
from ladder_widgets.table import Table

__all__ = ["Column", "Schema", "SchemaError", "SchemaReport", "Violation"]


@dataclass(frozen=True)
class Schema:
    """Names, order, types, gaps, domains and ranges of the training columns.

    Attributes
    ----------
    columns : tuple of Column
        In the order of training.
    rows : int
        Training rows it was learned from.
    named : bool
        Whether the training columns have names; if not they are matched by their place.
    target : str or None
        Name of the label's column, which a log may hold too.

    Examples
    --------
    >>> schema = Schema.learn(pd.DataFrame({"age": [30, 41, 55] * 50, "home": ["own", "rent", "own"] * 50}))
    >>> report = schema.check(pd.DataFrame({"age": ["41", -5], "home": ["own", "castle"]}))
    >>> for violation in report.violations:
    ...     print(violation.severity, violation.kind, violation.words)
    error type '41' in 1 of 2 rows: a number written as text, training has numbers
    error range -5 in 1 of 2 rows: negative, which training never is
    error domain 'castle' in 1 of 2 rows: not among the 2 levels of training
    """

    columns: tuple[Column, ...]
    rows: int
    named: bool = True
    target: str | None = None

    @classmethod
    def learn(cls, X: Any, *, y: Any = None) -> Schema:
        """Learn the schema of training.

        Parameters
        ----------
        X : frame, array or sparse matrix of shape (n_rows, n_features)
        y : series, optional
            Labels; only their name is used, so that a log may hold their column.

        Raises
        ------
        ValueError
            If ``X`` is no table, is empty, or names a column twice.
        """
        table = Table(X, "X")
        exact = isinstance(table.data, pd.DataFrame)
        columns = tuple(learn(feature, exact=exact) for feature in table.features())
        target = getattr(y, "name", None)
        return cls(columns, table.n_rows, not table.nameless, None if target is None else str(target))

    @property
    def names(self) -> list[str]:
        """Names of the columns, in order."""
        return [column.name for column in self.columns]

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    def __getitem__(self, name: str) -> Column:
        return self._by_name[name]

    def get(self, name: str) -> Column | None:
        """Return a column, or None if training has none of this name."""
        return self._by_name.get(name)

    def frame(self) -> pd.DataFrame:
        """Return one row for each column."""
        told = [column.to_dict() | {"accepted": column.accepted} for column in self.columns]
        first = ["name", "kind", "dtype", "missing", "accepted", "low", "high", "levels"]
        return pd.DataFrame(told).reindex(columns=first)

    def check(
        self, batch: Any, *, row_by_row: bool | None = None, as_written: bool | None = None
    ) -> SchemaReport:
        """Hold a batch against the schema.

        Parameters
        ----------
        batch : frame, array, sparse matrix, list of records, path or glob of Parquet, or Ibis table
            What is not in memory is summed up where it is, by a few statements; rows then have no position.
        row_by_row : bool, optional
            Whether each row is judged for itself, as at an endpoint; by default batches of at most 30 rows
            are. In other batches chance is asked: a new level, or a value beyond training, is an error
            where so many rows of the same source as training would hold one less often than 1 time in 1,000.
        as_written : bool, optional
            Whether gaps are as whoever wrote the batch wrote them, None or NaN, so that others than
            training's say something; by default in frames of pandas. What another library reads has its own.

        Returns
        -------
        SchemaReport
            Every violation, errors first.

        Raises
        ------
        ValueError
            If the batch is no table, is empty, or names a column twice.
        """
        if elsewhere(batch):
            from ladder_widgets.monitor._schema_scan import scan

            return self._report(*scan(self, batch, row_by_row))
        absent = absent_keys(self, batch) if are_records(batch) else []
        table = Table(_as_table(self, batch), "batch")
        is_frame = isinstance(table.data, pd.DataFrame)
        exact = is_frame if as_written is None else as_written
        place = places(self, table.names, nameless=table.nameless)
        violations = absent + name_changes(self, table.names, place, table.n_rows, table)
        for column in self.columns:
            if column.name in place:
                feature = table.feature(place[column.name])
                violations += judge(column, tally(column, feature, exact=exact), row_by_row)
        # A key that is absent reads as None, and would be told twice.
        twice = {("gaps", one.column, one.rows) for one in absent}
        violations = [one for one in violations if (one.kind, one.column, one.rows) not in twice]
        labels = table.index if is_frame and not isinstance(table.index, pd.RangeIndex) else None
        return self._report(table.n_rows, violations, labels)

    def explain(self, batch: Any) -> QueryPlan:
        """Return the aggregate that :meth:`check` asks of a table elsewhere; nothing is run.

        Columns in which it finds something that may be wrong are then looked at once more.

        Parameters
        ----------
        batch : path, glob, Ibis table, DuckDB relation, Arrow dataset or frame

        Returns
        -------
        QueryPlan
            The SQL, and DuckDB's plan of it; prints as text.

        Raises
        ------
        ModuleNotFoundError
            Without Ibis and DuckDB.
        ValueError
            If it cannot be opened.
        """
        from ladder_widgets.monitor._schema_scan import explain

        return explain(self, batch)

    def _report(self, rows: int, violations: list[Violation], labels: pd.Index | None = None) -> SchemaReport:
        if labels is not None:
            violations = [
                one if one.row is None else replace(one, label=repr(plain(labels[one.row]))[:60])
                for one in violations
            ]
        ordered = sorted(violations, key=lambda one: (one.severity != "error", -one.share))
        return SchemaReport(rows, tuple(ordered))

    def to_pandera(self) -> Any:
        """Return a ``pandera.pandas.DataFrameSchema`` that refuses the rows that :meth:`check` does.

        Raises
        ------
        ModuleNotFoundError
            Without pandera, with the command that installs it.
        """
        from ladder_widgets.monitor._schema_pandera import to_pandera

        return to_pandera(self)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return {
            "format": files.FORMAT,
            "version": files.VERSION,
            "rows": self.rows,
            "named": self.named,
            "target": self.target,
            "columns": [column.to_dict() for column in self.columns],
        }

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Schema:
        """Build it from what :meth:`to_dict` returned.

        Raises
        ------
        ValueError
            If something is missing or of the wrong type; the message names it.
        """
        columns = tuple(files.column_from(each) for each in told["columns"])
        rows, named, target = told.get("rows"), told.get("named", True), told.get("target")
        if not columns or not isinstance(rows, int) or not isinstance(named, bool):
            raise ValueError("a schema needs 'columns', a number of 'rows', and 'named' true or false")
        if len({column.name for column in columns}) < len(columns):
            raise ValueError("a schema names each column once")
        return cls(columns, rows, named, None if target is None else str(target))

    def save(self, path: str | PathLike[str]) -> None:
        """Write the schema as JSON. A reader finds the old file or the new one, never half of either."""
        write_atomically(path, dumps(self.to_dict(), indent=1) + "\n")

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Schema:
        """Read a schema.

        Raises
        ------
        FileNotFoundError
        ValueError
            If the file is damaged or something else; it is named and left as it is.
        """
        told = files.read(path)
        try:
            return cls.from_dict(told)
        except ValueError as error:
            raise ValueError(f"{path} is no schema: {error}. The file was left as it is.") from error


def _as_table(schema: Schema, batch: Any) -> Any:
    if are_records(batch):
        return frame_of(schema, batch)
    return pd.DataFrame(batch) if isinstance(batch, Mapping) else batch
