"""A record as one program: crisis after crisis, the probability of what was coded, and what others believe when the next begins.

Each opportunity is the scenario's game in that crisis' circumstances. Where a code is disputed the crisis is a mixture over its
codings with their weights. What is coded of a node says how likely each action makes the report; nodes not coded, and the private
type, are summed over. Between opportunities the states that the record moves follow the protocol's own updates, so every event is
one factor of one likelihood: of what was coded, given all that was coded before.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

from foedus.errors import MeaningError
from foedus.model.model import Model
from foedus.model.reported import ELSEWHERE
from foedus.model.world import World
from foedus.program import ir
from foedus.program.ir import Program, Value
from foedus.scenario.record.loader import YEARS
from foedus.scenario.record.record import Coding, Record, Slot
from foedus.scenario.scenario import Scenario

Array = NDArray[np.float64]
NEVER = -1000.0  # the logarithm of a weight of nothing
TOTAL, LOG, PLAY, STATE = "log_likelihood", "log", "play", "state"


@dataclass(frozen=True)
class Variant:
    """One way to read a crisis: its weight, what its numbers were, and moves that were not the players' own."""

    weight: float
    codes: Mapping[str, str]
    given: Mapping[str, str]


@dataclass(frozen=True)
class Chronicle:
    """The record before the vantage, compiled.

    Attributes:
        slots: the opportunities, by date.
        program: labels of numbers and reports to `TOTAL`, `log:SLOT`, `play:SLOT:k` and, at the vantage, `state:NUMBER`.
        labels: the scenario's uncertain numbers that the likelihood reads; nuisances: the record's own.
        plays: the plays of the game, each as node and action of its steps.
        reported: node to its actions, for every node that some field codes.
        evidence: the reports as coded, report to logarithm of its weight.
    """

    scenario: Scenario
    record: Record
    slots: tuple[Slot, ...]
    program: Program
    labels: tuple[str, ...]
    nuisances: tuple[str, ...]
    plays: tuple[tuple[tuple[str, str], ...], ...]
    reported: Mapping[str, tuple[str, ...]]
    evidence: Mapping[str, float]
    _parts: dict[object, Program] = field(default_factory=dict, repr=False)

    @property
    def all_labels(self) -> tuple[str, ...]:
        """The scenario's numbers, then the record's own."""
        return (*self.labels, *self.nuisances)

    @cached_property
    def starts(self) -> tuple[str, ...]:
        """The numbers that the record's learning carries to the vantage."""
        return tuple(self.record.learning.states.values())

    def part(self, *names: str) -> Program:
        """The program cut down to some outputs."""
        if names not in self._parts:
            self._parts[names] = self.program.restricted(list(names))
        return self._parts[names]

    @property
    def events(self) -> list[str]:
        """The ids of the opportunities."""
        return [slot.id for slot in self.slots]


def report(slot: str, node: str, action: str) -> str:
    """The input that holds how likely an action makes what is reported of a node."""
    return f"{slot}:{node}.{action}"


def build_chronicle(scenario: Scenario, record: Record, *, months: int | None = None, conditional: bool = False) -> Chronicle:
    """Compile the record before the vantage.

    Args:
        months: the spacing of opportunities that passed; the record's own by default, 0 for none.
        conditional: take every onset as given, so that nothing is learnt from how often the rival pressed.

    Raises:
        MeaningError: a number that the likelihood reads was made from the record already.
    """
    slots = tuple(record.slots(date.fromisoformat(scenario.vantage), months))
    return _Builder(scenario, record, slots, conditional).sequence()


