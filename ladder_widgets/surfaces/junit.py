"""The findings as JUnit XML, the format every CI can read.

One test suite per rung, rung 0 first. In it one test case for the verdict of the rung itself (class
name ``ladder_widgets.rung``) and one for each finding (class name ``ladder_widgets.<layer>``, name the
code). A finding that fails is a failure; one that warns passes, with its text as output, so that only
what would change a decision turns a build red; one that was not checked is skipped, with what it needs;
a check that broke is an error. A rung with a failing finding fails with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from ladder_widgets.finding import Evidence, Finding, Status
from ladder_widgets.surfaces.formats import block, cell, prose, shown
from ladder_widgets.surfaces.words import about, verdict

if TYPE_CHECKING:
    from ladder_widgets.report import Report
    from ladder_widgets.rungs.rung import Rung

__all__ = ["render"]

_COUNTED = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def render(report: Report) -> str:
    """Return the XML.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from ladder_widgets import run_ladder
    >>> X, y = load_wine(return_X_y=True)
    >>> text = render(run_ladder(DecisionTreeClassifier(max_depth=1).fit(X, y), X, y))
    >>> len(ET.fromstring(text).findall("testsuite"))
    7
    """
    root = ET.Element("testsuites", name=f"ladder_widgets: {about(report)}")
    for rung in report.rungs:
        suite = ET.SubElement(root, "testsuite", name=f"rung {rung.number} {rung.name}")
        _add_rung(suite, rung)
        for finding in report.findings:
            if finding.rung == rung.number:
                _add_finding(suite, finding)
        _count(suite, list(suite), rung.seconds)
    _count(root, list(root.iter("testcase")), report.seconds)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _add_rung(suite: ET.Element, rung: Rung) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        classname="ladder_widgets.rung",
        name=f"rung {rung.number} {rung.name}",
        time=_seconds(rung.seconds),
    )
    text = "\n".join([f"{prose(rung.headline)} ({verdict(rung)})", *map(prose, (rung.summary, *rung.notes))])
    _settle(case, rung.status, rung.summary, text)


def _add_finding(suite: ET.Element, finding: Finding) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        classname=f"ladder_widgets.{finding.layer}",
        name=cell(finding.code),
        time=_seconds(finding.seconds),
    )
    parts = [f"{prose(finding.title)} ({finding.status.word})", prose(finding.summary)]
    parts += map(_table, finding.evidence)
    if finding.raised and finding.fix:
        parts.append(f"Fix:\n{block(finding.fix)}")
    _settle(case, finding.status, finding.summary, "\n\n".join(parts))


def _settle(case: ET.Element, status: str, summary: str, text: str) -> None:
    message = prose(summary)
    if status == Status.FAIL:
        ET.SubElement(case, "failure", type="fail", message=message).text = text
    elif status == Status.ERROR:
        ET.SubElement(case, "error", type="error", message=message).text = text
    elif status in (Status.PASS, Status.WARN):
        ET.SubElement(case, "system-out").text = text
    else:  # not checked, or not reached yet
        ET.SubElement(case, "skipped", message=message or "not reached")


def _table(evidence: Evidence) -> str:
    forms = [column.format for column in evidence.columns]
    lines = [f"{prose(evidence.caption)}:", "  ".join(cell(column.name) for column in evidence.columns)]
    lines += [
        "  ".join(cell(shown(value, form)) for value, form in zip(row, forms, strict=True))
        for row in evidence.rows
    ]
    return "\n".join(lines)


def _count(element: ET.Element, cases: list[ET.Element], seconds: float | None) -> None:
    element.set("tests", str(len(cases)))
    for attribute, tag in _COUNTED.items():
        element.set(attribute, str(sum(case.find(tag) is not None for case in cases)))
    element.set("time", _seconds(seconds))


def _seconds(seconds: float | None) -> str:
    return f"{seconds or 0:.3f}"
