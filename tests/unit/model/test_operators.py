"""Operators of the modelling language: what each computes, against the plain solver."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import TOLL, Game, edited, protocol_of
from helpers_oracle import Brute

from foedus.model.dynamics import recurrence
from foedus.model.model import Model
from foedus.program.numpy_executor import execute, iterate
from foedus.protocol.protocol import Protocol

NUMBERS = {
    "lambda": 3.0,
    "rho_0": 0.4,
    "chi": 0.1,
    "fine": 0.5,
    "zeal[strict]": 0.7,
    "zeal[lax]": -0.6,
    "traffic[north]": 0.2,
    "traffic[south]": 0.5,
    "gold": 1.3,
    "weight": 2.0,
}
SEEN = {"gate": "cross", "check": "stop"}
# the toll gate with a check on both ways, so that the node stands at two positions of the tree
TWICE = edited(TOLL, "turn_back: {marks: {passed: 0}, then: end}", "turn_back: {marks: {}, then: check}")


@pytest.fixture(scope="module")
def toll() -> Protocol:
    return protocol_of()


def value(protocol: Protocol, formula: str, **changes: float) -> float:
    return float(Game(protocol, wanted={"v": formula}).solve(NUMBERS | changes)["v"])


@pytest.fixture(scope="module")
def brute(toll: Protocol) -> Brute:
    return Brute(toll, NUMBERS)


def test_choice(toll: Protocol, brute: Brute) -> None:
    for node, action in (("gate", "cross"), ("weather", "clear"), ("check", "stop"), ("plea", "pay")):
        assert value(toll, f"choice({node}.{action})") == pytest.approx(brute.choice(node, action), abs=1e-14)


def test_choice_at_a_node_that_stands_twice() -> None:
    """The probability given that the node is reached, wherever that is."""
    protocol = protocol_of(TWICE)
    solved = Brute(protocol, NUMBERS)
    for formula, node, action in (("choice(check.stop)", "check", "stop"), ("choice(plea.pay)", "plea", "pay")):
        assert value(protocol, formula) == pytest.approx(solved.choice(node, action), abs=1e-14)


def test_probability_and_expectation(toll: Protocol, brute: Brute) -> None:
    for formula in ("passed", "paid * passed", "passed - caught / 3"):
        assert value(toll, f"expectation({formula})") == pytest.approx(brute.expected(formula), abs=1e-14)
        assert value(toll, f"probability({formula})") == value(toll, f"expectation({formula})")


@pytest.mark.parametrize("player", ["traveller", "guard"])
def test_value(player: str, toll: Protocol, brute: Brute) -> None:
    assert value(toll, f"value({player})") == pytest.approx(brute.value(player), abs=1e-14)


@pytest.mark.parametrize("player", ["traveller", "guard"])
@pytest.mark.parametrize("node", ["weather", "check", "plea"])
def test_value_at_a_node_is_what_is_expected_of_those_who_get_there(player: str, node: str, toll: Protocol, brute: Brute) -> None:
    """A node after the guard's move is reached more often by one type than by the other."""
    expected = weight = 0.0
    for types, path, marks, p in brute.plays():
        if node in dict(path):
            own = {player: types[player]} if types[player] else {}
            weight += p
            expected += p * brute.eval(toll.payoffs[player].text, {**marks, **own})
    assert value(toll, f"value({player}, {node})") == pytest.approx(expected / weight, abs=1e-13)


def test_total_variation(toll: Protocol) -> None:
    found = value(toll, "total_variation(moves(check), under(moves(check), rho = 1))")
    strict = value(toll, "choice(check.stop)", rho_0=1.0)
    assert found == pytest.approx(abs(value(toll, "choice(check.stop)") - strict), abs=1e-14)
    assert value(toll, "total_variation(moves(gate), moves(gate))") == 0


@pytest.mark.parametrize(("player", "node"), [("traveller", "gate"), ("traveller", "plea"), ("guard", "check")])
def test_a_players_wish_at_its_own_node_is_its_moves(player: str, node: str, toll: Protocol) -> None:
    assert value(toll, f"total_variation(moves({node}), wish({player}, {node}))") == pytest.approx(0, abs=1e-14)


def test_a_wish_is_the_choice_of_another(toll: Protocol, brute: Brute) -> None:
    """What the traveller would have the guard do, by the traveller's own payoff."""
    forced = [
        Brute(toll, NUMBERS, {"gate": "cross", "weather": "clear", "check": a}).value("traveller") for a in ("wave", "stop")
    ]
    stop = 1 / (1 + np.exp(3.0 * (forced[0] - forced[1])))
    mine = value(toll, "total_variation(moves(check), wish(traveller, check))")
    assert mine == pytest.approx(abs(stop - brute.choice("check", "stop")), abs=1e-14)


