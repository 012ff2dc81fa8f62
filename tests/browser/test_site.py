"""The documentation in a browser: nothing that keeps a reader out, nothing wider than a phone, a search that finds."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Visitor = Callable[..., Any]
PHONE = (390, 844)
ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    "index",
    "tutorial",
    "how-to/teach",
    "reference/commands",
    "reference/made/protocol-core",
    "reference/made/python",
    "validation",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", "docs", str(folder)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    return folder


@pytest.mark.slow  # it builds the whole site
def test_the_pages_can_be_read_by_everybody(site: Path, visit: Visitor) -> None:
    for page in PAGES:
        for dark in (False, True):
            seen = visit(site / f"{page}.html", dark=dark)
            assert (page, seen.serious()) == (page, [])
        assert visit(site / f"{page}.html", PHONE).overflow() <= 0, page


@pytest.mark.slow
def test_the_search_finds_a_public_name(site: Path, visit: Visitor) -> None:
    page = visit((site / "search.html").as_uri() + "?q=regret").page
    page.wait_for_selector("#search-results li")
    assert "foedus.Solved.regret" in page.inner_text("#search-results")
