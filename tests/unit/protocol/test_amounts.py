"""Actions that come with an amount: what they stand for, how much they weigh, what may read them, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import Game, edited, line_of, protocol_of, refused

from foedus.model.model import Model
from foedus.protocol.protocol import Protocol

HAGGLE = """\
protocol: haggle
format: 1
title: A price is asked
players: {seller: {}, buyer: {}}
numbers:
  lambda: {meaning: precision}
  worth: {meaning: what the thing is worth to the buyer}
  top: {meaning: highest price}
marks:
  price: {between: [0, 1], points: 5, default: 0, meaning: the price asked}
  paid: {default: 0, meaning: what is paid}
  bought: {default: 0, meaning: it was bought}
  left: {default: 0, meaning: what is left of a purse}
game:
  start: ask
  nodes:
    ask:
      player: seller
      actions:
        leave: {then: end}
        offer: {choose: price, marks: {left: 1 - price}, then: answer}
    answer:
      player: buyer
      actions:
        take: {marks: {paid: price, bought: 1}, then: weather}
        walk: {then: end}
    weather:
      chance:
        dry: {probability: 1 - price / 2, then: end}
        wet: {probability: price / 2, then: end}
payoffs:
  of: {seller: paid, buyer: worth * bought - paid}
choice: {rule: logit, precision: lambda}
measures:
  asked: {formula: choice(ask.offer), meaning: chance that a price is asked}
"""
AT = {"lambda": 3.0, "worth": 0.6, "top": 1.0}
RANGE = "{between: [0, 1], points: 5,"


def wanted(text: str = HAGGLE, **formulas: str) -> dict[str, float]:
    return {k: float(v) for k, v in Game(protocol_of(text), wanted=formulas).solve(AT).items()}


def test_an_action_stands_for_one_action_an_amount() -> None:
    game = Game(protocol_of(HAGGLE))
    assert list(game.choices[(), None]) == ["leave", *(f"offer {x}" for x in ("0", "0.25", "0.5", "0.75", "1"))]
    assert protocol_of(HAGGLE).nodes["ask"].actions == ("leave", "offer")


def test_what_follows_an_amount_reads_it() -> None:
    found = wanted(left="expectation(left)", mean="expectation(1 - price) - (1 - choice(ask.offer))", wet="choice(weather.wet)")
    assert found["left"] == pytest.approx(found["mean"])
    chosen = wanted(asked="expectation(price)", paid="expectation(paid)")
    assert 0 < chosen["paid"] < chosen["asked"]
    plays = Game(protocol_of(HAGGLE)).solve(AT)
    wet = plays["play:offer 0.5/take/wet"] / (plays["play:offer 0.5/take/wet"] + plays["play:offer 0.5/take/dry"])
    assert wet == pytest.approx(0.25)


def test_a_range_counts_as_one_action_and_its_points_by_the_trapezium_rule() -> None:
    random = {**AT, "lambda": 0.0}
    chosen = {a: float(p) for a, p in Game(protocol_of(HAGGLE)).chosen(random)[(), None].items()}
    assert chosen["leave"] == pytest.approx(0.5)
    assert chosen["offer 0.5"] == pytest.approx(0.5 / 4)
    assert chosen["offer 0"] == pytest.approx(0.5 / 8)


def test_each_amount_of_a_list_counts_as_an_action() -> None:
    listed = edited(HAGGLE, RANGE, "{among: [0.2, 0.7],")
    chosen = {a: float(p) for a, p in Game(protocol_of(listed)).chosen({**AT, "lambda": 0.0})[(), None].items()}
    assert chosen == pytest.approx({"leave": 1 / 3, "offer 0.2": 1 / 3, "offer 0.7": 1 / 3})


def test_a_range_of_one_point_and_a_list_of_one_are_a_plain_action() -> None:
    """A range whose ends meet at a number's value weighs as much as the single action."""
    single = wanted(edited(HAGGLE, RANGE, "{among: [1],"), asked="choice(ask.offer)")
    met = wanted(edited(HAGGLE, RANGE, "{between: [top, 1], points: 5,"), asked="choice(ask.offer)")
    assert met["asked"] == pytest.approx(single["asked"])


def test_ends_may_be_formulas_and_amounts_are_then_shown_as_shares_of_the_way() -> None:
    text = edited(HAGGLE, RANGE, "{between: [top / 2, top], points: 3,")
    assert list(Game(protocol_of(text)).choices[(), None]) == ["leave", "offer 0%", "offer 50%", "offer 100%"]
    assert wanted(text, price="do(expectation(price), ask = offer)")["price"] > 0.5


