"""A game as text for Gambit (.efg), in the part of the format that OpenSpiel reads too.

Payoffs stand at the end of every play and only there. Every label is plain ASCII, not empty, and the actions of an information
set are listed wherever it stands. Probabilities sum to exactly one as written and read back as the numbers they were.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction

from foedus.errors import UnsolvableError
from foedus.game.solver import Kind
from foedus.game.tree import Play, Position

Kinds = Mapping[str, Kind]
MOST_LINES = 100_000
SIMPLE = 1_000  # the largest denominator of a probability that is written as a fraction


@dataclass(frozen=True)
class NumericGame:
    """A game whose payoffs and probabilities are numbers.

    Attributes:
        tree: the game, without moves that choose private types.
        beliefs: for each player its types and their probabilities; {None: 1} for one without.
        payoff: a player's payoff at a play, given everybody's types.
        chance: the probabilities of the outcomes of a move of chance.
    """

    title: str
    comment: str
    tree: Position
    beliefs: Mapping[str, Mapping[Kind, float]]
    payoff: Callable[[str, Kinds, Play], float]
    chance: Callable[[Position], Sequence[float]]


def game_text(game: NumericGame) -> str:
    """The text of a game file.

    Raises:
        UnsolvableError: a payoff is not finite, or the file would have more than `MOST_LINES` lines.
    """
    typed = [player for player, types in game.beliefs.items() if len(types) > 1]
    profiles = math.prod(len(game.beliefs[player]) for player in typed)
    if profiles * (len(game.tree.positions) + len(game.tree.plays)) > MOST_LINES:
        raise UnsolvableError(f"the file would have more than {MOST_LINES:,} lines", fix="export a smaller game")
    return "\n".join([*_Writer(game, typed).lines(), ""])


@dataclass
class _Writer:
    game: NumericGame
    typed: Sequence[str]
    sets: dict[object, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    ends: int = 0

    def lines(self) -> Iterator[str]:
        self.players = _labels(list(self.game.beliefs))
        named = " ".join(f'"{name}"' for name in self.players)
        yield f'EFG 2 R "{_plain(self.game.title)}" {{ {named} }}'
        yield f'"{_plain(self.game.comment)}"'
        yield ""
        start = {player: next(iter(types)) for player, types in self.game.beliefs.items()}
        yield from self._types(self.typed, start, ())

    def _types(self, left: Sequence[str], kinds: dict[str, Kind], path: tuple[str, ...]) -> Iterator[str]:
        """The moves of chance that choose private types, one for each player that has some."""
        if not left:
            yield from self._at(self.game.tree, kinds, path)
            return
        types = self.game.beliefs[left[0]]
        actions = _labels([str(kind) for kind in types])
        yield self._chance(actions, list(types.values()), path)
        for kind, action in zip(types, actions, strict=True):
            yield from self._types(left[1:], kinds | {left[0]: kind}, (*path, action))

    def _at(self, at: Position | Play, kinds: dict[str, Kind], path: tuple[str, ...]) -> Iterator[str]:
        if isinstance(at, Play):
            self.ends += 1
            paid = " ".join(_number(self.game.payoff(player, kinds, at)) for player in self.game.beliefs)
            yield f't "{"/".join(path)}" {self.ends} "{self.ends}" {{ {paid} }}'
            return
        if at.player is None:
            actions = _labels(list(at.children))
            yield self._chance(actions, self.game.chance(at), path)
        else:
            number, actions = self._set(at, kinds)
            player = list(self.game.beliefs).index(at.player)
            listed = " ".join(f'"{a}"' for a in actions)
            label = f"{self.players[player]} {number}"
            yield f'p "{_node(path)}" {player + 1} {number} "{label}" {{ {listed} }} 0'
        for action, child in zip(actions, at.children.values(), strict=True):
            yield from self._at(child, kinds, (*path, action))

    def _chance(self, actions: Sequence[str], probabilities: Sequence[float], path: tuple[str, ...]) -> str:
        number = self.counts["chance"] = self.counts.get("chance", 0) + 1
        listed = " ".join(f'"{a}" {p}' for a, p in zip(actions, exact(probabilities), strict=True))
        return f'c "{_node(path)}" {number} "chance {number}" {{ {listed} }} 0'

    def _set(self, at: Position, kinds: Kinds) -> tuple[int, tuple[str, ...]]:
        """The number and actions of the information set of a position: what the mover has seen, and its own type."""
        assert at.player is not None
        key = (at.player, at.information, kinds[at.player])
        if key not in self.sets:
            number = sum(player == at.player for player, *_ in self.sets) + 1  # type: ignore[misc,has-type]
            self.sets[key] = number, _labels(list(at.children))
        return self.sets[key]


def exact(probabilities: Sequence[float]) -> list[str]:
    """Probabilities as text that sums to exactly one, each of which reads back as the number it was if they sum to one.

    Raises:
        UnsolvableError: they are negative, not finite, or do not sum to one.
    """
    if not all(0 <= p <= 1 for p in probabilities) or abs(math.fsum(probabilities) - 1) > 1e-9:
        shown = ", ".join(f"{p:.6g}" for p in probabilities)
        raise UnsolvableError(f"{shown} are no probabilities that sum to one", fix="check the formulas of chance and beliefs")
    simple = [Fraction(p).limit_denominator(SIMPLE) for p in probabilities]
    if sum(simple) == 1 and [float(p) for p in simple] == list(probabilities):
        return [str(p) for p in simple]
    last = max(range(len(probabilities)), key=lambda k: probabilities[k])
    for precise in (False, True):
        with localcontext() as context:
            context.prec = 1_100
            parts = [Decimal(p) if precise else Decimal(repr(p)) for p in probabilities]
            parts[last] = 1 - sum((p for k, p in enumerate(parts) if k != last), Decimal(0))
            if float(parts[last]) == probabilities[last]:
                break
    return [format(p, "f") for p in parts]


def _number(x: float) -> str:
    if not math.isfinite(x):
        raise UnsolvableError("a payoff is not a finite number at these values", fix="check the numbers of the scenario")
    return str(int(x)) if x == int(x) and abs(x) < 1e15 else repr(x)


def _node(path: Sequence[str]) -> str:
    return "/".join(path) or "start"


def _plain(text: str) -> str:
    """ASCII, on one line, without quotes."""
    ascii_ = unicodedata.normalize("NFKD", text.replace('"', "'").replace("\\", "/")).encode("ascii", "ignore").decode()
    return " ".join("".join(c if c.isprintable() else " " for c in ascii_).split())


def _labels(names: Sequence[str]) -> tuple[str, ...]:
    """Labels that are plain, not empty, and different from one another."""
    found: list[str] = []
    for k, name in enumerate(names, 1):
        label = _plain(name) or f"_{k}"
        found.append(f"{label}_{k}" if label in found else label)
    return tuple(found)
