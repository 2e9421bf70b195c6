"""Words that match training only after a change of spelling, or once relabelled."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats

from ladder_widgets.checks._serving import ServedColumn
from ladder_widgets.checks._skew import Skew
from ladder_widgets.table import Feature

__all__ = ["counts", "distance", "p_value", "recoded", "respelled"]

MIN_ROWS = 50
#: Rows and share of rows with a new spelling, and share of the new rows that a rule must explain.
ROWS, SHARE, EXPLAINED = 3, 0.005, 0.8
#: Levels of a column that may be relabelled.
MAX_LEVELS = 40
P_MATCH = 0.001


def _plain(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))


def _number(text: str) -> str:
    try:
        return f"{float(text):.9g}"
    except ValueError:
        return text


_RULES: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    ("case", "x.str.lower()", str.casefold),
    ("surrounding blanks", "x.str.strip()", lambda text: text.strip()),
    ("case and blanks", "x.str.strip().str.lower()", lambda text: " ".join(text.casefold().split())),
    ("blanks and punctuation", "", lambda text: re.sub(r"[\W_]+", "", text)),
    ("case, blanks and punctuation", "", lambda text: re.sub(r"[\W_]+", "", text.casefold())),
    ("accents", "", lambda text: re.sub(r"[\W_]+", "", _plain(text).casefold())),
    ("the way numbers are written", "", _number),
)


def respelled(pair: ServedColumn) -> Skew | None:
    """New levels that are training's own in another spelling: case, blanks, a prefix, a date format."""
    if not pair.words:
        return None
    known, new = _levels(pair.trained), _levels(pair.served)
    total = sum(new.values())
    strange = {level: count for level, count in new.items() if level not in known}
    rows = sum(strange.values())
    if not known or rows < ROWS or rows < SHARE * total:
        return None
    alone = sum(1 for count in known.values() if count == 1) / max(1, sum(known.values()))
    if rows / total <= 2 * alone + 0.005:
        return _new_dates(pair, known, strange, total)
    for words, undo, rule in _RULES:
        targets = {rule(level) for level in known}
        hit = sum(count for level, count in strange.items() if rule(level) in targets and rule(level))
        if hit >= max(ROWS, EXPLAINED * rows):
            return _spelled(pair, words, undo or None, hit / total, rows / total, strange, known, rule)
    return _affixed(pair, known, strange, total) or _new_dates(pair, known, strange, total)


def _spelled(
    pair: ServedColumn,
    words: str,
    undo: str | None,
    share: float,
    before: float,
    strange: dict[str, int],
    known: dict[str, int],
    rule: Callable[[str], str],
) -> Skew:
    back = {rule(level): level for level in known}
    example = max(strange, key=lambda level: strange[level] * (rule(level) in back))
    text = f"another spelling ({words}): {example!r} for {back[rule(example)]!r}"
    return Skew((pair.name,), text, undo, share, before, before - share, kind="words")


def _affixed(pair: ServedColumn, known: dict[str, int], strange: dict[str, int], total: int) -> Skew | None:
    """A prefix or suffix that was added or lost, or words cut at a length."""
    rows = sum(strange.values())
    added: dict[tuple[str, str], int] = {}
    for level, count in strange.items():
        for old in known:
            if not old or not level:
                continue
            kind = _affix(old, level)
            if kind is not None:
                added[kind] = added.get(kind, 0) + count
    if not added:
        return None
    (word, part), hit = max(added.items(), key=lambda item: item[1])
    levels = sum(1 for level in strange if any(_affix(old, level) == (word, part) for old in known if old))
    if hit < EXPLAINED * rows or (levels < 2 and len(strange) > 1):
        return None
    if levels < 2 and hit < 0.05 * total:
        return None
    text = f"{word} {part!r}" if part else word
    return Skew((pair.name,), text, None, hit / total, rows / total, (rows - hit) / total, kind="words")


def _affix(old: str, new: str) -> tuple[str, str] | None:
    if new.endswith(old) and len(new) > len(old):
        return ("an added beginning", new[: -len(old)])
    if new.startswith(old) and len(new) > len(old):
        return ("an added end", new[len(old) :])
    if old.endswith(new) and len(new) >= 2:
        return ("a lost beginning", old[: -len(new)])
    if old.startswith(new):
        return (f"words cut to {len(new)} characters", "")
    return None


def _new_dates(pair: ServedColumn, known: dict[str, int], strange: dict[str, int], total: int) -> Skew | None:
    """Dates on both sides, written in another order or with other signs."""
    before, after = _shape(known), _shape(strange)
    rows = sum(strange.values())
    if before is None or after is None or before == after or rows < 0.05 * total:
        return None
    new, old = max(strange, key=lambda key: strange[key]), next(iter(known))
    text = f"dates written as {new!r} where training has {old!r}"
    return Skew((pair.name,), text, "pd.to_datetime(x)", rows / total, rows / total, 0.0, kind="words")


