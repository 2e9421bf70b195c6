"""Parameters that hold a model back: penalties, tiny trees, few and small steps, wide neighbourhoods."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from ladder_widgets.checks._parameters import parameters, spreads
from ladder_widgets.checks._parts import Part, quietly, settings

__all__ = ["Restraint", "restraints"]


@dataclass(frozen=True)
class Restraint:
    """A parameter on the tight side.

    Attributes
    ----------
    owner : str
        Class that has it.
    name : str
    value : object
    grid : tuple
        Values to try instead; empty where there is nothing to set.
    """

    owner: str
    name: str
    value: Any
    grid: tuple[Any, ...] = ()

    @property
    def told(self) -> str:
        """The parameter as one would write it."""
        value = f"{self.value:.4g}" if isinstance(self.value, float) else str(self.value)
        return f"{self.name}={value}" if self.grid or self.name.isidentifier() else f"{self.name} {value}"


#: Weight up to which a coefficient times the spread of its column does next to nothing.
FLAT = 0.02
#: Rounds times learning rate below which boosting has hardly left the class shares.
FEW_STEPS = 1.0
_ROUNDS = ("n_estimators", "max_iter", "iterations", "n_rounds", "num_boost_round", "n_iter", "epochs")

_PENALTIES = (0.0, 0.01, 0.1, 1.0, 10.0)
_LEAVES = (1, 5, 20, 50)


@dataclass(frozen=True)
class _Rule:
    """When a parameter is tight: in absolute terms, or as a number or share of the training rows.

    Penalties are tight from the first on; whether they matter, the scores decide.
    """

    grid: tuple[Any, ...]
    least: float = -np.inf
    most: float = np.inf
    share_least: float = 0.0
    share_most: float = np.inf

    def tight(self, value: float, n_rows: int) -> bool:
        counted = self.share_least > 0 or np.isfinite(self.share_most)
        rows = value * n_rows if counted and 0 < value < 1 else value
        low, high = max(self.least, self.share_least * n_rows), min(self.most, self.share_most * n_rows)
        return low <= rows <= high


#: Just above zero.
_ANY = 1e-12
_RULES: dict[str, _Rule] = {
    "C": _Rule((0.01, 0.1, 1.0, 10.0, 100.0), least=0, most=0.5),
    "max_depth": _Rule((4, 8, 16, None), least=1, most=2),
    "max_leaf_nodes": _Rule((8, 32, 128, None), least=1, most=4),
    "num_leaves": _Rule((8, 31, 127), least=1, most=4),
    "min_samples_leaf": _Rule(_LEAVES, least=20, share_least=0.05),
    "min_child_samples": _Rule(_LEAVES, least=30, share_least=0.05),
    "min_data_in_leaf": _Rule(_LEAVES, least=30, share_least=0.05),
    "min_child_weight": _Rule((0.001, 1, 5), least=20, share_least=0.02),
    "min_samples_split": _Rule((2, 10, 50), least=40, share_least=0.1),
    "min_weight_fraction_leaf": _Rule((0.0, 0.001, 0.01), least=0.05),
    "ccp_alpha": _Rule((0.0, 1e-4, 1e-3), least=_ANY),
    "min_impurity_decrease": _Rule((0.0, 1e-4, 1e-3), least=_ANY),
    "l2_regularization": _Rule(_PENALTIES, least=20),
    "reg_lambda": _Rule(_PENALTIES, least=20),
    "reg_alpha": _Rule(_PENALTIES, least=5),
    "lambda_l1": _Rule(_PENALTIES, least=5),
    "lambda_l2": _Rule(_PENALTIES, least=20),
    "l2_leaf_reg": _Rule((1, 3, 10), least=50),
    "weight_decay": _Rule((0.0, 1e-5, 1e-4, 1e-3), least=0.01),
    "n_neighbors": _Rule((5, 15, 45), least=30, share_least=0.1),
    "var_smoothing": _Rule((1e-9, 1e-7, 1e-5), least=1e-3),
    "shrinkage": _Rule((None, 0.01, 0.1), least=0.8),
    "reg_param": _Rule((0.0, 0.01, 0.1), least=0.5),
    "shrink_threshold": _Rule((None, 0.1, 0.5), least=_ANY),
    "max_samples": _Rule((0.3, 0.7, None), share_most=0.02),
    "dropout": _Rule((0.0, 0.2, 0.4), least=0.6),
}
#: ``alpha`` means a penalty of another size in each.
_ALPHA = {"SGDClassifier": 1e-3, "Perceptron": 1e-3, "MLPClassifier": 0.1, "RidgeClassifier": 30.0}
_ALPHA_GRID = {"RidgeClassifier": (0.1, 1.0, 10.0)}
_ALPHA_NB = ("MultinomialNB", "BernoulliNB", "ComplementNB", "CategoricalNB")
#: Names that speak of a penalty in somebody's own class.
_OWN = re.compile(
    r"^c$|^reg|regul|lam|lmbda|alpha|penal|decay|shrink|^l[12]|ridge|dropout|tau", re.IGNORECASE
)


def restraints(part: Part, n_rows: int) -> list[Restraint]:
    """Return the tight parameters of one estimator; whether they matter, its scores must tell.

    Parameters
    ----------
    part : Part
    n_rows : int
        Rows it was trained on, or about as many.
    """
    estimator, owner = part.estimator, part.name
    given = _given(estimator)
    found = []
    boosts = "learning_rate" in given and _number(given["learning_rate"]) is not None
    for name, rule in _RULES.items():
        value = _number(_learnt_c(estimator) if name == "C" else given.get(name))
        small_trees = boosts and name in ("max_depth", "max_leaf_nodes", "num_leaves")
        if value is not None and not small_trees and rule.tight(value, n_rows):
            found.append(Restraint(owner, name, given.get(name, value), rule.grid))
    found += _alpha(owner, given, n_rows)
    found += _steps(estimator, owner, given)
    if not _of_a_library(estimator):
        known = {one.name for one in found}
        for name, value in given.items():
            if name not in known and _OWN.search(name) and (_number(value) or 0) > 0:
                found.append(Restraint(owner, name, value))
    return [*found, *_flat(part)]


def _alpha(owner: str, given: dict[str, Any], n_rows: int) -> list[Restraint]:
    value = _number(given.get("alpha"))
    if value is None:
        return []
    if owner in _ALPHA_NB and value > 10:
        return [Restraint(owner, "alpha", value, (0.01, 0.1, 1.0))]
    share = 0.1 * n_rows if owner == "RidgeClassifier" else 0.0  # it adds up over rows, the others do not
    if owner in _ALPHA and value >= max(_ALPHA[owner], share):
        return [Restraint(owner, "alpha", value, _ALPHA_GRID.get(owner, (1e-6, 1e-5, 1e-4, 1e-3)))]
    return []


def _steps(estimator: Any, owner: str, given: dict[str, Any]) -> list[Restraint]:
    """Few rounds with small steps: boosting, networks and gradient descent that hardly moved."""
    rounds = [value for name in _ROUNDS if (value := _number(given.get(name)) or 0) > 0]
    done = _number(getattr(estimator, "n_iter_", None))
    taken = min([*rounds, *([done] if done else [])], default=None)
    if taken is None:
        return []
    for name, least, grid in (
        ("learning_rate", FEW_STEPS, (0.03, 0.1, 0.3)),
        ("learning_rate_init", 0.02, (1e-3, 3e-3, 1e-2)),
        ("eta0", 0.01, (0.01, 0.1)),
        ("lr", 0.5, ()),
    ):
        size = _number(given.get(name))
        if name == "eta0" and given.get("learning_rate") == "optimal":
            continue
        if size is not None and size > 0 and size * taken < least:
            return [Restraint(owner, name, size, grid)]
    if taken <= 5 and given.get("early_stopping") is True:
        return [Restraint(owner, "n_iter_no_change", given.get("n_iter_no_change"), (10, 50))]
    if taken <= 3 and "max_iter" in given:
        return [Restraint(owner, "max_iter", given["max_iter"], (100, 1000))]
    return []


def _flat(part: Part) -> list[Restraint]:
    """Coefficients that are all next to zero, whatever pressed them there."""
    for parameter in parameters(part.estimator):
        if not re.search(r"coef|weight|^w\d*_?$|theta|beta", parameter.name, re.IGNORECASE):
            continue
        matrix = np.atleast_2d(parameter.values)
        spread = spreads(part.data, max(matrix.shape)) if min(matrix.shape) < 30 else None
        if spread is not None and matrix.ndim == 2 and len(spread) in matrix.shape:
            matrix = matrix if matrix.shape[1] == len(spread) else matrix.T
            size = float(np.nanmax(np.abs(matrix) * spread, initial=0.0))
        else:
            size = parameter.largest if parameter.largest == 0 else np.inf
        if size <= FLAT:
            return [Restraint(part.name, f"largest effect in {parameter.name}:", size)]
        return []
    return []


def _given(estimator: Any) -> dict[str, Any]:
    """Parameters of an estimator; for a plain object its attributes, as far as they are numbers."""
    if hasattr(estimator, "get_params"):
        found = quietly(estimator.get_params, False)
        if found:
            return dict(found)
    held = settings(estimator)
    return {name: value for name, value in held.items() if not name.startswith("_")}


def _learnt_c(estimator: Any) -> Any:
    chosen = getattr(estimator, "C_", None)  # LogisticRegressionCV: the penalty it chose
    if chosen is not None:
        return float(np.median(np.asarray(chosen)))
    return quietly(getattr, estimator, "C", None)


def _number(value: Any) -> float | None:
    if isinstance(value, bool | str | bytes) or value is None:
        return None
    array = quietly(np.asarray, value, float)
    if array is None or array.size != 1 or not np.isfinite(array).all():
        return None
    return float(array.reshape(-1)[0])


def _of_a_library(estimator: Any) -> bool:
    return type(estimator).__module__.split(".")[0] in (
        "sklearn",
        "xgboost",
        "lightgbm",
        "catboost",
        "imblearn",
    )
