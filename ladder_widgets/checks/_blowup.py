"""Signs that training blew up, for one estimator inside a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import AdaBoostClassifier
from sklearn.linear_model import Perceptron
from sklearn.neural_network import MLPClassifier

from ladder_widgets.case import Case, Split
from ladder_widgets.checks._losses import Curve, curves
from ladder_widgets.checks._margins import balanced, entropy, log_scores, losses
from ladder_widgets.checks._parameters import parameters, spreads
from ladder_widgets.checks._parts import Part, own_rows, quietly, settings
from ladder_widgets.labels import encode, plain
from ladder_widgets.scores import ModelFailure, prepared

__all__ = ["Sign", "boosted", "broken_answers", "codes_for", "signs", "step_size"]

#: Mean loss on the rows it was trained on, over that of answering the class shares, from which
#: training blew up; on other rows, where overfitting raises it too.
WORSE, WORSE_ELSEWHERE = 10.0, 20.0
#: The same where steps are large at first by design, and the noise of few rows stays (SGD by default).
WORSE_OPTIMAL = 1000.0
#: The same for what descends its own loss at every step (boosting), and for constant steps of 1 and more.
WORSE_BOOSTED, WORSE_BOLD = 2.0, 3.0
#: A single leaf may overshoot in sound boosting: no row counts for more than so many times chance.
CAP = 100.0
BOLD = 1.0
#: Loss a network ends at, and the peak it came over, in units of answering the shares and of guessing.
STUCK, PEAK = 1.5, 3.0
#: Penalty of a network that is a good part of its loss.
PRESSED = 0.1
#: Coefficient times the spread of its column, and bare weight where columns are not known.
HUGE, HUGE_BARE = 1e4, 1e8
#: Share of complete rows with answers that are not finite; rows that are asked about.
BROKEN = 0.01
ASKED = 2000
RISING = "loss rises"
_STEP_SIZES = ("learning_rate", "learning_rate_init", "eta0", "eta", "lr", "step", "step_size", "alpha_lr")


@dataclass(frozen=True)
class Sign:
    """One thing seen: where, what, how large, and whether it alone settles the matter."""

    where: str
    what: str
    seen: str
    sure: bool


def signs(part: Part, y: np.ndarray | None, n_classes: int, trained: bool) -> list[Sign]:
    """Return what speaks for divergence in one estimator.

    Parameters
    ----------
    part : Part
        An estimator with the rows that reach it.
    y : ndarray of shape (n_rows,) or None
        Codes of the labels of these rows in the order of the estimator's classes; None if it has others.
    n_classes : int
    trained : bool
        Whether it was trained on these rows.
    """
    found = _parameter_signs(part)
    chance = entropy(y) if y is not None else float(np.log(max(2, n_classes)))
    for curve in curves(part.estimator):
        found += _curve_signs(part, curve, chance, n_classes)
    if y is None or part.data is None:
        return found
    measured = _loss_signs(part, y, n_classes, trained)
    if boosted(part.estimator) and trained and not measured:
        return [sign for sign in found if sign.what != RISING]  # a single leaf overshot
    return [*found, *measured]


def _parameter_signs(part: Part) -> list[Sign]:
    found = []
    rates = step_size(part.estimator) is not None or not _known(part.estimator)
    for parameter in parameters(part.estimator):
        where = f"{part.name}.{parameter.name}"
        if parameter.broken:
            total = parameter.values.size
            found.append(Sign(where, "not finite", f"{parameter.broken:,} of {total:,} values", True))
            continue
        if not rates or parameter.largest < HUGE or isinstance(part.estimator, Perceptron):
            continue
        matrix = np.atleast_2d(parameter.values)
        spread = spreads(part.data, max(matrix.shape))
        if spread is not None and len(spread) in matrix.shape and min(matrix.shape) < len(spread):
            matrix = matrix if matrix.shape[1] == len(spread) else matrix.T
            size = float(np.nanmax(np.abs(matrix) * spread))
            if size > HUGE:
                found.append(Sign(where, "coefficient times spread of its column", f"{size:.3g}", False))
        elif parameter.largest > HUGE_BARE:
            found.append(Sign(where, "largest weight", f"{parameter.largest:.3g}", False))
    return found


def _curve_signs(part: Part, curve: Curve, chance: float, n_classes: int) -> list[Sign]:
    where = f"{part.name}.{curve.name}"
    if curve.broken:
        return [Sign(where, "losses not finite", f"{curve.broken} of {len(curve.values)}", True)]
    told = f"from {curve.start:.3g} over {curve.low:.3g} to {curve.end:.3g}"
    if curve.rises(chance):
        return [Sign(where, RISING, told, curve.end > 3 * abs(min(curve.low, curve.start)))]
    if (
        isinstance(part.estimator, MLPClassifier) and part.estimator.alpha < PRESSED
    ):  # the curve holds the penalty
        peak = curve.high > PEAK * np.log(max(2, n_classes))
        if peak and curve.end > STUCK * chance:
            text = f"from {curve.high:.3g} to {curve.end:.3g}; the class shares alone give {chance:.3g}"
            return [Sign(where, "loss stays above chance", text, False)]
    return []


def _loss_signs(part: Part, y: np.ndarray, n_classes: int, trained: bool) -> list[Sign]:
    """A model that descends a loss must do better on its own rows than answering the class shares."""
    step = step_size(part.estimator)
    if step is None or isinstance(part.estimator, Perceptron | AdaBoostClassifier):
        return []
    scores = log_scores(part.estimator, part.data, n_classes)
    if scores is None:
        return []
    loss = losses(scores, y)
    if boosted(part.estimator):
        loss = np.minimum(loss, CAP * entropy(y))
    # With class weights the loss that was descended counts classes alike: the kinder of the two decides.
    times = min(loss.mean() / entropy(y), balanced(loss, y) / np.log(n_classes))
    limit = WORSE if trained else WORSE_ELSEWHERE
    if getattr(part.estimator, "learning_rate", None) == "optimal":
        limit = WORSE_OPTIMAL
    elif trained and boosted(part.estimator):
        limit = WORSE_BOOSTED
    elif trained and _bold(part.estimator, step):
        limit = WORSE_BOLD
    if times <= limit:
        return []
    rows = "training" if trained else "validation"
    text = f"{times:.3g} times that of answering the class shares"
    return [Sign(part.name, f"loss on the {rows} rows", text, times > 3 * limit)]


def step_size(estimator: Any) -> float | str | None:
    """Return the size of the steps an estimator was told to take; None if it takes none."""
    held = settings(estimator)
    given = quietly(estimator.get_params, False) if hasattr(estimator, "get_params") else None
    held = {**held, **(given or {})}
    found = [held[name] for name in _STEP_SIZES if held.get(name) is not None]
    sizes = [float(size) for size in found if isinstance(size, int | float) and not isinstance(size, bool)]
    return max(sizes) if sizes else (found[0] if found else None)


def boosted(estimator: Any) -> bool:
    """Whether an estimator adds trees that each lower the loss."""
    return hasattr(estimator, "learning_rate") and any(
        hasattr(estimator, name) for name in ("max_leaf_nodes", "max_depth", "num_leaves", "depth")
    )


def _bold(estimator: Any, step: float | str) -> bool:
    constant = getattr(estimator, "learning_rate", "constant") in ("constant", "invscaling", "adaptive")
    return constant and not isinstance(step, str) and step >= BOLD


def _known(estimator: Any) -> bool:
    """Whether it is scikit-learn's: what takes no steps there solves its problem."""
    return type(estimator).__module__.split(".")[0] == "sklearn"


