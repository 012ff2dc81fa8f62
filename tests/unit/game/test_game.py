"""Trees and their solution, beyond what the laws and the oracles say."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import TOLL, Game, edited, protocol_of

from foedus.game.tree import check_solvable, unfold
from foedus.protocol.loader import load_protocol

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


def test_a_tree_has_every_path_once() -> None:
    tree = unfold(load_protocol("core"))
    assert [p.path for p in tree.positions][:3] == [(), ("press",), ("press", "resist")]
    assert len({p.path for p in tree.positions}) == len(tree.positions) == 12
    assert len({p.path for p in tree.plays}) == len(tree.plays) == 14
    assert sum(p.node == "voice" for p in tree.positions) == 5


def test_marks_are_those_of_the_way() -> None:
    tree = unfold(load_protocol("core"))
    marks = {"/".join(p.path): set(p.marks) for p in tree.plays}
    assert marks["hold"] == {"y"}
    assert marks["press/resist/urge/accept/stop/accuse"] == {"urged", "y", "settled", "accused"}


@pytest.mark.parametrize("name", ["core", "intervention"])
def test_shipped_protocols_can_be_solved(name: str) -> None:
    protocol = load_protocol(name)
    check_solvable(protocol, unfold(protocol))


def test_ties_are_shared_in_the_limit() -> None:
    text = edited(TOLL, "gold * passed - fine * paid + wealth / 10", "wealth * 0")
    found = Game(protocol_of(text), limit=True).chosen(NUMBERS)
    assert {a: float(p) for a, p in found[(), None].items()} == {"turn_back": 0.5, "cross": 0.5}


def test_chance_keeps_its_probabilities_in_the_limit() -> None:
    found = Game(protocol_of(), limit=True).chosen(NUMBERS)
    assert float(found[("cross",), None]["thick"]) == pytest.approx(0.35)


def test_players_may_differ_in_precision() -> None:
    text = edited(TOLL, "precision: lambda}", "precision: {traveller: lambda, guard: 0}}")
    found = Game(protocol_of(text)).chosen(NUMBERS)
    assert float(found[("cross", "clear"), "strict"]["stop"]) == 0.5
    assert float(found[(), None]["cross"]) > 0.9


def test_draws_do_not_touch_each_other() -> None:
    """A draw that fails leaves its neighbours as they were."""
    game = Game(protocol_of())
    rho = np.array([0.2, np.nan, 0.6])
    found = game.solve({**NUMBERS, "rho_0": rho})
    alone = game.solve({**NUMBERS, "rho_0": 0.6})
    for name, values in found.items():
        if values.ndim:
            assert values[2] == pytest.approx(float(alone[name]), abs=1e-15)
