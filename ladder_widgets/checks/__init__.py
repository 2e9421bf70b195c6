"""The checks: one function per fault, in the module of its layer."""

from __future__ import annotations

from ladder_widgets.checks.base import Check, NotChecked, Outcome, builtin, not_built, run_check
from ladder_widgets.checks.data import leakage, missing_values, unseen_categories
from ladder_widgets.checks.evaluation import no_baseline, threshold, train_as_val
from ladder_widgets.checks.model import imbalance
from ladder_widgets.taxonomy import CODES

__all__ = ["Check", "NotChecked", "Outcome", "checks_for", "registry", "run_check"]

_BUILT = {
    "data.missing-values": (missing_values, ()),
    "data.leakage": (leakage, ()),
    "data.unseen-categories": (unseen_categories, ()),
    "model.imbalance": (imbalance, ()),
    "evaluation.train-as-val": (train_as_val, ("train",)),
    "evaluation.no-baseline": (no_baseline, ()),
    "evaluation.threshold": (threshold, ()),
}


def registry() -> list[Check]:
    """Return our checks in the order of the taxonomy; faults without a detector say so."""
    return [builtin(code, *_BUILT[code]) if code in _BUILT else not_built(code) for code in CODES]


def checks_for(users: tuple[Check, ...], ignore: frozenset[str]) -> list[Check]:
    """Return the checks to run: ours, then the user's; a user's check replaces ours of that code."""
    own = {check.code for check in users}
    every = [check for check in registry() if check.code not in own]
    return [check for check in [*every, *users] if check.code not in ignore]
