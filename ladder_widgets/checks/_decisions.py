"""Recorded labels against the labels this model decides on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ladder_widgets.case import Case
from ladder_widgets.checks._recorded import ROWS, SHARE
from ladder_widgets.checks._replay import Replay
from ladder_widgets.scores import ModelFailure

__all__ = ["Decisions", "decisions"]


@dataclass(frozen=True, eq=False)
class Decisions:
    """Recorded labels beside the model's own, on the rows that have one.

    Attributes
    ----------
    known : ndarray
        Positions among the replayed rows.
    recorded, replayed : ndarray of shape (n_known,)
        Codes.
    score : ndarray of shape (n_known,)
        Replayed score of the positive class.
    threshold : float or None
        Threshold the model decides at.
    """

    known: np.ndarray
    recorded: np.ndarray
    replayed: np.ndarray
    score: np.ndarray
    threshold: float | None

    @property
    def differs(self) -> np.ndarray:
        """Which labels differ, shape (n_known,)."""
        return self.recorded != self.replayed

    @property
    def share(self) -> float:
        """Share of labels that differ."""
        return float(self.differs.mean())

    @property
    def raised(self) -> bool:
        """Whether enough labels differ to be said."""
        return bool(self.differs.sum() >= min(ROWS, len(self.differs)) and self.share >= SHARE)

    def explaining_threshold(self, positive: int) -> float | None:
        """Return a threshold on the score that gives the recorded labels, or None."""
        above = self.recorded == positive
        order = np.argsort(self.score, kind="stable")
        score, above = self.score[order], above[order]
        # Mistakes of a cut before each position: positives below it, negatives from it on.
        mistakes = (
            np.concatenate([[0], np.cumsum(above)])
            + (~above).sum()
            - np.concatenate([[0], np.cumsum(~above)])
        )
        distinct = np.concatenate([[True], score[1:] != score[:-1], [True]])
        best = int(np.argmin(np.where(distinct, mistakes, len(score) + 1)))
        if mistakes[best] > max(SHARE * len(score), 0.05 * self.differs.sum()):
            return None
        if best == 0 or best == len(score):
            return float(score[0]) if best == 0 else float(np.nextafter(score[-1], np.inf))
        return _short(float(score[best - 1]), float(score[best]))

    def cause(self, case: Case) -> str:
        """Say what explains the recorded labels."""
        if self.share > 0.995 and case.binary:
            return "The two labels are swapped."
        cut = self.explaining_threshold(case.positive) if case.binary else None
        if cut is not None:
            own = "" if self.threshold is None else f" rather than {self.threshold:.3g}"
            return f"They fit a threshold of {cut:.3g} on the score{own}."
        if not case.binary and self._renamed():
            return "Each label stands for another one: the classes are numbered in another order."
        return "No threshold on its score explains them: production serves another model."

    def _renamed(self) -> bool:
        usual = {
            code: np.bincount(self.recorded[self.replayed == code]).argmax() for code in set(self.replayed)
        }
        fits = np.array([usual[code] for code in self.replayed]) == self.recorded
        return bool(fits.mean() > 1 - SHARE and len(set(usual.values())) == len(usual))

    def fix(self, case: Case) -> str | None:
        """Return code that gives the model the threshold in service; None where that is not the cause."""
        cut = self.explaining_threshold(case.positive) if case.binary and self.share <= 0.995 else None
        if cut is None or not 0 < cut < 1:
            return None
        positive = "" if case.positive == 1 else f", pos_label={case.classes[0]!r}"
        return (
            "from sklearn.base import clone\n"
            "from sklearn.model_selection import FixedThresholdClassifier\n\n"
            f"# If {cut:.4g} is the threshold wanted, ship it inside the model, to set it once.\n"
            f"model = FixedThresholdClassifier(clone(model), threshold={cut:.4g}{positive})"
            ".fit(X_train, y_train)\n"
        )


def decisions(case: Case, again: Replay, codes: np.ndarray | None) -> Decisions | None:
    """Set recorded labels beside what the model predicts, or decides at the threshold in use.

    Whichever of the two agrees with more labels is meant; None where no label can be compared.
    """
    if codes is None:
        return None
    recorded = codes[again.rows]
    known = np.flatnonzero(recorded >= 0)
    if not known.size:
        return None
    recorded, answer = recorded[known], again.answer
    score = answer.positive(case.positive)[known]
    own = answer.predicted[known]
    threshold = _threshold(case) if answer.output != "decision_function" else None
    if threshold is not None:
        cut = np.where(score >= threshold, case.positive, 1 - case.positive)
        if np.mean(cut == recorded) > np.mean(own == recorded):
            own = cut
    return Decisions(known, recorded, own, score, threshold)


def _threshold(case: Case) -> float | None:
    try:
        return case.threshold
    except ModelFailure:
        return None


def _short(low: float, high: float) -> float:
    """The shortest decimal above ``low`` and up to ``high``."""
    for digits in range(1, 7):
        value = float(np.ceil(low * 10**digits + 1e-9) / 10**digits)
        if low < value <= high:
            return value
    return high
