"""Every extensive game that pygambit ships, of up to 200 nodes and with perfect recall: read and solved here, equal to Gambit.

Gambit's catalogue is data of the installed package. `PASSED_OVER` says which of its games are not compared, and why.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pygambit
import pytest
from helpers import Game, protocol_of, refused

from foedus.model.exchange import to_efg
from foedus.model.model import Model
from foedus.model.multiplicity import equilibria
from foedus.model.solve import solve
from foedus.program.numpy_executor import execute
from foedus.scenario.loader import load_scenario

CATALOGUE = Path(pygambit.__file__).parent / "catalog_data"
LARGEST = 200
PRECISIONS = (0.5, 1.0, 2.0, 5.0)
CLOSE = 1e-6

STRATEGIC = "a game in strategic form: no tree"
FORGETS = "imperfect recall"
PASSED_OVER = {
    "journals/ijgt/nau2004/sec3.nfg": STRATEGIC,
    "journals/ijgt/nau2004/sec4.nfg": STRATEGIC,
    "journals/ijgt/nau2004/sec5.nfg": STRATEGIC,
    "journals/ijgt/nau2004/sec6.nfg": STRATEGIC,
    "journals/other/shapley1974/fig2.nfg": STRATEGIC,
    "journals/other/shapley1974/fig3.nfg": STRATEGIC,
    "books/shohamleytonbrown2008/fig5_12.efg": FORGETS,
    "books/vonstengel2022/fig10.7.efg": FORGETS,
    "journals/geb/gilboa1997/fig1.efg": FORGETS,
    "journals/geb/gilboa1997/fig2.efg": FORGETS,
    "journals/geb/wichardt2008.efg": FORGETS,
}
# Symmetric games whose branch forks within the precisions compared: (a precision before the fork, one behind it). Gambit leaves
# the fork by one of two mirrored ways, as rounding has it; here the branch goes straight on, and the status says so.
FORKS = {"books/shohamleytonbrown2008/fig5_10.efg": (0.6, 1.0)}
# ... and further on, up to the limit
FORKS_LATER = {*FORKS, "conf/itcs/jakobsen2016/fig1c.efg"}

SHIPPED = sorted(str(p.relative_to(CATALOGUE)) for p in CATALOGUE.rglob("*") if p.suffix in (".efg", ".nfg"))
COMPARED = [name for name in SHIPPED if name not in PASSED_OVER]


def moves(at: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every decision node of a game of Gambit, with the actions that lead there."""
    if at.is_terminal:
        return
    if not at.infoset.is_chance:
        yield "/".join(path), at
    for action, child in zip(at.infoset.actions, at.children, strict=True):
        yield from moves(child, (*path, action.label))


def indices(game: Any) -> dict[tuple[str, int], int]:
    """Where the probabilities of each information set stand in Gambit's list of them."""
    found, count = {}, 0
    for player in game.players:
        for infoset in player.infosets:
            found[player.label, infoset.number] = count
            count += len(infoset.actions)
    return found


def behaviour(game: Any, probability: Callable[[int, Any], float]) -> dict[str, dict[str, float]]:
    """Path to action to probability, from the index and the action that Gambit knows it by."""
    first = indices(game)
    return {
        path: {a.label: probability(first[at.player.label, at.infoset.number] + k, a) for k, a in enumerate(at.infoset.actions)}
        for path, at in moves(game.root)
    }


def qre(game: Any, precision: float, **options: float) -> dict[str, dict[str, float]]:
    found = pygambit.qre.logit_solve_lambda(game, lam=[precision], **options)[0]
    return behaviour(game, lambda k, _: found[k])


def choices(file: Path, precision: Any) -> dict[str, dict[str, Any]]:
    """The same from the solver here, for as many precisions as are given."""
    game = Game(load_scenario(file).protocol)
    movers = {at.path: at.player for at in game.model.tree.positions}
    return {"/".join(path): a for (path, _), a in game.chosen({"lambda": precision}).items() if movers[path] is not None}


def far(one: Mapping[Any, Mapping[str, float]], other: Mapping[Any, Mapping[str, float]]) -> float:
    assert one.keys() == other.keys()
    return max(abs(float(one[path][a]) - p) for path, actions in other.items() for a, p in actions.items())


def test_the_whole_catalogue_is_accounted_for() -> None:
    assert len(COMPARED) == 27
    assert set(PASSED_OVER) <= set(SHIPPED)
    for name in COMPARED:
        game = pygambit.read_efg(CATALOGUE / name)
        assert game.is_perfect_recall, name
        assert len(game.nodes) <= LARGEST, name


