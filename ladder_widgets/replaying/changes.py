"""Single changes to a record, or to how its answer is read, that production may have made."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from ladder_widgets.replaying.cells import is_missing, same
from ladder_widgets.replaying.record import Row
from ladder_widgets.surfaces.formats import shown as number
from ladder_widgets.validation import shown

__all__ = ["UNITS", "Change", "categories", "columns", "fills", "lost", "order", "types", "units"]

_Function = Callable[[float], float]


def _times(factor: float) -> _Function:
    return lambda value: value * factor


#: Factors between units that are mixed up: decimal ones, time, length, mass, distance, and of a laboratory
#: (mmol/L to mg/dL of glucose and cholesterol, mg/dL to µmol/L of creatinine).
_FACTORS = (
    10.0,
    100.0,
    1000.0,
    1e6,
    12.0,
    60.0,
    3600.0,
    24.0,
    7.0,
    365.25,
    2.54,
    0.45359237,
    1.609344,
    0.3048,
)
_LABORATORY = (18.0182, 38.67, 88.42)
UNITS: Mapping[str, _Function] = {
    **{f"× {factor:g}": _times(factor) for factor in (*_FACTORS, *_LABORATORY)},
    **{f"÷ {factor:g}": _times(1 / factor) for factor in (*_FACTORS, *_LABORATORY)},
    "in °F instead of °C": lambda value: 1.8 * value + 32,
    "in °C instead of °F": lambda value: (value - 32) / 1.8,
    "in K instead of °C": lambda value: value + 273.15,
    "in °C instead of K": lambda value: value - 273.15,
    "as its logarithm": math.log,
    "as log(1 + x)": math.log1p,
    "as its decimal logarithm": math.log10,
    "as exp(x)": math.exp,
    "as exp(x) − 1": math.expm1,
    "as 10 to the power of x": lambda value: 10.0**value,
    "as its square root": math.sqrt,
    "squared": lambda value: value**2,
    "with the other sign": lambda value: -value,
    "without its sign": abs,
    "as 1 − x": lambda value: 1 - value,
    "rounded": lambda value: float(round(value)),
    "rounded down": lambda value: float(math.floor(value)),
    "rounded to 1 decimal": lambda value: round(value, 1),
    "rounded to 2 decimals": lambda value: round(value, 2),
}
_NUMBER_FILLS = (0, -1, 1, -999, 999, -9999, 9999, 99)
_TEXT_FILLS = ("", "missing", "unknown", "Unknown", "None", "nan", "NaN", "other", "Other", "N/A", "NA", "?")
#: Columns whose values are swapped two by two at most; with more only neighbours.
_SWAPPED = 20


@dataclass(frozen=True, eq=False)
class Change:
    """One change.

    Attributes
    ----------
    kind : str
    text : str
        The change as half a sentence: ``"'age' × 12"``.
    row : callable
        Makes the changed record.
    place, value : int or None, float or None
        Of a change of one number to another: many of these are scored at once.
    column : object
        Column concerned, or None.
    """

    kind: str
    text: str
    row: Callable[[], Row]
    column: Any = None
    place: int | None = None
    value: float | None = None


def units(row: Row) -> Iterator[Change]:
    """Every number in another unit, on another scale, or rounded."""
    for place, (name, value) in enumerate(zip(row.names, row.values, strict=True)):
        if not _is_number(value):
            continue
        for text, function in UNITS.items():
            try:
                told = float(function(float(value)))
            except (ValueError, OverflowError):
                continue
            if math.isfinite(told) and told != float(value):
                yield _number(
                    row, "unit", place, told, f"{shown(name, 60)} {text} ({number(told, 'number')})"
                )


def fills(row: Row, known: Mapping[Any, Sequence[Any]], wanted: Sequence[Any]) -> Iterator[Change]:
    """A missing value, or a column that is not there, filled.

    Parameters
    ----------
    row : Row
    known : mapping
        Column → values it may be filled with: statistics and categories of training.
    wanted : sequence
        Columns the model was fitted on.
    """
    for place, (name, value) in enumerate(zip(row.names, row.values, strict=True)):
        if is_missing(value):
            for fill in _fillings(known.get(name, ())):
                change = {place: fill}
                yield Change(
                    "missing", f"{shown(name, 60)} filled with {_written(fill)}", _to(row, change), name
                )
            other = float("nan") if value is None else None
            text = f"{shown(name, 60)} as {'NaN' if value is None else 'None'}"
            yield Change("missing", text, _to(row, {place: other}), name)
    for name in wanted:
        if name not in row.names:
            for fill in (float("nan"), None, *_fillings(known.get(name, ()))):
                text = f"{shown(name, 60)} there, as {_written(fill)}"
                yield Change("missing", text, partial(row.added, name, fill), name)


def lost(row: Row) -> Iterator[Change]:
    """A value that did not arrive."""
    for place, (name, value) in enumerate(zip(row.names, row.values, strict=True)):
        if not is_missing(value):
            empty = float("nan") if _is_number(value) else None
            yield Change("missing", f"{shown(name, 60)} missing", _to(row, {place: empty}), name)
            if _is_number(value) and float(value) != 0:
                yield _number(row, "missing", place, 0.0, f"{shown(name, 60)} as 0")


def order(row: Row, wanted: Sequence[Any], swaps: bool = True) -> Iterator[Change]:
    """The values in another order of columns, as where names are dropped on the way; two swapped, too."""
    width = len(row.names)
    if set(wanted) <= set(row.names) and list(wanted) != list(row.names) and len(wanted):
        places = [row.names.index(name) for name in wanted]
        text = "columns in the order of training" + (", others left out" if len(places) < width else "")
        yield Change("order", text, partial(row.taken, places))
    if len(wanted) == width and list(wanted) != list(row.names):
        target = {
            row.names.index(name): value
            for name, value in zip(wanted, row.values, strict=True)
            if name in row.names
        }
        yield Change("order", "values taken for the columns of training by position", _to(row, target))
    by_name = sorted(range(width), key=lambda place: str(row.names[place]))
    for text, places in (
        ("values in the alphabetical order of the columns", by_name),
        (
            "values of the columns in alphabetical order, back in place",
            [by_name.index(p) for p in range(width)],
        ),
        ("values in reverse order", list(range(width))[::-1]),
        ("values shifted by one column to the right", [(p - 1) % width for p in range(width)]),
        ("values shifted by one column to the left", [(p + 1) % width for p in range(width)]),
    ):
        if places != list(range(width)):
            yield Change("order", text, _to(row, {p: row.values[places[p]] for p in range(width)}))
    if not swaps:
        return
    pairs = (
        combinations(range(width), 2)
        if width <= _SWAPPED
        else zip(range(width - 1), range(1, width), strict=True)
    )
    for one, other in pairs:
        if not same(row.values[one], row.values[other]) and _is_number(row.values[one]) == _is_number(
            row.values[other]
        ):
            text = f"{shown(row.names[one], 60)} and {shown(row.names[other], 60)} swapped"
            yield Change("order", text, _to(row, {one: row.values[other], other: row.values[one]}))


def types(row: Row) -> Iterator[Change]:
    """A value of another type, or written otherwise; and all numbers with fewer digits."""
    for place, (name, value) in enumerate(zip(row.names, row.values, strict=True)):
        for told in _retyped(value):
            yield Change("dtype", f"{shown(name, 60)} as {_written(told)}", _to(row, {place: told}), name)
    floats = {
        place: value for place, value in enumerate(row.values) if isinstance(value, float | np.floating)
    }
    floats = {place: float(value) for place, value in floats.items() if math.isfinite(value)}
    if floats:
        single = {place: float(np.float32(value)) for place, value in floats.items()}
        yield Change("dtype", "numbers in single precision", _to(row, single))
        for digits in (0, 1, 2, 3, 4):
            fewer = {place: round(value, digits) for place, value in floats.items()}
            yield Change("dtype", f"numbers rounded to {digits} decimals", _to(row, fewer))


def categories(row: Row, known: Mapping[Any, Sequence[Any]]) -> Iterator[Change]:
    """Another category that the model knows."""
    for place, (name, value) in enumerate(zip(row.names, row.values, strict=True)):
        if isinstance(value, str):
            for level in list(known.get(name, ()))[:30]:
                if isinstance(level, str) and level != value:
                    yield Change(
                        "category", f"{shown(name, 60)} as {_written(level)}", _to(row, {place: level}), name
                    )


def columns(row: Row) -> Iterator[Change]:
    """A column that did not arrive at all."""
    for place, name in enumerate(row.names):
        kept = [each for each in range(len(row.names)) if each != place]
        if kept:
            yield Change("column", f"without the column {shown(name, 60)}", partial(row.taken, kept), name)


def _number(row: Row, kind: str, place: int, value: float, text: str) -> Change:
    return Change(kind, text, _to(row, {place: value}), row.names[place], place, value)


def _to(row: Row, values: Mapping[int, Any]) -> Callable[[], Row]:
    return lambda: row.changed(values)


def _is_number(value: Any) -> bool:
    told = isinstance(value, numbers.Real | np.number) and not isinstance(value, bool | np.bool_)
    return told and not is_missing(value)


def _fillings(known: Sequence[Any]) -> list[Any]:
    """What training knows first: the other fillings are guesses."""
    found: list[Any] = []
    texts = any(isinstance(value, str) for value in known)
    guesses: tuple[Any, ...] = _TEXT_FILLS if texts else (*_NUMBER_FILLS, *(() if known else _TEXT_FILLS))
    for value in (*list(known)[:40], *guesses):
        if not any(type(value) is type(each) and same(value, each) for each in found):
            found.append(value)
    return found


def _retyped(value: Any) -> Iterator[Any]:
    if isinstance(value, bool | np.bool_):
        yield from (int(value), str(bool(value)), str(bool(value)).lower(), str(int(value)))
    elif isinstance(value, str):
        forms = (value.strip(), value.lower(), value.upper(), value.title(), value.capitalize())
        yield from dict.fromkeys(form for form in forms if form != value)
        plain = value.strip().rstrip("%").replace(",", "")
        try:
            told = float(plain)
        except ValueError:
            if plain.lower() in ("true", "false"):
                yield from (plain.lower() == "true", int(plain.lower() == "true"))
            return
        yield from ((int(told), told, str(int(told))) if told.is_integer() else (told,))
    elif _is_number(value):
        whole = float(value).is_integer()
        yield str(value)
        if whole:
            yield from (str(int(value)), f"{float(value)}")
        if value in (0, 1):
            yield from (bool(value), str(bool(value)))


def _written(value: Any) -> str:
    return number(value, "number") if _is_number(value) else shown(value, 40)
