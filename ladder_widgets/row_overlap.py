"""Rows of one table that are also in another, counted where they lie: one aggregate of row hashes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from inspect import Parameter, Signature
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ladder_widgets.checks._overlap import HEAVIEST, mixed
from ladder_widgets.errors._scan_columns import exactly, kind_of, level_text, number
from ladder_widgets.errors._scan_source import Source, connect, open_source
from ladder_widgets.query import QueryPlan, explained, statement
from ladder_widgets.validation import listed, refuse, shown

__all__ = ["RowOverlap"]


class Functions(NamedTuple):
    """Functions of an engine: the hash of values to 64 bits with the type it has, and µs since 1970."""

    hash: str
    hashed: str
    micros: str


#: Two of a billion different rows get one hash with a probability of 3 %.
ENGINES = {
    "duckdb": Functions("hash", "uint64", "epoch_us"),
    "pyspark": Functions("xxhash64", "int64", "unix_micros"),
}
#: Parts that hashes are counted in, one after another, where all at once take too much memory; and each of
#: these, up to so many.
PARTS, MOST_PARTS = 8, 512
#: Most digits of a decimal, in either engine.
DIGITS = 38


class RowOverlap:
    """Rows of ``later`` that are also in ``earlier``, of tables that need not fit in memory.

    Nothing is read until a number is asked for. The engine then hashes each row to 64 bits, counts the
    hashes on both sides, and answers with at most 440 rows: how many hashes are so often here and so often
    there. That takes memory for each distinct row. Where ``memory`` is too little for it, the hashes are
    laid down first, on disk as far as need be, and counted by parts of their range.

    Values are one if they are equal as numbers: whole numbers and decimals exactly, against floats as
    float64. Moments are compared to the last nanosecond, as UTC. All that is missing is one value.

    Parameters
    ----------
    later, earlier : path, glob, list of paths, Ibis table, Arrow dataset or frame
        For instance validation and training. Both of one connection, if they are Ibis tables; files are
        read by the other table's DuckDB, if it has one.
    columns : sequence of str, optional
        Columns that make a row; those that both have by default. An index of pandas is none of them, in a
        frame as in the Parquet file pandas wrote of it: name it here to compare it, if it has a name.
    memory : str
        What DuckDB may use where it is opened here: for files, datasets and frames, not for Ibis tables,
        which have an engine of their own. It puts what it can on disk beyond it, and says so where that
        is not enough.

    Raises
    ------
    ModuleNotFoundError
        Without Ibis and DuckDB.
    ValueError
        If a table cannot be opened, has none of the columns, or lies in an engine without such a hash or
        in another one than the other table; if ``memory`` is no size.

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
        self._own = connect(memory)
        first, second, self._backend = _opened(later, earlier, self._own)
        self.columns = _common(first, second, columns)
        self._tables = first.table, second.table
        if self._backend.name not in ENGINES:
            raise refuse("later", f"tables of {' or '.join(ENGINES)}", f"one of {self._backend.name}")

    def explain(self) -> QueryPlan:
        """Return the statement that counts, and DuckDB's plan of it; nothing is run.

        Should the memory not do, parts of the hashes are counted by the same statement.
        """
        return explained(_cells(self._hashes()), self._backend)

    @cached_property
    def counts(self) -> pd.DataFrame:
        """One row for each pair of times that a row is here and there; 20 stands for 20 and more.

        Columns are ``here``, ``there``, ``keys`` (distinct rows), ``rows_here`` and ``rows_there``.
        """
        told = self._counted().astype(np.int64)
        return told.groupby(["here", "there"], as_index=False).sum()

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
        """Share of the rows of ``later``; 0 where it has none."""
        return self.rows / max(self.n_later, 1)

    @property
    def natural(self) -> float:
        """Share of the rows of ``earlier`` that come back inside it; 0 where it has none."""
        return float(self.counts.loc[self.counts["there"] > 1, "rows_there"].sum() / max(self.n_earlier, 1))

    @property
    def p(self) -> float:
        """Probability of so many rows on both sides, if both are independent draws from one source.

        It is 1 where a side has no rows.
        """
        if not (self.n_later and self.n_earlier):
            return 1.0
        here, there, keys = (self.counts[name].to_numpy() for name in ("here", "there", "keys"))
        return mixed(here, there, self.n_later / (self.n_later + self.n_earlier), keys)

    def __repr__(self) -> str:
        return f"<RowOverlap of {len(self.columns)} columns; explain() tells what is asked>"

    # ---- the aggregate -------------------------------------------------------------------------

    def _counted(self) -> pd.DataFrame:
        import duckdb

        hashes = self._hashes()
        try:
            return self._backend.to_pyarrow(_cells(hashes)).to_pandas()
        except duckdb.OutOfMemoryException:
            if self._backend is not self._own[1]:
                raise  # in the user's own database nothing is laid down
        return _laid_down(hashes, *self._own)

    def _hashes(self) -> Any:
        """The hash of each row of both tables, and which of them it is of."""
        import ibis

        later, earlier = self._tables
        both = [_values(later[name], earlier[name], self._functions.micros) for name in self.columns]
        sides = [
            table.select(key=self._key([values[side] for values in both]), there=ibis.literal(side == 1))
            for side, table in enumerate(self._tables)
        ]
        return ibis.union(*sides)

    def _key(self, values: list[Any]) -> Any:
        if self._backend.name == "pyspark":  # it passes over what is null
            values = [part for value in values for part in (value, value.isnull())]
        functions = self._functions
        return _builtin(functions.hash, functions.hashed, *values)

    @property
    def _functions(self) -> Functions:
        return ENGINES[self._backend.name]


