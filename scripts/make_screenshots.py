"""Take the pictures of the documentation from the demo's own page.

CHROMIUM=/usr/bin/chromium python scripts/make_screenshots.py [folder]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from ladder_widgets import run_ladder
from ladder_widgets.demo import demo_case

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.chromium import CHROMIUM_ARGS, chromium_path  # noqa: E402

SHOTS = {"panel-light": ("light", 1100), "panel-dark": ("dark", 1100), "panel-narrow": ("light", 640)}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        page_path = Path(scratch) / "report.html"
        run_ladder(**demo_case()).to_html(page_path)
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_ARGS)
        for name, (scheme, width) in SHOTS.items():
            page = browser.new_page(viewport={"width": width + 32, "height": 900}, color_scheme=scheme)
            page.goto(page_path.as_uri())
            root = page.get_by_test_id("ladder-panel")
            root.get_by_role("slider", name="Threshold").focus()
            for _ in range(6):
                page.keyboard.press("PageDown")
            page.evaluate("() => document.activeElement.blur()")
            root.screenshot(path=folder / f"{name}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images")
