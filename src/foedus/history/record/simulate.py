"""Records that the model would have produced: plays drawn crisis by crisis, and what a coder would report of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foedus.ensemble.streams import uniforms
from foedus.history.record.chronicle import NEVER, PLAY, Chronicle, report
from foedus.history.record.coordinates import Array
from foedus.model.reported import ELSEWHERE
from foedus.program.numpy_executor import execute

Choices = NDArray[np.int64]


@dataclass(frozen=True)
class Simulated:
    """Simulated records.

    Attributes:
        plays: (opportunity, draw), which play of the game each crisis took.
        reports: (opportunity, node) to (draw,), the action reported, by its place among the node's, where it is coded.
        evidence: the reports as inputs of the chronicle's program, each (draw,).
    """

    plays: Choices
    reports: Mapping[tuple[str, str], Choices]
    evidence: Mapping[str, Array]

    def at(self, draw: int) -> dict[str, float]:
        """The reports of one draw."""
        return {name: float(values[draw]) for name, values in self.evidence.items()}


def simulate_records(chronicle: Chronicle, values: Mapping[str, Array], seed: int) -> Simulated:
    """A record for each draw of the numbers.

    Args:
        chronicle: the opportunities, with their circumstances and the certainty of their codes.
        values: label to (draw,).
        seed: of plays and reports, which are streams of their own.
    """
    size = max(np.size(v) for v in values.values())
    inputs: dict[str, Array] = {n: np.broadcast_to(np.asarray(v, dtype=float), (size,)) for n, v in values.items()}
    evidence: dict[str, Array] = {name: np.full(size, value) for name, value in chronicle.evidence.items()}
    plays, reports = [], {}
    for slot in chronicle.slots:
        names = [f"{PLAY}:{slot.id}:{k}" for k in range(len(chronicle.plays))]
        program = chronicle.part(*names)
        found = execute(program, {n: v for n, v in (inputs | evidence).items() if n in program.inputs})
        chances = np.exp(np.stack([np.broadcast_to(found[n], (size,)) for n in names]))
        bounds = np.cumsum(chances, axis=0) / chances.sum(axis=0)
        chosen = (bounds < uniforms(seed, f"play:{slot.id}", 0, size)).sum(axis=0)
        plays.append(chosen)
        for node in chronicle.reported:
            if certainty(chronicle, slot.id, node) is None:
                continue
            told = _told(chronicle, slot.id, node, chosen, seed)
            reports[slot.id, node] = told
            evidence |= _judged(chronicle, slot.id, node, told)
    return Simulated(np.stack(plays), reports, evidence)


def certainty(chronicle: Chronicle, slot: str, node: str) -> float | None:
    """How likely a report names the true action: as certain as the record is of its own code there; None where it has none."""
    weights = [chronicle.evidence[report(slot, node, a)] for a in chronicle.reported[node]]
    return float(np.exp(max(weights))) if min(weights) < 0 else None


def _told(chronicle: Chronicle, slot: str, node: str, plays: Choices, seed: int) -> Choices:
    """The action reported of a node in each draw: the true one as often as the record is certain, else any other.

    Of a node that the play did not pass the report is noise.
    """
    actions, right = chronicle.reported[node], certainty(chronicle, slot, node) or 1.0
    taken = np.array([actions.index(dict(p)[node]) if node in dict(p) else -1 for p in chronicle.plays])[plays]
    u, v = (uniforms(seed, f"{what}:{slot}:{node}", 0, len(plays)) for what in ("report", "other"))
    other = (taken + 1 + np.floor(v * (len(actions) - 1)).astype(np.int64)) % len(actions)
    noise = np.floor(v * len(actions)).astype(np.int64)
    return np.where(taken < 0, noise, np.where(u < right, taken, other))


def _judged(chronicle: Chronicle, slot: str, node: str, told: Choices) -> dict[str, Array]:
    """The log-likelihood of a report under each action."""
    actions, right = chronicle.reported[node], certainty(chronicle, slot, node) or 1.0
    wrong = np.log((1 - right) / (len(actions) - 1)) if right < 1 else NEVER
    found = {report(slot, node, a): np.where(told == k, np.log(right), wrong) for k, a in enumerate(actions)}
    return found | {report(slot, node, ELSEWHERE): np.full(len(told), -np.log(len(actions)))}
