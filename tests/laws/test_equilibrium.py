"""Laws of the solution: probabilities, limits, invariances, Bayes' plausibility, agreement with the plain solver on any game."""

from __future__ import annotations

import copy
import json
import random
import re
from typing import Any

import numpy as np
import pytest
from helpers import TOLL, Array, Game, edited, protocol_of
from helpers_oracle import Brute
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from foedus.documents import parse_document
from foedus.protocol.loader import build_protocol, load_protocol, shipped
from foedus.protocol.protocol import Protocol, flat_names
from foedus.testing import as_protocol, numbers_for, protocol_files, protocols

examples = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
share = st.floats(0.01, 0.99)
money = st.floats(-2, 2)
tolls = st.fixed_dictionaries(
    {
        "lambda": st.floats(0, 20),
        "rho_0": share,
        "chi": share,
        "fine": st.floats(0, 2),
        "zeal[strict]": money,
        "zeal[lax]": money,
        "traffic[north]": share,
        "traffic[south]": share,
        "gold": st.floats(0.1, 2),
        "weight": st.just(1.0),
    }
)
TEACH = {a: f"given(posterior(guard.strict), check = {a})" for a in ("wave", "stop")}
CHOOSE = {f"P({a})": f"choice(check.{a})" for a in ("wave", "stop")}


@pytest.fixture(scope="module")
def toll() -> Game:
    return Game(protocol_of(), wanted=TEACH | CHOOSE | {"rho": "rho"})


@pytest.fixture(scope="module")
def core() -> Game:
    lessons = {a: f"given(posterior(patron.high), help = {a})" for a in ("back", "urge", "sit_out")}
    return Game(load_protocol("core"), wanted=lessons | {f"P({a})": f"choice(help.{a})" for a in lessons})


@examples
@given(numbers=tolls)
def test_bayes_plausibility(toll: Game, numbers: dict[str, float]) -> None:
    """What is expected to be believed afterwards is what is believed: sum over actions of mean choice times posterior."""
    found = toll.solve(numbers)
    expected = sum(float(found[f"P({a})"] * found[a]) for a in TEACH)
    assert expected == pytest.approx(numbers["rho_0"], abs=1e-13)


@examples
@given(seed=st.integers(0, 2**32 - 1))
def test_bayes_plausibility_in_core(core: Game, seed: int) -> None:
    g = np.random.default_rng(seed)
    numbers = {n: g.uniform(0.01, 1, 50) for n in core.program.inputs} | {"lambda": g.lognormal(1.4, 1, 50)}
    found = core.solve(numbers)
    expected = sum(found[f"P({a})"] * found[a] for a in ("back", "urge", "sit_out"))
    np.testing.assert_allclose(expected, numbers["rho"], rtol=0, atol=1e-13)


@settings(examples, max_examples=120)
@given(data=st.data())
def test_any_game_is_that_of_the_plain_solver(data: st.DataObject) -> None:
    protocol = data.draw(protocols())
    numbers = data.draw(numbers_for(protocol))
    game, brute = Game(protocol), Brute(protocol, numbers)
    chosen, found = game.chosen(numbers), game.solve(numbers)
    for (path, kind), actions in brute.choices.items():
        mine = chosen[tuple(a for _, a in path), kind]
        assert {a: float(p) for a, p in mine.items()} == pytest.approx(actions, abs=1e-11)
    for player in protocol.players:
        assert float(found[f"value:{player}"]) == pytest.approx(brute.value(player), abs=1e-11)
    assert sum(float(v) for n, v in found.items() if n.startswith("play:")) == pytest.approx(1, abs=1e-12)


@examples
@given(data=st.data())
def test_probabilities_sum_to_one_at_any_precision(data: st.DataObject) -> None:
    protocol = data.draw(protocols())
    numbers = data.draw(numbers_for(protocol)) | {"lambda": data.draw(st.sampled_from([0.0, 1e-12, 50.0, 1e4, 1e12]))}
    game = Game(protocol)
    for actions in game.chosen(numbers).values():
        assert sum(float(p) for p in actions.values()) == pytest.approx(1, abs=1e-13)
        assert all(0 <= p <= 1 for p in actions.values())
    assert sum(float(v) for n, v in game.solve(numbers).items() if n.startswith("play:")) == pytest.approx(1, abs=1e-12)


