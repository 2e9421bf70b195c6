"""Plotly figures of a report or of its errors: small enough to keep, free to restyle."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from ladder_widgets.errors import ErrorAnalysis
from ladder_widgets.errors._input import read_threshold
from ladder_widgets.errors._rows import read_band
from ladder_widgets.figures import calibration, curves, explorer, matrix
from ladder_widgets.figures._parts import POINTS, View
from ladder_widgets.validation import choice

if TYPE_CHECKING:
    from ladder_widgets.report import Report

__all__ = ["NAMES", "POINTS", "figure"]

_DRAWN: dict[str, Callable[[ErrorAnalysis, View], go.Figure]] = {
    "roc": curves.roc,
    "pr": curves.pr,
    "calibration": calibration.calibration,
    "confusion": matrix.confusion,
    "threshold": curves.threshold,
    "confidence": explorer.confidence,
    "contrast": explorer.contrast,
    "subgroups": explorer.subgroups,
}
NAMES = tuple(_DRAWN)
#: What can be drawn of bare labels.
_FROM_LABELS = ("confusion", "contrast", "subgroups")


def figure(
    source: Report | ErrorAnalysis,
    name: str,
    *,
    cell: tuple[Any, Any] | None = None,
    threshold: float | None = None,
    band: tuple[float, float] | None = None,
) -> go.Figure:
    """Draw a figure of the validation rows.

    Parameters
    ----------
    source : Report or ErrorAnalysis
        A complete report, or the errors alone (of a subgroup: ``errors.within(…)``).
    name : {"roc", "pr", "calibration", "confusion", "threshold", "confidence", "contrast", "subgroups"}
        With more than two classes curves are drawn one class against the rest, for the ten
        classes with most rows.
    cell : (actual label, predicted label), optional
        Of ``"contrast"``; the commonest error by default.
    threshold : float, optional
        Marked beside the one in use, and used by confusion, confidence and contrast.
    band : (float, float), optional
        Confidence from and to, used by confusion and contrast and marked in confidence. Curves are
        of all rows: cut to a band they would mean something else.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    ValueError
        For another name, where there are no rows, and where the model gives no scores to draw: it
        failed, it answers labels only, its margins are no probabilities (``"calibration"``), or there is
        no single threshold (``"threshold"`` with more than two classes).

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from ladder_widgets import run_ladder
    >>> X, y = load_wine(return_X_y=True)
    >>> report = run_ladder(DecisionTreeClassifier(max_depth=2).fit(X, y), X, y)
    >>> [trace.name for trace in figure(report, "roc").data][-1]
    'chance'
    """
    draw = _DRAWN[choice("name", name, NAMES)]
    errors = source if isinstance(source, ErrorAnalysis) else _errors(source)
    if not errors.n_rows:
        raise ValueError("There is nothing to draw: no row is in this subgroup. Choose another, or all rows.")
    if threshold is not None:
        read_threshold(threshold, len(errors.classes))
    band = None if band is None else read_band(band)
    if name not in _FROM_LABELS and errors.scores.output == "predict":
        raise ValueError(f"The figure {name!r} needs scores, but the model only answers labels.")
    return draw(errors, View(cell, threshold, band))


def _errors(report: Report) -> ErrorAnalysis:
    if report.errors is not None:
        return report.errors
    why = "the climb is not complete" if not report.complete else "the model cannot score the validation rows"
    raise ValueError(f"There is nothing to draw: {why}.")
