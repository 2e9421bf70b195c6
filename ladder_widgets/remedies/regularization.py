"""model.over-regularized: what holds the model back, loosened."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature
from math import prod
from typing import Any

from ladder_widgets.remedies.bench import Bench, NoRemedy, Remedied
from ladder_widgets.remedies.search import Grid, base_of, is_step, named, notes, path_of, search, snippet

__all__ = ["free"]

#: Values tried of what holds a model back: parameters that tie it by being small, and by being large.
_TIES_IF_SMALL: dict[str, Sequence[Any]] = {
    "C": (0.001, 0.01, 0.1, 1.0, 10.0, 100.0),
    "max_depth": (3, 6, 12, None),
    "max_leaf_nodes": (8, 31, 127, None),
    "num_leaves": (8, 31, 127),
}
_TIES_IF_LARGE: dict[str, Sequence[Any]] = {
    "alpha": (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1),
    "l2_regularization": (0.0, 0.1, 1.0, 10.0),
    "reg_alpha": (0.0, 0.1, 1.0, 10.0),
    "reg_lambda": (0.0, 0.1, 1.0, 10.0),
    "lambda_l1": (0.0, 0.1, 1.0, 10.0),
    "lambda_l2": (0.0, 0.1, 1.0, 10.0),
    "ccp_alpha": (0.0, 1e-4, 1e-3, 1e-2),
    "min_impurity_decrease": (0.0, 1e-5, 1e-4, 1e-3),
    "min_samples_leaf": (1, 5, 20, 50),
    "min_samples_split": (2, 10, 40, 100),
    "min_child_samples": (1, 5, 20, 50),
    "min_weight_fraction_leaf": (0.0, 0.001, 0.01),
    "n_neighbors": (5, 15, 45),
    "reg_param": (0.0, 0.01, 0.1),
    "var_smoothing": (1e-9, 1e-6, 1e-3),
    "shrinkage": (0.0, 0.01, 0.1),
}
#: The same for models that are built step by step: too few or too small steps hold them back.
_BOOSTED: dict[str, Sequence[Any]] = {
    "learning_rate": (0.03, 0.1, 0.3),
    "n_estimators": (50, 100, 200),
    "max_iter": (50, 100, 200),
}
#: Parameters searched where the finding names none, and settings up to which they are searched together.
MOST, TOGETHER = 4, 24


def free(bench: Bench) -> Remedied:
    """Search looser values of what holds the model back, by cross-validation on the training rows.

    Reads ``details["grid"]``, path of ``get_params`` to values tried together, or
    ``details["parameter"]``, one path. Without them every parameter that is known to hold models
    back and was set is searched, else the first few.
    """
    base, path = base_of(bench)
    grids = _grids(bench, base)
    names = list(dict.fromkeys(name for grid in grids for name in grid))
    if not names:
        raise NoRemedy(
            "No parameter of the model is known to hold it back: weaken its regularisation by hand."
        )
    best, setting = search(bench, base, grids)
    text = (
        f"Searched looser values of {' and '.join(names)} by cross-validation on the training rows and "
        f"fitted again with {named(setting)}."
    )
    return Remedied(text, best, snippet(path, grids, setting), notes=notes(path))


def _grids(bench: Bench, base: Any) -> list[Grid]:
    details, params = bench.finding.details, base.get_params(deep=True)
    if details.get("grid"):
        return [{path_of(str(name), params): list(values) for name, values in details["grid"].items()}]
    if details.get("parameter") is not None:
        name = path_of(str(details["parameter"]), params)
        values = _looser(base, params, name)
        if not values:
            raise NoRemedy(f"{name} = {params[name]!r} is as loose as is sensible.")
        return [{name: values}]
    known = {name: values for name in params if (values := _looser(base, params, name, known=True))}
    chosen = {name: values for name, values in known.items() if not _default(base, params, name)}
    kept = dict(list((chosen or known).items())[:MOST])
    if kept and prod(map(len, kept.values())) <= TOGETHER:
        return [kept]
    return [{name: values} for name, values in kept.items()]


def _looser(base: Any, params: dict[str, Any], name: str, known: bool = False) -> list[Any]:
    """Values of a parameter that hold the model back less than the one in use."""
    now, own = params[name], name.rpartition("__")[-1]
    if own in _TIES_IF_SMALL:
        return [value for value in _TIES_IF_SMALL[own] if _above(value, now)]
    if own in _TIES_IF_LARGE:
        return [value for value in _TIES_IF_LARGE[own] if _above(now, value) or _is_share(now, value)]
    if own in _BOOSTED and "Boost" in type(_owner(base, params, name)).__name__:
        return [value for value in _BOOSTED[own] if _above(value, now)]
    if known or not is_step(now):
        return []
    steps = [
        now * factor for factor in (0.001, 0.01, 0.1, 10, 100, 1000)
    ]  # which way is looser, is not known
    return sorted({max(1, round(step)) for step in steps} - {now}) if isinstance(now, int) else steps


def _above(value: Any, other: Any) -> bool:
    """Whether a value is larger than another; None is no limit at all."""
    if value is None or other is None:
        return value is None and other is not None
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (value, other))
    return numbers and value > other


def _is_share(now: Any, value: Any) -> bool:
    """Whether the parameter in use is a share of the rows and the value a number of them."""
    return isinstance(now, float) and now < 1 and isinstance(value, int)


def _owner(base: Any, params: dict[str, Any], name: str) -> Any:
    owner = name.rpartition("__")[0]
    return params[owner] if owner else base


def _default(base: Any, params: dict[str, Any], name: str) -> bool:
    default = signature(type(_owner(base, params, name))).parameters.get(name.rpartition("__")[-1])
    return default is not None and (default.default is params[name] or default.default == params[name])
