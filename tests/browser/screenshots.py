"""Pictures of the explorer for the documents: `.venv/bin/python tests/browser/screenshots.py`, which needs Chromium."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent))
from explorer_server import serving

TARGET = Path(__file__).parents[2] / "docs" / "_static"
LINK = "?scenario=karabakh-2020&set=lambda:6&do=help:back&against=scenario%3Dkarabakh-2020"
SETTING = "?scenario=karabakh-2020&set=lambda:6.5&set=d:0.35"
WAIT, COMPILING = 120_000, 12_000  # milliseconds


def ready(page: Page, address: str) -> None:
    """Open a page, and wait until it is drawn."""
    page.goto(address)
    page.locator(".x-fan").first.wait_for(timeout=WAIT)
    page.locator("html:not([data-computing])").wait_for(state="attached", timeout=WAIT)
    page.wait_for_timeout(500)


def main() -> None:
    """Write every picture."""
    browser_path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))))
    with serving("karabakh-2020") as served, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"])
        shots = (
            ("explorer-desk", (1440, 1000), SETTING),
            ("explorer-phone", (390, 844), SETTING),
            ("explorer-compared", (1440, 1000), LINK),
        )
        for name, (width, height), query in shots:
            page = browser.new_page(viewport={"width": width, "height": height})
            ready(page, f"{served.address}/{query}&set=eta:0.5")  # like it, for the machine code of its kind to be made
            page.wait_for_timeout(COMPILING)
            ready(page, f"{served.address}/{query}")
            page.screenshot(path=TARGET / f"{name}.png")
            print(f"{name}.png: {(TARGET / f'{name}.png').stat().st_size // 1024} kB")
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
