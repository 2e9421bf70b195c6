"""A read-only view of the user's rows: pandas, polars, pyarrow, numpy, lists or scipy sparse.

Columns are turned into numbers or codes one at a time and on demand. The user's object is
never changed and never copied whole; it is handed to the model as it came.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import sparse

from ladder_widgets.validation import refuse, shown
from ladder_widgets.values import as_text

__all__ = ["Feature", "Kind", "Table", "TableView", "take", "unmasked"]

Kind = Literal["number", "boolean", "category", "datetime"]
_NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal")
#: Types of text of Arrow.
_TEXTS = ("string", "large_string", "string_view")
#: Rows coded at once.
_PIECE = 1 << 16


@dataclass(frozen=True)
class Feature:
    """One column of a :class:`Table`.

    ``name`` is what readers see, ``key`` what the user's own frame calls it.
    """

    name: str
    key: Any
    series: pd.Series

    @cached_property
    def kind(self) -> Kind:
        """What the values are, judged by dtype and, for objects, by content."""
        dtype = self.series.dtype
        if pd.api.types.is_bool_dtype(dtype):
            return "boolean"
        if isinstance(dtype, pd.CategoricalDtype):
            return "category"
        if dtype.kind == "c":  # no classifier orders them
            return "category"
        if pd.api.types.is_numeric_dtype(dtype) or self.is_duration:
            return "number"
        if pd.api.types.is_datetime64_any_dtype(dtype):
            return "datetime"
        if _holds_objects(self.series):
            return _kind_of_objects(self.series)
        return "category"

    @cached_property
    def is_duration(self) -> bool:
        """Whether the values are lengths of time: numbers, in ms."""
        dtype = self.series.dtype
        if _holds_objects(self.series):
            return pd.api.types.infer_dtype(self.series, skipna=True) in ("timedelta", "timedelta64")
        return getattr(dtype, "kind", "") == "m" and not isinstance(dtype, pd.CategoricalDtype)

    @property
    def missing(self) -> np.ndarray:
        """Boolean array of shape (n_rows,): NaN, None, NaT or NA. Infinity is a value."""
        return np.unpackbits(self._missing, count=len(self.series)).view(bool)

    @cached_property
    def _missing(self) -> np.ndarray:
        """A bit for each row, for it is kept: a byte would be an eighth of the table."""
        return np.packbits(np.asarray(self.series.isna(), dtype=bool))

    def numbers(self, rows: slice = slice(None)) -> np.ndarray:
        """Values as float64 of shape (n_rows,): NaN where missing, dates and durations in ms.

        Of all rows or of a slice of them; perhaps a view of the user's own data. Dates count from 1970
        (UTC).
        """
        if self.kind == "category":
            return self.codes(rows)[0].astype(float)
        if isinstance(self.series.dtype, np.dtype) and self.series.dtype.kind in "fiub":
            return np.asarray(self._values[rows], dtype=float)
        part = self.series.iloc[rows]
        if self.kind == "datetime":
            return _milliseconds(part)
        if self.is_duration:
            return np.asarray(pd.to_timedelta(part).astype("m8[ns]") / np.timedelta64(1, "ms"), dtype=float)
        if _holds_objects(part):
            return np.asarray(pd.to_numeric(part, errors="coerce"), dtype=float)
        return np.asarray(part.to_numpy(dtype=float, na_value=np.nan), dtype=float)

    @cached_property
    def _values(self) -> np.ndarray:
        return self.series.to_numpy()

    def codes(self, rows: slice = slice(None)) -> tuple[np.ndarray, list[str]]:
        """Return ``(codes, levels)``: int64 of shape (n_rows,), −1 where missing, and the levels.

        Of all rows or of a slice of them; the levels are always those of all rows.
        """
        codes, levels = self._codes
        return codes[rows].astype(np.int64), levels

    @cached_property
    def _codes(self) -> tuple[np.ndarray, list[str]]:
        """Codes in as few bytes as they need, for they are kept."""
        if isinstance(self.series.dtype, pd.CategoricalDtype):
            codes = self.series.array.codes  # a view: .cat.codes is a copy
            return codes, [as_text(level) for level in self.series.cat.categories]
        values = self.series
        # Lists, dicts and mixed types cannot be sorted or hashed alike: told apart by their text.
        mixed = _holds_objects(values) and pd.api.types.infer_dtype(values, skipna=True) != "string"
        return _factorized(values, by_text=mixed or _is_nested(values))


def _factorized(series: pd.Series, by_text: bool) -> tuple[np.ndarray, list[str]]:
    """Codes in order of appearance, a piece at a time: whole columns of int64 would add up."""
    known: dict[Any, int] = {}
    codes = np.empty(len(series), dtype=np.int8)
    for start in range(0, len(series), _PIECE):
        part = series.iloc[start : start + _PIECE]
        own, levels = pd.factorize(part.map(as_text, na_action="ignore") if by_text else part)
        place = np.array([known.setdefault(level, len(known)) for level in levels] + [-1], dtype=np.int64)
        if len(known) > np.iinfo(codes.dtype).max:
            codes = codes.astype(np.min_scalar_type(-len(known) - 1))
        codes[start : start + _PIECE] = place[own]
    return codes, [as_text(level) for level in known]


def _holds_objects(series: pd.Series) -> bool:
    return series.dtype.kind == "O" and not isinstance(series.dtype, pd.api.extensions.ExtensionDtype)


def _is_nested(series: pd.Series) -> bool:
    """Whether a column of Arrow holds lists or structures."""
    return isinstance(series.dtype, pd.ArrowDtype) and series.dtype.type in (list, dict)


def _kind_of_objects(series: pd.Series) -> Kind:
    content = pd.api.types.infer_dtype(series, skipna=True)
    if content in _NUMBERS:
        return "number"
    if content == "boolean":
        return "boolean"
    if content in ("datetime", "datetime64", "date"):
        return "datetime"
    return "category"


def _milliseconds(series: pd.Series) -> np.ndarray:
    stamps = pd.to_datetime(series, utc=True, errors="coerce")
    values = stamps.dt.tz_localize(None).to_numpy().astype("datetime64[ms]")
    numbers = values.astype("int64").astype(float)
    numbers[np.isnat(values)] = np.nan
    return numbers


class Table:
    """The columns of ``data``, by name and by kind.

    Parameters
    ----------
    data : frame, array or sparse matrix of shape (n_rows, n_features)
        pandas, polars, pyarrow, numpy, list of lists, or scipy sparse.
    parameter : str
        Name used in messages, for instance ``"X_val"``.
    names : sequence of str, optional
        Column names for data that carries none.

    Raises
    ------
    ValueError
        If the data is empty, not two-dimensional, or names a column twice.

    Examples
    --------
    >>> table = Table([[1.0, 2.0], [3.0, 4.0]], "X_val")
    >>> table.n_rows, table.names
    (2, ['x0', 'x1'])
    """

    def __init__(self, data: Any, parameter: str, names: Any = None) -> None:
        self.data = data
        self.parameter = parameter
        self._columns = _open(data, parameter)
        self.n_rows = self._columns.n_rows
        keys = self._columns.keys
        if keys is None:
            keys = _default_names(self._columns.n_columns, names)
        self.keys = list(keys)
        self.names = [str(key) for key in self.keys]
        self._check()
        self._features: dict[int, Feature] = {}

    def _check(self) -> None:
        if not self.names or not self.n_rows:
            got = f"{self.n_rows} rows and {len(self.names)} columns"
            raise refuse(self.parameter, "a table with at least one row and one column", got)
        twice = [name for name, count in Counter(self.names).items() if count > 1]
        if twice:
            listed = ", ".join(shown(name) for name in twice[:5])
            raise refuse(
                self.parameter,
                "a table with one column to a name",
                f"more than one column named {listed}",
                "Rename or drop the duplicates: nothing could be said about either.",
            )

    def __len__(self) -> int:
        return self.n_rows

    @property
    def nameless(self) -> bool:
        """Whether the columns are told apart by their place only."""
        return not isinstance(self.data, pd.DataFrame) and not nw.dependencies.is_into_dataframe(self.data)

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return len(self.names)

    @property
    def index(self) -> pd.Index:
        """The user's own row labels; 0, 1, 2 … where the data carries none."""
        if isinstance(self.data, pd.DataFrame):
            return self.data.index
        return pd.RangeIndex(self.n_rows)

    def feature(self, which: int | str) -> Feature:
        """Return a column by position or by name."""
        position = self.names.index(which) if isinstance(which, str) else which
        if position not in self._features:
            series = self._columns.column(position)
            self._features[position] = Feature(self.names[position], self.keys[position], series)
        return self._features[position]

    def features(self) -> list[Feature]:
        """Return every column, in order."""
        return [self.feature(position) for position in range(self.n_features)]

    def frame(self, positions: Any) -> pd.DataFrame:
        """Return the rows at ``positions`` as a pandas frame with the user's own index."""
        positions = np.asarray(positions, dtype=np.int64)
        # Joined as series: pandas would guess the dtype of arrays of objects anew.
        columns = [f.series.iloc[positions].reset_index(drop=True) for f in self.features()]
        frame = pd.concat(columns, axis=1)
        frame.columns, frame.index = pd.Index(self.names), self.index[positions]
        return frame


