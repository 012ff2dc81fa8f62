"""Logit equilibria that are published, or that the modelling brief reproduced: rows 4 to 8 of its section 2, as protocols.

Each game is written in the protocol language, with its information sets, so that reading, unfolding and solving are tested too.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from helpers import Game, protocol_of, scenario_of

from foedus.model.multiplicity import equilibria
from foedus.model.solve import solve
from foedus.program.gradient import gradient
from foedus.program.numpy_executor import execute
from foedus.protocol.loader import load_protocol

HEAD = """\
protocol: toll
format: 1
title: "{title}"
players: {{one: {{}}, two: {{}}}}
numbers:
  lambda: {{support: "[0, inf)", meaning: precision of choice}}
marks: {{a: {{meaning: payoff of one}}, b: {{meaning: payoff of two}}}}
payoffs: {{of: {{one: a, two: b}}}}
choice: {{precision: lambda}}
"""


def ends(a: float, b: float) -> str:
    return f"{{marks: {{a: {a}, b: {b}}}, then: end}}"


def matrix(title: str, payoffs: Sequence[Sequence[tuple[float, float]]]) -> str:
    """A game in strategic form: the second player does not see what the first has chosen."""
    text = HEAD.format(title=title) + "game:\n  start: rows\n  nodes:\n    rows:\n      player: one\n      actions:\n"
    text += "".join(f"        r{i}: {{then: after_{i}}}\n" for i in range(len(payoffs)))
    for i, row in enumerate(payoffs):
        text += f"    after_{i}:\n      player: two\n      information: columns\n      actions:\n"
        text += "".join(f"        c{j}: {ends(*paid)}\n" for j, paid in enumerate(row))
    return text


def first_actions(text: str, precision: float) -> list[float]:
    """The probability of the first action at each node, in the order of the tree."""
    chosen = Game(protocol_of(text)).chosen({"lambda": precision})
    return [float(next(iter(actions.values()))) for actions in chosen.values()]


CONSTANT_SUM = matrix("A constant-sum game from Gambit's tests", [[(1, 1), (1, 1)], [(0, 2), (1, 1)]])


@pytest.mark.parametrize(("precision", "row", "column"), [(1, 0.643, 0.5883), (2, 0.7727, 0.6117), (3, 0.8595, 0.6038)])
def test_constant_sum_game(precision: float, row: float, column: float) -> None:
    """Row 4: `const_sum_game` in Gambit's tests/test_nash.py."""
    found = first_actions(CONSTANT_SUM, precision)
    assert found[0] == pytest.approx(row, abs=6e-5)
    assert found[1] == found[2] == pytest.approx(column, abs=6e-5)


OCHS = matrix("Asymmetric matching pennies (Ochs 1995)", [[(1.1141, 0), (0, 1.1141)], [(0, 1.1141), (0.2785, 0)]])
OCHS_CHOICES = (128 * 0.527, 128 * 0.473, 128 * 0.366, 128 * 0.634)


def test_matching_pennies_at_the_estimate() -> None:
    """Row 5: the estimate from Ochs's data that Gambit's tutorial gives after McKelvey and Palfrey 1995."""
    row, column, _ = first_actions(OCHS, 1.8456)
    assert (row, column) == pytest.approx((0.61565, 0.38329), abs=1e-5)
    logs = np.log([row, 1 - row, column, 1 - column])
    assert logs @ OCHS_CHOICES == pytest.approx(-174.765, abs=1e-3)


def test_the_estimate_is_where_the_likelihood_is_flat() -> None:
    """Through the equilibrium's own derivative, by the implicit function theorem."""
    game = Game(protocol_of(OCHS))
    choices = list(game.choices.values())
    names = [*choices[0].values(), *choices[1].values()]
    slopes = [float(execute(gradient(game.program, n, ["lambda"]), {"lambda": 1.8456})["d:lambda"]) for n in names]
    chosen = [float(game.solve({"lambda": 1.8456})[n]) for n in names]
    score = sum(count * slope / p for count, slope, p in zip(OCHS_CHOICES, slopes, chosen, strict=True))
    assert score == pytest.approx(0, abs=2e-3)
    assert abs(slopes[0]) > 0.01


CENTIPEDE = HEAD.format(title="A centipede of four moves") + "game:\n  start: m0\n  nodes:\n"
for _k, _paid in enumerate([(0.8, 0.2), (0.4, 1.6), (3.2, 0.8), (1.6, 6.4)]):
    _on = f"{{then: m{_k + 1}}}" if _k < 3 else ends(12.8, 3.2)
    CENTIPEDE += f"    m{_k}: {{player: {'two' if _k % 2 else 'one'}, actions: {{take: {ends(*_paid)}, go_on: {_on}}}}}\n"


def test_centipede() -> None:
    """Row 6: the game of McKelvey and Palfrey 1992, in units of half its low stakes."""
    assert first_actions(CENTIPEDE, 1) == pytest.approx([0.236193, 0.376299, 0.761577, 0.960834], abs=1e-6)


