"""The workload crisis-12x2: the protocol beside, its twelve crises under two policies, and where its numbers lie."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foedus.ensemble.streams import uniforms
from foedus.model.dynamics import recurrence
from foedus.program.recurrence import Recurrence
from foedus.protocol.loader import load_protocol

Array = NDArray[np.float64]

FILE = Path(__file__).resolve().parents[1] / "crisis_12x2.yaml"
PERIODS, POLICIES, DISCOUNT = 12, 2, 0.95
PIECE = 65_536  # draws at a time: inputs and last state stay in memory that is used again
RANGES = {
    "lam": (1, 8),
    "vR": (0.5, 1.5),
    "vC": (0.5, 1.5),
    "vP": (0.1, 1.0),
    "kR": (0.1, 0.6),
    "kC": (0.1, 0.8),
    "kP": (0.1, 0.9),
    "aR": (0, 0.4),
    "aP": (0, 0.5),
    "gC": (0, 0.3),
    "hC": (0, 0.3),
    "sig": (0.2, 1.2),
    "xi": (0.3, 0.7),
    "rho": (0.05, 0.4),
    "dlt": (0.02, 0.25),
}
LEVERS = {"tau0": (0.8, 0.4), "tau1": (0.7, 0.5), "tau2": (0.6, 0.3), "gam": (0.0, 0.03), "sl": (0.1, 0.02)}
SUMS = ("value_R", "value_C", "value_P", "wars", "abandonments", "accusations")
CHOICES = (
    *("press", "resist", "back", "urge", "sit", "withdraw", "fight_on_4", "press_on"),
    *("accuse_6", "accuse_7", "accuse_8", "fight_on_9", "accuse_10", "accuse_11"),
)


@dataclass(frozen=True)
class Piece:
    """Some draws: parameters, (parameter, draw), and the uniform numbers that pick plays, (period, 1, draw)."""

    parameters: Array
    uniform: Array

    def noise(self, exact: bool) -> Array | None:
        """The uniform numbers, where plays are sampled."""
        return None if exact else self.uniform


def build(exact: bool, records: Sequence[str] = ()) -> Recurrence:
    """The protocol as a recurrence; exact probabilities, or sampled plays."""
    found = recurrence(load_protocol(FILE), play="expected" if exact else "sampled", records=records)
    assert found.parameters == tuple(RANGES)
    return found


def controls(r: Recurrence, periods: int = PERIODS) -> Array:
    """The levers, (policy, period, control)."""
    table = np.array([LEVERS[name] for name in r.controls]).T
    return np.repeat(table[:, None], periods, axis=1)


def outputs(r: Recurrence, last: Array) -> Array:
    """The outputs of the specification, (policy, output, draw), from the last state."""
    rows = dict(zip(r.state, np.moveaxis(last, 1, 0), strict=True))
    return np.stack([*(rows[n] for n in SUMS), rows["T"], rows["a"] / (rows["a"] + rows["b"])], axis=1)


def piece(start: int, count: int, periods: int = PERIODS, seed: int = 1) -> Piece:
    """Draws start to start + count."""
    parameters = np.empty((len(RANGES), count))
    for row, (name, (low, high)) in zip(parameters, RANGES.items(), strict=True):
        row[:] = low + (high - low) * uniforms(seed, name, start, count)
    uniform = np.stack([uniforms(seed, f"play:{t}", start, count) for t in range(periods)])
    return Piece(parameters, uniform[:, None])


def pieces(draws: int, periods: int = PERIODS) -> Iterator[Piece]:
    """All draws, some at a time."""
    for start in range(0, draws, PIECE):
        yield piece(start, min(PIECE, draws - start), periods)


def cut(parameters: Array, uniform: Array) -> list[Piece]:
    """Draws that lie in memory, (row, draw) each, as pieces."""
    parts = [slice(k, k + PIECE) for k in range(0, parameters.shape[1], PIECE)]
    return [Piece(np.ascontiguousarray(parameters[:, s]), np.ascontiguousarray(uniform[:, None, s])) for s in parts]
