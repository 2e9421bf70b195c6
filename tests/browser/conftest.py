"""A real JupyterLab and a real Chromium. What is started here is stopped here, by process id."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from tests.browser.lab import Lab

CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LAB_ARGS = [
    "--allow-root",
    "--no-browser",
    "--ip=127.0.0.1",
    "--ServerApp.port_retries=0",
    "--ServerApp.token=",
    "--ServerApp.password=",
    "--LabApp.news_url=",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
]


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


def chromium_path() -> str:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.fail("Chromium is missing: install Debian's package chromium, or set CHROMIUM to its path.")
    return path


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@contextlib.contextmanager
def _page(browser):
    """A page of its own, that fails the test if the page itself reported an error."""
    context = browser.new_context(viewport={"width": 1280, "height": 1600})
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(f"uncaught: {error}"))
    yield page
    context.close()
    assert not problems


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def jupyter_server(home):
    """Run JupyterLab with folders of its own below ``home``; yields its address and its notebook folder."""
    root = home / "notebooks"
    root.mkdir()
    folders = {f"JUPYTER_{kind}_DIR": str(home / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    env = {**os.environ, **folders, "IPYTHONDIR": str(home / "ipython")}
    port = _free_port()
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        *LAB_ARGS,
        f"--port={port}",
        f"--ServerApp.root_dir={root}",
    ]
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(command, env=env, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait_until_up(f"http://127.0.0.1:{port}/api/status", server, home / "server.log")
            yield f"http://127.0.0.1:{port}", root
        finally:
            server.terminate()
            server.wait(30)


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory):
    """One JupyterLab for all the tests."""
    with jupyter_server(tmp_path_factory.mktemp("jupyter")) as server:
        yield server


def _wait_until_up(url, server, log, seconds=90):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(0.1)
                pytest.fail(f"JupyterLab ended at once:\n{log.read_text()[-3000:]}")
    pytest.fail(f"JupyterLab did not answer within {seconds} s:\n{log.read_text()[-3000:]}")


@pytest.fixture
def lab(lab_server, browser):
    """Open notebooks in JupyterLab, run them, and read Python back."""
    with _page(browser) as page:
        yield Lab(page, *lab_server)


@pytest.fixture(scope="module")
def module_lab(lab_server, browser):
    """The same, shared by the tests of a module that bring the notebook back to its start."""
    with _page(browser) as page:
        yield Lab(page, *lab_server)
