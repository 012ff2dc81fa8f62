"""One ensemble of a scenario's claims, shared by every explanation: half to learn from, half held out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from foedus.claims.argument import Argument, build_argument
from foedus.claims.tally import Truth, held
from foedus.ensemble.draws import draw
from foedus.ensemble.streams import Array
from foedus.errors import NotFoundError, nearest
from foedus.explanations.space import Function, Space, space_of
from foedus.program.ir import Program
from foedus.runs.evaluate import CHUNK, evaluate, executor, over_chunks
from foedus.scenario.scenario import Claim, Scenario

MARGIN, HOLDS = "margin", "claim"
AGAIN = 64  # how much more a claim's program is worth compiling, since flips and maps run it again and again on few draws


@dataclass(frozen=True)
class Seen:
    """A claim over the ensemble.

    Attributes:
        holds: (draw,), true where it speaks of the case and all its tests hold.
        speaks: (draw,), true where it speaks of the case. failed: true where something is not finite.
        margin: (draw,), the least margin of its tests.
        ablated: (draw,), whether it would hold without its mechanism; None where it names none.
    """

    holds: Truth
    speaks: Truth
    failed: Truth
    margin: Array
    ablated: Truth | None

    @property
    def use(self) -> Truth:
        """The draws that count: those it speaks of and that could be computed."""
        return self.speaks & ~self.failed

    @property
    def probability(self) -> float:
        """Its probability where it speaks of the case; NaN where it never does."""
        return float(self.holds[self.use].mean()) if self.use.any() else float("nan")


@dataclass
class Study:
    """A scenario under the reference prior set, its claims compiled and evaluated once.

    Args:
        scenario: whose claims.
        draws: of the ensemble; the first half is learnt from, the second held out.
        seed: the scenario's own by default.
        workers: threads; no result depends on it.
    """

    scenario: Scenario
    draws: int = 16_384
    seed: int | None = None
    workers: int | None = None
    _seen: dict[str, Seen] = field(default_factory=dict, repr=False)
    _runs: dict[str, Function] = field(default_factory=dict, repr=False)

    @property
    def chosen_seed(self) -> int:
        """The seed given, or the scenario's own."""
        return self.scenario.seed if self.seed is None else self.seed

    @cached_property
    def argument(self) -> Argument:
        """The compiled claims."""
        return build_argument(self.scenario)

    def claim(self, id: str) -> Claim:
        """A claim by its id.

        Raises:
            NotFoundError: there is none.
        """
        for claim in self.scenario.claims:
            if claim.id == id:
                return claim
        raise NotFoundError(f"no claim '{id}'", fix=nearest(id, [c.id for c in self.scenario.claims]))

    @cached_property
    def numbers(self) -> dict[str, Array]:
        """The ensemble's draws of every uncertain number of the argument, label to (draw,)."""
        drawn = draw(self.scenario, self.draws, seed=self.seed, only=self.argument.program.inputs.keys())
        return {label: values for label, values in drawn.items() if values.ndim}

    def labels(self, id: str) -> list[str]:
        """The uncertain numbers that a claim depends on."""
        inputs = self.argument.inputs(id)
        return [label for label in self.numbers if label in inputs]

    def space(self, id: str) -> Space:
        """The space of the numbers that a claim depends on."""
        return space_of(self.scenario, self.argument.inputs(id))

    def look(self, ids: Sequence[str]) -> None:
        """Evaluate claims over the ensemble, those not yet seen, in one program."""
        wanted = [id for id in dict.fromkeys(ids) if id not in self._seen and id in self.argument.outputs]
        if not wanted:
            return
        names = [n for id in wanted for n in self._names(id)]
        program = self.argument.program.restricted(names)
        outputs = evaluate(program, self.scenario, self.draws, seed=self.seed, workers=self.workers)
        for id in wanted:
            self._seen[id] = self._read(id, outputs)

    def seen(self, id: str) -> Seen:
        """A claim over the ensemble."""
        self.look([id])
        return self._seen[id]

    def _names(self, id: str) -> list[str]:
        outputs = self.argument.outputs[id]
        return [*outputs.tests, *outputs.provided, *outputs.ablated]

    def _read(self, id: str, sample: Mapping[str, Array]) -> Seen:
        outputs = self.argument.outputs[id]
        holds, lost = held(sample, outputs.tests)
        speaks, silent = held(sample, outputs.provided) if outputs.provided else (np.ones_like(holds), np.zeros_like(lost))
        failed = silent | (speaks & lost)
        ablated = held(sample, outputs.ablated)[0] & speaks if outputs.ablated else None
        return Seen(holds & speaks & ~failed, speaks, failed, margin_of(sample, outputs.tests), ablated)

    def run(self, program: Program, key: str, draws: float) -> Function:
        """How to run a program, decided once for each key."""
        if key not in self._runs:
            self._runs[key] = parallel(executor(program, draws), self.workers)
        return self._runs[key]

    def function(self, id: str, draws: float) -> Function:
        """A claim as a function of its numbers: its margin, and 1 where it holds and speaks of the case, else 0."""
        outputs, run = self.argument.outputs[id], self.run(self.argument.part(id), id, draws * AGAIN)

        def call(inputs: Mapping[str, Array], size: int) -> dict[str, Array]:
            found = run(inputs, size)
            margin = margin_of(found, [*outputs.tests, *outputs.provided])
            return {MARGIN: margin, HOLDS: np.where(np.isfinite(margin), (margin > 0).astype(float), np.nan)}

        return call


def margin_of(sample: Mapping[str, Array], names: Sequence[str]) -> Array:
    """The least of some margins, (draw,); NaN where one of them is not finite."""
    margins = np.stack([sample[n] for n in names])
    return np.where(np.isfinite(margins).all(axis=0), margins.min(axis=0), np.nan)


def parallel(run: Function, workers: int | None) -> Function:
    """The function over chunks of draws on threads; the result does not depend on how many."""

    def call(inputs: Mapping[str, Array], size: int) -> dict[str, Array]:
        def work(start: int, count: int) -> Mapping[str, Array]:
            return run({n: v[start : start + count] if v.ndim else v for n, v in inputs.items()}, count)

        parts = over_chunks(work, 0, size, size=CHUNK, workers=workers)
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    return call
