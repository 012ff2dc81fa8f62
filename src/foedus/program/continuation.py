"""Equations solved for many draws at once: linear ones by elimination, others by following a branch.

The branch that starts at zero is followed by its own parameter as far as that leads (`natural`), and from there by
pseudo-arclength continuation (Keller 1977; for logit equilibria Turocy 2005, doi 10.1016/j.geb.2004.04.003): step along the
tangent, then return to the branch by Newton's method in the plane across it. The path may turn back on the way; what was met is
said in the status of each draw. Where the bordered determinant changes sign, another branch is crossed: steps are shortened
there, so that a sharp bend is not taken for a crossing, and a true crossing is passed straight on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foedus.program import natural
from foedus.program.ir import Implicit
from foedus.program.natural import Run, Truth, newton_program

Array = NDArray[np.float64]
Index = NDArray[np.int64]

CONVERGED, TURNED, BIFURCATED, STALLED, UNDEFINED = range(5)
STATUS = {
    CONVERGED: "converged",
    TURNED: "converged after the path turned back",
    BIFURCATED: "converged after another branch was met",
    STALLED: "stalled: the branch could not be followed to the end",
    UNDEFINED: "not defined: the equations are not finite",
}

FIRST_STEP, LEAST_STEP, MOST_STEP = 0.1, 1e-9, 1e3
CROSSING = 1e-5  # the step, by scale, at which a change of orientation is taken for a crossing
MOST_STEPS = 3_000
CLOSE, EXACT = 1e-8, 1e-10  # the last move of Newton's method, which squares: on the way, and at the end of the path
NEWTON = 6
NEAR = 0.3  # how far, by scale, the corrector may move a point; further may be another branch
BEND = 0.95  # the least cosine between a step and the branch, where it starts and where it ends


def solve(block: Implicit, inputs: Mapping[str, Any], run: Run, *, compiled: bool = False) -> dict[str, Array]:
    """The unknowns of a block, and its status, each (draw,).

    Args:
        block: the equations.
        inputs: a number or (draw,) for each name the equations depend on.
        run: how to run a straight-line program.
        compiled: where there are few unknowns, follow the branch by machine code, which takes some tenths of a second to compile.
    """
    shape = np.broadcast_shapes(*(np.shape(inputs[name]) for name in block.given)) if block.given else ()
    size = int(np.prod(shape, dtype=np.int64))
    given = {name: np.broadcast_to(np.asarray(inputs[name], dtype=np.float64), shape).reshape(size) for name in block.given}
    system = System(block, given, run)
    if block.path is None:
        residual, matrix = system.at(np.zeros((size, len(block.unknowns))), np.arange(size))
        values, extra = solved(matrix, -residual), []
    else:
        values, status, reached = _followed(system, size, compiled)
        extra = [status.astype(np.float64), reached]
    columns = [*values.T, *extra]
    return {name: column.reshape(shape) for name, column in zip((*block.unknowns, *block.status), columns, strict=True)}


class System:
    """Residuals and Jacobians of a block at points (draw, unknown [and path])."""

    def __init__(self, block: Implicit, given: Mapping[str, Array], run: Run) -> None:
        self.block, self.given, self.run = block, given, run
        self.coordinates = (*block.unknowns, *([block.path] if block.path else []))
        self.names = (*self.coordinates, *block.given)
        self.rows = np.stack([given[name] for name in block.given]) if block.given else np.empty((0, 0))
        self.evaluate = natural.rows_of(newton_program(block), self.names, run)

    def at(self, points: Array, draws: Index) -> tuple[Array, Array]:
        """Residuals (draw, equation) and derivatives (draw, equation, coordinate)."""
        here = np.concatenate([points.T, self.rows[:, draws]]) if len(self.rows) else np.ascontiguousarray(points.T)
        found = self.evaluate(here).reshape(len(self.block.unknowns), 1 + len(self.coordinates), len(draws))
        return found[:, 0].T, np.ascontiguousarray(found[:, 1:].transpose(2, 0, 1))


def solved(matrix: Array, right: Array) -> Array:
    """Solutions of linear systems (draw, n, n), (draw, n); NaN where one is singular or not finite."""
    fine = np.isfinite(matrix).all(axis=(1, 2)) & np.isfinite(right).all(axis=1)
    found = np.full(right.shape, np.nan)
    if fine.any():
        try:
            found[fine] = np.linalg.solve(matrix[fine], right[fine, :, None])[..., 0]
        except np.linalg.LinAlgError:
            rows = np.flatnonzero(fine)
            regular = rows[np.abs(np.linalg.det(matrix[rows])) > 0]
            found[regular] = np.linalg.solve(matrix[regular], right[regular, :, None])[..., 0]
    return found


def _followed(system: System, size: int, compiled: bool) -> tuple[Array, NDArray[np.int64], Array]:
    """Unknowns (draw, unknown), status and how far the path was followed."""
    points, reached, ended = np.zeros((len(system.block.unknowns), size)), np.zeros(size), np.zeros(size, dtype=bool)
    steps = natural.steps_of(system.block, compiled)
    if steps is not None:
        if compiled:
            system.evaluate = steps.runner(newton_program(system.block), system.names, system.run, compiled)
        points, reached = natural.follow(steps, system.given, size, system.run, compiled)
        exact, good = natural.polish(steps, points, system.given, system.run, compiled)
        ended = good & (reached >= 1.0)
        points = np.where(ended, exact, points)
        reached = np.where(ended | (reached < 1.0), reached, 0.0)
        points[:, reached == 0.0] = 0.0
    values, status = points.T.copy(), np.full(size, CONVERGED)
    left = np.flatnonzero(~ended)
    if left.size:
        start = np.concatenate([values[left], reached[left, None]], axis=1)
        values[left], status[left], reached[left] = _Follower(system, left, start).run()
    return values, status, reached


class _Follower:
    """Follows the branch of some draws by arclength; each has its own step."""

    def __init__(self, system: System, draws: Index, start: Array) -> None:
        self.system, self.draws, self.unknowns = system, draws, start.shape[1] - 1
        size = len(draws)
        self.points, self.steps, self.status = start, np.full(size, FIRST_STEP), np.full(size, STALLED)
        self.tangents, self.signs, self.met = np.zeros_like(start), np.ones(size), np.full(size, CONVERGED)

    def run(self) -> tuple[Array, NDArray[np.int64], Array]:
        """Unknowns (draw, unknown), status and how far the path was followed."""
        active = self._begin()
        for _ in range(MOST_STEPS):
            if not active.size:
                break
            active = self._advance(active)
        failed = self.status > BIFURCATED
        values = np.where(failed[:, None], np.nan, self.points[:, :-1])
        return values, self.status, np.where(failed, self.points[:, -1], 1.0)

    def _begin(self) -> Index:
        everyone = np.arange(len(self.draws))
        _, matrix = self.system.at(self.points, self.draws)
        ahead = np.zeros_like(self.points)
        ahead[:, -1] = 1.0
        self.tangents, self.signs = _tangent(matrix, ahead)
        fine = np.isfinite(self.tangents).all(axis=1)
        self.status[~fine] = UNDEFINED
        return everyone[fine]

    def _advance(self, active: Index) -> Index:
        """One step of every active draw; returns those that are still under way."""
        at, tangent, step = self.points[active], self.tangents[active], self.steps[active]
        guess = at + step[:, None] * tangent
        point, matrix, good, quick = self._corrected(active, guess, tangent, CLOSE)
        with np.errstate(all="ignore"):
            ahead, signs = _tangent(matrix, tangent)
            chord = point - at
            bend = np.minimum(_cosine(tangent, chord, point), _cosine(chord, ahead, point))
            straight = (bend >= BEND) & np.isfinite(ahead).all(axis=1)
        short = step * np.abs(tangent / _scale(at)).max(axis=1) <= CROSSING
        good &= (straight & (signs == self.signs[active])) | (short & np.isfinite(ahead).all(axis=1))
        over = good & (point[:, -1] >= 1.0)
        ended = self._land(active, at, point, over)
        good &= ~over | ended
        self._accept(active[good], point[good], ahead[good], signs[good], ended[good])
        self.steps[active] = np.where(good, np.minimum(step * np.where(quick, 2.0, 1.0), MOST_STEP), step / 3)
        lost = (self.steps[active] < LEAST_STEP) | (self.points[active, -1] < -0.01)
        return np.asarray(active[~(ended | lost)])

    def _land(self, active: Index, at: Array, point: Array, over: Truth) -> Truth:
        """Where a step goes beyond the end of the path: the point on the branch at the end instead; says where it was found."""
        ended = np.zeros(len(active), dtype=bool)
        who = np.flatnonzero(over)
        if who.size:
            share = (1.0 - at[who, -1]) / (point[who, -1] - at[who, -1])
            guess = at[who] + share[:, None] * (point[who] - at[who])
            plane = np.zeros_like(guess)
            plane[:, -1], guess[:, -1] = 1.0, 1.0
            end, _, found, _ = self._corrected(active[who], guess, plane, EXACT)
            point[who[found]], ended[who[found]] = end[found], True
        return ended

    def _corrected(self, active: Index, guess: Array, plane: Array, tolerance: float) -> tuple[Array, Array, Truth, Truth]:
        """Newton's method back to the branch in a plane: point, Jacobian, whether it was found nearby, and whether quickly."""
        point, count = guess.copy(), len(active)
        settled, quick = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
        matrices = np.full((count, self.unknowns, self.unknowns + 1), np.nan)
        open_ = np.arange(count)
        for k in range(NEWTON):
            residual, matrices[open_] = self.system.at(point[open_], self.draws[active[open_]])
            bordered = np.concatenate([matrices[open_], plane[open_][:, None, :]], axis=1)
            move = solved(bordered, -np.concatenate([residual, np.zeros((len(open_), 1))], axis=1))
            size = np.abs(move / _scale(point[open_])).max(axis=1)
            point[open_] += np.nan_to_num(move)
            close = size < tolerance
            settled[open_[close]], quick[open_[close]] = True, k <= 2
            open_ = open_[~close & np.isfinite(size)]
            if not open_.size:
                break
        distance = np.abs((point - guess) / _scale(guess)).max(axis=1)
        return point, matrices, settled & (distance <= NEAR), quick & (distance <= NEAR / 3)

    def _accept(self, moved: Index, point: Array, ahead: Array, signs: Array, ended: Truth) -> None:
        crossed, turned = signs != self.signs[moved], ahead[:, -1] < 0
        self.met[moved[turned]] = np.maximum(self.met[moved[turned]], TURNED)
        self.met[moved[crossed]] = BIFURCATED
        self.points[moved], self.tangents[moved], self.signs[moved] = point, ahead, signs
        self.status[moved[ended]] = self.met[moved[ended]]


def _scale(point: Array) -> Array:
    """What a coordinate's moves are measured by: log-odds of rare moves, roughly."""
    return np.asarray(1.0 + 0.05 * np.abs(point))


def _cosine(a: Array, b: Array, point: Array) -> Array:
    a, b = a / _scale(point), b / _scale(point)
    return np.asarray((a * b).sum(axis=1) / np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1)))


def _tangent(matrix: Array, before: Array) -> tuple[Array, Array]:
    """The direction of the branch, oriented as before, and the sign of the bordered determinant."""
    bordered = np.concatenate([matrix, before[:, None, :]], axis=1)
    right = np.zeros(before.shape)
    right[:, -1] = 1.0
    found = solved(bordered, right)
    with np.errstate(all="ignore"):
        found = found / np.sqrt((found**2).sum(axis=1, keepdims=True))
        bordered[:, -1] = np.nan_to_num(found)
        return found, np.sign(np.linalg.det(np.nan_to_num(bordered)))