def test_operators_speak_of_the_action_as_written() -> None:
    found = wanted(
        asked="choice(ask.offer)",
        price="expectation(price)",
        seen="given(expectation(price), ask = offer)",
        forced="do(choice(ask.offer), ask = offer)",
        forced_price="do(expectation(price), ask = offer)",
        wish="total_variation(moves(ask), wish(buyer, ask))",
    )
    assert found["seen"] == pytest.approx(found["price"] / found["asked"])
    assert found["forced"] == pytest.approx(1)
    # who is held to make an offer still chooses which, and leaves the odds among them as they were
    assert found["forced_price"] == pytest.approx(found["seen"])
    assert found["wish"] > 0.1


def general(text: str) -> str:
    """The same game in which the buyer does not see whether it will rain, which matters to nobody."""
    return edited(text, "      player: buyer\n", "      player: buyer\n      information: price tag\n")


def test_a_hidden_amount_is_solved_along_the_branch() -> None:
    """A buyer that does not see the price: a game that backward induction does not solve."""
    hidden = general(edited(HAGGLE, "points: 5", "points: 3"))
    protocol = protocol_of(hidden)
    assert Model(protocol).general
    measures = {"asked": "choice(ask.offer)", "held": "do(expectation(price), ask = offer)", "seen": "expectation(price)"}
    found = {k: float(v) for k, v in Game(protocol, wanted=measures).solve(AT).items()}
    prices = {a: found[f"choice::None:{a}"] for a in ("offer 0", "offer 0.5", "offer 1")}
    take = found["choice:offer 0:None:take"]
    # the seller's odds: a weight of its own for each point, and the precision times what it expects to be paid
    assert prices["offer 0.5"] / prices["offer 0"] == pytest.approx(2 * np.exp(3 * 0.5 * take))
    assert prices["offer 1"] / prices["offer 0"] == pytest.approx(np.exp(3 * take))
    assert 0 < found["held"] < 1


def test_a_game_with_families_does_not_depend_on_which_solver_is_used() -> None:
    """The same perfect-information game, once by backward induction, once as a system of equations."""
    from foedus.game.general import GeneralSolution
    from foedus.program.numpy_executor import execute

    model = Model(protocol_of(edited(HAGGLE, "points: 5", "points: 3")))
    world = model.world(model.numbers())
    exact, followed = world.solution, GeneralSolution(world.solution.stage)
    outputs = {f"{k}{n}": v for n, s in enumerate((exact, followed)) for k, v in enumerate(s.mean(model.tree))}
    found = execute(model.builder.program(outputs), AT)
    for k in range(4):
        assert found[f"{k}0"] == pytest.approx(found[f"{k}1"], abs=1e-9)


REFUSED = {
    "both a list and a range": (RANGE, "{among: [1], between: [0, 1],", "either 'among' a list or 'between'"),
    "points without a range": (RANGE, "{points: 5,", "'points' says how finely"),
    "an amount twice": (RANGE, "{among: [0.5, 0.5],", "stands twice"),
    "an amount without end": (RANGE, "{among: [.inf],", ""),
    "one point": ("points: 5", "points: 1", "points"),
    "a range without width": (RANGE, "{between: [1, 1],", "to itself"),
    "a range in another unit": (RANGE, "{between: [0, wealth],", "unknown name 'wealth'"),
    "a mark that is none": ("choose: price", "choose: prise", "unknown mark 'prise'"),
    "a plain mark": ("choose: price", "choose: paid", "has no amounts to choose from"),
    "chosen and set": ("{left: 1 - price}", "{price: 1}", "both chooses 'price' and sets it"),
    "chosen by chance": ("{probability: price / 2,", "{choose: price, probability: price / 2,", "chance chooses no amount"),
    "read before it is set": ("leave: {then: end}", "leave: {then: answer}", "reads the mark 'price'"),
    "read at the same move": ("{paid: price, bought: 1}", "{paid: price, bought: paid}", "reads the mark 'paid'"),
    "an action that is none": ("choice(ask.offer)", "choice(ask.ofer)", "'ofer' is not an action at 'ask'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    old, new, what = REFUSED[name]
    text = edited(HAGGLE, old, new)
    error = refused(lambda t: Model(protocol_of(t)), text)
    assert what in str(error)
    assert "toll.yaml" in str(error)


def test_the_line_of_a_wrong_choice_is_named() -> None:
    text = edited(HAGGLE, "choose: price", "choose: prise")
    assert f":{line_of(text, 'offer:')}" in str(refused(protocol_of, text))


def test_a_scenario_may_observe_the_action_as_written() -> None:
    protocol: Protocol = protocol_of(HAGGLE)
    node = protocol.nodes["ask"]
    assert node.members("offer") == tuple(f"offer {x}" for x in ("0", "0.25", "0.5", "0.75", "1"))
    assert node.members("offer 0.5") == ("offer 0.5",)
    assert node.members("ofer") == ()
