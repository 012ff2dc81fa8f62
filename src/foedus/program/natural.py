"""A branch followed by its own parameter: quick, and for many draws at once, up to where the branch turns or crosses another.

A step is one straight-line program. It predicts by the cubic through the last two points and their slopes, then returns to the
branch by Newton's method. The step is taken where the prediction was near, the branch had hardly bent, Newton's method contracted
and the determinant is positive, as it is at the start; otherwise it is tried again at a quarter of its length. Near a fold or a
crossing steps become short, and the draw is left to `continuation`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from foedus.program.gradient import jacobian
from foedus.program.ir import Builder, Implicit, Program, Value, absolute, choose, clip, maximum, minimum, sqrt, total

if TYPE_CHECKING:
    from foedus.program.compiled import CompiledProgram

Array = NDArray[np.float64]
Truth = NDArray[np.bool_]
Run = Callable[[Program, Mapping[str, Any]], dict[str, Array]]

ROUNDS = 3  # of Newton's method in a step
SHORTEST = 5e-3  # step, in unknowns or path, below which the branch is left to pseudo-arclength
MOST_STEPS = 300
WANTED, MOST = 0.08, 0.4  # distance of the prediction from the branch, in log-odds: aimed at, and accepted
BEND = 0.85  # the least cosine between a step and the branch, where it starts and where it ends
SETTLED = 1e-5  # the last move of Newton's method, which squares from round to round
EXACT, NEAR = 1e-9, 0.01  # the last and the first move of Newton's method at the end of the path
MOST_UNKNOWNS, MOST_CODE = 12, 20_000  # beyond, eliminating within the program is slower than by LAPACK, even as machine code
FEW_UNKNOWNS, LITTLE_CODE = 6, 1_000  # up to these it is quicker without machine code too
_COMPILING = Lock()


@lru_cache(maxsize=256)
def newton_program(block: Implicit) -> Program:
    """Residuals and their derivatives with respect to unknowns and path."""
    return jacobian(block.residual, (*block.unknowns, *([block.path] if block.path else [])))


@dataclass(frozen=True)
class _Corrected:
    """Where Newton's method leads, with slopes there, the size of its first and last moves, and the last determinant."""

    points: list[Value]
    slopes: list[Value]
    first: Value
    last: Value
    determinant: Value


def _corrected(builder: Builder, block: Implicit, guess: Sequence[Value], path: Value) -> _Corrected:
    """Newton's method at a fixed path, with linear equations solved by elimination."""
    derivatives, at = newton_program(block), list(guess)
    assert block.path is not None
    sizes: list[Value] = []
    for _ in range(ROUNDS):
        out = builder.inline(derivatives, dict(zip(block.unknowns, at, strict=True)) | {block.path: path})
        matrix = [[out[f"d:F{i}:{name}"] for name in block.unknowns] for i in range(len(at))]
        right = [(-out[f"F{i}"], -out[f"d:F{i}:{block.path}"]) for i in range(len(at))]
        moves, slopes, determinant = _eliminated(matrix, right)
        sizes.append(_distance(moves, at))
        at = [u + move for u, move in zip(at, moves, strict=True)]
    return _Corrected(at, slopes, sizes[0], sizes[-1], determinant)


def _eliminated(matrix: list[list[Value]], right: list[tuple[Value, Value]]) -> tuple[list[Value], list[Value], Value]:
    """Solutions for two right sides, and the determinant. Rows keep their order: bad pivots show in moves that do not settle."""
    n = len(matrix)
    rows = [[*a, *b] for a, b in zip(matrix, right, strict=True)]
    determinant = matrix[0][0].builder.const(1)
    for k in range(n):
        determinant = determinant * rows[k][k]
        inverse = 1.0 / rows[k][k]
        rows[k] = [v * inverse if j > k else v for j, v in enumerate(rows[k])]
        for i in range(n):
            if i != k:
                rows[i] = [v - rows[i][k] * rows[k][j] if j > k else v for j, v in enumerate(rows[i])]
    return [row[n] for row in rows], [row[n + 1] for row in rows], determinant


