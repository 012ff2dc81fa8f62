"""The command line as people start it: a process of its own, its output read as they would."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from foedus.protocol.loader import shipped

SCENARIO = shipped("foedus.scenario")["textbook"].read_text("utf-8")
PROTOCOL = shipped("foedus.protocol")["core"].read_text("utf-8")


@dataclass(frozen=True)
class Finished:
    code: int
    out: str
    err: str


def foedus(*args: str | Path, text: str | bytes | None = None, cwd: Path | None = None, **env: str) -> Finished:
    """Run `foedus` with some arguments and, on request, text on its standard input."""
    given = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    done = subprocess.run(
        [sys.executable, "-m", "foedus.cli", *map(str, args)],
        input=text.encode() if isinstance(text, str) else text,
        stdin=subprocess.DEVNULL if text is None else None,
        capture_output=True,
        timeout=120,
        check=False,
        cwd=cwd,
        env={**given, "PYTHONIOENCODING": "utf-8", "PYTHONWARNINGS": "default", **env},
    )
    return Finished(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


def changed(text: str, *pairs: tuple[str, str]) -> str:
    """The text with each first part, which must be there, replaced by the second."""
    for old, new in pairs:
        assert old in text, f"{old!r} is not in the file to be broken"
        text = text.replace(old, new, 1)
    return text
