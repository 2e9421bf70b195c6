"""Error analysis: which rows the model gets wrong, and what sets them apart."""

from __future__ import annotations

from ladder_widgets.errors.analysis import ErrorAnalysis

__all__ = ["ErrorAnalysis"]
