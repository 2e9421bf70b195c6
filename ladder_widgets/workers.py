"""Independent pieces of work: one after another in this process, or side by side over joblib's backends."""

from __future__ import annotations

import pickle
import queue
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from numbers import Integral
from typing import Any, TypeVar

import joblib
import numpy as np
from joblib.externals.loky.process_executor import TerminatedWorkerError
from joblib.parallel import BACKENDS, Parallel, delayed, get_active_backend, parallel_config

from ladder_widgets import cluster
from ladder_widgets.threads import one_thread
from ladder_widgets.validation import choice, refuse, shown

try:
    import cloudpickle
except ModuleNotFoundError:  # joblib before 1.6 brings its own
    from joblib.externals import cloudpickle

__all__ = ["Parcel", "WorkerDied", "Workers", "check_backend", "check_n_jobs"]

#: Seconds after which whoever waits for a result is told that it is not there yet, and may leave.
BEAT = 0.1
#: Seconds that leaving may take: processes are killed, a cluster is told to forget.
FAREWELL = 0.4

_Result = TypeVar("_Result")


def check_backend(backend: Any) -> str | None:
    """Refuse what is no backend of joblib's, and one that cannot work here.

    Raises
    ------
    ValueError
        For an unknown name, naming what is registered.
    ModuleNotFoundError
        For ``"dask"`` without Dask.
    """
    if backend is None:
        return None
    known = {*BACKENDS, "dask"} - {"multiprocessing"}
    if backend == "multiprocessing":
        hint = "'loky' does the same without the deadlocks of forked threads."
        accepted = f"None or one of {', '.join(map(repr, sorted(known)))}"
        raise refuse("backend", accepted, shown(backend), hint)
    name = choice("backend", backend, known)
    if name == "dask":
        cluster.library()
    return name


def check_n_jobs(n_jobs: Any) -> int | None:
    """Refuse anything but None and a whole number other than 0; negative ones count from all cores."""
    if n_jobs is None:
        return None
    if not isinstance(n_jobs, Integral) or isinstance(n_jobs, bool) or n_jobs == 0:
        accepted = "None or a whole number other than 0 (-1 is every core)"
        raise refuse("n_jobs", accepted, shown(n_jobs))
    return int(n_jobs)


class Parcel:
    """Something that several tasks need: handed over as it is in one process, pickled once for others.

    Parameters
    ----------
    thing : object
        A model, a frame: whatever is not an array.
    packed : ndarray of bytes, optional
        The thing as it comes out of another process.
    """

    def __init__(self, thing: Any, packed: np.ndarray | None = None) -> None:
        self._thing, self._packed = thing, packed

    def open(self) -> Any:
        """Return the thing itself, or in another process a copy."""
        return pickle.loads(self._packed.data) if self._thing is None else self._thing  # type: ignore[union-attr]

    def seal(self) -> None:
        """Pickle now, so that what cannot be pickled is known before anything is sent."""
        if self._packed is None:
            # An array of bytes is what joblib maps into memory, and Dask scatters, once for all tasks.
            self._packed = np.frombuffer(cloudpickle.dumps(self._thing), dtype=np.uint8)

    def __reduce__(self) -> Any:
        self.seal()
        return Parcel, (None, self._packed)

    def __sizeof__(self) -> int:
        return 64 if self._packed is None else self._packed.nbytes


