"""The states of a summary in a run's folder: a file for each node of the tree of merges, so that a run of any length keeps few.

A file is a zip of NumPy arrays, which holds a checksum of each; a file that cannot be read is computed again. Two files that
belong together become one as soon as both are there.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from foedus.runs.folder import whole
from foedus.runs.summaries import Node, State, folded

FOLDER = "nodes"
_NAME = re.compile(r"(\d+)-(\d+)\.npz\Z")


@dataclass(frozen=True)
class Nodes:
    """The nodes of a run. Attributes: merge: of the summary."""

    path: Path
    merge: Callable[[State, State], State]

    def add(self, node: Node) -> None:
        """Keep a node, merged with its like as far as those are there."""
        level, number, state = node
        while (other := self.get(level, number ^ 1)) is not None:
            first, second = (other, state) if number % 2 else (state, other)
            merged = self.merge(first, second)
            self._write(level + 1, number // 2, merged)
            self._file(level, number ^ 1).unlink(missing_ok=True)
            self._file(level, number).unlink(missing_ok=True)
            level, number, state = level + 1, number // 2, merged
        if not self._file(level, number).exists():
            self._write(level, number, state)

    def names(self, *, tidy: bool = True) -> Iterator[tuple[int, int]]:
        """Level and number of every node that no other contains."""
        folder = self.path / FOLDER
        found = [(int(m[1]), int(m[2])) for p in folder.iterdir() if (m := _NAME.match(p.name))] if folder.is_dir() else []
        kept = set[tuple[int, int]]()
        for level, number in sorted(found, reverse=True):
            if any((level + up, number >> up) in kept for up in range(1, 64)):
                if tidy:
                    self._file(level, number).unlink(missing_ok=True)  # a crash came between the merge and this
                continue
            kept.add((level, number))
            yield level, number

    def get(self, level: int, number: int, *, tidy: bool = True) -> State | None:
        """A node's state; None where there is none, or a damaged one, which is then deleted."""
        path = self._file(level, number)
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as data:
                return {key.replace("|", "/"): data[key] for key in data.files}
        except FileNotFoundError:
            return None
        except (ValueError, OSError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
            if tidy:
                path.unlink(missing_ok=True)
            return None

    def missing(self, blocks: int) -> list[tuple[int, int]]:
        """First block and number of blocks of every gap among the first `blocks`; a damaged node is a gap."""
        sound = sorted((number << level, 1 << level) for level, number in self.names() if self.get(level, number) is not None)
        gaps, at = list[tuple[int, int]](), 0
        for first, count in [*sound, (blocks, 0)]:
            if at < first <= blocks:
                gaps.append((at, first - at))
            at = max(at, first + count)
        return gaps

    def reach(self) -> int:
        """How many blocks the nodes reach to, gaps included."""
        return max(((number + 1) << level for level, number in self.names()), default=0)

    def total(self, *, read_only: bool = False) -> State | None:
        """The state of all draws; None where a node cannot be read. `read_only`: somebody else may be writing."""
        names = self.names(tidy=not read_only)
        found = [(level, number, self.get(level, number, tidy=not read_only)) for level, number in names]
        nodes = [(level, number, state) for level, number, state in found if state is not None]
        return folded(nodes, self.merge) if len(nodes) == len(found) and nodes else None

    def _file(self, level: int, number: int) -> Path:
        return self.path / FOLDER / f"{level}-{number}.npz"

    def _write(self, level: int, number: int, state: State) -> None:
        (self.path / FOLDER).mkdir(exist_ok=True)
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **{key.replace("/", "|"): value for key, value in state.items()})
        whole(self._file(level, number), buffer.getbuffer())