class TableView(Table):
    """Some rows of a table, with the user's own index; columns are cut when they are asked for.

    Parameters
    ----------
    table : Table
    rows : ndarray of int of shape (n_rows,)
        Positions in ``table``.
    """

    def __init__(self, table: Table, rows: np.ndarray) -> None:
        self.data = table.data
        self.parameter = table.parameter
        self.keys, self.names = table.keys, table.names
        self.n_rows = len(rows)
        self._table, self._rows = table, rows
        self._features: dict[int, Feature] = {}

    @property
    def index(self) -> pd.Index:
        """Labels of these rows."""
        return self._table.index[self._rows]

    def feature(self, which: int | str) -> Feature:
        """Return a column by position or by name."""
        position = self.names.index(which) if isinstance(which, str) else which
        if position not in self._features:
            whole = self._table.feature(position)
            series = whole.series.iloc[self._rows]
            self._features[position] = _Part(whole.name, whole.key, series, whole.kind)
        return self._features[position]


@dataclass(frozen=True)
class _Part(Feature):
    """Some rows of a column. Objects are judged by content, and a few rows may hold none."""

    whole_kind: Kind

    @cached_property
    def kind(self) -> Kind:
        """Kind of the whole column."""
        return self.whole_kind


class _Columns:
    """Access to single columns of one kind of container."""

    keys: list[Any] | None = None
    n_rows: int
    n_columns: int

    def column(self, position: int) -> pd.Series:
        raise NotImplementedError


