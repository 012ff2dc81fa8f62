"""The engine against a solver in plain Python, on textbook, on random numbers for core, and on draws of karabakh-2020."""

from __future__ import annotations

import helpers_oracle
import numpy as np
import pytest
from helpers import Game
from helpers_oracle import Brute
from numpy.typing import NDArray

from foedus.claims.argument import build_argument
from foedus.ensemble.draws import draw
from foedus.model.model import Model
from foedus.model.solve import Solved, solve
from foedus.program.numpy_executor import execute
from foedus.protocol.loader import load_protocol
from foedus.protocol.protocol import Protocol, flat_names
from foedus.scenario.loader import load_scenario

DRAWS = 200
CLOSE = 1e-10


def assert_same(game: Game, numbers: dict[str, NDArray[np.float64]], draws: int = DRAWS) -> None:
    """Every choice, play and value of every draw."""
    chosen, found = game.chosen(numbers), game.solve(numbers)
    for i in range(draws):
        brute = Brute(game.protocol, {n: float(v[i]) if v.ndim else float(v) for n, v in numbers.items()})
        for (path, kind), actions in brute.choices.items():
            for action, p in actions.items():
                assert at(chosen[tuple(a for _, a in path), kind][action], i) == pytest.approx(p, abs=CLOSE)
        plays: dict[str, float] = {}
        for _, path, _, p in brute.plays():
            name = "/".join(a for _, a in path)
            plays[name] = plays.get(name, 0.0) + p
        assert plays == pytest.approx({n: at(found[f"play:{n}"], i) for n in plays}, abs=CLOSE)
        for player in game.protocol.players:
            assert at(found[f"value:{player}"], i) == pytest.approx(brute.value(player), rel=CLOSE, abs=CLOSE)


def at(values: NDArray[np.float64], i: int) -> float:
    return float(values[i] if values.ndim else values)


def random_numbers(protocol: Protocol, seed: int, draws: int = DRAWS) -> dict[str, NDArray[np.float64]]:
    """Numbers anywhere in their supports; precision is kept where logit still has a slope."""
    random = np.random.default_rng(seed)
    found = {}
    for label in flat_names(protocol, protocol.numbers):
        support = protocol.numbers[label.partition("[")[0]].support
        low = support.low if np.isfinite(support.low) else -1.0
        high = support.high if np.isfinite(support.high) else low + 2.0
        found[label] = random.uniform(low + 1e-3 * (high - low), high, draws)
    return found | {"lambda": random.lognormal(np.log(4), 0.5, draws)}


def solved_choices(solved: Solved) -> dict[tuple[tuple[str, ...], str | None], dict[str, float]]:
    return {(tuple(n.path.split("/")) if n.path else (), n.type): dict(n.actions) for n in solved.nodes}


@pytest.mark.parametrize("name", ["textbook", "karabakh-2020"])
def test_shipped_scenarios_at_their_centre(name: str) -> None:
    scenario = load_scenario(name)
    solved, brute = solve(scenario), Brute(scenario.protocol, scenario.central())
    found = solved_choices(solved)
    for (path, kind), actions in brute.choices.items():
        assert found[tuple(a for _, a in path), kind] == pytest.approx(actions, abs=CLOSE)
    for b in solved.beliefs:
        node = next(n.node for n in solved.nodes if n.path == b.path)
        seen = {**{n.node: a for n, a in _way(solved, b.path)}, node: b.action}
        assert b.posterior == pytest.approx(brute.posterior(b.player, b.type, seen), abs=CLOSE)
    assert solved.payoffs == pytest.approx({p: brute.value(p) for p in scenario.protocol.players}, abs=CLOSE)


def _way(solved: Solved, path: str) -> list[tuple[object, str]]:
    """The nodes and actions on the way to a path."""
    actions = path.split("/") if path else []
    return [(next(n for n in solved.nodes if n.path == "/".join(actions[:k])), a) for k, a in enumerate(actions)]


def test_core_at_random_numbers() -> None:
    protocol = load_protocol("core")
    assert_same(Game(protocol), random_numbers(protocol, 1))


def test_intervention_at_random_numbers() -> None:
    protocol = load_protocol("intervention")
    assert_same(Game(protocol), random_numbers(protocol, 2))


