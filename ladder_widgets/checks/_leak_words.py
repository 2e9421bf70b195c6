"""What a leaking scaler or imputer is told as: sentences, tables, and code to paste."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import narwhals as nw
import pandas as pd

from ladder_widgets.case import Case
from ladder_widgets.checks._filled import Filled
from ladder_widgets.checks._fitted import Judged, Leak
from ladder_widgets.checks._scaled import Scaled
from ladder_widgets.checks._trace import Rows, trace
from ladder_widgets.finding import Evidence, evidence
from ladder_widgets.validation import shown

__all__ = [
    "filled_table",
    "filled_words",
    "fit_again",
    "fit_inside",
    "leak_table",
    "leak_words",
    "nothing_found",
    "scaled_table",
    "scaled_words",
]

_MAX_NAMES = 4


def together(splits: Sequence[str]) -> str:
    """Name the splits that were joined.

    Examples
    --------
    >>> together(("train", "val")), together(("val",))
    ('train and val together', 'val alone')
    """
    if len(splits) == 1:
        return f"{splits[0]} alone"
    return f"{', '.join(splits[:-1])} and {splits[-1]} together"


def _listed(names: Sequence[str], total: int | None = None) -> str:
    kept = list(dict.fromkeys(names))
    more = len(kept) - _MAX_NAMES if total is None else total - min(len(kept), _MAX_NAMES)
    text = ", ".join(shown(name) for name in kept[:_MAX_NAMES])
    return f"{text} and {more} more" if more > 0 else text


# ---- inside the model ----------------------------------------------------------------------------


def leak_words(leaks: list[Leak]) -> str:
    """Say which steps were fitted on what."""
    first = leaks[0]
    steps = _listed([f"{leak.fitted.name} ({type(leak.fitted.estimator).__name__})" for leak in leaks])
    count = sum(len(leak.comparison.elements) for leak in leaks)
    has = "has" if len(leaks) == 1 else "have"
    figures = "figure" if count == 1 else "figures"
    return (
        f"{steps} {has} the fitted statistics of {together(first.splits)}: {count} {figures} to the last "
        "digit, where those of train alone are others."
    )


def leak_table(leaks: list[Leak]) -> Evidence:
    """The figures that give it away."""
    rows: list[tuple[Any, ...]] = [
        (leak.fitted.name, e.statistic, _column(leak, e.place, e.width), e.given, e.train, e.union)
        for leak in leaks
        for e in leak.comparison.elements
    ]
    kind = {type(value) for row in rows for value in row[3:]}
    form: Any = "number" if kind == {float} else "text"
    if form == "text":
        rows = [(*row[:3], *map(_short, row[3:])) for row in rows]
    heads: dict[str, Any] = {"step": "code", "statistic": "code", "column": "code"}
    heads |= {"fitted": form, "of train": form, f"of {' + '.join(leaks[0].splits)}": form}
    return evidence("Fitted statistics against those of the splits", heads, rows)


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)[:200]


def _column(leak: Leak, place: int, width: int) -> str:
    names = leak.columns
    if not names:
        return "" if width == 1 else f"x{place}"
    if width == len(names):
        return names[place]
    return ""


def fit_again(case: Case, leaks: list[Leak]) -> str:
    """Code that fits the model again on the training rows, frozen steps included."""
    model = case.model
    steps = ", ".join(dict.fromkeys(leak.fitted.name for leak in leaks))
    if not hasattr(model, "get_params"):
        return _by_hand(leaks)
    frozen = _frozen(model, leaks, Rows({split.name: split.table.data for split in case.splits}.__getitem__))
    lines = ["from sklearn.base import clone", ""]
    if frozen:
        lines.append("steps = model.get_params()")
        inner = ", ".join(f"{path!r}: clone(steps[{path!r}].estimator)" for path in frozen)
        lines.append(f"model = clone(model).set_params(**{{{inner}}})  # a frozen step is never fitted again")
        lines.append("model = model.fit(X_train, y_train)")
    else:
        lines.append(f"# Fits {_comment(steps)} on the training rows and no others.")
        lines.append("model = clone(model).fit(X_train, y_train)")
    return "\n".join(lines) + "\n"


def _frozen(model: Any, leaks: list[Leak], rows: Rows) -> list[str]:
    ids = {id(leak.fitted.estimator) for leak in leaks}
    found = []
    for path, step in model.get_params(deep=True).items():
        if type(step).__name__ == "FrozenEstimator" and any(
            id(each.estimator) in ids for each in trace(step.estimator, rows)
        ):
            found.append(path)
    return found


def _by_hand(leaks: list[Leak]) -> str:
    lines = ["# The model is no scikit-learn estimator: fit what it holds again, first things first."]
    for leak in leaks:
        path = leak.fitted.path.replace("__", ".")
        plain = bool(re.fullmatch(r"[A-Za-z_][\w.]*", path)) and hasattr(leak.fitted.estimator, "fit")
        if plain:
            lines.append(f"model.{path}.fit(X_train)  # the columns it takes, and training rows only")
        else:
            lines.append(f"# {_comment(leak.fitted.name)}: work its numbers out from X_train alone")
    lines.append("# Then fit the classifier again on what these make of X_train.")
    return "\n".join(lines) + "\n"


def _comment(text: str) -> str:
    return " ".join(text.split())[:200]


# ---- columns handed over -------------------------------------------------------------------------


def scaled_words(found: list[Scaled]) -> str:
    """Say which columns have the figures of a scaler in the union."""
    first = found[0]
    count = f"{len(found)} columns" if len(found) > 1 else "A column"
    have = "have" if len(found) > 1 else "has"
    return (
        f"{count} ({_listed([each.name for each in found])}) {have} {first.kind} over "
        f"{together(first.splits)} and not over train: the rows were scaled before they were split, or each "
        "split by itself."
    )


def scaled_table(found: list[Scaled]) -> Evidence:
    """The figures of each column."""
    # Every column once before any comes again: the table is cut.
    numbered = [(place, each.name, *figure) for each in found for place, figure in enumerate(each.figures)]
    rows = [row[1:] for row in sorted(numbered, key=lambda row: row[0])]
    heads: dict[str, Any] = {"column": "code", "statistic": "text", "of train": "number"}
    heads |= {f"of {' + '.join(found[0].splits)}": "number", "a scaler's": "number"}
    return evidence("Columns that were scaled together", heads, rows)


def filled_words(found: list[Filled]) -> str:
    """Say which columns have a spike at the union's mean or median."""
    first = found[0]
    count = f"{len(found)} columns have" if len(found) > 1 else "A column has"
    return (
        f"{count} a spike at the {first.statistic} of {together(first.splits)}, which is not that of train "
        f"({_listed([each.name for each in found])}): gaps were filled before the split, or in each split "
        "by itself."
    )