class _Pandas(_Columns):
    def __init__(self, data: pd.DataFrame) -> None:
        self.data = data
        self.keys = list(data.columns)
        self.n_rows, self.n_columns = data.shape

    def column(self, position: int) -> pd.Series:
        return self.data.iloc[:, position]


class _Narwhals(_Columns):
    def __init__(self, frame: Any) -> None:
        self.frame = frame
        self.keys = list(frame.columns)
        self.n_rows, self.n_columns = frame.shape

    def column(self, position: int) -> pd.Series:
        series = self.frame[self.keys[position]]  # type: ignore[index]
        dtype = series.dtype
        native = series.to_native()
        if nw.dependencies.is_pyarrow_chunked_array(native) and _only_pandas_tells(native.type):
            return _by_pandas(native)
        if isinstance(dtype, nw.Categorical | nw.Enum):
            series, dtype = series.cast(nw.String), nw.String()
        if dtype.is_integer():  # Arrow refuses to cast those beyond 2**53, which float64 rounds
            gaps = series.is_null().to_numpy()
            values = series.fill_null(0).to_numpy()
            return pd.Series(np.where(gaps, np.nan, values) if gaps.any() else values)
        if dtype.is_numeric():
            values = series.cast(nw.Float64).fill_null(float("nan")).to_numpy()
            return pd.Series(values)
        if isinstance(dtype, nw.Datetime | nw.Date):
            zone = getattr(dtype, "time_zone", None)
            return pd.Series(pd.to_datetime(series.to_list(), utc=zone is not None))
        if isinstance(dtype, nw.Duration):
            return pd.Series(pd.to_timedelta(series.to_list()))
        return pd.Series(series.to_list(), dtype=object)


