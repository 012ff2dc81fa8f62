"""Equations solved for many draws at once: linear ones by elimination, others by following a branch.

The branch that starts at zero is followed by pseudo-arclength continuation (Keller 1977; for logit equilibria Turocy 2005, doi
10.1016/j.geb.2004.04.003): step along the tangent, then return to the branch by Newton's method in the plane across it. The path
may turn back on the way; what was met is said in the status of each draw.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foedus.program.gradient import jacobian
from foedus.program.ir import Implicit, Program

Array = NDArray[np.float64]
Truth = NDArray[np.bool_]
Run = Callable[[Program, Mapping[str, Any]], dict[str, Array]]

CONVERGED, TURNED, BIFURCATED, STALLED, UNDEFINED = range(5)
STATUS = {
    CONVERGED: "converged",
    TURNED: "converged after the path turned back",
    BIFURCATED: "converged after another branch was met",
    STALLED: "stalled: the branch could not be followed to the end",
    UNDEFINED: "not defined: the equations are not finite",
}

FIRST_STEP, LEAST_STEP, MOST_STEP = 0.5, 1e-9, 64.0
MOST_STEPS = 2_000
TOLERANCE = 1e-11
NEWTON = 6
NEAR = 0.5  # how far, in steps, the corrector may move a point; further may be another branch


@lru_cache(maxsize=256)
def newton_program(block: Implicit) -> Program:
    """Residuals and their derivatives with respect to unknowns and path."""
    return jacobian(block.residual, (*block.unknowns, *([block.path] if block.path else [])))


def solve(block: Implicit, inputs: Mapping[str, Any], run: Run) -> dict[str, Array]:
    """The unknowns of a block, and its status, each (draw,).

    Args:
        block: the equations.
        inputs: a number or (draw,) for each name the equations depend on.
        run: how to run a straight-line program.
    """
    shape = np.broadcast_shapes(*(np.shape(inputs[name]) for name in block.given)) if block.given else ()
    size = int(np.prod(shape, dtype=np.int64))
    given = {name: np.broadcast_to(np.asarray(inputs[name], dtype=np.float64), shape).reshape(size) for name in block.given}
    system = _System(block, given, run)
    if block.path is None:
        residual, matrix = system.at(np.zeros((size, len(block.unknowns))), np.arange(size))
        values, extra = _solved(matrix, -residual), []
    else:
        values, status, reached = _Follower(system, size).run()
        extra = [status.astype(np.float64), reached]
    columns = [*values.T, *extra]
    return {name: column.reshape(shape) for name, column in zip((*block.unknowns, *block.status), columns, strict=True)}


class _System:
    """Residuals and Jacobians of a block at points (draw, unknown [and path])."""

    def __init__(self, block: Implicit, given: Mapping[str, Array], run: Run) -> None:
        self.block, self.given, self.run = block, given, run
        self.names = (*block.unknowns, *([block.path] if block.path else []))
        self.program = newton_program(block)

    def at(self, points: Array, draws: NDArray[np.int64]) -> tuple[Array, Array]:
        """Residuals (draw, equation) and derivatives (draw, equation, coordinate)."""
        here = {name: values[draws] for name, values in self.given.items()}
        here |= {name: points[:, k] for k, name in enumerate(self.names)}
        out = self.run(self.program, here)
        count = len(draws)
        equations = range(len(self.block.unknowns))
        residual = np.stack([np.broadcast_to(out[f"F{i}"], (count,)) for i in equations], axis=1)
        matrix = np.empty((count, len(equations), len(self.names)))
        for i in equations:
            for j, name in enumerate(self.names):
                matrix[:, i, j] = out[f"d:F{i}:{name}"]
        return residual, matrix


def _solved(matrix: Array, right: Array) -> Array:
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


class _Follower:
    """Follows the branch of every draw; each has its own step."""

    def __init__(self, system: _System, size: int) -> None:
        self.system, self.size, self.unknowns = system, size, len(system.block.unknowns)
        self.points = np.zeros((size, self.unknowns + 1))
        self.steps = np.full(size, FIRST_STEP)
        self.status = np.full(size, STALLED)
        self.tangents = np.zeros_like(self.points)
        self.signs = np.ones(size)

    def run(self) -> tuple[Array, NDArray[np.int64], Array]:
        """Unknowns (draw, unknown), status and how far the path was followed."""
        active = self._begin()
        for _ in range(MOST_STEPS):
            if not active.size:
                break
            active = self._advance(active)
        values = self.points[:, :-1].copy()
        reached = np.where(self.status <= BIFURCATED, 1.0, self.points[:, -1])
        values[self.status > BIFURCATED] = np.nan
        return values, self.status, reached

    def _begin(self) -> NDArray[np.int64]:
        everyone = np.arange(self.size)
        _, matrix = self.system.at(self.points, everyone)
        start = np.zeros_like(self.points)
        start[:, -1] = 1.0
        tangents, signs = self._tangent(matrix, start)
        fine = np.isfinite(tangents).all(axis=1)
        self.tangents[fine], self.signs[fine] = tangents[fine], signs[fine]
        self.status[~fine] = UNDEFINED
        self.met = np.full(self.size, CONVERGED)
        return everyone[fine]

    def _tangent(self, matrix: Array, before: Array) -> tuple[Array, Array]:
        """The direction of the branch, oriented as before, and the sign of the bordered determinant."""
        bordered = np.concatenate([matrix, before[:, None, :]], axis=1)
        right = np.zeros(before.shape)
        right[:, -1] = 1.0
        found = _solved(bordered, right)
        with np.errstate(all="ignore"):
            signs = np.sign(np.linalg.det(np.nan_to_num(matrix[:, :, :-1])))
            return found / np.sqrt((found**2).sum(axis=1, keepdims=True)), signs

    def _advance(self, active: NDArray[np.int64]) -> NDArray[np.int64]:
        """One step of every active draw; returns those that are still under way."""
        step, tangent = self.steps[active], self.tangents[active]
        room = (1.0 - self.points[active, -1]) / np.where(tangent[:, -1] > 0, tangent[:, -1], np.inf)
        last = (tangent[:, -1] > 0) & (room <= step)
        length = np.where(last, room, step)
        guess = self.points[active] + length[:, None] * tangent
        plane = tangent.copy()
        plane[last] = 0.0
        plane[last, -1] = 1.0
        guess[last, -1] = 1.0
        point, matrix, good, quick = self._corrected(active, guess, plane, length)
        self.steps[active] = np.where(good, np.minimum(step * np.where(quick, 2.0, 1.0), MOST_STEP), step / 4)
        moved = active[good]
        self._accept(moved, point[good], matrix[good], last[good])
        stuck = self.steps[active] < LEAST_STEP
        done = good & last
        return np.asarray(active[~(done | stuck)])

    def _corrected(
        self, active: NDArray[np.int64], guess: Array, plane: Array, length: Array
    ) -> tuple[Array, Array, Truth, Truth]:
        """Newton's method back to the branch in the plane across the step: point, Jacobian, success, and whether it was quick."""
        point = guess.copy()
        settled = np.zeros(len(active), dtype=bool)
        quick = np.zeros(len(active), dtype=bool)
        matrices = np.empty((len(active), self.unknowns, self.unknowns + 1))
        open_ = np.arange(len(active))
        for k in range(NEWTON):
            residual, matrix = self.system.at(point[open_], active[open_])
            matrices[open_] = matrix
            bordered = np.concatenate([matrix, plane[open_][:, None, :]], axis=1)
            move = _solved(bordered, -np.concatenate([residual, np.zeros((len(open_), 1))], axis=1))
            scale = 1.0 + np.abs(point[open_]).max(axis=1)
            point[open_] += np.nan_to_num(move)
            size = np.abs(move).max(axis=1)
            close = size < TOLERANCE * scale * 100
            settled[open_[close]] = True
            quick[open_[close]] = k <= 3
            open_ = open_[~close & np.isfinite(size)]
            if not open_.size:
                break
        distance = np.sqrt(((point - guess) ** 2).sum(axis=1))
        return point, matrices, settled & (distance <= NEAR * np.maximum(length, 0.1)), quick

    def _accept(self, moved: NDArray[np.int64], point: Array, matrix: Array, last: Truth) -> None:
        before = self.tangents[moved]
        self.points[moved] = point
        tangents, signs = self._tangent(matrix, before)
        fine = np.isfinite(tangents).all(axis=1)
        turned = fine & (tangents[:, -1] < 0)
        # at a fold the determinant changes sign as the path turns back; where the path goes on, another branch was crossed
        crossed = fine & (signs != self.signs[moved]) & (np.sign(tangents[:, -1]) == np.sign(before[:, -1]))
        self.met[moved[crossed]] = np.maximum(self.met[moved[crossed]], BIFURCATED)
        self.met[moved[turned]] = np.maximum(self.met[moved[turned]], TURNED)
        self.tangents[moved[fine]], self.signs[moved[fine]] = tangents[fine], signs[fine]
        self.status[moved[last]] = self.met[moved[last]]
