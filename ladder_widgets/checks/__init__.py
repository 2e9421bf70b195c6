"""The checks: one function per fault, in the module of its layer."""

from __future__ import annotations

from ladder_widgets.checks import data, evaluation, model, pipeline, production
from ladder_widgets.checks.base import Check, NotChecked, Outcome, builtin, run_check
from ladder_widgets.checks.causes import ORDER

__all__ = ["Check", "NotChecked", "Outcome", "checks_for", "registry", "run_check"]


def registry() -> list[Check]:
    """Return our checks, causes before symptoms."""
    built = (
        builtin("data.missing-values", data.missing_values),
        builtin("data.misaligned", data.misaligned, references=True),
        builtin("data.leakage", data.leakage),
        builtin("data.unseen-categories", data.unseen_categories),
        builtin("data.wrong-target", data.wrong_target, references=True),
        builtin("pipeline.scaler-leak", pipeline.scaler_leak, ["train"], slow=True),
        builtin("pipeline.imputer-leak", pipeline.imputer_leak, ["train"]),
        builtin("pipeline.train-serve-skew", pipeline.train_serve_skew, ["production"], slow=True),
        builtin("pipeline.version-mismatch", pipeline.version_mismatch),
        builtin("model.wrong-class", model.wrong_class),
        builtin("model.imbalance", model.imbalance),
        builtin("model.over-regularized", model.over_regularized),
        builtin("model.divergence", model.divergence),
        builtin("evaluation.train-as-val", evaluation.train_as_val),
        builtin("evaluation.wrong-metric", evaluation.wrong_metric, ["metric"]),
        builtin("evaluation.no-baseline", evaluation.no_baseline),
        builtin("evaluation.threshold", evaluation.threshold),
        builtin("production.drift", production.drift, ["production"], slow=True),
        builtin("production.schema-change", production.schema_change, ["production"]),
        builtin("production.serialization-mismatch", production.serialization_mismatch, ["production"]),
        builtin("production.delayed-truth", production.delayed_truth, ["production"]),
    )
    return sorted(built, key=lambda check: ORDER.index(check.code))


def checks_for(users: tuple[Check, ...], ignore: frozenset[str]) -> list[Check]:
    """Return the checks to run: ours, then the user's; a user's check replaces ours of that code."""
    own = {check.code for check in users}
    every = [check for check in registry() if check.code not in own]
    return [check for check in [*every, *users] if check.code not in ignore]
