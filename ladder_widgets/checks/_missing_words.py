"""Gaps and stand-ins in sentences and tables."""

from __future__ import annotations

from ladder_widgets.checks._missing import Gap, Refusal
from ladder_widgets.checks._sentinels import Sentinel
from ladder_widgets.finding import Evidence, Format, evidence, percent

__all__ = ["gap_tables", "listed", "refusal_words", "sentinel_words"]

_GAPS: dict[str, Format] = {
    "column": "code",
    "split": "text",
    "missing": "integer",
    "infinite": "integer",
    "share": "percent",
}
_STAND_INS: dict[str, Format] = {
    "column": "code",
    "value": "code",
    "rows": "integer",
    "share": "percent",
    "the rest": "text",
}


def listed(names: list[str]) -> str:
    """Up to five names in a sentence."""
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def refusal_words(refusals: list[Refusal]) -> str:
    """Say which rows the model refuses, and why."""
    first = refusals[0]
    return (
        f"The model cannot score {first.rows} rows of {first.split}: nothing in it handles missing or "
        f"infinite values in {listed(list(first.columns))}. It says: {first.message[:200]}"
    )


def sentinel_words(found: list[Sentinel]) -> str:
    """Say which value stands for a missing one."""
    worst = max(found, key=lambda one: one.share)
    more = f" There are {len(found) - 1} more such values." if len(found) > 1 else ""
    return (
        f"{_value(worst.value)} in {worst.column} looks like a stand-in for a missing value: "
        f"{worst.count} rows ({percent(worst.share, 1)}) hold it, the rest is {worst.nearest}. "
        f"Nothing in the model treats it as missing.{more}"
    )


def gap_tables(gaps: dict[str, list[Gap]], found: list[Sentinel]) -> tuple[Evidence, ...]:
    """Tables of missing values and of stand-ins, those there are."""
    tables = []
    rows = [
        (gap.column, name, int(gap.missing.sum()), int(gap.infinite.sum()), float(gap.rows.mean()))
        for name, every in gaps.items()
        for gap in every
    ]
    if rows:
        rows.sort(key=lambda row: -row[-1])
        tables.append(evidence("Missing and infinite values", _GAPS, rows))
    if found:
        stand_ins = [(one.column, _value(one.value), one.count, one.share, one.nearest) for one in found]
        tables.append(evidence("Stand-ins for missing values", _STAND_INS, stand_ins))
    return tuple(tables)


def _value(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float) else repr(value)
