"""Two independent solvers of a protocol's game: plain Python, and Gambit.

Neither uses the program, the solver or the lowering of foedus: they read the parsed protocol and evaluate the text of its
formulas as Python.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import CodeType
from typing import Any

from foedus.protocol.protocol import END, Node, Protocol

Numbers = Mapping[str, float]
Moves = tuple[tuple[str, str], ...]  # (node, action) from the start
Profile = Mapping[str, str | None]  # player to type
_INDEXED = re.compile(r"(\w+)\[(\w+)\]\Z")
_WORDS: dict[str, Any] = {
    "__builtins__": {},
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "abs": abs,
    "min": min,
    "max": max,
    "clip": lambda x, low, high: min(max(x, low), high),
    "sum": sum,
}


@cache
def _code(text: str) -> CodeType:
    """A formula as a Python expression: sums become comprehensions, ^ becomes **, and Python's own words get a tail."""
    while match := re.search(r"sum\((\w+) in (\w+):", text):
        depth, end = 1, match.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        text = f"{text[: match.start()]}sum(({text[match.end() : end - 1]}) for {match[1]} in set_{match[2]}){text[end:]}"
    text = re.sub(r"next\((\w+)\)", r"next_\1", text.replace("^", "**"))
    return compile(re.sub(r"\blambda\b", "lambda_", text), text, "eval")


