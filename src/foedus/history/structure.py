"""What can be fitted: events, the log-probability of each as a program of the numbers of a case, and how numbers are bound.

A number of a protocol that has a regression is the linear predictor itself on the whole line, its exponential on a half-line and
its logistic function, stretched to the ends, on a bounded interval; so no coefficient can leave its support.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NoReturn

from foedus.errors import MeaningError, NotFoundError, nearest
from foedus.formulas import Constant, Expression, Formula, Name, parse, specialise, walk
from foedus.game.tree import Play
from foedus.history.machine import Machine
from foedus.model.model import Model
from foedus.numbers import Support
from foedus.program import ir
from foedus.program.ir import Program, Value
from foedus.program.lowering import lower
from foedus.protocol.loader import load_protocol
from foedus.protocol.protocol import Protocol, flat_names
from foedus.protocol.schema import Rule

LOG = "log_probability"


@dataclass(frozen=True)
class Structure:
    """A family of probabilities of events.

    Attributes:
        name: what it is called in tables.
        events: event to a program with the one output `LOG`; its inputs are linear predictors and columns, by number.
        regressed: the numbers that are linear predictors, in order.
        links: how such a number follows from its predictor, where that is not the predictor itself: `log` or `logit`.
        columns: the inputs that are columns of the cases.
        start: number to a sensible first constant.
        cites: the works that the structure is from.
    """

    name: str
    events: Mapping[str, Program]
    regressed: tuple[str, ...]
    links: Mapping[str, str]
    columns: tuple[str, ...]
    start: Mapping[str, float] = dataclasses.field(default_factory=dict)
    cites: tuple[str, ...] = ()

    _machines: dict[tuple[str, bool], Machine] = dataclasses.field(default_factory=dict, repr=False, compare=False)

    def machine(self, event: str, compiled: bool) -> Machine:
        """What computes the log-probability of an event; made once."""
        if (event, compiled) not in self._machines:
            self._machines[event, compiled] = Machine(self.events[event], self.regressed, self.columns, compiled)
        return self._machines[event, compiled]

    def parameter(self, number: str) -> str:
        """What the linear predictor of a number is a predictor of."""
        return f"{self.links[number]}({number})" if number in self.links else number


_built: dict[object, Structure] = {}  # by what they were built from: machine code is worth keeping
KEPT = 32


def protocol_structure(
    protocol: Protocol, events: Mapping[str, str], regressed: Collection[str], given: Mapping[str, float | None]
) -> Structure:
    """The plays of a protocol as events.

    Args:
        protocol: the kind of crisis.
        events: event to the plays that are it: the actions from the start joined by `/` (every play that begins so), or a formula
            of marks that is one at them and zero at others.
        regressed: labels of numbers that get a linear predictor.
        given: labels of numbers that are known: the value, or None where it is a column of the cases.

    Raises:
        InputError: an unknown number or play, or a number that is neither regressed nor given nor has a default.
    """
    key = (protocol.digest, protocol.rule, tuple(events.items()), tuple(regressed), tuple(given.items()))
    if key not in _built:
        if len(_built) >= KEPT:
            _built.pop(next(iter(_built)))
        _built[key] = _build(protocol, events, regressed, given)
    return _built[key]


def _build(
    protocol: Protocol, events: Mapping[str, str], regressed: Collection[str], given: Mapping[str, float | None]
) -> Structure:
    labels = flat_names(protocol, protocol.numbers)
    for label in (*regressed, *given):
        if label not in labels:
            raise NotFoundError(f"no number '{label}' in the protocol '{protocol.name}'", fix=nearest(label, labels))
    model, links = Model(protocol), dict[str, str]()
    known = {label: _bound(model, label, regressed, given, links) for label in labels}
    solution = model.world(known | model.levers({})).solution
    plays = model.tree.plays
    weights = dict(zip(plays, solution.log_weights(plays), strict=True))
    programs = {
        event: model.builder.program({LOG: ir.log_total([weights[p] for p in _plays(model, event, text)])})
        for event, text in events.items()
    }
    _check_bound(protocol, programs, regressed, given)
    columns = tuple(label for label, value in given.items() if value is None)
    return Structure(f"{protocol.name} ({protocol.rule})", programs, tuple(regressed), links, columns, cites=protocol.cites)


def with_rule(protocol: Protocol | str, rule: Rule | None) -> Protocol:
    """A protocol, by itself or by name or file, with another rule of choice if one is named."""
    found = protocol if isinstance(protocol, Protocol) else load_protocol(protocol)
    return found if rule is None else dataclasses.replace(found, rule=rule)


def _bound(
    model: Model, label: str, regressed: Collection[str], given: Mapping[str, float | None], links: dict[str, str]
) -> Value:
    number, builder = model.protocol.numbers[label.partition("[")[0]], model.builder
    value = given.get(label, number.default)
    if label in regressed:
        return _linked(builder.input(label), label, number.support, links)
    if value is None:
        return builder.input(label)
    if value not in number.support:
        raise MeaningError(f"'{label}' = {value:g} is outside {number.support}", fix="give a value inside")
    return builder.const(value)


def _linked(predictor: Value, label: str, support: Support, links: dict[str, str]) -> Value:
    low, high = support.low, support.high
    if math.isinf(low) and math.isinf(high):
        return predictor
    if math.isfinite(low) and math.isfinite(high):
        links[label] = "logit"
        return low + (high - low) * ir.sigmoid(predictor)
    links[label] = "log"
    return low + ir.exp(predictor) if math.isfinite(low) else high - ir.exp(predictor)


def _check_bound(
    protocol: Protocol, programs: Mapping[str, Program], regressed: Collection[str], given: Mapping[str, object]
) -> None:
    used = {name for program in programs.values() for name in program.inputs}
    loose = [name for name in flat_names(protocol, protocol.numbers) if name in used - {*regressed, *given}]
    if loose:
        what = f"{', '.join(loose)} of the protocol '{protocol.name}' {'have' if len(loose) > 1 else 'has'} no equation"
        raise MeaningError(what, fix=f"write '{loose[0]} ~ terms', or '{loose[0]} = value'")
    idle = [name for name in regressed if name not in used]
    if idle:
        raise MeaningError(f"'{idle[0]}' changes the probability of no outcome", fix=f"drop the equation for '{idle[0]}'")


def _plays(model: Model, event: str, text: str) -> list[Play]:
    """The plays that an event consists of.

    Raises:
        MeaningError: none, or a text that is neither a path nor a formula of marks.
    """
    path = tuple(text.split("/"))
    found = [p for p in model.tree.plays if p.path[: len(path)] == path]
    if found:
        return found
    if all(part.isidentifier() for part in path) and text not in model.protocol.marks:
        plays = ["/".join(p.path) for p in model.tree.plays]
        raise MeaningError(f"no play of '{model.protocol.name}' begins '{text}'", fix=nearest(text, plays))
    formula = parse(text)
    found = [p for p in model.tree.plays if _holds(model, formula, p)]
    if not found:
        raise MeaningError(f"'{text}' holds at no play of '{model.protocol.name}'", fix=f"check what '{event}' is")
    return found


def _holds(model: Model, formula: Formula, play: Play) -> bool:
    """Whether a formula of marks is one at a play, and not zero."""
    unknown = [e.name for e in formula.walk() if isinstance(e, Name) and e.name not in model.protocol.marks]
    if unknown:
        raise NotFoundError(f"no mark '{unknown[0]}'", fix=nearest(unknown[0], model.protocol.marks))
    value = _folded(specialise(formula.root, model.marks(play)))
    if value not in (0.0, 1.0):
        raise MeaningError(f"'{formula.text}' is not 0 or 1 at the play {'/'.join(play.path)}", fix="compare marks that are")
    return value == 1.0


def _folded(root: Expression) -> float | None:
    """The number that an expression is, or None."""
    if any(isinstance(e, Name) for e in walk(root)):
        return None
    builder = ir.Builder()
    return root.value if isinstance(root, Constant) else lower(root, builder, _none, _none, _none).constant


def _none(_: object) -> NoReturn:
    raise MeaningError("an event is a path or a formula of marks", fix="use marks, numbers and arithmetic")