def _distance(moves: Sequence[Value], at: Sequence[Value]) -> Value:
    """The sum of moves, each by its scale: not their maximum, which may lose what is not a number."""
    scaled = (absolute(m) / (1.0 + 0.05 * absolute(u)) for m, u in zip(moves, at, strict=True))
    return total(scaled, at[0].builder)


class Steps:
    """The programs that follow the branch of some equations; a state is rows of `names`, each (draw,)."""

    def __init__(self, block: Implicit) -> None:
        self.block, self.n = block, len(block.unknowns)
        kinds = ("at", "slope", "before", "slope before")
        self.names = (*(f"{kind} {i}" for kind in kinds for i in range(self.n)), "reached", "past", "step", *block.given)
        self._machines: dict[int, CompiledProgram] = {}
        self.reached, self.past, self.step = (self.names.index(name) for name in ("reached", "past", "step"))

    @cached_property
    def advance(self) -> Program:
        """One step: every row of the state as it is after."""
        b = Builder()
        u, s, u0, s0 = ([b.input(f"{kind} {i}") for i in range(self.n)] for kind in ("at", "slope", "before", "slope before"))
        t, t0, step = (b.input(name) for name in ("reached", "past", "step"))
        path = choose(t + step, 1.0, 1.0, t + step)
        guess = [_predicted(*row, path, t, t0) for row in zip(u, s, u0, s0, strict=True)]
        found = _corrected(b, self.block, guess, path)
        far = _distance([p - g for p, g in zip(found.points, guess, strict=True)], guess)
        chord = [(p - v) / (path - t) for p, v in zip(found.points, u, strict=True)]
        bend = choose(t0, -1.5, minimum(_cosine(s, chord), _cosine(chord, found.slopes)), 1.0)
        good = _all(
            (b.const(SETTLED), found.last),
            (0.1 * found.first + 1e-9, found.last),
            (b.const(MOST), far),
            (bend, b.const(BEND)),
            (found.determinant, b.const(1e-200)),
        )
        rate = total((absolute(v) for v in found.slopes), b)
        grown = choose(t0, -1.5, (path - t) * clip(sqrt(sqrt(WANTED / maximum(far, 1e-9))), 0.5, 4.0), 0.4 / maximum(rate, 0.4))
        steepness = maximum(total((absolute(v) for v in s), b), 1.0)
        shorter = choose(step * steepness, SHORTEST, step / 4.0, 0.0)
        after = {
            "reached": _if(good, path, t),
            "past": _if(good, choose(t0, -1.5, t, -1.0), t0),
            "step": _if(good, grown, shorter),
        }
        for i in range(self.n):
            after |= {f"at {i}": _if(good, found.points[i], u[i]), f"slope {i}": _if(good, found.slopes[i], s[i])}
            after |= {f"before {i}": _if(good, u[i], u0[i]), f"slope before {i}": _if(good, s[i], s0[i])}
        return b.program({name: after[name] if name in after else b.input(name) for name in self.names})

    @cached_property
    def polish(self) -> Program:
        """Newton's method at the end of the path: the unknowns, and the last move."""
        b = Builder()
        found = _corrected(b, self.block, [b.input(f"at {i}") for i in range(self.n)], b.const(1))
        return b.program({f"at {i}": u for i, u in enumerate(found.points)} | {"first": found.first, "last": found.last})

    def runner(self, program: Program, names: tuple[str, ...], run: Run, compiled: bool) -> Callable[[Array], Array]:
        """Rows of the names to rows of the program's outputs."""
        if not compiled:
            return rows_of(program, names, run)
        with _COMPILING:
            if id(program) not in self._machines:
                from foedus.program.compiled import compile_program  # its compiler is imported only where it is worth its time

                self._machines[id(program)] = compile_program(program, names)
                self._machines[id(program)].run(np.empty((len(names), 0)))
        machine = self._machines[id(program)]
        return lambda rows: machine.run(rows, threads=1)


