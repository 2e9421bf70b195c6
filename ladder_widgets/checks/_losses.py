"""The loss from one step of training to the next, where a model keeps it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier

from ladder_widgets.checks._parts import settings

__all__ = ["Curve", "curves"]

_LOSS = re.compile(r"loss|cost|deviance|objective", re.IGNORECASE)
#: Losses on other rows than those trained on rise by overfitting too.
_HELD_OUT = re.compile(r"val|test|eval|holdout|best", re.IGNORECASE)
#: A curve has diverged if it ends this much above its lowest point, in units of that point, and
#: this much of the way back up to where it came from.
RISE, BACK = 0.3, 0.25
#: ... or this much above where it began.
ABOVE_START = 0.1


@dataclass(frozen=True, eq=False)
class Curve:
    """Losses of training, in order.

    Attributes
    ----------
    owner, name : str
        Class and attribute it was found in.
    values : ndarray of shape (n_steps,)
    """

    owner: str
    name: str
    values: np.ndarray

    @property
    def broken(self) -> int:
        """Number of losses that are NaN or infinite."""
        return int((~np.isfinite(self.values)).sum())

    @property
    def start(self) -> float:
        """The first loss."""
        return float(self.values[0])

    @property
    def end(self) -> float:
        """Median of the last tenth, of three steps at least: one bad step is no end."""
        return float(np.median(self.values[-max(3, len(self.values) // 10) :]))

    @property
    def low(self) -> float:
        """The lowest loss, on a running median of three."""
        v = self.values
        return float(np.median(np.stack([v[:-2], v[1:-1], v[2:]]), axis=0).min())

    @property
    def high(self) -> float:
        """The highest loss."""
        return float(self.values.max())

    def rises(self, chance: float) -> bool:
        """Whether training made things worse.

        Parameters
        ----------
        chance : float
            Log loss of answering the class shares: what a descent can win, at most, from there.
        """
        if self.broken:
            return True
        with np.errstate(over="ignore"):
            low = min(self.low, self.start)
            rise = self.end - low
            way = max(0.0, min(self.start - low, chance))
        back = rise > RISE * abs(low) and rise > BACK * max(way, 0.05 * chance)
        return bool(back or self.end - self.start > ABOVE_START * max(abs(self.start), chance))


def curves(estimator: Any) -> Iterator[Curve]:
    """Yield the training losses that an object keeps in public attributes.

    Attributes whose name speaks of a loss and not of held-out rows, and the entries of a mapping
    called ``history``; sequences of at least four numbers.
    """
    owner = type(estimator).__name__
    if isinstance(estimator, GradientBoostingClassifier):
        yield from _curve(owner, "train_score_", estimator.train_score_)
    if isinstance(estimator, HistGradientBoostingClassifier) and estimator.scoring == "loss":
        yield from _curve(owner, "train_score_", -np.asarray(estimator.train_score_))
    for name, value in settings(estimator).items():
        if name.startswith("_"):
            continue
        if "history" in name.lower():
            inner = getattr(value, "history", value)  # Keras keeps a History with a history
            if isinstance(inner, Mapping):
                for key, entry in inner.items():
                    if _tells(str(key)):
                        yield from _curve(owner, f"{name}[{key!r}]", entry)
                continue
        if _tells(name):
            yield from _curve(owner, name, value)


def _tells(name: str) -> bool:
    return bool(_LOSS.search(name)) and not _HELD_OUT.search(name)


def _curve(owner: str, name: str, value: Any) -> Iterator[Curve]:
    if isinstance(value, str | bytes | Mapping) or callable(value) or not hasattr(value, "__len__"):
        return
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return
    if array.ndim == 1 and len(array) >= 4:
        yield Curve(owner, name, array)
