"""A pytest file that pins what a model answers to one record."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ladder_widgets.labels import plain
from ladder_widgets.replaying.cells import is_missing
from ladder_widgets.validation import refuse, shown

if TYPE_CHECKING:
    from ladder_widgets.replaying.result import Replay

__all__ = ["literal", "source"]

_FILE = '''"""Pins one production record: the model must answer it like this."""

import pandas as pd

from ladder_widgets import replay

ARTIFACT = {artifact}
RECORD = {record}
EXPECTED = {expected}


def test_the_record_is_answered_as_it_should_be():
    found = replay(ARTIFACT, RECORD, expected=EXPECTED, {options}trust=True)
    assert found.error is None, str(found)
    assert found.matches, str(found)
'''
_RAISES = """

def test_no_step_is_to_blame():
    found = replay(ARTIFACT, RECORD, {options}trust=True)
    assert found.error is None, str(found)
"""


def source(replay: Replay, artifact: str, should: Any) -> str:
    """Return the file; see :meth:`ladder_widgets.Replay.to_test`."""
    options = f"tolerance={replay.tolerance!r}, "
    if replay.threshold is not None:
        options += f"threshold={replay.threshold!r}, "
    told = should if should is not None else _expected(replay)
    if told is None:  # nothing is known but that it must not raise
        text = _FILE.partition("\n\ndef ")[0].replace("EXPECTED = {expected}\n", "") + "\n" + _RAISES
    else:
        text = _FILE
    values = {"{artifact}": repr(artifact), "{expected}": literal(told), "{options}": options}
    for mark, value in values.items():
        text = text.replace(mark, value)
    return text.replace("{record}", _record(replay)).replace("import pandas as pd\n\n", _imports(replay))


def _imports(replay: Replay) -> str:
    return "import pandas as pd\n\n" if "pd." in _record(replay) else ""


def _expected(replay: Replay) -> dict[str, Any] | None:
    expected = replay.expected
    told = {"score": expected.score, "label": expected.label}
    if expected.score is None and expected.label is None:
        told = {"score": replay.score, "label": replay.label}
    told = {key: value for key, value in told.items() if value is not None}
    return told or None


def _record(replay: Replay) -> str:
    """The record as Python: a dict, a list, or a frame where its types are not what a dict would give."""
    row = replay.row
    if row is None:
        return literal(replay.given)
    if row.container != "frame":
        return literal(list(row.values)) if not isinstance(replay.given, Mapping) else literal(replay.record)
    as_dict = literal(replay.record)
    if not isinstance(row.data, pd.DataFrame) or isinstance(replay.given, Mapping):
        return as_dict
    types = {name: str(dtype) for name, dtype in row.data.dtypes.items()}
    inferred = pd.DataFrame({place: [plain(value)] for place, value in enumerate(row.values)}).dtypes
    if list(types.values()) == [str(dtype) for dtype in inferred]:
        return as_dict
    return f"pd.DataFrame([{as_dict}]).astype({literal(types)})"


def literal(value: Any) -> str:
    """Return Python source of a value: what JSON knows, and dates.

    Raises
    ------
    ValueError
        If it is anything else.

    Examples
    --------
    >>> literal({"age": np.float64(41.0), "income": float("nan"), "since": pd.Timestamp("2026-03-01")})
    "{'age': 41.0, 'income': float('nan'), 'since': pd.Timestamp('2026-03-01T00:00:00')}"
    """
    value = plain(value)
    if value is None or isinstance(value, bool | int | str):
        return ascii(value) if isinstance(value, str) else repr(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else f"float({str(value)!r})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{literal(key)}: {literal(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | np.ndarray):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, tuple):
        return "(" + "".join(f"{literal(each)}, " for each in value) + ")"
    if is_missing(value):
        return "pd.NaT" if value is pd.NaT else "pd.NA"
    if isinstance(value, dt.date | np.datetime64):
        return f"pd.Timestamp({pd.Timestamp(value).isoformat()!r})"
    raise refuse(
        "record", "made of text, numbers, booleans, dates and None, to be written to a test", shown(value)
    )