def rows_of(program: Program, names: Sequence[str], run: Run) -> Callable[[Array], Array]:
    """A function of rows of the names to rows of the program's outputs."""

    def evaluate(rows: Array) -> Array:
        found = run(program, dict(zip(names, rows, strict=True)))
        return np.stack([np.broadcast_to(values, rows.shape[1]) for values in found.values()])

    return evaluate


def _predicted(u: Value, s: Value, u0: Value, s0: Value, path: Value, t: Value, t0: Value) -> Value:
    """The cubic through two points and slopes, carried on; a line from the first point."""
    ahead, width = path - t, t - t0
    x, chord = ahead / width, (u - u0) / width
    cubic = u + ahead * (s + x * ((s - chord) + (1.0 + x) * (s + s0 - 2.0 * chord)))
    return choose(t0, 0.0, cubic, u + ahead * s)


def _cosine(a: Sequence[Value], b: Sequence[Value]) -> Value:
    """Of the angle between the directions of two paths with these slopes."""
    builder = a[0].builder
    along = total((p * q for p, q in zip(a, b, strict=True)), builder) + 1.0
    sizes = [total((p * p for p in slopes), builder) + 1.0 for slopes in (a, b)]
    return along / sqrt(sizes[0] * sizes[1])


def _all(*pairs: tuple[Value, Value]) -> Value:
    """One where the first of every pair is at least the second; zero elsewhere, and where one is not a number."""
    found = pairs[0][0].builder.const(1)
    for above, below in pairs:
        found = choose(above, below, found, 0.0)
    return found


def _if(good: Value, a: Value, b: Value) -> Value:
    return choose(good, 0.5, a, b)


def steps_of(block: Implicit, compiled: bool) -> Steps | None:
    """The programs of a block, where they are worth it."""
    unknowns, code = (MOST_UNKNOWNS, MOST_CODE) if compiled else (FEW_UNKNOWNS, LITTLE_CODE)
    fits = len(block.unknowns) <= unknowns and ROUNDS * len(newton_program(block)) <= code
    return _steps(block) if fits and block.path and block.given else None


@lru_cache(maxsize=64)
def _steps(block: Implicit) -> Steps:
    return Steps(block)


def follow(steps: Steps, given: Mapping[str, Array], size: int, run: Run, compiled: bool) -> tuple[Array, Array]:
    """The branch from zero, for every draw, as far as its own parameter leads.

    Args:
        given: (draw,) for each name the equations depend on.
        run: how to run a straight-line program, unless it is compiled.

    Returns:
        Unknowns (unknown, draw) and path (draw,): one, or where the last good point is.
    """
    advance = steps.runner(steps.advance, steps.names, run, compiled)
    state = np.zeros((len(steps.names), size))
    state[steps.past], state[steps.step + 1 :] = -2.0, np.stack([given[name] for name in steps.block.given])
    points, reached, who = np.zeros((steps.n, size)), np.zeros(size), np.arange(size)
    for _ in range(MOST_STEPS):
        state = advance(state)
        active = (state[steps.reached] < 1.0) & (state[steps.step] > 0.0)
        left = np.count_nonzero(active)
        if left > 0.8 * len(who):
            continue
        points[:, who], reached[who] = state[: steps.n], state[steps.reached]
        who, state = who[active], np.ascontiguousarray(state[:, active])
        if not left:
            break
    points[:, who], reached[who] = state[: steps.n], state[steps.reached]
    return points, reached


def polish(steps: Steps, points: Array, given: Mapping[str, Array], run: Run, compiled: bool) -> tuple[Array, Truth]:
    """The unknowns at the end of the path to the last digit, and where Newton's method settled near where it began."""
    names = (*(f"at {i}" for i in range(steps.n)), *steps.block.given)
    rows = np.concatenate([points, np.stack([given[name] for name in steps.block.given])])
    *found, first, last = steps.runner(steps.polish, names, run, compiled)(rows)
    with np.errstate(invalid="ignore"):
        return np.stack(found), (last <= EXACT) & (first <= NEAR)
