"""Which split's labels do not belong to its rows, and why: another order, another target, or neither.

The question is asked once for ``data.misaligned`` and ``data.wrong-target`` together, since each is what
the other might be taken for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats
from scipy.optimize import linear_sum_assignment

from ladder_widgets.case import Case, Split
from ladder_widgets.checks._lags import Lag, best_lag, score_lag
from ladder_widgets.checks._leaks import find_leaks
from ladder_widgets.checks._power import power
from ladder_widgets.checks._signals import Signal, Signals
from ladder_widgets.shared import NoFolds, Shared

__all__ = ["Kind", "Verdict", "verdicts"]

Kind = Literal["lag", "sorted", "shuffled", "other", "reversed", "recoded"]

#: Chance of label shares as far apart as these, and how far, for another column to be likely.
P_SHARES, FAR_SHARES = 0.003, 0.03
#: AUC that the model's own probabilities promise, from which their failure is no weak signal.
PROMISED, PROMISED_SORTED = 0.85, 0.7
#: Rows that another assignment of labels must put right: their share, and their number.
ASSIGNED, ASSIGNED_ROWS = 0.05, 12


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with the labels of one split.

    Attributes
    ----------
    split : str
    kind : str
        ``lag``, ``sorted`` and ``shuffled`` are labels out of step; ``other`` is another target,
        ``reversed`` and ``recoded`` the same target with its labels swapped.
    expected, found : Signal or None
        What the labels should be told with, and are.
    itself : Signal or None
        What cross-validation inside the split finds.
    lag : Lag or None
    mapping : tuple of (int, int)
        Which code stands for which, of ``recoded``.
    sure : bool
    """

    split: str
    kind: Kind
    expected: Signal | None = None
    found: Signal | None = None
    itself: Signal | None = None
    lag: Lag | None = None
    mapping: tuple[tuple[int, int], ...] = ()
    sure: bool = True


def verdicts(shared: Shared) -> list[Verdict]:
    """Return what is wrong with the labels of each split, at most one thing a split; computed once."""
    if "verdicts" not in shared.memo:
        shared.memo["verdicts"] = _Judge(shared).judge()
    found: list[Verdict] = shared.memo["verdicts"]
    return found


def signals(shared: Shared) -> Signals:
    """Return the signals of a case; computed once."""
    if "signals" not in shared.memo:
        shared.memo["signals"] = Signals(shared)
    kept: Signals = shared.memo["signals"]
    return kept


