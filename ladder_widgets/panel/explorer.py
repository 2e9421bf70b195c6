"""The error explorer as a widget: traits, one worker thread, one message handler. It computes nothing."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import pandas as pd
import traitlets

from ladder_widgets.errors import ErrorAnalysis
from ladder_widgets.ladder import Progress
from ladder_widgets.panel.answers import Answers, WithBuffer
from ladder_widgets.panel.names import Names
from ladder_widgets.panel.selection import Selection
from ladder_widgets.panel.wire import asset, pack_errors
from ladder_widgets.panel.wire_finds import pack_slices, pack_suspects
from ladder_widgets.plain import to_plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = ["Explorer"]

_STATIC = Path(__file__).parent / "static"


def _bundle(name: str) -> Any:
    # A path makes anywidget watch the file and keep every widget alive: only for development.
    return _STATIC / name if os.environ.get("ANYWIDGET_HMR") == "1" else asset(name)


class Explorer(Selection, anywidget.AnyWidget):
    """What both panels share: the bundle, the traits, background work, and answers to the browser."""

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
    _watch: Any = traitlets.Dict(default_value=None, allow_none=True).tag(sync=True, echo_update=False)
    _progress: Any = traitlets.Dict(default_value=None, allow_none=True).tag(sync=True, echo_update=False)
    _failure: Any = traitlets.Dict(default_value=None, allow_none=True).tag(sync=True, echo_update=False)
    _theme = traitlets.Enum(("auto", "light", "dark"), default_value="auto").tag(sync=True)

    _open = False

    def __init__(self, names: Names) -> None:
        super().__init__()
        self._names = names
        self._answers: Answers | None = None
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._worker: threading.Thread | None = None
        self._open = True
        self.on_msg(self._on_message)

    # ---- work --------------------------------------------------------------------------------

    def _work(self, stop: threading.Event) -> None:
        """Do what this panel is for, showing results on the way; in the background."""
        raise NotImplementedError

    def run(self) -> None:
        """Work again; returns at once. Does nothing while the work is under way."""
        with self._lock:
            if not self._open:
                raise RuntimeError("This panel is closed. Create a new one.")
            before = self._worker
            if before is not None and before.is_alive() and not self._stop.is_set():
                return
            self._stop = threading.Event()
            self._forget()
            with self.hold_sync():
                self.status, self._failure, self._progress = "running", None, None
                self._report = self._errors = self._slices = self._suspects = self._watch = None
                self._cube = self._slice_cube = b""
            self._worker = threading.Thread(
                target=self._work_or_say, args=(self._stop, before), name="ladder-panel", daemon=True
            )
        if sys.platform == "emscripten":  # no threads in the browser's Python
            self._work_or_say(self._stop, None)
        else:
            self._worker.start()

    def cancel(self) -> None:
        """Stop the work; what was found stays.

        Returns at once: the step under way, perhaps the model's own, ends in the background, and its result
        is not used. Work that is begun again waits for it.
        """
        with self._lock:
            if self.status == "running":
                self._stop.set()
                self._settle("cancelled")

    def wait(self, timeout: float | None = None) -> None:
        """Block until the work ends, the last step of work that was cancelled included.

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
            raise TimeoutError(f"the work has not ended after {timeout} s; it goes on in the background")

    def _work_or_say(self, stop: threading.Event, before: threading.Thread | None) -> None:
        if before is not None:
            before.join()
        try:
            self._work(stop)
            failure = None
        except Exception as error:
            failure = {
                "type": type(error).__name__,
                "message": str(error),
                "traceback": traceback.format_exc(),
            }
        with self._still(stop) as wanted:
            if wanted:
                self._failure = to_plain(failure)
                self._settle("done" if failure is None else "error")

    @contextmanager
    def _still(self, stop: threading.Event) -> Iterator[bool]:
        """Whether what this work found may still be shown; it cannot be cancelled meanwhile."""
        with self._lock, self.hold_sync():
            yield not stop.is_set()

    def _settle(self, status: str) -> None:
        with self.hold_sync():
            self._progress = None
            self.status = status

    def _forget(self) -> None:
        """Let go of earlier results."""
        self._answers = None

    def _tell(self, event: Progress, stop: threading.Event) -> None:
        with self._still(stop) as wanted:
            if wanted:
                self._progress = {
                    "rung": event.rung,
                    "label": event.label,
                    "done": event.done,
                    "total": event.total,
                }

    def _show_errors(self, errors: ErrorAnalysis, packed: tuple[dict[str, Any], bytes]) -> None:
        """Open the explorer on errors that were packed (outside of the lock, as it takes a while)."""
        self._answers = Answers(errors, self._names)
        self._errors, self._cube = packed
        if self.threshold is None:
            self.threshold = errors.threshold

    def _pack(self, errors: ErrorAnalysis) -> tuple[dict[str, Any], bytes]:
        return pack_errors(errors, names=self._names)

    def _search(self, errors: ErrorAnalysis | None, stop: threading.Event) -> None:
        """Look for subgroups and suspected rows; the explorer is open meanwhile."""
        if errors is None or errors.table is None or stop.is_set():
            return
        self._tell(Progress(4, "subgroups that fail most", 0, 1), stop)
        slices, counts = pack_slices(errors, self._names)
        with self._still(stop) as wanted:
            if not wanted:
                return
            self._slices, self._slice_cube = slices, counts
        self._tell(Progress(4, "suspected labels", 0, 1), stop)
        suspects = pack_suspects(errors)
        with self._still(stop) as wanted:
            if wanted:
                self._suspects = suspects

    # ---- reading back ------------------------------------------------------------------------

    def _analysis(self) -> ErrorAnalysis:
        """The errors on show; raises with what to do if there are none."""
        raise NotImplementedError

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

    # ---- messages ----------------------------------------------------------------------------

    def _on_message(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """Answer every request, whatever happens: the browser waits for it."""
        if not isinstance(content, dict) or "id" not in content:
            return
        self._reply(content["id"], lambda: self._answer(content))

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
        if self._open and not (later and "ok" in told):
            self.send(told, buffers)

    def _answer(self, request: dict[str, Any]) -> Any:
        kind = request.get("kind")
        if kind == "run":
            self.run()
            return True
        if kind == "cancel":
            self.cancel()
            return True
        if kind == "html":
            return {"html": self._page(int(request.get("rows", 0)))}
        self._analysis()
        assert self._answers is not None
        return self._answers.answer(request)

    def _page(self, rows: int) -> str:
        raise NotImplementedError

    # ---- life and display --------------------------------------------------------------------

    def close(self) -> None:
        """Stop the work and let go of the model, the rows and the results."""
        if not self._open:  # closed before, or refused before it was opened
            return
        self._stop.set()
        with self._lock:
            self._open = False
            self._worker = None
            self._forget()
        super().close()
        self._report = self._errors = self._slices = self._suspects = self._watch = None
        self._cube = self._slice_cube = b""

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if data is not None:
            data["text/html"] = self._static_html()
            data["text/plain"] = repr(self)  # older anywidgets cut it
        return bundle

    def _static_html(self) -> str:
        """What a reader sees where no widget can run: GitHub, a saved notebook reopened, a PDF."""
        raise NotImplementedError
