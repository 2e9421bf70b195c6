"""The wrong target: every way of showing it, put together and into words."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import is_regressor

from ladder_widgets.case import Case, Split
from ladder_widgets.checks import _probe
from ladder_widgets.checks._missing_words import listed
from ladder_widgets.checks._recodes import Recode, find_recode
from ladder_widgets.checks._targets import Unknown, spelt_twice, unknown_labels
from ladder_widgets.checks._verdicts import Verdict, folds_or_none, verdicts
from ladder_widgets.checks.base import Outcome
from ladder_widgets.finding import Evidence, Status, evidence, percent
from ladder_widgets.labels import plain
from ladder_widgets.shared import Shared
from ladder_widgets.table import take
from ladder_widgets.validation import shown

__all__ = ["DERIVED", "target"]

#: Key in ``shared.memo`` of the column that the label was surely made from.
DERIVED = "column that the label was made from"
#: Share of rows with a label the model does not know from which decisions change.
UNKNOWN_FAIL = 0.01
#: Rows off the commonest label up to which so many rows are nearly constant, if elsewhere so many are off it.
FEW_OTHERS, MANY_ROWS, USUAL = 2, 200, 0.1
_ANOTHER = ("other", "reversed", "recoded")


def target(shared: Shared) -> Outcome:
    """Return the outcome of ``data.wrong-target``."""
    case = shared.case
    table = _label_table(case)
    if case.target_problem is not None:
        return Outcome(Status.FAIL, f"{_sentence(case.target_problem)}.", (table,))
    foreign = _foreign_answers(case)
    if foreign is not None:
        return Outcome(Status.FAIL, foreign, (table,))
    unknown = unknown_labels(case)
    if unknown:
        return _unknown_outcome(case, unknown, table)
    twice = spelt_twice(case)
    if twice:
        return _twice_outcome(case, twice, table)
    recode = _recode(shared)
    if recode is not None:
        return _recode_outcome(case, recode, table)
    nearly = _nearly_constant(case)
    if nearly is not None:
        return Outcome(Status.WARN, nearly, (table,))
    told = [one for one in verdicts(shared) if one.kind in _ANOTHER]
    if told:
        return _verdict_outcome(shared, told, table)
    return Outcome(
        Status.PASS, "Every split holds labels the model knows, and no column is one of them.", (table,)
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] if not text.startswith("y_") else text


def _label_table(case: Case) -> Evidence:
    rows = []
    for split in case.splits:
        counts = split.y.value_counts()
        for label, count in list(counts.items())[:20]:
            rows.append((split.name, str(plain(label)), int(count), int(count) / split.n_rows))
    columns = {"split": "text", "label": "code", "rows": "integer", "share": "percent"}
    return evidence("Labels of each split", columns, rows)  # type: ignore[arg-type]


# ---- labels ----------------------------------------------------------------------------------


def _foreign_answers(case: Case) -> str | None:
    """Say so if a model without ``classes_`` answers none of the labels."""
    if getattr(case.model, "classes_", None) is not None or _regresses(case.model):
        return None
    if not hasattr(case.model, "predict"):
        return None
    rows = _probe.some(np.arange(case.val.n_rows), _probe.PROBE_ROWS, case.random_state)
    try:
        answers = np.asarray(case.model.predict(take(case.val.table.data, rows)))
        seen = list(dict.fromkeys(plain(one) for one in answers.reshape(len(rows), -1)[:, 0]))
    except Exception:  # a model that cannot score rows is another finding
        return None
    if len(seen) > 20 or set(seen) & set(case.classes) or any(_fraction(one) for one in seen):
        return None
    ours = ", ".join(shown(one) for one in case.classes[:6])
    return f"The model answers {', '.join(shown(one) for one in seen[:6])}, and the labels are {ours}."


def _regresses(model: Any) -> bool:
    try:
        return bool(is_regressor(model))
    except AttributeError:  # not an estimator of scikit-learn's kind
        return False


def _fraction(value: Any) -> bool:
    return isinstance(value, float) and not value.is_integer()


def _nearly_constant(case: Case) -> str | None:
    """Say so if a split of many rows holds one label but for a row or two, and another split does not."""
    least = {}
    for split in case.splits:
        counts = np.bincount(case.y(split), minlength=len(case.classes))
        least[split.name] = split.n_rows - int(counts.max()), split.n_rows
    usual = max(few / n_rows for few, n_rows in least.values())
    for name, (few, n_rows) in least.items():
        if few <= FEW_OTHERS and n_rows >= MANY_ROWS and usual >= USUAL:
            return (
                f"y_{name} is nearly constant: all but {few} of {n_rows:,} rows have the same label, where "
                f"{percent(usual)} of another split have others."
            )
    return None


def _unknown_outcome(case: Case, unknown: list[Unknown], table: Evidence) -> Outcome:
    worst = max(unknown, key=lambda one: one.share)
    serious = worst.share >= UNKNOWN_FAIL or worst.like is not None
    alike = f" It differs only in spelling from {shown(worst.like)}." if worst.like is not None else ""
    more = f" There are {len(unknown) - 1} more such labels." if len(unknown) > 1 else ""
    known = ", ".join(
        shown(label) for label in case.classes[: len(case.classes) - len(case.unknown_labels)][:6]
    )
    words = (
        f"y_{worst.split} holds {shown(worst.label)} in {worst.rows} rows ({percent(worst.share, 1)}), a "
        f"label the model cannot answer; it knows {known}.{alike}{more}"
    )
    rows = [
        (one.split, str(one.label), one.rows, one.share, "" if one.like is None else str(one.like))
        for one in unknown
    ]
    columns = {"split": "text", "label": "code", "rows": "integer", "share": "percent", "looks like": "code"}
    evidence_ = evidence("Labels the model does not know", columns, rows)  # type: ignore[arg-type]
    same = {one.label: one.like for one in unknown if one.like is not None}
    fix = (
        _replace_fix(sorted({one.split for one in unknown}), same)
        if len(same) == len({u.label for u in unknown})
        else None
    )
    return Outcome(Status.FAIL if serious else Status.WARN, words, (evidence_, table), fix)


def _twice_outcome(case: Case, twice: list[tuple[Any, Any]], table: Evidence) -> Outcome:
    pairs = ", ".join(f"{shown(first)} and {shown(second)}" for first, second in twice[:3])
    words = f"The labels {pairs} differ only in spelling: they are one class, counted as two."
    fix = _replace_fix([split.name for split in case.splits], {second: first for first, second in twice})
    return Outcome(Status.FAIL, words, (table,), fix)


def _replace_fix(splits: list[str], same: dict[Any, Any]) -> str:
    lines = [f"y_{name} = pd.Series(y_{name}).replace(same)" for name in splits]
    return "import pandas as pd\n\n" + f"same = {same!r}\n" + "\n".join(lines) + "\n"


# ---- made from a column ----------------------------------------------------------------------


def _recode(shared: Shared) -> Recode | None:
    case = shared.case
    rows = folds_or_none(shared)
    if rows is None:
        return None
    recode = find_recode(case.reference, case.y(case.reference), len(case.classes), rows)
    if recode is not None and recode.sure:
        shared.memo[DERIVED] = recode.name
    return recode


def _recode_outcome(case: Case, recode: Recode, table: Evidence) -> Outcome:
    exact = "exactly" if recode.errors == 0 else f"but for {percent(recode.errors, 1)} of the rows"
    words = f"y is {recode.name} over again: it follows from that column alone, {exact}."
    if recode.also:
        words += f" The same holds for {listed(list(recode.also))}."
    if recode.sure:
        words += (
            " There is a sharp edge in the middle of its values, or the column hangs together with others as "
            "a measurement does, so the label was made from the column and not the other way round."
        )
    else:
        words += " Either the label is that column under another name, or the column is a copy of the label."
    names = case.class_names
    rule = evidence(
        f"Labels by {recode.name}",
        {"value": "code", "label": "code"},
        [(value, names[code]) for value, code in recode.rule],
    )
    fix = (
        f"# y is a function of {recode.name!r}: take the label that was meant. If it is this one, the\n"
        "# column cannot be a feature:\n"
        f"copies = {[recode.name, *recode.also]!r}\n"
        "X_train, X_val = X_train.drop(columns=copies), X_val.drop(columns=copies)\n"
        "model.fit(X_train, y_train)\n"
    )
    return Outcome(Status.FAIL if recode.sure else Status.WARN, words, (rule, table), fix)


# ---- one split -------------------------------------------------------------------------------


def _verdict_outcome(shared: Shared, told: list[Verdict], table: Evidence) -> Outcome:
    case = shared.case
    rows = [
        (
            one.split,
            None if one.expected is None else one.expected.auc,
            None if one.found is None else one.found.auc,
            None if one.itself is None or one.kind != "other" else one.itself.auc,
        )
        for one in told
    ]
    numbers = evidence(
        "How well the labels are told",
        {"split": "text", "expected ROC AUC": "score", "found": "score", "by the split itself": "score"},
        rows,
    )
    words = " ".join(_verdict_words(shared, one) for one in told)
    first = told[0]
    fix = None
    if first.kind == "recoded" or (first.kind == "reversed" and not _model_turned(first)):
        pairs = first.mapping or ((0, 1), (1, 0))
        same = {case.classes[b]: case.classes[a] for a, b in pairs}
        fix = _replace_fix([first.split], same)
    return Outcome(Status.FAIL, words, (numbers, table), fix)


def _model_turned(verdict: Verdict) -> bool:
    """Whether the reference is right about this split and only the model is the wrong way round."""
    return verdict.itself is not None and verdict.itself.auc > 0.5


def _verdict_words(shared: Shared, one: Verdict) -> str:
    case, name = shared.case, one.split
    assert one.found is not None
    numbers = f"AUC {one.found.auc:.3f}"
    if one.expected is not None:
        numbers += f" where {one.expected.auc:.3f} is to be expected"
    if one.kind == "reversed":
        if _model_turned(one):
            right = (
                "cross-validation on these rows"
                if case.train is None
                else "a reference fitted on the training labels"
            )
            return (
                f"The model ranks {name} the wrong way round ({numbers}): its classes stand for each "
                f"other's, while {right} ranks it right."
            )
        return f"The two labels of {name} stand for each other ({numbers})."
    if one.kind == "recoded":
        pairs = ", ".join(f"{case.class_names[b]} for {case.class_names[a]}" for a, b in one.mapping[:4])
        return f"Labels of {name} stand for one another: {pairs}."
    column = _column_behind(shared, name)
    if column is not None:
        return f"y_{name} is not the target the model learned ({numbers}): it is {column} over again."
    if one.itself is not None and one.itself.there:
        return (
            f"y_{name} is not the target the model learned ({numbers}), and yet it can be told: a model "
            f"fitted on this split alone reaches AUC {one.itself.auc:.3f}. The columns have not moved."
        )
    return (
        f"y_{name} is not the target the model learned ({numbers}): its classes are not as common as in the "
        "other splits, and the columns have not moved."
    )


def _column_behind(shared: Shared, name: str) -> str | None:
    split: Split = next(split for split in shared.case.splits if split.name == name)
    recode = find_recode(split, shared.case.y(split), len(shared.case.classes))
    return None if recode is None else recode.name
