"""Checks of the production layer: drift, schema, replayed scores, late labels."""

from __future__ import annotations

from ladder_widgets.case import Case
from ladder_widgets.checks import _late, _served
from ladder_widgets.checks._drift import (
    AUC_FAIL,
    AUC_LOW,
    AUC_WARN,
    PSI_WARN,
    Moved,
    columns_moved,
    joint,
    labels_moved,
    scores_moved,
)
from ladder_widgets.checks._schema_changes import schema_changes, unsettled
from ladder_widgets.checks._serving import serving
from ladder_widgets.checks._skews import skews
from ladder_widgets.checks.base import NotChecked, Outcome
from ladder_widgets.finding import Evidence, Status, evidence
from ladder_widgets.monitor.changes import Change
from ladder_widgets.shared import Shared

__all__ = ["delayed_truth", "drift", "schema_change", "serialization_mismatch"]

#: Production rows below which nothing is said about drift.
DRIFT_ROWS = 100
#: Share of rows outside the levels or the range of training that changes decisions.
DOMAIN_FAIL = 0.05
#: Changes of a column that would only be told again as drift.
EXPLAINS = ("dropped", "renamed", "type", "empty", "domain", "format", "reordered")


def drift(case: Case, shared: Shared) -> Outcome:
    """Look for inputs and scores that have moved away from training.

    Compares, with the training rows, each column of the log (population stability index over deciles
    or levels, missing values a bin of their own, and the Kolmogorov–Smirnov distance of numbers) and
    the labels that are in; with the validation rows the model's scores, as training scores are too
    good; and, if no column moved, all columns at once, by a classifier of training against production.

    Null: a true index of 0.015, which nobody would mind. Two samples of one distribution average
    (B − 1)(1/n + 1/m), which is taken off; in units of 1/n + 1/m the index is χ² distributed, not
    central. Columns are tested together at a false discovery rate of 0.1 %. Effect: the index.

    A column, the score or the label has moved from 0.075 (0.06 with a distance of 0.11), which is a
    warning, and fails from 0.25. Labels that are not in count for the mildest reading. The classifier
    warns from an AUC of 0.65 with 0.60 as the lower bound, and fails from 0.80. Needs 100 production
    rows. Dates, ids and what counts rows are left out; columns that a skew or another schema explains
    are not counted. Cannot see a change of what a value means.
    """
    side = serving(case, shared)
    if side.n_rows < DRIFT_ROWS:
        raise NotChecked(
            f"Needs {DRIFT_ROWS} production rows to tell drift from noise; there are {side.n_rows}."
        )
    explained = _explained(case, shared)
    if skews(case, shared).moved:
        raise NotChecked(
            "Not counted: the columns of the log stand in other places (production.schema-change)."
        )
    pairs = [pair for pair in side.steady() if pair.name not in explained and (pair.numeric or pair.words)]
    moved = columns_moved(pairs)
    extra = [] if explained else [scores_moved(case, side)]
    extra.append(labels_moved(case, side))
    every = sorted([*(one for one in extra if one is not None), *moved], key=lambda one: -one.shift.value)
    found = [one for one in every if one.moved]
    tables = (_drift_table(every),)
    if found:
        return Outcome(
            Status.FAIL if found[0].fails else Status.WARN, _drift_words(found, len(moved)), tables
        )
    if explained:
        listed = ", ".join(sorted(explained)[:5])
        raise NotChecked(
            f"Not counted: a skew or a change of the schema explains {listed}; nothing else moved."
        )
    together = joint(pairs, case.random_state)
    if together is not None and together.mean >= AUC_WARN and together.low >= AUC_LOW:
        return Outcome(
            Status.FAIL if together.mean >= AUC_FAIL else Status.WARN,
            "No column has moved by itself, but a classifier tells production rows from training rows with a "
            f"ROC AUC of {together.mean:.2f} (0.50 is chance): columns no longer go together as they did.",
            tables,
        )
    most = f"; the largest index is {every[0].shift.value:.3f}, of {every[0].name}" if every else ""
    return Outcome(
        Status.PASS, f"{len(moved)} columns, scores and labels lie within {PSI_WARN:g}{most}.", tables
    )


def _explained(case: Case, shared: Shared) -> set[str]:
    """Columns whose skew or changed schema would only be told again as drift."""
    found = schema_changes(case, shared)
    return skews(case, shared).columns | {one.column for one in found if one.kind in EXPLAINS}


def _drift_words(found: list[Moved], n_columns: int) -> str:
    first = found[0]
    text = (
        f"{first.name} has moved from {first.before} to {first.after}: stability index "
        f"{first.shift.value:.2f} beyond its noise, where 0.1 is notable and 0.25 large."
    )
    if len(found) > 1:
        listed = ", ".join(one.name for one in found[1:6]) + (", …" if len(found) > 6 else "")
        text += f" So have {listed} ({len(found)} in all, of {n_columns} columns, scores and labels)."
    return text


def _drift_table(every: list[Moved]) -> Evidence:
    return evidence(
        "Training against production, noise taken off the stability index",
        {
            "column": "code",
            "stability index": "score",
            "KS distance": "score",
            "in training": "text",
            "in production": "text",
            "moved": "text",
        },
        [
            (one.name, one.shift.value, one.distance, one.before, one.after, "yes" if one.moved else "no")
            for one in every
        ],
    )


