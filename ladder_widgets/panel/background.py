"""Work beside the messages of the panel: one thing at a time, and only the newest one counts."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["Background"]

_Result = TypeVar("_Result")


class Background:
    """Runs what takes longer than a message may wait.

    Parameters
    ----------
    name : str
        Of its thread.
    overtaken : str
        What is said of work that came to nothing, because newer work or a new climb replaced it.
    """

    def __init__(self, name: str, overtaken: str) -> None:
        self._name, self._overtaken = name, overtaken
        self._lock = threading.Lock()
        self._busy = threading.Lock()
        self._newest = 0

    def forget(self) -> None:
        """Let work under way come to nothing."""
        with self._lock:
            self._newest += 1

    def start(
        self,
        work: Callable[[], _Result],
        keep: Callable[[_Result], Any],
        finish: Callable[[Callable[[], Any]], None],
    ) -> None:
        """Start working; returns at once.

        Parameters
        ----------
        work : callable
            What is done.
        keep : callable
            Is handed the result where it still counts, and returns what is told of it.
        finish : callable
            Called with a function that returns what is told, or raises; in the background.
        """
        with self._lock:
            self._newest += 1
            number = self._newest

        def run() -> Any:
            with self._busy:
                self._check(number)
                result = work()
            with self._lock:
                self._check(number)
                return keep(result)

        if sys.platform == "emscripten":  # no threads in the browser's Python
            finish(run)
        else:
            threading.Thread(target=finish, args=(run,), name=self._name, daemon=True).start()

    def _check(self, number: int) -> None:
        if number != self._newest:
            raise RuntimeError(self._overtaken)
