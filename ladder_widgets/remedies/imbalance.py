"""model.imbalance: class weights where the model takes them, else the threshold."""

from __future__ import annotations

from typing import Any

from sklearn.calibration import CalibratedClassifierCV

from ladder_widgets.remedies.bench import Bench, NoRemedy, Remedied, parts
from ladder_widgets.remedies.threshold import move_threshold

__all__ = ["weigh"]


def weigh(bench: Bench) -> Remedied:
    """Fit again with balanced class weights; move the threshold of a model that has none."""
    estimator = bench.unfitted()
    paths = _weights(estimator)
    if not paths:
        if not bench.case.binary:
            raise NoRemedy(
                "The model takes no class weights, and with more classes there is no threshold to move."
            )
        return move_threshold(bench)
    fitted = bench.fit(estimator.set_params(**dict.fromkeys(paths, "balanced")), *_rows(bench))
    text = f'Set {" and ".join(paths)} to "balanced" and fitted again on the training rows.'
    return Remedied(text, fitted, _CODE.format(paths=repr(paths)), notes=(_NOTE,))


_NOTE = (
    "Weights move the probabilities towards the rare class: log loss and accuracy usually get worse by it. "
    "Where probabilities are used as such, move the threshold instead."
)


def _rows(bench: Bench) -> tuple[Any, Any]:
    return bench.train.table.data, bench.train.y


def _weights(estimator: Any) -> list[str]:
    """Paths of class weights that are not set; none where calibration would undo them."""
    if any(isinstance(part, CalibratedClassifierCV) for part in parts(estimator)):
        return []
    params = estimator.get_params(deep=True)
    return [name for name in params if name.split("__")[-1] == "class_weight" and params[name] is None]


_CODE = """\
from sklearn.base import clone

model = clone(model).set_params(**dict.fromkeys({paths}, "balanced"))
model.fit(X_train, y_train)
"""
