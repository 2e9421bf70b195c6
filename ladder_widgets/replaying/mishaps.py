"""An error of a step in plain words, with what mends it."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ladder_widgets.replaying.cells import Cells, same
from ladder_widgets.replaying.unknown import listed, near, unknown_categories
from ladder_widgets.validation import shown

__all__ = ["Mishap", "explain"]

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
    if not any(words in it.said for words in ("unknown categor", "previously unseen labels")):
        return None
    found = unknown_categories(it.estimator, it.cells)
    if not found:
        return Mishap("category", f"A category that the encoder does not know: {it.said}", _IGNORE)
    column, value, known = found[0]
    known_as = near(value, known)
    fix = (
        f"# map it before the model: {shown(value, 40)} -> {shown(known_as, 40)}\n"
        if known_as is not None
        else ""
    )
    more = "" if len(found) == 1 else f", and so in {len(found) - 1} more columns"
    text = f"{shown(column, 60)} is {shown(value, 60)}, which training never had ({listed(known)}){more}."
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
    absent = _absent(it)
    if not absent:
        return None
    names = ", ".join(shown(name, 60) for name in absent[:8])
    alike = {name: get_close_matches(str(name), map(str, it.cells.names), 1, 0.8) for name in absent}
    renames = {found[0]: name for name, found in alike.items() if found}
    hint = "; ".join(f"{shown(old)} looks like {shown(name)}" for old, name in renames.items())
    text = f"The record has no {names}" + (f" ({hint})." if hint else ".")
    lines = [f"record[{name!r}] = ...  # None only if training had gaps here" for name in absent[:8]]
    fix = "\n".join(["# send every column:", *lines])
    if renames:
        fix = f"record = record.rename(columns={renames!r})"
    return Mishap("missing-column", text, fix, tuple(absent))


def _absent(it: _Raised) -> list[Any]:
    """Columns that the error is about, and that were not given."""
    wanted = list(getattr(it.estimator, "feature_names_in_", []))
    absent = [name for name in wanted if name not in it.cells.names]
    words = (r"columns? .*missing|missing.* columns?", "now missing", "not found", "not in index")
    if isinstance(it.error, KeyError):
        quoted = re.findall(r"'([^']+)'", it.said) if "not in index" in it.said else list(it.error.args)
        # A key that is a value of the record, or no column of training, was looked up in something else.
        values = [value for value in it.cells.values if isinstance(value, str | int | float)]
        keys = [key for key in quoted if key not in it.cells.names and key not in values]
        return absent or [key for key in keys if not wanted or key in wanted]
    return absent if any(re.search(word, it.said) for word in words) else []


def _unknown_key(it: _Raised) -> Mishap | None:
    """A value of the record that a mapping of the step does not have."""
    if not isinstance(it.error, KeyError) or not it.error.args:
        return None
    pairs = zip(it.cells.names, it.cells.values, strict=True)
    found = [(name, value) for name, value in pairs if same(value, it.error.args[0])]
    if not found:
        return None
    text = f"{shown(found[0][0], 60)} is {shown(found[0][1], 60)}, which the step looks up and does not find."
    return Mishap(
        "category", text, "# say what an unknown value becomes: mapping.get(value, default)", (found[0][0],)
    )


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
        ".dt accessor",
        "datetimelike",
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
    wanted = "a date" if ".dt accessor" in it.said or "datetimelike" in it.said else "a number"
    text = f"{told}: {kind} where the step takes {wanted}."
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
    _unknown_key,
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
