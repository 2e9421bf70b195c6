"""The training rows, walked through the same steps: ranges at each of them, and the record among them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import sparse

from ladder_widgets.replaying.cells import Cells, cells_of, column_of, same, width_of
from ladder_widgets.replaying.naming import name_columns
from ladder_widgets.replaying.ranges import Outside, Range, range_of
from ladder_widgets.replaying.record import Row
from ladder_widgets.replaying.recorder import Call, Walk, walk
from ladder_widgets.replaying.step import Step
from ladder_widgets.table import Table, take
from ladder_widgets.validation import refuse, shown

__all__ = ["Rows", "differing", "rows_of", "with_row"]

#: Rows walked at most; what is beyond is a sample, evenly spaced, and is said to be.
MAX_ROWS = 5_000
#: Columns of a step that are compared at most.
MAX_COLUMNS = 500
#: Difference of two numbers that rounding explains: sums over many rows are added up in another order.
RELATIVE = 1e-6


@dataclass(eq=False)
class Rows:
    """Many rows that a record is held against.

    Attributes
    ----------
    data : frame or array
        A sample of them, in the container in which they came.
    n, total : int
        Rows of the sample, and all of them.
    """

    data: Any
    n: int
    total: int
    names: list[Any]
    model: Any = field(repr=False)
    method: str = ""
    _known: dict[tuple[int, str, int], Range | None] = field(default_factory=dict, repr=False)

    @property
    def note(self) -> str:
        """How many rows were used, where that is a sample."""
        return (
            f"{self.n:,} of {self.total:,} rows, evenly spaced" if self.n < self.total else f"{self.n:,} rows"
        )

    @cached_property
    def walked(self) -> Walk:
        """The walk of these rows alone."""
        return walk(self.model, self.data, self.method)

    def outside(self, step: Step) -> tuple[tuple[Outside, ...], tuple[Outside, ...]]:
        """Return the values that training did not have, before and after a step."""
        call = self._calls.get(_key(step.call))
        if call is None or step.call is None:
            return (), ()
        place, there = call
        before = self._beyond(place, "given", there.given, self._names[place][0], step.before)
        if step.after is None or there.failed or step.kind != "transform":
            return before, ()
        return before, self._beyond(place, "answer", there.answer, self._names[place][1], step.after)

    @cached_property
    def _calls(self) -> dict[Any, tuple[int, Call]]:
        return {_key(call): (place, call) for place, call in enumerate(self.walked.calls)}

    @cached_property
    def _names(self) -> list[tuple[list[Any], list[Any]]]:
        return name_columns(self.walked.calls, self.names)

    def _beyond(
        self, place: int, side: str, data: Any, names: list[Any], cells: Cells
    ) -> tuple[Outside, ...]:
        found = []
        where = {name: column for column, name in enumerate(names)}
        for name, value in list(zip(cells.names, cells.values, strict=True))[:MAX_COLUMNS]:
            column = where.get(name)
            if column is None:
                continue
            key = (place, side, column)
            if key not in self._known:
                values = column_of(data, column)
                self._known[key] = None if values is None else range_of(values)
            known = self._known[key]
            outside = None if known is None else known.outside(name, value)
            if outside is not None:
                found.append(outside)
        return tuple(found)

    def natural(self, step: Step, name: Any, kind: str) -> bool:
        """Whether training rows too had no value, or an infinite one, in this column after the step."""
        call = self._calls.get(_key(step.call))
        if call is None or call[1].failed:
            return False
        names = self._names[call[0]][1]
        values = column_of(call[1].answer, names.index(name)) if name in names else None
        if values is None:
            return False
        column = pd.Series(values)
        faulty = column.isna() if kind == "missing" else np.isinf(pd.to_numeric(column, errors="coerce"))
        return bool(faulty.mean() > 0.001)


def _key(call: Call | None) -> Any:
    return None if call is None else (id(call.nested.estimator), call.method)


def rows_of(data: Any, parameter: str, model: Any, method: str, row: Row) -> Rows:
    """Return rows to hold a record against, with the columns that the model knows.

    Raises
    ------
    ValueError
        If they are no table, or lack a column that the model and the record have.
    """
    if row.container == "documents":
        return _documents(data, parameter, model, method, row)
    table = Table(data, parameter, row.names if row.container == "array" else None)
    keys = list(getattr(model, "feature_names_in_", row.names))
    known = {str(key) for key in keys} & {str(name) for name in row.names}
    absent = sorted(known - set(table.names)) if row.container == "frame" else []
    if absent:
        raise refuse(parameter, "rows with the columns of the record", f"none named {shown(absent[0])}")
    if row.container == "frame" and set(map(str, keys)) <= set(table.names) and len(table.names) > len(keys):
        data = _columns(data, table, [str(key) for key in keys])
    where = _evenly(table.n_rows)
    sample = take(data, where) if len(where) < table.n_rows else data
    if row.container == "array" and not sparse.issparse(sample):
        sample = _as_array(sample)
    elif row.container == "frame":
        sample = _in_container(sample, row.data)
    names = keys if row.container == "frame" else list(row.names)
    return Rows(sample, len(where), table.n_rows, names, model, method)


def _documents(data: Any, parameter: str, model: Any, method: str, row: Row) -> Rows:
    if isinstance(data, pd.DataFrame) and isinstance(row.values[0], dict):
        data = data.to_dict("records")
    texts = list(data) if not isinstance(data, str) else []
    if not texts:
        raise refuse(parameter, f"a list of {row.names[0]}s", shown(data))
    sample = [texts[place] for place in _evenly(len(texts))]
    return Rows(sample, len(sample), len(texts), list(row.names), model, method)


def _evenly(n: int) -> np.ndarray:
    return np.unique(np.linspace(0, n - 1, min(n, MAX_ROWS)).round().astype(np.int64))


def _columns(data: Any, table: Table, names: list[str]) -> Any:
    places = [table.names.index(name) for name in names]
    if isinstance(data, pd.DataFrame):
        return data.iloc[:, places]
    return nw.from_native(data, eager_only=True).select(names).to_native()


def _in_container(data: Any, like: Any) -> Any:
    """A frame of the record's library: the model is handed the same kind in both walks."""
    library = nw.get_native_namespace(like)
    if isinstance(data, pd.DataFrame) and hasattr(library, "from_pandas"):
        return library.from_pandas(data)
    if isinstance(like, pd.DataFrame) and nw.dependencies.is_into_dataframe(data):
        return nw.from_native(data, eager_only=True).to_pandas()
    return data


