"""The engine against Gambit: the same crisis as an extensive game with a chance move for the patron's type at the root.

Gambit knows nothing of backward induction with types: it follows the branch of logit equilibria from precision zero.
"""

from __future__ import annotations

import numpy as np
import pytest
from helpers import TOLL, Game, edited, protocol_of
from helpers_oracle import Brute, gambit_game

from foedus.ensemble.draws import draw
from foedus.model.solve import solve
from foedus.protocol.loader import load_protocol
from foedus.protocol.protocol import Protocol
from foedus.scenario.loader import load_scenario

DRAWS, BATCH = 200, 20
CLOSE = 1e-6


def assert_same(game: Game, numbers: dict[str, float]) -> None:
    brute = Brute(game.protocol, numbers, solved=not game.model.general)
    precision = numbers["lambda"]
    chosen = game.chosen(numbers)
    for (path, kind), actions in gambit_game(brute).qre(precision).items():
        found = chosen[tuple(a for _, a in path), kind]
        assert {a: float(p) for a, p in found.items()} == pytest.approx(actions, abs=CLOSE), (path, kind)


def test_textbook_through_solve() -> None:
    scenario = load_scenario("textbook")
    solved = solve(scenario)
    found = {(n.path, n.type): n.actions for n in solved.nodes}
    for (path, kind), actions in gambit_game(Brute(scenario.protocol, scenario.central())).qre(solved.precision).items():
        assert found["/".join(a for _, a in path), kind] == pytest.approx(actions, abs=CLOSE)


@pytest.mark.parametrize("precision", [0.1, 1.0, 15.0])
def test_textbook_at_other_precisions(precision: float) -> None:
    scenario = load_scenario("textbook")
    assert_same(Game(scenario.protocol), {**scenario.central(), "lambda": precision})


@pytest.fixture(scope="module")
def intervention() -> Game:
    return Game(load_protocol("intervention"))


@pytest.mark.parametrize("first", range(0, DRAWS, BATCH))
def test_draws_of_karabakh(first: int, intervention: Game) -> None:
    drawn = draw(load_scenario("karabakh-2020"), BATCH, start=first, total=DRAWS)
    for i in range(BATCH):
        assert_same(intervention, {n: float(v[i]) if v.ndim else float(v) for n, v in drawn.items()})


TOLL_NUMBERS = {
    "rho_0": 0.4,
    "chi": 0.1,
    "fine": 0.5,
    "zeal[strict]": 0.7,
    "zeal[lax]": -0.6,
    "traffic[north]": 0.25,
    "traffic[south]": 0.5,
    "gold": 1.3,
    "weight": 2.0,
}


def test_a_game_with_chance() -> None:
    assert_same(Game(protocol_of()), TOLL_NUMBERS | {"lambda": 3.0})


TYPES_MATTER = {
    "a type that moves twice": ("    plea:\n      player: traveller\n", "    plea:\n      player: guard\n"),
    "a type that matters to another": ("traveller: gold * passed", "traveller: 0 - caught * zeal[guard] + gold * passed"),
}


@pytest.mark.parametrize("case", TYPES_MATTER.values(), ids=TYPES_MATTER)
@pytest.mark.parametrize("precision", [0.5, 2.0, 5.0])
def test_games_that_backward_induction_does_not_solve(case: tuple[str, str], precision: float) -> None:
    """The general solver follows the same branch as Gambit."""
    game = Game(protocol_of(edited(TOLL, *case)))
    assert game.model.general
    assert_same(game, TOLL_NUMBERS | {"lambda": precision})


def exact_best(protocol: Protocol, numbers: dict[str, float]) -> dict[tuple[tuple[str, ...], str | None], dict[str, float]]:
    """Subgame-perfect choices by backward induction with a strict maximum."""

    class Best(Brute):
        def _choose(self, node, kind, below):  # type: ignore[no-untyped-def]
            if node.player is None:
                return super()._choose(node, kind, below)
            worth = {a: u[node.player, kind] for a, u in below.items()}
            best = max(worth, key=worth.__getitem__)
            assert sum(abs(w - worth[best]) < 1e-9 for w in worth.values()) == 1, "a tie"
            return {a: float(a == best) for a in below}

    return {(tuple(a for _, a in path), kind): p for (path, kind), p in Best(protocol, numbers).choices.items()}


@pytest.mark.parametrize("protocol", ["core", "intervention"])
def test_the_limit_is_subgame_perfect(protocol: str) -> None:
    scenario = load_scenario("textbook" if protocol == "core" else "karabakh-2020")
    limit = Game(scenario.protocol, limit=True)
    drawn = draw(scenario, 100) if protocol == "intervention" else {n: np.full(1, v) for n, v in scenario.central().items()}
    chosen, compared = limit.chosen(drawn), 0
    for i in range(len(next(v for v in drawn.values() if v.ndim))):
        try:
            best = exact_best(scenario.protocol, {n: float(v[i]) if v.ndim else float(v) for n, v in drawn.items()})
        except AssertionError:
            continue
        compared += 1
        for key, actions in best.items():
            assert {a: float(p[i] if p.ndim else p) for a, p in chosen[key].items()} == actions
    assert compared >= (75 if protocol == "intervention" else 1)  # urging and sitting out can end in the very same war


@pytest.mark.parametrize("name", ["textbook", "karabakh-2020"])
def test_logit_approaches_its_limit(name: str) -> None:
    scenario = load_scenario(name)
    numbers = scenario.central()
    limit, logit = Game(scenario.protocol, limit=True).chosen(numbers), Game(scenario.protocol).chosen({**numbers, "lambda": 1e6})
    for key, actions in limit.items():
        assert {a: float(p) for a, p in logit[key].items()} == pytest.approx({a: float(p) for a, p in actions.items()}, abs=1e-9)


def test_gambits_equilibrium_of_the_textbook_in_the_limit() -> None:
    """Gambit's logit branch, followed far, ends in the same subgame-perfect choices."""
    scenario = load_scenario("textbook")
    far = gambit_game(Brute(scenario.protocol, scenario.central())).qre(500.0)
    limit = Game(scenario.protocol, limit=True).chosen(scenario.central())
    for (path, kind), actions in far.items():
        found = limit[tuple(a for _, a in path), kind]
        assert {a: float(p) for a, p in found.items()} == pytest.approx(actions, abs=1e-4)
