"""An advisory lock on an open file, where the system has one, so that two kernels take turns."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["locked"]

#: Seconds to wait for another kernel; it holds the lock for a few milliseconds.
PATIENCE = 5.0
_STEP = 0.01


@contextmanager
def locked(descriptor: int) -> Iterator[bool]:
    """Hold the lock of a file while the block runs; yields whether it could be had.

    A file system without locks, or a lock that is held for too long, is no reason to stop: what is
    appended in one write stays whole without it.
    """
    held = _patient(descriptor)
    try:
        yield held
    finally:
        if held:
            _release(descriptor)


def _patient(descriptor: int) -> bool:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return _take(descriptor)
        except (BlockingIOError, PermissionError):  # somebody else holds it
            if time.monotonic() > end:
                return False
            time.sleep(_STEP)
        except OSError:  # this file system has no locks
            return False


if sys.platform == "win32":
    import msvcrt
    import os

    # A byte far behind the end: locked bytes cannot be read by others, and readers need no lock.
    _FAR = 2**30

    def _take(descriptor: int) -> bool:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        return True

    def _release(descriptor: int) -> None:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    try:
        import fcntl
    except ImportError:  # Python in the browser

        def _take(descriptor: int) -> bool:
            del descriptor
            return False

        def _release(descriptor: int) -> None:
            del descriptor

    else:

        def _take(descriptor: int) -> bool:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True

        def _release(descriptor: int) -> None:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
