"""Labels out of step: every way of showing it, put together and into words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ladder_widgets.case import Split
from ladder_widgets.checks._blocks import Block, find_block
from ladder_widgets.checks._indexes import Clash, clash, speaks
from ladder_widgets.checks._lags import Lag
from ladder_widgets.checks._signals import Signal
from ladder_widgets.checks._verdicts import Verdict, signals, verdicts
from ladder_widgets.checks.base import Outcome
from ladder_widgets.finding import Evidence, Status, evidence, percent
from ladder_widgets.shared import Shared

__all__ = ["alignment"]

_OUT_OF_STEP = ("lag", "sorted", "shuffled")


@dataclass(frozen=True, eq=False)
class _Found:
    split: Split
    status: Status
    words: str
    tables: tuple[Evidence, ...] = ()
    fix: str | None = None
    lag: Lag | None = None
    by_index: bool = False


def alignment(shared: Shared) -> Outcome:
    """Return the outcome of ``data.misaligned``."""
    case = shared.case
    found: list[_Found] = []
    told = {verdict.split: verdict for verdict in verdicts(shared)}
    for split in case.splits:
        one = _by_index(shared, split)
        verdict = told.get(split.name)
        if one is None and verdict is not None and verdict.kind in _OUT_OF_STEP:
            one = _by_verdict(split, verdict)
        if one is None and verdict is None:
            one = _by_block(shared, split)
        if one is not None:
            found.append(one)
    table = _signal_table(shared)
    if not found:
        return Outcome(Status.PASS, "Labels follow their rows in every split, all along.", (table,))
    status = Status.FAIL if any(one.status is Status.FAIL for one in found) else Status.WARN
    words = " ".join(one.words for one in found)
    tables = tuple(table for one in found for table in one.tables)
    fixes = [one.fix for one in found if one.fix is not None]
    fix = "".join(fixes) if len(fixes) == len(found) else None
    return Outcome(status, words, (*tables, table), fix, _details(found))


def _details(found: list[_Found]) -> dict[str, Any]:
    """What a remedy needs: the lag of a split, and splits whose index tells the order."""
    shifts = [
        {"split": one.split.name, "lag": one.lag.lag, "reversed": one.lag.reversed}
        for one in found
        if one.lag is not None
    ]
    return {"shifts": shifts, "by_index": [one.split.name for one in found if one.by_index]}


def _signal_table(shared: Shared) -> Evidence:
    """What has been worked out on the way; nothing is computed for it."""
    kept, rows = signals(shared), []
    names = {"model": "your model", "self": "the split by itself", "carried": "fitted on the training rows"}
    for key, value in kept.known().items():
        how, _, split = key.partition(" ")
        rows.append((split, names[how], value.auc, value.error))
    columns = {"labels of": "text", "told by": "text", "ROC AUC": "score", "standard error": "score"}
    return evidence("How well the labels are told", columns, sorted(rows))  # type: ignore[arg-type]


# ---- by index --------------------------------------------------------------------------------


def _by_index(shared: Shared, split: Split) -> _Found | None:
    found = clash(split)
    if found is None:
        return None
    verdict = speaks(shared.case, split, found)
    if verdict == "as given" or (verdict == "neither" and not found.chosen):
        return None
    name, apart = split.name, found.apart
    sure = verdict == "clash"
    known = (
        "Put together by it, rows and labels fit far better than as given."
        if sure
        else "Nothing else tells which of the two orders is right."
    )
    words = (
        f"The index of y_{name} holds the row labels of X_{name} in another order: {len(apart):,} of "
        f"{split.n_rows:,} rows ({percent(len(apart) / split.n_rows)}) stand beside the label of another "
        f"row. {known}"
    )
    return _Found(
        split,
        Status.FAIL if sure else Status.WARN,
        words,
        (_index_table(split, found),),
        _index_fix(name, found),
        by_index=True,
    )


def _index_table(split: Split, found: Clash) -> Evidence:
    apart = found.rows != found.places
    pairs = zip(found.rows[apart], found.places[apart], strict=True)
    rows = [
        (str(split.table.index[row]), int(row), int(place), str(split.y.index[row])) for row, place in pairs
    ]
    return evidence(
        f"Rows of {split.name} whose label stands elsewhere",
        {"row": "code", "position": "integer", "its label at": "integer", "row label there": "code"},
        rows,
    )


def _index_fix(name: str, found: Clash) -> str:
    if found.complete:
        return f"y_{name} = y_{name}.loc[X_{name}.index]\n"
    return (
        f"common = X_{name}.index.intersection(y_{name}.index)\n"
        f"X_{name}, y_{name} = X_{name}.loc[common], y_{name}.loc[common]\n"
    )


# ---- whole splits ----------------------------------------------------------------------------


def _by_verdict(split: Split, verdict: Verdict) -> _Found:
    status = Status.FAIL if verdict.sure else Status.WARN
    if verdict.lag is not None:
        fix = _lag_fix(split.name, verdict.lag)
        return _Found(split, status, _lag_words(split, verdict.lag), (), fix, verdict.lag)
    name = split.name
    lost = f"AUC {verdict.found.auc:.3f}" if verdict.found is not None else "chance"
    expected = "" if verdict.expected is None else f" where {verdict.expected.auc:.3f} is to be expected"
    if verdict.kind == "sorted":
        words = f"y_{name} is sorted by label and the rows of X_{name} are not ({lost}{expected})."
    elif verdict.sure:
        words = (
            f"The labels of {name} have nothing to do with its rows: {lost}{expected}. "
            f"{_itself(verdict.itself)}The columns have not moved and the classes are as common as "
            "elsewhere, so it is the order of the rows or of the labels that was lost."
        )
    else:
        words = (
            f"The labels of {name} have nothing to do with the model's scores: {lost}{expected} by its own "
            "probabilities. Pass X_train and y_train to tell a lost order from a model that learned nothing."
        )
    return _Found(split, status, words)


def _itself(signal: Signal | None) -> str:
    if signal is None:
        return ""
    return f"A model fitted on this split alone finds nothing either (AUC {signal.auc:.3f}). "


def _lag_words(split: Split, lag: Lag) -> str:
    name = split.name
    how = (
        f"in reverse order{f' and moved by {lag.lag}' if lag.lag else ''}"
        if lag.reversed
        else (f"moved by {lag.lag:+d} rows")
    )
    less = f"as given {percent(lag.here, 1)}" if lag.here > 0.001 else "as given nothing"
    text = (
        f"The labels of {name} fit its rows when they are {how}: the columns then explain "
        f"{percent(lag.fit, 1)} of their variance, {less}."
    )
    if not lag.smooth:
        return text
    return (
        f"{text} Neighbouring rows are alike, so a column that runs ahead of the label would look the same."
    )


def _lag_fix(name: str, lag: Lag) -> str:
    turned = f"y_{name} = y_{name}[::-1]  # the labels stand in reverse order\n" if lag.reversed else ""
    k = lag.lag
    if k == 0:
        return turned
    if k > 0:
        cut = f"X_{name}, y_{name} = X_{name}[:-{k}], y_{name}[{k}:]"
    else:
        cut = f"X_{name}, y_{name} = X_{name}[{-k}:], y_{name}[:-{-k}]"
    note = f"# Row i belongs to label i {'+' if k > 0 else '-'} {abs(k)}; the rows left over have no partner."
    return f"{turned}{note}\n{cut}\n"


# ---- blocks ----------------------------------------------------------------------------------


def _by_block(shared: Shared, split: Split) -> _Found | None:
    scored = _scored(shared, split)
    if scored is None:
        return None
    y, proba, rows = scored
    block = find_block(y, proba, shared.case.random_state)
    if block is None:
        return None
    first, last = int(rows[block.start]), int(rows[block.stop - 1])
    first = 0 if block.start == 0 else first
    last = split.n_rows - 1 if block.stop == len(rows) else last
    n_rows = last - first + 1
    index = split.table.index
    words = (
        f"In {split.name}, rows {first:,} to {last:,} ({percent(n_rows / split.n_rows)}; index "
        f"{index[first]!r} to {index[last]!r}) have labels that do not follow their scores; "
        "all other labels do."
    )
    return _Found(
        split, Status.FAIL, words, _block_tables(split, block, first, last), _block_fix(split, first, last)
    )


def _scored(shared: Shared, split: Split) -> tuple[np.ndarray, np.ndarray, range | np.ndarray] | None:
    """Labels, scores not fitted on them, and positions, in row order; None if the scores say nothing."""
    case, kept = shared.case, signals(shared)
    reference = kept.reference()
    if reference is None:
        return None
    if split.name == case.reference.name:
        proba = kept.cross_validated()
        if split.name == "val" and (answer := _model_scores(shared, split)) is not None:
            return case.y(split), answer, range(split.n_rows)
        if proba is None or not reference.there:
            return None
        return shared.y, proba, shared.folds.rows
    answer = _model_scores(shared, split)
    if answer is None and (carried := kept.carried(split)) is not None and carried[0].there:
        answer = carried[1]
    return None if answer is None else (case.y(split), answer, range(split.n_rows))


def _model_scores(shared: Shared, split: Split) -> np.ndarray | None:
    signal, answer = signals(shared).model(split), shared.case.try_scores(split)
    return answer.proba if signal is not None and signal.there and answer is not None else None


def _block_tables(split: Split, block: Block, first: int, last: int) -> tuple[Evidence, ...]:
    slopes = evidence(
        f"How labels follow scores in {split.name}",
        {"rows": "text", "slope": "score", "standard errors apart": "number"},
        [(f"{first} to {last}", block.inside, block.z), ("all others", block.outside, None)],
    )
    index = split.table.index
    rows = [(str(index[position]), position) for position in range(first, last + 1)]
    return slopes, evidence(f"Rows of {split.name} concerned", {"row": "code", "position": "integer"}, rows)


def _block_fix(split: Split, first: int, last: int) -> str:
    name = split.name
    return (
        "import numpy as np\n\n"
        f"# Until the source of rows {first} to {last} is joined anew on a key, leave them out.\n"
        f"keep = np.ones(len(y_{name}), dtype=bool)\n"
        f"keep[{first}:{last + 1}] = False\n"
        f"X_{name}, y_{name} = X_{name}[keep], y_{name}[keep]\n"
    )
