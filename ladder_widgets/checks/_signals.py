"""How well each split's labels can be told: by the model, by a reference, by the split itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ladder_widgets.case import Case, Split
from ladder_widgets.checks import _probe
from ladder_widgets.checks._power import power
from ladder_widgets.rungs.design import Design
from ladder_widgets.rungs.estimators import reference_for
from ladder_widgets.rungs.folds import make_folds
from ladder_widgets.rungs.reference import cross_validate, fit_and_score
from ladder_widgets.scores import ModelFailure
from ladder_widgets.shared import NoFolds, Shared
from ladder_widgets.stats import Interval, ovr_auc
from ladder_widgets.table import take

__all__ = ["Signal", "Signals"]

#: Rows on which a split is cross-validated by itself, and training rows that the model scores.
SELF_ROWS, TRAIN_ROWS = 5000, 3000
#: Share of what is expected up to which a signal counts as lost, and standard errors below it.
LOST, Z_LOST = 0.35, 2.8
#: A signal is there from so much above chance, in AUC and in standard errors.
SIGNAL, Z_SIGNAL = 0.03, 3.0
#: Share of another signal that is comparable to it, and standard errors that need no comparison.
RIVAL, Z_RIVAL = 0.4, 6.0
#: Distance between distributions from which a column has moved, and rows it is measured on.
MOVED, MOVED_ROWS = 0.3, 4000


@dataclass(frozen=True, slots=True)
class Signal:
    """An AUC (of two classes, or one against the rest, averaged) and its standard error."""

    auc: float
    error: float

    @property
    def there(self) -> bool:
        """Whether it is above chance beyond doubt."""
        return self.auc - 0.5 >= max(SIGNAL, Z_SIGNAL * self.error)

    def rivals(self, expected: Signal) -> bool:
        """Whether it is there, and either comparable to another signal or beyond any accident."""
        above = self.auc - 0.5
        return self.there and (above >= RIVAL * (expected.auc - 0.5) or above >= Z_RIVAL * self.error)

    def lost(self, expected: Signal) -> bool:
        """Whether little or nothing is left of what is expected, beyond doubt."""
        short = expected.auc - self.auc
        return (
            expected.there
            and self.auc - 0.5 <= LOST * (expected.auc - 0.5)
            and short >= Z_LOST * float(np.hypot(self.error, expected.error))
        )

    def reversed(self, expected: Signal) -> bool:
        """Whether the order is turned round: as far below chance as it should be above."""
        below = 0.5 - self.auc
        return expected.there and below >= max(0.5 * (expected.auc - 0.5), 3.5 * self.error)


def _signal(case: Case, y: np.ndarray, proba: np.ndarray) -> Signal | None:
    if not _measurable(y):
        return None
    return _proven(case, y, *ovr_auc(y, proba, case.positive if case.binary else None))


def _measurable(y: np.ndarray) -> bool:
    return bool((y >= 0).all() and np.count_nonzero(np.bincount(y)) >= 2)


def _proven(case: Case, y: np.ndarray, auc: Interval, error: float) -> Signal:
    # A few rows that are ranked perfectly prove less than their own spread says.
    counts = np.bincount(y)
    rarest = counts[counts > 0].min() if case.binary else np.median(counts[counts > 0])
    return Signal(auc.mean, max(error, 0.1 / float(np.sqrt(rarest))))


class Signals:
    """Signals of a case, computed when first asked for.

    Parameters
    ----------
    shared : Shared
    """

    def __init__(self, shared: Shared) -> None:
        self.shared, self.case = shared, shared.case
        self._kept: dict[str, Any] = {}

    def _once(self, key: str, compute: Callable[[], Any]) -> Any:
        if key not in self._kept:
            self._kept[key] = compute()
        return self._kept[key]

    def known(self) -> dict[str, Signal]:
        """Signals worked out so far, by "model", "self" or "carried" and the name of the split."""
        found = {}
        for key, value in self._kept.items():
            how, _, split = key.partition(" ")
            if how in ("model", "self") and value is not None:
                found[key] = value
            elif how == "carried" and value is not None and split.endswith(" ()"):
                found[key.removesuffix(" ()")] = value[0]
        if self.reference() is not None:
            found[f"self {self.case.reference.name}"] = self.reference()
        return found

    # ---- cross-validation --------------------------------------------------------------------

    def cross_validated(self) -> np.ndarray | None:
        """Out-of-fold scores of the better reference, of the rows in ``shared.folds.rows``."""
        best = self._once("references", self._references)
        return None if best is None else best[1]

    def reference(self) -> Signal | None:
        """What the better reference finds in the reference split by cross-validation."""
        best = self._once("references", self._references)
        return None if best is None else best[0]

    @property
    def number(self) -> int:
        """Rung of the better reference."""
        best = self._once("references", self._references)
        return 3 if best is None else int(best[2])

    def _references(self) -> tuple[Signal, np.ndarray, int] | None:
        found = []
        for number in (2, 3):
            try:
                proba = self.shared.result(number).proba
                signal = _signal(self.case, self.shared.y, proba)
            except NoFolds:
                return None
            except Exception:  # a user's own reference: its rung says what is wrong with it
                continue
            if signal is not None and np.isfinite(proba).all():
                found.append((signal, proba, number))
        return max(found, key=lambda one: one[0].auc, default=None)

    def by_itself(self, split: Split) -> Signal | None:
        """What cross-validation finds inside a split."""
        if split.name == self.case.reference.name:
            return self.reference()
        signal: Signal | None = self._once(f"self {split.name}", lambda: self._by_itself(split))
        return signal

    def _by_itself(self, split: Split) -> Signal | None:
        case, y = self.case, self.case.y(split)
        folds = make_folds(y, SELF_ROWS, case.groups_of(split), case.random_state)
        if folds is None:
            return None
        design = Design(split.table)
        matrix = design.matrix(split.table, folds.rows)
        found = []
        for number in (2, 3):
            reference = reference_for(
                number, None, design.categorical, y[folds.rows], case.random_state, case.n_jobs
            )
            *_, result = cross_validate(
                reference,
                matrix,
                None,
                y[folds.rows],
                len(case.classes),
                case.positive,
                folds,
                case.workers,
            )
            found.append(_signal(case, y[folds.rows], result.proba))
        return max((one for one in found if one is not None), key=lambda one: one.auc, default=None)

    # ---- from one split to another -----------------------------------------------------------

    def model(self, split: Split) -> Signal | None:
        """What the model finds; None where it cannot score the rows."""
        signal: Signal | None = self._once(f"model {split.name}", lambda: self._model(split))
        return signal

    def _model(self, split: Split) -> Signal | None:
        case = self.case
        if split.name != "train" or split.n_rows <= TRAIN_ROWS:
            answer, y = case.try_scores(split), case.y(split)
            if answer is None or not _measurable(y):
                return None
            if split is case.val:
                return _proven(case, y, *self.shared.auc(case.positive if case.binary else None))
            return _signal(case, y, answer.proba)
        rows = _probe.some(np.arange(split.n_rows), TRAIN_ROWS, case.random_state)
        scored = _probe.score(case, take(split.table.data, rows))
        if isinstance(scored, ModelFailure):
            return None
        return _signal(case, case.y(split)[rows], scored.proba)

    def carried(self, split: Split, without: tuple[str, ...] = ()) -> tuple[Signal, np.ndarray] | None:
        """What the reference fitted on the training rows finds in another split, and its scores."""
        key = f"carried {split.name} {without}"
        pair: tuple[Signal, np.ndarray] | None = self._once(key, lambda: self._carried(split, without))
        return pair

    def _carried(self, split: Split, without: tuple[str, ...]) -> tuple[Signal, np.ndarray] | None:
        shared, case, number = self.shared, self.case, self.number
        try:
            if split.name == "val" and not without:
                _, proba = shared.on_validation(number)
            else:
                keep = ~np.isin(shared.design.sources, list(without))
                reference = shared.reference(number, np.flatnonzero(keep))
                score_on = shared.design.matrix(split.table)[:, keep]
                fit_on = shared.matrix[:, keep]
                proba = fit_and_score(reference, fit_on, shared.y, score_on, len(case.classes))
            signal = _signal(case, case.y(split), proba)
        except Exception:  # the user's own reference
            return None
        return None if signal is None else (signal, proba)

    def back(self, split: Split) -> np.ndarray | None:
        """Scores of the training rows in ``shared.folds.rows``, by a reference fitted on another split."""
        case, y = self.case, self.case.y(split)
        rows = _probe.some(np.arange(split.n_rows), SELF_ROWS, case.random_state)
        if len(np.unique(y[rows])) < 2:
            return None
        design = Design(split.table)
        reference = reference_for(3, None, design.categorical, y[rows], case.random_state, case.n_jobs)
        fit_on = design.matrix(split.table, rows)
        score_on = design.matrix(case.reference.table, self.shared.folds.rows)
        return fit_and_score(reference, fit_on, y[rows], score_on, len(case.classes))

    # ---- whether X moved ---------------------------------------------------------------------

    def moved(self, split: Split) -> bool:
        """Whether the columns that matter in training are distributed otherwise in this split."""
        answer: bool = self._once(f"moved {split.name}", lambda: self._moved(split))
        return answer

    def _moved(self, split: Split) -> bool:
        shared, case = self.shared, self.case
        total = moved = 0.0
        for feature in case.reference.table.features():
            rows = shared.folds.rows
            weight = power(feature, rows, shared.y, len(case.classes), shared.folds.pairs).value
            if weight <= 0:
                continue
            total += weight
            there = feature.name in split.table.names
            if not there or _distance(feature, split.table.feature(feature.name)) > MOVED:
                moved += weight
        return total > 0 and moved > 0.5 * total


def _distance(first: Any, second: Any) -> float:
    """Kolmogorov's distance of two numbers, total variation of two categories."""
    if first.kind == "category" or second.kind == "category":
        shares = [one.series.astype(str).value_counts(normalize=True) for one in (first, second)]
        both = shares[0].subtract(shares[1], fill_value=0.0)
        return float(both.abs().sum() / 2)
    values = [one.numbers()[:: max(1, len(one.series) // MOVED_ROWS)] for one in (first, second)]
    values = [np.sort(np.where(np.isfinite(one), one, -np.inf)) for one in values]
    grid = np.concatenate(values)
    shares_at = [np.searchsorted(one, grid, side="right") / len(one) for one in values]
    return float(np.abs(shares_at[0] - shares_at[1]).max())
