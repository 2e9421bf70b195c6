"""From rows that break a rule to a violation: in words, and whether chance would do as much."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scipy import stats

from ladder_widgets.finding import percent
from ladder_widgets.monitor._schema_column import Column
from ladder_widgets.monitor._schema_found import Found, Tally
from ladder_widgets.monitor._schema_report import Severity, Violation
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
from ladder_widgets.validation import shown

__all__ = ["SMALL", "chance", "judge", "refuses_level"]

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


@dataclass(frozen=True)
class _Batch:
    """Rows of the batch, and whether each is judged for itself."""

    rows: int
    single: bool


def judge(column: Column, tally: Tally, row_by_row: bool | None = None) -> list[Violation]:
    """Return the violations of one column; what says nothing in so few rows is left out.

    Parameters
    ----------
    row_by_row : bool, optional
        Whether each row is judged for itself; by default where there are at most 30.
    """
    batch = _Batch(tally.rows, tally.rows <= SMALL if row_by_row is None else row_by_row)
    told = [_RULES.get(one.rule, _misfit)(column, batch, one) for one in tally.found]
    return [violation for violation in told if violation is not None]


def _violation(
    kind: str, column: Column, batch: _Batch, one: Found, words: str, severity: Severity
) -> Violation:
    share = one.rows / (one.looked_at or batch.rows)
    return Violation(
        kind, column.name, words, column.accepted, one.rows, share, one.examples, severity, one.first
    )


def _certain(is_error: bool) -> Severity:
    return "error" if is_error else "warn"


def _in_rows(one: Found, batch: _Batch) -> str:
    """How far it goes; nothing in a batch of one row, where that is plain."""
    return "" if batch.rows == 1 else f" in {one.rows:,} of {batch.rows:,} rows"


def _quoted(one: Found) -> str:
    return ", ".join(one.examples)


def _what(one: Found, batch: _Batch) -> str:
    """Some of the values, and how far they go."""
    more = ", …" if one.rows > len(one.examples) > 1 else ""
    return f"{_quoted(one)}{more}{_in_rows(one, batch)}: "


def _missing(column: Column, batch: _Batch, one: Found) -> Violation | None:
    share, before = one.rows / batch.rows, column.share_missing
    how = _quoted(one)
    if not column.nullable:
        words = f"no value ({how}){_in_rows(one, batch)}, training has no gaps"
        improbable = chance(one.rows, batch.rows, column.rows) < RANGE_P
        return _violation("gaps", column, batch, one, words, _certain(batch.single or improbable))
    if column.missing == 0:
        words = f"no value ({how}){_in_rows(one, batch)}, none of the {column.rows} training rows has gaps"
        return _violation("gaps", column, batch, one, words, "warn")
    words = f"no value ({how}){_in_rows(one, batch)}, in training in {percent(before, 1)}"
    if share - before >= EMPTY and stats.binom.sf(one.rows - 1, batch.rows, before) < RANGE_P:
        return _violation("empty", column, batch, one, words, _certain(not batch.single))
    if before <= NO_GAPS and share >= GAP_SHARE and one.rows >= GAP_ROWS:
        return _violation("gaps", column, batch, one, words, _certain(not batch.single))
    return None


def _marker(column: Column, batch: _Batch, one: Found) -> Violation:
    words = f"gaps written as {_quoted(one)}{_in_rows(one, batch)}, in training as {' or '.join(column.gaps)}"
    return _violation("marker", column, batch, one, words, "warn")


def _infinite(column: Column, batch: _Batch, one: Found) -> Violation | None:
    if column.infinite:
        return None
    words = f"{_what(one, batch)}infinite, which training never is"
    return _violation("infinite", column, batch, one, words, "error")


def _outside(column: Column, batch: _Batch, one: Found) -> Violation:
    high = one.rule == "above"
    edge = column.high if high else column.low
    end = ("ends" if high else "begins") + f" at {number_words(edge or 0.0)}"
    ranges = abs((one.extreme or 0.0) - (edge or 0.0)) / column.span
    far = f"{ranges:,.0f}" if ranges >= 100 else f"{ranges:.3g}"
    words = f"{_what(one, batch)}up to {far} ranges {one.rule} training, which {end}"
    words = words if one.rows > 1 else words.replace("up to ", "")
    return _violation("range", column, batch, one, words, _certain(_is_too_far(column, batch, one, ranges)))


def _is_too_far(column: Column, batch: _Batch, one: Found, ranges: float) -> bool:
    """Whether chance explains neither the number of rows far outside nor the farthest of them.

    The tail is taken to be as heavy as 1/x: ``f`` ranges outside are 1 + f times rarer than outside.
    """
    if batch.single:
        low, high = column.limits
        return one.extreme is not None and not low <= one.extreme <= high
    if column.present < MIN_ROWS:
        return False
    many = chance(one.rows, batch.rows, column.present * (1 + RANGE_FAR)) < RANGE_P
    farthest = chance(1, batch.rows, column.present * (1 + ranges)) < RANGE_P
    return farthest or (many and one.rows / batch.rows >= RANGE_SHARE)


def _negative(column: Column, batch: _Batch, one: Found) -> Violation:
    words = f"{_what(one, batch)}negative, which training never is"
    improbable = chance(one.rows, batch.rows, FIRM * column.present) < RANGE_P
    sure = batch.single or column.piled or improbable
    return _violation("range", column, batch, one, words, _certain(sure))


def _beyond(column: Column, batch: _Batch, one: Found) -> Violation | None:
    """Outside training, but not far: worth a word where chance does not put so many rows there."""
    share = one.rows / batch.rows
    natural = chance(one.rows, batch.rows, column.present) >= RANGE_P
    if batch.single or natural or share < RANGE_SHARE:
        return None
    high = one.rule == "over"
    edge = number_words((column.high if high else column.low) or 0.0)
    where = f"{'above' if high else 'below'} {edge}, where training {'ends' if high else 'begins'}"
    return _violation("range", column, batch, one, f"{where},{_in_rows(one, batch)}", "warn")


def _other(column: Column, batch: _Batch, one: Found) -> Violation:
    usual = number_words(column.low or 0.0)
    words = f"{_what(one, batch)}training has nothing but {usual}"
    return _violation("domain", column, batch, one, words, "warn")


def _fraction(column: Column, batch: _Batch, one: Found) -> Violation | None:
    if column.present < MIN_ROWS:
        return None
    words = f"{_what(one, batch)}no whole number, and training has no others"
    return _violation("fraction", column, batch, one, words, "warn")


def _level(column: Column, batch: _Batch, one: Found) -> Violation:
    """A value that training never saw: an error where the domain is closed, as far as training tells."""
    if column.kind == "category":
        improbable = _is_unnatural(column, batch, one)
    else:  # counts have tails
        large = not batch.single and one.rows / batch.rows >= CODES_SHARE
        improbable = large and chance(one.rows, batch.rows, column.present) < RANGE_P
    words = f"{_what(one, batch)}{_none_of(column)}"
    return _violation("domain", column, batch, one, words, _certain(improbable))


def _none_of(column: Column) -> str:
    levels = column.levels or ()
    if len(levels) == 1:
        return f"training has nothing but {shown(levels[0], 60)}"
    return f"not among the {len(levels)} {'levels' if column.kind == 'category' else 'values'} of training"


def _is_unnatural(column: Column, batch: _Batch, one: Found) -> bool:
    if batch.single or column.present < MIN_ROWS:
        return refuses_level(column)
    return chance(one.rows, batch.rows, column.present, column.alone) < RANGE_P


def refuses_level(column: Column) -> bool:
    """Whether a single row with a level that training never saw is refused."""
    evidence = 1 if column.alone else FIRM
    is_closed = column.kind == "category" and bool(column.levels) and column.present >= MIN_ROWS
    return is_closed and chance(1, 1, evidence * column.present, column.alone) < RANGE_P


def _placeholder(column: Column, batch: _Batch, one: Found) -> Violation:
    words = f"{_what(one, batch)}a text that stands for a missing value"
    return _violation("placeholder", column, batch, one, words, _certain(column.present >= MIN_ROWS))


def _form(column: Column, batch: _Batch, one: Found) -> Violation:
    looked = one.looked_at or batch.rows
    sampled = f" of {looked:,} looked at" if looked < batch.rows else f" of {batch.rows:,}"
    usual = ", ".join(form for form, _ in column.forms[:3])
    words = f"{one.examples[0]} in {one.rows:,}{sampled} rows, texts of training look like {usual}"
    changed = not batch.single and one.rows >= GAP_ROWS and one.rows / looked >= FORMAT_NEW
    return _violation("format", column, batch, one, words, _certain(changed))


def _zone(column: Column, batch: _Batch, one: Found) -> Violation:
    words = (
        "times without a zone, training has one" if column.zone else "times with a zone, training has none"
    )
    return _violation("type", column, batch, one, words, "error")


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


def _misfit(column: Column, batch: _Batch, one: Found) -> Violation:
    held = " and ".join(_HELD.get(each, "other values") for each in column.sorts)
    wanted = _WANTED.get(column.kind, held)
    words = f"{_what(one, batch)}{_SORTS[one.rule]}, training has {wanted}"
    return _violation("type", column, batch, one, words, "error")


def _far_date(column: Column, batch: _Batch, one: Found) -> Violation:
    """Dates move on, but not back: those long before training are zeros read as 1970, or another column."""
    side = "before" if one.rule == "below" else "after"
    words = f"{_what(one, batch)}more than ten years {side} training"
    many = one.rows / batch.rows >= RANGE_SHARE and not batch.single
    back = side == "before" and many and chance(one.rows, batch.rows, column.present) < RANGE_P
    return _violation("range", column, batch, one, words, _certain(back))


def _far(column: Column, batch: _Batch, one: Found) -> Violation:
    return (_far_date if column.kind == "datetime" else _outside)(column, batch, one)


_RULES: dict[str, Callable[[Column, _Batch, Found], Violation | None]] = {
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
