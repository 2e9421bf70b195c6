"""LadderPanel: the climb in the notebook, with the error explorer below it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any, Unpack

from ladder_widgets.case import Case, shows_case_options
from ladder_widgets.errors import ErrorAnalysis
from ladder_widgets.ladder import Progress, climb
from ladder_widgets.options import CaseOptions
from ladder_widgets.panel.explorer import Explorer
from ladder_widgets.panel.names import names_in_notebook
from ladder_widgets.panel.replays import Replays
from ladder_widgets.panel.trials import Trials
from ladder_widgets.panel.wire_production import watch_of
from ladder_widgets.report import Report
from ladder_widgets.table import Table

if TYPE_CHECKING:
    from ladder_widgets.remedies import FixTrial

__all__ = ["LadderPanel"]

#: Up to here labels are looked at before the panel appears, so that a wrong y fails in the cell.
EAGER_ROWS = 200_000


@shows_case_options
class LadderPanel(Explorer):
    """Debug a classifier rung by rung, in the notebook.

    The panel appears at once and fills in while the work runs in the background.

    Parameters
    ----------
    model : fitted estimator
        Anything with ``predict_proba``, ``decision_function`` or ``predict``.
    X_val, y_val : table of shape (n_rows, n_features) and labels of shape (n_rows,)
        Rows the model was not trained on.
    **options
        The other parameters of :class:`ladder_widgets.Case`, such as ``X_train`` and ``y_train``.

    Attributes
    ----------
    band : (float, float)
        Confidence band the error explorer shows; (0, 1) is everything. Observable, two-way.
    threshold : float or None
        Decision threshold the error explorer uses. Observable, two-way.
    cell : (actual, predicted) or None
        Chosen cell of the confusion matrix, as labels. Observable, two-way.
    slice : Slice or None
        Subgroup the error explorer is narrowed to. Observable, two-way; a condition or a list of
        conditions may be assigned.
    rung : int
        Rung shown, 0 to 6. Observable, two-way.
    selected_rows : list of int
        Positions of the rows ticked in the table. Observable, two-way.
    status : str
        ``pending``, ``running``, ``done``, ``cancelled`` or ``error``. Observable.
    trials : dict of str to FixTrial
        Fixes tried in the panel, by code.

    Raises
    ------
    ValueError
        If a parameter cannot be used.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> model = DecisionTreeClassifier(max_depth=3, random_state=0).fit(X[:400], y[:400])
    >>> panel = LadderPanel(model, X[400:], y[400:])
    >>> panel.wait()
    >>> panel.threshold, panel.report.complete
    (0.5, True)
    >>> panel.close()
    """

    def __init__(self, model: Any, X_val: Any, y_val: Any, **options: Unpack[CaseOptions]) -> None:
        case = Case(model, X_val, y_val, **options)
        if case.val.n_rows <= EAGER_ROWS:
            case.check_labels()
        self._case: Case | None = case
        super().__init__(names_in_notebook(model, X_val, y_val))
        self._result: Report | None = None
        self._trials, self._replays = Trials(), Replays()
        self.run()

    # ---- the climb ---------------------------------------------------------------------------

    def _work(self, stop: threading.Event) -> None:
        case = self._case
        if case is None:  # closed before the work began
            return
        with closing(climb(case)) as events:  # what workers still do for it ends with it
            for event in events:
                if stop.is_set():
                    return
                if isinstance(event, Progress):
                    self._tell(event, stop)
                else:
                    self._show(event, stop)
        self._search(None if self._result is None else self._result.errors, stop)

    def _show(self, report: Report, stop: threading.Event) -> None:
        # Packed outside the lock: a message from the browser need not wait for it.
        told, watch = report.to_dict(), watch_of(report)
        packed = None if report.errors is None else self._pack(report.errors)
        with self._still(stop) as wanted:
            if not wanted:
                return
            self._result, self._report, self._watch = report, told, watch
            if report.errors is not None and packed is not None:
                self._show_errors(report.errors, packed)

    def _settle(self, status: str) -> None:
        with self.hold_sync():
            if status == "cancelled" and self._result is not None:
                self._result = self._result.stopped()
                self._report = self._result.to_dict()
            super()._settle(status)

    def _labels(self) -> list[Any] | None:
        return None if self._case is None else self._case.classes

    def _table(self) -> Table | None:
        return None if self._case is None else self._case.val.table

    def _forget(self) -> None:
        super()._forget()
        self._result = None
        self._trials.forget()
        self._replays.forget()
        if not self._open:
            self._case = None

    # ---- reading back ------------------------------------------------------------------------

    @property
    def report(self) -> Report:
        """The report, complete once the climb is done.

        Raises
        ------
        RuntimeError
            Before the first rung, or when the climb broke.
        """
        if self._failure is not None:
            raise RuntimeError(f"The climb broke: {self._failure['type']}: {self._failure['message']}")
        if self._result is None:
            raise RuntimeError("No report yet: call panel.wait() first.")
        return self._result

    def sign_off(self, line: str, reason: str) -> Report:
        """Sign off a line of a checklist, here and in :attr:`report`; see :meth:`Report.sign_off`.

        Running again begins without.
        """
        with self._lock:
            signed = self.report.sign_off(line, reason)
            self._result, self._report = signed, signed.to_dict()
        return signed

    @property
    def trials(self) -> Mapping[str, FixTrial]:
        """Fixes tried with the button "Try the fix", by code; each holds the mended model."""
        return dict(self._trials.done)

    def _analysis(self) -> ErrorAnalysis:
        errors = self.report.errors
        if errors is None:
            raise RuntimeError("No errors to show yet: call panel.wait() first.")
        return errors

    # ---- messages and display ----------------------------------------------------------------

    def _on_message(self, widget: Any, content: Any, buffers: Any) -> None:
        start = {"fix": self._start_fix, "replay": self._start_replay}
        kind = str(content.get("kind")) if isinstance(content, dict) else ""
        if kind not in start or "id" not in content:
            super()._on_message(widget, content, buffers)
            return
        # These take a while: answered when they are done, in the background.
        self._reply(content["id"], lambda: start[kind](content), later=True)

    def _start_fix(self, asked: dict[str, Any]) -> None:
        self._trials.start(self.report, asked.get("code"), lambda answer: self._reply(asked["id"], answer))

    def _start_replay(self, asked: dict[str, Any]) -> None:
        self._replays.start(self.report.case, asked, lambda answer: self._reply(asked["id"], answer))

    def _page(self, rows: int) -> str:
        return self.report.to_html(rows=rows)

    def __repr__(self) -> str:
        if self._result is not None and self._result.complete:
            return repr(self._result)
        return f"LadderPanel ({self.status}). Next: panel.wait(), then panel.report"

    def _static_html(self) -> str:
        """What a reader sees where no widget can run: GitHub, a saved notebook reopened, a PDF."""
        if self._result is not None and self._result.complete:
            return self._result._repr_html_()
        return (
            "<p><b>Ladder panel</b>: it was still climbing when this notebook was saved. Run the cell again, "
            "or display <code>panel.report</code> to keep the result in the notebook.</p>"
        )