class _Judge:
    def __init__(self, shared: Shared) -> None:
        self.shared, self.case, self.signals = shared, shared.case, signals(shared)

    def judge(self) -> list[Verdict]:
        case = self.case
        found = {split.name: self._by_lag(split) for split in case.splits}
        if self.signals.reference() is None:
            return [one for one in found.values() if one is not None]
        if case.train is None:
            found["val"] = found["val"] or self._alone(case.val)
        else:
            found["train"] = found["train"] or self._training()
            for split in case.splits[1:]:
                found[split.name] = found[split.name] or self._later(split, found["train"])
        return [one for one in found.values() if one is not None]

    # ---- order -------------------------------------------------------------------------------

    def _by_lag(self, split: Split) -> Verdict | None:
        y = self.case.y(split)
        if (y < 0).any():
            return None
        lag = best_lag(split.table, y, len(self.case.classes))
        return None if lag is None else Verdict(split.name, "lag", lag=lag, sure=not lag.smooth)

    def _is_sorted(self, split: Split) -> bool:
        """Whether the labels stand in blocks of one class each."""
        y = self.case.y(split)
        runs = 1 + int(np.count_nonzero(y[1:] != y[:-1]))
        shares = np.bincount(y[y >= 0]) / len(y)
        by_chance = 1 + (len(y) - 1) * (1 - float((shares**2).sum()))
        n_classes = np.count_nonzero(shares)
        return bool(runs <= 2 * n_classes and by_chance - runs > 6 * np.sqrt(by_chance))

    # ---- a split that the training rows do not explain ---------------------------------------

    def _later(self, split: Split, training: Verdict | None) -> Verdict | None:
        """Set the model and the reference on one split against what they should find there."""
        if training is not None:
            return None  # nothing to hold it against
        model, expected = self.signals.model(split), self.signals.reference()
        assert expected is not None
        recoded = self._recoded(split, model, expected)
        if recoded is not None:
            return recoded
        if model is not None and not model.lost(expected):
            return None
        carried = self.signals.carried(split)
        if carried is None or not carried[0].lost(expected):
            return None  # the labels are where they belong: the model is at fault, if anything is
        found = carried[0]
        if self.signals.moved(split) or self._by_leak(split, expected):
            return None
        itself = self.signals.by_itself(split)
        kind = self._kind(split, itself, expected)
        lag = None
        if kind == "shuffled" and (lag := score_lag(carried[1], self.case.y(split))) is not None:
            kind = "lag"
        return Verdict(split.name, kind, expected, model or found, itself, lag)

    def _kind(self, split: Split, itself: Signal | None, expected: Signal) -> Kind:
        if self._is_sorted(split):
            return "sorted"
        if (itself is not None and itself.rivals(expected)) or self._other_shares(split):
            return "other"
        return "shuffled"

    def _other_shares(self, split: Split) -> bool:
        """Whether the classes are far from as common as in the other split."""
        others = [other for other in self.case.splits if other.name != split.name]
        k = len(self.case.classes)
        counts = [np.bincount(self.case.y(one), minlength=k).astype(float) for one in (split, others[0])]
        present = (counts[0] + counts[1]) > 0
        table = np.array([count[present] for count in counts])
        p = float(stats.chi2_contingency(table, correction=False).pvalue)
        shares = table / table.sum(axis=1, keepdims=True)
        return p < P_SHARES and float(np.abs(shares[0] - shares[1]).sum() / 2) >= FAR_SHARES

    def _by_leak(self, split: Split, expected: Signal) -> bool:
        """Whether a column that knows the label in training, and not here, explains the fall."""
        shared, k = self.shared, len(self.case.classes)
        table = self.case.reference.table
        powers = [power(f, shared.folds.rows, shared.y, k, shared.folds.pairs) for f in table.features()]
        powers.sort(key=lambda one: -one.value)
        leaks = tuple(leak.power.name for leak in find_leaks(shared, powers))
        if not leaks or len(leaks) == len(table.names):
            return False
        rest = self.signals.carried(split, leaks)
        return rest is not None and rest[0].there and not rest[0].lost(expected)

    # ---- the training rows -------------------------------------------------------------------

    def _training(self) -> Verdict | None:
        """Set the training labels against splits whose labels can be told."""
        case, own = self.case, self.signals.reference()
        assert own is not None
        assert case.train is not None
        later = case.splits[1:]
        if own.there:
            return self._other_training(own)
        told = [self.signals.model(split) for split in later]
        if not any(one is not None and own.lost(one) for one in told):
            told = [self.signals.by_itself(split) for split in later]
        lost = [one for one in told if one is not None and own.lost(one)]
        if not lost:
            return None  # nothing can be told anywhere: no signal, and no saying why
        expected = max(lost, key=lambda one: one.auc)
        kind: Kind = "sorted" if self._is_sorted(case.train) else "shuffled"
        if kind == "shuffled" and self._other_shares(case.train):
            kind = "other"
        lag = None
        if kind == "shuffled" and not self.shared.folds.sampled:
            back = self.signals.back(later[0])
            lag = None if back is None else score_lag(back, self.shared.y)
            kind = "lag" if lag is not None else kind
        return Verdict("train", kind, expected, own, own, lag)

    def _other_training(self, own: Signal) -> Verdict | None:
        """The model tells later labels and not the training labels, which can be told otherwise."""
        case = self.case
        assert case.train is not None
        model, on_train = self.signals.model(case.val), self.signals.model(case.train)
        if model is None or on_train is None or not model.there:
            return None
        if on_train.reversed(own):
            return Verdict("train", "reversed", own, on_train, own)
        if not on_train.lost(model) or not on_train.lost(own):
            return None
        return Verdict("train", "other", model, on_train, own)

    # ---- the same target, its labels swapped -------------------------------------------------

    def _recoded(self, split: Split, model: Signal | None, expected: Signal) -> Verdict | None:
        if model is not None and self.case.binary:
            if not model.reversed(expected):
                return None
            carried = self.signals.carried(split)
            itself = carried[0] if carried is not None else None
            return Verdict(split.name, "reversed", expected, model, itself)
        if model is None or self.case.binary:
            return None
        mapping = self._assignment(split)
        if not mapping:
            return None
        carried = self.signals.carried(split)
        itself = carried[0] if carried is not None else None
        return Verdict(split.name, "recoded", expected, model, itself, mapping=mapping)

    def _assignment(self, split: Split) -> tuple[tuple[int, int], ...]:
        """Codes that must be exchanged for the predictions to be right far more often; none otherwise."""
        case, k = self.case, len(self.case.classes)
        answer = case.try_scores(split)
        if answer is None:
            return ()
        counts = np.zeros((k, k))
        np.add.at(counts, (answer.predicted, case.y(split)), 1)
        # Shares within the label, so that always answering the commonest class is no assignment.
        shares = counts / np.maximum(counts.sum(axis=0), 1)
        rows, columns = linear_sum_assignment(-shares)
        swapped = [(int(a), int(b)) for a, b in zip(rows, columns, strict=True) if a != b]
        right = sum(counts[a, b] for a, b in swapped)
        now = sum(counts[a, a] for a, _ in swapped)
        clear = [shares[a, b] for a, b in swapped if counts[:, b].sum()]
        if not clear or min(clear) < 0.5 or now > 0.3 * right:
            return ()
        gain = right - now
        return tuple(swapped) if gain >= max(ASSIGNED * len(case.y(split)), ASSIGNED_ROWS) else ()

    # ---- validation rows alone ---------------------------------------------------------------

    def _alone(self, split: Split) -> Verdict | None:
        model, itself = self.signals.model(split), self.signals.reference()
        assert itself is not None
        if model is None:
            return None
        if itself.there:
            return self._recoded(split, model, itself)
        promised, in_order = _promised(self.case, split), self._is_sorted(split)
        enough = PROMISED_SORTED if in_order else PROMISED
        if promised is None or promised.auc < enough or not model.lost(promised):
            return None
        return Verdict(split.name, "sorted" if in_order else "shuffled", promised, model, itself, sure=False)


def _promised(case: Case, split: Split) -> Signal | None:
    """AUC that two-class probabilities promise if they are right."""
    answer = case.try_scores(split)
    if answer is None or not answer.probabilities or not case.binary:
        return None
    score = np.sort(answer.proba[:, case.positive])
    positives, negatives = score, 1 - score
    below = np.cumsum(negatives) - negatives / 2
    total = float(positives.sum() * negatives.sum())
    if total <= 0 or min(positives.sum(), negatives.sum()) < 10:
        return None
    return Signal(float((positives * below).sum() / total), 0.02)


def folds_or_none(shared: Shared) -> np.ndarray | None:
    """Rows that the references were cross-validated on; None where there are none."""
    try:
        return shared.folds.rows
    except NoFolds:
        return None
