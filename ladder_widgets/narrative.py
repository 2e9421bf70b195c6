"""The report as a colleague would tell it: what is wrong first, why, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence

from ladder_widgets.finding import Finding, Status
from ladder_widgets.rungs.rung import Rung

__all__ = ["narrate"]


def narrate(rungs: Sequence[Rung], findings: Sequence[Finding], notes: Sequence[str]) -> list[str]:
    """Return paragraphs: the first thing to mend, the rest, what the references say, what was not checked."""
    paragraphs = [_first(rungs, findings), *_others(rungs, findings), _references(rungs)]
    paragraphs += [_not_checked(findings), " ".join(notes)]
    return [paragraph for paragraph in paragraphs if paragraph]


def _first(rungs: Sequence[Rung], findings: Sequence[Finding]) -> str:
    failing = next((rung for rung in rungs if rung.status is Status.FAIL), None)
    if failing is None:
        warned = [rung for rung in rungs if rung.status is Status.WARN]
        if not warned:
            return "Nothing is wrong on the rungs that could be checked."
        listed = ", ".join(f"rung {rung.number} ({rung.name})" for rung in warned)
        return f"No rung fails; worth a look: {listed}."
    own = [f for f in findings if f.rung == failing.number and f.status is Status.FAIL]
    lead = f"Mend rung {failing.number} ({failing.name}) first."
    above = " Whatever stands above it is provisional until then." if failing.number < 6 else ""
    reasons = " ".join(f"{finding.title}: {finding.summary}" for finding in own) or failing.summary
    return f"{lead} {reasons}{above}"


def _others(rungs: Sequence[Rung], findings: Sequence[Finding]) -> list[str]:
    failing = next((rung.number for rung in rungs if rung.status is Status.FAIL), -1)
    rest = [f for f in findings if f.raised and not (f.rung == failing and f.status is Status.FAIL)]
    return [f"Then rung {f.rung}: {f.title}. {f.summary}" for f in rest]


def _references(rungs: Sequence[Rung]) -> str:
    model = rungs[4]
    if model.score is None:
        return model.summary if model.status is Status.FAIL else ""
    scored = [rung for rung in rungs[1:4] if rung.score is not None]
    listed = ", ".join(f"{rung.name.lower()} {rung.score.headline}" for rung in scored if rung.score)
    return f"Your model: {model.score.headline}. {model.verdict} For comparison: {listed}."


def _not_checked(findings: Sequence[Finding]) -> str:
    skipped = [f for f in findings if f.status is Status.SKIP]
    broken = [f for f in findings if f.status is Status.ERROR]
    parts = []
    if skipped:
        listed = "; ".join(f"{f.code} ({_lower(f.summary)})" for f in skipped)
        parts.append(f"Not checked: {listed}.")
    if broken:
        parts.append(f"Checks that broke: {', '.join(f.code for f in broken)}.")
    return " ".join(parts)


def _lower(sentence: str) -> str:
    return (sentence[:1].lower() + sentence[1:]).rstrip(".")
