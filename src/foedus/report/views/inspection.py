"""What `check` says of a file that is right: how much is in it, and what looks forgotten."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from foedus.documents import MAX_BYTES, Document, parse_document, read_document
from foedus.errors import MeaningError, NotFoundError, Place, nearest
from foedus.formulas import Formula, Name
from foedus.history.maps.schema import MapSchema
from foedus.model.model import Model
from foedus.protocol.loader import build_protocol, shipped
from foedus.protocol.protocol import Definition, Measure, Protocol, Quantity, State
from foedus.report.text import clean, listed, plural
from foedus.report.views.sourced import used_sources
from foedus.scenario.loader import build_scenario, load_scenario, load_variant
from foedus.scenario.overlays import is_overlay
from foedus.scenario.record.loader import load_record
from foedus.scenario.scenario import Scenario, SourcedNumber


@dataclass(frozen=True)
class Remark:
    """Something that is allowed but looks forgotten."""

    what: str
    place: Place | None


@dataclass(frozen=True)
class Inspection:
    """What is in a file that is right."""

    kind: str
    name: str
    counts: tuple[str, ...]
    warnings: tuple[Remark, ...]

    def lines(self) -> Iterator[str]:
        """What `check` prints."""
        yield f"ok: the {self.kind} '{clean(self.name)}' has {', '.join(self.counts)}"
        for warning in self.warnings:
            yield f"warning: {warning.place}: {warning.what}" if warning.place else f"warning: {warning.what}"

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        warnings = [{"what": w.what, **(asdict(w.place) if w.place else {})} for w in self.warnings]
        return {"kind": self.kind, "name": self.name, "counts": list(self.counts), "warnings": warnings}


def inspect_file(name: str) -> Inspection:
    """Check a file, a shipped scenario or protocol by name, or standard input (`-`).

    Raises:
        InputError: what is wrong with it.
    """
    if "+" in name and not Path(name).exists():
        return inspect_scenario(load_scenario(name))
    document, beside = _document(name)
    data = document.data if isinstance(document.data, dict) else {}
    if "cases" in data and "scenario" not in data:
        return inspect_cases(document)
    if "map" in data and "scenario" not in data:
        return inspect_map(document)
    if "case" in data and "scenario" not in data:
        return inspect_case(document)
    if "record" in data and "events" in data:
        fix = "check the scenario whose 'record:' names it"
        raise MeaningError("a record is right or wrong only for a scenario", document.place(("record",)), fix)
    if "protocol" in data and "scenario" not in data and not is_overlay(document):
        return inspect_protocol(build_protocol(document))
    return inspect_scenario(build_scenario(document, beside))


def _document(name: str) -> tuple[Document, Path]:
    """The document and the folder it stands in."""
    if name == "-":
        return parse_document(sys.stdin.buffer.read(MAX_BYTES + 1), "standard input"), Path()
    library = shipped("foedus.protocol") | shipped("foedus.scenario")
    if name in library:
        return parse_document(library[name].read_bytes(), library[name].name), library[name].parent
    if Path(name).suffix in (".yaml", ".yml") or Path(name).exists():
        return read_document(name), Path(name).parent
    raise NotFoundError(f"no file, scenario or protocol '{name}'", fix=nearest(name, library))


def inspect_cases(document: Document) -> Inspection:
    """What is in a file of cases that `backtest` forecasts."""
    from foedus.history.crises import crises_of
    from foedus.history.mapping import load_forecaster

    found = crises_of(document, load_forecaster("gallery").map)
    counts = (
        plural(len(found), "case"),
        f"{plural(len(set(found.clusters)), 'crisis', 'crises')}",
        f"{int(found.known.sum())} to be scored",
    )
    return Inspection("file of cases", Path(document.name).stem, counts, tuple(Remark(w, None) for w in found.warnings))


def inspect_case(document: Document) -> Inspection:
    """What is in a coded case."""
    from foedus.datasets.casebook import made

    case = made(document).case
    counts = (plural(len(case.codes), "answer"), plural(len(case.claims), "claim"), plural(len(case.sources), "source"))
    return Inspection("coded case", case.case, counts, ())


def inspect_map(document: Document) -> Inspection:
    """What is in a map from codes to the numbers of a protocol."""
    from foedus.history.mapping import build_forecaster

    found = build_forecaster(document)
    given = found.map
    counts = (
        plural(len(given.codes), "code"),
        plural(len(given.coefficients), "coefficient"),
        plural(len(given.levels), "level"),
    )
    idle = [n for n in (*given.codes, *given.coefficients) if n not in found.program.inputs and not _made_of(n, given)]
    remarks = tuple(
        Remark(f"'{n}' changes no probability", document.place(("codes" if n in given.codes else "coefficients", n)))
        for n in idle
    )
    return Inspection("map", given.map, counts, remarks)


def _made_of(name: str, given: MapSchema) -> bool:
    """Whether other codes are made of a code, or a baseline reads it."""
    code = given.codes.get(name)
    used = {n for c in given.codes.values() for n in (*c.product, c.instead)}
    return name in used or (code is not None and code.covariate)


def inspect_protocol(protocol: Protocol) -> Inspection:
    """What is in a protocol.

    Raises:
        UnsolvableError: its game cannot be solved.
    """
    model = Model(protocol)
    counts = (
        plural(len(protocol.players), "player"),
        plural(len(protocol.numbers), "number"),
        plural(len(protocol.nodes), "node"),
        plural(len(model.tree.plays), "play"),
        plural(len(protocol.state), "state"),
        plural(len(protocol.levers), "lever"),
        plural(len(protocol.measures), "measure"),
        _solved_by(model),
    )
    return Inspection("protocol", protocol.name, counts, tuple(_unused_numbers(protocol)))


def inspect_scenario(scenario: Scenario) -> Inspection:
    """What is in a scenario, and in each of its variants.

    Raises:
        InputError: a variant changes nothing, or is not meaningful.
        UnsolvableError: the game of its protocol, or of a variant's, cannot be solved.
    """
    model = Model(scenario.protocol)
    variants = [load_variant(scenario, name) for name in scenario.variants]
    for other in {v.protocol.digest: v.protocol for v in variants if v.protocol.digest != scenario.protocol.digest}.values():
        Model(other)
    numbers = scenario.numbers().values()
    known = sum(n.prior is None for n in numbers)
    counts = (
        f"{plural(len(numbers), 'number')} ({known} known, {len(numbers) - known} uncertain)",
        plural(len(scenario.prior_sets), "prior set"),
        plural(len(scenario.sources), "source"),
        plural(len(scenario.policies), "policy", "policies"),
        plural(len(scenario.claims), "claim"),
        f"{plural(len(model.tree.plays), 'play')} of the game",
        _solved_by(model),
        *([f"a record of {plural(len(load_record(scenario).events), 'event')}"] if scenario.record else []),
        *([plural(len(variants), "variant")] if variants else []),
        *([f"{plural(len(scenario.changes), 'change')} to '{clean(scenario.base)}'"] if scenario.base else []),
    )
    warnings = (*_unsourced(scenario), *_undated(scenario), *_unused_numbers(scenario.protocol, scenario), *_idle_sets(scenario))
    return Inspection("scenario", scenario.name, counts, (*warnings, *_unused_sources(scenario)))


def _solved_by(model: Model) -> str:
    return "solvable as a whole, along its principal branch" if model.general else "solvable by backward induction"


def _about(numbers: Iterable[SourcedNumber], what: str) -> Iterator[Remark]:
    """One warning for all numbers of a kind, at the place of the first."""
    found = list(numbers)
    if found:
        yield Remark(f"{plural(len(found), 'number')} {what}: {listed([n.label for n in found])}", found[0].place)


def _unsourced(scenario: Scenario) -> Iterator[Remark]:
    numbers = [n for n in scenario.numbers().values() if not n.sources and n.label not in scenario.fixed]
    protocol = scenario.protocol.file
    left = [n for n in numbers if n.place.file == protocol != scenario.file]
    yield from _about([n for n in numbers if n not in left], "without a source")
    yield from _about(left, "left to the protocol's default")


def _undated(scenario: Scenario) -> Iterator[Remark]:
    yield from _about([n for n in scenario.numbers().values() if n.sources and not n.describes], "without the date described")


def _idle_sets(scenario: Scenario) -> Iterator[Remark]:
    names = list(scenario.prior_sets)
    for k, name in enumerate(names):
        for before in names[:k]:
            if _same(scenario, name, before):
                yield Remark(f"the prior set '{clean(name)}' changes nothing: its numbers are those of '{clean(before)}'", None)
                break


def _same(scenario: Scenario, a: str, b: str) -> bool:
    def content(name: str) -> list[tuple[float | None, object]]:
        return [
            (n.value, n.prior and (n.prior.family, n.prior.parameters, n.prior.scale)) for n in scenario.numbers(name).values()
        ]

    return content(a) == content(b)


def _unused_sources(scenario: Scenario) -> Iterator[Remark]:
    cited = {*used_sources(scenario), *(s for c in scenario.claims for s in c.record.source)}
    idle = [clean(s) for s in scenario.sources if s not in cited]
    if idle:
        yield Remark(f"{plural(len(idle), 'source')} nothing names: {listed(idle)}", None)


def _unused_numbers(protocol: Protocol, scenario: Scenario | None = None) -> Iterator[Remark]:
    used = _reached(protocol)
    idle = [q for name, q in protocol.numbers.items() if name not in used]
    if idle:
        place = None if scenario else idle[0].place
        verb = "reaches" if len(idle) == 1 else "reach"
        what = f"{plural(len(idle), 'number')} of the protocol {verb} no payoff and no measure: {listed([q.name for q in idle])}"
        yield Remark(what, place)


def _reached(protocol: Protocol) -> set[str]:
    """The quantities on which what the protocol computes depends."""
    branches = [b for node in protocol.nodes.values() for b in node.branches.values()]
    roots = chain(
        protocol.payoffs.values(),
        protocol.precision.values(),
        (f for player in protocol.players.values() for f in player.types.values()),
        (b.probability for b in branches if b.probability),
        (f for b in branches for f in b.marks.values()),
        (m.formula for m in protocol.measures.values()),
    )
    found: set[str] = set()
    waiting = [n for f in roots for n in _names(f)]
    while waiting:
        name = waiting.pop()
        if name not in found and name in protocol.quantities:
            found.add(name)
            waiting += [n for f in _formulas(protocol.quantities[name]) for n in _names(f)]
    return found


def _formulas(quantity: Quantity) -> tuple[Formula, ...]:
    match quantity:
        case State():
            return quantity.start, quantity.next
        case Definition() | Measure():
            return (quantity.formula,)
    return ()


def _names(formula: Formula) -> Iterator[str]:
    return (part.name for part in formula.walk() if isinstance(part, Name))
