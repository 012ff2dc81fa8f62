"""The README's two commands, word for word, as on a fresh machine: a copy of the tracked files, an empty home, no environment."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from foedus.scenario.loader import load_scenario

ROOT = Path(__file__).resolve().parents[2]
NESTED = "FOEDUS_README_TEST"  # set while the README's commands run, one of which runs the tests
AUDIT, TEST = "python3 tasks.py run audit karabakh-2020", "python3 tasks.py test"
LEFT_OUT = ("VIRTUAL_ENV", "PYTHON", "PYTEST", "XDG_", "FOEDUS_", "COV_", "COLUMNS", "FORCE_COLOR")


def commands() -> list[str]:
    """The lines of the README's first code block, as they stand there."""
    block = re.search(r"^```\w*\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert block is not None, "the README has no code block"
    return block[1].splitlines()


def copied(target: Path) -> Path:
    """What a checkout would hold, with the changes of the working tree."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("needs a git checkout, which says what belongs to the project")
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def fresh(home: Path) -> dict[str, str]:
    """The variables of someone who has just come, with this Python as `python3`."""
    home.mkdir()
    own = Path(sys.prefix).resolve()
    path = [p for p in os.environ.get("PATH", "").split(os.pathsep) if not Path(p).resolve().is_relative_to(own)]
    kept = {k: v for k, v in os.environ.items() if not k.startswith(LEFT_OUT)}
    return kept | {"HOME": str(home), "PATH": os.pathsep.join([str(Path(sys.base_prefix, "bin")), *path]), NESTED: "1"}


def said(line: str, folder: Path, variables: dict[str, str]) -> str:
    """What a command printed; it must end well."""
    done = subprocess.run(
        ["/bin/sh", "-c", line],
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=1800,
        check=False,
    )
    text = done.stdout.decode("utf-8", "replace")
    assert done.returncode == 0, f"{line!r} ended with {done.returncode}:\n{text[-4000:]}"
    return text


def test_the_readme_starts_with_two_commands() -> None:
    assert [line.partition("#")[0].strip() for line in commands()] == [AUDIT, TEST]


@pytest.mark.slow
@pytest.mark.skipif(NESTED in os.environ, reason="this is the run that the test started")
@pytest.mark.skipif(os.name == "nt", reason="the README's commands are run by a shell")
def test_its_commands_work_where_nothing_is_installed(tmp_path: Path) -> None:
    checkout, variables = copied(tmp_path / "checkout"), fresh(tmp_path / "home")
    audit, test = commands()

    judged = said(audit, checkout, variables)
    expected = [claim.id for claim in load_scenario("karabakh-2020").claims]
    assert len(expected) == 15
    assert sorted(set(re.findall(r"^(s\d\d) ", judged, re.MULTILINE))) == expected

    tested = said(test, checkout, variables)
    summary = tested.splitlines()[-1]
    assert re.search(r"\b\d+ passed\b", summary) and not re.search(r"failed|error", summary), summary
