"""How a check is declared, run, and turned into a finding."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ladder_widgets.checks.causes import settle
from ladder_widgets.finding import Evidence, Finding, Status, evidence
from ladder_widgets.scores import ModelFailure
from ladder_widgets.taxonomy import NEEDS, Fault, docs_url, fault
from ladder_widgets.threads import sized_threads
from ladder_widgets.validation import refuse, shown

if TYPE_CHECKING:
    from ladder_widgets.case import Case
    from ladder_widgets.shared import Shared

__all__ = ["Check", "NotChecked", "Outcome", "builtin", "run_check"]

_LAYERS = {"data": 0, "pipeline": 2, "model": 4, "evaluation": 5, "production": 6}


class NotChecked(Exception):
    """Raised by a check that cannot judge this case; the message says what it needs."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check returns.

    Attributes
    ----------
    status : Status
        ``pass``, ``warn`` or ``fail``.
    summary : str
        One to three sentences with the numbers that matter.
    evidence : tuple of Evidence
        Tables of numbers.
    fix : str, optional
        Python to paste; the fix of the taxonomy by default.
    details : mapping of str to object
        What a remedy needs to know, such as the columns concerned (see ``docs/try-fix.md``).
    """

    status: Status
    summary: str
    evidence: tuple[Evidence, ...] = ()
    fix: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    """A question to a case.

    Parameters
    ----------
    code : str
        ``layer.name``; the layer decides the rung. For our own faults, a code of the taxonomy.
    function : callable
        ``function(case, shared) -> Outcome``; raises :class:`NotChecked` when it cannot judge.
    title, question, why, fix : str
        Texts of a user's check; ours come from the taxonomy.
    needs : tuple of str
        What must be given beside the validation rows, among ``"train"``, ``"test"``,
        ``"production"``, ``"artifact"``, ``"requirements"``, ``"metric"``. Without it the check
        is not run and says so.
    slow : bool
        Left out with ``fast=True``.
    references : bool
        Whether it builds on the reference models of rungs 2 and 3, which are then fitted first.

    Examples
    --------
    >>> def adults_only(case, shared):
    ...     youngest = case.val.table.feature("age").numbers().min()
    ...     return Outcome(Status.PASS if youngest >= 18 else Status.FAIL, f"Youngest: {youngest:.0f}.")
    >>> Check("data.adults-only", adults_only, title="Minors among the rows").rung
    0
    """

    code: str
    function: Callable[[Case, Shared], Outcome]
    title: str = ""
    question: str = ""
    why: str = ""
    fix: str = ""
    ok_title: str = ""
    needs: tuple[str, ...] = ()
    slow: bool = False
    references: bool = False

    def __post_init__(self) -> None:
        if self.layer not in _LAYERS or "." not in self.code:
            accepted = f"'layer.name' with a layer among {', '.join(_LAYERS)}"
            raise refuse("code", accepted, shown(self.code))
        unknown = set(self.needs) - set(NEEDS)
        if unknown:
            raise refuse("needs", f"among {', '.join(NEEDS)}", shown(sorted(unknown)))

    @property
    def layer(self) -> str:
        """First part of the code."""
        return self.code.partition(".")[0]

    @property
    def rung(self) -> int:
        """Rung that shows the finding."""
        return _LAYERS[self.layer]


def builtin(
    code: str,
    function: Callable[[Case, Shared], Outcome],
    needs: Iterable[str] = (),
    slow: bool = False,
    references: bool = False,
) -> Check:
    """Declare one of our own checks; its texts come from the taxonomy."""
    spec: Fault = fault(code)
    texts = {"title": spec.title, "ok_title": spec.ok_title, "question": spec.question, "why": spec.why}
    return Check(code, function, fix=spec.fix, needs=tuple(needs), slow=slow, references=references, **texts)


def run_check(check: Check, case: Case, shared: Shared) -> Finding:
    """Run one check. Whatever happens becomes a finding: the climb goes on.

    Its time leaves out the reference rungs, which belong to whoever asks for them first; a finding
    that is the symptom of one found before says so.
    """
    start, before = time.perf_counter(), shared.reference_seconds
    details: Mapping[str, Any] = {}
    try:
        with sized_threads(case.reference.n_rows):
            outcome = _run(check, case, shared)
        status, summary, tables, fix = outcome.status, outcome.summary, outcome.evidence, outcome.fix
        details = outcome.details
    except NotChecked as reason:
        status, summary, tables, fix = Status.SKIP, str(reason), (), None
    except ModelFailure as failure:
        status, tables, fix = Status.SKIP, (), None
        summary = f"Needs the model's scores, but {failure}"
    except Exception as error:
        status, fix = Status.ERROR, None
        summary = f"The check itself broke: {type(error).__name__}: {error}"
        lines = traceback.format_exc().splitlines()
        tables = (evidence("Traceback", {"line": "code"}, [(line,) for line in lines[-20:]]),)
    passed = status is Status.PASS and check.ok_title
    finding = Finding(
        code=check.code,
        layer=check.layer,
        rung=check.rung,
        status=status,
        title=check.ok_title if passed else (check.title or check.code),
        question=check.question,
        why=check.why,
        summary=summary,
        evidence=tuple(tables),
        fix=check.fix if fix is None else fix,
        docs_url=docs_url(check.code),
        seconds=time.perf_counter() - start - (shared.reference_seconds - before),
        details=details,
    )
    shared.found[check.code] = settle(finding, shared.found)
    return shared.found[check.code]


def _run(check: Check, case: Case, shared: Shared) -> Outcome:
    if case.fast and check.slow:
        raise NotChecked("Left out as slow (fast=True).")
    absent = [NEEDS[need] for need in check.needs if getattr(case, need, None) is None]
    if absent:
        raise NotChecked(f"Needs {' and '.join(absent)}.")
    outcome = check.function(case, shared)
    if not isinstance(outcome, Outcome) or not isinstance(outcome.status, Status):
        raise TypeError(f"a check must return an Outcome with a Status, got {type(outcome).__name__}")
    return outcome
