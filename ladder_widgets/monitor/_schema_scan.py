"""The same counts of a table that stays where it is: one pass, and others for what it suspects.

Values are compared as the engine holds them. A gap is a null or NaN, and rows have no position.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ladder_widgets.errors._scan_source import Source, open_source
from ladder_widgets.monitor._schema_column import Column
from ladder_widgets.monitor._schema_found import LENGTH, Found, Tally
from ladder_widgets.monitor._schema_judge import judge
from ladder_widgets.monitor._schema_names import name_changes, places
from ladder_widgets.monitor._schema_numbers import misfit
from ladder_widgets.monitor._schema_report import Violation
from ladder_widgets.monitor._schema_values import PLACEHOLDERS, number_words
from ladder_widgets.query import QueryPlan, explained
from ladder_widgets.validation import refuse, shown

if TYPE_CHECKING:
    from ladder_widgets.monitor.schema import Schema

__all__ = ["explain", "scan"]

#: Largest finite number.
LARGEST = sys.float_info.max


@dataclass(frozen=True, eq=False)
class _Rule:
    """Rows that break a rule, as a condition; what the examples are drawn from; and which end is worst."""

    name: str
    broken: Any
    values: Any
    largest: bool = False


def scan(schema: Schema, data: Any, row_by_row: bool | None = None) -> tuple[int, list[Violation]]:
    """Return the number of rows of a table, and its violations.

    Raises
    ------
    ValueError
        If ``data`` cannot be opened, or has no rows.
    """
    source = open_source(data)
    place = places(schema, source.columns, nameless=False)
    table, held = _opened(schema, source)
    rows, suspects = _screened(schema, table, held)
    if not rows:
        raise refuse("batch", "a table with at least one row", shown(data))
    rules = {(name, rule.name): rule for name in suspects for rule in _rules(schema[name], held[name])}
    found = _counted(table, rules) if rules else {}
    violations = name_changes(schema, source.columns, place, rows)
    for column in schema.columns:
        own = [one for (name, _), one in found.items() if name == column.name]
        violations += judge(column, Tally(rows, tuple(own)), row_by_row)
    return rows, violations


def explain(schema: Schema, data: Any) -> QueryPlan:
    """Return the aggregate that is asked of every batch, and DuckDB's plan of it, without running it."""
    return explained(_screen(schema, *_opened(schema, open_source(data))))


def _opened(schema: Schema, source: Source) -> tuple[Any, dict[str, Any]]:
    """Return a table, and its columns that are judged, by the schema's names."""
    place = places(schema, source.columns, nameless=False)
    # Engines hold durations in units of their own: only pandas tells ours.
    return source.table, {
        name: source.table[source.columns[position]]
        for name, position in place.items()
        if not schema[name].dtype.startswith("timedelta")
    }


def _screen(schema: Schema, table: Any, held: dict[str, Any]) -> Any:
    """What tells in which columns something may be wrong: one aggregate."""
    wanted = {"rows": table.count()}
    for place, (name, values) in enumerate(held.items()):
        wanted[f"there{place}"] = values.count()
        kind, column = values.type(), schema[name]
        if kind.is_numeric() and column.kind == "number":
            wanted |= {f"low{place}": values.min(), f"high{place}": values.max()}
        odd = _odd(column, values)
        if odd is not None:
            wanted[f"odd{place}"] = odd.fill_null(False).sum()
    return table.aggregate(**wanted)


def _screened(schema: Schema, table: Any, held: dict[str, Any]) -> tuple[int, list[str]]:
    """Number of rows, and the columns in which something may be wrong: one cheap pass."""
    told = _row(_screen(schema, table, held))
    suspects = []
    for place, name in enumerate(held):
        column, count = schema[name], told[f"there{place}"]
        ranged = f"low{place}" in told
        outside = ranged and not _inside(column, told[f"low{place}"], told[f"high{place}"])
        odd = told.get(f"odd{place}", 0 if ranged else count)
        if count < told["rows"] or outside or odd:
            suspects.append(name)
    return int(told["rows"]), suspects


def _odd(column: Column, values: Any) -> Any:
    """What no range tells; None where a range tells all, or nothing does."""
    kind = values.type()
    if column.kind == "number" and kind.is_numeric():
        if column.levels:
            return ~values.isin(list(column.levels))
        if column.integer and not kind.is_integer():
            return values != values.floor().cast(kind)
        return None
    if column.kind == "category" and kind.is_string():
        known = _texts(column)
        return ~values.isin(known) if known else _placeholder(column, values)
    return None


def _inside(column: Column, low: Any, high: Any) -> bool:
    """Whether a range is within training's; false where it holds NaN."""
    if low is None or column.low is None or column.high is None:
        return low is None
    return bool(low >= column.low and high <= column.high)


