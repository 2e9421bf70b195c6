"""A schema as readable JSON, and back; a file is whole or it is the one before."""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path
from typing import Any

from ladder_widgets.monitor._schema_column import Column

__all__ = ["FORMAT", "VERSION", "column_from", "read"]

FORMAT, VERSION = "ladder-widgets/schema", 1


def read(path: str | PathLike[str]) -> dict[str, Any]:
    """Read a schema file.

    Raises
    ------
    FileNotFoundError
    ValueError
        If it is no schema; the message names the file and what is wrong. The file stays as it is.
    """
    try:
        told = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:  # not UTF-8, or not JSON
        raise ValueError(f"{path} is no schema: {error}. The file was left as it is.") from error
    problem = _problem(told)
    if problem:
        raise ValueError(f"{path} is no schema: {problem}. The file was left as it is.")
    return dict(told)


def _problem(told: Any) -> str:
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        return f"its 'format' is not {FORMAT!r}"
    version = told.get("version")
    if not isinstance(version, int) or version > VERSION:
        return f"its version is {version!r}, and this ladder_widgets reads up to {VERSION}"
    if not isinstance(told.get("columns"), list):
        return "it has no list of 'columns'"
    return ""


_SHAPES: dict[str, Any] = {
    "name": str,
    "kind": str,
    "dtype": str,
    "rows": int,
    "missing": int,
    "infinite": int,
    "alone": int,
    "integer": bool,
    "low": (int, float),
    "high": (int, float),
    "q_low": (int, float),
    "q_high": (int, float),
    "zone": bool,
    "gaps": list,
    "levels": list,
    "sorts": list,
    "forms": list,
    "placeholders": list,
    "key": (str, int, float, list),
}
_NEEDED = ("name", "kind", "dtype", "rows")


def column_from(told: Any) -> Column:
    """Build a column from plain data.

    Raises
    ------
    ValueError
        If something is missing or of the wrong type.
    """
    absent = [name for name in _NEEDED if not isinstance(told, dict) or name not in told]
    if absent:
        raise ValueError(f"a column lacks {absent[0]!r}")
    for name, value in told.items():
        if name not in _SHAPES or not isinstance(value, _SHAPES[name]):
            raise ValueError(f"column {told['name']!r:.60} has {name!r:.60} = {value!r:.60}")
    if told["kind"] not in ("number", "boolean", "category", "datetime") or told["rows"] < 1:
        raise ValueError(
            f"column {told['name']!r:.60} is of kind {told['kind']!r:.60} in {told['rows']} rows"
        )
    plain = {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()}
    try:
        plain["forms"] = tuple((str(form), float(share)) for form, share in plain.get("forms", ()))
    except (TypeError, ValueError) as error:
        raise ValueError(f"column {told['name']!r:.60} has 'forms' that are no texts with shares") from error
    return Column(**{"key": told["name"], **plain})
