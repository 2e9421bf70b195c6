"""A tried fix as text and as a small piece of static HTML."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING

from ladder_widgets.surfaces.formats import block, cell, prose, shown

if TYPE_CHECKING:
    from ladder_widgets.remedies.trial import FixTrial

__all__ = ["page", "text"]

_NAMES = {
    "roc_auc": "ROC AUC",
    "average_precision": "average precision",
    "balanced_accuracy": "balanced accuracy",
    "log_loss": "log loss",
    "accuracy": "accuracy",
}
_HEADS = ("", "before", "after", "difference", "95 % interval")
_ROOT = (
    "background:#fff;color:#1d232b;border:1px solid #dfe3e8;border-radius:6px;padding:12px 16px;"
    "max-width:760px;font:14px/1.45 system-ui,sans-serif;text-align:left"
)
_CELL = "padding:2px 14px 2px 0;border:0;background:#fff;color:#1d232b;font-size:14px"


def text(trial: FixTrial) -> str:
    """Return the trial as plain text, with what to do next."""
    rows = [_HEADS, *_rows(trial)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEADS))]
    lines = [
        "  ".join(
            part.ljust(width) if i == 0 else part.rjust(width)
            for i, (part, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    told = [
        f"Fix of {cell(trial.code)} tried in {trial.seconds:.1f} s",
        prose(trial.remedy),
        prose(trial.verdict),
    ]
    notes = [f"Note: {prose(note)}" for note in trial.notes]
    after = "Next: trial.code_to_paste, trial.estimator, trial.frame()"
    return "\n".join([*told, "", *lines, "", *notes, after])


def page(trial: FixTrial) -> str:
    """Return the trial as HTML; everything that others chose is escaped."""
    head = "".join(f'<th scope="col" style="{_CELL}">{name}</th>' for name in _HEADS)
    body = "".join(
        f'<tr style="background:#fff"><th scope="row" style="{_CELL};text-align:left">{_inert(row[0])}</th>'
        + "".join(f'<td style="{_CELL};text-align:right">{html.escape(part)}</td>' for part in row[1:])
        + "</tr>"
        for row in _rows(trial)
    )
    notes = "".join(f"<li>{_inert(prose(note))}</li>" for note in trial.notes)
    return (
        f'<div class="lw-fix" style="{_ROOT}">'
        f'<p style="margin:0 0 4px"><b>Fix of {_inert(cell(trial.code))} tried</b></p>'
        f'<p style="margin:0 0 4px">{_inert(prose(trial.remedy))} {_inert(prose(trial.verdict))}</p>'
        f'<table style="border-collapse:collapse;border:0;margin:0"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
        f'<ul style="margin:4px 0;padding-left:20px">{notes}</ul>'
        f'<details><summary>Code to paste</summary><pre style="margin:4px 0;white-space:pre-wrap">'
        f"{html.escape(block(trial.code_to_paste))}</pre></details></div>"
    )


def _rows(trial: FixTrial) -> list[tuple[str, ...]]:
    told: list[tuple[str, ...]] = []
    for name, gained in trial.difference.items():
        label = _NAMES.get(name) or f"recall of {cell(trial.rarest, 40)}"
        before, after = (shown(side[name], "score") for side in (trial.before, trial.after))
        known = math.isfinite(gained.low) and math.isfinite(gained.high)
        interval = f"{shown(gained.low, 'score')} to {shown(gained.high, 'score')}" if known else "–"
        told.append((label, before, after, _signed(gained.mean), interval))
    return told


def _signed(value: float) -> str:
    told = shown(value, "score")
    return f"+{told}" if value > 0 and told.strip("0.") else told


def _inert(words: str) -> str:
    return f"<bdi>{html.escape(words)}</bdi>"