class Workers:
    """Where independent pieces of work are done.

    Parameters
    ----------
    backend : str, optional
        Name of a joblib backend; every worker it has is used unless ``n_jobs`` says otherwise.
    n_jobs : int, optional
        Workers; over ``"loky"`` where no backend is named. Never more than cores on this machine.
        With neither, what surrounds the call as :class:`joblib.parallel_config` is taken, as
        scikit-learn does, and else this process.

    Attributes
    ----------
    notes : list of str
        What had to be done in this process after all, and why.

    Raises
    ------
    ValueError
        For a parameter that cannot be used, and for ``"dask"`` where no client is open.
    ModuleNotFoundError
        For ``"dask"`` without Dask.

    Examples
    --------
    >>> workers = Workers("threading", n_jobs=2)
    >>> results = workers.each(pow, lambda k: (k, 2), 4, "squares")
    >>> [result for result in results if result is not None]
    [0, 1, 4, 9]
    """

    def __init__(self, backend: str | None = None, n_jobs: int | None = None) -> None:
        self.backend, self.n_jobs = check_backend(backend), check_n_jobs(n_jobs)
        self.notes: list[str] = []
        self._config = self._settled()

    def _settled(self) -> dict[str, Any] | None:
        """Arguments for ``parallel_config``; None for this process."""
        name, n_jobs = self.backend, self.n_jobs
        if sys.platform == "emscripten" or name == "sequential":  # no threads in the browser's Python
            return None
        if name is None and n_jobs is None:
            active, jobs = get_active_backend()
            return None if joblib.effective_n_jobs(None) < 2 else {"backend": active, "n_jobs": jobs}
        if name == "dask":
            return {"backend": name, "client": cluster.client()}
        if name not in (None, "loky", "threading"):
            return {"backend": name, "n_jobs": -1 if n_jobs is None else n_jobs}
        cores = joblib.cpu_count()
        wanted = cores if n_jobs is None else n_jobs if n_jobs > 0 else cores + 1 + n_jobs
        used = max(1, min(wanted, cores))
        return {"backend": name or "loky", "n_jobs": used} if used > 1 else None

    def count(self) -> int:
        """Workers at hand now; 1 for this process alone."""
        if self._config is None:
            return 1
        try:
            with parallel_config(**self._config):
                return int(joblib.effective_n_jobs(None))
        except Exception:  # a cluster that is gone, or has no worker
            return 1

    def each(
        self,
        function: Callable[..., _Result],
        task: Callable[[int], tuple[Any, ...]],
        count: int,
        what: str,
        large: bool = False,
    ) -> Iterator[_Result | None]:
        """Yield the results of ``function(*task(k))`` in order, and None while one is awaited.

        Each is worked out on one thread of BLAS and OpenMP, here as elsewhere, to the same last bit.
        Closing the iterator stops the work: pending tasks are dropped, processes killed. What runs in
        a thread, or on a cluster, ends by itself. Whatever goes wrong elsewhere is done here instead,
        with a note; if it goes wrong here as well, that is raised. Where a worker died the rest is done
        in another process by itself, which may have all the memory.

        Parameters
        ----------
        function : callable
            Importable, and never answering None.
        task : callable
            ``task(k)`` are the arguments: arrays, numbers and parcels.
        count : int
            How many there are.
        what : str
            What is said to have been done here instead, as the beginning of a sentence.
        large : bool
            Whether it pays to use threads though nobody asked for any.

        Raises
        ------
        WorkerDied
            If that other process dies, too: what ends a process is never run in this one.
        """
        config = self._config
        if config is None and large and self.backend is None and self.n_jobs is None:
            config = {"backend": "threading", "n_jobs": -1}
        done, problem, died = 0, "", False
        if config is not None and count > 1 and sys.platform != "emscripten":
            try:
                for result in _side_by_side(config, function, task, count):
                    yield result
                    done += result is not None
            except _Failed as error:
                problem = str(error)
            except Exception as error:  # workers died, a cluster is gone: nothing more is sent there
                problem, self._config = _described(error), None
                died = isinstance(error, TerminatedWorkerError) or cluster.killed(error)
        for k in range(done, count):
            if died:
                for result in _apart(function, task(k), what):
                    yield result
            else:
                with one_thread():
                    result = function(*task(k))
                yield result
            if problem:
                self.note(f"{what} came from one process, not from workers, which failed: {problem}.")
                problem = ""

    def note(self, note: str) -> None:
        """Note something, once."""
        if note not in self.notes:
            self.notes.append(note)


