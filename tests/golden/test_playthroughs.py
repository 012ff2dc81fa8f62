"""One readable playthrough for each shipped scenario, as stored beside this file.

FOEDUS_REGENERATE=1 python -m pytest tests/golden     writes them anew
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

import pytest

from foedus.model.solve import Solved, SolvedNode, solve
from foedus.protocol.loader import shipped
from foedus.scenario.loader import load_scenario

SCENARIOS = sorted(shipped("foedus.scenario"))


def playthrough(solved: Solved) -> str:
    """A solved crisis as text: the tree with its probabilities, then beliefs, payoffs and measures."""
    return "\n".join(_lines(solved)) + "\n"


def _lines(solved: Solved) -> Iterator[str]:
    scenario = solved.scenario
    yield f"{scenario.name}: {scenario.title}"
    yield f"protocol {scenario.protocol.name}, prior set {solved.prior_set} at its medians, precision {solved.precision:.6g}"
    yield ""
    yield from _node("", 0, solved)
    yield ""
    for b in solved.beliefs:
        if b.posterior == b.posterior:
            yield f"belief in {b.player} {b.type}: {b.prior:.6f}, after {b.path}/{b.action} {b.posterior:.6f}"
    yield ""
    for player, payoff in solved.payoffs.items():
        yield f"{player} expects {payoff:.6f}"
    yield ""
    for name, value in solved.measures.items():
        yield f"{name} = {value + 0.0:.6f}".replace("= -0.000000", "= 0.000000")


def _node(path: str, depth: int, solved: Solved) -> Iterator[str]:
    here = [n for n in solved.nodes if n.path == path]
    if not here:
        return
    for action in here[0].actions:
        chances = " | ".join(_chance(n, action) for n in here)
        end = f"{path}/{action}" if path else action
        play = next((p for name, p in solved.plays if name == end), None)
        tail = f"   [{play:.6f}]" if play is not None else ""
        yield f"{'  ' * depth}{here[0].node}, {here[0].player or 'chance'}: {action}  {chances}{tail}"
        yield from _node(end, depth + 1, solved)


def _chance(node: SolvedNode, action: str) -> str:
    return f"{node.type} {node.actions[action]:.6f}" if node.type else f"{node.actions[action]:.6f}"


@pytest.mark.parametrize("name", SCENARIOS)
def test_playthrough(name: str, regenerate: bool) -> None:
    found, stored = playthrough(solve(load_scenario(name))), Path(__file__).with_name(f"{name}.txt")
    if regenerate:
        stored.write_text(found, encoding="utf-8")
    expected = stored.read_text(encoding="utf-8") if stored.exists() else ""
    assert found == expected, "\n".join(
        difflib.unified_diff(expected.splitlines(), found.splitlines(), "stored", "found", lineterm="")
    )
