"""The documentation is built as pages with no warning: no page that nothing leads to, no link that leads nowhere."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
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


def test_every_option_is_there_as_text_and_not_as_markup(site: Path) -> None:
    text = (site / "reference" / "commands.html").read_text("utf-8")
    found = set(re.findall(r'id="cmdoption-([a-z-]+)"', text))
    wanted = {f"foedus-{words.replace(' ', '-')}-{name.lstrip('-')}" for words, name in options(cli)}
    assert wanted - found == set()
    assert "option::" not in text and "rubric::" not in text


def options(group: click.Group, words: str = "") -> Iterator[tuple[str, str]]:
    """Each command's words and the first name of each of its options."""
    for name, command in group.commands.items():
        here = f"{words} {name}".strip()
        yield from ((here, p.opts[0]) for p in command.params if isinstance(p, click.Option))
        if isinstance(command, click.Group):
            yield from options(command, here)


@pytest.mark.parametrize(("kind", "package"), [("protocol", "foedus.protocol"), ("scenario", "foedus.scenario")])
def test_everything_that_ships_is_there(kind: str, package: str, site: Path) -> None:
    made = {path.stem.removeprefix(f"{kind}-") for path in (site / "reference" / "made").glob(f"{kind}-*.html")}
    assert made == set(shipped(package))


def test_it_works_without_a_network(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text("utf-8")
        assert '<script src="http' not in text, page
        assert '<link rel="stylesheet" href="http' not in text, page
