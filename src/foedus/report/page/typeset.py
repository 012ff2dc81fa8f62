"""The model of a protocol as typeset formulas: who wants what, how the next crisis begins, and what the claims read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from foedus.formulas import Formula, Name
from foedus.protocol.protocol import Definition, Measure, Protocol
from foedus.report.page.mathml import PRIME, equation, mi, mo, row, symbol
from foedus.report.text import clean
from foedus.scenario.scenario import Reading, Scenario

READ = "Measures that the claims and drawings read"
RULES = {
    "logit": "Each mover takes an action with a probability in proportion to exp(precision × its expected payoff): logit.",
    "probit": "Each mover errs by a normal disturbance of its expected payoffs (probit).",
    "probit_private": "Each mover knows a normal disturbance of its own payoffs that the others do not know (probit).",
}


@dataclass(frozen=True)
class Line:
    """A formula: MathML, the same as it stands in the file, what it means, its unit, and the works it can be checked against."""

    name: str
    mathml: str
    text: str
    meaning: str
    unit: str
    cites: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """Formulas of one kind."""

    title: str
    note: str
    lines: tuple[Line, ...]


def typeset(scenario: Scenario) -> list[Group]:
    """The formulas that the scenario's results rest on, in the order in which a paper would give them."""
    return typeset_protocol(scenario.protocol, tuple(_measures(scenario)))


def typeset_protocol(protocol: Protocol, measures: Sequence[Measure] | None = None) -> list[Group]:
    """The formulas of a protocol, with all measures or only some."""
    chosen = protocol.measures.values() if measures is None else measures
    found = (
        Group("Payoffs", "", tuple(_payoffs(protocol))),
        Group("Choice", RULES[protocol.rule], tuple(_precision(protocol))),
        Group("Beliefs about private types", "", tuple(_types(protocol))),
        Group("Definitions within a crisis", "", tuple(_line(d) for d in _definitions(protocol))),
        Group("From one crisis to the next", "A prime marks the next crisis.", tuple(_states(protocol))),
        Group("Promises: how far they hold here", "", tuple(_promises(protocol))),
        Group("Measures" if measures is None else READ, "", tuple(_line(m) for m in chosen)),
    )
    return [group for group in found if group.lines]


def _payoffs(protocol: Protocol) -> Iterator[Line]:
    unit = "" if str(protocol.payoff_unit) == "1" else str(protocol.payoff_unit)
    for player, formula in protocol.payoffs.items():
        left = f"<msub>{mi('U')}{mi(player)}</msub>"
        yield Line(player, equation([left], formula.root), formula.text, f"what {player} wants", unit)


def _precision(protocol: Protocol) -> Iterator[Line]:
    formulas = protocol.precision
    same = len({f.text for f in formulas.values()}) == 1
    for player, formula in formulas.items():
        left = mi("precision") if same else f"<msub>{mi('precision')}{mi(player)}</msub>"
        yield Line("precision" if same else player, equation([left], formula.root), formula.text, "precision of choice", "")
        if same:
            return


def _types(protocol: Protocol) -> Iterator[Line]:
    for player in protocol.players.values():
        for kind, formula in player.types.items():
            left = row(mi("Pr"), mo("("), mi(player.name), mo("="), mi(kind), mo(")"))
            yield Line(
                f"{player.name} {kind}", equation([left], formula.root), formula.text, f"belief that {player.name} is {kind}", ""
            )


def _states(protocol: Protocol) -> Iterator[Line]:
    for state in protocol.state.values():
        left = symbol(state.name, state.over)
        unit = "" if str(state.unit) == "1" else str(state.unit)
        meaning = clean(state.meaning)
        yield Line(
            state.name,
            equation([f"<msup>{left}<mn>1</mn></msup>"], state.start.root),
            state.start.text,
            f"{meaning}, at first",
            unit,
        )
        yield Line(state.name, equation([left, PRIME], state.next.root), state.next.text, f"{meaning}, in the next crisis", unit)


def _promises(protocol: Protocol) -> Iterator[Line]:
    for promise in protocol.promises.values():
        left = f"<msub>{mi('covers')}{mi(promise.name)}</msub>"
        yield Line(promise.name, equation([left], promise.covers.root), promise.covers.text, clean(promise.meaning), "")


def _line(quantity: Definition | Measure) -> Line:
    formula = quantity.formula
    unit = "" if str(quantity.unit) == "1" else str(quantity.unit)
    cites = quantity.cites if isinstance(quantity, Measure) else ()
    left = symbol(quantity.name, quantity.over)
    return Line(quantity.name, equation([left], formula.root), formula.text, clean(quantity.meaning), unit, cites)


def _definitions(protocol: Protocol) -> Iterator[Definition]:
    return (q for q in protocol.quantities.values() if isinstance(q, Definition))


def _measures(scenario: Scenario) -> Iterator[Measure]:
    """The measures that claims, ties and the course read, and those that they are computed from."""
    protocol = scenario.protocol
    tests = [t for c in scenario.claims for t in (*c.tests, *c.provided)]
    waiting = [r.measure for t in tests for r in (t.left, t.right) if isinstance(r, Reading)]
    waiting += [t.measure for t in protocol.ties.values()] + [name.partition("[")[0] for name in protocol.course]
    wanted: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in protocol.measures and name not in wanted:
            wanted.add(name)
            waiting += _names([protocol.measures[name].formula])
    return (m for name, m in protocol.measures.items() if name in wanted)


def _names(formulas: Iterable[Formula]) -> list[str]:
    return [part.name for f in formulas for part in f.walk() if isinstance(part, Name)]
