"""The findings as SARIF 2.1.0, for code scanning and the viewers that read it.

Every fault of the vocabulary is a rule. A finding that warns or fails is a result of the level
``warning`` or ``error``; a check that broke is a ``note``. A rung that warns or fails on its own
account, with no finding to show for it, is a result of the rule ``rung.<number>``. A model has no
lines of code: the place of a result is the saved model where one was named by a relative path
(``artifact=``), and always the rung, as a logical location.
"""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import ladder_widgets
from ladder_widgets.finding import Finding, Status
from ladder_widgets.plain import to_plain
from ladder_widgets.surfaces.formats import block, cell, prose
from ladder_widgets.surfaces.markdown import code_block, inert
from ladder_widgets.surfaces.words import about
from ladder_widgets.taxonomy import FAULTS, RUNGS, Fault

if TYPE_CHECKING:
    from ladder_widgets.report import Report
    from ladder_widgets.rungs.rung import Rung

__all__ = ["render"]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Status.FAIL: "error", Status.WARN: "warning", Status.ERROR: "note"}


def render(report: Report) -> str:
    """Return the log as JSON.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from ladder_widgets import run_ladder
    >>> X, y = load_wine(return_X_y=True)
    >>> log = json.loads(render(run_ladder(DecisionTreeClassifier(max_depth=1).fit(X, y), X, y)))
    >>> log["version"], len(log["runs"])
    ('2.1.0', 1)
    """
    loud = [finding for finding in report.findings if finding.status in _LEVELS]
    alone = [rung for rung in report.rungs if _alone(rung, loud)]
    rules = [_rule(each) for each in FAULTS]
    known = {each["id"] for each in rules}
    own = {finding.code: finding for finding in loud if finding.code not in known}
    rules += [_users_rule(finding) for finding in own.values()]
    rules += [_rung_rule(rung) for rung in alone]
    index = {rule["id"]: position for position, rule in enumerate(rules)}
    place = _artifact(report.case.artifact)
    results = [_result(finding, index, place) for finding in loud]
    results += [_rung_result(rung, index, place) for rung in alone]
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(report, rules, results)]}
    return json.dumps(to_plain(log), indent=2, ensure_ascii=False, allow_nan=False)


def _run(report: Report, rules: list[dict[str, Any]], results: list[dict[str, Any]]) -> dict[str, Any]:
    driver = {
        "name": "ladder-widgets",
        "version": ladder_widgets.__version__,
        "semanticVersion": ladder_widgets.__version__,
        "rules": rules,
    }
    return {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True}],
        "properties": {"about": about(report)},
        "results": results,
    }


# ---- rules -----------------------------------------------------------------------------------


def _rule(fault: Fault) -> dict[str, Any]:
    return _any_rule(fault.code, fault.title, fault.question, fault.why, fault.fix, fault.layer)


def _users_rule(finding: Finding) -> dict[str, Any]:
    return _any_rule(finding.code, finding.title, finding.question, finding.why, finding.fix, finding.layer)


def _rung_rule(rung: Rung) -> dict[str, Any]:
    spec = RUNGS[rung.number]
    return _any_rule(
        f"rung.{rung.number}", f"Rung {rung.number}, {spec.name}", spec.question, spec.passes_when, "", "rung"
    )


def _any_rule(code: str, title: str, question: str, why: str, fix: str, tag: str) -> dict[str, Any]:
    described = prose(f"{question} {why}") or prose(title)
    plain = [described, block(fix)] if fix else [described]
    marked = [inert(described), code_block(fix)] if fix else [inert(described)]
    return {
        "id": cell(code),
        "shortDescription": {"text": prose(title)},
        "fullDescription": {"text": described},
        "help": {"text": "\n\n".join(plain), "markdown": "\n\n".join(marked)},
        "defaultConfiguration": {"level": "warning"},
        "properties": {"tags": [cell(tag)]},
    }


# ---- results ---------------------------------------------------------------------------------


def _alone(rung: Rung, loud: list[Finding]) -> bool:
    raised = rung.status in (Status.WARN, Status.FAIL, Status.ERROR)
    return raised and not any(f.rung == rung.number and f.status == rung.status for f in loud)


def _result(finding: Finding, index: dict[str, int], place: str | None) -> dict[str, Any]:
    text = f"{prose(finding.title)}: {prose(finding.summary)}"
    return _any_result(cell(finding.code), finding.status, text, finding.rung, index, place)


def _rung_result(rung: Rung, index: dict[str, int], place: str | None) -> dict[str, Any]:
    text = f"Rung {rung.number} ({rung.name}) {rung.word}: {prose(rung.summary)}"
    return _any_result(f"rung.{rung.number}", rung.status, text, rung.number, index, place)


def _any_result(
    code: str, status: Any, text: str, rung: int, index: dict[str, int], place: str | None
) -> dict[str, Any]:
    logical = {
        "name": RUNGS[rung].name,
        "fullyQualifiedName": f"rung {rung} {RUNGS[rung].name}",
        "kind": "module",
    }
    location: dict[str, Any] = {"logicalLocations": [logical]}
    if place is not None:
        location["physicalLocation"] = {"artifactLocation": {"uri": place}, "region": {"startLine": 1}}
    return {
        "ruleId": code,
        "ruleIndex": index[code],
        "level": _LEVELS[status],
        "message": {"text": text},
        "locations": [location],
        "partialFingerprints": {"ladderFinding/v1": code},
    }


def _artifact(artifact: Any) -> str | None:
    """Return a relative path as a URI; an absolute one would tell where somebody's files are."""
    try:
        path = PurePath(artifact)
    except TypeError:
        return None
    return None if path.is_absolute() else quote(path.as_posix())
