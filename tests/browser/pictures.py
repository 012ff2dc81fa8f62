"""The pictures of the documents, taken in a real browser: `python3 tasks.py pictures`.

Each is one window of the report of a shipped scenario, at the width of a desk or a phone.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conftest import BROWSERS, DESK, PHONE, QUIET
from playwright.sync_api import Page, sync_playwright

from foedus.report.page.findings import find
from foedus.report.page.html import page
from foedus.scenario.loader import load_scenario

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
SCENARIO = "karabakh-2020"
QUALITY = 72  # of JPEG: letters stay sharp, a picture stays below 200 kB

# name, what comes to the top of the window, width and height, dark ground
REPORT = (
    ("report-1440", "", DESK, False),
    ("report-claim-1440", ".claim", DESK, False),
    ("report-ties-1440", "#actors", DESK, False),
    ("report-course-1440", "#course", DESK, False),
    ("report-policies-1440", "#policies", DESK, True),
    ("report-390", "", PHONE, False),
    ("report-claim-390", ".claim", PHONE, True),
    ("report-course-390", "#course", PHONE, False),
)


def main() -> None:
    """Take every picture."""
    import shutil

    FOLDER.mkdir(exist_ok=True)
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        sys.exit("pictures: needs Chromium or Chrome on the PATH")
    target = FOLDER / "report.html"
    target.write_text(page(find(load_scenario(SCENARIO)), f"foedus report {SCENARIO}"), "utf-8")
    try:
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=found, args=[*QUIET, "--no-sandbox", "--hide-scrollbars"])
            for name, top, (width, height), dark in REPORT:
                context = browser.new_context(
                    viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
                )
                with opened(context.new_page(), target, top) as seen:
                    seen.screenshot(path=FOLDER / f"{name}.jpg", type="jpeg", quality=QUALITY)
                context.close()
            browser.close()
    finally:
        target.unlink()


@contextmanager
def opened(seen: Page, target: Path, top: str) -> Iterator[Page]:
    """A page with something at the top of its window."""
    seen.goto(target.as_uri())
    if top:
        seen.locator(top).first.evaluate("e => { e.scrollIntoView(); window.scrollBy(0, -12) }")
    yield seen
    seen.close()


if __name__ == "__main__":
    main()
