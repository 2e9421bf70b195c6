"""What is selected in the error explorer, as traits: checked here, shared with the browser."""

from __future__ import annotations

from typing import Any

import traitlets

from ladder_widgets.errors.conditions import Slice
from ladder_widgets.table import Table
from ladder_widgets.validation import refuse, shown

__all__ = ["Selection"]


class Selection(traitlets.HasTraits):
    """Band, threshold, cell, subgroup and ticked rows; labels in Python, codes on the wire."""

    band = traitlets.Tuple(traitlets.Float(), traitlets.Float(), default_value=(0.0, 1.0)).tag(sync=True)
    threshold = traitlets.Float(None, allow_none=True).tag(sync=True)
    cell: Any = traitlets.Tuple(traitlets.Any(), traitlets.Any(), default_value=None, allow_none=True)
    slice: Any = traitlets.Any(None, allow_none=True)
    selected_rows = traitlets.List(traitlets.Int()).tag(sync=True)

    _cell: Any = traitlets.List(traitlets.Int(), default_value=None, allow_none=True).tag(sync=True)
    _slice: Any = traitlets.List(traitlets.Dict(), default_value=None, allow_none=True).tag(sync=True)

    @traitlets.validate("band")
    def _check_band(self, proposal: Any) -> tuple[float, float]:
        low, high = proposal["value"]
        if not 0 <= low <= high <= 1:
            raise refuse("band", "a pair 0 <= from <= to <= 1 of confidences", shown((low, high)))
        return (low, high)

    @traitlets.validate("threshold")
    def _check_threshold(self, proposal: Any) -> float | None:
        value = proposal["value"]
        if value is not None and not 0 <= value <= 1.000001:
            raise refuse("threshold", "a number between 0 and 1", shown(value))
        return value

    @traitlets.validate("cell")
    def _check_cell(self, proposal: Any) -> Any:
        value, labels = proposal["value"], self._labels()
        if value is not None and labels is not None:
            for label in value:
                if label not in labels:
                    raise refuse("cell", f"a pair of labels among {shown(labels)}", shown(label))
        return value

    @traitlets.observe("cell")
    def _send_cell(self, change: Any) -> None:
        labels = self._labels()
        if labels is not None:
            self._cell = None if change["new"] is None else [labels.index(value) for value in change["new"]]

    @traitlets.observe("_cell")
    def _receive_cell(self, change: Any) -> None:
        labels = self._labels()
        if labels is not None:
            self.cell = None if change["new"] is None else tuple(labels[code] for code in change["new"])

    @traitlets.validate("slice")
    def _check_slice(self, proposal: Any) -> Slice | None:
        value, table = proposal["value"], self._table()
        if value is None or table is None:
            return None
        wanted = Slice.of(value)
        wanted.check(table)
        return wanted

    @traitlets.observe("slice")
    def _send_slice(self, change: Any) -> None:
        self._slice = None if change["new"] is None else change["new"].to_dict()

    @traitlets.observe("_slice")
    def _receive_slice(self, change: Any) -> None:
        self.slice = None if change["new"] is None else Slice.from_dict(change["new"])

    def _labels(self) -> list[Any] | None:
        """Labels a cell may name; None once the panel is closed."""
        raise NotImplementedError

    def _table(self) -> Table | None:
        """Rows a subgroup is taken from; None once the panel is closed."""
        raise NotImplementedError