def _counted(table: Any, rules: dict[tuple[str, str], _Rule]) -> dict[tuple[str, str], Found]:
    """Count the rows that break each rule, then look up the least and the greatest of those there are.

    DuckDB is many times slower if it is to keep both ends of every rule in the same pass.
    """
    broken = {f"n{place}": rule.broken.fill_null(False).sum() for place, rule in enumerate(rules.values())}
    told = _row(table.aggregate(**broken))
    counts = {key: int(told[f"n{place}"] or 0) for place, key in enumerate(rules)}
    return {key: _found(table, rules[key], count) for key, count in counts.items() if count}


def _row(aggregate: Any) -> dict[str, Any]:
    told: dict[str, Any] = aggregate.to_pyarrow().to_pylist()[0]
    return told


def _found(table: Any, rule: _Rule, count: int) -> Found:
    if rule.name == "missing":
        return Found(rule.name, count, ("null",))
    seen = _row(table.filter(rule.broken).aggregate(low=rule.values.min(), high=rule.values.max()))
    low, high = seen["low"], seen["high"]
    ends = [high, low] if rule.largest else [low, high]
    examples = tuple(dict.fromkeys(_short(value) for value in ends if value is not None))
    name = misfit(low) if rule.name == "misfit" else rule.name
    extreme = float(ends[0]) if isinstance(ends[0], int | float) else None
    return Found(name, count, examples, None, extreme)


def _short(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return shown(value, LENGTH) if isinstance(value, str) else str(value)[:LENGTH]
    return number_words(float(value)).replace(",", "")


def _rules(column: Column, values: Any) -> Iterator[_Rule]:
    kind = values.type()
    text = values.cast("string")
    floating = kind.is_floating()
    missing = (values.isnull() | values.isnan()) if floating else values.isnull()
    yield _Rule("missing", missing, text)
    if column.kind in ("number", "boolean"):
        if not (kind.is_numeric() or (kind.is_boolean() and (column.flags or column.low is None))):
            yield _Rule("misfit" if kind.is_string() else _sort(kind), ~missing, text)
        elif not kind.is_boolean():
            yield from _number_rules(column, values.cast("float64"), ~missing)
    elif column.kind == "category":
        yield from _text_rules(column, values, ~missing)
    elif not (kind.is_timestamp() or kind.is_date()):
        yield _Rule("text" if kind.is_string() else _sort(kind), ~missing, text)


def _sort(kind: Any) -> str:
    if kind.is_numeric():
        return "number"
    if kind.is_boolean():
        return "flag"
    return "date" if kind.is_timestamp() or kind.is_date() else "other sort"


def _number_rules(column: Column, values: Any, there: Any) -> Iterator[_Rule]:
    # Ibis's isinf knows no negative infinity on Spark.
    infinite = (values > LARGEST) | (values < -LARGEST)
    finite = there & ~infinite
    yield _Rule("infinite", there & infinite, values)
    if column.kind == "boolean":
        yield _Rule("number", finite & ~values.isin([0.0, 1.0]), values)
        return
    if column.low is None or column.high is None:
        return
    if column.span == 0:
        yield _Rule("other", finite & (values != column.low), values)
    else:
        yield from _range_rules(column, values, finite)
    whole = values == values.floor().cast("float64")
    if column.integer:
        yield _Rule("fraction", finite & ~whole, values)
    if column.levels:
        near = (values >= column.far[0]) & (values <= column.far[1])
        known = [float(level) for level in column.levels]
        yield _Rule("level", finite & whole & near & ~values.isin(known), values)


def _range_rules(column: Column, values: Any, finite: Any) -> Iterator[_Rule]:
    below, above = column.far
    far = finite & (values < below)
    under = finite & (values < column.low) & (values >= below)
    if column.signless:
        negative = finite & (values < 0) & (values <= column.negative_from)
        yield _Rule("negative", negative, values)
        far, under = far & ~negative, under & ~negative
    yield _Rule("below", far, values)
    yield _Rule("above", finite & (values > above), values, largest=True)
    if not column.levels:
        yield _Rule("under", under, values)
        yield _Rule("over", finite & (values > column.high) & (values <= above), values, largest=True)


def _text_rules(column: Column, values: Any, there: Any) -> Iterator[_Rule]:
    kind = values.type()
    text = values.cast("string")
    what = "text" if kind.is_string() else _sort(kind)
    if column.sorts and what not in column.sorts:
        yield _Rule(what, there, text)
        return
    if what != "text":
        known = [level for level in column.levels or () if not isinstance(level, str)]
        if known and what == "number":
            yield _Rule(
                "level", there & ~values.cast("float64").isin([float(level) for level in known]), text
            )
        return
    known, placeholder = _texts(column), _placeholder(column, text)
    yield _Rule("placeholder", there & placeholder, text)
    if known:
        yield _Rule("level", there & ~placeholder & ~text.isin(known), text)


def _texts(column: Column) -> list[str]:
    """Levels that a table can hold: UTF-8 has no lone surrogates."""
    levels = [level for level in column.levels or () if isinstance(level, str)]
    return [level for level in levels if level.encode("utf-8", "replace").decode() == level]


def _placeholder(column: Column, text: Any) -> Any:
    known = {level.strip().casefold() for level in (*_texts(column), *column.placeholders)}
    return text.strip().lower().isin(sorted(PLACEHOLDERS - known))
