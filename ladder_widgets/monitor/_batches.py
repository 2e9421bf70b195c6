"""The rows of a log as batches of Arrow: straight from files and frames, or through an embedded DuckDB.

What a type says by itself is taken as it lies; texts that should be numbers, decimals and the like are
converted by the engine first, by the expressions of :mod:`_expressions`.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ladder_widgets.monitor import _expressions as expressions
from ladder_widgets.monitor._arrow import is_plain, is_text, texts, typed, types_of
from ladder_widgets.monitor.engine import Engine
from ladder_widgets.monitor.plan import Plan, Wanted
from ladder_widgets.validation import refuse

__all__ = ["batches", "is_embedded"]

#: Rows of a batch.
ROWS = 1 << 17
#: Bytes of a column of a file that are read at a time.
BUFFER = 1 << 20

Batch = dict[str, Any]


def is_embedded(engine: Engine) -> bool:
    """Whether rows are counted in this process: they do not have to travel."""
    return bool(engine.backend.name == "duckdb")


def batches(engine: Engine, plan: Plan) -> Iterator[Batch]:
    """Yield the columns that are counted, by key, some rows at a time; the next while one is counted.

    Of what only its gaps are counted, booleans come: whether each value is missing.

    Raises
    ------
    ValueError
        If a file cannot be read.
    """
    import pyarrow as pa

    found = _straight(engine, plan)
    ahead = _ahead(_from_duckdb(engine, plan) if found is None else found)
    try:
        yield from ahead
    except (OSError, pa.ArrowInvalid) as error:
        reason = str(error).splitlines()[0][:300]
        raise refuse("log", "files that can be read", f"one that cannot ({reason})") from error


def _ahead(source: Iterator[Batch]) -> Iterator[Batch]:
    """Read the next batch while one is counted."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, source, None)
        while (batch := coming.result()) is not None:
            coming = pool.submit(next, source, None)
            yield batch


# ---- straight from where rows lie ----------------------------------------------------------------


def _straight(engine: Engine, plan: Plan) -> Iterator[Batch] | None:
    """Batches of files, tables and datasets of Arrow; None where an engine has to convert something."""
    import pyarrow as pa

    given = engine.arrow
    names = list(dict.fromkeys(wanted.name for wanted in plan.columns.values()))
    if isinstance(given, pa.Table):
        return _named(given.select(names).to_batches(ROWS), plan) if _plain(given.schema, plan) else None
    if isinstance(given, list):
        return _from_files(given, names, plan)
    if hasattr(given, "scanner") and _plain(given.schema, plan):
        settings = {"batch_size": ROWS, "batch_readahead": 2, "fragment_readahead": 1}
        return _named(given.scanner(columns=names, **settings).to_batches(), plan)
    return None


def _plain(schema: Any, plan: Plan) -> bool:
    fields = {wanted: schema.get_all_field_indices(wanted.name) for wanted in plan.columns.values()}
    return all(
        len(places) == 1 and is_plain(schema.field(places[0]).type, wanted.use)
        for wanted, places in fields.items()
    )


def _from_files(files: list[str], names: list[str], plan: Plan) -> Iterator[Batch] | None:
    """Batches of Parquet files; None unless all of them are alike."""
    import pyarrow.parquet as parquet

    if not files or any("." in name for name in names):  # Arrow takes it for a path into nested columns
        return None
    try:
        repeated = _repeated(parquet.read_schema(files[0]), plan)
        opened = [
            parquet.ParquetFile(file, read_dictionary=repeated, buffer_size=BUFFER, pre_buffer=False)
            for file in files
        ]
    except (OSError, ValueError):
        return None
    first = opened[0].schema_arrow
    alike = all(one.schema_arrow.equals(first) for one in opened) and _plain(first, plan)
    if not alike or any(_old_times(one, names) for one in opened):
        return None
    return _named((batch for one in opened for batch in _of_file(one, names)), plan)


def _of_file(file: Any, names: list[str]) -> Iterator[Any]:
    """Batches of a file that end where its groups of rows do, or many small ones: so do dictionaries."""
    groups: list[int] = []
    held = 0
    for group in range(file.num_row_groups):
        groups.append(group)
        held += file.metadata.row_group(group).num_rows
        if 2 * held >= ROWS or group == file.num_row_groups - 1:
            yield from file.iter_batches(batch_size=ROWS, row_groups=groups, columns=names)
            groups, held = [], 0


def _repeated(schema: Any, plan: Plan) -> list[str]:
    """Columns of text, of which Arrow is to read each value once."""
    wanted = {one.name for one in plan.columns.values() if one.use in ("level", "gap")}
    return [field.name for field in schema if field.name in wanted and is_text(field.type)]


def _old_times(file: Any, names: list[str]) -> bool:
    """Whether a column holds times in 96 bits, of which Arrow makes nanoseconds: too few years."""
    columns = (file.schema.column(place) for place in range(len(file.schema.names)))
    return any(column.physical_type == "INT96" and column.path in names for column in columns)


def _named(read: Any, plan: Plan) -> Iterator[Batch]:
    for batch in read:
        if batch.num_rows:
            yield {key: _told(batch.column(wanted.name), wanted) for key, wanted in plan.columns.items()}


def _told(column: Any, wanted: Wanted) -> Any:
    if wanted.use == "gap":
        return column.is_null()
    if wanted.use == "level" and not is_text(column.type):
        return texts(column, wanted.levels)
    return column


# ---- through DuckDB ------------------------------------------------------------------------------


def _from_duckdb(engine: Engine, plan: Plan) -> Iterator[Batch]:
    stored = types_of(engine.arrow)
    query = engine.sql(expressions.columns(engine, plan, stored))
    relation = engine.backend.con.sql(query)
    read = relation.to_arrow_reader if hasattr(relation, "to_arrow_reader") else relation.fetch_record_batch
    for batch in read(ROWS):
        if batch.num_rows:
            found = dict(zip(batch.schema.names, batch.columns, strict=True))
            yield {key: _read(engine, column, plan.columns[key], stored) for key, column in found.items()}


def _read(engine: Engine, column: Any, wanted: Wanted, stored: dict[str, Any]) -> Any:
    """What DuckDB has told; levels that are no text come as they are."""
    if wanted.name in stored and wanted.use != "gap":
        column = typed(column, stored[wanted.name])
    if wanted.use == "level" and not engine.table[wanted.name].type().is_string():
        return texts(column, wanted.levels)
    return column
