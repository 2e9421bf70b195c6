"""The report as a small piece of static HTML, for notebooks where the live panel is not to be had."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from ladder_widgets.finding import Finding, Status
from ladder_widgets.surfaces.formats import cell, clip, prose
from ladder_widgets.surfaces.words import SIGNS, about, headline, tally, verdict

if TYPE_CHECKING:
    from ladder_widgets.report import Report
    from ladder_widgets.rungs.rung import Rung

__all__ = ["render"]

#: Bytes of findings; with the ladder the whole stays under 15 KB.
_BUDGET = 9_000
_SUMMARY = 320
# Dark on white, each with a contrast above 4.5; words and signs say the same.
_COLOURS = {"pass": "#18794e", "warn": "#8a5a00", "fail": "#b3261e", "skip": "#5b6673", "error": "#8b3fb0"}
_MUTED = "#5b6673"
_ROOT = (
    "background:#fff;color:#1d232b;border:1px solid #dfe3e8;border-radius:6px;padding:12px 16px;"
    "max-width:760px;font:14px/1.45 system-ui,sans-serif;text-align:left"
)
_CELL = (
    "padding:2px 14px 2px 0;border:0;background:#fff;color:#1d232b;font-size:14px;text-align:left;"
    "vertical-align:top"
)


def render(report: Report) -> str:
    """Return the summary: the ladder, what to mend first, and what was found.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from ladder_widgets import run_ladder
    >>> X, y = load_wine(return_X_y=True)
    >>> page = render(run_ladder(DecisionTreeClassifier(max_depth=1).fit(X, y), X, y))
    >>> page.startswith('<div class="lw-summary"'), len(page) < 15_000
    (True, True)
    """
    rows = "".join(_rung(rung) for rung in reversed(report.rungs))
    return (
        f'<div class="lw-summary" style="{_ROOT}">'
        f'<p style="margin:0 0 8px"><b>{_inert(about(report))}</b></p>'
        f'<table style="border-collapse:collapse;border:0;margin:0"><tbody>{rows}</tbody></table>'
        f'<p style="margin:8px 0 4px"><b>{_inert(headline(report))}</b> '
        f'<span style="color:{_MUTED}">{_inert(tally(report))}</span></p>'
        f"{_findings(report)}</div>"
    )


def _rung(rung: Rung) -> str:
    colour = _COLOURS.get(rung.status, _MUTED)
    return (
        f'<tr style="background:#fff"><td style="{_CELL};color:{_MUTED}">{rung.number}</td>'
        f'<th scope="row" style="{_CELL};font-weight:600">{rung.name}</th>'
        f'<td style="{_CELL};color:{colour};white-space:nowrap">{SIGNS[rung.status][0]} {verdict(rung)}</td>'
        f'<td style="{_CELL}">{_inert(clip(prose(rung.headline), 90))}</td></tr>'
    )


def _findings(report: Report) -> str:
    loud = [finding for finding in report.findings if finding.raised or finding.status is Status.ERROR]
    # The ones to mend first are the ones to keep.
    loud.sort(key=lambda finding: finding.status is not Status.FAIL)
    items: list[str] = []
    for finding in loud:
        item = _finding(finding)
        if sum(len(each.encode()) for each in [*items, item]) > _BUDGET:
            break
        items.append(item)
    if len(items) < len(loud):
        items.append(f'<li style="color:{_MUTED}">and {len(loud) - len(items)} more</li>')
    return f'<ul style="margin:0;padding-left:20px">{"".join(items)}</ul>' if items else ""


def _finding(finding: Finding) -> str:
    colour = _COLOURS[finding.status]
    return (
        f'<li style="margin:4px 0"><span style="color:{colour}">{SIGNS[finding.status][0]} '
        f"{finding.status.word}</span> <b>{_inert(clip(prose(finding.title), 120))}</b> "
        f'<code style="color:{_MUTED};background:#fff">{_inert(cell(finding.code, 60))}</code><br>'
        f"{_inert(clip(prose(finding.summary), _SUMMARY))}</li>"
    )


def _inert(text: str) -> str:
    return f"<bdi>{html.escape(text)}</bdi>"
