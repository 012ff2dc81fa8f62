"""From what is computed to the files of a chunk and its line in the journal, beside computing where threads share memory."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from foedus.ensemble.streams import Array
from foedus.runs import arrays, blocks
from foedus.runs.arrays import Variable
from foedus.runs.blocks import Block
from foedus.runs.executors import Job, Run
from foedus.runs.folder import Folder
from foedus.runs.simulation import Simulation

LOCATED = 20  # failed draws whose ids a chunk notes
Entry = dict[str, Any]


@dataclass(frozen=True)
class Store:
    """The arrays of a run, to write.

    Attributes:
        rows: how many are computed. chunk: draws of a chunk. draws: of the run.
    """

    folder: Folder
    variables: Sequence[Variable]
    rows: int
    chunk: int
    draws: int

    @property
    def size(self) -> int:
        """Draws of a chunk as stored."""
        return min(self.chunk, self.draws)

    def jobs(self) -> Iterator[Job]:
        """Every chunk."""
        for start in range(0, self.draws, self.chunk):
            yield start, min(self.chunk, self.draws - start)

    def there(self, chunk: int) -> bool:
        """Whether the files of a chunk are there, by their sizes alone."""
        return blocks.there(self.folder.path, self.variables, chunk, self.size)

    def sound(self, entry: Entry) -> bool:
        """Whether a chunk lies there as it was written."""
        shapes = {v.name: v.shape for v in self.variables}
        return arrays.checksum(self.folder.path, shapes, entry["chunk"], self.size) == int(entry["crc"])

    def block(self) -> Block:
        """Room for a chunk."""
        return Block(self.rows, self.size, self.variables)

    def sealed(self, block: Block, start: int, count: int) -> Entry:
        """Complete what was computed into a block; returns its line for the journal."""
        failed = np.flatnonzero(block.matrix[-1, :count])
        return {
            "chunk": start // self.chunk,
            "start": start,
            "count": count,
            "crc": block.seal(count),
            "failures": int(failed.size),
            "failed": [start + int(k) for k in failed[:LOCATED]],
        }

    def keep(self, start: int, wanted: Sequence[int], rows: Array) -> Entry:
        """Write a chunk that was computed elsewhere: (row, draw), the rows `wanted`."""
        block, count = self.block(), rows.shape[1]
        block.matrix[list(wanted), :count] = rows
        entry = self.sealed(block, start, count)
        block.write(self.folder.path, entry["chunk"], direct=True)
        return entry


@dataclass(frozen=True)
class Sent:
    """Work whose result goes to another process: the rows that are kept."""

    work: Simulation
    wanted: tuple[int, ...]

    def __call__(self, start: int, count: int) -> Array:
        """Some draws, (row, draw)."""
        return self.work(start, count)[list(self.wanted)]


def kept(store: Store, work: Simulation) -> Callable[[int, int], Entry]:
    """Work together with writing, for processes of this machine."""
    return partial(_kept, store, work)


def _kept(store: Store, work: Simulation, start: int, count: int) -> Entry:
    block = store.block()
    work.fill(block.matrix, start, count)
    entry = store.sealed(block, start, count)
    block.write(store.folder.path, entry["chunk"], direct=True)
    return entry


class Keeper:
    """Writes chunks while the next are computed, by threads that share blocks: each is filled, written, and used again."""

    def __init__(self, store: Store, work: Simulation, threads: int) -> None:
        self.store, self.work = store, work
        self._free: queue.SimpleQueue[Block | None] = queue.SimpleQueue()
        for _ in range(threads + 1 + threads // 4):  # so that one may be written while all others are filled
            self._free.put(None)
        self._written: list[Future[Entry]] = []  # or being written
        self._writers = ThreadPoolExecutor(1 + threads // 4)

    def entries(self, run: Run, jobs: Sequence[Job]) -> Iterator[Entry]:
        """The journal's line for each chunk, once it is written."""
        computing: Any = run(self._compute, jobs)
        try:
            for _ in computing:
                yield from self._taken([f for f in self._written if f.done()])
            self._end(computing)
            yield from self._taken(list(self._written))
        except GeneratorExit:
            raise
        except BaseException:  # what was written counts, whatever stops the rest
            self._end(computing)
            yield from self._taken([f for f in self._written if not f.exception()])
            raise
        finally:
            self._end(computing)

    def _taken(self, futures: Sequence[Future[Entry]]) -> Iterator[Entry]:
        for future in futures:
            self._written.remove(future)
            yield future.result()

    def _end(self, computing: Any) -> None:
        """Let what is under way come to its end: first who computes, who may wait for a block; then who writes."""
        computing.close()
        self._writers.shutdown()

    def _compute(self, start: int, count: int) -> None:
        block = self._block()
        try:
            self.work.fill(block.matrix, start, count)
            entry = self.store.sealed(block, start, count)
        except BaseException:
            self._free.put(block)
            raise
        self._written.append(self._writers.submit(self._write, block, entry))

    def _block(self) -> Block:
        return self._free.get() or self.store.block()

    def _write(self, block: Block, entry: Entry) -> Entry:
        try:
            block.write(self.store.folder.path, entry["chunk"], direct=True)
        finally:
            self._free.put(block)
        return entry
