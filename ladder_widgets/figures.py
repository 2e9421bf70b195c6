"""Plotly figures of a report: small enough to keep, free to restyle."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from ladder_widgets.errors import ErrorAnalysis
from ladder_widgets.stats import wilson
from ladder_widgets.surfaces.formats import cell, shown
from ladder_widgets.validation import choice

if TYPE_CHECKING:
    from ladder_widgets.report import Report

__all__ = ["NAMES", "figure"]

NAMES = ("roc", "pr", "calibration", "confusion", "threshold")

#: Points of a curve, classes drawn and letters of a label, at most.
POINTS, CLASSES, LETTERS, TICK_LETTERS = 500, 10, 40, 18
#: Bins of equal numbers of rows in a calibration curve, and the fewest rows of one.
BINS, BIN_ROWS = 10, 20
_BLUE, _ORANGE, _GREY = "#0072b2", "#d55e00", "#6b7580"
# Blue and orange first; all ten can be told apart without red and green, and their dashes differ too.
_COLOURS = (
    _BLUE,
    _ORANGE,
    "#56b4e9",
    "#b8860b",
    "#332288",
    "#cc79a7",
    "#009e73",
    "#8c510a",
    "#888888",
    "#000000",
)
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")


def figure(report: Report, name: str) -> go.Figure:
    """Draw a figure of the validation rows.

    Parameters
    ----------
    report : Report
        Complete.
    name : {"roc", "pr", "calibration", "confusion", "threshold"}
        With more than two classes curves are drawn one class against the rest, for the ten
        classes with most rows.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    ValueError
        For another name, and where the model gives no scores to draw: it failed, it answers
        labels only, its margins are no probabilities (``"calibration"``), or there is no single
        threshold (``"threshold"`` with more than two classes).

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
    errors = report.errors
    if errors is None:
        why = (
            "the climb is not complete"
            if not report.complete
            else "the model cannot score the validation rows"
        )
        raise ValueError(f"There is nothing to draw: {why}.")
    if name != "confusion" and errors.scores.output == "predict":
        raise ValueError(f"The figure {name!r} needs scores, but the model only answers labels.")
    return draw(errors)


# ---- curves ----------------------------------------------------------------------------------


def _roc(errors: ErrorAnalysis) -> go.Figure:
    fig = go.Figure()
    for rank, code in enumerate(_drawn_classes(errors)):
        positive, score = errors.y == code, _score(errors, code)
        fpr, tpr, _ = roc_curve(positive, score)
        keep = _thinned(fpr, tpr)
        label = f"AUC {roc_auc_score(positive, score):.3f}"
        hover = "false positive rate %{x:.3f}<br>true positive rate %{y:.3f}"
        fig.add_trace(_line(errors, code, rank, fpr[keep], tpr[keep], label, hover))
    if errors.binary:
        counts = _counts(errors)
        x, y = counts["fp"] / counts["negatives"], counts["tp"] / counts["positives"]
        fig.add_trace(_in_use(errors, x, y))
    chance = dict(color=_GREY, dash="dot", width=1)
    fig.add_trace(go.Scatter(x=[0, 1], y=[0, 1], mode="lines", line=chance, name="chance", hoverinfo="skip"))
    return _finished(fig, "ROC curve", "False positive rate", "True positive rate")


def _pr(errors: ErrorAnalysis) -> go.Figure:
    fig = go.Figure()
    for rank, code in enumerate(_drawn_classes(errors)):
        positive, score = errors.y == code, _score(errors, code)
        precision, recall, _ = precision_recall_curve(positive, score)
        keep = _thinned(recall, precision)
        label = f"AP {average_precision_score(positive, score):.3f}, by chance {positive.mean():.3f}"
        hover = "recall %{x:.3f}<br>precision %{y:.3f}"
        fig.add_trace(_line(errors, code, rank, recall[keep], precision[keep], label, hover))
    fig.update_traces(line_shape="hv")
    if errors.binary:
        counts = _counts(errors)
        if counts["tp"] + counts["fp"]:
            precision_now = counts["tp"] / (counts["tp"] + counts["fp"])
            fig.add_trace(_in_use(errors, counts["tp"] / counts["positives"], precision_now))
        share = float(np.mean(errors.y == errors.positive))
        chance = dict(color=_GREY, dash="dot", width=1)
        fig.add_trace(
            go.Scatter(x=[0, 1], y=[share, share], mode="lines", line=chance, name="chance", hoverinfo="skip")
        )
    return _finished(fig, "Precision and recall", "Recall", "Precision")


