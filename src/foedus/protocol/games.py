"""A game file of Gambit as a protocol: one mark for each player's payoff, and one number, the precision of choice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from foedus.documents import MAX_BYTES, Document, Path_
from foedus.errors import NotFoundError, Place, ShapeError
from foedus.protocol.efg import GameNode, GameReader, unique
from foedus.protocol.protocol import END

LARGEST_PRECISION = 1e6


def read_game(path: Path) -> Document:
    """A game file as the document of a protocol; see `parse_game`.

    Raises:
        NotFoundError: no such file. InputError: as for `parse_game`.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise NotFoundError(f"cannot read the file: {error.strerror or error}", Place(str(path)), "check the path") from None
    if len(raw) > MAX_BYTES:
        raise ShapeError(f"the file has more than {MAX_BYTES:,} bytes", Place(str(path)), "make the game smaller")
    try:
        return parse_game(raw.decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        place = Place(str(path), raw[: error.start].count(b"\n") + 1)
        raise ShapeError("not text: this is no UTF-8", place, "save the file as UTF-8 text") from None


def parse_game(text: str, name: str) -> Document:
    """The document of a protocol from the text of a game file.

    Args:
        text: EFG 2 R or EFG 2 D.
        name: what to call it in messages; its stem names the protocol.

    Raises:
        InputError: with the line of the first thing that is wrong.
    """
    return _Writer(GameReader(text, name), name).document()


class _Writer:
    """The nodes as plain data in the shape of a protocol, every part with its line."""

    def __init__(self, reader: GameReader, name: str) -> None:
        self.reader, self.file = reader, name
        self.places: dict[Path_, Place] = {(): Place(name, 1)}
        self.taken = {END}
        marks = [f"payoff_{re.sub(r'[^a-zA-Z0-9]', '_', player)}" for player in reader.players]
        self.marks = dict(zip(reader.players, unique(marks), strict=True))
        self.nodes = list(_walk(reader.root))
        for node in self.nodes:
            self._name(node)
        slashes = ["/".join(path) for path in _paths(reader.root)]
        self.slash = "/" if len(set(slashes)) == len(slashes) else "∕"

    def _name(self, node: GameNode) -> None:
        of = node.of
        if of is None:
            return
        mover = self.reader.players[of.player - 1] if of.player else "chance"
        wanted = name = node.label or of.label or f"{mover} {of.number}"
        count = 1
        while name in self.taken:
            count += 1
            name = f"{wanted} #{count}"
        self.taken.add(name)
        node.name = name
        self.places["game", "nodes", name] = Place(self.file, node.line)

    def document(self) -> Document:
        r = self.reader
        stem = Path(self.file).stem or "game"
        data = {
            "protocol": stem,
            "format": 1,
            "title": r.title or stem,
            "description": r.comment,
            "players": {player: {"meaning": ""} for player in r.players},
            "numbers": {
                "lambda": {"support": f"[0, {LARGEST_PRECISION:g}]", "default": 1.0, "meaning": "precision of choice"},
            },
            "marks": {mark: {"meaning": f"payoff of {player}"} for player, mark in self.marks.items()},
            "game": {"start": r.root.name, "nodes": {n.name: self._node(n) for n in self.nodes if n.of is not None}},
            "payoffs": {"of": dict(self.marks)},
            "choice": {"rule": "logit", "precision": "lambda"},
        }
        return Document(self.file, data, self.places)

    def _node(self, node: GameNode) -> dict[str, Any]:
        assert node.of is not None
        branches: dict[str, dict[str, Any]] = {}
        for k, (action, child) in enumerate(zip(node.of.actions, node.children, strict=True)):
            marks = {} if child.of is not None else self._paid(child)
            branches[action.replace("/", self.slash)] = {"marks": marks, "then": child.name or END}
            if not node.of.player:
                branches[action.replace("/", self.slash)]["probability"] = float(node.of.probabilities[k])
        if not node.of.player:
            return {"chance": branches}
        player = self.reader.players[node.of.player - 1]
        return {"player": player, "information": f"{player} {node.of.number}", "actions": branches}

    def _paid(self, end: GameNode) -> dict[str, float]:
        try:
            return {mark: float(u) for mark, u in zip(self.marks.values(), end.paid, strict=True)}
        except OverflowError:
            self.reader.wrong("a payoff is beyond the largest number", "give finite payoffs", end.line)


def _walk(root: GameNode) -> Iterator[GameNode]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(node.children)


def _paths(root: GameNode) -> Iterator[tuple[str, ...]]:
    waiting: list[tuple[GameNode, tuple[str, ...]]] = [(root, ())]
    while waiting:
        node, path = waiting.pop()
        yield path
        if node.of is not None:
            waiting += [(child, (*path, a)) for a, child in zip(node.of.actions, node.children, strict=True)]
