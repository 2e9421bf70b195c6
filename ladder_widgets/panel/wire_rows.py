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
#: Rows that are put in order when the first page is asked for; all of them when somebody scrolls further.
AHEAD = 2_000
#: Column of ``ErrorAnalysis.frame`` that does not travel: the browser knows it from score and threshold.
CONFIDENCE = 3
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
        self._last: tuple[_Asked, _Selection] | None = None

    def page(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a request for a page of rows."""
        if self.errors.elsewhere:
            return self._fetched(request)
        asked, selection = self._selected(request)
        start = max(0, int(request.get("offset", 0)))
        page = selection.between(start, start + min(PAGE_ROWS, max(1, int(request.get("limit", 50)))))
        told = table_of(self.errors, page, asked.threshold)
        return to_plain({**told, "positions": page, "total": selection.total})

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
        told = _told(frame)
        return to_plain({**told, "positions": range(start, start + len(frame)), "total": total})

    def csv(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a request for all the rows of a selection as one text."""
        if self.errors.elsewhere:
            raise ValueError("These rows are in a table elsewhere: errors.rows(…, limit=None) fetches them.")
        asked, selection = self._selected(request)
        cut = selection.between(0, EXPORT_ROWS)
        frame = self.errors.frame(cut, asked.threshold)
        frame.index.name = "row" if frame.index.name is None else str(frame.index.name)
        text = frame.to_csv()
        return {"csv": text, "rows": len(cut), "total": selection.total}

    def _selected(self, request: Mapping[str, Any]) -> tuple[_Asked, _Selection]:
        asked = _Asked.read(self.errors, request)
        if self._last is None or self._last[0] != asked:
            positions = _positions(self.errors, asked)
            self._last = asked, _Selection(positions, _sort_keys(self.errors, positions, asked))
        return self._last


class _Selection:
    """Positions of the rows asked for, put in order only as far as somebody looks."""

    def __init__(self, positions: np.ndarray, keys: np.ndarray | None) -> None:
        self.total = len(positions)
        self._positions, self._keys = positions, keys
        self._order = np.empty(0, dtype=np.int64)

    def between(self, start: int, stop: int) -> np.ndarray:
        if self._keys is None:
            return self._positions[start:stop]
        if len(self._order) < min(stop, self.total):
            self._order = first_in_order(self._keys, AHEAD if stop <= AHEAD else self.total)
        return self._positions[self._order[start:stop]]


def first_in_order(keys: np.ndarray, n: int) -> np.ndarray:
    """Return the first ``n`` places of a stable ascending order, missing keys last."""
    if 4 * n < len(keys):
        last = np.partition(keys, n - 1)[n - 1]
        if not np.isnan(last):
            below = np.flatnonzero(keys < last)
            ties = np.flatnonzero(keys == last)[: n - len(below)]
            places = np.sort(np.concatenate([below, ties]))
            return places[np.argsort(keys[places], kind="stable")]
    return np.argsort(keys, kind="stable")[:n]


def _positions(errors: ErrorAnalysis, asked: _Asked) -> np.ndarray:
    if asked.pick is not None:
        return errors.suspects().positions[asked.pick]
    rows = errors if asked.slice is None else errors.within(asked.slice)
    return rows.positions(asked.cell, threshold=asked.threshold, band=asked.band)


def table_of(errors: ErrorAnalysis, positions: np.ndarray, threshold: float | None) -> dict[str, Any]:
    """Return rows as ``columns`` and ``rows``: the user's index, what the model said, the features."""
    return _told(errors.frame(positions, threshold))


def _told(frame: pd.DataFrame) -> dict[str, Any]:
    frame = frame.iloc[:, [i for i in range(frame.shape[1]) if i != CONFIDENCE]]
    columns = [{"name": "row", "format": "code"}]
    columns += [{"name": str(name), "format": _format(frame.iloc[:, i], i)} for i, name in enumerate(frame)]
    rows = [[label, *values] for label, values in zip(frame.index, frame.to_numpy(object), strict=True)]
    return {"columns": columns, "rows": rows}


def _format(series: pd.Series, position: int) -> str:
    if position == 2:
        return "score"
    if series.dtype.kind in "iu":
        return "integer"
    return "number" if series.dtype.kind == "f" else "text"


def _sort_keys(errors: ErrorAnalysis, positions: np.ndarray, asked: _Asked) -> np.ndarray | None:
    if asked.sort is None:
        return None
    column, direction = asked.sort
    keys = _sort_key(errors, positions, column, asked.threshold)
    return keys if direction == "asc" else -keys


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
