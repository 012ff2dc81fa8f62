"""A scenario's crisis, at given numbers, as a game file for Gambit and OpenSpiel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

from foedus.game.efg import NumericGame, game_text
from foedus.game.solver import Kind
from foedus.game.tree import Play, Position
from foedus.model.model import Model
from foedus.program.ir import Value
from foedus.program.numpy_executor import execute
from foedus.scenario.scenario import Scenario


def to_efg(scenario: Scenario, prior_set: str | None = None) -> str:
    """The first crisis of a scenario at its central values, under its policy, as the text of a game file.

    Private types become moves of chance before all others. The precision of choice is no part of a game: it must be given to
    whoever solves it.

    Args:
        prior_set: whose central values; the reference by default.

    Raises:
        UnsolvableError: a payoff is not finite, probabilities do not sum to one, or the game is too large.
    """
    model = Model(scenario.protocol)
    world = model.world(model.numbers() | model.levers(scenario.policies[scenario.policy].settings[0]))
    stage, outputs = world.solution.stage, dict[str, Value]()
    profiles = [dict(zip(stage.beliefs, kinds, strict=True)) for kinds in product(*stage.beliefs.values())]
    plays = {play: k for k, play in enumerate(model.tree.plays)}
    for kinds in profiles:
        outputs |= {_key(p, kinds, plays[play]): stage.payoff(p, kinds, play) for p in stage.beliefs for play in plays}
    moves = {at: k for k, at in enumerate(model.tree.positions) if at.player is None}
    outputs |= {f"{k}/{action}": stage.chance(at, action) for at, k in moves.items() for action in at.children}
    outputs |= {f"{player}:{kind}": p for player, types in stage.beliefs.items() for kind, p in types.items()}
    found = {name: float(value) for name, value in execute(model.builder.program(outputs), scenario.central(prior_set)).items()}

    def payoff(player: str, kinds: Mapping[str, Kind], play: Play) -> float:
        return found[_key(player, kinds, plays[play])]

    def chance(at: Position) -> Sequence[float]:
        return [found[f"{moves[at]}/{action}"] for action in at.children]

    beliefs = {player: {kind: found[f"{player}:{kind}"] for kind in types} for player, types in stage.beliefs.items()}
    return game_text(NumericGame(scenario.title, scenario.description, model.tree, beliefs, payoff, chance))


def _key(player: str, kinds: Mapping[str, Kind], play: int) -> str:
    return f"{player} {tuple(kinds.values())} {play}"
