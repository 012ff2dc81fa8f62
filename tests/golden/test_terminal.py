"""What `show` and `audit` print at 80 and at 120 columns, as stored beside this file.

FOEDUS_REGENERATE=1 python -m pytest tests/golden     writes them anew
"""

from __future__ import annotations

import difflib
import re
from pathlib import Path

import pytest

from foedus.claims.audit import audit
from foedus.model.solve import solve
from foedus.report.terminal.audit import audit_parts
from foedus.report.terminal.game import shown_parts
from foedus.report.terminal.screen import plain_screen
from foedus.report.views.claims import view
from foedus.scenario.loader import load_scenario


def printed(command: str, name: str, width: int, capsys: pytest.CaptureFixture[str]) -> str:
    """What a command prints on a plain screen of a width."""
    scenario, at = load_scenario(name), plain_screen(width)
    at.print(*(shown_parts(solve(scenario), at) if command == "show" else audit_parts(view(audit(scenario, draws=400)), at)))
    # a digest changes with every word of a file, and a version with every release
    return re.sub(r"(?<=digest )[0-9a-f]{12}|(?<=version )\d\S*", lambda m: "#" * len(m[0]), capsys.readouterr().out)


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("command", ["show", "audit"])
@pytest.mark.parametrize("name", ["textbook", "karabakh-2020"])
def test_it_prints_as_stored(name: str, command: str, width: int, regenerate: bool, capsys: pytest.CaptureFixture[str]) -> None:
    found, stored = printed(command, name, width, capsys), Path(__file__).with_name(f"{command}-{name}-{width}.txt")
    assert max(map(len, found.splitlines())) <= width
    if regenerate:
        stored.write_text(found, encoding="utf-8")
    expected = stored.read_text(encoding="utf-8") if stored.exists() else ""
    assert found == expected, "\n".join(
        difflib.unified_diff(expected.splitlines(), found.splitlines(), "stored", "found", lineterm="")
    )
