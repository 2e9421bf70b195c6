"""Fixes tried from the browser: in the background, one at a time, and only the newest one counts."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ladder_widgets.validation import refuse, shown

if TYPE_CHECKING:
    from ladder_widgets.remedies import FixTrial
    from ladder_widgets.report import Report

__all__ = ["Trials"]


class Trials:
    """Runs trials beside the messages of the panel, which need not wait for a fit.

    Attributes
    ----------
    done : dict of str to FixTrial
        Finished trials of the report at hand, by code.
    """

    def __init__(self) -> None:
        self.done: dict[str, FixTrial] = {}
        self._lock = threading.Lock()
        self._fitting = threading.Lock()
        self._newest = 0

    def forget(self) -> None:
        """Let go of everything; a trial under way comes to nothing."""
        with self._lock:
            self._newest += 1
            self.done = {}

    def start(self, report: Report, code: Any, finish: Callable[[Callable[[], Any]], None]) -> None:
        """Try a fix in the background.

        Parameters
        ----------
        report : Report
        code : str
        finish : callable
            Called with a function that returns the trial as plain data or raises; in the background.
        """
        if not isinstance(code, str):
            raise refuse("code", "the code of a finding", shown(code))
        with self._lock:
            self._newest += 1
            number = self._newest

        def work() -> None:
            finish(lambda: self._run(report, code, number))

        if sys.platform == "emscripten":  # no threads in the browser's Python
            work()
        else:
            threading.Thread(target=work, name="ladder-fix", daemon=True).start()

    def _run(self, report: Report, code: str, number: int) -> Any:
        with self._fitting:
            self._check(number)
            trial = report.try_fix(code)
        with self._lock:
            self._check(number)
            self.done = {**self.done, code: trial}
        return trial.to_dict()

    def _check(self, number: int) -> None:
        if number != self._newest:
            raise RuntimeError("This trial was overtaken: another fix was tried, or the climb run again.")
