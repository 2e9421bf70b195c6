"""A parameter searched by cross-validation on the training rows, and the same as code to paste."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from ladder_widgets.remedies.bench import Bench, NoRemedy, cloned

__all__ = ["Grid", "base_of", "is_step", "named", "notes", "path_of", "search", "snippet"]

#: Paths of ``get_params`` and the values tried together.
Grid = dict[str, list[Any]]


def base_of(bench: Bench) -> tuple[Any, str]:
    """Clone what is to be searched, of a fitted search its best estimator; and how it is written."""
    best = getattr(bench.case.model, "best_estimator_", None)
    return (bench.unfitted(), "model") if best is None else (cloned(best), "model.best_estimator_")


def notes(path: str) -> tuple[str, ...]:
    """Say so if the user's own search was left out."""
    if path == "model":
        return ()
    return ("The search of the model itself was left out: only its best estimator was kept.",)


def path_of(given: str, params: dict[str, Any]) -> str:
    """Find a parameter, also where a wrapper was taken off or a scaler put in front.

    Raises
    ------
    NoRemedy
        If there is none of that name.

    Examples
    --------
    >>> path_of("estimator__ridge__alpha", {"scale__with_mean": True, "ridge__alpha": 1.0})
    'ridge__alpha'
    """
    tail = given
    while tail:
        fitting = [name for name in params if name == tail or name.endswith(f"__{tail}")]
        if fitting:
            return min(fitting, key=len)
        tail = tail.partition("__")[2]
    raise NoRemedy(f"The model has no parameter {given}.")


def is_step(value: Any) -> bool:
    """Whether a parameter is a number above zero, as a learning rate is."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def search(bench: Bench, base: Any, grids: list[Grid], smallest: bool = False) -> tuple[Any, dict[str, Any]]:
    """Cross-validate every setting, fit the best one on all training rows; returns it and its setting.

    Parameters
    ----------
    smallest : bool
        Take the smallest value that is not a standard error behind the best.

    Raises
    ------
    NoRemedy
        If no setting can be cross-validated.
    """
    scoring = "neg_log_loss" if hasattr(bench.case.model, "predict_proba") else "balanced_accuracy"
    train = bench.train
    tried = GridSearchCV(base, grids, scoring=scoring, cv=bench.pairs(), refit=False)
    found = bench.fit(tried, train.table.data, train.y).cv_results_
    means = np.asarray(found["mean_test_score"], dtype=float)
    means = np.where(np.isfinite(means), means, -np.inf)
    if not np.isfinite(means).any():
        raise NoRemedy("No setting that was tried could be cross-validated.")
    best = int(np.argmax(means))
    if smallest:
        folds = sum(name.startswith("split") for name in found)
        error = float(found["std_test_score"][best]) / np.sqrt(folds)
        near = np.flatnonzero(means >= means[best] - error)
        best = min(near.tolist(), key=lambda place: tuple(found["params"][place].values()))
    setting = found["params"][best]
    return bench.fit(clone(base).set_params(**setting), train.table.data, train.y), setting


def named(setting: dict[str, Any]) -> str:
    """Write a setting in a sentence.

    Examples
    --------
    >>> named({"C": 0.1, "max_depth": None})
    'C = 0.1 and max_depth = None'
    """
    shown = {
        name: format(value, ".6g") if isinstance(value, float) else value for name, value in setting.items()
    }
    return " and ".join(f"{name} = {value}" for name, value in shown.items())


def snippet(path: str, grids: list[Grid], setting: dict[str, Any], scaler: str = "") -> str:
    """Return the remedy in Python to paste; ``scaler`` is put before the estimator that decides."""
    lines = ["from sklearn.base import clone"]
    if scaler:
        lines.append("from sklearn.pipeline import Pipeline, make_pipeline")
        lines.append("from sklearn.preprocessing import StandardScaler")
    lines += ["", f"model = clone({path})"]
    if scaler:
        lines += [
            "if isinstance(model, Pipeline):",
            f'    model.steps.insert(len(model.steps) - 1, ("remedy_scaler", {scaler}))',
            "else:",
            f"    model = make_pipeline({scaler}, model)",
        ]
    if grids:
        lines += ["# Tried by cross-validation on the training rows:", *(f"# {grid!r}" for grid in grids)]
    if setting:
        lines.append(f"model.set_params(**{setting!r})")
    return "\n".join([*lines, "model.fit(X_train, y_train)"]) + "\n"
