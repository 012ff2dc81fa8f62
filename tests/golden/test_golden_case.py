"""The golden case of the modelling brief, section 3, to six decimals: every number it prints."""

from __future__ import annotations

import pytest

from foedus.model.solve import Solved, solve
from foedus.scenario.loader import load_scenario

CHOICES = {
    ("", None, "press"): 0.742223,
    ("press", None, "resist"): 0.686408,
    ("press/resist", "high", "back"): 0.579787,
    ("press/resist", "high", "urge"): 0.250282,
    ("press/resist", "high", "sit_out"): 0.169930,
    ("press/resist", "low", "back"): 0.326296,
    ("press/resist", "low", "urge"): 0.401264,
    ("press/resist", "low", "sit_out"): 0.272440,
    ("press/resist/urge", None, "accept"): 0.856907,
    ("press/resist/urge/accept", None, "stop"): 0.606057,
    ("press/resist/sit_out", None, "accept"): 0.542207,
    ("press/resist/back", None, "desist"): 0.418396,
    ("press/resist/urge/accept/stop", None, "accuse"): 0.450166,
    ("press/resist/urge/accept/continue", None, "accuse"): 0.450166,
    ("press/resist/urge/fight_on", None, "accuse"): 0.450166,
    ("press/resist/sit_out/accept", None, "accuse"): 0.450166,
    ("press/resist/sit_out/fight_on", None, "accuse"): 0.450166,
}
BELIEFS = {"back": 0.639883, "urge": 0.384136, "sit_out": 0.384136}
SCOPE = {0.0: 0.425, 1.0: 0.300}


@pytest.fixture(scope="module")
def solved() -> Solved:
    return solve(load_scenario("textbook"))


def shown(x: float) -> str:
    return f"{x:.6f}"


@pytest.mark.parametrize("key", CHOICES, ids=lambda key: f"{key[0] or 'onset'} {key[1] or ''} {key[2]}")
def test_choice(key: tuple[str, str | None, str], solved: Solved) -> None:
    path, kind, action = key
    node = next(n for n in solved.nodes if (n.path, n.type) == (path, kind))
    assert shown(node.actions[action]) == shown(CHOICES[key])


@pytest.mark.parametrize("action", BELIEFS)
def test_belief(action: str, solved: Solved) -> None:
    found = next(b for b in solved.beliefs if (b.type, b.action) == ("high", action))
    assert shown(found.posterior) == shown(BELIEFS[action])


def test_precision_is_four(solved: Solved) -> None:
    assert solved.precision == 4


@pytest.mark.parametrize("omega", SCOPE)
def test_what_refusing_teaches_in_and_out_of_scope(omega: float) -> None:
    """Section 3, trap 4: the belief in the high type after no backing, by how far the treaty covers the theatre."""
    found = solve(load_scenario("textbook").with_numbers({"omega": omega}))
    assert found.measures["belief_after_urging"] == pytest.approx(SCOPE[omega], abs=5e-4)
    assert found.measures["belief_after_sitting_out"] == pytest.approx(SCOPE[omega], abs=5e-4)
