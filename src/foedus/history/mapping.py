"""From a map file and its protocol to a forecaster: formulas of codes and coefficients become numbers of the game."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from foedus.documents import Document, parse_document, read_document
from foedus.errors import InputError, MeaningError, NotFoundError, nearest
from foedus.formulas import Formula, Name, check_function, no_operator, parse, walk
from foedus.history.forecaster import Forecaster
from foedus.history.maps.schema import MapSchema
from foedus.model.model import Model
from foedus.model.world import World
from foedus.program import ir
from foedus.program.ir import Program, Value
from foedus.program.lowering import lower
from foedus.protocol.loader import load_protocol
from foedus.protocol.operators import OPERATORS
from foedus.protocol.protocol import Protocol, flat_names
from foedus.schema import validate


def load_forecaster(name: str | Path) -> Forecaster:
    """A forecaster from the name of a shipped map, or from the file of one.

    Raises:
        InputError: no such map, or something wrong in it, with file and line.
    """
    shipped = {p.name.removesuffix(".yaml"): p for p in files("foedus.history.maps").iterdir() if p.name.endswith(".yaml")}
    if str(name) in shipped:
        return _shipped(str(name))
    path = Path(name)
    if not path.exists():
        raise NotFoundError(f"no map '{name}'", fix=nearest(str(name), shipped))
    return build_forecaster(read_document(path))


@cache
def _shipped(name: str) -> Forecaster:
    raw = (files("foedus.history.maps") / f"{name}.yaml").read_bytes()
    return build_forecaster(parse_document(raw, f"{name}.yaml"))


def build_forecaster(document: Document) -> Forecaster:
    """A forecaster from the document of a map.

    Raises:
        InputError: the wrong shape, or a formula that names what is neither a code nor a coefficient, with file and line.
    """
    given = validate(MapSchema, document)
    protocol = load_protocol(given.protocol)
    return Forecaster(given, protocol, _program(given, protocol, document))


def _program(given: MapSchema, protocol: Protocol, document: Document) -> Program:
    model = Model(protocol)
    known: dict[str, Value] = {}
    labels = flat_names(protocol, protocol.numbers)
    names = [*given.codes, *given.coefficients]
    for label, number in given.numbers.items():
        place = document.place(("numbers", label, "formula"))
        try:
            if label not in labels:
                raise NotFoundError(f"no number '{label}' in the protocol '{protocol.name}'", fix=nearest(label, labels))
            known[label] = _lowered(parse(number.formula), model, names)
        except InputError as error:
            raise error.at(place) from None
    for label in labels:
        default = protocol.numbers[label.partition("[")[0]].default
        if label not in known:
            if default is None:
                raise MeaningError(f"the number '{label}' has no formula", document.place(("numbers",)), f"add '{label}:'")
            known[label] = model.builder.const(default)
    world = model.world(known | model.levers({}))
    logs = {}
    for level, text in given.levels.items():
        try:
            logs[level] = ir.log(_probability(parse(text), world, given, protocol))
        except InputError as error:
            raise error.at(document.place(("levels", level))) from None
    return model.builder.program(logs)


def _lowered(formula: Formula, model: Model, names: Sequence[str]) -> Value:
    for e in walk(formula.root):
        if isinstance(e, Name) and (e.name not in names or e.index is not None):
            raise NotFoundError(f"'{e.name}' is neither a code nor a coefficient", fix=nearest(e.name, names))
    return lower(formula.root, model.builder, lambda n: model.builder.input(n.name), no_operator, _no_set)


def _probability(formula: Formula, world: World, given: MapSchema, protocol: Protocol) -> Value:
    """The probability of a level: a formula of choices, and of codes where what counts as the level differs between cases."""

    def name(n: Name) -> Value:
        if n.name not in given.codes:
            raise NotFoundError(f"'{n.name}' is no code", fix=nearest(n.name, given.codes))
        return world.builder.input(n.name)

    def operator(call: Any) -> Value:
        if call.function != "choice":
            check_function(call, OPERATORS)
            raise MeaningError(f"a level is no formula of '{call.function}'", fix="use choice(node.action)")
        move = call.args[0]
        node = protocol.nodes.get(getattr(move, "node", ""))
        if node is None or move.action not in node.branches:
            known = [f"{n}.{a}" for n, found in protocol.nodes.items() for a in found.branches]
            raise NotFoundError(
                f"no move '{getattr(move, 'node', '')}.{getattr(move, 'action', '')}'", fix=nearest(str(move), known)
            )
        return world.evaluate(call)

    return lower(formula.root, world.builder, name, operator, _no_set)


def _no_set(name: str) -> tuple[str, ...]:
    raise MeaningError(f"'{name}' is not a set that can be summed over here", fix="write the sum out")
