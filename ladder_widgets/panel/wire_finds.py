"""What a search turned up, on its way to the browser: subgroups and suspected rows (see README.md here)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np

from ladder_widgets.errors import ErrorAnalysis
from ladder_widgets.errors.conditions import Slice
from ladder_widgets.panel.names import Names
from ladder_widgets.panel.wire import buffer_of, counts_of
from ladder_widgets.panel.wire_code import frame_of
from ladder_widgets.plain import to_plain

__all__ = ["pack_slices", "pack_suspects"]

_USUAL = Names()
_TOLD = ("rows", "errors", "error_rate", "low", "high", "excess", "score", "p_value", "significant")


def pack_slices(errors: ErrorAnalysis, names: Names = _USUAL) -> tuple[dict[str, Any], bytes]:
    """Return the subgroups that fail most, and the counts of each on the axis of the cube.

    With these counts a page without a kernel can show the matrix, the histograms and the threshold
    curve of a subgroup. Their expressions are of the frame that "Copy as code" makes.
    """
    found = errors.leading_slices
    frame, _ = frame_of(errors.table, names.X)
    layout, buffer = buffer_of(_sums(errors, list(found["slice"])))
    wrong = errors.predicted() != errors.y
    described = {
        "items": [_described(errors, row, frame) for row in found.to_dict("records")],
        "base_rate": float(wrong.mean()) if len(wrong) else 0.0,
        "rows": len(wrong),
        "sampled": found.attrs.get("sampled"),
        "notes": list(found.attrs.get("notes", [])),
        "arrays": layout,
    }
    return to_plain(described), buffer


def _described(errors: ErrorAnalysis, row: Mapping[Hashable, Any], frame: str) -> dict[str, Any]:
    each: Slice = row["slice"]
    assert errors.table is not None
    held = {"rows": row["held_rows"], "errors": row["held_errors"], "error_rate": row["held_error_rate"]}
    told = {"text": str(each), "conditions": each.to_dict(), "code": each.code(errors.table, frame)}
    return {**told, **{key: row[key] for key in _TOLD}, "held": held}


def _sums(errors: ErrorAnalysis, slices: list[Slice]) -> dict[str, np.ndarray]:
    """Rows and sum of scores of each subgroup: arrays of shape (n_slices, n_groups, n_bins)."""
    cube = errors.cube
    shape = cube.count.shape
    counts = np.zeros((len(slices), *shape), dtype=cube.count.dtype)
    scores = np.zeros((len(slices), *shape))
    for place, each in enumerate(slices):
        rows = errors.within(each).where
        flat, weights = cube.cells(rows), None if errors.weights is None else errors.weights[rows]
        score = errors.x[rows] if weights is None else errors.x[rows] * weights
        counts[place] = np.bincount(flat, weights, minlength=cube.count.size).reshape(shape)
        scores[place] = np.bincount(flat, score, minlength=cube.count.size).reshape(shape)
    return {"count": counts_of(counts), "score": scores.astype("<f4")}


def pack_suspects(errors: ErrorAnalysis) -> dict[str, Any]:
    """Return how many rows are suspected, and of what."""
    found = errors.suspects()
    return to_plain(
        {
            "label_issues": {"total": len(found.label_issues), "note": found.notes["label-issues"]},
            "opposite_duplicates": {
                "total": len(found.opposite_duplicates),
                "note": found.notes["opposite-duplicates"],
            },
        }
    )
