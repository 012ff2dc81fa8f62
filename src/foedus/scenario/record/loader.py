"""Record files to records: shape first, then meaning."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

from foedus.documents import Document, Path_, digest_of, parse_document, read_document
from foedus.errors import MeaningError, NotFoundError, nearest
from foedus.formulas import Constant, Formula, Name, parse, specialise, substitute
from foedus.numbers import parse_prior, parse_support
from foedus.protocol.protocol import Measure, Protocol
from foedus.protocol.scope import BASIC, Scope
from foedus.scenario.record import record as r
from foedus.scenario.record.schema import CodingSchema, EventSchema, FieldSchema, NuisanceSchema, RecordFile
from foedus.scenario.scenario import Scenario, SourcedNumber
from foedus.schema import validate

YEARS = "years"  # to the next opportunity; the name is offered to formulas of `passing`
_CACHE: dict[tuple[str, str], r.Record] = {}  # by the digests of scenario and file: reading one takes a twentieth of a second


def load_record(scenario: Scenario) -> r.Record:
    """The record of a scenario: a shipped one by name, or a file beside the scenario's.

    Raises:
        InputError: the scenario names none, it is not found, not the right shape, or not meaningful: among others an event after
            the vantage that is marked to inform the numbers.
    """
    if not scenario.record:
        raise MeaningError(f"the scenario '{scenario.name}' has no record", fix="add 'record:' with the name of a record file")
    document = _document(scenario)
    key = (scenario.digest, digest_of(document.data))
    if key not in _CACHE:
        _CACHE[key] = build_record(document, scenario)
    return _CACHE[key]


def shipped_records() -> dict[str, Path]:
    """The shipped record files, by name."""
    folder = resources.files("foedus.scenario") / "records"
    return {Path(str(f)).stem: Path(str(f)) for f in sorted(folder.iterdir(), key=str) if str(f).endswith(".yaml")}


def _document(scenario: Scenario) -> Document:
    name, library = scenario.record, shipped_records()
    if name in library:
        return parse_document(library[name].read_bytes(), library[name].name)
    if Path(name).suffix in (".yaml", ".yml") and scenario.beside is not None:
        return read_document(scenario.beside / name)
    raise NotFoundError(f"no record '{name}'", fix=nearest(name, library) + " or give the path of a .yaml file")


def build_record(document: Document, scenario: Scenario) -> r.Record:
    """A record from a document.

    Raises:
        InputError: with the line of what is wrong.
    """
    return _Builder(document, scenario).record()


class _Builder:
    def __init__(self, document: Document, scenario: Scenario) -> None:
        self.document, self.scenario = document, scenario
        self.protocol: Protocol = scenario.protocol
        self.schema = validate(RecordFile, document)

    def record(self) -> r.Record:
        d = self.schema
        self.check_head()
        first, last = (self.day(text, ("covers", key)) for key, text in (("from", d.covers.from_), ("to", d.covers.to)))
        numbers = {n: self.document.at(("numbers", n), self.number, n, given) for n, given in d.numbers.items()}
        formulas = self.formulas(d.fields)
        held = {f: self.coding(f, CodingSchema(is_=code), ("held", "codes", f)) for f, code in d.held.codes.items()}
        for node, action in d.held.moves.items():
            self.document.at(("held", "moves", node), self.check_move, node, action)
        learning = self.document.at(("learning",), self.learning)
        events = tuple(self.event(e, ("events", k), first, last) for k, e in enumerate(d.events))
        self.check_ids(events)
        return r.Record(
            name=d.record,
            title=d.title,
            file=self.document.name,
            first=first,
            last=last,
            threshold=d.threshold,
            cited_as=d.cited_as,
            months=d.held.months,
            held=held,
            held_moves=d.held.moves,
            held_why=d.held.why,
            learning=learning,
            certainty=d.certainty,
            numbers=numbers,
            fields={name: r.Field(f.meaning, f.codes) for name, f in d.fields.items()},
            formulas=formulas,
            response=d.response,
            sources=d.sources,
            events=events,
            digest=digest_of(self.document.data),
            fitted=digest_of(self.fitted()),
        )

    def check_head(self) -> None:
        d = self.schema
        if d.protocol != self.protocol.name:
            raise MeaningError(
                f"the record is of the protocol '{d.protocol}', the scenario of '{self.protocol.name}'",
                self.document.place(("protocol",)),
                f"write protocol: {self.protocol.name}, and codes that are of it",
            )
        if d.response not in d.fields:
            what = f"no field '{d.response}'"
            raise MeaningError(what, self.document.place(("response",)), nearest(d.response, d.fields))

    def fitted(self) -> dict[str, Any]:
        """The part of the file that a fit reads."""
        left_out = ("events", "sources", "title", "description", "covers")
        kept = {key: value for key, value in self.document.data.items() if key not in left_out}
        begin = self.schema.covers.from_
        return kept | {"from": begin, "events": [e for e in self.document.data["events"] if e["use"] == "fit"]}

    def day(self, text: str, path: Path_) -> date:
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise MeaningError(f"'{text}' is not a date", self.document.place(path), "write YYYY-MM-DD") from None

    def number(self, name: str, given: NuisanceSchema) -> SourcedNumber:
        if name in self.protocol.quantities or name in self.protocol.sets or name == YEARS:
            raise MeaningError(f"'{name}' has a meaning already", fix="choose another name")
        prior = parse_prior(given.prior, parse_support(given.support))
        place = self.document.place(("numbers", name))
        return SourcedNumber(name, None, prior, given.prior, "1", (), "", given.why, place)

    def formulas(self, fields: Mapping[str, FieldSchema]) -> dict[tuple[str, str, str], Formula]:
        """Every formula of a code, each checked; and every move that a code names."""
        found = {}
        for name, field in fields.items():
            for code, given in field.codes.items():
                path: Path_ = ("fields", name, "codes", code)
                for node, action in (*given.moves.items(), *given.given.items()):
                    self.document.at((*path, "moves", node), self.check_move, node, action)
                for number, text in given.numbers.items():
                    found[name, code, number] = self.document.at((*path, "numbers", number), self.formula, number, text)
        return found

    def formula(self, number: str, text: str | float | int, *also: str) -> Formula:
        """A formula for a quantity, of quantities and the record's own numbers."""
        formula = parse(text)
        own = {name: Constant(1.0) for name in (*self.schema.numbers, *also)}
        root, quantity = formula.root, self.protocol.quantities.get(number)
        if quantity is not None and quantity.over:
            root = substitute(root, quantity.over, self.protocol.sets[quantity.over][0])
        Scope(self.protocol, (*BASIC, Measure), "measure").change(number, specialise(root, own))
        return formula

    def check_move(self, node: str, action: str) -> None:
        nodes = self.protocol.nodes
        if node not in nodes:
            raise MeaningError(f"no node '{node}' in the game", fix=nearest(node, nodes))
        if action not in nodes[node].branches:
            raise MeaningError(f"'{action}' is not an action at '{node}'", fix=nearest(action, nodes[node].branches))

    def learning(self) -> r.Learning:
        given, starts = self.schema.learning, dict[str, str]()
        for state in given.states:
            if state not in self.protocol.state:
                raise MeaningError(f"no state '{state}'", fix=nearest(state, self.protocol.state))
            root = self.protocol.state[state].start.root
            if not isinstance(root, Name) or root.name not in self.protocol.numbers:
                raise MeaningError(
                    f"the state '{state}' does not start from a number of its own", fix="carry only states that start from one"
                )
            starts[state] = root.name
        passing = {
            name: self.document.at(("learning", "passing", name), self.formula, name, text, YEARS)
            for name, text in given.passing.items()
        }
        return r.Learning(starts, passing, given.why)

    def coding(self, field: str, given: CodingSchema, path: Path_) -> r.Coding:
        """The codes of an event in a field with their weights: the coder's own first, the rest sharing what is left."""
        d = self.schema
        if field not in d.fields:
            raise MeaningError(f"no field '{field}'", self.document.place(path), nearest(field, d.fields))
        codes = [str(given.is_), *map(str, given.or_)]
        for code in codes:
            if code not in d.fields[field].codes:
                raise MeaningError(
                    f"'{code}' is not a code of '{field}'", self.document.place(path), nearest(code, d.fields[field].codes)
                )
        if len(set(codes)) < len(codes):
            raise MeaningError(f"'{field}' has the same code twice", self.document.place(path), "leave one out")
        if len(codes) > 1 and given.certainty not in d.certainty:
            what = (
                f"the certainty '{given.certainty}' is not declared" if given.certainty else "a disputed code wants a certainty"
            )
            raise MeaningError(what, self.document.place(path), f"write certainty: {' or '.join(d.certainty)}")
        self.known(given.source, path)
        own = d.certainty[given.certainty] if len(codes) > 1 else 1.0
        rest = (1 - own) / max(len(codes) - 1, 1)
        return r.Coding({c: own if k == 0 else rest for k, c in enumerate(codes)}, given.why, tuple(given.source))

    def known(self, sources: list[str], path: Path_) -> None:
        for source in sources:
            if source not in self.schema.sources:
                place = self.document.place((*path, "source"))
                raise MeaningError(f"unknown source '{source}'", place, nearest(source, self.schema.sources))

    def event(self, given: EventSchema, path: Path_, first: date, last: date) -> r.Event:
        begin, end = (self.day(text, (*path, key)) for key, text in (("from", given.from_), ("to", given.to)))
        place = self.document.place((*path, "id"))
        if not first <= begin <= end <= last:
            raise MeaningError(
                f"'{given.id}' does not lie between {first} and {last}, from first to last day",
                place,
                "mend the dates, or 'covers:'",
            )
        self.check_use(given, begin, end, (*path, "use"))
        self.known(given.source, path)
        codings = {f: self.coding(f, c, (*path, "codes", f)) for f, c in given.codes.items()}
        if self.schema.response not in codings:
            what = f"'{given.id}' has no code for '{self.schema.response}'"
            raise MeaningError(what, place, f"add '{self.schema.response}:' to its codes")
        return r.Event(given.id, begin, end, given.use, given.what, given.where, codings, tuple(given.source), place)

    def check_use(self, given: EventSchema, begin: date, end: date, path: Path_) -> None:
        """Nothing after the vantage informs the numbers, and nothing before it is a test."""
        vantage, place = date.fromisoformat(self.scenario.vantage), self.document.place(path)
        if given.use == "fit" and end >= vantage:
            raise MeaningError(
                f"'{given.id}' ended on {end}, after the vantage {vantage}, and yet is marked 'fit'", place, "mark it 'test'"
            )
        if given.use == "vantage" and not begin <= vantage <= end:
            raise MeaningError(f"'{given.id}' does not hold the vantage {vantage}", place, "mark it 'fit' or 'test'")
        if given.use == "test" and begin <= vantage:
            raise MeaningError(f"'{given.id}' began on {begin}, before the vantage {vantage}", place, "mark it 'fit'")

    def check_ids(self, events: tuple[r.Event, ...]) -> None:
        seen: set[str] = set()
        for event in events:
            if event.id in seen:
                raise MeaningError(f"two events have the id '{event.id}'", event.place, "rename one")
            if event.id.startswith(f"{r.HELD}_"):
                raise MeaningError(f"an id must not begin with '{r.HELD}_'", event.place, "rename it")
            seen.add(event.id)
        if not any(e.use == "fit" for e in events):
            raise MeaningError(
                "no event informs the numbers", self.document.place(("events",)), "mark those before the vantage 'fit'"
            )