def _shape(levels: dict[str, int]) -> str | None:
    """Common shape of the levels if they are all dates, such as ``9999-99-99``."""
    some = list(levels)[:200]
    shapes = {re.sub(r"[A-Za-z]", "a", re.sub(r"\d", "9", level.strip())) for level in some}
    if len(some) < 3 or len(shapes) > 12 or not all(re.search(r"\d", level) for level in some):
        return None
    if not all(re.fullmatch(r"[\d/.\-: TZa-zA-Z,+]{6,35}", level) for level in some):
        return None
    parsed = pd.to_datetime(pd.Series(some, dtype=object), errors="coerce", format="mixed")
    return min(shapes) if bool(parsed.notna().mean() > 0.9) else None


def _levels(feature: Feature) -> dict[str, int]:
    codes, levels = feature.codes()
    held = np.bincount(codes[codes >= 0], minlength=len(levels))
    found: dict[str, int] = {}
    for level, count in zip(levels, held, strict=True):
        if count:
            found[level] = found.get(level, 0) + int(count)
    return found


def recoded(pair: ServedColumn) -> Skew | None:
    """Levels that stand for others: codes instead of names, or codes given in another order.

    The shares of the levels must be those of training once relabelled, and must not be as they are.
    """
    if "category" not in (pair.trained.kind, pair.served.kind):
        return None
    known, new = counts(pair.trained), counts(pair.served)
    n, m = sum(known.values()), sum(new.values())
    if not 2 <= len(known) <= MAX_LEVELS or not 2 <= len(new) <= len(known) or min(n, m) < MIN_ROWS:
        return None
    if pair.trained.kind != "category" and any(re.search(r"\d", level) for level in new):
        return None  # numbers in another dress: the schema's business
    shared = set(known) & set(new)
    before = distance(known, new)
    if sum(new[level] for level in shared) > 0.02 * m:
        return None  # relabelled within the known levels: needs the other columns, see _skew_places
    for words, order in _orders(known):
        targets = dict(zip(_in_order(new), order, strict=False))
        renamed = {targets[level]: count for level, count in new.items()}
        if len(new) < 0.7 * len(known) or p_value(known, renamed) < P_MATCH:
            continue
        left = distance(known, renamed)
        example = max(renamed, key=lambda level: renamed[level])
        code = next(level for level, target in targets.items() if target == example)
        text = f"{words}: {code!r} for {example!r}"
        return Skew((pair.name,), text, None, 1.0, before, left, kind="words")
    return None


def counts(feature: Feature) -> dict[str, int]:
    """Rows of each level; none for dates and for numbers with many values."""
    if feature.kind == "category":
        return _levels(feature)
    if feature.kind == "datetime":
        return {}
    values = feature.numbers()
    distinct, held = np.unique(values[~np.isnan(values)], return_counts=True)
    if len(distinct) > MAX_LEVELS:
        return {}
    return {f"{value:.9g}": int(count) for value, count in zip(distinct, held, strict=True)}


def _in_order(levels: dict[str, int]) -> list[str]:
    try:
        return sorted(levels, key=float)
    except ValueError:
        return sorted(levels, key=lambda level: -levels[level])


def _orders(known: dict[str, int]) -> list[tuple[str, list[str]]]:
    return [
        ("codes in alphabetical order", _sorted(known)),
        ("other labels, one for one", sorted(known, key=lambda level: -known[level])),
        ("codes in order of appearance", list(known)),
        ("codes in reverse order", _sorted(known)[::-1]),
    ]


def _sorted(known: dict[str, int]) -> list[str]:
    try:
        return sorted(known, key=float)
    except ValueError:
        return sorted(known)


def distance(known: dict[str, int], new: dict[str, int]) -> float:
    """Half the sum of the differences between two sets of shares."""
    n, m = sum(known.values()), sum(new.values())
    return sum(abs(known.get(level, 0) / n - new.get(level, 0) / m) for level in {*known, *new}) / 2


def p_value(known: dict[str, int], new: dict[str, int]) -> float:
    """Of two samples of levels having the same shares (χ², levels of five rows or more)."""
    levels = [level for level in known if known[level] + new.get(level, 0) >= 5]
    if len(levels) < 2:
        return 0.0
    table = np.array([[known[level] for level in levels], [new.get(level, 0) for level in levels]])
    if (table.sum(axis=1) == 0).any():
        return 0.0
    return float(stats.chi2_contingency(table, correction=False).pvalue)
