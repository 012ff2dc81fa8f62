"""Games that backward induction does not solve, made up at random: an equilibrium is found, and its derivatives are right.

Ann, of a type that she alone knows, moves; Bob, who may not see what she did, answers; she may answer back. Payoffs are any
numbers of everybody's moves and of her type. The check is by plain sums over all ways to play.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest
from helpers import Game
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from foedus.documents import parse_document
from foedus.program.gradient import gradient
from foedus.program.numpy_executor import execute
from foedus.protocol.loader import build_protocol
from foedus.protocol.protocol import Protocol

TYPES = ("high", "low")
examples = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
worth = st.floats(-2, 2, allow_nan=False).map(lambda x: round(x, 3))


@st.composite
def hidden(draw: st.DrawFn) -> tuple[dict[str, Any], bool]:
    """A protocol as plain data, and whether Ann answers back."""
    first, second = draw(st.integers(2, 3)), draw(st.integers(2, 3))
    back, blind = draw(st.booleans()), draw(st.booleans())
    last = {"marks": {"c": 1}, "then": "end"}, {"marks": {"c": 0}, "then": "end"}
    data = {
        "protocol": "hidden",
        "format": 1,
        "title": "A game made up at random",
        "players": {"ann": {"types": {"high": "rho", "low": "1 - rho"}}, "bob": {}},
        "numbers": {
            "lambda": {"support": "[0, inf)", "meaning": "precision"},
            "rho": {"support": "[0, 1]", "meaning": "belief"},
            **{f"{p}_{k}": {"over": "ann", "meaning": "what it is worth"} for p in "ab" for k in ("one", "two", "three", "four")},
        },
        "marks": {"x": {}, "y": {}, "c": {"default": 0}},
        "game": {
            "start": "signal",
            "nodes": {
                "signal": {"player": "ann", "actions": {f"s{k}": {"marks": {"x": k}, "then": "reply"} for k in range(first)}},
                "reply": {
                    "player": "bob",
                    "blind_to": ["signal"] if blind else [],
                    "actions": {f"r{k}": {"marks": {"y": k}, "then": "back" if back else "end"} for k in range(second)},
                },
            },
        },
        "payoffs": {
            "of": {
                who: f"{p}_one[ann] * x + {p}_two[ann] * y * (1 - x) + {p}_three[ann] * x * y + {p}_four[ann] * c * (y - x)"
                for who, p in (("ann", "a"), ("bob", "b"))
            }
        },
        "choice": {"precision": "lambda"},
    }
    if back:
        data["game"]["nodes"]["back"] = {"player": "ann", "actions": {"yes": last[0], "no": last[1]}}  # type: ignore[index]
    return data, back


@st.composite
def numbers(draw: st.DrawFn, most: float = 3.0) -> dict[str, float]:
    found = {"lambda": draw(st.floats(0, most)), "rho": draw(st.floats(0.05, 0.95))}
    for p, k, kind in product("ab", ("one", "two", "three", "four"), TYPES):
        found[f"{p}_{k}[{kind}]"] = draw(worth)
    return found


def built(data: dict[str, Any]) -> Protocol:
    return build_protocol(parse_document(json.dumps(data), "hidden.yaml"))


class Plain:
    """Expected payoffs at information sets by sums over every way to play, given how everybody chooses."""

    def __init__(self, game: Game, values: dict[str, float]) -> None:
        self.tree, self.values = game.model.tree, values
        found = game.chosen({n: np.asarray(v) for n, v in values.items()})
        self.chosen = {key: {a: float(p) for a, p in actions.items()} for key, actions in found.items()}
        self.at = {at.path: at for at in self.tree.positions}

    def payoff(self, player: str, kind: str, marks: dict[str, float]) -> float:
        p = player[0]
        one, two, three, four = (self.values[f"{p}_{k}[{kind}]"] for k in ("one", "two", "three", "four"))
        x, y, c = marks["x"], marks["y"], marks.get("c", 0.0)
        return one * x + two * y * (1 - x) + three * x * y + four * c * (y - x)

    def below(self, path: tuple[str, ...], player: str, kind: str) -> float:
        """What a player expects once a path was taken."""
        at = self.at.get(path)
        if at is None:
            marks = {"x": float(path[0][1:]), "y": float(path[1][1:])} | ({"c": float(path[2] == "yes")} if len(path) > 2 else {})
            return self.payoff(player, kind, marks)
        p = self.choice(path, kind)
        return sum(p[a] * self.below((*path, a), player, kind) for a in at.children)

    def choice(self, path: tuple[str, ...], kind: str) -> dict[str, float]:
        return self.chosen[path, kind if self.at[path].player == "ann" else None]

    def reach(self, path: tuple[str, ...], kind: str) -> float:
        p = self.values["rho"] if kind == "high" else 1 - self.values["rho"]
        for k, action in enumerate(path):
            p *= self.choice(path[:k], kind)[action]
        return p

    def sets(self) -> Iterator[tuple[str, list[tuple[tuple[str, ...], str]]]]:
        """Every information set: who moves, and the paths and types that it may be."""
        found: dict[object, list[tuple[tuple[str, ...], str]]] = {}
        for at in self.tree.positions:
            for kind in TYPES:
                found.setdefault((at.player, at.information, kind if at.player == "ann" else None), []).append((at.path, kind))
        for (player, *_), members in found.items():  # type: ignore[misc]
            yield str(player), members


@examples
@given(data=st.data())
def test_everybody_answers_by_logit_to_what_everybody_does(data: st.DataObject) -> None:
    protocol = built(data.draw(hidden())[0])
    values = data.draw(numbers())
    game = Game(protocol)
    assert game.model.general
    plain = Plain(game, values)
    for player, members in plain.sets():
        reaches = [plain.reach(path, kind) for path, kind in members]
        assume(sum(reaches) > 1e-9)
        here = plain.choice(*members[0])
        expected = {
            a: sum(r * plain.below((*path, a), player, kind) for r, (path, kind) in zip(reaches, members, strict=True))
            / sum(reaches)
            for a in here
        }
        top = max(expected.values())
        scores = {a: math.exp(values["lambda"] * (u - top)) for a, u in expected.items()}
        whole = sum(scores.values())
        assert here == pytest.approx({a: s / whole for a, s in scores.items()}, abs=1e-7)


@settings(examples, max_examples=6)
@given(data=st.data())
def test_derivatives_through_the_equations(data: st.DataObject) -> None:
    """By the implicit function theorem, against central differences."""
    protocol = built(data.draw(hidden())[0])
    values = {n: np.array([v]) for n, v in data.draw(numbers(most=1.5)).items()}
    program = Game(protocol).program.restricted(["value:bob"])
    labels = [n for n in program.inputs if n in values]
    slopes = execute(gradient(program, "value:bob", labels), values)
    for label in labels:
        h = 1e-5
        up, down = (execute(program, {**values, label: values[label] + k * h})["value:bob"] for k in (1, -1))
        assert float(slopes[f"d:{label}"].item()) == pytest.approx(float(((up - down) / (2 * h)).item()), abs=2e-5), label


@settings(examples, max_examples=8)
@given(data=st.data())
def test_probabilities_and_beliefs_add_up(data: st.DataObject) -> None:
    protocol = built(data.draw(hidden())[0])
    values = data.draw(numbers())
    game = Game(protocol, wanted={"high": "posterior(ann.high)"})
    found = game.solve(values)
    assert sum(float(v) for n, v in found.items() if n.startswith("play:")) == pytest.approx(1, abs=1e-12)
    assert float(found["high"]) == pytest.approx(values["rho"])


RULES = {
    "probit": ("the rule 'probit' needs a game that backward induction solves", True),
    "probit_private": ("is for nodes of two actions; 'signal' has 3", False),
}


@pytest.mark.parametrize("rule", RULES)
def test_probit_rules_are_for_binary_nodes_of_games_that_backward_induction_solves(rule: str) -> None:
    from helpers import refused

    from foedus.model.model import Model

    what, general = RULES[rule]
    data: dict[str, Any] = {
        "protocol": "p",
        "format": 1,
        "title": "t",
        "players": {"ann": {}, "bob": {}},
        "numbers": {"lambda": {"meaning": "m"}},
        "marks": {"x": {}},
        "game": {
            "start": "signal",
            "nodes": {
                "signal": {"player": "ann", "actions": {f"s{k}": {"then": "reply"} for k in range(3)}},
                "reply": {
                    "player": "bob",
                    "blind_to": ["signal"] if general else [],
                    "actions": {"yes": {"marks": {"x": 1}, "then": "end"}, "no": {"marks": {"x": 0}, "then": "end"}},
                },
            },
        },
        "payoffs": {"of": {"ann": "x", "bob": "x"}},
        "choice": {"rule": rule, "precision": "lambda"},
    }
    assert what in str(refused(lambda: Model(built(data))))
