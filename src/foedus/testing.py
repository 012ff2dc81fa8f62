"""For the tests of whoever writes protocols, scenarios or solvers: made-up games and scenarios, and a comparison of solutions.

    >>> from hypothesis import given
    >>> from foedus.testing import scenarios
    >>> @given(scenario=scenarios())
    ... def test_probabilities_sum_to_one(scenario):
    ...     for node in foedus.solve(scenario).nodes:
    ...         assert abs(sum(node.actions.values()) - 1) < 1e-12

Needs Hypothesis: `pip install "foedus[testing]"`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import strategies as st

from foedus.documents import Document, parse_document
from foedus.errors import InputError
from foedus.model.solve import Solved
from foedus.numbers import parse_prior
from foedus.protocol.loader import build_protocol
from foedus.protocol.protocol import Protocol, flat_names
from foedus.scenario.builder import scenario_from
from foedus.scenario.scenario import Scenario

PLAYERS = ("ann", "bob", "cy", "dee", "eve")
_worth = st.floats(-2, 2, allow_nan=False).map(lambda x: round(x, 3))
_inside = st.floats(0.01, 0.99)


# --- strategies ----------------------------------------------------------------------------------------------------------------


@st.composite
def protocol_files(draw: st.DrawFn, *, players: int = 3, levels: int = 4) -> dict[str, Any]:
    """Protocol files as plain data: trees with chance, shared subtrees and private types, solvable by backward induction.

    Its measures are what every player gains and how probable every action is. What fails shrinks to few players with few moves.

    Args:
        players: at most how many, up to five. levels: at most how many moves in a play.
    """
    names = PLAYERS[: draw(st.integers(1, min(players, len(PLAYERS))))]
    depth = draw(st.integers(1, levels))
    # a player with types moves at one level of the tree only, so at most once in a play
    typed = {p: draw(st.integers(0, depth - 1)) for p in names if draw(st.booleans())}
    nodes: dict[str, Any] = {}
    below: list[str] = []
    for level in range(depth):
        movers = [p for p in names if typed.get(p, level) == level]
        count = draw(st.integers(1, 3)) if level < depth - 1 else 1
        here = {f"n{level}_{k}": draw(_node(movers, names, below)) for k in range(count)}
        nodes = here | nodes
        below = [*below, *here]
    start = f"n{depth - 1}_0"
    return {
        "protocol": "random",
        "format": 1,
        "title": "A game made up at random",
        "players": {p: {"types": {f"{p}_a": f"rho_{p}", f"{p}_b": f"1 - rho_{p}"}} if p in typed else {} for p in names},
        "numbers": {
            "lambda": {"meaning": "precision", "support": "[0, inf)"},
            **{f"rho_{p}": {"meaning": "belief", "support": "[0, 1]"} for p in typed},
            **{f"taste_{p}": {"meaning": "what a type likes", "over": p} for p in typed},
        },
        "marks": {f"u_{p}": {} for p in names} | {f"v_{p}": {} for p in names},
        "game": {"start": start, "nodes": _reachable(nodes, start)},
        "payoffs": {"of": {p: f"u_{p} + taste_{p}[{p}] * v_{p}" if p in typed else f"u_{p}" for p in names}},
        "choice": {"precision": "lambda"},
        "measures": _measures(names, _reachable(nodes, start)),
    }


def protocols(*, players: int = 3, levels: int = 4) -> st.SearchStrategy[Protocol]:
    """Protocols; see `protocol_files`."""
    return protocol_files(players=players, levels=levels).map(as_protocol)


def as_protocol(data: Mapping[str, Any]) -> Protocol:
    """A protocol from the plain data of its file."""
    return build_protocol(_document(data, "random-protocol.yaml"))


def numbers_for(protocol: Protocol) -> st.SearchStrategy[dict[str, float]]:
    """A value inside its support for every number of a protocol, by label; precisions stay below 8."""
    values: dict[str, st.SearchStrategy[float]] = {}
    for label in flat_names(protocol, protocol.numbers):
        support = protocol.numbers[label.partition("[")[0]].support
        low, high = max(support.low, -2.0), min(support.high, 8.0)
        middle = st.floats(low, high, allow_nan=False).map(lambda x: round(x, 3))
        values[label] = (_inside if (support.low, support.high) == (0, 1) else middle).filter(support.__contains__)
    return st.fixed_dictionaries(values)


@st.composite
def scenario_files(draw: st.DrawFn, protocol: Protocol) -> dict[str, Any]:
    """Scenario files as plain data for a protocol: every number known or uncertain, two prior sets, a policy for each lever.

    Up to three claims say that a measure of the protocol lies above or below something.
    """
    central = draw(numbers_for(protocol))
    numbers: dict[str, Any] = {}
    for label, value in central.items():
        name, _, index = label.partition("[")
        entry = _entry(protocol, name, value, uncertain=draw(st.booleans()))
        if index:
            numbers.setdefault(name, {})[index.rstrip("]")] = entry
        else:
            numbers[name] = entry
    policies = {"none": {"meaning": "nothing changes"}} | {
        f"only_{lever}": {"meaning": f"only {lever}", "levers": {lever: 1}} for lever in protocol.levers
    }
    return {
        "scenario": "random",
        "format": 1,
        "title": "A scenario made up at random",
        "protocol": protocol.name,
        "vantage": "2000-01-01",
        "actors": {p: {"name": p.capitalize()} for p in protocol.players},
        "sources": {"nowhere": {"publication": "made up at random", "date": "2000"}},
        "numbers": numbers,
        "prior_sets": {"reference": {"meaning": "as given"}, "again": {"meaning": "the same again"}},
        "levers": {"budget": 1},
        "policies": policies,
        "policy": "none",
        "horizon": draw(st.integers(1, 3)),
        "draws": draw(st.integers(2, 64)),
        "seed": draw(st.integers(0, 2**32)),
        "claims": draw(_claims([name for name, measure in protocol.measures.items() if measure.over is None])),
    }


@st.composite
def scenarios(draw: st.DrawFn, protocol: Protocol | None = None) -> Scenario:
    """Scenarios of a protocol, or each of one made up for it."""
    of = protocol or draw(protocols())
    return as_scenario(draw(scenario_files(of)), of)


def as_scenario(data: Mapping[str, Any], protocol: Protocol) -> Scenario:
    """A scenario from the plain data of its file, on a protocol that need not be in any file."""
    return scenario_from(_document(data, "random-scenario.yaml"), None, protocol)


# --- comparison ----------------------------------------------------------------------------------------------------------------


def assert_same_solution(found: Solved, expected: Solved, *, atol: float = 1e-9) -> None:
    """Two solutions of one game agree: choices, reach, payoffs, plays, beliefs and measures.

    Args:
        atol: the most by which two numbers may differ.

    Raises:
        AssertionError: naming what only one has, or the number that differs most.
    """
    ours, theirs = dict(_numbers(found)), dict(_numbers(expected))
    if only := sorted(map(str, ours.keys() ^ theirs.keys())):
        raise AssertionError(f"only one of the solutions has {', '.join(only[:5])}" + (" …" if len(only) > 5 else ""))
    gaps = {key: _gap(ours[key], theirs[key]) for key in ours}
    worst = max(gaps, key=lambda key: gaps[key], default=None)
    if worst is not None and gaps[worst] > atol:
        many = sum(gap > atol for gap in gaps.values())
        raise AssertionError(
            f"{many} of {len(gaps)} numbers differ by more than {atol:g}; most of all {' '.join(filter(None, worst))}: "
            f"{ours[worst]:.12g} against {theirs[worst]:.12g}"
        )


def _numbers(solved: Solved) -> Iterator[tuple[tuple[str, ...], float]]:
    for node in solved.nodes:
        at = (node.path or "the start", node.type or "")
        yield ("reach of", *at), node.reach
        yield from ((("choice at", *at, action), p) for action, p in node.actions.items())
    for player, payoff in solved.payoffs.items():
        yield ("payoff of", player), payoff
    for path, p in solved.plays:
        yield ("play", path), p
    for b in solved.beliefs:
        yield ("belief after", b.path, b.player, b.type, b.action), b.posterior
    for label, value in solved.measures.items():
        yield ("measure", label), value


def _gap(a: float, b: float) -> float:
    if math.isnan(a) or math.isnan(b):
        return 0.0 if math.isnan(a) and math.isnan(b) else math.inf
    return 0.0 if a == b else abs(a - b)


# --- parts ---------------------------------------------------------------------------------------------------------------------


@st.composite
def _node(draw: st.DrawFn, movers: list[str], players: tuple[str, ...], below: list[str]) -> dict[str, Any]:
    count = draw(st.integers(1, 3))
    branches: dict[str, Any] = {}
    for k in range(count):
        then = draw(st.sampled_from(["end", *below, *below]))
        marks = {f"{m}_{p}": draw(_worth) for p in players for m in "uv"} if then == "end" else {}
        branches[f"a{k}"] = {"then": then, "marks": marks}
    chance = draw(st.integers(0, 3)) == 3  # what fails shrinks to players' moves
    if movers and not chance:
        return {"player": draw(st.sampled_from(movers)), "actions": branches}
    weights = [draw(st.integers(1, 9)) for _ in branches]
    for branch, w in zip(branches.values(), weights, strict=True):
        branch["probability"] = f"{w} / {sum(weights)}"
    return {"chance": branches}


def _measures(players: tuple[str, ...], nodes: Mapping[str, Any]) -> dict[str, Any]:
    """What a player gains, and the probability of an action where its node is reached."""
    found = {f"welfare_{p}": {"formula": f"value({p})", "meaning": f"what {p} may expect"} for p in players}
    for node, entry in nodes.items():
        for action in entry.get("actions", ()):
            found[f"{node}_{action}"] = {"formula": f"choice({node}.{action})", "meaning": f"probability of {action} at {node}"}
    return found


@st.composite
def _claims(draw: st.DrawFn, measures: list[str]) -> list[dict[str, Any]]:
    unknown = {"at_vantage": "untestable", "in_hindsight": "untestable", "note": "made up at random"}
    found: list[dict[str, Any]] = []
    for k in range(draw(st.integers(0, 3)) if measures else 0):
        side = draw(st.sampled_from(["above", "below"]))
        test = {"measure": draw(st.sampled_from(measures)), "is": side, "threshold": draw(_worth)}
        text = f"Number {k + 1} of the claims made up at random."
        found.append({"id": f"c{k}", "role": "premise", "text": text, "tests": [test], "record": unknown})
    return found


def _reachable(nodes: Mapping[str, Any], start: str) -> dict[str, Any]:
    found, queue = {start}, [start]
    while queue:
        at = nodes[queue.pop()]
        for branch in (at.get("actions") or at["chance"]).values():
            if branch["then"] not in {"end", *found}:
                found.add(branch["then"])
                queue.append(branch["then"])
    return {n: v for n, v in nodes.items() if n in found}


def _entry(protocol: Protocol, name: str, value: float, *, uncertain: bool) -> dict[str, Any]:
    """A number's entry, with an interval around the value where the support leaves room for one."""
    number, room = protocol.numbers[name], 0.1 * max(abs(value), 0.1)
    entry: dict[str, Any] = {"unit": str(number.unit), "source": "nowhere"}
    if uncertain:
        prior = f"{value - room!r} to {value + room!r}"
        try:
            parse_prior(prior, number.support)
        except InputError:
            pass
        else:
            return entry | {"prior": prior}
    return entry | {"value": value}


def _document(data: Mapping[str, Any], name: str) -> Document:
    return parse_document(json.dumps(data), name)
