"""Checks of the pipeline layer: leaking scalers and imputers, skewed serving, other versions."""

from __future__ import annotations

from ladder_widgets.case import Case
from ladder_widgets.checks._serving import serving
from ladder_widgets.checks._skew import Skew
from ladder_widgets.checks._skews import skews
from ladder_widgets.checks.base import NotChecked, Outcome
from ladder_widgets.finding import Status, evidence, percent
from ladder_widgets.shared import Shared

__all__ = ["imputer_leak", "scaler_leak", "train_serve_skew", "version_mismatch"]

#: Share of rows prepared in another way that changes decisions.
SKEW_FAIL = 0.2


def scaler_leak(case: Case, shared: Shared) -> Outcome:
    """Look for scalers fitted on more than the training rows."""
    raise NotChecked("Not built yet.")


def imputer_leak(case: Case, shared: Shared) -> Outcome:
    """Look for imputers fitted on more than the training rows."""
    raise NotChecked("Not built yet.")


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
    return Outcome(status, _skew_words(found), (table,), _skew_fix(found))


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


def _skew_fix(found: list[Skew]) -> str | None:
    """Undo what can be undone, for rows at hand; the cure is one preparation for both sides."""
    lines = [
        f"served[{one.columns[0]!r}] = {one.undo.replace('x', f'served[{one.columns[0]!r}]', 1)}"
        if one.undo == "-x"
        else f"x = served[{one.columns[0]!r}]\nserved[{one.columns[0]!r}] = {one.undo}"
        for one in found[:5]
        if one.undo is not None and one.share >= 0.95
    ]
    if not lines:
        return None
    return (
        "import numpy as np\nimport pandas as pd\n\n"
        "served = production.copy()  # the log as a frame; undo it in the service as well\n"
        + "\n".join(lines)
        + "\nprint(pd.concat({'training': X_train.describe(), 'served': served.describe()}, axis=1))\n"
    )


def version_mismatch(case: Case, shared: Shared) -> Outcome:
    """Look for an artifact saved under other package versions."""
    raise NotChecked("Not built yet.")
