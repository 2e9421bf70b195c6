"""A climb's look at the test set: scored once, noted, and set beside the looks before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ladder_widgets.case import Case
from ladder_widgets.finding import Evidence, evidence
from ladder_widgets.fingerprint import fingerprint
from ladder_widgets.ledger import VARIABLE, Look, Page, now, open_ledger, session
from ladder_widgets.scores import ModelFailure
from ladder_widgets.stats import Interval, ovr_auc

__all__ = ["Looks", "look_at_test"]

_EMPTY = Page()


@dataclass(frozen=True, slots=True)
class Looks:
    """The look of one climb and those before it.

    Attributes
    ----------
    look : Look or None
        This one; None where the model cannot score the test rows, or no ledger is kept.
    others : tuple of Look
        Other looks at the same rows, oldest first.
    auc : Interval or None
        ROC AUC on the test rows (the mean of one against the rest with more than two classes).
    se : float
        Its standard error.
    page : Page
        What else was seen in the ledger: lines that could not be read, why nothing was noted.
    ledger : str
        Name of the file, or empty.
    reason : str
        Why there is no look.
    """

    look: Look | None = None
    others: tuple[Look, ...] = ()
    auc: Interval | None = None
    se: float = 0.0
    page: Page = _EMPTY
    ledger: str = ""
    reason: str = ""

    @property
    def again(self) -> tuple[Look, ...]:
        """Others that saw the same scores and decisions, in other processes."""
        return tuple(other for other in self.others if self._same(other))

    @property
    def different(self) -> tuple[Look, ...]:
        """Others that saw other scores or decisions."""
        return tuple(other for other in self.others if not self._same(other))

    def _same(self, other: Look) -> bool:
        return self.look is not None and self.look.same_answers(other)

    @property
    def models(self) -> int:
        """How many different sets of scores were seen on these rows, this one included."""
        return len({look.scores for look in (self.look, *self.others) if look is not None})

    @property
    def note(self) -> str:
        """One sentence for the evaluation rung."""
        if self.auc is None:
            return f"Test rows: not scored, {self.reason}." if self.reason else ""
        low, high = max(0.0, self.auc.low), min(1.0, self.auc.high)
        return f"Test rows: ROC AUC {self.auc.mean:.3f} [{low:.3f}, {high:.3f}]{self._which()}."

    def _which(self) -> str:
        if self.look is None:
            return f"; {self.reason}"
        if not self.others:
            if self.page.problem:
                return "; this look could not be noted"
            return ", the first look that the ledger knows of" if self.page.unread else ", the first look"
        if not self.different:
            return f", looked at before with the same scores ({_times(len(self.again))})"
        return f", looked at before with other scores or decisions ({_times(len(self.different))})"

    @property
    def table(self) -> tuple[Evidence, ...]:
        """The looks as a table, the latest first."""
        if self.look is None:
            return ()
        rows = [self._row(look) for look in (self.look, *reversed(self.others))]
        columns = {"when (UTC)": "text", "where": "code", "model": "code", "seen": "text"}
        return (evidence("Looks at these test rows", columns, rows),)  # type: ignore[arg-type]

    def _row(self, look: Look) -> Sequence[str]:
        when = look.when.replace("T", " ").replace("Z", "")[:16]
        return when, look.where, look.model, self._seen(look)

    def _seen(self, look: Look) -> str:
        assert self.look is not None
        if look is self.look:
            return "this look"
        if look.scores == self.look.scores:
            return "the same scores" if look.decisions == self.look.decisions else "another threshold"
        return "another model" if look.data == self.look.data else "another model, other columns"


def look_at_test(case: Case) -> Looks | None:
    """Score the test rows and note the look; None without test rows.

    Whatever keeps the ledger from being read or written is told, and never raised.
    """
    if case.test is None:
        return None
    try:
        answer = case.scores(case.test)
    except ModelFailure as failure:
        return Looks(reason=str(failure))
    auc, se = _auc(case, answer.proba)
    try:
        noted = _noted(case, answer.proba)
    except Exception as error:  # a note about the climb must not end the climb
        return Looks(auc=auc, se=se, reason=f"the ledger broke ({type(error).__name__}: {error})")
    if noted is None:
        return Looks(auc=auc, se=se, reason=f"no ledger is kept (ledger=False or {VARIABLE}=off)")
    return replace(noted, auc=auc, se=se)


def _noted(case: Case, proba: np.ndarray) -> Looks | None:
    ledger = open_ledger(case.ledger)
    if ledger is None or case.test is None:
        return None
    rows = fingerprint(case.test.table, case.test.y)
    look = Look(
        when=now(),
        where=ledger.here(),
        session=session(),
        model=case.model_name,
        rows=case.test.n_rows,
        data=rows.data,
        labels=rows.labels,
        scores=rows.of(proba),
        decisions=rows.of(case.predicted(case.test)),
    )
    page = ledger.note(look)
    others = tuple(o for o in page.looks if look.same_rows(o) and not look.same_look(o))
    return Looks(look, others, page=page, ledger=ledger.name)


def _auc(case: Case, proba: np.ndarray) -> tuple[Interval | None, float]:
    assert case.test is not None
    y = case.y(case.test)
    if (y < 0).any():
        return None, 0.0
    return ovr_auc(y, proba, case.positive if case.binary else None)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
