"""How often each claim holds, as a summary of a run: integers that add up in any order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from foedus.claims.argument import Argument, build_argument
from foedus.claims.sequence import confidence_sequence
from foedus.claims.tally import LOCATED, Tally, tally, total
from foedus.claims.verdicts import Interval
from foedus.ensemble.draws import draw_sets
from foedus.ensemble.streams import Array
from foedus.errors import MeaningError
from foedus.runs.evaluate import CHUNK, WIDE, chunks, executor
from foedus.runs.summaries import State
from foedus.scenario.scenario import Scenario

NAME = "claims"
ALPHA = 0.05
_Executor = Callable[[Mapping[str, Array], int], dict[str, Array]]
_built: dict[str, tuple[Argument, _Executor]] = {}
_building = threading.Lock()


@dataclass(frozen=True)
class Claims:
    """The counts of a scenario's testable claims under each of its prior sets.

    Attributes:
        draws: of the whole run, or the most it may come to.
    """

    scenario: Scenario
    draws: int
    seed: int | None = None
    design: str = "random"

    @property
    def ids(self) -> list[str]:
        """The claims that are counted."""
        return self.scenario.testable

    def block(self, start: int, count: int) -> State:
        """The counts over some draws."""
        argument, run = self._ready()
        names, ids = list(self.scenario.prior_sets), self.ids
        parts: dict[str, list[Tally]] = {name: [] for name in names}
        for first, size in chunks(start, count, WIDE if argument.program.implicit else CHUNK):
            drawn = draw_sets(
                self.scenario,
                size,
                names,
                seed=self.seed,
                design=self.design,
                start=first,
                total=self.draws,
                only=argument.program.inputs.keys(),
            )
            for name in names:
                found = tally(argument, ids, (), first, run(drawn[name], size))
                parts[name].append(replace(found, kept={}))
        return _state([total(parts[name]) for name in names], ids)

    def merge(self, first: State, second: State) -> State:
        """The counts of both."""
        return merge(first, second)

    def _ready(self) -> tuple[Argument, _Executor]:
        """The compiled claims, made once in each process."""
        key = f"{self.scenario.digest} {self.draws} {self.design}"
        with _building:
            if key not in _built:
                argument = build_argument(self.scenario)
                while len(_built) > 8:
                    del _built[next(iter(_built))]
                _built[key] = argument, executor(argument.program, float(self.draws) * len(self.scenario.prior_sets))
            return _built[key]


def _state(tallies: Sequence[Tally], ids: Sequence[str]) -> State:
    """(prior set, claim, trials | holds | lost), and the first failed draws (prior set, claim, 5), filled up with -1."""
    counts = [[[t.claims[i].trials, t.claims[i].holds, t.claims[i].lost] for i in ids] for t in tallies]
    failed = [[[*t.claims[i].failed, *[-1] * LOCATED][:LOCATED] for i in ids] for t in tallies]
    shape = (len(tallies), len(ids))
    return {
        "draws": np.array(tallies[0].draws),
        "counts": np.array(counts, np.int64).reshape(*shape, 3),
        "failed": np.array(failed, np.int64).reshape(*shape, LOCATED),
    }


def merge(first: State, second: State) -> State:
    """The counts of both, the first one's draws before the second's."""
    both = np.concatenate([first["failed"], second["failed"]], axis=-1)
    order = np.argsort(both < 0, axis=-1, kind="stable")[..., :LOCATED]
    return {
        "draws": first["draws"] + second["draws"],
        "counts": first["counts"] + second["counts"],
        "failed": np.take_along_axis(both, order, axis=-1),
    }


def intervals(state: State, sets: Sequence[str], ids: Sequence[str], alpha: float = ALPHA) -> dict[str, dict[str, Interval]]:
    """Claim id and prior set to the probability, with an interval that holds however the number of draws was arrived at.

    Args:
        alpha: the chance that any of them ever misses.
    """
    each = alpha / max(len(sets) * len(ids), 1)
    return {
        claim: {
            name: confidence_sequence(int(holds), int(trials), each, int(lost))
            for name, (trials, holds, lost) in zip(sets, state["counts"][:, k], strict=True)
        }
        for k, claim in enumerate(ids)
    }


@dataclass(frozen=True)
class Accuracy:
    """Asks whether every claim's interval is narrow enough: at most `half` to either side of its middle."""

    claims: Claims
    half: float
    name: str = NAME

    def __call__(self, state: Mapping[str, Any]) -> bool:
        """Whether it is."""
        own = {key.removeprefix(f"{self.name}/"): v for key, v in state.items() if key.startswith(f"{self.name}/")}
        found = intervals(own, list(self.claims.scenario.prior_sets), self.claims.ids)
        return all(i.high - i.low <= 2 * self.half for by_set in found.values() for i in by_set.values())


def summarise_claims(scenario: Scenario, path: Any, *, half: float | None = None, **options: Any) -> Any:
    """A run that keeps no draw: moments and quantiles of everything recorded, and how often each claim holds.

    Args:
        half: go on until every claim's interval reaches at most so far to either side; `draws` is then the most.
        options: see `runs.summarise.summarise`.

    Returns:
        The run's folder.
    """
    from foedus.runs.summarise import summarise

    draws = options.get("draws") or scenario.draws
    counts = Claims(scenario, draws, options.get("seed"), options.get("design") or "random")
    counted = bool(counts.ids)
    if half is not None and not counted:
        raise MeaningError("an accuracy is asked for, but no claim can be tested", fix="leave out --until, or add claims")
    return summarise(
        scenario,
        path,
        others={NAME: counts} if counted else {},
        enough=Accuracy(counts, half) if half is not None else None,
        known={"half": half, "claims": counts.ids, "prior_sets": list(scenario.prior_sets)},
        **options,
    )
