"""Checks of the evaluation layer: overlapping splits, no better than a dummy, the threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ladder_widgets.case import Case, Split
from ladder_widgets.checks import _hashes
from ladder_widgets.checks._curves import candidates, curve
from ladder_widgets.checks.base import NotChecked, Outcome
from ladder_widgets.finding import Status, evidence
from ladder_widgets.shared import Shared
from ladder_widgets.stats import Interval, delong

__all__ = ["no_baseline", "threshold", "train_as_val"]

#: Rows of one split found in another, beyond what is natural.
MIN_OVERLAP_ROWS = 3
OVERLAP_WARN, OVERLAP_FAIL = 0.005, 0.05
#: A gain over chance, in AUC, that means something; and one that is too small to matter.
MARGIN = 0.02
NEGLIGIBLE = 0.05
#: Gain in both balanced accuracy and F1 from which another threshold is far better.
GAIN_WARN, GAIN_FAIL = 0.05, 0.15
SPLITS = 40


@dataclass(frozen=True, slots=True)
class Overlap:
    """Rows of ``later`` that are also in ``earlier``."""

    later: Split
    earlier: Split
    how: str
    rows: np.ndarray
    natural: float
    error: float

    @property
    def share(self) -> float:
        """Share of the later split."""
        return len(self.rows) / self.later.n_rows

    @property
    def excess(self) -> float:
        """Share beyond the natural one."""
        return self.share - self.natural

    @property
    def found(self) -> bool:
        """Whether chance and natural duplicates do not explain it."""
        enough = len(self.rows) >= MIN_OVERLAP_ROWS
        return enough and self.excess >= OVERLAP_WARN and self.excess > 3 * self.error


def train_as_val(case: Case, shared: Shared) -> Outcome:
    """Look for validation and test rows among the training rows, beyond natural duplicates."""
    if case.train is None:
        raise NotChecked("Needs the training rows (X_train, y_train).")
    pairs = [(case.val, case.train)]
    if case.test is not None:
        pairs += [(case.test, case.train), (case.test, case.val)]
    overlaps = [_overlap(later, earlier) for later, earlier in pairs]
    table = evidence(
        "Rows found again",
        {
            "rows of": "text",
            "found in": "text",
            "compared": "text",
            "rows": "integer",
            "share": "percent",
            "natural share": "percent",
        },
        [(o.later.name, o.earlier.name, o.how, len(o.rows), o.share, o.natural) for o in overlaps],
    )
    found = [one for one in overlaps if one.found]
    if not found:
        return Outcome(
            Status.PASS, "No more rows come back in another split than duplicates explain.", (table,)
        )
    worst = max(found, key=lambda one: one.excess)
    status = Status.FAIL if worst.excess >= OVERLAP_FAIL else Status.WARN
    index = worst.later.table.index[worst.rows[:20]]
    listed = evidence("Rows concerned", {"row": "code"}, [(str(label),) for label in index])
    text = (
        f"{len(worst.rows)} of {worst.later.n_rows} rows of {worst.later.name} ({worst.share:.1%}) are also in "
        f"{worst.earlier.name}; natural duplicates explain {worst.natural:.1%}."
    )
    return Outcome(status, text, (table, listed))


def _overlap(later: Split, earlier: Split) -> Overlap:
    names = [name for name in later.table.names if name in set(earlier.table.names)]
    exact = _compare(later, earlier, names, "exactly", {})
    if exact.found:
        return exact
    rounded = _compare(later, earlier, names, "to 5 digits", {"digits": 5})
    return rounded if rounded.found else exact


def _compare(later: Split, earlier: Split, names: list[str], how: str, options: dict[str, int]) -> Overlap:
    mine = _hashes.keys(later.table, names, **options)
    theirs = _hashes.keys(earlier.table, names, **options)
    hit = np.isin(mine, theirs)
    natural = _hashes.duplicated_elsewhere(theirs)
    error = np.hypot(_clustered_error(mine, hit), _clustered_error(theirs, natural))
    return Overlap(later, earlier, how, np.flatnonzero(hit), float(natural.mean()), float(error))


def _clustered_error(key: np.ndarray, hit: np.ndarray) -> float:
    """Standard error of the share of hits when equal rows hit or miss together."""
    sizes = pd.Series(key[hit]).value_counts().to_numpy()
    return float(np.sqrt((sizes.astype(float) ** 2).sum()) / len(key))


def no_baseline(case: Case, shared: Shared) -> Outcome:
    """Compare the model with a dummy on the validation rows."""
    answer = case.scores()
    y = case.y(case.val)
    auc = _auc(case, y, answer.proba)
    shown = f"ROC AUC {auc.mean:.3f} [{auc.low:.3f}, {auc.high:.3f}], where a dummy gets 0.5."
    table = evidence(
        "Model against a dummy",
        {"": "text", "ROC AUC": "score", "from": "score", "to": "score"},
        [("model", auc.mean, auc.low, auc.high), ("dummy", 0.5, 0.5, 0.5)],
    )
    if auc.high < 0.5:
        return Outcome(Status.FAIL, f"The model ranks worse than chance: {shown}", (table,))
    if auc.low > 0.5 and auc.mean >= 0.5 + MARGIN:
        return Outcome(Status.PASS, f"The model beats a dummy: {shown}", (table,))
    if auc.high < 0.5 + NEGLIGIBLE:
        return Outcome(Status.FAIL, f"The model is no better than a dummy: {shown}", (table,))
    if auc.high - auc.low < 0.2:
        return Outcome(Status.WARN, f"The model cannot be told from a dummy: {shown}", (table,))
    return Outcome(
        Status.PASS, f"Too few rows to be sure, but nothing speaks against the model: {shown}", (table,)
    )


def _auc(case: Case, y: np.ndarray, proba: np.ndarray) -> Interval:
    if case.binary:
        return delong(y == case.positive, proba[:, case.positive])[0]
    parts = [delong(y == c, proba[:, c]) for c in np.unique(y)]
    mean = float(np.mean([interval.mean for interval, _ in parts]))
    error = float(np.mean([se for _, se in parts]))  # as if the classes erred together: never too narrow
    return Interval(mean, mean - 1.96 * error, mean + 1.96 * error)


def threshold(case: Case, shared: Shared) -> Outcome:
    """Look for a threshold that does far better than the default on rows it was not chosen on."""
    if not case.binary:
        raise NotChecked("Needs two classes: with more there is no single threshold.")
    answer = case.scores()
    if answer.output == "predict":
        raise NotChecked("Needs scores: the model only answers labels.")
    if not case.default_threshold:
        return Outcome(Status.PASS, f"The threshold in use, {case.threshold:.3g}, is not the default.")
    score, positive = answer.positive(case.positive), case.y(case.val) == case.positive
    current = float(case.threshold or 0.5)
    cuts = candidates(score, positive, current)
    rare = "f1" if positive.mean() <= 0.5 else "f1_negative"
    gains, chosen = _held_out_gains(score, positive, cuts, current, rare, case.random_state)
    best = float(np.median(chosen))
    lows = {name: float(np.quantile(values, 0.05)) for name, values in gains.items()}
    means = {name: float(values.mean()) for name, values in gains.items()}
    table = evidence(
        "Gain of another threshold on rows it was not chosen on",
        {"metric": "text", "gain": "score", "low": "score"},
        [(name, means[name], lows[name]) for name in means],
    )
    smallest = min(means.values())
    if smallest < GAIN_WARN or min(lows.values()) <= 0:
        return Outcome(Status.PASS, "No other threshold does far better than one half.", (table,))
    status = Status.FAIL if means["balanced_accuracy"] >= GAIN_FAIL else Status.WARN
    return Outcome(
        status,
        f"A threshold of {best:.3g} instead of one half gains {means['balanced_accuracy']:.3f} in balanced accuracy and "
        f"{means[rare]:.3f} in F1 of the rarer class, on rows it was not chosen on.",
        (table,),
        _threshold_fix(best),
    )


def _held_out_gains(
    score: np.ndarray, positive: np.ndarray, cuts: np.ndarray, current: float, rare: str, seed: int
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    rng = np.random.default_rng(seed)
    halves = np.zeros((SPLITS, len(score)))
    for kind in (True, False):
        rows = np.flatnonzero(positive == kind)
        for half in halves:
            half[rng.permutation(rows)[: len(rows) // 2]] = 1
    choose, judge = curve(score, positive, cuts, halves), curve(score, positive, cuts, 1 - halves)
    now = int(np.searchsorted(cuts, current))
    best = np.nanargmax(choose.metric("balanced_accuracy") + choose.metric(rare), axis=1)
    every = np.arange(SPLITS)
    gains = {}
    for name in ("balanced_accuracy", rare):
        values = np.nan_to_num(judge.metric(name))
        gains[name] = values[every, best] - values[:, now]
    return gains, cuts[best]


def _threshold_fix(best: float) -> str:
    return (
        "from sklearn.frozen import FrozenEstimator\n"
        "from sklearn.model_selection import FixedThresholdClassifier\n\n"
        f"model = FixedThresholdClassifier(FrozenEstimator(model), threshold={best:.4g}).fit(X_train, y_train)\n"
    )
