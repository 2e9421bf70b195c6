"""A look at a log as text for a terminal, and as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ladder_widgets.monitor.times import moment
from ladder_widgets.surfaces.formats import cell
from ladder_widgets.surfaces.markdown import inert
from ladder_widgets.surfaces.words import SIGNS

if TYPE_CHECKING:
    from ladder_widgets.monitor.watch import Watch

__all__ = ["to_markdown", "to_text"]

#: Windows and movers that are listed.
WINDOWS, MOVERS = 12, 5


def to_text(watch: Watch) -> str:
    """Return the sentence, the findings, the latest windows and what fires, as lines of text."""
    parts = [watch.first_sentence, ""]
    parts += [f"{SIGNS[f.status][0]} {f.short}: {cell(f.summary, 200)}" for f in watch.findings]
    parts += ["", *_aligned(_windows(watch)), "", *_aligned(_movers(watch))]
    if watch.firing:
        parts += ["", *(f"Trigger {cell(fired.words, 200)}" for fired in watch.firing)]
    return "\n".join(parts)


def to_markdown(watch: Watch) -> str:
    """Return the same as GitHub-flavoured Markdown."""
    parts = [f"# {inert(watch.first_sentence)}"]
    parts += [f"- **{f.short} {f.status.word}**: {inert(f.summary)}" for f in watch.findings]
    parts += ["", _table(_windows(watch)), "", _table(_movers(watch))]
    parts += [f"- Trigger {inert(fired.words)}" for fired in watch.fired]
    return "\n".join(parts) + "\n"


def _windows(watch: Watch) -> list[list[str]]:
    """Header and rows of the latest windows, the latest first."""
    told = watch.windows.iloc[::-1].iloc[:WINDOWS]
    starts = watch.counts.starts[::-1]
    rows = [["window from", "rows", "status", "PSI", "most in", "PSI of score", "AUC", "labelled"]]
    for start, (_, window) in zip(starts, told.iterrows(), strict=False):
        rows.append(
            [
                moment(start, watch.counts.every),
                f"{int(window['rows']):,}",
                str(window["status"]),
                _number(window["psi"], 2),
                cell(window["mover"] or "", 30),
                _number(window["psi_score"], 2),
                _auc(window),
                _share(window.get("coverage")),
            ]
        )
    return rows


def _movers(watch: Watch) -> list[list[str]]:
    rows = [["latest window", "PSI", "low", "high", "status"]]
    for _, mover in watch.movers.iloc[:MOVERS].iterrows():
        figures = [_number(mover[name], 3) for name in ("psi", "low", "high")]
        rows.append([cell(mover["feature"], 40), *figures, str(mover["status"])])
    return rows


def _auc(window: pd.Series) -> str:
    value = _number(window.get("auc"), 3)
    kind = window.get("auc_kind")
    return f"{value} ({kind})" if value and kind != "labels" else value


def _number(value: object, digits: int) -> str:
    return f"{value:.{digits}f}" if isinstance(value, float) and np.isfinite(value) else ""


def _share(value: object) -> str:
    return f"{100 * value:.0f} %" if isinstance(value, float) and np.isfinite(value) else ""


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def _table(rows: list[list[str]]) -> str:
    head, *body = [f"| {' | '.join(inert(text) for text in row)} |" for row in rows]
    return "\n".join([head, f"|{' --- |' * len(rows[0])}", *body])