def _only_pandas_tells(kind: Any) -> bool:
    """Whether a type of Arrow is one of pandas' own: levels that are no text, a period, an interval."""
    if hasattr(kind, "index_type"):
        return str(kind.value_type) not in _TEXTS
    return hasattr(kind, "extension_name")


def _by_pandas(column: Any) -> pd.Series:
    kind = column.type
    if hasattr(kind, "index_type") and hasattr(kind.value_type, "extension_name"):  # which Arrow cannot read
        column = column.combine_chunks().dictionary_decode()
    return column.to_pandas()


class _Array(_Columns):
    def __init__(self, data: np.ndarray) -> None:
        self.data = data
        self.n_rows, self.n_columns = data.shape

    def column(self, position: int) -> pd.Series:
        return pd.Series(self.data[:, position], copy=False)


class _Sparse(_Columns):
    def __init__(self, data: Any) -> None:
        self.data = data.tocsc()
        self.n_rows, self.n_columns = data.shape

    def column(self, position: int) -> pd.Series:
        return pd.Series(self.data[:, [position]].toarray().ravel())


def _open(data: Any, parameter: str) -> _Columns:
    data = unmasked(data)
    if isinstance(data, pd.DataFrame):
        return _Pandas(data)
    if sparse.issparse(data):
        return _Sparse(data)
    if nw.dependencies.is_into_dataframe(data):
        return _Narwhals(nw.from_native(data, eager_only=True))
    try:
        array = np.asarray(data) if not isinstance(data, list) else _from_lists(data)
    except ValueError as error:
        raise refuse(parameter, "a table", f"rows that do not form one ({error})") from error
    if array.ndim != 2:
        accepted = "a two-dimensional table (frame, array, list of rows or sparse matrix)"
        got = f"{type(data).__name__} with {array.ndim} dimension{'s' * (array.ndim != 1)}"
        raise refuse(parameter, accepted, got)
    return _Array(array)


def unmasked(values: Any) -> Any:
    """Return a numpy masked array with its masked values as missing ones; anything else as it is.

    Examples
    --------
    >>> unmasked(np.ma.masked_array([1, 2], mask=[False, True])).tolist()
    [1.0, nan]
    """
    if not isinstance(values, np.ma.MaskedArray):
        return values
    numbers = values.dtype.kind in "fiu"
    out = np.array(values.data, dtype=float if numbers else object)
    out[np.ma.getmaskarray(values)] = np.nan if numbers else None
    return out


def _from_lists(rows: list[Any]) -> np.ndarray:
    """Keep numbers beside strings in a list of rows: numpy alone would turn all into text."""
    array = np.asarray(rows, dtype=object)
    if array.ndim != 2:
        return np.asarray(rows)
    try:
        return array.astype(float)
    except (TypeError, ValueError):
        return array


def _default_names(n_columns: int, names: Any) -> list[str]:
    if names is not None and len(names) == n_columns:
        return [str(name) for name in names]
    return [f"x{position}" for position in range(n_columns)]


def take(data: Any, positions: np.ndarray) -> Any:
    """Return the rows of ``data`` at ``positions`` in the container it came in.

    Examples
    --------
    >>> take([[1], [2], [3]], np.array([2, 0]))
    [[3], [1]]
    """
    if isinstance(data, pd.DataFrame | pd.Series):
        return data.iloc[positions]
    if sparse.issparse(data):
        return data.tocsr()[positions]
    if isinstance(data, list):
        return [data[position] for position in positions]
    if nw.dependencies.is_into_dataframe(data):
        return nw.from_native(data, eager_only=True)[positions].to_native()
    return np.asarray(data)[positions]
