"""What was computed once and is kept in the user's cache folder: files that appear whole, are checked when read, and are few.

Each file starts with a checksum of the rest; one that is damaged is as if it were not there. When the folder has grown beyond its
bound, the files not used for longest are removed. A folder that cannot be written is a folder without a cache.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

VARIABLE = "FOEDUS_CACHE"
MOST_BYTES = 256 * 2**20
TRIMMED = 0.75  # share of the bound that is left when files are removed, so that not every file written removes one
_KINDS = (".o", ".json")


def cache_folder() -> Path | None:
    """The folder in FOEDUS_CACHE (none, where that is empty) or the user's own cache folder."""
    named = os.environ.get(VARIABLE)
    if named is not None:
        return Path(named) if named else None
    try:
        home = Path.home()
    except RuntimeError:
        return None
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "foedus"


def kept(name: str, make: Callable[[], bytes]) -> bytes:
    """The content of a cache file, made anew where it is missing or damaged.

    Args:
        name: of the file; whatever the content depends on must be in it, as a hash.
        make: gives the content.
    """
    folder = cache_folder()
    if folder is None:
        return make()
    found = read(folder / name)
    if found is None:
        found = make()
        write(folder / name, found)
    return found


def read(path: Path) -> bytes | None:
    """The content of a cache file; None where it is missing or not what was written."""
    try:
        stored = path.read_bytes()
    except OSError:
        return None
    checksum, content = stored[:32], stored[32:]
    if hashlib.sha256(content).digest() != checksum:
        return None
    with contextlib.suppress(OSError):
        os.utime(path)  # so that what is used is removed last
    return content


def write(path: Path, content: bytes) -> None:
    """Keep content, in one step."""
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(content).digest() + content)
        Path(temporary).replace(path)
        trim(path.parent)
    except OSError:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def trim(folder: Path, most: int = MOST_BYTES) -> None:
    """Remove the files not used for longest where all of them are larger than `most` bytes; files of others are left alone."""
    files = []
    for entry in os.scandir(folder):
        if entry.name.endswith(_KINDS) and entry.is_file(follow_symlinks=False):
            about = entry.stat(follow_symlinks=False)
            files.append((about.st_mtime_ns, about.st_size, entry.path))
    total = sum(size for _, size, _ in files)
    if total <= most:
        return
    for _, size, name in sorted(files):
        Path(name).unlink(missing_ok=True)
        total -= size
        if total <= most * TRIMMED:
            return
