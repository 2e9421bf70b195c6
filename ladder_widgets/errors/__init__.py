"""Error analysis: which rows the model gets wrong, and what sets them apart."""

from __future__ import annotations

from ladder_widgets.errors.analysis import ErrorAnalysis
from ladder_widgets.errors.conditions import Condition, Slice

__all__ = ["Condition", "ErrorAnalysis", "Slice"]
