"""Sentences, tables and fixes of the evaluation checks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ladder_widgets.case import Case, Split
from ladder_widgets.checks._cutoff import Cutoff
from ladder_widgets.checks._identity import SharedGroups
from ladder_widgets.checks._metrics import Marks
from ladder_widgets.checks._overlap import Overlap
from ladder_widgets.finding import Evidence, evidence, percent

__all__ = [
    "concerned",
    "fair_words",
    "group_fix",
    "group_words",
    "marks_table",
    "metric_fix",
    "metric_words",
    "overlap_table",
    "overlap_words",
    "threshold_words",
    "time_note",
]

#: Share of positives below which ROC AUC flatters.
FLATTERED = 0.1
#: Share of rows before the last training row from which the order in time is mentioned.
MENTIONED = 0.05


def overlap_table(overlaps: Sequence[Overlap], groups: Sequence[SharedGroups]) -> Evidence:
    """One row for each pair of splits and way to compare them."""
    rows = [(o.later.name, o.earlier.name, o.how, len(o.rows), o.share, o.natural) for o in overlaps]
    rows += [(g.later.name, g.earlier.name, "by group", len(g.rows), g.share, 0.0) for g in groups]
    return evidence(
        "Rows found again",
        {
            "rows of": "text",
            "found in": "text",
            "compared": "text",
            "rows": "integer",
            "share": "percent",
            "natural share": "percent",
        },
        rows,
    )


def overlap_words(one: Overlap) -> str:
    """How many rows come back, and what is natural."""
    noise = "" if one.how == "exactly" else f" ({'equal ' if one.how[:3] == 'but' else ''}{one.how})"
    return (
        f"{len(one.rows)} of {one.later.n_rows} rows of {one.later.name} ({percent(one.share, 1)}) are also "
        f"in {one.earlier.name}{noise}. Inside {one.earlier.name} {percent(one.natural, 1)} of the rows have "
        f"a duplicate; an estimated {percent(one.copied, 1)} of {one.later.name} was copied."
    )


def group_words(one: SharedGroups) -> str:
    """How many rows are of a group that another split knows."""
    return (
        f"{len(one.rows)} of {one.later.n_rows} rows of {one.later.name} ({percent(one.share, 1)}) belong to "
        f"{one.groups} groups that are also in {one.earlier.name}."
    )


def concerned(split: Split, found: np.ndarray) -> Evidence:
    """Labels and positions of rows."""
    index = split.table.index[found]
    rows = [(str(label), int(position)) for label, position in zip(index, found, strict=True)]
    return evidence(f"Rows of {split.name} concerned", {"row": "code", "position": "integer"}, rows)


def group_fix() -> str:
    """Split anew, by group."""
    return (
        "import pandas as pd\n"
        "from sklearn.model_selection import StratifiedGroupKFold\n\n"
        "# groups: one value for each row of X, the same for rows that must stay together.\n"
        "X, y = pd.concat([X_train, X_val]), pd.concat([y_train, y_val])\n"
        "train, val = next(StratifiedGroupKFold(5).split(X, y, groups))\n"
        "X_train, y_train, X_val, y_val = X.iloc[train], y.iloc[train], X.iloc[val], y.iloc[val]\n"
    )


def time_note(case: Case) -> str:
    """Say by which column validation reaches back before the end of training, if one tells the time."""
    if case.train is None:
        return ""
    for feature in case.val.table.features():
        if feature.kind != "datetime" or feature.name not in case.train.table.names:
            continue
        mine, theirs = feature.numbers(), case.train.table.feature(feature.name).numbers()
        if not (np.isfinite(mine).any() and np.isfinite(theirs).any()):
            continue
        share = float(np.mean(mine[np.isfinite(mine)] < np.nanmax(theirs)))
        if share >= MENTIONED:
            return (
                f" By {feature.name} {percent(share)} of val come before the last training row: if the model "
                "is to predict later rows, split by time."
            )
    return ""


def threshold_words(case: Case, found: Cutoff, current: float) -> str:
    """What the other threshold gains."""
    gains = found.gains
    if case.costs is not None:
        now, then = -100 * gains.now["cost"], -100 * gains.then["cost"]
        return (
            f"With a threshold of {gains.threshold:.3g} instead of {current:.3g} the mistakes in 100 rows "
            f"cost {then:.3g} instead of {now:.3g}, on rows it was not chosen on."
        )
    rare, balanced = found.rare, "balanced_accuracy"
    note = ""
    if abs(current - 0.5) > 1e-9:
        note = " If it was chosen for what errors cost, pass costs= to have it judged by them."
    return (
        f"With a threshold of {gains.threshold:.3g} instead of {current:.3g} balanced accuracy rises from "
        f"{gains.now[balanced]:.3f} to {gains.then[balanced]:.3f} and F1 of the rarer class from "
        f"{gains.now[rare]:.3f} to {gains.then[rare]:.3f}, on rows it was not chosen on.{note}"
    )


def marks_table(found: Sequence[Marks]) -> Evidence:
    """The metrics, for the model and for the dummy."""
    return evidence(
        "What metrics give",
        {"metric": "code", "model": "score", "dummy": "score"},
        [(one.name, one.model, one.dummy) for one in found],
    )


def metric_words(case: Case, own: Marks) -> str:
    """Why the metric would show failure, with a word on ROC AUC of rare positives."""
    text = f"{own.name} is {own.model:.3f} for the model and {own.dummy:.3f} for a dummy."
    y = case.y(case.val)
    share = float(np.mean(y == case.positive))
    if own.name.startswith("roc_auc") and case.binary and share < FLATTERED:
        text += (
            f" With {percent(share, 1)} of the rows positive, average precision says more about the rows "
            "that are flagged."
        )
    return text


def fair_words(fair: Sequence[Marks]) -> str:
    """What other metrics say."""
    if not fair:
        return "Report one that marks such a model down."
    told = ", ".join(f"{one.name} {one.model:.3f} ({one.dummy:.3f})" for one in fair)
    return f"Others, with the dummy's in brackets: {told}."


def metric_fix(case: Case) -> str:
    """Metrics that would show failure, on the user's own rows."""
    if not case.binary or case.scores().output == "predict":
        return (
            "from sklearn.metrics import balanced_accuracy_score, f1_score\n\n"
            "predicted = model.predict(X_val)\n"
            'print("balanced accuracy", balanced_accuracy_score(y_val, predicted))\n'
            'print("F1, each class alike", f1_score(y_val, predicted, average="macro"))\n'
        )
    method = "predict_proba(X_val)" if case.scores().probabilities else "decision_function(X_val)"
    if case.scores().probabilities:
        score = f"model.{method}[:, {case.positive}]"
    else:
        score = f"model.{method}" if case.positive == 1 else f"-model.{method}"
    label = case.classes[case.positive]
    return (
        "import numpy as np\n"
        "from sklearn.metrics import average_precision_score, balanced_accuracy_score, roc_auc_score\n\n"
        f"positive, score = np.asarray(y_val) == {label!r}, {score}\n"
        'print("average precision", average_precision_score(positive, score), "by chance", positive.mean())\n'
        'print("ROC AUC", roc_auc_score(positive, score), "by chance 0.5")\n'
        'print("balanced accuracy", balanced_accuracy_score(y_val, model.predict(X_val)), "by chance 0.5")\n'
        '# In searches and cross-validation: scoring="average_precision".\n'
    )
