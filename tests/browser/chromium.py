"""The browser of tests and benchmarks: Chromium without a screen, that reaches nothing but this machine."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Pages must work without the network, so they get none: every name but this machine's is unknown.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


def chromium_path() -> str:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.fail("Chromium is missing: install Debian's package chromium, or set CHROMIUM to its path.")
    return path


@contextlib.contextmanager
def chromium(*args: str) -> Iterator[Any]:
    """A browser, closed at the end."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=[*CHROMIUM_ARGS, *args])
        yield browser
        browser.close()


@contextlib.contextmanager
def sound_page(browser: Any, host: str | None = None, **context_options: Any) -> Iterator[Any]:
    """A page of its own, that fails the test if the page itself reported an error.

    An error in the host's own files (addresses with ``host`` in them), with nothing of ours on the
    stack, is the host's. ``page.abroad`` lists what was asked for from elsewhere than this machine.
    """
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 1600}, **context_options})
    page = context.new_page()
    problems: list[str] = []
    page.abroad = []

    def note(error: Any) -> None:
        stack = error.stack or str(error)
        places = re.findall(r"\w+:\S+:\d+:\d+", stack)
        if host is None or not places or not all(host in place for place in places):
            problems.append(f"uncaught: {stack}")

    page.on("pageerror", note)
    page.on("request", lambda request: is_local(request.url) or page.abroad.append(request.url))
    yield page
    context.close()
    assert not problems, "\n".join(problems)


def is_local(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "file:", "data:", "blob:", "about:"))
