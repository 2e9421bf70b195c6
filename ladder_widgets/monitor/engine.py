"""A log as a table of some engine: where it lies already, or in a DuckDB of our own."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from os import PathLike, fspath
from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.errors._scan_columns import exactly, kind_of, number
from ladder_widgets.errors._scan_source import require_ibis
from ladder_widgets.monitor.log import ProductionLog, matching, stamps
from ladder_widgets.table import Feature, Table
from ladder_widgets.values import storable

__all__ = ["Engine", "open_log"]

_TIMES = ("timestamp", "label_timestamp")
#: From this size on a number is a time in nanoseconds, microseconds, milliseconds; below, seconds since 1970.
_UNITS = ((1e17, 1e-6), (1e14, 1e-3), (1e11, 1.0), (0.0, 1000.0))


@dataclass(frozen=True, eq=False)
class Engine:
    """A log where it is counted.

    Attributes
    ----------
    backend : ibis backend
    table : ibis table
    columns : dict of str to str
        What the table calls each of the log's columns.
    roles : dict of str to str (or to mapping of class to str)
        As in the log.
    arrow : list of str, Arrow table or dataset, or None
        The same rows for Arrow to read by itself: the paths of files, or what is in memory.
    held : Table or None
        The same rows, where they are in memory: what they are is told there, an engine knows fewer types.
    """

    backend: Any
    table: Any
    columns: dict[str, str]
    roles: dict[str, Any]
    arrow: Any = None
    held: Table | None = None

    def column(self, name: Any) -> Any:
        """Return a column of the log as an expression."""
        return self.table[self.columns[str(name)]]

    def role(self, role: str) -> str | None:
        """Return what the table calls the column of a role, or None."""
        name = self.roles.get(role)
        return None if name is None or isinstance(name, dict) else self.columns[str(name)]

    def scores(self, classes: list[Any]) -> list[str]:
        """Return what the table calls the scores, in the order of these classes; empty without."""
        name = self.roles.get("score")
        if name is None:
            return []
        if not isinstance(name, dict):
            return [self.columns[str(name)]]
        return [self.columns[str(name[label])] for label in classes if label in name]

    def since(self, start: int, end: int) -> Any:
        """Rows predicted from ``start`` to before ``end`` (ms since 1970 UTC); all of a log without times.

        Engines leave out what lies elsewhere of a column of dates, if it is compared as it is.
        """
        name = self.role("timestamp")
        if name is None:
            return self.table
        column = self.table[name]
        if kind_of(column) != "datetime" or column.type().is_date():
            time = self.milliseconds(column)
            return self.table.filter((time >= exactly(float(start))) & (time < exactly(float(end))))
        import ibis

        low, high = (
            ibis.literal(pd.Timestamp(ms, unit="ms", tz=column.type().timezone), type=column.type())
            for ms in (start, end)
        )
        return self.table.filter((column >= low) & (column < high))

    def milliseconds(self, column: Any) -> Any:
        """Return a column of times in ms since 1970 (UTC) as float64."""
        kind = column.type()
        if kind.is_string():
            column = column.try_cast("timestamp")
        elif kind.is_numeric():
            largest = float(self.answer(self.table.aggregate(m=column.cast("float64").abs().max()))["m"][0])
            unit = next(unit for limit, unit in _UNITS if not largest < limit)
            return column.cast("float64") * unit
        return number(column)

    def answer(self, expression: Any) -> pd.DataFrame:
        """Run an expression."""
        return self.backend.to_pyarrow(expression).to_pandas()

    def run(self, query: str, types: dict[str, Any]) -> pd.DataFrame:
        """Run a query in the engine's own SQL, whose answer has columns of these types."""
        import ibis

        if self.backend.name == "duckdb":  # Ibis would parse the query first
            return self.backend.con.sql(query).to_arrow_table().to_pandas()
        return self.backend.sql(query, schema=ibis.schema(types)).to_pyarrow().to_pandas()

    def sql(self, expression: Any) -> str:
        """Return what an expression is in the engine's own SQL."""
        return str(self.backend.compile(expression))


def open_log(log: ProductionLog) -> Engine:
    """Open a log for counting, without reading what lies elsewhere.

    Raises
    ------
    ModuleNotFoundError
        Without Ibis and DuckDB, with the command that installs them.
    ValueError
        If it cannot be opened.
    """
    ibis = require_ibis()
    if log.lazy:
        source = log.opened
        table = source.table
        if _in_memory(table):
            return _register(Table(table.to_pandas(), "production"), log.roles)
        names = {str(name): name for name in source.columns}
        return Engine(ibis.get_backend(table), table, names, log.roles, _arrow(log.source))
    return _register(log.table, log.roles)


def _arrow(source: Any) -> Any:
    """What Arrow can read without an engine: files of this machine, and a dataset."""
    if hasattr(source, "scanner"):
        return source
    paths = [source] if isinstance(source, str | PathLike) else source
    if not isinstance(paths, list | tuple):
        return None
    found = [matching(fspath(path)) for path in paths]
    return [file for files in found for file in files] if all(found) else None


def _in_memory(table: Any) -> bool:
    """Whether it is a frame that Ibis holds: its SQL names a table that no engine has."""
    import ibis.expr.operations as ops

    return bool(table.op().find(ops.InMemoryTable))


def _register(table: Table, roles: dict[str, Any]) -> Engine:
    """Lay the user's own columns before a DuckDB of ours, under names of ours."""
    import duckdb
    import ibis
    import pyarrow as pa

    times = {str(roles[role]) for role in _TIMES if role in roles}
    names = {name: f"c{position}" for position, name in enumerate(table.names)}
    arrays = [_array(feature, feature.name in times) for feature in table.features()]
    connection = duckdb.connect()
    arrow = pa.table(dict(zip(names.values(), arrays, strict=True)))
    connection.register("log", arrow)
    backend = ibis.duckdb.from_connection(connection)
    return Engine(backend, backend.table("log"), names, roles, arrow, held=table)


def _array(feature: Feature, is_time: bool) -> Any:
    import pyarrow as pa

    if is_time:
        return pa.array(stamps(feature.series).dt.tz_localize(None).to_numpy().astype("datetime64[ms]"))
    if feature.kind == "category":
        return _words(feature)
    dtype = feature.series.dtype
    if dtype.kind in "fiubM" and not isinstance(dtype, pd.SparseDtype) and dtype != np.float16:
        return pa.array(feature.series, from_pandas=True)
    values = feature.numbers()  # objects, durations, sparse columns, what DuckDB does not know
    return pa.array(values, mask=np.isnan(values))


def _words(feature: Feature) -> Any:
    """Levels as training wrote them: an engine writes a list, a time or an interval otherwise."""
    import pyarrow as pa

    series = feature.series
    objects = series.dtype == object and pd.api.types.infer_dtype(series, skipna=True) == "string"
    if isinstance(series.dtype, pd.StringDtype) or objects:
        with suppress(UnicodeEncodeError):  # lone surrogates
            return pa.array(series, from_pandas=True)
    codes, levels = feature.codes()
    texts = pa.array(list(map(storable, levels)), pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), texts)
