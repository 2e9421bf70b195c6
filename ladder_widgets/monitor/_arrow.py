"""Columns of Arrow as arrays of numbers, places of levels, times and labels."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.monitor.plan import Use
from ladder_widgets.monitor.truth import label_codes
from ladder_widgets.values import as_text, storable

__all__ = [
    "NO_PLACE",
    "Coder",
    "Held",
    "Labels",
    "Levels",
    "is_plain",
    "is_text",
    "milliseconds",
    "numbers",
    "texts",
    "typed",
    "types_of",
]

_PER_MS = {"s": 1_000, "ms": 1, "us": 1_000, "ns": 1_000_000}
_MS = {"s": 1_000.0, "ms": 1.0, "us": 1e-3, "ns": 1e-6}
_DAY = 86_400_000
#: Place of a level that has no bin of its own.
NO_PLACE = -1
#: Distance of the smallest from the largest of some whole numbers, so that each has a place.
SMALL = 1_000


def is_plain(kind: Any, use: Use) -> bool:
    """Whether a type says by itself what its values are, without an engine that converts them."""
    import pyarrow.types as t

    if use in ("gap", "level"):
        return True
    if use == "label":
        return not t.is_nested(kind)
    if use == "time":
        return t.is_timestamp(kind) or t.is_date32(kind)
    number = t.is_integer(kind) or t.is_floating(kind) or t.is_boolean(kind)
    return number or t.is_timestamp(kind) or t.is_date32(kind) or t.is_duration(kind)


def is_text(kind: Any) -> bool:
    """Whether a type is text, as it is or by levels."""
    import pyarrow.types as t

    kind = kind.value_type if t.is_dictionary(kind) else kind
    return t.is_string(kind) or t.is_large_string(kind) or t.is_string_view(kind)


@dataclass(frozen=True, eq=False)
class Held:
    """Numbers as they lie in memory.

    Attributes
    ----------
    values : ndarray of shape (n,)
        Anything where they are missing.
    gaps : ndarray of uint8 of shape (n,), or None
        1 where they are missing; None where none is.
    """

    values: np.ndarray
    gaps: np.ndarray | None = None

    def __getitem__(self, rows: slice) -> Held:
        return Held(self.values[rows], None if self.gaps is None else self.gaps[rows])


def numbers(array: Any) -> Held:
    """Numbers of any type; times in ms since 1970, or long."""
    import pyarrow as pa

    kind = array.type
    if pa.types.is_timestamp(kind) or pa.types.is_date32(kind):
        return Held(milliseconds(array))
    if pa.types.is_boolean(kind):
        array = array.cast(pa.int8())
    if pa.types.is_duration(kind):
        return Held(_held(array.view(pa.int64())) * _MS[kind.unit], _gaps(array))
    if pa.types.is_float16(kind):
        return Held(_held(array).astype(np.float64), _gaps(array))
    return Held(_held(array), _gaps(array))


def milliseconds(array: Any) -> np.ndarray:
    """Times as whole ms since 1970 UTC, float64 with NaN where missing."""
    import pyarrow as pa

    if pa.types.is_floating(array.type):  # by an engine
        return _without(_held(array), array)
    if pa.types.is_date32(array.type):
        return _without(_held(array.view(pa.int32())) * float(_DAY), array)
    values, unit = _held(array.view(pa.int64())), array.type.unit
    if unit == "ns":  # more digits than float64 has
        return _without((values // _PER_MS["ns"]).astype(np.float64), array)
    if unit == "us":  # a quotient of whole numbers below 2**53 never rounds up to the next one
        told = values / 1000.0
        return _without(np.floor(told, out=told), array)
    return _without(values * float(_PER_MS[unit]), array)


def _held(array: Any) -> np.ndarray:
    """The values of an array of numbers as they lie in memory: anything where they are missing."""
    kind = array.type.to_pandas_dtype()
    if not len(array) or array.buffers()[1] is None:
        return np.zeros(len(array), kind)
    return np.frombuffer(array.buffers()[1], kind)[array.offset : array.offset + len(array)]


def _without(values: np.ndarray, array: Any) -> np.ndarray:
    """Put NaN where an array has nothing."""
    gaps = _gaps(array)
    if gaps is None:
        return values
    # All bits set are NaN: where gaps come at random, asking of each value whether it is one takes longer.
    bits = values.astype(np.float64).view(np.int64)
    return np.bitwise_or(bits, -gaps.astype(np.int64), out=bits).view(np.float64)


def _gaps(array: Any) -> np.ndarray | None:
    """1 where an array has nothing, uint8 of shape (n,); None where there is always something."""
    bitmap = array.buffers()[0]
    if not array.null_count:
        return None
    if bitmap is None:
        return np.ones(len(array), np.uint8)
    there = np.unpackbits(np.frombuffer(bitmap, np.uint8), bitorder="little")
    return 1 - there[array.offset : array.offset + len(array)]


def texts(array: Any, levels: tuple[str, ...]) -> Any:
    """Values of any type as training wrote them, as a dictionary of text.

    Engines write a list, bytes or a time of day otherwise than Python does. A whole number is written with
    or without a point, as a column with gaps holds 1.0 for 1: it is the level that it is written like.
    """
    import pyarrow as pa

    known = frozenset(levels)
    try:
        coded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
        codes, values = coded.indices, coded.dictionary.to_pandas()
    except (NotImplementedError, TypeError):  # Arrow tells no lists and structures apart
        told = array.to_pandas().map(as_text, na_action="ignore")
        found, values = pd.factorize(told)
        codes = pa.array(found, mask=found < 0)
    written = [
        None if gap else _level(value, known) for value, gap in zip(values, pd.isna(values), strict=True)
    ]
    return pa.DictionaryArray.from_arrays(codes, pa.array(written, pa.string()))


def _level(value: Any, known: frozenset[str]) -> str:
    text = as_text(value)
    if text not in known and isinstance(value, int | float | np.number) and float(value).is_integer():
        return next((other for other in (str(int(value)), str(float(value))) if other in known), text)
    return storable(text)


def types_of(source: Any) -> dict[str, Any]:
    """Types of lengths of time, periods and intervals in files and datasets, by column; pandas' own ones."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    with suppress(ImportError):  # it makes them known to Arrow
        import_module("pandas.core.arrays.arrow.extension_types")
    if isinstance(source, list) and source:
        try:
            schema = parquet.read_schema(source[0])
        except (OSError, ValueError):
            return {}
    elif hasattr(source, "scanner"):
        schema = source.schema
    else:
        return {}
    own = (pa.BaseExtensionType,)
    return {
        field.name: field.type
        for field in schema
        if pa.types.is_duration(field.type) or isinstance(field.type, own)
    }