class WorkerDied(Exception):
    """What was asked for ends every process that works on it."""


class _Failed(Exception):
    """A task that could not be sent, or failed where it was sent; others may do."""


@dataclass(frozen=True)
class _Failure:
    """A :class:`_Failed` on its way here: some exceptions cannot be pickled."""

    reason: str


def _apart(
    function: Callable[..., _Result], arguments: tuple[Any, ...], what: str
) -> Iterator[_Result | None]:
    """Yield one result of a process that nothing else works in, and None while it is awaited."""
    try:
        # joblib makes a process where it is asked for two.
        yield from _side_by_side({"backend": "loky", "n_jobs": 2}, function, lambda _: arguments, 1)
    except _Failed:
        with one_thread():
            yield function(*arguments)
    except TerminatedWorkerError as error:
        message = (
            f"{what} could not be had: the process that worked on them ended, and then another one by itself "
            "(out of memory, or a crash in compiled code). Not tried in this one, to spare it."
        )
        raise WorkerDied(message) from error


def _described(error: BaseException) -> str:
    """One short line."""
    text = f"{type(error).__name__}: {' '.join(str(error).split())}"
    return text if len(text) <= 200 else f"{text[:199]}…"


class _Named:
    """A function under a name of its own, by which a cluster can be told to forget its tasks."""

    def __init__(self, function: Callable[..., Any], apart: bool) -> None:
        self.function, self.apart = function, apart
        self.__name__ = f"ladder-{uuid.uuid4().hex}"

    def __call__(self, *arguments: Any) -> Any:
        # Whatever asks for workers inside a worker gets none: there are as many as cores already.
        with parallel_config(backend="sequential"), one_thread(None if self.apart else "openmp"):
            try:
                return self.function(*arguments)
            except Exception as error:
                return _Failure(_described(error))


def _side_by_side(
    config: dict[str, Any], function: Callable[..., Any], task: Callable[[int], tuple[Any, ...]], count: int
) -> Iterator[Any]:
    """Yield results in order, and None at each beat without one.

    joblib's own iterator cannot be left while it waits. So a thread waits, and this looks in.
    """
    # Made here: a surrounding configuration and a client belong to the thread that asks.
    with parallel_config(**config) as settled:
        backend = settled["backend"]
        streams = getattr(backend, "supports_return_generator", False)
        parallel = Parallel(return_as="generator" if streams else "list", batch_size=1)
    apart = not getattr(backend, "supports_sharedmem", False)
    named, inbox = _Named(function, apart), queue.SimpleQueue[Any]()

    def collect() -> None:
        try:
            with nullcontext() if apart else one_thread("blas"):
                for result in parallel(delayed(named)(*_ready(task(k), apart)) for k in range(count)):
                    inbox.put((result, None))
        except BaseException as error:
            inbox.put((None, error))

    thread = threading.Thread(target=collect, name="ladder-workers", daemon=True)
    thread.start()
    finished = False
    try:
        for _ in range(count):
            yield from _awaited(inbox)
        finished = True
    finally:
        if not finished:
            # A task that is waited for has timed out as of now, and joblib ends what it has begun.
            parallel.timeout = 0
        thread.join(FAREWELL)
        if not finished and hasattr(backend, "client"):
            cluster.forget(backend.client, named.__name__)


def _ready(arguments: tuple[Any, ...], apart: bool) -> tuple[Any, ...]:
    for argument in arguments:
        if apart and isinstance(argument, Parcel):
            try:
                argument.seal()
            except Exception as error:
                raise _Failed(_described(error)) from error
    return arguments


def _awaited(inbox: queue.SimpleQueue[Any]) -> Iterator[Any]:
    while True:
        try:
            result, error = inbox.get(timeout=BEAT)
        except queue.Empty:
            yield None
            continue
        if error is not None:
            raise error
        if isinstance(result, _Failure):
            raise _Failed(result.reason)
        yield result
        return
