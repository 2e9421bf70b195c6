"""Threads of BLAS and OpenMP, where they help."""

from __future__ import annotations

from contextlib import AbstractContextManager

from threadpoolctl import threadpool_limits

__all__ = ["sized_threads"]

#: Rows from which a fit or a prediction may use all threads.
THREADED_ROWS = 20_000


def sized_threads(n_rows: int) -> AbstractContextManager[object]:
    """Limit BLAS and OpenMP to one thread for few rows.

    On few rows threads wait for each other longer than they work, and on a busy machine for minutes.

    Examples
    --------
    >>> with sized_threads(100):
    ...     pass
    """
    return threadpool_limits(limits=1 if n_rows < THREADED_ROWS else None)
