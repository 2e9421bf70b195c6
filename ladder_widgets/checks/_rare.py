"""Rare classes: how common they are, how many of them a model finds, and what is done about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ladder_widgets.case import Case
from ladder_widgets.checks._pipeline import walk
from ladder_widgets.metrics import found_at
from ladder_widgets.scores import GRID
from ladder_widgets.shared import NoFolds, Shared
from ladder_widgets.stats import Interval, delong, wilson

__all__ = ["RARE", "RareClass", "class_shares", "is_missed", "rare_classes", "remedy"]

#: Share of the rows up to which a class of two is rare; shared out among the others where there are more.
RARE = 0.2
#: The class is missed if the upper end of its recall is below this, for two classes and for more, and so
#: much more is within reach.
MISSED, MISSED_OF_MANY = 0.6, 0.4
LOST, LOST_OF_MANY = 0.15, 0.25
#: AUC of a class among many from which its scores do know it.
RANKS_OF_MANY = 0.6
_WEIGHTS = ("class_weight", "scale_pos_weight", "is_unbalance", "auto_class_weights", "class_weights")


@dataclass(frozen=True)
class RareClass:
    """A rare class on the validation rows.

    Attributes
    ----------
    code : int
    share : float
        Of the validation rows.
    recall : Interval
        Of the decisions in use (Wilson).
    reach : float
        Recall where the scores find as large a part of this class as of the others.
    auc : Interval
        One against the rest (DeLong).
    error : float
        Its standard error.
    """

    code: int
    share: float
    recall: Interval
    reach: float
    auc: Interval
    error: float


def class_shares(case: Case) -> np.ndarray:
    """Share of each class among the rows of all splits, shape (n_classes,)."""
    counts = sum(np.bincount(y[y >= 0], minlength=len(case.classes)) for y in map(case.y, case.splits))
    return np.asarray(counts / np.sum(counts))


def rare_classes(shared: Shared) -> list[RareClass]:
    """Return the rare classes that the validation rows hold, worked out once."""
    if "rare classes" not in shared.memo:
        shared.memo["rare classes"] = _rare_classes(shared)
    found: list[RareClass] = shared.memo["rare classes"]
    return found


def _rare_classes(shared: Shared) -> list[RareClass]:
    case = shared.case
    y, predicted, proba = case.y(case.val), case.predicted(), case.scores().proba
    limit = RARE / max(1, len(case.classes) - 1)
    found = []
    for c in np.flatnonzero(class_shares(case) <= limit):
        true = y == c
        if 0 < true.sum() < len(y):
            recall = wilson(float((predicted[true] == c).sum()), float(true.sum()))
            auc, error = shared.auc(int(c))
            found.append(RareClass(int(c), float(true.mean()), recall, _reach(true, proba[:, c]), auc, error))
    return found


def _reach(true: np.ndarray, score: np.ndarray) -> float:
    """Recall where it meets the specificity, or the larger of the two recalls next to that point."""
    found, fallen, tied = found_at(true, score)
    recall, specificity = found / found[-1], 1 - fallen / (len(true) - found[-1])
    both = np.minimum(recall, specificity)
    # The highest score is of others only, and no later one is better.
    if not both.any() and fallen[0] > tied[0]:
        return 0.0
    return float(recall[np.argmax(both)])


def is_missed(one: RareClass, case: Case, shared: Shared) -> bool:
    """Whether the model misses a class that its scores, or a reference on the same columns, can tell."""
    two = case.binary
    lost = one.reach - one.recall.mean
    if one.recall.high >= (MISSED if two else MISSED_OF_MANY):
        return False
    if not two:
        return lost >= LOST_OF_MANY and one.auc.low > 0.5 and one.auc.mean >= RANKS_OF_MANY
    if case.scores().output == "predict":  # no scores to rank by
        return _reference_ranks(one.code, shared)
    if one.error == 0 and one.auc.mean == 0.5:  # the same answer for every row: not the class is the matter
        return False
    ranks = one.auc.mean - 0.5 > max(one.error, 0.02) or _reference_ranks(one.code, shared)
    return lost >= LOST and ranks


def _reference_ranks(code: int, shared: Shared) -> bool:
    try:
        proba, y = shared.result(3).proba, shared.y
    except NoFolds:
        return False
    if not 0 < np.count_nonzero(y == code) < len(y) or not np.isfinite(proba).all():
        return False
    return delong(y == code, proba[:, code])[0].low > 0.5


def remedy(case: Case) -> str | None:
    """Return what is in place to help a rare class; None if nothing is."""
    if case.binary and case.threshold is not None:
        shares = class_shares(case)
        moved = case.threshold - 0.5  # helps the rarer class if it lowers the bar for it
        if abs(moved) > 2 * GRID and (moved < 0) == (shares[case.positive] <= 0.5):
            return f"the threshold is {case.threshold:.3g}"
    for step in walk(case.model, case.val.table.names):
        if hasattr(step.estimator, "fit_resample"):
            return f"{type(step.estimator).__name__} resamples"
        for name in _WEIGHTS:
            if _set(getattr(step.estimator, name, None)):
                return f"{name} is set on {type(step.estimator).__name__}"
    return None


def _set(value: Any) -> bool:
    if value is None or value is False:
        return False
    if isinstance(value, Mapping):
        return len({str(weight) for weight in value.values()}) > 1
    if isinstance(value, list | tuple | np.ndarray):
        return len({str(weight) for weight in value}) > 1
    return not (isinstance(value, int | float | np.number) and float(value) == 1.0)
