"""Opening a table that stays where it is: Parquet files, an Ibis table, a DuckDB relation, a frame."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from os import PathLike, fspath
from pathlib import Path
from typing import Any
from uuid import uuid4

import narwhals as nw
import numpy as np

from ladder_widgets.validation import refuse, shown

__all__ = ["Source", "connect", "elsewhere", "open_source", "require_ibis", "small_table"]

ACCEPTED = "a path or glob of Parquet files, an Ibis table, a DuckDB relation, or a frame"
#: What DuckDB may use for one of our scans; beyond it, it goes to disk.
MEMORY = "1GB"
#: Columns DuckDB adds on request: the number of a row in its file, and the file.
ROW, FILE = "file_row_number", "filename"
ROW_OF_FRAME = "ladder_widgets row"
LOOK_UP = "ladder_widgets_look_up"
#: What pandas calls an index without a name when it writes one among the columns.
NAMELESS = re.compile(r"__index_level_\d+__")


@dataclass(frozen=True, eq=False)
class Source:
    """A table elsewhere.

    Attributes
    ----------
    table : ibis.expr.types.Table
    numbered : tuple of str
        Columns of ours that number the rows (the file first, where there are several); empty where
        the order of rows is not defined.
    engine : (DuckDB connection, ibis backend) or None
        What we opened for it; None where the table came with an engine of its own.
    index : tuple of str
        Columns that were a named index of pandas, in a frame or in the file it wrote. They can be asked
        for by name, as a time or a label can be there, but are none of the values of a row. An index
        without a name is no column at all.
    """

    table: Any
    numbered: tuple[str, ...] = ()
    engine: tuple[Any, Any] | None = None
    index: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """The table's own columns."""
        return [name for name in self.table.columns if name not in self.numbered]

    @property
    def values(self) -> list[str]:
        """The columns without an index that pandas wrote among them."""
        return [name for name in self.columns if name not in self.index]

    def look_up(self, columns: dict[str, np.ndarray]) -> Any:
        """Return a table of ours to join with; it is good until the next one.

        DuckDB joins twice as fast with a table of its own, whose range it knows.
        """
        if self.engine is None:
            return small_table(**columns)
        import pyarrow as pa

        connection, backend = self.engine
        connection.register(f"{LOOK_UP}_given", pa.table(columns))
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {LOOK_UP} AS SELECT * FROM {LOOK_UP}_given")
        connection.unregister(f"{LOOK_UP}_given")
        return backend.table(LOOK_UP)


def elsewhere(data: Any) -> bool:
    """Whether rows lie elsewhere, for an engine to read: paths, an Ibis or DuckDB table, an Arrow dataset."""
    if isinstance(data, str | PathLike):
        return True
    if isinstance(data, list | tuple):
        return bool(data) and all(isinstance(each, str | PathLike) for each in data)
    library = type(data).__module__.partition(".")[0].lstrip("_")
    return library in ("ibis", "duckdb") or (library == "pyarrow" and hasattr(data, "scanner"))


def require_ibis() -> Any:
    """Import Ibis with DuckDB.

    Raises
    ------
    ModuleNotFoundError
        With the command that installs them.
    """
    try:
        import duckdb  # noqa: F401
        import ibis
    except ModuleNotFoundError as error:
        message = (
            "Tables that do not fit in memory are read by Ibis and DuckDB: "
            'pip install "ladder-widgets[monitor]"'
        )
        raise ModuleNotFoundError(message, name=error.name) from error
    return ibis


def open_source(
    data: Any, *, name: str = "data", numbered: bool = True, engine: tuple[Any, Any] | None = None
) -> Source:
    """Open ``data`` without reading it.

    Parameters
    ----------
    data : path, glob, list of paths, Ibis table, DuckDB relation, Arrow dataset or frame
    name : str
        Of the user's parameter, for messages.
    numbered : bool
        Whether rows of files get their number: files are then looked into twice.
    engine : (DuckDB connection, ibis backend), optional
        Of another source, for files and datasets that are to be joined with it.

    Raises
    ------
    ValueError
        If it is nothing that can be scanned; the message names what is.
    """
    ibis = require_ibis()
    if isinstance(data, ibis.expr.types.Table):
        return Source(data)
    if isinstance(data, str | PathLike):
        return _parquet([fspath(data)], name, numbered, engine)
    if isinstance(data, list | tuple) and data and all(isinstance(each, str | PathLike) for each in data):
        return _parquet([fspath(each) for each in data], name, numbered, engine)
    module = type(data).__module__.partition(".")[0].lstrip("_")
    if module == "duckdb":
        return _relation(data, name)
    if hasattr(data, "scanner") and module == "pyarrow":
        return _dataset(data, name, engine)
    if nw.dependencies.is_into_dataframe(data):
        return _frame(data, name)
    raise refuse(name, ACCEPTED, shown(data))


