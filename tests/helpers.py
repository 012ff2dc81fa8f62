"""A small protocol with a bit of everything, scenarios of it, and short ways to build and solve."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from foedus.documents import parse_document
from foedus.errors import InputError
from foedus.model.model import Model
from foedus.program.ir import Value
from foedus.program.numpy_executor import execute
from foedus.protocol.loader import build_protocol
from foedus.protocol.protocol import Protocol
from foedus.scenario.loader import build_scenario
from foedus.scenario.scenario import Scenario

Array = NDArray[np.float64]

TOLL = """\
protocol: toll
format: 1
title: A traveller at a toll gate
cites: [nobody_1900]
references:
  nobody_1900: {authors: "Nobody, N.", title: On Tolls, year: 1900}
units:
  coin: money
  load: what is carried
sets:
  road: [north, south]
players:
  traveller: {meaning: who travels}
  guard:
    meaning: who alone knows its zeal
    types: {strict: rho, lax: 1 - rho}
numbers:
  lambda: {unit: 1/coin, support: "[0, inf)", meaning: precision of choice}
  rho_0: {support: "[0, 1]", meaning: belief in a strict guard at the start}
  chi: {support: "[0, 1]", meaning: chance of another guard}
  fine: {unit: coin, support: "[0, inf)", meaning: price of passing}
  zeal: {unit: coin, over: guard, meaning: what stopping is worth to the guard}
  traffic: {over: road, support: "[0, 1]", meaning: how busy a road is}
  gold: {unit: coin, support: "(0, inf)", default: 1, meaning: what passing is worth}
  weight: {unit: load, support: "(0, inf)", default: 2, meaning: what is carried}
definitions:
  fog: {formula: "sum(k in road: traffic[k]) / 2", meaning: chance of fog}
marks:
  passed: {meaning: the traveller passed}
  paid: {default: 0, meaning: the traveller paid}
  caught: {default: 0, meaning: the traveller was stopped}
game:
  start: gate
  nodes:
    gate:
      player: traveller
      actions:
        turn_back: {marks: {passed: 0}, then: end}
        cross: {then: weather}
    weather:
      chance:
        thick: {probability: fog, marks: {passed: 1}, then: end}
        clear: {probability: 1 - fog, then: check}
    check:
      player: guard
      actions:
        wave: {marks: {passed: 1}, then: end}
        stop: {marks: {caught: 1}, then: plea}
    plea:
      player: traveller
      actions:
        pay: {marks: {passed: 1, paid: 1}, then: end}
        argue: {marks: {passed: 0}, then: end}
payoffs:
  unit: coin
  of:
    traveller: gold * passed - fine * paid + wealth / 10
    guard: caught * zeal[guard] + fine * paid / 2
choice: {rule: logit, precision: lambda}
state:
  rho: {start: rho_0, next: (1 - chi) * posterior(guard.strict) + chi / 2}
  wealth: {unit: coin, start: gold, next: wealth + gold * effort - fine * paid}
levers:
  effort: {meaning: work between journeys}
  care: {meaning: another lever}
measures:
  crossing: {formula: choice(gate.cross), meaning: probability of setting out}
  strictness: {formula: choice(check.stop), meaning: probability of being stopped}
  passing: {formula: probability(passed), meaning: probability of passing}
  welfare: {formula: value(traveller), unit: coin, meaning: expected payoff of the traveller}
  riches: {formula: wealth, unit: coin, meaning: wealth at the start of the journey}
  trust: {formula: rho, meaning: belief in a strict guard}
  bustle: {formula: "traffic[road]", over: road, meaning: how busy a road is}
"""

TRIP = """\
scenario: trip
format: 1
title: A trip
protocol: toll.yaml
vantage: 2020-01-01
actors:
  guard: {name: Guard}
sources:
  ledger: {publication: A ledger, date: 2019-12-31}
numbers:
  lambda: {value: 3, unit: 1/coin, source: ledger}
  rho_0: {prior: "beta(2, 5)", source: ledger}
  chi: {value: 0.1, source: ledger}
  fine: {prior: 0.2 to 0.6, unit: coin, source: ledger}
  zeal:
    strict: {prior: "uniform(0, 1)", unit: coin, source: ledger}
    lax: {prior: "uniform(-1, 0)", unit: coin, source: ledger}
  traffic:
    north: {value: 20, unit: "%", source: ledger}
    south: {prior: 10 to 60, unit: "%", source: ledger}
