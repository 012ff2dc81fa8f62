"""How far a verdict hangs on the form of the model: the claim under declared variants, draw by draw the same.

Three kinds of doubt are told apart. Parameters: numbers not known, the ensemble. Strategic noise: players who choose with error;
how much of the claim's variance goes with the precision of choice alone, and what the limit without noise makes of it.
Multiplicity: each variant follows one solution of the game; where a game has several, the others are not looked at here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from foedus.claims.argument import Argument, build_argument
from foedus.claims.tally import Truth, held
from foedus.ensemble.streams import Array
from foedus.explain.study import Seen, Study
from foedus.formulas import Name, walk
from foedus.runs.evaluate import evaluate
from foedus.scenario.scenario import Scenario

CLASSES = 16


@dataclass(frozen=True)
class Variant:
    """A claim under a variant of the model.

    Attributes:
        probability: where it speaks of the case, over the same draws.
        agree: share of draws in which it comes out as in the model as it stands.
        failures: draws that could not be computed.
    """

    name: str
    meaning: str
    probability: float
    agree: float
    failures: int


@dataclass(frozen=True)
class Structure:
    """A claim under every variant.

    Attributes:
        noise: share of the claim's variance that goes with the precision of choice alone; None where that is certain.
        precision: the numbers that set it.
    """

    variants: tuple[Variant, ...]
    noise: float | None
    precision: tuple[str, ...]


class Variants:
    """Evaluates variants of a study's scenario, each once.

    Args:
        study: as it stands.
        ids: the claims wanted.
        overrides: further variants: name to numbers set to a value or a prior.
    """

    def __init__(
        self, study: Study, ids: Sequence[str], overrides: Mapping[str, Mapping[str, float | str]] | None = None
    ) -> None:
        self.study, self.ids = study, [id for id in ids if id in study.argument.outputs]
        self.overrides = dict(overrides or {})
        self._found: dict[str, dict[str, tuple[Truth, Truth]]] = {}

    def of(self, id: str) -> Structure:
        """A claim under every variant."""
        seen = self.study.seen(id)
        found = [
            Variant(
                "as declared", "the model as it stands, every number uncertain", seen.probability, 1.0, int(seen.failed.sum())
            )
        ]
        found.append(self._variant(id, seen, "limit", "choice without noise", self._limit))
        sharp = {n: self.study.scenario.numbers()[n].central for n in self.precision if n in self.study.numbers}
        if sharp:
            meaning = "the precision of choice known: " + ", ".join(f"{n} = {v:.3g}" for n, v in sharp.items())
            found.append(self._variant(id, seen, "known precision", meaning, lambda: self._changed(sharp)))
        for name, numbers in self.overrides.items():
            meaning = ", ".join(f"{n} = {v}" for n, v in numbers.items())
            found.append(self._variant(id, seen, name, meaning, lambda numbers=numbers: self._changed(numbers)))  # type: ignore[misc]
        if seen.ablated is not None:
            without = self.study.claim(id).without
            use = seen.use
            agree = float((seen.ablated == seen.holds)[use].mean()) if use.any() else float("nan")
            share = float(seen.ablated[use].mean()) if use.any() else float("nan")
            found.append(Variant("without its mechanism", without.meaning if without else "", share, agree, 0))
        return Structure(tuple(found), self._noise(id, seen), self.precision)

    @property
    def precision(self) -> tuple[str, ...]:
        """The numbers that set the precision of choice."""
        protocol = self.study.scenario.protocol
        named = {e.name for formula in protocol.precision.values() for e in walk(formula.root) if isinstance(e, Name)}
        return tuple(n for n in self.study.scenario.labels if n.partition("[")[0] in named)

    def _noise(self, id: str, seen: Seen) -> float | None:
        """Variance between classes of the precision as a share of the whole, for the first number that sets it."""
        at = [n for n in self.precision if n in self.study.labels(id)]
        use = np.flatnonzero(seen.use)
        if not at or use.size < CLASSES * 4 or seen.probability in (0.0, 1.0):
            return None
        return share_of(self.study.numbers[at[0]][use], seen.holds[use].astype(float))

    def _variant(self, id: str, seen: Seen, name: str, meaning: str, make: Callable[[], tuple[Scenario, Argument]]) -> Variant:
        if name not in self._found:
            scenario, argument = make()
            self._found[name] = self._evaluated(scenario, argument)
        holds, use = self._found[name][id]
        both = use & seen.use
        agree = float((holds == seen.holds)[both].mean()) if both.any() else float("nan")
        return Variant(
            name, meaning, float(holds[use].mean()) if use.any() else float("nan"), agree, int((~use & seen.use).sum())
        )

    def _limit(self) -> tuple[Scenario, Argument]:
        return self.study.scenario, build_argument(self.study.scenario, limit=True)

    def _changed(self, numbers: Mapping[str, float | str]) -> tuple[Scenario, Argument]:
        return self.study.scenario.with_numbers(numbers), self.study.argument

    def _evaluated(self, scenario: Scenario, argument: Argument) -> dict[str, tuple[Truth, Truth]]:
        """For every claim wanted, where it holds and which draws count, over the study's draws."""
        names = [n for id in self.ids for n in (*argument.outputs[id].tests, *argument.outputs[id].provided)]
        program = argument.program.restricted(names)
        sample = evaluate(program, scenario, self.study.draws, seed=self.study.chosen_seed, workers=self.study.workers)
        found = {}
        for id in self.ids:
            outputs = argument.outputs[id]
            holds, lost = held(sample, outputs.tests)
            speaks, silent = held(sample, outputs.provided) if outputs.provided else (np.ones_like(holds), np.zeros_like(lost))
            use = speaks & ~lost & ~silent
            found[id] = (holds & use, use)
        return found


def share_of(number: Array, outcome: Array) -> float:
    """The share of an outcome's variance (draw,) that a number (draw,) alone accounts for, without what chance puts there."""
    n = outcome.size
    cell = np.empty(n, dtype=np.int64)
    cell[np.argsort(number, kind="stable")] = np.arange(n) * CLASSES // n
    counts = np.bincount(cell, minlength=CLASSES)
    means = np.bincount(cell, outcome, minlength=CLASSES) / counts
    total = ((outcome - outcome.mean()) ** 2).sum()
    between = (counts * (means - outcome.mean()) ** 2).sum()
    within = (total - between) / (n - CLASSES)
    return float(max((between - (CLASSES - 1) * within) / total, 0.0)) if total > 0 else 0.0
