"""One draw of an ensemble, told crisis by crisis: who did what, with which probability, and what the next crisis inherited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from foedus.documents import finite
from foedus.ensemble.draws import draw
from foedus.ensemble.streams import uniforms
from foedus.errors import InputError, MeaningError
from foedus.game.tree import Play, Position
from foedus.model.dynamics import NOISE
from foedus.model.model import Model
from foedus.model.solve import path_of
from foedus.program.ir import Value
from foedus.program.numpy_executor import execute
from foedus.protocol.protocol import flat_names
from foedus.runs.simulate import compiled_for, plan, run_piece
from foedus.scenario.scenario import Scenario


@dataclass(frozen=True)
class Move:
    """One move of the play: who (None is chance), where, what, and its probability; by private type where there are some."""

    player: str | None
    node: str
    action: str
    probability: float
    by_type: Mapping[str, float]


@dataclass(frozen=True)
class Crisis:
    """One crisis of a draw.

    Attributes:
        probability: of the whole play told.
        moves: along it.
        marks: what it leaves behind, as the next crisis inherits it.
        state: at its start. levers: the policy's settings.
        measures: every measure of the crisis.
    """

    number: int
    probability: float
    moves: tuple[Move, ...]
    marks: Mapping[str, float]
    state: Mapping[str, float]
    levers: Mapping[str, float]
    measures: Mapping[str, float]


@dataclass(frozen=True)
class Replay:
    """A draw.

    Attributes:
        play: sampled (the play that the draw picked) or expected (the most probable one; the next crisis inherits expectations).
        numbers: the draw's uncertain numbers.
    """

    scenario: Scenario
    draw: int
    policy: str
    play: str
    seed: int
    design: str
    prior_set: str
    numbers: Mapping[str, float]
    crises: tuple[Crisis, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as `foedus replay --json` prints it."""
        told = {key: value for key, value in vars(self).items() if key not in ("scenario", "crises")}
        crises = [vars(c) | {"moves": [vars(m) for m in c.moves]} for c in self.crises]
        found = {"scenario": self.scenario.name, "digest": self.scenario.digest, **told, "crises": crises}
        return dict(finite(found))


def replay(scenario: Scenario, number: int, *, policy: str | None = None, **options: Any) -> Replay:
    """Solve one draw again and tell its crises.

    Args:
        number: of the draw, from 0 on.
        policy: the scenario's own by default.
        options: of the run that the draw is from; see `simulate.simulate`. `draws` matters for designs other than random.

    Raises:
        MeaningError: no such draw, policy or prior set.
    """
    executor = options.pop("executor", "auto")
    if "draws" not in options:
        options["draws"] = max(scenario.draws, number + 1)
    chosen = plan(scenario, policies=[policy or scenario.policy], **options)
    if not 0 <= number < chosen.draws:
        raise MeaningError(f"there is no draw {number:,} among {chosen.draws:,}", fix=f"name one from 0 to {chosen.draws - 1:,}")
    compiled = executor == "compiled" or (executor == "auto" and compiled_for(chosen))
    records = run_piece(chosen, number, 1, compiled=compiled, threads=1)[1][0, :, :, 0]
    settings: dict[str, Any] = {"prior_set": chosen.prior_set, "seed": chosen.seed, "design": chosen.design}
    numbers = {n: float(v) for n, v in _numbers(scenario, number, chosen.draws, settings).items()}
    teller = _Teller(scenario)
    crises = []
    for t in range(len(records)):
        at = dict(zip(chosen.recurrence.records, map(float, records[t]), strict=True))
        levers = dict(zip(scenario.protocol.levers, map(float, chosen.controls[0, t]), strict=True))
        uniform = float(uniforms(chosen.seed, f"{NOISE}:{t}", number, 1)[0]) if chosen.recurrence.noise else None
        crises.append(teller.crisis(t + 1, numbers, at, levers, uniform))
    uncertain = {n: numbers[n] for n in numbers if scenario.numbers(chosen.prior_set)[n].prior}
    play = "sampled" if chosen.recurrence.noise else "expected"
    return Replay(scenario, number, chosen.policies[0], play, **settings, numbers=uncertain, crises=tuple(crises))


