"""Rows of one split found again in another, against the duplicates a table has by nature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from ladder_widgets.case import Split
from ladder_widgets.checks._hashes import RowKeys
from ladder_widgets.checks._identity import Labels, compare_labels
from ladder_widgets.checks._oversampled import copied_class
from ladder_widgets.labels import codes_by_text

__all__ = ["HEAVIEST", "Overlap", "mixed", "overlap"]

MIN_ROWS = 3
#: Estimated share of copied rows that is worth a word.
MIN_COPIED = 0.005
#: Chance of as many by nature: where the splits hold duplicates themselves, where they hold none, and
#: where row labels say that the splits hold different records.
P_NATURAL, P_NONE, P_LABELLED = 0.006, 0.05, 1e-4
#: Steps that fractions are rounded to, in standard deviations of the column: what storing as text or in
#: single precision does, and what a little noise does.
FINE, COARSE = 1e-5, 0.02
#: Single precision keeps this share of the largest value.
SINGLE = 2.0**-21
#: Share of natural duplicates, on the coarse grid or without a column, beyond which it says nothing.
MAX_COARSE = 0.05
#: Columns left out one at a time, at most and at least how many there must be, and rows this is done for.
LEAVE_OUT, ENOUGH, LEAVE_OUT_ROWS = 60, 4, 100_000
#: Rows up to which a key with that many copies tells more the more there are.
HEAVIEST = 20
#: Keys met more than once, up to which their number is judged exactly.
FEW_KEYS = 300
_TARGET = np.uint64(0x9FB21C651E98DF25)


@dataclass(frozen=True, eq=False)
class Overlap:
    """Rows of ``later`` that are also in ``earlier``.

    Attributes
    ----------
    how : str
        How rows were compared.
    rows : ndarray
        Positions in ``later``.
    natural : float
        Share of rows that come back inside ``earlier`` itself.
    copied : float
        Estimated share of ``later`` that was copied, natural duplicates left out.
    p : float
        Probability of so many rows if the splits are independent draws from one source.
    limit : float
        Probability below which they are not.
    """

    later: Split
    earlier: Split
    how: str
    rows: np.ndarray
    natural: float
    copied: float
    p: float
    limit: float

    @property
    def share(self) -> float:
        """Share of the later split."""
        return len(self.rows) / self.later.n_rows

    @property
    def found(self) -> bool:
        """Whether chance and natural duplicates do not explain it."""
        return len(self.rows) >= MIN_ROWS and self.copied >= MIN_COPIED and self.p < self.limit


def overlap(later: Split, earlier: Split) -> Overlap:
    """Look for equal rows, then for rows equal but for rounding, for slight noise, or for one column."""
    theirs = set(earlier.table.names)
    names = every = [name for name in later.table.names if name in theirs]
    mine, other = RowKeys(later.table, names), RowKeys(earlier.table, names)
    labels = compare_labels(later, earlier, mine.total, other.total)
    exact = _compare(later, earlier, "exactly", mine.total, other.total, labels)
    if exact.found:
        return exact
    if labels.same.size >= MIN_ROWS:
        return _by_label(exact, labels)
    if exact.natural >= MAX_COARSE:
        told = _with_target(exact, mine.total, other.total, labels)
        if told.found:
            return told
    numbers = [name for name in names if _row_number(later, name) and _row_number(earlier, name)]
    if numbers and len(numbers) < len(names):
        names = [name for name in names if name not in numbers]
        mine, other = RowKeys(later.table, names), RowKeys(earlier.table, names)
        bare = _compare(later, earlier, "but for row numbers", mine.total, other.total, labels)
        if bare.found:
            return bare
    measured = _measured(later, earlier, names)
    for how, step in (("but for rounding", FINE), ("but for slight noise", COARSE)):
        grid = {name: max(step * spread, SINGLE * largest) for name, (spread, largest) in measured.items()}
        if not grid:
            break
        pair = RowKeys(later.table, names, grid).total, RowKeys(earlier.table, names, grid).total
        rounded = _compare(later, earlier, how, *pair, labels)
        if rounded.found and (step == FINE or rounded.natural < MAX_COARSE):
            return rounded
    return (
        _but_for_one(later, earlier, mine, other, labels)
        or _of_one_class(exact, RowKeys(later.table, every).total, RowKeys(earlier.table, every).total)
        or exact
    )


def _by_label(exact: Overlap, labels: Labels) -> Overlap:
    """Rows that carry the same label and the same values: the same records, whatever is natural."""
    share = len(labels.same) / exact.later.n_rows
    return Overlap(exact.later, exact.earlier, "by row label", labels.same, exact.natural, share, 0.0, 1.0)


def _with_target(exact: Overlap, mine: np.ndarray, other: np.ndarray, labels: Labels) -> Overlap:
    """The same with the label of the row, which copies keep: fewer rows are then alike by nature."""
    later, earlier = exact.later, exact.earlier
    codes = [codes.astype(np.uint64) * _TARGET for codes in codes_by_text(later.y, earlier.y)]
    return _compare(later, earlier, "exactly, label included", mine + codes[0], other + codes[1], labels)


def _of_one_class(exact: Overlap, mine: np.ndarray, other: np.ndarray) -> Overlap | None:
    """Rows of a class that was copied before the split, if one was."""
    rows = copied_class(exact.later, exact.earlier, mine, other)
    if rows is None:
        return None
    share = len(rows) / exact.later.n_rows
    return Overlap(exact.later, exact.earlier, "copies of one class", rows, exact.natural, share, 0.0, 1.0)


def _row_number(split: Split, name: str) -> bool:
    """Whether a column only numbers or names the rows: whole numbers or texts, no two alike."""
    feature = split.table.feature(name)
    if feature.kind == "category":
        codes, levels = feature.codes()
        return len(levels) >= split.n_rows and int(np.bincount(codes + 1).max()) == 1
    values = feature.numbers()
    return (
        feature.kind in ("number", "datetime")
        and bool(np.isfinite(values).all())
        and bool((values == np.round(values)).all())
        and len(np.unique(values)) == split.n_rows
    )


def _but_for_one(
    later: Split, earlier: Split, mine: RowKeys, other: RowKeys, labels: Labels
) -> Overlap | None:
    """Look for rows equal in all columns but one, whichever it is."""
    if not ENOUGH <= len(mine.names) <= LEAVE_OUT or later.n_rows + earlier.n_rows > LEAVE_OUT_ROWS:
        return None
    for name in mine.names:
        one = _compare(
            later, earlier, f"but for {name[:60]}", mine.without(name), other.without(name), labels
        )
        if one.found and one.natural < MAX_COARSE and one.p < one.limit / len(mine.names):
            return one
    return None


def _measured(later: Split, earlier: Split, names: list[str]) -> dict[str, tuple[float, float]]:
    """Spread and largest value of the columns that hold fractions; whole numbers are compared as they are."""
    found = {}
    for name in names:
        features = [split.table.feature(name) for split in (later, earlier)]
        if {feature.kind for feature in features} == {"number"}:
            values = np.concatenate([feature.numbers() for feature in features])
            values = values[np.isfinite(values)]
            if values.size and (values != np.round(values)).any():
                found[name] = float(np.std(values)), float(np.abs(values).max())
    return found


def _compare(
    later: Split, earlier: Split, how: str, mine: np.ndarray, other: np.ndarray, labels: Labels
) -> Overlap:
    m, n = len(mine), len(other)
    _, place = np.unique(np.concatenate([mine, other]), return_inverse=True)
    here, there = np.bincount(place[:m], minlength=place.max() + 1), np.bincount(place[m:])
    there = np.append(there, np.zeros(len(here) - len(there), dtype=there.dtype))
    hit = there[place[:m]] > 0
    natural = float(there[there > 1].sum() / n)
    # As many rows are new to ``earlier`` as stand alone in it (Good and Turing), unless some were copied.
    alone = np.count_nonzero(there == 1) / n
    copied = 1 - np.count_nonzero(~hit) / (m * alone) if alone else 0.0
    inside = bool((((here == 0) & (there > 1)) | ((there == 0) & (here > 1))).any())
    limit = P_LABELLED if labels.disjoint else P_NATURAL if inside else P_NONE
    return Overlap(
        later, earlier, how, np.flatnonzero(hit), natural, copied, mixed(here, there, m / (m + n)), limit
    )


def mixed(here: np.ndarray, there: np.ndarray, share: float, keys: np.ndarray | None = None) -> float:
    """Probability of so many keys in both splits, if each row fell into either by chance.

    A row that stands in both splits because it was copied is never on one side only. Of a key with
    ``t`` rows in all, chance leaves ``share ** t + (1 - share) ** t`` on one side.

    Parameters
    ----------
    here, there : ndarray of int of shape (n_keys,)
        Rows with each key on either side.
    share : float
        Of the rows that are here.
    keys : ndarray of int of shape (n_keys,), optional
        How many keys each place stands for; one by default.
    """
    several = here + there > 1
    if not several.any():
        return 1.0
    total = np.minimum(here + there, HEAVIEST)[several]
    both = ((here > 0) & (there > 0))[several]
    weights = np.ones(len(total)) if keys is None else keys[several].astype(float)
    sizes = np.unique(total)
    numbers, seen = (
        np.bincount(total, weight, HEAVIEST + 1)[sizes].astype(np.int64)
        for weight in (weights, weights * both)
    )
    chance = 1 - share**sizes - (1 - share) ** sizes
    if numbers.sum() <= FEW_KEYS:
        pmf = np.ones(1)
        for number, one in zip(numbers, chance, strict=True):
            pmf = np.convolve(pmf, stats.binom.pmf(np.arange(number + 1), number, one))
        return float(pmf[int(seen.sum()) :].sum())
    weight = sizes / chance
    excess = float(np.sum(weight * (seen - numbers * chance)))
    spread = float(np.sqrt(np.sum(weight**2 * numbers * chance * (1 - chance))))
    return float(stats.norm.sf(excess / spread)) if spread else 1.0
