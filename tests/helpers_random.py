"""Protocols made up at random: trees of perfect information with chance, shared subtrees and private types."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from foedus.documents import parse_document
from foedus.protocol.loader import build_protocol
from foedus.protocol.protocol import Protocol

PLAYERS = ("ann", "bob", "cy")
worth = st.floats(-2, 2, allow_nan=False).map(lambda x: round(x, 3))


@st.composite
def protocol_data(draw: st.DrawFn) -> dict[str, Any]:
    """A protocol file as plain data. A player with types moves at one level of the tree only, so at most once in a play."""
    players = PLAYERS[: draw(st.integers(1, 3))]
    levels = draw(st.integers(1, 4))
    typed = {p: draw(st.integers(0, levels - 1)) for p in players if draw(st.booleans())}
    nodes: dict[str, Any] = {}
    below: list[str] = []
    for level in range(levels):
        movers = [p for p in players if typed.get(p, level) == level]
        here = {
            f"n{level}_{k}": draw(node(movers, players, below))
            for k in range(draw(st.integers(1, 3)) if level < levels - 1 else 1)
        }
        nodes = here | nodes
        below = [*below, *here]
    start = f"n{levels - 1}_0"
    return {
        "protocol": "random",
        "format": 1,
        "title": "A game made up at random",
        "players": {p: {"types": {f"{p}_a": f"rho_{p}", f"{p}_b": f"1 - rho_{p}"}} if p in typed else {} for p in players},
        "numbers": {
            "lambda": {"meaning": "precision", "support": "[0, inf)"},
            **{f"rho_{p}": {"meaning": "belief", "support": "[0, 1]"} for p in typed},
            **{f"taste_{p}": {"meaning": "what a type likes", "over": p} for p in typed},
        },
        "marks": {f"u_{p}": {} for p in players} | {f"v_{p}": {} for p in players},
        "game": {"start": start, "nodes": reachable(nodes, start)},
        "payoffs": {"of": {p: f"u_{p} + taste_{p}[{p}] * v_{p}" if p in typed else f"u_{p}" for p in players}},
        "choice": {"precision": "lambda"},
    }


@st.composite
def node(draw: st.DrawFn, movers: list[str], players: tuple[str, ...], below: list[str]) -> dict[str, Any]:
    count = draw(st.integers(1, 3))
    branches: dict[str, Any] = {}
    for k in range(count):
        then = draw(st.sampled_from(["end", *below, *below]))
        marks = {f"{m}_{p}": draw(worth) for p in players for m in "uv"} if then == "end" else {}
        branches[f"a{k}"] = {"then": then, "marks": marks}
    if movers and draw(st.integers(0, 3)):
        return {"player": draw(st.sampled_from(movers)), "actions": branches}
    weights = [draw(st.integers(1, 9)) for _ in branches]
    for branch, w in zip(branches.values(), weights, strict=True):
        branch["probability"] = f"{w} / {sum(weights)}"
    return {"chance": branches}


def reachable(nodes: dict[str, Any], start: str) -> dict[str, Any]:
    found, queue = {start}, [start]
    while queue:
        at = nodes[queue.pop()]
        for branch in (at.get("actions") or at["chance"]).values():
            if branch["then"] not in {"end", *found}:
                found.add(branch["then"])
                queue.append(branch["then"])
    return {n: v for n, v in nodes.items() if n in found}


def built(data: dict[str, Any]) -> Protocol:
    return build_protocol(parse_document(json.dumps(data), "random.yaml"))


@st.composite
def numbers_for(draw: st.DrawFn, protocol: Protocol) -> dict[str, float]:
    """Numbers for a random protocol."""
    found = {"lambda": draw(st.floats(0, 8))}
    for name, number in protocol.numbers.items():
        if name.startswith("rho"):
            found[name] = draw(st.floats(0.01, 0.99))
        if name.startswith("taste"):
            found |= {f"{name}[{e}]": draw(worth) for e in protocol.elements(number)}
    return found