@pytest.mark.parametrize("prior_set", ["reference", "optimistic", "pessimistic"])
def test_draws_of_karabakh(prior_set: str) -> None:
    scenario = load_scenario("karabakh-2020")
    assert_same(Game(scenario.protocol), draw(scenario, DRAWS, prior_set=prior_set))


MEASURES = {
    "reliability": lambda b: b.choice("help", "back"),
    "security": lambda b: b.expected("y"),
    "war": lambda b: b.expected("fought"),
    "entrapment": lambda b: b.expected("backed * fought"),
    "pressure": lambda b: b.choice("onset", "press"),
    "welfare": lambda b: b.value("client"),
    "accusation": lambda b: b.choice("voice", "accuse"),
    "reliance": lambda b: b.value("client") - Brute(b.protocol, b.given, {"help": "sit_out"}).value("client"),
    "gain_from_dependence": lambda b: b.value("client") - Brute(b.protocol, {**b.given, "D": 0.0}).value("client"),
    "reliability_in_scope": lambda b: Brute(b.protocol, {**b.given, "theatre": 1.0}).choice("help", "back"),
    "expected_help": lambda b: Brute(b.protocol, {**b.given, "rho": b.given["rho_hat"], "omega": b.given["omega_hat"]}).choice(
        "help", "back"
    ),
    "dependence": lambda b: b.names["D"],
    "alignment": lambda b: b.names["Q"],
    "support_flow": lambda b: b.names["support"],
}


def test_measures_now_and_after_what_was_seen() -> None:
    """Each at the first crisis, and at the two that follow the observed moves, under a policy whose levers move."""
    scenario = load_scenario("karabakh-2020")
    model = Model(scenario.protocol)
    settings = ({"diversify": 0.3}, {"self_reliance": 0.6}, {"deepen": 0.2, "self_reliance": 0.1})
    first, second, third = (dict.fromkeys(scenario.protocol.levers, 0.0) | s for s in settings)
    worlds = [model.world(model.numbers() | model.levers(first), future=(model.levers(second), model.levers(third)))]
    worlds.append(worlds[0].given(scenario.observed).after())
    worlds.append(worlds[1].after())
    outputs = {f"{t}:{m}": world.quantity(m) for t, world in enumerate(worlds) for m in MEASURES}
    numbers = draw(scenario, 25)
    found = execute(model.builder.program(outputs), numbers)
    for i in range(25):
        given = {n: at(v, i) for n, v in numbers.items()}
        brute = Brute(scenario.protocol, {**given, **first})
        crises = [brute, brute.after(second, scenario.observed)]
        crises.append(crises[1].after(third, {}))
        for t, crisis in enumerate(crises):
            for measure, expected in MEASURES.items():
                assert at(found[f"{t}:{measure}"], i) == pytest.approx(expected(crisis), abs=1e-9), (t, measure)


def test_claims_are_margins_of_measures() -> None:
    """The compiled argument against its tests read one by one: what a claim says is what is judged."""
    scenario = load_scenario("karabakh-2020")
    argument = build_argument(scenario)
    numbers = draw(scenario, 6)
    margins = execute(argument.program, numbers)
    checked = 0
    for claim in scenario.claims:
        for k, test in enumerate(claim.tests):
            if test.left.measure not in MEASURES or (not isinstance(test.right, float) and test.right.measure not in MEASURES):
                continue
            for i in range(6):
                given = {n: at(v, i) for n, v in numbers.items()}

                def reading(r, given=given):  # type: ignore[no-untyped-def]
                    settings = scenario.policies[r.policy].settings
                    crisis = Brute(scenario.protocol, {**given, **settings[0]})
                    for t in range(1, r.when):
                        crisis = crisis.after(
                            {**dict.fromkeys(scenario.protocol.levers, 0.0), **settings[t]}, scenario.observed if t == 1 else {}
                        )
                    return MEASURES[r.measure](crisis)

                right = test.right if isinstance(test.right, float) else reading(test.right)
                sign = 1 if test.above else -1
                expected = sign * (reading(test.left) - right) - test.by
                assert at(margins[f"{claim.id}:test{k}"], i) == pytest.approx(expected, abs=1e-9), claim.id
            checked += 1
    assert checked >= 3


def test_the_two_solvers_share_no_code() -> None:
    assert not {"Model", "Solution", "lower", "execute", "Builder"} & set(vars(helpers_oracle))
