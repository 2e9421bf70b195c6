"""Categories that training never saw, against how many new ones are natural."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from ladder_widgets.case import Case, Split
from ladder_widgets.checks import _probe
from ladder_widgets.checks._pipeline import dropped_columns, walk
from ladder_widgets.table import Feature, Table

__all__ = [
    "Known",
    "Novel",
    "distinct",
    "enters",
    "known_levels",
    "known_of",
    "look_alike",
    "novel",
    "novel_in",
]

#: New rows beyond what is natural: how many at least, and how improbable.
MIN_ROWS = 3
P_VALUE = 0.001
#: Rows that each value of a code holds at least; counts have tails.
COMMON = 5
#: New rows from which nobody asks whether some are the same record.
MANY = 200


@dataclass(frozen=True, slots=True)
class Known:
    """Levels of a column that training saw.

    Attributes
    ----------
    levels : frozenset of str
    alone, n_rows : int
        Training rows whose level is theirs alone, and all of them: by Good and Turing, as large a
        share of new rows holds a new level.
    """

    levels: frozenset[str]
    alone: int = 0
    n_rows: int = 0


@dataclass(frozen=True, slots=True)
class Novel:
    """Rows of a split whose level in a column is new."""

    split: str
    column: str
    rows: np.ndarray
    levels: tuple[tuple[str, int], ...]
    n_rows: int
    known: Known

    @property
    def share(self) -> float:
        """Share of the rows hit."""
        return len(self.rows) / self.n_rows

    @property
    def natural(self) -> float:
        """Share of rows expected to be new."""
        return self.known.alone / self.known.n_rows if self.known.n_rows else 0.0

    @property
    def unnatural(self) -> bool:
        """Whether so many new rows are improbable, given how many training rows stand alone."""
        new, alone = len(self.rows), self.known.alone
        if alone == 0:
            return new >= MIN_ROWS
        chance = self.n_rows / (self.n_rows + self.known.n_rows)
        return bool(stats.binom.sf(new - 1, new + alone, chance) < P_VALUE)


def known_levels(case: Case) -> dict[str, Known]:
    """Return the levels training saw, per category column: of the training rows, else of the encoders."""
    encoders = _encoders(case)
    known: dict[str, Known] = {}
    table = (case.train or case.val).table
    for name in case.val.table.names:
        feature = table.feature(name) if name in table.names else None
        if case.train is not None and feature is not None and feature.kind == "category":
            known[name] = _of_training(feature)
        elif name in encoders:
            known[name] = Known(frozenset(encoders[name]))
    return known


def _of_training(feature: Feature) -> Known:
    codes, levels = feature.codes()
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    seen = frozenset(level for level, count in zip(levels, counts, strict=True) if count)
    return Known(seen, int(np.count_nonzero(counts == 1)), len(codes))


def known_of(feature: Feature, codes: int) -> Known | None:
    """Levels of a column of words, or of whole numbers of at most ``codes`` values; None for others."""
    if feature.kind == "category":
        return _of_training(feature)
    if feature.kind != "number":
        return None
    values = feature.numbers()
    distinct, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    if not 2 <= len(distinct) <= codes or np.any(distinct != np.round(distinct)) or counts.min() < COMMON:
        return None
    seen = frozenset(str(int(value)) for value in distinct)
    return Known(seen, int(np.count_nonzero(counts == 1)), len(values))


def _encoders(case: Case) -> dict[str, list[str]]:
    """Levels in public ``categories_`` of the encoders that a column reaches untouched."""
    names = case.val.table.names
    found: dict[str, list[str]] = {}
    for step in walk(case.model, names):
        categories = getattr(step.estimator, "categories_", None)
        if isinstance(categories, list) and step.columns is not None and len(categories) == len(step.columns):
            for name, levels in zip(step.columns, categories, strict=True):
                if name in names:
                    found.setdefault(name, [_text(level) for level in levels])
    return found


def enters(case: Case, name: str) -> bool:
    """Whether a column has a say in the model: an encoder takes it, or shuffling it moves the scores."""
    names = case.val.table.names
    if name in dropped_columns(case.model, names):
        return False
    for step in walk(case.model, names):
        if hasattr(step.estimator, "categories_") and step.columns is not None and name in step.columns:
            return True
    return _probe.uses_column(case, case.val, name) is not False


def _text(level: object) -> str:
    return str(level.item() if isinstance(level, np.generic) else level)


def novel(split: Split, name: str, known: Known) -> Novel | None:
    """Return the rows of a split that hold a level training did not see; None if there are none."""
    return novel_in(split.name, name, split.table.feature(name), known)


def novel_in(split: str, name: str, feature: Feature, known: Known) -> Novel | None:
    """:func:`novel` for one column, whatever it is part of."""
    if feature.kind == "category":
        codes, levels = feature.codes()
    else:
        values = feature.numbers()
        distinct, codes = np.unique(values, return_inverse=True)
        codes = np.where(np.isnan(values), -1, codes.reshape(-1))
        levels = [_number(value, known.levels) for value in distinct]
    new = np.array([level not in known.levels for level in levels] + [False])
    rows = np.flatnonzero(new[codes])
    if not rows.size:
        return None
    counts = np.bincount(codes[rows], minlength=len(levels))
    order = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    return Novel(
        split, name, rows, tuple((levels[level], int(counts[level])) for level in order), len(codes), known
    )


def distinct(new: Novel, table: Table) -> Novel:
    """The same with one row for each record: a record that was logged five times is one."""
    if len(new.rows) > MANY:
        return new
    kept = ~table.frame(new.rows).astype(str).duplicated().to_numpy()
    return replace(new, rows=new.rows[kept])


def _number(value: float, known: frozenset[str]) -> str:
    whole = str(int(value)) if np.isfinite(value) and value == int(value) else str(value)
    return whole if whole in known else str(value)


def look_alike(level: str, known: frozenset[str]) -> str | None:
    """Return the known level that differs only in case, spaces or punctuation, if there is one."""
    plain = _plain(level)
    return next((other for other in sorted(known) if _plain(other) == plain), None)


def _plain(level: str) -> str:
    return re.sub(r"[\W_]+", "", level.casefold())