SELTEN_2 = (
    HEAD.format(title="Selten 1975, figure 2")
    + f"""\
game:
  start: first
  nodes:
    first: {{player: one, actions: {{R: {ends(1, 1)}, L: {{then: second}}}}}}
    second: {{player: two, actions: {{R: {ends(0, 2)}, L: {{then: third}}}}}}
    third: {{player: one, actions: {{r: {ends(0, 3)}, l: {ends(2, 0)}}}}}
"""
)


def test_selten_figure_2() -> None:
    """Row 7: Selten 1975 (10.1007/BF01766400), figure 2."""
    assert first_actions(SELTEN_2, 1) == pytest.approx([0.671367, 0.837860, 0.119203], abs=1e-6)


# receiver's action by sender's message, for each type of sender: (sender, receiver). In the file that the brief solved the
# receiver gets 1 for a2 after m1 from t1; in Gambit's catalogue of 2026 it gets 2. Both are tested: the rest agrees.
BANKS_CAMERER_PORTER_2 = {
    "t1": {"m1": [(1, 2), (2, 2), (0, 3)], "m2": [(1, 2), (1, 1), (2, 1)], "m3": [(3, 1), (0, 0), (2, 1)]},
    "t2": {"m1": [(2, 2), (1, 4), (3, 2)], "m2": [(2, 2), (0, 4), (3, 1)], "m3": [(2, 2), (0, 0), (2, 1)]},
}


def signals(disputed: float) -> str:
    """The game as it is meant: the sender's type is private, and what it pays depends on message and answer."""
    outcomes = {kind: {m: list(row) for m, row in rows.items()} for kind, rows in BANKS_CAMERER_PORTER_2.items()}
    outcomes["t1"]["m1"][1] = (2, disputed)
    text = HEAD.format(title="Banks, Camerer and Porter 1994, game 2").replace("one: {}", "one: {types: {t1: 0.5, t2: 0.5}}")
    text = text.replace(
        "meaning: precision of choice}\n", "meaning: precision of choice}\n  here: {over: one, meaning: 1 for t2}\n"
    )
    text = text.replace("marks: {a: {meaning: payoff of one}, b: {meaning: payoff of two}}", "marks:")
    text = text.replace("payoffs: {of: {one: a, two: b}}\n", "")
    marks = [f"{player}_{kind}" for player in "ab" for kind in ("t1", "t2")]
    text = text.replace("marks:\n", "marks:\n" + "".join(f"  {m}: {{meaning: a payoff}}\n" for m in marks))
    text += "payoffs:\n  of:\n"
    for player, name in (("a", "one"), ("b", "two")):
        text += f"    {name}: {player}_t1 * (1 - here[one]) + {player}_t2 * here[one]\n"
    text += "game:\n  start: message\n  nodes:\n    message:\n      player: one\n      actions:\n"
    text += "".join(f"        {m}: {{then: answer_{m}}}\n" for m in ("m1", "m2", "m3"))
    for m in ("m1", "m2", "m3"):
        text += f"    answer_{m}:\n      player: two\n      actions:\n"
        for k in range(3):
            paid = {f"{p}_{kind}": outcomes[kind][m][k][i] for i, p in enumerate("ab") for kind in ("t1", "t2")}
            text += f"        a{k + 1}: {{marks: {{{', '.join(f'{n}: {u}' for n, u in paid.items())}}}, then: end}}\n"
    return text


SIGNALS = {"lambda": 1.0, "here[t1]": 0.0, "here[t2]": 1.0}


@pytest.mark.parametrize(
    ("disputed", "first", "second"),
    [
        (1, (0.214046, 0.189870, 0.596084), (0.406312, 0.193970, 0.399718)),
        (2, (0.230796, 0.184630, 0.584574), (0.383511, 0.198298, 0.418192)),
    ],
)
def test_signalling_game(disputed: float, first: tuple[float, ...], second: tuple[float, ...]) -> None:
    """Row 8: game 2 of Banks, Camerer and Porter 1994, as McKelvey and Palfrey 1998 (10.1023/A:1009905800005) solve it."""
    game = Game(protocol_of(signals(disputed)), wanted={"belief": "given(posterior(one.t1), message = m3)"})
    chosen = game.chosen(SIGNALS)
    assert [float(p) for p in chosen[(), "t1"].values()] == pytest.approx(first, abs=1e-6)
    assert [float(p) for p in chosen[(), "t2"].values()] == pytest.approx(second, abs=1e-6)
    assert float(game.solve(SIGNALS)["belief"]) == pytest.approx(first[2] / (first[2] + second[2]), abs=1e-6)


# --- several equilibria

