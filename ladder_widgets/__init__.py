"""Systematic debugging of machine-learning classifiers, rung by rung, inside a notebook.

Names are imported on first use, so that ``import ladder_widgets`` stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ladder_widgets.case import Case
    from ladder_widgets.checks.base import Check, NotChecked, Outcome
    from ladder_widgets.errors import ErrorAnalysis
    from ladder_widgets.finding import Evidence, Finding, Status
    from ladder_widgets.ladder import run_ladder
    from ladder_widgets.monitor import (
        Monitor,
        ProductionLog,
        Schema,
        SchemaError,
        SchemaReport,
        Trigger,
        Triggers,
        Watch,
        serve_guard,
    )
    from ladder_widgets.panel import ErrorPanel, LadderPanel
    from ladder_widgets.remedies import FixTrial
    from ladder_widgets.replaying import LogReplay, Replay, replay, replay_log
    from ladder_widgets.report import Report, ReportError

__version__ = "0.1.0"

_HOME = {
    "Case": "ladder_widgets.case",
    "Check": "ladder_widgets.checks.base",
    "ErrorAnalysis": "ladder_widgets.errors",
    "ErrorPanel": "ladder_widgets.panel",
    "Evidence": "ladder_widgets.finding",
    "Finding": "ladder_widgets.finding",
    "FixTrial": "ladder_widgets.remedies",
    "LadderPanel": "ladder_widgets.panel",
    "LogReplay": "ladder_widgets.replaying",
    "Monitor": "ladder_widgets.monitor",
    "NotChecked": "ladder_widgets.checks.base",
    "Outcome": "ladder_widgets.checks.base",
    "ProductionLog": "ladder_widgets.monitor",
    "Replay": "ladder_widgets.replaying",
    "Report": "ladder_widgets.report",
    "ReportError": "ladder_widgets.report",
    "Schema": "ladder_widgets.monitor",
    "SchemaError": "ladder_widgets.monitor",
    "SchemaReport": "ladder_widgets.monitor",
    "Status": "ladder_widgets.finding",
    "Trigger": "ladder_widgets.monitor",
    "Triggers": "ladder_widgets.monitor",
    "Watch": "ladder_widgets.monitor",
    "replay": "ladder_widgets.replaying",
    "replay_log": "ladder_widgets.replaying",
    "run_ladder": "ladder_widgets.ladder",
    "serve_guard": "ladder_widgets.monitor",
}

__all__ = [
    "Case",
    "Check",
    "ErrorAnalysis",
    "ErrorPanel",
    "Evidence",
    "Finding",
    "FixTrial",
    "LadderPanel",
    "LogReplay",
    "Monitor",
    "NotChecked",
    "Outcome",
    "ProductionLog",
    "Replay",
    "Report",
    "ReportError",
    "Schema",
    "SchemaError",
    "SchemaReport",
    "Status",
    "Trigger",
    "Triggers",
    "Watch",
    "__version__",
    "replay",
    "replay_log",
    "run_ladder",
    "serve_guard",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
