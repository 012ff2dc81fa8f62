"""An action that comes with one of many amounts, shown once: with the chance of any, and followed at the most likely."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from foedus.model.solve import Solved, SolvedNode
from foedus.protocol.protocol import Node

MOST_SHOWN = 5  # up to so many amounts are shown one by one


@dataclass(frozen=True)
class Shown:
    """A line for one action, or for all amounts of one.

    Attributes:
        label: what is written. follow: the action whose consequences are shown below it.
        members: the actions it stands for.
    """

    label: str
    follow: str
    members: tuple[str, ...]

    def of(self, by_action: Mapping[str, float]) -> float:
        """The sum over what it stands for."""
        return sum(by_action[a] for a in self.members)


class Folding:
    """Which parts of a solved crisis are shown.

    Attributes:
        note: what is left out, in words; empty where nothing is.
    """

    def __init__(self, solved: Solved) -> None:
        self.protocol = solved.scenario.protocol
        groups: dict[str, list[SolvedNode]] = {}
        for node in solved.nodes:
            groups.setdefault(node.path, []).append(node)
        self.shown = {path: tuple(self._lines(found)) for path, found in groups.items()}
        self.hidden = {
            f"{path}/{member}" if path else member
            for path, lines in self.shown.items()
            for line in lines
            for member in line.members
            if member != line.follow
        }
        self.note = "Of many amounts the most likely is followed; --json has them all." if self.hidden else ""

    def _lines(self, found: list[SolvedNode]) -> Iterator[Shown]:
        node = self.protocol.nodes[found[0].node]
        for action in node.actions:
            members = node.members(action)
            if len(members) <= MOST_SHOWN:
                yield from (Shown(m, m, (m,)) for m in members)
                continue
            likely = max(members, key=lambda m: sum(n.actions[m] for n in found))
            yield Shown(_label(node, action, members, likely), likely, members)

    def visible(self, path: str) -> bool:
        """Whether a path follows only what is shown."""
        steps = path.split("/")
        return not any("/".join(steps[: k + 1]) in self.hidden for k in range(len(steps)))


def _label(node: Node, action: str, members: tuple[str, ...], likely: str) -> str:
    first, last, most = (m.removeprefix(f"{action} ") for m in (members[0], members[-1], likely))
    return f"{action} {first} to {last}, most likely {most}"