ASSURANCE = matrix("Assurance: each would rather act if the other does", [[(2, 2), (0, 0.6)], [(0.6, 0), (1, 1)]])
SYMMETRIC = matrix("Meet at one of two places that are as good", [[(1, 1), (0, 0)], [(0, 0), (1, 1)]])
TRIP = """\
scenario: trip
format: 1
title: A game
protocol: toll.yaml
vantage: 2020-01-01
actors: {}
sources: {made: {publication: made up, date: 2020-01-01}}
numbers: {lambda: {value: 6, source: made}}
policies: {none: {meaning: nothing}}
policy: none
"""


def test_a_symmetric_game_forks_and_says_so(tmp_path: Path) -> None:
    """Coordination: beyond precision 2 uniform play is one of three equilibria, and the one that a small change would leave."""
    scenario = scenario_of(tmp_path, TRIP, SYMMETRIC)
    below = equilibria(scenario.with_numbers({"lambda": 1.9}))
    assert (len(below.solutions), below.status, below.balanced) == (1, "converged", True)
    found = equilibria(scenario)
    assert found.status == solve(scenario).status == "converged after another branch was met"
    assert (len(found.solutions), found.branch, found.signs, found.balanced) == (3, 0, (-1, 1, 1), True)
    assert found.solutions[0].nodes[0].actions["r0"] == pytest.approx(0.5)
    rows = sorted(s.nodes[0].actions["r0"] for s in found.solutions)
    assert rows[0] == pytest.approx(1 - rows[2])
    assert rows[2] == pytest.approx(1 / (1 + np.exp(-6 * (2 * rows[2] - 1))))
    assert max(found.residuals) < 1e-9


def test_an_almost_symmetric_game_takes_the_way_that_pays_more(tmp_path: Path) -> None:
    """However small the difference: the bend is sharp, and is followed."""
    for slant in (1e-2, 1e-4, 1e-6):
        tilted = matrix("Places almost as good", [[(1 + slant, 1 + slant), (0, 0)], [(0, 0), (1, 1)]])
        found = equilibria(scenario_of(tmp_path, TRIP, tilted), starts=100)
        assert (found.status, found.branch, found.signs[0]) == ("converged", 0, 1)
        assert found.solutions[0].nodes[0].actions["r0"] > 0.99


def test_the_branch_of_assurance_and_the_others(tmp_path: Path) -> None:
    scenario = scenario_of(tmp_path, TRIP, ASSURANCE)
    found = equilibria(scenario)
    assert (len(found.solutions), found.balanced, found.status) == (3, True, "converged")
    solved = solve(scenario)
    assert [n.actions for n in found.solutions[0].nodes] == [n.actions for n in solved.nodes]
    assert solved.nodes[0].actions["r0"] > 0.99
    again = equilibria(scenario)
    assert [s.payoffs for s in again.solutions] == [s.payoffs for s in found.solutions]
    assert equilibria(scenario, starts=0).residuals == found.residuals[:1]


def test_backward_induction_has_one(tmp_path: Path) -> None:
    found = equilibria(scenario_of(tmp_path, TRIP, SELTEN_2))
    assert (len(found.solutions), found.branch, found.balanced) == (1, 0, True)


# --- the shipped signalling protocol: Fearon 1997

CRISIS = {
    "lambda": 20.0,
    "rho": 0.4,
    "v_P": 1.0,
    "v_R": 1.0,
    "p": 0.5,
    "c_P[resolute]": 0.1,
    "c_P[irresolute]": 0.8,
    "c_R": 0.7,
    "k": 0.0,
    "a": 0.0,
}


@pytest.fixture(scope="module")
def crisis() -> Game:
    protocol = load_protocol("signalling")
    return Game(protocol, wanted={m: m for m in protocol.measures})


def test_cheap_talk_teaches_nothing(crisis: Game) -> None:
    found = crisis.solve(CRISIS)
    assert float(found["deterrence"]) == pytest.approx(0, abs=1e-9)
    assert float(found["belief_after_mobilising"]) == pytest.approx(0.4)


def test_tied_hands_are_believed_and_do_not_bluff(crisis: Game) -> None:
    """Fearon 1997: who ties its hands fights sooner than give way, and so deters; the irresolute would lose .3 by fighting."""
    found = crisis.solve(CRISIS | {"a": np.array([0.0, 0.2, 0.6, 1.0])})
    assert (np.diff(found["bluff"]) < 0).all()
    assert (np.diff(found["press_if_mobilised"]) < 0).all()
    assert found["bluff"][-1] < 1e-3
    assert found["press_if_mobilised"][-1] < 0.1


def test_sunk_costs_alone_are_paid_by_whoever_gains_most(crisis: Game) -> None:
    """They are the same for both types, and the irresolute patron gains more by not being pressed: it does not signal less."""
    found = crisis.solve(CRISIS | {"k": np.array([0.0, 0.1, 0.4])})
    assert (np.diff(found["mobilisation"]) < 0).all()
    assert found["belief_after_mobilising"] == pytest.approx(0.4, abs=1e-2)
