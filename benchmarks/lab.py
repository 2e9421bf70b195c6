"""A JupyterLab and a browser for a benchmark, both gone at the end."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.browser.chromium import chromium
from tests.browser.notebooks import Notebook
from tests.browser.servers import jupyter_server


@contextmanager
def lab_session(init_script: str = "") -> Iterator[Notebook]:
    """A page of JupyterLab, ready to open notebooks; ``init_script`` runs before the page's own scripts."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        jupyter_server(Path(folder)) as (address, root),
        chromium() as browser,
    ):
        page = browser.new_page(viewport={"width": 1280, "height": 1600})
        page.add_init_script(init_script)
        yield Notebook(page, address, root)
