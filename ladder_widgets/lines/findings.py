"""A line as the findings of its codes decide it."""

from __future__ import annotations

from dataclasses import replace

from ladder_widgets.checks.causes import cause_of
from ladder_widgets.finding import Evidence, Finding, Status, worst
from ladder_widgets.lines.base import Judged, Seen, needs
from ladder_widgets.taxonomy import ChecklistLine

__all__ = ["from_findings"]

#: Rows of a finding's table that a line repeats; the rest stands with the finding.
ROWS = 3


def from_findings(line: ChecklistLine, seen: Seen) -> Judged:
    """Judge a line by the worst of its findings.

    A symptom that was not counted, as its cause was found, still leaves the line unmet: it takes
    the verdict of the cause.
    """
    ignored = [code for code in line.codes if code in seen.case.ignore]
    own = [seen.found[code] for code in line.codes if code in seen.found]
    judged = [each for each in (_answer(finding, seen) for finding in own) if each.status is not Status.SKIP]
    if judged:
        status = worst(each.status for each in judged)
        speaker = next(each for each in judged if each.status is status)
        detail = speaker.detail
        if status is Status.PASS and len(judged) < len(line.codes):
            detail += _gaps(own, ignored)
        return Judged(status, detail, speaker.evidence)
    if own:
        return Judged(Status.SKIP, own[0].summary)
    if ignored:
        return Judged(Status.SKIP, f"Left out: {' and '.join(ignored)} is muted (ignore=).")
    absent = [need for need in line.needs if getattr(seen.case, need, None) is None]
    return needs(*absent) if absent else Judged(Status.SKIP, "Nothing in this climb decides it.")


def _answer(finding: Finding, seen: Seen) -> Judged:
    cause = cause_of(finding)
    tables = tuple(_short(table) for table in finding.evidence[:1])
    if cause is None or cause not in seen.found:
        return Judged(finding.status, finding.summary, tables)
    _, _, was = finding.summary.partition("Seen was: ")
    text = f"{cause} explains it: mend that first. Seen was: {was}"
    return Judged(seen.found[cause].status, text, tables)


def _gaps(own: list[Finding], ignored: list[str]) -> str:
    """Say what half of the line was not looked at."""
    told = [f"{f.code} was not checked: {f.summary}" for f in own if f.status is Status.SKIP]
    told += [f"{code} is muted (ignore=)." for code in ignored]
    return "".join(f" {text}" for text in told)


def _short(table: Evidence) -> Evidence:
    return replace(table, rows=table.rows[:ROWS])
