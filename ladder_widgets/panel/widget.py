"""LadderPanel: traits, one worker thread, one message handler. It computes nothing."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import anywidget
import pandas as pd
import traitlets

from ladder_widgets.case import Case, shows_case_options
from ladder_widgets.errors import ErrorAnalysis
from ladder_widgets.ladder import Progress, climb
from ladder_widgets.options import CaseOptions
from ladder_widgets.panel.answers import Answers, WithBuffer
from ladder_widgets.panel.names import names_in_notebook
from ladder_widgets.panel.selection import Selection
from ladder_widgets.panel.trials import Trials
from ladder_widgets.panel.wire import asset, pack_errors
from ladder_widgets.panel.wire_finds import pack_slices, pack_suspects
from ladder_widgets.plain import to_plain
from ladder_widgets.report import Report

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from ladder_widgets.remedies import FixTrial

__all__ = ["LadderPanel"]

#: Up to here labels are looked at before the panel appears, so that a wrong y fails in the cell.
EAGER_ROWS = 200_000
_STATIC = Path(__file__).parent / "static"


def _bundle(name: str) -> Any:
    # A path makes anywidget watch the file and keep every widget alive: only for development.
    return _STATIC / name if os.environ.get("ANYWIDGET_HMR") == "1" else asset(name)


@shows_case_options
class LadderPanel(Selection, anywidget.AnyWidget):
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
        ``pending``, ``running``, ``cancelling``, ``done``, ``cancelled`` or ``error``. Observable.
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

    _esm = _bundle("panel.js")
    _css = _bundle("panel.css")

    rung = traitlets.Int(0, min=0, max=6).tag(sync=True)
    status = traitlets.Unicode("pending").tag(sync=True)

    _report: Any = traitlets.Dict(default_value=None, allow_none=True).tag(sync=True, echo_update=False)
    _errors: Any = traitlets.Dict(default_value=None, allow_none=True).tag(sync=True, echo_update=False)
    _cube = traitlets.Bytes(b"").tag(sync=True, echo_update=False)
    _slices: Any = traitlets.Dict(default_value=None, allow_none=True).tag(sync=True, echo_update=False)
    _slice_cube = traitlets.Bytes(b"").tag(sync=True, echo_update=False)
    _suspects: Any = traitlets.Dict(default_value=None, allow_none=True).tag(sync=True, echo_update=False)
    _progress: Any = traitlets.Dict(default_value=None, allow_none=True).tag(sync=True, echo_update=False)
    _failure: Any = traitlets.Dict(default_value=None, allow_none=True).tag(sync=True, echo_update=False)
    _theme = traitlets.Enum(("auto", "light", "dark"), default_value="auto").tag(sync=True)

    def __init__(self, model: Any, X_val: Any, y_val: Any, **options: Unpack[CaseOptions]) -> None:
        case = Case(model, X_val, y_val, **options)
        if case.val.n_rows <= EAGER_ROWS:
            case.check_labels()
        super().__init__()
        self._case: Case | None = case
        self._result: Report | None = None
        self._answers: Answers | None = None
        self._names = names_in_notebook(model, X_val, y_val)
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._worker: threading.Thread | None = None
        self._trials = Trials()
        self.on_msg(self._on_message)
        self.run()

    # ---- the climb ---------------------------------------------------------------------------

    def run(self) -> None:
        """Climb again; returns at once. Does nothing while a climb is under way."""
        with self._lock:
            if self._case is None:
                raise RuntimeError("This panel is closed. Create a new one.")
            if self._worker is not None and self._worker.is_alive():
                return
            self._stop = threading.Event()
            self._result = self._answers = None
            self._trials.forget()
            with self.hold_sync():
                self.status, self._failure, self._progress = "running", None, None
                self._report = self._errors = self._slices = self._suspects = None
                self._cube = self._slice_cube = b""
            self._worker = threading.Thread(
                target=self._climb, args=(self._case, self._stop), name="ladder-panel", daemon=True
            )
        if sys.platform == "emscripten":  # no threads in the browser's Python
            self._climb(self._case, self._stop)
        else:
            self._worker.start()

    def cancel(self) -> None:
        """Stop the climb after the step under way; what was found stays."""
        with self._lock:
            if self.status == "running":
                self._stop.set()
                self.status = "cancelling"

    def wait(self, timeout: float | None = None) -> None:
        """Block until the climb ends.

        Parameters
        ----------
        timeout : float, optional
            Seconds.

        Raises
        ------
        TimeoutError
            If it has not ended by then; it goes on.
        """
        worker = self._worker
        if worker is None:
            return
        worker.join(timeout)
        if worker.is_alive():
            raise TimeoutError(f"the climb has not ended after {timeout} s; it goes on in the background")

    def _climb(self, case: Case, stop: threading.Event) -> None:
        try:
            for event in climb(case):
                if stop.is_set():
                    if self._result is not None:
                        self._show(self._result.stopped())
                    self._settle("cancelled")
                    return
                self._show(event)
            self._search(stop)
            self._settle("cancelled" if stop.is_set() else "done")
        except Exception as error:
            failure = {
                "type": type(error).__name__,
                "message": str(error),
                "traceback": traceback.format_exc(),
            }
            with self._lock, self.hold_sync():
                self._failure = to_plain(failure)
            self._settle("error")

    def _show(self, event: Progress | Report) -> None:
        if isinstance(event, Progress):
            with self._lock:
                self._progress = {
                    "rung": event.rung,
                    "label": event.label,
                    "done": event.done,
                    "total": event.total,
                }
            return
        # Packed outside the lock: a message from the browser need not wait for it.
        told = event.to_dict()
        packed = None if event.errors is None else pack_errors(event.errors, names=self._names)
        with self._lock, self.hold_sync():
            self._result = event
            self._report = told
            if event.errors is not None:
                self._answers = Answers(event.errors, self._names)
            if packed is not None and event.errors is not None:
                self._errors, self._cube = packed
                if self.threshold is None:
                    self.threshold = event.errors.threshold

    def _search(self, stop: threading.Event) -> None:
        """Look for subgroups and suspected rows; the explorer is open meanwhile."""
        errors = None if self._result is None else self._result.errors
        if errors is None or errors.table is None:
            return
        self._show(Progress(4, "subgroups that fail most", 0, 1))
        slices, counts = pack_slices(errors, self._names.X)
        with self._lock, self.hold_sync():
            self._slices, self._slice_cube = slices, counts
        if not stop.is_set():
            self._show(Progress(4, "suspected labels", 0, 1))
            self._suspects = pack_suspects(errors)

    def _settle(self, status: str) -> None:
        with self._lock, self.hold_sync():
            self._progress = None
            self.status = status

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

    @property
    def selection(self) -> pd.DataFrame:
        """Rows of the chosen cell, band, threshold and subgroup (all errors without a cell).

        They keep the user's index and columns; what the model said of them comes first.
        """
        return self._selected().rows(self.cell, threshold=self.threshold, band=self.band)

    def figure(self, name: str) -> Figure:
        """Return a plotly figure of what is selected; see :func:`ladder_widgets.figures.figure`.

        Parameters
        ----------
        name : {"roc", "pr", "calibration", "confusion", "threshold", "confidence", "contrast", "subgroups"}
        """
        from ladder_widgets.figures import figure

        errors = self._analysis() if name == "subgroups" else self._selected()
        return figure(errors, name, cell=self.cell, threshold=self.threshold, band=self.band)

    def _selected(self) -> ErrorAnalysis:
        errors = self._analysis()
        return errors if self.slice is None else errors.within(self.slice)

    def _analysis(self) -> ErrorAnalysis:
        errors = self.report.errors
        if errors is None:
            raise RuntimeError("No errors to show yet: call panel.wait() first.")
        return errors

    # ---- messages ----------------------------------------------------------------------------

    def _on_message(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """Answer every request, whatever happens: the browser waits for it."""
        if not isinstance(content, dict) or "id" not in content:
            return
        request = content["id"]
        if content.get("kind") == "fix":
            self._reply(request, lambda: self._start_fix(request, content.get("code")), later=True)
        else:
            self._reply(request, lambda: self._answer(content))

    def _reply(self, request: Any, answer: Callable[[], Any], later: bool = False) -> None:
        """Send what ``answer`` returns or raises; with ``later`` only what it raises."""
        told: dict[str, Any] = {"id": request}
        buffers: list[bytes] = []
        try:
            told["ok"] = answer()
            if isinstance(told["ok"], WithBuffer):
                told["ok"], buffers = told["ok"].told, [told["ok"].buffer]
        except Exception as error:
            told["error"] = {"type": type(error).__name__, "message": str(error)}
        if self._case is not None and not (later and "ok" in told):
            self.send(told, buffers)

    def _start_fix(self, request: Any, code: Any) -> None:
        self._trials.start(self.report, code, lambda answer: self._reply(request, answer))

    def _answer(self, request: dict[str, Any]) -> Any:
        kind = request.get("kind")
        if kind == "run":
            self.run()
            return True
        if kind == "cancel":
            self.cancel()
            return True
        if kind == "html":
            return {"html": self.report.to_html(rows=int(request.get("rows", 0)))}
        self._analysis()  # says what to do if there is nothing to ask about
        assert self._answers is not None
        return self._answers.answer(request)

    # ---- life and display --------------------------------------------------------------------

    def close(self) -> None:
        """Stop the climb and let go of the model, the rows and the report."""
        self._stop.set()
        with self._lock:
            self._case = self._result = self._answers = self._worker = None
            self._trials.forget()
        super().close()
        self._report = self._errors = self._slices = self._suspects = None
        self._cube = self._slice_cube = b""

    def __repr__(self) -> str:
        if self._result is not None and self._result.complete:
            return repr(self._result)
        return f"LadderPanel ({self.status}). Next: panel.wait(), then panel.report"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if data is not None:
            data["text/html"] = self._static_html()
            data["text/plain"] = repr(self)  # older anywidgets cut it
        return bundle

    def _static_html(self) -> str:
        """What a reader sees where no widget can run: GitHub, a saved notebook reopened, a PDF."""
        if self._result is not None and self._result.complete:
            return self._result._repr_html_()
        return (
            "<p><b>Ladder panel</b>: it was still climbing when this notebook was saved. Run the cell again, "
            "or display <code>panel.report</code> to keep the result in the notebook.</p>"
        )
