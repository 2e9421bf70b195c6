"""Rows that break a rule of the schema: which rule, how many, and some of the values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ladder_widgets.monitor._schema_values import Distinct, plain_value
from ladder_widgets.validation import shown

__all__ = ["EXAMPLES", "LENGTH", "Found", "Tally", "by_rule"]

#: Examples of a violation, and the length of each.
EXAMPLES, LENGTH = 3, 60


@dataclass(frozen=True)
class Found:
    """Rows that break one rule.

    Attributes
    ----------
    rule : str
        ``missing``, ``infinite``, ``negative``, ``below``, ``above`` (far outside), ``under``, ``over``
        (outside at all), ``other`` (a constant), ``fraction``, ``level``, ``placeholder``, ``marker``,
        ``form``, ``zone``, or a sort of value that does not belong: ``text``, ``number``, ``unit``,
        ``empty``, ``flag``, ``date``, ``other sort``.
    rows : int
    examples : tuple of str
        Commonest, or most extreme, first.
    first : int or None
        Position of the first such row.
    extreme : float or None
        The value farthest out.
    looked_at : int or None
        Rows that were looked at, where that was a sample.
    """

    rule: str
    rows: int
    examples: tuple[str, ...] = ()
    first: int | None = None
    extreme: float | None = None
    looked_at: int | None = None


@dataclass(frozen=True)
class Tally:
    """What a column of a batch breaks: rows of the batch, and what was found."""

    rows: int
    found: tuple[Found, ...]


def by_rule(seen: Distinct, rules: list[str]) -> list[Found]:
    """Group distinct values by the rule they break; those with an empty rule break none."""
    counts, found = seen.counts, []
    for rule in dict.fromkeys(rule for rule in rules if rule):
        places = np.array([place for place, own in enumerate(rules) if own == rule])
        places = places[np.argsort(-counts[places], kind="stable")]
        bad = np.zeros(len(rules) + 1, dtype=bool)
        bad[places] = True
        first = int(bad[seen.codes].argmax())
        examples = tuple(shown(plain_value(seen.values[place]), LENGTH) for place in places[:EXAMPLES])
        found.append(Found(rule, int(counts[places].sum()), examples, first))
    return found
