"""What the backend ``"dask"`` needs of Dask beyond what joblib does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["client", "connected", "forget", "killed", "library"]


def library() -> Any:
    """Return the package ``distributed``.

    Raises
    ------
    ModuleNotFoundError
        Saying what to install.
    """
    try:
        import distributed
    except ModuleNotFoundError as error:
        message = 'The backend "dask" needs Dask: pip install "ladder-widgets[dask]"'
        raise ModuleNotFoundError(message, name=error.name) from error
    return distributed


def client() -> Any:
    """Return the client that is open.

    Raises
    ------
    ValueError
        If there is none, saying how to open one.
    """
    try:
        return library().get_client()
    except ValueError as error:
        message = (
            'The backend "dask" needs a cluster, and no client is open. Open one first: '
            "from dask.distributed import Client; client = Client()  # on this machine, or "
            'Client("scheduler-address:8786"). On the command line set DASK_SCHEDULER_ADDRESS.'
        )
        raise ValueError(message) from error


@contextmanager
def connected(backend: str | None) -> Iterator[None]:
    """Be a client of the scheduler that the environment names, if the backend is ``"dask"``."""
    address = None
    if backend == "dask":
        library()
        import dask

        address = dask.config.get("scheduler-address", None)
    if address is None:
        yield
    else:
        with library().Client(address):
            yield


def forget(client: Any, name: str) -> None:
    """Cancel the tasks whose function has this name: joblib only stops listening to them."""
    try:
        left = [library().Future(key, client=client) for key in list(client.futures) if name in str(key)]
        client.cancel(left)
    except Exception:  # the cluster is gone, and so are they
        return


def killed(error: BaseException) -> bool:
    """Whether the cluster gave a task up because the workers that it was on died."""
    return type(error).__name__ == "KilledWorker" and type(error).__module__.startswith("distributed")
