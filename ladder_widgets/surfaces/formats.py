"""How every surface writes a value, and how text that others chose is made harmless."""

from __future__ import annotations

import re
from typing import Any

from ladder_widgets.finding import Format
from ladder_widgets.plain import to_plain

__all__ = ["NUMERIC", "block", "cell", "clip", "cut", "prose", "shown"]

#: Formats whose cells are set flush right.
NUMERIC = frozenset({"integer", "number", "percent", "score"})

_NOTHING = "–"
#: Control characters and those that turn the direction of a text: they could redraw a terminal or a page.
#: With them, what is no character at all: XML 1.0 can hold none of these.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]"
)
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def shown(value: Any, form: Format = "text") -> str:
    """Write a value of an evidence table.

    Parameters
    ----------
    value : object
        Whatever a finding holds; texts are returned as they are.
    form : {"text", "code", "integer", "number", "percent", "score"}
        What the number is.

    Examples
    --------
    >>> [shown(0.181, "percent"), shown(0.7806, "score"), shown(12345, "integer"), shown(None, "number")]
    ['18.1 %', '0.781', '12,345', '–']
    """
    value = to_plain(value)
    if value is None:
        return _NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, int | float):
        return str(value)
    write = {"integer": _integer, "percent": _percent, "score": _score}.get(form, _number)
    text = write(value)
    return text.replace("-", "−") if text.strip("-0.% ") else text.lstrip("-")


def _integer(value: float) -> str:
    return f"{value:,.0f}"


def _score(value: float) -> str:
    return f"{value:.3f}"


def _percent(value: float) -> str:
    share = 100 * value
    digits = 2 if 0 < abs(share) < 0.1 else 1
    return f"{_trimmed(f'{share:,.{digits}f}')} %"


def _number(value: float) -> str:
    """Four significant digits, six from a thousand on; the very large and the very small as powers of ten."""
    size = abs(value)
    if value == int(value) and size < 1e9:
        return _integer(value)
    if size >= 1e9 or size < 1e-4:
        return f"{value:.2e}"
    if size >= 1e5:
        return _integer(float(f"{value:.5e}"))
    return f"{value:,.{6 if size >= 1000 else 4}g}"


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def cell(text: Any, limit: int | None = None) -> str:
    r"""Return text for a cell or a label: one line, a line break shown as ↵, nothing that acts unseen.

    Examples
    --------
    >>> cell("income\n(net)\x1b[31m")
    'income↵(net)�[31m'
    """
    line = str(to_plain(str(text))).replace("\r\n", "\n").replace("\n", "↵").replace("\t", " ")
    return cut(_UNSEEN.sub(_REPLACEMENT, line), limit)


def prose(text: Any, limit: int | None = None) -> str:
    r"""Return a sentence or a paragraph on one line, runs of white space as one blank.

    Examples
    --------
    >>> prose("Two rows\n  are alike.")
    'Two rows are alike.'
    """
    return cell(" ".join(str(text).split()), limit)


def block(text: Any) -> str:
    r"""Return lines of code as they are, without what acts unseen and without blank ends.

    Examples
    --------
    >>> block("for x in y:\n\tprint(x)\x07\n")
    'for x in y:\n    print(x)�'
    """
    lines = str(to_plain(str(text))).expandtabs(4).splitlines()
    return "\n".join(_UNSEEN.sub(_REPLACEMENT, line).rstrip() for line in lines).strip("\n")


def cut(text: str, limit: int | None) -> str:
    """Shorten a text in the middle: names that begin alike often differ at the end.

    Examples
    --------
    >>> cut("a_very_long_name_2021", 12)
    'a_very…_2021'
    """
    if limit is None or len(text) <= limit:
        return text
    tail = (limit - 1) // 2
    return f"{text[: limit - 1 - tail]}…{text[len(text) - tail :]}"


def clip(text: str, limit: int) -> str:
    """Shorten a sentence at its end.

    Examples
    --------
    >>> clip("another threshold would do far better", 18)
    'another threshold…'
    """
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"
