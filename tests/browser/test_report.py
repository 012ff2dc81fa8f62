"""The report in a real browser, opened from disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import foedus
from foedus.report.html import page

DESK, PHONE = (1440, 1000), (390, 844)


@pytest.fixture(scope="module")
def textbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    scenario = foedus.load("textbook")
    path = tmp_path_factory.mktemp("report") / "textbook.html"
    path.write_text(page(foedus.audit(scenario), foedus.solve(scenario), "foedus report textbook"), "utf-8")
    return path


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_it_is_accessible_and_fits(visit: Callable, textbook: Path, size: tuple[int, int], dark: bool) -> None:
    seen = visit(textbook, size, dark=dark)
    assert seen.page.title()
    assert seen.serious() == []
    assert seen.overflow() <= 0
    assert seen.faults == []