class Brute:
    """A protocol's crisis at given numbers, in plain Python.

    Args:
        numbers: label to value of every number; levers are zero unless they are given too, and a definition or a state that is
            given is not computed (as by `under`).
        forced: node to the action that is taken there.
        solved: whether to solve it, which is exact only where types matter to their own player alone.
    """

    def __init__(
        self, protocol: Protocol, numbers: Numbers, forced: Mapping[str, str] | None = None, solved: bool = True
    ) -> None:
        self.protocol, self.forced = protocol, dict(forced or {})
        self.given = dict(numbers)
        self.names: dict[str, Any] = dict(_WORDS) | dict.fromkeys(protocol.levers, 0.0)
        for name, elements in protocol.sets.items():
            self.names |= {f"set_{name}": elements} | {e: e for e in elements}
        for label, value in numbers.items():
            if match := _INDEXED.match(label):
                self.names.setdefault(match[1], {})[match[2]] = value
            else:
                self.names["lambda_" if label == "lambda" else label] = value
        self._settle(protocol)
        self.types = {p: self._beliefs(p) for p in protocol.players}
        self.marks = {n: m.default for n, m in protocol.marks.items()}
        self.choices: dict[tuple[Moves, str | None], dict[str, float]] = {}
        if solved:
            self._solve(protocol.start, (), {})

    def _settle(self, protocol: Protocol) -> None:
        """Compute state and definitions, in whichever order their formulas allow."""
        left = [
            q for q in protocol.quantities.values() if type(q).__name__ in ("State", "Definition") and q.name not in self.names
        ]
        while left:
            waiting = []
            for q in left:
                text = q.start.text if type(q).__name__ == "State" else q.formula.text  # type: ignore[attr-defined]
                try:
                    self.names[q.name] = self._over(q.over, text)
                except NameError:
                    waiting.append(q)
            assert len(waiting) < len(left)
            left = waiting

    def _over(self, over: str | None, text: str) -> Any:
        if over is None:
            return self.eval(text)
        return {e: self.eval(text, {over: e}) for e in self.protocol.sets[over]}

    def eval(self, text: str, more: Mapping[str, Any] | None = None) -> float:
        value = eval(_code(text), self.names | dict(more or {}))
        return float(value)

    def _beliefs(self, player: str) -> dict[str | None, float]:
        types = self.protocol.players[player].types
        return {t: self.eval(f.text) for t, f in types.items()} or {None: 1.0}

    # --- backward induction

    def payoffs(self, marks: Mapping[str, float]) -> dict[tuple[str, str | None], float]:
        found = {}
        for player, types in self.types.items():
            for t in types:
                own = {player: t} if t is not None else {}
                found[player, t] = self.eval(self.protocol.payoffs[player].text, {**self.marks, **marks, **own})
        return found

    def _solve(self, name: str, path: Moves, marks: Mapping[str, float]) -> dict[tuple[str, str | None], float]:
        """Each player's expected payoff, for each of its types, at a node reached by a path."""
        if name == END:
            return self.payoffs(marks)
        node = self.protocol.nodes[name]
        below = {}
        for action, branch in node.branches.items():
            left = {m: self.eval(f.text) for m, f in branch.marks.items()}
            below[action] = self._solve(branch.then, (*path, (name, action)), {**marks, **left})
        kinds = self.types[node.player] if node.player else {None: 1.0}
        for kind in kinds:
            self.choices[path, kind] = self._choose(node, kind, below)
        mean = {a: sum(w * self.choices[path, t][a] for t, w in kinds.items()) for a in below}
        return {
            (p, t): sum((self.choices[path, t] if p == node.player else mean)[a] * below[a][p, t] for a in below)
            for p, types in self.types.items()
            for t in types
        }

    def _choose(self, node: Node, kind: str | None, below: Mapping[str, Mapping[Any, float]]) -> dict[str, float]:
        if node.name in self.forced:
            return {a: float(a == self.forced[node.name]) for a in below}
        if node.player is None:
            return {a: self.eval(b.probability.text) for a, b in node.branches.items() if b.probability}
        precision = self.eval(self.protocol.precision[node.player].text)
        scores = {a: precision * u[node.player, kind] for a, u in below.items()}
        top = max(scores.values())
        weights = {a: math.exp(s - top) for a, s in scores.items()}
        return {a: w / sum(weights.values()) for a, w in weights.items()}

    # --- the whole distribution, type by type

    @property
    def profiles(self) -> Iterator[tuple[dict[str, str | None], float]]:
        """Every combination of private types and its probability."""
        for kinds in itertools.product(*(types.items() for types in self.types.values())):
            yield {p: t for p, (t, _) in zip(self.types, kinds, strict=True)}, math.prod(w for _, w in kinds)

    def plays(self, seen: Mapping[str, str] | None = None) -> list[tuple[Profile, Moves, dict[str, float], float]]:
        """Every profile of types with every play that agrees with what was seen: types, moves, marks, probability."""
        found: list[tuple[Profile, Moves, dict[str, float], float]] = []

        def follow(name: str, path: Moves, marks: dict[str, float], types: Profile, p: float) -> None:
            if name == END:
                if all((n, a) in path for n, a in (seen or {}).items()):
                    found.append((types, path, {**self.marks, **marks}, p))  # type: ignore[dict-item]
                return
            node = self.protocol.nodes[name]
            chosen = self.choices[path, types[node.player] if node.player else None]
            for action, branch in node.branches.items():
                left = {m: self.eval(f.text) for m, f in branch.marks.items()}
                follow(branch.then, (*path, (name, action)), marks | left, types, p * chosen[action])

        for types, weight in self.profiles:
            follow(self.protocol.start, (), {}, types, weight)
        whole = sum(p for *_, p in found)
        return [(types, path, marks, p / whole) for types, path, marks, p in found]

    def expected(self, formula: str, seen: Mapping[str, str] | None = None) -> float:
        """The expected value over plays of a formula that may read marks."""
        return sum(p * self.eval(formula, marks) for _, _, marks, p in self.plays(seen))

    def value(self, player: str) -> float:
        """A player's expected payoff, from the distribution over types and plays."""
        total = 0.0
        for types, _, marks, p in self.plays():
            own = {player: types[player]} if types[player] is not None else {}
            total += p * self.eval(self.protocol.payoffs[player].text, {**marks, **own})
        return total

    def choice(self, node: str, action: str) -> float:
        """The probability of an action given that its node is reached, wherever it stands."""
        at = taken = 0.0
        for types, path, _, p in self._visits(node):
            kind = types[self.protocol.nodes[node].player or ""] if self.protocol.nodes[node].player else None
            at += p
            taken += p * self.choices[path, kind][action]
        return taken / at

    def _visits(self, node: str) -> Iterator[tuple[Profile, Moves, None, float]]:
        seen = set()
        for types, path, _, _ in self.plays():
            for k, (name, _) in enumerate(path):
                key = (tuple(types.items()), path[:k])
                if name == node and key not in seen:
                    seen.add(key)
                    yield types, path[:k], None, self._reach(types, path[:k])

    def _reach(self, types: Profile, path: Moves) -> float:
        p = next(w for t, w in self.profiles if t == types)
        for k, (name, action) in enumerate(path):
            player = self.protocol.nodes[name].player
            p *= self.choices[path[:k], types[player] if player else None][action]
        return p

    def posterior(self, player: str, kind: str, seen: Mapping[str, str]) -> float:
        """The probability of a type among the plays that agree with what was seen."""
        return sum(p for types, *_, p in self.plays(seen) if types[player] == kind)

    def after(self, levers: Numbers, seen: Mapping[str, str]) -> Brute:
        """The next crisis, under its own levers, after what was seen of this one."""
        marks = {m: self.expected(m, seen) for m in self.protocol.marks}
        here: dict[str, Any] = dict(marks)
        players = {p: type("Player", (), {t or "": t for t in types}) for p, types in self.types.items()}
        here["posterior"] = lambda kind: next(self.posterior(p, kind, seen) for p, types in self.types.items() if kind in types)
        state: dict[str, Any] = {}
        waiting = list(self.protocol.state.values())
        while waiting:  # next(name) needs the others' next values
            for q in list(waiting):
                try:
                    names = here | (players if "posterior" in q.next.text else {})
                    whole = (
                        {e: self.eval(q.next.text, names | {q.over: e}) for e in self.protocol.sets[q.over]} if q.over else None
                    )
                    state[q.name] = whole if whole is not None else self.eval(q.next.text, names)
                    waiting.remove(q)
                except NameError:
                    known = self.names | state
                    for name, d in self.protocol.quantities.items():
                        if type(d).__name__ == "Definition" and d.over is None and f"next({name})" in q.next.text:
                            here[f"next_{name}"] = float(eval(_code(d.formula.text), known))  # type: ignore[attr-defined]
        flat = {f"{n}[{e}]": v for n, x in state.items() if isinstance(x, dict) for e, v in x.items()}
        single = {n: v for n, v in state.items() if not isinstance(v, dict)}
        return Brute(self.protocol, {**self.given, **flat, **single, **levers})


