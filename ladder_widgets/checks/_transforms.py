"""Transformations that a service applies, or forgets, and that can be told by name.

Each maps training values to what production would show. None has a parameter to be fitted to the batch,
but for :func:`on_grid`: what can be fitted finds a transformation in any drift.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

__all__ = ["Transform", "grid_step", "named", "on_grid"]

#: Factors between units: powers of ten, time, length, weight, volume, bytes.
_FACTORS = (
    *(10.0, 100.0, 1e3, 1e4, 1e6, 1e9),
    *(60.0, 3600.0, 86400.0, 24.0, 7.0, 12.0, 365.25, 365.0, 30.0),
    *(2.54, 30.48, 0.3048, 1.609344, 0.45359237, 28.349523125, 3.785411784, 1024.0, 1048576.0),
)
#: Factors up to this could be inflation or growth as well.
MODERATE = 3.0
#: Steps across a column up to which a grid is looked for.
MAX_STEPS = 10_000


@dataclass(frozen=True, slots=True)
class Transform:
    """A transformation of a column ``x``.

    Attributes
    ----------
    words : str
        Formula, as a reader sees it.
    undo : str or None
        Python expression in ``x`` that turns it back.
    forward : callable
        From training values to production values; NaN where it is not defined.
    moderate : bool
        Whether ordinary growth could look like it.
    fitted : bool
        Whether its parameters were read off the batch.
    shift : bool
        Whether it only adds: what any drift of the mean does.
    """

    words: str
    undo: str | None
    forward: Callable[[np.ndarray], np.ndarray]
    moderate: bool = False
    fitted: bool = False
    shift: bool = False


def named(values: np.ndarray) -> list[Transform]:
    """Return the transformations to try on a column of training values, NaN left out.

    Examples
    --------
    >>> found = {one.words: one for one in named(np.array([10.0, 20.0, 30.0]))}
    >>> found["1.8 x + 32"].forward(np.array([10.0])).tolist()
    [50.0]
    """
    return [*_units(), *_curves(), *_scalings(values)]


def _units() -> list[Transform]:
    found = []
    for factor in _FACTORS:
        moderate = 1 / MODERATE < factor < MODERATE
        text = f"{factor:.10g}"
        found.append(Transform(f"x × {text}", f"x / {text}", _affine(factor, 0.0), moderate))
        found.append(Transform(f"x / {text}", f"x * {text}", _affine(1 / factor, 0.0), moderate))
    found += [
        Transform("1.8 x + 32", "(x - 32) / 1.8", _affine(1.8, 32.0)),
        Transform("(x − 32) / 1.8", "1.8 * x + 32", _affine(1 / 1.8, -32 / 1.8)),
        Transform("x + 273.15", "x - 273.15", _affine(1.0, 273.15), shift=True),
        Transform("x − 273.15", "x + 273.15", _affine(1.0, -273.15), shift=True),
        Transform("−x", "-x", _affine(-1.0, 0.0)),
        Transform("1 − x", "1 - x", _affine(-1.0, 1.0)),
        Transform("100 − x", "100 - x", _affine(-1.0, 100.0)),
    ]
    return found


def _affine(a: float, b: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: a * x + b


def _curves() -> list[Transform]:
    log10 = np.log(10.0)
    return [
        Transform("log(1 + x)", "np.expm1(x)", np.log1p),
        Transform("log(x)", "np.exp(x)", np.log),
        Transform("log10(x)", "10**x", np.log10),
        Transform("log10(1 + x)", "10**x - 1", lambda x: np.log1p(x) / log10),
        Transform("log2(x)", "2**x", np.log2),
        Transform("log2(1 + x)", "2**x - 1", lambda x: np.log1p(x) / np.log(2.0)),
        Transform("√x", "x**2", np.sqrt),
        Transform("exp(x)", "np.log(x)", np.exp),
        Transform("exp(x) − 1", "np.log1p(x)", np.expm1),
        Transform("10^x", "np.log10(x)", lambda x: 10.0**x),
        Transform("x²", "np.sqrt(x)", np.square),
        Transform("1 / x", "1 / x", lambda x: 1 / x),
        Transform("|x|", None, np.abs),
        Transform("logit(x)", "1 / (1 + np.exp(-x))", lambda x: np.log(x / (1 - x))),
        Transform("1 / (1 + exp(−x))", "np.log(x / (1 - x))", lambda x: 1 / (1 + np.exp(-x))),
        Transform("asinh(x)", "np.sinh(x)", np.arcsinh),
    ]


def _scalings(values: np.ndarray) -> list[Transform]:
    """What scalers learn from the training column."""
    if len(values) < 2:
        return []
    low, first, middle, third, high = np.quantile(values, [0, 0.25, 0.5, 0.75, 1])
    mean, spread = float(values.mean()), float(values.std())
    pairs = [
        ("(x − mean) / standard deviation", mean, spread),
        ("(x − minimum) / range", low, high - low),
        ("2 (x − minimum) / range − 1", (low + high) / 2, (high - low) / 2),
        ("(x − median) / interquartile range", middle, third - first),
        ("x − mean", mean, 1.0),
        ("x − median", middle, 1.0),
        ("x / standard deviation", 0.0, spread),
        ("x / maximum", 0.0, max(abs(low), abs(high))),
    ]
    found = [
        Transform(
            words,
            f"x * {scale:.6g} + {centre:.6g}",
            _affine(1 / scale, -centre / scale),
            moderate=centre == 0 and 1 / MODERATE < scale < MODERATE,
            shift=scale == 1.0,
        )
        for words, centre, scale in pairs
        if scale > 0 and (centre != 0 or abs(np.log(scale)) > 1e-3)
    ]
    return found + _logged(values)


def _logged(values: np.ndarray) -> list[Transform]:
    """Log, then a standard scaler."""
    if values.min() < 0:
        return []
    logs = np.log1p(values)
    mean, spread = float(logs.mean()), float(logs.std())
    if spread == 0:
        return []
    return [
        Transform(
            "log(1 + x), standardised",
            f"np.expm1(x * {spread:.6g} + {mean:.6g})",
            lambda x: (np.log1p(x) - mean) / spread,
        )
    ]


def grid_step(values: np.ndarray) -> float | None:
    """Return the step of values that are all whole multiples of one apart; None if they are not.

    Examples
    --------
    >>> round(grid_step(1.37 * np.arange(40) + 5), 6)
    1.37
    """
    distinct = np.unique(values)
    if len(distinct) < 5:
        return None
    gaps = np.diff(distinct)
    span = distinct[-1] - distinct[0]
    real = gaps[gaps > 1e-9 * max(span, np.abs(distinct).max())]
    if len(real) < 4:
        return None
    step = float(real.min())
    if span / step > 1e7:
        return None
    steps = np.round((distinct - distinct[0]) / step)
    step = float((steps * (distinct - distinct[0])).sum() / (steps**2).sum())
    off = np.abs((distinct - distinct[0]) / step - steps)
    return step if off.max() < 0.02 else None


def on_grid(before: np.ndarray, after: np.ndarray, seed: int = 0) -> list[Transform]:
    """Return scale and shift read off two grids: whole numbers that became multiples of 1.37.

    Drift leaves a grid as it is, so that another step is proof of a transformation whatever its factor.
    The step is where all values of the batch have the same phase, near the scale that the quantiles tell.
    """
    step = grid_step(before) or _decimal_step(before)
    if step is None or len(after) < 20:
        return []
    rough = _rough_scale(before, after)
    found = []
    for sign in (1.0, -1.0):
        factor = _common_step(after, rough * step, seed) / step
        if factor == 0 or abs(factor - 1) < 1e-4:
            continue
        for b in _shifts(before, after, sign * factor, step):
            words = f"{sign * factor:.6g} x" + (f" {'+' if b > 0 else '−'} {abs(b):.6g}" if b else "")
            near = sign > 0 and 1 / MODERATE < factor < MODERATE
            undo = f"(x - {b:.6g}) / {sign * factor:.6g}"
            found.append(Transform(words, undo, _affine(sign * factor, b), near, True))
    return found


def _shifts(before: np.ndarray, after: np.ndarray, a: float, step: float) -> list[float]:
    """Shifts that put one grid on the other: none, mode on mode, and about median on median."""
    middle = float(np.median(after) - a * np.median(before))
    offset = float(after[0] - a * before[0])
    found = [0.0] if abs(middle) < 0.3 * np.std(after) else []
    found.append(_mode(after) - a * _mode(before))
    found.append(offset + a * step * round((middle - offset) / (a * step)))
    return found


def _mode(values: np.ndarray) -> float:
    distinct, counts = np.unique(values, return_counts=True)
    return float(distinct[np.argmax(counts)])


def _decimal_step(values: np.ndarray) -> float | None:
    """One unit of the last decimal that is in use."""
    for digits in range(-2, 7):
        if np.allclose(np.round(values, digits), values, rtol=1e-12, atol=0):
            return float(10.0**-digits)
    return None


def _rough_scale(before: np.ndarray, after: np.ndarray) -> float:
    at = np.linspace(0.1, 0.9, 33)
    first, second = np.quantile(before, at), np.quantile(after, at)
    spread = float(np.abs(first - first.mean()).sum())
    return float(np.abs(second - second.mean()).sum()) / spread if spread else 0.0


def _common_step(values: np.ndarray, rough: float, seed: int) -> float:
    """Step within 20 % of a rough one that all values are multiples of, up to a shift; 0 if there is none."""
    low, high = np.quantile(values, [0.02, 0.98])
    inner = values[(values >= low) & (values <= high)]
    span = float(high - low)
    if not rough or not 4 <= span / rough <= MAX_STEPS:
        return 0.0
    rng = np.random.default_rng(seed)
    few, more = (rng.choice(inner, min(n, len(inner)), replace=False) - low for n in (50, 300))
    tried = np.linspace(1 / (1.2 * rough), 1 / (0.8 * rough), max(60, int(2.5 * span / rough)))
    best, width = tried[np.argmax(_together(tried, few))], tried[1] - tried[0]
    for _ in range(2):  # finer around the best
        tried = np.linspace(best - width, best + width, 60)
        best, width = tried[np.argmax(_together(tried, more))], tried[1] - tried[0]
    return float(1 / best) if _together(np.array([best]), more)[0] > 0.99 else 0.0


def _together(frequencies: np.ndarray, values: np.ndarray) -> np.ndarray:
    """How far the values have one phase at each frequency, 0 to 1."""
    return np.asarray(np.abs(np.exp(2j * np.pi * np.outer(frequencies, values)).mean(axis=1)))
