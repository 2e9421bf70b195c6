"""Recorded scores against replayed ones: on which scale, to how many digits, in which rows they differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

__all__ = [
    "NOISE",
    "Comparison",
    "View",
    "best_view",
    "compare",
    "resolution",
    "views_of_many",
    "views_of_one",
]

#: Difference of two scores that arithmetic alone makes: another batch, other threads, single precision.
NOISE = 1e-5
#: Share of rows, and their number, from which differences are said.
SHARE, ROWS = 0.005, 3
#: Largest difference that is still a conversion of the same model.
CONVERSION = 1e-4


@dataclass(frozen=True, eq=False)
class View:
    """One way to record what the model answers.

    Attributes
    ----------
    name : str
        For the reader.
    values : ndarray of shape (n_rows, n_columns)
        What would stand in the log.
    scale : float
        What a difference of one in probability is on this scale.
    sound : bool
        Whether a log may be written that way: a matter of convention.
    plain : bool
        Whether this is what the log is expected to hold, and needs no word.
    """

    name: str
    values: np.ndarray
    scale: float = 1.0
    sound: bool = True
    plain: bool = False


@dataclass(frozen=True, eq=False)
class Comparison:
    """Recorded against replayed scores, under one view.

    Attributes
    ----------
    view : View
    recorded : ndarray of shape (n_rows, n_columns)
    difference : ndarray of shape (n_rows,)
        Largest absolute difference in a row, as a probability.
    differs : ndarray of bool of shape (n_rows,)
        Whether it is beyond rounding and noise.
    step : float
        Coarsest step the recorded scores are rounded to, as a probability.
    """

    view: View
    recorded: np.ndarray
    difference: np.ndarray
    differs: np.ndarray
    step: float

    @property
    def share(self) -> float:
        """Share of rows that differ."""
        return float(self.differs.mean())

    @property
    def matches(self) -> bool:
        """Whether what differs is too little or too rare to be said."""
        few = self.differs.sum() < min(ROWS, len(self.differs)) or self.share < SHARE
        return bool(few or self.difference[self.differs].max() - self.step / 2 <= CONVERSION)


def compare(recorded: np.ndarray, view: View, noise: float = NOISE) -> Comparison:
    """Compare row by row, within half a step of rounding (a whole one where digits were cut off)."""
    step = resolution(recorded, integers=view.scale > 1.5)
    allowed = noise * np.maximum(view.scale, np.abs(view.values))
    signed = view.values - recorded
    near = np.abs(signed) <= 0.5 * step * (1 + 1e-6) + allowed
    cut_off = (signed >= -allowed) & (signed <= step + allowed)
    if cut_off.mean() > 1 - SHARE and near.mean() < 1 - SHARE:
        near = cut_off
    difference = np.abs(signed).max(axis=1) / view.scale
    return Comparison(view, recorded, difference, ~near.all(axis=1), float(step.max()) / view.scale)


def resolution(values: np.ndarray, integers: bool = False) -> np.ndarray:
    """Return the step of the coarsest grid that holds every value: how the scores were rounded.

    Tried are half and single precision, decimals, and significant digits. Whole numbers are a
    rounding only where ``integers`` allows it: between 0 and 1 they are labels.

    Examples
    --------
    >>> float(resolution(np.array([[0.12], [0.5], [0.97]])).max())
    0.01
    """
    size = np.abs(values)
    step = np.spacing(size)
    for kind in (np.float16, np.float32):
        if size.max(initial=0) < 6e4 and (values.astype(kind).astype(float) == values).all():
            step = np.maximum(step, np.spacing(size.astype(kind)).astype(float))
    slack = np.maximum(size * 1e-7, 1e-12)
    for digits in range(0 if integers else 1, 7):
        if (np.abs(values - np.round(values, digits)) <= slack).all():
            step = np.maximum(step, 10.0**-digits)
            break
    exponent = np.floor(np.log10(np.where(size > 0, size, 1.0)))
    for digits in range(2, 7):
        unit = 10.0 ** np.maximum(exponent - digits + 1, -300)
        if (np.abs(values - np.round(values / unit) * unit) <= slack).all():
            step = np.maximum(step, np.where(size > 0, unit, step))
            break
    return step


def best_view(recorded: np.ndarray, views: Iterator[View]) -> Comparison:
    """Return the first view that agrees with the log; else the one with the fewest differences.

    Parameters
    ----------
    recorded : ndarray of shape (n_rows, n_columns)
    views : iterator of View
        Likeliest first.
    """
    tried = []
    for view in views:
        tried.append(compare(recorded, view))
        if tried[-1].matches:
            return tried[-1]
    if min(one.share for one in tried) < 0.9:
        return min(tried, key=lambda one: one.share)
    plausible = [one for one in tried if one.view.sound] or tried
    return min(plausible, key=lambda one: float(np.median(one.difference)))


def views_of_one(
    proba: np.ndarray, positive: int, predicted: np.ndarray, margin: np.ndarray | None, probabilities: bool
) -> Iterator[View]:
    """Yield what a single column may hold for two classes.

    The probability of the other class is a convention where the positive class is scikit-learn's
    first; where it is the second one, nobody asked for the first.
    """
    score = proba[:, [positive]]
    if margin is not None and not probabilities:
        raw = margin[:, None]
        spread = 4 * float(np.std(raw)) or 1.0
        yield View("the margin", raw, spread, plain=True)
        yield View("the margin as a share", expit(raw))
        yield View("the margin of the other class", -raw, spread, sound=positive == 0)
        return
    yield View("P(positive)", score, plain=True)
    yield View("P(positive) in percent", 100 * score, 100.0)
    yield View("P(positive) in per mille", 1000 * score, 1000.0)
    yield View("P(other class)", 1 - score, sound=positive == 0)
    yield View("P(other class) in percent", 100 * (1 - score), 100.0, sound=positive == 0)
    own = (predicted == positive)[:, None].astype(float)
    yield View("the predicted label", own, sound=False)
    yield View("P(predicted class)", proba[np.arange(len(proba)), predicted][:, None], sound=False)
    odds = logit(np.clip(score, 1e-15, 1 - 1e-15))
    yield View("the log-odds", odds, 4.0, sound=False)
    yield View("the log-odds of the other class", -odds, 4.0, sound=False)
    if margin is not None:
        yield View("the margin", margin[:, None], 4 * float(np.std(margin)) or 1.0, sound=False)


def views_of_many(
    proba: np.ndarray, columns: list[int], predicted: np.ndarray, recorded_codes: np.ndarray | None
) -> Iterator[View]:
    """Yield what the log may hold for more classes: a column for each of ``columns``, or a single one."""
    if columns:
        yield View("P(class)", proba[:, columns], plain=True)
        yield View("P(class) in percent", 100 * proba[:, columns], 100.0)
        return
    rows = np.arange(len(proba))
    single = {"P(predicted class)": proba[rows, predicted]}
    if recorded_codes is not None and (recorded_codes >= 0).all():
        single["P(recorded class)"] = proba[rows, recorded_codes]
    single |= {f"P(class {k + 1})": proba[:, k] for k in reversed(range(proba.shape[1]))}
    for scale, unit in ((1.0, ""), (100.0, " in percent")):
        for name, values in single.items():
            yield View(name + unit, scale * values[:, None], scale)
