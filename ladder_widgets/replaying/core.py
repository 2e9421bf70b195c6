"""Hand one production record to a saved model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from typing import Any

import numpy as np

from ladder_widgets.replaying.answer import (
    Expected,
    as_expected,
    classes_of_model,
    method_of,
)
from ladder_widgets.replaying.artifact import load
from ladder_widgets.replaying.cells import is_missing
from ladder_widgets.replaying.record import as_row
from ladder_widgets.replaying.recorder import walk
from ladder_widgets.replaying.result import Replay
from ladder_widgets.replaying.training import rows_of
from ladder_widgets.validation import refuse, shown

__all__ = ["replay"]


def replay(
    model_or_path: Any,
    record: Any,
    *,
    expected: Any = None,
    trust: bool = False,
    reference: Any = None,
    batch: Any = None,
    threshold: float | None = None,
    tolerance: float = 1e-6,
    candidates: Any = None,
) -> Replay:
    """Hand one production record to a model and write down what happens at every step.

    The model answers by itself, once; each estimator inside notes what it is given and what it returns.
    Everything that takes longer (ranges, batches, explanations) is worked out when it is asked for.

    Parameters
    ----------
    model_or_path : fitted estimator, str or path
        A path of ``.joblib``, ``.pkl``, ``.pickle`` or ``.skops``.
    record : dict, str, path, Series, frame, list or array
        The record exactly as production had it: None stays None, and a missing key a missing column. A
        text is JSON, or the path of a ``.json`` file.
    expected : float, label or dict, optional
        What production answered: a score (of two classes P(``classes_[1]``), of more that of the label), a
        label, or ``{"score": …, "label": …}``.
    trust : bool
        Whether the file may run code: every pickle may.
    reference : frame or array, optional
        Training rows: they tell where each value stands in the training range of each step. More than
        5,000 are sampled, evenly.
    batch : frame or array, optional
        Rows to put the record among: it must be answered as alone. By default the reference.
    threshold : float, optional
        Decision threshold of production, where the model does not apply it itself.
    tolerance : float
        Largest difference of two scores that are the same.
    candidates : mapping of str to model or path, sequence of paths, optional
        Other artifacts that production may have served.

    Returns
    -------
    Replay

    Raises
    ------
    ValueError
        If a parameter is not what it must be, or the file may run code and ``trust`` is not given.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    >>> record = X.iloc[0].to_dict() | {"mean radius": 17990.0}
    >>> found = replay(model, record, reference=X)
    >>> found.first_failure.name, found.first_failure.columns
    ('standardscaler', ('mean radius',))
    """
    _check_number("tolerance", tolerance, 0.0)
    if threshold is not None:
        _check_number("threshold", threshold, None)
    loaded = load(model_or_path, trust)
    if loaded.failure is not None:
        return Replay(
            loaded, None, None, Expected(), None, tolerance, threshold, {}, (None, None), expected, record
        )
    method = method_of(loaded.model)
    row = as_row(record, loaded.model)
    wanted = as_expected(expected, classes_of_model(loaded.model))
    rows = tuple(
        None if data is None else rows_of(data, name, loaded.model, method, row)
        for name, data in (("reference", reference), ("batch", batch))
    )
    walked = walk(loaded.model, row.data, method)
    others = _candidates(candidates, trust)
    return Replay(loaded, row, walked, wanted, method, tolerance, threshold, others, rows, expected, record)


def _candidates(candidates: Any, trust: bool) -> dict[str, Any]:
    if candidates is None:
        return {}
    if isinstance(candidates, Mapping):
        named = {str(name): value for name, value in candidates.items()}
    elif isinstance(candidates, Sequence) and not isinstance(candidates, str):
        named = {
            fspath(each) if isinstance(each, str | PathLike) else f"candidate {place}": each
            for place, each in enumerate(candidates)
        }
    else:
        raise refuse("candidates", "a dict of name to model or path, or a list of these", shown(candidates))
    found = {}
    for name, value in named.items():
        loaded = load(value, trust)
        if loaded.failure is None:  # one that cannot be loaded here explains nothing
            method_of(loaded.model)
            found[name] = loaded.model
    return found


def _check_number(name: str, value: Any, least: float | None) -> None:
    ok = isinstance(value, int | float | np.number) and not isinstance(value, bool) and not is_missing(value)
    if not ok or (least is not None and value < least):
        accepted = "a number" if least is None else f"a number of at least {least:g}"
        raise refuse(name, accepted, shown(value))
