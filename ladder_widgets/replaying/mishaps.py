"""An error of a step in plain words, with what mends it."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from ladder_widgets.replaying.cells import Cells, is_missing
from ladder_widgets.validation import shown

__all__ = ["Mishap", "categories_of", "explain", "unknown_categories"]

_NUMBER = re.compile(r"\s*[-+]?[\d.,]+([eE][-+]?\d+)?\s*%?\s*")


@dataclass(frozen=True)
class Mishap:
    """What happened.

    ``kind`` is one of ``category``, ``missing-column``, ``extra-column``, ``order``, ``dtype``, ``shape``,
    ``missing-value``, ``infinite``, ``version``, ``import``, ``not-fitted``, ``code``; ``columns`` those
    concerned.
    """

    kind: str
    text: str
    fix: str
    columns: tuple[Any, ...] = ()


@dataclass(frozen=True, eq=False)
class _Raised:
    """An error, what it says in one line, the step that raised it and what that was given."""

    error: Exception
    said: str
    estimator: Any
    cells: Cells


def explain(error: Exception, estimator: Any, cells: Cells) -> Mishap:
    """Explain what an estimator raised on one row.

    Parameters
    ----------
    error : Exception
    estimator : object
        The step that raised it.
    cells : Cells
        What it was given.
    """
    said = " ".join(str(error).split())
    raised = _Raised(error, said, estimator, cells)
    for look in _LOOKS:
        found = look(raised)
        if found is not None:
            return found
    return _code(error, said, estimator)


# ---- one kind of error each ----------------------------------------------------------------------


def _category(it: _Raised) -> Mishap | None:
    if "unknown categor" not in it.said.lower():
        return None
    found = unknown_categories(it.estimator, it.cells)
    if not found:
        return Mishap("category", f"A category that the encoder does not know: {it.said}", _IGNORE)
    column, value, known = found[0]
    near = _near(value, known)
    fix = f"# map it before the model: {shown(value, 40)} -> {shown(near, 40)}\n" if near is not None else ""
    more = "" if len(found) == 1 else f", and so in {len(found) - 1} more columns"
    text = f"{shown(column, 60)} is {shown(value, 60)}, which training never had ({_listed(known)}){more}."
    return Mishap("category", text, fix + _IGNORE, tuple(each[0] for each in found))


_IGNORE = (
    "# or fit the encoder so that it lets new categories through:\n"
    'OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=20)'
)


def _order(it: _Raised) -> Mishap | None:
    if "same order" not in it.said or "unseen at fit" in it.said or "now missing" in it.said:
        return None
    text = "The columns are those of training in another order."
    return Mishap(
        "order", text, "record = record[list(model.feature_names_in_)]  # a frame in training's order"
    )


def _missing_column(it: _Raised) -> Mishap | None:
    wanted = list(getattr(it.estimator, "feature_names_in_", []))
    absent = [name for name in wanted if name not in it.cells.names]
    if isinstance(it.error, KeyError):
        keys = [key for key in it.error.args if not isinstance(key, str) or "not in index" not in key]
        quoted = re.findall(r"'([^']+)'", it.said)
        keys = [key for key in keys if key not in it.cells.names] if "not in index" not in it.said else quoted
        absent = absent or [key for key in keys if key not in it.cells.names]
        if keys and all(key in it.cells.names for key in keys):
            return None  # a key of something else, such as a mapping
        if not absent:
            return None
    elif (
        not ("missing" in it.said and "column" in it.said)
        and "now missing" not in it.said
        and "not found" not in it.said
    ):
        return None
    if not absent:
        return None
    listed = ", ".join(shown(name, 60) for name in absent[:8])
    near = {name: get_close_matches(str(name), map(str, it.cells.names), 1, 0.8) for name in absent}
    hint = "; ".join(f"{shown(old[0])} looks like {shown(name)}" for name, old in near.items() if old)
    text = f"The record has no {listed}" + (f" ({hint})." if hint else ".")
    renames = {old[0]: name for name, old in near.items() if old}
    fix = (
        f"record = record.rename(columns={renames!r})"
        if renames
        else "# send every column:\n"
        + "\n".join(
            f"record[{name!r}] = ...  # None only if training had missing values here" for name in absent[:8]
        )
    )
    return Mishap("missing-column", text, fix, tuple(absent))


def _extra_column(it: _Raised) -> Mishap | None:
    wanted = getattr(it.estimator, "feature_names_in_", None)
    if "unseen at fit" not in it.said or wanted is None:
        return None
    extra = [name for name in it.cells.names if name not in set(wanted)]
    text = f"Columns that training did not have: {', '.join(shown(name, 60) for name in extra[:8])}."
    return Mishap("extra-column", text, f"record = record.drop(columns={extra[:8]!r})", tuple(extra))


def _shape(it: _Raised) -> Mishap | None:
    counts = re.search(r"X has (\d+) features?, but .* expecting (\d+)", it.said)
    if counts is not None:
        text = f"It is given {counts[1]} columns and was fitted on {counts[2]}."
        return Mishap(
            "shape", text, f"# hand over exactly the {counts[2]} columns of training, in their order"
        )
    words = (
        "shape",
        "dimension",
        "broadcast",
        "size mismatch",
        "length mismatch",
        "columns passed",
        "Expected 2D",
    )
    if not any(word.lower() in it.said.lower() for word in words):
        return None
    return Mishap(
        "shape", f"The shape does not fit: {it.said[:200]}", "# compare input.shape with that in training"
    )


def _dtype(it: _Raised) -> Mishap | None:
    words = (
        "could not convert",
        "unsupported operand",
        "not supported",
        "non-numeric",
        "must be real number",
        "not comparable",
        "can only concatenate",
        "must be str",
        "uniformly strings or numbers",
        "invalid literal",
        "isnan",
        "bad operand",
        "unhashable",
        "argument must be a string or a real number",
        "has no callable",
        "data type",
        "dtype",
    )
    if not any(word in it.said for word in words):
        return None
    texts = [
        name for name, value in zip(it.cells.names, it.cells.values, strict=True) if isinstance(value, str)
    ]
    named = [name for name in texts if shown(it.cells.by_name[name]).strip("'\"")[:60] in it.said]
    columns = (named or texts)[:8]
    odd = [
        name
        for name, v in zip(it.cells.names, it.cells.values, strict=True)
        if isinstance(v, list | dict | tuple | set)
    ]
    if odd:
        columns = odd[:8]
    if not columns:
        return Mishap(
            "dtype",
            f"A value is of a type that the step does not take: {it.said[:200]}",
            "# compare input.dtypes",
        )
    told = ", ".join(f"{shown(name, 60)} is {shown(it.cells.by_name[name], 40)}" for name in columns)
    kind = "a list or a dict" if odd else "text"
    text = f"{told}: {kind} where the step takes a number."
    numeric = [
        name
        for name in columns
        if isinstance(it.cells.by_name[name], str) and _NUMBER.fullmatch(it.cells.by_name[name])
    ]
    fix = "\n".join(f"record[{name!r}] = pd.to_numeric(record[{name!r}])" for name in numeric)
    return Mishap("dtype", text, fix or "# send a number, or None where there is none", tuple(columns))


def _infinite(it: _Raised) -> Mishap | None:
    if "infinity" not in it.said or not it.cells.infinite:
        return None
    columns = tuple(sorted(it.cells.infinite, key=str))
    text = f"{', '.join(shown(name, 60) for name in columns[:8])}: infinity, which the step does not take."
    return Mishap(
        "infinite", text, "# look for a division by zero or the logarithm of zero before this step", columns
    )


def _missing_value(it: _Raised) -> Mishap | None:
    words = (
        "contains NaN",
        "Input contains NaN",
        "missing values",
        "cannot convert float NaN",
        "NaN",
        "NAType",
        "NoneType",
    )
    if not any(word in it.said for word in words):
        return None
    columns = tuple(sorted(it.cells.missing, key=str))
    if not columns:
        return None
    text = f"{', '.join(shown(name, 60) for name in columns[:8])}: no value, and the step takes none."
    return Mishap(
        "missing-value", text, "# fit it behind an imputer:\nmake_pipeline(SimpleImputer(), step)", columns
    )


def _version(it: _Raised) -> Mishap | None:
    module = type(it.estimator).__module__.partition(".")[0]
    if (
        not isinstance(it.error, AttributeError)
        or "object has no attribute" not in it.said
        or module != "sklearn"
    ):
        return None
    if re.search(r"'(str|float|int|list|numpy\.\w+|Series|DataFrame|NoneType)' object", it.said):
        return None
    text = (
        f"{type(it.estimator).__name__} lacks what this version of scikit-learn looks for ({it.said[:120]})"
    )
    fix = (
        "# serve with the version the model was fitted with:\npip install scikit-learn==<version of training>"
    )
    return Mishap("version", f"{text}: it was saved by another version.", fix)


def _not_fitted(it: _Raised) -> Mishap | None:
    if type(it.error).__name__ != "NotFittedError":
        return None
    return Mishap(
        "not-fitted", f"{type(it.estimator).__name__} was never fitted.", "# fit the model before it is saved"
    )


_LOOKS: Sequence[Callable[[_Raised], Mishap | None]] = (
    _category,
    _not_fitted,
    _order,
    _missing_column,
    _extra_column,
    _infinite,
    _missing_value,
    _version,
    _dtype,
    _shape,
)


def _code(error: Exception, said: str, estimator: Any) -> Mishap:
    """Anything else is told with the line that raised it, the user's own if there is one."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [
        frame
        for frame in frames
        if "site-packages" not in frame.filename and "ladder_widgets" not in frame.filename
    ]
    at = f" at {Path(own[-1].filename).name}:{own[-1].lineno} in {own[-1].name}" if own else ""
    text = f"{type(estimator).__name__} raised {type(error).__name__}{at}: {said[:200]}"
    return Mishap("code", text, f"# {own[-1].line}" if own and own[-1].line else "")


