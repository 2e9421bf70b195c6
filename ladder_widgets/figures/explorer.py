"""Pictures of the error explorer: confidence, what sets a cell apart, subgroups."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from ladder_widgets.errors import ErrorAnalysis
from ladder_widgets.errors.contrast import HALF_A_DEVIATION
from ladder_widgets.figures import _parts as parts
from ladder_widgets.figures._parts import View

__all__ = ["confidence", "contrast", "subgroups"]

#: Bars of the histogram, and the most signals drawn.
BARS, SIGNALS = 40, 20


def confidence(errors: ErrorAnalysis, view: View) -> go.Figure:
    """Confidence of the predicted label, errors on right answers, with the band."""
    sure = errors.confidence(view.threshold)
    wrong = errors.predicted(view.threshold) != errors.y
    edges = np.linspace(float(np.floor(20 * sure.min(initial=1)) / 20), 1, BARS + 1)
    fig = go.Figure()
    for name, rows, colour in (("correct", ~wrong, parts.BLUE), ("errors", wrong, parts.ORANGE)):
        counts, _ = np.histogram(sure[rows], edges)
        hover = f"%{{y:,}} {name} around %{{x:.3f}}<extra></extra>"
        bars = go.Bar(x=(edges[:-1] + edges[1:]) / 2, y=counts, name=name, hovertemplate=hover)
        fig.add_trace(bars.update(marker_color=colour, width=np.diff(edges)))
    if view.words and view.band is not None:
        fig.add_vrect(*view.band, fillcolor=parts.GREY, opacity=0.15, line_width=0)
    fig = parts.finished(fig, "Confidence" + view.words, "Confidence of the predicted label", "Rows", False)
    fig.update_layout(barmode="stack", bargap=0)
    fig.update_xaxes(range=[edges[0], 1])
    return fig.update_yaxes(range=None, autorange=True)


def contrast(errors: ErrorAnalysis, view: View) -> go.Figure:
    """What sets the chosen cell apart, with intervals; the positive class that is missed by default."""
    cell = _cell(errors, view)
    told = errors.contrast(cell, threshold=view.threshold, band=view.band).head(SIGNALS)
    if told.empty:
        raise ValueError("There is nothing to draw: no signal can be compared in this cell and band.")
    names = [_signal(row) for row in told.itertuples()]
    fig = go.Figure()
    fig.add_vrect(-HALF_A_DEVIATION, HALF_A_DEVIATION, fillcolor=parts.GREY, opacity=0.1, line_width=0)
    for name, rows, colour in (
        ("survives the noise", told["significant"].to_numpy(), parts.ORANGE),
        ("within the noise", ~told["significant"].to_numpy(), parts.GREY),
    ):
        if rows.any():
            fig.add_trace(_intervals(told[rows], np.flatnonzero(rows), name, colour))
    actual, predicted = (parts.label(errors, errors.classes.index(label)) for label in cell)
    title = f"Actual {actual}, predicted {predicted}{view.words}"
    fig = parts.finished(fig, title, "Standardised difference, 95 % interval", "Feature", square=False)
    fig.update_xaxes(range=None, autorange=True, zeroline=True)
    ticks = dict(tickmode="array", tickvals=list(range(len(told))), ticktext=names)
    fig.update_yaxes(range=None, autorange="reversed", automargin=True, **ticks)
    return fig.update_layout(height=180 + 26 * len(told))


def subgroups(errors: ErrorAnalysis, view: View) -> go.Figure:
    """Error rates of the worst subgroups, with intervals, beside the rate of all rows."""
    found = errors.slices()
    if found.empty:
        raise ValueError("There is nothing to draw: no subgroup fails more often than all rows.")
    rate = float((errors.predicted() != errors.y).mean())
    marks = go.Scatter(
        x=found["error_rate"],
        y=list(range(len(found))),
        error_x=dict(
            type="data",
            symmetric=False,
            array=found["high"] - found["error_rate"],
            arrayminus=found["error_rate"] - found["low"],
        ),
        customdata=found[["errors", "rows"]].to_numpy(),
        mode="markers",
        marker=dict(color=parts.ORANGE, size=9),
        name="error rate",
        hovertemplate="%{customdata[0]:,} of %{customdata[1]:,} wrong, %{x:.1%}<extra></extra>",
    )
    fig = parts.finished(go.Figure(marks), "Subgroups that fail most", "Error rate", "Subgroup", square=False)
    fig.add_vline(x=rate, line=dict(color=parts.GREY, dash="dot"), annotation_text=f"all rows {rate:.1%}")
    fig.update_xaxes(range=None, autorange=True, tickformat=".0%", rangemode="tozero")
    names = [parts.plain(str(each), 60) for each in found["slice"]]
    ticks = dict(tickmode="array", tickvals=list(range(len(found))), ticktext=names)
    fig.update_yaxes(range=None, autorange="reversed", automargin=True, **ticks)
    return fig.update_layout(height=180 + 30 * len(found))


def _cell(errors: ErrorAnalysis, view: View) -> tuple[Any, Any]:
    """The chosen cell; else missed positives, or the commonest confusion of many classes."""
    if view.cell is not None:
        return view.cell
    counts = errors.confusion(threshold=view.threshold, band=view.band).to_numpy().copy()
    np.fill_diagonal(counts, 0)
    if errors.binary and counts[errors.positive].any():
        return errors.classes[errors.positive], errors.classes[1 - errors.positive]
    actual, predicted = divmod(int(counts.argmax()), len(counts))
    if not counts[actual, predicted]:
        raise ValueError("There is nothing to draw: no row is wrong in this band. Choose a cell.")
    return errors.classes[actual], errors.classes[predicted]


def _signal(row: Any) -> str:
    if row.kind in ("number", "datetime"):
        return parts.plain(row.feature)
    if row.kind in ("missing", "infinite"):
        return f"{parts.plain(row.feature)} is {row.kind}"
    return f"{parts.plain(row.feature, 28)} = {parts.plain(row.signal, 18)}"


def _intervals(told: pd.DataFrame, places: np.ndarray, name: str, colour: str) -> go.Scatter:
    return go.Scatter(
        x=told["difference"],
        y=places,
        error_x=dict(
            type="data",
            symmetric=False,
            array=told["high"] - told["difference"],
            arrayminus=told["difference"] - told["low"],
        ),
        customdata=told[["cell", "others"]].to_numpy(dtype=float),
        mode="markers",
        marker=dict(color=colour, size=8),
        name=name,
        hovertemplate="%{x:.2f} deviations: %{customdata[0]:.4g} against %{customdata[1]:.4g}<extra></extra>",
    )
