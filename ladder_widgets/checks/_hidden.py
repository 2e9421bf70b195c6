"""Whether the reported metric hides that a class is not found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ladder_widgets.case import Case
from ladder_widgets.checks._metrics import Marks, of_probabilities
from ladder_widgets.finding import percent
from ladder_widgets.shared import Shared
from ladder_widgets.stats import Interval, wilson

__all__ = ["Hidden", "hides"]

#: Mark of the dummy that looks good.
GOOD = 0.7
#: Share of all classes but the commonest: always said; said if the model is not far beyond the dummy or
#: misses the class; said if the model is where the dummy is and hardly ever finds the class.
VERY_RARE, RARE, SCARCE = 0.1, 0.2, 0.25
#: Part of the way from the dummy to full marks: far beyond it, and where it is.
FAR, AT_DUMMY = 0.5, 0.1
#: Recall, for sure, below which the class is missed, and hardly ever found.
MISSED, HARDLY = 0.6, 0.3
#: Share answered positive that is nearly every row.
NEARLY_ALL = 0.9


@dataclass(frozen=True)
class Hidden:
    """What the metric hides."""

    text: str
    missed: bool


def hides(case: Case, shared: Shared, own: Marks) -> Hidden | None:
    """Return what the metric hides; None if it would show it."""
    if of_probabilities(own.name):
        return None
    if own.dummy >= 1 - 1e-9 and own.model >= 1 - 1e-9 and own.name.startswith("top_k"):
        text = f"{own.name} gives {own.dummy:.3f} to any model: with so few classes every answer counts."
        return Hidden(text, False)
    if own.name in ("precision", "recall") and case.binary:
        return _one_sided(case, own)
    if own.dummy < GOOD:
        return _of_many(case, shared, own)
    y = case.y(case.val)
    common = int(np.bincount(y).argmax())
    others = float(np.mean(y != common))
    recall = _recall(y != common, case.predicted() != common)
    said = (
        others <= VERY_RARE
        or (others <= RARE and (own.skill < FAR or recall.high < MISSED))
        or (others <= SCARCE and own.skill < AT_DUMMY and recall.high < HARDLY)
    )
    if not said:
        return _of_many(case, shared, own)
    what = (
        case.class_names[1 - common] if case.binary else f"the classes other than {case.class_names[common]}"
    )
    text = (
        f"{own.name} is {own.model:.3f} for the model and {own.dummy:.3f} for a dummy that never answers "
        f"{what}, {percent(others, 1)} of the rows. The model finds {percent(recall.mean)} of them."
    )
    return Hidden(text, recall.high < MISSED)


def _recall(true: np.ndarray, answered: np.ndarray) -> Interval:
    return wilson(float(np.sum(true & answered)), float(true.sum()))


def _of_many(case: Case, shared: Shared, own: Marks) -> Hidden | None:
    """Among several classes, a rare one counts for little in any metric that goes by rows."""
    told = shared.found.get("model.imbalance")
    by_rows = own.name == "accuracy" or own.name.endswith(("_micro", "_weighted"))
    if case.binary or not by_rows or told is None or not told.raised:
        return None
    return Hidden(f"{own.name} is {own.model:.3f} and counts rows, not classes: {told.summary}", True)


def _one_sided(case: Case, own: Marks) -> Hidden | None:
    positive, answered = case.y(case.val) == case.positive, case.predicted() == case.positive
    share, recall = float(positive.mean()), _recall(positive, answered)
    if own.name == "precision" and own.model >= GOOD and share <= RARE and recall.high < HARDLY:
        text = (
            f"precision is {own.model:.3f}, and the model finds {percent(recall.mean)} of "
            f"{case.class_names[case.positive]}: precision says nothing of those it misses."
        )
        return Hidden(text, True)
    if own.name == "recall" and answered.mean() >= NEARLY_ALL and share <= NEARLY_ALL - RARE:
        text = (
            f"recall is {own.model:.3f}, and {percent(float(answered.mean()))} of all rows are answered "
            f"{case.class_names[case.positive]}, which {percent(share)} of them are: always answering it "
            "has a recall of 1."
        )
        return Hidden(text, True)
    if own.name == "precision" and own.dummy >= 1 - VERY_RARE:
        text = (
            f"precision is {own.model:.3f} for the model and {own.dummy:.3f} for always answering positive."
        )
        return Hidden(text, False)
    return None
