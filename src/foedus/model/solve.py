"""One crisis solved at one set of numbers: every node, with probabilities by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from foedus.errors import NumericalError
from foedus.game.tree import Play, Position
from foedus.model.model import Model
from foedus.model.world import World
from foedus.program.ir import Value
from foedus.program.numpy_executor import execute
from foedus.scenario.scenario import Scenario


@dataclass(frozen=True)
class SolvedNode:
    """A decision, or a move of chance, as reached by one path.

    Attributes:
        path: the actions that lead here, joined by `/`; empty at the start.
        type: the mover's private type, or None.
        actions: action to probability, given that the node is reached.
        reach: probability that it is reached.
    """

    path: str
    node: str
    player: str | None
    type: str | None
    actions: Mapping[str, float]
    reach: float


@dataclass(frozen=True)
class SolvedBelief:
    """What the others believe of a type after an action of its player."""

    path: str
    player: str
    type: str
    action: str
    prior: float
    posterior: float


@dataclass(frozen=True)
class Solved:
    """One solved crisis.

    Attributes:
        payoffs: player to expected payoff, in the protocol's payoff unit.
        plays: (path, probability) of every play.
        measures: label to value.
    """

    scenario: Scenario
    prior_set: str
    precision: float
    limit: bool
    nodes: tuple[SolvedNode, ...]
    payoffs: Mapping[str, float]
    beliefs: tuple[SolvedBelief, ...]
    plays: tuple[tuple[str, float], ...]
    measures: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as `foedus solve --json` prints it."""
        return {
            "scenario": self.scenario.name,
            "digest": self.scenario.digest,
            "prior_set": self.prior_set,
            "lambda": None if self.limit else self.precision,
            "nodes": [vars(n) | {"actions": dict(n.actions)} for n in self.nodes],
            "payoffs": dict(self.payoffs),
            "beliefs": [vars(b) for b in self.beliefs],
            "plays": [{"path": path, "probability": p} for path, p in self.plays],
            "measures": dict(self.measures),
        }


def solve(scenario: Scenario, *, prior_set: str | None = None, limit: bool = False) -> Solved:
    """Solve the first crisis of a scenario at its central values, under its policy.

    Args:
        prior_set: whose central values; the reference by default.
        limit: the subgame-perfect solution in place of logit.

    Raises:
        NumericalError: the solution is not finite at these values.
    """
    model = Model(scenario.protocol, limit=limit)
    levers = model.levers(scenario.policies[scenario.policy].settings[0])
    world = model.world(model.numbers() | levers)
    outputs = _outputs(world)
    found = execute(model.builder.program(outputs), scenario.central(prior_set))
    values = {name: float(value) for name, value in found.items()}
    bad = sorted(name for name, value in values.items() if value != value)
    if any(not name.startswith("measure:") for name in bad):
        raise NumericalError(f"the crisis cannot be solved at these values: {bad[0]} is not a number")
    return _solved(world, values, scenario, prior_set or scenario.reference)


def _path(at: Position | Play) -> str:
    return "/".join(at.path)


def _outputs(world: World) -> dict[str, Value]:
    """Everything a solved crisis shows, by name."""
    solution, outputs = world.solution, dict[str, Value]()
    outputs["precision"] = solution.stage.precision(next(iter(world.protocol.players)))
    for player in world.protocol.players:
        outputs[f"payoff:{player}"] = solution.value(player, world.model.tree)
    for at in world.model.tree.positions:
        outputs[f"reach:{_path(at)}"] = solution.reach[at]
        for kind, chosen in solution.choices[at].items():
            outputs |= {f"choice:{_path(at)}:{kind}:{a}": p for a, p in zip(at.children, chosen, strict=True)}
            if kind is not None:
                outputs[f"prior:{_path(at)}:{kind}"] = solution.prior(at)[kind]
                outputs |= {f"posterior:{_path(at)}:{kind}:{a}": solution.posterior(at, a)[kind] for a in at.children}
    outputs |= {f"play:{_path(play)}": solution.reach[play] for play in world.model.tree.plays}
    for name, measure in world.protocol.measures.items():
        for index in world.protocol.elements(measure):
            outputs[f"measure:{name}[{index}]" if index else f"measure:{name}"] = world.quantity(name, index)
    return outputs


def _solved(world: World, values: Mapping[str, float], scenario: Scenario, prior_set: str) -> Solved:
    nodes: list[SolvedNode] = []
    beliefs: list[SolvedBelief] = []
    for at in world.model.tree.positions:
        path = _path(at)
        for kind in world.solution.choices[at]:
            actions = {a: values[f"choice:{path}:{kind}:{a}"] for a in at.children}
            nodes.append(SolvedNode(path, at.node, at.player, kind, actions, values[f"reach:{path}"]))
            if kind is not None and at.player is not None:
                prior = values[f"prior:{path}:{kind}"]
                beliefs += [
                    SolvedBelief(path, at.player, kind, a, prior, values[f"posterior:{path}:{kind}:{a}"]) for a in at.children
                ]
    return Solved(
        scenario=scenario,
        prior_set=prior_set,
        precision=values["precision"],
        limit=world.model.limit,
        nodes=tuple(nodes),
        payoffs={player: values[f"payoff:{player}"] for player in world.protocol.players},
        beliefs=tuple(beliefs),
        plays=tuple((_path(p), values[f"play:{_path(p)}"]) for p in world.model.tree.plays),
        measures={n.removeprefix("measure:"): v for n, v in values.items() if n.startswith("measure:")},
    )
