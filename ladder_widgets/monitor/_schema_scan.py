"""The same counts of a table that stays where it is: one statement, whatever its size.

Values are compared as the engine holds them. A gap is a null or NaN, and rows have no position.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ladder_widgets.errors._scan_source import open_source
from ladder_widgets.monitor._schema_column import Column
from ladder_widgets.monitor._schema_judge import judge
from ladder_widgets.monitor._schema_names import name_changes, places
from ladder_widgets.monitor._schema_report import Violation
from ladder_widgets.monitor._schema_tally import LENGTH, Found, Tally, misfit
from ladder_widgets.monitor._schema_values import PLACEHOLDERS, number_words
from ladder_widgets.validation import refuse, shown

if TYPE_CHECKING:
    from ladder_widgets.monitor.schema import Schema

__all__ = ["scan"]


@dataclass(frozen=True, eq=False)
class _Rule:
    """Rows that break a rule, as a condition; what the examples are drawn from; and which end is worst."""

    name: str
    broken: Any
    values: Any
    largest: bool = False


def scan(schema: Schema, data: Any) -> tuple[int, list[Violation]]:
    """Return the number of rows of a table, and its violations.

    Raises
    ------
    ValueError
        If ``data`` cannot be opened, or has no rows.
    """
    source = open_source(data)
    place = places(schema, source.columns, nameless=False)
    rules = {
        (column.name, rule.name): rule
        for column in schema.columns
        if column.name in place
        for rule in _rules(column, source.table[source.columns[place[column.name]]])
    }
    rows, found = _counted(source.table, rules)
    if not rows:
        raise refuse("batch", "a table with at least one row", shown(data))
    violations = name_changes(schema, source.columns, place, rows)
    for column in schema.columns:
        own = [one for (name, _), one in found.items() if name == column.name]
        violations += judge(column, Tally(rows, tuple(own)))
    return rows, violations


def _counted(table: Any, rules: dict[tuple[str, str], _Rule]) -> tuple[int, dict[tuple[str, str], Found]]:
    wanted = {"rows": table.count()}
    for position, rule in enumerate(rules.values()):
        wanted[f"n{position}"] = rule.broken.fill_null(False).sum()
        wanted[f"low{position}"] = rule.values.min(where=rule.broken)
        wanted[f"high{position}"] = rule.values.max(where=rule.broken)
    told = table.aggregate(**wanted).to_pyarrow().to_pylist()[0]
    found = {}
    for position, (key, rule) in enumerate(rules.items()):
        count = int(told[f"n{position}"] or 0)
        if count:
            found[key] = _found(rule, count, told[f"low{position}"], told[f"high{position}"])
    return int(told["rows"]), found


def _found(rule: _Rule, count: int, low: Any, high: Any) -> Found:
    ends = [high, low] if rule.largest else [low, high]
    if rule.name == "missing":
        return Found(rule.name, count, ("null",))
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
    finite = there & ~values.isinf()
    yield _Rule("infinite", there & values.isinf(), values)
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
    known = [level for level in column.levels or () if isinstance(level, str) and _utf8(level)]
    gaps = sorted(PLACEHOLDERS - {level.strip().casefold() for level in (*known, *column.placeholders)})
    placeholder = text.strip().lower().isin(gaps)
    yield _Rule("placeholder", there & placeholder, text)
    if known:
        yield _Rule("level", there & ~placeholder & ~text.isin(known), text)


def _utf8(level: str) -> bool:
    """Whether a table can hold the text: a lone surrogate is none."""
    return level.encode("utf-8", "replace").decode() == level
