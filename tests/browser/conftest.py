"""Real hosts and a real Chromium. What is started here is stopped here, by process id."""

from __future__ import annotations

import pytest

from tests.browser.chromium import chromium, sound_page
from tests.browser.notebooks import Notebook, Notebook7
from tests.browser.servers import jupyter_server


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def open_file(browser):
    """Open a page from disk with networking off; ``page.said`` is all it complains of or asks for."""
    contexts = []

    def open_one(path, scheme="light", width=1100):
        context = browser.new_context(
            offline=True, color_scheme=scheme, viewport={"width": width, "height": 1200}
        )
        contexts.append(context)
        page = context.new_page()
        page.said = []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("dialog", lambda dialog: page.said.append(f"dialog {dialog.message}") or dialog.dismiss())
        page.on("request", lambda r: r.url.startswith(("file:", "data:")) or page.said.append(r.url))
        page.goto(path.as_uri())
        page.get_by_test_id("ladder-panel").wait_for()
        return page, page.get_by_test_id("ladder-panel")

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory):
    """One JupyterLab for all the tests."""
    with jupyter_server(tmp_path_factory.mktemp("jupyter")) as server:
        yield server


@pytest.fixture
def lab(lab_server, browser):
    """Open notebooks in JupyterLab, run them, and read Python back."""
    with sound_page(browser) as page:
        yield Notebook(page, *lab_server)


@pytest.fixture(scope="module")
def module_lab(lab_server, browser):
    """The same, shared by the tests of a module that bring the notebook back to its start."""
    with sound_page(browser) as page:
        yield Notebook(page, *lab_server)


@pytest.fixture(scope="module")
def notebook7(tmp_path_factory, browser):
    """The same in Notebook 7."""
    with (
        jupyter_server(tmp_path_factory.mktemp("notebook"), "notebook") as server,
        sound_page(browser, host="/static/notebook/") as page,
    ):
        yield Notebook7(page, *server)
