"""Crisis after crisis as one program with lever settings as inputs, so that every policy and every path under search shares it.

Crises follow one another as claims see them: the moves observed in the first are taken as seen, the rest is expected play.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from foedus.ensemble.streams import Array
from foedus.errors import MeaningError, nearest
from foedus.formulas import Name, parse
from foedus.model.model import Model
from foedus.model.world import World
from foedus.program.ir import Program
from foedus.protocol.protocol import flat_names
from foedus.runs.evaluate import executor, over_chunks
from foedus.scenario.scenario import Reading, Scenario

Path = tuple[Mapping[str, float], ...]


@dataclass(frozen=True, slots=True)
class Goal:
    """A measure and whether more of it is better (+1) or worse (−1)."""

    measure: str
    sign: int


def goals_of(scenario: Scenario, measures: Sequence[str]) -> tuple[Goal, ...]:
    """The goals that prescriptions read, then predictions, and those asked for, which may turn a direction round."""
    found: dict[str, int] = {}
    # what a prescription wants decides; a prediction says which way things go, and only fills in what no prescription reads
    for claim in sorted(scenario.claims, key=lambda c: c.role != "prescription"):
        for test in claim.tests if claim.role in ("prescription", "prediction") else ():
            for reading in (test.left, test.right):
                if isinstance(reading, Reading):
                    label = reading.measure if reading.index is None else f"{reading.measure}[{reading.index}]"
                    found.setdefault(label, 1 if test.above else -1)
    known = flat_names(scenario.protocol, scenario.protocol.measures)
    for text in measures:
        label, sign = text.lstrip("+-").strip(), -1 if text.startswith("-") else 1
        if label not in known:
            raise MeaningError(f"no measure '{label}'", fix=nearest(label, known))
        found[label] = sign
    if not found:
        raise MeaningError(
            "no goal: the scenario has neither a prescription nor a prediction", fix="name measures, for instance -war"
        )
    return tuple(Goal(label, sign) for label, sign in found.items())


def extended(settings: Path, crises: int) -> Path:
    """Lever settings for so many crises; the last one stays."""
    return tuple(settings[min(t, len(settings) - 1)] for t in range(crises))


class Course:
    """Crisis after crisis as one program, with lever settings as inputs `lever@crisis`."""

    def __init__(self, scenario: Scenario, goals: Sequence[Goal], crises: int, workers: int | None) -> None:
        self.scenario, self.goals, self.crises, self.workers = scenario, goals, crises, workers
        self.levers = list(scenario.protocol.levers)
        model = Model(scenario.protocol)
        inputs = [{n: model.builder.input(f"{n}@{t}") for n in self.levers} for t in range(crises)]
        world: World = model.world(model.numbers() | inputs[0], forced=scenario.forced, future=tuple(inputs[1:]))
        outputs = {}
        for t in range(crises):
            for goal in goals:
                root = parse(goal.measure).root
                assert isinstance(root, Name)
                outputs[f"{goal.measure}@{t}"] = world.quantity(root.name, root.index)
            world = (world.given(scenario.observed) if t == 0 else world).after()
        self.program: Program = model.builder.program(outputs)

    def run(self, numbers: Mapping[str, Array], paths: Sequence[Path], count: int) -> Array:
        """Every goal under every path, (path, crisis, goal, draw)."""
        run = executor(self.program, float(count) * len(paths))
        names = [f"{goal.measure}@{t}" for t in range(self.crises) for goal in self.goals]

        def work(start: int, size: int) -> Array:
            here = {n: v[start : start + size] if v.ndim else v for n, v in numbers.items() if n in self.program.inputs}
            parts = [run(here | self.settings(path), size) for path in paths]
            return np.stack([np.stack([part[n] for n in names]) for part in parts])

        found = np.concatenate(over_chunks(work, 0, count, workers=self.workers), axis=-1)
        return found.reshape(len(paths), self.crises, len(self.goals), count)

    def settings(self, path: Path) -> dict[str, Array]:
        """A path as inputs of the program."""
        every = {f"{n}@{t}": np.asarray(path[t].get(n, 0.0)) for t in range(self.crises) for n in self.levers}
        return {n: v for n, v in every.items() if n in self.program.inputs}
