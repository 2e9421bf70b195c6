"""Code to paste for a model of the wrong kind, held back too firmly, or diverged."""

from __future__ import annotations

from typing import Any

from ladder_widgets.case import Case
from ladder_widgets.checks._blowup import boosted, step_size
from ladder_widgets.checks._kinds import Answers, decides
from ladder_widgets.checks._parts import parts, quietly
from ladder_widgets.checks._restraints import Restraint
from ladder_widgets.taxonomy import fault

__all__ = ["answers_fix", "calmer_fix", "classifier_fix", "freer_fix", "measured_fix"]

_CLASSIFIERS = {
    "LinearRegression": ("sklearn.linear_model", "LogisticRegression", "max_iter=1000"),
    "Ridge": ("sklearn.linear_model", "LogisticRegression", "max_iter=1000"),
    "RidgeCV": ("sklearn.linear_model", "LogisticRegression", "max_iter=1000"),
    "Lasso": ("sklearn.linear_model", "LogisticRegression", 'l1_ratio=1, solver="saga", max_iter=1000'),
    "ElasticNet": ("sklearn.linear_model", "LogisticRegression", "max_iter=1000"),
    "SGDRegressor": ("sklearn.linear_model", "SGDClassifier", 'loss="log_loss", random_state=0'),
    "SVR": ("sklearn.svm", "SVC", ""),
    "LinearSVR": ("sklearn.svm", "LinearSVC", ""),
    "DecisionTreeRegressor": (
        "sklearn.tree",
        "DecisionTreeClassifier",
        "min_samples_leaf=20, random_state=0",
    ),
    "KNeighborsRegressor": ("sklearn.neighbors", "KNeighborsClassifier", ""),
    "MLPRegressor": ("sklearn.neural_network", "MLPClassifier", "random_state=0"),
    "RandomForestRegressor": ("sklearn.ensemble", "RandomForestClassifier", "random_state=0"),
    "ExtraTreesRegressor": ("sklearn.ensemble", "ExtraTreesClassifier", "random_state=0"),
    "GradientBoostingRegressor": ("sklearn.ensemble", "GradientBoostingClassifier", "random_state=0"),
}
_DEFAULT = ("sklearn.ensemble", "HistGradientBoostingClassifier", "random_state=0")


def _base(model: Any) -> tuple[Any, str]:
    """The pipeline or estimator to build on, and how to write it."""
    if getattr(model, "best_estimator_", None) is not None:
        return model.best_estimator_, "model.best_estimator_"
    return model, "model"


def classifier_fix(case: Case) -> str:
    """Put the classifier of the same family in the place of the estimator that decides."""
    base, written = _base(case.model)
    name = type(decides(base)).__name__
    module, classifier, options = _CLASSIFIERS.get(name, _DEFAULT)
    steps = getattr(base, "steps", None)
    lines = [f"from {module} import {classifier}", ""]
    if (
        isinstance(steps, list)
        and steps
        and name.endswith(("Regression", "Regressor", "SVR", "Ridge", "Net"))
    ):
        lines = ["from sklearn.base import clone", *lines]
        lines.append(f"model = clone({written}).set_params(**{{{steps[-1][0]!r}: {classifier}({options})}})")
        lines.append("model.fit(X_train, y_train)")
    elif isinstance(steps, list) and len(steps) > 1:
        lines = ["from sklearn.base import clone", "from sklearn.pipeline import make_pipeline", *lines]
        lines.append(f"model = make_pipeline(clone({written}[:-1]), {classifier}({options}))")
        lines.append("model.fit(X_train, y_train)")
    else:
        lines.append(f"model = {classifier}({options}).fit(X_train, y_train)")
    return "\n".join(lines) + "\n"


def measured_fix(case: Case) -> str:
    """A regressor for a measurement, or an explicit cut."""
    return (
        "import pandas as pd\n"
        "from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor\n\n"
        "measured = pd.to_numeric(pd.Series(y_train))\n"
        "regressor = HistGradientBoostingRegressor(random_state=0).fit(X_train, measured)\n"
        "# Where a decision is wanted, make the cut explicit, and the target has two classes:\n"
        "cut = measured.median()\n"
        "model = HistGradientBoostingClassifier(random_state=0).fit(X_train, measured > cut)\n"
    )


