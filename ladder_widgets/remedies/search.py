"""model.over-regularized and model.divergence: the parameter at fault searched anew on the training rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from inspect import signature
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from ladder_widgets.remedies.bench import Bench, NoRemedy, Remedied, cloned, parts

__all__ = ["calm", "free"]

#: Values from free to tied of the parameters that hold a model back.
_FREEDOM: dict[str, Sequence[Any]] = {
    "C": [float(f"{value:.0e}") for value in np.logspace(-3, 3, 7)],
    "alpha": [float(f"{value:.0e}") for value in np.logspace(-6, 0, 7)],
    "l2_regularization": [0.0, 0.1, 1.0, 10.0],
    "reg_alpha": [0.0, 0.1, 1.0, 10.0],
    "reg_lambda": [0.0, 0.1, 1.0, 10.0],
    "lambda_l1": [0.0, 0.1, 1.0, 10.0],
    "lambda_l2": [0.0, 0.1, 1.0, 10.0],
    "ccp_alpha": [0.0, 1e-4, 1e-3, 1e-2],
    "min_impurity_decrease": [0.0, 1e-5, 1e-4, 1e-3],
    "min_samples_leaf": [1, 5, 20, 100],
    "min_samples_split": [2, 10, 40, 200],
    "min_child_samples": [1, 5, 20, 100],
    "min_weight_fraction_leaf": [0.0, 0.001, 0.01],
    "max_depth": [2, 4, 8, None],
    "max_leaf_nodes": [8, 31, 127, None],
    "n_neighbors": [5, 15, 45, 135],
    "shrinkage": [None, 0.01, 0.1, 0.5],
    "reg_param": [0.0, 0.01, 0.1, 0.5],
    "shrink_threshold": [None, 0.1, 1.0],
    "var_smoothing": [1e-9, 1e-6, 1e-3],
}
#: Parameters searched where the finding names none.
MOST = 4
#: Steps of training by their names, and how much smaller they are tried.
_STEPS = ("eta0", "learning_rate_init", "learning_rate", "eta")
_SMALLER = (1.0, 0.1, 0.01, 0.001)


def free(bench: Bench) -> Remedied:
    """Search the parameter that holds the model back, by cross-validation on the training rows.

    Reads ``details["grid"]``, path of ``get_params`` to values, or ``details["parameter"]``, one path;
    without them every parameter of the model that is known to hold models back is searched, one at
    a time: those that somebody set, else the first few.
    """
    base, path = _base(bench)
    params = base.get_params(deep=True)
    grids = _grids(bench, base, params)
    names = list(dict.fromkeys(name for grid in grids for name in grid))
    if not names:
        raise NoRemedy(
            "No parameter of the model is known to hold it back: weaken its regularisation by hand."
        )
    best, found = _searched(bench, base, grids)
    how = "by cross-validation on the training rows and fitted again"
    text = f"Searched {_and(names)} {how} with {_set(found)}."
    return Remedied(text, best, _code(path, grids, bench), notes=_notes(path))


def calm(bench: Bench) -> Remedied:
    """Scale in front of the estimator, and take smaller steps; which, is told by cross-validation.

    Reads ``details["parameter"]``, the path of the learning rate, which may be absent.
    """
    base, path = _base(bench)
    scaled = not any(hasattr(part, "with_mean") or hasattr(part, "feature_range") for part in parts(base))
    if scaled:
        base = _with_scaler(base)
    params = base.get_params(deep=True)
    given = bench.finding.details.get("parameter")
    names = [_path(str(given), params)] if given is not None else []
    names = names or [name for name in params if name.split("__")[-1] in _STEPS and _positive(params[name])]
    grids = [
        {name: [params[name] * factor for factor in _SMALLER]} for name in names if _positive(params[name])
    ]
    if not grids and not scaled:
        raise NoRemedy("The model is scaled already and has no learning rate to make smaller.")
    done = "Scaled in front of the estimator" if scaled else "Kept the scaling"
    if not grids:
        fitted = bench.fit(base, bench.train.table.data, bench.train.y)
        return Remedied(
            f"{done} and fitted again on the training rows.", fitted, _code(path, [], bench, scaled)
        )
    best, found = _searched(bench, base, grids)
    text = (
        f"{done}, tried smaller steps by cross-validation on the training rows and fitted again with "
        f"{_set(found)}."
    )
    return Remedied(text, best, _code(path, grids, bench, scaled), notes=_notes(path))


def _grids(bench: Bench, base: Any, params: dict[str, Any]) -> list[dict[str, list[Any]]]:
    details = bench.finding.details
    if details.get("grid"):
        return [{_path(str(name), params): list(values) for name, values in details["grid"].items()}]
    given = details.get("parameter")
    names = _suspects(base, params) if given is None else [_path(str(given), params)]
    return [{name: _values(name, params[name])} for name in names]


def _suspects(base: Any, params: dict[str, Any]) -> list[str]:
    """Parameters that may hold the model back: those set to other values than their defaults, else all."""
    known = [name for name in params if name.rpartition("__")[-1] in _FREEDOM]
    chosen = [name for name in known if not _default(base, params, name)]
    return (chosen or known)[:MOST]


def _default(base: Any, params: dict[str, Any], name: str) -> bool:
    owner, _, own = name.rpartition("__")
    default = signature(type(params[owner] if owner else base)).parameters.get(own)
    return default is not None and (default.default is params[name] or default.default == params[name])


def _base(bench: Bench) -> tuple[Any, str]:
    """Clone what is to be searched: of a fitted search, its best estimator."""
    best = getattr(bench.case.model, "best_estimator_", None)
    return (bench.unfitted(), "model") if best is None else (cloned(best), "model.best_estimator_")


def _notes(path: str) -> tuple[str, ...]:
    return (
        ()
        if path == "model"
        else ("The search of the model itself was left out: only its best estimator was kept.",)
    )


def _path(given: str, params: dict[str, Any]) -> str:
    """Find the parameter, also where a wrapper was taken off or a scaler put in front."""
    tail = given
    while tail:
        fitting = [name for name in params if name == tail or name.endswith(f"__{tail}")]
        if fitting:
            return min(fitting, key=len)
        tail = tail.partition("__")[2]
    raise NoRemedy(f"The model has no parameter {given}.")


def _values(name: str, now: Any) -> list[Any]:
    known = list(_FREEDOM.get(name.rpartition("__")[-1], ()))
    if not known:
        if not _positive(now):
            raise NoRemedy(f"It is not known which values would weaken {name}.")
        steps = [now * factor for factor in (0.001, 0.01, 0.1, 1, 10, 100, 1000)]
        known = sorted({max(1, round(step)) for step in steps}) if isinstance(now, int) else steps
    return known if any(now is value or now == value for value in known) else [*known, now]


def _positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _with_scaler(base: Any) -> Any:
    """Put a scaler before the estimator that decides; without centring, which sparse rows forbid."""
    scaler = StandardScaler(with_mean=False)
    if isinstance(base, Pipeline):
        base.steps.insert(len(base.steps) - 1, ("remedy_scaler", scaler))
        return base
    return make_pipeline(scaler, base)


def _searched(bench: Bench, base: Any, grids: list[dict[str, list[Any]]]) -> tuple[Any, dict[str, Any]]:
    search = GridSearchCV(base, grids, scoring=_scoring(bench), cv=bench.pairs(), refit=False)
    train = bench.train
    found = bench.fit(search, train.table.data, train.y)
    means = np.asarray(found.cv_results_["mean_test_score"], dtype=float)
    if not np.isfinite(means).any():
        raise NoRemedy("No setting that was tried could be cross-validated.")
    best = found.cv_results_["params"][int(np.nanargmax(np.where(np.isfinite(means), means, -np.inf)))]
    return bench.fit(clone(base).set_params(**best), train.table.data, train.y), best


def _scoring(bench: Bench) -> str:
    return "neg_log_loss" if hasattr(bench.case.model, "predict_proba") else "balanced_accuracy"


def _and(names: Iterable[str]) -> str:
    return " and ".join(names)


def _set(found: dict[str, Any]) -> str:
    return _and(
        f"{name} = {value if not isinstance(value, float) else format(value, '.6g')}"
        for name, value in found.items()
    )


def _code(path: str, grids: list[dict[str, list[Any]]], bench: Bench, scaled: bool = False) -> str:
    lines = ["from sklearn.base import clone"]
    if grids:
        lines.append("from sklearn.model_selection import GridSearchCV")
    if scaled:
        lines.append("from sklearn.pipeline import Pipeline, make_pipeline")
        lines.append("from sklearn.preprocessing import StandardScaler")
    lines += ["", f"model = clone({path})"]
    if scaled:
        lines += [
            "scaler = StandardScaler(with_mean=False)",
            "if isinstance(model, Pipeline):",
            '    model.steps.insert(len(model.steps) - 1, ("remedy_scaler", scaler))',
            "else:",
            "    model = make_pipeline(scaler, model)",
        ]
    if grids:
        lines += ["grid = [", *(f"    {grid!r}," for grid in grids), "]"]
        lines += [f"model = GridSearchCV(model, grid, scoring={_scoring(bench)!r}).fit(X_train, y_train)"]
        lines += ["print(model.best_params_)"]
    else:
        lines += ["model.fit(X_train, y_train)"]
    return "\n".join(lines) + "\n"
