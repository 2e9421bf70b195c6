"""One way to refuse bad input: name the parameter, what is accepted, and what came."""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from difflib import get_close_matches
from typing import Any

__all__ = ["choice", "listed", "number", "refuse", "shown", "whole"]


def shown(value: Any, limit: int = 80) -> str:
    """Return ``repr(value)`` in one short line, whatever the value does."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # a broken __repr__ must not hide the message it belongs to
        text = f"<{type(value).__name__}>"
    return text if len(text) <= limit else text[: limit - 1] + "…"


def refuse(name: str, accepted: str, got: str, hint: str = "") -> ValueError:
    """Build the error for a parameter; the caller raises it.

    Examples
    --------
    >>> str(refuse("threshold", "a number between 0 and 1", "1.5"))
    "The 'threshold' parameter must be a number between 0 and 1. Got 1.5 instead."
    """
    message = f"The {name!r} parameter must be {accepted}. Got {got} instead."
    return ValueError(f"{message} {hint}".rstrip())


def choice(name: str, value: str, valid: Iterable[str]) -> str:
    """Return ``value`` if it is among ``valid``; else refuse it, naming the nearest."""
    options = sorted(valid)
    if value in options:
        return value
    near = get_close_matches(str(value), options, n=3)
    hint = f"Did you mean {' or '.join(map(repr, near))}?" if near else ""
    listed = ", ".join(map(repr, options[:30])) + (", …" if len(options) > 30 else "")
    raise refuse(name, f"one of {listed}", shown(value), hint)


def listed(name: str, value: Any, accepted: str) -> list[Any]:
    """Return the parts of a sequence; refuse a text, whose parts are letters, and what has none or no order.

    Examples
    --------
    >>> listed("features", ("age", "town"), "names of columns")
    ['age', 'town']
    """
    if isinstance(value, str | bytes | AbstractSet | Mapping) or not isinstance(value, Iterable):
        raise refuse(name, accepted, shown(value))
    return list(value)


def number(name: str, value: Any, low: float, high: float, accepted: str = "") -> float:
    """Return ``value`` as a float if it is a number from ``low`` to ``high``; else refuse it.

    Parameters
    ----------
    accepted : str, optional
        What to say is accepted.

    Examples
    --------
    >>> number("threshold", 1, 0, 1)
    1.0
    """
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if is_number and low <= float(value) <= high:
        return float(value)
    raise refuse(name, accepted or f"a number between {low:g} and {high:g}", shown(value))


def whole(name: str, value: Any, least: int, most: int | None = None, hint: str = "") -> int:
    """Return ``value`` as an int if it is a whole number from ``least`` on (to ``most``); else refuse it.

    Examples
    --------
    >>> whole("bins", 2.5, 1)
    Traceback (most recent call last):
    ...
    ValueError: The 'bins' parameter must be a whole number of at least 1. Got 2.5 instead.
    """
    is_whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if is_whole and least <= int(value) and (most is None or int(value) <= most):
        return int(value)
    accepted = f"of at least {least:,}" if most is None else f"from {least:,} to {most:,}"
    raise refuse(name, f"a whole number {accepted}", shown(value), hint)
