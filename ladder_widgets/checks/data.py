"""Checks of the data layer: missing values, leakage, unseen categories."""

from __future__ import annotations

import numpy as np

from ladder_widgets.case import Case
from ladder_widgets.checks import _missing, _novelty, _probe
from ladder_widgets.checks._leaks import Leak, find_leaks
from ladder_widgets.checks._missing import Gap, Refusal
from ladder_widgets.checks._novelty import Known, Novel
from ladder_widgets.checks._power import Power, power
from ladder_widgets.checks._sentinels import Sentinel
from ladder_widgets.checks.base import NotChecked, Outcome
from ladder_widgets.finding import Evidence, Status, evidence
from ladder_widgets.rungs.folds import make_folds
from ladder_widgets.scores import ModelFailure
from ladder_widgets.shared import Shared, TooFewRows
from ladder_widgets.table import take

__all__ = ["leakage", "missing_values", "unseen_categories"]

#: Share of rows with a stand-in from which it changes decisions.
SENTINEL_FAIL = 0.05
#: Share of the label's uncertainty from which a leak changes decisions for sure.
LEAK_FAIL = 0.8
#: Share of rows with a new category, beyond what is natural.
NOVEL_WARN, NOVEL_FAIL = 0.005, 0.05


def missing_values(case: Case, shared: Shared) -> Outcome:
    """Look for NaN, infinity and stand-ins that nothing in the model handles."""
    gaps = {split.name: _missing.find_gaps(split) for split in case.splits}
    refusals = [
        refusal
        for split in case.splits
        if (refusal := _missing.refusal(case, split, gaps[split.name])) is not None
    ]
    found = _missing.unhandled(case, _missing.find_sentinels(case))
    infinite = sorted({gap.column for every in gaps.values() for gap in every if gap.infinite.any()})
    tables = _gap_tables(case, gaps, found)
    if refusals:
        return Outcome(Status.FAIL, _refusal_words(refusals), tables)
    if found:
        worst = max(found, key=lambda one: one.share)
        status = Status.FAIL if worst.share >= SENTINEL_FAIL else Status.WARN
        return Outcome(status, _sentinel_words(found), tables)
    if infinite:
        return Outcome(
            Status.WARN,
            f"The model scores infinite values in {_listed(infinite)} as if they were measurements.",
            tables,
        )
    if not any(gaps.values()):
        return Outcome(Status.PASS, "No missing or infinite values and no stand-ins for them.")
    n_columns = len({gap.column for every in gaps.values() for gap in every})
    return Outcome(
        Status.PASS,
        f"{n_columns} columns have missing values, and the model scores the rows that hold them.",
        tables,
    )


def _refusal_words(refusals: list[Refusal]) -> str:
    first = refusals[0]
    return (
        f"The model cannot score {first.rows} rows of {first.split}: nothing in it handles missing or infinite values "
        f"in {_listed(list(first.columns))}. It says: {first.message[:200]}"
    )


def _sentinel_words(found: list[Sentinel]) -> str:
    worst = max(found, key=lambda one: one.share)
    more = f" So do {len(found) - 1} more." if len(found) > 1 else ""
    return (
        f"{_value(worst.value)} in {worst.column} looks like a stand-in for a missing value: {worst.count} rows "
        f"({worst.share:.1%}) hold it, the others hold {worst.nearest}. Nothing in the model treats it as missing.{more}"
    )


def _value(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else repr(value)


def _gap_tables(case: Case, gaps: dict[str, list[Gap]], found: list[Sentinel]) -> tuple[Evidence, ...]:
    tables = []
    rows = [
        (gap.column, name, int(gap.missing.sum()), int(gap.infinite.sum()), float(gap.rows.mean()))
        for name, every in gaps.items()
        for gap in every
    ]
    if rows:
        rows.sort(key=lambda row: -row[-1])
        tables.append(
            evidence(
                "Missing and infinite values",
                {
                    "column": "code",
                    "split": "text",
                    "missing": "integer",
                    "infinite": "integer",
                    "share": "percent",
                },
                rows,
            )
        )
    if found:
        tables.append(
            evidence(
                "Stand-ins for missing values",
                {
                    "column": "code",
                    "value": "code",
                    "rows": "integer",
                    "share": "percent",
                    "the rest": "text",
                },
                [(one.column, _value(one.value), one.count, one.share, one.nearest) for one in found],
            )
        )
    return tuple(tables)


def leakage(case: Case, shared: Shared) -> Outcome:
    """Look for a column that knows the label better than an honest one could."""
    try:
        folds = shared.folds
    except TooFewRows as few:
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
    used = [leak for leak in leaks if _probe.uses_column(case, case.val, leak.power.name) is not False]
    if not used:
        return Outcome(Status.PASS, _honest_words(powers[0], leaks), (table,))
    worst = used[0]
    status = Status.FAIL if worst.power.value >= LEAK_FAIL else Status.WARN
    names = [leak.power.name for leak in used]
    return Outcome(
        status, _leak_words(worst, names[1:]), (_leak_table(case, shared, used), table), _leak_fix(names)
    )


def _honest_words(best: Power, unused: list[Leak]) -> str:
    text = f"The strongest column, {best.name}, takes away {max(0.0, best.value):.0%} of the label's uncertainty."
    if unused:
        text += f" {_listed([leak.power.name for leak in unused])} would give the label away, but the model does not use it."
    return text


def _leak_words(leak: Leak, more: list[str]) -> str:
    text = (
        f"{leak.power.name} alone takes away {leak.power.value:.0%} of the label's uncertainty, all other columns "
        f"together {max(0.0, leak.rest.value):.0%}."
    )
    if not leak.tied:
        text += " Within a class it has nothing to do with any other column, as a copy of the label would."
    if more:
        text += f" The same holds for {_listed(more)}."
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
    """Look for categories in later rows that training never saw."""
    known = _novelty.known_levels(case)
    later = [split for split in case.splits if split.name != "train"]
    if not known:
        if any(feature.kind == "category" for feature in case.val.table.features()):
            raise NotChecked("Needs X_train, or a fitted encoder inside the model.")
        return Outcome(Status.PASS, "There are no categorical columns.")
    found = [
        new
        for split in later
        for name, levels in known.items()
        if name in split.table.names and (new := _novelty.novel(split, name, levels)) is not None
    ]
    if not found:
        return Outcome(Status.PASS, f"All categories of {len(known)} columns were seen in training.")
    refused = [new for new in found if _refuses(case, new)]
    beyond = [new for new in found if new.share >= NOVEL_WARN and new.excess > 0]
    beyond = [new for new in beyond if _novelty.enters(case, new.column)]
    table = _novel_table(found, known)
    if refused:
        worst = max(refused, key=lambda new: new.share)
        return Outcome(Status.FAIL, f"The model raises an error on {_novel_words(worst)}", (table,))
    if beyond:
        worst = max(beyond, key=lambda new: new.share)
        status = Status.FAIL if worst.share >= NOVEL_FAIL else Status.WARN
        return Outcome(status, f"Training never saw {_novel_words(worst)}", (table,))
    return Outcome(
        Status.PASS, "New categories are no more common than the rare ones in training let expect.", (table,)
    )


def _refuses(case: Case, new: Novel) -> bool:
    split = next(split for split in case.splits if split.name == new.split)
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
    return f"{levels}{more} in {new.column}: {len(new.rows)} rows of {new.split} ({new.share:.1%})."


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


def _listed(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
