"""Checks of the pipeline layer: leaking scalers and imputers, skewed serving, other versions."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ladder_widgets.case import Case
from ladder_widgets.checks import _leak_words as words
from ladder_widgets.checks._filled import filled_together
from ladder_widgets.checks._fitted import Leak, judged
from ladder_widgets.checks._number_columns import number_columns
from ladder_widgets.checks._scaled import scaled_together
from ladder_widgets.checks._serving import serving
from ladder_widgets.checks._skew import Skew
from ladder_widgets.checks._skews import skews
from ladder_widgets.checks._version_check import check_versions
from ladder_widgets.checks.base import Outcome
from ladder_widgets.finding import Evidence, Status, evidence, percent
from ladder_widgets.shared import Shared

__all__ = ["imputer_leak", "scaler_leak", "train_serve_skew", "version_mismatch"]

#: Share of other splits among the rows fitted on, from which a leak changes decisions.
LEAK_FAIL = 0.05
_SCALERS = {"median": "RobustScaler()", "range": "MinMaxScaler()", "largest": "MaxAbsScaler()"}
#: Share of rows prepared in another way that changes decisions.
SKEW_FAIL = 0.2


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
        tables = [words.scaled_table(scaled)]
        return Outcome(status, words.scaled_words(scaled), tuple(tables), fix, {"where": "data"})
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
        tables = [words.filled_table(filled)]
        return Outcome(status, words.filled_words(filled), tuple(tables), fix, {"where": "data"})
    text = words.nothing_found(result, True, "no column has a spike at the mean or median of more than train")
    return Outcome(Status.PASS, text)


def _leaking(case: Case, leaks: list[Leak], tables: list[Evidence]) -> Outcome:
    levels = all(leak.comparison.levels_only for leak in leaks)
    status = Status.WARN if levels else _status(case, leaks[0].splits)
    fix = words.fit_again(case, leaks)
    return Outcome(status, words.leak_words(leaks), tuple(tables), fix, {"where": "model"})


def _status(case: Case, splits: Sequence[str]) -> Status:
    rows = {split.name: split.n_rows for split in case.splits if split.name in splits}
    share = 1 - rows.get("train", 0) / sum(rows.values())
    return Status.FAIL if share >= LEAK_FAIL else Status.WARN


def train_serve_skew(case: Case, shared: Shared) -> Outcome:
    """Look for columns that serving prepares in another way than training.

    Compares each column of the log with the training column as it is, and after each of a list of
    transformations that have a name: units, logarithms and powers, scalings by training's own statistics,
    a turned sign, rounding, clipping, filled gaps, spelling, prefixes, date formats, codes for names, two
    columns in each other's place. The transformation may hold for a part of the rows (one server of two).

    Null: drift. It leaves whole numbers whole and words as they are spelled, and nothing that has no
    parameter to be fitted makes it vanish. Effect: distance to training before the transformation.

    A transformation is named if the column has moved (distance of 0.04 and beyond its noise), matches
    training within noise once it is undone, and the values themselves speak for it: those that training
    does not hold are images of values that it does. Columns without values that recur need a distance of
    0.3, and more than a shift. Fails from 20 % of the rows, warns below and where growth by a moderate
    factor could look like it (the column then counts as drift as well). Needs 50 rows. Cannot see an
    addition (that is drift), nor a change of a column without recurring values that leaves its shape.
    """
    found = skews(case, shared).found
    if not found:
        n_columns = len(serving(case, shared).pairs)
        return Outcome(
            Status.PASS, f"No transformation explains any of {n_columns} columns better than none."
        )
    found = sorted(found, key=lambda skew: (not skew.sure, -skew.share))
    table = evidence(
        "Columns that production prepares in another way",
        {
            "column": "code",
            "production holds": "text",
            "rows": "percent",
            "distance": "score",
            "once undone": "score",
        },
        [(", ".join(one.columns), one.words, one.share, one.before, one.after) for one in found],
    )
    status = Status.FAIL if any(one.sure and one.share >= SKEW_FAIL for one in found) else Status.WARN
    return Outcome(status, _skew_words(found), (table,), _skew_fix(case, found))


def _skew_words(found: list[Skew]) -> str:
    first = found[0]
    part = "" if first.share >= 0.95 else f" in {percent(first.share)} of the rows"
    text = f"In production {' and '.join(first.columns)} holds {first.words}{part}."
    if not first.sure:
        text += " Growth by such a factor could look the same."
    if len(found) > 1:
        names = [name for one in found[1:] for name in one.columns]
        listed = ", ".join(names[:6]) + (", …" if len(names) > 6 else "")
        text += f" {listed} also match training only once something is undone."
    return text


def _skew_fix(case: Case, found: list[Skew]) -> str | None:
    """Undo what can be undone, for rows at hand; the cure is one preparation for both sides."""
    undone = [one for one in found if one.undo is not None and one.share >= 0.95][:5]
    if not undone or case.production is None or not isinstance(case.production.log.data, pd.DataFrame):
        return None
    lines = [f"x = served[{one.columns[0]!r}]\nserved[{one.columns[0]!r}] = {one.undo}" for one in undone]
    return (
        "import numpy as np\nimport pandas as pd\nfrom ladder_widgets import ProductionLog\n\n"
        "served = ProductionLog(production).data.copy()  # the rows at hand; undo it in the service as well\n"
        + "\n".join(lines)
        + f"\nprint(served[{[one.columns[0] for one in undone]!r}].describe())\n"
    )


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
