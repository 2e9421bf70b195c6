"""Checks of the production layer: drift, schema, replayed scores, late labels."""

from __future__ import annotations

from ladder_widgets.case import Case
from ladder_widgets.checks import _late, _served
from ladder_widgets.checks.base import NotChecked, Outcome
from ladder_widgets.shared import Shared

__all__ = ["delayed_truth", "drift", "schema_change", "serialization_mismatch"]


def drift(case: Case, shared: Shared) -> Outcome:
    """Look for inputs and scores that have moved away from training."""
    raise NotChecked("Not built yet.")


def schema_change(case: Case, shared: Shared) -> Outcome:
    """Look for columns that changed name, order, type or domain."""
    raise NotChecked("Not built yet.")


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