def _threshold(errors: ErrorAnalysis) -> go.Figure:
    if not errors.binary:
        raise ValueError("The figure 'threshold' needs two classes: with more there is no single threshold.")
    score, positive = errors.x, errors.y == errors.positive
    values = np.unique(np.append(score, [0.0, 1.0]))
    cuts = values[np.unique(np.linspace(0, len(values) - 1, POINTS).astype(int))]
    # Rows at or above each cut, from two sorted lists.
    tp = positive.sum() - np.searchsorted(np.sort(score[positive]), cuts, side="left")
    fp = (~positive).sum() - np.searchsorted(np.sort(score[~positive]), cuts, side="left")
    with np.errstate(invalid="ignore", divide="ignore"):
        recall, specificity = tp / positive.sum(), 1 - fp / (~positive).sum()
        curves = {
            "precision": tp / (tp + fp),
            "recall": recall,
            "F1": 2 * tp / (positive.sum() + tp + fp),
            "balanced accuracy": (recall + specificity) / 2,
        }
    fig = go.Figure()
    for rank, (name, values) in enumerate(curves.items()):
        line = dict(color=_COLOURS[rank], dash=_DASHES[rank], width=2)
        hover = f"{name} %{{y:.3f}} at %{{x:.3f}}<extra></extra>"
        fig.add_trace(go.Scatter(x=cuts, y=values, mode="lines", line=line, name=name, hovertemplate=hover))
    fig.add_vline(
        x=errors.threshold,
        line=dict(color=_GREY, dash="dot"),
        annotation_text=f"in use {errors.threshold:.3g}",
        annotation_position="top",
    )
    label = _label(errors, errors.positive)
    axis = f"Threshold on P({label})" if errors.scores.probabilities else f"Threshold on the score of {label}"
    return _finished(fig, "Every threshold", axis, "Score on the validation rows", square=False)


# ---- calibration -----------------------------------------------------------------------------


def _calibration(errors: ErrorAnalysis) -> go.Figure:
    if not errors.scores.probabilities:
        raise ValueError("The figure 'calibration' needs probabilities, but the model's scores are margins.")
    rows = 2 if errors.binary else 1
    fig = make_subplots(
        rows=rows, cols=1, shared_xaxes=True, row_heights=[3, 1][:rows], vertical_spacing=0.06
    )
    chance = dict(color=_GREY, dash="dot", width=1)
    fig.add_trace(go.Scatter(x=[0, 1], y=[0, 1], mode="lines", line=chance, name="ideal", hoverinfo="skip"))
    for rank, code in enumerate(_drawn_classes(errors)):
        fig.add_trace(_calibrated(errors, code, rank), row=1, col=1)
    fig = _finished(fig, "Calibration", "Predicted probability", "Observed share", square=False)
    if errors.binary:
        fig.add_trace(_histogram(errors), row=2, col=1)
        fig.update_xaxes(title_text="", row=1, col=1)
        fig.update_xaxes(
            title_text=f"Predicted probability of {_label(errors, errors.positive)}", row=2, col=1
        )
        fig.update_yaxes(title_text="Rows", range=None, autorange=True, row=2, col=1)
    return fig


def _calibrated(errors: ErrorAnalysis, code: int, rank: int) -> go.Scatter:
    score, hit = _score(errors, code), errors.y == code
    bins = _equal_mass(score)
    counts = np.bincount(bins)
    stated = np.bincount(bins, score) / counts
    seen = [wilson(hits, total) for hits, total in zip(np.bincount(bins, hit), counts, strict=True)]
    share = np.array([interval.mean for interval in seen])
    low, high = (np.array([getattr(interval, end) for interval in seen]) for end in ("low", "high"))
    name = _label(errors, code)
    return go.Scatter(
        x=stated,
        y=share,
        error_y=dict(type="data", symmetric=False, array=high - share, arrayminus=share - low, thickness=1),
        customdata=np.column_stack([counts, low, high]),
        mode="lines+markers",
        line=dict(color=_COLOURS[rank], dash=_DASHES[rank % len(_DASHES)], width=2),
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
    counts, edges = np.histogram(_score(errors, errors.positive), bins=20, range=(0, 1))
    hover = "%{y:,} rows around %{x:.3f}<extra></extra>"
    return go.Bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=counts,
        width=0.045,
        marker_color=_BLUE,
        showlegend=False,
        hovertemplate=hover,
    )


