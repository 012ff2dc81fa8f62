"""The nearest point that meets some margins: sequential quadratic programming in standard normal scores, many columns at once.

Each column minimises its squared distance from the centre in prior standard deviations, z' Σ⁻¹ z, over the scores it may move,
such that its signed margins reach a slack and no score leaves an edge. Every step solves the linearised problem exactly as a
least distance problem (Lawson and Hanson 1974, chapter 23), followed by a search along the step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foedus.ensemble.streams import Array
from foedus.explanations.space import Function, Space

NUDGE = 1e-4
TRUST = 2.0  # prior standard deviations that one step may cover
STEPS = (1.0, 0.5, 0.2, 0.05)


@dataclass(frozen=True)
class Columns:
    """Problems, one a column.

    Attributes:
        scores: (label, column), where to start.
        free: (label, column), which scores may move; the others stay at zero.
        aim: (margin, column), which output each of its margins is. sign: (margin, column), +1 to be positive, −1 negative.
        edge: how far a score may go.
    """

    scores: Array
    free: NDArray[np.bool_]
    aim: NDArray[np.int64]
    sign: Array
    edge: float

    def take(self, at: NDArray[np.int64]) -> Columns:
        """Some of the columns."""
        return Columns(self.scores[:, at], self.free[:, at], self.aim[:, at], self.sign[:, at], self.edge)


class Descent:
    """Moves columns to their nearest feasible points.

    Args:
        space: of the inputs. forward: inputs to margins. backward: inputs and `adjoint:` of margins to `adjoint:` of inputs.
        names: of the margins. slack: (margin,), how far beyond zero a margin must be.
    """

    def __init__(self, space: Space, forward: Function, backward: Function, names: Sequence[str], slack: Array) -> None:
        self.space, self.forward, self.backward, self.names, self.slack = space, forward, backward, list(names), slack
        self.inverse = np.linalg.inv(space.sigma)

    def margins(self, scores: Array) -> Array:
        """Every margin at scores (label, column), (margin, column)."""
        found = self.forward(self.space.values(scores), scores.shape[1])
        return np.stack([found[n] for n in self.names])

    def excess(self, columns: Columns, scores: Array) -> Array:
        """How far each column's signed margins lie beyond their slack at some scores, (margin, column); −inf where not finite."""
        margins: Array = np.take_along_axis(self.margins(scores), columns.aim, axis=0) * columns.sign - self.slack[columns.aim]
        return np.where(np.isfinite(margins), margins, -np.inf)

    def distance(self, scores: Array) -> Array:
        """From the centre, in prior standard deviations, (column,)."""
        squares: Array = np.einsum("ic,ij,jc->c", scores, self.inverse, scores)
        return np.sqrt(np.maximum(squares, 0))

    def slopes(self, columns: Columns) -> Array:
        """Derivatives of each column's signed margins by its scores, (margin, label, column); zero for scores that stay."""
        wanted, count = columns.aim.shape
        many = np.tile(columns.scores, wanted)
        inputs, aim = self.space.values(many), columns.aim.reshape(-1)
        seeds = {f"adjoint:{n}": (aim == k) * columns.sign.reshape(-1) for k, n in enumerate(self.names)}
        back = self.backward(inputs | seeds, many.shape[1])
        up, down = (self.space.values(columns.scores + h) for h in (NUDGE, -NUDGE))
        slope = np.stack([
            back[f"adjoint:{n}"].reshape(wanted, count) * (up[n] - down[n]) / (2 * NUDGE) for n in self.space.labels
        ])  # fmt: skip
        return np.nan_to_num(slope.transpose(1, 0, 2) * columns.free, posinf=0.0, neginf=0.0)

    def run(self, columns: Columns, steps: int) -> tuple[Array, Array]:
        """Walk every column.

        Returns:
            The best scores found, (label, column), and their distances, (column,), infinite where no feasible point was found.
        """
        at = np.where(columns.free, np.clip(columns.scores, -columns.edge, columns.edge), 0.0)
        best, length = at.copy(), np.full(at.shape[1], np.inf)
        for _ in range(steps):
            now = Columns(at, columns.free, columns.aim, columns.sign, columns.edge)
            excess = self.excess(now, at)
            self._keep(at, excess, best, length)
            moved = self._step(now, excess)
            if np.abs(moved - at).max(initial=0) < 1e-6:
                break
            at = moved
        self._keep(at, self.excess(columns, at), best, length)
        return self._drawn_in(columns, best, length)

    def _keep(self, at: Array, excess: Array, best: Array, length: Array) -> None:
        better = (excess >= 0).all(axis=0) & (self.distance(at) < length)
        best[:, better] = at[:, better]
        length[better] = self.distance(at[:, better])

    def _step(self, now: Columns, excess: Array) -> Array:
        """One step of every column: to the solution of the linearised problem, as far as the merit falls."""
        slopes, aims = self.slopes(now), now.scores.copy()
        for c in range(aims.shape[1]):
            free = now.free[:, c]
            aims[free, c] = self._linearised(now.scores[free, c], slopes[:, free, c], excess[:, c], free, now.edge)
        step = aims - now.scores
        length = np.maximum(np.abs(step).max(axis=0), np.sqrt((step**2).sum(axis=0)) / 2)
        step *= np.minimum(1.0, TRUST / np.maximum(length, 1e-12))
        scale = np.maximum(np.sqrt((slopes**2).sum(axis=1)), 1e-12)
        tried = np.concatenate([now.scores + s * step for s in (*STEPS, 0.0)], axis=1)
        many = now.take(np.tile(np.arange(aims.shape[1]), len(STEPS) + 1))
        short = (np.maximum(-self.excess(many, tried), 0) / np.tile(scale, len(STEPS) + 1)).sum(axis=0)
        reach = self.distance(tried)
        penalty = 2 * reach.reshape(len(STEPS) + 1, -1).max(axis=0) + 1
        merit = (reach**2 / 2 + np.tile(penalty, len(STEPS) + 1) * short).reshape(len(STEPS) + 1, -1)
        chosen = np.nan_to_num(merit, nan=np.inf).argmin(axis=0)
        moved: Array = now.scores + step * np.array([*STEPS, 0.02])[chosen]  # a column that is stuck still creeps on
        return moved

    def _linearised(self, z: Array, slope: Array, excess: Array, free: NDArray[np.bool_], edge: float) -> Array:
        """The nearest scores (free label,) that meet the linearised margins within the edge; or else a step uphill."""
        root = np.linalg.inv(np.linalg.cholesky(self.inverse[np.ix_(free, free)])).T  # whitened to scores
        usable = np.isfinite(excess) & (np.abs(slope).max(axis=1, initial=0) > 1e-12)
        rows, least = slope[usable], (slope @ z - excess)[usable]
        for _ in range(4):
            white = least_distance(rows @ root, least)
            if white is None:
                pull = slope[np.where(usable, excess, np.inf).argmin()] if usable.any() else np.zeros_like(z)
                return np.clip(z + TRUST * pull / max(float(np.sqrt((pull**2).sum())), 1e-12), -edge, edge)
            aim = root @ white
            out = np.flatnonzero(np.abs(aim) > edge + 1e-9)
            if not out.size:
                break
            bound = np.zeros((out.size, z.size))
            bound[np.arange(out.size), out] = -np.sign(aim[out])
            rows, least = np.concatenate([rows, bound]), np.concatenate([least, np.full(out.size, -edge)])
        return np.clip(aim, -edge, edge)

    def _drawn_in(self, columns: Columns, best: Array, length: Array) -> tuple[Array, Array]:
        """Feasible columns pulled along their rays towards the centre, as far as they stay feasible."""
        low, high = np.zeros(best.shape[1]), np.ones(best.shape[1])
        for _ in range(20):
            middle = (low + high) / 2
            fine = (self.excess(columns, best * middle) >= 0).all(axis=0)
            high, low = np.where(fine, middle, high), np.where(fine, low, middle)
        drawn = best * high
        return drawn, np.where(np.isfinite(length), self.distance(drawn), np.inf)


def least_distance(rows: Array, least: Array) -> Array | None:
    """The shortest x with rows @ x >= least, or None where there is none (by non-negative least squares)."""
    from scipy.optimize import nnls

    if (least <= 0).all():
        return np.zeros(rows.shape[1])
    scale = np.maximum(np.sqrt((rows**2).sum(axis=1)), 1e-12)
    system = np.concatenate([(rows / scale[:, None]).T, (least / scale)[None, :]])
    wanted = np.append(np.zeros(rows.shape[1]), 1.0)
    try:
        u, _ = nnls(system, wanted)
    except RuntimeError:
        return None
    residual = system @ u - wanted
    if abs(residual[-1]) < 1e-9:
        return None
    found: Array = -residual[:-1] / residual[-1]
    return found