@pytest.mark.parametrize("name", [name for name, reason in PASSED_OVER.items() if reason == FORGETS])
def test_imperfect_recall_is_refused(name: str) -> None:
    error = refused(lambda: Model(load_scenario(CATALOGUE / name).protocol))
    assert FORGETS in error.what
    assert error.place is not None
    assert error.place.line > 1


@pytest.mark.parametrize("name", COMPARED)
def test_logit_equilibria_are_gambits(name: str) -> None:
    game = pygambit.read_efg(CATALOGUE / name)
    found = choices(CATALOGUE / name, np.array(PRECISIONS))
    for k, precision in enumerate(PRECISIONS):
        if name in FORKS and precision >= FORKS[name][1]:
            continue
        here = {path: {a: np.broadcast_to(p, len(PRECISIONS))[k] for a, p in actions.items()} for path, actions in found.items()}
        assert far(here, qre(game, precision)) < CLOSE, precision


@pytest.mark.parametrize("name", FORKS)
def test_a_fork_is_said_and_all_its_ways_are_found(name: str) -> None:
    game, scenario = pygambit.read_efg(CATALOGUE / name), load_scenario(CATALOGUE / name)
    before, behind = FORKS[name]
    assert equilibria(scenario.with_numbers({"lambda": before})).status == "converged"
    found = equilibria(scenario.with_numbers({"lambda": behind}))
    assert found.status == "converged after another branch was met"
    assert (len(found.solutions), found.branch, found.signs) == (3, 0, (-1, 1, 1))
    assert found.balanced
    profiles = [{n.path: n.actions for n in s.nodes if n.player is not None} for s in found.solutions]
    gambits = [qre(game, behind), qre(game, behind, first_step=0.05, max_accel=1.1)]
    ways = [[k for k, profile in enumerate(profiles) if far(profile, other) < CLOSE] for other in gambits]
    assert sorted(ways) == [[1], [2]]  # Gambit takes one way or its mirror image, by its first step


@pytest.mark.parametrize("name", COMPARED)
def test_limits_are_gambits(name: str) -> None:
    """The limit here is that of the branch at a precision of 1000, so mixed equilibria are near and not exact."""
    game, scenario = pygambit.read_efg(CATALOGUE / name), load_scenario(CATALOGUE / name)
    found = solve(scenario, limit=True)
    assert found.regret < 1e-2
    if name in FORKS_LATER:
        assert found.status == "converged after another branch was met"
        return
    limit = pygambit.nash.logit_solve(game, maxregret=1e-6).equilibria[0]
    here = {n.path: n.actions for n in found.nodes if n.player is not None}
    assert far(here, behaviour(game, lambda _, action: float(limit[action]))) < 1e-2


@pytest.mark.parametrize("name", COMPARED)
def test_the_regret_of_a_limit_is_what_gambit_makes_of_it(name: str) -> None:
    """The exact check that is printed: what each action would gain at each information set that is reached, as Gambit has it."""
    game, found = pygambit.read_efg(CATALOGUE / name), solve(load_scenario(CATALOGUE / name), limit=True)
    here = {n.path: n for n in found.nodes if n.player is not None}
    profile = game.mixed_behavior_profile()
    for path, at in moves(game.root):
        for action in at.infoset.actions:
            profile[action] = here[path].actions[action.label]
    for path, at in moves(game.root):
        if profile.infoset_prob(at.infoset) > 1e-12:  # elsewhere, beliefs are the branch
            regret = max(
                0.0, max(float(profile.action_value(a)) for a in at.infoset.actions) - float(profile.infoset_value(at.infoset))
            )
            assert here[path].regret == pytest.approx(regret, abs=1e-9)
    assert found.regret < 1e-3
    assert found.regret_anywhere < 1e-3


@pytest.mark.parametrize("name", COMPARED)
def test_limits_in_pure_actions_are_among_gambits_pure_equilibria(name: str) -> None:
    """Of the agent form, where every information set is a player of its own; sequential equilibria are among them."""
    game, found = pygambit.read_efg(CATALOGUE / name), solve(load_scenario(CATALOGUE / name), limit=True)
    here = {n.path: n.actions for n in found.nodes if n.player is not None}
    if any(1e-6 < p < 1 - 1e-6 for actions in here.values() for p in actions.values()):
        pytest.skip("an equilibrium in mixed actions: its regret is checked above")
    pure = pygambit.nash.enumpure_agent_solve(game).equilibria
    assert min(far(here, behaviour(game, lambda _, action, q=q: float(q[action]))) for q in pure) < CLOSE


