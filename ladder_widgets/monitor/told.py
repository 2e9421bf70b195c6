"""A look at a log as findings of rung 6."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ladder_widgets.finding import Evidence, Finding, Status, evidence, percent
from ladder_widgets.finding import worst as worse
from ladder_widgets.monitor._sentence_truth import alike, auc_of, day_of, fallen, stopped, told_windows
from ladder_widgets.monitor.sentence import PASSES, decisions_first
from ladder_widgets.monitor.times import lasting
from ladder_widgets.taxonomy import docs_url, fault

if TYPE_CHECKING:
    from ladder_widgets.monitor.watch import Watch

__all__ = ["findings"]


def findings(watch: Watch) -> tuple[Finding, ...]:
    """Return the schema, the drift and the delayed truth as findings of rung 6."""
    return (_schema(watch), _drift(watch), _truth(watch))


def _finding(code: str, status: Status, summary: str, *tables: Evidence) -> Finding:
    known = fault(code)
    return Finding(
        code=code,
        layer=known.layer,
        rung=known.rung,
        status=status,
        title=known.title,
        question=known.question,
        why=known.why,
        summary=summary,
        evidence=tables,
        fix=known.fix,
        docs_url=docs_url(code),
    )


def _schema(watch: Watch) -> Finding:
    report = watch.schema
    if report is None:
        text = "Needs rows: only counts were looked at."
        return _finding("production.schema-change", Status.SKIP, text)
    if not report.violations:
        text = f"{report.rows:,} rows of the latest window hold what training did."
        return _finding("production.schema-change", Status.PASS, text)
    rows = [(v.column, v.words, v.accepted, v.rows, v.share) for v in report.violations]
    columns = {"column": "code", "what": "text", "accepted": "text", "rows": "integer", "share": "percent"}
    table = evidence("Against the schema of training", columns, rows)  # type: ignore[arg-type]
    status = Status.FAIL if report.grave else Status.WARN
    # Rows are some of the latest window: a position among them tells nobody anything.
    text, more = str(replace(report.violations[0], row=None)), len(report.violations) - 1
    rest = f" {more} more violation{'s' * (more != 1)}." if more else ""
    return _finding("production.schema-change", status, text + rest, table)


def _drift(watch: Watch) -> Finding:
    shifts, status = watch.shifts, watch.shifts.status()
    if not shifts.names:
        text = "Needs features that training and the log have in common."
        return _finding("production.drift", Status.SKIP, text)
    ranked = np.lexsort((-shifts.psi[:, -1], status[:, -1] == PASSES))
    rows = [
        (
            shifts.names[i],
            shifts.psi[i, -1],
            shifts.low[i, -1],
            shifts.high[i, -1],
            shifts.psi[i].max(),
            status[i, -1],
        )
        for i in ranked
    ]
    columns = {
        "feature": "code",
        "PSI": "number",
        "low": "number",
        "high": "number",
        "most": "number",
        "status": "text",
    }
    table = evidence("Population stability index, noise taken off", columns, rows)  # type: ignore[arg-type]
    found = set(status[:, -1].tolist())
    worst = next((one for one in (Status.FAIL, Status.WARN) if one.value in found), Status.PASS)
    moved = int((status[:, -1] != PASSES).sum())
    top = ranked[0]
    text = (
        f"{moved} of {len(shifts.names)} distributions moved beyond noise in the latest window, most "
        f"{shifts.names[top]} (PSI {shifts.psi[top, -1]:.2f})."
        if moved
        else f"No distribution moved beyond noise in the latest window ({watch.counts.rows[-1]:,} rows)."
    )
    if watch.repeated:
        text += f" One and the same row makes up {percent(watch.repeated)} of it."
    text += "".join(f" In {name} production holds {words}." for name, words in watch.causes.items())
    decided = None if watch.decisions is None else decisions_first(watch)
    if decided is not None and watch.decisions is not None:
        text, worst = f"{decided} {text}", worse([worst, Status(watch.decisions.status()[-1])])
    elif watch.counts.decisions is not None and watch.decisions is None:
        text += " Decisions are recorded, and the reference has none to compare them with."
    return _finding("production.drift", worst, text, table)


def _truth(watch: Watch) -> Finding:
    code, told = "production.delayed-truth", told_windows(watch)
    if watch.truth is None or told is None:
        return _finding(code, Status.SKIP, "Needs scores, and labels of some rows.")
    last = told.iloc[-1]
    base = float(watch.truth.baseline["auc"].iloc[0])
    columns = {
        "from": "text",
        "AUC": "score",
        "low": "score",
        "high": "score",
        "by": "text",
        "labelled": "percent",
    }
    rows = [
        (day_of(watch, w), w["auc"], w["auc_low"], w["auc_high"], w["auc_kind"], w["coverage"])
        for _, w in told.iloc[::-1].iterrows()
    ]
    table = evidence("AUC by window, the latest first", columns, rows)  # type: ignore[arg-type]
    name = auc_of(last)
    text = (
        f"{name[0].upper()}{name[1:]} {last['auc']:.3f} in the latest window that can be judged, "
        f"{base:.3f} in reference."
    )
    if watch.truth.maturity is not None:
        text += f" Labels are nearly all there after {lasting(watch.truth.maturity)}."
    if not alike(watch):
        text += " Those that have arrived are not like the rows that still wait."
    silent = stopped(watch)
    if silent:
        text = f"{silent} {text}"
    status = Status.FAIL if fallen(watch) else Status.PASS if alike(watch) and not silent else Status.WARN
    return _finding(code, status, text, table)
