"""Numbers and sentences about labels that arrive late."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ladder_widgets.case import Case
from ladder_widgets.finding import Evidence, evidence, percent
from ladder_widgets.monitor.feed import mature_windows
from ladder_widgets.monitor.labelfree import calibrated, expected_auc
from ladder_widgets.monitor.truth import Truth, Window
from ladder_widgets.scores import ModelFailure
from ladder_widgets.stats import delong

__all__ = ["SCORE", "Late", "fix_for", "probabilities", "summary_of", "windows_table"]

#: What the score of the positive class of two is called.
SCORE = "a score"
#: Validation rows that what a score means is learnt from.
CALIBRATION_ROWS = 10_000
#: Labels of each class that an AUC needs.
FEW = 5


@dataclass(frozen=True, eq=False)
class Late:
    """The labels of a log with the scores of its rows.

    Attributes
    ----------
    truth : Truth
    rows : ndarray
        Positions in the log of the rows looked at.
    scores : dict of str to ndarray
        By what they are called; empty where there are none.
    decided : ndarray of bool or None
        Whether the positive class was predicted.
    recorded : bool
        Whether the scores are those of the log (else they were replayed).
    ours : bool
        Whether the codes are those of the model's classes.
    first : datetime64 or None
        Day zero.
    """

    truth: Truth
    rows: np.ndarray
    scores: dict[str, np.ndarray]
    decided: np.ndarray | None
    recorded: bool
    ours: bool
    first: np.datetime64 | None = None

    def day(self, days: float) -> str:
        """Write a day of the log as a date."""
        if self.first is None or np.isnan(days):
            return f"day {days:.3g}"
        return str((self.first + np.timedelta64(round(days * 86_400), "s")).astype("datetime64[D]"))


def probabilities(case: Case, late: Late) -> dict[int, np.ndarray]:
    """Chance of each class (the positive one of two) by row, as its score meant on the validation rows."""
    try:
        proba = case.scores().proba
    except ModelFailure:
        return {}
    known = slice(None, None, 1 + len(proba) // CALIBRATION_ROWS)
    truth, found = case.y(case.val)[known], {}
    for code in [case.positive] if case.binary else range(len(case.classes)):
        score = late.scores.get(SCORE if case.binary else f"P(class {case.class_names[code]})")
        if score is not None:
            score = np.where(np.isfinite(score), score, np.nanmedian(score))
            found[code] = calibrated(proba[known, code], truth == code, score)
    return found


def _of_positive(case: Case, late: Late) -> np.ndarray | None:
    return probabilities(case, late).get(case.positive) if case.binary else None


def windows_table(case: Case, late: Late, cut: list[Window]) -> Evidence:
    """One row a window: coverage, delay, positives against what the scores say, AUC where mature."""
    truth, chance = late.truth, _of_positive(case, late)
    mature = mature_windows(truth, cut)
    rows = []
    for window, grown in zip(cut, mature, strict=True):
        known = window.rows[truth.labelled[window.rows]]
        share = float(np.mean(truth.codes[known] == case.positive)) if known.size and late.ours else None
        expected = None if chance is None else float(chance[window.rows].mean())
        auc = _auc(case, late, known) if grown else None
        guess = None if chance is None else expected_auc(late.scores[SCORE][window.rows], chance[window.rows])
        rows.append(
            (
                late.day(window.start) if not np.isnan(window.start) else f"row {int(window.rows[0])}",
                len(window.rows),
                window.coverage,
                None if np.isnan(window.delay) else window.delay,
                share,
                expected,
                auc,
                None if guess is None or np.isnan(guess) else guess,
            )
        )
    return evidence(
        "Windows of time. ROC AUC on mature windows only; what is expected holds if scores still mean in "
        "production what they meant on the validation rows",
        {
            "from": "text",
            "rows": "integer",
            "labelled": "percent",
            "median days": "number",
            "positive": "percent",
            "expected": "percent",
            "ROC AUC": "score",
            "expected ROC AUC": "score",
        },
        rows,
    )


def _auc(case: Case, late: Late, known: np.ndarray) -> float | None:
    score = late.scores.get(SCORE)
    if score is None or not late.ours:
        return None
    known = known[np.isfinite(score[known])]
    positive = late.truth.codes[known] == case.positive
    if min(positive.sum(), (~positive).sum()) < FEW:
        return None
    return delong(positive, score[known])[0].mean


def summary_of(case: Case, late: Late, cut: list[Window]) -> str:
    """What is said where nothing is wrong."""
    truth = late.truth
    parts = [f"{percent(truth.coverage)} of {len(truth.codes)} rows have a label"]
    delays = truth.delay[np.isfinite(truth.delay)]
    if delays.size:
        parts.append(f", half of them within {np.median(delays):.3g} days")
    parts.append(". As far as can be told they are like the unlabelled rows of the same days.")
    mature = mature_windows(truth, cut)
    old = np.concatenate(
        [w.rows for w, grown in zip(cut, mature, strict=True) if grown] or [np.array([], int)]
    )
    auc = _auc(case, late, old[truth.labelled[old]])
    if auc is not None:
        parts.append(f" ROC AUC on mature windows {auc:.3f}.")
    chance, new = _of_positive(case, late), np.setdiff1d(np.arange(len(truth.codes)), old)
    if chance is not None and new.size >= 30:
        guess = expected_auc(late.scores[SCORE][new], chance[new])
        if not np.isnan(guess):
            parts.append(f" For the newer rows {guess:.3f} is expected, if the scores mean what they did.")
    return "".join(parts)


def fix_for(case: Case, kind: str) -> str | None:
    """Code that fits the user's own column names; None for the general advice."""
    assert case.production is not None
    roles = case.production.roles
    label = roles["label"]
    if kind == "selection":
        return (
            f"# Labels for a random sample of the rows that have none tell what the others cannot:\n"
            f"unknown = production[production[{label!r}].isna()]\n"
            "ask_for = unknown.sample(min(200, len(unknown)), random_state=0)\n"
            "print(ask_for.index.tolist())\n"
        )
    if kind == "stop" or "label_timestamp" not in roles or "timestamp" not in roles:
        return (
            f"known = production[{label!r}].notna()\n"
            + (
                f"day = production[{roles['timestamp']!r}].astype(str).str[:10]\n"
                if "timestamp" in roles
                else "day = production.reset_index(drop=True).index // 100\n"
            )
            + "print(known.groupby(day.to_numpy() if hasattr(day, 'to_numpy') else day).mean())"
            "  # from when on are labels missing?\n"
        )
    return _MATURE.format(
        label=repr(label), asked=repr(roles["timestamp"]), arrived=repr(roles["label_timestamp"])
    )


_MATURE = """\
import pandas as pd

asked = pd.to_datetime(production[{asked}], utc=True)
arrived = pd.to_datetime(production[{arrived}], utc=True)
wait = (arrived - asked).quantile(0.95)
mature = production[(asked <= asked.max() - wait).to_numpy()]  # judge on rows old enough for every class
print(mature[{label}].notna().mean(), mature[{label}].value_counts(normalize=True), sep="\\n")
"""
