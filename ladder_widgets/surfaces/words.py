"""Sentences and signs that several surfaces share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ladder_widgets.finding import Finding, Status
from ladder_widgets.surfaces.formats import cell, shown

if TYPE_CHECKING:
    from ladder_widgets.report import Report
    from ladder_widgets.rungs.rung import Rung

__all__ = ["SIGNS", "about", "headline", "not_checked", "tally", "verdict"]

#: A sign for every status, so that none hangs on colour; the second one is for terminals without Unicode.
SIGNS = {
    "pass": ("✓", "+"),
    "warn": ("!", "!"),
    "fail": ("✗", "x"),
    "skip": ("–", "-"),
    "error": ("?", "?"),
    "pending": ("·", "."),
    "running": ("…", "~"),
}
_ORDER = (Status.FAIL, Status.ERROR, Status.WARN, Status.PASS, Status.SKIP)


def about(report: Report) -> str:
    """Say what was examined: the model, the rows, and how rare the positive class is."""
    data = report.to_dict()["data"]
    rows, columns, classes = data["n_val"], data["n_features"], data["classes"]
    facts = f"{shown(rows, 'integer')} validation rows, {shown(columns, 'integer')} features"
    if data["positive"] is None:
        last = f"{len(classes)} classes"
    else:
        share = data["shares"][classes.index(data["positive"])]
        last = f"{shown(share, 'percent')} {cell(data['positive'], 24)}"
    return f"{cell(report.case.model_name, 60)}: {facts}, {last}"


def headline(report: Report) -> str:
    """Say in a sentence which rung to mend first.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from ladder_widgets import run_ladder
    >>> X, y = load_wine(return_X_y=True)
    >>> headline(run_ladder(DecisionTreeClassifier(max_depth=1).fit(X, y), X, y))
    'No rung fails; rung 4 (Model) is worth a look.'
    """
    if not report.complete:
        return "The climb is not complete."
    failing = report.first_failing_rung
    if failing is not None:
        return f"Rung {failing.number} ({failing.name}) fails first."
    doubtful = [rung for rung in report.rungs if rung.status in (Status.WARN, Status.ERROR)]
    if not doubtful:
        return "Nothing is wrong on the rungs that could be checked."
    names = [f"rung {rung.number} ({rung.name})" for rung in doubtful]
    *most, last = names
    listed = f"{', '.join(most)} and {last} are" if most else f"{last} is"
    return f"No rung fails; {listed} worth a look."


def verdict(rung: Rung) -> str:
    """Return the status of a rung in words, with what makes it doubtful."""
    return f"{rung.word}, provisional" if rung.provisional else rung.word


def tally(report: Report) -> str:
    """Count the findings by status: ``1 fails · 2 warn …``."""
    counts = {status: sum(finding.status is status for finding in report.findings) for status in _ORDER}
    told = [f"{n} {status.word if n == 1 else _PLURAL[status]}" for status, n in counts.items() if n]
    return " · ".join(told)


_PLURAL = {
    Status.PASS: "pass",
    Status.WARN: "warn",
    Status.FAIL: "fail",
    Status.SKIP: "not checked",
    Status.ERROR: "broke",
}


def not_checked(report: Report) -> dict[str, list[Finding]]:
    """Group the findings that could not be checked by what they need."""
    groups: dict[str, list[Finding]] = {}
    for finding in report.findings:
        if finding.status is Status.SKIP:
            groups.setdefault(finding.summary, []).append(finding)
    return groups