def _numbers(scenario: Scenario, number: int, draws: int, settings: Mapping[str, Any]) -> dict[str, Any]:
    drawn = draw(scenario, 1, start=number, total=draws, **settings)
    return {name: value if value.ndim == 0 else value[0] for name, value in drawn.items()}


class _Teller:
    """The stage game as a program of numbers, state and levers, solved for each crisis in turn."""

    def __init__(self, scenario: Scenario) -> None:
        self.protocol = scenario.protocol
        self.model = Model(self.protocol)
        self.state = flat_names(self.protocol, self.protocol.state)
        inputs = {n: self.model.builder.input(n) for n in (*self.state, *self.protocol.levers)}
        world = self.model.world(self.model.numbers() | inputs)
        outputs = dict[str, Value]()
        for at in self.model.tree.positions:
            mean = world.solution.mean(at)
            outputs |= {f"mean:{path_of(at)}:{a}": p for a, p in zip(at.children, mean, strict=True)}
            for kind, chosen in world.solution.choices[at].items():
                outputs |= {f"choice:{path_of(at)}:{kind}:{a}": p for a, p in zip(at.children, chosen, strict=True)}
        outputs |= {f"play:{path_of(play)}": world.solution.reach[play] for play in self.model.tree.plays}
        self.kinds = {path_of(at): list(world.solution.choices[at]) for at in self.model.tree.positions}
        self.program = self.model.builder.program(outputs)

    def crisis(
        self,
        number: int,
        numbers: Mapping[str, float],
        at: Mapping[str, float],
        levers: Mapping[str, float],
        uniform: float | None,
    ) -> Crisis:
        """One crisis, with the play that the uniform number picks, or the most probable one."""
        state = {name: at[name] for name in self.state}
        found = {name: float(value) for name, value in execute(self.program, {**numbers, **state, **levers}).items()}
        plays = self.model.tree.plays
        reach = np.array([found[f"play:{path_of(play)}"] for play in plays])
        # as `outcomes.sampled` picks it: in the order of the tree
        k = int(np.nanargmax(reach)) if uniform is None else int(np.searchsorted(np.cumsum(reach[:-1]), uniform, side="right"))
        measures = flat_names(self.protocol, self.protocol.measures)
        return Crisis(
            number,
            float(reach[k]),
            tuple(self._moves(plays[k], found)),
            {name: at[f"mark:{name}"] for name in self.protocol.marks},
            state,
            levers,
            {name: at[name] for name in measures},
        )

    def _moves(self, play: Play, found: Mapping[str, float]) -> list[Move]:
        moves, at = [], self.model.tree
        for _, _, action in play.steps:
            path = path_of(at)
            kinds = {k: found[f"choice:{path}:{k}:{action}"] for k in self.kinds[path] if k is not None}
            moves.append(Move(at.player, at.node, action, found[f"mean:{path}:{action}"], kinds))
            below = at.children[action]
            if not isinstance(below, Position):
                break
            at = below
        return moves


def compared(told: Replay, folder: Any) -> float:
    """The largest difference between a replayed draw and what a run's folder holds of it.

    Raises:
        InputError: the folder holds no draws, not this one yet, or another scenario's.
    """
    from foedus.runs.record import opened

    dataset = opened(folder)
    if dataset.attrs["digest"] != told.scenario.digest:
        raise MeaningError("the run is of another scenario, or of the same one before it was changed", fix="name its scenario")
    try:
        here = dataset.sel(draw=told.draw, policy=told.policy)
    except KeyError:
        raise InputError(f"the run does not hold draw {told.draw:,} of '{told.policy}'", fix="see 'foedus runs show'") from None
    most = 0.0
    for t, crisis in enumerate(told.crises):
        for label, value in {**crisis.measures, **crisis.state}.items():
            name, _, index = label.partition("[")
            if name not in here:
                continue
            stored = here[name].isel(crisis=t)
            stored = stored.sel({stored.dims[0]: index.rstrip("]")}) if index else stored
            if not (np.isnan(value) and np.isnan(float(stored))):
                most = max(most, abs(float(stored) - value))
    return most