def test_under_changes_and_only_there(toll: Protocol) -> None:
    assert value(toll, "under(choice(gate.cross), fine = 0.9)") == value(toll, "choice(gate.cross)", fine=0.9)
    assert value(toll, "under(choice(gate.cross), fine = fine / 2, rho = 1)") == value(
        toll, "choice(gate.cross)", fine=0.25, rho_0=1.0
    )
    assert value(toll, "under(fog, traffic = 0.5)") == 0.5
    assert value(toll, "under(choice(gate.cross), fog = 1)") == value(
        toll, "choice(gate.cross)", **{"traffic[north]": 1.0, "traffic[south]": 1.0}
    )


def test_do_forces_and_everybody_knows(toll: Protocol) -> None:
    forced = Brute(toll, NUMBERS, {"check": "stop"})
    assert value(toll, "do(value(traveller), check = stop)") == pytest.approx(forced.value("traveller"), abs=1e-14)
    assert value(toll, "do(choice(gate.cross), check = stop)") == pytest.approx(forced.choice("gate", "cross"), abs=1e-14)
    assert value(toll, "do(probability(caught), gate = cross, weather = clear, check = stop)") == 1


def test_given_conditions_and_nobody_knew(toll: Protocol, brute: Brute) -> None:
    for formula in ("passed", "paid", "caught"):
        mine = value(toll, f"given(expectation({formula}), gate = cross, check = stop)")
        assert mine == pytest.approx(brute.expected(formula, SEEN), abs=1e-14)


def test_do_and_given_differ_in_what_is_learnt(toll: Protocol, brute: Brute) -> None:
    seen = value(toll, "given(posterior(guard.strict), gate = cross, check = stop)")
    assert seen == pytest.approx(brute.posterior("guard", "strict", SEEN), abs=1e-14)
    assert seen > 0.5
    assert value(toll, "do(posterior(guard.strict), check = stop)") == pytest.approx(0.4)
    assert value(toll, "posterior(guard.strict)") == pytest.approx(0.4)


def test_given_a_move_of_one_without_types_teaches_nothing(toll: Protocol) -> None:
    assert value(toll, "given(posterior(guard.strict), gate = turn_back)") == pytest.approx(0.4)


def test_given_and_do_on_what_follows(toll: Protocol, brute: Brute) -> None:
    after = brute.after({}, SEEN).names
    assert value(toll, "given(after(rho), gate = cross, check = stop)") == pytest.approx(after["rho"], abs=1e-14)
    assert value(toll, "given(after(wealth), gate = cross, check = stop) / gold") == pytest.approx(
        after["wealth"] / 1.3, abs=1e-14
    )
    forced = Brute(toll, NUMBERS, {"check": "stop"})
    assert value(toll, "do(after(rho), check = stop)") == pytest.approx(0.9 * 0.4 + 0.05)
    assert value(toll, "do(after(wealth), check = stop) / gold") == pytest.approx(
        1 - 0.5 * forced.expected("paid") / 1.3, abs=1e-14
    )


def test_after(toll: Protocol, brute: Brute) -> None:
    """Unseen, the next crisis inherits expected marks, and beliefs move by drift alone."""
    after = brute.after({}, {})
    assert value(toll, "after(rho)") == pytest.approx(0.9 * 0.4 + 0.05, abs=1e-14)
    assert after.names["rho"] == pytest.approx(0.9 * 0.4 + 0.05, abs=1e-14)
    assert value(toll, "after(choice(gate.cross))") == pytest.approx(after.choice("gate", "cross"), abs=1e-13)
    twice = after.after({}, {})
    assert value(toll, "after(after(choice(gate.cross)))") == pytest.approx(twice.choice("gate", "cross"), abs=1e-13)


def test_under_holds_in_later_crises_too_except_for_state(toll: Protocol) -> None:
    assert value(toll, "under(after(wealth), fine = 0) / gold") == pytest.approx(1)
    assert value(toll, "under(after(rho), rho = 1)") == pytest.approx(0.95)


def test_moves_that_no_play_holds_together_are_refused(toll: Protocol) -> None:
    from foedus.errors import MeaningError

    with pytest.raises(MeaningError, match="no play of the game holds"):
        value(toll, "given(passing, gate = turn_back, check = stop)")


def test_what_is_asked_of_a_node_that_is_not_reached_is_what_would_be_chosen_there(toll: Protocol) -> None:
    assert value(toll, "do(choice(plea.pay), gate = turn_back)") == pytest.approx(value(toll, "choice(plea.pay)"))


