"""The report: plain data that every surface shows and none computes."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import ladder_widgets
from ladder_widgets.case import Case
from ladder_widgets.checklist import CHECKLISTS, Checklist, Line, SignOff, sign, verdicts
from ladder_widgets.errors import ErrorAnalysis
from ladder_widgets.finding import Finding, Status
from ladder_widgets.lines.base import Seen
from ladder_widgets.looks import Looks
from ladder_widgets.monitor.log import has_engine
from ladder_widgets.narrative import narrate
from ladder_widgets.plain import to_plain
from ladder_widgets.rungs.rung import Rung, Stage
from ladder_widgets.validation import choice

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from ladder_widgets.monitor.watch import Watch
    from ladder_widgets.remedies import FixTrial

__all__ = ["SCHEMA", "SCHEMA_VERSION", "Report", "ReportError"]

SCHEMA = "ladder-widgets/report"
SCHEMA_VERSION = 1
_LEVELS = {"fail": (Status.FAIL,), "warn": (Status.WARN, Status.FAIL)}

PathOrNone = str | PathLike[str] | None


class ReportError(Exception):
    """Raised by :meth:`Report.raise_for_status`; ``findings`` and ``rungs`` say why."""

    def __init__(self, message: str, findings: tuple[Finding, ...], rungs: tuple[Rung, ...]) -> None:
        super().__init__(message)
        self.findings = findings
        self.rungs = rungs


@dataclass(frozen=True, eq=False)
class Report:
    """What a climb found.

    Attributes
    ----------
    case : Case
        What was examined.
    rungs : tuple of Rung
        Seven, rung 0 first.
    findings : tuple of Finding
        Rung by rung, in the order of the taxonomy; passed and unchecked ones too.
    errors : ErrorAnalysis or None
        None if the model cannot score the validation rows.
    seconds : float
        What the climb took.
    complete : bool
        False while climbing.
    looks : Looks or None
        The look at the test rows and those before it; None without test rows.
    sign_offs : tuple of SignOff
        Lines of the checklists that somebody answers for, see :meth:`sign_off`.
    """

    case: Case = field(repr=False)
    rungs: tuple[Rung, ...]
    findings: tuple[Finding, ...]
    errors: ErrorAnalysis | None
    seconds: float
    complete: bool = True
    looks: Looks | None = None
    sign_offs: tuple[SignOff, ...] = ()

    # ---- reading -----------------------------------------------------------------------------

    def finding(self, code: str) -> Finding:
        """Return the finding of a code.

        Raises
        ------
        ValueError
            If no check of that code ran (an ignored one leaves no finding).
        """
        by_code = {finding.code: finding for finding in self.findings}
        return by_code[choice("code", code, by_code)]

    def try_fix(self, code: str, *, max_rows: int | None = None, force: bool = False) -> FixTrial:
        """Try the fix of a finding on copies, and say what it does; see ``docs/try-fix.md``.

        Your model, rows and labels are never changed.

        Parameters
        ----------
        code : str
            Of a finding whose fix is mechanical; :attr:`tryable` lists those at hand.
        max_rows : int, optional
            Training rows to fit on, a stratified sample; all by default.
        force : bool
            Try it although the finding is not raised.

        Returns
        -------
        FixTrial
            What was done, the figures before and after with an interval on each difference, whether
            the finding goes away, the mended model, and code to paste.

        Raises
        ------
        ValueError
            If the code has no mechanical fix, the finding is not raised, something needed was not
            given, or the model cannot be fitted again.

        Examples
        --------
        >>> from sklearn.datasets import load_breast_cancer
        >>> from sklearn.tree import DecisionTreeClassifier
        >>> from ladder_widgets import run_ladder
        >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
        >>> X["result"] = y
        >>> model = DecisionTreeClassifier(random_state=0).fit(X[:400], y[:400])
        >>> report = run_ladder(model, X[400:], y[400:], X_train=X[:400], y_train=y[:400])
        >>> trial = report.try_fix("data.leakage")
        >>> trial.gone, trial.before["accuracy"], trial.after["accuracy"] < 0.95
        (True, 1.0, True)
        """
        from ladder_widgets.remedies import try_fix

        return try_fix(self, code, max_rows=max_rows, force=force)

    @property
    def tryable(self) -> list[str]:
        """Codes of findings whose fix :meth:`try_fix` can try; empty while climbing."""
        from ladder_widgets.remedies import tryable

        return tryable(self.case, self.findings) if self.complete else []

    @property
    def first_failing_rung(self) -> Rung | None:
        """The lowest rung that fails: mend this one first. None if none does."""
        return next((rung for rung in self.rungs if rung.status is Status.FAIL), None)

    @cached_property
    def _checklists(self) -> dict[str, Checklist]:
        by_code = {finding.code: finding for finding in self.findings}
        seen = Seen(self.case, by_code, self.rungs, self.looks)
        return {which: verdicts(which, seen, self.sign_offs) for which in CHECKLISTS}

    def checklist(self, which: str = "development") -> Checklist:
        """Return the ``"development"`` or ``"production"`` checklist with a verdict for every line."""
        return self._checklists[choice("which", which, self._checklists)]

    def sign_off(self, line: str, reason: str) -> Report:
        """Return this report with a line of a checklist signed off.

        The automatic verdict stays and is shown beside the reason and the day (UTC). No name is
        recorded. A sign-off belongs to this report: the next climb begins without.

        Parameters
        ----------
        line : str
            Text of the line, or how it begins; a line that is signed off already is signed anew.
        reason : str
            Why it is all right: at most 500 characters, and no e-mail address.

        Raises
        ------
        ValueError
            If no line, or more than one, begins like this, or the reason cannot be used.
        RuntimeError
            While the climb is not complete: there is no verdict to answer for.
        """
        if not self.complete:
            raise RuntimeError("The climb is not complete: there is no verdict to sign off yet.")
        signed = sign(line, reason)
        others = tuple(each for each in self.sign_offs if each.line != signed.line)
        return replace(self, sign_offs=(*others, signed))

    @cached_property
    def monitoring(self) -> Watch | None:
        """The log by windows; None without one, while climbing, or without Ibis and DuckDB."""
        if not self.complete or self.case.production is None or not has_engine():
            return None
        from ladder_widgets.monitor.climbed import watch_case

        try:
            return watch_case(self.case)
        except Exception as error:  # whatever a log holds, the report stands
            told = f"{type(error).__name__}: {error}"
            warnings.warn(f"The log could not be looked at window by window. {told}", stacklevel=2)
            return None

    def narrative(self) -> str:
        """Say in plain language what is wrong first, why, and what to do next."""
        return "\n\n".join(self._paragraphs)

    @cached_property
    def _paragraphs(self) -> list[str]:
        return narrate(self.rungs, self.findings, self.case.notes) if self.complete else []

    def frame(self) -> pd.DataFrame:
        """Return the findings as a frame, one row each."""
        columns = ["code", "layer", "rung", "status", "title", "summary", "seconds"]
        rows = [
            (f.code, f.layer, f.rung, f.status.value, f.title, f.summary, f.seconds) for f in self.findings
        ]
        return pd.DataFrame(rows, columns=columns)

    def raise_for_status(self, level: str = "fail") -> None:
        """Raise if something is wrong.

        Parameters
        ----------
        level : {"fail", "warn"}
            ``"warn"`` raises for warnings too.

        Raises
        ------
        ReportError
            Naming what fails.
        """
        bad = _LEVELS[choice("level", level, _LEVELS)]
        findings = tuple(f for f in self.findings if f.status in bad)
        rungs = tuple(r for r in self.rungs if r.status in bad)
        if not findings and not rungs:
            return
        lines = [f"rung {r.number} ({r.name}) {r.word}: {r.summary}" for r in rungs]
        lines += [f"{f.code} {f.status.word}: {f.summary}" for f in findings]
        raise ReportError("\n".join(lines), findings, rungs)

    def stopped(self) -> Report:
        """Return the report of a climb that was stopped here: no rung is running any more."""
        rungs = (Rung(rung.number) if rung.status is Stage.RUNNING else rung for rung in self.rungs)
        return replace(self, rungs=tuple(rungs))

    # ---- writing -----------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain data (schema ``ladder-widgets/report``, see ``panel/README.md``)."""
        failing = self.first_failing_rung
        return to_plain(
            {
                "schema": SCHEMA,
                "schema_version": SCHEMA_VERSION,
                "version": ladder_widgets.__version__,
                "complete": self.complete,
                "seconds": self.seconds,
                "model": self._model_dict(),
                "data": self._data_dict(),
                "rungs": [_rung_dict(rung) for rung in self.rungs],
                "findings": [finding.to_dict() for finding in self.findings],
                "tryable": self.tryable,
                "first_failing_rung": None if failing is None else failing.number,
                "checklist": {
                    which: [_line_dict(line) for line in self.checklist(which)] if self.complete else []
                    for which in CHECKLISTS
                },
                "narrative": self._paragraphs,
            }
        )

    def _model_dict(self) -> dict[str, Any]:
        model = self.case.model
        offers = ("predict_proba", "decision_function", "predict")
        output = next(method for method in offers if hasattr(model, method))
        return {"name": self.case.model_name, "description": self.case.model_description, "output": output}

    def _data_dict(self) -> dict[str, Any]:
        case = self.case
        y = case.y(case.val)
        sizes = {split.name: split.n_rows for split in case.splits}
        return {
            "n_train": sizes.get("train"),
            "n_val": sizes["val"],
            "n_test": sizes.get("test"),
            "n_features": case.val.table.n_features,
            "classes": case.class_names,
            "positive": case.class_names[case.positive] if case.binary else None,
            "shares": np.bincount(y[y >= 0], minlength=len(case.classes)) / len(y),
            "threshold": self.errors.threshold if self.errors is not None else None,
            "metric": case.metric,
            "costs": case.costs,
            "notes": case.notes if self.complete else [],
        }

    def to_json(self, path: PathOrNone = None) -> str:
        """Return the report as JSON; write it to ``path`` if given."""
        return _written(json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False), path)

    def to_markdown(self, path: PathOrNone = None, *, part: str = "report") -> str:
        """Return the report as Markdown; write it to ``path`` if given.

        Parameters
        ----------
        path : path, optional
        part : {"report", "checklist"}
            ``"checklist"`` leaves out all but the two checklists.
        """
        if choice("part", part, ("report", "checklist")) == "report":
            return self._surface("markdown")(path)
        from ladder_widgets.surfaces.markdown import render_checklists

        return _written(render_checklists(self), path)

    def to_html(self, path: PathOrNone = None, *, rows: int = 0) -> str:
        """Return the report as one interactive page, no kernel, no network; write it to ``path`` if given.

        Parameters
        ----------
        path : path, optional
        rows : int, default=0
            Validation rows that go into the page, a random sample of which up to half are errors.
            None by default: your data leaves the notebook only when you ask for it.

        Raises
        ------
        ValueError
            If ``rows`` is negative or above 20,000.
        """
        from ladder_widgets.surfaces import html

        return _written(html.render(self, rows), path)

    def to_junit(self, path: PathOrNone = None) -> str:
        """Return the findings as JUnit XML for a CI; write it to ``path`` if given."""
        return self._surface("junit")(path)

    def to_sarif(self, path: PathOrNone = None) -> str:
        """Return the findings as SARIF 2.1.0 for code scanning; write it to ``path`` if given."""
        return self._surface("sarif")(path)

    def _surface(self, name: str) -> Callable[[PathOrNone], str]:
        from importlib import import_module

        surface = import_module(f"ladder_widgets.surfaces.{name}")
        return lambda path: _written(surface.render(self), path)

    def figure(
        self,
        name: str,
        *,
        cell: tuple[Any, Any] | None = None,
        threshold: float | None = None,
        band: tuple[float, float] | None = None,
    ) -> Figure:
        """Return a plotly figure of the validation rows; see :func:`ladder_widgets.figures.figure`.

        Parameters
        ----------
        name : {"roc", "pr", "calibration", "confusion", "threshold", "confidence", "contrast", "subgroups"}
        cell, threshold, band
            What is selected, where the figure can show it.

        Raises
        ------
        ValueError
            For another name, or where the model gives no scores to draw.
        """
        from ladder_widgets.figures import figure

        return figure(self, name, cell=cell, threshold=threshold, band=band)

    def __repr__(self) -> str:
        from ladder_widgets.surfaces import terminal

        return terminal.plain_text(self)

    def _repr_html_(self) -> str:
        from ladder_widgets.surfaces import summary

        return summary.render(self)


def _line_dict(line: Line) -> dict[str, Any]:
    signed = line.sign_off
    told = None if signed is None else {"reason": signed.reason, "date": signed.date}
    return {**asdict(line), "sign_off": told}


def _rung_dict(rung: Rung) -> dict[str, Any]:
    gaps = [
        {"against": gap.against, "label": gap.label, "metric": gap.metric, **asdict(gap.interval)}
        for gap in rung.gaps
    ]
    told = {"number": rung.number, "name": rung.name, "question": rung.question}
    return {**asdict(rung), **told, "gaps": gaps}


def _written(text: str, path: PathOrNone) -> str:
    if path is not None:
        Path(path).write_text(text, encoding="utf-8")
    return text
