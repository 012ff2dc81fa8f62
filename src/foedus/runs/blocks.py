"""A chunk in memory as its files will be, so that nothing is copied between computing and the disk.

Each row begins on a page and has room for its checksum behind it, which is what a system wants that writes from a program's own
memory to the disk (O_DIRECT): a tenth of the processor time of a write by way of the system's own memory, which is also why
computing rather waits for a slow disk than writes otherwise. Where a system does not know that, files are written as ever.
"""

from __future__ import annotations

import mmap
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from foedus.ensemble.streams import Array
from foedus.program.compiled import LANES
from foedus.runs.arrays import CRC_BYTES, ENTRY_BYTES, Variable

PAGE, LINE = 4096, 128  # bytes: what a direct write wants rows to begin on, and what vectors want
LONG = 1 << 16  # bytes of a row from which it begins on a page
MOST_ROWS = 512  # of one call to the system


def stride_of(size: int) -> int:
    """Bytes from a row to the next: the numbers, their checksum, and what fills the page."""
    unit = PAGE if 8 * size >= LONG else LINE
    return -(-(8 * size + CRC_BYTES) // unit) * unit


class Block:
    """Room for one chunk.

    Attributes:
        matrix: (row, draw), see `Simulation.fill`; behind the draws of a chunk there is room for what vectors overwrite.
    """

    def __init__(self, rows: int, size: int, variables: Sequence[Variable]) -> None:
        self.size, self.variables, self.stride = size, variables, stride_of(size)
        self._unit = PAGE if self.stride % PAGE == 0 else LINE
        lengths = [-(-(ENTRY_BYTES * len(v.rows) + CRC_BYTES) // self._unit) * self._unit for v in variables]
        self._ends = [rows * self.stride + int(n) for n in np.cumsum(lengths)]
        self._memory = mmap.mmap(-1, self._ends[-1])
        if hasattr(mmap, "MADV_HUGEPAGE"):
            self._memory.madvise(mmap.MADV_HUGEPAGE)  # a thousand rows at a time are more pages than a processor remembers
        self.matrix: Array = np.frombuffer(self._memory, np.float64)[: rows * self.stride // 8].reshape(rows, -1)
        self._indices = [self._index(v, end) for v, end in zip(variables, self._ends, strict=True)]

    def _index(self, v: Variable, end: int) -> bytes:
        """Put in place where each row of an array begins in its file, and how long it is; returns the checksum of that."""
        import google_crc32c

        at = {row: k * self.stride for k, row in enumerate(v.kept)}
        place = np.array([[at[row], 8 * self.size + CRC_BYTES] for row in v.rows], "<u8").tobytes()
        check: bytes = google_crc32c.value(place).to_bytes(CRC_BYTES, "little")
        self._memory[end - CRC_BYTES - len(place) : end] = place + check
        return check

    def seal(self, count: int) -> int:
        """Put in place what goes with the numbers, `count` draws of which were computed.

        Returns:
            The checksum of the chunk; see `arrays.checksum`.
        """
        import google_crc32c

        if count < self.size or self.size % LANES:
            self.matrix[:, count : self.size] = np.nan
            self.matrix[:, self.size :] = 0.0  # where vectors wrote beyond the last draw
        checks = []
        for v, index in zip(self.variables, self._indices, strict=True):
            for row in v.kept:
                check = google_crc32c.value(self.matrix[row, : self.size]).to_bytes(CRC_BYTES, "little")
                at = row * self.stride + 8 * self.size
                self._memory[at : at + CRC_BYTES] = check
                checks.append(check)
            checks.append(index)
        return int(google_crc32c.value(b"".join(checks)))

    def write(self, folder: Path, index: int, *, direct: bool) -> None:
        """Write the files of a chunk that is sealed."""
        whole, begins = memoryview(self._memory), [len(self.matrix) * self.stride, *self._ends]
        for v, begin, end in zip(self.variables, begins, self._ends, strict=False):
            rows = [whole[row * self.stride : (row + 1) * self.stride] for row in v.kept]
            _write(v.file(folder, index), [*rows, whole[begin:end]], direct=direct and self._unit == PAGE)


def length(v: Variable, size: int) -> int:
    """Bytes of a file of an array."""
    stride = stride_of(size)
    unit = PAGE if stride % PAGE == 0 else LINE
    return len(v.kept) * stride + -(-(ENTRY_BYTES * len(v.rows) + CRC_BYTES) // unit) * unit


def there(folder: Path, variables: Sequence[Variable], index: int, size: int) -> bool:
    """Whether every file of a chunk is there in its full length: a look that costs no reading."""
    try:
        return all(v.file(folder, index).stat().st_size == length(v, size) for v in variables)
    except OSError:
        return False


def _write(path: Path, parts: Sequence[memoryview], *, direct: bool) -> None:
    """Write one behind the other, in one step."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        file = _opened(part, direct=direct)
        try:
            for some in _some(parts):
                _gather(file, some)
        finally:
            os.close(file)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _opened(path: Path, *, direct: bool) -> int:
    how = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    if direct and hasattr(os, "O_DIRECT"):
        try:
            return os.open(path, how | os.O_DIRECT, 0o666)
        except OSError:
            pass  # not on this file system
    return os.open(path, how, 0o666)


def _some(parts: Sequence[Any]) -> Iterator[list[Any]]:
    for at in range(0, len(parts), MOST_ROWS):
        yield list(parts[at : at + MOST_ROWS])


def _gather(file: int, views: list[memoryview]) -> None:
    """Write without copying together first; go on where the system took less than all."""
    while views:
        try:
            taken = os.writev(file, views) if hasattr(os, "writev") else os.write(file, views[0])
        except OSError:
            if not _ordinary(file):
                raise
            continue
        while views and taken >= len(views[0]):
            taken -= len(views[0])
            views.pop(0)
        if views and taken:
            views[0] = views[0][taken:]


def _ordinary(file: int) -> bool:
    """Have a file written as ever from here on, if it was not: what stopped a direct write may not stop that."""
    if sys.platform == "win32":
        return False
    import fcntl

    direct = getattr(os, "O_DIRECT", 0)
    flags = fcntl.fcntl(file, fcntl.F_GETFL)
    if not flags & direct:
        return False
    fcntl.fcntl(file, fcntl.F_SETFL, flags & ~direct)
    return True
