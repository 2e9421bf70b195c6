"""The panel: a live view of a climb in the notebook."""

from __future__ import annotations

from ladder_widgets.panel.errors import ErrorPanel
from ladder_widgets.panel.widget import LadderPanel

__all__ = ["ErrorPanel", "LadderPanel"]
