"""model.divergence: columns of one scale, and smaller steps."""

from __future__ import annotations

from typing import Any

from sklearn.base import clone
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from ladder_widgets.remedies.bench import Bench, NoRemedy, Remedied, parts
from ladder_widgets.remedies.search import Grid, base_of, is_step, named, notes, path_of, search, snippet

__all__ = ["calm"]

#: Steps of training by their names, and sizes that are tried.
_STEPS = ("eta0", "learning_rate_init", "learning_rate", "eta", "lr", "step_size")
_SIZES = (0.1, 0.01, 0.001)
#: Schedules that do not read the step.
_OWN_WAY = "optimal"


def calm(bench: Bench) -> Remedied:
    """Scale in front of the estimator, unless that is done, and take smaller steps.

    Of the steps tried the smallest that is not a standard error behind the best is taken. Reads
    ``details["parameter"]``, the path of the learning rate, which may be absent.
    """
    base, path = base_of(bench)
    if _is_scaled(base):
        return _slower(bench, base, path, "")
    try:
        return _slower(bench, _with_scaler(base, StandardScaler()), path, "StandardScaler()")
    except NoRemedy:  # sparse rows cannot be centred
        base, path = base_of(bench)
        scaler = StandardScaler(with_mean=False)
        return _slower(bench, _with_scaler(base, scaler), path, "StandardScaler(with_mean=False)")


def _slower(bench: Bench, base: Any, path: str, scaler: str) -> Remedied:
    grids = _grids(bench, base)
    done = "Scaled in front of the estimator" if scaler else "Kept the scaling"
    if grids:
        fitted, setting = search(bench, base, grids, smallest=True)
        text = (
            f"{done}, tried smaller steps by cross-validation on the training rows and fitted again with "
            f"{named(setting)}."
        )
        return Remedied(text, fitted, snippet(path, grids, setting, scaler), notes=notes(path))
    if not scaler:
        raise NoRemedy("The model is scaled already and has no learning rate to make smaller.")
    fitted = bench.fit(clone(base), bench.train.table.data, bench.train.y)
    text = f"{done} and fitted again on the training rows."
    return Remedied(text, fitted, snippet(path, [], {}, scaler), notes=notes(path))


def _grids(bench: Bench, base: Any) -> list[Grid]:
    params = base.get_params(deep=True)
    given = bench.finding.details.get("parameter")
    names = [name for name in params if name.rpartition("__")[-1] in _STEPS]
    if given is not None:
        names = [path_of(str(given), params)]
    grids: list[Grid] = []
    for name in names:
        schedule = f"{name.rpartition('__')[0]}__learning_rate".lstrip("_")
        if name.endswith("eta0") and params.get(schedule) == _OWN_WAY:
            grids.append({name: list(_SIZES), schedule: ["adaptive"]})
        elif is_step(params[name]):
            sizes = [size for size in _SIZES if size < params[name]]
            grids.append({name: sizes or [params[name] * factor for factor in (0.1, 0.01)]})
    return grids


def _is_scaled(base: Any) -> bool:
    return any(hasattr(part, "with_std") or hasattr(part, "feature_range") for part in parts(base)) or any(
        "Scaler" in type(part).__name__ for part in parts(base)
    )


def _with_scaler(base: Any, scaler: Any) -> Any:
    """Put a scaler before the estimator that decides."""
    if isinstance(base, Pipeline):
        base.steps.insert(len(base.steps) - 1, ("remedy_scaler", scaler))
        return base
    return make_pipeline(scaler, base)
