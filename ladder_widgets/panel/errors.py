"""ErrorPanel: the error explorer alone, for predictions without a model."""

from __future__ import annotations

import threading
from html import escape
from typing import Any

from ladder_widgets.errors import ErrorAnalysis
from ladder_widgets.panel.explorer import Explorer
from ladder_widgets.panel.names import names_of_errors
from ladder_widgets.table import Table
from ladder_widgets.validation import refuse, shown

__all__ = ["ErrorPanel"]


class ErrorPanel(Explorer):
    """Explore errors in the notebook without a climb: confidence, confusion, contrasts, subgroups, rows.

    Parameters
    ----------
    errors : ErrorAnalysis
        From predictions (:meth:`ErrorAnalysis.from_predictions`), from a table that does not fit in
        memory (:meth:`ErrorAnalysis.from_table`), or of a report (``report.errors``).

    Attributes
    ----------
    band, threshold, cell, slice, selected_rows, status
        As in :class:`ladder_widgets.LadderPanel`.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"age": [25, 31, 47, 52]})
    >>> errors = ErrorAnalysis.from_predictions([0, 0, 1, 1], [0.1, 0.7, 0.4, 0.9], rows)
    >>> panel = ErrorPanel(errors)
    >>> panel.wait()
    >>> panel.cell = (1, 0)
    >>> panel.selection["age"].tolist()
    [47]
    >>> panel.close()
    """

    def __init__(self, errors: ErrorAnalysis) -> None:
        if not isinstance(errors, ErrorAnalysis):
            raise refuse("errors", "an ErrorAnalysis", shown(errors))
        self._analysed: ErrorAnalysis | None = errors
        super().__init__(names_of_errors(errors, None if errors.table is None else errors.table.data))
        self.run()

    def _work(self, stop: threading.Event) -> None:
        errors = self._analysed
        if errors is None:  # closed before the work began
            return
        packed = self._pack(errors)
        with self._still(stop) as wanted:
            if wanted:
                self._show_errors(errors, packed)
        self._search(errors, stop)

    def _labels(self) -> list[Any] | None:
        return None if self._analysed is None else self._analysed.classes

    def _table(self) -> Table | None:
        return None if self._analysed is None else self._analysed.table

    def _forget(self) -> None:
        super()._forget()
        if not self._open:
            self._analysed = None

    def _analysis(self) -> ErrorAnalysis:
        if self._failure is not None:
            raise RuntimeError(f"The errors cannot be shown: {self._failure['message']}")
        if self._analysed is None:
            raise RuntimeError("This panel is closed. Create a new one.")
        return self._analysed

    def _page(self, rows: int) -> str:
        return self._analysis().to_html(rows=rows)

    def __repr__(self) -> str:
        return repr(self._analysed) if self._analysed is not None else "ErrorPanel (closed)"

    def _static_html(self) -> str:
        return f"<p><b>Error explorer</b>: {escape(repr(self))}</p>"