def connect(memory: str = MEMORY) -> tuple[Any, Any]:
    """Return a DuckDB in memory, with a limit, and the Ibis backend on it.

    Raises
    ------
    ValueError
        If DuckDB does not take ``memory`` for a size.
    """
    ibis = require_ibis()
    import duckdb

    spill = str(Path(tempfile.gettempdir()) / "ladder-widgets-duckdb")
    try:
        connection = duckdb.connect(config={"memory_limit": memory, "temp_directory": spill})
    except (duckdb.Error, TypeError) as error:
        raise refuse("memory", "a size for DuckDB, such as '4GB' or '500MB'", shown(memory)) from error
    return connection, ibis.duckdb.from_connection(connection)


def _parquet(paths: Sequence[str], name: str, numbered: bool, engine: tuple[Any, Any] | None) -> Source:
    engine = engine or connect()
    connection, backend = engine
    wanted: Any = paths[0] if len(paths) == 1 else list(paths)
    try:
        table = backend.read_parquet(wanted)
    except Exception as error:  # DuckDB's own classes: missing, unreadable, not Parquet
        reason = str(error).splitlines()[0][:300]
        raise refuse(name, ACCEPTED, f"{shown(wanted)} ({reason})") from error
    written = _written_by_pandas(connection, paths[0])
    if not numbered or not {ROW, FILE}.isdisjoint(column.lower() for column in table.columns):
        return _without_index(Source(table, engine=engine), written, name)
    several = len(paths) > 1 or any(sign in paths[0] for sign in "*?[")
    columns = (FILE, ROW) if several else (ROW,)
    table = backend.read_parquet(wanted, **dict.fromkeys(columns, True))
    return _without_index(Source(table, columns, engine), written, name)


def _written_by_pandas(connection: Any, path: str) -> bytes | None:
    """What pandas noted in the first of the files, whose columns are those of all."""
    first = connection.execute("SELECT min(file) FROM glob($1)", [path]).fetchall()[0][0] or path
    asked = "SELECT value FROM parquet_kv_metadata($1) WHERE decode(key) = 'pandas' LIMIT 1"
    found = connection.execute(asked, [first]).fetchall()
    return bytes(found[0][0]) if found else None


def _without_index(source: Source, written: bytes | None, name: str) -> Source:
    """Leave out an index without a name, by what pandas noted of its columns, and mark one with a name."""
    noted = json.loads(written)["index_columns"] if written else []
    # A range is noted as a mapping: it is no column.
    index = [each for each in noted if isinstance(each, str) and each in source.columns]
    nameless = [each for each in index if NAMELESS.fullmatch(each)]
    if nameless == source.columns:
        raise refuse(name, "a table with columns", "none (an index is no column)")
    table = source.table.drop(*nameless) if nameless else source.table
    return replace(source, table=table, index=tuple(each for each in index if each not in nameless))


def _relation(relation: Any, name: str) -> Source:
    """Open a relation of DuckDB's default connection: of others nobody but their owner knows."""
    import duckdb
    import ibis

    if not hasattr(relation, "create_view"):
        raise refuse(name, ACCEPTED, shown(relation))
    connection, view = duckdb.connect(":default:"), _name()
    try:
        relation.create_view(view, replace=True)
        return Source(ibis.duckdb.from_connection(connection).table(view))
    except Exception as error:
        hint = "With a connection of your own: ibis.duckdb.from_connection(connection).table(name)."
        raise refuse(
            name, ACCEPTED, "a DuckDB relation of another connection than DuckDB's default one", hint
        ) from error


def _dataset(dataset: Any, name: str, engine: tuple[Any, Any] | None) -> Source:
    connection, backend = engine = engine or connect()
    view = _name()
    connection.register(view, dataset)
    return _without_index(Source(backend.table(view), engine=engine), _noted(dataset), name)


def _noted(held: Any) -> bytes | None:
    """What pandas noted in the schema of what Arrow holds."""
    return (held.schema.metadata or {}).get(b"pandas")


def _frame(data: Any, name: str) -> Source:
    import ibis

    try:
        table = nw.from_native(data, eager_only=True).to_arrow()
    except Exception as error:  # pyarrow's own classes: a column of mixed types
        reason = " ".join(str(error).split())[:300]
        raise refuse(name, ACCEPTED, f"a frame that Arrow cannot hold ({reason})") from error
    if "" in table.column_names:  # DuckDB can ask for no such column
        place = table.column_names.index("") + 1
        raise refuse(name, "a frame whose columns all have a name", f"'' as that of column {place}")
    numbered = ROW_OF_FRAME not in table.column_names
    if numbered:
        table = table.append_column(ROW_OF_FRAME, [np.arange(table.num_rows)])
    source = Source(ibis.memtable(table), (ROW_OF_FRAME,) if numbered else ())
    return _without_index(source, _noted(table), name)


def small_table(**columns: np.ndarray) -> Any:
    """Return a table of ours that an engine can join with."""
    import ibis
    import pyarrow as pa

    return ibis.memtable(pa.table(columns))


def _name() -> str:
    return f"ladder_widgets_{uuid4().hex}"