# ---- categories ----------------------------------------------------------------------------------


def categories_of(estimator: Any, cells: Cells) -> list[tuple[Any, Any, list[Any]]]:
    """Return column, value and known categories for each column of an encoder; nothing for other steps."""
    known = getattr(estimator, "categories_", None)
    if not isinstance(known, list) or len(known) != len(cells.values):
        return []
    return [
        (name, value, list(levels))
        for name, value, levels in zip(cells.names, cells.values, known, strict=True)
        if isinstance(levels, np.ndarray)
    ]


def unknown_categories(estimator: Any, cells: Cells) -> list[tuple[Any, Any, list[Any]]]:
    """Return the columns of an encoder whose value is not among its categories."""
    return [each for each in categories_of(estimator, cells) if not _known(each[1], each[2])]


def _known(value: Any, levels: list[Any]) -> bool:
    if is_missing(value):
        return any(is_missing(level) for level in levels)
    try:
        return any(bool(level == value) for level in levels)
    except (TypeError, ValueError):
        return False


def _near(value: Any, known: list[Any]) -> Any:
    """The category that a value is but for case and blanks, or nearly is."""
    if not isinstance(value, str):
        return next((level for level in known if str(level) == str(value)), None)
    plain = value.strip().casefold()
    texts = [level for level in known if isinstance(level, str)]
    same = [level for level in texts if level.strip().casefold() == plain]
    return same[0] if same else next(iter(get_close_matches(value, texts, 1, 0.8)), None)


def _listed(known: list[Any]) -> str:
    return ", ".join(shown(level, 30) for level in known[:8]) + (", …" if len(known) > 8 else "")
