"""The draws of a simulation as work that any process can take: a row of numbers for everything that is recorded or drawn."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from foedus.ensemble.streams import Array
from foedus.program.compiled import LANES
from foedus.runs.folder import identity
from foedus.runs.simulate import Plan, compiled_for, fill_piece, plan
from foedus.scenario.scenario import Scenario

CHUNK_BYTES = 1 << 28  # of a chunk in memory
SMALLEST, LARGEST = 256, 65_536  # draws of a chunk
PIECE = 4096  # draws computed at a time: numbers that fit the cache
_plans: dict[str, tuple[Plan, bool]] = {}
_planning = threading.Lock()


@dataclass(frozen=True)
class Simulation:
    """The draws of a simulation as work; its plan is made once in each process.

    Attributes:
        options: of `simulate.plan`, `executor` included.
        key: what tells this simulation from others.
    """

    scenario: Scenario
    options: dict[str, Any]
    key: str = field(compare=False)

    def plan(self) -> tuple[Plan, bool]:
        """What to compute, and whether as machine code."""
        with _planning:
            if self.key not in _plans:
                options = dict(self.options)
                executor = options.pop("executor", "auto")
                found = plan(self.scenario, **options)
                compiled = compiled_for(found, executor)
                if compiled:
                    _compute(found, np.empty((rows_of(found), LANES)), 0, 1, compiled=True)  # before threads ask for it
                while len(_plans) > 8:  # a worker may serve many runs
                    del _plans[next(iter(_plans))]
                _plans[self.key] = (found, compiled)
            return _plans[self.key]

    def fill(self, matrix: Array, start: int, count: int) -> None:
        """Compute some draws.

        Args:
            matrix: (row, draw), contiguous, a multiple of `LANES` draws and at least `count`; what is behind those is left as
                anything. Rows are policy by policy, crisis by crisis the records, then the uncertain numbers, and at last 1 where
                a record is not finite.
        """
        chosen, compiled = self.plan()
        _compute(chosen, matrix, start, count, compiled=compiled)

    def __call__(self, start: int, count: int) -> Array:
        """Some draws in memory of their own, (row, draw); see `fill`."""
        matrix = np.empty((rows_of(self.plan()[0]), -(-count // LANES) * LANES))
        self.fill(matrix, start, count)
        return matrix[:, :count]


def _compute(chosen: Plan, matrix: Array, start: int, count: int, *, compiled: bool) -> None:
    policies, crises, _ = chosen.controls.shape
    recorded = policies * crises * len(chosen.recurrence.records)
    records = matrix[:recorded].reshape(policies, crises, len(chosen.recurrence.records), -1)
    for at in range(0, count, PIECE):
        stop = min(at + PIECE, count)
        fill_piece(chosen, matrix[recorded:-1], records, start, at, stop, compiled=compiled)
        here = matrix[:recorded, at:stop]
        with np.errstate(all="ignore"):
            sound = np.isfinite(here.sum(axis=0))  # then every term is; the other way round a sum may be too large
        matrix[-1, at:stop] = 0.0
        if not sound.all():
            odd = np.flatnonzero(~sound)
            matrix[-1, at + odd] = ~np.isfinite(here[:, odd]).all(axis=0)


def rows_of(chosen: Plan) -> int:
    """How many rows a plan fills."""
    policies, crises, _ = chosen.controls.shape
    return int(policies * crises * len(chosen.recurrence.records) + len(chosen.recurrence.parameters) + 1)


def chunk_of(chosen: Plan) -> int:
    """Draws of a chunk: a power of two, whatever the run's length, so that runs can be compared."""
    size = LARGEST
    while size > SMALLEST and size * 8 * rows_of(chosen) > CHUNK_BYTES:
        size //= 2
    return size


def simulation_work(scenario: Scenario, options: Mapping[str, Any]) -> Simulation:
    """A simulation as work; the options are those of `simulate.plan`, and `executor`."""
    key = repr((scenario.digest, scenario.name, posterior_of(scenario), sorted(options.items(), key=str)))
    return Simulation(scenario, dict(options), key)


def simulation_identity(chosen: Plan, compiled: bool) -> dict[str, Any]:
    """What makes a simulation this one and no other."""
    return identity(
        chosen.scenario.digest,
        scenario=chosen.scenario.name,
        protocol=chosen.scenario.protocol.name,
        prior_set=chosen.prior_set,
        posterior=posterior_of(chosen.scenario),
        seed=chosen.seed,
        design=chosen.design,
        draws=chosen.draws,
        crises=chosen.controls.shape[1],
        policies=list(chosen.policies),
        play="sampled" if chosen.recurrence.noise else "expected",
        records=list(chosen.recurrence.records),
        executor="compiled" if compiled else "numpy",
    )


def posterior_of(scenario: Scenario) -> str | None:
    """The digest of the posterior that the scenario is drawn from, if any."""
    return scenario.posterior.digest if scenario.posterior else None
