"""Writing a file whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from foedus.errors import InputError, Place


def check_target(path: Path) -> None:
    """Refuse a path that no file can be written to, before anything is computed.

    Raises:
        InputError: a folder, something other than a file, or a folder that does not exist.
    """
    place = Place(str(path))
    if path.is_dir():
        raise InputError("this is a folder", place, f"name a file in it, for instance {path / 'report.html'}")
    if path.exists() and not path.is_file():
        raise InputError("this is no ordinary file", place, "name a new file")
    if not path.parent.is_dir():
        raise InputError("the folder does not exist", Place(str(path.parent)), "make it first")


def write_whole(path: Path, text: str) -> None:
    """Write a text under its name only once it is complete.

    Raises:
        InputError: the place cannot be written to.
    """
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file under its name only once it is complete.

    Raises:
        InputError: the place cannot be written to.
    """
    check_target(path)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        raise InputError(f"cannot write the file: {error.strerror or error}", Place(str(path)), "choose another place") from None
    finally:
        part.unlink(missing_ok=True)