@pytest.mark.parametrize("name", COMPARED)
def test_written_and_read_again_a_game_is_the_same(name: str, tmp_path: Path) -> None:
    scenario = load_scenario(CATALOGUE / name)
    text = to_efg(scenario)
    (tmp_path / "again.efg").write_text(text)
    again = load_scenario(tmp_path / "again.efg")
    assert to_efg(again) == text
    one, other = solve(scenario), solve(again)
    assert [(n.path, n.actions) for n in one.nodes] == [(n.path, n.actions) for n in other.nodes]
    assert one.payoffs == other.payoffs
    same_to_gambit(pygambit.read_efg(CATALOGUE / name), pygambit.read_efg(tmp_path / "again.efg"))


def same_to_gambit(one: Any, other: Any) -> None:
    assert [p.label for p in one.players] == [p.label for p in other.players]
    assert [[a.label for a in h.actions] for h in one.infosets] == [[a.label for a in h.actions] for h in other.infosets]
    assert [len(h.members) for h in one.infosets] == [len(h.members) for h in other.infosets]
    assert far(qre(one, 1.0), qre(other, 1.0)) < 1e-9


# --- Selten's horse with random payoffs


def horse(paid: Any) -> str:
    """The horse with payoffs (play, player), as a game file."""
    ends = [f't "" {k} "{k}" {{ {" ".join(f"{u:.12f}" for u in row)} }}' for k, row in enumerate(paid, 1)]
    third = 'p "" 3 1 "" { "R" "L" } 0'
    lines = ['p "" 1 1 "" { "R" "L" } 0', 'p "" 2 1 "" { "R" "L" } 0', ends[0], third, *ends[1:3], third, *ends[3:]]
    return "\n".join(['EFG 2 R "Horse" { "A" "B" "C" }', *lines, ""])


NUMBERED = """\
protocol: toll
format: 1
title: Selten's horse with payoffs as numbers
players: {A: {}, B: {}, C: {}}
numbers:
  lambda: {support: "[0, inf)", meaning: precision of choice}
%s
marks: {a: {meaning: payoff}, b: {meaning: payoff}, c: {meaning: payoff}}
payoffs: {of: {A: a, B: b, C: c}}
choice: {precision: lambda}
game:
  start: first
  nodes:
    first: {player: A, actions: {R: {then: second}, L: {then: low}}}
    second: {player: B, actions: {R: %s, L: {then: high}}}
    high: {player: C, information: third, actions: {R: %s, L: %s}}
    low: {player: C, information: third, actions: {R: %s, L: %s}}
"""


def numbered() -> Game:
    numbers = "\n".join(f"  {p}{k}: {{meaning: payoff of {p} in play {k}}}" for k in range(5) for p in "abc")
    ends = [f"{{marks: {{a: a{k}, b: b{k}, c: c{k}}}, then: end}}" for k in range(5)]
    return Game(protocol_of(NUMBERED % (numbers, *ends)))


@pytest.mark.slow
def test_a_batch_is_a_thousand_times_as_fast(capsys: pytest.CaptureFixture[str]) -> None:
    """Per solve: 20,000 random horses here, 100 of them by Gambit, in one run; half is asserted, for busy machines."""
    rng, draws = np.random.default_rng(3), 20_000
    game, paid = numbered(), rng.normal(size=(5, 3, draws))
    numbers = {f"{p}{k}": paid[k, i] for k in range(5) for i, p in enumerate("abc")} | {"lambda": np.ones(draws)}
    execute(game.program, numbers, compiled=True)
    begun = time.perf_counter()
    found = execute(game.program, numbers, compiled=True)
    here = (time.perf_counter() - begun) / draws
    games = [pygambit.read_efg(io.StringIO(horse(paid[:, :, i]))) for i in range(100)]
    begun = time.perf_counter()
    solved = [pygambit.qre.logit_solve_lambda(g, lam=[1.0])[0] for g in games]
    there = (time.perf_counter() - begun) / len(games)
    first = next(iter(game.choices.values()))["R"]
    assert max(abs(found[first][i] - q[0]) for i, q in enumerate(solved)) < CLOSE
    with capsys.disabled():
        print(f"\n{there * 1e3:.2f} ms by Gambit, {here * 1e6:.2f} us here: {there / here:,.0f} times")
    assert there / here > 500


@pytest.mark.parametrize("seed", range(10))
def test_horses_at_high_precision(seed: int, tmp_path: Path) -> None:
    (tmp_path / "horse.efg").write_text(horse(np.random.default_rng(seed).normal(size=(5, 3))))
    game = pygambit.read_efg(tmp_path / "horse.efg")
    for precision in (1.0, 10.0, 40.0):
        assert far(choices(tmp_path / "horse.efg", precision), qre(game, precision)) < CLOSE