def answers_fix(case: Case, answered: Answers) -> str:
    """A wrapper that turns answers that are probabilities into labels; else the general advice."""
    if not answered.fractions or (not answered.wide and not case.binary):
        return fault("model.wrong-class").fix
    labels = [label if isinstance(label, int | float | str | bool) else str(label) for label in case.classes]
    probability = (
        "        return np.asarray(self.booster.predict(X))\n"
        if answered.wide
        else "        p = np.clip(np.asarray(self.booster.predict(X)).ravel(), 0, 1)\n"
        "        return np.column_stack([1 - p, p])\n"
    )
    return (
        "import numpy as np\n\n\n"
        "class WithLabels:\n"
        '    """Answers labels in predict and probabilities in predict_proba."""\n\n'
        f"    classes_ = np.array({labels!r})\n\n"
        "    def __init__(self, booster):\n"
        "        self.booster = booster\n\n"
        "    def predict_proba(self, X):\n"
        f"{probability}\n"
        "    def predict(self, X):\n"
        "        return self.classes_[np.argmax(self.predict_proba(X), axis=1)]\n\n\n"
        "model = WithLabels(model)\n"
    )


def freer_fix(case: Case, held: list[Restraint]) -> str:
    """A search over the parameters that hold the model back, by the user's own names."""
    base, written = _base(case.model)
    grid = {}
    for one in held:
        for path in _paths(base, one.owner, one.name):
            if one.grid:
                grid[path] = list(one.grid)
    if not grid:
        return fault("model.over-regularized").fix if hasattr(base, "get_params") else _by_hand(held)
    few = dict(list(grid.items())[:3])
    scoring = "neg_log_loss" if hasattr(base, "predict_proba") else "balanced_accuracy"
    listed = "".join(f"    {path!r}: {values!r},\n" for path, values in few.items())
    return (
        "from sklearn.base import clone\n"
        "from sklearn.model_selection import GridSearchCV\n\n"
        f"grid = {{\n{listed}}}\n"
        f'model = GridSearchCV(clone({written}), grid, scoring="{scoring}").fit(X_train, y_train)\n'
        "print(model.best_params_)\n"
    )


def _by_hand(held: list[Restraint]) -> str:
    told = "".join(f"# {one.owner}: {one.told}\n" for one in held[:5])
    return f"# Train the model again with less of what holds it back:\n{told}"


def _paths(model: Any, owner: str, name: str) -> list[str]:
    """Names in ``set_params`` of a parameter of the estimators of one class."""
    every = quietly(model.get_params, True) if hasattr(model, "get_params") else None
    found = []
    for path in every or {}:
        holder, _, last = str(path).rpartition("__")
        if last == name and type(every[holder] if holder else model).__name__ == owner:  # type: ignore[index]
            found.append(str(path))
    return found


def calmer_fix(case: Case) -> str:
    """Smaller steps, by the user's own names, behind a scaler unless there is boosting."""
    base, written = _base(case.model)
    for part in parts(base):
        step = step_size(part.estimator)
        if step is None:
            continue
        for name, size in _calmer(part.estimator).items():
            changes = dict.fromkeys(_paths(base, part.name, name), size)
            if changes:
                return _refit(written, changes, base, case, boosted(part.estimator))
    return fault("model.divergence").fix


def _calmer(estimator: Any) -> dict[str, float]:
    if boosted(estimator):
        return {"learning_rate": 0.1}
    return {"learning_rate_init": 0.001, "eta0": 0.01, "lr": 0.01, "step_size": 0.01, "learning_rate": 0.01}


def _refit(written: str, changes: dict[str, float], base: Any, case: Case, trees: bool) -> str:
    given = ", ".join(f"{path!r}: {size!r}" for path, size in changes.items())
    lines = ["from sklearn.base import clone"]
    again = f"clone({written}).set_params(**{{{given}}})"
    numeric = all(feature.kind == "number" for feature in case.val.table.features())
    scaled = any("Scaler" in type(step).__name__ for _, step in getattr(base, "steps", None) or [])
    if not trees and not scaled and numeric:
        lines += [
            "from sklearn.impute import SimpleImputer",
            "from sklearn.pipeline import make_pipeline",
            "from sklearn.preprocessing import StandardScaler",
            "",
            "# Columns of one scale, and smaller steps.",
            f"model = make_pipeline(SimpleImputer(), StandardScaler(), {again})",
        ]
    else:
        lines += ["", "# Smaller steps.", f"model = {again}"]
    return "\n".join([*lines, "model.fit(X_train, y_train)"]) + "\n"