class _Builder:
    def __init__(self, scenario: Scenario, record: Record, slots: tuple[Slot, ...], conditional: bool) -> None:
        self.scenario, self.record, self.slots, self.conditional = scenario, record, slots, conditional
        self.protocol, self.model = scenario.protocol, Model(scenario.protocol)
        self.builder = self.model.builder
        nodes = {node for f in record.fields.values() for node in f.nodes} | set(record.held_moves)
        self.reported = {n: tuple(node.branches) for n, node in self.protocol.nodes.items() if n in nodes}
        certain = {n: x.value for n, x in scenario.numbers().items() if not _uncertain(scenario, n) and x.value is not None}
        self.known = self.model.numbers(certain) | self.model.levers({})
        self.own = {name: self.builder.input(name) for name in record.numbers}

    def sequence(self) -> Chronicle:
        states: dict[str, Value] = {}
        outputs: dict[str, Value] = {}
        for k, slot in enumerate(self.slots):
            states = self.slot(slot, states, self.years(k), outputs)
        total = ir.total((outputs[f"{LOG}:{slot.id}"] for slot in self.slots), self.builder)
        starts = self.record.learning.states
        program = self.builder.program(
            {TOTAL: total} | outputs | {f"{STATE}:{starts[name]}": value for name, value in states.items()}
        )
        read = program.restricted([TOTAL]).inputs
        found = Chronicle(
            self.scenario,
            self.record,
            self.slots,
            program,
            tuple(n for n in self.scenario.labels if n in read),
            tuple(n for n in self.own if n in read),
            tuple(tuple((node, action) for node, _, action in play.steps) for play in self.model.tree.plays),
            self.reported,
            {name: weight for slot in self.slots for name, weight in self.reports(slot).items()},
        )
        _check_counted_once(found)
        return found

    def years(self, k: int) -> float:
        """From an opportunity to the next, or to the vantage."""
        after = [*(s.day for s in self.slots), date.fromisoformat(self.scenario.vantage)]
        return (after[k + 1] - after[k]).days / 365.25

    def slot(self, slot: Slot, states: Mapping[str, Value], years: float, outputs: dict[str, Value]) -> dict[str, Value]:
        """Add a crisis: its log-probability, that of every play, and the states that it leaves behind."""
        told = {
            n: {a: self.builder.input(report(slot.id, n, a)) for a in (*actions, ELSEWHERE)}
            for n, actions in self.reported.items()
        }
        plays: list[list[Value]] = []
        logs: list[Value] = []
        after: list[dict[str, Value]] = []
        for variant in self.variants(slot):
            world = self.world(variant, states, years)
            world = (world.do(variant.given) if variant.given else world).given(told)
            weight = math.log(variant.weight)
            plays.append([weight + log for log in world.reported.log_weights()])
            logs.append(weight + world.reported.log_probability)
            after.append({name: world.inherited(name, None) for name in self.record.learning.states})
        for k, column in enumerate(zip(*plays, strict=True)):
            outputs[f"{PLAY}:{slot.id}:{k}"] = ir.log_total(list(column))
        outputs[f"{LOG}:{slot.id}"] = ir.log_total(logs)
        shares = ir.softmax(logs) if len(logs) > 1 else [self.builder.const(1)]
        return {
            name: ir.total((share * left[name] for share, left in zip(shares, after, strict=True)), self.builder)
            for name in self.record.learning.states
        }

    def world(self, variant: Variant, states: Mapping[str, Value], years: float) -> World:
        """The crisis as a variant reads it, `years` before the next."""
        base = self.model.world(self.known | dict(states))
        changes: dict[str, Value] = {}
        for name, code in variant.codes.items():
            for number in self.record.fields[name].codes[code].numbers:
                changes |= base.changed(number, self.record.formulas[name, code, number].root, self.own)
        for number, formula in self.record.learning.passing.items():
            changes |= base.changed(number, formula.root, self.own | {YEARS: self.builder.const(years)})
        return self.model.world(self.known | dict(states) | changes)

    def variants(self, slot: Slot) -> Iterator[Variant]:
        """Every joint reading of the fields that speak of circumstances or of moves that were not the players' own."""
        fields = [f for f, c in slot.codings.items() if self.branches(f, c)]
        for codes in product(*(slot.codings[f].codes.items() for f in fields)):
            chosen = {f: code for f, (code, _) in zip(fields, codes, strict=True)}
            given = {n: a for f, code in chosen.items() for n, a in self.record.fields[f].codes[code].given.items()}
            if self.conditional:
                given |= {n: a for n, a in self.forced(slot).items() if n == self.protocol.start}
            yield Variant(math.prod(weight for _, weight in codes), chosen, given)

    def branches(self, name: str, coding: Coding) -> bool:
        codes = self.record.fields[name].codes
        return any(codes[c].given or codes[c].numbers for c in coding.codes)

    def forced(self, slot: Slot) -> dict[str, str]:
        """The moves that the coder's own codes name."""
        codes = [self.record.fields[f].codes[c.code] for f, c in slot.codings.items()]
        return {n: a for code in codes for n, a in code.moves.items()}

    def reports(self, slot: Slot) -> dict[str, float]:
        """How likely each action makes what is coded, as logarithms; nothing is said of a node that is not coded.

        A code of a node that the play did not pass is noise: any action is as likely to be coded.
        """
        found: dict[str, float] = {}
        coded = self.weights(slot)
        for node, actions in self.reported.items():
            weights = coded.get(node, dict.fromkeys(actions, 1.0)) | {ELSEWHERE: 1 / len(actions) if node in coded else 1.0}
            found |= {report(slot.id, node, a): math.log(w) if w > 0 else NEVER for a, w in weights.items()}
        return found

    def weights(self, slot: Slot) -> dict[str, dict[str, float]]:
        """For each coded node, the weight of each action."""
        if slot.held:
            return {n: {a: float(a == taken) for a in self.reported[n]} for n, taken in self.record.held_moves.items()}
        found: dict[str, dict[str, float]] = {}
        for name, coding in slot.codings.items():
            for code, weight in coding.codes.items():
                given = self.record.fields[name].codes[code]
                for node, action in (*given.moves.items(), *given.given.items()):
                    found.setdefault(node, dict.fromkeys(self.reported[node], 0.0))[action] += weight
        return found


def _uncertain(scenario: Scenario, label: str) -> bool:
    return any(numbers[label].prior for numbers in scenario.prior_sets.values())


def _check_counted_once(chronicle: Chronicle) -> None:
    """No number that the likelihood informs may have been made from the record already."""
    cited = chronicle.record.cited_as
    for number in chronicle.labels:
        for numbers in chronicle.scenario.prior_sets.values():
            if cited and cited in numbers[number].sources:
                raise MeaningError(
                    f"the prior of '{number}' was made from the record, which would be counted twice",
                    numbers[number].place,
                    "give it a prior from other sources",
                )
