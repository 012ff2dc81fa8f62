"""How far a claim hangs on which equilibrium is played, where a crisis has several.

Verdicts rest on the branch of equilibria that starts at uniform play. For a sample of draws, every equilibrium that can be found
is looked for from many starts, crisis after crisis and world after world, since a later crisis inherits from an earlier one. The
probability of a claim then has a range: where in each draw the equilibrium is played under which it fails if any does, and where
that is played under which it holds if any does. Games that backward induction solves have one equilibrium, and nothing is done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from foedus.claims.argument import Argument
from foedus.claims.tally import held
from foedus.ensemble.streams import Array
from foedus.program.continuation import STALLED, STATUS, solve
from foedus.program.ir import Implicit, Program
from foedus.program.numpy_executor import execute
from foedus.program.roots import Roots, roots

DRAWS, STARTS = 32, 60
MOST = 16  # combinations of equilibria that are followed in one draw

Index = NDArray[np.int64]


@dataclass(frozen=True)
class Branches:
    """A claim over every equilibrium found, in a sample of draws of the reference.

    Attributes:
        draws, starts: how many draws were looked into, each from how many random points.
        equilibria: how many combinations of equilibria were found in how many draws.
        followed: probability of the claim under the branches from uniform play, in these draws.
        low, high: the same were, in each draw, the equilibrium played that is worst, or best, for the claim.
        incomplete: draws in which some equilibria may have been missed, or were too many to be followed.
        status: how the branches from uniform play went, in how many draws (the worst of a draw's).
        stopped: the least share of the precision at which a branch was lost; None where none was.
    """

    draws: int
    starts: int
    equilibria: Mapping[int, int]
    followed: float
    low: float
    high: float
    incomplete: int
    status: Mapping[str, int]
    stopped: float | None

    @property
    def unique(self) -> bool:
        """Whether one equilibrium was found in every draw."""
        return set(self.equilibria) <= {1}


@dataclass
class Search:
    """Looks for every equilibrium of an argument's crises in some draws.

    Attributes:
        numbers: (draw,) for every number.
    """

    argument: Argument
    numbers: Mapping[str, Array]
    draws: int
    starts: int = STARTS
    seed: int = 1
    _single: dict[tuple[str, ...], _Found] = field(default_factory=dict)

    def claim(self, id: str) -> Branches | None:
        """What was found for a claim; None where backward induction solves all that it speaks of."""
        if not any(block.path for block in self.argument.program.implicit):
            return None
        part = self.argument.part(id)
        blocks = [block for block in part.implicit if block.path]
        if not blocks:
            return None
        ways = _Ways(self.draws)
        for block in blocks:
            self._branch(block, ways)
        outputs, bare = self.argument.outputs[id], Program(part.code, part.outputs)
        found = {n: np.broadcast_to(v, ways.owner.shape) for n, v in execute(bare, self._inputs(bare.own_inputs, ways)).items()}
        holds, failed = held(found, outputs.tests)
        speaks, silent = held(found, outputs.provided)
        return ways.summary(holds & ~failed, speaks & ~silent, self.starts)

    def _inputs(self, names: Iterable[str], ways: _Ways) -> dict[str, Array]:
        return {n: ways.known[n] if n in ways.known else np.broadcast_to(self.numbers[n], self.draws)[ways.owner] for n in names}

    def _branch(self, block: Implicit, ways: _Ways) -> None:
        """Each way so far goes on with each equilibrium of a block."""
        if any(name in ways.known for name in block.given):
            ways.fork(block, self._found(block, self._inputs(block.given, ways), len(ways.owner)))
            return
        if block.unknowns not in self._single:  # the same for all claims
            given = {n: np.broadcast_to(self.numbers[n], self.draws) for n in block.given}
            self._single[block.unknowns] = self._found(block, given, self.draws)
        ways.fork(block, self._single[block.unknowns].of(ways.owner))

    def _found(self, block: Implicit, given: Mapping[str, Array], size: int) -> _Found:
        followed = {n: np.broadcast_to(v, size) for n, v in solve(block, given, execute).items()}
        code, reached = followed[block.status[0]].astype(np.int64), followed[block.status[1]]
        on = np.stack([followed[u] for u in block.unknowns], axis=1)
        known = [on[k : k + 1] if code[k] < STALLED else on[:0] for k in range(size)]
        given = {n: np.broadcast_to(v, size) for n, v in given.items()}
        return _Found(roots(block, given, known, self.starts, self.seed, execute), code, reached)


@dataclass(frozen=True)
class _Found:
    """The equilibria of a block in some ways, and how following its branch went there."""

    roots: Sequence[Roots]
    code: Index
    reached: Array

    def of(self, rows: Index) -> _Found:
        return _Found([self.roots[k] for k in rows], self.code[rows], self.reached[rows])


class _Ways:
    """Combinations of equilibria under way; a row each."""

    def __init__(self, draws: int) -> None:
        self.draws, self.owner = draws, np.arange(draws)
        self.known: dict[str, Array] = {}
        self.principal = np.ones(draws, dtype=bool)  # the way that follows the branch throughout
        self.missed = np.zeros(draws, dtype=bool)
        self.worst, self.stopped = np.zeros(draws, dtype=np.int64), np.ones(draws)

    def fork(self, block: Implicit, found: _Found) -> None:
        """Each way becomes as many as there are equilibria."""
        for k, draw in enumerate(self.owner):
            self.missed[draw] |= found.roots[k].signs.sum() != 1
            if self.principal[k]:
                self.worst[draw] = max(self.worst[draw], found.code[k])
                self.stopped[draw] = min(self.stopped[draw], found.reached[k])
        rows, unknowns, first = self._kept(found.roots)
        self.known = {name: values[rows] for name, values in self.known.items()}
        self.known |= dict(zip(block.unknowns, unknowns.T, strict=True))
        self.principal = self.principal[rows] & first & (found.code[rows] < STALLED)
        self.owner = self.owner[rows]

    def _kept(self, found: Sequence[Roots]) -> tuple[Index, Array, NDArray[np.bool_]]:
        """For each new way, the old one, its unknowns, and whether these are the first; the principal way is kept."""
        rows: list[int] = []
        unknowns: list[Array] = []
        first: list[bool] = []
        count: Counter[int] = Counter()
        for k in np.argsort(~self.principal, kind="stable"):
            draw = int(self.owner[k])
            for number, u in enumerate(found[k].unknowns):
                if count[draw] == MOST:
                    self.missed[draw] = True
                    break
                count[draw] += 1
                rows.append(int(k))
                unknowns.append(u)
                first.append(number == 0)
        width = found[0].unknowns.shape[1] if found else 0
        return np.array(rows, dtype=np.int64), np.reshape(unknowns, (len(rows), width)), np.array(first, dtype=bool)

    def summary(self, holds: NDArray[np.bool_], speaks: NDArray[np.bool_], starts: int) -> Branches:
        """The range of a claim's probability, given where it holds and where it speaks."""
        count = np.bincount(self.owner, minlength=self.draws)
        inside = np.bincount(self.owner, speaks, self.draws)
        yes = np.bincount(self.owner, holds & speaks, self.draws)
        spoken = inside > 0
        main = self.principal & speaks
        return Branches(
            draws=self.draws,
            starts=starts,
            equilibria=dict(sorted(Counter(int(c) for c in count).items())),
            followed=float((holds & main).sum() / main.sum()) if main.any() else float("nan"),
            low=float((yes == inside)[spoken].mean()) if spoken.any() else float("nan"),
            high=float((yes > 0)[spoken].mean()) if spoken.any() else float("nan"),
            incomplete=int(self.missed.sum()),
            status={STATUS[code]: int((self.worst == code).sum()) for code in sorted(set(map(int, self.worst)))},
            stopped=float(self.stopped.min()) if (self.worst >= STALLED).any() else None,
        )
