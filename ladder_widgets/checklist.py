"""The development and the production checklist: a verdict and its evidence for every line, and sign-offs."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from os import PathLike
from pathlib import Path
from typing import Any, overload

import pandas as pd

from ladder_widgets.finding import Evidence, Status
from ladder_widgets.lines import development, production, triggers
from ladder_widgets.lines.base import Judged, Seen
from ladder_widgets.lines.findings import from_findings
from ladder_widgets.lines.training import training_loss
from ladder_widgets.taxonomy import DEVELOPMENT, PRODUCTION, ChecklistLine
from ladder_widgets.validation import refuse, shown

__all__ = ["CHECKLISTS", "Checklist", "Line", "SignOff", "sign", "verdicts"]

CHECKLISTS: Mapping[str, tuple[ChecklistLine, ...]] = {"development": DEVELOPMENT, "production": PRODUCTION}
#: Characters of a reason.
LONGEST = 500
_ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>]+\.\w+")


@dataclass(frozen=True, slots=True)
class SignOff:
    """Somebody has looked at a line and answers for it: which, why, and on what day (UTC).

    It holds no name: who signs is told by whatever keeps the report.
    """

    line: str
    reason: str
    date: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its automatic verdict, and its sign-off if there is one.

    Attributes
    ----------
    text, layer, rung, codes
        See :class:`ladder_widgets.taxonomy.ChecklistLine`.
    status : Status
        The automatic verdict; ``skip`` reads "not checked" and the detail says what it needs.
    detail : str
        One to three sentences.
    evidence : tuple of Evidence
        The numbers, in short tables.
    sign_off : SignOff or None
        Stands beside the verdict and never changes it.
    """

    text: str
    layer: str
    rung: int
    codes: tuple[str, ...]
    status: Status
    detail: str
    evidence: tuple[Evidence, ...] = ()
    sign_off: SignOff | None = None

    @property
    def settled(self) -> bool:
        """Whether the line needs no further look: it passes, or is signed off."""
        return self.status is Status.PASS or self.sign_off is not None


@dataclass(frozen=True)
class Checklist(Sequence[Line]):
    """The lines of one checklist, in order.

    Examples
    --------
    >>> line = Line("Test set evaluated exactly once", "evaluation", 5, (), Status.PASS, "The first look.")
    >>> checklist = Checklist("development", (line,))
    >>> len(checklist), checklist[0].status.word
    (1, 'passes')
    >>> checklist
    Checklist 'development': 1 passes. Next: .frame(), .to_markdown()
    """

    which: str
    lines: tuple[Line, ...]

    def __len__(self) -> int:
        return len(self.lines)

    @overload
    def __getitem__(self, index: int) -> Line: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Line, ...]: ...
    def __getitem__(self, index: int | slice) -> Line | tuple[Line, ...]:
        return self.lines[index]

    def __iter__(self) -> Iterator[Line]:
        return iter(self.lines)

    def line(self, text: str) -> Line:
        """Return a line by its text, or by how its text begins.

        Raises
        ------
        ValueError
            If no line, or more than one, begins like this.
        """
        found = _found(text, [line.text for line in self.lines])
        return next(line for line in self.lines if line.text == found)

    def frame(self) -> pd.DataFrame:
        """Return the lines as a frame, one row each."""
        rows = [
            (
                line.text,
                line.layer,
                line.rung,
                line.status.value,
                line.detail,
                None if line.sign_off is None else line.sign_off.reason,
                None if line.sign_off is None else line.sign_off.date,
            )
            for line in self.lines
        ]
        columns = ["line", "layer", "rung", "status", "detail", "signed_off", "signed_on"]
        return pd.DataFrame(rows, columns=columns)

    def to_markdown(self, path: str | PathLike[str] | None = None) -> str:
        """Return the checklist as Markdown; write it to ``path`` if given."""
        from ladder_widgets.surfaces.markdown import render_checklist

        text = render_checklist(self)
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    def __repr__(self) -> str:
        counts = {status.word: sum(line.status is status for line in self.lines) for status in Status}
        told = " · ".join(f"{count} {word}" for word, count in counts.items() if count)
        signed = sum(line.sign_off is not None for line in self.lines)
        more = f", {signed} signed off" if signed else ""
        return f"Checklist {self.which!r}: {told}{more}. Next: .frame(), .to_markdown()"


# ---- verdicts --------------------------------------------------------------------------------


