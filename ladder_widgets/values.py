"""Values of any make as text: the same text, whichever library read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["as_text", "storable"]

_NESTED = (list, tuple, set, frozenset, dict, np.ndarray)


def as_text(value: Any) -> str:
    """Return a value as text.

    Frames hold a list as a list or a tuple, Arrow hands it over as an array, and numpy shortens an array:
    all of them are written as a list, whole. Sets are sorted, as their order is another in every process.

    Examples
    --------
    >>> as_text([1, "a"]), as_text((1, "a")), as_text(np.array([1, 2])), as_text({"b", "a"})
    ("[1, 'a']", "[1, 'a']", '[1, 2]', "['a', 'b']")
    >>> as_text(1.5), as_text("a"), as_text({"a": np.float64(2.0)})
    ('1.5', 'a', "{'a': 2.0}")
    """
    return str(_opened(value)) if isinstance(value, _NESTED) else str(value)


def _opened(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        if value.dtype.kind in "biufcSU":  # plain as they are, and there may be thousands
            return value.tolist()
        value = list(value)
    if isinstance(value, list | tuple):
        return [_opened(each) for each in value]
    if isinstance(value, set | frozenset):
        return sorted((_opened(each) for each in value), key=str)
    if isinstance(value, Mapping):
        return {_opened(key): _opened(each) for key, each in value.items()}
    return value.item() if isinstance(value, np.generic) else value


def storable(text: str) -> str:
    r"""Return a text as files and engines can hold it: UTF-8 has no lone surrogates.

    Examples
    --------
    >>> storable("naïve"), storable("\ud800")
    ('naïve', '\\ud800')
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
