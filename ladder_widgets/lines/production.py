"""Lines of the production checklist that need more than a finding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import is_outlier_detector

from ladder_widgets.checks._pipeline import walk
from ladder_widgets.finding import Evidence, Status, evidence, percent, worst
from ladder_widgets.lines._extremes import Extreme, extremes
from ladder_widgets.lines._rolling import DROP, Rolling, rolling_auc
from ladder_widgets.lines.base import Judged, Seen, needs
from ladder_widgets.lines.findings import from_findings
from ladder_widgets.monitor.log import Production
from ladder_widgets.taxonomy import ChecklistLine

__all__ = [
    "extreme_inputs",
    "loaded_not_recreated",
    "predictions_monitored",
    "rolling",
    "schema_validated",
]

#: Share of logged rows far outside training from which it would change a decision.
MANY = 0.05
#: Transformers that bring every value into the range that training held.
_BOUNDED = ("QuantileTransformer", "KBinsDiscretizer", "SplineTransformer")


# ---- the served pipeline ---------------------------------------------------------------------


def loaded_not_recreated(line: ChecklistLine, seen: Seen) -> Judged:
    """Judge by the replayed scores; the saved file is evidence, and its absence decides."""
    artifact = _artifact(seen.case.artifact)
    if artifact is not None and not artifact.there:
        return Judged(Status.FAIL, f"There is no saved model: {artifact.name} does not exist.")
    judged = from_findings(line, seen)
    if artifact is None:
        return judged
    table = evidence(
        "The saved model", {"file": "code", "kilobytes": "number"}, [(artifact.name, artifact.kilobytes)]
    )
    if judged.status is not Status.SKIP:
        return Judged(judged.status, judged.detail, (*judged.evidence, table))
    text = f"The model is saved as {artifact.name}. Whether production loads it shows in its scores."
    return Judged(Status.SKIP, f"{text} {judged.detail}", (table,))


class _Artifact:
    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.there = path.exists()
        self.kilobytes = round(path.stat().st_size / 1024, 1) if self.there else 0.0


def _artifact(given: Any) -> _Artifact | None:
    try:
        return None if given is None else _Artifact(Path(given))
    except (TypeError, OSError):  # no path, but the loaded object itself
        return None


def schema_validated(line: ChecklistLine, seen: Seen) -> Judged:
    """Judge by the schema of the log; say whether the model refuses other columns by itself."""
    judged = from_findings(line, seen)
    names = getattr(seen.case.model, "feature_names_in_", None)
    if names is None:
        return judged
    text = (
        f"{judged.detail} The model itself refuses other column names ({len(names)} known), not other values."
    )
    return Judged(judged.status, text, judged.evidence)


# ---- scores ----------------------------------------------------------------------------------


def predictions_monitored(line: ChecklistLine, seen: Seen) -> Judged:
    """Judge by the drift finding, where scores or predictions were logged."""
    log = seen.case.production
    if log is None:
        return needs("production")
    judged = from_findings(line, seen)
    if judged.status is Status.PASS and not {"score", "prediction"} & set(log.roles):
        return Judged(
            Status.SKIP, "Needs a log with the recorded scores or predictions (score=, prediction=)."
        )
    table = _scores_table(seen, log)
    return Judged(judged.status, judged.detail, judged.evidence if table is None else (table,))


def _scores_table(seen: Seen, log: Production) -> Evidence | None:
    case, answer = seen.case, seen.case.try_scores()
    if log.score is None or answer is None or not case.binary or not np.isfinite(log.score).any():
        return None
    rows = []
    pairs = (
        ("validation, by this model", answer.positive(case.positive)),
        ("production, as recorded", log.score[np.isfinite(log.score)]),
    )
    for name, score in pairs:
        low, middle, high = np.percentile(score, (10, 50, 90))
        rows.append((name, len(score), float(score.mean()), float(low), float(middle), float(high)))
    columns = dict(rows="integer", mean="score", **{"10 %": "score", "50 %": "score", "90 %": "score"})
    return evidence("Scores", {"scores of": "text", **columns}, rows)  # type: ignore[dict-item]


def rolling(line: ChecklistLine, seen: Seen) -> Judged:
    """Judge the AUC window by window, and whether the labels that have arrived can be trusted.

    Warns where a window lies more than 0.05 below the validation AUC, beyond noise; fails where
    the latest does. The finding on late labels counts in.
    """
    log = seen.case.production
    if log is None:
        return needs("production")
    finding = from_findings(line, seen)
    told = rolling_auc(seen.case, log)
    if isinstance(told, str):
        return finding if finding.status not in (Status.PASS, Status.SKIP) else _lacking(told)
    own = _rolled(told)
    if finding.status in (Status.PASS, Status.SKIP):
        return own
    status = worst((own.status, finding.status))
    return Judged(status, f"{finding.detail} {own.detail}", (*own.evidence, *finding.evidence))


def _lacking(what: str) -> Judged:
    return Judged(Status.SKIP, f"Needs {what}.")


def _rolled(told: Rolling) -> Judged:
    low = [window for window in told.windows if window.low]
    last = told.windows[-1]
    text = (
        f"AUC {last.auc.mean:.3f} in the latest of {len(told.windows)} windows with {told.labelled:,} "
        f"labelled rows, {told.baseline:.3f} on the validation rows."
    )
    if low:
        text += f" {len(low)} of them lie more than {DROP:.2f} below, beyond noise."
    rows = [
        (w.begins, w.rows, w.auc.mean, w.auc.low, w.auc.high, "yes" if w.low else "no") for w in told.windows
    ]
    columns = {"from": "text", "rows": "integer", "AUC": "score", "low": "score", "high": "score"}
    table = evidence("AUC by window", {**columns, f"below by {DROP:.2f}": "text"}, rows)  # type: ignore[dict-item]
    status = Status.FAIL if last.low else Status.WARN if low else Status.PASS
    return Judged(status, text, (table,))


# ---- extreme inputs --------------------------------------------------------------------------


def extreme_inputs(seen: Seen) -> Judged:
    """Judge whether inputs far outside training reach the model, and what stands guard.

    Passes where none do, or where something in the model guards every column. Warns where they do
    beyond chance, fails from 5 % of the rows on. A guard is a step that detects outliers or brings
    values into the range of training (``clip=True``, quantiles, bins).
    """
    log = seen.case.production
    if log is None:
        return needs("production")
    reference = seen.case.reference
    found, looked = extremes(reference.table, log.table)
    if not looked:
        return Judged(Status.SKIP, "Needs columns of numbers that training and the log have in common.")
    guards = _guards(seen)
    rows_of = "training" if reference.name == "train" else "validation"
    stands = f"On guard: {', '.join(guards)}." if guards else "Nothing in the model guards against them."
    if not found:
        text = f"No logged row lies far outside the {rows_of} rows, beyond chance"
        return Judged(Status.PASS, f"{text} ({looked} columns of numbers). {stands}")
    hit = np.any([extreme.rows for extreme in found], axis=0)
    share = float(hit.mean())
    text = (
        f"{int(hit.sum()):,} of {len(hit):,} logged rows ({percent(share, 1)}) lie far outside the {rows_of} "
        f"rows, most of them in {found[0].name}. {stands}"
    )
    status = Status.PASS if guards else Status.FAIL if share >= MANY else Status.WARN
    return Judged(status, text, (_extremes_table(found),))


def _extremes_table(found: list[Extreme]) -> Evidence:
    rows = [(e.name, e.low, e.high, int(e.rows.sum()), float(e.rows.mean()), e.farthest) for e in found]
    columns = {"column": "code", "from": "number", "to": "number"}
    more = {"far outside": "integer", "share": "percent", "farthest": "number"}
    return evidence("Values far outside the range of training", {**columns, **more}, rows)  # type: ignore[dict-item]


def _guards(seen: Seen) -> list[str]:
    """Steps that would notice or bound an extreme value, by class name."""
    names = [
        type(step.estimator).__name__
        for step in walk(seen.case.model, seen.case.reference.table.names)
        if _guards_against(step.estimator)
    ]
    return list(dict.fromkeys(names))


def _guards_against(estimator: Any) -> bool:
    if getattr(estimator, "clip", None) is True or type(estimator).__name__ in _BOUNDED:
        return True
    try:
        return bool(is_outlier_detector(estimator))
    except Exception:  # an object of any make, without scikit-learn's tags
        return False
