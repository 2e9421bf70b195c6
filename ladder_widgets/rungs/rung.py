"""What a rung says: a verdict, a score, and the gaps to the rungs below."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ladder_widgets.finding import Status
from ladder_widgets.stats import Interval
from ladder_widgets.taxonomy import RUNGS

__all__ = ["Estimate", "Gap", "Rung", "Score", "Stage"]


class Stage(StrEnum):
    """Where a rung stands before it has a verdict."""

    PENDING = "pending"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A metric: mean, standard deviation over folds (or resamples) and 95 % interval."""

    mean: float
    std: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Score:
    """Scores of one estimator.

    Attributes
    ----------
    label : str
        ``"Linear"``, ``"Your model"`` …
    estimator : str
        Class that decides.
    how : str
        Where the numbers come from, for readers.
    rows, folds : int
        Rows scored; folds, or 1 for a single validation set.
    metrics : dict of str to Estimate
        Keys of :data:`ladder_widgets.metrics.NAMES`.
    """

    label: str
    estimator: str
    how: str
    rows: int
    folds: int
    metrics: dict[str, Estimate]

    @property
    def headline(self) -> str:
        """The AUC, with its standard deviation over folds or resamples where it has one."""
        auc = self.metrics.get("roc_auc")
        if auc is None:
            return "scored"
        return f"AUC {auc.mean:.3f}" + (f" ± {auc.std:.3f}" if auc.std > 0 else "")


@dataclass(frozen=True, slots=True)
class Gap:
    """Difference to a lower rung on the same folds or rows, with its 95 % interval."""

    against: int
    label: str
    metric: str
    interval: Interval


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung of a climb.

    Attributes
    ----------
    status : Status or Stage
        The verdict, or where the rung stands before it has one.
    provisional : bool
        Whether a rung below fails, so that this verdict may change once that is mended.
    headline : str
        The one number to show.
    summary : str
        One to three sentences, led by the finding that decides the status.
    verdict : str
        What the rung itself says, whatever its findings.
    """

    number: int
    status: Status | Stage = Stage.PENDING
    provisional: bool = False
    headline: str = ""
    summary: str = ""
    verdict: str = ""
    score: Score | None = None
    gaps: tuple[Gap, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """Name of the rung."""
        return RUNGS[self.number].name

    @property
    def question(self) -> str:
        """What the rung asks."""
        return RUNGS[self.number].question

    @property
    def word(self) -> str:
        """The status as a reader sees it."""
        return self.status.word if isinstance(self.status, Status) else self.status.value
