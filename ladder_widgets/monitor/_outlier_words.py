"""Why a row stands out, in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ladder_widgets.finding import percent
from ladder_widgets.monitor._outlier_rows import OutlierPair, numbers_of
from ladder_widgets.monitor._schema_values import number_words
from ladder_widgets.validation import shown

__all__ = ["reasons"]

#: Values that a reason names, and the share of training beyond a value from which it is unusual.
NAMED, UNUSUAL = 3, 0.05
LENGTH = 60


@dataclass(frozen=True, eq=False)
class _Unusual:
    """One column of the flagged rows: how rare each value is in training, and how to say so."""

    pair: OutlierPair
    rows: np.ndarray
    tail: np.ndarray
    values: np.ndarray
    high: np.ndarray | None = None

    def say(self, row: int) -> str:
        name = self.pair.column.name[:LENGTH]
        if self.pair.words or isinstance(self.values[row], str):
            return f"{name} {self._level(row)}"
        return f"{name} {self._number(row)}"

    def _level(self, row: int) -> str:
        if self.pair.served.missing[self.rows[row]]:
            return self._missing()
        share = float(self.tail[row])
        held = "not in training" if share == 0 else f"{percent(share, 1)} of training"
        return f"{shown(self.values[row], LENGTH)}: {held}"

    def _missing(self) -> str:
        share = self.pair.column.share_missing
        return "missing: " + (f"in {percent(share, 1)} of training" if share else "training has no gaps")

    def _number(self, row: int) -> str:
        column, value = self.pair.column, float(self.values[row])
        if np.isnan(value):
            return self._missing()
        if column.q_low is None or column.q_high is None or not np.isfinite(value):
            return f"{number_words(value)}: training has no such value"
        is_high = self.high is not None and bool(self.high[row])
        edge, width = column.q_high if is_high else column.q_low, column.q_high - column.q_low
        beyond = value - edge if is_high else edge - value
        side = "above" if is_high else "below"
        if beyond <= 0:
            return f"{number_words(value)}: {side} {percent(1 - float(self.tail[row]), 1)} of training"
        by = f" by {beyond / width:.2g} ranges" if width else ""
        return f"{number_words(value)}: {side} 99.9 % of training ({number_words(edge)}){by}"


def reasons(
    pairs: list[OutlierPair], refused: np.ndarray, rows: np.ndarray
) -> list[tuple[str, tuple[str, ...]]]:
    """Return for each flagged row why, and the columns that say so, refused values first.

    Parameters
    ----------
    pairs : list of OutlierPair
    refused : ndarray of bool of shape (n_rows, n_pairs)
    rows : ndarray of int
        Flagged rows.
    """
    if not rows.size:
        return []
    columns = [_unusual(pair, rows) for pair in pairs]
    tails = np.column_stack([one.tail for one in columns])
    bad = refused[rows]
    telling = bad | (tails <= UNUSUAL) & np.array([pair.steady for pair in pairs])
    order = np.argsort(np.where(telling, tails - bad, np.inf), axis=1, kind="stable")[:, :NAMED]
    found = []
    for row, places in enumerate(order):
        named = [columns[place] for place in places if telling[row, place]]
        said = "; ".join(one.say(row) for one in named)
        names = tuple(one.pair.column.name for one in named)
        found.append((said or "no single value is unusual, their combination is", names))
    return found


def _unusual(pair: OutlierPair, rows: np.ndarray) -> _Unusual:
    if pair.words:
        values = pair.served.series.iloc[rows].astype(object).to_numpy()
        shares = pair.trained.series.map(str, na_action="ignore").value_counts(normalize=True, dropna=False)
        known = {level: float(share) for level, share in shares.items() if isinstance(level, str)}
        held = [known.get(str(value), 0.0) for value in values]
        tail = np.where(pair.served.missing[rows], pair.column.share_missing, held)
        return _Unusual(pair, rows, tail, values)
    numbers, own = numbers_of(pair.served)[rows], numbers_of(pair.trained)
    own = np.sort(own[np.isfinite(own)])
    below = np.searchsorted(own, numbers, side="right") / max(1, len(own))
    above = 1 - np.searchsorted(own, numbers, side="left") / max(1, len(own))
    tail = np.where(np.isnan(numbers), pair.column.share_missing, np.minimum(below, above))
    return _Unusual(pair, rows, tail, _with_texts(pair, rows, numbers), above <= below)


def _with_texts(pair: OutlierPair, rows: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Numbers, and the texts that stand where a number should."""
    lost = np.isnan(numbers) & ~pair.served.missing[rows]
    if not lost.any():
        return numbers
    values = numbers.astype(object)
    values[lost] = [str(value) for value in pair.served.series.iloc[rows[lost]]]
    return values
