"""Checks of the pipeline layer: leaking scalers and imputers, skewed serving, other versions."""

from __future__ import annotations

from collections.abc import Sequence

from ladder_widgets.case import Case
from ladder_widgets.checks import _leak_words as words
from ladder_widgets.checks._filled import filled_together
from ladder_widgets.checks._fitted import Leak, judged
from ladder_widgets.checks._number_columns import number_columns
from ladder_widgets.checks._scaled import scaled_together
from ladder_widgets.checks._version_check import check_versions
from ladder_widgets.checks.base import NotChecked, Outcome
from ladder_widgets.finding import Evidence, Status
from ladder_widgets.shared import Shared

__all__ = ["imputer_leak", "scaler_leak", "train_serve_skew", "version_mismatch"]

#: Share of other splits among the rows fitted on, from which a leak changes decisions.
LEAK_FAIL = 0.05
_SCALERS = {"median": "RobustScaler()", "range": "MinMaxScaler()", "largest": "MaxAbsScaler()"}


def scaler_leak(case: Case, shared: Shared) -> Outcome:
    """Look for scalers, and other transformers but imputers, fitted on more than the training rows.

    Compares (1) what every transformer in the model has learned with what a copy learns from the same
    rows of train, and of each union of splits, as the steps before it leave them; (2) the mean and
    deviation, median and quartiles, and extremes of the numeric columns with those that a scaler
    leaves behind, over each union.

    Null: (1) it was fitted on train, on a part of it or on other rows, whose statistics meet the
    union's only by chance (samples of train show how often); (2) the figures differ from a scaler's by
    as much as train's do. Effect: a match in nearly every column where train and union differ.

    Fails where other splits are 5 % of the rows fitted on, else warns; levels of an encoder warn. See
    ``_unions`` and ``_scaled`` for the distances. Needs the training rows. Cannot see a scaler fitted
    on rows that are not at hand, nor one whose statistics are the same on both.
    """
    result = judged(case)
    leaks = [leak for leak in result.leaks if not leak.imputer]
    names = [split.name for split in case.splits]
    scaled = scaled_together(list(number_columns(case)), names)
    if leaks:
        tables = [words.leak_table(leaks), *([words.scaled_table(scaled)] if scaled else [])]
        return _leaking(case, leaks, tables)
    if scaled:
        maker = _SCALERS.get(scaled[0].kind.split()[0], "StandardScaler()")
        fix = words.fit_inside(case, [s.name for s in scaled], "scale", maker, "sklearn.preprocessing")
        status = _status(case, scaled[0].splits)
        return Outcome(status, words.scaled_words(scaled), (words.scaled_table(scaled),), fix)
    text = words.nothing_found(result, False, "no column has a scaler's figures over more than train")
    return Outcome(Status.PASS, text)


def imputer_leak(case: Case, shared: Shared) -> Outcome:
    """Look for imputers fitted on more than the training rows.

    Compares (1) imputers inside the model as :func:`scaler_leak` does scalers, those that keep their
    rows to themselves by what they fill in; (2) in columns without gaps, a value that comes back far
    more often than those around it with the mean and the median of each union of splits.

    Null: (1) as for scalers; (2) a natural spike lies anywhere in its column. Effect: the mean equals
    the spike (filling leaves it unchanged), or as many values are below the spike as above it, in the
    union and not in train.

    Fails where other splits are 5 % of the rows fitted on, else warns, if chance explains it with less
    than 2 % over all columns. Needs the training rows. Cannot see modes and constants filled in before,
    nor neighbours.
    """
    result = judged(case)
    leaks = [leak for leak in result.leaks if leak.imputer]
    names = [split.name for split in case.splits]
    filled = filled_together(list(number_columns(case)), names)
    if leaks:
        tables = [words.leak_table(leaks), *([words.filled_table(filled)] if filled else [])]
        return _leaking(case, leaks, tables)
    if filled:
        maker = f'SimpleImputer(strategy="{filled[0].statistic}")'
        fix = words.fit_inside(case, [f.name for f in filled], "impute", maker, "sklearn.impute")
        status = _status(case, filled[0].splits)
        return Outcome(status, words.filled_words(filled), (words.filled_table(filled),), fix)
    text = words.nothing_found(result, True, "no column has a spike at the mean or median of more than train")
    return Outcome(Status.PASS, text)


def _leaking(case: Case, leaks: list[Leak], tables: list[Evidence]) -> Outcome:
    levels = all(leak.comparison.levels_only for leak in leaks)
    status = Status.WARN if levels else _status(case, leaks[0].splits)
    return Outcome(status, words.leak_words(leaks), tuple(tables), words.fit_again(case, leaks))


def _status(case: Case, splits: Sequence[str]) -> Status:
    rows = {split.name: split.n_rows for split in case.splits if split.name in splits}
    share = 1 - rows.get("train", 0) / sum(rows.values())
    return Status.FAIL if share >= LEAK_FAIL else Status.WARN


def train_serve_skew(case: Case, shared: Shared) -> Outcome:
    """Look for columns that serving prepares in another way than training."""
    raise NotChecked("Not built yet.")


def version_mismatch(case: Case, shared: Shared) -> Outcome:
    """Look for an artifact saved under other package versions.

    Compares the versions written in the saved model (found in its bytes: a pickle is never loaded), in
    ``requirements`` and in a ``requirements.txt`` beside the model with those installed.

    Nothing is estimated: versions agree or differ. Fails where a package that the model is made of
    (scikit-learn, numpy, scipy, and those whose modules the model or its file names) differs in
    the first or second number, or is not installed; warns for any other difference; a patch of a
    package that the model is not made of passes with a note. Needs ``artifact`` or ``requirements``.
    Cannot see versions that nobody wrote down.
    """
    return check_versions(case)