@pytest.mark.parametrize("precision", [1e3, 1e5])
def test_beliefs_are_exact_where_probabilities_underflow(precision: float, toll: Protocol) -> None:
    """A lax guard stops nobody and a strict one everybody: at high precision either proves the type."""
    changes = {"lambda": precision}
    assert value(toll, "given(posterior(guard.strict), check = stop)", **changes) == pytest.approx(1)
    assert value(toll, "given(posterior(guard.strict), check = wave)", **changes) == pytest.approx(0, abs=1e-12)


# two checks that differ: the guard gains by waving through who turned back
APART = edited(edited(TOLL, "turn_back: {marks: {passed: 0}, then: end}", "turn_back: {marks: {back: 1}, then: check}"),
               "  paid: {default: 0", "  back: {default: 0, meaning: m}\n  paid: {default: 0")  # fmt: skip
APART = edited(APART, "traveller: gold * passed", "traveller: 0 - gold * caught * back / 2 + gold * passed")


@pytest.mark.parametrize("precision", [3.0, 300.0, 3e3, 3e5])
def test_measures_stay_numbers_where_nobody_gets(precision: float) -> None:
    """Also at nodes that stand at several positions, all of them hardly ever reached."""
    protocol = protocol_of(APART)
    numbers = {"lambda": precision, "zeal[strict]": -2.0, "zeal[lax]": -3.0}
    for formula in ("choice(check.stop)", "choice(plea.pay)", "value(traveller, plea) / gold", "value(guard, plea) / gold"):
        assert np.isfinite(value(protocol, formula, **numbers)), formula
    limit = Game(protocol, limit=True, wanted={"v": "value(traveller, plea) / gold"})
    assert np.isfinite(limit.solve(NUMBERS | numbers)["v"])


def test_crises_one_after_another_are_those_of_after(toll: Protocol, brute: Brute) -> None:
    """The recurrence, which is run forward, against worlds, in which claims are judged, under a lever."""
    steps = recurrence(toll, records=["crossing", "trust", "riches"])
    parameters = np.array([[NUMBERS[n]] for n in steps.parameters])
    controls = np.zeros((1, 3, 2))
    controls[0, 1, 0] = 0.5
    _, records = iterate(steps, parameters, controls)
    model = Model(toll)
    idle, work = model.levers({}), model.levers({"effort": 0.5})
    world = model.world(model.numbers() | idle, future=(work, idle))
    plain = brute
    for t, levers in enumerate(({}, {"effort": 0.5}, {"effort": 0.0})):
        if t:
            world, plain = world.after(), plain.after(levers, {})
        outputs = {n: world.quantity(n) for n in ("crossing", "trust", "riches")}
        found = execute(model.builder.program(outputs), NUMBERS)
        np.testing.assert_allclose([found[n] for n in outputs], records[0, t, :, 0], rtol=1e-12)
        assert float(found["crossing"]) == pytest.approx(plain.choice("gate", "cross"), abs=1e-13)
        assert float(found["riches"]) == pytest.approx(plain.names["wealth"], abs=1e-13)


def test_sampled_play_averages_to_expected_marks(toll: Protocol) -> None:
    """One play in each draw, by its probability: means of marks agree, and each is 0 or 1."""
    steps = recurrence(toll, play="sampled", records=["mark:paid", "mark:caught", "mark:passed"])
    draws = 40_000
    parameters = np.array([np.full(draws, NUMBERS[n]) for n in steps.parameters])
    noise = (np.arange(draws) + 0.5)[None, None] / draws
    _, records = iterate(steps, parameters, np.zeros((1, 1, 2)), noise)
    marks = records[0, 0]
    assert set(np.unique(marks)) == {0.0, 1.0}
    brute = Brute(toll, NUMBERS)
    assert marks.mean(axis=1) == pytest.approx([brute.expected(m) for m in ("paid", "caught", "passed")], abs=1e-3)


def test_sampled_play_teaches_by_what_happened(toll: Protocol) -> None:
    steps = recurrence(toll, play="sampled", records=["mark:caught"])
    draws = 1000
    parameters = np.array([np.full(draws, NUMBERS[n]) for n in steps.parameters])
    last, records = iterate(steps, parameters, np.zeros((1, 1, 2)), (np.arange(draws) + 0.5)[None, None] / draws)
    rho, caught = last[0, steps.state.index("rho")], records[0, 0, 0] == 1
    expected = 0.9 * Brute(toll, NUMBERS).posterior("guard", "strict", SEEN) + 0.05
    np.testing.assert_allclose(rho[caught], expected, rtol=1e-12)
    assert rho[~caught].max() < rho[caught].min()
