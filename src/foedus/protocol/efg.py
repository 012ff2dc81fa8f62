"""Game files of Gambit (.efg): their tokens and nodes, with the line of whatever is wrong.

Format: https://gambitproject.readthedocs.io/en/latest/formats.efg.html. Payoffs that stand before the end of a play are added up
along it. Labels that are empty or repeated become `x_1`, `x_2`, as Gambit itself makes them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NoReturn

from foedus.errors import MeaningError, Place, ShapeError

MAX_NODES = 2_000
MAX_MOVES = 100  # in one play
MAX_DIGITS = 300
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+|/\d+)?(?![^\s{},\"])"
_TOKEN = re.compile(
    rf'\s*(?:(?P<text>"(?:\\.|[^"\\])*")|(?P<number>{_NUMBER})|(?P<sign>[{{}},])|(?P<word>[^\s{{}},"]+|"))', re.DOTALL
)


@dataclass(frozen=True)
class InformationSet:
    """An information set, or the moves of chance that share a number; `player` counts from 1, chance is 0."""

    player: int
    number: int
    label: str
    actions: tuple[str, ...]
    probabilities: tuple[Fraction, ...]


@dataclass
class GameNode:
    """A node; `of` is None at the end of a play, `paid` is the sum of payoffs on the way here."""

    line: int
    label: str
    of: InformationSet | None
    paid: tuple[Fraction, ...]
    moves: int
    children: list[GameNode] = field(default_factory=list)
    name: str = ""


class GameReader:
    """A game file as nodes.

    Attributes:
        title, comment, players: of the header.
        root: the first node.

    Raises:
        InputError: with the line of the first thing that is wrong.
    """

    def __init__(self, text: str, name: str) -> None:
        self.name, self.line = name, 1
        self.tokens = self._tokens(text)
        self.sets: dict[tuple[int, int], InformationSet] = {}
        self.outcomes: dict[int, tuple[Fraction, ...]] = {}
        self.kind = self.token = ""
        self._advance()
        self._header()
        self.root = self._nodes()

    def wrong(self, what: str, fix: str, line: int | None = None) -> NoReturn:
        """Refuse the file at a line: by default, that of the next token."""
        raise MeaningError(what, Place(self.name, line or self.line), fix)

    # --- tokens

    def _tokens(self, text: str) -> Iterator[tuple[str, str, int]]:
        at = counted = 0
        line = 1
        while match := _TOKEN.match(text, at):
            kind, start = str(match.lastgroup), match.start(str(match.lastgroup))
            line, counted, at = line + text.count("\n", counted, start), start, match.end()
            yield kind, match[kind], line
        yield "end", "the end of the file", line

    def _advance(self) -> None:
        self.kind, self.token, self.line = next(self.tokens)

    def _expected(self, what: str) -> NoReturn:
        shown = self.token if len(self.token) <= 40 else self.token[:39] + "…"
        place = Place(self.name, self.line)
        raise ShapeError(f"expected {what} but found {shown}", place, "see Gambit's description of .efg files")

    def _take(self, kind: str, what: str) -> str:
        if self.kind != kind:
            self._expected(what)
        token = self.token
        self._advance()
        return token

    def _word(self, *words: str) -> str:
        if self.token not in words:
            self._expected(" or ".join(words))
        token = self.token
        self._advance()
        return token

    def _text(self, what: str) -> str:
        return " ".join(re.sub(r"\\(.)", r"\1", self._take("text", f"{what} in quotes")[1:-1], flags=re.DOTALL).split())

    def _index(self, what: str) -> int:
        if not re.fullmatch(r"[-+]?\d{1,9}", self.token):
            self._expected(what)
        return int(self._take("number", what))

    def _number(self, what: str) -> Fraction:
        line, token = self.line, self._take("number", what)
        exponent = re.search(r"[eE]([-+]?\d+)", token)
        if len(token) > MAX_DIGITS or (exponent and abs(int(exponent[1])) > MAX_DIGITS):
            self.wrong(f"{what} has more than {MAX_DIGITS} digits", "give a finite number of ordinary size", line)
        try:
            return Fraction(token)
        except (ValueError, ZeroDivisionError):
            self.wrong(f"{what} is not a number: {token}", "give a finite number", line)

    # --- what the file says

    def _header(self) -> None:
        if self.token == "NFG":
            self.wrong("this is a game in strategic form (NFG)", "give a game in extensive form (EFG 2)")
        self._word("EFG")
        self._word("2")
        self._word("R", "D")
        self.title = self._text("the title")
        self._word("{")
        names = []
        while self.kind == "text":
            names.append(self._text("a player's name"))
        if not names:
            self._expected("a player's name in quotes")
        self._word("}")
        self.players = unique(names)
        self.comment = self._text("a comment") if self.kind == "text" else ""

    def _nodes(self) -> GameNode:
        """The tree, whose nodes stand in the file parents first."""
        root = self._node((Fraction(0),) * len(self.players), 0)
        missing, count = [root], 1
        while missing:
            at = missing[-1]
            if at.of is None or len(at.children) == len(at.of.actions):
                missing.pop()
                continue
            count += 1
            if count > MAX_NODES:
                self.wrong(f"the game has more than {MAX_NODES:,} nodes", "make it smaller")
            child = self._node(at.paid, at.moves + 1)
            at.children.append(child)
            missing.append(child)
        if self.kind != "end":
            self._expected("nothing after the last node")
        if root.of is None:
            self.wrong("nobody moves in this game", "add a node of a player")
        return root

    def _node(self, paid: tuple[Fraction, ...], moves: int) -> GameNode:
        line = self.line
        if moves > MAX_MOVES:
            self.wrong(f"a play has more than {MAX_MOVES} moves", "make the game shorter")
        kind = self._word("c", "p", "t")
        label = self._text("the node's label")
        of = None if kind == "t" else self._set(kind)
        here = self._outcome()
        return GameNode(line, label, of, tuple(a + b for a, b in zip(paid, here, strict=True)), moves)

    def _set(self, kind: str) -> InformationSet:
        player = 0 if kind == "c" else self._index("a player's number")
        if kind == "p" and not 1 <= player <= len(self.players):
            self.wrong(f"there is no player {player}", f"give a number from 1 to {len(self.players)}")
        number = self._index("an information set's number")
        known = self.sets.get((player, number))
        if self.kind != "text":
            return known or self.wrong(
                f"the actions of information set {number} are not given", "list them where it first stands"
            )
        line, label = self.line, self._text("the information set's label")
        actions, probabilities = self._actions(chance=player == 0)
        given = InformationSet(player, number, known.label if known else label, unique(actions), tuple(probabilities))
        if known and given != known:
            what = "probabilities" if given.actions == known.actions else "actions"
            self.wrong(f"information set {number} has other {what} than where it first stands", "give it the same", line)
        if player == 0 and sum(probabilities) != 1:
            self.wrong(f"the probabilities sum to {float(sum(probabilities)):.9g}, not to one", "correct them", line)
        return self.sets.setdefault((player, number), given)

    def _actions(self, chance: bool) -> tuple[list[str], list[Fraction]]:
        actions: list[str] = []
        probabilities: list[Fraction] = []
        self._word("{")
        while self.kind == "text" or not actions:
            actions.append(self._text("an action's label"))
            if chance:
                probabilities.append(self._number("a probability"))
                if probabilities[-1] < 0:
                    self.wrong(f"the probability of '{actions[-1]}' is negative", "give one of 0 or more")
        self._word("}")
        return actions, probabilities

    def _outcome(self) -> tuple[Fraction, ...]:
        line, number = self.line, self._index("an outcome's number")
        known = self.outcomes.get(number)
        if self.kind != "text":
            if number == 0:
                return (Fraction(0),) * len(self.players)
            return known or self.wrong(f"the payoffs of outcome {number} are not given", "list them where it first stands", line)
        self._text("the outcome's label")
        self._word("{")
        paid = []
        while self.token != "}":
            paid.append(self._number("a payoff"))
            if self.token == ",":
                self._advance()
        if len(paid) != len(self.players):
            self.wrong(f"{len(paid)} payoffs for {len(self.players)} players", "give one payoff a player")
        self._word("}")
        if number == 0 or (known and known != tuple(paid)):
            why = "outcome 0 stands for none" if number == 0 else f"outcome {number} has other payoffs than where it first stands"
            self.wrong(why, "give it another number", line)
        return self.outcomes.setdefault(number, tuple(paid))


def unique(labels: Sequence[str]) -> tuple[str, ...]:
    """Labels made different from one another: those that are empty or repeat are numbered."""
    count, seen = Counter(labels), Counter[str]()
    found: list[str] = []
    for label in labels:
        seen[label] += 1
        found.append(label if label and count[label] == 1 else f"{label}_{seen[label]}")
    return tuple(found) if len(set(found)) == len(found) else unique([f"{label}_{k}" for k, label in enumerate(found, 1)])
