"""Every estimator inside a model, with the names that lead to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ladder_widgets.checks._trace import from_sklearn

__all__ = ["METHODS", "Nested", "nested"]

#: What an estimator answers rows with.
METHODS = ("transform", "predict_proba", "decision_function", "predict")
#: Where a wrapper keeps the one model it stands around: its name would say nothing.
_TRANSPARENT = ("best_estimator_", "estimator_", "estimator")
#: Longest list of members without names that is opened, and how deep.
_MAX_MEMBERS, _MAX_DEPTH = 20, 12
_Child = tuple[str, Any]


@dataclass(frozen=True, eq=False)
class Nested:
    """An estimator, the path to it (joined as in ``set_params``; empty for the model) and the last name."""

    path: str
    estimator: Any

    @property
    def name(self) -> str:
        """Last part of the path, or the class where there is no path."""
        return self.path.rsplit("__", 1)[-1] or type(self.estimator).__name__


def nested(model: Any) -> list[Nested]:
    """Return the model and every estimator it holds, outermost first.

    Nothing is assumed about what is called: wrappers of any make are opened by looking at what they
    hold. A template that was never fitted is among the answers, and is never called.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> [each.path for each in nested(make_pipeline(StandardScaler(), LogisticRegression()))]
    ['', 'standardscaler', 'logisticregression']
    """
    found: list[Nested] = []
    _visit(model, "", found, set(), 0)
    return found


def _visit(estimator: Any, path: str, found: list[Nested], seen: set[int], depth: int) -> None:
    if id(estimator) in seen or depth > _MAX_DEPTH:
        return
    seen.add(id(estimator))
    found.append(Nested(path, estimator))
    for name, child in _children(estimator):
        if _answers(child):
            _visit(child, "__".join(part for part in (path, name) if part), found, seen, depth + 1)


def _answers(value: Any) -> bool:
    """Whether a value is an object that answers rows; asks the class, as properties may be costly."""
    if isinstance(value, str | bytes | type) or not hasattr(value, "__dict__"):
        return False
    if any(hasattr(type(value), method) for method in (*METHODS, "fit_resample")):
        return True
    # A wrapper that passes every call on, such as a frozen estimator, has no method of its own.
    return hasattr(type(value), "fit") and "estimator" in value.__dict__


def _children(estimator: Any) -> Iterator[_Child]:
    """Fitted members first: what was reached once is not named a second time."""
    held = dict(getattr(estimator, "__dict__", {}))
    yield from _pairs(held.pop("steps", None))
    yield from _pairs(held.pop("transformers_", None))
    yield from _pairs(held.pop("transformer_list", None))
    for name in _TRANSPARENT:
        if name in held:
            yield "", held.pop(name)
    yield from _ensemble(estimator, held.pop("estimators_", None), held.pop("estimators", None))
    for name, value in held.items():
        yield from _held(name, value, from_sklearn(estimator))


def _pairs(value: Any) -> Iterator[_Child]:
    if isinstance(value, list):
        for pair in value:
            if isinstance(pair, tuple) and len(pair) >= 2:
                yield str(pair[0]), pair[1]


def _ensemble(estimator: Any, fitted: Any, named: Any) -> Iterator[_Child]:
    """Members of voting and stacking by name; of other ensembles only those with steps of their own."""
    if not isinstance(fitted, list):
        return
    names = [name for name, member in named if not isinstance(member, str)] if _named(named) else []
    if len(names) == len(fitted):
        yield from zip(names, fitted, strict=True)
    elif fitted and (not from_sklearn(fitted[0]) or hasattr(fitted[0], "steps")):
        yield from _held("estimators_", fitted, from_sklearn(estimator))


def _named(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(pair, tuple) and len(pair) == 2 for pair in value)


def _held(name: str, value: Any, own: bool) -> Iterator[_Child]:
    """What an attribute holds: an object, or a few of them in a list, tuple or dict."""
    if isinstance(value, dict):
        items = [(f"{name}[{key!r}]", each) for key, each in list(value.items())[:_MAX_MEMBERS]]
    elif isinstance(value, list | tuple) and len(value) <= _MAX_MEMBERS:
        items = [(f"{name}[{place}]", each) for place, each in enumerate(value)]
        items = [
            (path, each[1] if isinstance(each, tuple) and len(each) == 2 else each) for path, each in items
        ]
    else:
        items = [(name, value)]
    # The random state or the loss of a library's own estimator holds nothing that is a step.
    yield from (item for item in items if not own or hasattr(item[1], "get_params") or "calibra" in name)