def verdicts(which: str, seen: Seen, signed: Sequence[SignOff] = ()) -> Checklist:
    """Judge every line of a checklist.

    Parameters
    ----------
    which : {"development", "production"}
    seen : Seen
        What the climb has seen.
    signed : sequence of SignOff
        Of one line the last counts.
    """
    by_line = {sign_off.line: sign_off for sign_off in signed}
    lines = (replace(_judged(line, seen), sign_off=by_line.get(line.text)) for line in CHECKLISTS[which])
    return Checklist(which, tuple(lines))


def _judged(line: ChecklistLine, seen: Seen) -> Line:
    """A line that cannot be judged says so, and the others are judged."""
    try:
        judged = _OWN[line.text](line, seen) if line.text in _OWN else from_findings(line, seen)
    except Exception as error:
        judged = Judged(Status.ERROR, f"This line itself broke: {type(error).__name__}: {error}")
    return Line(line.text, line.layer, line.rung, line.codes, judged.status, judged.detail, judged.evidence)


def _alone(judge: Callable[[Seen], Judged]) -> Callable[[ChecklistLine, Seen], Judged]:
    return lambda _, seen: judge(seen)


_OWN: Mapping[str, Callable[[ChecklistLine, Seen], Judged]] = {
    "Features and labels of equal length": _alone(development.equal_length),
    "Training loss decreases": training_loss,
    "Train/val AUC gap under 0.10": _alone(development.fit_gap_line),
    "Cross-validation, not the test set, used for comparing models": _alone(
        development.compared_by_cross_validation
    ),
    "Test set evaluated exactly once": _alone(development.evaluated_once),
    "Fitted pipeline serialized and loaded, not re-created": production.loaded_not_recreated,
    "Schema validated at the prediction endpoint": production.schema_validated,
    "Prediction distribution monitored against the training baseline": production.predictions_monitored,
    "Rolling AUC as ground truth arrives": production.rolling,
    "Out-of-distribution detection for extreme inputs": _alone(production.extreme_inputs),
    "Alert thresholds defined and tested": _alone(triggers.alerts_tested),
    "Retrain trigger defined (AUC drop > 0.05, PSI > 0.25)": _alone(triggers.retrain_trigger),
}


# ---- sign-offs -------------------------------------------------------------------------------


def sign(text: Any, reason: Any) -> SignOff:
    """Return a sign-off of today.

    Parameters
    ----------
    text : str
        The line, or how it begins.
    reason : str
        Why it is all right; at most 500 characters, without an e-mail address.

    Raises
    ------
    ValueError
        For a line that is in neither checklist, and for a reason that cannot be used.

    Examples
    --------
    >>> sign("Test set", "The second look was a rerun in CI.").line
    'Test set evaluated exactly once'
    >>> sign("Test set", "ok by jane@example.org")
    Traceback (most recent call last):
        ...
    ValueError: The 'reason' parameter must be free of names, as it is kept with the report.
    Got an e-mail address instead.
    """
    line = _found(text, [line.text for lines in CHECKLISTS.values() for line in lines])
    return SignOff(line, _reason(reason), dt.datetime.now(dt.UTC).date().isoformat())


def _reason(reason: Any) -> str:
    accepted = f"a text of 1 to {LONGEST} characters that says why"
    if not isinstance(reason, str):
        raise refuse("reason", accepted, shown(reason))
    told = " ".join(reason.split())
    if not told or len(told) > LONGEST:
        raise refuse("reason", accepted, f"{len(told):,} characters")
    if _ADDRESS.search(told):
        raise refuse("reason", "free of names, as it is kept with the report", "an e-mail address")
    return told


def _found(text: Any, lines: Sequence[str]) -> str:
    wanted = str(text).strip().casefold()
    same = [line for line in lines if line.casefold() == wanted]
    found = same or [line for line in lines if wanted and line.casefold().startswith(wanted)]
    if len(found) == 1:
        return found[0]
    accepted = "a line of the checklists, or how one of them begins"
    if found:
        hint = f"It could be {' or '.join(map(repr, found))}."
        raise refuse("line", accepted, shown(text), hint)
    raise refuse("line", accepted, shown(text), _near(wanted, lines))


def _near(wanted: str, lines: Sequence[str]) -> str:
    by_text = {line.casefold(): line for line in lines}
    near = [line for low, line in by_text.items() if wanted and wanted in low]
    near += [by_text[low] for low in get_close_matches(wanted, by_text, n=3, cutoff=0.4)]
    listed = list(dict.fromkeys(near))[:3]
    if not listed:
        return "They are listed by report.checklist(which).frame()."
    return f"Did you mean {' or '.join(map(repr, listed))}?"
