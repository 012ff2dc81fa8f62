"""Numbers of the modelling brief, section 2, that one crisis of perfect information can show."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from helpers import Game

from foedus.documents import parse_document
from foedus.protocol.loader import build_protocol

# Row 6: the four-move centipede of McKelvey and Palfrey, (player 1, player 2), as in Gambit's cent4.efg
CENTIPEDE = [(0.80, 0.20), (0.40, 1.60), (3.20, 0.80), (1.60, 6.40), (12.80, 3.20)]
TAKE = {1.0: [0.236193, 0.376299, 0.761577, 0.960834]}


def game_of(nodes: Mapping[str, Any], start: str, players: Sequence[str] = ("one", "two")) -> Game:
    """A game whose plays mark what each player gets."""
    whole = {
        "protocol": "table",
        "format": 1,
        "title": "A game of a table",
        "players": {p: {} for p in players},
        "numbers": {"lambda": {"meaning": "precision"}},
        "marks": {f"u_{p}": {} for p in players},
        "game": {"start": start, "nodes": nodes},
        "payoffs": {"of": {p: f"u_{p}" for p in players}},
        "choice": {"precision": "lambda"},
    }
    return Game(build_protocol(parse_document(json.dumps(whole), "table.yaml")))


def leaf(*payoffs: float, players: Sequence[str] = ("one", "two")) -> dict[str, Any]:
    return {"marks": {f"u_{p}": u for p, u in zip(players, payoffs, strict=True)}, "then": "end"}


def centipede() -> Game:
    last = len(CENTIPEDE) - 2
    nodes = {
        f"move{k}": {
            "player": ("one", "two")[k % 2],
            "actions": {
                "take": leaf(*CENTIPEDE[k]),
                "pass": leaf(*CENTIPEDE[-1]) if k == last else {"then": f"move{k + 1}"},
            },
        }
        for k in range(last + 1)
    }
    return game_of(nodes, "move0")


@pytest.mark.parametrize("precision", TAKE)
def test_centipede(precision: float) -> None:
    found = centipede().chosen({"lambda": precision})
    taken = [float(found[("pass",) * k, None]["take"]) for k in range(4)]
    assert taken == pytest.approx(TAKE[precision], abs=5e-7)


def test_centipede_in_the_limit_is_taken_at_once() -> None:
    game = centipede()
    limit = Game(game.protocol, limit=True).chosen({"lambda": 1.0})
    assert [float(limit[("pass",) * k, None]["take"]) for k in range(4)] == [1, 1, 1, 1]


def test_expected_utility_and_not_the_log_sum_is_passed_up() -> None:
    """Section 1: the log-sum of exponentials is another model (nested logit). A mover who later chooses between equals gains
    nothing from having the choice."""
    nodes = {
        "first": {"player": "one", "actions": {"sure": leaf(1, 0), "choose": {"then": "later"}}},
        "later": {"player": "one", "actions": {"a": leaf(1, 0), "b": leaf(1, 0)}},
    }
    assert float(game_of(nodes, "first").chosen({"lambda": 2.0})[(), None]["choose"]) == 0.5


@pytest.mark.parametrize(("precision", "one", "two"), [(1.0, 0.643, 0.5883), (2.0, 0.7727, 0.6117), (3.0, 0.8595, 0.6038)])
def test_a_constant_sum_game_of_gambit(precision: float, one: float, two: float) -> None:
    """Row 4: both move at once, so the second is blind to the first."""
    nodes = {
        "one": {"player": "one", "actions": {"up": {"then": "two_up"}, "down": {"then": "two_down"}}},
        "two_up": {"player": "two", "information": "two", "actions": {"left": leaf(1, 1), "right": leaf(1, 1)}},
        "two_down": {"player": "two", "information": "two", "actions": {"left": leaf(0, 2), "right": leaf(1, 1)}},
    }
    found = game_of(nodes, "one").chosen({"lambda": precision})
    assert float(found[(), None]["up"]) == pytest.approx(one, abs=6e-4)
    assert float(found[("up",), None]["left"]) == pytest.approx(two, abs=6e-5)
    assert float(found[("down",), None]["left"]) == pytest.approx(two, abs=6e-5)


@pytest.mark.parametrize("win", [1.0, 0.75])
@pytest.mark.parametrize("demand", [0.2, 0.6])
def test_a_demand_is_conceded_where_it_leaves_more_than_war(win: float, demand: float) -> None:
    """Fearon 1995 in the limit: war costs each side a quarter of the good, so moderate demands are not fought over."""
    nodes = {
        "answer": {"player": "two", "actions": {"concede": leaf(demand, 1 - demand), "fight": {"then": "war"}}},
        "war": {
            "chance": {
                "won": {"probability": win, **leaf(0.75, -0.25)},
                "lost": {"probability": 1 - win, **leaf(-0.25, 0.75)},
            }
        },
    }
    limit = Game(game_of(nodes, "answer").protocol, limit=True).chosen({"lambda": 1.0})
    assert float(limit[(), None]["concede"]) == float(1 - demand > (1 - win) - 0.25)
