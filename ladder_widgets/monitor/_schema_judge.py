"""From rows that break a rule to a violation: in words, and whether chance would do as much."""

from __future__ import annotations

from collections.abc import Callable

from scipy import stats

from ladder_widgets.finding import percent
from ladder_widgets.monitor._schema_column import Column
from ladder_widgets.monitor._schema_report import Severity, Violation
from ladder_widgets.monitor._schema_tally import Found, Tally
from ladder_widgets.monitor._schema_values import number_words
from ladder_widgets.monitor.changes import (
    EMPTY,
    FORMAT_NEW,
    GAP_ROWS,
    GAP_SHARE,
    MIN_ROWS,
    NO_GAPS,
    RANGE_FAR,
    RANGE_P,
    RANGE_SHARE,
)

__all__ = ["SMALL", "chance", "judge"]

#: Batches of so few rows are judged row by row, as at an endpoint.
SMALL = 30
#: How much more evidence training gives for what a single row never shows: a new value of another sort.
FIRM = 10
#: Share of the rows with an unknown code that matters.
CODES_SHARE = 0.02


def chance(new: int, batch: int, trained: float, alone: int = 0) -> float:
    """Probability that at least ``new`` rows are in the batch and none but ``alone`` in training.

    Where training and batch are rows of one source, each row of a rare sort falls into the batch with
    probability ``batch / (batch + trained)``, whatever the frequency of that sort.

    Examples
    --------
    >>> round(chance(1, 1, 999), 3), round(chance(3, 500, 500), 3)
    (0.001, 0.125)
    """
    return float(stats.binom.sf(new - 1, new + alone, batch / (batch + trained)))


def judge(column: Column, tally: Tally) -> list[Violation]:
    """Return the violations of one column; what says nothing in so few rows is left out."""
    found = {one.rule: one for one in tally.found}
    told = []
    for rule, one in found.items():
        violation = _RULES.get(rule, _misfit)(column, tally.rows, one)
        if violation is not None:
            told.append(violation)
    return told


def _violation(kind: str, column: Column, rows: int, one: Found, words: str, severity: Severity) -> Violation:
    share = one.rows / (one.looked_at or rows)
    return Violation(
        kind, column.name, words, column.accepted, one.rows, share, one.examples, severity, one.first
    )


def _certain(is_error: bool) -> Severity:
    return "error" if is_error else "warn"


def _in_rows(one: Found, rows: int) -> str:
    """How far it goes; nothing in a batch of one row, where that is plain."""
    return "" if rows == 1 else f" in {one.rows:,} of {rows:,} rows"


def _quoted(one: Found) -> str:
    return ", ".join(one.examples)


def _missing(column: Column, rows: int, one: Found) -> Violation | None:
    share, before = one.rows / rows, column.share_missing
    how = _quoted(one)
    if not column.nullable:
        words = f"no value ({how}){_in_rows(one, rows)}, training has no gaps"
        return _violation("gaps", column, rows, one, words, "error")
    if column.missing == 0:
        words = f"no value ({how}){_in_rows(one, rows)}, none of the {column.rows} training rows has gaps"
        return _violation("gaps", column, rows, one, words, "warn")
    words = f"no value ({how}){_in_rows(one, rows)}, in training in {percent(before, 1)}"
    if share - before >= EMPTY and stats.binom.sf(one.rows - 1, rows, before) < RANGE_P:
        return _violation("empty", column, rows, one, words, "error")
    if before <= NO_GAPS and share >= GAP_SHARE and one.rows >= GAP_ROWS:
        return _violation("gaps", column, rows, one, words, "error")
    return None


def _marker(column: Column, rows: int, one: Found) -> Violation:
    words = f"gaps written as {_quoted(one)}{_in_rows(one, rows)}, in training as {' or '.join(column.gaps)}"
    return _violation("marker", column, rows, one, words, "warn")


def _infinite(column: Column, rows: int, one: Found) -> Violation | None:
    if column.infinite:
        return None
    words = f"{one.examples[0]}, an infinite number{_in_rows(one, rows)}"
    return _violation("infinite", column, rows, one, words, "error")


def _outside(column: Column, rows: int, one: Found) -> Violation:
    high = one.rule == "above"
    edge = column.high if high else column.low
    end = ("ends" if high else "begins") + f" at {number_words(edge or 0.0)}"
    ranges = abs((one.extreme or 0.0) - (edge or 0.0)) / column.span
    value = number_words(one.extreme or 0.0)
    words = f"{value} is {ranges:.3g} ranges {one.rule} training, which {end}{_in_rows(one, rows)}"
    return _violation("range", column, rows, one, words, _certain(_is_too_far(column, rows, one, ranges)))


def _is_too_far(column: Column, rows: int, one: Found, ranges: float) -> bool:
    """Whether chance explains neither the number of rows far outside nor the farthest of them.

    The tail is taken to be as heavy as 1/x: ``f`` ranges outside are 1 + f times rarer than outside.
    """
    if rows <= SMALL:
        low, high = column.limits
        return one.extreme is not None and not low <= one.extreme <= high
    if column.present < MIN_ROWS:
        return False
    many = chance(one.rows, rows, column.present * (1 + RANGE_FAR)) < RANGE_P
    farthest = chance(1, rows, column.present * (1 + ranges)) < RANGE_P
    return farthest or (many and one.rows / rows >= RANGE_SHARE)


