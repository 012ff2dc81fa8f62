"""The measures of a protocol as one compiled program, and the draws that all pairs share."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foedus.datasets.mapping import labels, mapping, way_of
from foedus.ensemble.draws import coordinates, draw
from foedus.ensemble.streams import Array
from foedus.model.model import Model
from foedus.numbers import parse_prior
from foedus.runs.evaluate import cores, executor
from foedus.scenario.loader import load_scenario

DRAWS, SEED = 4096, 1
_USUAL = 1000  # pairs of a year: what the choice of executor reckons with
_KEPT = 256  # draws of a number that many pairs share, such as how often commitments are honoured
Matrix = NDArray[np.float32]


class Bench:
    """The compiled measures of a protocol, and the draws that all pairs share.

    Args:
        draws, seed, prior_set: of the ensemble; see `ensemble.draws.draw`.
        protocol: a protocol to which a map leads from the data.
    """

    def __init__(
        self, draws: int = DRAWS, seed: int = SEED, prior_set: str | None = None, protocol: str = "intervention"
    ) -> None:
        self.read, target = mapping(protocol)
        base = load_scenario(self.read.base)
        self.draws, self.seed, self.prior_set = draws, seed, prior_set or base.reference
        self.measures = tuple(self.read.stress.measures)
        self.meanings = {name: target.measures[name].meaning for name in self.measures}
        self.units = {name: str(target.measures[name].unit) for name in self.measures}
        model = Model(target)
        world = model.world(model.numbers() | model.levers({}))
        program = model.builder.program({name: world.quantity(name) for name in self.measures})
        self._run = executor(program, float(draws) * _USUAL)
        self._common = draw(base, draws, prior_set=self.prior_set, seed=seed, only=program.inputs.keys())
        self._unit = coordinates(base, program.inputs.keys(), seed, "random", draws, 0, draws)
        known = labels(target)
        fixed = self.read.sets[self.prior_set].numbers
        self._sources = {n: s for n, s in self.read.numbers.items() if s.data and n in program.inputs and n not in fixed}
        self._support = {n: known[n].support for n in self._sources}
        self._drawn = lru_cache(_KEPT)(self._quantiles)

    @property
    def informable(self) -> int:
        """How many numbers data could inform."""
        return len(self._sources)

    def numbers(self, figures: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
        """What the data say of a pair's numbers: label to `prior` or `value`, and its text."""
        known = {f.name: f.value for f in figures.values() if f.value is not None}
        found = {name: way_of(sourcing.data, known, self._support[name]) for name, sourcing in self._sources.items()}
        return {name: way[1] for name, way in found.items() if way is not None}

    def measure(self, numbers: Mapping[str, tuple[str, str]]) -> Matrix:
        """The measures of a pair, (measure, draw)."""
        drawn: dict[str, Array] = dict(self._common)
        for name, (kind, text) in numbers.items():
            if kind == "value":
                drawn[name] = np.asarray(float(text))
            else:
                drawn[name] = self._drawn(name, text)
        outputs = self._run(drawn, self.draws)
        return np.stack([outputs[name] for name in self.measures]).astype(np.float32)

    def _quantiles(self, name: str, text: str) -> Array:
        return parse_prior(text, self._support[name]).quantile(self._unit[name])

    def measure_all(self, every: Iterable[Mapping[str, tuple[str, str]]], workers: int | None = None) -> list[Matrix]:
        """The measures of many pairs; while threads compute, the numbers of the next are read."""
        workers = workers or cores()
        found: list[Matrix] = []
        with ThreadPoolExecutor(workers) as pool:
            waiting: deque[Future[Matrix]] = deque()
            for numbers in every:
                waiting.append(pool.submit(self.measure, numbers))
                if len(waiting) > 4 * workers:
                    found.append(waiting.popleft().result())
            found += [one.result() for one in waiting]
        return found
