"""Servers of notebooks. Each has folders of its own and is stopped by its process id."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
JUPYTER_ARGS = [
    "--allow-root",
    "--no-browser",
    "--ip=127.0.0.1",
    "--ServerApp.port_retries=0",
    "--ServerApp.token=",
    "--ServerApp.password=",
    "--LabApp.news_url=",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
]
JUPYTER_APPS = {"jupyterlab": "LabApp", "notebook": "JupyterNotebookApp"}
# Neither an update check nor an installer that looks at the notebook's imports.
MARIMO_ENV = {"MARIMO_SKIP_UPDATE_CHECK": "1", "DO_NOT_TRACK": "1"}


@contextlib.contextmanager
def jupyter_server(home: Path, module: str = "jupyterlab") -> Iterator[tuple[str, Path]]:
    """Run JupyterLab, or Notebook 7 as ``notebook``; yields its address and its folder of notebooks."""
    root = home / "notebooks"
    root.mkdir()
    port = _free_port()
    command = ["-m", module, *JUPYTER_ARGS, f"--port={port}", f"--ServerApp.root_dir={root}"]
    command += [f"--{JUPYTER_APPS[module]}.expose_app_in_browser=True"]
    folders = {f"JUPYTER_{kind}_DIR": str(home / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    with _running(command, home, folders, f"http://127.0.0.1:{port}/api/status"):
        yield f"http://127.0.0.1:{port}", root


@contextlib.contextmanager
def marimo_server(home: Path, app: Path) -> Iterator[str]:
    """Run a marimo app (``marimo run``); yields its address."""
    port = _free_port()
    command = ["-m", "marimo", "--yes", "run", str(app), "--headless", "--no-token"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--no-sandbox"]
    with _running(command, home, MARIMO_ENV, f"http://127.0.0.1:{port}/health"):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def _running(command: list[str], home: Path, env: dict[str, str], health: str) -> Iterator[None]:
    """Run ``python *command`` while the block lasts; its kernels import the package of this checkout."""
    folders = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CONFIG", "DATA", "STATE", "CACHE")}
    folders |= {"HOME": str(home), "IPYTHONDIR": str(home / "ipython"), "PYTHONPATH": str(CHECKOUT)}
    log_path = home / "server.log"
    with log_path.open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, *command],
            env={**os.environ, **folders, **env},
            cwd=home,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_up(health, server, log_path)
            yield
        finally:
            server.terminate()
            server.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_up(url: str, server: subprocess.Popen, log: Path, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(0.1)
                pytest.fail(f"The server ended at once:\n{log.read_text()[-3000:]}")
    pytest.fail(f"The server did not answer within {seconds} s:\n{log.read_text()[-3000:]}")
