"""Threads of BLAS and OpenMP where they help, and what threads of ours share."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

from threadpoolctl import ThreadpoolController

__all__ = ["one_thread", "quiet", "sized_threads"]

#: Rows from which a fit or a prediction may use all threads.
THREADED_ROWS = 200_000


class _Together:
    """A state of the whole process: changed by the first thread to enter, put back by the last to leave.

    Threads that saved and restored it each for itself would in the end put back what another had set.
    """

    def __init__(self, change: Callable[..., AbstractContextManager[object]]) -> None:
        self._change = change
        self._lock = threading.Lock()
        self._inside = 0
        self._undo = ExitStack()

    @contextmanager
    def __call__(self, *arguments: Any) -> Iterator[None]:
        with self._lock:
            if not self._inside:
                self._undo.enter_context(self._change(*arguments))
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if not self._inside:
                    self._undo.close()


@contextmanager
def _ignored() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


#: Mute warnings, from any number of threads at once.
quiet = _Together(_ignored)
# OpenMP keeps its number of threads for each thread, BLAS one for all of them.
_one_blas_thread = _Together(lambda found: found.limit(limits=1, user_api="blas"))


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit BLAS and OpenMP to one thread in this thread; others may be inside at the same time."""
    found = ThreadpoolController()
    with _one_blas_thread(found), found.limit(limits=1, user_api="openmp"):
        yield


@contextmanager
def sized_threads(n_rows: int, blas: bool = True) -> Iterator[None]:
    """Limit BLAS and OpenMP to one thread, unless there are very many rows.

    Boosting meets at a barrier after each split. On few rows the threads wait there longer than they
    work; where something else runs too, twenty times as long (50,000 rows on two busy cores: 58 to
    85 s instead of 4 s). One thread is slower on an idle machine, by less than half, and never by more.

    Parameters
    ----------
    blas : bool
        Whether BLAS may use threads too. They split sums by where a row stands, so that the last
        digit of an answer then depends on the number of cores.

    Examples
    --------
    >>> with sized_threads(100):
    ...     pass
    """
    if n_rows < THREADED_ROWS:
        with one_thread():
            yield
    elif not blas:
        with _one_blas_thread(ThreadpoolController()):
            yield
    else:
        yield