@examples
@given(data=st.data())
def test_without_precision_every_action_is_as_likely(data: st.DataObject) -> None:
    protocol = data.draw(protocols())
    found = Game(protocol).chosen(data.draw(numbers_for(protocol)) | {"lambda": 0.0})
    players = {at.path: at.player for at in Game(protocol).model.tree.positions}
    for (path, _), actions in found.items():
        if players[path] is not None:
            assert [float(p) for p in actions.values()] == pytest.approx([1 / len(actions)] * len(actions))


@examples
@given(data=st.data())
def test_with_growing_precision_choices_become_subgame_perfect(data: st.DataObject) -> None:
    """Where no two actions pay about the same."""
    protocol = data.draw(protocols())
    numbers = data.draw(numbers_for(protocol))
    limit = Game(protocol, limit=True).chosen(numbers)
    brute = Exact(protocol, numbers)
    gap = min([1.0, *brute.gaps])
    assume(gap > 1e-3)
    logit = Game(protocol).chosen(numbers | {"lambda": 60 / gap})
    for (path, kind), actions in brute.choices.items():
        key = tuple(a for _, a in path), kind
        assert {a: float(p) for a, p in limit[key].items()} == pytest.approx(actions, abs=1e-12)
        assert {a: float(p) for a, p in logit[key].items()} == pytest.approx(actions, abs=1e-9)


class Exact(Brute):
    """The plain solver with the best action in place of logit, and how far ahead of the next it is."""

    def __init__(self, protocol: Protocol, numbers: dict[str, float]) -> None:
        self.gaps: list[float] = []
        super().__init__(protocol, numbers)

    def _choose(self, node: Any, kind: str | None, below: Any) -> dict[str, float]:
        if node.player is None:
            return super()._choose(node, kind, below)
        worth = sorted(((u[node.player, kind], a) for a, u in below.items()), reverse=True)
        if len(worth) > 1:
            self.gaps.append(worth[0][0] - worth[1][0])
        return {a: float(a == worth[0][1]) for a in below}


SHIFTED = {
    "traveller": ("gold * passed - fine * paid", "7.25 * gold + gold * passed - fine * paid"),
    "guard": ("guard: caught * zeal[guard]", "guard: 0 - 3.5 * gold + caught * zeal[guard]"),
}


@pytest.mark.parametrize("player", SHIFTED)
@settings(examples, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers=tolls)
def test_a_constant_added_to_one_players_payoffs_changes_no_choice(toll: Game, player: str, numbers: dict[str, float]) -> None:
    moved = game_of(edited(TOLL, *SHIFTED[player]))
    assert_same(moved.chosen(numbers), toll.chosen(numbers), 1e-11)


_GAMES: dict[str, Game] = {}


def game_of(text: str) -> Game:
    """The game of a text, built once."""
    if text not in _GAMES:
        _GAMES[text] = Game(protocol_of(text))
    return _GAMES[text]


def assert_same(a: Any, b: Any, close: float) -> None:
    assert a.keys() == b.keys()
    for key, actions in a.items():
        assert {n: float(p) for n, p in actions.items()} == pytest.approx({n: float(p) for n, p in b[key].items()}, abs=close)


@examples
@given(numbers=tolls, scale=st.floats(0.1, 10))
def test_only_precision_times_payoff_counts(toll: Game, numbers: dict[str, float], scale: float) -> None:
    """Payoffs in another currency, precision per unit of it: section 3, trap 1."""
    paid = ("fine", "zeal[strict]", "zeal[lax]", "gold")
    other = numbers | {n: numbers[n] * scale for n in paid} | {"lambda": numbers["lambda"] / scale}
    assert_same(toll.chosen(other), toll.chosen(numbers), 1e-11)