correlations:
  - {between: ["zeal[strict]", "zeal[lax]", fine], correlation: 0.5, why: rich times}
prior_sets:
  reference: {meaning: as given}
  strict:
    meaning: a stricter guard
    numbers:
      rho_0: {prior: "beta(6, 2)", source: ledger}
levers: {budget: 1, lag: 1}
policies:
  idle: {meaning: nothing}
  work: {meaning: work, levers: {effort: 1}}
  later: {meaning: work later, levers: {effort: [0, 0.5, 1], care: [0, 0.5, 0]}}
policy: idle
horizon: 3
observed: {gate: cross, check: stop}
draws: 2000
seed: 7
claims:
  - id: a
    role: premise
    text: Travellers set out.
    tests: [{measure: crossing, is: above, threshold: 0.5}]
    record: {at_vantage: mixed, in_hindsight: mixed, note: a ledger, source: [ledger]}
  - id: b
    role: inference
    text: Being stopped raises the belief in a strict guard.
    tests: [{measure: trust, when: next, is: above, than: {when: now}}]
    without: {meaning: guards do not differ, change: {zeal: 0}}
    record: {at_vantage: mixed, in_hindsight: mixed, note: a ledger}
tensions:
  - {claims: [a, b], why: who trusts less travels less}
"""


def edited(text: str, old: str, new: str) -> str:
    """The text with its one occurrence of `old` replaced."""
    assert text.count(old) == 1, f"{text.count(old)} × {old!r}"
    return text.replace(old, new)


def protocol_of(text: str = TOLL) -> Protocol:
    return build_protocol(parse_document(text, "toll.yaml"))


def scenario_of(folder: Path, text: str = TRIP, protocol: str = TOLL) -> Scenario:
    """A scenario from text, its protocol written beside it."""
    (folder / "toll.yaml").write_text(protocol)
    return build_scenario(parse_document(text, "trip.yaml"), folder)


def line_of(text: str, part: str) -> int:
    """The line on which a part of a text starts."""
    assert part in text
    return text[: text.index(part)].count("\n") + 1


def refused(build: Any, *args: Any) -> InputError:
    """The error with which an input is refused: one that says what to do."""
    with pytest.raises(InputError) as caught:
        build(*args)
    assert caught.value.fix, f"no fix: {caught.value}"
    return caught.value


class Game:
    """A protocol's first crisis, solved over arrays of numbers.

    Args:
        wanted: what to compute besides choices and values: name to the formula of a measure.
    """

    def __init__(self, protocol: Protocol, *, limit: bool = False, wanted: Mapping[str, str] | None = None) -> None:
        from foedus.formulas import parse

        self.protocol = protocol
        self.model = Model(protocol, limit=limit)
        world = self.model.world(self.model.numbers() | self.model.levers({}))
        solution = world.solution
        outputs: dict[str, Value] = {}
        self.choices: dict[tuple[tuple[str, ...], str | None], dict[str, str]] = {}
        for at in self.model.tree.positions:
            for kind, chosen in solution.choices[at].items():
                names = {a: f"choice:{'/'.join(at.path)}:{kind}:{a}" for a in at.children}
                self.choices[at.path, kind] = names
                outputs |= dict(zip(names.values(), chosen, strict=True))
        outputs |= {f"value:{p}": solution.value(p, self.model.tree) for p in protocol.players}
        outputs |= {f"play:{'/'.join(p.path)}": solution.reach[p] for p in self.model.tree.plays}
        outputs |= {name: world.evaluate(parse(formula).root) for name, formula in (wanted or {}).items()}
        self.program = self.model.builder.program(outputs)

    def solve(self, numbers: Mapping[str, Any]) -> dict[str, Array]:
        """Every output at these numbers."""
        return execute(self.program, numbers)

    def chosen(self, numbers: Mapping[str, Any]) -> dict[tuple[tuple[str, ...], str | None], dict[str, Array]]:
        """(path, type) to action to probability."""
        found = self.solve(numbers)
        return {key: {a: found[name] for a, name in names.items()} for key, names in self.choices.items()}
