"""Threads of BLAS and OpenMP where they help, and what threads of ours share."""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import lru_cache, partial

from threadpoolctl import ThreadpoolController

__all__ = ["one_thread", "quiet", "sized_threads"]

#: Rows from which a fit or a prediction may use all threads.
THREADED_ROWS = 200_000


class _Together:
    """Holds something of the whole process, from the first thread to enter until the last has left.

    Threads that saved and restored it each for itself would in the end put back what another had set.

    Parameters
    ----------
    held : callable
        Returns the context that is entered once.
    """

    def __init__(self, held: Callable[[], AbstractContextManager[object]]) -> None:
        self._held = held
        self._lock = threading.Lock()
        self._inside = 0
        self._undo = ExitStack()

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            if not self._inside:
                self._undo.enter_context(self._held())
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if not self._inside:
                    self._undo.close()


@contextmanager
def _muted() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


#: Mutes warnings in the whole process.
quiet = _Together(_muted)


@lru_cache(maxsize=1)
def _libraries(_modules: int) -> ThreadpoolController:
    """Look for the libraries that are loaded, anew after each import: it takes milliseconds."""
    return ThreadpoolController()


def _limited(api: str) -> AbstractContextManager[object]:
    return _libraries(len(sys.modules)).select(user_api=api).limit(limits=1)


_one_thread_of_blas = _Together(partial(_limited, "blas"))


@contextmanager
def one_thread(api: str | None = None) -> Iterator[None]:
    """Limit BLAS and OpenMP, or one of them, to one thread.

    OpenMP keeps its number for each thread, BLAS one for all: among threads that work side by side, the one
    that started them limits BLAS, and each of them OpenMP. Climbs at the same time share BLAS's limit.

    Parameters
    ----------
    api : {"blas", "openmp"}, optional
        Leave the other alone.
    """
    with ExitStack() as stack:
        if api != "openmp":
            stack.enter_context(_one_thread_of_blas())
        if api != "blas":
            stack.enter_context(_limited("openmp"))
        yield


def sized_threads(n_rows: int, blas: bool = True) -> AbstractContextManager[object]:
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
        return one_thread()
    return nullcontext() if blas else one_thread("blas")