def _cells(hashes: Any) -> Any:
    """How many hashes are so often here and so often there."""
    import ibis

    # Counts, not sums: they take half the memory, of which there is as much as there are distinct rows.
    keys = hashes.group_by("key").aggregate(
        n_here=hashes.count(where=~hashes.there), n_there=hashes.count(where=hashes.there)
    )
    cells = keys.mutate(
        here=ibis.least(keys.n_here, HEAVIEST).cast("int64"),
        there=ibis.least(keys.n_there, HEAVIEST).cast("int64"),
    )
    return cells.group_by(["here", "there"]).aggregate(
        keys=cells.count(), rows_here=cells.n_here.sum(), rows_there=cells.n_there.sum()
    )


def _laid_down(hashes: Any, connection: Any, backend: Any) -> pd.DataFrame:
    """Count hashes by parts, from a table of their own.

    DuckDB puts a table on disk as far as it has to, but an aggregate only in part.
    """
    name = "ladder_widgets_hashes"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {statement(hashes, backend)}")
    try:
        return _in_parts(backend.table(name), backend, 1, 0)
    finally:
        connection.execute(f"DROP TABLE {name}")


def _in_parts(laid: Any, backend: Any, step: int, first: int) -> pd.DataFrame:
    """Count hashes that leave ``first`` when divided by ``step``, in parts: equal ones are in one."""
    import duckdb

    finer = step * PARTS
    counted = []
    for part in range(first, finer, step):
        try:
            counted.append(backend.to_pyarrow(_cells(laid.filter(laid.key % finer == part))).to_pandas())
        except duckdb.OutOfMemoryException:
            if finer >= MOST_PARTS:
                raise
            counted.append(_in_parts(laid, backend, finer, part))
    return pd.concat(counted)


# ---- opening -------------------------------------------------------------------------------------


def _opened(later: Any, earlier: Any, own: tuple[Any, Any]) -> tuple[Source, Source, Any]:
    """Open both for one engine, and return it: that of a table which has one, or else ours."""
    given = {"later": later, "earlier": earlier}
    sources = {name: open_source(data, name=name, numbered=False, engine=own) for name, data in given.items()}
    engines = {name: _backend_of(source.table) for name, source in sources.items()}
    # Not by ==: to Ibis, all databases in memory are equal.
    theirs = next((each for each in engines.values() if each is not None and each is not own[1]), own[1])
    for name, engine in engines.items():
        if engine is None or _same(engine, theirs):
            continue
        if engine is not own[1]:
            raise refuse(
                name, "a table of the same connection as the other one", f"one of another ({engine.name})"
            )
        if theirs.name != "duckdb":
            accepted = f"a table of {theirs.name}, as the other one is, or a frame"
            raise refuse(name, accepted, shown(given[name]), "Open it by the connection of the other one.")
        sources[name] = open_source(given[name], name=name, numbered=False, engine=(theirs.con, theirs))
    return sources["later"], sources["earlier"], theirs


def _backend_of(table: Any) -> Any:
    """Ibis backend that a table lies in; None for what is in memory, which every one can read."""
    import ibis.expr.operations as ops

    places = table.op().find(ops.PhysicalTable)
    return next((place.source for place in places if hasattr(place, "source")), None)


def _same(one: Any, other: Any) -> bool:
    """Whether two backends are one connection."""
    return one is other or (one == other and getattr(one, "con", None) is getattr(other, "con", None))