def _as_array(data: Any) -> Any:
    """An array as the model was fitted on: a frame of numbers is not taken for a frame with names."""
    return data.to_numpy() if hasattr(data, "to_numpy") else np.asarray(data)


def with_row(rows: Rows, row: Row) -> Any:
    """Return the rows with the record before them, in the container of the record.

    Raises
    ------
    ValueError, TypeError
        If they do not go together.
    """
    data = rows.data
    if isinstance(row.data, pd.DataFrame):
        frame = data if isinstance(data, pd.DataFrame) else nw.from_native(data, eager_only=True).to_pandas()
        by_text = {str(name): name for name in frame.columns}
        absent = [name for name in row.names if str(name) not in by_text]
        if absent:
            raise ValueError(f"the rows have no column {shown(absent[0])}")
        batch = frame[[by_text[str(name)] for name in row.names]]
        batch.columns = row.data.columns
        return pd.concat([_as_typed(row.data, batch), batch], ignore_index=True)
    if row.container == "frame":
        one = nw.from_native(row.data, eager_only=True)
        batch = nw.from_native(data, eager_only=True).select(one.columns)
        return nw.concat([one, batch], how="vertical").to_native()
    if row.container == "documents":
        return [*row.data, *list(data)]
    if sparse.issparse(row.data):
        return sparse.vstack([row.data, data]).tocsr()
    return np.concatenate([np.asarray(row.data), np.asarray(data)])


def _as_typed(row: pd.DataFrame, batch: pd.DataFrame) -> pd.DataFrame:
    """The record in the types of the batch where that changes no value: a mix of types would be objects."""
    told = row.copy()
    for place, dtype in enumerate(batch.dtypes):
        try:
            column = told.iloc[:, place].astype(dtype)
        except (TypeError, ValueError):
            continue
        if same(column.array[0], row.iloc[:, place].array[0]):
            told.isetitem(place, column.array)
    return told


def differing(one: Cells | None, data: Any, names: list[Any]) -> list[Any]:
    """Return the columns in which a record differs from the first of many rows.

    A number within a millionth of itself is the same.
    """
    if one is None or data is None or width_of(data) != len(names):
        return []
    many = cells_of(data, names)
    if one.width != many.width:
        return sorted(set(map(str, one.names)) ^ set(map(str, many.names))) or ["width"]
    alone, among = one.by_name, many.by_name
    return [name for name in {**alone, **among} if not _close(alone.get(name, 0), among.get(name, 0))]


def _close(one: Any, other: Any) -> bool:
    if same(one, other):
        return True
    try:
        return bool(np.isclose(float(one), float(other), rtol=RELATIVE, atol=1e-12))
    except (TypeError, ValueError):
        return False