def _negative(column: Column, rows: int, one: Found) -> Violation:
    words = f"{one.examples[0]} is negative, which training never is{_in_rows(one, rows)}"
    improbable = chance(one.rows, rows, FIRM * column.present) < RANGE_P
    return _violation(
        "range", column, rows, one, words, _certain(rows <= SMALL or column.piled or improbable)
    )


def _beyond(column: Column, rows: int, one: Found) -> Violation | None:
    """Outside training, but not far: worth a word where chance does not put so many rows there."""
    share = one.rows / rows
    if rows <= SMALL or share < RANGE_SHARE or chance(one.rows, rows, column.present) >= RANGE_P:
        return None
    high = one.rule == "over"
    edge = number_words((column.high if high else column.low) or 0.0)
    words = f"{'above' if high else 'below'} {edge}, where training {'ends' if high else 'begins'}"
    return _violation("range", column, rows, one, f"{words}, {_in_rows(one, rows).strip()}", "warn")


def _other(column: Column, rows: int, one: Found) -> Violation:
    words = (
        f"{one.examples[0]}{_in_rows(one, rows)}, training has nothing but {number_words(column.low or 0.0)}"
    )
    return _violation("domain", column, rows, one, words, "warn")


def _fraction(column: Column, rows: int, one: Found) -> Violation | None:
    if column.present < MIN_ROWS:
        return None
    words = f"{one.examples[0]} is no whole number{_in_rows(one, rows)}, training has nothing else"
    return _violation("fraction", column, rows, one, words, "warn")


def _level(column: Column, rows: int, one: Found) -> Violation:
    """A value that training never saw: an error where the domain is closed, as far as training tells."""
    what = "values" if column.kind != "category" else "levels"
    words = (
        f"{_quoted(one)}{_in_rows(one, rows)}, not among the {len(column.levels or ())} {what} of training"
    )
    if column.kind != "category":  # counts have tails
        large = rows > SMALL and one.rows / rows >= CODES_SHARE
        improbable = large and chance(one.rows, rows, column.present) < RANGE_P
    else:
        improbable = _is_unnatural(column, rows, one)
    return _violation("domain", column, rows, one, words, _certain(improbable))


def _is_unnatural(column: Column, rows: int, one: Found) -> bool:
    if column.present < MIN_ROWS:
        return False
    evidence = FIRM if rows <= SMALL and not column.alone else 1
    new = one.rows if rows > SMALL else 1
    batch = rows if rows > SMALL else 1
    return chance(new, batch, evidence * column.present, column.alone) < RANGE_P


def _placeholder(column: Column, rows: int, one: Found) -> Violation:
    words = (
        f"the text {_quoted(one)}{_in_rows(one, rows)}, which stands for a missing value, not for a category"
    )
    return _violation("placeholder", column, rows, one, words, _certain(column.present >= MIN_ROWS))


def _form(column: Column, rows: int, one: Found) -> Violation:
    looked = one.looked_at or rows
    sampled = f" of {looked:,} looked at" if looked < rows else f" of {rows:,}"
    usual = ", ".join(form for form, _ in column.forms[:3])
    words = f"{one.examples[0]} in {one.rows:,}{sampled} rows, texts of training look like {usual}"
    changed = one.rows >= GAP_ROWS and one.rows / looked >= FORMAT_NEW
    return _violation("format", column, rows, one, words, _certain(changed))


def _zone(column: Column, rows: int, one: Found) -> Violation:
    words = (
        "times without a zone where training has one"
        if column.zone
        else "times with a zone, training has none"
    )
    return _violation("type", column, rows, one, words, "error")


_SORTS = {
    "number text": "a number written as text",
    "unit": "a number with a unit, written as text",
    "empty": "a text that stands for a missing value",
    "text": "text",
    "number": "a number",
    "flag": "a truth value",
    "date": "a date",
    "other sort": "neither text nor number nor date",
}
_WANTED = {"number": "numbers", "boolean": "true and false", "datetime": "dates"}
_HELD = {"text": "text", "number": "numbers", "flag": "true and false", "date": "dates"}


def _misfit(column: Column, rows: int, one: Found) -> Violation:
    held = " and ".join(_HELD.get(each, "other values") for each in column.sorts)
    wanted = _WANTED.get(column.kind, held)
    words = f"{_quoted(one)} is {_SORTS[one.rule]}{_in_rows(one, rows)}, training has {wanted}"
    return _violation("type", column, rows, one, words, "error")


def _far_date(column: Column, rows: int, one: Found) -> Violation:
    side = "before" if one.rule == "below" else "after"
    words = f"{_quoted(one)}{_in_rows(one, rows)}, more than ten years {side} training"
    return _violation("range", column, rows, one, words, "warn")


def _far(column: Column, rows: int, one: Found) -> Violation:
    return (_far_date if column.kind == "datetime" else _outside)(column, rows, one)


_RULES: dict[str, Callable[[Column, int, Found], Violation | None]] = {
    "missing": _missing,
    "marker": _marker,
    "infinite": _infinite,
    "above": _far,
    "below": _far,
    "over": _beyond,
    "under": _beyond,
    "negative": _negative,
    "other": _other,
    "fraction": _fraction,
    "level": _level,
    "placeholder": _placeholder,
    "form": _form,
    "zone": _zone,
}
