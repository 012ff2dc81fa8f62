"""The documentation is built as pages with no warning: no page that nothing leads to, no link that leads nowhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import foedus
from foedus.cli.app import cli
from foedus.protocol.loader import shipped

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "docs", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return folder


def test_every_public_name_is_there(site: Path) -> None:
    text = (site / "reference" / "made" / "python.html").read_text("utf-8")
    assert [name for name in foedus.__all__ if f'id="foedus.{name}"' not in text] == []


def test_every_command_is_there(site: Path) -> None:
    text = (site / "reference" / "commands.html").read_text("utf-8")
    assert [name for name in cli.commands if f'id="foedus-{name}"' not in text] == []


def test_every_protocol_is_there(site: Path) -> None:
    made = {path.stem.removeprefix("protocol-") for path in (site / "reference" / "made").glob("protocol-*.html")}
    assert made == set(shipped("foedus.protocol"))


def test_it_works_without_a_network(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text("utf-8")
        assert '<script src="http' not in text, page
        assert '<link rel="stylesheet" href="http' not in text, page
