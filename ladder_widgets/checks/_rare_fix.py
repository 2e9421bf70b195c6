"""Code to paste for a rare class: the user's own weights, where the estimator has them, or a threshold."""

from __future__ import annotations

from typing import Any

from sklearn.base import BaseEstimator

from ladder_widgets.case import Case

__all__ = ["imbalance_fix", "weight_parameter"]


def weight_parameter(model: Any) -> str | None:
    """Return the path of a class_weight parameter, the innermost one, as ``set_params`` takes it."""
    if not isinstance(model, BaseEstimator):
        return None
    try:
        names = [name for name in model.get_params() if name.split("__")[-1] == "class_weight"]
    except Exception:  # parameters of any make
        return None
    return max(names, key=lambda name: (name.count("__"), name)) if names else None


def imbalance_fix(case: Case) -> str | None:
    """Return the fix for this model; None for the general one."""
    name = weight_parameter(case.model)
    if name is None:
        return None
    lines = [
        "from sklearn.base import clone",
        "",
        "# Weights let the rare class count as much as the others; the scores are no probabilities then.",
        f'model = clone(model).set_params({name}="balanced").fit(X_train, y_train)',
    ]
    if case.binary:
        lines += [
            "# Or keep the probabilities and move the threshold: TunedThresholdClassifierCV(model).",
        ]
    return "\n".join(lines) + "\n"
