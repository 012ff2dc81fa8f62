"""Summaries of ensembles that do not fit: counts, moments and quantile sketches, in memory that does not grow with the draws.

Draws are summed up in blocks that lie on multiples of BLOCK, and blocks are merged two by two, each pair with the next, as the
binary digits of their numbers say. So the tree of merges, and with it every rounding, is the same however the draws were cut into
chunks, whoever computed them, and in whatever order they came back. Quantiles come from t-digests (Dunning 2021, doi
10.1016/j.simpa.2020.100049; Apache DataSketches) of every draw of the first block and of the first SKETCHED draws of each other,
which is where a sketch would otherwise cost more than the model itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from foedus.ensemble.streams import Array
from foedus.errors import MeaningError
from foedus.program.compiled import LANES
from foedus.runs.simulation import PIECE, Simulation, rows_of

BLOCK = 65_536  # draws
SKETCHED = 1024
ROWS = 32  # quantities summed up at a time: what fits the cache
DETAIL = 200  # of a t-digest: a rank is off by some thousandths in the middle, by far less in the tails
LOCATED = 20  # failed draws whose ids are kept

State = dict[str, NDArray[Any]]
Node = tuple[int, int, State]  # level, number, state: of the draws from number · 2^level blocks on, 2^level blocks of them


class Summary(Protocol):
    """What can be summed up: a block of draws to a state, and two states to one."""

    def block(self, start: int, count: int) -> State:
        """The state of some draws of one block."""

    def merge(self, first: State, second: State) -> State:
        """The state of both; the first one's draws come before the second's."""


@dataclass(frozen=True)
class Records:
    """Count, mean, sum of squares, least, most and a sketch of everything that a simulation records."""

    work: Simulation

    def block(self, start: int, count: int) -> State:
        """The state of some draws of one block; see `Summary`."""
        matrix = np.empty((rows_of(self.work.plan()[0]), -(-min(PIECE, count) // LANES) * LANES))
        recorded = len(matrix) - 1 - len(self.work.plan()[0].recurrence.parameters)
        found: State | None = None
        for at in range(start, start + count, PIECE):
            size = min(PIECE, start + count - at)
            self.work.fill(matrix, at, size)
            values = matrix[:recorded, :size]
            state = _moments(values, at)
            found = state if found is None else merged(found, state)
            wanted = size if at < BLOCK else SKETCHED - at % BLOCK
            if wanted > 0:
                sketches = _sketched(values[:, :wanted], found.get("sketches"), found.get("lengths"))
                found |= dict(zip(("sketches", "lengths"), sketches, strict=True))
        assert found is not None
        return found

    def merge(self, first: State, second: State) -> State:
        """The state of both; see `Summary`."""
        return merged(first, second)


@dataclass(frozen=True)
class Together:
    """Several summaries of the same draws as one."""

    parts: Mapping[str, Summary]

    def block(self, start: int, count: int) -> State:
        """The state of some draws of one block; see `Summary`."""
        return {f"{name}/{key}": v for name, part in self.parts.items() for key, v in part.block(start, count).items()}

    def merge(self, first: State, second: State) -> State:
        """The state of both; see `Summary`."""
        return {
            f"{name}/{key}": v
            for name, part in self.parts.items()
            for key, v in part.merge(of(first, name), of(second, name)).items()
        }


def of(state: State, name: str) -> State:
    """One part's share of a state of `Together`."""
    return {key.removeprefix(f"{name}/"): v for key, v in state.items() if key.startswith(f"{name}/")}


# --- the tree of merges


