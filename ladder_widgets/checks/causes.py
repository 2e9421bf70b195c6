"""Which fault explains which: the report names the cause, not every symptom."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from ladder_widgets.finding import Finding, Status
from ladder_widgets.taxonomy import CODES

__all__ = ["ORDER", "cause_of", "settle"]

#: Where the causes of a symptom have been found, the symptom is told but not counted. A model judged
#: against shuffled labels cannot beat a dummy, and says nothing about its threshold.
_EXPLAINED_BY: Mapping[str, tuple[str, ...]] = {
    "model.imbalance": (
        "data.misaligned",
        "data.wrong-target",
        "model.wrong-class",
        "model.divergence",
        "model.over-regularized",
    ),
    "model.over-regularized": (
        "data.misaligned",
        "data.wrong-target",
        "model.wrong-class",
        "model.divergence",
    ),
    "evaluation.no-baseline": (
        "data.misaligned",
        "data.wrong-target",
        "model.wrong-class",
        "model.divergence",
        "model.over-regularized",
    ),
    "evaluation.threshold": (
        "data.misaligned",
        "data.wrong-target",
        "model.divergence",
        "model.over-regularized",
    ),
    "production.serialization-mismatch": ("pipeline.train-serve-skew",),
}

#: The same where only all of them together explain it. One half is the best cut for accuracy: whoever
#: reports it on a rare class, and does nothing for the class, has no reason to move it.
_EXPLAINED_BY_ALL: Mapping[str, tuple[str, ...]] = {
    "evaluation.threshold": ("model.imbalance", "evaluation.wrong-metric"),
}

#: Order in which checks run: a cause before its symptoms, rung by rung.
_FIRST = (
    "data.wrong-target",
    "data.misaligned",
    "model.wrong-class",
    "model.divergence",
    "model.over-regularized",
)
ORDER: tuple[str, ...] = (*_FIRST, *(code for code in CODES if code not in _FIRST))


def settle(finding: Finding, found: Mapping[str, Finding]) -> Finding:
    """Return the finding, marked as a symptom if its cause has been found already.

    Parameters
    ----------
    finding : Finding
    found : mapping of code to Finding
        What the checks before this one have found.
    """
    if not finding.raised:
        return finding
    raised = {code for code, one in found.items() if one.raised}
    causes = [code for code in _EXPLAINED_BY.get(finding.code, ()) if code in raised][:1]
    together = _EXPLAINED_BY_ALL.get(finding.code, ())
    if not causes and together and raised.issuperset(together):
        causes = list(together)
    if not causes:
        return finding
    verb = "explains" if len(causes) == 1 else "explain"
    text = f"Not counted: {' and '.join(causes)} {verb} it. Seen was: {finding.summary}"
    return replace(finding, status=Status.SKIP, summary=text)


def cause_of(finding: Finding) -> str | None:
    """Return the code of the cause that :func:`settle` named, or None for any other finding."""
    told = _SETTLED.match(finding.summary) if finding.status is Status.SKIP else None
    return told[1] if told else None


_SETTLED = re.compile(r"Not counted: (\S+) explains it\. Seen was: ")
