"""Lines of the production checklist about what watches the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ladder_widgets.finding import Status, evidence
from ladder_widgets.lines._rolling import Rolling, rolling_auc
from ladder_widgets.lines.base import Judged, Seen

if TYPE_CHECKING:
    from ladder_widgets.monitor.monitor import Monitor

__all__ = ["alerts_tested", "retrain_trigger"]

#: Months that are simulated, and false alarms in one from which nobody listens any more.
MONTHS, TOO_MANY = 12, 1.0


def alerts_tested(seen: Seen) -> Judged:
    """Judge the triggers of the monitor that was given with the log, on months in which nothing changes.

    Passes where false alarms are at most one a month, warns where they are more; without a monitor it
    cannot be judged.
    """
    monitor = _monitor(seen)
    if monitor is None:
        return Judged(
            Status.SKIP,
            "Needs a monitor with alert thresholds: ProductionLog(..., monitor=Monitor.fit(...)). If another "
            "tool watches, and each of its alerts was seen to fire, sign this line off with the reason.",
        )
    if not len(monitor.triggers):
        return Judged(Status.FAIL, "The monitor has no triggers: nothing it sees calls for anybody.")
    told = monitor.triggers.simulate(monitor.reference, months=MONTHS)
    columns = {"trigger": "text", "kind": "text", "false alarms": "integer", "a month": "number"}
    rows = [(r["name"], r["kind"], r["alarms"], r["per_month"]) for r in told.triggers.to_dict("records")]
    table = evidence("Where nothing changes", columns, rows)  # type: ignore[arg-type]
    status = Status.WARN if told.per_month.mean > TOO_MANY else Status.PASS
    return Judged(status, f"{len(monitor.triggers)} triggers. {told.words}", (table,))


def retrain_trigger(seen: Seen) -> Judged:
    """Judge whether the monitor has a rule for retraining, and whether it fires on this log now."""
    monitor = _monitor(seen)
    if monitor is None:
        return _without(seen)
    rules = [trigger for trigger in monitor.triggers if trigger.kind == "retrain"]
    if not rules:
        return Judged(Status.FAIL, "The monitor has triggers, but none of them calls for a retrain.")
    words = "; ".join(rule.words for rule in rules)
    assert seen.case.production is not None
    firing = [one for one in monitor.check(seen.case.production.log).firing if one.trigger.kind == "retrain"]
    if firing:
        return Judged(Status.WARN, f"It calls for a retrain now. {firing[0].words} Rules: {words}.")
    return Judged(Status.PASS, f"Rules: {words}. None of them fires on this log now.")


def _monitor(seen: Seen) -> Monitor | None:
    log = seen.case.production
    return None if log is None else log.log.monitor


def _without(seen: Seen) -> Judged:
    """Say what is needed, and how far the log is from the trigger now."""
    text = (
        "Needs a monitor with triggers, ProductionLog(..., monitor=Monitor.fit(...)): retrain when the AUC "
        "drops by more than 0.05, or the PSI of a feature or of the score exceeds 0.25. If another tool has "
        "them, sign this line off with the reason."
    )
    log = seen.case.production
    told = None if log is None else rolling_auc(seen.case, log)
    if isinstance(told, Rolling):
        drop = told.baseline - told.windows[-1].auc.mean
        side = "below" if drop > 0 else "above"
        text += f" The AUC of the latest window of this log is {abs(drop):.3f} {side} that of validation."
    return Judged(Status.SKIP, text)
