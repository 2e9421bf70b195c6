"""What a batch breaks of a schema, violation by violation, and the error that says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import pandas as pd

from ladder_widgets.plain import to_plain
from ladder_widgets.validation import choice, shown

__all__ = ["SchemaError", "SchemaReport", "Violation"]

Severity = Literal["error", "warn"]
#: Violations an error lists.
LISTED = 5


#: Share of the rows from which a violation would change more than single decisions.
GRAVE = 0.05


@dataclass(frozen=True)
class Violation:
    """One rule of a schema that a batch breaks.

    Attributes
    ----------
    kind : str
        ``dropped``, ``renamed``, ``added``, ``reordered``, ``type``, ``empty``, ``gaps``, ``marker``,
        ``infinite``, ``range``, ``fraction``, ``domain``, ``placeholder`` or ``format``.
    column : str
    words : str
        What is wrong, with numbers.
    accepted : str
        What the schema accepts there.
    rows : int
        Rows concerned.
    share : float
        Of the batch's rows.
    examples : tuple of str
        Values, as short text.
    severity : {"error", "warn"}
        ``error``: these rows would be scored wrongly or not at all, and chance does not explain them.
        ``warn``: worth a look.
    row : int or None
        Position of the first such row; None where rows have no order or all are concerned.
    label : str or None
        What the batch's own index calls that row, where that says more.
    """

    kind: str
    column: str
    words: str
    accepted: str
    rows: int
    share: float
    examples: tuple[str, ...] = ()
    severity: Severity = "error"
    row: int | None = None
    label: str | None = None

    def __str__(self) -> str:
        label = f" ({self.label})" if self.label else ""
        where = "Column" if self.row is None else f"Row {self.row}{label}: column"
        return f"{where} {shown(self.column, 60)}: {self.words}. Accepted: {self.accepted}."


@dataclass(frozen=True, repr=False)
class SchemaReport:
    """What a batch breaks of a schema, errors first.

    Attributes
    ----------
    rows : int
        Rows of the batch.
    violations : tuple of Violation

    Examples
    --------
    >>> from ladder_widgets.monitor.schema import Schema
    >>> schema = Schema.learn(pd.DataFrame({"age": [30, 41, 55] * 50}))
    >>> report = schema.check(pd.DataFrame({"age": [30, None]}))
    >>> report
    SchemaReport(2 rows: 1 error, 0 warnings; .frame() lists them)
    >>> report.frame()[["kind", "column", "rows"]].values.tolist()
    [['gaps', 'age', 1]]
    """

    rows: int
    violations: tuple[Violation, ...]

    @property
    def errors(self) -> tuple[Violation, ...]:
        """Violations that spoil scores."""
        return tuple(one for one in self.violations if one.severity == "error")

    @property
    def grave(self) -> tuple[Violation, ...]:
        """Errors of a twentieth of the rows and more: they would change decisions, not single ones."""
        return tuple(one for one in self.errors if one.share >= GRAVE)

    @property
    def ok(self) -> bool:
        """Whether there is no error; there may be warnings."""
        return not self.errors

    def __repr__(self) -> str:
        errors = len(self.errors)
        warnings = len(self.violations) - errors
        many = f"{errors} error{'s' * (errors != 1)}, {warnings} warning{'s' * (warnings != 1)}"
        return f"SchemaReport({self.rows:,} row{'s' * (self.rows != 1)}: {many}; .frame() lists them)"

    def frame(self) -> pd.DataFrame:
        """Return one row for each violation."""
        names = list(Violation.__dataclass_fields__)
        return pd.DataFrame([asdict(one) for one in self.violations], columns=names).astype({"row": "Int64"})

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        told = {"rows": self.rows, "ok": self.ok, "violations": [asdict(one) for one in self.violations]}
        return to_plain(told)

    def raise_for_status(self, level: str = "error") -> None:
        """Raise if there is a violation.

        Parameters
        ----------
        level : {"error", "warn"}
            The mildest severity that raises.

        Raises
        ------
        SchemaError
        """
        wanted = self.errors if choice("level", level, ["error", "warn"]) == "error" else self.violations
        if wanted:
            raise SchemaError(self, wanted)


class SchemaError(ValueError):
    """A batch or a record that breaks the schema; the message names row, column, value and what is accepted.

    Attributes
    ----------
    report : SchemaReport
    violations : tuple of Violation
        The ones it was raised for.
    """

    def __init__(self, report: SchemaReport, violations: Sequence[Violation]) -> None:
        self.report = report
        self.violations = tuple(violations)
        super().__init__(_message(self.violations))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.report, self.violations)


def _message(violations: Sequence[Violation]) -> str:
    lines = [str(one) for one in violations[:LISTED]]
    if len(violations) > LISTED:
        lines.append(f"{len(violations) - LISTED} more.")
    return "The rows do not fit the schema of training. " + " ".join(lines)
