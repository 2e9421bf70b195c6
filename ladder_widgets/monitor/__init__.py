"""What a model meets in use: its log, a schema, drift, late labels, and when to act.

Names are imported on first use: most need Ibis and DuckDB (``pip install "ladder-widgets[monitor]"``).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ladder_widgets.monitor.log import Production, ProductionLog

if TYPE_CHECKING:
    from ladder_widgets.monitor.baseline import Baseline
    from ladder_widgets.monitor.guard import serve_guard
    from ladder_widgets.monitor.joint import joint_drift
    from ladder_widgets.monitor.monitor import Monitor
    from ladder_widgets.monitor.performance import Performance
    from ladder_widgets.monitor.schema import Schema, SchemaError, SchemaReport
    from ladder_widgets.monitor.triggers import Trigger, Triggers
    from ladder_widgets.monitor.watch import Limits, Watch, WatchError

_HOME = {
    "Baseline": "baseline",
    "Limits": "watch",
    "Monitor": "monitor",
    "Performance": "performance",
    "Schema": "schema",
    "SchemaError": "schema",
    "SchemaReport": "schema",
    "Trigger": "triggers",
    "Triggers": "triggers",
    "Watch": "watch",
    "WatchError": "watch",
    "joint_drift": "joint",
    "serve_guard": "guard",
}

__all__ = [
    "Baseline",
    "Limits",
    "Monitor",
    "Performance",
    "Production",
    "ProductionLog",
    "Schema",
    "SchemaError",
    "SchemaReport",
    "Trigger",
    "Triggers",
    "Watch",
    "WatchError",
    "joint_drift",
    "serve_guard",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
