"""The report in a terminal: the ladder drawn, what is wrong with evidence and fix, and what to do next."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any, Literal

from rich import box
from rich.console import Console, Group, RenderableType
from rich.constrain import Constrain
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from ladder_widgets.finding import Evidence, Finding, Format, Status
from ladder_widgets.surfaces.formats import NUMERIC, block, cell, clip, prose, shown
from ladder_widgets.surfaces.words import SIGNS, about, headline, not_checked, tally, verdict

if TYPE_CHECKING:
    from ladder_widgets.report import Report
    from ladder_widgets.rungs.rung import Rung

__all__ = ["code_text", "plain_text", "print_report", "render"]

_WIDTH = 80
_STYLES = {
    "pass": "green",
    "warn": "yellow",
    "fail": "bold red",
    "skip": "dim",
    "error": "magenta",
    "pending": "dim",
    "running": "cyan",
}
#: Rows of evidence, and characters of a cell.
_ROWS, _CELL = 8, 44
#: A line of prose longer than this is hard to read.
_MEASURE = 100


def plain_text(report: Report) -> str:
    """Return the ladder in about ten lines of 80 characters, for ``repr``.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from ladder_widgets import run_ladder
    >>> X, y = load_wine(return_X_y=True)
    >>> print(plain_text(run_ladder(DecisionTreeClassifier(max_depth=1).fit(X, y), X, y)))
    DecisionTreeClassifier: 178 validation rows, 13 features, 3 classes
      6 Production  – not checked  needs a production log
      ...
      0 Data        ✓ passes ...
    No rung fails; rung 4 (Model) is worth a look.
    Next: report.narrative(), report.finding('model.over-regularized')
    """
    words = max(len(verdict(rung)) for rung in report.rungs)
    lines = [about(report)]
    for rung in reversed(report.rungs):
        told = f"{SIGNS[rung.status][0]} {verdict(rung):<{words}}  {prose(rung.headline)}"
        lines.append(f"  {rung.number} {rung.name:<10}  {told}")
    lines += [headline(report), *_next(report)]
    return "\n".join(clip(line.rstrip(), _WIDTH) for line in lines)


def _next(report: Report) -> list[str]:
    if not report.complete:
        return []
    raised = sorted((f for f in report.findings if f.raised), key=lambda f: f.status is not Status.FAIL)
    last = f"report.finding({cell(raised[0].code)!r})" if raised else "report.checklist()"
    return [f"Next: report.narrative(), {last}"]


def render(report: Report) -> str:
    """Return what :func:`print_report` prints at 80 columns without colour."""
    file = StringIO()
    print_report(report, Console(file=file, width=_WIDTH, color_system=None, force_terminal=False))
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def print_report(report: Report, console: Console | None = None) -> None:
    """Print the report.

    Parameters
    ----------
    report : Report
    console : rich.console.Console, optional
        Decides width and colours; a new one on the standard output by default.
    """
    console = console or Console()
    ascii_only = console.options.ascii_only
    parts: list[RenderableType] = [Text(about(report), style="bold"), _ladder(report, ascii_only)]
    parts += [_sentence(headline(report), "bold"), _sentence(tally(report), "dim")]
    console.print(Group(*parts), highlight=False)
    for finding in report.findings:
        if finding.raised or finding.status is Status.ERROR:
            _print_finding(finding, console, ascii_only)
    _print_quiet(report, console, ascii_only)
    _print_narrative(report, console)


# ---- the ladder ------------------------------------------------------------------------------


def _ladder(report: Report, ascii_only: bool) -> Padding:
    words = max(len(verdict(rung)) for rung in report.rungs)
    lines = []
    for rung in reversed(report.rungs):
        style = _STYLES[rung.status]
        line = Text(_step(rung, ascii_only), style=style, no_wrap=True, overflow="ellipsis")
        line.append(f" {rung.name:<10} ", style="not dim bold")
        line.append(f"{_sign(rung.status, ascii_only)} {verdict(rung):<{words}} ")
        line.append(prose(rung.headline), style="not bold not dim default")
        lines.append(line)
    return Padding(Group(*lines), (1, 0))


def _step(rung: Rung, ascii_only: bool) -> str:
    """Draw a rung between two rails: whole, broken where it cannot be relied on yet, or absent."""
    absent = rung.status in (Status.SKIP, "pending")
    if ascii_only:
        bar = " " if absent else "=" if not rung.provisional else "-"
        return f"|{bar} {rung.number} {bar}|"
    bar = " " if absent else "━" if not rung.provisional else "╌"
    left, right = ("┃", "┃") if absent else ("┣", "┫")
    return f"{left}{bar} {rung.number} {bar}{right}"


def _sign(status: str, ascii_only: bool) -> str:
    return SIGNS[status][ascii_only]


# ---- findings --------------------------------------------------------------------------------


def _print_finding(finding: Finding, console: Console, ascii_only: bool) -> None:
    style = _STYLES[finding.status]
    title = Text()
    title.append(f"{_sign(finding.status, ascii_only)} {prose(finding.title, 120)}", style=style)
    where = f"{cell(finding.code, 60)}, rung {finding.rung}, {finding.status.word}"
    parts: list[RenderableType] = [Text(), title, Text(f"  {where}", style="dim"), _sentence(finding.summary)]
    if finding.evidence:
        parts += [Text(), *_evidence(finding.evidence[0], ascii_only)]
    console.print(Group(*parts), highlight=False)
    if finding.fix and finding.raised:
        console.print()
        # Flush left and not wrapped, so that it can be pasted.
        console.print(code_text(finding.fix), soft_wrap=True, highlight=False)


def _evidence(table: Evidence, ascii_only: bool) -> list[RenderableType]:
    grid = Table(box=box.ASCII2 if ascii_only else box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    forms = [column.format for column in table.columns]
    for column in table.columns:
        side: Literal["left", "right"] = "right" if column.format in NUMERIC else "left"
        grid.add_column(Text(cell(column.name, _CELL)), justify=side, overflow="fold")
    for row in table.rows[:_ROWS]:
        grid.add_row(*(_value(value, form) for value, form in zip(row, forms, strict=True)))
    parts: list[RenderableType] = [_sentence(table.caption, "italic"), Padding(grid, (0, 0, 0, 2))]
    told = min(_ROWS, len(table.rows))
    if table.total > told:
        parts.append(_sentence(f"{told} of {shown(table.total, 'integer')} rows", "dim"))
    return parts


def _value(value: Any, form: Format) -> Text:
    text = cell(shown(value, form), _CELL)
    return Text(text.replace(" ", "\N{NO-BREAK SPACE}") if form in NUMERIC else text)


def code_text(source: str) -> Text:
    """Return Python with colours, neither wrapped nor indented: it is there to be pasted."""
    highlighted = Syntax("", "python", theme="ansi_dark").highlight(block(source))
    highlighted.rstrip()
    return highlighted


# ---- the rest --------------------------------------------------------------------------------


def _print_quiet(report: Report, console: Console, ascii_only: bool) -> None:
    passed = [cell(finding.code, 60) for finding in report.findings if finding.status is Status.PASS]
    if passed:
        lead = f"\n{_sign('pass', ascii_only)} Passed"
        console.print(Group(Text(lead, style="bold"), _sentence(", ".join(passed))), highlight=False)
    groups = not_checked(report)
    if groups:
        lines = [
            _sentence(f"{prose(reason).rstrip('.')}: {', '.join(cell(f.code, 60) for f in found)}")
            for reason, found in groups.items()
        ]
        lead = f"\n{_sign('skip', ascii_only)} Not checked"
        console.print(Group(Text(lead, style="bold"), *lines), highlight=False)


def _print_narrative(report: Report, console: Console) -> None:
    paragraphs = [_sentence(text) for text in report.narrative().split("\n\n") if text]
    for number, paragraph in enumerate(paragraphs):
        lead = Text("" if number else "\nIn plain words", style="bold")
        console.print(Group(lead, paragraph), highlight=False)


def _sentence(text: str, style: str = "") -> Padding:
    return Padding(Constrain(Text(prose(text), style=style), _MEASURE), (0, 0, 0, 2))
