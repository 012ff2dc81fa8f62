"""A real browser, cut off from every network but this machine's own, that remembers what went wrong in a page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
QUIET = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update"]
DESK, PHONE = (1440, 1000), (390, 844)
OWN = ("127.0.0.1", "localhost", "::1", "")


@dataclass
class Visit:
    """An open page.

    Attributes:
        faults: errors on its console, exceptions, requests that failed, and requests to elsewhere, which are all refused.
    """

    page: Page
    faults: list[str] = field(default_factory=list)

    def serious(self) -> list[str]:
        """What axe calls a serious or critical fault of accessibility, each with the first place where it found it."""
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.page).response["violations"]
        return [f"{v['id']}: {v['help']}: {v['nodes'][0]['html'][:160]}" for v in found if v["impact"] in ("serious", "critical")]

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


Visitor = Callable[..., Visit]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium or a relative of it; where a machine has none, `tasks.py setup` installs it as root on Debian."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("needs Chromium or Chrome on the PATH")
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=found, args=[*QUIET, *root])
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visitor]:
    """Opens a file or an address of this machine: `visit(target, size=PHONE, dark=True)`."""
    contexts: list[BrowserContext] = []

    def go(target: Path | str, size: tuple[int, int] = DESK, *, dark: bool = False, **options: Any) -> Visit:
        width, height = size
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", **options
        )
        contexts.append(context)
        seen = Visit(context.new_page())
        context.route("**/*", lambda route: _own(route, seen))
        seen.page.on("console", lambda m: seen.faults.append(m.text) if m.type in ("error", "warning") else None)
        seen.page.on("pageerror", lambda e: seen.faults.append(str(e)))
        seen.page.on("requestfailed", lambda r: seen.faults.append(f"failed: {r.url}"))
        seen.page.goto(target.as_uri() if isinstance(target, Path) else target)
        return seen

    yield go
    for context in contexts:
        context.close()


def _own(route: Route, seen: Visit) -> None:
    if (urlsplit(route.request.url).hostname or "") in OWN:
        route.continue_()
    else:
        seen.faults.append(f"asked for {route.request.url}")
        route.abort()
