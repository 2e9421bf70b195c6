"""What a check says: a finding with a status, evidence in numbers, and a fix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Literal

__all__ = ["Column", "Evidence", "Finding", "Format", "Status", "evidence", "percent", "worst"]

Format = Literal["text", "code", "integer", "number", "percent", "score"]

#: Rows of evidence kept in a finding; the total is always told.
MAX_ROWS = 20


class Status(StrEnum):
    """Verdict of a check or of a rung."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"
    ERROR = "error"

    @property
    def word(self) -> str:
        """The status as a reader sees it, such as ``passes`` or ``not checked``."""
        return _WORDS[self]


_WORDS = {
    Status.PASS: "passes",
    Status.WARN: "warns",
    Status.FAIL: "fails",
    Status.SKIP: "not checked",
    Status.ERROR: "broke",
}
_SEVERITY = (Status.FAIL, Status.ERROR, Status.WARN, Status.PASS, Status.SKIP)


def worst(statuses: Iterable[Status]) -> Status:
    """Return the status that speaks for a group; an empty group was not checked.

    Examples
    --------
    >>> worst([Status.PASS, Status.WARN, Status.SKIP]).value
    'warn'
    """
    found = set(statuses)
    return next((status for status in _SEVERITY if status in found), Status.SKIP)


def percent(share: float, digits: int = 0) -> str:
    """Write a share in a sentence, as the surfaces write it in a table.

    Examples
    --------
    >>> percent(0.181), percent(0.181, 1)
    ('18 %', '18.1 %')
    """
    return f"{100 * share:.{digits}f} %"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an evidence table; ``format`` says how a surface shows its numbers."""

    name: str
    format: Format = "text"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A table of numbers behind a finding. ``total`` counts the rows before the cut."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    total: int


def evidence(caption: str, columns: dict[str, Format], rows: Iterable[Sequence[Any]]) -> Evidence:
    """Build an :class:`Evidence` from a name → format mapping and plain rows.

    Examples
    --------
    >>> table = evidence("Missing values", {"column": "code", "share": "percent"}, [("age", 0.1)])
    >>> table.total
    1
    """
    every = [tuple(row) for row in rows]
    heads = tuple(Column(name, form) for name, form in columns.items())
    return Evidence(caption, heads, tuple(every[:MAX_ROWS]), len(every))


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found, ready for every surface.

    Attributes
    ----------
    code : str
        Stable code of the fault, for instance ``"data.leakage"``.
    layer : str
        ``data``, ``pipeline``, ``model``, ``evaluation`` or ``production``.
    rung : int
        Rung of the ladder that shows it, 0 to 6.
    status : Status
        ``warn`` is worth a look, ``fail`` would change a decision, ``skip`` could not be
        checked (the summary says what it needs), ``error`` means the check itself broke.
    title, question, why, summary : str
        In plain words: what, what was asked, why it matters, what was seen.
    evidence : tuple of Evidence
        The numbers.
    fix : str
        Python that can be pasted.
    docs_url : str
        Page about the code.
    seconds : float or None
        What the check took.
    details : mapping of str to object
        What a remedy needs, such as ``{"columns": ["paid_late"]}``: for Python only, it is not part
        of :meth:`Report.to_dict`. See ``docs/try-fix.md`` for the keys.
    """

    code: str
    layer: str
    rung: int
    status: Status
    title: str
    question: str
    why: str
    summary: str
    evidence: tuple[Evidence, ...] = ()
    fix: str = ""
    docs_url: str = ""
    seconds: float | None = field(default=None, compare=False)
    details: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def short(self) -> str:
        """The fault in a word or two, from its code: ``"scaler leak"``."""
        return self.code.partition(".")[2].replace("-", " ")

    def to_dict(self) -> dict[str, Any]:
        """Everything but the details: these may be as many as there are rows, and are for Python only."""
        told = asdict(replace(self, details={}))
        del told["details"]
        return told

    @property
    def raised(self) -> bool:
        """Whether the finding asks for attention."""
        return self.status in (Status.WARN, Status.FAIL)
