"""Checks of the data layer: missing values, order, leakage, unseen categories, the target."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ladder_widgets.case import Case, Split
from ladder_widgets.checks import _missing, _novelty, _probe
from ladder_widgets.checks._alignment import alignment
from ladder_widgets.checks._leaks import Leak, find_leaks
from ladder_widgets.checks._missing_words import gap_tables, listed, refusal_words, sentinel_words
from ladder_widgets.checks._novelty import Known, Novel
from ladder_widgets.checks._power import Power, power
from ladder_widgets.checks._target_words import DERIVED, target
from ladder_widgets.checks.base import NotChecked, Outcome
from ladder_widgets.finding import Evidence, Status, evidence, percent
from ladder_widgets.rungs.folds import make_folds
from ladder_widgets.scores import ModelFailure
from ladder_widgets.shared import NoFolds, Shared
from ladder_widgets.table import take

__all__ = ["leakage", "misaligned", "missing_values", "unseen_categories", "wrong_target"]

#: Share of rows with a stand-in from which it changes decisions.
SENTINEL_FAIL = 0.05
#: Share of the label's uncertainty from which a leak changes decisions for sure.
LEAK_FAIL = 0.8
#: Share of rows with a new category, beyond what is natural.
NOVEL_WARN, NOVEL_FAIL = 0.005, 0.05


def missing_values(case: Case, shared: Shared) -> Outcome:
    """Look for NaN, infinity and stand-ins that nothing in the model handles.

    Compares the model's answer on up to 200 rows with gaps (per split, then per column) with its
    answer on complete rows; and each numeric column's extreme values, and each text column's
    levels, with values that usually stand for "missing".

    Null: a model that raises on rows with gaps as it does on complete ones has another fault, and
    a value inside or next to the range of its column is a value. A stand-in must be typical
    (-999, 9999, "?", ""), repeated (3 rows and 0.1 %), and either the only negative value, half as
    far from the rest as the rest is wide, or a spike a fifth of that away. It is handled if an
    imputer is told of it (``missing_values``) or if the model scores it exactly as NaN, and a value
    beside it in another way.

    Fails if rows with gaps are refused, and for a stand-in in 5 % of the rows; warns for a rarer
    one and for infinite values that are scored like measurements. Needs the model for gaps.
    Cannot see stand-ins inside the range of a column (0, a mean), words that may be meant
    ("none", "unknown"), nor gaps that were filled before.
    """
    gaps = {split.name: _missing.find_gaps(split) for split in case.splits}
    refusals = [
        refusal
        for split in case.splits
        if (refusal := _missing.refusal(case, split, gaps[split.name])) is not None
    ]
    found = _missing.unhandled(case, _missing.find_sentinels(case))
    infinite = sorted({gap.column for every in gaps.values() for gap in every if gap.infinite.any()})
    tables = gap_tables(gaps, found)
    details = _missing.details(found, infinite, refusals)
    if refusals:
        return Outcome(Status.FAIL, refusal_words(refusals), tables, details=details)
    if found:
        worst = max(found, key=lambda one: one.share)
        status = Status.FAIL if worst.share >= SENTINEL_FAIL else Status.WARN
        return Outcome(status, sentinel_words(found), tables, details=details)
    if infinite:
        return Outcome(
            Status.WARN,
            f"The model scores infinite values in {listed(infinite)} as if they were measurements.",
            tables,
            details=details,
        )
    if not any(gaps.values()):
        return Outcome(Status.PASS, "No missing or infinite values and no stand-ins for them.")
    n_columns = len({gap.column for every in gaps.values() for gap in every})
    return Outcome(
        Status.PASS,
        f"{n_columns} columns have missing values, and the model scores the rows that hold them.",
        tables,
    )


def leakage(case: Case, shared: Shared) -> Outcome:
    """Look for a column that knows the label better than an honest one could.

    Compares what each column alone takes away of the label's uncertainty (1 − log loss / entropy,
    bins counted out of fold, missing values a bin of their own) with what the non-linear
    reference gets from all other columns; and, within the classes, each strong column with all
    others.

    Null: an honest column, however strong, hangs together with others within a class, as
    perimeter does with area; what a copy of the label adds to the label is noise of its own.
    Effect: share of uncertainty.

    Only a column with a ROC AUC of 0.82 (0.93 for measurements, most of them met once) can be a
    leak. A column without ties where most have some ("odd") is one from 0.35 (0.45 for
    measurements), or from 0.25 with a lead of 0.10 over all others together; a column without ties
    where few have any with a lead of 0.20; any column from 0.50 with a lead of 0.25. With more
    classes or fewer than 300 rows 0.65 replaces 0.35, and below 200 rows ties say nothing. Leads
    must be beyond two standard errors.
    Fails from 0.80, warns below. A column that does not move the model's scores passes with a
    note. Needs two rows of two classes. Cannot see leaks spread over several columns, nor a weak
    one (a label with a fifth of it flipped).
    """
    try:
        folds = shared.folds
    except NoFolds as few:
        raise NotChecked(f"Needs more rows: {few}.") from few
    rows = folds.rows if folds.sampled else None
    k = len(case.classes)
    powers = [power(f, rows, shared.y, k, folds.pairs) for f in case.reference.table.features()]
    powers.sort(key=lambda one: -one.value)
    leaks = find_leaks(shared, powers)
    table = evidence(
        "What each column alone says about the label",
        {"column": "code", "uncertainty explained": "percent", "standard error": "percent"},
        [(one.name, max(0.0, one.value), one.error) for one in powers],
    )
    if leaks and DERIVED in shared.memo:
        raise NotChecked(f"The label was made from {shared.memo[DERIVED]}: data.wrong-target says so.")
    used = [leak for leak in leaks if _probe.uses_column(case, case.val, leak.power.name) is not False]
    if not used:
        return Outcome(Status.PASS, _honest_words(powers[0], leaks), (table,))
    worst = used[0]
    status = Status.FAIL if worst.power.value >= LEAK_FAIL else Status.WARN
    names = [leak.power.name for leak in used]
    tables = (_leak_table(case, shared, used), table)
    return Outcome(
        status, _leak_words(worst, names[1:]), tables, _leak_fix(names), details={"columns": names}
    )


def _honest_words(best: Power, unused: list[Leak]) -> str:
    share = max(0.0, best.value)
    text = f"The strongest column, {best.name}, takes away {percent(share)} of the label's uncertainty."
    if unused:
        names = listed([leak.power.name for leak in unused])
        text += f" {names} would give the label away, but the model does not use it."
    return text


def _leak_words(leak: Leak, more: list[str]) -> str:
    text = (
        f"{leak.power.name} alone takes away {percent(leak.power.value)} of the label's uncertainty, all "
        f"other columns together {percent(max(0.0, leak.rest.value))}."
    )
    if not leak.tied:
        text += " Within a class it has nothing to do with any other column, as a copy of the label would."
    if more:
        text += f" The same holds for {listed(more)}."
    return text + " Find out when it is filled in: what is written after the outcome cannot be used."


def _leak_table(case: Case, shared: Shared, leaks: list[Leak]) -> Evidence:
    rows = []
    for leak in leaks:
        elsewhere = _on_validation(case, shared, leak.power.name)
        rows.append(
            (
                leak.power.name,
                leak.power.value,
                max(0.0, leak.rest.value),
                elsewhere,
                "yes" if leak.tied else "no",
            )
        )
    return evidence(
        "Columns that know the label",
        {
            "column": "code",
            "alone": "percent",
            "all others": "percent",
            "alone, in validation": "percent",
            "tied to others": "text",
        },
        rows,
    )


def _on_validation(case: Case, shared: Shared, name: str) -> float | None:
    """What the column explains among the validation rows; None where it is not there."""
    if case.train is None or name not in case.val.table.names:
        return None
    y, k = case.y(case.val), len(case.classes)
    folds = make_folds(y, None, None, case.random_state)
    if folds is None:
        return None
    return max(0.0, power(case.val.table.feature(name), None, y, k, folds.pairs).value)


def _leak_fix(names: list[str]) -> str:
    return (
        f"leaks = {names!r}\n"
        "X_train, X_val = X_train.drop(columns=leaks), X_val.drop(columns=leaks)\n"
        "model.fit(X_train, y_train)\n"
    )


def unseen_categories(case: Case, shared: Shared) -> Outcome:
    """Look for categories in later rows that training never saw.

    Compares the levels of each category column in validation, test and production with those of the
    training rows; without these, and for numbers that are encoded, with ``categories_`` of the encoders
    found inside the model.

    Null: new rows bring new levels by nature, as often as training rows hold a level that is
    theirs alone (Good and Turing; p < 0.001). Effect: the share of rows hit beyond that.

    Fails if the model raises on such rows, whatever their share, and from 5 % beyond what is
    natural; warns from 0.5 %. Needs X_train or a fitted encoder. Columns that have no say in the
    model do not count. Cannot see a known level that changed its meaning.
    """
    known = _novelty.known_levels(case)
    later = _later(case)
    if not known:
        if any(feature.kind == "category" for feature in case.val.table.features()):
            raise NotChecked("Needs X_train, or a fitted encoder inside the model.")
        return Outcome(Status.PASS, "There are no categorical columns.")
    found = [
        new
        for split in later
        for name, levels in known.items()
        if _comparable(case, split, name) and (new := _novelty.novel(split, name, levels)) is not None
    ]
    if not found:
        return Outcome(Status.PASS, f"All categories of {len(known)} columns were seen in training.")
    refused = [new for new in found if _refuses(case, new)]
    beyond = [_once(case, new) for new in found]
    beyond = [new for new in beyond if new.share - new.natural >= NOVEL_WARN and new.unnatural]
    beyond = [new for new in beyond if _novelty.enters(case, new.column)]
    table = _novel_table(found, known)
    details = {"rows": [(new.split, new.column, new.rows) for new in found]}
    if refused:
        worst = max(refused, key=lambda new: new.share)
        text = f"The model raises an error on {_novel_words(worst)}"
        return Outcome(Status.FAIL, text, (table,), details=details)
    if beyond:
        worst = max(beyond, key=lambda new: new.share)
        status = Status.FAIL if worst.share - worst.natural >= NOVEL_FAIL else Status.WARN
        return Outcome(status, f"Training never saw {_novel_words(worst)}", (table,), details=details)
    return Outcome(
        Status.PASS, "New categories are no more common than the rare ones in training let expect.", (table,)
    )


def _later(case: Case) -> list[Split]:
    """The splits after training, and the rows of the log."""
    later = [split for split in case.splits if split.name != "train"]
    if case.production is None:
        return later
    table = case.production.table
    return [*later, Split("production", table, pd.Series(np.zeros(table.n_rows)))]


def _once(case: Case, new: Novel) -> Novel:
    """A record that the log holds several times counts once."""
    if new.split != "production" or case.production is None:
        return new
    return _novelty.distinct(new, case.production.table)


def _comparable(case: Case, split: Split, name: str) -> bool:
    """Whether a split has the column, and words where the reference has words: a type is no level."""
    if name not in split.table.names:
        return False
    kinds = split.table.feature(name).kind, case.reference.table.feature(name).kind
    return split.name != "production" or kinds[0] == kinds[1]


def _refuses(case: Case, new: Novel) -> bool:
    split = next(split for split in _later(case) if split.name == new.split)
    rows = _probe.some(new.rows, _probe.PROBE_ROWS, case.random_state)
    if not isinstance(_probe.score(case, take(split.table.data, rows)), ModelFailure):
        return False
    others = np.setdiff1d(np.arange(split.n_rows), new.rows)
    sample = _probe.some(others, _probe.PROBE_ROWS, case.random_state)
    if not sample.size:
        return True
    return not isinstance(_probe.score(case, take(split.table.data, sample)), ModelFailure)


def _novel_words(new: Novel) -> str:
    levels = ", ".join(repr(level) for level, _ in new.levels[:3])
    more = f" and {len(new.levels) - 3} more" if len(new.levels) > 3 else ""
    return f"{levels}{more} in {new.column}: {len(new.rows)} rows of {new.split} ({percent(new.share, 1)})."


def _novel_table(found: list[Novel], known: dict[str, Known]) -> Evidence:
    rows = [
        (
            new.column,
            new.split,
            level,
            count,
            count / new.n_rows,
            _novelty.look_alike(level, known[new.column].levels) or "",
        )
        for new in sorted(found, key=lambda new: -new.share)
        for level, count in new.levels
    ]
    columns = {"column": "code", "split": "text", "category": "code", "rows": "integer", "share": "percent"}
    return evidence("Categories not seen in training", {**columns, "looks like": "code"}, rows)  # type: ignore[dict-item]


def misaligned(case: Case, shared: Shared) -> Outcome:
    """Look for rows and labels out of step, in a whole split or in a run of rows.

    Compares (1) the index of X with that of y; (2) what the columns explain of the labels as given,
    moved by every number of rows, and in reverse order; (3) the AUC of the model, and of a reference
    fitted on the training rows, with what cross-validation promises, split by split; (4) along the
    rows, how labels follow scores that were not fitted on them.

    Null: rows are independent, so a fit elsewhere is chance (chi-squared over all lags, p < 1e-4,
    and none as given); a split at chance has a weak model, other columns or another target; a run of
    rows is as any other (largest of all runs, 4.2 standard errors, and 200 random orders). Effect:
    35 % or less of the AUC above chance is left, beyond three standard errors, by model and reference
    alike, while the columns that matter have not moved, the split cannot be told by itself and its
    classes are as common; inside a run 40 % or less of the slope is left, and scores are lower for
    the same label.

    Fails; warns where the index alone speaks, where neighbouring rows are alike, and without training
    rows. A permuted index of which one side is 0, 1, 2 … counts only if the rows fit better by it.
    Needs two rows of two classes. Cannot see labels shuffled in all splits alike, runs of less than
    4 % or 24 rows, nor an order lost where nothing could be told anyway.
    """
    if case.target_problem is not None:
        raise NotChecked(f"Needs labels: {case.target_problem}.")
    return alignment(shared)


def wrong_target(case: Case, shared: Shared) -> Outcome:
    """Look for labels that are not the label meant, in all splits or in one.

    Compares the labels with what the model can answer and with each other; the labels with every
    column (a list of values, or cuts of a number); and, split by split, the AUC of the model and of a
    reference fitted on the training rows with what cross-validation promises there and inside the
    split.

    Null: labels are a few kinds, each in many rows; an honest column is undecided about the label
    near a cut, and leaves something for others to tell; a split at chance has lost its order, if it
    cannot be told by itself and its classes are as common.

    Fails for real numbers, ids and counts (more than 50 labels with fewer than 20 rows each; 30
    numbers with gaps or a hump), labels none or 1 % of which the model cannot answer, two spellings of
    one label, a column that gives the label with at most 12 % and 35 % of the dummy's errors as
    clearly beside a cut as far from it, a split ranked the wrong way round, and one that is at chance
    by the others' rule and not by its own. Warns for rarer unknown labels, and for a column that may as
    well be a copy of the label (then ``data.leakage`` speaks too). Cannot see another target in every
    split that is none of the columns.
    """
    return target(shared)
