"""Opening a table that stays where it is: Parquet files, an Ibis table, a DuckDB relation, a frame."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import Any
from uuid import uuid4

import narwhals as nw
import numpy as np

from ladder_widgets.validation import refuse, shown

__all__ = ["Source", "elsewhere", "open_source", "require_ibis", "small_table"]

ACCEPTED = "a path or glob of Parquet files, an Ibis table, a DuckDB relation, or a frame"
#: What DuckDB may use for one of our scans; beyond it, it goes to disk.
MEMORY = "1GB"
#: Columns DuckDB adds on request: the number of a row in its file, and the file.
ROW, FILE = "file_row_number", "filename"
ROW_OF_FRAME = "ladder_widgets row"
LOOK_UP = "ladder_widgets_look_up"


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
    """

    table: Any
    numbered: tuple[str, ...] = ()
    engine: tuple[Any, Any] | None = None

    @property
    def columns(self) -> list[str]:
        """The table's own columns."""
        return [name for name in self.table.columns if name not in self.numbered]

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


def open_source(data: Any, *, numbered: bool = True, engine: tuple[Any, Any] | None = None) -> Source:
    """Open ``data`` without reading it.

    Parameters
    ----------
    data : path, glob, list of paths, Ibis table, DuckDB relation, Arrow dataset or frame
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
        return _parquet([fspath(data)], numbered, engine)
    if isinstance(data, list | tuple) and data and all(isinstance(each, str | PathLike) for each in data):
        return _parquet([fspath(each) for each in data], numbered, engine)
    module = type(data).__module__.partition(".")[0].lstrip("_")
    if module == "duckdb":
        return _relation(data)
    if hasattr(data, "scanner") and module == "pyarrow":
        return _dataset(data, engine)
    if nw.dependencies.is_into_dataframe(data):
        return _frame(data)
    raise refuse("data", ACCEPTED, shown(data))


def _connect() -> tuple[Any, Any]:
    """Return a DuckDB in memory, with a limit, and the Ibis backend on it."""
    import duckdb
    import ibis

    spill = str(Path(tempfile.gettempdir()) / "ladder-widgets-duckdb")
    connection = duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": spill})
    return connection, ibis.duckdb.from_connection(connection)


def _parquet(paths: Sequence[str], numbered: bool, engine: tuple[Any, Any] | None) -> Source:
    engine = engine or _connect()
    backend = engine[1]
    wanted: Any = paths[0] if len(paths) == 1 else list(paths)
    try:
        table = backend.read_parquet(wanted)
    except Exception as error:  # DuckDB's own classes: missing, unreadable, not Parquet
        reason = str(error).splitlines()[0][:300]
        raise refuse("data", ACCEPTED, f"{shown(wanted)} ({reason})") from error
    if not numbered or not {ROW, FILE}.isdisjoint(name.lower() for name in table.columns):
        return Source(table, engine=engine)
    several = len(paths) > 1 or any(sign in paths[0] for sign in "*?[")
    columns = (FILE, ROW) if several else (ROW,)
    return Source(backend.read_parquet(wanted, **dict.fromkeys(columns, True)), columns, engine)


def _relation(relation: Any) -> Source:
    """Open a relation of DuckDB's default connection: of others nobody but their owner knows."""
    import duckdb
    import ibis

    if not hasattr(relation, "create_view"):
        raise refuse("data", ACCEPTED, shown(relation))
    connection, name = duckdb.connect(":default:"), _name()
    try:
        relation.create_view(name, replace=True)
        return Source(ibis.duckdb.from_connection(connection).table(name))
    except Exception as error:
        hint = "With a connection of your own: ibis.duckdb.from_connection(connection).table(name)."
        raise refuse(
            "data", ACCEPTED, "a DuckDB relation of another connection than DuckDB's default one", hint
        ) from error


def _dataset(dataset: Any, engine: tuple[Any, Any] | None) -> Source:
    connection, backend = engine = engine or _connect()
    name = _name()
    connection.register(name, dataset)
    return Source(backend.table(name), engine=engine)


def _frame(data: Any) -> Source:
    import ibis

    try:
        table = nw.from_native(data, eager_only=True).to_arrow()
    except Exception as error:  # pyarrow's own classes: a column of mixed types
        reason = str(error).splitlines()[0][:300]
        raise refuse("data", ACCEPTED, f"a frame that Arrow cannot hold ({reason})") from error
    if ROW_OF_FRAME in table.column_names:
        return Source(ibis.memtable(table))
    rows = np.arange(table.num_rows)
    return Source(ibis.memtable(table.append_column(ROW_OF_FRAME, [rows])), (ROW_OF_FRAME,))


def small_table(**columns: np.ndarray) -> Any:
    """Return a table of ours that an engine can join with."""
    import ibis
    import pyarrow as pa

    return ibis.memtable(pa.table(columns))


def _name() -> str:
    return f"ladder_widgets_{uuid4().hex}"