def typed(column: Any, kind: Any) -> Any:
    """Return a column as a type that an engine read as what it is stored as; as it is where it did not."""
    import pyarrow as pa

    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(kind, pa.BaseExtensionType):
        same = column.type.equals(kind.storage_type)
        return pa.ExtensionArray.from_storage(kind, column) if same else column
    if pa.types.is_integer(column.type):
        return column.cast(pa.int64()).cast(kind)
    return column


class Coder:
    """Words as codes; what a dictionary holds is looked up once."""

    def __init__(self) -> None:
        self._written: Any = None
        self._look_up = np.zeros(0, np.int64)

    def placed(self, array: Any) -> tuple[Held, np.ndarray]:
        """Return the place of each value in a dictionary, and the code of each place.

        What is missing has the code of the last place, whatever place it is told.
        """
        import pyarrow as pa

        small = _small_numbers(array)
        if small is not None:
            written, held = small
        else:
            coded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
            written, array = coded.dictionary, coded.indices
            held = _held(array)
        if self._written is None or not written.equals(self._written):
            self._written, self._look_up = written, np.append(self._of(written), self.missing)
        return Held(held, _gaps(array)), self._look_up

    def codes(self, array: Any) -> np.ndarray:
        """Return the code of each value, int64 of shape (n,)."""
        places, codes = self.placed(array)
        if places.gaps is None:
            return codes[places.values]
        there = 1 - places.gaps
        return codes[places.values * there] * there + self.missing * places.gaps

    missing = 0

    def _of(self, written: Any) -> np.ndarray:
        """Return the code of each entry of a dictionary."""
        raise NotImplementedError


def _small_numbers(array: Any) -> tuple[Any, np.ndarray] | None:
    """A dictionary of whole numbers that are close to each other, and the places of an array in it."""
    import pyarrow as pa

    if not pa.types.is_integer(array.type) or not len(array):
        return None
    held = _held(array)
    low, high = int(held.min()), int(held.max())
    if high - low > SMALL:
        return None
    return pa.array(range(low, high + 1), array.type), held.astype(np.int64) - low


class Levels(Coder):
    """Levels as their places; what is none of them has the place after the last, a gap that after it."""

    def __init__(self, levels: tuple[str, ...]) -> None:
        super().__init__()
        self.levels, self.missing = levels, len(levels) + 1

    def _of(self, written: Any) -> np.ndarray:
        place: dict[Any, int] = {level: number for number, level in enumerate(self.levels)}
        place[None] = self.missing
        place |= {number: number for number in range(len(self.levels))}  # by an engine
        return np.array([place.get(one, len(self.levels)) for one in written.to_pylist()], dtype=np.int64)


class Labels(Coder):
    """Labels as 1 + their code; 0 where missing or unknown."""

    def __init__(self, classes: tuple[Any, ...]) -> None:
        super().__init__()
        self.classes = list(classes)

    def _of(self, written: Any) -> np.ndarray:
        return label_codes(pd.Series(written.to_pandas()), self.classes) + 1