def filled_table(found: list[Filled]) -> Evidence:
    """The spike of each column."""
    rows = [(e.name, e.statistic, e.value, e.union, e.train, e.rows, e.rows / e.total) for e in found]
    heads: dict[str, Any] = {"column": "code", "statistic": "text", "spike at": "number"}
    heads |= {f"of {' + '.join(found[0].splits)}": "number", "of train": "number"}
    return evidence("Spikes where gaps were filled", {**heads, "rows": "integer", "share": "percent"}, rows)


def fit_inside(case: Case, names: Sequence[str], step: str, maker: str, module: str) -> str:
    """Code that takes the step into the model, for the columns concerned."""
    copying = "from sklearn.base import clone"
    again = "clone(model)"
    if not hasattr(case.model, "get_params"):
        copying, again = "from copy import deepcopy", "deepcopy(model)"
    return "\n".join(
        [
            copying,
            "from sklearn.compose import ColumnTransformer",
            f"from {module} import {maker.partition('(')[0]}",
            "from sklearn.pipeline import make_pipeline",
            "",
            "# X_train and X_val: the rows as they were before this was done to all of them at once.",
            f"columns = {_columns(case, names)}",
            f'prepare = ColumnTransformer([("{step}", {maker}, columns)], remainder="passthrough")',
            f"model = make_pipeline(prepare, {again}).fit(X_train, y_train)",
            "",
        ]
    )


def _columns(case: Case, names: Sequence[str]) -> str:
    table = case.reference.table
    framed = isinstance(table.data, pd.DataFrame) or nw.dependencies.is_into_dataframe(table.data)
    places = [table.names.index(name) for name in dict.fromkeys(names)]
    if framed and all(isinstance(table.keys[place], str) for place in places):
        return repr([table.keys[place] for place in places])
    return repr(places)


# ---- nothing found -------------------------------------------------------------------------------


def nothing_found(result: Judged, imputers: bool, what: str) -> str:
    """Say what was compared, and what could not be."""
    counts = [
        sum(fills == imputers for _, fills in each) for each in (result.sound, result.other, result.unclear)
    ]
    sound, other, unclear = counts
    kind = "imputer" if imputers else "transformer"
    text = (
        f"{sound} fitted {kind}{'s' * (sound != 1)} of the model {'has' if sound == 1 else 'have'} the "
        f"statistics of train alone; {what}."
        if sound
        else f"No {kind} of the model has statistics of more than train; {what}."
    )
    if other:
        text += f" {other} match neither train nor any union: fitted on folds, a sample, or other rows."
    if unclear:
        text += f" {unclear} could not be told apart."
    return text
