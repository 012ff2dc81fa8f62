"""The plays of a game: complete ways through its nodes."""

from __future__ import annotations

from collections.abc import Mapping

from foedus.errors import MeaningError
from foedus.formulas import Name
from foedus.protocol.protocol import END, Branch, Node, Protocol

MAX_PLAYS = 5_000


def can_follow(protocol: Protocol, moves: Mapping[str, str], forced: Mapping[str, str] | None = None) -> bool:
    """Whether some play holds all these moves, node to action, and no other than the forced one at a node that it passes."""
    nodes = protocol.nodes

    def follow(name: str, met: int) -> bool:
        if name == END:
            return met == len(moves)
        branches = nodes[name].branches
        wanted = [nodes[name].members(way[name]) for way in (moves, forced or {}) if name in way]
        taken = [branch for action, branch in branches.items() if all(action in members for members in wanted)]
        return any(follow(branch.then, met + (name in moves)) for branch in taken)

    return follow(protocol.start, 0)


def check_plays(protocol: Protocol) -> None:
    """Every play sets each mark at most once, those without a default exactly once, and reads marks only once they are set."""
    count = 0
    reads = {id(b): _read(protocol, b) for node in protocol.nodes.values() for b in node.branches.values()}
    needed = {name for name, mark in protocol.marks.items() if mark.default is None}

    def follow(node: Node, marked: frozenset[str]) -> None:
        nonlocal count
        for branch in node.branches.values():
            for mark in branch.marks:
                if mark in marked:
                    raise MeaningError(f"a play sets the mark '{mark}' twice", branch.place, "set it once")
            for mark in reads[id(branch)] - marked:
                raise MeaningError(
                    f"'{branch.family}' reads the mark '{mark}', which not every play has set by then",
                    branch.place,
                    "set it at an earlier move on every way here",
                )
            now = marked | branch.marks.keys()
            if branch.then != END:
                follow(protocol.nodes[branch.then], now)
                continue
            count += 1
            for mark in needed - now:
                raise MeaningError(
                    f"a play ends here without the mark '{mark}'", branch.place, f"set '{mark}', or give it a default"
                )
            if count > MAX_PLAYS:
                raise MeaningError(f"the game has more than {MAX_PLAYS:,} plays", node.place, "make it smaller")

    follow(protocol.nodes[protocol.start], frozenset())


def _read(protocol: Protocol, branch: Branch) -> set[str]:
    """The marks that a branch's own marks and chance read, but for an amount that comes with it."""
    formulas = [*branch.marks.values(), *([branch.probability] if branch.probability else [])]
    names = {e.name for f in formulas for e in f.walk() if isinstance(e, Name)}
    return names.intersection(protocol.marks) - {branch.chosen}
