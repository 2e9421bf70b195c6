"""Automatic verdicts for the lines of the development and production checklists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ladder_widgets.case import Case
from ladder_widgets.finding import Finding, Status, worst
from ladder_widgets.rungs.verdicts import FIT_GAP, fit_gap
from ladder_widgets.taxonomy import DEVELOPMENT, NEEDS, PRODUCTION, ChecklistLine

__all__ = ["Line", "verdicts"]

_CHECKLISTS = {"development": DEVELOPMENT, "production": PRODUCTION}


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its verdict; ``skip`` reads "not checked" and the detail says what it needs."""

    text: str
    layer: str
    rung: int
    codes: tuple[str, ...]
    status: Status
    detail: str


def verdicts(which: str, case: Case, findings: Sequence[Finding]) -> tuple[Line, ...]:
    """Judge every line of a checklist from the findings."""
    by_code = {finding.code: finding for finding in findings}
    return tuple(_judge(line, case, by_code) for line in _CHECKLISTS[which])


def _judge(line: ChecklistLine, case: Case, found: Mapping[str, Finding]) -> Line:
    status, detail = _verdict(line, case, found)
    return Line(line.text, line.layer, line.rung, line.codes, status, detail)


def _verdict(line: ChecklistLine, case: Case, found: Mapping[str, Finding]) -> tuple[Status, str]:
    if line.text in _OWN:
        return _OWN[line.text](case)
    own = [found[code] for code in line.codes if code in found]
    judged = [finding for finding in own if finding.status is not Status.SKIP]
    if judged:
        status = worst(finding.status for finding in judged)
        speaker = next(finding for finding in judged if finding.status is status)
        return status, speaker.summary
    if own:
        return Status.SKIP, own[0].summary
    needs = [NEEDS[need] for need in line.needs if need != "model" and getattr(case, need, None) is None]
    return Status.SKIP, f"Needs {' and '.join(needs)}." if needs else "Not built yet."


def _equal_length(case: Case) -> tuple[Status, str]:
    # A case with unequal lengths is refused before any climb.
    splits = ", ".join(f"{split.name} {split.n_rows:,}" for split in case.splits)
    return Status.PASS, f"Rows and labels agree: {splits}."


def _fit_gap(case: Case) -> tuple[Status, str]:
    if case.train is None:
        return Status.SKIP, f"Needs {NEEDS['train']}."
    gap = fit_gap(case)
    if gap is None:
        return Status.SKIP, "Needs the model's scores."
    status = Status.PASS if gap < FIT_GAP else Status.WARN
    return status, f"Training AUC minus validation AUC is {gap:.3f}."


_OWN = {
    "Features and labels of equal length": _equal_length,
    "Train/val AUC gap under 0.10": _fit_gap,
}
