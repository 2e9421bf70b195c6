"""A replay as a frame and as plain data."""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ladder_widgets.plain import to_plain
from ladder_widgets.validation import shown

if TYPE_CHECKING:
    from ladder_widgets.replaying.result import Replay

__all__ = ["frame", "to_dict", "to_json", "written"]

_SCHEMA = "ladder-widgets/replay"
_VERSION = 1


def frame(replay: Replay) -> pd.DataFrame:
    """Return one row for each step."""
    rows = [
        {
            "path": step.path,
            "name": step.name,
            "kind": step.kind,
            "estimator": step.estimator,
            "depth": step.depth,
            "columns_in": step.before.width,
            "columns_out": None if step.after is None else step.after.width,
            "appeared": step.appeared,
            "vanished": step.vanished,
            "changed": step.changed,
            "became_missing": step.became_missing,
            "non_finite": step.non_finite,
            "outside": [each.column for each in step.outside],
            "seconds": step.seconds,
            "error": None if step.error is None else type(step.error).__name__,
        }
        for step in replay.steps
    ]
    return pd.DataFrame(rows)


def to_dict(replay: Replay) -> dict[str, Any]:
    """Return all that a surface shows, as plain data."""
    failure = replay.first_failure
    told = {
        "schema": _SCHEMA,
        "version": _VERSION,
        "model": "" if replay.model is None else type(replay.model).__name__,
        "artifact": None if replay.artifact is None else replay.artifact.name,
        "score": replay.score,
        "label": None if replay.answer is None else _label(replay.label),
        "scores": {str(label): score for label, score in replay.scores.items()},
        "expected": {"score": replay.expected.score, "label": _label(replay.expected.label)},
        "matches": replay.matches,
        "differences": replay.differences,
        "threshold": replay.threshold,
        "tolerance": replay.tolerance,
        "error": None if replay.error is None else f"{type(replay.error).__name__}: {replay.error}"[:2000],
        "warnings": replay.warnings,
        "first_failure": None if failure is None else failure.to_dict(),
        "explanations": [each.to_dict() for each in replay.explanations],
        "changes_tried": replay.changes_tried,
        "reference": None if replay.reference is None else replay.reference.note,
        "batch": None if replay.invariance is None else replay.invariance.to_dict(),
        "pure": replay.pure,
        "steps": [step.to_dict() for step in replay.steps],
    }
    return to_plain(told)


def _label(label: Any) -> Any:
    return label if label is None or isinstance(label, bool | int | float | str) else shown(label)


def to_json(replay: Replay) -> str:
    """Return :func:`to_dict` as JSON."""
    return json.dumps(to_dict(replay), indent=1, ensure_ascii=False, allow_nan=False)


def written(text: str, path: str | PathLike[str] | None) -> str:
    """Return a text; with ``path`` write it there too."""
    if path is not None:
        Path(path).write_text(text, encoding="utf-8")
    return text