def codes_for(case: Case, estimator: Any, split: Split, positions: np.ndarray) -> np.ndarray | None:
    """Labels of the rows as codes of an estimator's own classes; None if it has others."""
    y = split.y.iloc[positions]
    own = quietly(getattr, estimator, "classes_", None)
    own = case.classes if own is None else [plain(label) for label in np.asarray(own).ravel()]
    codes = encode(y, own)
    if (codes < 0).any() and own == list(range(len(case.classes))):  # voting hands its members codes
        codes = encode(y, _ordered(case.classes))
    sound = len(own) > 1 and (codes >= 0).all() and len(np.unique(codes)) > 1
    return codes if sound else None


def _ordered(classes: list[Any]) -> list[Any]:
    try:
        return sorted(classes)
    except TypeError:
        return sorted(classes, key=str)


def broken_answers(case: Case) -> list[Sign]:
    """Answers that are not finite on rows without missing values."""
    data, positions = own_rows(case, case.val, ASKED)
    whole = np.ones(len(positions), dtype=bool)
    for feature in case.val.table.features():
        series = feature.series.iloc[positions]
        numeric = pd.api.types.is_float_dtype(series.dtype)
        whole &= (
            np.isfinite(series.to_numpy(dtype=float, na_value=np.nan))
            if numeric
            else series.notna().to_numpy()
        )
    found: list[Sign] = []
    try:
        last, data = prepared(case.model, data)
    except ModelFailure:
        return found
    for method in ("predict_proba", "decision_function", "predict"):
        function = quietly(getattr, last, method, None)
        raw = quietly(function, data) if callable(function) else None
        values = quietly(np.asarray, raw) if raw is not None else None
        if values is None or values.dtype.kind != "f" or len(values) != len(whole) or not whole.any():
            continue
        broken = ~np.isfinite(values.reshape(len(values), -1)).all(axis=1)
        if broken[whole].mean() > BROKEN:
            text = f"{int(broken[whole].sum()):,} of {int(whole.sum()):,} rows without missing values"
            found.append(Sign(f"{case.model_name}.{method}", "answers NaN or infinity", text, True))
    return found
