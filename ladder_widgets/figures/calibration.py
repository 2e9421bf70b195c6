"""Calibration: what the model states against what is seen."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ladder_widgets.errors import ErrorAnalysis
from ladder_widgets.figures import _parts as parts
from ladder_widgets.figures._parts import View
from ladder_widgets.stats import wilson

__all__ = ["calibration"]

#: Bins of equal numbers of rows, and the fewest rows of one.
BINS, BIN_ROWS = 10, 20


def calibration(errors: ErrorAnalysis, view: View) -> go.Figure:
    """Stated probabilities against observed shares, with Wilson intervals."""
    if not errors.scores.probabilities:
        raise ValueError("The figure 'calibration' needs probabilities, but the model's scores are margins.")
    rows = 2 if errors.binary else 1
    fig = make_subplots(
        rows=rows, cols=1, shared_xaxes=True, row_heights=[3, 1][:rows], vertical_spacing=0.06
    )
    fig.add_trace(parts.chance([0, 1], [0, 1], "ideal"))
    for rank, code in enumerate(parts.drawn_classes(errors)):
        fig.add_trace(_calibrated(errors, code, rank), row=1, col=1)
    fig = parts.finished(fig, "Calibration", "Predicted probability", "Observed share", square=False)
    if errors.binary:
        fig.add_trace(_histogram(errors), row=2, col=1)
        fig.update_xaxes(title_text="", row=1, col=1)
        fig.update_xaxes(
            title_text=f"Predicted probability of {parts.label(errors, errors.positive)}", row=2, col=1
        )
        fig.update_yaxes(title_text="Rows", range=None, autorange=True, row=2, col=1)
    return fig


def _calibrated(errors: ErrorAnalysis, code: int, rank: int) -> go.Scatter:
    score, hit = errors.scores.positive(code), errors.y == code
    bins = _equal_mass(score)
    counts = np.bincount(bins)
    stated = np.bincount(bins, score) / counts
    seen = [wilson(hits, total) for hits, total in zip(np.bincount(bins, hit), counts, strict=True)]
    share = np.array([interval.mean for interval in seen])
    low, high = (np.array([getattr(interval, end) for interval in seen]) for end in ("low", "high"))
    name = parts.label(errors, code)
    return go.Scatter(
        x=stated,
        y=share,
        error_y=dict(type="data", symmetric=False, array=high - share, arrayminus=share - low, thickness=1),
        customdata=np.column_stack([counts, low, high]),
        mode="lines+markers",
        line=dict(color=parts.COLOURS[rank], dash=parts.DASHES[rank % len(parts.DASHES)], width=2),
        name=name,
        hovertemplate=(
            "predicted %{x:.3f}<br>observed %{y:.3f} [%{customdata[1]:.3f}, %{customdata[2]:.3f}]"
            f"<br>%{{customdata[0]:,}} rows<extra>{name}</extra>"
        ),
    )


def _equal_mass(score: np.ndarray) -> np.ndarray:
    """Return the bin of each row, numbered without gaps: equal numbers of rows, ties together."""
    wanted = int(np.clip(len(score) // BIN_ROWS, 1, BINS))
    inner = np.unique(np.quantile(score, np.linspace(0, 1, wanted + 1)[1:-1]))
    return np.unique(np.searchsorted(inner, score, side="right"), return_inverse=True)[1]


def _histogram(errors: ErrorAnalysis) -> go.Bar:
    counts, edges = np.histogram(errors.scores.positive(errors.positive), bins=20, range=(0, 1))
    hover = "%{y:,} rows around %{x:.3f}<extra></extra>"
    return go.Bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=counts,
        width=0.045,
        marker_color=parts.BLUE,
        showlegend=False,
        hovertemplate=hover,
    )
