"""What a judge of a checklist line is given, and what it returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ladder_widgets.case import Case
from ladder_widgets.finding import Evidence, Finding, Status
from ladder_widgets.looks import Looks
from ladder_widgets.rungs.rung import Rung
from ladder_widgets.taxonomy import NEEDS

__all__ = ["Judged", "Seen", "needs"]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a finished climb has seen: the case, the findings by code, the rungs, the look at the test set."""

    case: Case
    found: Mapping[str, Finding]
    rungs: tuple[Rung, ...] = ()
    looks: Looks | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, in a sentence or two, with its numbers."""

    status: Status
    detail: str
    evidence: tuple[Evidence, ...] = ()


def needs(*names: str) -> Judged:
    """Return "not checked" with what it needs."""
    return Judged(Status.SKIP, f"Needs {' and '.join(NEEDS[name] for name in names)}.")
