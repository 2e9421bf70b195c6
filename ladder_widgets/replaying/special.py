"""Steps that are no calls: a file that does not load, a step never fitted, a sampler; and unsteady ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from ladder_widgets.checks._trace import from_sklearn
from ladder_widgets.replaying.artifact import Loaded, LoadFailure
from ladder_widgets.replaying.nested import nested
from ladder_widgets.replaying.step import Step

__all__ = ["in_place", "load_step", "may_be_unsteady", "skipped_steps", "unfitted_told"]


def load_step(loaded: Loaded) -> Step:
    """Return the loading of the file as a step."""
    failure: LoadFailure | None = loaded.failure
    error = None if failure is None else failure.error
    step = Step("", "load", "load", "file", 0, True, 0.0, error)
    if failure is not None:
        step.explanation, step.fix = failure.text, failure.fix
    return step


def skipped_steps(model: Any) -> list[Step]:
    """Return a step for each sampler: it changes the rows of training and does nothing to a record."""
    found = []
    for each in nested(model):
        if hasattr(each.estimator, "fit_resample") and not hasattr(each.estimator, "transform"):
            kind = type(each.estimator).__name__
            found.append(Step(each.path, each.name, "skipped", kind, 1, True, 0.0, None))
    return found


def unfitted_told(steps: list[Step]) -> list[Step]:
    """A pipeline says that it is not fitted when its last step is not: then that step has the error."""
    for step in steps:
        if type(step.error).__name__ == "NotFittedError" and step.call is not None:
            inside = nested(step.call.nested.estimator)[1:]
            leaves = [each for each in inside if not hasattr(each.estimator, "steps")]
            guilty = [each for each in leaves if not _is_fitted(each.estimator)]
            if guilty:
                path = "__".join(part for part in (step.path, guilty[-1].path) if part)
                kind = type(guilty[-1].estimator).__name__
                told = Step(path, guilty[-1].name, step.kind, kind, step.depth + 1, True, 0.0, step.error)
                told.explanation, told.fix = f"{kind} was never fitted.", step.fix
                step.error, step.explanation, step.fix = None, "", ""
                return [*steps, told]
    return steps


def _is_fitted(estimator: Any) -> bool:
    """Whether an estimator was fitted; one that cannot say is taken to be."""
    try:
        check_is_fitted(estimator)
    except NotFittedError:
        return False
    except TypeError:  # not an estimator of scikit-learn's kind
        return True
    return True


def may_be_unsteady(step: Step) -> bool:
    """Whether a step is code of the user's own, which one answer of the whole model may not betray."""
    estimator = None if step.call is None else step.call.nested.estimator
    return step.kind == "transform" and (hasattr(estimator, "func") or not from_sklearn(estimator))


def in_place(steps: Sequence[Step]) -> list[str]:
    """Say which steps write into what they are given: whoever else holds these rows finds them changed.

    What is around such a step is given the same rows, and is not named.
    """
    return [
        f"{step.path or step.name} changes what it is given in place: hand it a copy."
        for step in steps
        if step.leaf and step.call is not None and step.call.in_place
    ]
