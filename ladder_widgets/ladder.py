"""The climb: rung by rung from the bottom up, as a stream of events that ends in a report."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Unpack

from ladder_widgets.case import Case, shows_case_options
from ladder_widgets.checks import Check, checks_for, run_check
from ladder_widgets.errors import ErrorAnalysis
from ladder_widgets.finding import Finding, Status, worst
from ladder_widgets.glimpse import first_look
from ladder_widgets.looks import Looks, look_at_test
from ladder_widgets.options import CaseOptions
from ladder_widgets.report import Report
from ladder_widgets.rungs.rung import Rung, Stage
from ladder_widgets.rungs.verdicts import Verdict, judge, reconsider_linear
from ladder_widgets.shared import NoFolds, Shared
from ladder_widgets.taxonomy import CODES, RUNGS

__all__ = ["Event", "Progress", "climb", "run_ladder"]


@dataclass(frozen=True, slots=True)
class Progress:
    """Something small is done: ``done`` of ``total`` steps of ``label`` on a rung."""

    rung: int
    label: str
    done: int
    total: int


#: Seconds after which a finding that raises nothing is shown before its rung ends.
TOLD_EVERY = 0.5
#: Progress inside a rung, or the report so far (complete at the end).
Event = Progress | Report


@shows_case_options
def run_ladder(
    model: Any,
    X_val: Any,
    y_val: Any,
    *,
    progress: Callable[[Progress], None] | None = None,
    **options: Unpack[CaseOptions],
) -> Report:
    """Climb the ladder and return the report.

    Parameters
    ----------
    model : fitted estimator
        Anything with ``predict_proba``, ``decision_function`` or ``predict``.
    X_val, y_val : table of shape (n_rows, n_features) and labels of shape (n_rows,)
        Rows the model was not trained on.
    progress : callable, optional
        Called with each :class:`Progress`.
    **options
        The other parameters of :class:`ladder_widgets.Case`: ``X_train``, ``y_train``, ``X_test``,
        ``y_test``, ``production``, ``metric``, ``threshold``, ``pos_label``, ``artifact``,
        ``requirements``, ``groups``, ``costs``, ``ledger``, ``fast``, ``checks``,
        ``ignore``, ``rungs``, ``max_rows``, ``auc_error``, ``random_state``, ``n_jobs``, ``backend``.

    Returns
    -------
    Report

    Raises
    ------
    ValueError
        If a parameter cannot be used; the message names it, what came and what is accepted.
    TypeError
        For an unknown option.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[:400], y[:400])
    >>> report = run_ladder(model, X[400:], y[400:], X_train=X[:400], y_train=y[:400])
    >>> report.rungs[4].status.value
    'pass'
    """
    told: Progress | None = None
    for event in climb(Case(model, X_val, y_val, **options)):
        if isinstance(event, Report):
            report = event
        elif progress is not None and event != told:
            progress(event)
            told = event
    return report


def climb(case: Case) -> Generator[Event]:
    """Climb; yields progress, and the report so far whenever a rung begins or a check has found something.

    The last event is the complete report. While workers are waited for, the same progress comes again
    ten times a second. A consumer may stop at any event: close the generator, and nothing is left behind.
    """
    climber = _Climber(case)
    case.check_labels()
    for number in range(7):
        climber.rungs[number] = Rung(number, Stage.RUNNING)
        yield climber.report()
        yield from climber.rung(number)
    climber.analyse_errors()
    yield climber.report(complete=True)


class _Climber:
    """State of one climb: what the rungs so far have found."""

    def __init__(self, case: Case) -> None:
        self.begun = self.told = time.perf_counter()
        self.case = case
        self.shared = Shared(case)
        self.checks = checks_for(case.checks, case.ignore)
        self.rungs = [Rung(number) for number in range(7)]
        self.findings: list[Finding] = []
        self.errors: ErrorAnalysis | None = None
        self.looks: Looks | None = None

    def report(self, found: Sequence[Finding] = (), complete: bool = False) -> Report:
        """Return the report so far, with what the rung under way has found."""
        self.told = time.perf_counter()
        return Report(
            case=self.case,
            rungs=tuple(self.rungs),
            findings=(*self.findings, *sorted(found, key=_place)),
            errors=self.errors,
            seconds=self.told - self.begun,
            complete=complete,
            looks=self.looks,
        )

    def rung(self, number: int) -> Iterator[Event]:
        begun = time.perf_counter()
        own = [check for check in self.checks if check.rung == number]
        # What needs the references waits for them; what does not is told at once.
        waiting = [check for check in own if check.references]
        findings: list[Finding] = []
        if number == 0:
            yield from self._first_look(own)
        yield from self._run_checks(number, [check for check in own if not check.references], findings)
        if number == 0:
            yield from self._score(number)
        if waiting:
            for reference in (2, 3):
                yield from self._fit(reference, number, f"{RUNGS[reference].name.lower()} reference, fold")
            yield from self._run_checks(number, waiting, findings)
        if number in (1, 2, 3):
            yield from self._fit(number, number, "fold")
        yield from self._look(number)
        verdict = _safe_verdict(number, self.shared, findings)
        if number == 5 and self.looks is not None and self.looks.note:
            verdict = replace(verdict, notes=(*verdict.notes, self.looks.note))
        self.findings += sorted(findings, key=_place)
        self.rungs[number] = self._settle(number, verdict, findings, time.perf_counter() - begun)
        if number == 3:
            self._reconsider()
            self.shared.forget_matrix()

    def _run_checks(self, number: int, checks: Sequence[Check], into: list[Finding]) -> Iterator[Event]:
        for done, check in enumerate(checks):
            yield Progress(number, f"check {check.code}", done, len(checks))
            into.append(run_check(check, self.case, self.shared))
            first = not self.findings and len(into) == 1
            if first or into[-1].raised or time.perf_counter() - self.told > TOLD_EVERY:
                yield self.report(into)

    def _first_look(self, checks: Sequence[Check]) -> Iterator[Event]:
        """Tell what the first check finds in some rows of a very large table, before it reads them all."""
        check = next((check for check in checks if not check.references), None)
        found = None if check is None else first_look(check, self.case)
        if found is not None:
            yield self.report([found])

    def _score(self, number: int) -> Iterator[Progress]:
        """Score the validation rows over the backend before anything asks for the scores and has to wait."""
        if self.case.workers.backend is None:
            return
        told = Progress(number, "the model's scores", 0, 1)
        yield told
        for _ in self.case.scoring(self.case.val):
            yield told

    def _fit(self, reference: int, rung: int, label: str) -> Iterator[Progress]:
        try:
            total = len(self.shared.folds.pairs)
            yield Progress(rung, label, 0, total)
            for done, _ in self.shared.climb(reference):
                yield Progress(rung, label, done, total)
        except NoFolds:
            return  # the verdict says so
        except Exception:
            # A user's own reference may break; the verdict raises it again and reports it.
            return

    def _look(self, number: int) -> Iterator[Progress]:
        """Score the test rows, once and as late as can be."""
        if number != 5 or self.case.test is None:
            return
        yield Progress(number, "the test rows", 0, 1)
        self.looks = look_at_test(self.case)

    def _settle(self, number: int, verdict: Verdict, findings: list[Finding], seconds: float) -> Rung:
        raised = [f for f in findings if f.status not in (Status.PASS, Status.SKIP)]
        status = worst([verdict.status, *(f.status for f in raised)]) if raised else verdict.status
        below = any(rung.status is Status.FAIL for rung in self.rungs[:number])
        headline, summary = verdict.headline, verdict.summary
        if verdict.score is not None and status is not verdict.status:
            # The finding, not the score, decides this rung: it comes first.
            first = next(f for f in raised if f.status is status)
            headline = f"{headline.split(' ± ')[0]} · {first.short}"
            summary = f"{first.title}. {summary}"
        return Rung(
            number=number,
            status=status,
            provisional=below and status is not Status.SKIP,
            headline=headline,
            summary=summary,
            verdict=verdict.summary,
            score=verdict.score,
            gaps=verdict.gaps,
            notes=verdict.notes,
            seconds=seconds,
        )

    def _reconsider(self) -> None:
        milder = reconsider_linear(self.rungs[2], self.shared) if self.rungs[3].score else None
        if milder is None or any(f.rung == 2 and f.status is Status.FAIL for f in self.findings):
            return
        self.rungs[2] = milder
        failing = [any(rung.status is Status.FAIL for rung in self.rungs[:n]) for n in range(7)]
        self.rungs[:4] = [replace(rung, provisional=failing[rung.number]) for rung in self.rungs[:4]]

    def analyse_errors(self) -> None:
        case = self.case
        answer = case.try_scores()
        if answer is not None:
            self.errors = ErrorAnalysis(
                case.val.table, case.y(case.val), answer, case.classes, case.positive, case.threshold
            )


def _place(finding: Finding) -> int:
    """Place in the taxonomy; a user's own checks come last."""
    return CODES.index(finding.code) if finding.code in CODES else len(CODES)


def _safe_verdict(number: int, shared: Shared, findings: Sequence[Finding]) -> Verdict:
    """A rung that breaks says so and the climb goes on."""
    try:
        return judge(number, shared, findings)
    except Exception as error:
        text = f"This rung itself broke: {type(error).__name__}: {error}"
        return Verdict(Status.ERROR, "broke", text)
