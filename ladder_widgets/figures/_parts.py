"""What the figures share: colours, labels that plotly cannot misread, and the finish."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ladder_widgets.errors import ErrorAnalysis
from ladder_widgets.surfaces.formats import cell

__all__ = [
    "BLUE",
    "CLASSES",
    "COLOURS",
    "DASHES",
    "GREY",
    "ORANGE",
    "POINTS",
    "TICK_LETTERS",
    "View",
    "chance",
    "drawn_classes",
    "finished",
    "label",
    "level",
    "plain",
    "thinned",
]

#: Points of a curve, classes drawn and letters of a label, at most.
POINTS, CLASSES, LETTERS, TICK_LETTERS = 500, 10, 40, 18
BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#6b7580"
# Blue and orange first; all ten can be told apart without red and green, and their dashes differ too.
COLOURS = (
    BLUE,
    ORANGE,
    "#56b4e9",
    "#b8860b",
    "#332288",
    "#cc79a7",
    "#009e73",
    "#8c510a",
    "#888888",
    "#000000",
)
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")


@dataclass(frozen=True)
class View:
    """What is selected: drawn where a figure can show it."""

    cell: tuple[Any, Any] | None = None
    threshold: float | None = None
    band: tuple[float, float] | None = None

    @property
    def words(self) -> str:
        """The band in words, for a title; empty without one."""
        if self.band is None or tuple(self.band) == (0.0, 1.0):
            return ""
        return f", confidence {self.band[0]:.3g} to {self.band[1]:.3g}"


def level(errors: ErrorAnalysis, view: View) -> float | None:
    """Threshold that is selected, else the one in use."""
    return errors.threshold if view.threshold is None else view.threshold


def drawn_classes(errors: ErrorAnalysis) -> list[int]:
    """Classes with rows on both sides; of many, those with most rows, in their own order."""
    if errors.binary:
        return [errors.positive]
    counts = np.bincount(errors.y, minlength=len(errors.classes))
    mixed = [code for code in range(len(counts)) if 0 < counts[code] < len(errors.y)]
    return sorted(sorted(mixed, key=lambda code: -counts[code])[:CLASSES])


def thinned(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return indices of at most POINTS points, evenly along the curve, both ends among them."""
    if len(x) <= POINTS:
        return np.arange(len(x))
    along = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))])
    inner = np.searchsorted(along, np.linspace(0, along[-1], POINTS - 1)[1:])
    return np.unique(np.concatenate([[0, len(x) - 1], np.minimum(inner, len(x) - 1)]))


def label(errors: ErrorAnalysis, code: int, letters: int = LETTERS) -> str:
    """Return a class label as plain text."""
    return plain(errors.classes[code], letters)


def plain(text: Any, letters: int = LETTERS) -> str:
    """Make a text harmless: plotly reads tags, entities, TeX and ``%{…}`` in its texts."""
    safe = html.escape(cell(text, letters), quote=False)
    for sign in "$%{}":
        safe = safe.replace(sign, f"&#{ord(sign)};")
    return safe


def finished(fig: go.Figure, title: str, x: str, y: str, square: bool = True) -> go.Figure:
    """Title, axes from 0 to 1, legend below."""
    fig.update_layout(
        template="plotly_white",
        title=dict(text=title),
        width=620 if square else 720,
        height=520,
        legend=dict(orientation="h", yanchor="top", y=-0.16, x=0),
        hovermode="closest",
    )
    fig.update_xaxes(title_text=x, range=[-0.02, 1.02])
    return fig.update_yaxes(title_text=y, range=[-0.02, 1.02])


def chance(x: list[float], y: list[float], name: str = "chance") -> go.Scatter:
    """Return the line of a model that knows nothing (or, in a calibration, of one that is right)."""
    style = dict(color=GREY, dash="dot", width=1)
    return go.Scatter(x=x, y=y, mode="lines", line=style, name=name, hoverinfo="skip")