# ---- confusion -------------------------------------------------------------------------------


def _confusion(errors: ErrorAnalysis) -> go.Figure:
    counts = errors.confusion().to_numpy()
    totals = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(1, totals)
    k = len(counts)
    text = [
        [f"{shown(n, 'integer')}<br>{shown(share, 'percent')}" for n, share in zip(*row, strict=True)]
        for row in zip(counts.tolist(), shares.tolist(), strict=True)
    ]
    labels = [_label(errors, code) for code in range(k)]
    names = [_label(errors, code, TICK_LETTERS) for code in range(k)]
    heat = go.Heatmap(
        z=shares,
        text=text,
        texttemplate="%{text}" if k <= 2 * CLASSES else None,
        customdata=[[[labels[a], labels[p], int(counts[a, p])] for p in range(k)] for a in range(k)],
        hovertemplate=(
            "actual %{customdata[0]}<br>predicted %{customdata[1]}<br>"
            "%{customdata[2]:,} rows, %{z:.1%} of the actual<extra></extra>"
        ),
        colorscale=[[0, "#ffffff"], [1, _BLUE]],
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
    if errors.threshold is not None:
        title += f" at the threshold {errors.threshold:.3g}"
    return fig.update_layout(template="plotly_white", title=dict(text=title), width=560, height=520)


# ---- parts -----------------------------------------------------------------------------------


def _drawn_classes(errors: ErrorAnalysis) -> list[int]:
    """Classes with rows on both sides; of many, those with most rows, in their own order."""
    if errors.binary:
        return [errors.positive]
    counts = np.bincount(errors.y, minlength=len(errors.classes))
    mixed = [code for code in range(len(counts)) if 0 < counts[code] < len(errors.y)]
    return sorted(sorted(mixed, key=lambda code: -counts[code])[:CLASSES])


def _score(errors: ErrorAnalysis, code: int) -> np.ndarray:
    return errors.scores.positive(code)


def _counts(errors: ErrorAnalysis) -> dict[str, int]:
    matrix, p = errors.confusion().to_numpy(), errors.positive
    n = 1 - p
    return {
        "tp": int(matrix[p, p]),
        "fp": int(matrix[n, p]),
        "positives": int(matrix[p].sum()),
        "negatives": int(matrix[n].sum()),
    }


def _line(
    errors: ErrorAnalysis, code: int, rank: int, x: np.ndarray, y: np.ndarray, score: str, hover: str
) -> go.Scatter:
    name = _label(errors, code)
    return go.Scatter(
        x=x,
        y=y,
        mode="lines",
        line=dict(color=_COLOURS[rank], dash=_DASHES[rank % len(_DASHES)], width=2),
        name=f"{name}: {score}",
        hovertemplate=f"{hover}<extra>{name}</extra>",
    )


def _in_use(errors: ErrorAnalysis, x: float, y: float) -> go.Scatter:
    name = f"threshold {errors.threshold:.3g}, in use"
    marker = dict(color=_ORANGE, size=11, symbol="diamond", line=dict(color="#ffffff", width=1))
    hover = "%{x:.3f}, %{y:.3f}<extra>" + name + "</extra>"
    return go.Scatter(x=[x], y=[y], mode="markers", marker=marker, name=name, hovertemplate=hover)


def _thinned(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return indices of at most POINTS points, evenly along the curve, both ends among them."""
    if len(x) <= POINTS:
        return np.arange(len(x))
    along = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))])
    inner = np.searchsorted(along, np.linspace(0, along[-1], POINTS - 1)[1:])
    return np.unique(np.concatenate([[0, len(x) - 1], np.minimum(inner, len(x) - 1)]))


def _label(errors: ErrorAnalysis, code: int, letters: int = LETTERS) -> str:
    """Return a class label as plain text: plotly reads tags, entities, TeX and ``%{…}`` in its texts."""
    text = html.escape(cell(errors.classes[code], letters), quote=False)
    for sign in "$%{}":
        text = text.replace(sign, f"&#{ord(sign)};")
    return text


def _finished(fig: go.Figure, title: str, x: str, y: str, square: bool = True) -> go.Figure:
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


_DRAWN: dict[str, Callable[[ErrorAnalysis], go.Figure]] = {
    "roc": _roc,
    "pr": _pr,
    "calibration": _calibration,
    "confusion": _confusion,
    "threshold": _threshold,
}
