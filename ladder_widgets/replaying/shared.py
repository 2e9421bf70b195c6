"""What rows that differ have in common, and the others have not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ladder_widgets.errors.conditions import Condition, Kind, Slice
from ladder_widgets.stats import holm
from ladder_widgets.table import Feature, Table

__all__ = ["COLUMNS", "shared_conditions"]

COLUMNS = ["shared", "rows", "differing", "share_differing", "covered", "p_value"]
#: Levels of a category that are tried, conditions at most in one answer, and answers told.
MAX_LEVELS, DEEPEST, TOLD = 200, 3, 5
#: Level of the tests, corrected by Holm for every condition tried.
LEVEL = 0.05
#: Share of the differing rows that a further condition may lose, and agreement it must gain.
LOST, GAIN = 0.05, 0.02
#: Share of rows in common from which two answers are one.
ALIKE = 0.7


@dataclass(frozen=True, eq=False)
class _Tried:
    """A condition with the rows inside it, and the number of conditions that stand behind it."""

    condition: Condition
    inside: np.ndarray
    tried: int


def shared_conditions(table: Table, differs: np.ndarray, names: Sequence[str]) -> pd.DataFrame:
    """Return conditions that tell the rows that differ from the others, the most telling first.

    A condition is one level, one end of a range, or a missing value; up to three are joined where that
    tells the rows better. How well is F1, the harmonic mean of the share of the rows inside that differ and
    of the share of the differing rows that are inside (van Rijsbergen, Information Retrieval, 1979).
    Fisher's exact test, corrected by Holm for all conditions tried, says whether chance explains it.

    Parameters
    ----------
    table : Table
    differs : ndarray of bool of shape (n_rows,)
    names : sequence of str
        Columns to look at.

    Returns
    -------
    DataFrame
        Columns ``shared`` (a :class:`Slice`), ``rows`` inside, how many are ``differing``, their share,
        the share of all differing rows ``covered``, and the corrected ``p_value``.
    """
    if not differs.any() or differs.all():
        return pd.DataFrame(columns=COLUMNS)
    tried = list(_conditions(table, differs, names, np.ones(len(differs), dtype=bool)))
    best = sorted(tried, key=lambda one: -_f1(one.inside, differs))[: 4 * TOLD]
    found = [_simplified(_deepened(one, table, differs, names), differs) for one in best]
    found.sort(key=lambda chain: (-round(_f1(_inside(chain), differs), 6), len(chain)))
    rows = [_judged(chain, differs) for chain in _distinct(found, differs)]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    # Holm over all that was tried: those that were not kept count as tests that found nothing.
    others = np.ones(max(0, len(tried) - len(frame)))
    frame["p_value"] = holm(np.concatenate([frame["p_value"].to_numpy(dtype=float), others]))[: len(frame)]
    return frame[frame["p_value"] <= LEVEL].head(TOLD).reset_index(drop=True)


def _deepened(first: _Tried, table: Table, differs: np.ndarray, names: Sequence[str]) -> list[_Tried]:
    """Join further conditions while they tell the rows better and lose few of those that differ."""
    chain, inside = [first], first.inside
    while len(chain) < DEEPEST and not differs[inside].all():
        used = {each.condition.feature for each in chain}
        further = list(_conditions(table, differs, [n for n in names if n not in used], inside))
        joined = [(one, inside & one.inside) for one in further]
        kept = [pair for pair in joined if differs[pair[1]].sum() >= (1 - LOST) * differs[inside].sum()]
        if not kept:
            break
        one, narrower = max(kept, key=lambda pair: _f1(pair[1], differs))
        if _f1(narrower, differs) < _f1(inside, differs) + GAIN:
            break
        # One of all that could have been joined was chosen: its test is one of so many.
        chain.append(_Tried(one.condition, one.inside, one.tried * len(further)))
        inside = narrower
    return chain


def _simplified(chain: list[_Tried], differs: np.ndarray) -> list[_Tried]:
    """Leave out what does not make the answer clearly better, the condition found first included."""
    for one in list(chain):
        rest = [each for each in chain if each is not one]
        if rest and _f1(_inside(rest), differs) >= _f1(_inside(chain), differs) - GAIN:
            chain = rest
    return chain


def _distinct(found: list[list[_Tried]], differs: np.ndarray) -> Iterator[list[_Tried]]:
    """Leave out what is about the same rows as a better answer."""
    told: list[np.ndarray] = []
    for chain in found:
        hits = _inside(chain) & differs
        if all((hits & other).sum() < ALIKE * (hits | other).sum() for other in told):
            told.append(hits)
            yield chain


def _inside(chain: Sequence[_Tried]) -> np.ndarray:
    return np.logical_and.reduce([each.inside for each in chain])


def _judged(chain: list[_Tried], differs: np.ndarray) -> tuple[object, ...]:
    inside = _inside(chain)
    rows, hits, total = int(inside.sum()), int(differs[inside].sum()), int(differs.sum())
    chance = float(stats.hypergeom.sf(hits - 1, len(differs), total, rows))
    tried = float(np.prod([float(each.tried) for each in chain]))
    shared = Slice(tuple(each.condition for each in chain))
    return shared, rows, hits, hits / rows, hits / total, min(1.0, chance * tried)


def _f1(inside: np.ndarray, differs: np.ndarray) -> float:
    hits = int(differs[inside].sum())
    return 2 * hits / (int(inside.sum()) + int(differs.sum()))


def _conditions(
    table: Table, differs: np.ndarray, names: Sequence[str], among: np.ndarray
) -> Iterator[_Tried]:
    for name in names:
        feature = table.feature(name)
        if feature.missing[among].any() and not feature.missing[among].all():
            yield _Tried(Condition(name, "missing"), feature.missing, 1)
        if feature.kind in ("number", "datetime"):
            yield from _cuts(feature, differs, among)
        else:
            yield from _levels(feature, differs, among)


def _levels(feature: Feature, differs: np.ndarray, among: np.ndarray) -> Iterator[_Tried]:
    codes, levels = feature.codes()
    counts = np.bincount(codes[among & differs & (codes >= 0)], minlength=len(levels))
    for code in np.argsort(-counts, kind="stable")[:MAX_LEVELS]:
        if counts[code]:
            yield _Tried(Condition(feature.name, "level", level=levels[code]), codes == code, 1)


def _cuts(feature: Feature, differs: np.ndarray, among: np.ndarray) -> Iterator[_Tried]:
    """The best lower and the best upper end of a range, by F1 over every value as an end."""
    values = feature.numbers()
    there = among & np.isfinite(values)
    distinct, place = np.unique(values[there], return_inverse=True)
    if len(distinct) < 2:
        return
    rows = np.bincount(place, minlength=len(distinct))
    hits = np.bincount(place, weights=differs[there], minlength=len(distinct))
    total = int(differs.sum())
    above = [np.cumsum(each[::-1])[::-1] for each in (rows, hits)]
    below = [np.cumsum(each) for each in (rows, hits)]
    kind: Kind = "datetime" if feature.kind == "datetime" else "number"
    at = int(np.argmax(2 * above[1][1:] / (above[0][1:] + total))) + 1
    low = float(distinct[at])
    yield _Tried(Condition(feature.name, kind, low=low), values >= low, len(distinct) - 1)
    at = int(np.argmax(2 * below[1][:-1] / (below[0][:-1] + total))) + 1
    high = float(distinct[at])
    yield _Tried(Condition(feature.name, kind, high=high), values < high, len(distinct) - 1)
