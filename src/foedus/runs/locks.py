"""One writer at a time: a lock of the operating system on a file, which ends with the process that holds it, however it ends."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from foedus.errors import MeaningError, Place

NAME = "lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a run's folder for writing.

    Raises:
        MeaningError: another process holds it, or the folder cannot be written to.
    """
    try:
        file = (folder / NAME).open("a+b")
    except OSError as error:
        raise MeaningError(
            f"cannot write to the run: {error.strerror}", Place(str(folder)), "check the folder's permissions"
        ) from None
    with file:
        if not _take(file):
            raise MeaningError(
                "another process is writing to this run", Place(str(folder)), "wait for it to end, or choose another folder"
            )
        yield


def held(folder: Path) -> bool:
    """Whether a process is writing to the run."""
    try:
        with (folder / NAME).open("rb+") as file:
            return not _take(file)
    except OSError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[bytes]) -> bool:
        """Lock the first byte, if nobody else has."""
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _take(file: IO[bytes]) -> bool:
        """Lock the file, if nobody else has."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
