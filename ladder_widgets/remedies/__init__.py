"""Fixes that can be tried: a remedy per fault, and a trial of it on copies of the user's objects."""

from __future__ import annotations

from ladder_widgets.remedies.attempt import try_fix
from ladder_widgets.remedies.registry import REMEDIES, Remedy, tryable
from ladder_widgets.remedies.threshold import negative_cost
from ladder_widgets.remedies.trial import FixTrial

__all__ = ["REMEDIES", "FixTrial", "Remedy", "negative_cost", "try_fix", "tryable"]
