"""Fixes tried from the browser: in the background, one at a time, and only the newest one counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ladder_widgets.panel.background import Background
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
        self._background = Background(
            "ladder-fix", "This trial was overtaken: another fix was tried, or the climb run again."
        )

    def forget(self) -> None:
        """Let go of everything; a trial under way comes to nothing."""
        self._background.forget()
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

        def keep(trial: FixTrial) -> Any:
            self.done = {**self.done, code: trial}
            return trial.to_dict()

        self._background.start(lambda: report.try_fix(code), keep, finish)
