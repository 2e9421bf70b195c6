"""Rows on their way to the browser: one page, one file, one distribution (see README.md here)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.errors import ErrorAnalysis
from ladder_widgets.errors.conditions import Slice
from ladder_widgets.plain import to_plain
from ladder_widgets.validation import choice, refuse, shown

__all__ = ["EXPORT_ROWS", "PAGE_ROWS", "PICKS", "RowsOf", "pack_distribution", "table_of"]

#: Rows of one page, and of one exported file.
PAGE_ROWS, EXPORT_ROWS = 200, 100_000
PICKS = ("label-issues", "opposite-duplicates")


@dataclass(frozen=True)
class _Asked:
    """What a request selects, as Python sees it."""

    cell: tuple[Any, Any] | None
    threshold: float | None
    band: tuple[float, float] | None
    slice: Slice | None
    pick: str | None
    sort: tuple[int, str] | None

    @classmethod
    def read(cls, errors: ErrorAnalysis, request: Mapping[str, Any]) -> _Asked:
        cell, band, sort = request.get("cell"), request.get("band"), request.get("sort")
        conditions, pick = request.get("slice"), request.get("pick")
        return cls(
            cell=None if cell is None else (errors.classes[int(cell[0])], errors.classes[int(cell[1])]),
            threshold=request.get("threshold"),
            band=None if band is None else (float(band[0]), float(band[1])),
            slice=None if conditions is None else Slice.from_dict(conditions),
            pick=None if pick is None else choice("pick", pick, PICKS),
            sort=None if sort is None else (int(sort[0]), str(sort[1])),
        )


class RowsOf:
    """Pages of the rows of an analysis. The last selection is kept: scrolling asks for it again and again."""

    def __init__(self, errors: ErrorAnalysis) -> None:
        self.errors = errors
        self._last: tuple[_Asked, np.ndarray] | None = None

    def page(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a request for a page of rows."""
        if self.errors.elsewhere:
            return self._fetched(request)
        asked, positions = self._selected(request)
        start = max(0, int(request.get("offset", 0)))
        stop = start + min(PAGE_ROWS, max(1, int(request.get("limit", 50))))
        page = positions[start:stop]
        told = table_of(self.errors, page, asked.threshold)
        return to_plain({**told, "positions": page, "total": len(positions)})

    def _fetched(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """A page of a table elsewhere, in its own order; positions are places in the selection."""
        asked = _Asked.read(self.errors, request)
        if asked.pick is not None or asked.sort is not None:
            raise refuse("sort" if asked.sort else "pick", "None for a table elsewhere", shown(request))
        part = self.errors if asked.slice is None else self.errors.within(asked.slice)
        counts = part.confusion(threshold=asked.threshold, band=asked.band).to_numpy()
        total = counts.sum() - np.trace(counts)
        if asked.cell is not None:
            total = counts[tuple(map(self.errors.code, asked.cell))]
        start = max(0, int(request.get("offset", 0)))
        stop = start + min(PAGE_ROWS, max(1, int(request.get("limit", 50))))
        frame = part.rows(asked.cell, threshold=asked.threshold, band=asked.band, limit=stop)[start:]
        told = _told(frame.drop(columns="confidence", errors="ignore"))
        return to_plain({**told, "positions": range(start, start + len(frame)), "total": total})

    def csv(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a request for all the rows of a selection as one text."""
        if self.errors.elsewhere:
            raise ValueError("These rows are in a table elsewhere: errors.rows(…, limit=None) fetches them.")
        asked, positions = self._selected(request)
        cut = positions[:EXPORT_ROWS]
        frame = self.errors.frame(cut, asked.threshold)
        frame.index.name = "row" if frame.index.name is None else str(frame.index.name)
        text = frame.to_csv()
        return {"csv": text, "rows": len(cut), "total": len(positions)}

    def _selected(self, request: Mapping[str, Any]) -> tuple[_Asked, np.ndarray]:
        asked = _Asked.read(self.errors, request)
        if self._last is None or self._last[0] != asked:
            positions = _positions(self.errors, asked)
            self._last = asked, _sorted(self.errors, positions, asked)
        return self._last


def _positions(errors: ErrorAnalysis, asked: _Asked) -> np.ndarray:
    if asked.pick is not None:
        return errors.suspects().positions[asked.pick]
    rows = errors if asked.slice is None else errors.within(asked.slice)
    return rows.positions(asked.cell, threshold=asked.threshold, band=asked.band)


def table_of(errors: ErrorAnalysis, positions: np.ndarray, threshold: float | None) -> dict[str, Any]:
    """Return rows as ``columns`` and ``rows``: the user's index, what the model said, the features."""
    return _told(errors.frame(positions, threshold).drop(columns=_confidence(errors)))


def _told(frame: pd.DataFrame) -> dict[str, Any]:
    columns = [{"name": "row", "format": "code"}]
    columns += [{"name": str(name), "format": _format(frame.iloc[:, i], i)} for i, name in enumerate(frame)]
    rows = [[label, *values] for label, values in zip(frame.index, frame.to_numpy(object), strict=True)]
    return {"columns": columns, "rows": rows}


def _confidence(errors: ErrorAnalysis) -> str:
    names = [] if errors.table is None else errors.table.names
    return "confidence" if "confidence" not in names else "confidence (model)"


def _format(series: pd.Series, position: int) -> str:
    if position == 2:
        return "score"
    if series.dtype.kind in "iu":
        return "integer"
    return "number" if series.dtype.kind == "f" else "text"


def _sorted(errors: ErrorAnalysis, positions: np.ndarray, asked: _Asked) -> np.ndarray:
    if asked.sort is None:
        return positions
    column, direction = asked.sort
    keys = _sort_key(errors, positions, column, asked.threshold)
    missing = np.isnan(keys)
    order = np.argsort(np.where(missing, 0, keys if direction == "asc" else -keys), kind="stable")
    order = np.concatenate([order[~missing[order]], order[missing[order]]])  # missing values come last
    return positions[order]


def _sort_key(
    errors: ErrorAnalysis, positions: np.ndarray, column: int, threshold: float | None
) -> np.ndarray:
    lead = [
        lambda: positions.astype(float),
        lambda: errors.y[positions].astype(float),
        lambda: errors.predicted(threshold)[positions].astype(float),
        lambda: errors.x[positions],
    ]
    if column < len(lead) or errors.table is None:
        return lead[min(column, len(lead) - 1)]()
    feature = errors.table.feature(column - len(lead))
    if feature.kind != "category":
        return feature.numbers()[positions]
    codes, levels = feature.codes()
    rank = np.argsort(np.argsort(np.array(levels, dtype=object))).astype(float)
    return np.append(rank, np.nan)[codes[positions]]


def pack_distribution(errors: ErrorAnalysis, request: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a request for the distribution of a feature, the cell's rows against the others."""
    asked = _Asked.read(errors, request)
    if asked.cell is None:
        raise refuse("cell", "a pair of labels", "None")
    rows = errors if asked.slice is None else errors.within(asked.slice)
    told = rows.distribution(str(request["feature"]), asked.cell, threshold=asked.threshold, band=asked.band)
    return to_plain({"bins": told.to_dict("records"), **told.attrs})