NEW_NAMES = {
    "traveller": "zoe",
    "guard": "abe",
    "gate": "z1",
    "check": "a1",
    "plea": "m1",
    "wave": "zz",
    "stop": "aa",
    "strict": "y",
    "lax": "b",
}


@examples
@given(numbers=tolls)
def test_names_do_not_matter(toll: Game, numbers: dict[str, float]) -> None:
    text = re.sub(r"\b(" + "|".join(NEW_NAMES) + r")\b", lambda m: NEW_NAMES[m[0]], TOLL)

    def renamed(word: str | None) -> str | None:
        return NEW_NAMES.get(word, word) if word else word

    here = {n.replace("strict", "y").replace("lax", "b"): v for n, v in numbers.items()}
    expected = {
        (tuple(renamed(a) for a in path), renamed(kind)): {renamed(a): p for a, p in actions.items()}
        for (path, kind), actions in toll.chosen(numbers).items()
    }
    assert_same(game_of(text).chosen(here), expected, 1e-14)


def shuffled(data: Any, seed: int) -> Any:
    """A protocol with everything that has no order in another order."""
    g = random.Random(seed)
    data = copy.deepcopy(data)

    def mix(d: dict[str, Any]) -> dict[str, Any]:
        items = list(d.items())
        g.shuffle(items)
        return dict(items)

    for section in ("players", "numbers", "definitions", "marks", "state", "measures"):
        if section in data:
            data[section] = mix(data[section])
    for player in data["players"].values():
        if "types" in player:
            player["types"] = mix(player["types"])
    for node in data["game"]["nodes"].values():
        for kind in ("actions", "chance"):
            if kind in node:
                node[kind] = mix(node[kind])
    data["game"]["nodes"] = mix(data["game"]["nodes"])
    data["payoffs"]["of"] = mix(data["payoffs"]["of"])
    return mix(data)


@examples
@given(data=st.data(), seed=st.integers(0, 999))
def test_order_does_not_matter(data: st.DataObject, seed: int) -> None:
    plain = data.draw(protocol_files())
    protocol, other = as_protocol(plain), as_protocol(shuffled(plain, seed))
    numbers = data.draw(numbers_for(protocol))
    a, b = Game(protocol), Game(other)
    assert_same(a.chosen(numbers), b.chosen(numbers), 1e-12)
    ours, theirs = a.solve(numbers), b.solve(numbers)
    for player in protocol.players:
        assert float(ours[f"value:{player}"]) == pytest.approx(float(theirs[f"value:{player}"]), abs=1e-12)


@pytest.mark.parametrize("name", ["core", "intervention"])
def test_order_does_not_matter_to_measures(name: str) -> None:
    path = shipped("foedus.protocol")[name]
    plain = parse_document(path.read_bytes(), path.name).data
    g = np.random.default_rng(3)
    protocol = load_protocol(name)
    numbers: dict[str, Array] = {n: g.uniform(0.1, 0.9, 20) for n in flat_names(protocol, protocol.numbers)}
    numbers["lambda"] = g.uniform(1, 8, 20)
    wanted = {m: m for m, q in protocol.measures.items() if q.over is None}
    ours = Game(protocol, wanted=wanted).solve(numbers)
    theirs = Game(build_protocol(parse_document(json.dumps(shuffled(plain, 5)), name)), wanted=wanted).solve(numbers)
    for measure in wanted:
        np.testing.assert_allclose(theirs[measure], ours[measure], rtol=1e-9, atol=1e-11, err_msg=measure)


@examples
@given(numbers=tolls, precision=st.floats(0.5, 10))
def test_a_better_action_is_likelier(toll: Game, numbers: dict[str, float], precision: float) -> None:
    """Paying is the better, the cheaper it is."""
    dear = toll.chosen(numbers | {"lambda": precision, "fine": numbers["fine"] + 0.1})
    cheap = toll.chosen(numbers | {"lambda": precision})
    where = ("cross", "clear", "stop"), None
    assert float(cheap[where]["pay"]) >= float(dear[where]["pay"])
