"""Who is in a crisis, what they may do, and whatever the protocol has indexed, without knowing what it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from foedus.model.solve import Solved
from foedus.protocol.protocol import label
from foedus.report.text import clean, number
from foedus.scenario.scenario import Policy, Scenario


@dataclass(frozen=True)
class Actor:
    """Who plays a part."""

    role: str
    name: str
    code: str
    meaning: str
    index: int


@dataclass(frozen=True)
class Column:
    """A measure over the elements of a set; `largest` is what a full bar stands for."""

    name: str
    meaning: str
    unit: str
    values: tuple[float, ...]
    largest: float


@dataclass(frozen=True)
class Indexed:
    """Every measure over one set."""

    over: str
    elements: tuple[str, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class PolicyRow:
    """A policy in words."""

    name: str
    meaning: str
    settings: str
    is_default: bool


def actors(scenario: Scenario) -> list[Actor]:
    """Every player, with whoever plays it."""
    found = []
    for index, (role, player) in enumerate(scenario.protocol.players.items()):
        given = scenario.actors.get(role)
        name, code = (clean(given.name), clean(given.code)) if given else (role, "")
        found.append(Actor(role, name, code, clean(player.meaning), index))
    return found


def indexed(solved: Solved) -> list[Indexed]:
    """The measures that are indexed, set by set, as solved."""
    protocol = solved.scenario.protocol
    columns: dict[str, list[Column]] = {}
    for name, measure in protocol.measures.items():
        if measure.over is None:
            continue
        values = tuple(solved.measures[label(name, k)] for k in protocol.elements(measure))
        largest = max([1.0 if not measure.unit.powers else 0.0, *(abs(v) for v in values if v == v)])
        columns.setdefault(measure.over, []).append(Column(name, clean(measure.meaning), str(measure.unit), values, largest))
    return [Indexed(over, protocol.sets[over], tuple(found)) for over, found in columns.items()]


def policies(scenario: Scenario) -> list[PolicyRow]:
    """Every policy of a scenario."""
    return [PolicyRow(n, clean(p.meaning), settings(p), n == scenario.policy) for n, p in scenario.policies.items()]


def settings(policy: Policy) -> str:
    """What a policy does in each crisis, with runs of equal crises taken together."""
    runs: list[tuple[int, Mapping[str, float]]] = []
    for crisis, now in enumerate(policy.settings, 1):
        done = {lever: value for lever, value in now.items() if value}
        if not runs or runs[-1][1] != done:
            runs.append((crisis, done))
    if len(runs) == 1:
        return _setting(runs[0][1])
    return "; ".join(f"from crisis {crisis}: {_setting(done)}" for crisis, done in runs)


def _setting(done: Mapping[str, float]) -> str:
    return ", ".join(f"{lever} {number(value)}" for lever, value in done.items()) or "no lever"
