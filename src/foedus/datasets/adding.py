"""What is to be stored: files read and checked, before anything is written."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from foedus.datasets.checks import Checked, check
from foedus.datasets.readers import FORMATS, Raw, read_file
from foedus.errors import InputError, NotFoundError, Place


@dataclass(frozen=True)
class Left:
    """A file of a folder that was not added, and why."""

    file: str
    why: str


@dataclass(frozen=True)
class Ready:
    """A checked table, the file that it came from, and that file's checksum."""

    checked: Checked
    origin: str
    digest: str


def prepared(path: Path, name: str | None, *, any_version: bool) -> tuple[list[Ready], list[Left]]:
    """Every data set in a file or folder, and what was left out.

    Raises:
        InputError: nothing can be added; with what is wrong with the first file.
    """
    if not path.exists():
        raise NotFoundError("no such file or folder", Place(str(path)), "check the path")
    paths = sorted(p for p in path.rglob("*") if p.is_file() and p.suffix.lower() in FORMATS) if path.is_dir() else [path]
    if not paths:
        raise InputError("the folder holds no table", Place(str(path)), f"it should hold one of {', '.join(sorted(FORMATS))}")
    ready: dict[str, Ready] = {}
    left: list[Left] = []
    refused: list[InputError] = []
    for one in paths:
        try:
            raws = read_file(one)
        except InputError as error:
            refused.append(error)
            left.append(Left(str(one), error.what))
            continue
        _sort(one, raws, name, any_version, ready, left, refused)
    if not ready:
        raise refused[0]
    return list(ready.values()), left


def _sort(
    path: Path,
    raws: list[Raw],
    name: str | None,
    any_version: bool,
    ready: dict[str, Ready],
    left: list[Left],
    refused: list[InputError],
) -> None:
    """Put each table of a file where it belongs."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    for raw in raws:
        try:
            checked = check(raw, name, any_version=any_version)
        except InputError as error:
            refused.append(error)
            left.append(Left(raw.file, error.what))
            continue
        found = checked.data.name
        if found in ready:
            refused.append(InputError(f"'{found}' is given twice", Place(raw.file), f"remove one: {ready[found].origin}"))
            left.append(Left(raw.file, f"'{found}' is given twice, first by {ready[found].origin}"))
            continue
        ready[found] = Ready(checked, raw.file, digest)
