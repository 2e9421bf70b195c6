"""Checks of the production layer: drift, schema, replayed scores, late labels."""

from __future__ import annotations

from ladder_widgets.case import Case
from ladder_widgets.checks.base import NotChecked, Outcome
from ladder_widgets.shared import Shared

__all__ = ["delayed_truth", "drift", "schema_change", "serialization_mismatch"]


def drift(case: Case, shared: Shared) -> Outcome:
    """Look for inputs and scores that have moved away from training."""
    raise NotChecked("Not built yet.")


def schema_change(case: Case, shared: Shared) -> Outcome:
    """Look for columns that changed name, order, type or domain."""
    raise NotChecked("Not built yet.")


def serialization_mismatch(case: Case, shared: Shared) -> Outcome:
    """Look for recorded scores that this model does not give."""
    raise NotChecked("Not built yet.")


def delayed_truth(case: Case, shared: Shared) -> Outcome:
    """Look for labels that arrive late and are not typical."""
    raise NotChecked("Not built yet.")
