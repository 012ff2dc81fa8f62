"""Protocols: every name known, every unit right, nothing circular, every play complete.

Each mistake is one edit of a good file.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from helpers import TOLL, Game, edited, line_of, protocol_of, refused

from foedus.errors import MeaningError, NotFoundError, UnsolvableError
from foedus.game.tree import unfold
from foedus.model.model import Model
from foedus.protocol.loader import load_protocol, shipped

PASSING = "passing: {formula: probability(passed), meaning: probability of passing}"
FOG = 'fog: {formula: "sum(k in road: traffic[k]) / 2", meaning: chance of fog}'
GUARD = "guard: caught * zeal[guard] + fine * paid / 2"
WEALTH = "next: wealth + gold * effort - fine * paid"
RHO = "next: (1 - chi) * posterior(guard.strict) + chi / 2"


def measure(formula: str, old: str = PASSING) -> tuple[str, str]:
    return old, f'passing: {{formula: "{formula}", meaning: m}}'


NAMES = {
    "misspelt in a payoff": (GUARD, "guard: caugt * zeal[guard]", "unknown name 'caugt'", "caught"),
    "misspelt in a definition": (FOG, 'fog: {formula: "trafic[north]", meaning: m}', "unknown name 'trafic'", "traffic"),
    "misspelt in a belief": ("{strict: rho, lax: 1 - rho}", "{strict: rhoo, lax: 1 - rho}", "unknown name 'rhoo'", "rho"),
    "misspelt in a probability": ("probability: 1 - fog", "probability: 1 - smog", "unknown name 'smog'", "fog"),
    "a mark in a definition": (FOG, "fog: {formula: passed, meaning: m}", "the mark 'passed' cannot be used here", ""),
    "a lever in a start": ("start: gold, next", "start: gold * effort, next", "the lever 'effort' cannot be used here", ""),
    "a measure in a payoff": (GUARD, "guard: crossing", "the measure 'crossing' cannot be used here", ""),
    "another's type in a belief": (
        "{strict: rho, lax: 1 - rho}",
        '{strict: "zeal[guard] / gold", lax: 1 - rho}',
        "'guard' is not one of",
        "",
    ),
    "an index missing": (GUARD, "guard: caught * zeal", "an index is missing", ""),
    "an index too many": (GUARD, "guard: caught * fine[strict]", "'fine' has no index", "write fine"),
    "an index misspelt": (FOG, 'fog: {formula: "traffic[nort]", meaning: m}', "'nort' is not one of 'road'", "north"),
    "a set misspelt": (FOG, 'fog: {formula: "sum(k in raod: traffic[k])", meaning: m}', "unknown set 'raod'", "road"),
    "over an unknown set": ("zeal: {unit: coin, over: guard", "zeal: {unit: coin, over: gaurd", "unknown set 'gaurd'", "guard"),
    "a function": (FOG, "fog: {formula: tanh(1), meaning: m}", "unknown function 'tanh'", ""),
    "an operator in a payoff": (GUARD, "guard: choice(gate.cross)", "choice() cannot be used here", ""),
    "an operator misspelt": (*measure("chioce(gate.cross)"), "unknown function 'chioce'", "choice"),
    "a node": ("cross: {then: weather}", "cross: {then: wether}", "leads to an unknown node 'wether'", "weather"),
    "a node that is not seen": (
        "      player: guard\n",
        "      player: guard\n      blind_to: [gte]\n",
        "is blind to an unknown node 'gte'",
        "gate",
    ),
    "a start": ("start: gate", "start: gates", "unknown node 'gates'", "gate"),
    "a player at a node": ("player: guard", "player: gaurd", "unknown player 'gaurd'", "guard"),
    "a player without payoff": (GUARD, "", "no of for player 'guard'", "guard"),
    "a payoff without player": (GUARD, GUARD + "\n    king: 0", "unknown player 'king'", ""),
    "a mark": ("stop: {marks: {caught: 1}", "stop: {marks: {cought: 1}", "unknown mark 'cought'", "caught"),
    "a citation": ("cites: [nobody_1900]", "cites: [nobody_1901]", "'nobody_1901' is cited", "nobody_1900"),
    "declared twice": ("  care: {meaning", "  fine: {meaning", "'fine' is declared twice", "rename"),
    "a word of the language": ("  care: {meaning", "  exp: {meaning", "'exp' is a word of the language", ""),
    "not a name": ("  care: {meaning", '  "ca re": {meaning', "'ca re' is not a name", ""),
    "a set and a quantity": ("  care: {meaning", "  road: {meaning", "names both a set and a quantity", ""),
    "an empty set": ("road: [north, south]", "road: []", "is empty", ""),
    "an element twice": ("road: [north, south]", "road: [north, north]", "names an element twice", ""),
}
UNITS = {
    "a definition": (FOG, "fog: {formula: fine, meaning: m}", "in coin, but 1 is declared", ""),
    "a payoff": (GUARD, "guard: caught", "in 1, but coin is declared", ""),
    "a sum": (GUARD, "guard: caught * zeal[guard] + weight", "mixes the units coin and load", ""),
    "a state": (WEALTH, "next: wealth * gold", "in coin^2, but coin is declared", ""),
    "a precision": ("lambda: {unit: 1/coin", "lambda: {unit: coin", "in coin, but 1/coin is declared", ""),
    "a measure": (*measure("fine"), "in coin, but 1 is declared", ""),
    "an unknown unit": ("fine: {unit: coin", "fine: {unit: coyn", "unknown unit 'coyn'", "coin"),
    "a function": (FOG, "fog: {formula: exp(fine), meaning: m}", "exp() wants a pure number", ""),
    "a belief": ("{strict: rho, lax: 1 - rho}", "{strict: fine, lax: 1 - rho}", "in coin, but 1 is declared", ""),
    "a mark": ("turn_back: {marks: {passed: 0}", "turn_back: {marks: {passed: fine}", "in coin, but 1 is declared", ""),
    "a change under": (*measure("under(crossing, fine = weight)"), "'fine' is in coin, but its change is in load", ""),
}
CYCLES = {
    "a definition": (FOG, "fog: {formula: mist, meaning: m}\n  mist: {formula: fog, meaning: m}", "fog → mist → fog", ""),
    "a definition of itself": (FOG, "fog: {formula: fog, meaning: m}", "fog → fog", ""),
    "a measure": (*measure("passing"), "passing → passing", ""),
    "a start": ("start: rho_0", "start: rho", "'rho' is defined by itself", ""),
    "next": (WEALTH, "next: next(wealth)", "'wealth' is defined by itself", ""),
    "next of another": (
        f"{RHO}}}\n  wealth: {{unit: coin, start: gold, {WEALTH}",
        "next: next(wealth) / gold}\n  wealth: {unit: coin, start: gold, next: next(rho) * gold",
        "is defined by itself",
        "",
    ),
    "the game": (
        "pay: {marks: {passed: 1, paid: 1}, then: end}",
        "pay: {then: gate}",
        "the game returns to 'gate' without end",
        "",
    ),
}
PLAYS = {
    "a mark missing": (
        "argue: {marks: {passed: 0}, then: end}",
        "argue: {then: end}",
        "ends here without the mark 'passed'",
        "default",
    ),
    "a mark twice": (
        "cross: {then: weather}",
        "cross: {marks: {passed: 1}, then: weather}",
        "sets the mark 'passed' twice",
        "once",
    ),
    "a node that no play reaches": (
        "cross: {then: weather}",
        "cross: {marks: {passed: 1}, then: end}",
        "no play reaches the node",
        "",
    ),
    "a node without actions": (
        "      actions:\n        turn_back: {marks: {passed: 0}, then: end}\n        cross: {then: weather}\n",
        "",
        "'gate' has no action",
        "",
    ),
    "a player and chance": ("      chance:\n", "      player: guard\n      chance:\n", "must have either a player or chance", ""),
    "neither player nor chance": (
        "      player: guard\n      actions",
        "      actions",
        "must have either a player or chance",
        "",
    ),
    "chance without probability": ("clear: {probability: 1 - fog, then", "clear: {then", "has no probability", "probability"),
}
WAVE = "{by: guard, to: traveller, node: check, action: wave, meaning: m}"
MEASURES = "measures:\n  crossing:"
PROMISES = {
    "by nobody": (
        MEASURES,
        f"promises:\n  pass: {WAVE.replace('by: guard', 'by: gaurd')}\n{MEASURES}",
        "unknown player 'gaurd'",
        "guard",
    ),
    "to nobody": (
        MEASURES,
        f"promises:\n  pass: {WAVE.replace('traveller', 'travler')}\n{MEASURES}",
        "unknown player 'travler'",
        "traveller",
    ),
    "at no node": (MEASURES, f"promises:\n  pass: {WAVE.replace('check', 'chek')}\n{MEASURES}", "unknown node 'chek'", "check"),
    "of no action": (
        MEASURES,
        f"promises:\n  pass: {WAVE.replace('wave', 'wve')}\n{MEASURES}",
        "'wve' is not an action at 'check'",
        "wave",
    ),
    "of another's move": (
        MEASURES,
        f"promises:\n  pass: {WAVE.replace('check, action: wave', 'plea, action: pay')}\n{MEASURES}",
        "'plea' is not a node of 'guard'",
        "traveller",
    ),
}
OPERATORS = {
    "seen moves that exclude each other": (
        *measure("given(passing, gate = turn_back, check = stop)"),
        "no play of the game holds the moves",
        "",
    ),
    "seen moves that change nothing": (
        *measure("given(crossing, check = stop)"),
        "given() does not change choice()",
        "posterior()",
    ),
    "next of a number": (
        "next: (1 - chi) * posterior(guard.strict) + chi / 2",
        "next: next(fine) / gold",
        "next() takes the name of a state",
        "",
    ),
    "a power of a mark in next": (
        "next: wealth + gold * effort - fine * paid",
        "next: wealth + gold * passed^2",
        "a power of a mark in 'next'",
        "one mark",
    ),
    "a product of marks in next": (
        "next: wealth + gold * effort - fine * paid",
        "next: wealth + gold * passed * paid",
        "a product of marks in 'next'",
        "one mark",
    ),
    "not a move": (*measure("choice(gate)"), "choice() takes a move", ""),
    "an unknown action": (*measure("choice(gate.crss)"), "'crss' is not an action at 'gate'", "cross"),
    "an unknown node": (*measure("choice(gat.cross)"), "'gat' is not a node", "gate"),
    "a vector as a quantity": (*measure("moves(gate)"), "a distribution is not a quantity", "total_variation"),
    "a vector added": (*measure("moves(gate) + 1"), "a distribution is not a quantity", "total_variation"),
    "a vector after": (*measure("after(moves(gate))"), "a distribution is not a quantity", "total_variation"),
    "a number for a distribution": (*measure("total_variation(1, moves(gate))"), "takes two distributions", ""),
    "distributions over different actions": (
        *measure("total_variation(moves(gate), after(moves(plea)))"),
        "over different actions",
        "",
    ),
    "a vector under": (*measure("under(moves(gate), rho = 1) + 1"), "a distribution is not a quantity", "total_variation"),
    "do without a move": (*measure("do(crossing)"), "do() wants at least one move", ""),
    "do an unknown action": (*measure("do(crossing, gate = crss)"), "'crss' is not an action", "cross"),
    "under without a change": (*measure("under(crossing)"), "under() wants at least one change", ""),
    "under a measure": (*measure("under(crossing, trust = 1)"), "'trust' cannot be changed", ""),
    "posterior of a player without types": (*measure("posterior(traveller.strict)"), "takes a player's type", "guard.strict"),
    "value of nobody": (*measure("value(king) / gold"), "'king' is not a player", ""),
    "too many arguments": (*measure("choice(gate.cross, check.stop)"), "choice() takes", ""),
    "next in a measure": (*measure("next(rho)"), "next() cannot be used in a measure", ""),
    "expectation of a measure": (*measure("expectation(crossing)"), "the measure 'crossing' cannot be used here", ""),
    "a move alone": (*measure("gate.cross"), "is a move, not a quantity", "choice(gate.cross)"),
}


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(c, id=f"{group}: {name}")
        for group, cases in (
            ("names", NAMES),
            ("units", UNITS),
            ("cycles", CYCLES),
            ("plays", PLAYS),
            ("promises", PROMISES),
            ("operators", OPERATORS),
        )
        for name, c in cases.items()
    ],
)
def test_a_mistake_is_refused_where_it_stands(case: tuple[str, str, str, str]) -> None:
    old, new, what, fix = case
    text = edited(TOLL, old, new)
    error = refused(protocol_of, text)
    assert isinstance(error, MeaningError)
    assert what in error.what
    assert fix in error.fix
    assert error.place is not None
    assert error.place.file == "toll.yaml"


@pytest.mark.parametrize(
    ("case", "part"),
    [
        (NAMES["misspelt in a payoff"], "guard: caugt"),
        (NAMES["misspelt in a probability"], "clear:"),
        (UNITS["a state"], "next: wealth * gold"),
        (CYCLES["a definition"], "fog: {formula: mist"),
        (PLAYS["a mark missing"], "argue:"),
        (PLAYS["chance without probability"], "clear:"),
        (OPERATORS["an unknown action"], "passing:"),
    ],
)
def test_the_line_is_that_of_the_mistake(case: tuple[str, str, str, str], part: str) -> None:
    text = edited(TOLL, *case[:2])
    error = refused(protocol_of, text)
    assert error.place is not None
    assert error.place.line == line_of(text, part)


def test_the_good_file_is_good() -> None:
    protocol = protocol_of()
    assert list(protocol.state) == ["rho", "wealth"]
    assert protocol.sets["guard"] == ("strict", "lax")
    assert str(protocol.payoff_unit) == "coin"


def test_a_digest_speaks_for_the_whole_file() -> None:
    assert protocol_of().digest == protocol_of("# a comment\n" + TOLL).digest
    assert protocol_of().digest != protocol_of(edited(TOLL, "fine * paid / 2", "fine * paid / 3")).digest


@pytest.mark.parametrize("name", ["core", "intervention"])
def test_shipped_protocols_load(name: str) -> None:
    assert load_protocol(name).name == name
    assert name in shipped("foedus.protocol")


def test_an_unknown_protocol_and_a_file(tmp_path: Path) -> None:
    assert refused(load_protocol, "cor").fix == "did you mean 'core'?"
    assert isinstance(refused(load_protocol, tmp_path / "none.yaml"), NotFoundError)
    (tmp_path / "toll.yml").write_text(TOLL)
    assert load_protocol("toll.yml", tmp_path).name == "toll"


FORGETS = "    plea:\n      player: traveller\n"


def test_a_player_that_forgets_cannot_be_solved() -> None:
    """The plea of a traveller that no longer knows whether it set out: at two positions, after different moves of its own."""
    twice = edited(TOLL, "turn_back: {marks: {passed: 0}, then: end}", "turn_back: {then: check}")
    error = refused(Model, protocol_of(edited(twice, FORGETS, FORGETS + "      information: anywhere\n")))
    assert isinstance(error, UnsolvableError)
    assert "'traveller' has forgotten" in error.what
    assert error.place is not None


def test_an_information_set_has_one_mover_and_one_set_of_actions() -> None:
    text = edited(TOLL, FORGETS, FORGETS + "      information: here\n")
    text = edited(text, "      player: guard\n", "      player: guard\n      information: here\n")
    error = refused(Model, protocol_of(text))
    assert isinstance(error, UnsolvableError)
    assert "share an information set but not their players" in error.what


def test_a_type_that_moves_twice_is_no_case_for_backward_induction() -> None:
    text = edited(TOLL, FORGETS, "    plea:\n      player: guard\n")
    assert Model(protocol_of(text)).general
    assert not Model(protocol_of()).general


def test_a_type_that_moves_on_two_ways_is_one() -> None:
    text = edited(TOLL, "turn_back: {marks: {passed: 0}, then: end}", "turn_back: {then: check}")
    assert not Model(protocol_of(text)).general


def chain(count: int, links: str) -> str:
    """The toll gate behind a row of chance nodes."""
    nodes = "".join(links.format(k=k, next=f"n{k + 1}" if k < count - 1 else "gate") for k in range(count))
    return edited(edited(TOLL, "  nodes:\n", "  nodes:\n" + nodes), "start: gate", "start: n0")


BOTH = "    n{k}: {{chance: {{a: {{probability: 0.5, then: {next}}}, b: {{probability: 0.5, then: {next}}}}}}}\n"
ONE = "    n{k}: {{chance: {{a: {{probability: 1, then: {next}}}}}}}\n"


def test_a_game_with_too_many_plays_is_refused_at_once() -> None:
    start = time.perf_counter()
    assert "more than 5,000 plays" in refused(protocol_of, chain(20, BOTH)).what
    assert time.perf_counter() - start < 2


def test_subtrees_written_once_are_entered_by_every_path() -> None:
    tree = unfold(protocol_of(chain(3, BOTH)))
    assert sum(at.node == "plea" for at in tree.positions) == 8


def works_or_is_refused(text: str) -> None:
    """A file is used, or refused with a message; never a traceback."""
    try:
        Game(protocol_of(text), wanted={"passing": "passing"})
    except MeaningError:
        return


def test_a_long_game_works_or_is_refused() -> None:
    works_or_is_refused(chain(1500, ONE))


def test_a_long_row_of_definitions_works_or_is_refused() -> None:
    row = "".join(f"  d{k}: {{formula: d{k - 1} + 1, meaning: m}}\n" for k in range(1, 1500))
    text = edited(TOLL, "marks:\n  passed: {m", f"  d0: {{formula: 1, meaning: m}}\n{row}marks:\n  passed: {{m")
    works_or_is_refused(edited(text, *measure("d1499")))