@dataclass(frozen=True)
class Blocks:
    """A summary as work on chunks that start at a block: the nodes that stand for the chunk's draws."""

    summary: Summary

    def __call__(self, start: int, count: int) -> list[Node]:
        """The nodes of some draws, no two of which could be merged."""
        forest: list[Node] = []
        for at in range(start, start + count, BLOCK):
            plant(forest, (0, at // BLOCK, self.summary.block(at, min(BLOCK, start + count - at))), self.summary.merge)
        return forest


def plant(forest: list[Node], node: Node, merge: Callable[[State, State], State]) -> None:
    """Add a node that lies behind all others, merging what has its like beside it."""
    level, number, state = node
    while number % 2 and forest and forest[-1][:2] == (level, number - 1):
        state = merge(forest.pop()[2], state)
        level, number = level + 1, number // 2
    forest.append((level, number, state))


def folded(nodes: Iterable[Node], merge: Callable[[State, State], State]) -> State:
    """One state for nodes that together cover draws from the first on."""
    states = [state for _, _, state in sorted(nodes, key=lambda node: node[1] << node[0])]
    found = states[0]
    for state in states[1:]:
        found = merge(found, state)
    return found


# --- moments


def _moments(values: Array, start: int) -> State:
    """Of (quantity, draw)."""
    size = len(values)
    count = np.full(size, values.shape[1])
    mean, squares, least, most = (np.empty(size) for _ in range(4))
    failed = np.zeros(values.shape[1], dtype=np.bool_)
    for at in range(0, size, ROWS):
        here, part = slice(at, at + ROWS), values[at : at + ROWS]
        with np.errstate(all="ignore"):
            sums = part.sum(axis=1)
        if np.isfinite(sums).all():  # then every draw is
            least[here], most[here] = part.min(axis=1), part.max(axis=1)
            mean[here] = sums / values.shape[1]
            off = part - mean[here, None]
        else:
            finite = np.isfinite(part)
            failed |= ~finite.all(axis=0)
            count[here] = finite.sum(axis=1)
            least[here] = np.where(finite, part, np.inf).min(axis=1)
            most[here] = np.where(finite, part, -np.inf).max(axis=1)
            mean[here] = np.where(finite, part, 0.0).sum(axis=1) / np.maximum(count[here], 1)
            off = np.where(finite, part - mean[here, None], 0.0)
        squares[here] = np.einsum("qd,qd->q", off, off)
    ids = start + np.flatnonzero(failed)
    return {
        "draws": np.array(values.shape[1]),
        "failures": np.array(ids.size),
        "failed": ids[:LOCATED],
        "count": count,
        "mean": mean,
        "squares": squares,
        "least": least,
        "most": most,
    }


def merged(a: State, b: State) -> State:
    """Two states as one; means and squares by the pairwise update of Chan, Golub and LeVeque (1983)."""
    both = np.maximum(a["count"] + b["count"], 1)
    apart = b["mean"] - a["mean"]
    found: State = {
        "draws": a["draws"] + b["draws"],
        "failures": a["failures"] + b["failures"],
        "failed": np.concatenate([a["failed"], b["failed"]])[:LOCATED],
        "count": a["count"] + b["count"],
        "mean": np.where(a["count"] == 0, b["mean"], a["mean"] + apart * (b["count"] / both)),
        "squares": a["squares"] + b["squares"] + apart**2 * (a["count"] * (b["count"] / both)),
        "least": np.minimum(a["least"], b["least"]),
        "most": np.maximum(a["most"], b["most"]),
    }
    sketched = [s for s in (a, b) if "sketches" in s]
    if len(sketched) == 2:
        found |= dict(zip(("sketches", "lengths"), _joined(a, b), strict=True))
    elif sketched:
        found |= {key: sketched[0][key] for key in ("sketches", "lengths")}
    return found


def spread(state: State) -> Array:
    """Standard deviations."""
    return np.asarray(np.sqrt(state["squares"] / np.maximum(state["count"] - 1, 1)))


# --- sketches


def _sketched(values: Array, blob: Any, lengths: Any) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The sketches of quantities (quantity, draw), with what was sketched before."""
    digests = _unpacked(blob, lengths) if blob is not None else [_digest() for _ in range(len(values))]
    for digest, row in zip(digests, values, strict=True):
        known = row[np.isfinite(row)]
        if known.size:
            digest.update(known)
    return _packed(digests)


def _joined(a: State, b: State) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    digests = _unpacked(a["sketches"], a["lengths"])
    for digest, other in zip(digests, _unpacked(b["sketches"], b["lengths"]), strict=True):
        digest.merge(other)
    return _packed(digests)


def _digest() -> Any:
    try:
        from datasketches import tdigest_double
    except ImportError:
        raise MeaningError("summaries need the 'datasketches' package", fix="pip install 'foedus[runs]'") from None
    return tdigest_double(DETAIL)


def _packed(digests: Sequence[Any]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Sketches as bytes; what is read back behaves as what was written, which is then the only form that is ever merged."""
    parts = [digest.serialize() for digest in digests]
    return np.frombuffer(b"".join(parts), np.uint8), np.array([len(part) for part in parts], np.int64)


def _unpacked(blob: NDArray[np.uint8], lengths: NDArray[np.int64]) -> list[Any]:
    kind, raw, ends = type(_digest()), blob.tobytes(), np.cumsum(lengths)
    return [kind.deserialize(raw[end - length : end]) for end, length in zip(ends, lengths, strict=True)]


def quantiles(state: State, at: Sequence[float]) -> Array:
    """Quantiles of every quantity, (quantity, quantile); NaN where nothing was finite."""
    digests = _unpacked(state["sketches"], state["lengths"])
    return np.array([[float("nan") if d.is_empty() else d.get_quantile(q) for q in at] for d in digests])
