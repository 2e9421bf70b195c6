"""Threads of BLAS and OpenMP, where they help."""

from __future__ import annotations

from contextlib import AbstractContextManager

from threadpoolctl import threadpool_limits

__all__ = ["sized_threads"]

#: Rows from which a fit or a prediction may use all threads.
THREADED_ROWS = 200_000


def sized_threads(n_rows: int) -> AbstractContextManager[object]:
    """Limit BLAS and OpenMP to one thread, unless there are very many rows.

    Boosting meets at a barrier after each split. On few rows the threads wait there longer than they
    work; where something else runs too, twenty times as long (50,000 rows on two busy cores: 58 to
    85 s instead of 4 s). One thread is slower on an idle machine, by less than half, and never by more.

    Examples
    --------
    >>> with sized_threads(100):
    ...     pass
    """
    return threadpool_limits(limits=1 if n_rows < THREADED_ROWS else None)