def _common(later: Source, earlier: Source, wanted: Sequence[str] | None) -> list[str]:
    if wanted is None:
        names = [name for name in later.values if name in earlier.values]
        if not names:
            got = f"{shown(later.values)} and {shown(earlier.values)}"
            raise refuse("columns", "tables with a column in common", got)
        return names
    both = [name for name in later.columns if name in earlier.columns]
    accepted = f"columns of both tables ({shown(both)})"
    given = listed("columns", wanted, accepted)
    absent = [name for name in given if str(name) not in both]
    if absent or not given:
        raise refuse("columns", accepted, shown(absent or given))
    return [str(name) for name in given]


# ---- values --------------------------------------------------------------------------------------


def _values(later: Any, earlier: Any, micros: str) -> list[Any]:
    """A column of each table as one type: a number is one, whatever it is kept as, and NaN is missing."""
    columns = [
        column.cast(other.type()) if column.type().is_null() else column
        for column, other in ((later, earlier), (earlier, later))
    ]
    kinds = ["datetime" if _has_nanos(column) else kind_of(column) for column in columns]
    if None in kinds:  # nested values and the like
        return [column.cast("string") for column in columns]
    if not all(kind in ("number", "boolean", "datetime") for kind in kinds):
        return [level_text(column) for column in columns]
    timed = [
        kind == "datetime" or column.type().is_interval() for kind, column in zip(kinds, columns, strict=True)
    ]
    if all(timed):
        return _moments(columns, micros)
    exact = _exact(columns)
    if exact:
        return [
            column.cast("int8").cast(exact) if column.type().is_boolean() else column.cast(exact)
            for column in columns
        ]
    return [
        (_micros(column, micros) / exactly(1000.0) if is_time else number(column)) + exactly(0.0)
        for column, is_time in zip(columns, timed, strict=True)
    ]  # −0.0 and 0.0 are one value


def _exact(columns: list[Any]) -> str | None:
    """Type that holds the values of both columns without rounding: float64 would round large ones."""
    shapes = [_shape(column.type()) for column in columns]
    if None in shapes:
        return None
    whole, scale = (max(sizes) for sizes in zip(*shapes, strict=True))
    if not scale and whole <= 19 and not any(column.type().is_decimal() for column in columns):
        return "int64"
    return f"decimal({whole + scale}, {scale})" if whole + scale <= DIGITS else None


def _shape(kind: Any) -> tuple[int, int] | None:
    """Digits before and after the point; None for floats."""
    if kind.is_decimal():
        return None if kind.precision is None else (kind.precision - kind.scale, kind.scale)
    if kind.is_boolean() or kind.is_integer():
        return (20, 0) if str(kind) in ("uint64", "!uint64") else (19, 0)
    return None


def _moments(columns: list[Any], micros: str) -> list[Any]:
    """Moments, or lengths of time, as whole numbers: of µs, or of ns where a column has them."""
    types = {column.type().copy(nullable=True) for column in columns}
    if len(types) == 1 and not columns[0].type().is_interval():
        return columns
    fine = [_has_nanos(column) for column in columns]
    if not any(fine):
        return [_micros(column, micros) for column in columns]
    # The years of µs are more than int64 holds in ns.
    wide = "decimal(28, 0)"
    return [
        _builtin("epoch_ns", "int64", column).cast(wide)
        if has_nanos
        else (_micros(column, micros).cast("decimal(24, 0)") * 1000).cast(wide)
        for column, has_nanos in zip(columns, fine, strict=True)
    ]


def _has_nanos(column: Any) -> bool:
    kind = column.type()
    if kind.is_timestamp():
        return (kind.scale or 0) > 6
    return kind.is_unknown() and "TIMESTAMPTZ_NS" in str(kind)  # DuckDB 2 has it, Ibis does not know it


def _micros(column: Any, micros: str) -> Any:
    import ibis

    if _has_nanos(column):
        return _builtin("epoch_ns", "int64", column) // 1000
    if column.type().is_interval():
        column = ibis.timestamp("1970-01-01T00:00:00") + column
    elif column.type().is_date():
        column = column.cast("timestamp")
    if micros == ENGINES["pyspark"].micros and column.type().timezone is None:
        column = column.cast("timestamp('UTC')")  # in the session's own zone, as Spark has it everywhere
    return _builtin(micros, "int64", column)


def _builtin(name: str, answer: str, *arguments: Any) -> Any:
    """Call a function of the engine, whose answer is of this type."""
    import ibis

    def function(*arguments: Any) -> None: ...

    types = tuple(each.type() for each in arguments)
    function.__signature__ = Signature(  # type: ignore[attr-defined]
        [Parameter(f"value{place}", Parameter.POSITIONAL_OR_KEYWORD) for place in range(len(types))]
    )
    return ibis.udf.scalar.builtin(function, name=name, signature=(types, answer))(*arguments)
