"""The confusion matrix as a heat map."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from ladder_widgets.errors import ErrorAnalysis
from ladder_widgets.figures import _parts as parts
from ladder_widgets.figures._parts import View
from ladder_widgets.surfaces.formats import shown

__all__ = ["confusion"]


def confusion(errors: ErrorAnalysis, view: View) -> go.Figure:
    """Rows by actual and predicted label, at the selected threshold and in the selected band."""
    counts = errors.confusion(threshold=view.threshold, band=view.band).to_numpy()
    totals = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(1, totals)
    k = len(counts)
    text = [
        [f"{shown(n, 'integer')}<br>{shown(share, 'percent')}" for n, share in zip(*row, strict=True)]
        for row in zip(counts.tolist(), shares.tolist(), strict=True)
    ]
    labels = [parts.label(errors, code) for code in range(k)]
    names = [parts.label(errors, code, parts.TICK_LETTERS) for code in range(k)]
    heat = go.Heatmap(
        z=shares,
        text=text,
        texttemplate="%{text}" if k <= 2 * parts.CLASSES else None,
        customdata=[[[labels[a], labels[p], int(counts[a, p])] for p in range(k)] for a in range(k)],
        hovertemplate=(
            "actual %{customdata[0]}<br>predicted %{customdata[1]}<br>"
            "%{customdata[2]:,} rows, %{z:.1%} of the actual<extra></extra>"
        ),
        colorscale=[[0, "#ffffff"], [1, parts.BLUE]],
        zmin=0,
        zmax=1,
        xgap=2,
        ygap=2,
        colorbar=dict(title=dict(text="share of<br>actual"), tickformat=".0%"),
    )
    fig = go.Figure(heat)
    # Places are numbers and labels their names: two labels may look alike once they are shortened.
    ticks = dict(tickmode="array", tickvals=list(range(k)), ticktext=names, showgrid=False, zeroline=False)
    fig.update_xaxes(title_text="Predicted", constrain="domain", **ticks)
    fig.update_yaxes(title_text="Actual", autorange="reversed", scaleanchor="x", **ticks)
    title = "Confusion matrix"
    threshold = parts.level(errors, view)
    if threshold is not None:
        title += f" at the threshold {threshold:.3g}"
    title += view.words
    return fig.update_layout(template="plotly_white", title=dict(text=title), width=560, height=520)
