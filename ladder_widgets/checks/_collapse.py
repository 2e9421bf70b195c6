"""How far a model's scores fall short of what the references find on the same rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ladder_widgets.case import Case
from ladder_widgets.checks._margins import Fit, entropy, log_scores, recalibrate
from ladder_widgets.finding import Evidence, Format, evidence
from ladder_widgets.rungs.estimators import Reference
from ladder_widgets.shared import Shared
from ladder_widgets.stats import ovr_auc
from ladder_widgets.table import take

__all__ = ["Best", "Shortfall", "best_reference", "collapse_table", "own_scores", "sampled", "shortfall"]

#: Rows that are looked at; fewer with many classes.
MOST, MOST_CELLS = 4000, 200_000
#: Distinct scores up to which a model is coarse: a tree of so many leaves.
COARSE = 5
#: AUC and mean recall that the reference must have ahead for harm to be done.
LESS_AUC, LESS_RECALL = 0.03, 0.05
#: Spread of the log odds below which scores are constant for every purpose.
FLAT = 0.02
#: Probabilities are taken to be at least this: a leaf of few rows says 0 and means seldom.
FLOOR = 1e-3
#: Margins of support-vector machines and the like run from −1 to 1; log odds run about so much wider.
HINGE = 3.0


@dataclass(frozen=True, eq=False)
class Shortfall:
    """What a model makes of the rows, in its own right.

    Attributes
    ----------
    fit : Fit
    spread : float
        Standard deviation of the scores, on the scale of log odds.
    distinct : int
        Number of different scores.
    majority : float
        Share of the rows that get the label predicted most.
    labels : bool
        Whether there are only labels to go by.
    chance : float
        Loss of answering the class shares.
    """

    fit: Fit
    spread: float
    distinct: int
    majority: float
    labels: bool
    chance: float

    @property
    def constant(self) -> bool:
        """Whether every row gets the same score, or nearly so."""
        return self.distinct == 1 or not np.isfinite(self.fit.slope) or self.spread < FLAT

    @property
    def slope_low(self) -> float:
        """Lower end of the 95 % interval of the slope."""
        return self.fit.slope - 1.96 * self.fit.error

    @property
    def slope_high(self) -> float:
        """Upper end of the same interval."""
        return self.fit.slope + 1.96 * self.fit.error

    @property
    def loss(self) -> np.ndarray:
        """Losses of the rows with the benefit of the doubt: bold scores are set right, timid ones not."""
        return self.fit.as_given if self.fit.slope > 1 and not self.labels else self.fit.at_best

    @property
    def told(self) -> float:
        """Share of the chance loss that the scores take away."""
        return 1 - float(self.loss.mean()) / self.chance


def sampled(case: Case, rows: np.ndarray) -> np.ndarray:
    """Positions into ``rows``: as many as can be looked at, at random."""
    most = max(200, min(MOST, MOST_CELLS // len(case.classes)))
    if len(rows) <= most:
        return np.arange(len(rows))
    return np.sort(np.random.default_rng(case.random_state).choice(len(rows), most, replace=False))


def own_scores(case: Case, rows: np.ndarray) -> tuple[np.ndarray, bool]:
    """The model's scores as log probabilities or raw margins, and whether they are bare labels.

    Margins are taken where ``predict`` follows them and not the probabilities (a support-vector machine
    with Platt's probabilities).
    """
    answer = case.scores()
    if answer.output == "predict":
        return np.eye(len(case.classes))[answer.predicted[rows]], True
    by_score = np.argmax(answer.proba, axis=1)
    follows = case.binary and case.model_threshold is not None
    margins = not answer.probabilities or (not follows and np.mean(by_score != answer.predicted) > 0.02)
    if not margins:
        return np.log(np.clip(answer.proba[rows], FLOOR, 1)), False
    raw = log_scores(case.model, take(case.val.table.data, rows), len(case.classes))
    if raw is None or not np.isfinite(raw).all():
        return np.log(np.clip(answer.proba[rows], FLOOR, 1)), False
    return HINGE * raw, False


def shortfall(case: Case, rows: np.ndarray) -> Shortfall:
    """Measure the scores on validation rows."""
    scores, labels = own_scores(case, rows)
    y = case.y(case.val)[rows]
    distinct = len(np.unique(np.round(scores, 9), axis=0))
    majority = np.bincount(case.predicted()[rows]).max() / len(rows)
    return Shortfall(recalibrate(scores, y), spread_of(scores), distinct, float(majority), labels, entropy(y))


def spread_of(scores: np.ndarray) -> float:
    """Standard deviation of the log odds between classes, as the root of the mean over the columns."""
    centred = scores - scores.mean(axis=1, keepdims=True)
    return float(2 * np.sqrt(np.var(centred, axis=0).mean()))


@dataclass(frozen=True, eq=False)
class Best:
    """The reference that tells most on the same rows.

    Attributes
    ----------
    reference : Reference
    loss : ndarray of shape (n_rows,)
    told : float
        Share of the chance loss it takes away.
    linear : float
        Share that the linear reference takes away.
    spread : float
        Standard deviation of its log odds.
    auc, own_auc : float
        ROC AUC of the reference and of the model.
    recall, own_recall : float
        Mean recall of the classes, with the labels each answers.
    """

    reference: Reference
    loss: np.ndarray
    told: float
    linear: float
    spread: float
    auc: float
    own_auc: float
    recall: float
    own_recall: float

    @property
    def harm(self) -> bool:
        """Whether the model ranks worse than the reference, or finds less of the classes."""
        return self.auc - self.own_auc >= LESS_AUC or self.recall - self.own_recall >= LESS_RECALL

    def lead(self, loss: np.ndarray) -> float:
        """Standard errors by which the reference's loss lies below another's, paired by row."""
        difference = loss - self.loss
        spread = float(np.std(difference)) / np.sqrt(len(difference))
        return float(difference.mean()) / spread if spread > 0 else 0.0


def best_reference(shared: Shared, rows: np.ndarray, chosen: np.ndarray) -> Best:
    """Compare with rungs 2 and 3 on ``rows[chosen]``, each with its best offsets.

    Parameters
    ----------
    rows : ndarray
        Validation rows that the references score.
    chosen : ndarray
        Positions into them.

    Raises
    ------
    NoFolds
        If there are no references.
    """
    case = shared.case
    y = case.y(case.val)[rows[chosen]]
    found = []
    for number in (2, 3):
        proba = shared.on_validation(number)[1][chosen]
        fit = recalibrate(np.log(np.clip(proba, FLOOR, 1)), y)
        loss = fit.as_given if fit.slope > 1 else fit.at_best
        found.append((float(loss.mean()), number, loss, proba))
    linear = 1 - found[0][0] / entropy(y)
    mean, number, loss, proba = min(found, key=lambda one: one[0])
    positive = case.positive if case.binary else None
    own = case.scores().proba[rows[chosen]]
    auc, own_auc = (ovr_auc(y, scores, positive)[0].mean for scores in (proba, own))
    spread = spread_of(np.log(np.clip(proba, FLOOR, 1)))
    told = 1 - mean / entropy(y)
    said = np.argmax(proba, axis=1)
    recall, own_recall = (_recall(y, labels) for labels in (said, case.predicted()[rows[chosen]]))
    return Best(shared.reference(number), loss, told, linear, spread, auc, own_auc, recall, own_recall)


def _recall(y: np.ndarray, said: np.ndarray) -> float:
    return float(np.mean([np.mean(said[y == c] == c) for c in np.unique(y)]))


def collapse_table(case: Case, own: Shortfall, best: Best) -> Evidence:
    """The model beside the reference."""
    columns: dict[str, Format] = {
        "": "text",
        "ROC AUC": "score",
        "loss taken away": "percent",
        "slope": "number",
    }
    slope = own.fit.slope if np.isfinite(own.fit.slope) else None
    rows = [
        ("model", best.own_auc, own.told, slope),
        (f"{best.reference.label.lower()} reference", best.auc, best.told, None),
    ]
    return evidence("Against the better reference, on the same rows", columns, rows)
