"""Columns of Arrow as arrays of numbers, places of levels, times and labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.monitor.plan import Use
from ladder_widgets.monitor.truth import label_codes

__all__ = ["NO_PLACE", "Labels", "is_plain", "milliseconds", "missing", "numbers", "places"]

_PER_MS = {"s": 1_000, "ms": 1, "us": 1_000, "ns": 1_000_000}
_DAY = 86_400_000
#: Place of a level that has no bin of its own.
NO_PLACE = -1


def is_plain(kind: Any, use: Use) -> bool:
    """Whether a type says by itself what its values are, without an engine that converts them."""
    import pyarrow.types as t

    if use == "gap":
        return True
    if use == "label":
        return not t.is_nested(kind)
    if use == "time":
        return t.is_timestamp(kind) or t.is_date32(kind)
    if use == "level":
        return _is_text(kind.value_type if t.is_dictionary(kind) else kind)
    number = t.is_integer(kind) or t.is_float32(kind) or t.is_float64(kind) or t.is_boolean(kind)
    return number or t.is_timestamp(kind) or t.is_date32(kind)


def _is_text(kind: Any) -> bool:
    import pyarrow.types as t

    return t.is_string(kind) or t.is_large_string(kind) or t.is_string_view(kind)


def numbers(array: Any) -> np.ndarray:
    """Numbers of any type, float64 with NaN where values are missing; times in ms since 1970."""
    import pyarrow as pa

    kind = array.type
    if pa.types.is_timestamp(kind) or pa.types.is_date32(kind):
        return milliseconds(array)
    if pa.types.is_boolean(kind):
        array = array.cast(pa.int8())
    if array.null_count and pa.types.is_integer(kind) and kind.bit_width == 64:
        # Arrow refuses those beyond 2**53, which float64 rounds.
        values = array.fill_null(0).to_numpy(zero_copy_only=False).astype(np.float64)
        values[array.is_null().to_numpy(zero_copy_only=False)] = np.nan
        return values
    return np.asarray(array.to_numpy(zero_copy_only=False))


def milliseconds(array: Any) -> np.ndarray:
    """Times as whole ms since 1970 UTC, float64 with NaN where missing."""
    import pyarrow as pa

    if pa.types.is_floating(array.type):  # by an engine
        return np.asarray(array.to_numpy(zero_copy_only=False), dtype=np.float64)
    if pa.types.is_date32(array.type):
        told = array.cast(pa.int32()).to_numpy(zero_copy_only=False).astype(np.float64)
        return np.asarray(told * _DAY)
    unit = array.type.unit
    gaps = array.is_null().to_numpy(zero_copy_only=False) if array.null_count else None
    whole = array.cast(pa.int64())
    if gaps is not None:
        whole = whole.fill_null(0)
    values = whole.to_numpy(zero_copy_only=False)
    if unit == "ns":  # more digits than float64 has
        told = (values // _PER_MS["ns"]).astype(np.float64)
    elif unit == "us":  # a quotient of whole numbers below 2**53 never rounds up to the next one
        told = np.floor(values / 1000.0)
    else:
        told = values * float(_PER_MS[unit])
    if gaps is not None:
        told[gaps] = np.nan
    return told


def missing(array: Any) -> np.ndarray:
    """Which values are missing, bool of shape (n,); an engine has told so in a column of booleans."""
    return np.asarray(array.is_null().to_numpy(zero_copy_only=False))


def places(array: Any, levels: tuple[str, ...]) -> np.ndarray:
    """Place of each value among levels, int64 of shape (n,).

    Values that are none of them have the place after the last, missing ones that after it.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    others, gap = len(levels), len(levels) + 1
    if pa.types.is_integer(array.type):  # by an engine, from NO_PLACE on
        told = array.fill_null(gap).to_numpy(zero_copy_only=False).astype(np.int64)
        return np.where(told == NO_PLACE, others, told)
    if pa.types.is_dictionary(array.type):
        known = pc.index_in(array.dictionary, value_set=pa.array(levels, array.type.value_type))
        look_up = known.fill_null(others).to_numpy(zero_copy_only=False).astype(np.int64)
        look_up[array.dictionary.is_null().to_numpy(zero_copy_only=False)] = gap
        look_up = np.append(look_up, gap)
        codes = array.indices.fill_null(len(look_up) - 1) if array.indices.null_count else array.indices
        return look_up[codes.to_numpy(zero_copy_only=False)]
    found = pc.index_in(array, value_set=pa.array(levels, array.type))
    told = found.fill_null(others).to_numpy(zero_copy_only=False).astype(np.int64)
    if array.null_count:
        told[array.is_null().to_numpy(zero_copy_only=False)] = gap
    return told


class Labels:
    """Labels as codes; what is written in a log is looked up once."""

    def __init__(self, classes: tuple[Any, ...]) -> None:
        self.classes = list(classes)

    def codes(self, array: Any) -> np.ndarray:
        """Return 1 + the code of each label, int64 of shape (n,); 0 where missing or unknown."""
        import pyarrow as pa

        if array.null_count == len(array):
            return np.zeros(len(array), np.int64)
        coded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
        written = pd.Series(coded.dictionary.to_pandas())
        look_up = np.append(label_codes(written, self.classes) + 1, 0)
        indices = coded.indices.fill_null(len(look_up) - 1) if coded.indices.null_count else coded.indices
        return np.asarray(look_up[indices.to_numpy(zero_copy_only=False)])
