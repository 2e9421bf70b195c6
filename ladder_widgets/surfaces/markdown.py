"""The report as GitHub-flavoured Markdown, for a pull request, an issue or a log of experiments."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ladder_widgets.checklist import CHECKLISTS, Checklist, Line
from ladder_widgets.finding import Evidence, Finding, Status
from ladder_widgets.surfaces.formats import NUMERIC, block, cell, prose, shown
from ladder_widgets.surfaces.words import SIGNS, about, headline, not_checked, tally, verdict

if TYPE_CHECKING:
    from ladder_widgets.report import Report
    from ladder_widgets.rungs.rung import Rung

__all__ = ["code_block", "inert", "render", "render_checklist", "render_checklists"]

# What could start markup becomes a numeric reference, which is a letter and starts nothing.
_STARTS = r"\A[#+=\-]|(?:(?<=\A\d)|(?<=\A\d\d))[.)](?=\s|\Z)"
_ACTIVE = rf"[<>&|`\\*~$]|(?<![^\W_])_|_(?![^\W_])|\](?=[(\[:])|{_STARTS}"
# A mention would notify a stranger, a number would link to an issue, an address would become a link.
_LINKED = r"@(?=\w)|#(?=\d)|(?<=\w):(?=//)|(?<=\bwww)\."
_NAMED = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
_SIGN = re.compile(f"(?P<active>{_ACTIVE})|{_LINKED}", re.IGNORECASE)


def render(report: Report) -> str:
    """Return the report as Markdown.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from ladder_widgets import run_ladder
    >>> X, y = load_wine(return_X_y=True)
    >>> print(render(run_ladder(DecisionTreeClassifier(max_depth=1).fit(X, y), X, y)).splitlines()[0])
    # No rung fails; rung 4 (Model) is worth a look.
    """
    parts = [
        f"# {inert(headline(report))}",
        f"{inert(about(report))}. Findings: {tally(report)}.",
        _ladder(report.rungs),
        *(inert(paragraph) for paragraph in report.narrative().split("\n\n") if paragraph),
    ]
    loud = [f for f in report.findings if f.raised or f.status is Status.ERROR]
    if loud:
        parts += ["## Findings", *(_finding(finding) for finding in loud)]
    parts += _quiet(report)
    if report.complete:
        for which in CHECKLISTS:
            parts += [f"## Checklist: {which}", _checklist(report.checklist(which))]
    return "\n\n".join(parts) + "\n"


def inert(text: str) -> str:
    r"""Return text as a paragraph or a table cell in which nothing is markup.

    Examples
    --------
    >>> inert("a|b <img src=x> *c* and int_rate")
    'a&#124;b &lt;img src=x&gt; &#42;c&#42; and int_rate'
    """
    return _SIGN.sub(_defused, prose(text))


def _defused(found: re.Match[str]) -> str:
    # A comment is gone from the page, and with it what the sign stood before.
    return _reference(found) if found["active"] else f"{found[0]}<!-- -->"


def _reference(found: re.Match[str]) -> str:
    return _NAMED.get(found[0]) or f"&#{ord(found[0])};"


def code_block(source: str, language: str = "python") -> str:
    """Return a fenced block whose fence is longer than any run of backticks inside."""
    text = block(source)
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _ladder(rungs: Iterable[Rung]) -> str:
    head = ["| | Rung | Verdict | |", "|--:|---|---|---|"]
    body = [
        f"| {rung.number} | {rung.name} | {SIGNS[rung.status][0]} {verdict(rung)} | {inert(rung.headline)} |"
        for rung in reversed(tuple(rungs))
    ]
    return "\n".join(head + body)


def _finding(finding: Finding) -> str:
    parts = [
        f"### {SIGNS[finding.status][0]} {inert(finding.title)}",
        f"{_code(finding.code)} on rung {finding.rung} {finding.status.word}. {inert(finding.summary)}",
        *(_evidence(table) for table in finding.evidence),
    ]
    if finding.why:
        parts.append(inert(finding.why))
    if finding.raised and finding.fix:
        parts += ["Fix:", code_block(finding.fix)]
    return "\n\n".join(parts)


def _evidence(table: Evidence) -> str:
    heads = " | ".join(inert(column.name) for column in table.columns)
    rules = " | ".join("--:" if column.format in NUMERIC else "---" for column in table.columns)
    lines = [f"| {heads} |", f"| {rules} |"]
    for row in table.rows:
        cells = [
            _code(shown(value, column.format))
            if column.format == "code"
            else inert(cell(shown(value, column.format)))
            for value, column in zip(row, table.columns, strict=True)
        ]
        lines.append(f"| {' | '.join(cells)} |")
    text = f"{inert(table.caption)}:\n\n" + "\n".join(lines)
    if table.total > len(table.rows):
        text += f"\n\n{len(table.rows)} of {shown(table.total, 'integer')} rows."
    return text


def _code(text: str) -> str:
    """Return text in the letters of code: as a span where it holds no sign, with references elsewhere."""
    line = cell(text)
    if re.fullmatch(r"[\w.,:;=+/() -]*\w[\w.,:;=+/() -]*", line) and line == line.strip():
        return f"`{line}`"
    return f"<code>{_every_sign(line)}</code>"


def _every_sign(text: str) -> str:
    return re.sub(r"[^\w\s]|_", _reference, text)


def _quiet(report: Report) -> list[str]:
    parts = []
    passed = [f for f in report.findings if f.status is Status.PASS]
    if passed:
        lines = [f"- {_code(f.code)} {inert(f.summary)}" for f in passed]
        parts += ["## Passed", "\n".join(lines)]
    groups = not_checked(report)
    if groups:
        lines = [
            f"- {inert(reason)} {', '.join(_code(f.code) for f in found)}" for reason, found in groups.items()
        ]
        parts += ["## Not checked", "\n".join(lines)]
    return parts


def render_checklists(report: Report) -> str:
    """Return both checklists of a report, headed by what was examined."""
    parts = [f"# Checklists: {inert(about(report))}"]
    for which in CHECKLISTS if report.complete else ():
        parts += [f"## {which.capitalize()}", _checklist(report.checklist(which))]
    return "\n\n".join(parts) + "\n"


def render_checklist(checklist: Checklist) -> str:
    """Return one checklist."""
    return f"# Checklist: {checklist.which}\n\n{_checklist(checklist)}\n"


def _checklist(lines: Iterable[Line]) -> str:
    return "\n\n".join(_line(line) for line in lines)


def _line(line: Line) -> str:
    """A task that is ticked once it passes or is signed off, its evidence set in below."""
    verdict = f"**{line.status.word}**"
    signed = line.sign_off
    if signed is not None:
        verdict += f", signed off on {signed.date} ({inert(signed.reason)})"
    told = f"- [{'x' if line.settled else ' '}] {inert(line.text)}: {verdict}. {inert(line.detail)}"
    tables = "\n\n".join(_evidence(table) for table in line.evidence)
    return f"{told}\n\n{_set_in(tables)}" if tables else told


def _set_in(text: str) -> str:
    return "\n".join(f"  {row}" if row else "" for row in text.split("\n"))
