"""Threads of BLAS and OpenMP where they help, and what threads of ours share."""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import lru_cache

from threadpoolctl import ThreadpoolController

__all__ = ["one_thread", "quiet", "sized_threads"]

#: Rows from which a fit or a prediction may use all threads.
THREADED_ROWS = 200_000


class _Quiet:
    """Mutes warnings in the whole process, from the first thread to enter until the last has left.

    Threads that saved and restored the filters each for itself would in the end put back what another
    had set.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._undo = ExitStack()

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            if not self._inside:
                self._undo.enter_context(warnings.catch_warnings())
                warnings.simplefilter("ignore")
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if not self._inside:
                    self._undo.close()


quiet = _Quiet()


@lru_cache(maxsize=1)
def _libraries(_modules: int) -> ThreadpoolController:
    """Look for the libraries that are loaded, anew after each import: it takes milliseconds."""
    return ThreadpoolController()


def one_thread(api: str | None = None) -> AbstractContextManager[object]:
    """Limit BLAS and OpenMP, or one of them, to one thread.

    OpenMP keeps its number for each thread, BLAS one for all: among threads that work side by side, the one
    that started them limits BLAS, and each of them OpenMP.

    Parameters
    ----------
    api : {"blas", "openmp"}, optional
        Leave the other alone.
    """
    found = _libraries(len(sys.modules))
    return (found if api is None else found.select(user_api=api)).limit(limits=1)


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
