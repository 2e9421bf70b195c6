"""Rows of one table that are also in another, counted where they lie: one aggregate of row hashes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from inspect import Parameter, Signature
from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.checks._overlap import HEAVIEST, mixed
from ladder_widgets.errors._scan_columns import exactly, kind_of, level_text, number
from ladder_widgets.errors._scan_source import open_source
from ladder_widgets.query import QueryPlan, explained
from ladder_widgets.validation import refuse, shown

__all__ = ["RowOverlap"]

#: The function of an engine that hashes values to 64 bits, and the type of its answer. Two of a billion
#: different rows get one hash with a probability of 3 %.
HASHES = {"duckdb": ("hash", "uint64"), "pyspark": ("xxhash64", "int64")}


class RowOverlap:
    """Rows of ``later`` that are also in ``earlier``, of tables that need not fit in memory.

    Nothing is read until a number is asked for. The engine then hashes each row to 64 bits, counts the
    hashes on both sides, and answers with at most 440 rows: how many hashes are so often here and so often
    there. That takes memory for each distinct row.

    Parameters
    ----------
    later, earlier : path, glob, list of paths, Ibis table, Arrow dataset or frame
        For instance validation and training. Both of one engine, if they are Ibis tables.
    columns : sequence of str, optional
        Columns that make a row; those that both have by default.
    memory : str
        What DuckDB may use where it is opened here, for files and datasets. It puts what it can on disk
        beyond it, and says so where that is not enough.

    Raises
    ------
    ModuleNotFoundError
        Without Ibis and DuckDB.
    ValueError
        If a table cannot be opened, has none of the columns, or lies in an engine without such a hash.

    Examples
    --------
    >>> train = pd.DataFrame({"age": [30, 40, 50, 60], "city": ["Bonn", "Kiel", None, "Ulm"]})
    >>> overlap = RowOverlap(pd.DataFrame({"age": [50.0, 41.0], "city": [None, "Kiel"]}), train)
    >>> overlap.rows, overlap.share
    (1, 0.5)
    """

    def __init__(
        self, later: Any, earlier: Any, columns: Sequence[str] | None = None, *, memory: str = "4GB"
    ) -> None:
        import ibis

        first = open_source(later, numbered=False)
        second = open_source(earlier, numbered=False, engine=first.engine)
        for engine in {first.engine, second.engine} - {None}:
            engine[0].execute("SET memory_limit = $1", [memory])  # type: ignore[index]
        self.columns = _common(first.columns, second.columns, columns)
        self._tables = first.table, second.table
        self._backend = ibis.get_backend(ibis.union(*(table.select(one=1) for table in self._tables)))
        if self._backend.name not in HASHES:
            raise refuse("later", f"tables of {' or '.join(HASHES)}", f"one of {self._backend.name}")

    def explain(self) -> QueryPlan:
        """Return the statement that counts, and DuckDB's plan of it; nothing is run."""
        return explained(self._aggregate())

    @cached_property
    def counts(self) -> pd.DataFrame:
        """One row for each pair of times that a row is here and there; 20 stands for 20 and more.

        Columns are ``here``, ``there``, ``keys`` (distinct rows), ``rows_here`` and ``rows_there``.
        """
        told = self._backend.to_pyarrow(self._aggregate()).to_pandas()
        return told.astype(np.int64).sort_values(["here", "there"], ignore_index=True)

    @property
    def n_later(self) -> int:
        """Rows of ``later``."""
        return int(self.counts["rows_here"].sum())

    @property
    def n_earlier(self) -> int:
        """Rows of ``earlier``."""
        return int(self.counts["rows_there"].sum())

    @property
    def rows(self) -> int:
        """Rows of ``later`` that are also in ``earlier``."""
        return int(self.counts.loc[self.counts["there"] > 0, "rows_here"].sum())

    @property
    def share(self) -> float:
        """Share of the rows of ``later``."""
        return self.rows / self.n_later

    @property
    def natural(self) -> float:
        """Share of the rows of ``earlier`` that come back inside it."""
        return float(self.counts.loc[self.counts["there"] > 1, "rows_there"].sum() / self.n_earlier)

    @property
    def p(self) -> float:
        """Probability of so many rows on both sides, if both are independent draws from one source."""
        here, there, keys = (self.counts[name].to_numpy() for name in ("here", "there", "keys"))
        return mixed(here, there, self.n_later / (self.n_later + self.n_earlier), keys)

    def __repr__(self) -> str:
        return f"<RowOverlap of {len(self.columns)} columns; explain() tells what is asked>"

    # ---- the aggregate -------------------------------------------------------------------------

    def _aggregate(self) -> Any:
        import ibis

        values = [_values(*(table[name] for table in self._tables)) for name in self.columns]
        sides = [
            table.select(key=self._key([both[side] for both in values]), there=ibis.literal(side == 1))
            for side, table in enumerate(self._tables)
        ]
        rows = ibis.union(*sides)
        # Counts, not sums: they take half the memory, of which there is as much as there are distinct rows.
        keys = rows.group_by("key").aggregate(
            n_here=rows.count(where=~rows.there), n_there=rows.count(where=rows.there)
        )
        cells = keys.mutate(
            here=ibis.least(keys.n_here, HEAVIEST).cast("int64"),
            there=ibis.least(keys.n_there, HEAVIEST).cast("int64"),
        )
        return cells.group_by(["here", "there"]).aggregate(
            keys=cells.count(), rows_here=cells.n_here.sum(), rows_there=cells.n_there.sum()
        )

    def _key(self, values: list[Any]) -> Any:
        name, answer = HASHES[self._backend.name]
        if self._backend.name == "pyspark":  # it passes over what is null
            values = [part for value in values for part in (value, value.isnull())]
        return _builtin(name, [value.type() for value in values], answer)(*values)


def _common(later: list[str], earlier: list[str], wanted: Sequence[str] | None) -> list[str]:
    both = [name for name in later if name in earlier]
    if wanted is None:
        if not both:
            raise refuse("columns", "tables with a column in common", f"{shown(later)} and {shown(earlier)}")
        return both
    absent = [name for name in wanted if name not in both]
    if absent or not wanted:
        raise refuse("columns", f"columns of both tables ({shown(both)})", shown(absent or list(wanted)))
    return list(wanted)


def _values(*columns: Any) -> list[Any]:
    """A column of each table as one type: a number is one, whatever it is kept as, and NaN is missing."""
    kinds = [kind_of(column) for column in columns]
    if all(column.type().is_integer() and str(column.type()) != "uint64" for column in columns):
        return [column.cast("int64") for column in columns]  # float64 would round the large ones
    if all(kind in ("number", "boolean", "datetime") for kind in kinds):
        return [number(column) + exactly(0.0) for column in columns]  # −0.0 and 0.0 are one value
    if None in kinds:  # nested values and the like
        return [column.cast("string") for column in columns]
    return [level_text(column) for column in columns]


def _builtin(name: str, types: list[Any], answer: str) -> Any:
    """Return a function of the engine for arguments of these types."""
    import ibis

    def function(*arguments: Any) -> None: ...

    names = [f"value{place}" for place in range(len(types))]
    function.__signature__ = Signature(  # type: ignore[attr-defined]
        [Parameter(each, Parameter.POSITIONAL_OR_KEYWORD) for each in names]
    )
    return ibis.udf.scalar.builtin(function, name=name, signature=(tuple(types), answer))