@dataclass(frozen=True)
class GambitGame:
    """A protocol's crisis as a game of Gambit.

    Attributes:
        game: chance moves for private types at the root; who does not know a type cannot tell its copies of a node apart.
        nodes: (path, type of who moves) to a node there and the names of its actions.
    """

    game: Any
    nodes: Mapping[tuple[Moves, str | None], tuple[Any, tuple[str, ...]]]

    def qre(self, precision: float) -> dict[tuple[Moves, str | None], dict[str, float]]:
        """The logit agent quantal response equilibrium on the principal branch."""
        import pygambit

        found = pygambit.qre.logit_solve_lambda(self.game, lam=[precision], first_step=0.3, max_accel=1.5)[0]
        first: dict[tuple[str, int], int] = {}  # Gambit lists probabilities by player, information set and action
        count = 0
        for player in self.game.players:
            for infoset in player.infosets:
                first[player.label, infoset.number] = count
                count += len(infoset.actions)
        return {
            key: {a: found[first[at.player.label, at.infoset.number] + k] for k, a in enumerate(actions)}
            for key, (at, actions) in self.nodes.items()
        }


def gambit_game(brute: Brute) -> GambitGame:
    """The crisis as Gambit's extensive game, with payoffs from the plain solver."""
    import pygambit

    protocol = brute.protocol
    game = pygambit.Game.new_tree(players=list(protocol.players))
    players = {p.label: p for p in game.players}
    found: dict[tuple[Moves, str | None], tuple[Any, tuple[str, ...]]] = {}

    def grow(name: str, path: Moves, marks: dict[str, float], nodes: list[tuple[Profile, Any]]) -> None:
        if name == END:
            for types, leaf in nodes:
                end(marks, types, leaf)
            return
        node = protocol.nodes[name]
        actions = list(node.branches)
        if node.player is None:
            for _, at in nodes:
                chance(at, [_fraction(brute.eval(b.probability.text)) for b in node.branches.values() if b.probability])
        else:
            for kind in brute.types[node.player]:
                mine = [at for types, at in nodes if types[node.player] == kind]
                game.append_move(mine, players[node.player], actions)
                found[path, kind] = (mine[0], tuple(actions))
        for k, (action, branch) in enumerate(node.branches.items()):
            left = {m: brute.eval(f.text) for m, f in branch.marks.items()}
            grow(branch.then, (*path, (name, action)), marks | left, [(types, list(at.children)[k]) for types, at in nodes])

    def end(marks: dict[str, float], types: Profile, leaf: Any) -> None:
        own = {p: t for p, t in types.items() if t is not None}
        paid = [brute.eval(protocol.payoffs[p].text, {**brute.marks, **marks, **own}) for p in protocol.players]
        label = str(len(game.outcomes))
        game.set_outcome(leaf, game.add_outcome(label, paid))

    def chance(at: Any, probabilities: list[Any]) -> None:
        game.append_move(at, game.players.chance, [str(k) for k in range(len(probabilities))])
        game.set_chance_probs(at.infoset, [*probabilities[:-1], 1 - sum(probabilities[:-1])])

    profiles = list(brute.profiles)
    roots = [game.root]
    if len(profiles) > 1:
        chance(game.root, [_fraction(w) for _, w in profiles])
        roots = list(game.root.children)
    grow(protocol.start, (), {}, [(types, at) for (types, _), at in zip(profiles, roots, strict=True)])
    return GambitGame(game, found)


def _fraction(p: float) -> Any:
    from fractions import Fraction

    return Fraction(p)
