"""The line "Training loss decreases"."""

from __future__ import annotations

import numpy as np

from ladder_widgets.finding import Evidence, Status, evidence
from ladder_widgets.lines._losses import Convergence, Curve, convergence, loss_curve
from ladder_widgets.lines.base import Judged, Seen
from ladder_widgets.lines.findings import from_findings
from ladder_widgets.taxonomy import ChecklistLine

__all__ = ["training_loss"]

#: Share of the first loss that training must take off.
FALL = 0.001
#: Share of that fall which may be lost again by the end.
RISE = 0.2


def training_loss(line: ChecklistLine, seen: Seen) -> Judged:
    """Judge the loss step by step; divergence, where it was found, decides first.

    A curve is read from what the fitted model keeps. Its beginning and its end are medians of a
    tenth of the steps, so that one noisy step decides nothing. It fails where the loss ends above
    its beginning, and warns where it hardly falls or rises again. A linear model's solver that
    stopped by its own criterion passes: it stops when its loss falls no more.
    """
    finding = from_findings(line, seen)
    if finding.status not in (Status.PASS, Status.SKIP):
        return finding
    curve = loss_curve(seen.case)
    if curve is not None:
        return _curved(curve)
    stopped = convergence(seen.case)
    if stopped is not None:
        return _stopped(stopped)
    name = seen.case.model_name
    text = f"Needs a model that keeps its loss step by step (loss_curve_, train_score_); {name} keeps none."
    if finding.status is Status.PASS:
        text += f" No sign of divergence: {finding.detail}"
    return Judged(Status.SKIP, text)


def _curved(curve: Curve) -> Judged:
    values = curve.values
    table = (_table(curve),)
    if not np.isfinite(values).all():
        return Judged(Status.FAIL, f"The loss is not finite from step {_first_broken(values)} on.", table)
    smooth = _smooth(values)
    first, last, best = smooth[0], smooth[-1], smooth.min()
    told = f"The loss goes from {_written(first)} to {_written(last)} in {len(values):,} steps"
    if last >= first:
        return Judged(Status.FAIL, f"{told}: it does not decrease.", table)
    if first - last < FALL * abs(first):
        return Judged(Status.WARN, f"{told}: it hardly decreases.", table)
    if last - best > RISE * (first - best):
        step = int(np.argmin(smooth)) + 1
        return Judged(
            Status.WARN, f"{told}, after {_written(best)} near step {step:,}: it rises again.", table
        )
    return Judged(Status.PASS, f"{told}.", table)


def _smooth(values: np.ndarray) -> np.ndarray:
    """Running medians over a tenth of the steps, at most 25."""
    width = min(25, max(1, len(values) // 10))
    return np.median(np.lib.stride_tricks.sliding_window_view(values, width), axis=1)


def _first_broken(values: np.ndarray) -> int:
    return int(np.argmin(np.isfinite(values))) + 1


def _written(loss: float) -> str:
    return f"{loss:.4g}"


def _table(curve: Curve) -> Evidence:
    last = len(curve.values) - 1
    steps = sorted({round(share * last) for share in (0, 0.25, 0.5, 0.75, 1)})
    rows = [(step + 1, float(curve.values[step])) for step in steps]
    return evidence(f"Training loss ({curve.source})", {"step": "integer", "loss": "number"}, rows)


def _stopped(stopped: Convergence) -> Judged:
    rows = [(stopped.model, stopped.steps, stopped.limit)]
    table = evidence("The solver", {"model": "code", "steps": "integer", "limit": "integer"}, rows)
    if stopped.steps < stopped.limit:
        text = (
            f"The solver of {stopped.model} stopped by its own criterion after {stopped.steps:,} of "
            f"{stopped.limit:,} steps."
        )
        return Judged(Status.PASS, text, (table,))
    text = f"The solver of {stopped.model} was stopped at its limit of {stopped.limit:,} steps"
    return Judged(
        Status.WARN,
        f"{text}: the loss may still be falling. Raise max_iter, or scale the features.",
        (table,),
    )
