"""Triggers in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ladder_widgets.monitor.times import moment

if TYPE_CHECKING:
    from ladder_widgets.monitor.triggers import Fired, Trigger

__all__ = ["fired_words", "rule_words"]


def rule_words(trigger: Trigger) -> str:
    """Write a rule: the measure, the limit, and for how long."""
    side = "above" if trigger.above is not None else "below"
    running = f" for {trigger.for_windows} windows running" if trigger.for_windows > 1 else ""
    return f"{trigger.measure} {side} {trigger.limit:g}{running}"


def fired_words(fired: Fired) -> str:
    """Write what fired, how far beyond the limit, and since when."""
    trigger, more = fired.trigger, len(fired.measures) - 1
    others = f" (and {more} more)" if more else ""
    told = f"{trigger.name}: {fired.measure}{others} is {fired.value:.3g}, limit {trigger.limit:g}"
    note = f" {trigger.note}" if trigger.note else ""
    if fired.since is not None:
        when = f"since {moment(fired.since)}" if any(fired.windows) else "in this log"
        return f"{told}, {when}.{note}"
    return f"{told.replace(' is ', ' was ', 1)}, last on {moment(fired.windows[-1])}, no longer.{note}"
