"""Protocol files to protocols: shape first, then meaning."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

from foedus.documents import Document, Path_, digest_of, merged, parse_document, read_document
from foedus.errors import InputError, MeaningError, NotFoundError, nearest
from foedus.formats import migrated
from foedus.formulas import FUNCTIONS, Formula, parse
from foedus.numbers import parse_support
from foedus.protocol import protocol as p
from foedus.protocol.amounts import amounts_of, check_choice
from foedus.protocol.checks import check_protocol
from foedus.protocol.games import read_game
from foedus.protocol.schema import BranchSchema, FormulaText, ProtocolSchema
from foedus.protocol.showing import check_shown
from foedus.protocol.sums import check_sums
from foedus.schema import validate
from foedus.units import Unit, parse_unit

RESERVED = {*FUNCTIONS, "sum", "in", p.END}


def shipped(package: str) -> dict[str, Path]:
    """The YAML files of a library package, by name."""
    folder = resources.files(package) / "library"
    return {Path(str(f)).stem: Path(str(f)) for f in sorted(folder.iterdir(), key=str) if str(f).endswith(".yaml")}


def load_protocol(name: str | Path, beside: Path | None = None) -> p.Protocol:
    """A protocol by the name of a shipped one or by its file.

    Args:
        name: a shipped name, or a path ending in .yaml, .yml or .efg.
        beside: the folder that relative paths start from.

    Raises:
        InputError: not found, not the right shape, or not meaningful.
    """
    if str(name).endswith(".efg"):
        return build_protocol(read_game((beside or Path()) / name))
    return build_protocol(_document(str(name), beside or Path()))


def _document(name: str, beside: Path) -> Document:
    if name.endswith((".yaml", ".yml")):
        return read_document(beside / name)
    library = shipped("foedus.protocol")
    if name not in library:
        raise NotFoundError(f"no protocol '{name}'", fix=nearest(name, library))
    return parse_document(library[name].read_bytes(), library[name].name)


def build_protocol(document: Document) -> p.Protocol:
    """A protocol from a document; one that `extends` another says only what differs from it.

    Raises:
        InputError: with the line of what is wrong.
    """
    return _Builder(_whole(document)).protocol()


def _whole(document: Document) -> Document:
    """The document with all that it extends, which stands in the library or beside it."""
    layers, names = [document], set[str]()
    while isinstance(layers[-1].data, dict) and "extends" in layers[-1].data:
        last = layers.pop()
        name = str(last.data["extends"])
        layers.append(Document(last.name, {k: v for k, v in last.data.items() if k != "extends"}, last.places))
        if name in names:
            raise MeaningError(f"'{name}' extends itself", last.place(("extends",)), "extend another protocol")
        names.add(name)
        try:
            layers.append(_document(name, Path(last.name).parent))
        except InputError as error:
            raise error.at(last.place(("extends",))) from None
    whole = layers.pop()
    while layers:
        whole = merged(whole, layers.pop())
    return whole


class _Builder:
    def __init__(self, document: Document) -> None:
        self.document = migrated(document, "protocol")
        self.schema = validate(ProtocolSchema, self.document)

    def formula(self, text: FormulaText, *path: str | int) -> Formula:
        return self.document.at(path, parse, text)

    def unit(self, text: str, *path: str) -> Unit:
        return self.document.at((*path, "unit"), parse_unit, text, self.schema.units)

    def protocol(self) -> p.Protocol:
        s = self.schema
        sets = {name: tuple(elements) for name, elements in s.sets.items()}
        players = self.players()
        sets |= {name: tuple(player.types) for name, player in players.items() if player.types}
        protocol = p.Protocol(
            name=s.protocol,
            title=s.title,
            description=s.description.strip(),
            file=self.document.name,
            cites=tuple(s.cites),
            references=s.references,
            units=s.units,
            sets=sets,
            players=players,
            quantities=self.quantities(),
            nodes=self.nodes(),
            start=s.game.start,
            payoffs={name: self.formula(text, "payoffs", "of", name) for name, text in s.payoffs.of.items()},
            payoff_unit=self.unit(s.payoffs.unit, "payoffs"),
            precision=self.precision(players),
            rule=s.choice.rule,
            promises=self.promises(),
            ties={n: p.Tie(n, t.kind, t.by, t.to, t.measure, self.document.place(("ties", n))) for n, t in s.ties.items()},
            course=tuple(s.course),
            digest=digest_of(self.document.data),
        )
        check_protocol(protocol, self.document)
        check_sums(protocol)
        check_shown(protocol, self.document)
        return protocol

    def players(self) -> dict[str, p.Player]:
        return {
            name: p.Player(
                name,
                player.meaning,
                {t: self.formula(text, "players", name, "types", t) for t, text in player.types.items()},
                self.document.place(("players", name)),
            )
            for name, player in self.schema.players.items()
        }

    def precision(self, players: Iterable[str]) -> dict[str, Formula]:
        given = self.schema.choice.precision
        if isinstance(given, Mapping):
            return {name: self.formula(text, "choice", "precision", name) for name, text in given.items()}
        return dict.fromkeys(players, self.formula(given, "choice", "precision"))

    def promises(self) -> dict[str, p.Promise]:
        return {
            name: p.Promise(
                name,
                given.by,
                given.to,
                given.node,
                given.action,
                self.formula(given.covers, "promises", name, "covers"),
                given.meaning,
                self.document.place(("promises", name)),
            )
            for name, given in self.schema.promises.items()
        }

    def quantities(self) -> dict[str, p.Quantity]:
        found: dict[str, p.Quantity] = {}
        for section, make in _SECTIONS.items():
            for name, schema in getattr(self.schema, section).items():
                path = (section, name)
                self.document.at(path, _check_name, name, found)
                base = {
                    "name": name,
                    "unit": self.unit(schema.unit, *path),
                    "meaning": schema.meaning,
                    "over": getattr(schema, "over", None),
                    "place": self.document.place(path),
                }
                found[name] = make(self.document, base, schema, path)
        return found

    def nodes(self) -> dict[str, p.Node]:
        nodes: dict[str, p.Node] = {}
        for name, node in self.schema.game.nodes.items():
            kind = "chance" if node.chance else "actions"
            path = ("game", "nodes", name, kind)
            given = (node.chance or node.actions).items()
            branches = {one.name: one for b, branch in given for one in self.branches(b, branch, path)}
            place = self.document.place(path[:-1])
            nodes[name] = p.Node(name, node.player, branches, tuple(node.blind_to), node.information, place)
        return nodes

    def branches(self, name: str, given: BranchSchema, path: Path_) -> Iterator[p.Branch]:
        """The branch, or one for each amount that comes with it."""
        place = self.document.place((*path, name))
        marks = {m: self.formula(text, *path, name, "marks", m) for m, text in given.marks.items()}
        probability = None if given.probability is None else self.formula(given.probability, *path, name, "probability")
        one = p.Branch(name, marks, given.then, probability, place, name)
        if given.choose is None:
            yield one
            return
        self.document.at((*path, name, "choose"), check_choice, given, self.schema.marks)
        for amount in self.document.at(("marks", given.choose), amounts_of, self.schema.marks[given.choose]):
            shown = {given.choose: amount.formula} | marks
            yield replace(one, name=f"{name} {amount.shown}", marks=shown, chosen=given.choose, weight=amount.weight)


def _check_name(name: str, found: Mapping[str, p.Quantity]) -> None:
    if name in found:
        first = found[name].place
        raise MeaningError(f"'{name}' is declared twice (first on line {first.line})", fix="rename one")
    if name in RESERVED:
        raise MeaningError(f"'{name}' is a word of the language", fix="choose another name")
    if not name.isidentifier():
        raise MeaningError(f"'{name}' is not a name", fix="use letters, digits and underscores, starting with a letter")


# section of the file: how one of its entries becomes a quantity
_SECTIONS: dict[str, Callable[[Document, dict[str, Any], Any, Path_], p.Quantity]] = {
    "numbers": lambda d, base, s, path: p.Number(
        **base, support=d.at((*path, "support"), parse_support, s.support), default=s.default
    ),
    "definitions": lambda d, base, s, path: p.Definition(**base, formula=d.at((*path, "formula"), parse, s.formula)),
    "marks": lambda d, base, s, path: p.Mark(**base, default=s.default, amounts=d.at(path, amounts_of, s)),
    "state": lambda d, base, s, path: p.State(
        **base, start=d.at((*path, "start"), parse, s.start), next=d.at((*path, "next"), parse, s.next)
    ),
    "levers": lambda d, base, s, path: p.Lever(**base),
    "measures": lambda d, base, s, path: p.Measure(
        **base, formula=d.at((*path, "formula"), parse, s.formula), cites=tuple(s.cites)
    ),
}
