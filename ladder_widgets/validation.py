"""One way to refuse bad input: name the parameter, what is accepted, and what came."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

__all__ = ["choice", "refuse", "shown"]


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
