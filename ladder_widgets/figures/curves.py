"""Curves over every threshold: ROC, precision and recall, and scores by threshold."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import plotly.graph_objects as go
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from ladder_widgets.errors import ErrorAnalysis
from ladder_widgets.figures import _parts as parts
from ladder_widgets.figures._parts import View

__all__ = ["pr", "roc", "threshold"]


def roc(errors: ErrorAnalysis, view: View) -> go.Figure:
    """True against false positive rate; one class against the rest with more than two."""
    fig = go.Figure()
    for rank, code, positive, score in _against_the_rest(errors):
        fpr, tpr, _ = roc_curve(positive, score)
        keep = parts.thinned(fpr, tpr)
        label = f"AUC {roc_auc_score(positive, score):.3f}"
        hover = "false positive rate %{x:.3f}<br>true positive rate %{y:.3f}"
        fig.add_trace(_line(errors, code, rank, fpr[keep], tpr[keep], label, hover))
    for name, counts in _marked(errors, view):
        x, y = counts["fp"] / counts["negatives"], counts["tp"] / counts["positives"]
        fig.add_trace(_mark(name, x, y))
    fig.add_trace(parts.chance([0, 1], [0, 1]))
    return parts.finished(fig, "ROC curve", "False positive rate", "True positive rate")


def pr(errors: ErrorAnalysis, view: View) -> go.Figure:
    """Precision against recall; one class against the rest with more than two."""
    fig = go.Figure()
    for rank, code, positive, score in _against_the_rest(errors):
        precision, recall, _ = precision_recall_curve(positive, score)
        keep = parts.thinned(recall, precision)
        label = f"AP {average_precision_score(positive, score):.3f}, by chance {positive.mean():.3f}"
        hover = "recall %{x:.3f}<br>precision %{y:.3f}"
        fig.add_trace(_line(errors, code, rank, recall[keep], precision[keep], label, hover))
    fig.update_traces(line_shape="hv")
    for name, counts in _marked(errors, view):
        said = counts["tp"] + counts["fp"]
        if said:
            fig.add_trace(_mark(name, counts["tp"] / counts["positives"], counts["tp"] / said))
    if errors.binary:
        share = float(np.mean(errors.y == errors.positive))
        fig.add_trace(parts.chance([0, 1], [share, share]))
    return parts.finished(fig, "Precision and recall", "Recall", "Precision")


def threshold(errors: ErrorAnalysis, view: View) -> go.Figure:
    """What each threshold would give, with the one in use and the one selected."""
    if not errors.binary:
        raise ValueError("The figure 'threshold' needs two classes: with more there is no single threshold.")
    cuts, curves = _by_threshold(errors)
    fig = go.Figure()
    for rank, (name, values) in enumerate(curves.items()):
        line = dict(color=parts.COLOURS[rank], dash=parts.DASHES[rank], width=2)
        hover = f"{name} %{{y:.3f}} at %{{x:.3f}}<extra></extra>"
        fig.add_trace(go.Scatter(x=cuts, y=values, mode="lines", line=line, name=name, hovertemplate=hover))
    for place, (name, value) in zip(("top", "bottom"), _thresholds(errors, view), strict=False):
        fig.add_vline(
            x=value,
            line=dict(color=parts.GREY, dash="dot"),
            annotation_text=f"{name} {value:.3g}",
            annotation_position=place,
        )
    label = parts.label(errors, errors.positive)
    axis = f"Threshold on P({label})" if errors.scores.probabilities else f"Threshold on the score of {label}"
    return parts.finished(fig, "Every threshold", axis, "Score on the validation rows", square=False)


def _against_the_rest(errors: ErrorAnalysis) -> Iterator[tuple[int, int, np.ndarray, np.ndarray]]:
    """Yield rank and code of each class drawn, which rows are of it, and their scores for it."""
    if len(np.unique(errors.y)) < 2:
        only = parts.label(errors, int(errors.y[0]))
        raise ValueError(f"There is nothing to draw: every row is {only}, and a curve needs two classes.")
    for rank, code in enumerate(parts.drawn_classes(errors)):
        yield rank, code, errors.y == code, errors.scores.positive(code)


def _by_threshold(errors: ErrorAnalysis) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    score, positive = errors.x, errors.y == errors.positive
    values = np.unique(np.append(score, [0.0, 1.0]))
    cuts = values[np.unique(np.linspace(0, len(values) - 1, parts.POINTS).astype(int))]
    # Rows at or above each cut, from two sorted lists.
    tp = positive.sum() - np.searchsorted(np.sort(score[positive]), cuts, side="left")
    fp = (~positive).sum() - np.searchsorted(np.sort(score[~positive]), cuts, side="left")
    with np.errstate(invalid="ignore", divide="ignore"):
        recall, specificity = tp / positive.sum(), 1 - fp / (~positive).sum()
        return cuts, {
            "precision": tp / (tp + fp),
            "recall": recall,
            "F1": 2 * tp / (positive.sum() + tp + fp),
            "balanced accuracy": (recall + specificity) / 2,
        }


def _thresholds(errors: ErrorAnalysis, view: View) -> list[tuple[str, float]]:
    """Thresholds worth a mark, with what to call them; none with more than two classes."""
    if errors.threshold is None:
        return []
    found = [("in use", errors.threshold)]
    if view.threshold is not None and view.threshold != errors.threshold:
        found.append(("selected", view.threshold))
    return found


def _marked(errors: ErrorAnalysis, view: View) -> list[tuple[str, dict[str, int]]]:
    return [
        (f"threshold {value:.3g}, {name}", _counts(errors, value))
        for name, value in _thresholds(errors, view)
    ]


def _counts(errors: ErrorAnalysis, value: float) -> dict[str, int]:
    matrix, p = errors.confusion(threshold=value).to_numpy(), errors.positive
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
    name = parts.label(errors, code)
    return go.Scatter(
        x=x,
        y=y,
        mode="lines",
        line=dict(color=parts.COLOURS[rank], dash=parts.DASHES[rank % len(parts.DASHES)], width=2),
        name=f"{name}: {score}",
        hovertemplate=f"{hover}<extra>{name}</extra>",
    )


def _mark(name: str, x: float, y: float) -> go.Scatter:
    symbol = "diamond" if name.endswith("in use") else "circle"
    marker = dict(color=parts.ORANGE, size=11, symbol=symbol, line=dict(color="#ffffff", width=1))
    hover = "%{x:.3f}, %{y:.3f}<extra>" + name + "</extra>"
    return go.Scatter(x=[x], y=[y], mode="markers", marker=marker, name=name, hovertemplate=hover)