def schema_change(case: Case, shared: Shared) -> Outcome:
    """Look for columns that changed name, order, type or domain.

    Compares the columns of the log with those of training: which are there, under which name and in
    which order, of which type, within which range, with which levels and gaps.

    Null: a log has columns of its own (ids, times, versions, scores), a service may log columns in any
    order that the model does not mind, new rows bring rare levels and extremes by nature (Good and
    Turing; p < 0.001), and a type that holds the same values is the same type. Effect: the share of
    rows, and whether the model still answers.

    Fails for a column that is gone, renamed, empty, of another type, or in a place that changes scores;
    for new levels or values out of range in 5 % of the rows; and if the model raises. Warns for new
    levels from 0.5 % beyond what is natural, values out of range (half its width beyond, or negative
    where training never is) from 0.5 %, missing values in 5 % where training had none, texts of another
    format, a column that was added, and a lost one that moves no score. Needs a log with features.
    Columns that a skew explains are left to it. Cannot see a column that changed its meaning.
    """
    width = _other_width(case)
    if width is not None:
        return width
    side = serving(case, shared)
    found = schema_changes(case, shared)
    raised = [one for one in found if one.kind != "note"]
    table = evidence(
        "Columns of the log against those of training",
        {"column": "code", "change": "text", "what": "text", "rows": "percent"},
        [(one.column, one.kind, one.words, one.share) for one in found],
    )
    if not raised:
        kept = f"All {len(side.pairs)} columns are there, with the types and the values of training."
        return Outcome(Status.PASS, kept, (table,) if found else ())
    broken = unsettled(case, side)
    worst = Status.FAIL if broken is not None or any(map(_fails, raised)) else Status.WARN
    return Outcome(worst, _schema_words(raised, broken), (table,))


def _other_width(case: Case) -> Outcome | None:
    """An array of another number of columns: there is no telling which they are."""
    assert case.production is not None
    trained, served = case.reference.table, case.production.table
    if not served.nameless or len(trained.names) == len(served.names):
        return None
    if set(served.names) & set(trained.names) and not trained.nameless:
        return None
    return Outcome(
        Status.FAIL,
        f"The log has {len(served.names)} columns without names, where training has {len(trained.names)}: "
        "from the first one that was added or dropped, each holds another feature.",
    )


def _fails(change: Change) -> bool:
    if change.kind == "dropped":
        return change.share > 0
    if change.kind in ("domain", "range", "format"):
        return change.share >= DOMAIN_FAIL
    return change.kind in ("renamed", "empty", "type", "reordered")


def _schema_words(raised: list[Change], broken: str | None) -> str:
    text = ". ".join(f"{one.column}: {one.words}" for one in raised[:3]) + "."
    if len(raised) > 3:
        listed = ", ".join(one.column for one in raised[3:8]) + (", …" if len(raised) > 8 else "")
        text += f" {len(raised) - 3} more changes ({listed})."
    return text if broken is None else f"{text} The model fails on such rows: {broken[:200]}"


def serialization_mismatch(case: Case, shared: Shared) -> Outcome:
    """Replay logged rows and compare the answers with the recorded ones, row by row.

    Compares recorded scores (and labels) with those of the model at hand on up to 4,000 rows, evenly
    in time, columns matched by name. The recorded scores may be rounded, cut off, in single
    precision, in percent, or a margin where the model has no probabilities; for more classes a single
    column may hold the score of any one of them.

    Null: the same model gives the same score, but for rounding (read off the recorded values) and
    1e-5 of arithmetic; a model at odds with itself is allowed three times its own noise. Effect: the
    share of rows that differ and the decisions that change.

    Reported from 3 rows and 0.5 % of them, if the largest difference is beyond 1e-4. Fails if 1 % of
    the decisions change or the median difference is beyond 0.01, else warns. Warns also if the log
    holds something else that this model answers (log-odds, the predicted label, the score of the
    other class where scikit-learn's second one is the positive one), and if the scores match but 0.5 %
    of the recorded labels do not (fails from 1 %).

    Needs a log with the model's columns and recorded scores or labels. Cannot see a service that
    prepares rows in another way if the log holds the rows after that, nor another model that gives
    the same answers to three digits where the log keeps two.
    """
    return _served.judge(case)


def delayed_truth(case: Case, shared: Shared) -> Outcome:
    """Look for labels that arrive late and are not typical.

    Compares (1) the delays of each class with those of the others, by a weighted logrank test for
    delays cut off by the age of the row; (2) the coverage of high and low scores and of positive
    predictions with that of other rows of about the same time (12 neighbours), by a
    Cochran-Mantel-Haenszel test; (3) the same for parts of every column; (4) the coverage of windows
    with that of windows newer or as mature, and the last arrivals with those due; (5) without times of
    arrival, labels with what their scores promise, by how many labels are missing around them.

    Null: given the day of the prediction, whether a label has arrived depends on nothing else.
    Labels that are late alike for all rows, and seasons, leave it true. Effects: the ratio of median
    delays, the points of coverage between rows of the same days.

    Warns from a ratio of 1.4 (p < 0.004), 8 points of coverage (p < 0.003 for scores, 0.0005 for all
    columns together) on days with 5 % of the rows, a window with half the coverage it should have,
    a tenth of the log that waits for labels that are due while none arrives, and a class whose surplus
    over its scores grows by 12 points (4 standard errors) towards windows without labels. Fails from
    a ratio of 3, 30 points, or 30 % of the log without labels due.

    Needs a log with labels; times make it sharper. Cannot see labels that are chosen by something
    that neither the scores nor the columns show, and cannot tell early labels from a sudden change of
    what the scores mean where no times of arrival are logged.
    """
    return _late.judge(case)
