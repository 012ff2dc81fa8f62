"""One crisis solved at one set of numbers: every node, with probabilities by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from foedus.documents import finite
from foedus.errors import NumericalError
from foedus.game.tree import Play, Position
from foedus.model.model import Model
from foedus.model.world import World
from foedus.program.continuation import CONVERGED, STALLED, STATUS
from foedus.program.ir import Program, Value
from foedus.program.numpy_executor import execute
from foedus.scenario.scenario import Scenario
from foedus.shown import Shown

EXACT = "exact, by backward induction"


@dataclass(frozen=True)
class SolvedNode:
    """A decision, or a move of chance, as reached by one path.

    Attributes:
        path: the actions that lead here, joined by `/`; empty at the start.
        type: the mover's private type, or None.
        actions: action to probability, given that the node is reached.
        losses: action to what the mover would lose by it against its best, in its beliefs; empty for chance.
        reach: probability that it is reached.
    """

    path: str
    node: str
    player: str | None
    type: str | None
    actions: Mapping[str, float]
    losses: Mapping[str, float]
    reach: float

    @property
    def regret(self) -> float:
        """What the mover loses in expectation against its best action."""
        return sum(p * self.losses.get(a, 0.0) for a, p in self.actions.items() if p > 0)


@dataclass(frozen=True)
class SolvedPromise:
    """Whether a promise is worth keeping once it is called in.

    Attributes:
        path, type: where and for which private type.
        covers: how far the promise holds in this crisis.
        probability: of its being kept.
        loss: what keeping it would cost the promiser against its best action, in units of payoff.
    """

    name: str
    by: str
    to: str
    path: str
    type: str | None
    action: str
    covers: float
    probability: float
    loss: float

    @property
    def credible(self) -> bool:
        """Whether no other action would pay the promiser more."""
        return self.loss <= 1e-9


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
class Solved(Shown):
    """One solved crisis.

    Attributes:
        precision: the precision of choice; `limit` says whether the subgame-perfect limit was solved in its place.
        nodes: each decision and move of chance as it is reached by one path: `path`, `node`, `player`, `type`, `actions` (action
            to probability), `losses`, `reach`.
        beliefs: what the others believe of a type before and after each action of its player.
        payoffs: player to expected payoff, in the protocol's payoff unit.
        plays: (path, probability) of every play.
        measures: label to value.
        promises: for each node where one is called in, and each type, whether keeping it pays.
        status: how the solution was found.
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
    promises: tuple[SolvedPromise, ...] = ()
    status: str = EXACT

    @property
    def regret(self) -> float:
        """The most that any mover loses in expectation at a node that is reached; zero in a subgame-perfect equilibrium."""
        return max((n.regret for n in self.nodes if n.reach > 0), default=0.0)

    @property
    def regret_anywhere(self) -> float:
        """The same at every node, in its mover's beliefs there; zero where play is sequentially rational."""
        return max((n.regret for n in self.nodes if n.regret == n.regret), default=0.0)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as `foedus solve --json` prints it."""
        found = {
            "scenario": self.scenario.name,
            "digest": self.scenario.digest,
            "prior_set": self.prior_set,
            "lambda": None if self.limit else self.precision,
            "status": self.status,
            "regret": self.regret,
            "regret_anywhere": self.regret_anywhere,
            "nodes": [vars(n) | {"actions": dict(n.actions), "losses": dict(n.losses)} for n in self.nodes],
            "payoffs": dict(self.payoffs),
            "beliefs": [vars(b) for b in self.beliefs],
            "plays": [{"path": path, "probability": p} for path, p in self.plays],
            "measures": dict(self.measures),
            "promises": [vars(p) | {"credible": p.credible} for p in self.promises],
        }
        return {key: finite(value) for key, value in found.items()}


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
    world = model.world(model.numbers() | levers, forced=scenario.forced)
    return solved_values(world, model.builder.program(outputs_of(world)), scenario, prior_set)


def solved_values(world: World, program: Program, scenario: Scenario, prior_set: str | None = None) -> Solved:
    """A crisis solved at the central values of a scenario's numbers.

    Args:
        world, program: the crisis, and the program of its `outputs_of`; both serve any values of the numbers.

    Raises:
        NumericalError: the solution is not finite at these values.
    """
    found = execute(program, scenario.central(prior_set))
    values = {name: float(value) for name, value in found.items()}
    status = STATUS[int(values["status"])] if "status" in values else EXACT
    if values.get("status", CONVERGED) >= STALLED:
        raise NumericalError(f"{status}, at {values['reached']:.3g} of the precision; lower the precision, or see --limit")
    # beliefs after a move that no type makes are not defined, nor are the measures that read them
    bad = [n for n, v in values.items() if v != v and n.partition(":")[0] in ("choice", "payoff", "reach", "play")]
    if bad:
        raise NumericalError(f"the crisis cannot be solved at these values: {bad[0]} is not a number")
    return solved_from(world, values, scenario, prior_set or scenario.reference, status)


def path_of(at: Position | Play) -> str:
    """Where something stands in the tree: the actions that lead there."""
    return "/".join(at.path)


def outputs_of(world: World) -> dict[str, Value]:
    """Everything a solved crisis shows, by name."""
    solution, outputs = world.solution, dict[str, Value](world.solution.status)
    outputs["precision"] = solution.stage.precision(next(iter(world.protocol.players)))
    for player in world.protocol.players:
        outputs[f"payoff:{player}"] = solution.value(player, world.model.tree)
    for at in world.model.tree.positions:
        outputs[f"reach:{path_of(at)}"] = solution.reach[at]
        if at.player is not None:
            for kind, payoffs in solution.payoffs_by_kind(at.player, at).items():
                outputs |= {f"payoff:{path_of(at)}:{kind}:{a}": u for a, u in zip(at.children, payoffs, strict=True)}
        for kind, chosen in solution.choices[at].items():
            outputs |= {f"choice:{path_of(at)}:{kind}:{a}": p for a, p in zip(at.children, chosen, strict=True)}
            if kind is not None:
                outputs[f"prior:{path_of(at)}:{kind}"] = solution.prior(at)[kind]
                outputs |= {f"posterior:{path_of(at)}:{kind}:{a}": solution.posterior(at, a)[kind] for a in at.children}
    outputs |= {f"covers:{p.name}": world.evaluate(p.covers.root) for p in world.protocol.promises.values()}
    outputs |= {f"play:{path_of(play)}": solution.reach[play] for play in world.model.tree.plays}
    for name, measure in world.protocol.measures.items():
        for index in world.protocol.elements(measure):
            outputs[f"measure:{name}[{index}]" if index else f"measure:{name}"] = world.quantity(name, index)
    return outputs


def solved_from(world: World, values: Mapping[str, float], scenario: Scenario, prior_set: str, status: str) -> Solved:
    """A solved crisis from the values of `outputs_of`."""
    nodes: list[SolvedNode] = []
    beliefs: list[SolvedBelief] = []
    for at in world.model.tree.positions:
        path = path_of(at)
        for kind in world.solution.choices[at]:
            actions = {a: values[f"choice:{path}:{kind}:{a}"] for a in at.children}
            losses = _losses({a: values[f"payoff:{path}:{kind}:{a}"] for a in at.children}) if at.player is not None else {}
            nodes.append(SolvedNode(path, at.node, at.player, kind, actions, losses, values[f"reach:{path}"]))
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
        plays=tuple((path_of(p), values[f"play:{path_of(p)}"]) for p in world.model.tree.plays),
        measures={n.removeprefix("measure:"): v for n, v in values.items() if n.startswith("measure:")},
        promises=tuple(_promises(world, nodes, values)),
        status=status,
    )


def _losses(payoffs: Mapping[str, float]) -> dict[str, float]:
    best = max(payoffs.values())
    return {action: best - payoff for action, payoff in payoffs.items()}


def _promises(world: World, nodes: list[SolvedNode], values: Mapping[str, float]) -> Iterator[SolvedPromise]:
    for promise in world.protocol.promises.values():
        for node in nodes:
            if node.node == promise.node:
                yield SolvedPromise(
                    name=promise.name,
                    by=promise.by,
                    to=promise.to,
                    path=node.path,
                    type=node.type,
                    action=promise.action,
                    covers=values[f"covers:{promise.name}"],
                    probability=node.actions[promise.action],
                    loss=node.losses[promise.action],
                )
