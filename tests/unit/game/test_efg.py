"""Game files of Gambit: read, refused, written."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers import TOLL, TRIP, edited, line_of, refused, scenario_of
from hypothesis import given
from hypothesis import strategies as st

from foedus.errors import NotFoundError
from foedus.game.efg import exact
from foedus.game.tree import check_solvable, unfold
from foedus.model.exchange import to_efg
from foedus.model.solve import Solved, solve
from foedus.protocol.efg import MAX_MOVES, MAX_NODES
from foedus.protocol.games import parse_game
from foedus.protocol.loader import build_protocol
from foedus.protocol.protocol import Protocol
from foedus.scenario.loader import load_scenario

HEAD = 'EFG 2 R "A game" { "Ann" "Bob" }\n"With a \\"comment\\",\non two lines."\n\n'
GAME = (
    HEAD
    + """\
c "" 1 "luck" { "good" 1/4 "bad" 0.75 } 1 "fee" { -1, 1/2 }
p "ask" 1 1 "asking" { "yes" "no" } 0
p "" 2 1 "" { "up" "down" } 2 "prize" { 3 -0.25 }
t "" 3 "x" { 1e1, +2.5e-1 }
t "" 0
t "" 4 "y" {0,.5}
p "" 1 2 "" { "yes" "no" } 0
p "" 2 1 0
t "" 3
t "" 4
t "" 0
"""
)


def protocol_of_game(text: str) -> Protocol:
    return build_protocol(parse_game(text, "some/game.efg"))


def paid(protocol: Protocol) -> dict[str, list[float]]:
    plays = unfold(protocol).plays
    return {"/".join(p.path): [float(f.text) for f in p.marks.values()] for p in plays}


# --- reading


def test_what_a_file_says() -> None:
    protocol = protocol_of_game(GAME)
    assert (protocol.name, protocol.title) == ("game", "A game")
    assert protocol.description == 'With a "comment", on two lines.'
    assert list(protocol.players) == ["Ann", "Bob"]
    assert list(protocol.marks) == ["payoff_Ann", "payoff_Bob"]
    assert list(protocol.numbers) == ["lambda"]
    assert protocol.nodes["ask"].place.line == line_of(GAME, 'p "ask"')
    tree = unfold(protocol)
    assert [at.information for at in tree.positions if at.player == "Bob"] == ["Bob 1", "Bob 1"]
    assert [protocol.nodes["luck"].branches[a].probability.text for a in ("good", "bad")] == ["0.25", "0.75"]  # type: ignore[union-attr]


def test_payoffs_add_up_on_the_way() -> None:
    assert paid(protocol_of_game(GAME)) == {
        "good/yes/up": [12, 0.5],
        "good/yes/down": [2, 0.25],
        "good/no": [-1, 1],
        "bad/yes/up": [9, 0.75],
        "bad/yes/down": [-1, 1],
        "bad/no": [-1, 0.5],
    }


def by_gambit(text: str) -> Any:
    """A game as Gambit reads it."""
    return pytest.importorskip("pygambit", reason="needs Gambit's own package").read_efg(io.StringIO(text))


def test_gambit_reads_the_same() -> None:
    game = by_gambit(GAME.replace("+2.5", "2.5").replace("{0,.5}", "{0,0.5}"))
    outcomes = {}

    def walk(at: Any, path: tuple[str, ...], so_far: list[float]) -> None:
        here = [u + float(at.outcome[p] if at.outcome else 0) for u, p in zip(so_far, game.players, strict=True)]
        if at.is_terminal:
            outcomes["/".join(path)] = here
        for action, child in zip(at.infoset.actions if at.infoset else (), at.children, strict=True):
            walk(child, (*path, action.label), here)

    walk(game.root, (), [0.0, 0.0])
    assert outcomes == paid(protocol_of_game(GAME))


@pytest.mark.parametrize("kind", ["R", "D"])
@pytest.mark.parametrize(("labels", "names"), [('"x" "x"', ["x_1", "x_2"]), ('"" ""', ["_1", "_2"]), ('"a" ""', ["a", "_2"])])
def test_labels_are_made_different(kind: str, labels: str, names: list[str]) -> None:
    text = f'EFG 2 {kind} "" {{ "A" "A" }} p "end" 1 1 "" {{ {labels} }} 0 t "" 1 "" {{ 1 2 }} t "" 0'
    protocol = protocol_of_game(text)
    (node,) = protocol.nodes.values()
    assert list(protocol.players) == ["A_1", "A_2"]
    if names[0] != "a":
        assert list(node.branches) == names
    assert len(set(node.branches)) == 2
    assert node.name != "end"
    assert protocol.title == "game"


def test_slashes_in_labels_do_not_make_one_path_of_two() -> None:
    text = HEAD + 'p "" 1 1 "" { "a/b" "a" } 0\nt "" 0\np "" 2 1 "" { "b" "c" } 0\nt "" 0\nt "" 0\n'
    paths = ["/".join(p.path) for p in unfold(protocol_of_game(text)).plays]
    assert len(set(paths)) == len(paths) == 3


def test_a_file_is_solved_like_a_scenario(tmp_path: Path) -> None:
    (tmp_path / "g.efg").write_text(GAME)
    scenario = load_scenario(tmp_path / "g.efg")
    assert scenario.central() == {"lambda": 1.0}
    one, two = solve(scenario), solve(scenario.with_numbers({"lambda": 2}))
    assert one.nodes[1].node == "ask"
    assert one.precision == 1
    assert two.nodes[1].actions["yes"] != one.nodes[1].actions["yes"]
    assert "outside" in refused(scenario.with_numbers, {"lambda": 1e9}).what


def test_a_scenario_may_have_a_game_file_as_protocol(tmp_path: Path) -> None:
    (tmp_path / "toll.efg").write_text(GAME)
    text = "scenario: s\nformat: 1\ntitle: t\nprotocol: toll.efg\nvantage: 2020-01-01\nactors: {}\n"
    text += "sources: {x: {publication: y, date: 2020-01-01}}\nnumbers: {lambda: {value: 2, source: x}}\n"
    text += "policies: {none: {meaning: nothing}}\npolicy: none\n"
    assert solve(scenario_of(tmp_path, text)).precision == 2


# --- refusing

BODY = 'p "" 1 1 "" { "x" "y" } 0\nt "" 1 "o" { 1 2 }\np "" 2 1 "" { "a" "b" } 0\nt "" 2 "q" { 3 4 }\nt "" 0\n'
LUCK = 'c "" 1 "" { "a" 1/2 "b" 1/2 } 0\nt "" 0\nt "" 0\n'
CHAIN = 'p "" 1 {k} "" {{ "x" "y" }} 0\nt "" 0\n'


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        (HEAD + BODY + "rubbish", "nothing after the last node", 10),
        (HEAD + BODY + 't "" 0', "nothing after the last node", 10),
        (HEAD + BODY[:-7], "found the end of the file", 8),
        (HEAD + BODY.replace("{ 1 2 }", "{ 1 2 3 }"), "3 payoffs for 2 players", 6),
        (HEAD + BODY.replace("{ 1 2 }", "{ 1 }"), "1 payoffs for 2 players", 6),
        (HEAD + BODY.replace("{ 1 2 }", "{ 1 inf }"), "expected a payoff but found inf", 6),
        (HEAD + BODY.replace("{ 1 2 }", "{ 1 1e400 }"), "more than 300 digits", 6),
        (HEAD + BODY.replace("{ 1 2 }", "{ 1 9e307/1 }"), "expected a payoff", 6),
        (HEAD + BODY.replace("{ 1 2 }", f"{{ 1 {'9' * 299}e99 }}"), "more than 300 digits", 6),
        (HEAD + BODY.replace("{ 1 2 }", f"{{ 1 {'9' * 200}e200 }}"), "beyond the largest number", 6),
        (HEAD + BODY.replace("{ 1 2 }", "{ 1 1/0 }"), "not a number: 1/0", 6),
        (HEAD + BODY.replace('2 "q" { 3', '1 "q" { 3'), "outcome 1 has other payoffs", 8),
        (HEAD + BODY.replace('2 "q" { 3', '0 "q" { 3'), "outcome 0 stands for none", 8),
        (HEAD + BODY.replace('t "" 0', 't "" 7'), "payoffs of outcome 7 are not given", 9),
        (HEAD + BODY.replace('"" 2 1', '"" 3 1'), "no player 3", 7),
        (HEAD + BODY.replace('1 "" { "a" "b" } 0', "1 0"), "actions of information set 1 are not given", 7),
        (HEAD + BODY.replace('{ "a" "b" }', "{ }"), "expected an action's label", 7),
        (HEAD + BODY.replace('p "" 2', 'q "" 2'), "expected c or p or t but found q", 7),
        (HEAD + BODY.replace('p "" 2', "p 2"), "the node's label in quotes", 7),
        (HEAD + BODY.replace('"b" }', '"b }'), "found", 8),
        (HEAD + LUCK.replace("1/2 }", "1/3 }"), "the probabilities sum to 0.833333333", 5),
        (HEAD + LUCK.replace("1/2 }", "-1/2 }"), "the probability of 'b' is negative", 5),
        (HEAD + LUCK.replace("1/2 }", "}"), "expected a probability", 5),
        (HEAD + 't "" 0', "nobody moves", 5),
        ('EFG 2 R "x" { }\nt "" 0', "a player's name", 1),
        ("NFG 1 R", "strategic form", 1),
        ('EFG 1 R "x" { "A" }', "expected 2", 1),
        ('EFG 2 Q "x" { "A" }', "expected R or D", 1),
        ("", "expected EFG but found the end of the file", 1),
        ("\0\0", "expected EFG", 1),
        (HEAD + "".join(CHAIN.format(k=k) for k in range(MAX_MOVES + 1)), f"more than {MAX_MOVES} moves", 6 + 2 * MAX_MOVES),
        (HEAD + "t", "expected the node's label", 5),
    ],
)
def test_what_is_refused(text: str, what: str, line: int) -> None:
    error = refused(protocol_of_game, text)
    assert what in error.what
    assert error.place is not None
    assert (error.place.file, error.place.line) == ("some/game.efg", line)


def test_thousands_of_nodes_are_refused() -> None:
    def full(depth: int) -> Iterator[str]:
        if depth == 0:
            yield 't "" 0'
            return
        yield 'p "" 1 1 "" { "x" "y" } 0'
        for _ in range(2):
            yield from full(depth - 1)

    error = refused(protocol_of_game, HEAD + "\n".join(full(10)))
    assert f"more than {MAX_NODES:,} nodes" in error.what
    assert error.place is not None
    assert error.place.line > MAX_NODES


@pytest.mark.parametrize("other", ['{ "a" "c" }', '{ "b" "a" }', '{ "a" "b" "c" }', '{ "a" }'])
def test_unequal_actions_in_an_information_set_are_refused(other: str) -> None:
    text = HEAD + 'p "" 1 1 "" { "x" "y" } 0\np "" 2 1 "" { "a" "b" } 0\nt "" 0\nt "" 0\np "" 2 1 "" ' + other + " 0\n"
    error = refused(protocol_of_game, text)
    assert "information set 1 has other actions" in error.what
    assert error.place is not None
    assert error.place.line == 9


def test_imperfect_recall_is_refused() -> None:
    text = HEAD + 'p "" 1 1 "" { "x" "y" } 0\np "" 1 1 0\n' + 't "" 0\n' * 3
    protocol = protocol_of_game(text)
    error = refused(check_solvable, protocol, unfold(protocol))
    assert "imperfect recall" in error.what
    assert error.place is not None
    assert error.place.line == 6


def test_files_that_are_none(tmp_path: Path) -> None:
    assert isinstance(refused(load_scenario, tmp_path / "absent.efg"), NotFoundError)
    assert isinstance(refused(load_scenario, tmp_path), NotFoundError | ValueError)
    (tmp_path / "b.efg").write_bytes(b'EFG 2 R\n"\xff"')
    assert "UTF-8" in refused(load_scenario, tmp_path / "b.efg").what
    (tmp_path / "c.efg").write_bytes(b" " * 2_000_001)
    assert "bytes" in refused(load_scenario, tmp_path / "c.efg").what


# --- writing


def plays(solved: Solved) -> dict[str, float]:
    return dict(solved.plays)


@pytest.mark.parametrize("name", ["textbook", "karabakh-2020", "karabakh-2020+backed_rival", "karabakh-2020+second_patron"])
def test_a_scenario_is_written_and_read_again(name: str, tmp_path: Path) -> None:
    scenario = load_scenario(name)
    text = to_efg(scenario)
    (tmp_path / "g.efg").write_text(text)
    again = load_scenario(tmp_path / "g.efg")
    assert to_efg(again) == text
    one, other = solve(scenario), solve(again.with_numbers({"lambda": scenario.central()["lambda"]}))
    assert list(one.payoffs.values()) == pytest.approx(list(other.payoffs.values()), abs=1e-12)
    (patron,) = (p for p in scenario.protocol.players.values() if p.types)
    beliefs = {b.type: b.prior for b in one.beliefs if b.path == one.beliefs[0].path}
    found = {(n.path, n.type): n.actions for n in one.nodes}
    for node in other.nodes[1:]:
        kind, _, path = node.path.partition("/")
        mine = found[path, kind] if (path, kind) in found else found[path, None]
        assert mine == pytest.approx(node.actions, abs=1e-9)
    assert other.nodes[0].actions == pytest.approx({t: beliefs[t] for t in patron.types}, abs=1e-15)


@pytest.fixture
def trip(tmp_path: Path) -> str:
    return to_efg(scenario_of(tmp_path))


def test_payoffs_stand_at_the_ends_and_only_there(trip: str) -> None:
    nodes = trip.splitlines()[3:]
    assert all(line.endswith("} 0") for line in nodes if line[0] in "cp")
    assert all(re.fullmatch(r't "[^"]+" (\d+) "\1" { \S+ \S+ }', line) for line in nodes if line[0] == "t")
    assert len({line.split('"')[1] for line in nodes}) == len(nodes)


def test_labels_are_plain(tmp_path: Path) -> None:
    text = to_efg(scenario_of(tmp_path, edited(TRIP, "title: A trip", 'title: "Ein  Zöllner \\"λ\\" \\\\"')))
    assert text.splitlines()[0] == 'EFG 2 R "Ein Zollner \'\' /" { "traveller" "guard" }'
    assert text.isascii()
    assert by_gambit(text).title == "Ein Zollner '' /"


def test_types_and_what_is_not_seen(trip: str) -> None:
    game = by_gambit(trip)
    assert [a.label for a in game.root.infoset.actions] == ["strict", "lax"]
    members = {(h.player.label, len(h.members)) for h in game.infosets}
    assert ("traveller", 2) in members  # who does not know the guard's type cannot tell its copies apart
    assert ("guard", 1) in members
    assert game.is_perfect_recall


def test_openspiel_reads_it(trip: str) -> None:
    pyspiel = pytest.importorskip("pyspiel")
    assert pyspiel.load_efg_game(to_efg(load_scenario("karabakh-2020+backed_rival"))).num_players() == 4
    for text in (trip, to_efg(load_scenario("textbook"))):
        game = pyspiel.load_efg_game(text)
        states = [(game.new_initial_state(), ())]
        while states:
            state, path = states.pop()
            assert "/".join(path) in str(state)
            if not state.is_terminal():
                player = state.current_player()
                states += [(state.child(a), (*path, state.action_to_string(player, a))) for a in state.legal_actions()]


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=6))
def test_probabilities_sum_to_one_and_read_back(drawn: list[float]) -> None:
    from fractions import Fraction

    total = sum(drawn) or 1.0
    probabilities = [p / total for p in drawn] if sum(drawn) else [1.0, *[0.0] * (len(drawn) - 1)]
    found = exact(probabilities)
    assert sum(map(Fraction, found)) == 1
    assert [float(Fraction(p)) for p in found] == pytest.approx(probabilities, abs=1e-15)


@given(st.floats(0.0, 1.0))
def test_two_probabilities_read_back_exactly(p: float) -> None:
    assert [float(q) if "/" not in q else eval(q) for q in exact([p, 1 - p])] == [p, 1 - p]


def test_what_cannot_be_written(tmp_path: Path) -> None:
    unlikely = edited(TOLL, "sum(k in road: traffic[k]) / 2", "sum(k in road: traffic[k]) * 5")
    assert "no probabilities that sum to one" in refused(to_efg, scenario_of(tmp_path, protocol=unlikely)).what
    infinite = edited(TOLL, "gold * passed", "gold * passed / (gold / gold - 1)")
    assert "not a finite number" in refused(to_efg, scenario_of(tmp_path, protocol=infinite)).what
