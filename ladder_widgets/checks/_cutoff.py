"""Whether another threshold does far better: by two metrics at once, by the user's own, or by costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ladder_widgets.case import Case
from ladder_widgets.checks._curves import Gains, held_out_gains
from ladder_widgets.checks._rare import RARE, is_missed, rare_classes, remedy
from ladder_widgets.finding import Evidence, evidence
from ladder_widgets.shared import Shared

__all__ = ["Cutoff", "by_costs", "by_metrics", "cutoff_fix", "gain_table"]

#: Gain in balanced accuracy and F1 of the rarer class, added up, from which another threshold is far
#: better, and the least of each: where a rare class is missed and nothing is done about it (one half is
#: the wrong cut as a rule), for other thresholds left alone, for a threshold somebody chose, perhaps for
#: costs nobody told.
UNTOUCHED, DEFAULT, CHOSEN = (0.1, 0.02), (0.18, 0.03), (0.3, 0.08)
#: The same of a threshold that was moved away from the rarer class.
AWAY = (0.12, 0.02)
#: Share of the held-out halves that may lose, of an untouched threshold or by costs, and of others.
MAY_LOSE, MAY_LOSE_OTHERS = 0.2, 0.05
GAIN_FAIL = 0.3
#: Of a common class one half is the best cut of honest probabilities, and fewer misses for more false
#: alarms are a trade, not a gain. So probabilities must be off the share of the class on the whole, by so
#: many standard errors and so much of that share; or accuracy must not lose more than this.
OFF, OFF_OF_SHARE, TRADE = 2.0, 0.1, 0.01
#: The least that 95 % of the held-out halves must gain, of a common class.
GAIN_LOW = 0.03
#: Recall up to which the rarer class is never answered.
NEVER = 0.02
#: Gain in the metric the user reports, for a rare class and for a common one, and how much others may fall.
GAIN_OWN = {"f1": (0.1, 0.2), "balanced_accuracy": (0.1, 0.2), "accuracy": (0.05, 0.05)}
FALL = {"f1": 0.03, "balanced_accuracy": 0.1, "accuracy": 0.03}
#: Mean probability, in shares of the positives, that is far off; the gain in F1 that then counts, and how
#: much balanced accuracy may fall for it.
DISTORTED, GAIN_F1, FALL_BALANCED = 1.5, 0.05, 0.3
#: Share of the costs that another threshold saves: worth a word, and changing a decision; and the least
#: of what it costs to answer every row alike.
SAVED, SAVED_FAIL, SAVED_OF_DUMMY = 0.15, 0.3, 0.05


@dataclass(frozen=True, eq=False)
class Cutoff:
    """What was found: gains on held-out rows, and whether they are far enough."""

    gains: Gains
    far: bool
    severe: bool
    rare: str


def by_metrics(case: Case, shared: Shared, score: np.ndarray, positive: np.ndarray, current: float) -> Cutoff:
    """Judge by balanced accuracy and F1 of the rarer class, then by the metric reported."""
    rare = "f1" if positive.mean() <= 0.5 else "f1_negative"
    pair = ("balanced_accuracy", rare)
    common = bool(min(positive.mean(), 1 - positive.mean()) > RARE)
    names = (*pair, "accuracy")
    gains = held_out_gains(score, positive, current, names, case.random_state, pair, resample=common)
    chosen = abs(current - 0.5) > 1e-9
    untouched = not chosen and not common and _untouched(case, shared)
    # A threshold moved away from the rarer class helps neither of the two metrics: no reason speaks for it.
    away = chosen and (current > 0.5) == (positive.mean() <= 0.5)
    least = AWAY if away else CHOSEN if chosen else UNTOUCHED if untouched else DEFAULT
    may_lose = MAY_LOSE if untouched else MAY_LOSE_OTHERS
    given = _given(score >= current, positive, common)
    far = _far(gains, pair, given, least, may_lose, common and not away)
    if far and common and not chosen:
        far = gains.mean("accuracy") >= -TRADE
        if case.scores().probabilities:
            far = _off(score, positive) or (far and gains.low("accuracy") > 0)
    own = case.metric if case.metric in GAIN_OWN and (away or not chosen) else None
    if not far and own is not None:
        others = tuple(dict.fromkeys((own, *pair)))
        judged = held_out_gains(score, positive, current, others, case.random_state, (own,), resample=common)
        if _far_in_own(judged, own, common) or (own == "f1" and _distorted(case, score, positive, judged)):
            gains, far = judged, True
    return Cutoff(gains, far, sum(map(gains.mean, pair)) >= GAIN_FAIL, rare)


def _distorted(case: Case, score: np.ndarray, positive: np.ndarray, gains: Gains) -> bool:
    """Whether F1, which is reported, gains because probabilities are far from the rows they are used on.

    So it is after training on as many positives as negatives; weights say so, and are somebody's choice.
    Balanced accuracy then falls, as more answers are negative: it is not what is reported.
    """
    far_off = score.mean() > DISTORTED * positive.mean() and case.scores().probabilities
    kept = gains.mean("balanced_accuracy") >= -FALL_BALANCED
    gained = gains.mean("f1") >= GAIN_F1 and float(np.quantile(gains.gains["f1"], MAY_LOSE)) > 0
    return bool(far_off and kept and gained and remedy(case) is None)


def _untouched(case: Case, shared: Shared) -> bool:
    """Whether the model misses a rare class and nothing is done about it."""
    return remedy(case) is None and any(is_missed(one, case, shared) for one in rare_classes(case, shared))


def _off(score: np.ndarray, positive: np.ndarray) -> bool:
    """Whether probabilities are too high or too low on the whole."""
    error = float(np.sqrt(np.sum(score * (1 - score)))) / len(score)
    share = float(positive.mean())
    off = abs(score.mean() - share)
    return bool(off > OFF * error and off >= OFF_OF_SHARE * min(share, 1 - share))


def by_costs(case: Case, score: np.ndarray, positive: np.ndarray, current: float) -> Cutoff:
    """Judge by what the mistakes cost the user."""
    costs = case.costs
    assert costs is not None
    gains = held_out_gains(score, positive, current, ("cost",), case.random_state, resample=True, costs=costs)
    share = float(positive.mean())
    dummy = min(costs["false_positive"] * (1 - share), costs["false_negative"] * share)
    saved, paid = gains.mean("cost"), max(-gains.now["cost"], 1e-12)
    far = saved >= SAVED * paid and saved >= SAVED_OF_DUMMY * dummy
    far = far and float(np.quantile(gains.gains["cost"], MAY_LOSE)) > 0
    return Cutoff(gains, far, saved >= SAVED_FAIL * paid, "")


def _given(above: np.ndarray, positive: np.ndarray, common: bool) -> float:
    """F1 that always answering the rarer class gives; 0 if that class is rare and never answered."""
    rare, answered = (positive, above) if positive.mean() <= 0.5 else (~positive, ~above)
    share = float(rare.mean())
    return 2 * share / (1 + share) if common or answered[rare].mean() > NEVER else 0.0


def _far(
    gains: Gains,
    pair: tuple[str, str],
    given: float,
    least: tuple[float, float],
    may_lose: float,
    common: bool,
) -> bool:
    """Whether both metrics gain enough, F1 from ``given`` on only: more answers alone raise a low F1."""
    balanced, rare = pair
    given = max(0.0, given - gains.now[rare])
    together = gains.gains[balanced] + gains.gains[rare] - given
    return (
        float(together.mean()) >= least[0]
        and float(np.quantile(together, may_lose)) > (GAIN_LOW if common else 0.0)
        and min(gains.mean(balanced), gains.mean(rare) - given) >= least[1]
    )


def _far_in_own(gains: Gains, own: str, common: bool) -> bool:
    others = [gains.mean(name) for name in gains.gains if name != own]
    return gains.mean(own) >= GAIN_OWN[own][int(common)] and gains.low(own) > 0 and min(others) >= -FALL[own]


def gain_table(gains: Gains) -> Evidence:
    """Each metric at the threshold in use and at the other."""
    return evidence(
        "Another threshold, on rows it was not chosen on",
        {"metric": "text", "now": "score", "then": "score", "gain": "score", "at least": "score"},
        [
            (
                "costs per row, negative" if name == "cost" else name.replace("_", " "),
                gains.now[name],
                gains.then[name],
                gains.mean(name),
                gains.low(name),
            )
            for name in gains.now
        ],
    )


def cutoff_fix(case: Case, best: float) -> str | None:
    """Return code that sets the threshold; None where the model gives no probabilities to set it on."""
    if not case.scores().probabilities:
        return None
    positive = "" if case.positive == 1 else f", pos_label={case.classes[case.positive]!r}"
    about = "Or TunedThresholdClassifierCV, with a scoring that says what each kind of error costs you."
    if case.costs is not None:
        price = case.costs
        about = (
            f"Best where a false positive costs {price['false_positive']:g} and a false negative "
            f"{price['false_negative']:g}."
        )
    return (
        "from sklearn.base import clone\n"
        "from sklearn.model_selection import FixedThresholdClassifier\n\n"
        f"# {about}\n"
        f"model = FixedThresholdClassifier(clone(model), threshold={best:.4g}{positive})\n"
        "model = model.fit(X_train, y_train)\n"
    )
